"""The borders of superpixels on the screen."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from segstudio.core.geometry import Region
from segstudio.gui.canvas.tiles import Pixels
from segstudio.gui.levels import at_level, from_level
from segstudio.gui.tools.base import Cells

_LINE = np.uint32(0x70707000)
"""Yellow, translucent, premultiplied."""
_COARSEST = 1
"""Beyond this level the borders would cover everything, and computing them take long."""


class SuperpixelPainter:
    """Renders borders between superpixels, as far as they are known; asking for them has them computed."""

    def __init__(self, cells: Cells) -> None:
        self._cells = cells

    def render(self, region: Region, level: int) -> Pixels:
        """The region's borders; nothing where the level is coarse."""
        pixels = np.zeros(region.shape, np.uint32)
        if level > _COARSEST:
            return pixels
        for square, numbers in self._cells.at(from_level(region, level)):
            if numbers is not None:
                part = at_level(square, level) & region
                shown = part.shifted(-at_level(square, level).y0, -at_level(square, level).x0)
                target = part.shifted(-region.y0, -region.x0)
                pixels[target.slices] = np.where(_borders(numbers, level)[shown.slices], _LINE, np.uint32(0))
        return pixels


def _borders(numbers: NDArray[np.uint16], level: int) -> NDArray[np.bool_]:
    step = 1 << level
    coarse = numbers[::step, ::step]
    edge = np.zeros(coarse.shape, bool)
    edge[:, :-1] |= coarse[:, 1:] != coarse[:, :-1]
    edge[:-1] |= coarse[1:] != coarse[:-1]
    return edge
