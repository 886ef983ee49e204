"""What the labels of one slice of a stack say about its neighbour."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from segstudio.core.errors import AnnotationError
from segstudio.core.labels import UNLABELLED

_SHARE = 0.012
"""How far a border may move from slice to slice, by the image's longer side."""
_FARTHEST = 12


def eroded_seeds(labels: NDArray[np.integer], *, radius: int | None = None) -> NDArray[np.uint8]:
    """Seeds for the next slice: the inside of every labelled area, its border left open.

    *labels* ``(H, W)`` are class ids 0..254, 255 unlabelled. A pixel within *radius* pixels (a square; by default 1.2 %
    of the longer side, 1..12) of another label becomes 255: there the border may have moved. An area that is too thin
    to have such an inside keeps half, a quarter ... of the radius, so that no class is lost. Returns ``(H, W)`` uint8.
    """
    if labels.ndim != 2:
        raise AnnotationError(f"labels of a slice are (H, W), not {labels.shape}")
    classes = labels.astype(np.uint8)
    reach = radius if radius is not None else max(1, min(_FARTHEST, round(_SHARE * max(labels.shape))))
    seeds = np.full(classes.shape, UNLABELLED, np.uint8)
    missing = {int(c) for c in np.unique(classes)} - {UNLABELLED}
    while missing:
        inside = _inside(classes, reach)
        for class_id in sorted(missing):
            mine = (classes == class_id) & inside
            if mine.any():
                seeds[mine] = class_id
                missing.discard(class_id)
        reach //= 2
    return seeds


def _inside(classes: NDArray[np.uint8], radius: int) -> NDArray[np.bool_]:
    """Whether all pixels within *radius* have the same class; what lies outside of the image agrees with all."""
    if radius == 0:
        return np.ones(classes.shape, bool)
    square = np.ones((2 * radius + 1, 2 * radius + 1), np.uint8)
    same: NDArray[np.bool_] = cv2.erode(classes, square) == cv2.dilate(classes, square)
    return same
