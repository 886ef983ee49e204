"""Pascal VOC: a folder with SegmentationClass (and SegmentationObject), or with Annotations of boxes, and JPEGImages.

``labelmap.txt`` tells the classes by their colours; without one they are the 21 of Pascal VOC. Objects in
SegmentationObject become instances. Images that have no mask keep the boxes of their annotation.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from segstudio.core.classes import Color, LabelSet, voc_color
from segstudio.core.errors import FileError, FormatError, storage_errors
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
    as_problem,
    needs_folder,
)
from segstudio.io.importers.mask_files import image_of, read_each, with_objects
from segstudio.io.importers.outlined import Document, Outlined, Step, collect
from segstudio.io.importers.photos import Photos
from segstudio.io.importers.xml_lines import Element, elements
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
    root = _root(source)
    kinds, problems = _kinds(root)
    matcher = ClassMatcher(classes, options)
    finder = ImageFinder([options.images] if options.images else [root / "JPEGImages", root])
    photos = Photos(finder, lambda path: path.suffix.lower() != ".xml" and "Segmentation" not in path.parent.name)
    masks = sorted((root / "SegmentationClass").glob("*.png"))
    reader = _Masks(kinds, matcher)
    work = read_each(masks, lambda mask: reader.sample(mask, photos.of(mask, [mask.stem])), problems)
    samples = yield from scaled(work, 0.0, 0.5)
    done = {mask.stem for mask in masks}
    files = [path for path in sorted((root / "Annotations").glob("*.xml")) if path.stem not in done]
    if not masks and not files:
        raise FormatError(source, f"this is no Pascal VOC data set; choose {_SOURCE}")
    boxes = yield from scaled(collect("voc", source, matcher, finder, _steps(files, photos)), 0.5, 1.0)
    return ImportedDataset("voc", source, matcher.classes, [*samples, *boxes.samples], (*problems, *boxes.problems))


def _root(source: Path) -> Path:
    """The folder of one year, wherever in the VOCdevkit the user pointed."""
    for root in (source, *sorted((source / "VOCdevkit").glob("VOC*")), *sorted(source.glob("VOC*"))):
        if (root / "SegmentationClass").is_dir() or (root / "Annotations").is_dir():
            return root
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
        _, unknown = self._classes(mask, shape)
        load = partial(self._load, mask, shape)
        objects = mask.parent.parent / "SegmentationObject" / mask.name
        if objects.is_file():
            read_mask(objects, shape)  # what is wrong with it is told now and not half way through the import
        return ImportedSample(image, 0, shape, load), [Problem(mask, unknown)] if unknown else []

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
        return with_objects(ids, read_mask(objects, shape), border=UNLABELLED)


def _steps(files: list[Path], photos: Photos) -> Iterator[Step]:
    for number, path in enumerate(files):
        try:
            root = next(elements(path, {"annotation"}), None)
            if root is None:
                raise FormatError(path, "this is no Pascal VOC annotation")
            yield number / len(files), _document(path, root, photos)
        except FileError as error:
            yield number / len(files), as_problem(error)


def _document(path: Path, root: Element, photos: Photos) -> Document:
    name = root.value("filename") or path.stem
    image: str | Path = photos.of(path, [path.stem]) or name
    objects = [_boxed(entry) for entry in root.all("object")]
    return Document(path, image, objects, _told(root))


def _told(root: Element) -> tuple[int, int] | None:
    height, width = root.value("size", "height"), root.value("size", "width")
    if height and width and height.isdigit() and width.isdigit() and int(height) and int(width):
        return int(height), int(width)
    return None


def _boxed(entry: Element) -> Outlined:
    """An object's box; its first pixel is 1, its last included."""
    try:
        x0, y0, x1, y1 = (float(entry.value("bndbox", side) or "") for side in ("xmin", "ymin", "xmax", "ymax"))
    except ValueError:
        return Outlined(entry.value("name") or "", line=entry.line)
    return Outlined(entry.value("name") or "", box=(x0 - 1, y0 - 1, x1, y1), line=entry.line)
