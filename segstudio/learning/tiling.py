"""Where the tiles of a prediction lie, what each reads of the image and how much it counts at every pixel.

Most networks are tiled with an overlap whose probabilities are blended by Gaussian weights. A network of unpadded
convolutions says itself how far it sees, so its tiles are put side by side and read a margin around their output, the
"overlap-tile" of the U-Net's paper (section 3 and figure 2): what comes out is what the image as a whole would give.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from segstudio.core.errors import OptionError
from segstudio.core.geometry import Region

LARGEST_WHOLE = 1536 * 1536
"""Images of more pixels than this are tiled by themselves."""
TILE = 768
"""The side of a tile where none is asked for."""
SMALLEST_TILE = 32


@runtime_checkable
class OverlapTiled(Protocol):
    """A network of unpadded convolutions, whose output lacks a *margin* that it has to see around it."""

    @property
    def margin(self) -> int:
        """Pixels at each side of an input tile that its output lacks; 0 where convolutions are padded."""

    def tile_size(self, output: int) -> int:
        """The smallest side of an input tile whose output has at least *output* pixels."""

    def valid_map(self, x: Tensor) -> Tensor:
        """``(N, C, h, w)`` of sides that :meth:`tile_size` gives to logits ``(N, K, h - 2 margin, w - 2 margin)``."""


@runtime_checkable
class FixedSize(Protocol):
    """A network that takes images of one size."""

    @property
    def size(self) -> tuple[int, int] | None:
        """``(H, W)``; ``None`` where it takes any."""


@dataclass(frozen=True)
class Axis:
    """The tiles along one axis: each writes *output* pixels from its start on and reads *read* pixels, of which the
    first lies *margin* before its start."""

    starts: tuple[int, ...]
    output: int
    read: int
    margin: int = 0

    def weights(self, side: int) -> list[NDArray[np.float32]]:
        """For each tile the weights ``(output,)`` of its pixels, over all tiles 1 at every pixel of the *side*."""
        if self.margin:
            return [np.ones(self.output, np.float32) for _ in self.starts]
        offsets = (np.arange(self.output) - (self.output - 1) / 2) / (self.output / 8)
        # a floor keeps the pixels that one tile alone reaches out of the division of two tiny numbers
        bell = np.maximum(np.exp(-0.5 * offsets**2), 1e-4)
        total = np.zeros(max(side, self.starts[-1] + self.output))
        for start in self.starts:
            total[start : start + self.output] += bell
        return [(bell / total[start : start + self.output]).astype(np.float32) for start in self.starts]


@dataclass(frozen=True)
class Layout:
    """The tiles of an image: every row of tiles crossed with every column."""

    rows: Axis
    columns: Axis

    @property
    def tiles(self) -> int:
        return len(self.rows.starts) * len(self.columns.starts)

    @property
    def margin(self) -> int:
        return self.rows.margin

    def read(self, row: int, column: int) -> Region:
        """What a tile reads; it may reach beyond the image, which is continued by reflection there."""
        y, x = self.rows.starts[row] - self.rows.margin, self.columns.starts[column] - self.columns.margin
        return Region(y, x, y + self.rows.read, x + self.columns.read)


def plan(shape: tuple[int, int], tile: int | None, overlap: float, network: object) -> Layout:
    """The tiles for an image of *shape* ``(H, W)`` and *network*; one where the whole image is computed at once.

    *tile* is the side of what a tile reads; ``None`` chooses. *overlap* is the share of a tile that its neighbour
    covers too, 0 to 0.9; a network of unpadded convolutions has its own. Raises :class:`OptionError` for tiles that are
    too small.
    """
    if tile is not None and tile < SMALLEST_TILE:
        raise OptionError(f"a tile must be at least {SMALLEST_TILE} pixels wide, not {tile}")
    if not 0 <= overlap <= 0.9:
        raise OptionError(f"the overlap of tiles must lie in 0..0.9, not {overlap}")
    if isinstance(network, FixedSize) and network.size is not None:
        rows, columns = (_blended(side, fixed, overlap, fixed) for side, fixed in zip(shape, network.size, strict=True))
        return Layout(rows, columns)
    if tile is None and shape[0] * shape[1] <= LARGEST_WHOLE:
        return Layout(*(Axis((0,), side, side) for side in shape))
    side_of_tile = TILE if tile is None else tile
    if isinstance(network, OverlapTiled) and network.margin:
        return Layout(*(_exact(side, side_of_tile, network) for side in shape))
    return Layout(*(_blended(side, side_of_tile, overlap) for side in shape))


def _blended(side: int, tile: int, overlap: float, least: int = 0) -> Axis:
    """Tiles along one axis, evenly, the first at 0 and the last at the end."""
    if side <= tile:
        output = max(side, least)
        return Axis((0,), output, output)
    count = math.ceil((side - tile) / max(1, round(tile * (1 - overlap)))) + 1
    return Axis(tuple(round(i * (side - tile) / (count - 1)) for i in range(count)), tile, tile)


def _exact(side: int, tile: int, network: OverlapTiled) -> Axis:
    """Tiles side by side, each start a multiple of the network's stride, so that all pool the same pixels together."""
    margin, smallest = network.margin, network.tile_size(1)
    whole = network.tile_size(side)
    if whole <= tile:
        return Axis((0,), side, whole, margin)
    stride = network.tile_size(smallest - 2 * margin + 1) - smallest
    read = smallest + (tile - smallest) // stride * stride
    output = (read - 2 * margin) // stride * stride
    if output < stride:
        least = network.tile_size(stride)
        raise OptionError(
            f"this network loses {margin} pixels at each side of a tile; a tile must be at least {least} pixels wide, "
            f"not {tile}"
        )
    return Axis(tuple(range(0, side, output)), output, read, margin)


Read = Callable[[Region], NDArray[Any]]


def mirrored(read: Read, shape: tuple[int, int]) -> Read:
    """*read* for regions that reach beyond an image of *shape*, which goes on by reflection at its outer pixels."""

    def fetch(region: Region) -> NDArray[Any]:
        if Region.of(shape).contains(region):
            return read(region)
        rows = _reflected(region.y0, region.y1, shape[0])
        columns = _reflected(region.x0, region.x1, shape[1])
        inner = Region(int(rows.min()), int(columns.min()), int(rows.max()) + 1, int(columns.max()) + 1)
        found = read(inner)
        return np.asarray(found[rows - inner.y0][:, columns - inner.x0])

    return fetch


def _reflected(start: int, end: int, length: int) -> NDArray[np.intp]:
    """The pixel of an axis of *length* that stands at each place from *start* to *end*."""
    places = np.arange(start, end)
    if length == 1:
        return np.zeros_like(places)
    period = 2 * (length - 1)
    places %= period
    return np.minimum(places, period - places)


def add_weighted(held: Tensor, maps: Tensor, weights: Tensor, x: int, left_end: int, right_end: int) -> None:
    """Add a tile's weighted *maps* ``(..., h, w)``, which start at column *x*, to the part of *held* that they cover;
    *held* begins at column *left_end* and stops before *right_end*."""
    left, right = max(x, left_end), min(x + int(maps.shape[-1]), right_end)
    inside = slice(left - x, right - x)
    held[..., left - left_end : right - left_end].addcmul_(maps[..., inside], weights[:, inside])


def touching(starts: Sequence[int], output: int, begin: int, end: int) -> list[int]:
    """Which tiles write into the pixels from *begin* to *end*."""
    return [i for i, start in enumerate(starts) if start < end and start + output > begin]
