"""Several selected shapes become one, or an instance: each act is one step of undo."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QPainterPath, QPolygonF

from segstudio.app import instances
from segstudio.app.box_instances import around_all, follow_merge, into_instances
from segstudio.app.class_marks import refuse_locked
from segstudio.core.annotation import Box, Point, Polygon
from segstudio.core.errors import AnnotationError
from segstudio.core.geometry import Region
from segstudio.core.labels import FIRST_INSTANCE
from segstudio.gui.canvas.shapes import shape_path
from segstudio.gui.i18n import QT_TRANSLATE_NOOP
from segstudio.gui.tools.base import Hand
from segstudio.gui.tools.exchanging import Exchange, exchange_all, exchanged, polygon_pixels, segment_of
from segstudio.gui.tools.hit import Shape, area

MERGE = QT_TRANSLATE_NOOP("Edits", "Merge shapes")
GIVE = QT_TRANSLATE_NOOP("Edits", "Shapes to one instance")
GIVE_EACH = QT_TRANSLATE_NOOP("Edits", "Shapes to instances")
_LEAST_AREA = 1e-6
"""Square pixels: what less is left between polygons that touch is rounding."""


# ---- one shape


def merge(hand: Hand, shapes: Sequence[Shape]) -> Shape:
    """Make one shape of several: boxes become the box around them, polygons that touch the area of them all; what
    they are instances of becomes one too. The shape.

    Raises :class:`AnnotationError` for fewer than two, for boxes beside polygons, for shapes of different classes and
    for polygons of which one touches no other.
    """
    if len(shapes) < 2:
        raise AnnotationError("select two shapes or more to merge them")
    _refuse_many_classes(shapes)
    boxes = [shape for shape in shapes if isinstance(shape, Box)]
    polygons = [shape for shape in shapes if isinstance(shape, Polygon)]
    if boxes and polygons:
        raise AnnotationError("boxes and polygons cannot be merged with each other: select one kind")
    return _merge_boxes(hand, boxes) if boxes else _merge_polygons(hand, polygons)


def _refuse_many_classes(shapes: Sequence[Shape]) -> None:
    if len({shape.class_id for shape in shapes}) > 1:
        raise AnnotationError("shapes of different classes cannot become one: give them one class first")


def _merge_boxes(hand: Hand, boxes: Sequence[Box]) -> Box:
    document = hand.document
    numbers = list(dict.fromkeys(box.instance for box in boxes if box.instance is not None))
    with document.edit(MERGE):
        merged = around_all(boxes, numbers[0] if numbers else None)
        exchanges = [Exchange(box, merged if box is boxes[0] else None) for box in boxes]
        document.set_annotation(exchanged(document.annotation, exchanges))
        if len(numbers) > 1:
            instances.merge(document, numbers)
            document.set_active_instance(None)
    return next(box for box in document.annotation.boxes if box.as_tuple() == merged.as_tuple())


def _merge_polygons(hand: Hand, polygons: Sequence[Polygon]) -> Polygon:
    merged = united(polygons)
    document = hand.document
    numbers = list(dict.fromkeys(segment_of(hand, polygon) for polygon in polygons))
    numbers = [number for number in numbers if number >= FIRST_INSTANCE]
    with document.edit(MERGE):
        if len(numbers) > 1:
            instances.merge(document, numbers)
            document.set_active_instance(None)
        exchange_all(hand, [Exchange(p, merged if p is polygons[0] else None) for p in polygons], MERGE)
    return merged


def united(polygons: Sequence[Polygon]) -> Polygon:
    """The area of all *polygons* as one; :class:`AnnotationError` where one of them touches no other."""
    path = QPainterPath()
    for polygon in polygons:
        path = path.united(shape_path(polygon))
    rings = [ring for ring in map(_ring, path.simplified().toSubpathPolygons()) if _area(ring) > _LEAST_AREA]
    exteriors = [ring for ring in rings if not any(_holds(other, ring) for other in rings if other is not ring)]
    holes = [ring for ring in rings if ring not in exteriors]
    in_holes = any(_holds(hole, ring) for hole in holes for ring in holes if ring is not hole)
    if len(exteriors) != 1 or in_holes:
        raise AnnotationError("a polygon touches none of the others: give them to one instance instead")
    return Polygon(polygons[0].class_id, exteriors[0], tuple(holes))


def _ring(line: QPolygonF) -> tuple[Point, ...]:
    points = [(point.y(), point.x()) for point in line.toList()]
    if len(points) > 1 and points[0] == points[-1]:
        points.pop()
    return tuple(points)


def _area(ring: tuple[Point, ...]) -> float:
    return area(Polygon(0, ring)) if len(ring) > 2 else 0.0


def _holds(outer: tuple[Point, ...], inner: tuple[Point, ...]) -> bool:
    """Whether *inner*, which crosses *outer* nowhere but may touch it, lies in it."""
    within = QPolygonF([QPointF(x, y) for y, x in outer])
    inside = sum(within.containsPoint(QPointF(x, y), Qt.FillRule.OddEvenFill) for y, x in inner)
    return 2 * inside > len(inner) and _area(outer) > _area(inner)


# ---- instances


def give_to_one(hand: Hand, shapes: Sequence[Shape]) -> int:
    """Make *shapes* those of one instance, that of the first of them which has one, else a new one: with the pixels
    that are of it already, those of its class in them, and one box around their boxes. Its number.

    Raises :class:`AnnotationError` for shapes of different classes, for none, and where their class is locked.
    """
    if not shapes:
        raise AnnotationError("select the shapes of an object first")
    _refuse_many_classes(shapes)
    document = hand.document
    refuse_locked(document, shapes[0].class_id)
    with document.edit(GIVE):
        numbers = list(dict.fromkeys(number for shape in shapes if (number := _instance(hand, shape)) is not None))
        number = numbers[0] if numbers else document.labels.new_segment(shapes[0].class_id)
        _give(hand, [(shape, number) for shape in shapes if _instance(hand, shape) is None])
        if len(numbers) > 1:
            instances.merge(document, numbers)
        boxes = follow_merge(document.annotation.boxes, [number])
        document.set_annotation(replace(document.annotation, boxes=boxes))
    document.set_active_instance(None)
    return number


def give_each(hand: Hand, shapes: Sequence[Shape]) -> int:
    """Make an instance of each of *shapes* that is of none yet; how many. Pixels of its class in it are the
    instance's from then on. Raises as :func:`give_to_one` does, but shapes may be of different classes."""
    bare = [shape for shape in shapes if _instance(hand, shape) is None]
    if not bare:
        raise AnnotationError("select shapes first that are no instances yet")
    document = hand.document
    refuse_locked(document, *(shape.class_id for shape in bare))
    with document.edit(GIVE_EACH):
        _give(hand, [(shape, document.labels.new_segment(shape.class_id)) for shape in bare])
    return len(bare)


def _instance(hand: Hand, shape: Shape) -> int | None:
    """The instance that *shape* is of."""
    if isinstance(shape, Box):
        return shape.instance
    number = segment_of(hand, shape)
    return number if number >= FIRST_INSTANCE else None


def _give(hand: Hand, given: Sequence[tuple[Shape, int]]) -> None:
    """Boxes get the number beside them, and so do the pixels of its class alone in each shape."""
    if not given:
        return
    document = hand.document
    labels = document.labels
    boxes = [(shape, replace(shape, instance=number)) for shape, number in given if isinstance(shape, Box)]
    areas = [(shape, polygon_pixels(hand, shape), number) for shape, number in given if isinstance(shape, Polygon)]
    regions = [box.region for box, _ in boxes] + [place for _, (place, _), _ in areas]
    region = functools.reduce(Region.__or__, regions) & labels.region
    before = np.asarray(labels.ids[region.slices])
    ids = before.astype(np.uint16)
    for shape, (place, mask), number in areas:
        inside = place.shifted(-region.y0, -region.x0).slices
        ids[inside][mask & (ids[inside] == shape.class_id)] = number
    shifted = [
        replace(b, x0=b.x0 - region.x0, x1=b.x1 - region.x0, y0=b.y0 - region.y0, y1=b.y1 - region.y0) for _, b in boxes
    ]
    ids = into_instances(ids, shifted, labels.segments)
    labels.renumber(region, ids, ids != before)
    document.set_annotation(exchanged(document.annotation, [Exchange(old, new) for old, new in boxes]))
