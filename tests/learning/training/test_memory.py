"""Fitting a step to memory, with a memory of known size and a network of known appetite."""

from __future__ import annotations

import gc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from segstudio.core.classes import LabelSet
from segstudio.core.errors import TrainingError
from segstudio.core.progress import finish
from segstudio.learning.config import TrainConfig
from segstudio.learning.data import ArraySample
from segstudio.learning.devices import out_of_memory
from segstudio.learning.records import TrainingMetrics, read_record
from segstudio.learning.team import Alone
from segstudio.learning.trainer import train
from segstudio.learning.training import run
from segstudio.learning.training.memory import DeviceMemory, fit, step_down
from segstudio.learning.training.state import Counters, untouched

GRADIENTS, STATE = 1000, 2000


class Simulated:
    """A memory of *size* bytes, in which a pixel of a batch takes *pixel* bytes, and *hidden* more from *from_batch* on
    (as blocks that a single crop does not need)."""

    def __init__(self, size: int | None, pixel: float = 1.0, hidden: int = 0, from_batch: int = 2) -> None:
        self.size, self.pixel, self.hidden, self.from_batch = size, pixel, hidden, from_batch
        self.tried: list[tuple[int, int]] = []

    def free(self) -> int | None:
        return self.size

    def taken_by(self, step: Callable[[], Any]) -> int | None:
        assert self.size is not None
        step()
        batch, crop = self.tried[-1]
        taken = GRADIENTS + round(self.pixel * batch * crop**2) + (self.hidden if batch >= self.from_batch else 0)
        return taken if taken <= self.size else None

    def attempt(self, batch: int, crop: int) -> None:
        self.tried.append((batch, crop))


def fitted(memory: Simulated, batch: int, crop: int, **options: Any) -> tuple[Counters, Any]:
    counters = Counters(batch=batch, crop=crop)
    options = {"gradients": GRADIENTS, "optimiser": STATE, "team": Alone(), **options}
    return counters, fit(counters, memory, memory.attempt, **options)


def test_a_step_that_fits_easily_is_left_alone_after_one_crop_was_measured() -> None:
    memory = Simulated(1_000_000)
    counters, found = fitted(memory, 4, 128)
    assert (counters.batch, counters.accumulate, counters.crop) == (4, 1, 128)
    assert memory.tried == [(1, 128)]
    assert found.needed == GRADIENTS + STATE + 4 * 128**2
    assert not found.changed
    assert found.told.message == "a step takes 0 MB of memory; 0 MB are free"


def test_the_batch_is_halved_and_the_effective_batch_stays() -> None:
    # 8 crops of 128 take 131,072 and are too many; 4 take 65,536 and fit
    memory = Simulated(100_000)
    counters, found = fitted(memory, 8, 128)
    assert (counters.batch, counters.accumulate, counters.crop) == (4, 2, 128)
    assert memory.tried == [(1, 128), (4, 128)]  # what is close is tried at its size
    assert found.changed
    assert found.to_json()["asked"] == {"batch": 8, "crop": 128}
    assert found.to_json()["chosen"] == {"batch": 4, "crop": 128, "accumulate": 2}


def test_gradients_that_were_added_up_already_are_kept() -> None:
    counters = Counters(batch=5, crop=128, accumulate=3)
    memory = Simulated(60_000)
    fit(counters, memory, memory.attempt, gradients=GRADIENTS, optimiser=STATE, team=Alone())
    assert counters.batch == 2
    assert counters.batch * counters.accumulate >= 15


def test_the_crop_shrinks_where_one_is_too_large() -> None:
    memory = Simulated(20_000)
    counters, found = fitted(memory, 2, 256)
    assert counters.batch == 1
    assert counters.accumulate == 2
    # 0.9 of 20,000 without the optimiser's 2,000 and the gradients' 1,000 is 15,000: at most 122 pixels a side
    assert counters.crop == 96
    assert "crop 256 -> 96 pixels" in found.told.message


def test_what_one_crop_did_not_tell_is_found_by_trying() -> None:
    memory = Simulated(100_000, hidden=60_000, from_batch=4)
    counters, _ = fitted(memory, 4, 128)
    assert memory.tried == [(1, 128), (4, 128)]
    assert (counters.batch, counters.accumulate) == (2, 2)


def test_what_the_optimiser_will_take_is_counted() -> None:
    assert fitted(Simulated(100_000), 4, 128)[0].batch == 4
    assert fitted(Simulated(100_000), 4, 128, optimiser=40_000)[0].batch == 2


def test_an_unknown_memory_is_not_probed() -> None:
    memory = Simulated(None)
    counters, found = fitted(memory, 8, 512)
    assert found is None
    assert memory.tried == []
    assert (counters.batch, counters.crop) == (8, 512)


def test_trying_ends_after_its_time() -> None:
    ticks = iter(range(0, 10_000, 60))
    memory = Simulated(100_000, hidden=60_000, from_batch=4)
    counters, _ = fitted(memory, 4, 128, clock=lambda: next(ticks))
    assert memory.tried == [(1, 128)]
    assert counters.batch == 4  # by the estimate; what runs out later steps down


def test_all_members_of_a_team_choose_the_smallest() -> None:
    counters = Counters(batch=8, crop=128)

    class Pair(Alone):
        """Whose other member has room for one crop."""

        asked = 0

        def every(self, flag: bool) -> bool:
            self.asked += 1
            agrees = self.asked <= 2 or counters.batch == 1  # memory is known, and the single crop fits
            return flag and agrees

    memory = Simulated(1_000_000)
    fit(counters, memory, memory.attempt, gradients=GRADIENTS, optimiser=STATE, team=Pair())
    assert (counters.batch, counters.accumulate) == (1, 8)


def test_one_smallest_crop_that_does_not_fit_is_left_to_the_first_step() -> None:
    counters, found = fitted(Simulated(100), 2, 128)
    assert (counters.batch, counters.crop) == (1, 64)
    assert found is not None
    with pytest.raises(TrainingError, match="pick a smaller network"):
        step_down(counters, "unet", "a small card")


def test_the_processs_own_memory_is_measured() -> None:
    memory = DeviceMemory(torch.device("cpu"))
    free = memory.free()
    if free is None:
        pytest.skip("the system does not tell")
    assert free > 1 << 20
    taken = memory.taken_by(lambda: np.ones(64 << 20, np.uint8))
    assert taken is not None
    assert 60 << 20 < taken < 200 << 20

    def greedy() -> None:
        torch.empty(1 << 60)

    assert memory.taken_by(greedy) is None
    with pytest.raises(ValueError, match="a mistake"):
        memory.taken_by(mistaken)


def mistaken() -> None:
    raise ValueError("a mistake")


def test_garbage_that_goes_during_a_step_does_not_hide_what_it_takes() -> None:
    memory = DeviceMemory(torch.device("cpu"))
    if memory.free() is None:
        pytest.skip("the system does not tell")
    for _ in range(16):
        ring: dict[str, object] = {"pixels": np.ones(8 << 20, np.uint8)}
        ring["itself"] = ring
    del ring

    def step() -> object:
        gc.collect()
        return np.ones(64 << 20, np.uint8)

    taken = memory.taken_by(step)
    assert taken is not None
    assert taken > 60 << 20


def test_memory_that_was_freed_before_does_not_hide_what_a_step_takes() -> None:
    memory = DeviceMemory(torch.device("cpu"))
    if memory.free() is None:
        pytest.skip("the system does not tell")
    np.ones(31 << 20, np.uint8)  # from now on the C library keeps blocks of up to this size
    blocks = [np.ones(8 << 20, np.uint8) for _ in range(30)]
    last = np.ones(1 << 20, np.uint8)  # what lies before it is kept
    del blocks
    taken = memory.taken_by(lambda: np.ones(64 << 20, np.uint8))
    assert last.all()
    assert taken is not None
    assert taken > 60 << 20


def test_what_the_allocators_say_is_understood() -> None:
    assert out_of_memory(torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB"))
    assert out_of_memory(RuntimeError("MPS backend out of memory (MPS allocated: 8 GB)"))
    assert out_of_memory(MemoryError())
    assert not out_of_memory(ValueError("out of memory"))


def test_an_attempt_leaves_no_trace() -> None:
    norm = nn.BatchNorm2d(2)
    network = nn.Sequential(nn.Conv2d(1, 2, 3), norm, nn.Dropout(0.5))
    torch.manual_seed(7)
    expected = torch.rand(1)
    torch.manual_seed(7)
    with untouched(network, torch.device("cpu")):
        network(torch.rand(2, 1, 8, 8))
    assert torch.equal(torch.rand(1), expected)
    assert norm.running_mean is not None
    assert norm.num_batches_tracked is not None
    assert torch.equal(norm.running_mean, torch.zeros(2))
    assert int(norm.num_batches_tracked) == 0


# ---- the trainer


CLASSES = LabelSet.named(["ground", "thing"])


def samples() -> list[ArraySample]:
    found = []
    for seed in range(4):
        labels = np.zeros((64, 64), np.uint16)
        labels[8 * seed : 8 * seed + 24, 20:50] = 1
        noise = np.random.default_rng(seed).normal(0, 20, labels.shape)
        found.append(ArraySample((labels * 120 + 60 + noise).clip(0, 255).astype(np.uint8), labels, f"{seed}"))
    return found


def learn(folder: Path | None = None, **changes: Any) -> tuple[list[TrainingMetrics], list[str], Any]:
    values = {
        "network_options": {"width": 4, "depth": 2, "batch_norm": True},
        "crop": 64, "batch": 8, "epochs": 1, "threads": 1, "device": "cpu", "amp": "off", "deterministic": True,
    }  # fmt: skip
    told, said = [], []
    work = train(TrainConfig.parse(values | changes), samples(), classes=CLASSES, folder=folder)
    try:
        while True:
            progress = next(work)
            said.append(progress.message)
            if isinstance(progress.detail, TrainingMetrics):
                told.append(progress.detail)
    except StopIteration as ended:
        return told, said, ended.value


class Small(DeviceMemory):
    """A device with room for two crops."""

    def free(self) -> int:
        return 3_000_000

    def taken_by(self, step: Callable[[], Any]) -> int | None:
        step()
        return 1_000_000


def test_a_run_begins_in_a_batch_that_fits_and_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "DeviceMemory", Small)
    told, said, result = learn(tmp_path)
    note = "batch 8 -> 4 times 2: at once it would take 7 MB of memory; 2 MB are free"
    assert [metrics.note for metrics in told if metrics.note] == [note]
    assert "measuring the memory of a step" in said
    assert note in said
    record = read_record(tmp_path)
    assert (record["batch"], record["accumulate"], record["crop"]) == (2, 4, 64)
    assert record["memory"]["asked"] == {"batch": 8, "crop": 64}
    assert record["memory"]["why"] == note
    assert result.steps == 9  # 66 crops of three samples, eight a step


def test_a_run_that_was_measured_learns_the_same_as_one_that_was_not() -> None:
    measured, _, first = learn(network_options={"width": 4, "depth": 2, "batch_norm": True, "dropout": 0.5})
    plain, said, second = learn(
        network_options={"width": 4, "depth": 2, "batch_norm": True, "dropout": 0.5}, fit_memory=False
    )
    assert "measuring the memory of a step" not in said
    assert [m.loss for m in measured] == [m.loss for m in plain]
    for one, other in zip(first.network.state_dict().values(), second.network.state_dict().values(), strict=True):
        assert torch.equal(one, other)


def test_a_resumed_run_is_not_measured_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "DeviceMemory", Small)
    config = TrainConfig.parse(
        {
            "network_options": {"width": 4, "depth": 2},
            "crop": 64,
            "batch": 8,
            "epochs": 1,
            "threads": 1,
            "device": "cpu",
        }
    )
    work = train(config, samples(), classes=CLASSES, folder=tmp_path)
    for progress in work:
        if isinstance(progress.detail, TrainingMetrics):
            break
    work.close()
    monkeypatch.setattr(run, "DeviceMemory", None)
    finish(train(config, samples(), classes=CLASSES, folder=tmp_path, resume=True))
    record = read_record(tmp_path)
    assert (record["batch"], record["accumulate"]) == (2, 4)
    assert record["memory"]["asked"] == {"batch": 8, "crop": 64}
