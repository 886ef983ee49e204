"""Hugging Face: folders with ``metadata.jsonl``, or Parquet files, as ``datasets`` reads and writes them.

Masks hold class ids, named by ``classes.json`` or ``id2label.json`` in their folder or one of the two above, else by
the project. Objects without an id become boxes. Images inside Parquet files are written to the folder *extract*, unless
they are found by their names in the folder *images*.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path, PurePosixPath

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from segstudio.core.annotation import Annotation, Box
from segstudio.core.classes import Color, LabelSet
from segstudio.core.errors import FileError, FormatError, storage_errors
from segstudio.core.labels import FIRST_INSTANCE, MAX_SEGMENT, UNLABELLED
from segstudio.core.progress import Progress, Work
from segstudio.io.class_files import load_classes
from segstudio.io.hf_columns import CLASSES, NAMES
from segstudio.io.importers.base import (
    ClassMatcher,
    ImageFinder,
    ImportedDataset,
    ImportedLabels,
    ImportedSample,
    ImportOptions,
    as_problem,
    image_shape,
)
from segstudio.io.importers.embedded import written
from segstudio.io.importers.hf_rows import Columns, Found, Picture, Row, Shard, listed_rows
from segstudio.io.importers.json_files import load_object
from segstudio.io.importers.shapes import sized_box
from segstudio.io.masks import read_mask
from segstudio.io.problems import Problem

_SOURCE = "the folder with metadata.jsonl or Parquet files, or one of these"
_METADATA = "metadata.jsonl"


class Options(ImportOptions):
    extract: Path | None = Field(None, description="where to write images that are inside Parquet files")
    image: str | None = Field(None, description="the column of the images, where it is not found by itself")
    label: str | None = Field(None, description="the column of the masks, where it is not found by itself")
    unlabelled: int = Field(UNLABELLED, ge=0, le=MAX_SEGMENT, description="the value that means unlabelled here")


@dataclass
class _Dataset:
    """What is known of the data set so far."""

    options: Options
    matcher: ClassMatcher
    names: dict[int, tuple[str, Color | None]]
    """What the data set, else the project, calls the classes."""
    open_ended: bool
    """Whether every id that turns up is a class: nothing tells their names."""
    ids: dict[int, int] = field(default_factory=dict)
    """Class id by value, 255 for those without a class."""
    seen: set[Path] = field(default_factory=set)
    told: set[Problem] = field(default_factory=set)
    """Problems of whole rows, each told once."""
    finder: ImageFinder | None = None

    def enter(self, value: int) -> str:
        """Find the class of a *value*; what is wrong, or an empty text."""
        if value in self.ids:
            return "" if value in self.names else _strange(value)
        if self.open_ended:
            self.names[value] = (f"class {value}", None)
        self.ids[value] = UNLABELLED
        if value not in self.names:
            return _strange(value)
        name, color = self.names[value]
        class_id = self.matcher.by_name(name, wanted=value, color=color)
        if class_id is None:
            return f"the project has no class called {name!r}"
        self.ids[value] = class_id
        return ""


def _strange(value: int) -> str:
    return f"it holds values that are no class: {value}"


def read(source: Path, classes: LabelSet | None, options: Options) -> Work[ImportedDataset]:
    listed, shards = _files(source)
    columns = Columns(options.image, options.label)
    problems: list[Problem] = []
    opened = []
    for path in shards:
        try:
            opened.append(Shard(path, columns))
        except FileError as error:
            if len(shards) == 1 and not listed:
                raise
            problems.append(as_problem(error))
    told = _told((listed or shards)[0].parent, source)
    for shard in opened:
        told = {number: (name, None) for number, name in shard.names().items()} | told
    matcher = ClassMatcher(classes, options)
    names = told or {label.id: (label.name, label.color) for label in (classes or {}).values()}
    dataset = _Dataset(options, matcher, names, open_ended=not names)
    for value in sorted(told) if classes is None else ():
        dataset.enter(value)
    tables: list[tuple[Path, Iterator[Found]]] = [(path, listed_rows(path, columns)) for path in listed]
    tables += [(shard.path, shard.rows()) for shard in opened]
    samples: list[ImportedSample] = []
    for place, (path, rows) in enumerate(tables):
        try:
            for share, row in rows:
                yield Progress((place + share) / len(tables), path.name)
                _take(dataset, row, samples, problems)
        except FormatError as error:
            problems.append(as_problem(error))
    return ImportedDataset("huggingface", source, matcher.classes, samples, tuple(problems))


def _files(source: Path) -> tuple[list[Path], list[Path]]:
    """The lists and the Parquet files at *source*."""
    if source.is_file():
        found = [source]
    elif source.is_dir():
        with storage_errors(source):
            found = sorted([*source.rglob(_METADATA), *source.rglob("*.parquet")])
    else:
        raise FormatError(source, "no such file or folder")
    listed = [path for path in found if path.suffix == ".jsonl"]
    shards = [path for path in found if path.suffix == ".parquet"]
    if not listed and not shards:
        raise FormatError(source, f"this is no Hugging Face data set; choose {_SOURCE}")
    return listed, shards


def _told(folder: Path, source: Path) -> dict[int, tuple[str, Color | None]]:
    """The classes that a file in *folder*, or in one of the two above, names; none above the folder of the data set."""
    for place in (folder, *list(folder.parents)[:2]):
        if source.is_dir() and not place.is_relative_to(source):
            break
        if (place / CLASSES).is_file():
            return {c.id: (c.name, c.color) for c in load_classes(place / CLASSES).values()}
        if (place / NAMES).is_file():
            rows = load_object(place / NAMES)
            try:
                return {int(key): (str(name), None) for key, name in rows.items()}
            except ValueError as error:
                raise FormatError(place / NAMES, "this is no table from ids to names") from error
    return {}


def _take(dataset: _Dataset, row: Row | Problem, samples: list[ImportedSample], problems: list[Problem]) -> None:
    if isinstance(row, Problem):
        problems.append(row)
        return
    try:
        sample, reasons = _sample(dataset, row)
    except FileError as error:
        problem = as_problem(error)
        if problem not in dataset.told:
            problems.append(problem)
        dataset.told.add(problem)
        return
    samples.append(sample)
    problems.extend(Problem(row.place, reason, row.line) for reason in reasons)


def _sample(dataset: _Dataset, row: Row) -> tuple[ImportedSample, list[str]]:
    path = _image(dataset, row)
    if path in dataset.seen:
        raise FormatError(row.place, f"the image {path.name!r} is described twice")
    dataset.seen.add(path)
    shape = image_shape(path)
    boxes, table, reasons = _objects(dataset, row, shape)
    mask = row.instances or row.label
    load = None
    if mask is not None:
        values = np.unique(_ids(row.place, row.number, mask, shape)).tolist()
        plain = [v for v in values if v not in (dataset.options.unlabelled, UNLABELLED) and v not in table]
        reasons += [reason for reason in map(dataset.enter, plain) if reason]
        load = partial(_load, dataset, row.place, row.number, mask.later(), shape, table)
    return ImportedSample(path, 0, shape, load, Annotation(boxes=tuple(boxes))), list(dict.fromkeys(reasons))


def _objects(dataset: _Dataset, row: Row, shape: tuple[int, int]) -> tuple[list[Box], dict[int, int], list[str]]:
    """The boxes without pixels, the classes by instance id, and what is wrong."""
    boxes: list[Box] = []
    table: dict[int, int] = {}
    reasons: list[str] = []
    told = [row.objects.get(key) for key in ("id", "bbox", "category")]
    told[2] = told[2] if told[2] is not None else row.objects.get("categories")
    numbers, places, categories = (each if isinstance(each, list) else [] for each in told)
    for place, category in enumerate(categories):
        number = numbers[place] if place < len(numbers) and row.instances is not None else 0
        if not isinstance(category, int) or not isinstance(number, int):
            reasons.append("an object has no number of a class")
            continue
        reasons.append(dataset.enter(category))
        class_id = dataset.ids[category]
        if number >= FIRST_INSTANCE:
            table[number] = class_id
        elif class_id != UNLABELLED:
            box = sized_box(class_id, places[place] if place < len(places) else None, shape)
            boxes += [box] if box else []
            reasons += [] if box else ["an object has neither pixels nor a box inside the image"]
    return boxes, table, [reason for reason in reasons if reason]


def _ids(place: Path, number: int, mask: Picture, shape: tuple[int, int]) -> NDArray[np.uint16]:
    try:
        return read_mask(mask.path, shape, data=mask.contents())
    except FileError as error:
        if mask.again is None:
            raise
        raise type(error)(place, f"row {number}: {error.reason}") from error


def _load(
    dataset: _Dataset, place: Path, number: int, mask: Picture, shape: tuple[int, int], classes: Mapping[int, int]
) -> ImportedLabels:
    ids = _ids(place, number, mask, shape)
    table = np.full(MAX_SEGMENT + 1, UNLABELLED, np.uint16)
    for value, class_id in dataset.ids.items():
        table[value] = class_id
    segments = {number: class_id for number, class_id in classes.items() if class_id != UNLABELLED}
    table[list(segments)] = list(segments)
    table[dataset.options.unlabelled] = UNLABELLED
    return ImportedLabels(table[ids], segments)


# --- images


def _image(dataset: _Dataset, row: Row) -> Path:
    """The file of the image of a row: its own, one that is known, or the one that it is written to."""
    picture = row.image
    if picture.again is None:
        return picture.path
    name = PurePosixPath(picture.name.replace("\\", "/")).name
    options = dataset.options
    if name and (options.images is not None or picture.data is None):
        dataset.finder = dataset.finder or ImageFinder([options.images or row.place.parent])
        found, reason = dataset.finder.find(picture.name if picture.data is None else name, row.parts)
        if found is not None:
            return found
        if picture.data is None:
            raise FormatError(row.place, f"row {row.number}: {reason}")
    if picture.data is None:
        raise FormatError(row.place, f"row {row.number} has no image")
    if options.extract is None:
        raise FormatError(row.place, "its images are inside; say with the option extract where to write them")
    return written(options.extract, name, picture.data, mark=f"{row.place.stem}-{row.number:06d}")
