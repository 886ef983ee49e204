"""Where a run stands, and the file that it goes on from exactly after a stop."""

from __future__ import annotations

import math
import pickle
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import nn

from segstudio.core.errors import CheckpointError
from segstudio.io.atomic import replacing
from segstudio.learning.records import STATE

STATE_SECONDS = 60.0
"""How much work a killed run loses at most, about."""


@dataclass
class Counters:
    """Where a run stands; what is not weights."""

    step: int = 0
    items: int = 0
    elapsed: float = 0.0
    best: float = -math.inf
    """The highest mIoU that was measured."""
    kept: float = -math.inf
    """That of the weights that are kept."""
    stale: int = 0
    """Validations since the best one."""
    batch: int = 1
    accumulate: int = 1
    crop: int = 256
    validated_at: int = -1
    """The step of the last validation."""
    validating: float = 0.0
    """Seconds of *elapsed* in which it was measured."""


@dataclass
class Speed:
    """Images a second over about the last ten steps."""

    images: float = 0.0
    seconds: float = 0.0

    def add(self, images: int, seconds: float) -> None:
        self.images, self.seconds = 0.9 * self.images + images, 0.9 * self.seconds + seconds

    @property
    def images_per_second(self) -> float:
        return self.images / self.seconds if self.seconds > 0 else 0.0


def write_state(folder: Path, state: dict[str, Any], device: torch.device) -> None:
    """Keep *state*, tensors and plain values, and the random numbers to come, in the run's *folder*.

    Raises :class:`~segstudio.core.errors.StorageError` where the disk refuses.
    """
    on_device = torch.cuda.get_rng_state(device) if device.type == "cuda" else None
    if device.type == "mps":
        on_device = torch.mps.get_rng_state()
    with replacing(folder / STATE, durable=False) as file:
        torch.save({**state, "random": torch.get_rng_state(), "random_device": on_device}, file)


def read_state(folder: Path, device: torch.device) -> dict[str, Any]:
    """What :func:`write_state` kept; raises :class:`CheckpointError` where it is damaged."""
    path = folder / STATE
    try:
        state: dict[str, Any] = torch.load(path, map_location=device, weights_only=True)
        state["fingerprint"]
    except (pickle.UnpicklingError, RuntimeError, KeyError, EOFError, TypeError) as error:
        raise CheckpointError(path, "it is not the state of a stopped run, or is damaged") from error
    return state


def go_on_drawing(state: dict[str, Any], device: torch.device) -> None:
    """Draw the random numbers that would have come next."""
    torch.set_rng_state(state["random"].cpu())
    drawn = state["random_device"]
    if drawn is not None and device.type == "cuda":
        torch.cuda.set_rng_state(drawn.cpu(), device)
    elif drawn is not None and device.type == "mps":
        torch.mps.set_rng_state(drawn.cpu())


@contextmanager
def untouched(network: nn.Module, device: torch.device) -> Iterator[None]:
    """Leave the random numbers to come and what *network* counts in its buffers as they were before."""
    buffers = {name: buffer.clone() for name, buffer in network.named_buffers()}
    devices = [device] if device.type != "cpu" else []
    with torch.random.fork_rng(devices, device_type=device.type if devices else "cuda"):
        yield
    with torch.no_grad():
        for name, buffer in network.named_buffers():
            buffer.copy_(buffers[name])
