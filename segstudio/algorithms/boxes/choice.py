"""The default: the method that suits what the boxes themselves show, for no single one suits every kind of picture.

Measured (``docs/boxes.md``): on photographs of one large thing GrabCut finds it where an ellipse cannot; objects that
lie on each other, as a heart's chamber in its wall, have too little contrast for colours to tell them, so they stay
near the ellipse; everything else is best drawn to its edges from the ellipse by a CRF whose reach follows the box.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from segstudio.algorithms.boxes import crf, grabcut
from segstudio.algorithms.boxes.scene import BACKGROUND, Floats, Scene
from segstudio.algorithms.pictures import unit_range

_FEW = 3
"""A photograph of a thing has no more boxes than this,"""
_LARGE = 0.1
"""each at least this part of the picture,"""
_COLOURFUL = 2 / 255
"""and colours that differ from grey by this much on the average."""
_PLAUSIBLE = 0.2, 0.95
"""The part of its tight box that a thing can fill; GrabCut has failed where it answers less or more."""
_INSIDE, _COVERS = 0.85, 0.15
"""A box lies on another's object where so much of it is inside, and so much of the other is covered."""


def chosen(scene: Scene, probabilities: Floats | None = None) -> tuple[NDArray[Any], Floats]:
    """Labels and confidence by the method that fits the scene."""
    if _nested(scene):
        return crf.sharpened(scene, probabilities, weight=8, reach=0.05, contrast=20)
    if _photograph(scene):
        labels, confidence = grabcut.cut_out(scene, probabilities)
        low, high = _PLAUSIBLE
        if low <= _filled(scene, labels) <= high:
            return labels, confidence
    return crf.sharpened(scene, probabilities, weight=12, contrast=8)


def _nested(scene: Scene) -> bool:
    """Whether objects of different classes lie on each other."""
    pairs = zip(scene.boxes, scene.classes, strict=True)
    for place, (box, label) in enumerate(pairs):
        # boxes stand the largest first
        for other, kind in zip(scene.boxes[place + 1 :], scene.classes[place + 1 :], strict=True):
            common = box & other
            if kind != label and common.area >= _INSIDE * other.area and other.area >= _COVERS * box.area:
                return True
    return False


def _photograph(scene: Scene) -> bool:
    """Whether this is a picture in colour of a few large things."""
    whole = scene.shape[0] * scene.shape[1]
    if not 0 < len(scene.boxes) <= _FEW or min(box.area for box in scene.boxes) < _LARGE * whole:
        return False
    if scene.image.shape[2] != 3:
        return False
    unit = unit_range(scene.image)
    return bool(np.abs(unit - unit.mean(axis=2, keepdims=True)).mean() > _COLOURFUL)


def _filled(scene: Scene, labels: NDArray[Any]) -> float:
    """The part of the boxes that is object."""
    inside = np.zeros(scene.shape, bool)
    for box in scene.boxes:
        inside[box.slices] = True
    return float((labels[inside] != BACKGROUND).mean())
