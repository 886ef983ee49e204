"""Outlines on some slices of a stack become outlines on the slices between them.

S. P. Raya and J. K. Udupa, *Shape-based interpolation of multidimensional objects*, IEEE Transactions on Medical
Imaging 9(1), 1990: between two slices, the signed distances to an object's border are blended linearly.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import distance_transform_edt

from segstudio.core.errors import AnnotationError
from segstudio.core.labels import UNLABELLED


def signed_distance(inside: NDArray[np.bool_], spacing: tuple[float, float] = (1.0, 1.0)) -> NDArray[np.float32]:
    """How far each pixel ``(H, W)`` is from the border, positive inside, in the unit of *spacing* ``(y, x)``.

    The border lies between pixels; where nothing or everything is inside, the distance is that to the image's far end.
    """
    farthest = float(np.hypot(inside.shape[0] * spacing[0], inside.shape[1] * spacing[1]))
    if not inside.any() or inside.all():
        return np.full(inside.shape, farthest if inside.any() else -farthest, np.float32)
    half = 0.5 * min(spacing)
    inner = distance_transform_edt(inside, sampling=spacing) - half
    outer = distance_transform_edt(~inside, sampling=spacing) - half
    return np.where(inside, inner, -outer).astype(np.float32)


def between(
    slices: Mapping[float, NDArray[np.integer]],
    places: Sequence[float],
    classes: Mapping[int, Sequence[float]],
    *,
    spacing: tuple[float, float] = (1.0, 1.0),
) -> dict[float, NDArray[np.uint8]]:
    """Labels of the slices at *places* by those of *slices*, both told by where they lie along the stack.

    *slices*: class ids ``(H, W)``, 255 unlabelled. *classes*: for each class the places of *slices* on which it was
    outlined; between two of these, and nowhere else, it is interpolated. Where several classes reach, the one that
    reaches farther beyond its border is taken. Returns class ids ``(H, W)`` uint8, 255 where no class reaches, for
    those of *places* on which some class does. Raises :class:`AnnotationError` where slices are of different sizes.
    """
    shapes = {labels.shape for labels in slices.values()}
    if len(shapes) > 1:
        raise AnnotationError("the slices are of different sizes: nothing lies between them")
    best: dict[float, tuple[NDArray[np.float32], NDArray[np.uint8]]] = {}
    for class_id, outlined in classes.items():
        known: dict[float, NDArray[np.float32]] = {}
        ordered = sorted(outlined)
        for low, high in pairwise(ordered):
            inside = [place for place in places if low < place < high]
            if not inside:
                continue
            for end in (low, high):
                if end not in known:
                    known[end] = signed_distance(slices[end] == class_id, spacing)
            for place in inside:
                share = np.float32((place - low) / (high - low))
                _merge(best, place, class_id, known[low] * (1 - share) + known[high] * share)
    return {place: labels for place, (_, labels) in best.items() if (labels != UNLABELLED).any()}


def _merge(
    best: dict[float, tuple[NDArray[np.float32], NDArray[np.uint8]]],
    place: float,
    class_id: int,
    reach: NDArray[np.float32],
) -> None:
    """Enter a class where it reaches farther than those before it."""
    if place not in best:
        best[place] = np.zeros(reach.shape, np.float32), np.full(reach.shape, UNLABELLED, np.uint8)
    farthest, labels = best[place]
    better = reach > farthest
    farthest[better] = reach[better]
    labels[better] = class_id
