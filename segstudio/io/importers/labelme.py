"""labelme: a folder of JSON files beside their images, or one JSON file.

Polygons, circles, turned rectangles and masks become instances, those of one group in an image parts of one. Rectangles
are boxes, and in such a group the box of the instance. Lines and points enclose nothing and are told as problems. An
image that is only embedded in its JSON needs the option *extract*.
"""

from __future__ import annotations

import base64
import binascii
import io
import math
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from pydantic import Field

from segstudio.core.classes import LabelSet
from segstudio.core.errors import FormatError
from segstudio.core.geometry import Region
from segstudio.core.progress import Work
from segstudio.io.importers.base import ClassMatcher, ImageFinder, ImportedDataset, ImportOptions
from segstudio.io.importers.embedded import written
from segstudio.io.importers.json_files import annotation_files, documents, line_of, numbers_of
from segstudio.io.importers.outlined import Document, Outlined, collect
from segstudio.io.problems import Problem

_SOURCE = "a labelme JSON file or the folder with them"


class Options(ImportOptions):
    extract: Path | None = Field(None, description="where to write images that are only embedded in the JSON files")


def read(source: Path, classes: LabelSet | None, options: Options) -> Work[ImportedDataset]:
    return (yield from read_as("labelme", source, classes, options))


def read_as(format_name: str, source: Path, classes: LabelSet | None, options: Options) -> Work[ImportedDataset]:
    """Read labelme's JSON, or that of a program which writes the same under another name."""
    files = annotation_files(source, _SOURCE, "shapes")
    folder = source if source.is_dir() else source.parent
    finder = ImageFinder([options.images] if options.images else [folder])
    matcher = ClassMatcher(classes, options, background=True)
    steps = documents(files, lambda path, content: _document(path, content, finder, options))
    return (yield from collect(format_name, source, matcher, finder, steps))


def _document(
    path: Path, content: Mapping[str, Any], finder: ImageFinder, options: Options
) -> Iterator[Document | Problem]:
    shapes, name = content.get("shapes"), content.get("imagePath")
    if not isinstance(shapes, list) or not isinstance(name, str):
        raise FormatError(path, "this is no labelme file: it lacks shapes or imagePath")
    objects = []
    for number, shape in enumerate(shapes, start=1):
        found = _outlined(shape)
        if isinstance(found, str):
            yield Problem(path, f"shape {number}: {found}", line_of(path, "shapes", number))
        else:
            objects.append(replace(found, line=partial(line_of, path, "shapes", number)))
    image = _image(path, name, content.get("imageData"), finder, options)
    height, width = content.get("imageHeight"), content.get("imageWidth")
    told = (height, width) if isinstance(height, int) and isinstance(width, int) else None
    yield Document(path, image, objects, told, among=[path.parent.name])


def _image(path: Path, name: str, embedded: object, finder: ImageFinder, options: Options) -> str | Path:
    """The image that a JSON file belongs to: beside it, or embedded in it."""
    beside = path.parent / Path(name.replace("\\", "/")).name
    if options.images is None and beside.is_file():
        return beside
    if finder.find(name, [path.parent.name])[0] is not None or not isinstance(embedded, str) or not embedded:
        return name
    if options.extract is None:
        raise FormatError(path, "its image is only embedded; say with the option extract where to write it")
    try:
        data = base64.b64decode(embedded, validate=True)
    except binascii.Error as error:
        raise FormatError(path, "its embedded image is damaged") from error
    return written(options.extract, beside.name, data, mark=f"{path.parent.name}-{path.stem}")


def _outlined(shape: object) -> Outlined | str:
    """One shape, or what is wrong with it."""
    if not isinstance(shape, dict) or not isinstance(shape.get("label"), str):
        return "it has no label"
    kind = shape.get("shape_type") or "polygon"
    points = numbers_of(shape.get("points"))
    if points is None or not len(points):
        return "its points are no pairs of numbers"
    label, group = shape["label"], shape.get("group_id")
    group = group if isinstance(group, int | str) else None
    if kind in ("polygon", "oriented_rectangle", "rotation"):
        return Outlined(label, exteriors=[points], group=group)
    if kind == "rectangle" and len(points) >= 2:
        (x0, y0), (x1, y1) = points.min(axis=0), points.max(axis=0)
        return Outlined(label, box=(x0, y0, x1, y1), group=group)
    if kind == "circle" and len(points) == 2:
        return Outlined(label, exteriors=[_circle(points)], group=group)
    if kind == "mask":
        return _masked(label, points, shape.get("mask"), group)
    return f"a shape of the kind {kind!r} encloses nothing that could be labelled"


def _circle(points: NDArray[np.float64]) -> NDArray[np.float64]:
    centre, radius = points[0], math.dist(points[0], points[1])
    angles = np.linspace(0, 2 * np.pi, max(12, int(4 * math.sqrt(radius))), endpoint=False)
    # the polygon has the circle's area: its corners lie a little outside
    reach = radius * math.sqrt(2 * np.pi / (len(angles) * math.sin(2 * np.pi / len(angles))))
    corners: NDArray[np.float64] = centre + reach * np.stack([np.cos(angles), np.sin(angles)], axis=1)
    return corners


def _masked(label: str, points: NDArray[np.float64], encoded: object, group: int | str | None) -> Outlined | str:
    """A mask in the rectangle from the first corner to the last, both included."""
    if not isinstance(encoded, str) or len(points) < 2:
        return "it has no mask"
    try:
        with Image.open(io.BytesIO(base64.b64decode(encoded, validate=True)), formats=["PNG"]) as image:
            mask = np.array(image) != 0
    except (binascii.Error, OSError, ValueError, SyntaxError):
        return "its mask is damaged"
    (x0, y0), (x1, y1) = (
        points.min(axis=0).round().astype(int).tolist(),
        points.max(axis=0).round().astype(int).tolist(),
    )
    region = Region(y0, x0, y1 + 1, x1 + 1)
    if (points != points.round()).any():  # a mask that was moved: its corners are rounded, its own size counts
        region = Region(y0, x0, y0 + mask.shape[0], x0 + mask.shape[1])
    if mask.shape != region.shape:
        return f"its mask is {mask.shape[::-1]} pixels but its corners are for {region.shape[::-1]}"
    return Outlined(label, mask=(region, mask), group=group)
