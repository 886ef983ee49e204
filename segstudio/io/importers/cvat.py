"""CVAT for images 1.1: ``annotations.xml``; masks and polygons become instances, boxes stay boxes, tags tags.

Polygons of one group and class are parts of one object. Other shapes enclose nothing and are told as problems.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from segstudio.core.classes import Color, LabelSet, parse_color
from segstudio.core.errors import FileError, FormatError, OptionError
from segstudio.core.geometry import Region
from segstudio.core.progress import Work
from segstudio.io.importers.base import ClassMatcher, ImageFinder, ImportedDataset, ImportOptions, as_problem
from segstudio.io.importers.outlined import Document, Outlined, Step, collect
from segstudio.io.importers.shapes import ellipse, turned_box
from segstudio.io.importers.xml_lines import Element, elements
from segstudio.io.problems import Problem

Options = ImportOptions
_SOURCE = "annotations.xml, or the folder that holds it"


def read(source: Path, classes: LabelSet | None, options: ImportOptions) -> Work[ImportedDataset]:
    path = source / "annotations.xml" if source.is_dir() else source
    if not path.is_file():
        raise FormatError(source, f"there is no annotations.xml; choose {_SOURCE}")
    roots = [options.images] if options.images else [path.parent / "images", path.parent]
    matcher = ClassMatcher(classes, options, background=True)
    colors = _labels(path, matcher)
    return (yield from collect("cvat", source, matcher, ImageFinder(roots), _steps(path, colors)))


def _labels(path: Path, matcher: ClassMatcher) -> dict[str, Color]:
    """The colours of the data set's classes; in a set of classes of its own they come in its order."""
    colors: dict[str, Color] = {}
    labels = next(elements(path, {"labels", "image"}), None)
    if labels is None:
        raise FormatError(path, f"this is no CVAT document: it holds no images; choose {_SOURCE}")
    for label in labels.all("label") if labels.tag == "labels" else ():
        name = label.value("name") or ""
        try:
            colors[name] = parse_color(label.value("color") or "")
        except OptionError:
            continue
        if name:
            matcher.by_name(name, color=colors[name])
    return colors


def _steps(path: Path, colors: dict[str, Color]) -> Iterator[Step]:
    try:
        for image in elements(path, {"image"}):
            objects: list[Outlined] = []
            tags: list[str] = []
            for shape in image.children:
                found = _outlined(shape, colors)
                if shape.tag == "tag":
                    tags.append(shape.attributes.get("label", ""))
                elif isinstance(found, str):
                    yield image.share, Problem(path, found, shape.line)
                else:
                    objects.append(found)
            told = _numbers(image, "height", "width")
            size = (int(told[0]), int(told[1])) if told else None
            name, part = image.attributes.get("name", ""), image.attributes.get("subset", "")
            yield image.share, Document(path, name, objects, size, image.line, tags, among=[part])
    except FileError as error:
        yield None, as_problem(error)


def _outlined(shape: Element, colors: dict[str, Color]) -> Outlined | str:
    read_shape = _SHAPES.get(shape.tag)
    if read_shape is None:
        return f"a {shape.tag} encloses nothing that could be labelled"
    label = shape.attributes.get("label", "")
    group = shape.attributes.get("group_id")
    return read_shape(shape, label, None if group in (None, "", "0") else group, colors.get(label))


def _polygon(shape: Element, label: str, group: str | None, color: Color | None) -> Outlined | str:
    try:
        points = [[float(n) for n in pair.split(",")] for pair in shape.attributes["points"].split(";")]
    except (KeyError, ValueError):
        return "the points are no pairs of numbers"
    return Outlined(label, exteriors=[points], group=group, line=shape.line, color=color)


def _box(shape: Element, label: str, group: str | None, color: Color | None) -> Outlined | str:
    corners = _numbers(shape, "xtl", "ytl", "xbr", "ybr")
    if corners is None:
        return "the box lacks a corner"
    turned = _numbers(shape, "rotation")
    if turned and turned[0] % 360:
        middle = (corners[0] + corners[2]) / 2, (corners[1] + corners[3]) / 2
        ring = turned_box((corners[0], corners[1], corners[2], corners[3]), turned[0], middle)
        return Outlined(label, exteriors=[ring], group=group, line=shape.line, color=color)
    x0, y0, x1, y1 = corners
    return Outlined(label, box=(x0, y0, x1, y1), group=group, line=shape.line, color=color)


def _ellipse(shape: Element, label: str, group: str | None, color: Color | None) -> Outlined | str:
    told = _numbers(shape, "cx", "cy", "rx", "ry")
    if told is None:
        return "the ellipse lacks a number"
    cx, cy, rx, ry = told
    ring = ellipse((cx, cy), (rx, ry), (_numbers(shape, "rotation") or [0.0])[0])
    return Outlined(label, exteriors=[ring], group=group, line=shape.line, color=color)


def _mask(shape: Element, label: str, group: str | None, color: Color | None) -> Outlined | str:
    place = _numbers(shape, "left", "top", "width", "height")
    try:
        runs = np.array([int(run) for run in shape.attributes["rle"].split(",")])
    except (KeyError, ValueError):
        return "the mask has no run-length code"
    if place is None or (runs < 0).any() or runs.sum() != int(place[2]) * int(place[3]):
        return "the runs of the mask do not add up to its size"
    left, top, width, height = (int(n) for n in place)
    values = np.arange(runs.size) % 2 == 1
    mask = np.repeat(values, runs).reshape(height, width)
    region = Region(top, left, top + height, left + width)
    return Outlined(label, mask=(region, mask), group=group, line=shape.line, color=color)


def _numbers(element: Element, *names: str) -> list[float] | None:
    try:
        return [float(element.attributes[name]) for name in names]
    except (KeyError, ValueError):
        return None


_SHAPES: dict[str, Callable[[Element, str, str | None, Color | None], Outlined | str]] = {
    "polygon": _polygon,
    "box": _box,
    "ellipse": _ellipse,
    "mask": _mask,
}
