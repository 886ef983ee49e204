"""Instances: objects of one class told apart. Each act is one step of undo on the sample at hand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from segstudio.app.box_instances import follow_merge
from segstudio.app.class_marks import refuse_locked
from segstudio.app.document import Document
from segstudio.core.annotation import Box
from segstudio.core.errors import AnnotationError
from segstudio.core.geometry import Region
from segstudio.core.labels import FIRST_INSTANCE, MAX_SEGMENT, UNLABELLED, Provenance


@dataclass(frozen=True, slots=True)
class Instance:
    """An instance as a list shows it."""

    segment: int
    class_id: int
    area: int
    """Pixels."""
    region: Region
    """The smallest that holds its pixels; its box where it has none, and empty where it has no box either."""


def instances(document: Document) -> list[Instance]:
    """All instances of the sample at hand, by number."""
    segments = document.labels.segments
    if not segments:
        return []
    from scipy import ndimage  # a third of a second that an image without instances need not pay

    ids = np.asarray(document.labels.ids)
    areas = np.bincount(ids.ravel(), minlength=max(segments) + 1)
    places = ndimage.find_objects(ids.astype(np.int32, copy=False))
    boxed = {box.instance: box.region for box in document.annotation.boxes if box.instance is not None}
    found = []
    for segment, class_id in sorted(segments.items()):
        place = places[segment - 1] if segment <= len(places) else None
        region = boxed.get(segment, Region(0, 0, 0, 0)) if place is None else _region(place)
        found.append(Instance(segment, class_id, int(areas[segment]), region))
    return found


def new(document: Document) -> int:
    """A new instance of the active class, which strokes are drawn on from now on; its number."""
    with document.edit("New instance"):
        segment = document.labels.new_segment(document.active_class)
    document.set_active_instance(segment)
    return segment


def merge(document: Document, segments: Sequence[int]) -> int:
    """Make one instance of several: the first takes the pixels of the others, and their boxes become one. Its number.

    Raises :class:`AnnotationError` for fewer than two, and for instances of different classes.
    """
    chosen = _known(document, segments)
    if len(chosen) < 2:
        raise AnnotationError("choose two instances or more to merge")
    table = document.labels.segments
    if len({table[segment] for segment in chosen}) > 1:
        raise AnnotationError("instances of different classes cannot be merged: give them one class first")
    first, *others = chosen
    with document.edit("Merge instances"):
        where = np.isin(document.labels.ids, others)
        _renumber(document, where, np.full(where.shape, first, np.uint16))
        document.labels.set_segments({s: c for s, c in table.items() if s not in others})
        _set_boxes(document, follow_merge(document.annotation.boxes, chosen))
    document.set_active_instance(first)
    return first


def split(document: Document, segment: int) -> list[int]:
    """Make an instance of each unconnected part of one; the largest part keeps its number. All numbers.

    Raises :class:`AnnotationError` where it is in one piece.
    """
    (known,) = _known(document, [segment])
    where = document.labels.ids == known
    parts, sizes = _parts(where)
    if len(sizes) < 2:
        number = known - FIRST_INSTANCE + 1  # people count from 1
        raise AnnotationError(f"instance {number} is in one piece: erase a line through it first")
    with document.edit("Split instance"):
        numbers = _numbers(document, sizes, document.labels.segments[known], first=known)
        _renumber(document, where, numbers[parts])
    return [int(number) for number in numbers[1:]]


def components(document: Document, class_id: int) -> list[int]:
    """Make an instance of each connected region of a class that is not one yet; their numbers, the largest first.

    Raises :class:`AnnotationError` where there is no such region, and where there are more than a label map can hold.
    """
    where = document.labels.ids == class_id
    parts, sizes = _parts(where)
    if not len(sizes):
        name = document.classes[class_id].name if class_id in document.classes else str(class_id)
        raise AnnotationError(f"there are no pixels of {name} that are not an instance yet")
    with document.edit("Components to instances"):
        numbers = _numbers(document, sizes, class_id)
        _renumber(document, where, numbers[parts])
    return [int(number) for number in numbers[1:]]


def delete(document: Document, segments: Sequence[int]) -> None:
    """Take instances away with their boxes; their pixels are unlabelled.

    Raises :class:`AnnotationError` where their class is locked.
    """
    chosen = _known(document, segments)
    refuse_locked(document, *(document.labels.segments[segment] for segment in chosen))
    with document.edit("Delete instance"):
        where = np.isin(document.labels.ids, chosen)
        if where.any():
            region = _box(where)
            document.labels.write(region, UNLABELLED, where[region.slices], source=Provenance.HUMAN)
        document.labels.set_segments({s: c for s, c in document.labels.segments.items() if s not in chosen})
        _set_boxes(document, [box for box in document.annotation.boxes if box.instance not in chosen])
    document.set_active_instance(document.active_instance)


def set_class(document: Document, segments: Sequence[int], class_id: int) -> None:
    """Say that instances, and their boxes, are of another class: a human's word, so their pixels are a human's from
    now on."""
    chosen = _known(document, segments)
    if class_id not in document.classes:
        raise AnnotationError(f"there is no class {class_id}; there are {document.classes.describe()}")
    refuse_locked(document, class_id, *(document.labels.segments[segment] for segment in chosen))
    with document.edit("Class of instance"):
        where = np.isin(document.labels.ids, chosen)
        document.labels.set_segments(dict(document.labels.segments) | dict.fromkeys(chosen, class_id))
        boxes = document.annotation.boxes
        _set_boxes(document, [replace(b, class_id=class_id) if b.instance in chosen else b for b in boxes])
        if where.any():
            region = _box(where)
            document.labels.write(
                region, document.labels.ids[region.slices], where[region.slices], source=Provenance.HUMAN
            )


def _set_boxes(document: Document, boxes: Sequence[Box]) -> None:
    """Inside an edit: the annotation with these *boxes*."""
    if tuple(boxes) != document.annotation.boxes:
        document.set_annotation(replace(document.annotation, boxes=tuple(boxes)))


def _known(document: Document, segments: Sequence[int]) -> list[int]:
    chosen = list(dict.fromkeys(int(segment) for segment in segments))
    unknown = [segment for segment in chosen if segment not in document.labels.segments]
    if unknown or not chosen:
        raise AnnotationError(f"there is no instance {unknown[0]}" if unknown else "choose an instance first")
    return chosen


def _parts(where: NDArray[np.bool_]) -> tuple[NDArray[np.int32], NDArray[np.intp]]:
    """Numbers of the connected regions, ``(H, W)`` from 1 with 0 elsewhere, by size, and their sizes."""
    from scipy import ndimage

    numbered, count = ndimage.label(where, structure=np.ones((3, 3)))
    sizes = np.bincount(numbered.ravel(), minlength=count + 1)[1:]
    order = np.argsort(-sizes, kind="stable")
    rank = np.zeros(count + 1, np.int32)
    rank[1 + order] = np.arange(1, count + 1)
    return rank[numbered], sizes[order]


def _numbers(
    document: Document, sizes: NDArray[np.intp], class_id: int, *, first: int | None = None
) -> NDArray[np.uint16]:
    """New segment ids for regions 1, 2, ... (0 at place 0); the *first* region may have one already."""
    labels = document.labels
    wanted = len(sizes) - (first is not None)
    free = MAX_SEGMENT - max(labels.segments, default=FIRST_INSTANCE - 1)
    if wanted > free:
        raise AnnotationError(f"{len(sizes)} regions are more than a label map can tell apart; clean up specks first")
    known = [] if first is None else [first]
    return np.array([0, *known, *(labels.new_segment(class_id) for _ in range(wanted))], np.uint16)


def _renumber(document: Document, where: NDArray[np.bool_], ids: NDArray[np.uint16]) -> None:
    if where.any():
        region = _box(where)
        document.labels.renumber(region, ids[region.slices], where[region.slices])


def _box(where: NDArray[np.bool_]) -> Region:
    rows, columns = np.flatnonzero(where.any(1)), np.flatnonzero(where.any(0))
    return Region(int(rows[0]), int(columns[0]), int(rows[-1]) + 1, int(columns[-1]) + 1)


def _region(place: Sequence[slice]) -> Region:
    y, x = place
    return Region(y.start, x.start, y.stop, x.stop)
