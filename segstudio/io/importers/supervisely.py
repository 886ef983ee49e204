"""Supervisely: a folder with ``meta.json``; bitmaps and polygons become instances, rectangles boxes."""

from __future__ import annotations

import base64
import binascii
import io
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from segstudio.core.classes import Color, LabelSet, parse_color
from segstudio.core.errors import FormatError, OptionError
from segstudio.core.geometry import Region
from segstudio.core.progress import Work
from segstudio.io.importers.base import ClassMatcher, ImageFinder, ImportedDataset, ImportOptions, needs_folder
from segstudio.io.importers.json_files import documents, line_of, load_object, numbers_of
from segstudio.io.importers.outlined import Document, Outlined, collect
from segstudio.io.problems import Problem

Options = ImportOptions
_SOURCE = "the folder with meta.json"
_LARGEST_BITMAP = 1 << 28


def read(source: Path, classes: LabelSet | None, options: ImportOptions) -> Work[ImportedDataset]:
    needs_folder(source, _SOURCE)
    meta = source / "meta.json"
    if not meta.is_file():
        raise FormatError(source, f"the folder holds no meta.json; choose {_SOURCE}")
    matcher = ClassMatcher(classes, options, background=True)
    colors = _classes(meta, matcher)
    files = sorted(path for path in source.rglob("*.json") if path.parent.name == "ann")
    finder = ImageFinder([options.images or source])
    steps = documents(files, lambda path, content: _document(path, content, colors, options))
    return (yield from collect("supervisely", source, matcher, finder, steps))


def _classes(meta: Path, matcher: ClassMatcher) -> dict[str, Color]:
    rows = load_object(meta).get("classes")
    if not isinstance(rows, list) or not all(isinstance(r, dict) and isinstance(r.get("title"), str) for r in rows):
        raise FormatError(meta, "it lists no classes with titles")
    colors: dict[str, Color] = {}
    for row in rows:
        try:
            colors[row["title"]] = parse_color(str(row.get("color")))
        except OptionError:
            continue
        wanted = row["id"] if isinstance(row.get("id"), int) else None
        matcher.by_name(row["title"], wanted=wanted, color=colors[row["title"]])
    return colors


def _document(
    path: Path, content: Mapping[str, Any], colors: Mapping[str, Color], options: ImportOptions
) -> Iterator[Document | Problem]:
    size, rows = content.get("size"), content.get("objects")
    if not isinstance(size, dict) or not isinstance(rows, list):
        raise FormatError(path, "this is no Supervisely annotation: it lacks size or objects")
    objects = []
    for number, row in enumerate(rows, start=1):
        found = _outlined(row, colors)
        if isinstance(found, str):
            yield Problem(path, f"object {number}: {found}", line_of(path, "objects", number))
        else:
            objects.append(replace(found, line=partial(line_of, path, "objects", number)))
    beside = path.parent.parent / "img" / path.stem
    image: str | Path = beside if options.images is None and beside.is_file() else path.stem
    height, width = size.get("height"), size.get("width")
    told = (height, width) if isinstance(height, int) and isinstance(width, int) else None
    yield Document(path, image, objects, told, among=[path.parent.parent.name])


def _outlined(row: object, colors: Mapping[str, Color]) -> Outlined | str:
    if not isinstance(row, dict) or not isinstance(row.get("classTitle"), str):
        return "it has no classTitle"
    label, kind = row["classTitle"], row.get("geometryType")
    color = colors.get(label)
    points = row.get("points")
    exterior = points.get("exterior") if isinstance(points, dict) else None
    if kind == "bitmap":
        mask = _bitmap(row.get("bitmap"))
        return "its bitmap is damaged" if mask is None else Outlined(label, mask=mask, color=color)
    if kind == "polygon" and isinstance(points, dict):
        interior = points.get("interior")
        holes = interior if isinstance(interior, list) else []
        return Outlined(label, exteriors=[exterior], holes=holes, color=color)
    if kind == "rectangle":
        corners = numbers_of(exterior)
        if corners is None or len(corners) != 2:
            return "its rectangle has no two corners"
        (x0, y0), (x1, y1) = corners.min(axis=0), corners.max(axis=0)
        return Outlined(label, box=(x0, y0, x1 + 1, y1 + 1), color=color)  # the last pixel is included
    return f"an object of the kind {kind!r} encloses nothing that could be labelled"


def _bitmap(value: object) -> tuple[Region, np.ndarray[Any, np.dtype[np.bool_]]] | None:
    """A mask from its first pixel on: a PNG, packed once more and as text."""
    if not isinstance(value, dict) or not isinstance(value.get("data"), str):
        return None
    origin = numbers_of([value.get("origin")])
    try:
        unpacker = zlib.decompressobj()
        data = unpacker.decompress(base64.b64decode(value["data"], validate=True), _LARGEST_BITMAP)
        with Image.open(io.BytesIO(data), formats=["PNG"]) as image:
            mask = np.array(image.convert("RGBA"))[..., 3] > 0
    except (binascii.Error, zlib.error, OSError, ValueError, SyntaxError):
        return None
    if origin is None:
        return None
    x, y = (int(n) for n in origin[0])
    return Region(y, x, y + mask.shape[0], x + mask.shape[1]), mask
