"""The names of ADE20K's classes by their numbers, as its files tell them."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segstudio.core.errors import FormatError, storage_errors
from segstudio.io.problems import Problem

_OBJECTS = 256


def listed_names(root: Path) -> dict[int, str]:
    """The table ``objectInfo150.txt`` (any ``objectInfo*``, with tabs or commas); empty where there is none.

    Raises :class:`~segstudio.core.errors.FormatError` with the line where it is damaged.
    """
    path = next(iter(sorted([*root.glob("objectInfo*.txt"), *root.glob("objectInfo*.csv")])), None)
    if path is None:
        return {}
    with storage_errors(path):
        lines = path.read_text("utf-8-sig", errors="replace").splitlines()
    head = lines[0] if lines else ""
    columns = next(csv.reader([head], delimiter=_delimiter(head)), [])
    if "Idx" not in columns or "Name" not in columns:
        raise FormatError(path, "line 1: its columns are not called Idx and Name")
    place, name = columns.index("Idx"), columns.index("Name")
    names: dict[int, str] = {}
    for number, row in enumerate(csv.reader(lines[1:], delimiter=_delimiter(head)), start=2):
        if not row:
            continue
        try:
            names[int(row[place])] = row[name].strip().replace(";", ", ")
        except (ValueError, IndexError) as error:
            raise FormatError(path, f"line {number}: it lacks a number or a name") from error
    return names


def _delimiter(head: str) -> str:
    return "\t" if "\t" in head else ","


class Names:
    """Gathers names from the files beside the masks of the full data set."""

    def __init__(self) -> None:
        self.found: dict[int, str] = {}
        """By number."""

    def look(self, stem: Path, values: NDArray[np.int32]) -> list[Problem]:
        """Look into the files beside ``STEM_seg.png``, whose *values* are class times 256 plus object."""
        document, table = stem.with_name(stem.name + ".json"), stem.with_name(stem.name + "_atr.txt")
        try:
            if document.is_file():
                self._take(dict(_numbered(document)))
            elif table.is_file():
                self._take(_shown(dict(_of_objects(table)), values))
        except FormatError as error:
            return [Problem(error.path, error.reason)]
        return []

    def _take(self, names: dict[int, str]) -> None:
        self.found = names | self.found


def _numbered(path: Path) -> Iterator[tuple[int, str]]:
    """The names by number in a JSON of 2020; written in Latin-1 here and there."""
    with storage_errors(path):
        data = path.read_bytes()
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        text = data.decode("latin-1")
    try:
        rows: list[Any] = json.loads(text)["annotation"]["object"]
        for row in rows:
            if row["parts"]["part_level"] == 0:
                yield int(row["name_ndx"]), str(row["name"])
    except json.JSONDecodeError as error:
        raise FormatError(path, f"line {error.lineno}: this is not JSON ({error.msg})") from error
    except (KeyError, TypeError, ValueError, RecursionError) as error:
        raise FormatError(path, "it lists no objects with name and name_ndx") from error


def _of_objects(path: Path) -> Iterator[tuple[int, str]]:
    """The name of each object in a table of 2017: number, level of the part, hidden, names of the class, raw name."""
    with storage_errors(path):
        lines = path.read_text("utf-8", errors="replace").splitlines()
    for number, line in enumerate(lines, start=1):
        cells = [cell.strip() for cell in line.split("#")]
        if not line.strip():
            continue
        if len(cells) < 4 or not cells[0].isdigit() or not cells[1].isdigit():
            raise FormatError(path, f"line {number}: it lacks the number, the level or the name of an object")
        if int(cells[1]) == 0:
            yield int(cells[0]), cells[3]


def _shown(names: dict[int, str], values: NDArray[np.int32]) -> dict[int, str]:
    """The names of objects as names of the classes that they show; objects are counted in the order of their blue."""
    blues = np.unique(values % _OBJECTS).tolist()
    order = {blue: place for place, blue in enumerate(blues)}
    found: dict[int, str] = {}
    for value in np.unique(values).tolist():
        name = names.get(order[value % _OBJECTS])
        if value >= _OBJECTS and name is not None:
            found.setdefault(value // _OBJECTS, name)
    return found
