"""The brush: paints the active class; with the right button it erases."""

from __future__ import annotations

from segstudio.algorithms import raster
from segstudio.core.annotation import Point
from segstudio.core.labels import UNLABELLED, Provenance
from segstudio.gui.tools.base import Hand, Kind, Pointer, Strokes


def drag(hand: Hand, start: Pointer) -> Strokes:
    """Paint from press to release."""
    value = UNLABELLED if start.secondary else hand.document.active_class
    yield from paint(hand, start, value, "Erase" if start.secondary else "Brush")


def paint(hand: Hand, start: Pointer, value: int, name: str) -> Strokes:
    """Set the pixels under the brush to *value* from press to release, as one edit."""
    with hand.document.edit(name):
        last = hand.last_point if start.shift and hand.last_point is not None else start.point
        dab(hand, last, start.point, value)
        last = start.point
        while True:
            pointer = yield
            if pointer.kind in (Kind.MOVE, Kind.RELEASE) and pointer.point != last:
                dab(hand, last, pointer.point, value)
                last = pointer.point
            if pointer.kind is Kind.RELEASE:
                break
    hand.last_point = last


def dab(hand: Hand, start: Point, end: Point, value: int) -> None:
    """One piece of a stroke: touches the pixels between the two points alone."""
    labels = hand.document.labels
    region, mask = raster.stroke(start, end, max(0.5, hand.brush_size / 2), labels.shape)
    if not region.empty:
        labels.write(region, value, mask, source=Provenance.HUMAN)
