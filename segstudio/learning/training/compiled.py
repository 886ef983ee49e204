"""The forward pass of a training through torch.compile, where that is faster and says the same."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from segstudio.core.progress import Progress
from segstudio.learning.devices import out_of_memory, release_memory
from segstudio.learning.networks.base import NetworkOutput, SegmentationNetwork
from segstudio.learning.training.state import untouched

BACKEND = "inductor"
SAME_LOSS = 0.05
"""How far apart the losses of both may be, as a share; dropout draws differently when compiled."""
TIMED_STEPS = 3

Forward = Callable[[Tensor], NetworkOutput]


@dataclass(frozen=True)
class Chosen:
    """What a training goes forward by, and what people are told of it."""

    forward: Forward
    told: Progress

    @property
    def compiled(self) -> bool:
        return not isinstance(self.forward, SegmentationNetwork)


def fastest(network: SegmentationNetwork, step: Callable[[Forward], float], device: torch.device) -> Chosen:
    """*network* compiled, or as it is where it cannot be compiled, does not fit, says something else or is no faster.

    *step* goes forward by what it is given, backward, and gives the loss; it leaves the weights as they are. Compiling
    takes half a minute to minutes, so it is for long trainings.
    """
    compiled: Forward = torch.compile(network, backend=BACKEND, dynamic=False)
    loss, seconds = _timed(lambda: step(network), network, device)
    try:
        other, fewer = _timed(lambda: step(compiled), network, device)
    except Exception as error:
        if not _is_of_compiling(error):
            raise
        why = "memory runs out" if out_of_memory(error) else f"{type(error).__name__}: {_line(error)}"
    else:
        if not math.isclose(other, loss, rel_tol=SAME_LOSS, abs_tol=SAME_LOSS / 5):
            why = f"its loss is {other:.3f} instead of {loss:.3f}"
        elif fewer >= seconds:
            why = "it is no faster"
        else:
            return Chosen(compiled, Progress(None, f"compiled: a step takes {fewer / seconds:.0%} of the time"))
    release_memory(device)
    return Chosen(network, Progress(None, f"not compiled: {why}"))


def _timed(step: Callable[[], float], network: SegmentationNetwork, device: torch.device) -> tuple[float, float]:
    """The loss and the seconds of the fastest of some steps after one that is not counted; nothing is left of them."""
    times = []
    for _ in range(TIMED_STEPS + 1):
        begun = time.perf_counter()
        with untouched(network, device):
            loss = step()  # as a number, so the device has finished
        times.append(time.perf_counter() - begun)
    return loss, min(times[1:])


def _is_of_compiling(error: Exception) -> bool:
    """Whether the compiler failed: what it raises has no common base."""
    origin = type(error).__module__
    return isinstance(error, RuntimeError | OSError) or origin.startswith(
        ("torch._dynamo", "torch._inductor", "triton")
    )


def _line(error: Exception) -> str:
    return next((line.strip()[:100] for line in str(error).splitlines() if line.strip()), "")
