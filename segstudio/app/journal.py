"""The crash journal: every finished edit is on disk before the next one can be finished."""

from __future__ import annotations

import contextlib
import json
import os
import sqlite3
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from io import FileIO
from pathlib import Path
from typing import Any

import numpy as np

from segstudio.app.history import Facts, Patch, is_uniform
from segstudio.core.annotation import Annotation, Box, ImageTag, Polygon
from segstudio.core.classes import LabelClass, LabelSet, parse_color
from segstudio.core.errors import storage_errors
from segstudio.core.geometry import Region
from segstudio.io.project.lock import take_lock

_HEADER = struct.Struct("<4sII")  # mark, length, checksum of what follows
_MARK = b"EDIT"
_LOCK = "window.lock"


@dataclass(frozen=True, slots=True)
class Entry:
    """One finished edit, as it left its sample."""

    sample_id: int
    patches: tuple[Patch, ...]
    facts: Facts


class Journal:
    """Append-only files of edits. A record that was cut short by a crash is left out when reading.

    Each record says how pixels and facts are *after* the edit, so replaying one twice does no harm. A page is turned
    when a snapshot is taken: what comes later goes into a file of its own (``edits.log``, ``edits.log.1``, ...), and
    the files of a snapshot are removed once that is in the project. They go in the order in which they were begun, so
    that what is left is always the end of all that was done.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file: FileIO | None = None
        self._lock: sqlite3.Connection | None = None
        self.page = 0
        """The number of the page that is written on."""

    def hold(self) -> bool:
        """Be the only one who writes here, until :meth:`close` or the end of the process; whether one is."""
        if self._lock is None:
            self._lock = take_lock(self.path.with_name(_LOCK))
        return self._lock is not None

    def append(self, sample_id: int, patches: tuple[Patch, ...], facts: Facts) -> None:
        """Write one edit and wait until it is on the disk. :class:`StorageError` where the disk refuses."""
        payload = _encode(sample_id, patches, facts)
        path = self._page_file(self.page)
        with storage_errors(path):
            if self._file is None:
                path.parent.mkdir(parents=True, exist_ok=True)
                self._file = open(path, "ab", buffering=0)  # noqa: SIM115  # stays open between edits
            start = self._file.tell()
            try:
                _write(self._file, _HEADER.pack(_MARK, len(payload), zlib.crc32(payload)) + payload)
            except OSError:
                with contextlib.suppress(OSError):
                    self._file.truncate(start)
                self.turn_page()  # behind half a record nothing would be found again
                raise

    def entries(self) -> Iterator[Entry]:
        """The whole records of all pages, the oldest first."""
        for number in self._pages():
            yield from _entries(self._page_file(number))

    def turn_page(self) -> int:
        """Write what comes on a new page; the number of the one before."""
        self._close_file()
        self.page += 1
        return self.page - 1

    def cut(self, page: int) -> None:
        """Remove the pages before *page*: everything on them is saved elsewhere."""
        for number in self._pages():
            if number < page:
                file = self._page_file(number)
                with storage_errors(file):
                    file.unlink(missing_ok=True)
        if page >= self.page and self._file is None:
            self.page = 0  # nothing is written anywhere

    def clear(self) -> None:
        """Empty the journal: everything in it is saved elsewhere."""
        self._close_file()
        self.cut(max([self.page, *self._pages()]) + 1)

    def set_aside(self) -> list[Path]:
        """Keep the records under other names and start anew; the other names."""
        self._close_file()
        kept = []
        for number in self._pages():
            aside = next(p for i in range(1, 10_000) if not (p := self.path.with_suffix(f".kept{i}")).exists())
            with storage_errors(self.path):
                self._page_file(number).replace(aside)
            kept.append(aside)
        self.page = 0
        return kept

    def close(self) -> None:
        """Let go of the files; the records stay."""
        self._close_file()
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    def _close_file(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None

    def _page_file(self, number: int) -> Path:
        return self.path.with_name(f"{self.path.name}.{number}") if number else self.path

    def _pages(self) -> list[int]:
        """The pages that have a file, the oldest first."""
        others = (p.suffix[1:] for p in self.path.parent.glob(f"{self.path.name}.*"))
        numbers = sorted(int(name) for name in others if name.isdecimal())
        return [0, *numbers] if self.path.is_file() else numbers


def _write(file: FileIO, record: bytes) -> None:
    left = memoryview(record)
    while left:
        left = left[file.write(left) :]
    os.fsync(file.fileno())


def _entries(file: Path) -> Iterator[Entry]:
    with storage_errors(file), open(file, "rb") as records:
        while len(header := records.read(_HEADER.size)) == _HEADER.size:
            mark, length, checksum = _HEADER.unpack(header)
            payload = records.read(length)
            if mark != _MARK or len(payload) != length or zlib.crc32(payload) != checksum:
                return
            yield _decode(payload)


def _encode(sample_id: int, patches: tuple[Patch, ...], facts: Facts) -> bytes:
    arrays = [array for p in patches for array in (p.ids.astype("<u2", copy=False), p.provenance)]
    head = {
        "sample": sample_id,
        "regions": [[p.region.y0, p.region.x0, p.region.y1, p.region.x1] for p in patches],
        # one value for all pixels, or null where they follow
        "uniform": [int(array[0, 0]) if is_uniform(array) else None for array in arrays],
        "facts": facts_to_json(facts),
    }
    text = json.dumps(head).encode()
    pixels = b"".join(np.ascontiguousarray(array).data for array in arrays if not is_uniform(array))
    return struct.pack("<I", len(text)) + text + _packed(pixels)


def _decode(payload: bytes) -> Entry:
    (length,) = struct.unpack_from("<I", payload)
    head = json.loads(payload[4 : 4 + length])
    pixels = memoryview(_unpacked(payload[4 + length :]))
    patches = []
    for index, (y0, x0, y1, x1) in enumerate(head["regions"]):
        region = Region(y0, x0, y1, x1)
        arrays = []
        for value, kind in zip(head["uniform"][2 * index : 2 * index + 2], ("<u2", "u1"), strict=True):
            count = 0 if value is not None else region.area
            found = np.frombuffer(pixels, kind, count).reshape(region.shape) if count else np.array(value, kind)
            pixels = pixels[count * found.itemsize :]
            arrays.append(np.broadcast_to(found, region.shape))
        ids, provenance = arrays
        patches.append(Patch(region, ids.astype(np.uint16), provenance.astype(np.uint8)))
    return Entry(head["sample"], tuple(patches), facts_from_json(head["facts"]))


def _packed(pixels: bytes) -> bytes:
    # a person waits for every edit to be written: Zstandard takes a fifth of zlib's time for half its size
    import imagecodecs

    return bytes(imagecodecs.zstd_encode(pixels, level=1))


def _unpacked(packed: bytes) -> bytes:
    import imagecodecs

    return bytes(imagecodecs.zstd_decode(packed))


def facts_to_json(facts: Facts) -> dict[str, Any]:
    """*facts* as values that JSON can say."""
    annotation = facts.annotation
    return {
        "boxes": [[b.class_id, b.x0, b.y0, b.x1, b.y1, b.instance] for b in annotation.boxes],
        "polygons": [[p.class_id, p.exterior, p.holes] for p in annotation.polygons],
        "tags": [[t.class_id, t.present] for t in annotation.tags],
        "note": annotation.note,
        "segments": list(facts.segments.items()),
        "classes": facts.classes.to_json()["classes"],
    }


def facts_from_json(data: dict[str, Any]) -> Facts:
    """What :func:`facts_to_json` wrote."""
    annotation = Annotation(
        boxes=tuple(Box(*row) for row in data["boxes"]),
        polygons=tuple(
            Polygon(c, _ring(exterior), tuple(map(_ring, holes))) for c, exterior, holes in data["polygons"]
        ),
        tags=tuple(ImageTag(c, present) for c, present in data["tags"]),
        note=data["note"],
    )
    classes = LabelSet(LabelClass(row["id"], row["name"], parse_color(row["color"])) for row in data["classes"])
    return Facts(annotation, dict(data["segments"]), classes)


def _ring(points: list[list[float]]) -> tuple[tuple[float, float], ...]:
    return tuple((y, x) for y, x in points)
