"""Where the image lies in the widget: zoom and offset as a value."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from segstudio.core.geometry import Region

MIN_ZOOM = 1 / 128
MAX_ZOOM = 64.0
_MARGIN = 24
"""Widget pixels around an image that fits, and of an image that must stay in sight."""


@dataclass(frozen=True, slots=True)
class View:
    """Image position ``(y, x)`` lies at widget position ``(left + x * zoom, top + y * zoom)``."""

    zoom: float = 1.0
    left: float = 0.0
    top: float = 0.0

    def to_image(self, x: float, y: float) -> tuple[float, float]:
        """``(y, x)`` in the image at widget ``(x, y)``; pixel ``(i, j)`` covers ``[i, i+1) x [j, j+1)``."""
        return (y - self.top) / self.zoom, (x - self.left) / self.zoom

    def to_widget(self, y: float, x: float) -> tuple[float, float]:
        """Widget ``(x, y)`` of the image position ``(y, x)``."""
        return self.left + x * self.zoom, self.top + y * self.zoom

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
        return View(self.zoom * ratio, self.left * ratio, self.top * ratio)

    def zoomed(self, factor: float, x: float, y: float) -> View:
        """Zoomed so that what lies at the widget position ``(x, y)`` stays there."""
        return self.at_zoom(self.zoom * factor, x, y)

    def at_zoom(self, zoom: float, x: float, y: float) -> View:
        """The same with the zoom itself given."""
        zoom = min(MAX_ZOOM, max(MIN_ZOOM, zoom))
        scale = zoom / self.zoom
        return View(zoom, x - (x - self.left) * scale, y - (y - self.top) * scale)

    def moved(self, dx: float, dy: float) -> View:
        """Moved by widget pixels."""
        return replace(self, left=self.left + dx, top=self.top + dy)

    def kept_in_sight(self, shape: tuple[int, int], width: int, height: int) -> View:
        """Moved back so that a part of the image is always seen."""
        wide, high = shape[1] * self.zoom, shape[0] * self.zoom
        margin_x, margin_y = min(_MARGIN, wide), min(_MARGIN, high)
        left = min(max(self.left, margin_x - wide), width - margin_x)
        top = min(max(self.top, margin_y - high), height - margin_y)
        return replace(self, left=left, top=top)


def _nearest(value: float) -> int:
    return math.floor(value + 0.5)


def fitting(shape: tuple[int, int], width: int, height: int) -> View:
    """The whole image, centred, as large as it fits with a small margin."""
    room_x, room_y = max(1, width - 2 * _MARGIN), max(1, height - 2 * _MARGIN)
    zoom = min(room_x / max(1, shape[1]), room_y / max(1, shape[0]))
    return centred(shape, width, height, min(MAX_ZOOM, max(MIN_ZOOM, zoom)))


def centred(shape: tuple[int, int], width: int, height: int, zoom: float) -> View:
    """The image's middle in the widget's middle."""
    return View(zoom, (width - shape[1] * zoom) / 2, (height - shape[0] * zoom) / 2)
