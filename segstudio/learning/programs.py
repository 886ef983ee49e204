"""Models of others behind the interface of our networks: what a file takes and gives is found out by looking at it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from segstudio.core.errors import CheckpointError, OptionError
from segstudio.learning.backends import Opened, Port, open_model
from segstudio.learning.model_description import (
    ModelDescription,
    OutputKind,
    described_beside,
    described_inside,
)
from segstudio.learning.networks.base import NetworkOutput, SegmentationNetwork

_PROBES = (128, 512, 256, 224, 640, 1024)
"""Sides of the images that a model which says to take any size is tried on. Many take one size for all that: a step of
theirs was recorded with it. Then it is the first that works."""
_ODD = (90, 70)
_MULTIPLE = 32
_SURE = 16.0
"""The logit of a label that comes without a probability."""
_SMALLEST_PROBABILITY = 1e-6


class Program(SegmentationNetwork):
    """A model file as a network: any batch, images ``(N, C, H, W)`` float32 in the model's own scale, logits out.

    :attr:`size` is the one size that it takes, ``None`` for any. Probabilities come out as their logarithms, labels as
    logits that are certain.
    """

    def __init__(self, path: Path, opened: Opened, description: ModelDescription) -> None:
        port = _image_port(path, opened)
        super().__init__(1, 3)
        self.name = path.name
        self.size: tuple[int, int] | None = None
        self._path, self._opened, self._port = path, opened, port
        self._bgr = description.bgr
        side = self._try_out(description)
        if self.size is None and not self._takes_any_size():
            self.multiple = _MULTIPLE
            if side != _PROBES[0] and not self._takes((2 * side, side)):
                self.size = (side, side)

    @property
    def takes_bytes(self) -> bool:
        """Whether the input is of whole numbers."""
        return self._port.dtype.kind in "ui"

    def segment(self, x: Tensor) -> NetworkOutput:
        size = (int(x.shape[-2]), int(x.shape[-1]))
        maps = self._maps(self._run(x.detach().float().cpu().numpy())[self._place])
        return NetworkOutput(self._logits(torch.from_numpy(maps), size).to(x.device))

    def _logits(self, maps: Tensor, size: tuple[int, int]) -> Tensor:
        if self.kind == "labels":
            if int(maps.max()) >= self.num_classes:
                raise CheckpointError(
                    self._path, f"it gives the class {int(maps.max())}, but only {self.num_classes} classes are named"
                )
            one_hot = F.one_hot(maps.long().clamp(min=0), self.num_classes).movedim(-1, 1).float()
            maps = F.interpolate(one_hot, size) if one_hot.shape[-2:] != size else one_hot
            return maps * _SURE
        maps = maps.float()
        if maps.shape[-2:] != size:
            maps = F.interpolate(maps, size, mode="bilinear")
        if self.kind == "probabilities":
            maps = maps.clamp(_SMALLEST_PROBABILITY, 1 - _SMALLEST_PROBABILITY)
            return maps.logit() if maps.shape[1] == 1 else maps.log()
        return maps

    def _run(self, x: NDArray[np.float32]) -> list[NDArray[Any]]:
        """The outputs for ``(N, C, H, W)``, in the batches that the model takes."""
        if self._bgr:
            x = x[:, ::-1]
        if self._channels_last:
            x = x.transpose(0, 2, 3, 1)
        if self.takes_bytes:
            limits = np.iinfo(self._port.dtype)
            x = np.clip(np.rint(x), limits.min, limits.max)
        array = np.ascontiguousarray(x, self._port.dtype)
        batch = self._port.shape[0]
        if batch is None or batch == len(array):
            return self._opened.run(array)
        parts = []
        for first in range(0, len(array), batch):
            part = array[first : first + batch]
            missing = batch - len(part)
            found = self._opened.run(np.concatenate([part, np.repeat(part[-1:], missing, 0)]) if missing else part)
            parts.append([output[: len(part)] for output in found])
        return [np.concatenate(outputs) for outputs in zip(*parts, strict=True)]

    def _maps(self, output: NDArray[Any]) -> NDArray[Any]:
        """An output as ``(N, K, h, w)``, labels as ``(N, h, w)``."""
        maps = output[:, None] if output.ndim == 3 else output.transpose(0, 3, 1, 2) if self._output_last else output
        return np.ascontiguousarray(maps[:, 0] if self.kind == "labels" else maps)

    def _try_out(self, description: ModelDescription) -> int:
        """Find out where the channels stand and what comes out, by sizes and orders of axes until one works; the side
        that did."""
        refused: CheckpointError | None = None
        for channels_last in _orders(self._path, self._port):
            channels, self.size = _image_shape(self._port, channels_last)
            self.in_channels, self._channels_last = channels or 3, channels_last
            for side in _PROBES[: 1 if self.size else None]:
                try:
                    self._place, self.kind, self.num_classes = self._look(self.size or (side, side), description)
                except CheckpointError as error:
                    refused = refused or error
                else:
                    self._bgr = self._bgr and self.in_channels == 3
                    return side
        assert refused is not None
        raise refused

    def _look(self, size: tuple[int, int], description: ModelDescription) -> tuple[int, OutputKind, int]:
        """Run the model once: which output is the map, of what kind, of how many classes."""
        height, width = size
        rng = np.random.default_rng(0)
        probe = rng.random((1, self.in_channels, height, width), np.float32)
        if self.takes_bytes:
            probe = probe * 255
        found = self._run(probe)
        named = None if description.classes is None else len(description.classes)
        place = _best_map(found, (height, width), named)
        if place is None:
            shapes = ", ".join("x".join(map(str, output.shape)) for output in found)
            raise CheckpointError(
                self._path, f"it is no segmentation model: for an image of {width}x{height} it gives {shapes}"
            )
        output = found[place]
        self._output_last = output.ndim == 4 and _is_last(output.shape, (height, width))
        # far beyond any intensity: logits leave 0..1 then, probabilities do not
        loud = output if self.takes_bytes else self._run(40 * probe - 20)[place]
        kind = description.output or _kind(np.concatenate([output, loud]), self._output_last)
        if kind == "labels":
            if description.classes is None:
                raise OptionError(
                    f"{self._path.name} gives labels without saying how many classes there are: name its classes"
                )
            return place, kind, len(description.classes)
        classes = 1 if output.ndim == 3 else output.shape[3 if self._output_last else 1]
        if named is not None and named != classes and not (classes == 1 and named == 2):
            raise OptionError(f"{self._path.name} has {classes} classes, but {named} are named")
        return place, kind, classes

    def _takes_any_size(self) -> bool:
        return self._takes(_ODD)

    def _takes(self, size: tuple[int, int]) -> bool:
        probe = np.zeros((1, self.in_channels, *size), np.float32)
        try:
            return _is_map(self._run(probe)[self._place], size)
        except CheckpointError:
            return False


def load_program(
    path: Path, description: ModelDescription | None = None, *, backend: str = "auto", device: str = "cpu"
) -> tuple[Program, ModelDescription]:
    """The model at *path* and all that is known of it: by *description*, the file beside it, and itself.

    Raises :class:`CheckpointError` for a file that is no segmentation model, and what :func:`open_model` raises.
    """
    opened = open_model(path, backend, device)
    known = (description or ModelDescription()).over(
        described_beside(path).over(described_inside(opened.metadata, path))
    )
    return Program(path, opened, known), known


def _image_port(path: Path, opened: Opened) -> Port:
    if len(opened.inputs) != 1:
        names = ", ".join(port.name for port in opened.inputs) or "none"
        raise CheckpointError(path, f"a model of images has one input, this one has {len(opened.inputs)} ({names})")
    port = opened.inputs[0]
    if len(port.shape) != 4:
        raise CheckpointError(
            path, f"its input has {len(port.shape)} dimensions where an image needs four (N, C, H, W)"
        )
    if port.dtype.kind not in "uif":
        raise CheckpointError(path, f"its input is of type {port.dtype}, which no image is")
    return port


def _orders(path: Path, port: Port) -> tuple[bool, ...]:
    """Whether the input is (N, H, W, C): told by where the few channels stand; both where nothing tells."""
    _, first, second, last = port.shape
    if last is not None and last <= 4 and (first is None or first > 4):
        return (True,)
    if first is None and last is not None and last > 4 and second is None:
        raise CheckpointError(path, "neither the second nor the last dimension of its input are channels")
    return (False, True) if first is None and last is None else (False,)


def _image_shape(port: Port, channels_last: bool) -> tuple[int | None, tuple[int, int] | None]:
    _, a, b, c = port.shape
    channels, height, width = (c, a, b) if channels_last else (a, b, c)
    if height is None and width is None:
        return channels, None
    return channels, (height or width or 0, width or height or 0)  # one side told: the other is as long


def _best_map(found: list[NDArray[Any]], size: tuple[int, int], classes: int | None) -> int | None:
    """The number of the output that is the map: of as many channels as there are *classes* named, then the finest, then
    the first; features beside it are coarser."""
    maps = [i for i, output in enumerate(found) if _is_map(output, size)]

    def rank(place: int) -> tuple[bool, int]:
        output = found[place]
        channels = 1 if output.ndim == 3 else output.shape[3 if _is_last(output.shape, size) else 1]
        return classes is not None and channels != classes, -(output.size // channels)

    return min(maps, key=rank, default=None)


def _is_map(output: NDArray[Any], size: tuple[int, int]) -> bool:
    """Whether *output* is a map of an image of *size*, at its resolution or a coarser one."""
    if output.ndim == 3:
        return _covers(output.shape[1:], size)
    if output.ndim != 4:
        return False
    return _covers(output.shape[2:], size) or _is_last(output.shape, size)


def _is_last(shape: tuple[int, ...], size: tuple[int, int]) -> bool:
    return _covers(shape[1:3], size) and not (_covers(shape[2:], size) and shape[1] < shape[3])


def _covers(shape: tuple[int, ...], size: tuple[int, int]) -> bool:
    """Whether a map of *shape* is of the same field of view: as many times smaller in height as in width."""
    ratios = [side / wanted for side, wanted in zip(shape, size, strict=True)]
    return all(1 / 33 <= ratio <= 1 for ratio in ratios) and abs(ratios[0] - ratios[1]) <= 1.5 / min(size)


def _kind(output: NDArray[Any], channels_last: bool) -> OutputKind:
    """Labels are whole numbers, of one channel also as floats; probabilities lie in 0..1, with a softmax before them or
    a sigmoid for each class."""
    if output.dtype.kind in "iub":
        return "labels"
    classes = 1 if output.ndim == 3 else output.shape[3 if channels_last else 1]
    if classes == 1 and output.min() >= 0 and output.max() > 1 and (output == np.rint(output)).all():
        return "labels"
    return "probabilities" if output.min() >= 0 and output.max() <= 1 else "logits"
