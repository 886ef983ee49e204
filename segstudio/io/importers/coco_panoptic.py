"""COCO panoptic: the JSON with ``segments_info``, and the folder of PNGs beside it.

Segments of *things* become instances, those of *stuff* and crowds pixels of their class; pixels of no segment are
unlabelled. The PNGs are looked for in ``panoptic/``, in a folder called as the JSON, and beside it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segstudio.core.classes import Color, LabelSet
from segstudio.core.errors import FileError, FormatError, MaskError
from segstudio.core.labels import FIRST_INSTANCE, MAX_SEGMENT, UNLABELLED
from segstudio.core.progress import Progress, Work
from segstudio.io.importers.base import (
    ClassMatcher,
    ImageFinder,
    ImportedDataset,
    ImportedLabels,
    ImportedSample,
    ImportOptions,
    as_problem,
    image_shape,
    parts_of,
)
from segstudio.io.importers.json_stream import Entry, entries, read_entry
from segstudio.io.masks import mask_colours
from segstudio.io.problems import Problem

Options = ImportOptions
_SOURCE = "the JSON file with images, annotations with segments_info, and categories"


@dataclass
class _Document:
    path: Path
    matcher: ClassMatcher
    images: dict[object, str] = field(default_factory=dict)
    categories: dict[object, int | None] = field(default_factory=dict)
    things: set[object] = field(default_factory=set)
    problems: list[Problem] = field(default_factory=list)
    samples: list[ImportedSample] = field(default_factory=list)
    seen: set[object] = field(default_factory=set)

    def problem(self, entry: Entry, reason: str) -> None:
        self.problems.append(Problem(self.path, reason, entry.line))


def read(source: Path, classes: LabelSet | None, options: ImportOptions) -> Work[ImportedDataset]:
    path = source / "panoptic.json" if source.is_dir() else source
    if not path.is_file():
        raise FormatError(source, f"there is no panoptic.json; choose {_SOURCE}")
    document = _Document(path, ClassMatcher(classes, options))
    home = path.parent
    outer = [home.parent] if home.name == "annotations" else []
    roots = [home / "images", home.parent / "images", *outer, home]
    photos = ImageFinder([options.images] if options.images else roots)
    masks = ImageFinder([home / "panoptic", home / path.stem, home.parent / path.stem, home])
    for entry in _entries(document):
        _take_head(document, entry)
    if not document.images or not document.categories:
        raise FormatError(path, f"this is not a COCO panoptic document; choose {_SOURCE}")
    size = max(1, path.stat().st_size)
    for entry in _entries(document):
        if entry.key == "annotations":
            yield Progress(min(1.0, entry.start / size), "reading")
            _take_annotation(document, entry, photos, masks)
    return ImportedDataset(
        "coco_panoptic", source, document.matcher.classes, document.samples, tuple(document.problems)
    )


def _entries(document: _Document) -> Iterator[Entry]:
    """The entries; a document that ends too soon is a problem, and what stood before it counts."""
    try:
        yield from entries(document.path)
    except FormatError as error:
        if as_problem(error) not in document.problems:
            document.problems.append(as_problem(error))


def _take_head(document: _Document, entry: Entry) -> None:
    value = entry.value
    if entry.key == "images":
        if not isinstance(value, dict) or not isinstance(value.get("file_name"), str) or not _is_id(value.get("id")):
            document.problem(entry, "an image needs an id and a file_name")
        elif value["id"] in document.images:
            document.problem(entry, f"the image id {value['id']} is used twice")
        else:
            document.images[value["id"]] = value["file_name"]
    elif entry.key == "categories":
        if not isinstance(value, dict) or not isinstance(value.get("name"), str) or not _is_id(value.get("id")):
            document.problem(entry, "a category needs an id and a name")
        elif value["id"] in document.categories:
            document.problem(entry, f"the category id {value['id']} is used twice")
        else:
            _take_category(document, entry)


def _take_category(document: _Document, entry: Entry) -> None:
    value = entry.value
    wanted = value["id"] - 1 if isinstance(value["id"], int) else None
    class_id = document.matcher.by_name(value["name"], wanted=wanted, color=_color(value.get("color")))
    document.categories[value["id"]] = class_id
    if value.get("isthing", 1):
        document.things.add(value["id"])
    if class_id is None:
        document.problem(entry, f"the project has no class called {value['name']!r}")


def _take_annotation(document: _Document, entry: Entry, photos: ImageFinder, masks: ImageFinder) -> None:
    value = entry.value
    if not isinstance(value, dict) or not isinstance(value.get("segments_info"), list):
        document.problem(entry, "an annotation needs segments_info")
        return
    image_id, name = value.get("image_id"), value.get("file_name")
    if not _is_id(image_id) or image_id not in document.images or not isinstance(name, str):
        document.problem(entry, f"there is no image with the id {image_id!r}")
        return
    if image_id in document.seen:
        document.problem(entry, f"the image {document.images[image_id]!r} is described twice")
        return
    document.seen.add(image_id)
    image, reason = photos.find(document.images[image_id], parts_of(document.path.stem))
    mask, trouble = masks.find(name)
    if image is None or mask is None:
        document.problem(entry, reason or trouble)
        return
    try:
        shape = image_shape(image)
        numbers = _numbers(mask, shape)
    except FileError as error:
        document.problems.append(as_problem(error))
        return
    load = partial(_load, document.path, (entry.start, entry.length), mask, document, shape)
    _check_segments(document, entry, set(np.unique(numbers).tolist()))
    document.samples.append(ImportedSample(image, 0, shape, load))


def _check_segments(document: _Document, entry: Entry, present: set[int]) -> None:
    told = set()
    for row in entry.value["segments_info"]:
        if not isinstance(row, dict) or not isinstance(row.get("id"), int):
            document.problem(entry, "a segment has no id")
        elif row["id"] in told:
            document.problem(entry, f"the segment id {row['id']} is used twice")
        elif not _is_id(row.get("category_id")) or row["category_id"] not in document.categories:
            document.problem(entry, f"there is no category with the id {row.get('category_id')!r}")
        else:
            told.add(row["id"])
            if row["id"] not in present:
                document.problem(entry, f"the segment {row['id']} has no pixels")
    if present - told - {0}:
        listed = ", ".join(map(str, sorted(present - told - {0})[:5]))
        document.problem(entry, f"its PNG holds segments that are not told: {listed}")


def _numbers(mask: Path, shape: tuple[int, int]) -> NDArray[np.uint32]:
    pixels = mask_colours(mask, shape)
    if pixels is None:
        raise MaskError(mask, "a panoptic PNG is in colour, which tells the ids of segments")
    numbers: NDArray[np.uint32] = pixels.astype(np.uint32) @ np.array([1, 256, 65536], np.uint32)
    return numbers


def _load(
    source: Path, place: tuple[int, int], mask: Path, document: _Document, shape: tuple[int, int]
) -> ImportedLabels:
    rows: Mapping[int, Mapping[str, Any]] = {
        row["id"]: row
        for row in read_entry(source, *place)["segments_info"]
        if isinstance(row, dict) and isinstance(row.get("id"), int)
    }
    found, places = np.unique(_numbers(mask, shape), return_inverse=True)
    ids = np.full(found.size, UNLABELLED, np.uint16)
    segments: dict[int, int] = {}
    for at, value in enumerate(found.tolist()):
        row = rows.get(value, {})
        category = row.get("category_id")
        class_id = document.categories.get(category) if _is_id(category) else None
        if class_id is None:
            continue
        ids[at] = class_id
        if category in document.things and not row.get("iscrowd"):
            if FIRST_INSTANCE + len(segments) > MAX_SEGMENT:
                raise MaskError(mask, "it has more objects than a label map can tell apart")
            ids[at] = FIRST_INSTANCE + len(segments)
            segments[int(ids[at])] = class_id
    return ImportedLabels(ids[places].reshape(shape), segments)


def _is_id(value: object) -> bool:
    return isinstance(value, int | str)


def _color(value: object) -> Color | None:
    if isinstance(value, list) and len(value) == 3 and all(isinstance(v, int) and 0 <= v <= 255 for v in value):
        return value[0], value[1], value[2]
    return None
