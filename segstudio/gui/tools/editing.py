"""Changing boxes and polygons: moving them, pulling their points, adding points and taking them away."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from segstudio.core.annotation import Annotation, Box, Point, Polygon
from segstudio.gui.i18n import QT_TRANSLATE_NOOP
from segstudio.gui.tools.base import Cursor, Hand, Kind, Pointer, Strokes
from segstudio.gui.tools.exchanging import Exchange, exchange, exchange_all
from segstudio.gui.tools.hit import Shape, contains, handle_at, handles, rings, shape_at, shifted_together, side_at

MOVE = QT_TRANSLATE_NOOP("Edits", "Move shape")
CHANGE = QT_TRANSLATE_NOOP("Edits", "Change shape")
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
        return pull(hand, (shape,), lambda pointer: (pulled(shape, handle, _clamped(hand, pointer)),), CHANGE)
    side = _side(hand, shape, start) if isinstance(shape, Polygon) and not start.secondary else None
    if side is not None and isinstance(shape, Polygon):
        wider = with_point(shape, side, _clamped(hand, start))
        return pull(hand, (shape,), lambda pointer: (pulled(wider, side + 1, _clamped(hand, pointer)),), CHANGE)
    return None


def move(hand: Hand, shapes: tuple[Shape, ...], start: Pointer) -> Strokes:
    """Move *shapes* with the pointer, all by the same way, as far as the image goes."""
    return pull(hand, shapes, lambda to: shifted_together(shapes, hand.shape, to.y - start.y, to.x - start.x), MOVE)


def pull(hand: Hand, shapes: tuple[Shape, ...], changed: Callable[[Pointer], tuple[Shape, ...]], name: str) -> Strokes:
    """Show what *changed* makes of *shapes* until the release; then it is so."""
    hand.picks = hand.lifted = shapes
    result, pointer = shapes, None
    try:
        while pointer is None or pointer.kind is not Kind.RELEASE:
            pointer = yield
            result = hand.picks = changed(pointer)
        if result != shapes:
            exchange_all(hand, [Exchange(*pair) for pair in zip(shapes, result, strict=True)], name)
    except BaseException:
        hand.picks = shapes
        raise
    finally:
        hand.lifted = ()


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
    return shape_at(seen(hand), pointer.point, hand.reach, hand.pixel)


def seen(hand: Hand) -> Annotation:
    """The annotation with the shapes alone that can be seen: none of hidden classes."""
    annotation = hand.document.annotation
    if not hand.hidden:
        return annotation
    boxes = tuple(box for box in annotation.boxes if box.class_id not in hand.hidden)
    polygons = tuple(polygon for polygon in annotation.polygons if polygon.class_id not in hand.hidden)
    return replace(annotation, boxes=boxes, polygons=polygons)


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
    return replace(shape, x0=min(x0, x1), y0=min(y0, y1), x1=max(x0, x1), y1=max(y0, y1))


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
