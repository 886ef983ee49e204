"""Changing boxes and polygons: moving them, pulling their points, adding points and taking them away.

A polygon is an outline and the pixels inside it, of its class or of an instance of that. When it changes, the pixels
that it gains become what it is, and those that it loses lose their label, unless someone painted them otherwise in the
meantime; all others stay as they are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from segstudio.algorithms import raster
from segstudio.app.class_marks import refuse_locked
from segstudio.core.annotation import Annotation, Box, Point, Polygon
from segstudio.core.geometry import Region, tiles
from segstudio.core.labels import FIRST_INSTANCE, UNLABELLED, Provenance
from segstudio.core.tiled import SIDE
from segstudio.gui.i18n import QT_TRANSLATE_NOOP
from segstudio.gui.tools.base import Cursor, Hand, Kind, Mask, Pointer, Strokes
from segstudio.gui.tools.hit import Shape, contains, handle_at, handles, rings, shape_at, shifted, side_at

MOVE = QT_TRANSLATE_NOOP("Edits", "Move shape")
CHANGE = QT_TRANSLATE_NOOP("Edits", "Change shape")
DELETE = QT_TRANSLATE_NOOP("Edits", "Delete shape")

S = TypeVar("S", Box, Polygon)
_PULL: tuple[Cursor, ...] = ("falling", "vertical", "rising", "horizontal") * 2
_LEAST_POINTS = 3


# ---- drags


def grab(hand: Hand, start: Pointer) -> Strokes | None:
    """Pull the handle or side of the selected shape that the press is on; ``None`` where it is on none."""
    shape = hand.selected
    if shape is None:
        return None
    handle = handle_at(shape, start.point, hand.reach, hand.pixel)
    if handle is not None:
        if start.secondary:
            return _without_point(hand, shape, handle)
        return pull(hand, shape, lambda pointer: pulled(shape, handle, _clamped(hand, pointer)), CHANGE)
    side = _side(hand, shape, start) if isinstance(shape, Polygon) and not start.secondary else None
    if side is not None and isinstance(shape, Polygon):
        wider = with_point(shape, side, _clamped(hand, start))
        return pull(hand, shape, lambda pointer: pulled(wider, side + 1, _clamped(hand, pointer)), CHANGE)
    return None


def move(hand: Hand, shape: Shape, start: Pointer) -> Strokes:
    """Move *shape* with the pointer, as far as the image goes."""
    return pull(hand, shape, lambda pointer: moved(hand, shape, start, pointer), MOVE)


def pull(hand: Hand, shape: Shape, changed: Callable[[Pointer], Shape], name: str) -> Strokes:
    """Show what *changed* makes of *shape* until the release; then it is so."""
    hand.selected = hand.lifted = shape
    result, pointer = shape, None
    try:
        while pointer is None or pointer.kind is not Kind.RELEASE:
            pointer = yield
            result = hand.selected = changed(pointer)
        if result != shape:
            exchange(hand, shape, result, name)
    except BaseException:
        hand.selected = shape
        raise
    finally:
        hand.lifted = None


def hover(hand: Hand, pointer: Pointer) -> Cursor | None:
    """What a press would pull of the selected shape."""
    shape = hand.selected
    if shape is None:
        return None
    handle = handle_at(shape, pointer.point, hand.reach, hand.pixel)
    if handle is not None:
        return _PULL[handle] if isinstance(shape, Box) else "point"
    on_side = isinstance(shape, Polygon) and _side(hand, shape, pointer) is not None
    return "point" if on_side else None


def target(hand: Hand, pointer: Pointer) -> Shape | None:
    """The shape that a click here selects."""
    annotation = hand.document.annotation
    if hand.hidden:
        boxes = tuple(box for box in annotation.boxes if box.class_id not in hand.hidden)
        polygons = tuple(polygon for polygon in annotation.polygons if polygon.class_id not in hand.hidden)
        annotation = replace(annotation, boxes=boxes, polygons=polygons)
    return shape_at(annotation, pointer.point, hand.reach, hand.pixel)


def holds(shape: Shape | None, pointer: Pointer) -> bool:
    """Whether the pointer is inside *shape*."""
    return shape is not None and contains(shape, pointer.point)


def _side(hand: Hand, polygon: Polygon, pointer: Pointer) -> int | None:
    return side_at(polygon, pointer.point, hand.reach, hand.pixel)


def _without_point(hand: Hand, shape: Shape, handle: int) -> Strokes:
    fewer = without_point(shape, handle) if isinstance(shape, Polygon) else shape
    if fewer != shape:
        exchange(hand, shape, fewer, CHANGE)
        hand.selected = fewer
    yield from ()


# ---- shapes changed


def pulled(shape: Shape, handle: int, to: Point) -> Shape:
    """*shape* with one of its handles at *to*; a box keeps at least a pixel."""
    if isinstance(shape, Polygon):
        return _with_points(shape, lambda points: [*points[:handle], to, *points[handle + 1 :]])
    y, x = round(to[0]), round(to[1])
    x0, y0, x1, y1 = shape.x0, shape.y0, shape.x1, shape.y1
    y0, y1 = (y, y1) if handle in (0, 1, 2) else (y0, y) if handle in (4, 5, 6) else (y0, y1)
    x0, x1 = (x, x1) if handle in (0, 6, 7) else (x0, x) if handle in (2, 3, 4) else (x0, x1)
    y1, x1 = y1 + (y0 == y1), x1 + (x0 == x1)
    return Box(shape.class_id, min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1))


def moved(hand: Hand, shape: Shape, start: Pointer, to: Pointer) -> Shape:
    """*shape* moved by whole pixels, kept on the image."""
    return shifted(shape, hand.shape, to.y - start.y, to.x - start.x)


def with_point(polygon: Polygon, side: int, point: Point) -> Polygon:
    """*polygon* with another point on the side that starts from its point number *side*."""
    first = 0
    grown = []
    for ring in rings(polygon):
        at = side - first
        grown.append((*ring[: at + 1], point, *ring[at + 1 :]) if 0 <= at < len(ring) else ring)
        first += len(ring)
    return Polygon(polygon.class_id, grown[0], tuple(grown[1:]))


def without_point(polygon: Polygon, handle: int) -> Polygon:
    """*polygon* without one of its points; a hole of three goes with it, an outline of three stays."""
    first = 0
    left = []
    for ring in rings(polygon):
        at = handle - first
        first += len(ring)
        if not 0 <= at < len(ring):
            left.append(ring)
        elif len(ring) > _LEAST_POINTS:
            left.append((*ring[:at], *ring[at + 1 :]))
        elif ring is polygon.exterior:
            return polygon
    return Polygon(polygon.class_id, left[0], tuple(left[1:]))


def _with_points(polygon: Polygon, change: Callable[[list[Point]], list[Point]]) -> Polygon:
    points = change(handles(polygon))
    parts, first = [], 0
    for ring in rings(polygon):
        parts.append(tuple(points[first : first + len(ring)]))
        first += len(ring)
    return Polygon(polygon.class_id, parts[0], tuple(parts[1:]))


def _clamped(hand: Hand, pointer: Pointer) -> Point:
    height, width = hand.shape
    return min(max(pointer.y, 0.0), float(height)), min(max(pointer.x, 0.0), float(width))


# ---- into the document


def exchange(hand: Hand, old: Shape | None, new: Shape | None, name: str, *, segment: int | None = None) -> None:
    """Put *new* in the place of *old* (add it, take it away), with a polygon's pixels, as one edit.

    The pixels of a polygon that is added become *segment*, an instance of its class; none given: its class alone.
    Raises :class:`~segstudio.core.errors.AnnotationError` for a polygon whose class is locked.
    """
    document = hand.document
    if isinstance(old, Polygon):
        refuse_locked(document, old.class_id)
    with document.edit(name):
        document.set_annotation(_exchanged(document.annotation, old, new))
        if isinstance(old, Polygon) or isinstance(new, Polygon):
            _cover(hand, old, new, segment)


def _exchanged(annotation: Annotation, old: Shape | None, new: Shape | None) -> Annotation:
    boxes = _replaced(annotation.boxes, old, new) if isinstance(old or new, Box) else annotation.boxes
    polygons = _replaced(annotation.polygons, old, new) if isinstance(old or new, Polygon) else annotation.polygons
    return replace(annotation, boxes=boxes, polygons=polygons)  # type: ignore[arg-type]  # each got its own kind


def _replaced(shapes: tuple[Shape, ...], old: Shape | None, new: Shape | None) -> tuple[Shape, ...]:
    put = (new,) if new is not None else ()
    if old is None:
        return (*shapes, *put)
    place = shapes.index(old)
    return (*shapes[:place], *put, *shapes[place + 1 :])


def segment_of(hand: Hand, polygon: Polygon) -> int:
    """What the pixels of *polygon* are: the instance of its class, or the class itself, that a person gave most of
    them."""
    region, mask = _pixels(hand, polygon)
    labels = hand.document.labels
    said = mask & (labels.provenance[region.slices] == Provenance.HUMAN) if not region.empty else mask
    areas = np.bincount(np.asarray(labels.ids[region.slices])[said]) if said.any() else np.zeros(0, int)
    own = [int(i) for i in np.flatnonzero(areas) if labels.class_of(int(i)) == polygon.class_id]
    return max(own, key=lambda number: int(areas[number]), default=polygon.class_id)


def _cover(hand: Hand, old: Shape | None, new: Shape | None, segment: int | None) -> None:
    labels = hand.document.labels
    before, after = _pixels(hand, old), _pixels(hand, new)
    region = before[0] | after[0]
    if region.empty:
        return
    was, is_now = _placed(before, region), _placed(after, region)
    value = segment if segment is not None else new.class_id if new is not None else UNLABELLED
    if isinstance(old, Polygon):
        number = segment_of(hand, old)
        own = (labels.ids[region.slices] == number) & (labels.provenance[region.slices] == Provenance.HUMAN)
        if isinstance(new, Polygon):
            value = number if old.class_id == new.class_id else _of_class(hand, number, own & was, new.class_id)
        labels.write(region, UNLABELLED, was & ~is_now & own, source=Provenance.HUMAN)
        if new is None:
            _forget_empty(hand, number)
    if isinstance(new, Polygon):
        recolored = not isinstance(old, Polygon) or old.class_id != new.class_id
        gained = is_now if recolored else is_now & ~was
        labels.write(region, value, gained, source=Provenance.HUMAN)


def _of_class(hand: Hand, number: int, own: Mask, class_id: int) -> int:
    """What the pixels of a polygon become with another class: the same instance, of that class now, where all of it is
    in the polygon; else another."""
    labels = hand.document.labels
    if number < FIRST_INSTANCE:
        return class_id
    if sum(np.count_nonzero(part == number) for part in _parts(hand)) > np.count_nonzero(own):
        return labels.new_segment(class_id)
    labels.set_segments(dict(labels.segments) | {number: class_id})
    return number


def _forget_empty(hand: Hand, number: int) -> None:
    """Take an instance away that has lost its last pixel with its polygon."""
    document = hand.document
    if number >= FIRST_INSTANCE and not any((part == number).any() for part in _parts(hand)):
        document.labels.set_segments({s: c for s, c in document.labels.segments.items() if s != number})
        document.set_active_instance(document.active_instance)


def _parts(hand: Hand) -> Iterator[NDArray[np.uint16]]:
    """The segment ids of the image, piece by piece: the whole of a very large one is never there at once."""
    labels = hand.document.labels
    return (labels.ids[(tile & labels.region).slices] for tile in tiles(labels.region, SIDE))


def _pixels(hand: Hand, shape: Shape | None) -> tuple[Region, Mask]:
    if not isinstance(shape, Polygon):
        return Region(0, 0, 0, 0), np.zeros((0, 0), bool)
    return raster.polygon(np.array(shape.exterior), hand.shape, holes=[np.array(hole) for hole in shape.holes])


def _placed(part: tuple[Region, Mask], region: Region) -> Mask:
    whole = np.zeros(region.shape, bool)
    if not part[0].empty:
        whole[part[0].shifted(-region.y0, -region.x0).slices] = part[1]
    return whole
