"""Pascal VOC: a folder with SegmentationClass (and SegmentationObject), or with Annotations of boxes, and JPEGImages.

``labelmap.txt`` tells the classes by their colours; without one they are the 21 of Pascal VOC. Objects in
SegmentationObject become instances. Boxes of an annotation that no mask fills stay boxes: those of images without a
mask, and those in which the mask shows no pixel of their class. Of a VOCdevkit all years are read.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from segstudio.core.annotation import Annotation, Box
from segstudio.core.classes import Color, LabelSet, voc_color
from segstudio.core.errors import FormatError, storage_errors
from segstudio.core.geometry import Region
from segstudio.core.labels import UNLABELLED
from segstudio.core.progress import Work, scaled
from segstudio.io.class_files import load_classes
from segstudio.io.importers.base import (
    ClassMatcher,
    ImageFinder,
    ImportedDataset,
    ImportedLabels,
    ImportedSample,
    ImportOptions,
    needs_folder,
)
from segstudio.io.importers.mask_files import image_of, read_each, with_objects
from segstudio.io.importers.outlined import collect
from segstudio.io.importers.photos import Photos
from segstudio.io.importers.voc_boxes import ANNOTATIONS, bare_boxes, boxed_documents, object_boxes
from segstudio.io.masks import distinct_colours, mask_colours, mask_palette, read_mask
from segstudio.io.problems import Problem

Options = ImportOptions
_BORDER = voc_color(UNLABELLED)
_SOURCE = "the folder with SegmentationClass or Annotations, and JPEGImages"


@dataclass(frozen=True)
class _Kind:
    """One line of the label map."""

    name: str
    color: Color | None
    place: int


def read(source: Path, classes: LabelSet | None, options: ImportOptions) -> Work[ImportedDataset]:
    needs_folder(source, _SOURCE)
    roots = _roots(source)
    matcher = ClassMatcher(classes, options)
    years: list[ImportedDataset] = []
    for place, root in enumerate(roots):
        work = scaled(_year(root, matcher, options), place / len(roots), (place + 1) / len(roots))
        years.append((yield from work))
    samples = [sample for year in years for sample in year.samples]
    if not samples and not any(year.problems for year in years):
        raise FormatError(source, f"this is no Pascal VOC data set; choose {_SOURCE}")
    problems = tuple(problem for year in years for problem in year.problems)
    return ImportedDataset("voc", source, matcher.classes, samples, problems)


def _year(root: Path, matcher: ClassMatcher, options: ImportOptions) -> Work[ImportedDataset]:
    """What the folder of one year holds."""
    kinds, problems = _kinds(root)
    finder = ImageFinder([options.images] if options.images else [root / "JPEGImages", root])
    photos = Photos(finder, lambda path: path.suffix.lower() != ".xml" and "Segmentation" not in path.parent.name)
    masks = sorted((root / "SegmentationClass").glob("*.png"))
    reader = _Masks(kinds, matcher)
    work = read_each(masks, lambda mask: reader.sample(mask, photos.of(mask, [mask.stem])), problems)
    samples = yield from scaled(work, 0.0, 0.5)
    done = {mask.stem for mask in masks}
    files = [path for path in sorted((root / ANNOTATIONS).glob("*.xml")) if path.stem not in done]
    boxes = yield from scaled(collect("voc", root, matcher, finder, boxed_documents(files, photos)), 0.5, 1.0)
    return ImportedDataset("voc", root, matcher.classes, [*samples, *boxes.samples], (*problems, *boxes.problems))


def _roots(source: Path) -> list[Path]:
    """The folders of the years, wherever in the VOCdevkit the user pointed."""
    for homes in ([source], sorted((source / "VOCdevkit").glob("VOC*")), sorted(source.glob("VOC*"))):
        found = [root for root in homes if any((root / name).is_dir() for name in ("SegmentationClass", ANNOTATIONS))]
        if found:
            return found
    raise FormatError(source, f"this is no Pascal VOC data set; choose {_SOURCE}")


def _kinds(root: Path) -> tuple[list[_Kind], list[Problem]]:
    path = root / "labelmap.txt"
    if not path.is_file():
        return [_Kind(c.name, c.color, c.id) for c in load_classes("voc").values()], []
    with storage_errors(path):
        lines = path.read_text("utf-8", errors="replace").splitlines()
    kinds: list[_Kind] = []
    problems: list[Problem] = []
    for number, line in enumerate(lines, start=1):
        if line.strip() and not line.startswith("#"):
            name, _, rest = line.partition(":")
            color = _color(rest.split(":")[0])
            if rest.split(":")[0].strip() and color is None:
                problems.append(Problem(path, "the colour is not three numbers up to 255", number))
            elif color != _BORDER:
                kinds.append(_Kind(name.strip(), color, len(kinds)))
    return kinds, problems


def _color(text: str) -> Color | None:
    parts = text.split(",")
    if len(parts) != 3 or not all(part.strip().isdigit() and int(part) <= 255 for part in parts):
        return None
    return int(parts[0]), int(parts[1]), int(parts[2])


class _Masks:
    """Reads masks by the colours of the label map, or by place where a mask has no palette."""

    def __init__(self, kinds: list[_Kind], matcher: ClassMatcher) -> None:
        self._kinds = kinds
        self._matcher = matcher
        self._by_color = {kind.color: kind for kind in kinds if kind.color is not None}

    def sample(self, mask: Path, photo: Path | None) -> tuple[ImportedSample, list[Problem]]:
        """The sample of *mask*, and what does not fit about its values."""
        image, shape = image_of(mask, photo)
        ids, unknown = self._classes(mask, shape)
        load = partial(self._load, mask, shape)
        objects = mask.parent.parent / "SegmentationObject" / mask.name
        if objects.is_file():
            read_mask(objects, shape)  # what is wrong with it is told now and not half way through the import
        boxes, problems = bare_boxes(mask.parent.parent / ANNOTATIONS / f"{mask.stem}.xml", ids, self._matcher)
        problems = [*([Problem(mask, unknown)] if unknown else []), *problems]
        return ImportedSample(image, 0, shape, load, Annotation(tuple(boxes))), problems

    def _classes(self, mask: Path, shape: tuple[int, int]) -> tuple[NDArray[np.uint16], str]:
        colours = mask_colours(mask, shape)
        if colours is not None:
            found, places = distinct_colours(colours)
            known = {n: self._by_color.get(color) for n, color in enumerate(found) if color != _BORDER}
            ids, unknown = self._ids(known, [])
            return ids[places], unknown
        values = read_mask(mask, shape)
        present = [int(v) for v in np.unique(values) if v != UNLABELLED]
        palette = mask_palette(mask)
        kinds = {v: self._kind(v, palette) for v in present}
        ids, unknown = self._ids(kinds, present)
        return ids[values], unknown

    def _kind(self, value: int, palette: NDArray[np.uint8] | None) -> _Kind | None:
        if palette is not None and value < len(palette):
            red, green, blue = palette[value].tolist()
            if (red, green, blue) in self._by_color:
                return self._by_color[red, green, blue]
        return next((kind for kind in self._kinds if kind.place == value), None)

    def _ids(self, kinds: dict[int, _Kind | None], wanted: list[int]) -> tuple[NDArray[np.uint16], str]:
        """A table from value to class id, and what is wrong with the values."""
        table = np.full(65536, UNLABELLED, np.uint16)
        strange, missing = [], []
        for value, kind in kinds.items():
            if kind is None:
                strange.append(value)
                continue
            class_id = self._matcher.by_name(
                kind.name, wanted=value if value in wanted else kind.place, color=kind.color
            )
            if class_id is None:
                missing.append(kind.name)
            else:
                table[value] = class_id
        reasons = [f"the project has no class called {name!r}" for name in missing]
        reasons += [f"its value {value} is no class of the data set" for value in strange[:3]]
        return table, "; ".join(reasons)

    def _load(self, mask: Path, shape: tuple[int, int]) -> ImportedLabels:
        ids, _ = self._classes(mask, shape)
        objects = mask.parent.parent / "SegmentationObject" / mask.name
        if not objects.is_file():
            return ImportedLabels(ids)
        numbers = read_mask(objects, shape)
        labels = with_objects(ids, numbers, border=UNLABELLED)
        told = object_boxes(mask.parent.parent / ANNOTATIONS / f"{mask.stem}.xml", shape, self._matcher)
        return replace(labels, boxes=_around(labels, numbers, told))


def _around(labels: ImportedLabels, numbers: NDArray[np.integer], told: Sequence[Box | None]) -> dict[int, Region]:
    """The boxes of the instances in *labels*: objects are told in the order of their *numbers* ``(H, W)`` from 1, of
    which 255 is none. A box that hardly holds the pixels of its number belongs to another."""
    found: dict[int, Region] = {}
    places = ndimage.find_objects(numbers.astype(np.int32))
    for place, box in enumerate(told, start=1):
        number = place if place < UNLABELLED else place + 1
        if box is None or number > len(places) or places[number - 1] is None:
            continue
        rows, columns = places[number - 1]
        around = Region(rows.start, columns.start, rows.stop, columns.stop)
        segment = int(labels.ids[around.slices][numbers[around.slices] == number][0])
        fits = 2 * (around & box.region).area > around.area
        if fits and box.region != around and labels.segments.get(segment) == box.class_id:
            found[segment] = box.region
    return found
