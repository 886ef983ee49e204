"""Datumaro: ``annotations/default.json`` and ``images/default/``; every object is a mask, exact to the pixel,
or a box where no mask fills it.

Datumaro numbers classes from 0 without gaps, so its numbers are places in the list of labels, not class ids; names tell
them. Background and unlabelled pixels are not told apart.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from segstudio.core.classes import LabelSet
from segstudio.core.geometry import Region
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

Options = ExportOptions
_SUBSET = "default"


def export(
    samples: Sequence[ExportSample], classes: LabelSet, target: Path, options: ExportOptions
) -> Work[ExportReport]:
    with building("datumaro", target, classes, options) as out, json_lists(out.folder, ("items",)) as lists:
        things = object_classes(classes)
        places = {class_id: place for place, class_id in enumerate(things)}
        out.objects = 0
        yield from out.each(samples, lambda item: _write(out, lists, places, item))
        head = {"dm_format_version": "1.0", "media_type": 2, "infos": {}, "categories": _categories(things)}
        lists.write(out.path("annotations", f"{_SUBSET}.json"), head)
        return out.report()


def _categories(classes: LabelSet) -> dict[str, Any]:
    labels = [{"name": c.name, "parent": "", "attributes": []} for c in classes.values()]
    colours = [
        {"label_id": place, "r": c.color[0], "g": c.color[1], "b": c.color[2]}
        for place, c in enumerate(classes.values())
    ]
    return {"label": {"label_groups": [], "labels": labels, "attributes": []}, "mask": {"colormap": colours}}


def _write(out: Output, lists: JsonLists, places: Mapping[int, int], item: Item) -> None:
    name = out.image(item, "images", _SUBSET)
    shape = (item.height, item.width)
    annotations: list[dict[str, Any]] = []
    for thing in out.things(item):
        rle = encode(thing.mask, thing.region, shape)
        place, group = places[thing.class_id], len(annotations) + 1
        annotations.append(_annotation("mask", len(annotations), place, group) | {"rle": rle})
        if thing.boxed:
            annotations.append(_annotation("bbox", len(annotations), place, group) | {"bbox": _sized(thing.box)})
    for box in out.boxes(item):
        number = len(annotations)
        common = _annotation("bbox", number, places[box.class_id], number + 1)
        annotations.append(common | {"bbox": _sized(box.region)})
    image = {"path": name, "size": list(shape)}
    lists.add("items", {"id": item.stem, "annotations": annotations, "attr": {"frame": item.number}, "image": image})


def _sized(box: Region) -> list[int]:
    """Corner and size."""
    return [box.x0, box.y0, box.width, box.height]


def _annotation(kind: str, number: int, place: int, group: int) -> dict[str, Any]:
    return {
        "id": number,
        "type": kind,
        "attributes": {},
        "group": group,
        "label_id": place,
        "object_id": -1,
        "z_order": 0,
    }
