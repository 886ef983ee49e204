"""What tools get and give: pointers, the hand that holds them, and what they show while they work."""

from __future__ import annotations

import math
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Generic, Literal, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from segstudio.app.document import Document
from segstudio.core.annotation import Box, Point, Polygon
from segstudio.core.geometry import Region
from segstudio.core.labels import UNLABELLED, Provenance
from segstudio.core.progress import Work

R = TypeVar("R")
Mask = NDArray[np.bool_]
Cursor = Literal["brush", "cross", "hand", "point", "move", "vertical", "horizontal", "falling", "rising", "arrow"]
"""Shapes of the mouse pointer; the four directions are those of the line along which something is pulled."""


class Kind(Enum):
    """What the pointer did, which key was pressed, or that a computation is done, while a tool works."""

    PRESS = "press"
    MOVE = "move"
    RELEASE = "release"
    DOUBLE = "double"
    ENTER = "enter"
    BACKSPACE = "backspace"
    READY = "ready"


@dataclass(frozen=True, slots=True)
class Pointer:
    """One event of the pointer in image coordinates; pixel ``(i, j)`` covers ``[i, i + 1) x [j, j + 1)``."""

    y: float
    x: float
    kind: Kind = Kind.MOVE
    secondary: bool = False
    """With the right button, or the eraser end of a pen."""
    shift: bool = False
    ctrl: bool = False
    pressure: float = 1.0
    """How hard a pen is pressed, 0..1, where that is to matter; 1 else."""

    @property
    def point(self) -> Point:
        return self.y, self.x

    @property
    def pixel(self) -> tuple[int, int]:
        """Row and column of the pixel."""
        return int(np.floor(self.y)), int(np.floor(self.x))


Strokes = Generator[None, Pointer, None]
"""A tool at work: sent pointers until it returns. Closed by Escape."""


@dataclass(frozen=True, slots=True)
class Rubber:
    """Lines over the image while a tool works, in image coordinates."""

    points: tuple[Point, ...] = ()
    closed: bool = False
    dots: tuple[Point, ...] = ()
    """Points that are marked."""
    text: str = ""
    """Beside the last point."""


@dataclass(frozen=True, eq=False)
class Ghost:
    """Pixels that a tool would change, shown before it does."""

    region: Region
    mask: Mask
    segment: int
    """What they would become."""


class Pending(Generic[R]):
    """A result that another thread is computing. The tool is sent a ``READY`` pointer at the end."""

    def __init__(self) -> None:
        self.done = False
        """Whether it has ended, with a result or without."""
        self.stop: Callable[[], None] = lambda: None
        """Give the computation up."""
        self._result: R | None = None

    def settle(self, result: R) -> None:
        """The result has come."""
        self._result, self.done = result, True

    @property
    def result(self) -> R | None:
        """``None`` until it has come, and for good where the computation failed or was stopped."""
        return self._result


class Compute(Protocol):
    """Runs work in another thread for the tool that is at work."""

    def __call__(self, title: str, work: Callable[[], Work[R]]) -> Pending[R]: ...


class Looks(Protocol):
    """Gives the image as it looks on the screen."""

    def __call__(self, region: Region, level: int) -> NDArray[np.uint8]:
        """*region* in the pixels of *level*: ``(h, w)`` grey or ``(h, w, 3)`` RGB."""


class Cells(Protocol):
    """The image's superpixels, square by square, as far as they are computed."""

    def at(self, region: Region) -> Iterator[tuple[Region, NDArray[np.uint16] | None]]:
        """The squares that touch *region*, each with its superpixels' numbers ``(h, w)``, or ``None`` where they are
        not known yet: then they are computed, and the tool is sent a ``READY`` pointer."""


@dataclass(eq=False)
class Hand:
    """What a tool works with: the open document, the canvas's settings, and what to show meanwhile."""

    document: Document
    brush_size: int
    """Diameter in image pixels, along their shorter side."""
    looks: Looks
    compute: Compute
    set_contrast: Callable[[float, float], None]
    contrast: Callable[[], tuple[float, float]]
    reset_contrast: Callable[[], None]
    cells: Cells
    zoom: float = 1.0
    """Widget pixels per image pixel, along its shorter side."""
    pixel: tuple[float, float] = (1.0, 1.0)
    """Height and width of an image pixel on the screen in proportion, the shorter one 1."""
    level: int = 0
    """The level of the image's pyramid that is on the screen."""
    reach: float = 8.0
    """How near counts as on a point, in image pixels along their shorter side."""
    rubber: Rubber | None = None
    ghost: Ghost | None = None
    picks: tuple[Box | Polygon, ...] = ()
    """The selected shapes in the order in which they were selected; while they are pulled, how they would become."""
    lifted: tuple[Box | Polygon, ...] = ()
    """The shapes of the annotation that are being pulled: not shown meanwhile."""
    box_instances: bool = False
    """Whether every box that is drawn is the box of an instance of its own."""
    hidden: frozenset[int] = frozenset()
    """Classes that are not shown: their shapes are not hit."""
    last_point: Point | None = None
    """Where the last stroke ended: Shift continues from there in a straight line."""

    @property
    def selected(self) -> Box | Polygon | None:
        """The shape with the handles: the only one that is selected; ``None`` where there are none or several."""
        return self.picks[0] if len(self.picks) == 1 else None

    @selected.setter
    def selected(self, shape: Box | Polygon | None) -> None:
        self.picks = () if shape is None else (shape,)

    @property
    def shape(self) -> tuple[int, int]:
        """Height and width of the image."""
        return self.document.labels.shape

    def radius(self, pointer: Pointer) -> float:
        """Of the brush in image pixels along their shorter side, half a pixel at least: the less a pen is pressed, the
        thinner."""
        return max(0.5, self.brush_size * pointer.pressure / 2)

    def apart(self, start: Point, end: Point) -> tuple[float, float]:
        """How far *end* lies below and to the right of *start* on the screen, in image pixels along their shorter
        side."""
        return (end[0] - start[0]) * self.pixel[0], (end[1] - start[1]) * self.pixel[1]

    def near(self, start: Point, end: Point) -> bool:
        """Whether two points lie so near to each other on the screen that a press on one is on the other."""
        return math.hypot(*self.apart(start, end)) <= self.reach

    def value(self, pointer: Pointer) -> int:
        """What a press is to write: the active instance or class; nothing (255) with the right button."""
        return UNLABELLED if pointer.secondary else self.document.drawn_id

    def inside(self, pointer: Pointer) -> bool:
        """Whether the pointer is on the image."""
        height, width = self.shape
        return 0 <= pointer.y < height and 0 <= pointer.x < width

    def write(
        self, region: Region, mask: Mask, value: int, name: str, *, source: Provenance = Provenance.HUMAN
    ) -> None:
        """Give the pixels of *mask* the value, as one edit (or a part of the one that is open)."""
        if not region.empty and mask.any():
            with self.document.edit(name):
                self.document.labels.write(region, value, mask, source=source)

    def show_nothing(self) -> None:
        """Take away what is shown while a tool works."""
        self.rubber = self.ghost = None


class Drag(Protocol):
    """What a tool's module defines as ``drag``."""

    def __call__(self, hand: Hand, start: Pointer) -> Strokes:
        """Begin at a press. Edits happen inside ``hand.document.edit(...)`` so that closing takes them back."""


class Hovering(Protocol):
    """What a tool's module may define as ``hover``: called with the pointer while no drag is going on."""

    def __call__(self, hand: Hand, pointer: Pointer) -> Cursor | None:
        """The mouse pointer to show, where it is not the tool's usual one; may set what the hand shows."""
