"""Label Studio: the JSON it exports, in full or as JSON-MIN.

Brush masks, bitmasks, polygons, ellipses and turned rectangles become instances, other rectangles boxes, choices tags
of the image. ``labels.xml`` (or ``config.xml``) beside the file, the labelling interface, tells the classes in their
order with their colours. Of several annotations of a task the ground truth is taken, else the newest.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from pydantic import Field

from segstudio.core.classes import Color, LabelSet, parse_color
from segstudio.core.errors import FileError, FormatError, OptionError, storage_errors
from segstudio.core.progress import Work
from segstudio.io import images
from segstudio.io.importers.base import (
    ClassMatcher,
    ImageFinder,
    ImportedDataset,
    ImportOptions,
    as_problem,
    image_shape,
)
from segstudio.io.importers.json_files import load_object
from segstudio.io.importers.json_stream import entries
from segstudio.io.importers.outlined import Document, Step, collect
from segstudio.io.importers.studio_regions import StudioRegion, outlined, regions
from segstudio.io.importers.xml_lines import elements
from segstudio.io.problems import Problem

_SOURCE = "the JSON or JSON-MIN file that Label Studio exports, or its folder"
_INTERFACES = ("labels.xml", "config.xml")
_OURS = {"segstudio.json", "classes.json"}
_UPLOADED = re.compile(r"[0-9a-f]{8}-(.+)")
"""Label Studio puts such a mark before the names of files that people upload."""
_MARKS = ("annotation_id", "annotator", "lead_time")
"""Keys of a task in JSON-MIN."""


class Options(ImportOptions):
    predictions: bool = Field(False, description="take the newest prediction of tasks that nobody annotated")


@dataclass(frozen=True)
class _Task:
    image: str
    regions: Sequence[StudioRegion]
    several: bool
    """Whether annotations were passed over."""


def read(source: Path, classes: LabelSet | None, options: Options) -> Work[ImportedDataset]:
    path = _file(source)
    matcher = ClassMatcher(classes, options, background=True)
    colors = _interface(path.parent, matcher)
    roots = [options.images] if options.images else [path.parent / "images", path.parent]
    finder = ImageFinder(roots)
    return (yield from collect("label_studio", source, matcher, finder, _steps(path, finder, colors, options)))


def _file(source: Path) -> Path:
    if source.is_file():
        if not _holds_tasks(source):
            raise FormatError(source, f"it holds no tasks of Label Studio; choose {_SOURCE}")
        return source
    if not source.is_dir():
        raise FormatError(source, "no such file or folder")
    with storage_errors(source):
        found = sorted(path for path in source.glob("*.json") if path.name not in _OURS)
    if len(found) == 1:
        return _file(found[0])
    fitting = [path for path in found if _is_of_tasks(path)]
    if not fitting:
        raise FormatError(source, f"the folder holds no tasks of Label Studio; choose {_SOURCE}")
    return fitting[0]


def _is_of_tasks(path: Path) -> bool:
    try:
        return _holds_tasks(path)
    except FormatError:
        return False


def _holds_tasks(path: Path) -> bool:
    first = next(entries(path), None)
    return first is not None and _is_task(first.value if not first.key else load_object(path))


def _is_task(value: object) -> bool:
    return isinstance(value, dict) and (isinstance(value.get("data"), dict) or any(mark in value for mark in _MARKS))


def _interface(folder: Path, matcher: ClassMatcher) -> dict[str, Color]:
    """The colours of the classes; in a set of classes of its own they come in its order."""
    colors: dict[str, Color] = {}
    for path in (folder / name for name in _INTERFACES):
        for label in elements(path, {"Label"}) if path.is_file() else ():
            name = label.attributes.get("value", "").strip()
            try:
                color = parse_color(label.attributes.get("background", ""))
            except OptionError:
                color = None
            if name:
                matcher.by_name(name, color=color)
            if name and color:
                colors.setdefault(name, color)
    return colors


def _steps(path: Path, finder: ImageFinder, colors: Mapping[str, Color], options: Options) -> Iterator[Step]:
    size, several = max(1, path.stat().st_size), 0
    try:
        for entry in entries(path):
            value = load_object(path) if entry.key else entry.value
            task = _task(value, options)
            if isinstance(task, str):
                yield entry.start / size, Problem(path, task, entry.line)
            else:
                several += task.several
                yield from ((entry.start / size, each) for each in _document(path, entry.line, task, finder, colors))
            if entry.key:  # the document is a single task
                break
    except FileError as error:
        yield None, as_problem(error)
    if several:
        yield None, Problem(path, f"tasks with several annotations: {several}; the ground truth or the newest is taken")


def _task(value: object, options: Options) -> _Task | str:
    if not _is_task(value) or not isinstance(value, dict):
        return "this is no task of Label Studio"
    data = value.get("data")
    image = _image(data if isinstance(data, dict) else value)
    if image is None:
        return "the task has no image"
    if not isinstance(data, dict):
        rows = [row for rows in value.values() if isinstance(rows, list) for row in rows]
        return _Task(image, regions([{"value": row} for row in rows if isinstance(row, dict)]), several=False)
    done = [each for each in _objects(value, "annotations", "completions") if not each.get("was_cancelled")]
    said = done or (_objects(value, "predictions") if options.predictions else [])
    told: object = max(reversed(said), key=_rank).get("result") if said else None
    return _Task(image, regions(told if isinstance(told, list) else []), several=len(done) > 1)


def _objects(task: Mapping[str, Any], *keys: str) -> list[Mapping[str, Any]]:
    """The objects in the first of the lists that is there."""
    found: list[object] = next((task[key] for key in keys if isinstance(task.get(key), list)), [])
    return [each for each in found if isinstance(each, dict)]


def _rank(annotation: Mapping[str, Any]) -> tuple[bool, str]:
    told = annotation.get("updated_at") or annotation.get("created_at")
    return bool(annotation.get("ground_truth")), str(told or "")


def _image(data: Mapping[str, Any]) -> str | None:
    """The address of the image: what is called so, else the first text that ends like one."""
    named = data.get("image")
    if isinstance(named, str):
        return named
    endings = tuple(images.extensions())
    texts = (value for value in data.values() if isinstance(value, str))
    return next((text for text in texts if _path(text).lower().endswith(endings)), None)


def _path(address: str) -> str:
    """The path in an address: of a local file, of a bucket, of an upload."""
    parts = urlsplit(address)
    if parts.query.startswith("d="):
        return unquote(parts.query[2:])
    return unquote(parts.path) if len(parts.scheme) > 1 or address.startswith("/") else address


def _document(
    path: Path, line: int, task: _Task, finder: ImageFinder, colors: Mapping[str, Color]
) -> Iterator[Document | Problem]:
    name = _named(task.image, finder)
    told = next((region.shape for region in task.regions if region.shape is not None), None)
    found, _ = finder.find(name)
    shape = told
    if found is not None and shape is None and task.regions:
        try:
            shape = image_shape(found)
        except FileError as error:
            yield as_problem(error)
            return
    objects, tags = [], []
    for region in task.regions if shape is not None else ():
        tags += region.choices
        each, trouble = outlined(region, shape or (1, 1))
        if trouble:
            yield Problem(path, trouble, line)
        if each is not None:
            objects.append(replace(each, line=line, color=colors.get(each.label)))
    yield Document(path, name, objects, told, line, tags)


def _named(address: str, finder: ImageFinder) -> str:
    """The name under which the image is found: as it is told, or without the mark of an upload."""
    path = _path(address)
    marked = _UPLOADED.fullmatch(path.replace("\\", "/").rpartition("/")[2])
    if marked and finder.find(path)[0] is None:
        return marked[1]
    return path
