"""ADE20K, as the scene parsing challenge lays it out: ``images/SET``, ``annotations/SET`` and ``objectInfoN.txt``.

Classes are numbered from 1 in their order, the background too; 0 is unlabelled. ``annotations_instance/SET`` tells
objects apart where there are instances: red is the class, green counts the objects of the image from 1.
``objectInfoN.txt`` lists the N classes with their share of the pixels and the images of each set that show them,
``sceneCategories.txt`` the images (scenes are not known: all are ``misc``).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
from PIL import Image as PillowImage

from segstudio.core.classes import LabelSet
from segstudio.core.progress import Work, scaled
from segstudio.io.exporters.base import ExportReport, ExportSample, Item, Output, building, contents
from segstudio.io.exporters.splits import SplitOptions, split
from segstudio.io.masks import write_mask

Options = SplitOptions
_SETS = {"train": "training", "val": "validation", "test": "testing"}
_UNLABELLED = 0
_MOST_OBJECTS = 255


class _Counts:
    """What the lists tell."""

    def __init__(self) -> None:
        self.pixels: Counter[int] = Counter()
        """By number, 0 too."""
        self.images: Counter[tuple[str, int]] = Counter()
        """By set and number."""
        self.stems: list[str] = []


def export(
    samples: Sequence[ExportSample], classes: LabelSet, target: Path, options: SplitOptions
) -> Work[ExportReport]:
    with building("ade20k", target, classes, options) as out:
        shown = yield from scaled(contents(samples), 0.0, 0.1)
        sets = split(samples, options, shown)
        numbers = {class_id: number for number, class_id in enumerate(classes, start=1)}
        counts = _Counts()
        work = out.each(samples, lambda item: _write(out, item, sets[item.number], numbers, counts))
        yield from scaled(work, 0.1, 1.0)
        out.text("".join(f"{line}\n" for line in _info(classes, numbers, counts)), f"objectInfo{len(classes)}.txt")
        out.text("".join(f"{stem} misc\n" for stem in counts.stems), "sceneCategories.txt")
        return out.report()


def _write(out: Output, item: Item, part: str, numbers: Mapping[int, int], counts: _Counts) -> None:
    place = _SETS[part]
    out.image(item, "images", place, suffix=".jpg")
    table = np.full(256, _UNLABELLED, np.uint8)
    for class_id, number in numbers.items():
        table[class_id] = number
    shown = table[item.classes()]
    write_mask(out.path("annotations", place, f"{item.stem}.png"), shown, durable=False)
    _write_objects(out, item, place, shown)
    found, pixels = np.unique(shown, return_counts=True)
    counts.pixels.update(dict(zip(found.tolist(), pixels.tolist(), strict=True)))
    counts.images.update((part, number) for number in found.tolist())
    counts.stems.append(item.stem)


def _write_objects(out: Output, item: Item, place: str, shown: np.ndarray) -> None:
    objects = [s for s in np.unique(item.ids).tolist() if s in item.sample.segments]
    if not objects:
        return
    table = np.zeros(65536, np.uint8)
    for number, segment in enumerate(objects[:_MOST_OBJECTS], start=1):
        table[segment] = number
    if len(objects) > _MOST_OBJECTS:
        left = len(objects) - _MOST_OBJECTS
        out.note("an instance written as class pixels: ADE20K counts no more than 255 in an image", left)
    counted = table[item.ids]
    colours = np.stack([np.where(counted, shown, 0), counted, np.zeros_like(counted)], axis=-1)
    path = out.path("annotations_instance", place, f"{item.stem}.png")
    PillowImage.fromarray(colours.astype(np.uint8)).save(path, "PNG", compress_level=1)


def _info(classes: LabelSet, numbers: Mapping[int, int], counts: _Counts) -> Iterator[str]:
    total = sum(counts.pixels.values()) or 1
    yield "Idx\tRatio\tTrain\tVal\tName"
    for class_id, number in numbers.items():
        ratio = counts.pixels[number] / total
        images = f"{counts.images['train', number]}\t{counts.images['val', number]}"
        yield f"{number}\t{ratio:.4f}\t{images}\t{classes[class_id].name}"
