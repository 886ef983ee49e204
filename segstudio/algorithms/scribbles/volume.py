"""Strokes on some slices of a volume become labels of all: from each labelled slice on to the next."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segstudio.algorithms.between_slices import eroded_seeds
from segstudio.core.errors import AnnotationError
from segstudio.core.labels import UNLABELLED
from segstudio.core.progress import Progress, Work, scaled

Slice = tuple[NDArray[Any], NDArray[np.float32]]
"""Labels and confidence ``(H, W)``."""

_FADING = 0.95
"""Each step away from a slice with strokes leaves this part of the confidence."""
_REACH = 0.04
"""How far a border may move from slice to slice, by the longer side of a slice: slices of a scan lie far apart."""
_FEWEST = 12
"""Pixels of a class in a slice, below which it is taken to end there."""


def carry(
    seeds: NDArray[Any],
    one_slice: Callable[[int, NDArray[Any]], Work[Slice]],
    absent: Mapping[int, Collection[int]] | None = None,
) -> Work[Slice]:
    """Labels and confidence ``(D, H, W)`` from strokes ``(D, H, W)``, where *one_slice* spreads those of one slice.

    Slices with strokes of two classes or more begin; each other one
    starts from the insides of the areas of its labelled neighbours, where they agree, and from its own strokes. A class
    that has shrunk to a few pixels ends. Strokes keep their class. A class that is *absent* from a slice, class ids by
    slice, is not carried into it; where its neighbours show no other, the most drawn of the others is everywhere, of
    confidence 0.

    Raises :class:`AnnotationError` where no slice has strokes of two classes, unless there is one class in all, and for
    class ids above 254, which volumes do not tell apart from instances.
    """
    if seeds.max(initial=0, where=seeds != UNLABELLED) > UNLABELLED:
        raise AnnotationError("strokes on a volume are of classes 0 to 254")
    drawn = [len(np.unique(plane[plane != UNLABELLED])) for plane in seeds]
    least = min(2, len(np.unique(seeds[seeds != UNLABELLED])))
    begun = [z for z, count in enumerate(drawn) if count >= least]
    if least == 0:
        raise AnnotationError("there is no scribble to start from; draw at least one stroke")
    if not begun:
        raise AnnotationError("no slice has strokes of two classes; draw both on one slice to begin with")
    labels = np.full(seeds.shape, UNLABELLED, np.uint8)
    confidence = np.zeros(seeds.shape, np.float32)
    distance = [min(abs(z - start) for start in begun) for z in range(len(seeds))]
    for count, z in enumerate(sorted(range(len(seeds)), key=lambda place: (distance[place], place))):
        given = np.asarray(seeds[z]).astype(np.uint8)
        if distance[z]:
            near = [labels[n] for n in (z - 1, z + 1) if 0 <= n < len(seeds) and distance[n] < distance[z]]
            denied = list((absent or {}).get(z, ()))
            near = [np.where(np.isin(plane, denied), np.uint8(UNLABELLED), plane) for plane in near]
            given = _together(given, near)
            if (given == UNLABELLED).all():
                labels[z] = _most_drawn(seeds, denied)
                continue
        work = one_slice(z, given)
        found, sure = yield from scaled(work, count / len(seeds), (count + 1) / len(seeds), f"slice {z + 1}: ")
        labels[z], confidence[z] = found, sure * np.float32(_FADING ** distance[z])
    confidence[np.asarray(seeds) != UNLABELLED] = 1
    yield Progress(1.0, "")
    return labels, confidence


def faded(confidence: NDArray[np.float32], drawn: NDArray[np.bool_]) -> NDArray[np.float32]:
    """*confidence* ``(D, H, W)``, less with each step from the nearest slice that is *drawn* ``(D,)`` on."""
    places = np.flatnonzero(drawn)
    away = np.abs(np.arange(len(drawn))[:, None] - places).min(axis=1)
    left: NDArray[np.float32] = confidence * (_FADING**away).astype(np.float32)[:, None, None]
    return left


def _together(drawn: NDArray[np.uint8], near: list[NDArray[np.uint8]]) -> NDArray[np.uint8]:
    """The strokes of a slice and what its neighbours say where they agree; strokes first."""
    reach = max(2, round(_REACH * max(drawn.shape)))
    carried = [_living(eroded_seeds(plane, radius=reach)) for plane in near]
    seeds = carried[0]
    for other in carried[1:]:
        seeds = np.where(seeds == other, seeds, np.uint8(UNLABELLED))
    if (seeds == UNLABELLED).all():
        seeds = carried[0]
    return np.where(drawn != UNLABELLED, drawn, seeds)


def _most_drawn(seeds: NDArray[Any], denied: list[int]) -> int:
    count = np.bincount(np.asarray(seeds).ravel(), minlength=UNLABELLED + 1)
    count[[*denied, UNLABELLED]] = 0
    return int(count.argmax())


def _living(seeds: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """*seeds* without the classes of which too little is left."""
    counts = np.bincount(seeds.ravel(), minlength=UNLABELLED + 1)
    kept = counts >= _FEWEST
    return seeds if not kept[:UNLABELLED].any() else np.where(kept[seeds], seeds, np.uint8(UNLABELLED))
