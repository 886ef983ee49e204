"""Masks and maps too large to be held whole: taken in pieces in any order, written row by row."""

from __future__ import annotations

import os
import struct
import tempfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import tifffile
from numpy.typing import NDArray

from segstudio.core.errors import storage_errors
from segstudio.io.atomic import replacing
from segstudio.io.masks import Palette, palette_bytes

_ROWS = 256
"""Rows that are encoded at a time; the side of a TIFF's tiles too."""


@contextmanager
def scratch_array(folder: str | Path, shape: tuple[int, int], dtype: Any) -> Iterator[NDArray[Any]]:
    """An array ``(H, W)`` that stands in a file in *folder* instead of memory, gone at the end of the block.

    Raises :class:`~segstudio.core.errors.StorageError` where the disk has no room for it.
    """
    size = shape[0] * shape[1] * np.dtype(dtype).itemsize
    with storage_errors(folder), tempfile.NamedTemporaryFile(dir=folder, prefix=".segstudio-", suffix=".tmp") as file:
        if hasattr(os, "posix_fallocate"):
            os.posix_fallocate(file.fileno(), 0, size)  # a full disk says so now; later it would be a crash
        else:
            file.truncate(size)
        array = np.memmap(file, dtype, "r+", shape=shape)
        try:
            yield array
        finally:
            array._mmap.close()  # type: ignore[attr-defined]  # or the file stays open behind our back


def write_mask_rows(
    path: str | Path, labels: NDArray[np.integer[Any]], palette: Palette | None = None, *, durable: bool = True
) -> None:
    """Write *labels* ``(H, W)`` of ids 0..255 as :func:`segstudio.io.masks.write_mask` does, a strip at a time.

    Replaces *path* whole or not at all; raises :class:`~segstudio.core.errors.StorageError` where the disk refuses.
    """
    height, width = labels.shape
    with replacing(path, durable=durable) as file:
        file.write(b"\x89PNG\r\n\x1a\n")
        _chunk(file, b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0 if palette is None else 3, 0, 0, 0))
        if palette is not None:
            _chunk(file, b"PLTE", palette_bytes(palette))
        packer = zlib.compressobj(1)
        for top in range(0, height, _ROWS):
            strip = np.asarray(labels[top : top + _ROWS], np.uint8)
            rows = np.zeros((len(strip), width + 1), np.uint8)  # each row begins with its filter: none
            rows[:, 1:] = strip
            packed = packer.compress(rows.tobytes())
            if packed:
                _chunk(file, b"IDAT", packed)
        _chunk(file, b"IDAT", packer.flush())
        _chunk(file, b"IEND", b"")


def _chunk(file: BinaryIO, kind: bytes, content: bytes) -> None:
    file.write(struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content)))


def write_map(path: str | Path, values: NDArray[Any], *, durable: bool = True) -> None:
    """Write *values* ``(H, W)`` as a tiled, compressed TIFF of their own type, tile by tile.

    Replaces *path* whole or not at all; raises :class:`~segstudio.core.errors.StorageError` where the disk refuses.
    """

    def tiles() -> Iterator[NDArray[Any]]:
        for y in range(0, values.shape[0], _ROWS):
            for x in range(0, values.shape[1], _ROWS):
                yield np.ascontiguousarray(values[y : y + _ROWS, x : x + _ROWS])

    with replacing(path, durable=durable) as file, tifffile.TiffWriter(file, bigtiff=values.nbytes > 1 << 31) as tiff:
        tiff.write(
            tiles(),
            shape=values.shape,
            dtype=values.dtype,
            tile=(_ROWS, _ROWS),
            compression="zlib",
            photometric="minisblack",
            metadata=None,
            maxworkers=1,
        )
