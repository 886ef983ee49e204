"""Voronoi: every pixel takes the class of the nearest stroke, whatever the picture shows."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from segstudio.algorithms.scribbles.strokes import Strokes

Floats = NDArray[np.float32]


def propagate(
    image: NDArray[Any], strokes: Strokes, probabilities: NDArray[np.float32] | None = None
) -> tuple[NDArray[np.int32], Floats]:
    """Labels ``(H, W)`` int32 (places in ``strokes.classes``) and confidence ``(H, W)``.

    The confidence compares the distances d1 <= d2 to the two nearest classes: d2 / (d1 + d2).
    """
    del image, probabilities
    return decided(distances(strokes))


def distances(strokes: Strokes) -> Floats:
    """``(L, H, W)`` or ``(L, D, H, W)``: how far the nearest stroke of each class is."""
    away = [ndimage.distance_transform_edt(strokes.index != k).astype(np.float32) for k in range(strokes.count)]
    return np.stack(away)


def decided(distances: Floats) -> tuple[NDArray[np.int32], Floats]:
    """The nearest class and the confidence, from :func:`distances`."""
    labels = distances.argmin(axis=0).astype(np.int32)
    two = np.partition(distances, 1, axis=0)[:2]
    return labels, (two[1] / np.maximum(two[0] + two[1], 1e-6)).astype(np.float32)
