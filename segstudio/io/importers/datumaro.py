"""Datumaro: a JSON of items; masks and polygons become instances, boxes stay boxes, labels of an image tags."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from segstudio.core.classes import Color, LabelSet
from segstudio.core.errors import FileError, FormatError
from segstudio.core.progress import Work
from segstudio.io.coco_rle import decode
from segstudio.io.importers.base import ClassMatcher, ImageFinder, ImportedDataset, ImportOptions, as_problem
from segstudio.io.importers.json_stream import Entry, entries
from segstudio.io.importers.outlined import Document, Outlined, Step, collect
from segstudio.io.problems import Problem

Options = ImportOptions
_SOURCE = "annotations/default.json, or the folder of the data set"


@dataclass
class _Labels:
    names: list[str] = field(default_factory=list)
    colors: dict[int, Color] = field(default_factory=dict)


def read(source: Path, classes: LabelSet | None, options: ImportOptions) -> Work[ImportedDataset]:
    files = _files(source)
    home = files[0].parent.parent
    roots = [options.images] if options.images else [home / "images", home]
    labels = {path: _labels(path) for path in files}
    matcher = ClassMatcher(classes, options, background=True)
    for known in labels.values():
        for place, name in enumerate(known.names):
            matcher.by_name(name, color=known.colors.get(place))
    return (yield from collect("datumaro", source, matcher, ImageFinder(roots), _steps(labels)))


def _files(source: Path) -> list[Path]:
    if source.is_file():
        return [source]
    found = sorted((source / "annotations").glob("*.json")) if source.is_dir() else []
    if not found:
        raise FormatError(source, f"there is no Datumaro data set; choose {_SOURCE}")
    return found


def _labels(path: Path) -> _Labels:
    labels, seen = _Labels(), False
    for entry in entries(path):
        seen = seen or entry.key == "items"
        if entry.key == "categories" and isinstance(entry.value, dict):
            _take(labels, entry.value)
            return labels
    if not seen:
        raise FormatError(path, "this is no Datumaro document: it has neither categories nor items")
    return labels


def _take(labels: _Labels, categories: Mapping[str, Any]) -> None:
    rows = categories.get("label", {}).get("labels", [])
    labels.names = [str(row.get("name")) for row in rows if isinstance(row, dict)]
    for row in categories.get("mask", {}).get("colormap", []):
        if isinstance(row, dict) and all(isinstance(row.get(k), int) for k in ("label_id", "r", "g", "b")):
            labels.colors[row["label_id"]] = row["r"] & 255, row["g"] & 255, row["b"] & 255


def _steps(files: Mapping[Path, _Labels]) -> Iterator[Step]:
    for place, (path, labels) in enumerate(files.items()):
        size = max(1, path.stat().st_size)
        try:
            for entry in entries(path):
                share = (place + min(1.0, entry.start / size)) / len(files)
                if entry.key == "items":
                    yield from ((share, found) for found in _document(path, entry, labels))
        except FileError as error:
            yield None, as_problem(error)


def _document(path: Path, entry: Entry, labels: _Labels) -> Iterator[Document | Problem]:
    item = entry.value
    image = item.get("image") if isinstance(item, dict) else None
    if not isinstance(image, dict) or not isinstance(image.get("path"), str):
        yield Problem(path, "an item has no image", entry.line)
        return
    size = image.get("size")
    told = (size[0], size[1]) if isinstance(size, list) and len(size) == 2 else None
    objects: list[Outlined] = []
    tags: list[str] = []
    for row in item.get("annotations") or []:
        found = _outlined(row, labels, entry.line)
        if isinstance(found, str):
            yield Problem(path, found, entry.line)
        elif row.get("type") == "label":
            tags.append(found.label)
        else:
            objects.append(found)
    yield Document(path, image["path"], objects, told, entry.line, tags, among=[path.stem])


def _outlined(row: object, labels: _Labels, line: int) -> Outlined | str:
    number = row.get("label_id") if isinstance(row, dict) else None
    if not isinstance(row, dict) or not isinstance(number, int) or not 0 <= number < len(labels.names):
        return f"an annotation has no label of the data set ({number!r})"
    label, color, kind = labels.names[number], labels.colors.get(number), row.get("type")
    group = row.get("group") or None
    if kind == "label":
        return Outlined(label)
    if kind == "polygon":
        return Outlined(label, exteriors=[row.get("points")], group=group, line=line, color=color)
    if kind == "bbox":
        box = row.get("bbox")
        if not isinstance(box, list) or len(box) != 4 or not all(isinstance(n, int | float) for n in box):
            return "a box has no four numbers"
        x, y, width, height = box
        return Outlined(label, box=(x, y, x + width, y + height), group=group, line=line, color=color)
    if kind == "mask":
        rle = row.get("rle")
        try:
            if not isinstance(rle, dict):
                raise TypeError
            size, counts = rle["size"], rle["counts"]
            region, mask = decode(counts if isinstance(counts, str) else list(counts), (int(size[0]), int(size[1])))
        except (KeyError, TypeError, ValueError, IndexError):
            return "the run-length code of a mask is damaged"
        return Outlined(label, mask=(region, mask), group=group, line=line, color=color)
    return f"an annotation of the kind {kind!r} encloses nothing that could be labelled"
