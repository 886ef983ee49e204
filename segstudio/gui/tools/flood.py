"""Areas that are connected to a pixel, sought in a window that grows only as far as they reach."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray

from segstudio.core.geometry import Region
from segstudio.gui.tools.base import Mask

_FIRST = 512
"""Half the side of the first window."""


def connected(
    values: Callable[[Region], NDArray[np.uint8]],
    pixel: tuple[int, int],
    shape: tuple[int, int],
    *,
    tolerance: int = 0,
    reach: int | None = None,
) -> tuple[Region, Mask]:
    """The pixels 4-connected to *pixel* that differ from it by at most *tolerance* in every channel.

    *values* gives the bytes ``(h, w)`` or ``(h, w, 3)`` of a region of an image of *shape*. Nothing farther than
    *reach* pixels in rows and columns is looked at. Returns the bounding region and its mask.
    """
    half = _FIRST
    while True:
        half = half if reach is None else min(half, reach)
        window = _around(pixel, half, shape)
        found, mask = flood(values(window), (pixel[0] - window.y0, pixel[1] - window.x0), tolerance)
        region = found.shifted(window.y0, window.x0)
        if half == reach or not _cut_off(region, window, shape):
            return region, mask
        half *= 2


def flood(values: NDArray[np.uint8], pixel: tuple[int, int], tolerance: int) -> tuple[Region, Mask]:
    """The same in an array as it is."""
    mask = np.zeros((values.shape[0] + 2, values.shape[1] + 2), np.uint8)
    flags = 4 | cv2.FLOODFILL_MASK_ONLY | cv2.FLOODFILL_FIXED_RANGE | (1 << 8)
    near = (tolerance,) * 3
    seed = (pixel[1], pixel[0])
    _, _, _, (left, top, width, height) = cv2.floodFill(np.ascontiguousarray(values), mask, seed, 0, near, near, flags)
    region = Region(top, left, top + height, left + width)
    return region, mask[region.shifted(1, 1).slices].astype(bool)


def _around(pixel: tuple[int, int], half: int, shape: tuple[int, int]) -> Region:
    y, x = pixel
    return Region(y - half, x - half, y + half, x + half) & Region.of(shape)


def _cut_off(region: Region, window: Region, shape: tuple[int, int]) -> bool:
    """Whether the area touches an edge of the window beyond which the image goes on."""
    return (
        (region.y0 == window.y0 > 0)
        or (region.x0 == window.x0 > 0)
        or (region.y1 == window.y1 < shape[0])
        or (region.x1 == window.x1 < shape[1])
    )
