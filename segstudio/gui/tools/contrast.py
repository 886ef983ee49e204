"""Contrast by hand: window and level, as radiologists set them. The image's data stay as they are."""

from __future__ import annotations

from segstudio.gui.tools.base import Hand, Kind, Pointer, Rubber, Strokes

_PIXELS_FOR_TWICE = 200.0
"""Widget pixels to the right that halve the range of values shown."""
_PIXELS_FOR_RANGE = 400.0
"""Widget pixels upwards that move it by its own width."""


def drag(hand: Hand, start: Pointer) -> Strokes:
    """Follow the pointer until release; a double click sets the contrast back."""
    if start.kind is Kind.DOUBLE:
        hand.reset_contrast()
        return
    low, high = hand.contrast()
    centre, width = (low + high) / 2, high - low
    pointer = start
    while pointer.kind is not Kind.RELEASE:
        pointer = yield
        below, right = (hand.zoom * way for way in hand.apart(start.point, pointer.point))
        shown = width * 2 ** (-right / _PIXELS_FOR_TWICE)
        middle = centre + width * below / _PIXELS_FOR_RANGE
        hand.set_contrast(middle - shown / 2, middle + shown / 2)
        text = f"W {shown:.5g} · L {middle:.5g}  ({middle - shown / 2:.5g} … {middle + shown / 2:.5g})"
        hand.rubber = Rubber((pointer.point, pointer.point), text=text)
    hand.rubber = None
