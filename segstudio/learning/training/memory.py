"""Fitting a step to the memory there is: smaller batches first, then smaller crops.

Before the first step a single crop goes forward and backward while its memory is measured, which tells what the asked
batch would take (:func:`fit`). What still runs out later makes steps smaller one by one (:func:`step_down`).
"""

from __future__ import annotations

import gc
import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import torch

from segstudio.core.errors import TrainingError
from segstudio.core.progress import Progress
from segstudio.learning.devices import out_of_memory, release_memory
from segstudio.learning.records import process_memory
from segstudio.learning.team import Team
from segstudio.learning.training.state import Counters

SMALLEST_CROP = 64
"""Down to which crops shrink when memory runs out."""
USABLE = 0.9
"""The share of the free memory that a step may take: the rest is lost between blocks, or another program's soon."""
CLEAR = 0.5
"""A step that is estimated at less than this share of the usable memory is not tried out."""
PROBE_SECONDS = 20.0
"""After this long nothing more is tried out; what was measured by then decides."""
_STATUS = Path("/proc/self/status")


def step_down(counters: Counters, network: str, device: str) -> Progress:
    """Make the batch or the crop in *counters* smaller; what people are told of it.

    Raises :class:`TrainingError` where one smallest crop of *network* does not fit into *device* either.
    """
    batch, crop = counters.batch, counters.crop
    if batch > 1:
        _batch_of(counters, batch // 2)
        return Progress(None, f"out of memory: batch {batch} -> {counters.batch}")
    if crop > SMALLEST_CROP:
        counters.crop = max(SMALLEST_CROP, crop * 3 // 4 // 32 * 32)
        return Progress(None, f"out of memory: crop {crop} -> {counters.crop}")
    raise TrainingError(
        f"{network or 'the network'} does not fit into the memory of {device} even with one crop of {crop} "
        "pixels; pick a smaller network"
    )


def _batch_of(counters: Counters, smaller: int) -> None:
    """Batches of *smaller*, and as many crops a step as before, so that the learning rate stays right."""
    counters.accumulate = math.ceil(counters.batch * counters.accumulate / smaller)
    counters.batch = smaller


class Memory(Protocol):
    """The memory that a step is computed in."""

    def free(self) -> int | None:
        """Bytes that can still be taken; ``None`` where nobody knows."""

    def taken_by(self, step: Callable[[], Any]) -> int | None:
        """Bytes that *step* took at most beyond what was held before it; ``None`` where memory ran out in it."""


@dataclass(frozen=True)
class Fit:
    """What was found out before the first step."""

    asked: tuple[int, int]
    """Batch and crop."""
    chosen: tuple[int, int]
    accumulate: int
    """Batches a step."""
    needed: int
    """Bytes that a step of the asked size is estimated to take."""
    free: int
    seconds: float

    @property
    def told(self) -> Progress:
        """What people are told of it."""
        (batch, crop), (smaller, side) = self.asked, self.chosen
        needed, free = _size(self.needed), _size(self.free)
        if side < crop:
            return Progress(
                None,
                f"batch {batch} -> {smaller} and crop {crop} -> {side} pixels: a step would take {needed} of memory; "
                f"{free} are free",
            )
        if smaller < batch:
            return Progress(
                None,
                f"batch {batch} -> {self.accumulate} times {smaller}: at once it would take {needed} of memory; "
                f"{free} are free",
            )
        return Progress(None, f"a step takes {needed} of memory; {free} are free")

    @property
    def changed(self) -> bool:
        return self.asked != self.chosen

    def to_json(self) -> dict[str, Any]:
        """For the run's record."""
        names = ("batch", "crop")
        return {
            "asked": dict(zip(names, self.asked, strict=True)),
            "chosen": dict(zip(names, self.chosen, strict=True)) | {"accumulate": self.accumulate},
            "needed_bytes": self.needed,
            "free_bytes": self.free,
            "seconds": round(self.seconds, 2),
            "why": self.told.message,
        }


def _size(amount: int) -> str:
    return f"{amount / 2**30:.1f} GB" if amount >= 1 << 30 else f"{amount >> 20} MB"


def fit(
    counters: Counters,
    memory: Memory,
    attempt: Callable[[int, int], Any],
    *,
    gradients: int,
    optimiser: int,
    team: Team,
    clock: Callable[[], float] = time.monotonic,
) -> Fit | None:
    """Halve the batch in *counters*, then shrink the crop, until a step fits into *memory*; ``None`` where nobody knows
    how much there is.

    *attempt* goes forward and backward with so many crops of such a side. *gradients* and *optimiser* are the bytes
    that gradients take (they are made in an attempt) and that the optimiser will take (they are not). First a single
    crop is measured; activations grow with the batch and the crop's area. Where the estimate is close, the size itself
    is tried. All members of the *team* go the same way.
    """
    begun, asked = clock(), (counters.batch, counters.crop)
    free = memory.free()
    if not team.every(free is not None):
        return None
    assert free is not None
    usable = int(USABLE * free) - optimiser
    one = _single(counters, memory, attempt, team)
    # what one pixel of the batch takes; the gradients of the weights are there once
    pixel = max(one - gradients, 1) / counters.crop**2
    needed = int(gradients + optimiser + pixel * asked[0] * asked[1] ** 2)
    while True:
        while not team.every(_estimate(counters, gradients, pixel) <= usable) and _smaller(counters):
            pass
        clear = counters.batch == 1 or _estimate(counters, gradients, pixel) <= CLEAR * usable
        if team.every(clear or clock() - begun > PROBE_SECONDS):
            break
        taken = memory.taken_by(lambda: attempt(counters.batch, counters.crop))
        if team.every(taken is not None and taken <= usable):
            break
        if taken is not None:
            pixel = max(pixel, (taken - gradients) / (counters.batch * counters.crop**2))
            needed = max(needed, int(gradients + optimiser + pixel * asked[0] * asked[1] ** 2))
        if not _smaller(counters):
            break
    return Fit(asked, (counters.batch, counters.crop), counters.accumulate, needed, free, clock() - begun)


def _single(counters: Counters, memory: Memory, attempt: Callable[[int, int], Any], team: Team) -> int:
    """Bytes that a step of one crop takes; the crop in *counters* shrinks where even that runs out."""
    while True:
        taken = memory.taken_by(lambda: attempt(1, counters.crop))
        if team.every(taken is not None) and taken is not None:
            return taken
        _batch_of(counters, 1)
        if not _smaller(counters):
            return 0  # the first step says so


def _estimate(counters: Counters, gradients: int, pixel: float) -> float:
    return gradients + pixel * counters.batch * counters.crop**2


def _smaller(counters: Counters) -> bool:
    """Half the batch, or else a smaller crop; False where there is nothing smaller."""
    if counters.batch > 1:
        _batch_of(counters, counters.batch // 2)
    elif counters.crop > SMALLEST_CROP:
        counters.crop = max(SMALLEST_CROP, counters.crop * 7 // 8 // 32 * 32)
    else:
        return False
    return True


class DeviceMemory:
    """The memory of a device; that of the CPU is divided among *sharers* processes."""

    def __init__(self, device: torch.device, sharers: int = 1) -> None:
        self._device, self._sharers = device, sharers
        self._kept = 0

    def free(self) -> int | None:
        if self._device.type == "cuda":
            # what torch keeps for later is free for a step
            kept = torch.cuda.memory_reserved(self._device) - torch.cuda.memory_allocated(self._device)
            return int(torch.cuda.mem_get_info(self._device)[0]) + kept
        if self._device.type != "cpu":
            return None
        release_memory(self._device)
        found = _free_ram()
        return None if found is None else found // self._sharers

    def taken_by(self, step: Callable[[], Any]) -> int | None:
        # what is freed in the middle, and what was freed before and is filled again, would hide what the step takes
        gc.collect()
        release_memory(self._device)
        before = self._mark()
        try:
            step()
            if self._device.type == "cuda" and torch.backends.cudnn.benchmark:
                before = self._mark()  # the first time ways of computing were tried out, some of which take much
                step()
        except (RuntimeError, MemoryError) as error:
            if not out_of_memory(error):
                raise
        else:
            return max(0, self._peak() - before)
        release_memory(self._device)
        return None

    def _mark(self) -> int:
        """Begin to watch; what is held now."""
        if self._device.type == "cuda":
            torch.cuda.synchronize(self._device)
            torch.cuda.reset_peak_memory_stats(self._device)
            return torch.cuda.memory_allocated(self._device)
        _forget_peak()
        self._kept = _kept_by_system()
        return process_memory()

    def _peak(self) -> int:
        if self._device.type == "cuda":
            torch.cuda.synchronize(self._device)
            return torch.cuda.max_memory_allocated(self._device)
        # what the system took back meanwhile made room that a step filled unseen
        taken_back = max(0, self._kept - _kept_by_system())
        return (_kilobytes(_STATUS, "VmHWM:") or 0) + taken_back


def _free_ram() -> int | None:
    """Bytes that this process can still take: of the machine, or of the container that it runs in; ``None`` where the
    system does not tell, or not what a step takes."""
    available = _kilobytes(Path("/proc/meminfo"), "MemAvailable:")
    try:
        _forget_peak()
    except OSError:
        return None
    if available is None:
        return None
    group = Path("/sys/fs/cgroup")
    try:
        limit, used = (int((group / name).read_text(encoding="ascii")) for name in ("memory.max", "memory.current"))
        told = dict(line.split() for line in (group / "memory.stat").read_text(encoding="ascii").splitlines())
    except (OSError, ValueError):  # no container, or one without a limit ("max")
        return available
    # files that were read lately count as used, but make way
    return max(0, min(available, limit - used + int(told.get("inactive_file", 0))))


def _forget_peak() -> None:
    """Let the highest memory of this process, as the system tells it, begin anew."""
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")


def _kept_by_system() -> int:
    """Bytes that shrink when the system takes memory back from this process: mapped files less what is swapped out."""
    return (_kilobytes(_STATUS, "RssFile:") or 0) - (_kilobytes(_STATUS, "VmSwap:") or 0)


def _kilobytes(file: Path, name: str) -> int | None:
    """The bytes of a line ``name 123 kB`` of a file of the system's."""
    try:
        lines = file.read_text(encoding="ascii").splitlines()
    except OSError:
        return None
    return next((int(line.split()[1]) << 10 for line in lines if line.startswith(name)), None)


def held(device: torch.device) -> int:
    """Bytes that *device* held at most so far; on the CPU and on Apple's GPUs, that are held now."""
    if device.type == "cuda":
        return torch.cuda.max_memory_allocated(device)
    if device.type == "mps":
        return torch.mps.driver_allocated_memory()
    return process_memory()
