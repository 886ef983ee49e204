"""The picker: takes up the class under the pointer."""

from __future__ import annotations

from segstudio.core.labels import UNLABELLED
from segstudio.gui.tools.base import Hand, Pointer, Strokes


def drag(hand: Hand, start: Pointer) -> Strokes:
    """Pick at the press."""
    if hand.inside(start):
        labels = hand.document.labels
        class_id = labels.class_of(int(labels.ids[int(start.y), int(start.x)]))
        if class_id != UNLABELLED:
            hand.document.set_active_class(class_id)
    yield from ()
