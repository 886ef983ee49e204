"""The arrow: selects boxes and polygons, one or several, moves them, pulls their points and sides."""

from __future__ import annotations

from collections.abc import Generator

from segstudio.core.labels import FIRST_INSTANCE, UNLABELLED
from segstudio.gui.tools import editing
from segstudio.gui.tools.base import Cursor, Hand, Kind, Pointer, Rubber, Strokes
from segstudio.gui.tools.box import corners
from segstudio.gui.tools.hit import Shape, bounds


def drag(hand: Hand, start: Pointer) -> Strokes:
    """Pull what the press is on of the selected shape; else select what is there, and move it. On nothing a drag
    selects all in its frame; with Shift or Ctrl everywhere, and what is selected stays so."""
    if start.shift or start.ctrl:
        return _add_or_take_out(hand, start)
    grabbed = editing.grab(hand, start)
    if grabbed is not None:
        return grabbed
    return _select_or_move(hand, start)


def hover(hand: Hand, pointer: Pointer) -> Cursor | None:
    """What a press would do."""
    if pointer.shift or pointer.ctrl:
        return None
    held = any(editing.holds(shape, pointer) for shape in hand.picks)
    return editing.hover(hand, pointer) or ("move" if held else None)


def _add_or_take_out(hand: Hand, start: Pointer) -> Strokes:
    """A click adds the shape to the selected ones, or takes it out of them; a drag adds all in its frame."""
    framed = yield from _framed(hand, start)
    if framed is not None:
        hand.picks = (*hand.picks, *(shape for shape in framed if not _is_picked(hand, shape)))
        return
    there = editing.target(hand, start)
    if there is None:
        return
    hand.document.set_active_instance(None)
    if _is_picked(hand, there):
        hand.picks = tuple(shape for shape in hand.picks if shape is not there)
    else:
        hand.picks = (*hand.picks, there)


def _select_or_move(hand: Hand, start: Pointer) -> Strokes:
    """A click selects the smallest shape, else the instance; a drag moves the selected shapes where one of them holds
    the press, else the one that is there."""
    there = editing.target(hand, start)
    holding = any(editing.holds(shape, start) for shape in hand.picks)
    if there is None and not holding:
        yield from _select_in_frame(hand, start)
        return
    hand.document.set_active_instance(None)
    if there is not None and not holding:
        hand.picks = (there,)
    picks, pointer = hand.picks, start
    while pointer.kind is not Kind.RELEASE:
        pointer = yield
        if _far(hand, start, pointer):
            moving = editing.move(hand, picks, start)
            next(moving)
            yield from _continued(moving, pointer)
            return
    if holding:
        hand.selected = there


def _select_in_frame(hand: Hand, start: Pointer) -> Strokes:
    """A drag selects the shapes in its frame; a click the instance there, and no shape."""
    framed = yield from _framed(hand, start)
    hand.picks = framed or ()
    hand.document.set_active_instance(_instance_at(hand, start) if framed is None else None)


def _framed(hand: Hand, start: Pointer) -> Generator[None, Pointer, tuple[Shape, ...] | None]:
    """Draw a frame until release: the shapes that can be seen and lie in it as a whole; ``None`` where it was a
    click."""
    annotation = editing.seen(hand)
    shapes: tuple[Shape, ...] = (*annotation.boxes, *annotation.polygons)
    places = [(bounds([shape]), shape) for shape in shapes]
    framed: tuple[Shape, ...] | None = None
    pointer = start
    while pointer.kind is not Kind.RELEASE:
        pointer = yield
        if framed is not None or _far(hand, start, pointer):
            (y0, y1), (x0, x1) = sorted((start.y, pointer.y)), sorted((start.x, pointer.x))
            framed = tuple(
                shape for (top, left, bottom, right), shape in places
                if y0 <= top and x0 <= left and bottom <= y1 and right <= x1
            )  # fmt: skip
            hand.rubber = Rubber(corners(start.point, pointer.point), closed=True, text=str(len(framed)))
    hand.rubber = None
    return framed


def _is_picked(hand: Hand, shape: Shape) -> bool:
    return any(picked is shape for picked in hand.picks)


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
