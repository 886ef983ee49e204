"""Which shape, and which point or side of it, is under the pointer.

Positions are ``(y, x)`` in image pixels. What is near is so on the screen: *pixel* is the height and width of a pixel
there in proportion, and *reach* counts in the shorter one.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from segstudio.core.annotation import Annotation, Box, Point, Polygon

Shape = Box | Polygon
Proportions = tuple[float, float]
_SQUARE = (1.0, 1.0)


def rings(shape: Shape) -> tuple[tuple[Point, ...], ...]:
    """The closed lines of a shape, the outer one first; a box's corners clockwise from the upper left."""
    if isinstance(shape, Polygon):
        return (shape.exterior, *shape.holes)
    y0, x0, y1, x1 = float(shape.y0), float(shape.x0), float(shape.y1), float(shape.x1)
    return (((y0, x0), (y0, x1), (y1, x1), (y1, x0)),)


def handles(shape: Shape) -> list[Point]:
    """Where a shape can be taken: a polygon's points; a box's corners and side middles, clockwise."""
    if isinstance(shape, Polygon):
        return [point for ring in rings(shape) for point in ring]
    (corners,) = rings(shape)
    found = []
    for (ya, xa), (yb, xb) in zip(corners, (*corners[1:], corners[0]), strict=True):
        found += [(ya, xa), ((ya + yb) / 2, (xa + xb) / 2)]
    return found


def handle_at(shape: Shape, point: Point, reach: float, pixel: Proportions = _SQUARE) -> int | None:
    """Which of :func:`handles` is nearest to *point*, within *reach*."""
    high, wide = pixel
    distances = [max(high * abs(point[0] - y), wide * abs(point[1] - x)) for y, x in handles(shape)]
    nearest = min(range(len(distances)), key=distances.__getitem__)
    return nearest if distances[nearest] <= reach else None


def side_at(polygon: Polygon, point: Point, reach: float, pixel: Proportions = _SQUARE) -> int | None:
    """The side nearest to *point*, within *reach*, by the handle that it starts from."""
    distances = np.concatenate([_distances(np.array(ring), point, pixel) for ring in rings(polygon)])
    nearest = int(np.argmin(distances))
    return nearest if distances[nearest] <= reach else None


def shape_at(annotation: Annotation, point: Point, reach: float, pixel: Proportions = _SQUARE) -> Shape | None:
    """The smallest shape that holds *point*, or whose outline lies within *reach* of it."""
    hit = [(area(shape), place, shape) for place, shape in enumerate(_near(annotation, point, reach, pixel))]
    return min(hit)[2] if hit else None


def contains(shape: Shape, point: Point) -> bool:
    """Whether *point* lies inside the shape (and in none of its holes)."""
    return sum(_crossings(np.array(ring), point) for ring in rings(shape)) % 2 == 1


def outline_distance(shape: Shape, point: Point, pixel: Proportions = _SQUARE) -> float:
    """How far *point* is from the nearest side."""
    return min(float(_distances(np.array(ring), point, pixel).min()) for ring in rings(shape))


def area(shape: Shape) -> float:
    """The area inside the outer line."""
    y, x = np.array(rings(shape)[0]).T
    return abs(float(np.dot(x, np.roll(y, -1)) - np.dot(y, np.roll(x, -1)))) / 2


def shifted(shape: Shape, image: tuple[int, int], dy: float, dx: float) -> Shape:
    """*shape* moved by whole pixels, as far as an image of height and width *image* goes."""
    return shifted_together((shape,), image, dy, dx)[0]


def shifted_together(shapes: Sequence[Shape], image: tuple[int, int], dy: float, dx: float) -> tuple[Shape, ...]:
    """*shapes* moved by the same whole pixels, as far as the image goes for all of them."""
    if not shapes:
        return ()
    top, left, bottom, right = bounds(shapes)
    down = round(min(max(dy, -top), image[0] - bottom))
    aside = round(min(max(dx, -left), image[1] - right))
    return tuple(_moved(shape, down, aside) for shape in shapes)


def _moved(shape: Shape, down: int, aside: int) -> Shape:
    if isinstance(shape, Box):
        x0, y0, x1, y1 = shape.x0 + aside, shape.y0 + down, shape.x1 + aside, shape.y1 + down
        return replace(shape, x0=x0, y0=y0, x1=x1, y1=y1)
    moved = [tuple((y + down, x + aside) for y, x in ring) for ring in rings(shape)]
    return Polygon(shape.class_id, moved[0], tuple(moved[1:]))


def bounds(shapes: Sequence[Shape]) -> tuple[float, float, float, float]:
    """The least ``y`` and ``x`` and the greatest of one shape or more."""
    points = np.array([point for shape in shapes for point in rings(shape)[0]])
    (top, left), (bottom, right) = points.min(axis=0), points.max(axis=0)
    return float(top), float(left), float(bottom), float(right)


def _near(annotation: Annotation, point: Point, reach: float, pixel: Proportions) -> Iterator[Shape]:
    """The shapes that hold *point* or whose outline is near it, the newest first."""
    shapes: tuple[Shape, ...] = (*annotation.polygons, *annotation.boxes)
    for shape in reversed(shapes):
        if not _in_bounds(shape, point, reach):  # which no pixel of any proportions makes smaller
            continue
        if contains(shape, point) or outline_distance(shape, point, pixel) <= reach:
            yield shape


def _in_bounds(shape: Shape, point: Point, reach: float) -> bool:
    if isinstance(shape, Box):
        y0, x0, y1, x1 = float(shape.y0), float(shape.x0), float(shape.y1), float(shape.x1)
    else:
        ys, xs = zip(*shape.exterior, strict=True)
        y0, x0, y1, x1 = min(ys), min(xs), max(ys), max(xs)
    return y0 - reach <= point[0] <= y1 + reach and x0 - reach <= point[1] <= x1 + reach


def _crossings(ring: NDArray[np.float64], point: Point) -> int:
    """How many sides a line from *point* to the right crosses."""
    y, x = point
    following = np.roll(ring, -1, axis=0)
    between = (ring[:, 0] > y) != (following[:, 0] > y)
    start, end = ring[between], following[between]
    at = start[:, 1] + (y - start[:, 0]) * (end[:, 1] - start[:, 1]) / (end[:, 0] - start[:, 0])
    return int((at > x).sum())


def _distances(ring: NDArray[np.float64], point: Point, pixel: Proportions) -> NDArray[np.float64]:
    """From *point* to each side, the first from the first corner to the second."""
    start = ring * pixel
    side = np.roll(start, -1, axis=0) - start
    there = np.array(point) * pixel - start
    length = np.maximum((side**2).sum(axis=1), 1e-12)
    along = np.clip((there * side).sum(axis=1) / length, 0, 1)
    distances: NDArray[np.float64] = np.sqrt(((there - along[:, None] * side) ** 2).sum(axis=1))
    return distances
