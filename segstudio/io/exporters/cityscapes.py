"""Cityscapes: ``leftImg8bit/SET/segstudio/NAME_leftImg8bit.png`` and ``gtFine/SET/segstudio/NAME_gtFine_*``.

``labelIds`` and ``labelTrainIds`` hold Cityscapes' own ids by the names of the classes; classes that it does not have
get the free ids from 34 on, told in ``labels.json``. ``instanceIds`` holds 1000 times the id plus a number for
instances, the plain id elsewhere. Unlabelled pixels are 0 (``unlabeled``), in train ids 255. ``polygons.json`` holds
the outlines; a hole is cut in by a slit.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image as PillowImage

from segstudio.core.classes import LabelSet
from segstudio.core.progress import Work, scaled
from segstudio.io.cityscapes import IGNORED, INSTANCES, LISTED, UNLABELED, CityLabel, numbered
from segstudio.io.exporters.base import ExportReport, ExportSample, Item, Output, building, contents
from segstudio.io.exporters.polygons import pieces, slit, xy
from segstudio.io.exporters.splits import SplitOptions, split
from segstudio.io.masks import write_mask
from segstudio.io.segments import segments

Options = SplitOptions
_CITY = "segstudio"


def export(
    samples: Sequence[ExportSample], classes: LabelSet, target: Path, options: SplitOptions
) -> Work[ExportReport]:
    with building("cityscapes", target, classes, options) as out:
        shown = yield from scaled(contents(samples), 0.0, 0.1)
        sets = split(samples, options, shown)
        labels = numbered(classes)
        yield from scaled(out.each(samples, lambda item: _write(out, item, sets[item.number], labels)), 0.1, 1.0)
        rows = [
            {"name": each.name, "id": each.id, "trainId": each.train_id, "color": list(classes[class_id].color)}
            for class_id, each in labels.items()
        ]
        out.json({"labels": rows}, LISTED)
        return out.report()


def _write(out: Output, item: Item, part: str, labels: Mapping[int, CityLabel]) -> None:
    _image(out, item, part)
    ids, train = np.full(256, UNLABELED, np.uint8), np.full(256, IGNORED, np.uint8)
    for class_id, label in labels.items():
        ids[class_id], train[class_id] = label.id, label.train_id
    shown = item.classes()
    place = ("gtFine", part, _CITY)
    write_mask(out.path(*place, f"{item.stem}_gtFine_labelIds.png"), ids[shown], durable=False)
    write_mask(out.path(*place, f"{item.stem}_gtFine_labelTrainIds.png"), train[shown], durable=False)
    write_mask(out.path(*place, f"{item.stem}_gtFine_instanceIds.png"), _instances(out, item, ids), durable=False)
    colors = PillowImage.fromarray(np.where((shown == 255)[..., None], np.uint8(0), out.classes.palette()[shown]))
    colors.save(out.path(*place, f"{item.stem}_gtFine_color.png"), "PNG", compress_level=1)
    out.json(_polygons(item, labels), *place, f"{item.stem}_gtFine_polygons.json")


def _image(out: Output, item: Item, part: str) -> None:
    """As the format names it, which puts an ending behind the name of the image."""
    if item.info is not None:
        folder = ("leftImg8bit", part, _CITY)
        name = out.image(item, *folder, suffix=".png")
        out.path(*folder, name).rename(out.path(*folder, f"{item.stem}_leftImg8bit.png"))


def _instances(out: Output, item: Item, ids: NDArray[np.uint8]) -> NDArray[np.uint16]:
    table = np.full(65536, UNLABELED, np.uint16)
    table[:256] = ids
    counts: Counter[int] = Counter()
    for segment in np.unique(item.ids).tolist():
        class_id = item.sample.segments.get(segment)
        if class_id is None:
            continue
        number = int(ids[class_id])
        value = number * INSTANCES + counts[number]
        if counts[number] >= INSTANCES or value > 65535:
            out.note("an instance written as class pixels: Cityscapes has no number left for it")
            value = number
        counts[number] += 1
        table[segment] = value
    return table[item.ids]


def _polygons(item: Item, labels: Mapping[int, CityLabel]) -> dict[str, object]:
    objects = [
        {"label": labels[found.class_id].name, "polygon": xy(slit(piece))}
        for found in segments(item.ids, item.sample.segments)
        if found.class_id in labels
        for piece in pieces(found)
    ]
    return {"imgHeight": item.height, "imgWidth": item.width, "objects": objects}
