"""The lasso: a line drawn around an area fills it."""

from __future__ import annotations

from segstudio.gui.tools.base import Hand, Kind, Pointer, Rubber, Strokes
from segstudio.gui.tools.polygon import fill


def drag(hand: Hand, start: Pointer) -> Strokes:
    """Follow the pointer until release, then fill what it went around."""
    line = [start.point]
    pointer = start
    while pointer.kind is not Kind.RELEASE:
        pointer = yield
        line.append(pointer.point)
        hand.rubber = Rubber(tuple(line), closed=True)
    hand.rubber = None
    if len(line) > 2:
        fill(hand, line, "Lasso", erase=start.secondary)
