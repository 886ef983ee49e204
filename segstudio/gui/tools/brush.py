"""The brush: paints the active class; erases with the right button; picks a class with Ctrl."""

from __future__ import annotations

from segstudio.algorithms import raster
from segstudio.core.annotation import Point
from segstudio.core.labels import UNLABELLED, Provenance
from segstudio.gui.i18n import QT_TRANSLATE_NOOP
from segstudio.gui.tools import picker
from segstudio.gui.tools.base import Cursor, Hand, Kind, Pointer, Rubber, Strokes

BRUSH = QT_TRANSLATE_NOOP("Edits", "Brush")
ERASE = QT_TRANSLATE_NOOP("Edits", "Erase")


def drag(hand: Hand, start: Pointer) -> Strokes:
    """Paint from press to release."""
    if start.ctrl:
        return picker.drag(hand, start)
    return paint(hand, start, hand.value(start))


def hover(hand: Hand, pointer: Pointer) -> Cursor | None:
    """With Shift, show the line that a press would draw."""
    hand.rubber = Rubber((hand.last_point, pointer.point)) if pointer.shift and hand.last_point is not None else None
    return "point" if pointer.ctrl else None


def paint(hand: Hand, start: Pointer, value: int) -> Strokes:
    """Set the pixels under the brush to *value* from press to release, as one edit."""
    hand.rubber = None
    with hand.document.edit(ERASE if value == UNLABELLED else BRUSH):
        last = hand.last_point if start.shift and hand.last_point is not None else start.point
        dab(hand, last, start, value)
        last, pointer = start.point, start
        while pointer.kind is not Kind.RELEASE:
            pointer = yield
            if pointer.kind in (Kind.MOVE, Kind.RELEASE) and pointer.point != last:
                dab(hand, last, pointer, value)
                last = pointer.point
    hand.last_point = last


def dab(hand: Hand, start: Point, end: Pointer, value: int) -> None:
    """One piece of a stroke, as wide as the brush is at its end: touches the pixels between the two points alone."""
    labels = hand.document.labels
    region, mask = raster.stroke(start, end.point, hand.radius(end), labels.shape, pixel=hand.pixel)
    if not region.empty:
        labels.write(region, value, mask, source=Provenance.HUMAN)
