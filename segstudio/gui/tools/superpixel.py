"""The superpixel brush: every superpixel that the pointer crosses gets the class as a whole."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from segstudio.algorithms import raster
from segstudio.core.annotation import Point
from segstudio.core.geometry import Region
from segstudio.core.labels import Provenance
from segstudio.gui.i18n import QT_TRANSLATE_NOOP
from segstudio.gui.tools.base import Ghost, Hand, Kind, Mask, Pointer, Rubber, Strokes

SUPERPIXELS = QT_TRANSLATE_NOOP("Edits", "Superpixels")
_THIN = 0.5


def drag(hand: Hand, start: Pointer) -> Strokes:
    """Paint from press to release; what is crossed before its superpixels are known is painted when they are."""
    value = hand.value(start)
    hand.ghost = None
    with hand.document.edit(SUPERPIXELS):
        pointer, last = start, start.point
        waiting: list[tuple[Point, Point]] = []
        released = False
        while not released or waiting:
            if pointer.kind in (Kind.PRESS, Kind.DOUBLE, Kind.MOVE, Kind.RELEASE) and not released:
                waiting.append((last, pointer.point))
                last = pointer.point
            waiting = [piece for piece in waiting if not _paint(hand, *piece, value)]
            released = released or pointer.kind is Kind.RELEASE
            hand.rubber = Rubber((last, last), text="…") if waiting else None
            if not released or waiting:
                pointer = yield


def hover(hand: Hand, pointer: Pointer) -> None:
    """Show the superpixel that a press would paint."""
    hand.ghost = None
    if hand.inside(pointer):
        y, x = pointer.pixel
        for square, numbers in hand.cells.at(Region(y, x, y + 1, x + 1)):
            if numbers is not None:
                crossed = numbers == numbers[y - square.y0, x - square.x0]
                part, mask = _cropped(crossed)
                hand.ghost = Ghost(part.shifted(square.y0, square.x0), mask, hand.document.active_class)


def _paint(hand: Hand, start: Point, end: Point, value: int) -> bool:
    """Paint the superpixels between two points; whether all of them were known."""
    line, mask = raster.stroke(start, end, _THIN, hand.shape)
    if line.empty:
        return True
    complete = True
    for square, numbers in hand.cells.at(line):
        part = square & line
        on_line = mask[part.shifted(-line.y0, -line.x0).slices]
        if numbers is None:
            complete = complete and not on_line.any()
        elif on_line.any():
            crossed = numbers[part.shifted(-square.y0, -square.x0).slices][on_line]
            _write(hand, square, numbers, crossed, value)
    return complete


def _write(hand: Hand, square: Region, numbers: NDArray[np.uint16], crossed: NDArray[np.uint16], value: int) -> None:
    wanted = np.zeros(int(numbers.max()) + 1, bool)
    wanted[crossed] = True
    part, mask = _cropped(wanted[numbers])
    hand.document.labels.write(part.shifted(square.y0, square.x0), value, mask, source=Provenance.HUMAN)


def _cropped(mask: Mask) -> tuple[Region, Mask]:
    """The bounding region of what is true, and the mask there."""
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    region = Region(int(rows[0]), int(columns[0]), int(rows[-1]) + 1, int(columns[-1]) + 1)
    return region, mask[region.slices]
