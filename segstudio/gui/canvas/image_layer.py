"""The image's own pixels on the screen: reduced by areas, windowed by a table, never changed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segstudio.core.geometry import Region, tiles
from segstudio.core.progress import Progress, Work
from segstudio.gui.canvas.tiles import Pixels
from segstudio.gui.levels import from_level
from segstudio.io.images import Image, LazyPixels, Window, display_range, level_shape, windowed

_OVERVIEW = 3
"""Of pixels that stay in their file coarser levels than this are made from this one, which is kept."""
_KEPT = 2
"""Of pixels in memory coarser levels than this are made from this one, which is kept as far as it was seen; finer
ones from the image."""
_SQUARE = 256
"""Side of the squares of the kept level that are made at once."""
_ROWS = 256
"""Rows of the overview that are made at once."""
_RESIZABLE = (np.uint8, np.uint16, np.int16, np.float32, np.float64)

Shown = NDArray[np.uint8]
"""``(h, w)`` grey or ``(h, w, 3)`` RGB."""


@dataclass(frozen=True, slots=True)
class ChannelLook:
    """How one channel of many is shown: in *color* (red, green, blue), *low* black and *high* at full strength."""

    low: float
    high: float
    color: tuple[int, int, int]
    visible: bool = True


CHANNEL_COLORS = ((255, 0, 0), (0, 255, 0), (0, 0, 255), (0, 255, 255), (255, 0, 255), (255, 255, 0), (255, 255, 255))
"""What channels that are no colours are shown in at first, over and over."""


def channel_looks(image: Image) -> tuple[ChannelLook, ...]:
    """How the channels of an image that are no colours are shown at first: each in its own range, three of them."""
    if image.photometric != "multichannel" or image.channels < 2:
        return ()
    return tuple(
        ChannelLook(*display_range(image, i), CHANNEL_COLORS[i % len(CHANNEL_COLORS)], visible=i < 3)
        for i in range(image.channels)
    )


class ImagePainter:
    """Renders an image between *low* (black) and *high* (white), along a curve where one is given."""

    def __init__(self, image: Image, low: float, high: float, curve: bytes = b"") -> None:
        self._pyramid = Pyramid(image.array)
        self._inverted = image.inverted
        self._table: NDArray[np.uint8] | None = None
        self._plain = False
        self.channels: tuple[ChannelLook, ...] = ()
        """How each channel is shown; none: the first three are red, green and blue."""
        self.low = self.high = 0.0
        self.curve = b""
        """As :attr:`~segstudio.io.images.Window.curve`."""
        self.set_window(low, high, curve)

    def set_window(self, low: float, high: float, curve: bytes = b"") -> None:
        """Show *low* as black and *high* as white, or as the ends of *curve*."""
        self.low, self.high, self.curve = low, max(high, np.nextafter(low, np.inf)), curve
        kind = self._pyramid.array.dtype
        bare = not self._inverted and not curve
        self._plain = kind == np.uint8 and (self.low, self.high) == (0, 255) and bare
        self._table = None
        if kind in (np.dtype(np.uint8), np.dtype(np.uint16)) and not self._plain:
            self._table = self._scaled(np.arange(1 << 8 * kind.itemsize, dtype=np.float32))

    def prepare(self) -> Work[None] | None:
        """Work that makes the coarse levels of a very large image, in any thread; ``None`` where none is needed.

        Its progress tells in *detail* the region of the image that can be seen from then on.
        """
        return self._pyramid.prepare()

    def keep_coarse(self) -> None:
        """Make the level that all coarser ones of an image in memory are made from. Any thread may."""
        self._pyramid.keep_coarse()

    def render(self, region: Region, level: int) -> Pixels:
        """The region's pixels, opaque."""
        return _packed(self.shown(region, level))

    def shown(self, region: Region, level: int) -> Shown:
        """The region's pixels as they look: grey or RGB bytes."""
        part = self._pyramid.read(region, level)
        if self.channels:
            return composite(part, self.channels)
        part = _shown_channels(part)
        if self._plain:
            plain: Shown = part.astype(np.uint8, copy=False)
            return plain
        if self._table is None:
            return self._scaled(part)
        looked_up: Shown = np.take(self._table, part.astype(np.uint16, copy=False), mode="wrap")
        return looked_up

    def _scaled(self, values: NDArray[np.generic]) -> Shown:
        return windowed(values, Window(self.low, self.high, curve=self.curve), inverted=self._inverted)


def composite(part: NDArray[np.generic], channels: tuple[ChannelLook, ...]) -> Shown:
    """The light of all visible channels together, ``(h, w, 3)``."""
    light = np.zeros((*part.shape[:2], 3), np.float32)
    for index, look in enumerate(channels):
        if look.visible:
            span = max(look.high - look.low, 1e-12)
            strength = np.nan_to_num((part[..., index].astype(np.float32) - np.float32(look.low)) / np.float32(span))
            light += np.clip(strength, 0, 1)[..., None] * np.array(look.color, np.float32)
    result: Shown = np.rint(np.minimum(light, 255)).astype(np.uint8)
    return result


class Pyramid:
    """Views of an array ``(H, W)`` or ``(H, W, C)`` at half, quarter ... size, each pixel a mean of a square.

    Of pixels that stay in their file the coarse levels are the file's own, or made by :meth:`prepare`; of pixels in
    memory one level is kept, so that a person who zooms does not wait for all of a large image to be read again.
    """

    def __init__(self, array: NDArray[np.generic]) -> None:
        self.array = array
        lazy: object = array
        self._lazy = lazy if isinstance(lazy, LazyPixels) else None
        self._overview: NDArray[np.generic] | None = None
        self._kept = _KeptLevel(array) if self._lazy is None else None
        if self._lazy is not None and not self._lazy.pyramid:
            size = level_shape((array.shape[0], array.shape[1]), _OVERVIEW)
            self._overview = np.zeros((*size, *array.shape[2:]), array.dtype)

    @property
    def kept_bytes(self) -> int:
        """What is kept beside the array itself."""
        kept = self._overview.nbytes if self._overview is not None else 0
        kept += self._kept.nbytes if self._kept is not None else 0
        return kept + (self._lazy.kept_bytes if self._lazy is not None else 0)

    def prepare(self) -> Work[None] | None:
        """See :meth:`ImagePainter.prepare`."""
        if self._lazy is None or self._overview is None:
            return None
        return _fill(self._overview, self._lazy)

    def keep_coarse(self) -> None:
        """See :meth:`ImagePainter.keep_coarse`."""
        if self._kept is not None:
            self._kept.known(Region.of(level_shape((self.array.shape[0], self.array.shape[1]), _KEPT)))

    def read(self, region: Region, level: int) -> NDArray[np.generic]:
        """*region* in the pixels of *level*."""
        if self._lazy is not None and (level <= _OVERVIEW or self._overview is None):
            return self._lazy.read(region, level)
        if self._overview is not None:
            return _reduced(self._overview, region, level - _OVERVIEW)
        if self._kept is None or level < _KEPT:
            return _reduced(self.array, region, level)
        return _reduced(self._kept.known(from_level(region, level - _KEPT)), region, level - _KEPT)


class _KeptLevel:
    """One level of an array, made square by square where it is asked for."""

    def __init__(self, array: NDArray[np.generic]) -> None:
        self._array = array
        self._pixels: NDArray[np.generic] | None = None
        self._made: set[tuple[int, int]] = set()

    @property
    def nbytes(self) -> int:
        return self._pixels.nbytes if self._pixels is not None else 0

    def known(self, region: Region) -> NDArray[np.generic]:
        """The whole level, right in *region* at least."""
        pixels = self._pixels
        if pixels is None:
            height, width = level_shape((self._array.shape[0], self._array.shape[1]), _KEPT)
            kind = self._array.dtype if self._array.dtype in _RESIZABLE else np.dtype(np.float32)
            pixels = self._pixels = np.zeros((height, width, *self._array.shape[2:]), kind)
        whole = Region.of(pixels.shape)
        for cell in tiles(region & whole, _SQUARE):
            if (cell.y0, cell.x0) not in self._made:
                part = cell & whole
                pixels[part.slices] = _reduced(self._array, part, _KEPT)
                self._made.add((cell.y0, cell.x0))
        return pixels


def _fill(overview: NDArray[np.generic], pixels: LazyPixels) -> Work[None]:
    height, width = overview.shape[:2]
    for y in range(0, height, _ROWS):
        band = Region(y, 0, min(y + _ROWS, height), width)
        overview[band.slices] = pixels.fetch(band, _OVERVIEW)
        yield Progress(band.y1 / height, "reading the overview", from_level(band, _OVERVIEW))


def _reduced(array: NDArray[np.generic], region: Region, level: int) -> NDArray[np.generic]:
    """*region*, given in the pixels of a level *level* times coarser than *array*: the mean of whole squares."""
    import cv2  # 0.1 s that the start of the window need not pay

    wanted = from_level(region, level)
    part: NDArray[Any] = array[wanted.slices]
    if level == 0:
        return part
    if array.dtype not in _RESIZABLE:
        part = part.astype(np.float32)
    missing_y, missing_x = wanted.height - part.shape[0], wanted.width - part.shape[1]
    if missing_y or missing_x:  # at the right and lower edge of the image
        part = cv2.copyMakeBorder(part, 0, missing_y, 0, missing_x, cv2.BORDER_REPLICATE)
    reduced: NDArray[np.generic] = cv2.resize(part, (region.width, region.height), interpolation=cv2.INTER_AREA)
    return reduced


def _shown_channels(part: NDArray[np.generic]) -> NDArray[np.generic]:
    """Grey, or the first three channels; what a screen can show."""
    if part.ndim == 2 or part.shape[2] == 3:
        return part
    return part[..., 0] if part.shape[2] < 3 else part[..., :3]


def _packed(pixels: Shown) -> Pixels:
    """Bytes as 0xFFRRGGBB."""
    import cv2  # as above

    packed = cv2.cvtColor(np.ascontiguousarray(pixels), cv2.COLOR_GRAY2BGRA if pixels.ndim == 2 else cv2.COLOR_RGB2BGRA)
    result: Pixels = packed.view("<u4")[..., 0]
    return result
