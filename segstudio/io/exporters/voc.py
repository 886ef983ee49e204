"""Pascal VOC: ``VOCdevkit/VOC2012/`` with JPEGImages, SegmentationClass, SegmentationObject, Annotations, ImageSets.

Pixel values of SegmentationClass are the class ids, 255 unlabelled. SegmentationObject counts the objects of an image
from 1: its instances, and the connected regions of classes that have none; the background is 0. Annotations hold the
objects' boxes, whose first pixel is 1 and whose last is included. Images of which nothing but boxes is known have no
masks and stand in ``ImageSets/Main`` only. ``labelmap.txt`` gives names and colours, as CVAT and
Datumaro write it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple
from xml.etree import ElementTree as ET

import numpy as np
from numpy.typing import NDArray

from segstudio.core.classes import LabelSet, voc_color
from segstudio.core.geometry import Region
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
        lists: dict[str, list[_Entry]] = defaultdict(list)
        yield from scaled(out.each(samples, lambda item: _write(out, item, lists, sets[item.number])), 0.1, 1.0)
        for name in ("train", "val", "test", "trainval"):
            entries = sorted(lists["train"] + lists["val"]) if name == "trainval" else lists[name]
            for kind, chosen in (("Segmentation", [e for e in entries if e.masked]), ("Main", entries)):
                out.text("".join(f"{entry.stem}\n" for entry in chosen), *_ROOT, "ImageSets", kind, f"{name}.txt")
        out.text(_label_map(classes), *_ROOT, "labelmap.txt")
        return out.report()


class _Entry(NamedTuple):
    """An image in a list of a set."""

    stem: str
    masked: bool


def _write(out: Output, item: Item, lists: Mapping[str, list[_Entry]], part: str) -> None:
    name = out.image(item, *_ROOT, "JPEGImages", suffix=".jpg")
    things, boxes = out.things(item), out.boxes(item)
    masked = not boxes or bool((item.ids != UNLABELLED).any())
    if masked:
        _write_masks(out, item, things)
    objects = [(each.class_id, each.box) for each in things]
    objects += [(box.class_id, box.region) for box in boxes]
    text = _annotation(item, name, objects, out.classes, segmented=masked)
    out.text(text, *_ROOT, "Annotations", f"{item.stem}.xml")
    lists[part].append(_Entry(item.stem, masked))


def _write_masks(out: Output, item: Item, things: Sequence[Segment]) -> None:
    write_mask(
        out.path(*_ROOT, "SegmentationClass", f"{item.stem}.png"), item.classes(), palette(out.classes), durable=False
    )
    numbers = _numbered(item, things, set(out.classes) - set(object_classes(out.classes)))
    write_mask(out.path(*_ROOT, "SegmentationObject", f"{item.stem}.png"), numbers, _PALETTE, durable=False)


def _numbered(item: Item, objects: Sequence[Segment], background: set[int]) -> NDArray[np.uint16]:
    """Objects by number, 0 where the background is and 255 where nothing is labelled (the number 255 is left out)."""
    numbers = np.full(item.ids.shape, UNLABELLED, np.uint16)
    for class_id in background:
        numbers[item.ids == class_id] = 0
    for place, found in enumerate(objects, start=1):
        numbers[found.region.slices][found.mask] = place if place < UNLABELLED else place + 1
    return numbers


def _annotation(
    item: Item, name: str, objects: Sequence[tuple[int, Region]], classes: LabelSet, *, segmented: bool
) -> str:
    root = ET.Element("annotation")
    _add(root, folder="VOC2012", filename=Path(name).name)
    depth = 1 if item.info is not None and item.info.channels == 1 else 3
    _add(ET.SubElement(root, "size"), width=item.width, height=item.height, depth=depth)
    _add(root, segmented=int(segmented))
    for class_id, region in objects:
        entry = ET.SubElement(root, "object")
        _add(entry, name=classes[class_id].name, pose="Unspecified", truncated=0, difficult=0)
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
