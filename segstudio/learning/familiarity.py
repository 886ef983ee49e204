"""How far the features of a pixel lie from those of the training: what logits do not tell of textures never seen.

A Mahalanobis distance (Lee et al., NeurIPS 2018, equation 2) of a network's features at an eighth of the image's
resolution, where textures are still told apart, to the nearest of some typical features instead of a class's mean. Of
many channels some are drawn, as in PaDiM (Defard et al., ICPR 2020); one covariance, shrunk towards a multiple of the
identity, holds for all.
"""

from __future__ import annotations

import base64
import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any

import cv2
import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor, nn

from segstudio.learning.networks.base import SegmentationNetwork
from segstudio.learning.tiling import OverlapTiled

STRIDE = 8
"""Image pixels to a feature, about."""
SMALLEST_SIDE = 32
"""Of an image that networks take."""
MOST_CHANNELS = 128
SHRINKAGE = 0.05
NEIGHBOURS = 5
"""Features are averaged over so many a side: a texture is more than a point."""
TYPICAL, TOLD_APART = 48, 6000
"""So many typical features, by k-means of so many."""
FEWEST = 4
"""Features are measured where there are at least so many for each channel."""
_PROBE = 128
_STRIDES = (1, 2, 4, 8, 14, 16, 32)


@dataclass(frozen=True)
class Familiarity:
    """The Gaussian of a network's features on images of its training."""

    layer: str
    """The module of the network whose output the features are."""
    channels: tuple[int, ...]
    mean: str
    """``(D,)`` float32, little-endian, in base64."""
    whitening: str
    """``(D, D)`` float32: a feature less the mean times this has unit covariance."""
    typical: str
    """``(T, D)`` float32, whitened."""

    @classmethod
    def of(cls, layer: str, features: NDArray[np.float32]) -> Familiarity | None:
        """Of *features* ``(P, C)``; ``None`` where there are too few."""
        count = features.shape[1]
        chosen = np.sort(np.random.default_rng(0).permutation(count)[:MOST_CHANNELS])
        if len(features) < FEWEST * len(chosen):
            return None
        values = features[:, chosen].astype(np.float64)
        mean = values.mean(0)
        covariance = (values - mean).T @ (values - mean) / len(values)
        level = np.trace(covariance) / len(chosen)
        if not np.isfinite(level) or level <= 0:
            return None
        shrunk = (1 - SHRINKAGE) * covariance + SHRINKAGE * level * np.eye(len(chosen))
        root = np.linalg.cholesky(np.linalg.inv(shrunk))
        typical = _typical((values - mean) @ root)
        return cls(layer, tuple(int(c) for c in chosen), _packed(mean), _packed(root), _packed(typical))

    def distance(self, features: Tensor) -> Tensor:
        """``(N, C, h, w)`` to ``(N, 1, h, w)``: the deviation in a channel, about 1 and less where all is familiar."""
        mean, whitening, typical = (values.to(features.device) for values in self._values)
        count, _, height, width = features.shape
        smooth = _averaged(features[:, list(self.channels)])
        off = (smooth.movedim(1, -1).flatten(1, 2) - mean) @ whitening
        nearest = torch.cdist(off, typical.expand(count, -1, -1)).amin(-1)
        deviation: Tensor = nearest / len(self.channels) ** 0.5
        return deviation.reshape(count, 1, height, width)

    @cached_property
    def _values(self) -> tuple[Tensor, Tensor, Tensor]:
        size = len(self.channels)
        whitening, typical = (_unpacked(text).reshape(-1, size) for text in (self.whitening, self.typical))
        return _unpacked(self.mean), whitening, typical

    def to_json(self) -> dict[str, Any]:
        return asdict(self) | {"channels": list(self.channels)}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Familiarity:
        parts = (data[name] for name in ("mean", "whitening", "typical"))
        return cls(data["layer"], tuple(int(c) for c in data["channels"]), *parts)


def _typical(whitened: NDArray[np.float64]) -> NDArray[np.float64]:
    """The centres ``(T, D)`` of clusters of ``(P, D)``."""
    some = whitened[:: math.ceil(len(whitened) / TOLD_APART)].astype(np.float32)
    cv2.setRNGSeed(0)
    ends = (cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_MAX_ITER, 20, 1e-3)
    centres = cv2.kmeans(some, min(TYPICAL, len(some)), None, ends, 1, cv2.KMEANS_PP_CENTERS)[2]  # type: ignore[call-overload]
    return np.asarray(centres, np.float64)


def _packed(values: NDArray[np.float64]) -> str:
    return base64.b64encode(values.astype("<f4").tobytes()).decode("ascii")


def _unpacked(text: str) -> Tensor:
    return torch.from_numpy(np.frombuffer(base64.b64decode(text), "<f4").astype(np.float32))


def _averaged(features: Tensor) -> Tensor:
    return F.avg_pool2d(features.float(), NEIGHBOURS, 1, NEIGHBOURS // 2, count_include_pad=False)


@torch.inference_mode()
def feature_layer(network: SegmentationNetwork) -> str | None:
    """The module of *network*, in eval mode, whose output is the last at :data:`STRIDE` on the way down.

    ``None`` for networks that have none: those of objects, of unpadded convolutions and the files of others.
    """
    if network.task == "instance" or (isinstance(network, OverlapTiled) and network.margin):
        return None
    seen: list[tuple[str, int]] = []
    padded = network.padded_size(_PROBE)

    def note(name: str) -> Any:
        def hook(_module: nn.Module, _inputs: Any, output: Any) -> None:
            stride = _stride(output, padded)
            if stride is not None:
                seen.append((name, stride))

        return hook

    handles = [module.register_forward_hook(note(name)) for name, module in network.named_modules() if name]
    try:
        parameter = next(network.parameters(), torch.empty(0))
        network(torch.zeros(1, network.in_channels, _PROBE, _PROBE, device=parameter.device))
    finally:
        for handle in handles:
            handle.remove()
    coarser = next((i for i, (_, stride) in enumerate(seen) if stride > STRIDE), None)
    down = seen[:coarser]
    if down and coarser is not None:
        return next(name for name, stride in reversed(down) if stride == max(stride for _, stride in down))
    # a network that gets no coarser, or begins coarser, decodes at this stride too: in the middle are features
    stride = max((stride for _, stride in down), default=min((stride for _, stride in seen), default=0))
    there = [name for name, found in seen if found == stride]
    return there[len(there) // 2] if there else None


def _stride(output: Any, padded: int) -> int | None:
    """Image pixels to one of *output*, for an image of *padded* x *padded*; ``None`` where it is no map of it alone, or
    one with a frame around it."""
    if not isinstance(output, Tensor) or output.ndim != 4 or output.shape[0] != 1 or output.shape[1] < 8:
        return None
    height, width = int(output.shape[-2]), int(output.shape[-1])
    stride = round(padded / height)
    # rounded up there may be one more, with a frame around it there are many
    fits = height == width > 1 and stride in _STRIDES and 0 <= height - padded / stride <= 1
    return stride if fits else None


@contextmanager
def watched(network: nn.Module, layer: str) -> Iterator[list[Tensor]]:
    """What the module called *layer* gives, the last one at the end, while *network* is run."""
    seen: list[Tensor] = []
    handle = network.get_submodule(layer).register_forward_hook(lambda _module, _inputs, output: seen.append(output))
    try:
        yield seen
    finally:
        handle.remove()


def distance_map(familiarity: Familiarity, features: Tensor, padded: tuple[int, int]) -> Tensor:
    """The distances of *features* ``(N, C, h, w)`` at the size *padded* ``(H, W)`` that the network saw."""
    return F.interpolate(familiarity.distance(features), padded, mode="bilinear")


def padded_shape(network: SegmentationNetwork, x: Tensor) -> tuple[int, int]:
    """The size to which *network* pads *x* before it looks at it."""
    return network.padded_size(int(x.shape[-2])), network.padded_size(int(x.shape[-1]))


@torch.inference_mode()
def features_at(network: SegmentationNetwork, layer: str, x: Tensor, places: NDArray[np.intp]) -> NDArray[np.float32]:
    """The features ``(P, C)`` of one image *x* ``(1, C, H, W)`` at flat *places* of its pixels."""
    with watched(network, layer) as seen:
        network(x)
    features, padded, width = _averaged(seen[-1])[0], padded_shape(network, x), int(x.shape[-1])
    rows = places // width * int(features.shape[-2]) // padded[0]
    columns = places % width * int(features.shape[-1]) // padded[1]
    return np.ascontiguousarray(features.cpu().numpy()[:, rows, columns].T)
