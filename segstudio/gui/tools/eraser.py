"""The eraser: takes labels away, whoever made them."""

from __future__ import annotations

from segstudio.core.labels import UNLABELLED
from segstudio.gui.tools.base import Hand, Pointer, Strokes
from segstudio.gui.tools.brush import paint


def drag(hand: Hand, start: Pointer) -> Strokes:
    """Erase from press to release."""
    return paint(hand, start, UNLABELLED, "Erase")
