"""Which shape, and which point of it, is under the pointer."""

from __future__ import annotations

import cv2
import numpy as np

from segstudio.core.annotation import Annotation, Box, Polygon

Shape = Box | Polygon


def handles(shape: Shape) -> list[tuple[float, float]]:
    """Where a shape can be taken, ``(y, x)``: a box's corners and edge middles, clockwise; a polygon's points."""
    if isinstance(shape, Polygon):
        return [point for ring in (shape.exterior, *shape.holes) for point in ring]
    y0, x0, y1, x1 = float(shape.y0), float(shape.x0), float(shape.y1), float(shape.x1)
    ym, xm = (y0 + y1) / 2, (x0 + x1) / 2
    return [(y0, x0), (y0, xm), (y0, x1), (ym, x1), (y1, x1), (y1, xm), (y1, x0), (ym, x0)]


def shape_at(annotation: Annotation, y: float, x: float, reach: float) -> Shape | None:
    """The smallest shape whose outline or inside is at ``(y, x)``; *reach* in image pixels."""
    hit: list[tuple[float, Shape]] = [
        (float((box.y1 - box.y0) * (box.x1 - box.x0)), box)
        for box in annotation.boxes
        if box.y0 - reach <= y <= box.y1 + reach and box.x0 - reach <= x <= box.x1 + reach
    ]
    for polygon in annotation.polygons:
        ring = np.array(polygon.exterior, np.float32)
        if cv2.pointPolygonTest(ring, (y, x), True) >= -reach:
            hit.append((float(cv2.contourArea(ring)), polygon))
    return min(hit, key=lambda pair: pair[0])[1] if hit else None
