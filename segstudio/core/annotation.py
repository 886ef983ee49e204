"""What a person says about an image besides its pixels: boxes, polygons, tags; and the sample that all belongs to."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from pathlib import Path

from segstudio.core.errors import AnnotationError
from segstudio.core.geometry import Region

_SERIES_UID = re.compile(r"(?<=\S) series-[0-9.]+(-\d+)?$")
"""What tells a program which of several DICOM series in a folder a path means; a person knows it by what is before."""
Point = tuple[float, float]
"""``(y, x)`` in pixels; pixel ``(i, j)`` covers ``[i, i + 1) x [j, j + 1)``."""


@dataclass(frozen=True, slots=True)
class Scribble:
    """A stroke of *class_id* along *points*, *width* pixels wide with round ends."""

    class_id: int
    points: tuple[Point, ...]
    width: float = 3.0

    def __post_init__(self) -> None:
        if not self.points:
            raise AnnotationError("a scribble has at least one point")


@dataclass(frozen=True, slots=True)
class Box:
    """A box around one object: the pixels ``x0 <= x < x1``, ``y0 <= y < y1``."""

    class_id: int
    x0: int
    y0: int
    x1: int
    y1: int
    instance: int | None = None
    """The instance of *class_id* whose box this is, by its segment id (256 and up); ``None``: no instance's."""

    def __post_init__(self) -> None:
        if self.x1 <= self.x0 or self.y1 <= self.y0:
            raise AnnotationError(f"a box of zero size: {(self.x0, self.y0, self.x1, self.y1)}")

    @property
    def region(self) -> Region:
        """The pixels inside."""
        return Region(self.y0, self.x0, self.y1, self.x1)

    def as_tuple(self) -> tuple[int, int, int, int, int]:
        """``(class, x0, y0, x1, y1)``, as the algorithms take it, which know no instances."""
        return self.class_id, self.x0, self.y0, self.x1, self.y1


@dataclass(frozen=True, slots=True)
class Polygon:
    """The area inside *exterior* and outside every one of *holes*; each ring has three points or more, not closed."""

    class_id: int
    exterior: tuple[Point, ...]
    holes: tuple[tuple[Point, ...], ...] = ()

    def __post_init__(self) -> None:
        if any(len(ring) < 3 for ring in (self.exterior, *self.holes)):
            raise AnnotationError("a polygon's rings have at least three points")


@dataclass(frozen=True, slots=True)
class ImageTag:
    """*class_id* is *present* in the image, or is not."""

    class_id: int
    present: bool = True


@dataclass(frozen=True, slots=True)
class Annotation:
    """All vector annotations of one sample. Immutable: a change makes a new one, so that undo keeps the old."""

    boxes: tuple[Box, ...] = ()
    polygons: tuple[Polygon, ...] = ()
    tags: tuple[ImageTag, ...] = ()
    note: str = ""


def with_known_instances(boxes: Iterable[Box], segments: Mapping[int, int]) -> tuple[Box, ...]:
    """*boxes*, those without their instance that *segments* (class id by instance id) does not know as one of their
    class."""
    return tuple(
        box if box.instance is None or segments.get(box.instance) == box.class_id else replace(box, instance=None)
        for box in boxes
    )


class SampleState(StrEnum):
    """How far a sample has come."""

    TODO = "todo"
    IN_PROGRESS = "in_progress"
    DONE = "done"
    REVIEWED = "reviewed"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class Sample:
    """One image to be labelled: a file, or a *frame* (page, slice) of one."""

    id: int
    """Its number in the project: never used again for another."""
    path: Path
    frame: int = 0
    state: SampleState = SampleState.TODO
    uncertainty: float | None = field(default=None, compare=False)
    """How unsure the last prediction was, 0..1; ``None`` before any."""

    @property
    def name(self) -> str:
        """What people call it: the file's name; a frame after the first adds its number, counted from 1.

        Of one of several DICOM series in a folder, its number and description.
        """
        name = _SERIES_UID.sub("", self.path.name)
        return name if self.frame == 0 else f"{name} [{self.frame + 1}]"
