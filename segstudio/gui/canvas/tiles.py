"""Pictures of large arrays by tiles and levels: made when seen, repaired where something changed, bounded in bytes."""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from PySide6.QtGui import QImage

from segstudio.core.geometry import Region

SIDE = 512
"""Pixels of a tile's side, in its level."""

Pixels = NDArray[np.uint32]
"""``(h, w)`` of 0xAARRGGBB, premultiplied."""


class Painter(Protocol):
    """What makes the pixels of a layer."""

    def render(self, region: Region, level: int) -> Pixels:
        """The pixels of *region*, given and returned in the pixels of *level* (each level halves the one before)."""


@dataclass(slots=True)
class Tile:
    """One square of a level. The picture shows the same memory as the array."""

    region: Region
    pixels: Pixels
    image: QImage


def level_for(zoom: float) -> int:
    """The coarsest level that still has a pixel for every screen pixel."""
    return max(0, math.floor(math.log2(1 / zoom) + 1e-6)) if zoom < 1 else 0


def level_shape(shape: tuple[int, int], level: int) -> tuple[int, int]:
    """Height and width of a level: halves, rounded up."""
    step = 1 << level
    return -(-shape[0] // step), -(-shape[1] // step)


class TileCache:
    """The tiles of one layer, the least recently seen given up beyond *limit* bytes."""

    def __init__(self, shape: tuple[int, int], painter: Painter, *, opaque: bool, limit: int = 192 << 20) -> None:
        self._shape = shape
        self._painter = painter
        self._format = QImage.Format.Format_RGB32 if opaque else QImage.Format.Format_ARGB32_Premultiplied
        self._limit = limit
        self._tiles: OrderedDict[tuple[int, int, int], Tile] = OrderedDict()
        self._bytes = 0

    def visible(self, region: Region, level: int) -> Iterator[Tile]:
        """The tiles of *level* that show any of *region* (in image pixels), made where they are missing."""
        step = SIDE << level
        inside = region & Region.of(self._shape)
        if inside.empty:
            return
        for row in range(inside.y0 // step, -(-inside.y1 // step)):
            for column in range(inside.x0 // step, -(-inside.x1 // step)):
                yield self._tile(level, row, column)

    def repair(self, region: Region, reach: int = 0) -> None:
        """Make the pixels of *region* (image pixels) anew in every tile that shows them.

        *reach* is how far, in pixels of a level, a changed pixel shows beyond itself (outlines reach one).
        """
        for (level, _, _), tile in self._tiles.items():
            step = 1 << level
            part = Region(region.y0 // step, region.x0 // step, -(-region.y1 // step), -(-region.x1 // step))
            part = part.grown(reach) & tile.region
            if not part.empty:
                window = part.shifted(-tile.region.y0, -tile.region.x0).slices
                tile.pixels[window] = self._painter.render(part, level)

    def clear(self) -> None:
        """Forget every tile: all of them will be made anew."""
        self._tiles.clear()
        self._bytes = 0

    @property
    def nbytes(self) -> int:
        return self._bytes

    def _tile(self, level: int, row: int, column: int) -> Tile:
        key = level, row, column
        tile = self._tiles.get(key)
        if tile is not None:
            self._tiles.move_to_end(key)
            return tile
        whole = Region.of(level_shape(self._shape, level))
        region = Region(row * SIDE, column * SIDE, (row + 1) * SIDE, (column + 1) * SIDE) & whole
        pixels = np.ascontiguousarray(self._painter.render(region, level))
        image = QImage(pixels.data, region.width, region.height, 4 * region.width, self._format)
        tile = self._tiles[key] = Tile(region, pixels, image)
        self._bytes += pixels.nbytes
        while self._bytes > self._limit and len(self._tiles) > 1:
            _, old = self._tiles.popitem(last=False)
            self._bytes -= old.pixels.nbytes
        return tile
