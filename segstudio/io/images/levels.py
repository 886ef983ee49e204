"""Half, quarter, ... size views of a region, made by averaging from whichever pixels are at hand."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray

from segstudio.core.geometry import Region

_ROWS = 2048


def reduced_region(
    fetch: Callable[[Region], NDArray[np.generic]], shape: tuple[int, int], region: Region, level: int
) -> NDArray[np.generic]:
    """*region* of *level* of an image of *shape* (H, W), where *fetch* reads any region of level 0.

    Each pixel is the mean of the ``2**level`` squared ones that it covers; what lies outside repeats the edge. What is
    fetched at once is bounded, so that an overview of a very large image needs no memory for the image.
    """
    scale = 1 << level
    rows = max(1, _ROWS // scale)
    bands = [
        _band(fetch, shape, Region(y, region.x0, min(region.y1, y + rows), region.x1), scale)
        for y in range(region.y0, region.y1, rows)
    ]
    return bands[0] if len(bands) == 1 else np.concatenate(bands)


def _band(
    fetch: Callable[[Region], NDArray[np.generic]], shape: tuple[int, int], band: Region, scale: int
) -> NDArray[np.generic]:
    wanted = Region(band.y0 * scale, band.x0 * scale, band.y1 * scale, band.x1 * scale)
    last_y, last_x = shape[0] - 1, shape[1] - 1
    y0, x0 = min(wanted.y0, last_y), min(wanted.x0, last_x)
    pixels = fetch(Region(y0, x0, max(y0 + 1, min(wanted.y1, shape[0])), max(x0 + 1, min(wanted.x1, shape[1]))))
    missing = (wanted.height - pixels.shape[0], wanted.width - pixels.shape[1])
    if any(missing):
        pixels = np.pad(pixels, [(0, missing[0]), (0, missing[1]), (0, 0)][: pixels.ndim], mode="edge")
    return np.ascontiguousarray(pixels) if scale == 1 else _mean(pixels, band.shape)


def _mean(pixels: NDArray[np.generic], shape: tuple[int, int]) -> NDArray[np.generic]:
    """*pixels* averaged down to *shape*, of which its own is a whole multiple."""
    # OpenCV's area interpolation averages whole blocks exactly; it knows these types only
    numbers = pixels if pixels.dtype in (np.uint8, np.uint16, np.int16, np.float32) else pixels.astype(np.float64)
    planes = [numbers] if numbers.ndim == 2 else list(np.moveaxis(numbers, -1, 0))
    reduced = [cv2.resize(np.ascontiguousarray(p), shape[::-1], interpolation=cv2.INTER_AREA) for p in planes]
    joined = reduced[0] if numbers.ndim == 2 else np.stack(reduced, axis=-1)
    rounded = np.rint(joined) if numbers.dtype != pixels.dtype and pixels.dtype.kind in "ui" else joined
    return rounded.astype(pixels.dtype, copy=False)
