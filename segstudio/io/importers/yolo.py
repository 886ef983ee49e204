"""YOLO: ``data.yaml`` (or its folder) with ``images/`` and ``labels/``; polygons become instances, boxes stay boxes.

The names in ``data.yaml`` tell the classes. Images of all its sets are taken; one without a label file shows nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import yaml  # type: ignore[import-untyped]

from segstudio.core.classes import LabelSet
from segstudio.core.errors import FileError, FormatError, storage_errors
from segstudio.core.progress import Work
from segstudio.io import images
from segstudio.io.exporters.naming import safe_name
from segstudio.io.importers.base import (
    ClassMatcher,
    ImageFinder,
    ImportedDataset,
    ImportOptions,
    as_problem,
    image_shape,
)
from segstudio.io.importers.outlined import Document, Outlined, Step, collect
from segstudio.io.importers.photos import Photos
from segstudio.io.problems import Problem

Options = ImportOptions
_SOURCE = "data.yaml, or the folder that holds it"


def read(source: Path, classes: LabelSet | None, options: ImportOptions) -> Work[ImportedDataset]:
    description = _description(source)
    content = _content(description)
    names = _names(description, content)
    matcher = ClassMatcher(classes, options, background=True)
    root = _root(description, content)
    if options.images is not None and not any(_inside(options.images, entry) for _, entry in _entries(content)):
        steps = _apart(root, options.images, names)
    else:
        steps = _steps(description, content, names, options.images or root, root)
    return (yield from collect("yolo", source, matcher, ImageFinder([root]), steps))


def _description(source: Path) -> Path:
    if source.is_file():
        return source
    if not source.is_dir():
        raise FormatError(source, "no such file or folder")
    found = sorted([*source.glob("*.yaml"), *source.glob("*.yml")])
    if not found:
        raise FormatError(source, f"the folder holds no data.yaml; choose {_SOURCE}")
    return next((path for path in found if path.stem == "data"), found[0])


def _content(path: Path) -> Mapping[str, Any]:
    with storage_errors(path):
        data = path.read_bytes()
    try:
        content = yaml.safe_load(data)
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        mark = getattr(error, "problem_mark", None)
        line = f"line {mark.line + 1}: " if mark is not None else ""
        raise FormatError(path, f"{line}this is not YAML") from error
    if not isinstance(content, dict) or "names" not in content:
        raise FormatError(path, "this is no description of a YOLO data set: it has no names")
    return content


def _names(path: Path, content: Mapping[str, Any]) -> dict[int, str]:
    names = content["names"]
    if isinstance(names, list):
        return {place: str(name) for place, name in enumerate(names)}
    if isinstance(names, dict) and all(isinstance(place, int) for place in names):
        return {place: str(name) for place, name in names.items()}
    raise FormatError(path, "its names are neither a list nor numbered")


def _root(description: Path, content: Mapping[str, Any]) -> Path:
    """The data set's folder: the description's own, or the one below it that the description tells."""
    told = content.get("path")
    home = description.parent
    if isinstance(told, str) and (home / told).is_dir() and (home / told).resolve().is_relative_to(home.resolve()):
        return home / told
    return home


def _steps(
    description: Path, content: Mapping[str, Any], names: Mapping[int, str], root: Path, home: Path
) -> Iterator[Step]:
    """What the label files in *home* say about the images in *root*, which is the same where they came along."""
    found: list[Path] = []
    for key, entry in _entries(content):
        folder = _inside(root, entry)
        if folder is None:
            yield 0.0, Problem(description, f"the {key} images {entry!r} are missing or lead out of the data set")
        else:
            found.extend(_images(folder))
    files = list(dict.fromkeys(found)) or list(_images(root))
    labels = {path: _labels(path, root, home) for path in files}
    for number, path in enumerate(files):
        yield from ((number / len(files), each) for each in _document(path, labels[path], names))
    for folder in {path.parent for path in labels.values()}:
        known = set(labels.values())
        yield from ((1.0, Problem(p, "its image is missing")) for p in sorted(folder.glob("*.txt")) if p not in known)


def _entries(content: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """What the description calls the images of each set."""
    for key in ("train", "val", "test"):
        entries = content.get(key)
        for entry in entries if isinstance(entries, list) else [entries]:
            if isinstance(entry, str):
                yield key, entry


def _apart(root: Path, folder: Path, names: Mapping[int, str]) -> Iterator[Step]:
    """Labels whose images lie in *folder*, which knows nothing of the data set: they go together by their names."""
    endings = images.extensions()
    known = Photos(ImageFinder([folder]), lambda path: path.name.lower().endswith(endings), named=safe_name)
    home = root / "labels" if (root / "labels").is_dir() else root
    files = sorted(home.rglob("*.txt"))
    for number, path in enumerate(files):
        try:
            image = known.of(path, [path.stem], path.parent.relative_to(home))
        except FileError as error:
            yield number / len(files), as_problem(error)
            continue
        if image is None:
            yield number / len(files), Problem(path, "its image is missing")
        else:
            yield from ((number / len(files), each) for each in _document(image, path, names))


def _inside(root: Path, entry: str) -> Path | None:
    """A folder (or list) of images below *root*; descriptions often lead to it by another way than from here."""
    parts = [part for part in Path(entry.replace("\\", "/")).parts if part not in ("..", ".", "/")]
    for start in range(len(parts)):
        path = root.joinpath(*parts[start:])
        if path.exists() and path.resolve().is_relative_to(root.resolve()):
            return path
    return root if entry in (".", "") else None


def _images(place: Path) -> Iterator[Path]:
    endings = set(images.extensions())
    if place.is_dir():
        yield from (path for path in sorted(place.rglob("*")) if path.suffix.lower() in endings and path.is_file())
        return
    with storage_errors(place):
        lines = place.read_text("utf-8", errors="replace").splitlines()
    for line in lines:
        path = _inside(place.parent, line.strip()) if line.strip() else None
        if path is not None and path.is_file():
            yield path


def _labels(image: Path, root: Path, home: Path) -> Path:
    """``.../labels/.../NAME.txt`` for ``.../images/.../NAME.jpg``; where no folder is called images, beside it. For
    images of a *root* apart from the data set, the file at the same place in *home* where that is there."""
    inside = image.relative_to(root)
    apart = [home / _parallel(inside), home / "labels" / inside.with_suffix(".txt")] if root != home else []
    return next((path for path in apart if path.is_file()), _parallel(image))


def _parallel(image: Path) -> Path:
    parts = list(image.parts)
    for place in range(len(parts) - 2, -1, -1):
        if parts[place] == "images":
            parts[place] = "labels"
            break
    return Path(*parts).with_suffix(".txt")


def _document(image: Path, labels: Path, names: Mapping[int, str]) -> Iterator[Document | Problem]:
    objects: list[Outlined] = []
    if labels.is_file():
        try:
            height, width = image_shape(image)
            with storage_errors(labels):
                lines = labels.read_text("utf-8", errors="replace").splitlines()
        except FileError as error:
            yield as_problem(error)
            return
        for number, line in enumerate(lines, start=1):
            found = _outlined(line, names, height, width, number) if line.strip() else None
            if isinstance(found, str):
                yield Problem(labels, found, number)
            elif found is not None:
                objects.append(found)
    yield Document(labels if labels.is_file() else image, image, objects)


def _outlined(line: str, names: Mapping[int, str], height: int, width: int, number: int) -> Outlined | str:
    try:
        first, *rest = (float(word) for word in line.split())
    except ValueError:
        return "the line is not a class and numbers"
    if first not in names:
        return f"there is no class {first:g} in the names"
    name, wanted = names[int(first)], int(first)
    if len(rest) == 4:
        x, y, w, h = np.array(rest) * (width, height, width, height)
        box = (float(x - w / 2), float(y - h / 2), float(x + w / 2), float(y + h / 2))
        return Outlined(name, box=box, line=number, wanted=wanted)
    if len(rest) < 6 or len(rest) % 2:
        return "the line has neither four numbers for a box nor pairs for a polygon"
    points = np.array(rest).reshape(-1, 2) * (width, height)
    return Outlined(name, exteriors=[points], line=number, wanted=wanted)
