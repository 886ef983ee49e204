"""Half-open rectangles of pixels and the tiles that they touch."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Region:
    """The pixels ``y0 <= y < y1``, ``x0 <= x < x1``. Empty where an end does not lie beyond its start."""

    y0: int
    x0: int
    y1: int
    x1: int

    @classmethod
    def of(cls, shape: tuple[int, ...]) -> Region:
        """The whole of an array of *shape* ``(H, W, ...)``."""
        return cls(0, 0, shape[0], shape[1])

    @property
    def height(self) -> int:
        return max(0, self.y1 - self.y0)

    @property
    def width(self) -> int:
        return max(0, self.x1 - self.x0)

    @property
    def shape(self) -> tuple[int, int]:
        return self.height, self.width

    @property
    def empty(self) -> bool:
        return self.y1 <= self.y0 or self.x1 <= self.x0

    @property
    def area(self) -> int:
        """How many pixels lie inside."""
        return 0 if self.empty else self.height * self.width

    @property
    def slices(self) -> tuple[slice, slice]:
        """Index an array ``(H, W, ...)`` with this to get the region's pixels."""
        return slice(self.y0, max(self.y0, self.y1)), slice(self.x0, max(self.x0, self.x1))

    def __and__(self, other: Region) -> Region:
        """The pixels in both."""
        return Region(max(self.y0, other.y0), max(self.x0, other.x0), min(self.y1, other.y1), min(self.x1, other.x1))

    def __or__(self, other: Region) -> Region:
        """The smallest region that holds both; an empty one adds nothing."""
        if self.empty:
            return other
        if other.empty:
            return self
        return Region(min(self.y0, other.y0), min(self.x0, other.x0), max(self.y1, other.y1), max(self.x1, other.x1))

    def contains(self, other: Region) -> bool:
        """Whether every pixel of *other* lies in this region."""
        return other.empty or (self & other) == other

    def grown(self, pixels: int) -> Region:
        """This region with *pixels* more on every side (not clipped)."""
        return Region(self.y0 - pixels, self.x0 - pixels, self.y1 + pixels, self.x1 + pixels)

    def shifted(self, dy: int, dx: int) -> Region:
        return Region(self.y0 + dy, self.x0 + dx, self.y1 + dy, self.x1 + dx)


def tiles(region: Region, size: int) -> Iterator[Region]:
    """The cells of the grid of *size* pixels that touch *region*, whole, row by row (not clipped to an image)."""
    if region.empty:
        return
    for y in range(region.y0 // size * size, region.y1, size):
        for x in range(region.x0 // size * size, region.x1, size):
            yield Region(y, x, y + size, x + size)


def joined(regions: Iterable[Region], size: int) -> list[Region]:
    """Fewer regions that hold all of *regions*: those that begin in one cell of the grid of *size* pixels are one."""
    found: dict[tuple[int, int], Region] = {}
    for region in regions:
        cell = region.y0 // size, region.x0 // size
        found[cell] = found[cell] | region if cell in found else region
    return list(found.values())
