"""Pascal VOC: ``VOCdevkit/VOC2012/`` with JPEGImages, SegmentationClass, SegmentationObject, Annotations, ImageSets.

Pixel values of SegmentationClass are the class ids, 255 unlabelled. SegmentationObject counts the objects of an image
from 1: its instances, and the connected regions of classes that have none; the background is 0. Annotations hold the
objects' boxes, whose first pixel is 1 and whose last is included. ``labelmap.txt`` gives names and colours, as CVAT and
Datumaro write it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from xml.etree import ElementTree as ET

import numpy as np
from numpy.typing import NDArray

from segstudio.core.classes import LabelSet, voc_color
from segstudio.core.labels import UNLABELLED
from segstudio.core.progress import Work, scaled
from segstudio.io.exporters.base import (
    ExportReport,
    ExportSample,
    Item,
    Output,
    building,
    contents,
    object_classes,
    palette,
)
from segstudio.io.exporters.splits import SplitOptions, split
from segstudio.io.masks import write_mask
from segstudio.io.segments import Segment

Options = SplitOptions
_ROOT = ("VOCdevkit", "VOC2012")
_PALETTE = {index: voc_color(index) for index in range(256)}


def export(
    samples: Sequence[ExportSample], classes: LabelSet, target: Path, options: SplitOptions
) -> Work[ExportReport]:
    with building("voc", target, classes, options) as out:
        out.objects = 0
        shown = yield from scaled(contents(samples), 0.0, 0.1)
        sets = split(samples, options, shown)
        lists: dict[str, list[str]] = defaultdict(list)
        yield from scaled(out.each(samples, lambda item: _write(out, item, lists, sets[item.number])), 0.1, 1.0)
        for name in ("train", "val", "test", "trainval"):
            entries = sorted(lists["train"] + lists["val"]) if name == "trainval" else lists[name]
            for kind in ("Segmentation", "Main"):
                out.text("".join(f"{entry}\n" for entry in entries), *_ROOT, "ImageSets", kind, f"{name}.txt")
        out.text(_label_map(classes), *_ROOT, "labelmap.txt")
        return out.report()


def _write(out: Output, item: Item, lists: Mapping[str, list[str]], part: str) -> None:
    name = out.image(item, *_ROOT, "JPEGImages", suffix=".jpg")
    write_mask(
        out.path(*_ROOT, "SegmentationClass", f"{item.stem}.png"), item.classes(), palette(out.classes), durable=False
    )
    things = out.things(item)
    numbers = _numbered(item, things, set(out.classes) - set(object_classes(out.classes)))
    write_mask(out.path(*_ROOT, "SegmentationObject", f"{item.stem}.png"), numbers, _PALETTE, durable=False)
    out.text(_annotation(item, name, things, out.classes), *_ROOT, "Annotations", f"{item.stem}.xml")
    lists[part].append(item.stem)


def _numbered(item: Item, objects: Sequence[Segment], background: set[int]) -> NDArray[np.uint16]:
    """Objects by number, 0 where the background is and 255 where nothing is labelled (the number 255 is left out)."""
    numbers = np.full(item.ids.shape, UNLABELLED, np.uint16)
    for class_id in background:
        numbers[item.ids == class_id] = 0
    for place, found in enumerate(objects, start=1):
        numbers[found.region.slices][found.mask] = place if place < UNLABELLED else place + 1
    return numbers


def _annotation(item: Item, name: str, objects: Sequence[Segment], classes: LabelSet) -> str:
    root = ET.Element("annotation")
    _add(root, folder="VOC2012", filename=Path(name).name)
    depth = 1 if item.info is not None and item.info.channels == 1 else 3
    _add(ET.SubElement(root, "size"), width=item.width, height=item.height, depth=depth)
    _add(root, segmented=1)
    for found in objects:
        entry, region = ET.SubElement(root, "object"), found.region
        _add(entry, name=classes[found.class_id].name, pose="Unspecified", truncated=0, difficult=0)
        box = ET.SubElement(entry, "bndbox")
        _add(box, xmin=region.x0 + 1, ymin=region.y0 + 1, xmax=region.x1, ymax=region.y1)
    ET.indent(root)
    return ET.tostring(root, encoding="unicode") + "\n"


def _add(parent: ET.Element, **values: object) -> None:
    for tag, value in values.items():
        ET.SubElement(parent, tag).text = str(value)


def _label_map(classes: LabelSet) -> str:
    lines = ["# label:color_rgb:parts:actions"]
    lines += [f"{c.name.replace(':', ' ')}:{','.join(map(str, c.color))}::" for c in classes.values()]
    lines.append(f"ignored:{','.join(map(str, voc_color(UNLABELLED)))}::")  # readers want every colour declared
    return "\n".join(lines) + "\n"
