"""How much of the image one output pixel sees: by the formula for chains, by following every row for any network."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.utils._python_dispatch import TorchDispatchMode

from segstudio.learning.networks.base import SegmentationNetwork

LARGEST = 8192
"""Side of the largest image tried; what reaches across it is said to see the whole image."""
PERIOD = 64
"""Rows after which every network's grids repeat: the coarsest stride is 32, and bilinear enlargement looks at two."""


@dataclass(frozen=True)
class Step:
    """A convolution or pooling along one axis."""

    kernel: int
    stride: int = 1
    dilation: int = 1
    padding: int = 0


@dataclass(frozen=True)
class Field:
    """What the units of a layer see of the input, along one axis, in pixels."""

    size: int = 1
    """R: the extent that one unit sees."""
    jump: int = 1
    """J: the distance of the extents of neighbouring units."""
    start: Fraction = Fraction(0)
    """The centre of the first unit's extent; the first pixel's centre is 0."""


def receptive_field(steps: Iterable[Step]) -> Field:
    """The field of a chain of *steps*.

    With kernel k, stride s, dilation d and padding p of step j: ``R_j = R_{j-1} + (k - 1) d J_{j-1}``,
    ``J_j = s J_{j-1}``, and the first unit's centre moves by ``((k - 1) d / 2 - p) J_{j-1}``.
    """
    field = Field()
    for step in steps:
        reach = (step.kernel - 1) * step.dilation
        field = Field(
            field.size + reach * field.jump,
            field.jump * step.stride,
            field.start + (Fraction(reach, 2) - step.padding) * field.jump,
        )
    return field


def steps_of(module: nn.Module) -> list[Step]:
    """The convolutions and poolings of *module* in the order of their definition, which must be that of their use."""
    found = []
    for layer in module.modules():
        if isinstance(layer, nn.Conv2d | nn.MaxPool2d | nn.AvgPool2d):
            kernel, stride, padding = (_first(v) for v in (layer.kernel_size, layer.stride, layer.padding))
            dilation = 1 if isinstance(layer, nn.AvgPool2d) else _first(layer.dilation)
            found.append(Step(kernel, stride, dilation, padding))
    return found


def _first(value: Any) -> int:
    return int(value[0] if isinstance(value, Sequence) else value)


def network_field(network: SegmentationNetwork) -> int | None:
    """How many rows of the image a pixel of the network's own map sees at most; ``None`` is all of them, at any size.

    Every row of every map is followed through the network's operations on the meta device, so that it costs no
    arithmetic, branches and skips are counted, and what an operation does at the borders is exact. An operation that is
    not known to keep rows apart (attention, global pooling) is taken to see everything. Normalisation counts as in eval
    mode, where it sees one pixel. *network* must be on the meta device and in eval mode.
    """
    for side in (1024, LARGEST):
        first, last, rows = _rows_seen(network, side)
        # neighbours sit differently on the coarse grids, so the widest of a whole period counts
        middle = slice(max(0, len(first) // 2 - PERIOD // 2), len(first) // 2 + PERIOD // 2)
        if first[middle].min() > 0 and last[middle].max() < rows - 1:
            return int((last[middle] - first[middle]).max()) + 1
    return None


def _rows_seen(network: SegmentationNetwork, side: int) -> tuple[Rows, Rows, int]:
    height = network.padded_size(side)
    # a narrow image does: the columns are independent of the rows
    x = torch.empty(1, network.in_channels, height, network.padded_size(64), device="meta")
    # no_grad and not inference mode, which would show compound operations whole
    with torch.no_grad(), RowTracer(x) as tracer:
        logits = network.segment(x).logits
    first, last = tracer.rows(logits)
    return first, last, height


Rows = NDArray[np.int64]
_NONE_FIRST, _NONE_LAST = np.iinfo(np.int64).max, np.int64(-1)
"""The first and last row of what sees no row at all (padding)."""


class RowTracer(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Follows, for each row of each tensor, the first and the last row of *x* on which it depends."""

    def __init__(self, x: Tensor) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        height = x.shape[-2]
        self._whole = height
        self._known: dict[int, tuple[Rows, Rows]] = {id(x): (np.arange(height), np.arange(height))}
        self._alive: list[Tensor] = [x]  # an id stands for its tensor as long as that lives

    def rows(self, x: Tensor) -> tuple[Rows, Rows]:
        return self._known[id(x)]

    def __torch_dispatch__(
        self, func: Any, types: Sequence[type], args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        result = func(*args, **(kwargs or {}))
        inputs = [t for t in _tensors_in(args) if id(t) in self._known]
        if inputs:
            for output in _tensors_in((result,)):
                self._known[id(output)] = self._through(func, args, kwargs or {}, inputs, output)
                self._alive.append(output)
        return result

    def _through(
        self, func: Any, args: tuple[Any, ...], kwargs: dict[str, Any], inputs: list[Tensor], output: Tensor
    ) -> tuple[Rows, Rows]:
        name = func.overloadpacket.__name__
        if output.ndim == 4:
            if torch.Tag.pointwise in func.tags or name in _KEEPS_ROWS or (name == "cat" and args[1:] == (1,)):
                return self._joined(inputs, output.shape[-2])
            if name == "mean" and args[1] == [1]:
                return self._joined(inputs, output.shape[-2])
            rule = _RULES.get(name)
            taps = rule(args, kwargs, output.shape[-2]) if rule is not None else None
            if taps is not None:
                return _gather(*self._known[id(args[0])], taps)
        return self._everything(inputs, output)

    def _joined(self, inputs: list[Tensor], height: int) -> tuple[Rows, Rows]:
        first = np.full(height, _NONE_FIRST)
        last = np.full(height, _NONE_LAST)
        for x in inputs:
            its_first, its_last = self._known[id(x)]
            if x.ndim != 4 or len(its_first) not in (1, height):  # something that is broadcast
                its_first, its_last = its_first.min(keepdims=True), its_last.max(keepdims=True)
            first, last = np.minimum(first, its_first), np.maximum(last, its_last)
        return first, last

    def _everything(self, inputs: list[Tensor], output: Tensor) -> tuple[Rows, Rows]:
        height = output.shape[-2] if output.ndim == 4 else 1
        first = min(self._known[id(x)][0].min() for x in inputs)
        last = max(self._known[id(x)][1].max() for x in inputs)
        return np.full(height, first), np.full(height, last)


_KEEPS_ROWS = frozenset(
    {
        "native_batch_norm",
        "_native_batch_norm_legit_no_training",
        "_batch_norm_no_update",
        "native_group_norm",
        "native_dropout",
        "clone",
        "detach",
        "alias",
        "_to_copy",
        "contiguous",
        "prelu",
    }
)

Taps = NDArray[np.int64]
"""``(H, k)``: for each row of the output the rows of the input that it reads; -1 for none."""
Rule = Callable[[tuple[Any, ...], dict[str, Any], int], Taps | None]


def _gather(first: Rows, last: Rows, taps: Taps) -> tuple[Rows, Rows]:
    inside = (taps >= 0) & (taps < len(first))
    index = np.where(inside, taps, 0)
    return (
        np.where(inside, first[index], _NONE_FIRST).min(axis=1),
        np.where(inside, last[index], _NONE_LAST).max(axis=1),
    )


def _windows(height: int, kernel: int, stride: int, padding: int, dilation: int) -> Taps:
    return np.arange(height)[:, None] * stride - padding + np.arange(kernel)[None, :] * dilation


def _convolution(args: tuple[Any, ...], kwargs: dict[str, Any], height: int) -> Taps:
    _, weight, _, stride, padding, dilation, transposed = args[:7]
    kernel = int(weight.shape[2])
    if not transposed:
        return _windows(height, kernel, _first(stride), _first(padding), _first(dilation))
    reached = np.arange(height)[:, None] + _first(padding) - np.arange(kernel)[None, :] * _first(dilation)
    return np.where(reached % _first(stride) == 0, reached // _first(stride), -1)


def _pooling(args: tuple[Any, ...], kwargs: dict[str, Any], height: int) -> Taps:
    kernel = _first(args[1])
    stride = _first(args[2]) if len(args) > 2 and args[2] else kernel
    padding = _first(args[3]) if len(args) > 3 else 0
    dilation = _first(args[4]) if len(args) > 4 and not isinstance(args[4], bool) else 1
    return _windows(height, kernel, stride, padding, dilation)


def _adaptive(args: tuple[Any, ...], kwargs: dict[str, Any], height: int) -> Taps:
    rows = int(args[0].shape[-2])
    starts = np.arange(height) * rows // height
    ends = -(-(np.arange(1, height + 1) * rows) // height)
    taps = starts[:, None] + np.arange((ends - starts).max())[None, :]
    return np.where(taps < ends[:, None], taps, -1)


def _bilinear(args: tuple[Any, ...], kwargs: dict[str, Any], height: int) -> Taps:
    rows, align_corners = int(args[0].shape[-2]), bool(args[2])
    if align_corners:
        position = np.arange(height) * ((rows - 1) / max(1, height - 1))
    else:
        position = np.maximum(0, (np.arange(height) + 0.5) * (rows / height) - 0.5)
    position = np.round(position, 9)
    before = np.floor(position).astype(np.int64)
    after = np.minimum(np.where(position > before, before + 1, before), rows - 1)
    return np.stack([before, after], axis=1)


def _spread(args: tuple[Any, ...], kwargs: dict[str, Any], height: int) -> Taps:
    """Nearest enlargement, unpooling, pixel shuffle: a row goes to as many rows."""
    return (np.arange(height) * int(args[0].shape[-2]) // height)[:, None]


def _pixel_unshuffle(args: tuple[Any, ...], kwargs: dict[str, Any], height: int) -> Taps:
    return _windows(height, int(args[1]), int(args[1]), 0, 1)


def _unpooling(args: tuple[Any, ...], kwargs: dict[str, Any], height: int) -> Taps:
    rows = int(args[0].shape[-2])
    return np.minimum(np.arange(height) // max(1, height // rows), rows - 1)[:, None]


def _slice(args: tuple[Any, ...], kwargs: dict[str, Any], height: int) -> Taps:
    dim, start, end, step = args[1:] + (0, None, None, 1)[len(args) - 1 :]
    rows = int(args[0].shape[-2])
    if dim not in (2, -2):
        return np.arange(rows)[:, None]
    return np.arange(rows)[slice(start, end, step)][:, None]


def _constant_pad(args: tuple[Any, ...], kwargs: dict[str, Any], height: int) -> Taps:
    top = args[1][2] if len(args[1]) >= 4 else 0
    return np.arange(height)[:, None] - top


def _replication_pad(args: tuple[Any, ...], kwargs: dict[str, Any], height: int) -> Taps:
    return np.clip(_constant_pad(args, kwargs, height), 0, int(args[0].shape[-2]) - 1)


def _expand(args: tuple[Any, ...], kwargs: dict[str, Any], height: int) -> Taps | None:
    if args[0].ndim != 4:
        return None
    return np.arange(height)[:, None] if args[0].shape[-2] == height else np.zeros((height, 1), np.int64)


_RULES: dict[str, Rule] = {
    "convolution": _convolution,
    "max_pool2d_with_indices": _pooling,
    "avg_pool2d": _pooling,
    "_adaptive_avg_pool2d": _adaptive,
    "adaptive_max_pool2d": _adaptive,
    "upsample_bilinear2d": _bilinear,
    "upsample_nearest2d": _spread,
    "pixel_shuffle": _spread,
    "pixel_unshuffle": _pixel_unshuffle,
    "max_unpool2d": _unpooling,
    "slice": _slice,
    "constant_pad_nd": _constant_pad,
    "replication_pad2d": _replication_pad,
    "expand": _expand,
}


def _tensors_in(values: Iterable[Any]) -> list[Tensor]:
    found: list[Tensor] = []
    for value in values:
        if isinstance(value, Tensor):
            found.append(value)
        elif isinstance(value, list | tuple):
            found.extend(_tensors_in(value))
    return found
