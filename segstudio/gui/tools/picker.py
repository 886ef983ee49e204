"""The picker: takes up the class, or the instance, under the pointer."""

from __future__ import annotations

from segstudio.core.labels import UNLABELLED
from segstudio.gui.tools.base import Hand, Kind, Pointer, Strokes


def drag(hand: Hand, start: Pointer) -> Strokes:
    """Pick at the press, and wherever the pointer is dragged to."""
    pointer = start
    _pick(hand, pointer)
    while pointer.kind is not Kind.RELEASE:
        pointer = yield
        _pick(hand, pointer)


def _pick(hand: Hand, pointer: Pointer) -> None:
    if hand.inside(pointer):
        labels = hand.document.labels
        segment = int(labels.ids[pointer.pixel])
        class_id = labels.class_of(segment)
        if segment in labels.segments:
            hand.document.set_active_instance(segment)
        elif class_id != UNLABELLED:
            hand.document.set_active_class(class_id)
