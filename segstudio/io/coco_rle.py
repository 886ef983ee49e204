"""COCO's run-length code of a mask, to and from the region that the mask covers.

Runs go down the columns of the image, the first over pixels outside. pycocotools codes whole images; here the work
depends on the size of the object, so that a thousand objects on a very large image do not take a thousand images' time.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pycocotools import mask as coco_mask

from segstudio.core.geometry import Region

_OFFSET = 48  # the codes' first printable character, "0"


def encode(mask: NDArray[np.bool_], region: Region, shape: tuple[int, int]) -> dict[str, Any]:
    """*mask*, true somewhere and of the size of *region*, in an image of *shape* (H, W): ``{"size", "counts"}``."""
    height = shape[0]
    columns = np.zeros((region.width, region.height + 2), np.int8)
    columns[:, 1:-1] = mask.T
    change = np.diff(columns, axis=1)
    starts, ends = (_positions(change == step, region, height) for step in (1, -1))
    joined = starts[1:] != ends[:-1]  # a run that fills a column goes on in the next
    edges = np.stack([starts[np.append(True, joined)], ends[np.append(joined, True)]], axis=1).ravel()
    counts = np.diff(edges, prepend=0).tolist()
    rest = shape[0] * shape[1] - int(edges[-1])
    code = coco_mask.frPyObjects({"counts": counts + [rest] * (rest > 0), "size": list(shape)}, *shape)
    return {"size": list(shape), "counts": code["counts"].decode("ascii")}


def decode(counts: str | Sequence[int], shape: tuple[int, int]) -> tuple[Region, NDArray[np.bool_]]:
    """The region that a code (compressed or not) covers in an image of *shape* (H, W), and its mask.

    Raises ``ValueError`` for a code that is none or does not fill the image.
    """
    height = shape[0]
    edges = np.cumsum(runs(counts, shape))
    starts, ends = edges[:-1:2], edges[1::2]
    filled = ends > starts
    starts, ends = starts[filled], ends[filled]
    if not starts.size:
        return Region(0, 0, 0, 0), np.zeros((0, 0), np.bool_)
    x0, x1 = int(starts[0]) // height, (int(ends[-1]) - 1) // height + 1
    toggles = np.zeros((x1 - x0) * height + 1, np.int8)
    toggles[starts - x0 * height] += 1
    np.subtract.at(toggles, ends - x0 * height, 1)
    mask = np.cumsum(toggles[:-1], dtype=np.int8).astype(np.bool_).reshape(x1 - x0, height).T
    rows = np.flatnonzero(mask.any(axis=1))
    y0, y1 = int(rows[0]), int(rows[-1]) + 1
    return Region(y0, x0, y1, x1), np.ascontiguousarray(mask[y0:y1])


def runs(counts: str | Sequence[int], shape: tuple[int, int]) -> NDArray[np.int64]:
    """The lengths of the runs of a code, outside and inside by turns. Raises as :func:`decode` does."""
    lengths = _decompressed(counts) if isinstance(counts, str) else np.asarray(counts)
    if lengths.ndim != 1 or lengths.dtype.kind not in "iu" or not lengths.size:
        raise ValueError("its run-length code is damaged")
    if (lengths < 0).any() or int(lengths.sum()) != shape[0] * shape[1]:
        raise ValueError("its runs do not add up to the size of the image")
    return lengths.astype(np.int64)


def _positions(where: NDArray[np.bool_], region: Region, height: int) -> NDArray[np.intp]:
    column, row = np.nonzero(where)
    return (column + region.x0) * height + row + region.y0


def _decompressed(text: str) -> NDArray[np.int64]:
    """The runs behind the text: groups of 5 bits, low ones first, from the third run on as differences."""
    codes = np.frombuffer(text.encode("ascii", "replace"), np.uint8).astype(np.int64) - _OFFSET
    if not codes.size or codes.min() < 0 or codes.max() > 63 or codes[-1] & 0x20:
        raise ValueError("its run-length code is damaged")
    last = (codes & 0x20) == 0
    first = np.flatnonzero(np.append(True, last[:-1]))
    lengths = np.diff(np.append(first, codes.size))
    if lengths.max() > 12:
        raise ValueError("its run-length code is damaged")
    place = np.arange(codes.size) - np.repeat(first, lengths)
    values = np.add.reduceat((codes & 0x1F) << (5 * place), first)
    negative = (codes[last] & 0x10) != 0
    values[negative] -= np.int64(1) << (5 * lengths[negative])
    for chain in (values[1::2], values[2::2]):  # each run but the first counts from the one before the last
        chain[:] = np.cumsum(chain)
    return values
