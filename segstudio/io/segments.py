"""The objects in a label map: its instances, and the connected regions of classes that have none."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from segstudio.core.classes import LabelClass
from segstudio.core.geometry import Region
from segstudio.core.labels import FIRST_INSTANCE, UNLABELLED

_NOWHERE = Region(0, 0, 0, 0)
_BACKGROUND_NAMES = frozenset(
    ("background", "bg", "bkg", "背景", "hintergrund", "fond", "arrière-plan", "fondo", "sfondo", "фон", "배경")
)


@dataclass(frozen=True, eq=False)
class Segment:
    """One object: its class, the smallest region that holds it, and which pixels of that region it owns."""

    class_id: int
    instance: int | None
    """Its id in the label map (256 and up), or ``None`` for a connected region of class pixels."""
    region: Region
    mask: NDArray[np.bool_]
    """``region.shape``."""
    box: Region = field(default=_NOWHERE)
    """What the object is said to reach over, seen or not: the box that was drawn around it; none drawn: *region*."""

    def __post_init__(self) -> None:
        if self.box is _NOWHERE:
            object.__setattr__(self, "box", self.region)

    @property
    def boxed(self) -> bool:
        """Whether the box says more than the pixels do."""
        return self.box != self.region

    @property
    def area(self) -> int:
        """In pixels."""
        return int(np.count_nonzero(self.mask))


def is_background(label: LabelClass) -> bool:
    """Whether a class is what lies behind all objects: id 0 and called so. Such a class has no objects."""
    return label.id == 0 and label.name.strip(" _").lower() in _BACKGROUND_NAMES


def segments(ids: NDArray[np.uint16], table: Mapping[int, int], *, skip: Collection[int] = ()) -> Iterator[Segment]:
    """The objects of a label map *ids* ``(H, W)`` with its segment *table* (class by instance id).

    Classes first, each 8-connected region of their pixels an object; then instances, each one object whether or not it
    is in one piece. Unlabelled pixels, instances that the table does not know and classes in *skip* are left out.
    """
    if 0 not in skip:  # below, 0 stands for no object
        yield from _pieces(0, ids, Region.of(ids.shape))
    for index, found in enumerate(ndimage.find_objects(ids)):
        value = index + 1
        if found is None or value == UNLABELLED:
            continue
        region = Region(found[0].start, found[1].start, found[0].stop, found[1].stop)
        if value < FIRST_INSTANCE:
            if value not in skip:
                yield from _pieces(value, ids, region)
        elif table.get(value, UNLABELLED) not in (UNLABELLED, *skip):
            yield Segment(table[value], value, region, ids[found] == value)


def cropped(mask: NDArray[np.bool_]) -> tuple[Region, NDArray[np.bool_]]:
    """The smallest region of *mask* ``(H, W)`` that holds all that is true, and its part of the mask; perhaps empty."""
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    if not rows.size:
        return Region(0, 0, 0, 0), np.zeros((0, 0), np.bool_)
    region = Region(int(rows[0]), int(columns[0]), int(rows[-1]) + 1, int(columns[-1]) + 1)
    return region, np.ascontiguousarray(mask[region.slices])


def _pieces(class_id: int, ids: NDArray[np.uint16], found: Region) -> Iterator[Segment]:
    """The 8-connected regions of *class_id*, all of which lie in *found*."""
    mask = ids[found.slices] == class_id
    _, pieces, boxes, _ = cv2.connectedComponentsWithStats(mask.view(np.uint8), connectivity=8)
    for piece, (x, y, width, height, _) in enumerate(boxes.tolist()):
        if piece:  # 0 is what lies around the pieces
            own = pieces[y : y + height, x : x + width] == piece
            yield Segment(class_id, None, Region(y, x, y + height, x + width).shifted(found.y0, found.x0), own)
