"""The magic wand: what is connected to a pixel and looks like it on the screen. Dragging sideways says how alike."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from segstudio.core.geometry import Region
from segstudio.gui.i18n import QT_TRANSLATE_NOOP
from segstudio.gui.tools.base import Ghost, Hand, Kind, Pointer, Rubber, Strokes
from segstudio.gui.tools.flood import connected

WAND = QT_TRANSLATE_NOOP("Edits", "Wand")
REACH = 2048
"""How far from the pressed pixel the wand looks, so that a press costs the same on an image of any size."""
START_TOLERANCE = 20
"""Of the 255 steps of brightness on the screen."""
_STEPS_PER_PIXEL = 0.4
"""Tolerance gained per widget pixel dragged to the right."""


def drag(hand: Hand, start: Pointer) -> Strokes:
    """Show what would be marked while the pointer moves, mark it at the release."""
    if not hand.inside(start):
        return
    value = hand.value(start)
    pointer = start
    tolerance: int | None = None
    region, mask = Region(0, 0, 0, 0), np.zeros((0, 0), bool)
    while True:
        wanted = _tolerance(hand.apart(start.point, pointer.point)[1] * hand.zoom)
        if wanted != tolerance:
            tolerance = wanted
            region, mask = alike(hand, start.pixel, tolerance)
            hand.ghost = Ghost(region, mask, value)
        hand.rubber = Rubber((start.point, pointer.point), text=f"± {tolerance}")
        if pointer.kind is Kind.RELEASE:
            break
        pointer = yield
    hand.show_nothing()
    hand.write(region, mask, value, WAND)


def alike(hand: Hand, pixel: tuple[int, int], tolerance: int) -> tuple[Region, NDArray[np.bool_]]:
    """The 4-connected pixels around *pixel* that look like it, within *tolerance* in every channel."""
    return connected(lambda region: hand.looks(region, 0), pixel, hand.shape, tolerance=tolerance, reach=REACH)


def _tolerance(dragged: float) -> int:
    return int(np.clip(round(START_TOLERANCE + _STEPS_PER_PIXEL * dragged), 0, 255))
