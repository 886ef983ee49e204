"""Samples in folders: images with masks or strokes, boxes and tags beside them. Loads no torch."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from segstudio.core.errors import FormatError, TrainingError, storage_errors
from segstudio.core.labels import UNLABELLED
from segstudio.io import images as image_io
from segstudio.io.masks import read_mask
from segstudio.learning.data import Array
from segstudio.learning.weak.evidence import BoxTuple


@dataclass(frozen=True)
class AnnotatedFile:
    """An image file with what stands of it in other files."""

    image_path: Path
    mask_path: Path | None = None
    given_boxes: tuple[BoxTuple, ...] = ()
    given_tags: tuple[int, ...] | None = None

    @property
    def name(self) -> str:
        return self.image_path.name

    def image(self) -> Array:
        return image_io.read(self.image_path).array

    def labels(self) -> Array:
        if self.mask_path is not None:
            return read_mask(self.mask_path)
        shape = self.image().shape
        return np.full((shape[0], shape[1]), UNLABELLED, np.uint16)

    def boxes(self) -> tuple[BoxTuple, ...]:
        return self.given_boxes

    def tags(self) -> tuple[int, ...] | None:
        return self.given_tags

    def shown(self) -> set[int]:
        """The classes of boxes and tags; with boxes or tags there is a background too."""
        classes = {box[0] for box in self.given_boxes} | set(self.given_tags or ())
        return classes | {0} if classes else classes


def annotated_samples(
    images: Path,
    masks: Path | None,
    boxes: Path | None,
    tags: Path | None,
    read_boxes: Callable[[Path], Sequence[BoxTuple]],
) -> list[AnnotatedFile]:
    """The images of a folder of which something is said, by name.

    *masks* and *boxes* are folders of files with the images' stems, *tags* is a JSON file of lists of class ids by
    stem. Raises :class:`TrainingError` where a folder is missing or nothing is said of any image, and
    :class:`FormatError` for a file that does not follow its format.
    """
    for folder in (images, masks, boxes):
        if folder is not None and not folder.is_dir():
            raise TrainingError(f"{folder} is not a folder")
    of_mask = _by_stem(masks)
    of_boxes = {stem: path for stem, path in _by_stem(boxes).items() if path.suffix.lower() == ".json"}
    of_tags = {} if tags is None else read_tags(tags)
    known = image_io.extensions()
    found = []
    for path in sorted(images.iterdir()):
        stem = path.stem
        if not path.name.lower().endswith(known) or not (stem in of_mask or stem in of_boxes or stem in of_tags):
            continue
        around = tuple(read_boxes(of_boxes[stem])) if stem in of_boxes else ()
        found.append(AnnotatedFile(path, of_mask.get(stem), around, of_tags.get(stem)))
    if not found:
        where = ", ".join(str(place) for place in (masks, boxes, tags) if place is not None)
        kind = "a mask of the same name" if boxes is None and tags is None else "an annotation"
        raise TrainingError(f"no image in {images} has {kind} in {where}")
    return found


def read_tags(path: Path) -> dict[str, tuple[int, ...]]:
    """Class ids by the stem of their image, from a JSON file ``{"image": [1, 2], ...}``."""
    with storage_errors(path):
        data = path.read_bytes()
    try:
        rows = json.loads(data)
    except ValueError as error:
        raise FormatError(path, f"not a JSON file ({error})") from error
    if not isinstance(rows, dict) or not all(_class_ids(value) for value in rows.values()):
        raise FormatError(path, 'tags have the form {"image": [1, 2], ...}')
    return {Path(name).stem: tuple(value) for name, value in rows.items()}


def _class_ids(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(v, int) and not isinstance(v, bool) and v >= 0 for v in value)


def _by_stem(folder: Path | None) -> dict[str, Path]:
    return {} if folder is None else {path.stem: path for path in sorted(folder.iterdir()) if path.is_file()}
