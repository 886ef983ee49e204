"""The arrow: selects boxes and polygons, moves them, pulls their points and sides."""

from __future__ import annotations

from segstudio.core.labels import FIRST_INSTANCE, UNLABELLED
from segstudio.gui.tools import editing
from segstudio.gui.tools.base import Cursor, Hand, Kind, Pointer, Strokes


def drag(hand: Hand, start: Pointer) -> Strokes:
    """Pull what the press is on of the selected shape; else select what is there, and move it."""
    grabbed = editing.grab(hand, start)
    if grabbed is not None:
        return grabbed
    return _select_or_move(hand, start)


def hover(hand: Hand, pointer: Pointer) -> Cursor | None:
    """What a press would do."""
    return editing.hover(hand, pointer) or ("move" if editing.holds(hand.selected, pointer) else None)


def _select_or_move(hand: Hand, start: Pointer) -> Strokes:
    """A click selects the smallest shape, else the instance; a drag moves the selected shape where it holds the press,
    else that one."""
    there = editing.target(hand, start)
    subject = hand.selected if editing.holds(hand.selected, start) else there
    if subject is None:
        hand.selected = None
        hand.document.set_active_instance(_instance_at(hand, start))
        return
    hand.document.set_active_instance(None)
    clicked, pointer = subject is not hand.selected, start
    hand.selected = subject
    while pointer.kind is not Kind.RELEASE:
        pointer = yield
        if _far(hand, start, pointer):
            moving = editing.move(hand, subject, start)
            next(moving)
            yield from _continued(moving, pointer)
            return
    if not clicked:
        hand.selected = there


def _instance_at(hand: Hand, pointer: Pointer) -> int | None:
    """The instance under the pointer, unless its class is hidden."""
    segment = int(hand.document.labels.ids[pointer.pixel]) if hand.inside(pointer) else UNLABELLED
    seen = segment >= FIRST_INSTANCE and hand.document.labels.class_of(segment) not in hand.hidden
    return segment if seen else None


def _continued(strokes: Strokes, pointer: Pointer) -> Strokes:
    """Go on with *strokes*, which has begun, from *pointer*."""
    try:
        while True:
            strokes.send(pointer)
            pointer = yield
    except StopIteration:
        return
    finally:
        strokes.close()


def _far(hand: Hand, start: Pointer, pointer: Pointer) -> bool:
    return max(abs(way) for way in hand.apart(start.point, pointer.point)) > hand.reach / 2
