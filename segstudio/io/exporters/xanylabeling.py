"""X-AnyLabeling: a JSON of polygons beside each image.

The pieces of an object share a group id; a hole is cut in by a slit of no width, for its polygons have none.
A box that no mask fills is a rectangle. Background and unlabelled pixels are not told apart.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from pydantic import Field

from segstudio.core.classes import LabelSet
from segstudio.core.geometry import Region
from segstudio.core.progress import Work
from segstudio.io.exporters.base import ExportOptions, ExportReport, ExportSample, Item, Output, building
from segstudio.io.exporters.json_shapes import shapes_document
from segstudio.io.exporters.polygons import INSET, pieces, slit, xy
from segstudio.io.segments import Segment

_VERSION = "4.0.0"


class Options(ExportOptions):
    tolerance: float = Field(0.0, ge=0, description="by how many pixels a polygon may leave the outline to be shorter")


def export(samples: Sequence[ExportSample], classes: LabelSet, target: Path, options: Options) -> Work[ExportReport]:
    with building("xanylabeling", target, classes, options) as out:
        out.objects = 0
        yield from out.each(samples, lambda item: _write(out, item, options))
        return out.report()


def _write(out: Output, item: Item, options: Options) -> None:
    name = out.image(item)
    shapes: list[dict[str, Any]] = []
    for number, thing in enumerate(out.things(item), start=1):
        shapes.extend(_shapes(thing, out.classes[thing.class_id].name, number, options))
    shapes.extend(_rectangle(box.region, out.classes[box.class_id].name) for box in out.boxes(item))
    out.json(shapes_document(_VERSION, shapes, name, item) | {"description": ""}, f"{item.stem}.json")


def _shapes(thing: Segment, label: str, number: int, options: Options) -> Iterator[dict[str, Any]]:
    found = pieces(thing, inset=INSET, tolerance=options.tolerance)
    group = number if len(found) > 1 or thing.boxed else None
    if thing.boxed:
        yield _rectangle(thing.box, label, group)
    for piece in found:
        yield _shape("polygon", label, xy(slit(piece)), group)


def _rectangle(box: Region, label: str, group: int | None = None) -> dict[str, Any]:
    corners = [[box.x0, box.y0], [box.x1, box.y0], [box.x1, box.y1], [box.x0, box.y1]]
    return _shape("rectangle", label, corners, group)


def _shape(kind: str, label: str, points: Sequence[Sequence[float]], group: int | None) -> dict[str, Any]:
    return {
        "label": label,
        "score": None,
        "points": points,
        "group_id": group,
        "description": "",
        "difficult": False,
        "shape_type": kind,
        "flags": {},
        "attributes": {},
        "kie_linking": [],
    }
