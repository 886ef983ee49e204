"""Label Studio's run-length code of a mask, to and from the region that the mask covers.

The code is a stream of bits, the highest of each byte first, for the bytes red, green, blue, alpha of every pixel, row
by row (the package ``@thi.ng/rle-pack``, whose layout this follows): 32 bits tell how many bytes there are, 5 bits the
width of a value less 1, four times 4 bits the widths of run lengths less 1. Then come the runs: a bit that says whether
one value is repeated, 2 bits for which of the four widths is used, the length less 1, and the value, or as many values
as the run is long. Alpha tells the mask.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from segstudio.core.geometry import Region
from segstudio.io.segments import cropped

_CHANNELS = 4
_VALUE_BITS = 8
_LENGTH_BITS = np.array([3, 4, 8, 16])
_LONGEST = 1 << 16
_HEAD_BITS = 32 + 5 + 4 * 4
_DAMAGED = "its run-length code is damaged"


def encode(mask: NDArray[np.bool_], region: Region, shape: tuple[int, int]) -> list[int]:
    """*mask*, true somewhere and of the size of *region*, in an image of *shape* (H, W): bytes 0..255."""
    edges = _edges(mask, region, shape[1])
    lengths = np.diff(edges, prepend=0, append=shape[0] * shape[1]) * _CHANNELS
    values = (np.arange(lengths.size) % 2) * 255
    full, rest = lengths // _LONGEST, lengths % _LONGEST  # a longer run is several
    counts = full + (rest > 0)
    values = np.repeat(values, counts)
    last = np.cumsum(counts) - 1
    pieces = np.full(values.size, _LONGEST)
    pieces[last[rest > 0]] = rest[rest > 0]
    kind = np.searchsorted(1 << _LENGTH_BITS, pieces)
    width = _LENGTH_BITS[kind]
    words = ((((4 | kind) << width) | (pieces - 1)) << _VALUE_BITS) | values
    head = [shape[0] * shape[1] * _CHANNELS, _VALUE_BITS - 1, *(_LENGTH_BITS - 1)]
    return _packed(np.append(head, words), np.append([32, 5, 4, 4, 4, 4], 3 + width + _VALUE_BITS))


def decode(code: Sequence[int], shape: tuple[int, int]) -> tuple[Region, NDArray[np.bool_]]:
    """The region that a code covers in an image of *shape* (H, W), and its mask: where alpha is not 0.

    Raises ``ValueError`` for a code that is none or is for an image of another size.
    """
    try:
        data = bytes(code)
    except (TypeError, ValueError) as error:
        raise ValueError(_DAMAGED) from error
    if len(data) * 8 < _HEAD_BITS or _bits(data, 32, 5) + 1 != _VALUE_BITS:
        raise ValueError(_DAMAGED)
    total = shape[0] * shape[1] * _CHANNELS
    if _bits(data, 0, 32) != total:
        raise ValueError("its run-length code is for an image of another size")
    return cropped(_inside(data, total).reshape(shape))


def _inside(data: bytes, total: int) -> NDArray[np.bool_]:
    """Whether alpha is not 0, for every pixel of *total* bytes."""
    widths = [_bits(data, place, 4) + 1 for place in range(37, _HEAD_BITS, 4)]
    inside = np.zeros(total // _CHANNELS, np.bool_)
    place, done, end = _HEAD_BITS, 0, len(data) * 8
    while done < total:
        repeated, width = _bits(data, place, 1), widths[_bits(data, place + 1, 2)]
        length = _bits(data, place + 3, width) + 1
        place += 3 + width
        stored = 1 if repeated else length
        after = done + length
        if after > total or place + stored * _VALUE_BITS > end:
            raise ValueError(_DAMAGED)
        pixels = slice(done // _CHANNELS, after // _CHANNELS)  # those whose alpha, the last byte, lies in the run
        if repeated:
            inside[pixels] = _bits(data, place, _VALUE_BITS) != 0
        else:
            inside[pixels] = _bytes(data, place, length)[(_CHANNELS - 1 - done) % _CHANNELS :: _CHANNELS] != 0
        place += stored * _VALUE_BITS
        done = after
    return inside


def _bits(data: bytes, place: int, count: int) -> int:
    """The number in *count* bits (up to 32) from bit *place* on; 0 for bits behind the end."""
    first = place >> 3
    window = int.from_bytes(data[first : first + 5].ljust(5, b"\0"))
    return window >> (40 - (place & 7) - count) & ((1 << count) - 1)


def _bytes(data: bytes, place: int, count: int) -> NDArray[np.uint8]:
    """*count* bytes from bit *place* on."""
    first, shift = place >> 3, place & 7
    found = np.frombuffer(data, np.uint8, count + bool(shift), first)
    if not shift:
        return found
    return (found[:-1].astype(np.uint16) << shift | found[1:] >> (8 - shift)).astype(np.uint8)


def _edges(mask: NDArray[np.bool_], region: Region, width: int) -> NDArray[np.int64]:
    """Where in the row of all pixels runs begin and end by turns, the first pixel outside the mask."""
    rows = np.zeros((region.height, region.width + 2), np.int8)
    rows[:, 1:-1] = mask
    change = np.diff(rows, axis=1)
    starts, ends = (
        (row + region.y0) * width + column + region.x0 for row, column in (np.nonzero(change == s) for s in (1, -1))
    )
    joined = starts[1:] != ends[:-1]  # a run that fills a row goes on in the next
    return np.stack([starts[np.append(True, joined)], ends[np.append(joined, True)]], axis=1).ravel().astype(np.int64)


def _packed(numbers: NDArray[np.int64], widths: NDArray[np.int64]) -> list[int]:
    """*numbers*, each in so many bits (up to 32), one behind the other."""
    aligned = (numbers.astype(np.uint64) << (32 - widths).astype(np.uint64)).astype(">u4")
    bits = np.unpackbits(aligned.view(np.uint8).reshape(-1, 4), axis=1)
    packed: list[int] = np.packbits(bits[np.arange(32) < widths[:, None]]).tolist()
    return packed
