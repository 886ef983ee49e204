"""COCO instances: polygons, run-length codes (compressed or not), crowds, and boxes without either.

Each annotation becomes an instance, a crowd pixels of its class. Where annotations overlap, the smaller is on top.
Pixels without annotation are the background where the classes have one, else unlabelled. Documents of any length are
read entry by entry. A folder may hold several, one for each part of the data set; images of one name are then those in
folders called as their document: ``train2017/1.jpg`` for ``instances_train2017.json``.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pycocotools import mask as coco_mask

from segstudio.core.annotation import Annotation, Box
from segstudio.core.classes import LabelSet
from segstudio.core.errors import FileError, FormatError, storage_errors
from segstudio.core.geometry import Region
from segstudio.core.progress import Progress, Work, scaled
from segstudio.io.coco_rle import decode, runs
from segstudio.io.importers.base import (
    ClassMatcher,
    ImageFinder,
    ImportedDataset,
    ImportedLabels,
    ImportedSample,
    ImportOptions,
    as_problem,
    image_shape,
    needs_file,
    parts_of,
)
from segstudio.io.importers.json_files import color_of
from segstudio.io.importers.json_stream import Entry, entries, read_entry
from segstudio.io.importers.shapes import Drawn, as_ring, draw_polygon, joined, paint, ring_trouble, sized_box
from segstudio.io.importers.signs import COCO_DOCUMENTS, is_coco
from segstudio.io.problems import Problem

Options = ImportOptions
_ROUNDING = 1
"""Pixels by which the box of polygons may differ from the one around the pixels that they fill."""
_SOURCE = "the JSON file with images, annotations and categories, or the folder with such files"


@dataclass(frozen=True, slots=True)
class _Image:
    path: Path
    shape: tuple[int, int]


@dataclass
class _Document:
    """What is known of a document so far."""

    path: Path
    classes: ClassMatcher
    categories: dict[Hashable, int | None]
    """Class id by category id; ``None`` for a class that the project does not have."""
    images: dict[Hashable, _Image | None]
    """By image id; ``None`` for one with a problem."""
    places: dict[Hashable, list[tuple[int, int]]]
    """Where in the file the annotations of each image stand."""
    boxes: dict[Hashable, list[Box]]
    problems: list[Problem]
    seen: set[Path]
    """The images that were described, by this document or one before."""

    def problem(self, entry: Entry, reason: str) -> None:
        self.problems.append(Problem(self.path, reason, entry.line))


def read(source: Path, classes: LabelSet | None, options: ImportOptions) -> Work[ImportedDataset]:
    paths = _documents(source) if source.is_dir() else [source]
    needs_file(paths[0], _SOURCE)
    matcher = ClassMatcher(classes, options, background=True)
    samples: list[ImportedSample] = []
    problems: list[Problem] = []
    seen: set[Path] = set()
    for place, path in enumerate(paths):
        document = _Document(path, matcher, {}, {}, defaultdict(list), defaultdict(list), problems, seen)
        work = _read(document, options, source)
        samples += yield from scaled(work, place / len(paths), (place + 1) / len(paths))
    return ImportedDataset("coco", source, matcher.classes, samples, tuple(problems))


def _documents(folder: Path) -> list[Path]:
    """The COCO documents in *folder*; where some are called so, those of instances only: COCO's captions and keypoints
    tell of the same images."""
    with storage_errors(folder):
        named = dict.fromkeys(path for pattern in COCO_DOCUMENTS for path in sorted(folder.glob(pattern)))
    found = [path for path in named if is_coco(path)]
    if not found:
        raise FormatError(folder, f"the folder holds no COCO documents; choose {_SOURCE}")
    return [path for path in found if path.name.startswith("instances_")] or found


def _read(document: _Document, options: ImportOptions, source: Path) -> Work[list[ImportedSample]]:
    path = document.path
    roots = [options.images] if options.images else [path.parent / "images", path.parent.parent / "images"]
    if not options.images:
        at_top = path.parent == source and source.name != "annotations"
        roots += [path.parent, *([] if at_top else [path.parent.parent])]
    finder = ImageFinder(roots)
    yield from scaled(_pass(document, partial(_first, document, finder), "images"), 0.0, 0.5)
    if not document.images and not document.categories:
        raise FormatError(path, "this is not a COCO document: it has neither images nor categories")
    seen: set[Hashable] = set()
    yield from scaled(_pass(document, partial(_second, document, seen), "annotations"), 0.5, 1.0)
    load = partial(_load, path, dict(document.categories), document.classes.rest)
    return [
        ImportedSample(
            image.path,
            0,
            image.shape,
            partial(load, image, document.places[image_id]) if document.places[image_id] else None,
            Annotation(boxes=tuple(document.boxes.get(image_id, ()))),
        )
        for image_id, image in document.images.items()
        if image is not None
    ]


def _pass(document: _Document, take: Any, what: str) -> Work[None]:
    """Hand every entry to *take*. A document that ends too soon is a problem; what stood before it counts."""
    size = max(1, document.path.stat().st_size)
    reported = 0.0
    try:
        for entry in entries(document.path):
            take(entry)
            if entry.start / size >= reported:
                yield Progress(min(1.0, entry.start / size), f"reading {what}")
                reported += 0.01
    except FormatError as error:
        if not document.images and not document.categories:
            raise
        if as_problem(error) not in document.problems:
            document.problems.append(as_problem(error))


# --- images and categories ---


def _first(document: _Document, finder: ImageFinder, entry: Entry) -> None:
    if entry.key == "categories":
        _take_category(document, entry)
    elif entry.key == "images":
        _take_image(document, finder, entry)


def _take_category(document: _Document, entry: Entry) -> None:
    value = entry.value
    if not isinstance(value, dict) or not isinstance(value.get("name"), str) or not _is_id(value.get("id")):
        document.problem(entry, "a category needs an id and a name")
        return
    if value["id"] in document.categories:
        document.problem(entry, f"the category id {value['id']} is used twice")
        return
    wanted = value["id"] if isinstance(value["id"], int) else None
    class_id = document.classes.by_name(value["name"], wanted=wanted, color=color_of(value.get("color")))
    document.categories[value["id"]] = class_id
    if class_id is None:
        document.problem(entry, f"the project has no class called {value['name']!r}")


def _take_image(document: _Document, finder: ImageFinder, entry: Entry) -> None:
    value = entry.value
    if not isinstance(value, dict) or not isinstance(value.get("file_name"), str) or not _is_id(value.get("id")):
        document.problem(entry, "an image needs an id and a file_name")
        return
    if value["id"] in document.images:
        document.problem(entry, f"the image id {value['id']} is used twice")
        return
    document.images[value["id"]] = None
    path, reason = finder.find(value["file_name"], parts_of(document.path.stem))
    if path is None:
        document.problem(entry, reason)
        return
    if path in document.seen:
        document.problem(entry, f"the image {value['file_name']!r} is described twice")
        return
    document.seen.add(path)
    try:
        shape = image_shape(path)
    except FileError as error:
        document.problems.append(as_problem(error))
        return
    told = value.get("height", shape[0]), value.get("width", shape[1])
    if told != shape:
        sizes = f"{told[1]}x{told[0]} pixels, but the file is {shape[1]}x{shape[0]}"
        document.problem(entry, f"the image {value['file_name']!r} should have {sizes}")
        return
    document.images[value["id"]] = _Image(path, shape)


def _is_id(value: object) -> bool:
    return isinstance(value, int | str)


# --- annotations ---


def _second(document: _Document, seen: set[Hashable], entry: Entry) -> None:
    if entry.key != "annotations":
        return
    value = entry.value
    if not isinstance(value, dict):
        document.problem(entry, "an annotation is an object with image_id, category_id and segmentation")
        return
    if value.get("id") is not None and _is_id(value["id"]):
        if value["id"] in seen:
            document.problem(entry, f"the annotation id {value['id']} is used twice")
            return
        seen.add(value["id"])
    image_id, category = value.get("image_id"), value.get("category_id")
    if not _is_id(image_id) or image_id not in document.images:
        document.problem(entry, f"there is no image with the id {image_id!r}")
    elif not _is_id(category) or category not in document.categories:
        document.problem(entry, f"there is no category with the id {category!r}")
    else:
        image, class_id = document.images[image_id], document.categories[category]
        if image is not None and class_id is not None:  # else its image or class is a problem already
            _take_annotation(document, entry, image_id, image, class_id)


def _take_annotation(document: _Document, entry: Entry, image_id: Hashable, image: _Image, class_id: int) -> None:
    segmentation = entry.value.get("segmentation")
    if not segmentation:
        box = sized_box(class_id, entry.value.get("bbox"), image.shape)
        if box is None:
            document.problem(entry, "the annotation has neither a segmentation nor a box inside the image")
        else:
            document.boxes[image_id].append(box)
        return
    reason, usable = _trouble(segmentation, image.shape)
    if reason:
        document.problem(entry, reason)
    if usable:
        document.places[image_id].append((entry.start, entry.length))


def _trouble(segmentation: object, shape: tuple[int, int]) -> tuple[str, bool]:
    """What is wrong with a segmentation, if anything, and whether something of it can be drawn."""
    if isinstance(segmentation, dict):
        size, counts = segmentation.get("size"), segmentation.get("counts")
        if size != list(shape):
            return f"its run-length code is for an image of another size ({size})", False
        try:
            runs(counts if isinstance(counts, str) else list(counts or ()), shape)
        except (ValueError, TypeError) as error:
            return str(error), False
        return "", True
    if not isinstance(segmentation, list) or not all(isinstance(ring, list) for ring in segmentation):
        return "a segmentation is a list of polygons or a run-length code", False
    troubles = [ring_trouble(as_ring(ring), shape) for ring in segmentation]
    return next((t.reason for t in troubles if t), ""), any(t is None or not t.lost for t in troubles)


# --- pixels ---


def _load(
    source: Path, categories: Mapping[Hashable, int | None], rest: int, image: _Image, places: list[tuple[int, int]]
) -> ImportedLabels:
    drawn = []
    for place in places:
        value = read_entry(source, *place)
        class_id = categories[value["category_id"]]
        if class_id is not None:
            drawn.append(_draw(value, class_id, image.shape))
    return paint(image.path, [each for each in drawn if each.mask.any()], image.shape, rest)


def _draw(value: Mapping[str, Any], class_id: int, shape: tuple[int, int]) -> Drawn:
    segmentation = value["segmentation"]
    if isinstance(segmentation, dict):
        counts = segmentation["counts"]
        region, mask = decode(counts if isinstance(counts, str) else list(counts), shape)
        return Drawn(class_id, region, mask, value.get("iscrowd", 0) != 1, _box(value, region, shape, 0))
    rings = [as_ring(ring) for ring in segmentation]
    parts = [_fill(class_id, r, shape) for r in rings if r is not None and len(r) >= 3]
    whole = joined(parts)
    box = _box(value, whole.region, shape, _ROUNDING)
    return Drawn(class_id, whole.region, whole.mask, value.get("iscrowd", 0) != 1, box)


def _box(value: Mapping[str, Any], around: Region, shape: tuple[int, int], rounding: int) -> Region | None:
    """The box of an annotation, where it differs from that *around* its pixels by more than *rounding* of points."""
    told = sized_box(0, value.get("bbox"), shape)
    if told is None:
        return None
    box = told.region
    pairs = ((box.y0, around.y0), (box.x0, around.x0), (box.y1, around.y1), (box.x1, around.x1))
    return box if max(abs(one - other) for one, other in pairs) > rounding else None


def _fill(class_id: int, ring: NDArray[np.float64], shape: tuple[int, int]) -> Drawn:
    """A polygon as pycocotools fills it; by pixel centres where it leaves the image, perhaps by far."""
    if (ring < -1).any() or (ring > np.add(shape, 1)).any():
        return draw_polygon(class_id, ring, shape)
    flat = np.ascontiguousarray(ring[:, ::-1]).ravel().tolist()
    code = coco_mask.frPyObjects([flat], *shape)[0]
    return Drawn(class_id, *decode(code["counts"].decode("ascii"), shape))
