"""labelme: a JSON beside each image.

An object without holes is one polygon for each piece, with a group id where there are several; one with holes is a
shape of the kind ``mask``, since labelme's polygons have none. A box that no
mask fills is a rectangle. Background and unlabelled pixels are not told apart.
"""

from __future__ import annotations

import base64
import io
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np
from PIL import Image
from pydantic import Field

from segstudio.core.classes import LabelSet
from segstudio.core.geometry import Region
from segstudio.core.progress import Work
from segstudio.io.exporters.base import (
    ExportOptions,
    ExportReport,
    ExportSample,
    Item,
    Output,
    building,
)
from segstudio.io.exporters.json_shapes import shapes_document
from segstudio.io.exporters.polygons import INSET, pieces, xy
from segstudio.io.segments import Segment

_VERSION = "5.5.0"
"""Of the layout: the first with shapes of the kind mask and all fields that later ones ask for."""


class Options(ExportOptions):
    shapes: Literal["auto", "mask"] = Field(
        "auto", description="auto: masks for objects with holes only; mask: for all"
    )
    embed: bool = Field(False, description="put the image into the JSON as well, which makes it large and slow")
    tolerance: float = Field(0.0, ge=0, description="by how many pixels a polygon may leave the outline to be shorter")


def export(samples: Sequence[ExportSample], classes: LabelSet, target: Path, options: Options) -> Work[ExportReport]:
    with building("labelme", target, classes, options) as out:
        out.objects = 0
        yield from out.each(samples, lambda item: _write(out, item, options))
        return out.report()


def _write(out: Output, item: Item, options: Options) -> None:
    name = out.image(item)
    shapes: list[dict[str, Any]] = []
    for number, thing in enumerate(out.things(item), start=1):
        shapes.extend(_shapes(thing, out.classes[thing.class_id].name, number, options))
    shapes.extend(_rectangle(box.region, out.classes[box.class_id].name) for box in out.boxes(item))
    data = _embedded(out.folder / name) if options.embed and item.info is not None else None
    out.json(shapes_document(_VERSION, shapes, name, item, data), f"{item.stem}.json")


def _shapes(found: Segment, label: str, number: int, options: Options) -> Iterator[dict[str, Any]]:
    outlines = pieces(found, inset=INSET, tolerance=options.tolerance)
    common = {"label": label, "description": "", "flags": {}}
    group = number if len(outlines) > 1 or found.boxed else None
    if found.boxed:
        yield _rectangle(found.box, label, group)
    if options.shapes == "mask" or any(piece.holes for piece in outlines):
        region = found.region
        corners = [[region.x0, region.y0], [region.x1 - 1, region.y1 - 1]]
        yield {**common, "points": corners, "group_id": group, "shape_type": "mask", "mask": _encoded(found)}
        return
    for piece in outlines:
        yield {**common, "points": xy(piece.exterior), "group_id": group, "shape_type": "polygon", "mask": None}


def _rectangle(box: Region, label: str, group: int | None = None) -> dict[str, Any]:
    corners = [[box.x0, box.y0], [box.x1, box.y1]]
    common = {"label": label, "description": "", "flags": {}}
    return {**common, "points": corners, "group_id": group, "shape_type": "rectangle", "mask": None}


def _encoded(found: Segment) -> str:
    file = io.BytesIO()
    Image.fromarray(found.mask.astype(np.uint8) * np.uint8(255)).convert("1").save(file, "PNG")
    return base64.b64encode(file.getvalue()).decode("ascii")


def _embedded(path: Path) -> str:
    return base64.b64encode(path.read_bytes()).decode("ascii")
