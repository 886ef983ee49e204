"""ISAT: ``images/``, ``labels/`` with a JSON for each image, and ``isat.yaml`` with the classes.

ISAT paints polygons layer by layer: the pieces of an object share a group, and a hole is a polygon of the class
``__background__`` on the layer above. Background and unlabelled pixels are not told apart.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import Field

from segstudio.algorithms.raster import Outline, Ring
from segstudio.core.classes import LabelSet
from segstudio.core.progress import Work
from segstudio.io.exporters.base import (
    ExportOptions,
    ExportReport,
    ExportSample,
    Item,
    Output,
    building,
    object_classes,
)
from segstudio.io.exporters.polygons import pieces, xy

_HOLE = "__background__"


class Options(ExportOptions):
    tolerance: float = Field(0.0, ge=0, description="by how many pixels a polygon may leave the outline to be shorter")


def export(samples: Sequence[ExportSample], classes: LabelSet, target: Path, options: Options) -> Work[ExportReport]:
    with building("isat", target, classes, options) as out:
        out.objects = 0
        yield from out.each(samples, lambda item: _write(out, item, options))
        out.text(_yaml(object_classes(classes)), "isat.yaml")
        return out.report()


def _write(out: Output, item: Item, options: Options) -> None:
    name = out.image(item, "images")
    found = [
        (piece, out.classes[thing.class_id].name, number)
        for number, thing in enumerate(out.things(item), start=1)
        for piece in pieces(thing, tolerance=options.tolerance)
    ]
    # larger ones first, so that what lies in a hole is painted after the hole
    found.sort(key=lambda each: -_area(each[0].exterior))
    rings = [ring for piece, label, number in found for ring in _rings(piece, label, number)]
    objects = [_polygon(*ring, layer) for layer, ring in enumerate(rings, start=1)]
    depth = 1 if item.info is not None and item.info.channels == 1 else 3
    info: dict[str, Any] = {"description": "ISAT", "folder": "../images", "name": Path(name).name, "note": ""}
    info |= {"width": item.width, "height": item.height, "depth": depth}
    out.json({"info": info, "objects": objects}, "labels", f"{item.stem}.json")


def _rings(piece: Outline, label: str, group: int) -> Iterator[tuple[Ring, str, int]]:
    yield piece.exterior, label, group
    for hole in piece.holes:
        yield hole, _HOLE, group


def _polygon(ring: Ring, category: str, group: int, layer: int) -> dict[str, Any]:
    x, y = ring[:, 1], ring[:, 0]
    return {
        "category": category,
        "group": group,
        "segmentation": xy(ring),
        "area": _area(ring),
        "layer": float(layer),
        "bbox": [float(x.min()), float(y.min()), float(x.max()), float(y.max())],
        "iscrowd": False,
        "note": "",
    }


def _area(ring: Ring) -> float:
    y, x = ring[:, 0], ring[:, 1]
    return abs(float(np.dot(x, np.roll(y, -1)) - np.dot(y, np.roll(x, -1)))) / 2


def _yaml(classes: LabelSet) -> str:
    """JSON strings are YAML strings too."""
    lines = ["label:", f"  - {{color: '#000000', name: {_HOLE}}}"]
    lines += [f"  - {{color: '{c.hex}', name: {json.dumps(c.name, ensure_ascii=False)}}}" for c in classes.values()]
    return "\n".join(lines) + "\n"
