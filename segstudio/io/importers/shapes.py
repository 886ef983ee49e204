"""Outlines of objects as data sets write them: what can be wrong with them, and their pixels."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from segstudio.algorithms.raster import polygon
from segstudio.core.annotation import Box
from segstudio.core.errors import MaskError
from segstudio.core.geometry import Region
from segstudio.core.labels import FIRST_INSTANCE, MAX_SEGMENT
from segstudio.io.importers.base import ImportedLabels

_OVER_THE_EDGE = 1.0
"""Pixels by which rounding may put a point outside of the image."""
_ROWS = 256
_ROUNDING = 1e-6
"""Square pixels."""


@dataclass(frozen=True, eq=False)
class Drawn:
    """The pixels of one object."""

    class_id: int
    region: Region
    mask: NDArray[np.bool_]
    instance: bool = True
    """Whether it is an object of its own; else its pixels belong to the class alone."""
    box: Region | None = None
    """The box that was drawn around it, where one was."""


class Trouble(NamedTuple):
    """What is wrong with an outline."""

    reason: str
    lost: bool
    """Whether nothing can be drawn; else what is drawn is not quite what was written."""


def as_ring(values: object) -> NDArray[np.float64] | None:
    """``(N, 2)`` points (y, x) from a flat list ``x, y, x, y ...`` or a list of pairs; ``None`` where it is neither."""
    try:
        points = np.asarray(values, np.float64)
    except (TypeError, ValueError):
        return None
    if points.ndim == 1 and points.size % 2 == 0:
        points = points.reshape(-1, 2)
    if points.ndim != 2 or points.shape[1] != 2 or not np.isfinite(points).all():
        return None
    return np.ascontiguousarray(points[:, ::-1])


def ring_trouble(ring: NDArray[np.float64] | None, shape: tuple[int, int]) -> Trouble | None:
    """What is wrong with an outline ``(N, 2)`` (y, x) on an image of *shape* (H, W), or ``None``."""
    if ring is None:
        return Trouble("a polygon is a list of numbers x, y, x, y ...", lost=True)
    if len(ring) < 3:
        return Trouble("the polygon has fewer than three points", lost=True)
    low, high = ring.min(axis=0), ring.max(axis=0)
    if (high <= 0).any() or (low >= shape).any():
        return Trouble("the polygon lies outside of the image", lost=True)
    if (low < -_OVER_THE_EDGE).any() or (high > np.add(shape, _OVER_THE_EDGE)).any():
        return Trouble("the polygon reaches outside of the image and is cut off there", lost=False)
    if crosses_itself(ring):
        return Trouble("the polygon crosses itself", lost=False)
    return None


def crosses_itself(ring: NDArray[np.float64]) -> bool:
    """Whether two edges of the closed line *ring* ``(N, 2)`` cross in their midst; touching is not crossing.

    A slit, along which the line runs forth and back, encloses nothing and may cross what it likes.
    """
    start, end = ring, np.roll(ring, -1, axis=0)
    edges = {(*a, *b) for a, b in zip(start.tolist(), end.tolist(), strict=True)}
    alone = np.array([(*b, *a) not in edges for a, b in zip(start.tolist(), end.tolist(), strict=True)])
    start, end = start[alone], end[alone]
    left, right = np.minimum(start[:, 1], end[:, 1]), np.maximum(start[:, 1], end[:, 1])
    order = np.argsort(left)  # edges that lie near each other, so that each meets few others
    for first in range(0, len(order), _ROWS):
        block = order[first : first + _ROWS]
        near = (left <= right[block].max()) & (right >= left[block].min())
        a, b, c, d = start[block, None], end[block, None], start[near], end[near]
        between = _side(a, b, c) * _side(a, b, d) < 0
        if (between & (_side(c, d, a) * _side(c, d, b) < 0)).any():
            return True
    return False


def _side(a: NDArray[np.float64], b: NDArray[np.float64], point: NDArray[np.float64]) -> NDArray[np.float64]:
    """On which side of the line from *a* to *b* each *point* lies: 1, -1, or 0 on it but for rounding."""
    across = (b[..., 0] - a[..., 0]) * (point[..., 1] - a[..., 1]) - (b[..., 1] - a[..., 1]) * (
        point[..., 0] - a[..., 0]
    )
    side: NDArray[np.float64] = np.sign(across) * (np.abs(across) > _ROUNDING)
    return side


def turned_box(
    box: tuple[float, float, float, float], degrees: float, pivot: tuple[float, float]
) -> NDArray[np.float64]:
    """The corners ``(4, 2)`` (x, y) of x0, y0, x1, y1 turned clockwise, as seen on the screen, about *pivot* (x, y)."""
    x0, y0, x1, y1 = box
    return _turned(np.array([[x0, y0], [x1, y0], [x1, y1], [x0, y1]], np.float64), degrees, pivot)


def ellipse(centre: tuple[float, float], radii: tuple[float, float], degrees: float) -> NDArray[np.float64]:
    """Points ``(N, 2)`` (x, y) of an ellipse with *radii* along x and y, turned clockwise about its centre."""
    angles = np.linspace(0, 2 * np.pi, 64, endpoint=False)
    points = np.stack([np.cos(angles), np.sin(angles)], axis=1) * radii + centre
    return _turned(points, degrees, centre)


def _turned(points: NDArray[np.float64], degrees: float, pivot: tuple[float, float]) -> NDArray[np.float64]:
    angle = np.deg2rad(degrees)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    turned: NDArray[np.float64] = (points - pivot) @ turn.T + pivot
    return turned


def draw_polygon(class_id: int, exterior: ArrayLike, shape: tuple[int, int]) -> Drawn:
    """The pixels of the image whose centre lies in a polygon, perhaps none."""
    return Drawn(class_id, *polygon(exterior, shape))


def joined(parts: Sequence[Drawn]) -> Drawn:
    """Several parts of one object as one."""
    region = functools.reduce(Region.__or__, (part.region for part in parts))
    mask = np.zeros(region.shape, np.bool_)
    for part in parts:
        mask[part.region.shifted(-region.y0, -region.x0).slices] |= part.mask
    return Drawn(parts[0].class_id, region, mask, parts[0].instance, parts[0].box)


def clipped_box(class_id: int, x0: float, y0: float, x1: float, y1: float, shape: tuple[int, int]) -> Box | None:
    """A box of whole pixels inside the image; ``None`` where nothing of it lies there."""
    left, right = sorted((round(x0), round(x1)))
    top, bottom = sorted((round(y0), round(y1)))
    left, top, right, bottom = max(0, left), max(0, top), min(shape[1], right), min(shape[0], bottom)
    return Box(class_id, left, top, right, bottom) if left < right and top < bottom else None


def sized_box(class_id: int, value: object, shape: tuple[int, int]) -> Box | None:
    """As :func:`clipped_box` from a list of x, y, width and height; ``None`` also where it is no such list."""
    if not isinstance(value, list) or len(value) != 4 or not all(isinstance(each, int | float) for each in value):
        return None
    if not np.isfinite(value).all():
        return None
    x, y, width, height = value
    return clipped_box(class_id, x, y, x + width, y + height, shape)


def paint(path: Path, objects: Iterable[Drawn], shape: tuple[int, int], rest: int) -> ImportedLabels:
    """A label map of *shape* with each object an instance, on pixels of class *rest*.

    A label map holds one object for each pixel: where objects overlap, the smaller one is on top, as what is seen
    before a larger thing hides a part of it. Raises :class:`~segstudio.core.errors.MaskError` naming *path* where there
    are more objects than a label map holds.
    """
    ids = np.full(shape, rest, np.uint16)
    segments: dict[int, int] = {}
    boxes: dict[int, Region] = {}
    ordered = sorted(objects, key=lambda drawn: (drawn.instance, -int(np.count_nonzero(drawn.mask))))
    for drawn in ordered:
        value = drawn.class_id
        if drawn.instance:
            value = FIRST_INSTANCE + len(segments)
            if value > MAX_SEGMENT:
                raise MaskError(path, "it has more objects than a label map can tell apart")
            segments[value] = drawn.class_id
            if drawn.box is not None and drawn.box != drawn.region:
                boxes[value] = drawn.box
        ids[drawn.region.slices][drawn.mask] = value
    return ImportedLabels(ids, segments, boxes=boxes)
