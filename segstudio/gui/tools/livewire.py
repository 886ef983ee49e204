"""Livewire: a line that follows edges between clicks (Mortensen and Barrett, Intelligent Scissors, SIGGRAPH 1995)."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from segstudio.algorithms import raster
from segstudio.core.annotation import Point
from segstudio.core.geometry import Region
from segstudio.core.progress import Progress, Work
from segstudio.gui.i18n import QT_TRANSLATE_NOOP
from segstudio.gui.levels import at_level
from segstudio.gui.tools.base import Hand, Kind, Pending, Pointer, Rubber, Strokes

LIVEWIRE = QT_TRANSLATE_NOOP("Edits", "Livewire")
REACH = 320
"""How far a line between two clicks can wander, in pixels of the level that is on the screen."""
_CORNERS = 3
_GRADIENT_LIMIT = 200.0
_CANNY = 32.0, 100.0


def drag(hand: Hand, start: Pointer) -> Strokes:
    """Click along an edge until Enter, a double click or a click on the start; then fill what the line encloses."""
    if start.kind is Kind.DOUBLE:
        return  # its first click closed a line: the second begins none
    wire = Wire(hand, start)
    try:
        yield from wire.draw()
    finally:
        wire.stop()
    if wire.closed:
        region, mask = raster.polygon(np.array(wire.line), hand.shape)
        hand.write(region, mask, hand.value(start), LIVEWIRE)


class Paths(Protocol):
    """OpenCV's map of the best ways from one pixel."""

    def getContour(self, target: tuple[int, int]) -> NDArray[np.int32]: ...


@dataclass(frozen=True, eq=False)
class Map:
    """The best ways from one anchor to every pixel around it."""

    region: Region
    """In the pixels of *level*."""
    level: int
    paths: Paths

    def way(self, target: Point) -> list[Point]:
        """The line towards *target*, in image coordinates, as far as the map reaches."""
        step = 1 << self.level
        y = min(max(int(target[0] // step), self.region.y0), self.region.y1 - 1)
        x = min(max(int(target[1] // step), self.region.x0), self.region.x1 - 1)
        pixels = self.paths.getContour((x - self.region.x0, y - self.region.y0)).reshape(-1, 2)
        places = (pixels[:, ::-1] + (self.region.y0 + 0.5, self.region.x0 + 0.5)) * step
        return [(float(py), float(px)) for py, px in places]


class Wire:
    """Anchors and the ways between them. What is clicked while a map is computed waits for it."""

    def __init__(self, hand: Hand, start: Pointer) -> None:
        self._hand = hand
        self._anchors: list[Point] = [start.point]
        self._ways: list[list[Point]] = []
        self._clicks: deque[Pointer] = deque()
        self.closed = False
        self._pending = self._map_from(start.point)

    @property
    def line(self) -> list[Point]:
        """All ways so far."""
        return [self._anchors[0], *(point for way in self._ways for point in way)]

    def draw(self) -> Strokes:
        """Until the line is closed; *closed* stays false if nothing came of it."""
        while self._anchors and not self.closed:
            pointer = yield
            if pointer.kind not in (Kind.MOVE, Kind.RELEASE, Kind.READY):
                self._clicks.append(pointer)
            while self._clicks and self._anchors and self._pending.done and not self.closed:
                self._act(self._clicks.popleft())
            if self._anchors:
                shown = (*self.line, *self._way(pointer.point))
                self._hand.rubber = Rubber(shown, dots=tuple(self._anchors))
        self._hand.rubber = None

    def stop(self) -> None:
        """Give up what is computed."""
        self._pending.stop()

    def _act(self, pointer: Pointer) -> None:
        if pointer.kind is Kind.BACKSPACE:
            self._step_back()
        elif pointer.kind is Kind.PRESS and not self._at_start(pointer):
            self._go_to(pointer.point)
        elif len(self._ways) >= _CORNERS - 1:
            self._ways.append(self._way(self._anchors[0]))
            self.closed = True

    def _at_start(self, pointer: Pointer) -> bool:
        return len(self._ways) >= _CORNERS - 1 and self._hand.near(pointer.point, self._anchors[0])

    def _go_to(self, point: Point) -> None:
        if point != self._anchors[-1]:
            self._ways.append(self._way(point))
            self._anchors.append(point)
            self._pending = self._map_from(point)

    def _step_back(self) -> None:
        self._anchors.pop()
        if self._anchors:
            self._ways.pop()
            self._pending = self._map_from(self._anchors[-1])

    def _way(self, target: Point) -> list[Point]:
        """From the last anchor to *target*: along edges where the map is there, else straight."""
        found = self._pending.result
        return [*(found.way(target) if found is not None else ()), target]

    def _map_from(self, anchor: Point) -> Pending[Map]:
        level = self._hand.level
        step = 1 << level
        height, width = self._hand.shape
        y, x = int(anchor[0] // step), int(anchor[1] // step)
        whole = at_level(Region(0, 0, height, width), level)
        y, x = min(max(y, 0), whole.y1 - 1), min(max(x, 0), whole.x1 - 1)
        region = Region(y - REACH, x - REACH, y + REACH, x + REACH) & whole
        picture = np.ascontiguousarray(self._hand.looks(region, level))
        return self._hand.compute("Livewire", _mapped(picture, region, level, (x - region.x0, y - region.y0)))


def _mapped(picture: NDArray[np.uint8], region: Region, level: int, seed: tuple[int, int]) -> Callable[[], Work[Map]]:
    def work() -> Work[Map]:
        import cv2

        yield Progress(None)
        scissors = cv2.segmentation_IntelligentScissorsMB()  # type: ignore[attr-defined]  # missing from its types
        scissors.setEdgeFeatureCannyParameters(*_CANNY)
        scissors.setGradientMagnitudeMaxLimit(_GRADIENT_LIMIT)
        scissors.applyImage(picture)
        yield Progress(None)
        scissors.buildMap(seed)
        return Map(region, level, scissors)

    return work
