"""Methods on pixels, at a size at which they are quick: shrink, solve, and bring the probabilities back."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from segstudio.algorithms.scribbles.strokes import Strokes
from segstudio.algorithms.slic import shrunk

Floats = NDArray[np.float32]
Ints = NDArray[np.int32]


def shrink(image: NDArray[Any], strokes: Strokes, most: int) -> tuple[NDArray[Any], Ints]:
    """*image* and the strokes' index ``(h, w)`` with at most *most* pixels; the originals where they are small."""
    factor = np.sqrt(image.shape[0] * image.shape[1] / most)
    if factor <= 1:
        return image, strokes.index
    small = shrunk(image, float(factor))
    return small, shrunk_index(strokes, (small.shape[0], small.shape[1]))


def shrunk_index(strokes: Strokes, shape: tuple[int, int]) -> Ints:
    """Strokes on a smaller grid ``(h, w)``: a cell belongs to a class that crosses it, and no class is lost."""
    index = strokes.index
    out = np.full(shape, -1, np.int32)
    y, x = np.nonzero(index >= 0)
    row, column = y * shape[0] // index.shape[0], x * shape[1] // index.shape[1]
    out[row, column] = index[y, x]
    for k in np.setdiff1d(np.arange(strokes.count), np.unique(out)):
        own = np.flatnonzero(index[y, x] == k)
        out[row[own], column[own]] = k
    return out


def chosen(share: Floats, shape: tuple[int, int]) -> tuple[Ints, Floats]:
    """Labels and confidence ``(H, W)`` of probabilities ``(L, h, w)``, one class at a time to spare memory."""
    labels = np.zeros(shape, np.int32)
    best = np.full(shape, -1, np.float32)
    for k, row in enumerate(share):
        full = row if row.shape == shape else cv2.resize(row, shape[::-1], interpolation=cv2.INTER_LINEAR)
        better = full > best
        labels[better] = k
        best[better] = full[better]
    return labels, np.clip(best, 0, 1).astype(np.float32)
