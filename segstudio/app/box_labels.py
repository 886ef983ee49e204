"""Where the labels that were computed from boxes say something, in an image of which something may be said already."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from segstudio.core.classes import LabelSet
from segstudio.core.labels import UNLABELLED

ClassBox = tuple[int, int, int, int, int]
"""class, x0, y0, x1, y1"""


def has_background(classes: LabelSet) -> bool:
    """Whether class 0 is what lies around objects: by its name, since 0 is the sky or the road in sets without one."""
    from segstudio.io.segments import is_background  # loads OpenCV and SciPy

    return 0 in classes and is_background(classes[0])


def beside_background(boxes: Sequence[ClassBox], *, background: bool) -> list[ClassBox]:
    """*boxes* for an algorithm that calls 0 what lies around them: where 0 is no *background* but a class like others,
    its boxes go by a number that no other box has."""
    return list(boxes) if background else [(_spare(boxes) if c == 0 else c, *rest) for c, *rest in boxes]  # type: ignore[misc]


def beside_known(
    labels: NDArray[np.integer], boxes: Sequence[ClassBox], known: NDArray[np.uint16], *, background: bool
) -> NDArray[np.integer]:
    """*labels* ``(H, W)`` of :func:`beside_background`'s boxes, with 255 where they leave the segment ids *known*
    ``(H, W)`` alone; *boxes* are those that were drawn.

    Beyond the boxes is background (0) only where nothing else is said, and nowhere without a class *background*.
    """
    if not background:
        return np.where(labels == 0, UNLABELLED, np.where(labels == _spare(boxes), 0, labels))
    if labels.shape != known.shape:
        return labels
    keep = ~_inside(boxes, (labels.shape[0], labels.shape[1])) & (known != UNLABELLED)
    return np.where(keep, np.uint16(UNLABELLED), labels.astype(np.uint16))


def _spare(boxes: Sequence[ClassBox]) -> int:
    """A class id that none of *boxes* has; there are more ids than classes on one image."""
    drawn = {box[0] for box in boxes}
    return next(number for number in range(UNLABELLED - 1, -1, -1) if number not in drawn)


def _inside(boxes: Sequence[ClassBox], shape: tuple[int, int]) -> NDArray[np.bool_]:
    inside = np.zeros(shape, bool)
    for _, x0, y0, x1, y1 in boxes:
        inside[max(0, y0) : max(0, y1), max(0, x0) : max(0, x1)] = True
    return inside
