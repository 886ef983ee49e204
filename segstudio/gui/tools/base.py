"""What tools get and give: pointers, the hand that holds them, and the rubber lines they show while they work."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, field
from enum import Enum
from typing import Protocol

from segstudio.app.document import Document
from segstudio.core.annotation import Box, Point, Polygon


class Kind(Enum):
    """What the pointer did, or which key was pressed while a tool works."""

    PRESS = "press"
    MOVE = "move"
    RELEASE = "release"
    DOUBLE = "double"
    ENTER = "enter"
    BACKSPACE = "backspace"


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

    @property
    def point(self) -> Point:
        return self.y, self.x


Strokes = Generator[None, Pointer, None]
"""A tool at work: sent pointers until it returns. Closed by Escape."""


@dataclass(frozen=True, slots=True)
class Rubber:
    """Lines over the image while a tool works, in image coordinates."""

    points: tuple[Point, ...] = ()
    closed: bool = False
    dots: bool = False
    """Whether each point is marked."""
    text: str = ""
    """Beside the last point."""


@dataclass
class Hand:
    """What a tool works with: the open document, the canvas's settings, and what to show meanwhile."""

    document: Document
    brush_size: int
    """Diameter in image pixels."""
    reach: float
    """How near, in image pixels, counts as on a point."""
    rubber: Rubber | None = None
    selected: Box | Polygon | None = None
    last_point: Point | None = None
    """Where the last stroke ended: Shift continues from there in a straight line."""
    shown: list[str] = field(default_factory=list)
    """Texts for the status bar, the newest last."""

    def inside(self, pointer: Pointer) -> bool:
        """Whether the pointer is on the image."""
        height, width = self.document.labels.shape
        return 0 <= pointer.y < height and 0 <= pointer.x < width


class Tool(Protocol):
    """What a tool's module defines."""

    def __call__(self, hand: Hand, start: Pointer) -> Strokes:
        """Begin at a press. Edits happen inside ``hand.document.edit(...)`` so that closing takes them back."""
