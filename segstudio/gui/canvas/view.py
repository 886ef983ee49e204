"""Where the image lies in the widget: zoom, proportions of a pixel and offset as a value."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from segstudio.core.geometry import Region

MIN_ZOOM = 1 / 128
MAX_ZOOM = 64.0
_MARGIN = 24
"""Widget pixels around an image that fits, and of an image that must stay in sight."""
SQUARE = (1.0, 1.0)
"""The proportions of a pixel that is as high as wide."""


@dataclass(frozen=True, slots=True)
class View:
    """Image position ``(y, x)`` lies at widget position ``(left + x * across, top + y * down)``."""

    zoom: float = 1.0
    """Widget pixels along the shorter side of an image pixel."""
    left: float = 0.0
    top: float = 0.0
    pixel: tuple[float, float] = SQUARE
    """Height and width of an image pixel in proportion, the shorter one 1."""

    @property
    def down(self) -> float:
        """Widget pixels from one row of the image to the next."""
        return self.zoom * self.pixel[0]

    @property
    def across(self) -> float:
        """Widget pixels from one column of the image to the next."""
        return self.zoom * self.pixel[1]

    @property
    def detail(self) -> float:
        """Widget pixels along the longer side of an image pixel: what decides how fine its pyramid is read."""
        return self.zoom * max(self.pixel)

    def to_image(self, x: float, y: float) -> tuple[float, float]:
        """``(y, x)`` in the image at widget ``(x, y)``; pixel ``(i, j)`` covers ``[i, i+1) x [j, j+1)``."""
        return (y - self.top) / self.down, (x - self.left) / self.across

    def to_widget(self, y: float, x: float) -> tuple[float, float]:
        """Widget ``(x, y)`` of the image position ``(y, x)``."""
        return self.left + x * self.across, self.top + y * self.down

    def widget_edges(self, region: Region) -> tuple[int, int, int, int]:
        """Left, top, right and bottom of a region in whole widget pixels; neighbours share their edges."""
        left, top = self.to_widget(region.y0, region.x0)
        right, bottom = self.to_widget(region.y1, region.x1)
        # not round(), whose halves go to even: neighbours must agree wherever the view stands
        return _nearest(left), _nearest(top), _nearest(right), _nearest(bottom)

    def shown(self, left: int, top: int, right: int, bottom: int) -> Region:
        """The image pixels that show between these widget pixels (not cut to the image)."""
        y0, x0 = self.to_image(left, top)
        y1, x1 = self.to_image(right, bottom)
        return Region(math.floor(y0), math.floor(x0), math.ceil(y1), math.ceil(x1))

    def on_device(self, ratio: float) -> View:
        """The same view counted in the pixels of a screen that has *ratio* of them for one of the widget's."""
        return View(self.zoom * ratio, self.left * ratio, self.top * ratio, self.pixel)

    def zoomed(self, factor: float, x: float, y: float) -> View:
        """Zoomed so that what lies at the widget position ``(x, y)`` stays there."""
        return self.at_zoom(self.zoom * factor, x, y)

    def at_zoom(self, zoom: float, x: float, y: float) -> View:
        """The same with the zoom itself given."""
        zoom = min(MAX_ZOOM, max(MIN_ZOOM, zoom))
        scale = zoom / self.zoom
        return View(zoom, x - (x - self.left) * scale, y - (y - self.top) * scale, self.pixel)

    def moved(self, dx: float, dy: float) -> View:
        """Moved by widget pixels."""
        return replace(self, left=self.left + dx, top=self.top + dy)

    def kept_in_sight(self, shape: tuple[int, int], width: int, height: int) -> View:
        """Moved back so that a part of the image is always seen."""
        wide, high = shape[1] * self.across, shape[0] * self.down
        margin_x, margin_y = min(_MARGIN, wide), min(_MARGIN, high)
        left = min(max(self.left, margin_x - wide), width - margin_x)
        top = min(max(self.top, margin_y - high), height - margin_y)
        return replace(self, left=left, top=top)


def _nearest(value: float) -> int:
    return math.floor(value + 0.5)


def fitting(shape: tuple[int, int], width: int, height: int, pixel: tuple[float, float] = SQUARE) -> View:
    """The whole image, centred, as large as it fits with a small margin."""
    room_x, room_y = max(1, width - 2 * _MARGIN), max(1, height - 2 * _MARGIN)
    zoom = min(room_x / max(1, shape[1] * pixel[1]), room_y / max(1, shape[0] * pixel[0]))
    return centred(shape, width, height, min(MAX_ZOOM, max(MIN_ZOOM, zoom)), pixel)


def centred(shape: tuple[int, int], width: int, height: int, zoom: float, pixel: tuple[float, float] = SQUARE) -> View:
    """The image's middle in the widget's middle."""
    wide, high = shape[1] * zoom * pixel[1], shape[0] * zoom * pixel[0]
    return View(zoom, (width - wide) / 2, (height - high) / 2, pixel)
