"""The layers of pixels laid over each other, tile by tile, so that the screen is painted from one picture."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PySide6.QtGui import QImage, QPainter

from segstudio.core.geometry import Region
from segstudio.gui.canvas.tiles import Pixels, TileCache
from segstudio.gui.levels import from_level


@dataclass(frozen=True, slots=True)
class Sheet:
    """One layer: its tiles, and how much it covers (0..1)."""

    tiles: TileCache
    opacity: float


class CompositePainter:
    """Renders *sheets*, from the bottom up, one over the other. Scaling one picture to the screen costs a third of
    scaling three, and while a person zooms and pans nothing else has to be done."""

    def __init__(self, sheets: Sequence[Sheet], *, opaque: bool) -> None:
        self._sheets = sheets
        self._format = QImage.Format.Format_RGB32 if opaque else QImage.Format.Format_ARGB32_Premultiplied

    def render(self, region: Region, level: int) -> Pixels:
        """The region's pixels, premultiplied where they are not opaque."""
        pixels: Pixels = np.zeros(region.shape, np.uint32)
        image = QImage(pixels.data, region.width, region.height, 4 * region.width, self._format)
        painter = QPainter(image)
        for sheet in self._sheets:
            painter.setOpacity(sheet.opacity)
            for tile in sheet.tiles.visible(from_level(region, level), level):
                if not tile.clear:
                    painter.drawImage(tile.region.x0 - region.x0, tile.region.y0 - region.y0, tile.image)
        painter.end()
        return pixels
