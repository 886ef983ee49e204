"""Outlines of objects for formats that know polygons only."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from segstudio.algorithms.raster import Outline, Ring, outlines
from segstudio.io.segments import Segment

INSET = 0.25
"""How far inside the edge of its pixels an outline runs for readers that take whole pixels.

They round a corner down to the pixel that it lies in and fill that pixel as well. A line along the very edge would give
them one column and one row too many; a quarter of a pixel inside, they and readers that go by pixel centres fill the
same pixels, the right ones.
"""


def pieces(segment: Segment, *, inset: float = 0.0, tolerance: float = 0.0) -> list[Outline]:
    """The outlines of the 4-connected pieces of *segment* in the image's (y, x), with their holes.

    *inset* moves every line into the object by so many pixels (below a half). *tolerance* is by how many pixels a line
    may move to have fewer points.
    """
    found = outlines(segment.mask, origin=(segment.region.y0, segment.region.x0))
    return [
        Outline(_line(each.exterior, inset, tolerance), tuple(_line(hole, inset, tolerance) for hole in each.holes))
        for each in found
    ]


def slit(outline: Outline) -> NDArray[np.float64]:
    """*outline* as a single ring ``(N, 2)`` of (y, x): each hole is entered and left along one line of no width.

    The line runs from the hole's leftmost corner straight to the left, so that it stays inside the object.
    """
    ring = outline.exterior
    for hole in sorted(outline.holes, key=lambda points: float(points[:, 1].min())):
        corner = int(hole[:, 1].argmin())
        around = np.concatenate([hole[corner:], hole[: corner + 1]])
        edge, gate = _to_the_left(ring, around[0])
        ring = np.concatenate([ring[: edge + 1], gate, around, gate, ring[edge + 1 :]])
    return ring


def single_ring(segment: Segment, *, inset: float = 0.0, tolerance: float = 0.0) -> NDArray[np.float64]:
    """All of *segment* as one ring ``(N, 2)`` of (y, x), for formats that give an object one polygon.

    Each piece is entered from the nearest corner of those before and left the same way; holes are cut in by slits.
    *inset* and *tolerance* as in :func:`pieces`.
    """
    ring, *others = (slit(piece) for piece in pieces(segment, inset=inset, tolerance=tolerance))
    for other in others:
        start = int(np.square(other - ring.mean(axis=0)).sum(axis=1).argmin())
        around = np.roll(other, -start, axis=0)
        here = int(np.square(ring - around[0]).sum(axis=1).argmin())
        ring = np.concatenate([ring[: here + 1], around, around[:1], ring[here:]])
    return ring


def _to_the_left(ring: Ring, point: NDArray[np.float64]) -> tuple[int, Ring]:
    """The edge of *ring* that a line to the left from *point* meets first, and where ``(1, 2)``.

    Where lines were simplified so far that there is none, it is the corner nearest by.
    """
    y, x = point
    start, end = ring, np.roll(ring, -1, axis=0)
    crossing = np.flatnonzero((start[:, 0] <= y) != (end[:, 0] <= y))
    share = (y - start[crossing, 0]) / (end[crossing, 0] - start[crossing, 0])
    meets = start[crossing, 1] + share * (end[crossing, 1] - start[crossing, 1])
    left = np.flatnonzero(meets <= x)
    if not left.size:
        corner = int(np.square(ring - point).sum(axis=1).argmin())
        return corner, ring[corner : corner + 1]
    best = int(left[meets[left].argmax()])
    return int(crossing[best]), np.array([[y, meets[best]]])


def xy(ring: Ring) -> list[list[float]]:
    """``[[x, y], ...]``, to a hundredth of a pixel."""
    pairs: list[list[float]] = np.round(ring[:, ::-1], 2).tolist()
    return pairs


def _line(ring: Ring, inset: float, tolerance: float) -> Ring:
    moved = _inside(ring, inset) if inset else ring
    if tolerance <= 0:
        return moved
    fewer = cv2.approxPolyDP(moved.astype(np.float32)[:, None, :], tolerance, True)[:, 0, :].astype(np.float64)
    return fewer if len(fewer) >= 3 else moved


def _inside(ring: Ring, inset: float) -> Ring:
    """*ring*, whose edges run along pixels with the object to their right, moved to the right by *inset*."""
    step = np.sign(np.roll(ring, -1, axis=0) - ring)
    normal = np.stack([step[:, 1], -step[:, 0]], axis=1)
    moved: Ring = ring + inset * (normal + np.roll(normal, 1, axis=0))
    return moved
