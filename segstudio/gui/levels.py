"""The levels of a pyramid: each halves the one before, so a pixel of level *n* stands for ``2**n`` squared."""

from __future__ import annotations

import math

from segstudio.core.geometry import Region


def level_for(zoom: float) -> int:
    """The coarsest level that still has a pixel for every one on the screen; *zoom* is screen by image pixels."""
    return max(0, math.floor(math.log2(1 / zoom) + 1e-6)) if zoom < 1 else 0


def at_level(region: Region, level: int) -> Region:
    """The pixels of a level that stand for any of *region*, which is given in image pixels."""
    step = 1 << level
    return Region(region.y0 // step, region.x0 // step, -(-region.y1 // step), -(-region.x1 // step))


def from_level(region: Region, level: int) -> Region:
    """The image pixels that *region*, which is given in the pixels of a level, stands for."""
    step = 1 << level
    return Region(region.y0 * step, region.x0 * step, region.y1 * step, region.x1 * step)
