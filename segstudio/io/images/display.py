"""Which values of an image are shown black and white, and the bytes that a screen gets for them.

The image itself stays as it is.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from segstudio.io.images.base import CT_WINDOWS, Image, Window
from segstudio.io.images.lazy import LazyPixels

_SAMPLED_PIXELS = 1_000_000
_PERCENT = 0.1, 99.9


def sampled(image: Image, pixels: int) -> NDArray[np.generic]:
    """About *pixels* pixels from all over *image*, ``(h, w)`` or ``(h, w, C)``: for ranges and histograms."""
    array: object = image.array
    if isinstance(array, LazyPixels):
        return array.sampled(pixels)
    step = max(1, int(np.sqrt(image.shape[0] * image.shape[1] / pixels)))
    return image.array[::step, ::step]


def own_window(image: Image) -> Window | None:
    """The range that the file says it is to be shown in, where it says one."""
    first = image.windows[0] if image.windows else None
    return None if first in CT_WINDOWS else first


def display_window(image: Image, channel: int | None = None) -> Window:
    """What *image* is shown in by itself: ``low < high``.

    The file's own window (or look-up table) if it has one. Else 8-bit images are shown as they are, 0..255, Hounsfield
    units in the window of soft tissue, and all others in the range between the 0.1 and 99.9 percentile of the finite
    values of *channel* (of all), so that a 12-bit image in 16 bits is not black and one hot pixel does not darken the
    rest.
    """
    own = own_window(image) if channel is None else None
    if own is not None and image.photometric == "grey":
        return own
    if image.array.dtype == np.uint8:
        return Window(0.0, 255.0)
    if image.windows and channel is None:
        return image.windows[0]
    pixels = sampled(image, _SAMPLED_PIXELS)
    return Window(*range_of(pixels if channel is None or pixels.ndim == 2 else pixels[..., channel]))


def display_range(image: Image, channel: int | None = None) -> tuple[float, float]:
    """The values to show as black and white: the ends of :func:`display_window`."""
    window = display_window(image, channel)
    return window.low, window.high


def range_of(pixels: NDArray[np.generic]) -> tuple[float, float]:
    """The 0.1 and 99.9 percentile of the finite values of *pixels*; where nearly all are alike, the least and the
    greatest; ``low < high``."""
    values = pixels.ravel().astype(np.float64)
    values = values[np.isfinite(values)]
    if not values.size:
        return 0.0, 1.0
    low, high = (float(v) for v in np.percentile(values, _PERCENT))
    if high <= low:  # nearly all pixels are alike: the few others are what there is to see
        low, high = float(values.min()), float(values.max())
    return (low, high) if high > low else (low, low + max(1.0, abs(low) * 1e-6))


def windowed(values: NDArray[np.generic], window: Window, *, inverted: bool = False) -> NDArray[np.uint8]:
    """*values* (of any shape) as a screen shows them: 0 black, 255 white, along the window's curve where it has one.

    What is no number is shown as the lowest value.
    """
    if values.dtype == np.uint8 and (window.low, window.high, window.curve) == (0, 255, b""):
        return np.asarray(255 - values if inverted else values, np.uint8)
    steps = max(1, len(window.curve) - 1) if window.curve else 255
    shown = (values.astype(np.float32) - np.float32(window.low)) * np.float32(steps / (window.high - window.low))
    shown = np.clip(np.rint(np.nan_to_num(shown, nan=0.0, posinf=steps, neginf=0.0)), 0, steps)
    if window.curve:
        bytes_shown = np.frombuffer(window.curve, np.uint8)[shown.astype(np.intp)]
    else:
        bytes_shown = shown.astype(np.uint8)
    return np.asarray(255 - bytes_shown if inverted else bytes_shown, np.uint8)
