"""COCO panoptic: ``images/``, ``panoptic/NAME.png`` and ``panoptic.json``.

A pixel of the PNG holds the id of its segment as red + 256 green + 65536 blue; 0 is no segment. A class is a *thing*
where any image has instances of it: each instance is a segment, and each connected region of its other pixels. The
pixels of every other class in an image are one segment, *stuff*. Category ids are the class ids plus 1.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image as PillowImage

from segstudio.core.classes import LabelSet
from segstudio.core.geometry import Region
from segstudio.core.progress import Work
from segstudio.io.exporters.base import ExportOptions, ExportReport, ExportSample, Item, Output, building
from segstudio.io.exporters.json_lists import JsonLists, json_lists
from segstudio.io.segments import Segment, segments

Options = ExportOptions


def export(
    samples: Sequence[ExportSample], classes: LabelSet, target: Path, options: ExportOptions
) -> Work[ExportReport]:
    with (
        building("coco_panoptic", target, classes, options) as out,
        json_lists(out.folder, ("images", "annotations")) as lists,
    ):
        out.objects = 0
        things = {class_id for sample in samples for class_id in sample.segments.values()}
        yield from out.each(samples, lambda item: _write(out, lists, item, things))
        lists.write(out.path("panoptic.json"), _head(classes, things))
        return out.report()


def _head(classes: LabelSet, things: set[int]) -> dict[str, Any]:
    return {
        "info": {"description": "made with segstudio", "date_created": datetime.now(UTC).strftime("%Y/%m/%d")},
        "licenses": [],
        "categories": [
            {
                "id": c.id + 1,
                "name": c.name,
                "supercategory": "",
                "isthing": int(c.id in things),
                "color": list(c.color),
            }
            for c in classes.values()
        ],
    }


def _write(out: Output, lists: JsonLists, item: Item, things: set[int]) -> None:
    image_id = lists.counts["images"] + 1
    name = out.image(item, "images")
    lists.add("images", {"id": image_id, "file_name": name, "width": item.width, "height": item.height})
    numbers = np.zeros(item.ids.shape, np.uint32)
    rows: list[dict[str, Any]] = []
    for segment in _joined(item, things, set(out.classes)):
        region = segment.region
        numbers[region.slices][segment.mask] = len(rows) + 1
        box = [region.x0, region.y0, region.width, region.height]
        row = {"id": len(rows) + 1, "category_id": segment.class_id + 1, "area": segment.area, "bbox": box}
        rows.append({**row, "iscrowd": 0})
    out.objects = (out.objects or 0) + len(rows)
    png = f"{item.stem}.png"
    colors = np.stack([numbers & 255, numbers >> 8 & 255, numbers >> 16], axis=-1).astype(np.uint8)
    PillowImage.fromarray(colors).save(out.path("panoptic", png), "PNG", compress_level=1)
    lists.add("annotations", {"image_id": image_id, "file_name": png, "segments_info": rows})


def _joined(item: Item, things: set[int], known: set[int]) -> Iterator[Segment]:
    """The objects of *things* one by one, and the pixels of each other class together."""
    stuff: dict[int, Region] = {}
    for found in segments(item.ids, item.sample.segments):
        if found.class_id in things and found.class_id in known:
            yield found
        elif found.class_id in known:
            stuff[found.class_id] = stuff.get(found.class_id, found.region) | found.region
    for class_id, region in stuff.items():
        yield Segment(class_id, None, region, item.ids[region.slices] == class_id)
