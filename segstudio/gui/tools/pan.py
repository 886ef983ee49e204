"""The hand: moves the image. The canvas does it itself, as it does with any tool while Space is held."""

from __future__ import annotations

from segstudio.gui.tools.base import Hand, Pointer, Strokes


def drag(hand: Hand, start: Pointer) -> Strokes:
    """Nothing changes in the document."""
    yield from ()
