"""The annotations of Pascal VOC: an XML file for each image, with a box for each object."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from segstudio.core.annotation import Box
from segstudio.core.errors import FileError, FormatError
from segstudio.io.importers.base import ClassMatcher, as_problem
from segstudio.io.importers.outlined import Document, Outlined, Step
from segstudio.io.importers.photos import Photos
from segstudio.io.importers.shapes import clipped_box
from segstudio.io.importers.xml_lines import Element, elements
from segstudio.io.problems import Problem

ANNOTATIONS = "Annotations"


def boxed_documents(files: list[Path], photos: Photos) -> Iterator[Step]:
    """What each of *files* says about its image; one that is damaged is a problem."""
    for number, path in enumerate(files):
        try:
            yield number / len(files), _document(path, _root(path), photos)
        except FileError as error:
            yield number / len(files), as_problem(error)


def bare_boxes(path: Path, ids: NDArray[np.integer], matcher: ClassMatcher) -> tuple[list[Box], list[Problem]]:
    """The boxes in the annotation at *path* that the mask of class *ids* ``(H, W)`` does not fill: it shows no pixel of
    their class in them. Nothing where there is no such file; and what is wrong with it."""
    if not path.is_file():
        return [], []
    try:
        root = _root(path)
    except FileError as error:
        return [], [as_problem(error)]
    told = _told(root)
    if told not in (None, ids.shape):
        return [], [
            Problem(path, f"it is for {told[1]}x{told[0]} pixels, but the image is {ids.shape[1]}x{ids.shape[0]}")
        ]
    boxes: list[Box] = []
    problems: list[Problem] = []
    unknown: set[str] = set()
    for entry in root.all("object"):
        found = _boxed(entry)
        class_id = matcher.by_name(found.label)
        given = found.box if found.box is not None and np.isfinite(found.box).all() else None
        box = None if given is None else clipped_box(class_id or 0, *given, (ids.shape[0], ids.shape[1]))
        if class_id is None:
            if found.label not in unknown:
                problems.append(Problem(path, f"the project has no class called {found.label!r}", entry.line))
            unknown.add(found.label)
        elif box is None:
            problems.append(Problem(path, "an object has no box inside the image", entry.line))
        elif not (ids[box.y0 : box.y1, box.x0 : box.x1] == class_id).any():
            boxes.append(box)
    return boxes, problems


def object_boxes(path: Path, shape: tuple[int, int], matcher: ClassMatcher) -> list[Box | None]:
    """The boxes of the objects in the annotation at *path*, in their order; ``None`` for one that has none inside an
    image of *shape* or no known class. Nothing where there is no such file for such an image."""
    if not path.is_file():
        return []
    try:
        root = _root(path)
    except FileError:  # told when the data set was looked through
        return []
    if _told(root) not in (None, shape):
        return []
    boxes: list[Box | None] = []
    for found in map(_boxed, root.all("object")):
        class_id = matcher.by_name(found.label)
        given = found.box if found.box is not None and np.isfinite(found.box).all() else None
        boxes.append(None if class_id is None or given is None else clipped_box(class_id, *given, shape))
    return boxes


def _root(path: Path) -> Element:
    root = next(elements(path, {"annotation"}), None)
    if root is None:
        raise FormatError(path, "this is no Pascal VOC annotation")
    return root


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
