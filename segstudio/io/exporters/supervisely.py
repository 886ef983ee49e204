"""Supervisely: ``meta.json`` and ``dataset/img`` with ``dataset/ann``; every object is a bitmap, exact to the pixel.

A box that no mask fills is a rectangle, whose last pixel is included. Background and unlabelled
pixels are not told apart.
"""

from __future__ import annotations

import base64
import io
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from segstudio.core.annotation import Box
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
from segstudio.io.segments import Segment

Options = ExportOptions
_FOLDER = "dataset"


def export(
    samples: Sequence[ExportSample], classes: LabelSet, target: Path, options: ExportOptions
) -> Work[ExportReport]:
    with building("supervisely", target, classes, options) as out:
        out.objects = 0
        boxed = any(sample.boxes() for sample in samples)
        yield from out.each(samples, lambda item: _write(out, item))
        out.json(_meta(object_classes(classes), "any" if boxed else "bitmap"), "meta.json")
        return out.report()


def _meta(classes: LabelSet, shape: str) -> dict[str, Any]:
    rows = [
        {"title": c.name, "shape": shape, "color": c.hex.upper(), "geometry_config": {}, "id": c.id, "hotkey": ""}
        for c in classes.values()
    ]
    return {"classes": rows, "tags": [], "projectType": "images"}


def _write(out: Output, item: Item) -> None:
    name = Path(out.image(item, _FOLDER, "img")).name
    objects = [_object(thing, out.classes[thing.class_id].name) for thing in out.things(item)]
    objects += [_rectangle(box, out.classes[box.class_id].name) for box in out.boxes(item)]
    content = {
        "description": "",
        "tags": [],
        "size": {"height": item.height, "width": item.width},
        "objects": objects,
    }
    out.json(content, _FOLDER, "ann", f"{name}.json")


def _object(thing: Segment, label: str) -> dict[str, Any]:
    return {
        "classTitle": label,
        "classId": thing.class_id,
        "description": "",
        "geometryType": "bitmap",
        "tags": [],
        "bitmap": {"data": _encoded(thing), "origin": [thing.region.x0, thing.region.y0]},
    }


def _rectangle(box: Box, label: str) -> dict[str, Any]:
    return {
        "classTitle": label,
        "classId": box.class_id,
        "description": "",
        "geometryType": "rectangle",
        "tags": [],
        "points": {"exterior": [[box.x0, box.y0], [box.x1 - 1, box.y1 - 1]], "interior": []},
    }


def _encoded(thing: Segment) -> str:
    """A PNG with a transparent colour for what is outside, packed once more and as text."""
    file = io.BytesIO()
    image = Image.fromarray(thing.mask.astype(np.uint8))
    image.putpalette([0, 0, 0, 255, 255, 255])
    image.save(file, "PNG", transparency=0, optimize=0)
    return base64.b64encode(zlib.compress(file.getvalue())).decode("ascii")
