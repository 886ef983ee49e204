"""Shapes to pixels and back: strokes, discs and polygons become masks, masks become outlines.

Positions are ``(y, x)`` on the plane on which pixel ``(i, j)`` covers ``[i, i + 1) x [j, j + 1)``: its centre is
``(i + 0.5, j + 0.5)`` and an image spans ``[0, H] x [0, W]``. A shape owns the pixels whose centre it holds. A mask
comes with the :class:`~segstudio.core.geometry.Region` of the image that it covers, clipped to the image; work and
memory are bounded by that region, whatever the size of the image.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import ArrayLike, NDArray

from segstudio.core.errors import AnnotationError, OptionError
from segstudio.core.geometry import Region

Mask = NDArray[np.bool_]
Point = tuple[float, float]
Ring = NDArray[np.float64]
"""``(N, 2)`` vertices ``(y, x)`` of a closed line; the last joins the first, which is not repeated."""

_NOTHING = Region(0, 0, 0, 0)


@dataclass(frozen=True, eq=False)
class Outline:
    """A polygon with holes."""

    exterior: Ring
    """Clockwise as seen on the screen (y down)."""
    holes: tuple[Ring, ...] = ()
    """Counter-clockwise."""


def stroke(
    start: Point, end: Point, radius: float, shape: tuple[int, ...], *, pixel: tuple[float, float] = (1.0, 1.0)
) -> tuple[Region, Mask]:
    """The pixels within *radius* of the line from *start* to *end*: a piece of a stroke with round caps.

    The pixels that hold the two ends always belong to it, so that the thinnest stroke leaves an unbroken
    (8-connected) trace.

    :param radius: in pixels, along their shorter side where they are not square; at least 0.5.
    :param shape: ``(H, W, ...)`` of the image.
    :param pixel: height and width of a pixel in proportion, the shorter one 1. Where they differ the stroke is as wide
        in every direction on the ground that the image shows, and at least one pixel everywhere.
    :returns: the region touched, clipped to the image (perhaps empty), and its ``bool`` mask.
    :raises AnnotationError: a position is not finite.
    :raises OptionError: the radius is below 0.5 or not finite.
    """
    _check_finite(start, end)
    if not (math.isfinite(radius) and radius >= 0.5):
        raise OptionError(f"a brush has a radius of at least half a pixel, not {radius}")
    (ya, xa), (yb, xb) = start, end
    high, wide = max(radius / pixel[0], 0.5), max(radius / pixel[1], 0.5)
    region = _clipped(min(ya, yb) - high, min(xa, xb) - wide, max(ya, yb) + high, max(xa, xb) + wide, shape)
    if region.empty:
        return _NOTHING, np.zeros((0, 0), np.bool_)
    mask = _within(start, end, radius, region, pixel)
    if max(pixel) > 2 * radius:  # a line thinner than a pixel may pass between their centres
        mask |= _within(start, end, 0.5, region, (1.0, 1.0))
    for py, px in (start, end):
        row, column = math.floor(py) - region.y0, math.floor(px) - region.x0
        if 0 <= row < region.height and 0 <= column < region.width:
            mask[row, column] = True
    return region, mask


def _within(start: Point, end: Point, radius: float, region: Region, pixel: tuple[float, float]) -> Mask:
    """Which pixels of *region* have their centre within *radius* of a line; *pixel* is their height and width."""
    y = (np.arange(region.y0, region.y1)[:, None] + (0.5 - start[0])) * pixel[0]
    x = (np.arange(region.x0, region.x1)[None, :] + (0.5 - start[1])) * pixel[1]
    dy, dx = (end[0] - start[0]) * pixel[0], (end[1] - start[1]) * pixel[1]
    length = dy * dy + dx * dx
    if length > 0:
        along = np.clip((y * dy + x * dx) / length, 0, 1)
        squared = (y - along * dy) ** 2 + (x - along * dx) ** 2
    else:
        squared = y * y + x * x
    inside: Mask = squared <= radius * radius
    return inside


def disc(centre: Point, radius: float, shape: tuple[int, ...]) -> tuple[Region, Mask]:
    """The pixels within *radius* of *centre*: a :func:`stroke` that does not move."""
    return stroke(centre, centre, radius, shape)


def polygon(exterior: ArrayLike, shape: tuple[int, ...], *, holes: Sequence[ArrayLike] = ()) -> tuple[Region, Mask]:
    """The pixels whose centre lies inside a polygon and in none of its holes (even-odd rule).

    A centre on an edge belongs to the shape below or to the right of the edge, so that polygons which share edges
    neither overlap nor leave a gap.

    :param exterior: ``(N, 2)`` vertices ``(y, x)``; fewer than three enclose nothing.
    :param shape: ``(H, W, ...)`` of the image.
    :returns: the bounding region, clipped to the image (perhaps empty), and its ``bool`` mask.
    :raises AnnotationError: the vertices are no ``(N, 2)`` array of finite numbers.
    """
    rings = [_checked_ring(ring) for ring in (exterior, *holes)]
    if not rings[0].size:
        return _NOTHING, np.zeros((0, 0), np.bool_)
    low, high = rings[0].min(axis=0), rings[0].max(axis=0)
    region = _clipped(low[0], low[1], high[0], high[1], shape)
    if region.empty:
        return _NOTHING, np.zeros((0, 0), np.bool_)
    return region, _even_odd(rings, region)


def _even_odd(rings: Sequence[Ring], region: Region) -> Mask:
    """Which pixel centres of *region* an odd number of edges lies to the left of."""
    start = np.concatenate(rings)
    end = np.concatenate([np.roll(ring, -1, axis=0) for ring in rings])
    upward = start[:, 0] > end[:, 0]
    start[upward], end[upward] = end[upward], start[upward]
    # the rows whose centre line y + 0.5 lies in [start, end)
    first = np.clip(np.ceil(start[:, 0] - 0.5), region.y0, region.y1).astype(np.intp)
    last = np.clip(np.ceil(end[:, 0] - 0.5), region.y0, region.y1).astype(np.intp)
    rows_of = last - first
    edge = np.repeat(np.arange(rows_of.size), rows_of)
    row = np.arange(edge.size) - np.repeat(np.cumsum(rows_of) - rows_of, rows_of) + first[edge]
    slope = np.zeros(rows_of.size)
    crossing = rows_of > 0
    slope[crossing] = (end[crossing, 1] - start[crossing, 1]) / (end[crossing, 0] - start[crossing, 0])
    x = start[edge, 1] + (row + 0.5 - start[edge, 0]) * slope[edge]
    column = np.clip(np.ceil(x - 0.5), region.x0, region.x1).astype(np.intp)
    width = region.width + 1
    toggles = np.bincount((row - region.y0) * width + column - region.x0, minlength=region.height * width)
    crossed = np.cumsum(toggles.reshape(region.height, width), axis=1)
    inside: Mask = crossed[:, :-1] % 2 == 1
    return inside


def outlines(mask: NDArray[np.generic], *, origin: tuple[int, int] = (0, 0), tolerance: float = 0) -> list[Outline]:
    """The outlines of the 4-connected pieces of *mask*, along the edges of their pixels.

    Without *tolerance* they enclose exactly the pixels of the mask: their area is the number of pixels, and
    :func:`polygon` gives the mask back. With it, vertices are dropped as long as the line moves by at most *tolerance*
    pixels (Douglas and Peucker 1973); a ring that would collapse stays as it is.

    :param mask: ``(H, W)``, true or non-zero inside.
    :param origin: ``(y, x)`` of the mask's first pixel on the image, added to every vertex.
    :returns: one outline for each piece, in the order of their first pixels, row by row.
    """
    inside = np.asarray(mask) != 0
    if inside.ndim != 2:
        raise AnnotationError(f"a mask has two dimensions, not shape {inside.shape}")
    if not inside.any():
        return []
    _, pieces = cv2.connectedComponents(inside.view(np.uint8), connectivity=4)
    exteriors: dict[int, Ring] = {}
    holes: dict[int, list[Ring]] = {}
    for ring, pixel in _rings(inside):
        piece = int(pieces[pixel])
        simple = _simplified(ring, tolerance) + np.asarray(origin, np.float64)
        if _signed_area(ring) > 0:
            exteriors[piece] = simple
        else:
            holes.setdefault(piece, []).append(simple)
    return [Outline(exteriors[piece], tuple(holes.get(piece, ()))) for piece in sorted(exteriors)]


_STEPS = ((0, 1), (1, 0), (0, -1), (-1, 0))
"""Right, down, left, up: one turn to the right each."""


def _rings(inside: Mask) -> list[tuple[Ring, tuple[int, int]]]:
    """The closed lines along the edges of pixels, with the inside to the right, each with a pixel beside it.

    Where two pixels touch at a corner only, the line stays with its pixel.
    """
    edges = _directed_edges(inside)
    direction, y, x = np.nonzero(edges)
    following = _following(edges.shape, direction, y, x).tolist()
    unseen = bytearray(b"\1") * y.size
    rings = []
    for first in range(y.size):
        if unseen[first]:
            chain, edge = [], first
            while unseen[edge]:
                unseen[edge] = 0
                chain.append(edge)
                edge = following[edge]
            line = np.array(chain)
            corner = direction[line] != direction[np.roll(line, 1)]
            vertices = np.stack([y[line[corner]], x[line[corner]]], axis=1).astype(np.float64)
            rings.append((vertices, _pixel_beside(int(direction[first]), int(y[first]), int(x[first]))))
    return rings


def _directed_edges(inside: Mask) -> Mask:
    """``(4, H + 1, W + 1)``: whether an edge of the outline starts at a corner of the grid in each direction."""
    padded = np.pad(inside, 1)
    here, above, left = padded[1:, 1:], padded[:-1, 1:], padded[1:, :-1]
    before = padded[:-1, :-1]
    return np.stack(
        [
            here & ~above,  # right, along the top of the pixel below
            left & ~here,  # down, along the right side of the pixel to the left
            before & ~left,  # left, along the bottom of the pixel above to the left
            above & ~before,  # up, along the left side of the pixel above
        ]
    )


def _following(
    grid: tuple[int, ...], direction: NDArray[np.intp], y: NDArray[np.intp], x: NDArray[np.intp]
) -> NDArray[np.intp]:
    """For each edge, sorted by direction, row and column, which edge goes on from its end."""
    keys = np.ravel_multi_index((direction, y, x), grid)
    steps = np.array(_STEPS)
    end_y, end_x = y + steps[direction, 0], x + steps[direction, 1]
    following = np.zeros(keys.size, np.intp)
    for turn in (3, 0, 1):  # the last that there is counts: right before straight on before left
        wanted = np.ravel_multi_index(((direction + turn) % 4, end_y, end_x), grid)
        found = np.minimum(np.searchsorted(keys, wanted), keys.size - 1)
        following = np.where(keys[found] == wanted, found, following)
    return following


def _pixel_beside(direction: int, y: int, x: int) -> tuple[int, int]:
    """The pixel to the right of the edge that starts at corner ``(y, x)``."""
    return ((y, x), (y, x - 1), (y - 1, x - 1), (y - 1, x))[direction]


def _signed_area(ring: Ring) -> float:
    """Positive where the ring runs clockwise on the screen."""
    y, x = ring[:, 0], ring[:, 1]
    return float(np.dot(x, np.roll(y, -1)) - np.dot(y, np.roll(x, -1))) / 2


def _simplified(ring: Ring, tolerance: float) -> Ring:
    if tolerance <= 0:
        return ring
    fewer = cv2.approxPolyDP(ring.astype(np.float32)[:, None, :], tolerance, True)[:, 0, :].astype(np.float64)
    return fewer if len(fewer) >= 3 else ring


def _clipped(y0: float, x0: float, y1: float, x1: float, shape: tuple[int, ...]) -> Region:
    """The pixels that a rectangle of the plane touches, inside an image of *shape*."""

    def bounded(value: float, size: int) -> int:
        return math.floor(min(max(value, 0), size))  # before rounding: positions may be astronomically far

    region = Region(
        bounded(y0, shape[0]),
        bounded(x0, shape[1]),
        min(bounded(y1, shape[0]) + 1, shape[0]),
        min(bounded(x1, shape[1]) + 1, shape[1]),
    )
    beyond = y1 < 0 or x1 < 0 or y0 >= shape[0] or x0 >= shape[1]
    return _NOTHING if beyond else region


def _check_finite(*points: Point) -> None:
    for y, x in points:
        if not (math.isfinite(y) and math.isfinite(x)):
            raise AnnotationError(f"the position ({y}, {x}) is not on the plane")


def _checked_ring(vertices: ArrayLike) -> Ring:
    ring = np.array(vertices, np.float64)
    if ring.size == 0:
        return ring.reshape(0, 2)
    if ring.ndim != 2 or ring.shape[1] != 2 or not np.isfinite(ring).all():
        raise AnnotationError(f"a polygon is a list of positions (y, x), not an array of shape {ring.shape}")
    return ring
