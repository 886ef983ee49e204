"""Folders in which each image has a small JSON file of its own."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segstudio.core.classes import Color
from segstudio.core.errors import FileError, FormatError, storage_errors
from segstudio.io.importers.base import as_problem
from segstudio.io.importers.json_stream import entries
from segstudio.io.importers.outlined import Document, Step
from segstudio.io.problems import Problem

_OURS = {"segstudio.json", "classes.json"}

Parse = Callable[[Path, Mapping[str, Any]], Iterable[Document | Problem]]
"""What a format makes of one file's content; a :class:`FormatError` where it is not of the format."""


def annotation_files(source: Path, what: str, key: str) -> list[Path]:
    """The JSON files at *source*, a file or a folder with all that is below; *what* was meant, for the error.

    Raises :class:`~segstudio.core.errors.FormatError` where there is none, or where none has *key* at its top.
    """
    if source.is_file():
        if key not in load_object(source):
            raise FormatError(source, f"it has no {key!r}; choose {what}")
        return [source]
    if not source.is_dir():
        raise FormatError(source, "no such file or folder")
    with storage_errors(source):
        files = sorted(path for path in source.rglob("*.json") if path.name not in _OURS)
    if not files:
        raise FormatError(source, f"the folder holds no JSON files; choose {what}")
    if not any(_has(path, key) for path in files[:20]):
        raise FormatError(source, f"its JSON files have no {key!r}; choose {what}")
    return files


def documents(files: Sequence[Path], parse: Parse) -> Iterator[Step]:
    """What *parse* makes of each file; files that are damaged are problems."""
    for number, path in enumerate(files):
        fraction = number / len(files)
        try:
            for found in parse(path, load_object(path)):
                yield fraction, found
        except FileError as error:
            yield fraction, as_problem(error)


def load_object(path: Path) -> Mapping[str, Any]:
    """The JSON object in *path*. Raises :class:`~segstudio.core.errors.FormatError` with the line where it is none."""
    with storage_errors(path):
        data = path.read_bytes()
    try:
        content = json.loads(data)
    except json.JSONDecodeError as error:
        ended = error.pos >= len(error.doc.rstrip()) or error.msg.startswith("Unterminated")
        reason = "the document is truncated: it ends too soon" if ended else f"this is not JSON ({error.msg})"
        raise FormatError(path, f"line {error.lineno}: {reason}") from error
    except (UnicodeDecodeError, RecursionError) as error:
        raise FormatError(path, "this is not JSON") from error
    if not isinstance(content, dict):
        raise FormatError(path, "this is no JSON object")
    return content


def line_of(path: Path, key: str, number: int) -> int | None:
    """The line on which element *number*, from 1, of the list *key* at the top of the JSON file *path* begins.

    The file is read for it, so it is for those that have problems.
    """
    try:
        lines = _lines(path, key, path.stat().st_mtime_ns)
    except (FileError, OSError):
        return None
    return lines[number - 1] if number <= len(lines) else None


@lru_cache(maxsize=4)
def _lines(path: Path, key: str, changed: int) -> tuple[int, ...]:
    return tuple(entry.line for entry in entries(path) if entry.key == key)


def color_of(value: object) -> Color | None:
    """Red, green and blue from a list of three numbers 0..255, or ``None``."""
    if isinstance(value, list) and len(value) == 3 and all(isinstance(v, int) and 0 <= v <= 255 for v in value):
        return value[0], value[1], value[2]
    return None


def numbers_of(values: object) -> NDArray[np.float64] | None:
    """``(N, 2)`` finite numbers x, y from a list of pairs, or ``None``."""
    try:
        points = np.asarray(values, np.float64)
    except (TypeError, ValueError):
        return None
    return points if points.ndim == 2 and points.shape[1] == 2 and np.isfinite(points).all() else None


def _has(path: Path, key: str) -> bool:
    try:
        return key in load_object(path)
    except FileError:
        return False
