"""Pictures of large arrays by tiles and levels: made when seen, repaired where something changed, bounded in bytes."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from PySide6.QtGui import QImage

from segstudio.core.geometry import Region, tiles
from segstudio.gui.levels import at_level
from segstudio.io.images import level_shape

SIDE = 512
"""Pixels of a tile's side, in its level."""

Pixels = NDArray[np.uint32]
"""``(h, w)`` of 0xAARRGGBB, premultiplied."""

_NOTHING = Region(0, 0, 0, 0)


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
    stale: Region = _NOTHING
    """What changed since, in the pixels of the level: made anew when the tile is seen next."""
    clear: bool = False
    """Whether it is transparent all over."""


def cells(shape: tuple[int, int], region: Region, level: int) -> Iterator[Region]:
    """The tiles of *level*, in its pixels, that show any of *region* (in those of an image of *shape*)."""
    inside, whole = region & Region.of(shape), Region.of(level_shape(shape, level))
    for cell in tiles(at_level(inside, level) if not inside.empty else _NOTHING, SIDE):
        yield cell & whole


class TileCache:
    """The tiles of one layer, the least recently seen given up beyond *limit* bytes.

    The tiles of one view are always kept together, whatever the limit: they are what one screen can show.
    """

    def __init__(self, shape: tuple[int, int], painter: Painter, *, opaque: bool, limit: int = 96 << 20) -> None:
        self._shape = shape
        self._painter = painter
        self._format = QImage.Format.Format_RGB32 if opaque else QImage.Format.Format_ARGB32_Premultiplied
        self._limit = limit
        self._tiles: OrderedDict[tuple[int, int, int], Tile] = OrderedDict()
        self._bytes = 0
        self._levels = 0

    def visible(self, region: Region, level: int) -> Iterator[Tile]:
        """The tiles of *level* that show any of *region* (in image pixels), made or repaired where they need it."""
        for cell in cells(self._shape, region, level):
            yield self._tile(level, cell)

    def make(self, region: Region, level: int, end: float) -> bool:
        """Make what :meth:`visible` would give, until this thread has worked up to *end* (``time.thread_time``), one
        tile at least; whether all are there."""
        begun = False
        for cell in cells(self._shape, region, level):
            tile = self._tiles.get((level, cell.y0, cell.x0))
            if tile is None or not tile.stale.empty:
                if begun and time.thread_time() > end:
                    return False
                self._tile(level, cell)
                begun = True
        return True

    def take(self, made: Mapping[tuple[int, Region], Pixels]) -> None:
        """Keep tiles that the painter made before, by their level and place."""
        for (level, cell), pixels in made.items():
            self._add(level, cell, pixels)

    def changed(self, region: Region, reach: int = 0) -> None:
        """*region* (in image pixels) looks different now; tiles that show it are repaired when they are seen.

        *reach* is how far, in pixels of a level, a changed pixel shows beyond itself (outlines reach one).
        """
        parts = [at_level(region, level).grown(reach) for level in range(self._levels)]
        for (level, y, x), tile in self._tiles.items():  # of which there are fewer than squares in a large region
            part = parts[level]
            if part.y0 < y + SIDE and y < part.y1 and part.x0 < x + SIDE and x < part.x1:
                tile.stale = tile.stale | (part & tile.region)

    def clear(self) -> None:
        """Forget every tile: all of them will be made anew."""
        self._tiles.clear()
        self._bytes = 0

    @property
    def nbytes(self) -> int:
        """Bytes of the pixels that are kept."""
        return self._bytes

    def _tile(self, level: int, cell: Region) -> Tile:
        key = level, cell.y0, cell.x0
        tile = self._tiles.get(key)
        if tile is None:
            tile = self._add(level, cell, self._painter.render(cell, level))
        elif not tile.stale.empty:
            window = tile.stale.shifted(-tile.region.y0, -tile.region.x0).slices
            tile.pixels[window] = self._painter.render(tile.stale, level)
            tile.clear = tile.clear and not tile.pixels[window].any()
            tile.stale = _NOTHING
        self._tiles.move_to_end(key)
        return tile

    def _add(self, level: int, cell: Region, made: Pixels) -> Tile:
        pixels = np.ascontiguousarray(made)
        image = QImage(pixels.data, cell.width, cell.height, 4 * cell.width, self._format)
        tile = self._tiles[level, cell.y0, cell.x0] = Tile(cell, pixels, image, clear=not pixels.any())
        self._levels = max(self._levels, level + 1)
        self._bytes += pixels.nbytes
        self._shrink()
        return tile

    def _shrink(self) -> None:
        while self._bytes > self._limit and len(self._tiles) > 1:
            _, old = self._tiles.popitem(last=False)
            self._bytes -= old.pixels.nbytes
