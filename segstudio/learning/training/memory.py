"""Fitting a step to the memory there is: smaller batches first, then smaller crops."""

from __future__ import annotations

import math

import torch

from segstudio.core.errors import TrainingError
from segstudio.learning.records import process_memory
from segstudio.learning.training.state import Counters

SMALLEST_CROP = 64
"""Down to which crops shrink when memory runs out."""


_WORDS = ("out of memory", "can't allocate memory", "not enough memory", "alloc_failed")
"""Of CUDA, of the CPU's allocator on Linux and on Windows, and of cuDNN and cuBLAS."""


def out_of_memory(error: RuntimeError) -> bool:
    """Whether memory ran out, on a device or on the CPU."""
    text = str(error).lower()
    return isinstance(error, torch.OutOfMemoryError) or any(words in text for words in _WORDS)


def step_down(counters: Counters, network: str, device: str) -> str:
    """Make the batch or the crop in *counters* smaller; what people are told of it.

    Raises :class:`TrainingError` where one smallest crop of *network* does not fit into *device* either.
    """
    if counters.batch > 1:
        smaller = counters.batch // 2
        note = f"out of memory: batch {counters.batch} -> {smaller}"
        # as many crops a step as before, so that the learning rate stays right
        counters.accumulate = math.ceil(counters.batch * counters.accumulate / smaller)
        counters.batch = smaller
        return note
    if counters.crop > SMALLEST_CROP:
        smaller = max(SMALLEST_CROP, counters.crop * 3 // 4 // 32 * 32)
        note = f"out of memory: crop {counters.crop} -> {smaller}"
        counters.crop = smaller
        return note
    raise TrainingError(
        f"{network or 'the network'} does not fit into the memory of {device} even with one crop of {counters.crop} "
        "pixels; pick a smaller network"
    )


def held(device: torch.device) -> int:
    """Bytes that *device* held at most so far; on the CPU, that the process holds now."""
    if device.type == "cuda":
        return torch.cuda.max_memory_allocated(device)
    return process_memory()
