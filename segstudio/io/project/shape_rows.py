"""Boxes and polygons as rows of the project's database, and back."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from segstudio.core.annotation import Annotation, Box, Polygon, with_known_instances

SHAPES_OF = "SELECT kind, class, geometry, instance FROM shapes WHERE sample = ? ORDER BY kind, position"
"""The rows that :func:`shapes` takes, of one sample."""


def shapes(
    rows: Iterable[tuple[str, int, str, int | None]], segments: Mapping[int, int]
) -> tuple[tuple[Box, ...], tuple[Polygon, ...]]:
    """What *rows* tell of; boxes know those instances alone that are in *segments* (class id by instance id)."""
    boxes: list[Box] = []
    polygons: list[Polygon] = []
    for kind, class_id, geometry, instance in rows:
        if kind == "box":
            x0, y0, x1, y1 = json.loads(geometry)
            boxes.append(Box(class_id, x0, y0, x1, y1, instance))
        else:
            exterior, *holes = (tuple((y, x) for y, x in ring) for ring in json.loads(geometry))
            polygons.append(Polygon(class_id, exterior, tuple(holes)))
    return with_known_instances(boxes, segments), tuple(polygons)


def shape_rows(sample_id: int, annotation: Annotation) -> list[tuple[int, int, str, int, str, int | None]]:
    """The rows of a sample's boxes and polygons."""
    boxes = [
        (sample_id, i, "box", b.class_id, json.dumps([b.x0, b.y0, b.x1, b.y1]), b.instance)
        for i, b in enumerate(annotation.boxes)
    ]
    polygons = [
        (sample_id, i, "polygon", p.class_id, json.dumps([p.exterior, *p.holes]), None)
        for i, p in enumerate(annotation.polygons)
    ]
    return [*boxes, *polygons]


def put_rows(db: sqlite3.Connection, table: str, rows: Iterable[Sequence[Any]]) -> None:
    """Insert whole rows that were kept, perhaps before the table had its newest columns, inside a transaction."""
    columns = [name for _, name, *_ in db.execute(f"PRAGMA table_info({table})")]
    for row in rows:
        known = columns[: len(row)]
        db.execute(f"INSERT INTO {table} ({','.join(known)}) VALUES ({','.join('?' * len(row))})", row)
