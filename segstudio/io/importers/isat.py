"""ISAT: a folder of JSON files, or one; polygons of one group are an object, ``__background__`` cuts holes into them.

Polygons are painted layer by layer, as ISAT does: one that lies higher hides what is below, and a hole shows nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import yaml  # type: ignore[import-untyped]
from numpy.typing import NDArray

from segstudio.algorithms.raster import polygon
from segstudio.core.classes import Color, LabelSet, parse_color
from segstudio.core.errors import FormatError, OptionError, storage_errors
from segstudio.core.progress import Work
from segstudio.io.importers.base import ClassMatcher, ImageFinder, ImportedDataset, ImportOptions
from segstudio.io.importers.json_files import annotation_files, documents, line_of, numbers_of
from segstudio.io.importers.outlined import Document, Outlined, collect
from segstudio.io.importers.shapes import ring_trouble
from segstudio.io.problems import Problem
from segstudio.io.segments import cropped

Options = ImportOptions
_SOURCE = "an ISAT JSON file or the folder with them"
_HOLE = "__background__"


def read(source: Path, classes: LabelSet | None, options: ImportOptions) -> Work[ImportedDataset]:
    files = annotation_files(source, _SOURCE, "objects")
    folder = source if source.is_dir() else source.parent
    roots = [options.images] if options.images else [folder / "images", folder.parent / "images", folder]
    matcher = ClassMatcher(classes, options, background=True)
    colors = _colors(folder)
    for name, color in colors.items():
        matcher.by_name(name, color=color)
    finder = ImageFinder(roots)
    return (yield from collect("isat", source, matcher, finder, documents(files, lambda p, c: _document(p, c, colors))))


def _colors(folder: Path) -> dict[str, Color]:
    """The classes of ``isat.yaml``, here or one folder up, in its order."""
    found = next((p for p in (folder / "isat.yaml", folder.parent / "isat.yaml") if p.is_file()), None)
    if found is None:
        return {}
    with storage_errors(found):
        data = found.read_bytes()
    try:
        rows = yaml.safe_load(data)["label"]
        named = {str(row["name"]): parse_color(str(row["color"])) for row in rows}
    except (yaml.YAMLError, KeyError, TypeError, OptionError) as error:
        raise FormatError(found, "this is no list of ISAT's classes") from error
    return {name: color for name, color in named.items() if name != _HOLE}


def _document(path: Path, content: Mapping[str, Any], colors: Mapping[str, Color]) -> Iterator[Document | Problem]:
    info, rows = content.get("info"), content.get("objects")
    if not isinstance(info, dict) or not isinstance(rows, list) or not isinstance(info.get("name"), str):
        raise FormatError(path, "this is no ISAT file: it lacks info, its name, or objects")
    height, width = info.get("height"), info.get("width")
    if not isinstance(height, int) or not isinstance(width, int) or height < 1 or width < 1:
        raise FormatError(path, "its height and width are no sizes")
    canvas = _Canvas((height, width))
    first: dict[object, int] = {}
    for number, row in enumerate(rows, start=1):
        first.setdefault(str(row.get("category")) if isinstance(row, dict) else None, number)
    for number, row in sorted(enumerate(rows, start=1), key=lambda numbered: _layer(numbered[1])):
        reason = canvas.paint(row)
        if reason:
            yield Problem(path, f"object {number}: {reason}", line_of(path, "objects", number))
    objects = [
        replace(each, line=partial(line_of, path, "objects", first[each.label])) for each in canvas.objects(colors)
    ]
    yield Document(path, info["name"], objects, (height, width), among=[path.parent.name])


def _layer(row: object) -> float:
    value = row.get("layer") if isinstance(row, dict) else None
    return float(value) if isinstance(value, int | float) else 0.0


class _Canvas:
    """An image on which polygons are painted one over the other."""

    def __init__(self, shape: tuple[int, int]) -> None:
        self._shape = shape
        self._numbers: NDArray[np.int32] = np.zeros(shape, np.int32)
        self._keys: dict[tuple[str, object], int] = {}

    def paint(self, row: object) -> str:
        """Paint one polygon; what is wrong with it, or an empty text."""
        if not isinstance(row, dict) or not isinstance(row.get("category"), str):
            return "it has no category"
        points = numbers_of(row.get("segmentation"))
        ring = None if points is None else np.ascontiguousarray(points[:, ::-1])
        trouble = ring_trouble(ring, self._shape)
        if ring is not None and not (trouble and trouble.lost):
            region, mask = polygon(ring, self._shape)
            self._numbers[region.slices][mask] = self._number(row)
        return trouble.reason if trouble else ""

    def objects(self, colors: Mapping[str, Color]) -> Iterator[Outlined]:
        for (label, _), number in self._keys.items():
            region, inside = cropped(self._numbers == number)
            if not region.empty:
                yield Outlined(label, mask=(region, inside), color=colors.get(label))

    def _number(self, row: Mapping[str, Any]) -> int:
        if row["category"] == _HOLE:
            return 0
        group = row.get("group")
        key = (row["category"], group if isinstance(group, int | str) and group else f"alone {len(self._keys)}")
        return self._keys.setdefault(key, len(self._keys) + 1)
