"""The measure: the distance between press and pointer."""

from __future__ import annotations

import math

from segstudio.gui.tools.base import Hand, Kind, Pointer, Rubber, Strokes

_SMALL = 0.01
"""Millimetres from pixel to pixel below which an image is a microscope's: its distances are told in micrometres."""


def drag(hand: Hand, start: Pointer) -> Strokes:
    """Show the line and its length until the next press elsewhere."""
    image = hand.document.image
    spacing = image.spacing if image is not None else None
    pointer = start
    hand.rubber = None
    while pointer.kind is not Kind.RELEASE:
        pointer = yield
        ends = start.point, pointer.point
        hand.rubber = Rubber(ends, dots=ends, text=length(start, pointer, spacing))


def length(start: Pointer, end: Pointer, spacing: tuple[float, ...] | None) -> str:
    """``"12.0 px"``, with millimetres where the spacing ``(y, x, ...)`` is known (µm in a microscope's image)."""
    dy, dx = end.y - start.y, end.x - start.x
    pixels = f"{math.hypot(dy, dx):.1f} px"
    if spacing is None:
        return pixels
    distance = math.hypot(dy * spacing[0], dx * spacing[1])
    small = max(spacing[:2]) < _SMALL
    return f"{1000 * distance:.2f} µm ({pixels})" if small else f"{distance:.2f} mm ({pixels})"
