"""The polygon: an outline of points that can be changed later, and the pixels inside it."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from segstudio.algorithms import raster
from segstudio.core.annotation import Point, Polygon
from segstudio.gui.i18n import QT_TRANSLATE_NOOP
from segstudio.gui.tools import editing
from segstudio.gui.tools.base import Cursor, Hand, Kind, Pointer, Rubber, Strokes
from segstudio.gui.tools.exchanging import exchange

POLYGON = QT_TRANSLATE_NOOP("Edits", "Polygon")
HOLE = QT_TRANSLATE_NOOP("Edits", "Hole")
_CORNERS = 3


def drag(hand: Hand, start: Pointer) -> Strokes:
    """Draw; or, where a polygon is selected, pull its points and sides. Ctrl selects."""
    if start.kind is Kind.DOUBLE:
        return _nothing()  # its first click closed a polygon: the second begins none
    if start.ctrl:
        return _select(hand, start)
    if isinstance(hand.selected, Polygon) and not start.shift:
        grabbed = editing.grab(hand, start)
        if grabbed is not None:
            return grabbed
    return _draw_hole(hand, start) if start.secondary else _draw(hand, start)


def hover(hand: Hand, pointer: Pointer) -> Cursor | None:
    """What a press would do."""
    if pointer.ctrl:
        return "arrow"
    return editing.hover(hand, pointer) if isinstance(hand.selected, Polygon) and not pointer.shift else None


def _nothing() -> Strokes:
    yield from ()


def _select(hand: Hand, start: Pointer) -> Strokes:
    hand.selected = editing.target(hand, start)
    yield from ()


def _draw(hand: Hand, start: Pointer) -> Strokes:
    hand.selected = None
    line = Line(hand, start)
    yield from line.draw()
    if line.closed:
        document = hand.document
        polygon = Polygon(document.active_class, tuple(line.corners))
        exchange(hand, None, polygon, POLYGON, segment=document.drawn_id)


def _draw_hole(hand: Hand, start: Pointer) -> Strokes:
    """Draw a hole into the polygon at the press; where there is none, clear the pixels of the area."""
    around = hand.selected if editing.holds(hand.selected, start) else editing.target(hand, start)
    line = Line(hand, start)
    yield from line.draw()
    if not line.closed:
        return
    if isinstance(around, Polygon):
        pierced = replace(around, holes=(*around.holes, tuple(line.corners)))
        exchange(hand, around, pierced, HOLE)
        hand.selected = pierced
    else:
        region, mask = raster.polygon(np.array(line.corners), hand.shape)
        hand.write(region, mask, hand.value(start), POLYGON)


class Line:
    """Corners that are clicked one by one."""

    def __init__(self, hand: Hand, start: Pointer) -> None:
        self._hand = hand
        self.corners: list[Point] = []
        self.corners.append(self._placed(start))
        self.closed = False

    def draw(self) -> Strokes:
        """Until Enter, a double click or a click on the first corner; *closed* is false if nothing came of it."""
        self._show(self.corners[0])
        while self.corners and not self.closed:
            pointer = yield
            if pointer.kind is Kind.PRESS:
                self._press(pointer)
            elif pointer.kind is Kind.BACKSPACE:
                self.corners.pop()
            elif pointer.kind in (Kind.ENTER, Kind.DOUBLE):
                self.closed = len(self.corners) >= _CORNERS
            self._show(self._placed(pointer))
        self._hand.rubber = None

    def _press(self, pointer: Pointer) -> None:
        if len(self.corners) >= _CORNERS and self._hand.near(pointer.point, self.corners[0]):
            self.closed = True
        elif (point := self._placed(pointer)) != self.corners[-1]:
            self.corners.append(point)

    def _placed(self, pointer: Pointer) -> Point:
        """On the image; with Shift in one of eight directions from the last corner."""
        y, x = pointer.point
        if pointer.shift and self.corners:
            y, x = _straight(self._hand, self.corners[-1], (y, x))
        height, width = self._hand.shape
        return min(max(y, 0.0), float(height)), min(max(x, 0.0), float(width))

    def _show(self, pointer: Point) -> None:
        self._hand.rubber = Rubber((*self.corners, pointer), dots=tuple(self.corners))


def _straight(hand: Hand, start: Point, end: Point) -> Point:
    dy, dx = hand.apart(start, end)
    angle = round(math.atan2(dy, dx) / (math.pi / 4)) * math.pi / 4
    length = dy * math.sin(angle) + dx * math.cos(angle)
    return start[0] + length * math.sin(angle) / hand.pixel[0], start[1] + length * math.cos(angle) / hand.pixel[1]
