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
from segstudio.algorithms.scribbles.stack import Stack
from segstudio.algorithms.scribbles.strokes import Strokes
from segstudio.algorithms.scribbles.volume import faded
from segstudio.core.errors import OptionError
from segstudio.core.progress import Progress, Work

Floats = NDArray[np.float32]

_USUAL_GAP = 5.0
"""Pixels between the slices of a scan, where nothing is known: slices are thick."""


def propagate(
    volume: NDArray[Any],
    strokes: Strokes,
    gap: float,
    *,
    smoothness: float | None = None,
    emphasis: Mapping[str, float] | None = None,
    model: Model | None = None,
) -> Work[tuple[NDArray[np.int32], Floats, dict[str, float]]]:
    """Labels ``(D, H, W)`` (places in ``strokes.classes``), confidence and the weights of the cues.

    *volume* ``(D, H, W)`` or ``(D, H, W, C)``; *gap* is the distance of slices in pixels; options as for a picture.
    """
    chosen = model or combination.shipped()
    weight = combination.checked_smoothness(chosen, smoothness)
    combination.check_emphasis(emphasis or {})
    yield Progress(0.05, "looking at the volume")
    planes = eight_bits(volume)
    stack = Stack(planes, gap)
    yield Progress(0.4, "looking at the strokes")
    marks = cues.mark(stack, strokes)
    if len(np.unique(marks.sources[marks.sources >= 0])) < strokes.count:  # fewer pieces than classes
        return *nearest.propagate(volume, strokes), {"place": 1.0}
    judgement = combination.judge(stack, marks, chosen, emphasis=emphasis)
    yield Progress(0.8, "cutting")
    labels, sure = combination.decide(stack, marks, judgement.share, weight)
    out, certainty = np.zeros(strokes.index.shape, np.int32), np.zeros(strokes.index.shape, np.float32)
    for z, scene in enumerate(stack.scenes):
        own = slice(*stack.pieces.firsts[z : z + 2])
        out[z], certainty[z] = to_pixels(scene, planes[z], labels[own], judgement.share[own], sure[own])
    begun = np.array([plane.any() for plane in strokes.drawn])
    return out, faded(certainty, begun), judgement.weights


def eight_bits(volume: NDArray[Any]) -> NDArray[np.uint8]:
    """``(D, H, W, C)`` with one black and one white for all slices, by the range of the volume."""
    D, H, W = volume.shape[:3]
    unit = pictures.unit_range(volume.reshape(D * H, W, *volume.shape[3:]))
    return np.round(unit * 255).astype(np.uint8).reshape(D, H, W, -1)


def gap_of(spacing: tuple[float, float, float] | None) -> float:
    """The distance of slices in pixels of a slice; *spacing* is the size of a voxel along z, y and x."""
    if spacing is None:
        return _USUAL_GAP
    if len(spacing) != 3 or not all(np.isfinite(step) and step > 0 for step in spacing):
        raise OptionError(f"the spacing of a volume is three sizes above zero, not {tuple(spacing)}")
    return float(spacing[0] / np.sqrt(spacing[1] * spacing[2]))
