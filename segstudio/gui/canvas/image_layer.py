"""The image's own pixels on the screen: reduced by areas, windowed by a table, never changed."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from segstudio.core.geometry import Region
from segstudio.gui.canvas.tiles import Pixels
from segstudio.io.images import Image

_RESIZABLE = (np.uint8, np.uint16, np.int16, np.float32, np.float64)


class ImagePainter:
    """Renders an image between *low* (black) and *high* (white)."""

    def __init__(self, image: Image, low: float, high: float) -> None:
        self._levels: dict[int, NDArray[np.generic]] = {0: _shown_channels(image)}
        self._inverted = image.inverted
        self._table: NDArray[np.uint8] | None = None
        self.low = self.high = 0.0
        self.set_window(low, high)

    def set_window(self, low: float, high: float) -> None:
        """Show *low* as black and *high* as white."""
        self.low, self.high = low, max(high, np.nextafter(low, np.inf))
        kind = self._levels[0].dtype
        self._table = None
        if kind in (np.dtype(np.uint8), np.dtype(np.uint16)):
            values = np.arange(1 << 8 * kind.itemsize, dtype=np.float32)
            self._table = self._scaled(values)

    def render(self, region: Region, level: int) -> Pixels:
        """The region's pixels, opaque."""
        part = self._level(level)[region.slices]
        grey_or_rgb: NDArray[np.uint8] = self._scaled(part) if self._table is None else self._table[part]
        return _packed(grey_or_rgb)

    def _scaled(self, values: NDArray[np.generic]) -> NDArray[np.uint8]:
        shown = (values.astype(np.float32) - np.float32(self.low)) * np.float32(255 / (self.high - self.low))
        shown = np.nan_to_num(shown, nan=0.0, posinf=255.0, neginf=0.0)
        shown = np.clip(np.rint(shown), 0, 255)
        result: NDArray[np.uint8] = (255 - shown if self._inverted else shown).astype(np.uint8)
        return result

    def _level(self, level: int) -> NDArray[np.generic]:
        """The image at a level, reduced from the nearest finer one that is there."""
        if level not in self._levels:
            finer = max(known for known in self._levels if known < level)
            self._levels[level] = _reduced(self._levels[finer], level - finer)
        return self._levels[level]


def _shown_channels(image: Image) -> NDArray[np.generic]:
    """Grey, or the first three channels; what a screen can show."""
    array = image.array
    if array.ndim == 2 or array.shape[2] == 3:
        return array
    return array[..., 0] if array.shape[2] < 3 else array[..., :3]


def _reduced(array: NDArray[np.generic], levels: int) -> NDArray[np.generic]:
    import cv2  # 0.1 s that the start of the window need not pay

    step = 1 << levels
    height, width = array.shape[:2]
    target = -(-height // step), -(-width // step)
    pad_y, pad_x = target[0] * step - height, target[1] * step - width
    source: NDArray[Any] = array if array.dtype in _RESIZABLE else array.astype(np.float32)
    if pad_y or pad_x:  # so that every level pixel is the mean of whole blocks
        source = cv2.copyMakeBorder(np.ascontiguousarray(source), 0, pad_y, 0, pad_x, cv2.BORDER_REPLICATE)
    reduced: NDArray[np.generic] = cv2.resize(source, (target[1], target[0]), interpolation=cv2.INTER_AREA)
    return reduced


def _packed(pixels: NDArray[np.uint8]) -> Pixels:
    """``(h, w)`` grey or ``(h, w, 3)`` RGB bytes as 0xFFRRGGBB."""
    packed = np.empty((*pixels.shape[:2], 4), np.uint8)
    if pixels.ndim == 2:
        packed[..., :3] = pixels[..., None]
    else:
        packed[..., :3] = pixels[..., ::-1]
    packed[..., 3] = 255
    result: Pixels = packed.view("<u4")[..., 0]
    return result
