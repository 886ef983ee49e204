"""COCO instances: ``images/`` and ``annotations/instances_default.json``.

One annotation is one instance, or, where a class has no instances, one 8-connected region of its pixels. Category ids
are the class ids. The background and unlabelled pixels have no annotation: COCO cannot tell them apart.
A box that no mask fills is an annotation with an empty segmentation.

Masks are run-length codes, which keep every pixel and hole, or polygons along the edges of pixels. COCO joins the
polygons of an annotation, so a hole is cut in by a slit of no width from the outer line.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

import numpy as np
from pydantic import Field

from segstudio.core.annotation import Box
from segstudio.core.classes import LabelSet
from segstudio.core.progress import Work
from segstudio.io.coco_rle import encode
from segstudio.io.exporters.base import (
    ExportOptions,
    ExportReport,
    ExportSample,
    Item,
    Output,
    building,
    object_classes,
)
from segstudio.io.exporters.json_lists import JsonLists, json_lists
from segstudio.io.exporters.polygons import pieces, slit
from segstudio.io.segments import Segment


class Options(ExportOptions):
    segmentation: Literal["rle", "polygon"] = Field(
        "rle", description="rle: run-length codes, exact to the pixel; polygon: for readers that know nothing else"
    )
    tolerance: float = Field(0.0, ge=0, description="by how many pixels a polygon may leave the outline to be shorter")


def export(samples: Sequence[ExportSample], classes: LabelSet, target: Path, options: Options) -> Work[ExportReport]:
    with building("coco", target, classes, options) as out, json_lists(out.folder, ("images", "annotations")) as lists:
        shown = object_classes(classes)
        out.objects = 0
        yield from out.each(samples, lambda item: _write(out, lists, options, item))
        lists.write(out.path("annotations", "instances_default.json"), _head(shown))
        return out.report()


def _head(classes: LabelSet) -> dict[str, Any]:
    return {
        "info": {"description": "made with segstudio", "date_created": datetime.now(UTC).strftime("%Y/%m/%d")},
        "licenses": [],
        "categories": [
            {"id": c.id, "name": c.name, "supercategory": "", "color": list(c.color)} for c in classes.values()
        ],
    }


def _write(out: Output, lists: JsonLists, options: Options, item: Item) -> None:
    name = out.image(item, "images")
    image_id = lists.counts["images"] + 1
    lists.add("images", {"id": image_id, "file_name": name, "width": item.width, "height": item.height})
    for thing in out.things(item):
        lists.add("annotations", _annotation(thing, lists, image_id, item, options))
    for box in out.boxes(item):
        lists.add("annotations", _boxed(box, lists, image_id))


def _annotation(segment: Segment, lists: JsonLists, image_id: int, item: Item, options: Options) -> dict[str, Any]:
    region, box = segment.region, segment.box
    shape = (item.height, item.width)
    return {
        "id": lists.counts["annotations"] + 1,  # from 1: evaluation takes 0 for "no match"
        "image_id": image_id,
        "category_id": segment.class_id,
        "iscrowd": 0,
        "area": segment.area,
        "bbox": [box.x0, box.y0, box.width, box.height],
        "segmentation": encode(segment.mask, region, shape)
        if options.segmentation == "rle"
        else polygons(segment, options),
    }


def _boxed(box: Box, lists: JsonLists, image_id: int) -> dict[str, Any]:
    width, height = box.x1 - box.x0, box.y1 - box.y0
    return {
        "id": lists.counts["annotations"] + 1,
        "image_id": image_id,
        "category_id": box.class_id,
        "iscrowd": 0,
        "area": width * height,
        "bbox": [box.x0, box.y0, width, height],
        "segmentation": [],
    }


def polygons(segment: Segment, options: Options) -> list[list[float]]:
    """The outlines of *segment* as COCO's lists of x, y, x, y ..., one for each piece."""
    found = pieces(segment, tolerance=options.tolerance)
    return [np.ascontiguousarray(slit(outline)[:, ::-1]).ravel().tolist() for outline in found]
