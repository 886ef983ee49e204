"""YOLO, as Ultralytics reads it: ``images/``, ``labels/`` and ``data.yaml``, parted into train, val and test.

One line is one object: the number of its class and its polygon, or its box, in shares of the image's width and height.
YOLO numbers classes from 0 without gaps, so its numbers are places in ``data.yaml``, not class ids; names tell them.
A polygon has neither holes nor several pieces: both hang on its line by a slit of no width. Unlabelled pixels are lost.

A box that no mask fills is a line of boxes. Readers take a data set for one of boxes as a whole as soon as one line of
it is a box, so among polygons such boxes are left out, and counted in the report.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from segstudio.core.classes import LabelSet
from segstudio.core.geometry import Region
from segstudio.core.progress import Work, scaled
from segstudio.io.exporters.base import (
    ExportReport,
    ExportSample,
    Item,
    Output,
    building,
    contents,
    object_classes,
)
from segstudio.io.exporters.polygons import INSET, single_ring
from segstudio.io.exporters.splits import SplitOptions, split
from segstudio.io.segments import Segment


class Options(SplitOptions):
    task: Literal["segment", "detect"] = Field("segment", description="polygons, or boxes only")
    tolerance: float = Field(0.0, ge=0, description="by how many pixels a polygon may leave the outline to be shorter")


def export(samples: Sequence[ExportSample], classes: LabelSet, target: Path, options: Options) -> Work[ExportReport]:
    with building("yolo", target, classes, options) as out:
        out.objects = 0
        things = object_classes(classes)
        shown = yield from scaled(contents(samples), 0.0, 0.1)
        sets = split(samples, options, shown)
        numbers = {class_id: place for place, class_id in enumerate(sorted(things))}

        outlined = options.task == "segment" and any(sample.labels_file.is_file() for sample in samples)

        def write(item: Item) -> None:
            _write(out, item, numbers, sets[item.number], options.tolerance if outlined else None)

        yield from scaled(out.each(samples, write), 0.1, 1.0)
        out.text(_data(things, [name for name in ("train", "val", "test") if name in sets]), "data.yaml")
        return out.report()


def _write(out: Output, item: Item, numbers: Mapping[int, int], part: str, tolerance: float | None) -> None:
    """Polygons that may leave the outline by *tolerance* pixels; boxes where that is ``None``."""
    out.image(item, "images", part)
    objects = [
        (each.class_id, _box(each.box) if tolerance is None else _polygon(each, tolerance)) for each in out.things(item)
    ]
    if tolerance is None:
        objects += [(box.class_id, _box(box.region)) for box in out.boxes(item)]
    elif left := len(item.bare_boxes(out.classes)):
        out.note("a box without pixels left out among polygons; choose the task detect to have it", left)
    lines = []
    for class_id, points in objects:
        shares = np.clip(points / (item.width, item.height), 0, 1)
        lines.append(" ".join([str(numbers[class_id]), *(f"{share:.6g}" for share in shares.ravel())]))
    out.text("".join(f"{line}\n" for line in lines), "labels", part, f"{item.stem}.txt")


def _polygon(found: Segment, tolerance: float) -> NDArray[np.float64]:
    """Points (x, y)."""
    return np.ascontiguousarray(single_ring(found, inset=INSET, tolerance=tolerance)[:, ::-1])


def _box(region: Region) -> NDArray[np.float64]:
    """Centre and size, each (x, y)."""
    centre = ((region.x0 + region.x1) / 2, (region.y0 + region.y1) / 2)
    return np.array([centre, (region.width, region.height)])


def _data(classes: LabelSet, sets: Sequence[str]) -> str:
    """The description. Without a path, folders are looked for beside it; JSON strings are YAML strings too."""
    folders = {"train": "images/train", "val": "images/val" if "val" in sets else "images/train"}
    if "test" in sets:
        folders["test"] = "images/test"
    lines = [*(f"{name}: {folder}" for name, folder in folders.items()), "names:"]
    lines += [
        f"  {place}: {json.dumps(classes[class_id].name, ensure_ascii=False)}"
        for place, class_id in enumerate(sorted(classes))
    ]
    return "\n".join(lines) + "\n"
