"""Hugging Face: a folder of images with ``metadata.jsonl``, or Parquet, for ``datasets.load_dataset``.

The folder has ``train``, ``validation`` and ``test``, each with ``images``, ``labels`` and, where there are instances,
``instances``. Parquet has ``data/train-00000-of-00002.parquet`` and so on, images and masks inside. The columns are
those of :mod:`segstudio.io.hf_columns`; ``id2label.json`` and ``classes.json`` name the classes.
"""

from __future__ import annotations

import io
import json
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Literal, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray
from pydantic import Field

from segstudio.core.classes import LabelSet
from segstudio.core.errors import OptionError
from segstudio.core.geometry import Region
from segstudio.core.progress import Work, scaled
from segstudio.io.exporters.base import ExportReport, ExportSample, Item, Output, building, contents
from segstudio.io.exporters.splits import SplitOptions, split
from segstudio.io.hf_columns import CLASSES, IMAGE, INSTANCES, LABEL, NAMES, OBJECTS, schema
from segstudio.io.masks import encode_mask, write_mask
from segstudio.io.segments import segments

_SETS = {"train": "train", "val": "validation", "test": "test"}
_WAITING = ".images"
"""Where an image lies until it is in a Parquet file."""
_ROW_GROUP = 32 << 20
"""Bytes that are gathered before they are written; a group of rows is what readers hold at a time too."""

_TOLD = {
    IMAGE: "the image",
    LABEL: "a mask of class ids, 255 where nothing is labelled",
    INSTANCES: "a mask of 16 bits: class ids below 256, from 256 on the ids of objects",
    OBJECTS: "these objects by `id` with their `bbox` (x, y, width, height) and `category`; 0 is a box without pixels; "
    "as JSON in `metadata.jsonl`",
}
"""What the columns hold."""


class Options(SplitOptions):
    form: Literal["folder", "parquet"] = Field(
        "folder", description="folder: files with metadata.jsonl; parquet: few large files with everything inside"
    )
    shard: int = Field(500, ge=1, description="megabytes after which another Parquet file begins")


@dataclass(frozen=True, eq=False)
class _Row:
    """What is told of one image; masks are ``None`` where the whole data set has none of the kind."""

    name: str
    """Of its image's file."""
    image: Path
    """The file, in the folder that is being built."""
    stem: str
    label: NDArray[np.uint8] | None
    instances: NDArray[np.uint16] | None
    objects: Mapping[str, list[Any]]


Add = Callable[[str, _Row], None]
"""Writes a row to a set."""


def export(samples: Sequence[ExportSample], classes: LabelSet, target: Path, options: Options) -> Work[ExportReport]:
    if options.images == "none":
        raise OptionError("a Hugging Face data set holds its images; copy or link them")
    with building("huggingface", target, classes, options) as out:
        shown = yield from scaled(contents(samples), 0.0, 0.1)
        sets = [_SETS[part] for part in split(samples, options, shown)]
        with _folders(out) if options.form == "folder" else _parquet(out, options.shard << 20) as add:
            masks = _Masks(
                any(sample.labels_file.is_file() for sample in samples), any(sample.segments for sample in samples)
            )

            def write(item: Item) -> None:
                part = sets[item.number]
                add(part, _row(out, item, (part, "images") if options.form == "folder" else (_WAITING,), masks))

            yield from scaled(out.each(samples, write), 0.1, 1.0)
        out.json(classes.to_json(), CLASSES)
        out.json({str(class_id): label.name for class_id, label in classes.items()}, NAMES)
        out.text(_card(out), "README.md")
        return out.report()


class _Masks(NamedTuple):
    """Which masks the data set has."""

    labels: bool
    instances: bool


def _row(out: Output, item: Item, folder: tuple[str, ...], masks: _Masks) -> _Row:
    name = out.image(item, *folder)
    boxes = item.bare_boxes(out.classes)
    instances = [each for each in segments(item.ids, item.sample.segments) if each.instance is not None]
    rows = [(each.instance, each.box, each.class_id) for each in instances]
    rows += [(0, Region(box.y0, box.x0, box.y1, box.x1), box.class_id) for box in boxes]
    if rows:
        out.objects = (out.objects or 0) + len(rows)
    objects: dict[str, list[Any]] = {
        "id": [number for number, _, _ in rows],
        "bbox": [[region.x0, region.y0, region.width, region.height] for _, region, _ in rows],
        "category": [class_id for _, _, class_id in rows],
    }
    label, objects_by_id = item.classes() if masks.labels else None, item.ids if masks.instances else None
    return _Row(name, out.path(*folder, name), item.stem, label, objects_by_id, objects)


# --- a folder


@contextmanager
def _folders(out: Output) -> Iterator[Add]:
    """All sets have the same columns, filled in every row: readers refuse what they cannot tell the type of."""
    with ExitStack() as stack:
        files: dict[str, BinaryIO] = {}

        def add(part: str, row: _Row) -> None:
            if part not in files:
                files[part] = stack.enter_context(open(out.path(part, "metadata.jsonl"), "wb"))
            told = {"file_name": f"images/{row.name}"}
            for column, folder, mask in ((LABEL, "labels", row.label), (INSTANCES, "instances", row.instances)):
                if mask is not None:
                    told[f"{column}_file_name"] = f"{folder}/{row.stem}.png"
                    write_mask(out.path(part, folder, f"{row.stem}.png"), mask, durable=False)
            told[OBJECTS] = json.dumps(row.objects)  # the types of empty lists could not be told from another set's
            files[part].write(json.dumps(told, ensure_ascii=False).encode() + b"\n")

        yield add


# --- Parquet


@contextmanager
def _parquet(out: Output, shard: int) -> Iterator[Add]:
    sets: dict[str, _Shards] = {}

    def add(part: str, row: _Row) -> None:
        sets.setdefault(part, _Shards(out, part, shard)).add(row)

    try:
        yield add
        for each in sets.values():
            each.end()
    finally:
        for each in sets.values():
            each.stop()
        shutil.rmtree(out.folder / _WAITING, ignore_errors=True)


class _Shards:
    """The Parquet files of a set: rows are gathered, written by groups, and parted into files of some size."""

    def __init__(self, out: Output, part: str, limit: int) -> None:
        self._out, self._part, self._limit = out, part, limit
        self._rows: list[dict[str, Any]] = []
        self._size = 0
        """Bytes of the rows that wait."""
        self._written = 0
        """Bytes in the file that is open."""
        self._files: list[Path] = []
        self._writer: Any = None

    def add(self, row: _Row) -> None:
        picture = {"bytes": row.image.read_bytes(), "path": row.name}
        row.image.unlink()
        label, instances = _encoded(row.label, row.stem), _encoded(row.instances, row.stem)
        self._rows.append({IMAGE: picture, LABEL: label, INSTANCES: instances, OBJECTS: dict(row.objects)})
        self._size += sum(len(each["bytes"]) for each in (picture, label, instances) if each)
        if self._size >= min(_ROW_GROUP, self._limit):
            self._flush()

    def end(self) -> None:
        """Write what waits, and name the files, now that their number is known."""
        self._flush()
        self.stop()
        for place, path in enumerate(self._files):
            path.rename(path.with_name(f"{self._part}-{place:05d}-of-{len(self._files):05d}.parquet"))

    def stop(self) -> None:
        """Close the file that is open."""
        if self._writer is not None:
            self._writer.close()
        self._writer = None

    def _flush(self) -> None:
        if not self._rows:
            return
        if self._writer is None:
            self._files.append(self._out.path("data", f"{self._part}-{len(self._files):05d}.part"))
            # a dictionary of pictures would be the pictures, held as a whole by whoever reads them
            self._writer, self._written = pq.ParquetWriter(self._files[-1], schema(), use_dictionary=False), 0
        self._writer.write_table(pa.Table.from_pylist(self._rows, schema=schema()))
        self._written += self._size
        self._rows, self._size = [], 0
        if self._written >= self._limit:
            self.stop()


def _encoded(mask: NDArray[np.integer] | None, stem: str) -> dict[str, Any] | None:
    if mask is None:
        return None
    file = io.BytesIO()
    encode_mask(file, mask)
    return {"bytes": file.getvalue(), "path": f"{stem}.png"}


# --- the card


def _card(out: Output) -> str:
    lines = ["---", "task_categories:", "- image-segmentation", "---", "", f"# {out.target.name}", ""]
    lines += ["Segmentation masks made with segstudio.", "", "| column | what it holds |", "|---|---|"]
    lines += [f"| `{column}` | {text} |" for column, text in _TOLD.items()]
    lines += ["", "| id | class | colour |", "|---:|---|---|"]
    lines += [f"| {c.id} | {c.name.replace('|', chr(92) + '|')} | {c.hex} |" for c in out.classes.values()]
    return "\n".join(lines) + "\n"
