"""The eraser: takes labels away, whoever made them."""

from __future__ import annotations

from segstudio.core.labels import UNLABELLED
from segstudio.gui.tools.base import Cursor, Hand, Pointer, Strokes
from segstudio.gui.tools.brush import hover as brush_hover
from segstudio.gui.tools.brush import paint


def drag(hand: Hand, start: Pointer) -> Strokes:
    """Erase from press to release."""
    return paint(hand, start, UNLABELLED)


def hover(hand: Hand, pointer: Pointer) -> Cursor | None:
    """With Shift, show the line that a press would erase."""
    brush_hover(hand, pointer)
    return None
