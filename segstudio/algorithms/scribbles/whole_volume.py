"""``auto`` on a volume: all slices in one energy, whatever slices the strokes lie on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segstudio.algorithms import pictures
from segstudio.algorithms.scribbles import combination, cues, nearest
from segstudio.algorithms.scribbles.combination import Model
from segstudio.algorithms.scribbles.pixels import to_pixels
from segstudio.algorithms.scribbles.slices import Network
from segstudio.algorithms.scribbles.stack import Stack, stacking
from segstudio.algorithms.scribbles.strokes import Strokes
from segstudio.algorithms.scribbles.volume import faded
from segstudio.core.errors import OptionError
from segstudio.core.progress import Progress, Work, finish, scaled

Floats = NDArray[np.float32]

_USUAL_GAP = 5.0
"""Pixels between the slices of a scan, where nothing is known: slices are thick."""

_NOWHERE = np.float32(1e9)  # pixels; further than any stroke


def propagate(
    volume: NDArray[Any],
    strokes: Strokes,
    gap: float,
    network: Network | None = None,
    absent: NDArray[np.bool_] | None = None,
    *,
    smoothness: float | None = None,
    emphasis: Mapping[str, float] | None = None,
    model: Model | None = None,
) -> Work[tuple[NDArray[np.int32], Floats, dict[str, float]]]:
    """Labels ``(D, H, W)`` (places in ``strokes.classes``), confidence and the weights of the cues.

    *volume* ``(D, H, W)`` or ``(D, H, W, C)``; *gap* is the distance of slices in pixels; *network* counts in the same
    energy, as far as it agrees with the strokes of all slices; *absent* ``(D, L)`` are classes that a slice does not
    show; options as for a picture.
    """
    chosen = model or combination.shipped()
    weight = combination.checked_smoothness(chosen, smoothness)
    combination.check_emphasis(emphasis or {})
    planes = yield from scaled(_planes(volume), 0.0, 0.05)
    stack = yield from scaled(stacking(planes, gap), 0.05, 0.35)
    marks = cues.mark(stack, strokes)
    barred = None if absent is None or not absent.any() else stack.by_slice(absent)
    if barred is not None:  # a class that is brought to a piece nearby is not brought to where it is absent
        marks.sources[(marks.sources >= 0) & barred[np.arange(stack.count), marks.sources]] = -1
    if len(np.unique(marks.sources[marks.sources >= 0])) < strokes.count:  # fewer pieces than classes
        return *_nearest(strokes, absent), {"place": 1.0}
    told = None if network is None else (yield from scaled(_listening(stack, strokes, network), 0.35, 0.4))
    judging = combination.judging(stack, marks, chosen, told=told, emphasis=emphasis, barred=barred)
    judgement = yield from scaled(judging, 0.4, 0.8)
    deciding = combination.deciding(stack, marks, judgement.share, weight, barred=barred)
    labels, sure = yield from scaled(deciding, 0.8, 0.9)
    painting = _painting(stack, planes, labels, judgement.share, sure)
    out, certainty = yield from scaled(painting, 0.9, 1.0)
    begun = np.array([plane.any() for plane in strokes.drawn])
    return out, faded(certainty, begun), judgement.weights


def _listening(stack: Stack, strokes: Strokes, network: Network) -> Work[Floats]:
    """What *network* says of the pieces, ``(N, L)``; all classes even in slices that it was not asked about."""
    rows: list[Floats] = []
    for z, scene in enumerate(stack.scenes):
        yield Progress(z / len(stack.scenes), "listening to the network")
        share = combination.network_share(scene, network.of_classes(z, strokes))
        rows.append(np.full((scene.count, strokes.count), 1 / strokes.count, np.float32) if share is None else share)
    return np.concatenate(rows)


def _painting(
    stack: Stack, planes: NDArray[np.uint8], labels: NDArray[np.int32], share: Floats, sure: Floats
) -> Work[tuple[NDArray[np.int32], Floats]]:
    """Labels and confidence of pieces as those of voxels."""
    out, certainty = np.zeros(planes.shape[:3], np.int32), np.zeros(planes.shape[:3], np.float32)
    for z, scene in enumerate(stack.scenes):
        yield Progress(z / len(planes), f"slice {z + 1} of {len(planes)}")
        own = slice(*stack.pieces.firsts[z : z + 2])
        out[z], certainty[z] = to_pixels(scene, planes[z], labels[own], share[own], sure[own])
    return out, certainty


def _nearest(strokes: Strokes, absent: NDArray[np.bool_] | None) -> tuple[NDArray[np.int32], Floats]:
    away = nearest.distances(strokes)
    if absent is not None:
        away[absent.T] = _NOWHERE
    return nearest.decided(away)


def _planes(volume: NDArray[Any]) -> Work[NDArray[np.uint8]]:
    """``(D, H, W, C)`` with one black and one white for all slices, by the range of the volume."""
    D, H, W = volume.shape[:3]
    whole = pictures.checked(volume.reshape(D * H, W, -1))
    low, high = pictures.value_range(whole)
    planes = np.empty((D, H, W, whole.shape[2]), np.uint8)
    for z, plane in enumerate(whole.reshape(planes.shape)):
        yield Progress(z / D, "looking at the volume")
        if plane.dtype == np.uint8:
            planes[z] = plane
        else:
            unit = np.clip((plane.astype(np.float64) - low) / (high - low), 0, 1)
            planes[z] = np.round(unit.astype(np.float32) * 255)
    return planes


def eight_bits(volume: NDArray[Any]) -> NDArray[np.uint8]:
    """*volume* ``(D, H, W)`` or ``(D, H, W, C)`` as ``(D, H, W, C)`` with one black and one white for all slices."""
    return finish(_planes(volume))


def gap_of(spacing: tuple[float, float, float] | None) -> float:
    """The distance of slices in pixels of a slice; *spacing* is the size of a voxel along z, y and x."""
    if spacing is None:
        return _USUAL_GAP
    if len(spacing) != 3 or not all(np.isfinite(step) and step > 0 for step in spacing):
        raise OptionError(f"the spacing of a volume is three sizes above zero, not {tuple(spacing)}")
    return float(spacing[0] / np.sqrt(spacing[1] * spacing[2]))
