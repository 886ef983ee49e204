"""The polygon: corner by corner, then filled with the class."""

from __future__ import annotations

import math

import numpy as np

from segstudio.algorithms import raster
from segstudio.core.annotation import Point
from segstudio.core.labels import UNLABELLED, Provenance
from segstudio.gui.tools.base import Hand, Kind, Pointer, Rubber, Strokes


def drag(hand: Hand, start: Pointer) -> Strokes:
    """Collect corners until Enter, a double click or a click on the first; the right button clears the area."""
    corners = [start.point]
    hand.rubber = Rubber((start.point,), dots=True)
    while True:
        pointer = yield
        if pointer.kind is Kind.PRESS:
            if len(corners) >= 3 and _near(pointer, corners[0], hand.reach):
                break
            corners.append(pointer.point)
        elif pointer.kind is Kind.BACKSPACE:
            corners.pop()
            if not corners:
                hand.rubber = None
                return
        elif pointer.kind in (Kind.ENTER, Kind.DOUBLE):
            break
        hand.rubber = Rubber((*corners, pointer.point), dots=True)
    hand.rubber = None
    fill(hand, corners, "Polygon", erase=start.secondary)


def fill(hand: Hand, corners: list[Point], name: str, *, erase: bool) -> None:
    """Give the area inside *corners* the active class, or take its labels away, as one edit."""
    labels = hand.document.labels
    region, mask = raster.polygon(np.array(corners), labels.shape)
    if not region.empty and mask.any():
        with hand.document.edit(name):
            value = UNLABELLED if erase else hand.document.active_class
            labels.write(region, value, mask, source=Provenance.HUMAN)


def _near(pointer: Pointer, point: Point, reach: float) -> bool:
    return math.hypot(pointer.y - point[0], pointer.x - point[1]) <= reach
