"""Boxes: drag to make one; click to select; drag inside to move, at a handle to resize."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import replace

from segstudio.app.box_instances import for_new_box
from segstudio.core.annotation import Box, Point
from segstudio.gui.i18n import QT_TRANSLATE_NOOP
from segstudio.gui.tools import editing
from segstudio.gui.tools.base import Cursor, Hand, Kind, Pointer, Rubber, Strokes
from segstudio.gui.tools.exchanging import exchange

BOX = QT_TRANSLATE_NOOP("Edits", "Box")


def drag(hand: Hand, start: Pointer) -> Strokes:
    """Make, select, move or resize, by where the press was; with Shift always make."""
    if isinstance(hand.selected, Box) and not start.shift:
        grabbed = editing.grab(hand, start)
        if grabbed is not None:
            return grabbed
        if editing.target(hand, start) == hand.selected and editing.holds(hand.selected, start):
            return editing.move(hand, (hand.selected,), start)
    return _make_or_select(hand, start)


def hover(hand: Hand, pointer: Pointer) -> Cursor | None:
    """What a press would do."""
    if pointer.shift or not isinstance(hand.selected, Box):
        return None
    return editing.hover(hand, pointer) or ("move" if editing.holds(hand.selected, pointer) else None)


def drawn(hand: Hand, start: Pointer) -> Generator[None, Pointer, Box | None]:
    """Follow the pointer until release: the box of whole pixels, ``None`` where it was a click or off the image."""
    pointer = start
    while pointer.kind is not Kind.RELEASE:
        pointer = yield
        box = _between(hand, start, pointer)
        size = f"{box.x1 - box.x0} × {box.y1 - box.y0}" if box is not None else ""
        hand.rubber = Rubber(corners(start.point, pointer.point), closed=True, text=size)
    hand.rubber = None
    small = min(abs(way) for way in hand.apart(start.point, pointer.point)) <= hand.reach / 2
    return None if small else _between(hand, start, pointer)


def _make_or_select(hand: Hand, start: Pointer) -> Strokes:
    box = yield from drawn(hand, start)
    if box is None:
        hand.selected = editing.target(hand, start)
        return
    document = hand.document
    with document.edit(BOX):
        segment = for_new_box(document, each=hand.box_instances)
        box = replace(box, instance=segment)
        exchange(hand, None, box, BOX)
    hand.selected = box


def corners(start: Point, end: Point) -> tuple[Point, ...]:
    """Around, the pointer's own last: the text stands there."""
    return (end[0], start[1]), start, (start[0], end[1]), end


def _between(hand: Hand, start: Pointer, end: Pointer) -> Box | None:
    """The whole pixels between two corners; ``None`` where none of them is on the image."""
    height, width = hand.shape
    y0, y1 = sorted((start.y, end.y))
    x0, x1 = sorted((start.x, end.x))
    top, bottom = max(0, round(y0)), min(height, round(y1))
    left, right = max(0, round(x0)), min(width, round(x1))
    return Box(hand.document.active_class, left, top, right, bottom) if bottom > top and right > left else None
