"""What a training run tells while it runs and leaves behind: metrics, a folder of records. Loads no torch.

A run's folder holds ``run.json`` (what it was and how it ended), ``metrics.csv`` (a row a step), a TensorBoard event
file, ``best.safetensors`` (the checkpoint) and ``state.pt`` (what resuming needs).
"""

from __future__ import annotations

import csv
import json
import os
import platform
import struct
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from segstudio.core.classes import LabelSet
from segstudio.core.errors import TrainingError, disk_reason, storage_errors
from segstudio.io.atomic import write_text

if TYPE_CHECKING:
    from segstudio.learning.networks.base import SegmentationNetwork

BEST, STATE, RECORD, CURVES = "best.safetensors", "state.pt", "run.json", "metrics.csv"
"""Names in a run's folder."""

Ending = Literal["finished", "out of time", "no longer improving", "stopped"]


@dataclass(frozen=True, eq=False)
class Preview:
    """A validation image, thinned if it is large, and what the network makes of it now.

    The ``(H, W)`` maps hold class ids, 255 = none.
    """

    name: str
    image: NDArray[Any]
    """``(H, W, C)`` in its own type."""
    target: NDArray[np.uint16]
    prediction: NDArray[np.uint16]


@dataclass(frozen=True, eq=False)
class TrainingMetrics:
    """How a run stands after a step; the detail of the trainer's progress."""

    epoch: int
    """Counted from 1."""
    epochs: int | None
    step: int
    loss: float
    """Of this step's batch."""
    lr: float
    images_per_second: float
    memory_bytes: int
    """Held by the device at most so far; on the CPU, by the process now."""
    elapsed_seconds: float
    eta_seconds: float | None
    miou: float | None = None
    """Of the last validation; ``None`` before the first."""
    iou: tuple[float, ...] = ()
    """Per class in the order of *class_names*; nan for a class that was not there."""
    class_names: tuple[str, ...] = ()
    best_miou: float | None = None
    confusion: NDArray[np.int64] | None = None
    """``(K, K)``, rows true, columns predicted; like *preview* only with the step that was *validated*."""
    preview: Preview | None = None
    validated: bool = False
    """Whether the network was measured after this very step."""
    note: str = ""
    """What the person should know: ``"out of memory: batch 8 -> 4"``."""
    device: str = ""
    """What computes: ``"CPU, 2 threads, bf16"``."""


@dataclass(frozen=True, eq=False)
class TrainResult:
    """How a run ended."""

    network: SegmentationNetwork
    """With the weights that were kept, in eval mode, on the CPU."""
    classes: LabelSet
    config: dict[str, Any]
    """As in the checkpoint."""
    checkpoint: Path | None
    """``None`` for a run without a folder."""
    folder: Path | None
    miou: float | None
    """The best of all validations; the last where no samples were kept aside."""
    iou: tuple[float, ...]
    epochs: int
    steps: int
    seconds: float
    ending: Ending


class RunRecorder:
    """Writes a run's curves into *folder*, continuing what stands there up to *step*; ``None`` writes nothing."""

    def __init__(self, folder: Path | None, class_names: Sequence[str], step: int = 0) -> None:
        self._rows: IO[str] | None = None
        self._events: EventFile | None = None
        if folder is None:
            return
        columns = ["step", "epoch", "seconds", "loss", "lr", "images_per_second", "miou"]
        columns += [f"iou {name}" for name in class_names]
        path = folder / CURVES
        self.path = path
        with storage_errors(path):
            kept = _rows_until(path, step) if step else []
            self._rows = open(path, "w", newline="", encoding="utf-8")  # noqa: SIM115  # closed by close()
            self._writer = csv.writer(self._rows)
            self._writer.writerows([columns, *kept])
            self._events = EventFile(folder, goes_on=step + 1 if step else None)
        self._flushed = time.monotonic()

    def add(self, metrics: TrainingMetrics) -> None:
        """Append one step."""
        if self._rows is None or self._events is None:
            return
        row: list[object] = [metrics.step, metrics.epoch, f"{metrics.elapsed_seconds:.3f}", f"{metrics.loss:.6g}"]
        row += [f"{metrics.lr:.6g}", f"{metrics.images_per_second:.4g}"]
        scalars = {"train/loss": metrics.loss, "train/lr": metrics.lr}
        if metrics.validated and metrics.miou is not None:
            row += [f"{metrics.miou:.6g}", *(f"{value:.6g}" for value in metrics.iou)]
            scalars["validation/miou"] = metrics.miou
            scalars |= {f"iou/{n}": v for n, v in zip(metrics.class_names, metrics.iou, strict=True) if v == v}
        with storage_errors(self.path):
            self._writer.writerow(row)
            self._events.add(scalars, metrics.step)
        if metrics.validated or time.monotonic() - self._flushed > 2:
            self.flush()

    def flush(self) -> None:
        """Bring every step so far to the disk."""
        if self._rows is None or self._events is None:
            return
        with storage_errors(self.path):
            self._rows.flush()
            self._events.flush()
        self._flushed = time.monotonic()

    def close(self) -> None:
        if self._rows is not None:
            self._rows.close()
        if self._events is not None:
            self._events.close()


def _rows_until(path: Path, step: int) -> list[list[str]]:
    """The rows of a run that went on beyond its last saved state, up to that state."""
    return [row for row in _whole_rows(path)[1:] if row and row[0].isdecimal() and int(row[0]) <= step]


def _whole_rows(path: Path) -> list[list[str]]:
    """The rows of a table; none where there is no table. A killed run may leave its last row cut short: it goes."""
    try:
        with open(path, newline="", encoding="utf-8") as file:
            return list(csv.reader(line for line in file if line.endswith("\n")))
    except FileNotFoundError:
        return []


def read_curves(folder: str | Path) -> dict[str, NDArray[np.float64]]:
    """The columns of a run's ``metrics.csv`` by name; nan where a step has no value.

    Raises :class:`TrainingError` where there is none.
    """
    path = Path(folder) / CURVES
    try:
        path.stat()
        rows = _whole_rows(path)
    except OSError as error:
        raise TrainingError(f"{folder} is not the folder of a training run: {disk_reason(error)}") from error
    columns = rows[0] if rows else []
    table = [[float(row[i]) if i < len(row) and row[i] else np.nan for i in range(len(columns))] for row in rows[1:]]
    values = np.array(table, np.float64).reshape(len(table), len(columns))
    return {name: values[:, i] for i, name in enumerate(columns)}


def read_metrics(folder: str | Path) -> list[TrainingMetrics]:
    """What a run's ``metrics.csv`` tells of each step, the oldest first; none where there is no such file."""
    rows = _whole_rows(Path(folder) / CURVES)
    names = tuple(column.removeprefix("iou ") for column in rows[0] if column.startswith("iou ")) if rows else ()
    told: list[TrainingMetrics] = []
    best: float | None = None
    for row in rows[1:]:
        step, epoch, seconds, loss, lr, speed, *scores = row
        validated = bool(scores)
        before = told[-1] if told else None
        miou = float(scores[0]) if validated else before.miou if before is not None else None
        iou = tuple(map(float, scores[1:])) if validated else before.iou if before is not None else ()
        best = miou if best is None else max(best, miou) if miou is not None else best
        told.append(
            TrainingMetrics(
                epoch=int(epoch),
                epochs=None,
                step=int(step),
                loss=float(loss),
                lr=float(lr),
                images_per_second=float(speed),
                memory_bytes=0,
                elapsed_seconds=float(seconds),
                eta_seconds=None,
                miou=miou,
                iou=iou,
                class_names=names,
                best_miou=best,
                validated=validated,
            )
        )
    return told


def write_record(folder: Path, record: Mapping[str, Any]) -> None:
    """Write ``run.json``."""
    write_text(folder / RECORD, json.dumps(record, indent=1, default=str), durable=False)


def read_record(folder: str | Path) -> dict[str, Any]:
    """Read ``run.json``; raises :class:`TrainingError` where there is none or it is damaged."""
    try:
        record = json.loads((Path(folder) / RECORD).read_text(encoding="utf-8"))
    except OSError as error:
        raise TrainingError(f"{folder} is not the folder of a training run: {disk_reason(error)}") from error
    except ValueError as error:
        raise TrainingError(f"{folder}: its run.json is damaged") from error
    if not isinstance(record, dict):
        raise TrainingError(f"{folder}: its run.json is damaged")
    return record


def versions(packages: Iterable[str] = ("segstudio", "torch", "torchvision", "timm", "numpy")) -> dict[str, str]:
    """Python, platform and the installed *packages*, so that a run can be repeated."""
    found = {"python": platform.python_version(), "platform": platform.platform()}
    for package in packages:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = "not installed"
    return found


def process_memory() -> int:
    """Bytes of memory that this process holds now; 0 where the system does not tell."""
    pages = Path("/proc/self/statm")
    if not pages.exists():
        return 0
    return int(pages.read_text(encoding="ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE")


class EventFile:
    """A TensorBoard event file of scalars.

    Records are framed as in TFRecord: length, masked CRC-32C of the length, data, masked CRC-32C of the data. The data
    is an ``Event`` protocol buffer: wall time (field 1), step (2), file version (3), summary (5), which holds values
    (1) of a tag (1) and a float (2), or session log (7), whose status (1) START takes back what earlier files of the
    folder tell from its step on: steps after the last saved state that a killed run takes again.
    """

    def __init__(self, folder: Path, *, goes_on: int | None = None) -> None:
        name = f"events.out.tfevents.{int(time.time()):010d}.{platform.node() or 'segstudio'}.{os.getpid()}"
        self._file = open(folder / name, "ab")  # noqa: SIM115  # closed by close()
        self._write(_bytes_field(3, b"brain.Event:2"), 0)
        if goes_on is not None:
            self._write(_bytes_field(7, b"\x08\x01"), goes_on)

    def add(self, scalars: Mapping[str, float], step: int) -> None:
        values = b"".join(
            _bytes_field(1, _bytes_field(1, tag.encode()) + b"\x15" + struct.pack("<f", value))
            for tag, value in scalars.items()
        )
        self._write(_bytes_field(5, values), step)

    def _write(self, payload: bytes, step: int) -> None:
        data = b"\x09" + struct.pack("<d", time.time()) + b"\x10" + _varint(step) + payload
        length = struct.pack("<Q", len(data))
        self._file.write(length + _masked_crc(length) + data + _masked_crc(data))

    def flush(self) -> None:
        self._file.flush()

    def close(self) -> None:
        self._file.close()


def _varint(number: int) -> bytes:
    out = bytearray()
    while number > 127:
        out.append(number & 127 | 128)
        number >>= 7
    return bytes([*out, number])


def _bytes_field(field: int, data: bytes) -> bytes:
    return bytes([field << 3 | 2]) + _varint(len(data)) + data


def _crc_table() -> tuple[int, ...]:
    """Of CRC-32C (Castagnoli), reflected polynomial 0x82F63B78."""
    table = []
    for byte in range(256):
        for _ in range(8):
            byte = byte >> 1 ^ (0x82F63B78 if byte & 1 else 0)
        table.append(byte)
    return tuple(table)


_CRC = _crc_table()


def _masked_crc(data: bytes) -> bytes:
    crc = 0xFFFFFFFF
    for byte in data:
        crc = _CRC[(crc ^ byte) & 255] ^ crc >> 8
    crc ^= 0xFFFFFFFF
    return struct.pack("<I", ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF)
