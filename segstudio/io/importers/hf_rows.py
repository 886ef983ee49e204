"""The rows of Hugging Face data sets, from ``metadata.jsonl`` or from Parquet, one at a time."""

from __future__ import annotations

import json
from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import accumulate
from pathlib import Path
from threading import Lock
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from segstudio.core.errors import FormatError, StorageError, disk_reason, storage_errors
from segstudio.io.hf_columns import FEATURES_KEY, INSTANCES, OBJECTS
from segstudio.io.importers.base import ImageFinder
from segstudio.io.problems import Problem

IMAGES = ("image", "img", "pixel_values", "input", "photo")
LABELS = (
    "label",
    "mask",
    "annotation",
    "labels",
    "masks",
    "segmentation",
    "semantic_mask",
    "segmentation_mask",
    "target",
)
"""What people call the columns, the likeliest first."""
_FILE_NAME = "file_name"
_HELD = 16 << 20
"""Bytes of a Parquet file that are read at a time, and the most rows."""
_MOST_ROWS = 16


@dataclass(frozen=True, eq=False, slots=True)
class Picture:
    """An image or a mask of a row: in a file of its own, or inside a Parquet file."""

    path: Path
    """The file, or the Parquet file that holds it."""
    name: str = ""
    """What it is called there."""
    data: bytes | None = None
    """Its bytes where it is inside, while the row is looked at."""
    again: Callable[[], bytes] | None = None
    """Reads the bytes once more."""

    def later(self) -> Picture:
        """The same without its bytes, to be kept."""
        return replace(self, data=None)

    def contents(self) -> bytes | None:
        """Its bytes; ``None`` where it has a file of its own."""
        return self.data if self.data is not None or self.again is None else self.again()


@dataclass(frozen=True, eq=False)
class Row:
    place: Path
    """The file that says it."""
    number: int
    """Its line, or its place in the Parquet file, from 1."""
    image: Picture
    label: Picture | None = None
    instances: Picture | None = None
    objects: Mapping[str, Any] = field(default_factory=dict)

    @property
    def parts(self) -> tuple[str, ...]:
        """What folders with images of the same part of the data set may be called."""
        return self.place.stem.partition("-")[0], self.place.parent.name

    @property
    def line(self) -> int | None:
        """In a text file, its line."""
        return self.number if self.image.again is None else None


@dataclass(frozen=True)
class Columns:
    """The names of the columns; ``None`` where people left it to be found."""

    image: str | None
    label: str | None


Found = tuple[float, Row | Problem]
"""How far the reading of a file has come, and what was found."""


# --- a folder


def listed_rows(path: Path, columns: Columns) -> Iterator[Found]:
    """The rows of a ``metadata.jsonl``; what is wrong with one is told with its line."""
    size, done = max(1, path.stat().st_size), 0
    finder = ImageFinder([path.parent])
    with storage_errors(path), open(path, "rb") as file:
        for number, line in enumerate(file, start=1):
            done += len(line)
            if line.strip():
                yield done / size, _listed(path, number, line, finder, columns)


def _listed(path: Path, number: int, line: bytes, finder: ImageFinder, columns: Columns) -> Row | Problem:
    try:
        told = json.loads(line)
    except (ValueError, RecursionError):
        return Problem(path, "this is not JSON, or it is cut short", number)
    names = _file_names(told) if isinstance(told, dict) else {}
    image = _chosen(names, columns.image, ("", *IMAGES))
    if image is None:
        return Problem(path, "the row has no file_name", number)
    label = _chosen(names, columns.label, LABELS)
    pictures: dict[str, Picture] = {}
    for column in (image, label, INSTANCES if INSTANCES in names else None):
        if column is not None and column not in pictures:
            found, reason = finder.find(names[column])
            if found is None:
                return Problem(path, reason if column == image else reason.replace("the image", "the mask"), number)
            pictures[column] = Picture(found, found.name)
    mask = pictures.get(label) if label is not None else None
    return Row(path, number, pictures[image], mask, pictures.get(INSTANCES), _objects(told.get(OBJECTS)))


def _objects(told: object) -> Mapping[str, Any]:
    """The objects of a row, perhaps as JSON."""
    if isinstance(told, str):
        try:
            told = json.loads(told)
        except (ValueError, RecursionError):
            return {}
    return told if isinstance(told, dict) else {}


def _file_names(told: Mapping[str, Any]) -> dict[str, str]:
    """The names of files by their column; the plain ``file_name``'s is empty."""
    endings = {key: key.removesuffix(_FILE_NAME).removesuffix("_") for key in told if key.endswith(_FILE_NAME)}
    return {column: told[key] for key, column in endings.items() if isinstance(told[key], str)}


def _chosen(names: Mapping[str, Any], wanted: str | None, likely: Sequence[str]) -> str | None:
    return next((name for name in ([wanted] if wanted else likely) if name in names), None)


# --- Parquet


class Shard:
    """A Parquet file, of which a few rows are in memory at a time, however many are in one of its groups."""

    def __init__(self, path: Path, columns: Columns) -> None:
        """Raises :class:`~segstudio.core.errors.FormatError` where *path* is none or has no column of images."""
        self.path = path
        with self._opened() as file:
            groups = [file.metadata.row_group(n) for n in range(file.metadata.num_row_groups)]
            self._schema = file.schema_arrow
        self._starts = list(accumulate((group.num_rows for group in groups), initial=0))
        size = sum(group.total_byte_size for group in groups) // max(1, self._starts[-1])
        self._at_once = min(_MOST_ROWS, max(1, _HELD // max(1, size)))
        held = {field.name: None for field in self._schema if _holds_pictures(field.type)}
        self._image = _chosen(held, columns.image, (*IMAGES, *held))
        if self._image is None:
            raise FormatError(path, f"it has no column of images; its columns are {', '.join(self._schema.names)}")
        del held[self._image]
        self._label = _chosen(held, columns.label, LABELS)
        self._masks = [name for name in (self._label, INSTANCES if INSTANCES in held else None) if name is not None]
        self._ahead: Iterator[list[dict[str, Any]]] = iter(())
        self._held = range(0)
        self._rows: list[dict[str, Any]] = []
        self._lock = Lock()

    def names(self) -> dict[int, str]:
        """The classes of objects that the features of the file name, by their number."""
        try:
            objects = json.loads((self._schema.metadata or {})[FEATURES_KEY])["info"]["features"][OBJECTS]
            objects = objects.get("feature", objects)
            category = objects.get("category", objects.get("categories"))
            return {number: str(name) for number, name in enumerate(category.get("feature", category)["names"])}
        except (KeyError, ValueError, TypeError, AttributeError):
            return {}

    def rows(self) -> Iterator[Found]:
        """The rows, from the first on. Raises :class:`~segstudio.core.errors.FormatError` where the file is damaged."""
        columns = [self._image, *self._masks, *([OBJECTS] if OBJECTS in self._schema.names else [])]
        number, count = 0, max(1, self._starts[-1])
        with self._opened() as file:
            for batch in file.iter_batches(self._at_once, columns=columns):
                for values in batch.to_pylist():
                    yield number / count, self._row(number, values)
                    number += 1

    def _row(self, number: int, values: Mapping[str, Any]) -> Row | Problem:
        pictures = {name: self._picture(values[name], number, name) for name in (self._image, *self._masks) if name}
        image = pictures[self._image or ""]
        if image is None:
            return Problem(self.path, f"row {number + 1} has no image")
        label, instances = pictures.get(self._label or ""), pictures.get(INSTANCES)
        return Row(self.path, number + 1, image, label, instances, _objects(values.get(OBJECTS)))

    def _picture(self, value: object, number: int, column: str) -> Picture | None:
        data, name = (value.get("bytes"), value.get("path")) if isinstance(value, dict) else (value, None)
        if not isinstance(data, bytes) and not name:
            return None
        known = data if isinstance(data, bytes) else None
        return Picture(self.path, name if isinstance(name, str) else "", known, partial(self._mask, number, column))

    def _mask(self, number: int, column: str) -> bytes:
        """The bytes of a mask. Masks are asked for in their order, so the file is read on from the one before; for one
        that is behind or in another group, from the start of its group."""
        with self._lock:
            if number not in self._held:
                self._move_to(number)
            value = self._rows[number - self._held.start][column]
        data: bytes = value["bytes"] if isinstance(value, dict) else value
        return data

    def _move_to(self, number: int) -> None:
        group = bisect_right(self._starts, number) - 1
        if not self._starts[group] <= self._held.start < self._held.stop <= number:
            self._ahead, self._held = self._masks_of(group), range(self._starts[group], self._starts[group])
        while number not in self._held:
            self._rows = next(self._ahead, [])
            if not self._rows:
                raise FormatError(self.path, "the file changed while it was being read")
            self._held = range(self._held.stop, self._held.stop + len(self._rows))

    def _masks_of(self, group: int) -> Iterator[list[dict[str, Any]]]:
        with self._opened() as file:
            for batch in file.iter_batches(self._at_once, row_groups=[group], columns=self._masks):
                yield batch.to_pylist()

    @contextmanager
    def _opened(self) -> Iterator[Any]:
        try:
            with pq.ParquetFile(self.path, buffer_size=1 << 20, pre_buffer=False) as file:
                yield file
        except (pa.ArrowException, OSError) as error:
            if isinstance(error, OSError) and error.errno is not None:
                raise StorageError(self.path, disk_reason(error)) from error
            raise FormatError(self.path, "this is no Parquet file, or it is damaged or cut short") from error


def _holds_pictures(kind: Any) -> bool:
    if pa.types.is_struct(kind):
        return bool(kind.get_field_index("bytes") >= 0)
    return bool(pa.types.is_binary(kind) or pa.types.is_large_binary(kind))
