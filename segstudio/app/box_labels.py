"""Where the labels that were computed from boxes say something, in an image of which something may be said already."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from segstudio.core.labels import UNLABELLED

ClassBox = tuple[int, int, int, int, int]
"""class, x0, y0, x1, y1"""


def beside_known(
    labels: NDArray[np.integer], boxes: Sequence[ClassBox], known: NDArray[np.uint16], *, background: bool
) -> NDArray[np.integer]:
    """*labels* ``(H, W)`` of *boxes*, with 255 where they leave the segment ids *known* ``(H, W)`` alone.

    Beyond the boxes is background (0) only where nothing else is said, and nowhere without a class *background*.
    """
    if not background:
        return np.where(labels == 0, UNLABELLED, labels)
    if labels.shape != known.shape:
        return labels
    keep = ~_inside(boxes, (labels.shape[0], labels.shape[1])) & (known != UNLABELLED)
    return np.where(keep, np.uint16(UNLABELLED), labels.astype(np.uint16))


def _inside(boxes: Sequence[ClassBox], shape: tuple[int, int]) -> NDArray[np.bool_]:
    inside = np.zeros(shape, bool)
    for _, x0, y0, x1, y1 in boxes:
        inside[max(0, y0) : max(0, y1), max(0, x0) : max(0, x1)] = True
    return inside
