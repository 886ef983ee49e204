"""Boxes: drag to make one; click to select; drag inside to move, at a handle to resize."""

from __future__ import annotations

from dataclasses import replace

from segstudio.core.annotation import Box
from segstudio.gui.tools.base import Hand, Kind, Pointer, Rubber, Strokes
from segstudio.gui.tools.hit import handles, shape_at


def drag(hand: Hand, start: Pointer) -> Strokes:
    """Make, select, move or resize, by where the press was."""
    selected = hand.selected
    if isinstance(selected, Box):
        handle = _handle_at(selected, start, hand.reach)
        if handle is not None:
            return _resize(hand, selected, handle)
        if shape_at(hand.document.annotation, start.y, start.x, 0) == selected and not start.shift:
            return _move(hand, selected, start)
    return _make_or_select(hand, start)


def _make_or_select(hand: Hand, start: Pointer) -> Strokes:
    pointer = start
    while pointer.kind is not Kind.RELEASE:
        pointer = yield
        hand.rubber = Rubber(_corners(start, pointer), closed=True)
    hand.rubber = None
    small = abs(pointer.y - start.y) <= hand.reach / 2 or abs(pointer.x - start.x) <= hand.reach / 2
    if small:
        hand.selected = shape_at(hand.document.annotation, start.y, start.x, hand.reach)
        return
    box = _clipped(hand, hand.document.active_class, start, pointer)
    if box is None:
        return
    document = hand.document
    with document.edit("Box"):
        document.set_annotation(replace(document.annotation, boxes=(*document.annotation.boxes, box)))
    hand.selected = box


def _move(hand: Hand, box: Box, start: Pointer) -> Strokes:
    with hand.document.edit("Move box"):
        moved, pointer = box, start
        height, width = hand.document.labels.shape
        while pointer.kind is not Kind.RELEASE:
            pointer = yield
            dy = min(max(round(pointer.y - start.y), -box.y0), height - box.y1)
            dx = min(max(round(pointer.x - start.x), -box.x0), width - box.x1)
            shifted = replace(box, x0=box.x0 + dx, y0=box.y0 + dy, x1=box.x1 + dx, y1=box.y1 + dy)
            moved = _exchange(hand, moved, shifted)


def _resize(hand: Hand, box: Box, handle: int) -> Strokes:
    with hand.document.edit("Resize box"):
        current, pointer = box, None
        height, width = hand.document.labels.shape
        while pointer is None or pointer.kind is not Kind.RELEASE:
            pointer = yield
            y, x = min(max(round(pointer.y), 0), height), min(max(round(pointer.x), 0), width)
            x0, y0, x1, y1 = box.x0, box.y0, box.x1, box.y1
            y0, y1 = (y, y1) if handle in (0, 1, 2) else (y0, y) if handle in (4, 5, 6) else (y0, y1)
            x0, x1 = (x, x1) if handle in (0, 6, 7) else (x0, x) if handle in (2, 3, 4) else (x0, x1)
            if x0 != x1 and y0 != y1:
                stretched = Box(box.class_id, min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1))
                current = _exchange(hand, current, stretched)


def _exchange(hand: Hand, old: Box, new: Box) -> Box:
    document = hand.document
    boxes = tuple(new if box is old or box == old else box for box in document.annotation.boxes)
    document.set_annotation(replace(document.annotation, boxes=boxes))
    hand.selected = new
    return new


def _handle_at(box: Box, pointer: Pointer, reach: float) -> int | None:
    for number, (y, x) in enumerate(handles(box)):
        if abs(pointer.y - y) <= reach and abs(pointer.x - x) <= reach:
            return number
    return None


def _corners(start: Pointer, end: Pointer) -> tuple[tuple[float, float], ...]:
    return (start.y, start.x), (start.y, end.x), (end.y, end.x), (end.y, start.x)


def _clipped(hand: Hand, class_id: int, start: Pointer, end: Pointer) -> Box | None:
    """The whole pixels that the drag touched; ``None`` where none of them is on the image."""
    height, width = hand.document.labels.shape
    y0, y1 = sorted((start.y, end.y))
    x0, x1 = sorted((start.x, end.x))
    top, bottom = max(0, round(y0)), min(height, round(y1))
    left, right = max(0, round(x0)), min(width, round(x1))
    return Box(class_id, left, top, right, bottom) if bottom > top and right > left else None
