"""PNG files of ids (Portable Network Graphics, second edition, ISO/IEC 15948), whose rows are written as they are: the
filters that make photographs smaller do nothing for flat areas."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

SIGNATURE = b"\x89PNG\r\n\x1a\n"
GREY, PALETTE = 0, 3
_AT_ONCE = 1 << 24
"""Pixels of which copies are made; of a larger image only of so many at a time."""


def write_head(file: BinaryIO, shape: tuple[int, int], *, deep: bool, palette: bytes | None) -> None:
    """What comes before the pixels of an image of *shape* ``(H, W)``: 16-bit grey where it is *deep*, else 8-bit with
    the colours in *palette* (red, green and blue of each id) or grey."""
    kind = PALETTE if palette is not None and not deep else GREY
    file.write(SIGNATURE)
    write_chunk(file, b"IHDR", struct.pack(">IIBBBBB", shape[1], shape[0], 16 if deep else 8, kind, 0, 0, 0))
    if kind == PALETTE and palette is not None:
        write_chunk(file, b"PLTE", palette)


def write_chunk(file: BinaryIO, name: bytes, data: bytes) -> None:
    """One piece of a PNG file, with its length and checksum."""
    checksum = zlib.crc32(data, zlib.crc32(name))
    for part in (struct.pack(">I", len(data)), name, data, struct.pack(">I", checksum)):
        file.write(part)


def rows(pixels: NDArray[np.generic]) -> bytes:
    """The bytes of *pixels* ``(h, w)``, uint8 or uint16, each row behind the byte that says: not filtered."""
    parts = pixels.astype(">u2" if pixels.dtype == np.uint16 else np.uint8, copy=False)
    flat = np.ascontiguousarray(parts).view(np.uint8).reshape(len(pixels), -1)
    filtered = np.zeros((len(flat), flat.shape[1] + 1), np.uint8)
    filtered[:, 1:] = flat
    return filtered.tobytes()


def write_png(file: BinaryIO, pixels: NDArray[np.generic], palette: bytes | None = None) -> None:
    """Write *pixels* ``(H, W)``, uint8 or uint16, into an open binary *file*; *palette* as in :func:`write_head`."""
    write_head(file, (pixels.shape[0], pixels.shape[1]), deep=pixels.dtype == np.uint16, palette=palette)
    for data in _packed(pixels):
        write_chunk(file, b"IDAT", data)
    write_chunk(file, b"IEND", b"")


def _packed(pixels: NDArray[np.generic]) -> Iterator[bytes]:
    """The zlib stream of all rows, in pieces where they are many."""
    if pixels.size <= _AT_ONCE:
        import imagecodecs  # which the start of the window need not pay

        # people wait for this on their way to the next image: zlib-ng takes a third of zlib's time for the same size
        yield bytes(imagecodecs.zlibng_encode(rows(pixels), level=2))
        return
    packer = zlib.compressobj(1)
    band = max(1, _AT_ONCE // pixels.shape[1])
    for y in range(0, pixels.shape[0], band):
        yield packer.compress(rows(pixels[y : y + band]))
    yield packer.flush()
