"""Cityscapes' outlines, painted as its own tools paint them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from segstudio.core.errors import FormatError
from segstudio.io.cityscapes import INSTANCES, THINGS, UNLABELED, CityLabel
from segstudio.io.importers.json_files import line_of, load_object, numbers_of
from segstudio.io.importers.shapes import ring_trouble
from segstudio.io.problems import Problem

POLYGONS = "_polygons.json"
"""What the files end in."""
_PASSED_OVER = frozenset({"license plate"})
"""Has no id: what is behind it counts."""
_GROUP = "group"
"""Ends the label of several objects that nobody could tell apart."""


def painted(
    path: Path, shape: tuple[int, int], labels: Iterable[CityLabel], problems: list[Problem]
) -> NDArray[np.int32]:
    """The values ``(H, W)`` that ``instanceIds`` would hold; what is wrong with single objects joins *problems*.

    Objects are painted in their order, each over those before it, so that what lies in front comes last. Points are
    centres of pixels and the line belongs to the object, as in the mask files that Cityscapes publishes. Objects of
    classes that Cityscapes counts get numbers of their own; deleted ones and license plates are passed over.

    Raises :class:`~segstudio.core.errors.FormatError` where the file is no such list or for an image of another size.
    """
    content = load_object(path)
    rows = content.get("objects")
    if not isinstance(rows, list):
        raise FormatError(path, "this is no Cityscapes annotation: it has no objects")
    told = content.get("imgHeight", shape[0]), content.get("imgWidth", shape[1])
    if told != shape:
        raise FormatError(path, f"it is for {told[1]}x{told[0]} pixels, but the image is {shape[1]}x{shape[0]}")
    canvas = Image.new("I", (shape[1], shape[0]), UNLABELED)
    draw = ImageDraw.Draw(canvas)
    for points, value in _outlines(path, shape, rows, {each.name: each for each in labels}, problems):
        draw.polygon([(round(x), round(y)) for x, y in points.tolist()], fill=value)
    return np.asarray(canvas, np.int32)


def _outlines(
    path: Path, shape: tuple[int, int], rows: list[Any], labels: Mapping[str, CityLabel], problems: list[Problem]
) -> Iterator[tuple[NDArray[np.float64], int]]:
    """The points ``(N, 2)`` (x, y) of each object that can be drawn, and its value."""
    counts: Counter[int] = Counter()
    for number, row in enumerate(rows, start=1):
        if not isinstance(row, dict) or not isinstance(row.get("label"), str):
            problems.append(_problem(path, number, "it has no label"))
            continue
        if row.get("deleted") or row["label"] in _PASSED_OVER:
            continue
        label, several = _label(row["label"], labels)
        if label is None:
            problems.append(_problem(path, number, f"{row['label']!r} is no label of the data set"))
            continue
        points = numbers_of(row.get("polygon"))
        trouble = ring_trouble(None if points is None else np.ascontiguousarray(points[:, ::-1]), shape)
        if trouble is not None:
            problems.append(_problem(path, number, trouble.reason))
        if points is None or (trouble is not None and trouble.lost):
            continue
        alone = label.id in THINGS and not several and counts[label.id] < INSTANCES
        yield points, label.id * INSTANCES + counts[label.id] if alone else label.id
        counts[label.id] += alone


def _problem(path: Path, number: int, reason: str) -> Problem:
    return Problem(path, f"object {number}: {reason}", line_of(path, "objects", number))


def _label(name: str, labels: Mapping[str, CityLabel]) -> tuple[CityLabel | None, bool]:
    """The label called *name*, and whether it is of a group of objects."""
    if name in labels:
        return labels[name], False
    return labels.get(name.removesuffix(_GROUP)), name.endswith(_GROUP)
