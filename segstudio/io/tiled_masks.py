"""Masks of very large images as PNG, written and read band by band, so that memory never holds the whole."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import numpy as np

from segstudio.core.errors import MaskError, storage_errors
from segstudio.core.geometry import Region
from segstudio.core.tiled import SIDE, TiledArray
from segstudio.io.atomic import replacing
from segstudio.io.masks import Palette, palette_bytes, read_mask
from segstudio.io.png import GREY, PALETTE, SIGNATURE, rows, write_chunk, write_head

_CHUNK = 1 << 20


def write_tiled_mask(path: str | Path, labels: TiledArray, palette: Palette | None = None) -> None:
    """Write *labels* as the PNG that :func:`segstudio.io.masks.write_mask` would, replacing *path* whole or not at all.

    Raises :class:`~segstudio.core.errors.StorageError` where the disk refuses.
    """
    deep = max(labels.values()) > 255
    with replacing(path) as file:
        write_head(file, labels.shape, deep=deep, palette=palette_bytes(palette) if palette is not None else None)
        for data in _compressed(labels, np.dtype(np.uint16 if deep else np.uint8)):
            write_chunk(file, b"IDAT", data)
        write_chunk(file, b"IEND", b"")


def _compressed(labels: TiledArray, kind: np.dtype[np.generic]) -> Iterator[bytes]:
    """The zlib stream of all rows, in pieces. Bands that are blank all over are compressed once."""
    height, width = labels.shape
    used = {region.y0 for region in labels.written()}
    blank: dict[int, tuple[bytes, bytes]] = {}
    checksum = 1
    yield b"\x78\x01"
    for y in range(0, height, SIDE):
        high = min(SIDE, height - y)
        if y in used:
            raw = rows(labels[y : y + high, 0:width].astype(kind))
            packed = _deflated(raw)
        else:
            if high not in blank:
                band = rows(np.full((high, width), labels.fill, kind))
                blank[high] = band, _deflated(band)
            raw, packed = blank[high]
        checksum = zlib.adler32(raw, checksum)
        yield packed
    yield b"\x03\x00" + struct.pack(">I", checksum)


def _deflated(raw: bytes) -> bytes:
    """A part of a stream that stands for itself: any other may come before and behind it."""
    packer = zlib.compressobj(1, zlib.DEFLATED, -15)
    return packer.compress(raw) + packer.flush(zlib.Z_FULL_FLUSH)


def read_tiled_mask(path: str | Path, shape: tuple[int, int], dtype: type[np.generic], blank: int) -> TiledArray:
    """The mask that :func:`write_tiled_mask` wrote, or any other of :func:`segstudio.io.masks.read_mask` (which takes
    the memory of the whole). Raises :class:`~segstudio.core.errors.MaskError` as that does."""
    path = Path(path)
    labels = TiledArray(shape, dtype, blank)
    with storage_errors(path), open(path, "rb") as file:
        head = file.read(33)
        plain = head[:8] == SIGNATURE and head[12:16] == b"IHDR" and len(head) == 33
        if plain:
            width, height, bits, colour, *_, interlaced = struct.unpack(">IIBBBBB", head[16:29])
            plain = bits in (8, 16) and colour in (GREY, PALETTE) and not interlaced and height > 0 < width
        if plain and (height, width) != tuple(shape):
            sizes = f"{width}x{height} pixels but its image is {shape[1]}x{shape[0]}"
            raise MaskError(path, f"the mask is {sizes}")
        if plain and _fill(labels, path, file, np.dtype(">u2" if bits == 16 else np.uint8)):
            return labels
    whole = read_mask(path, shape)
    labels[0 : shape[0], 0 : shape[1]] = whole
    return labels


def _fill(labels: TiledArray, path: Path, file: BinaryIO, kind: np.dtype[np.generic]) -> bool:
    """Read the rows into *labels*; ``False`` where some are filtered, as other programs do."""
    height, width = labels.shape
    row = width * kind.itemsize + 1
    y, rest = 0, b""
    for raw in _inflated(path, file):
        rest += raw
        wanted = min(SIDE, height - y) * row
        while wanted and len(rest) >= wanted:
            rows = np.frombuffer(rest[:wanted], np.uint8).reshape(-1, row)
            if rows[:, 0].any():
                return False
            band = np.ascontiguousarray(rows[:, 1:]).view(kind)
            for x in range(0, width, SIDE):
                tile = band[:, x : x + SIDE]
                if (tile != labels.fill).any():
                    labels.put(Region(y, x, y + len(tile), x + tile.shape[1]), tile)
            y, rest = y + len(rows), rest[wanted:]
            wanted = min(SIDE, height - y) * row
    if y < height:
        raise MaskError(path, "the file is truncated: it ends before the image does")
    return True


def _inflated(path: Path, file: BinaryIO) -> Iterator[bytes]:
    unpacker = zlib.decompressobj()
    while len(head := file.read(8)) == 8:
        length, name = struct.unpack(">I4s", head)
        if name != b"IDAT":
            file.seek(length + 4, 1)
            continue
        data = file.read(length)
        if len(data) < length or file.read(4) != struct.pack(">I", zlib.crc32(name + data)):
            raise MaskError(path, "the file is corrupt or truncated")
        try:
            while data:
                yield unpacker.decompress(data, 32 * _CHUNK)
                data = unpacker.unconsumed_tail
        except zlib.error as error:
            raise MaskError(path, "the file is corrupt") from error
