"""Pixels that stay in their file: what is asked for is read, and the pieces read last are kept."""

from __future__ import annotations

import math
import threading
from collections import OrderedDict
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segstudio.core.geometry import Region, tiles
from segstudio.io.images.base import level_shape

Fetch = Callable[[Region, int], NDArray[np.generic]]
"""Reads a region of a level."""
_SIDE = 1024
_KEPT = 256 << 20
"""Bytes of pieces that are kept."""
_SQUARE, _SQUARES = 96, 12


class LazyPixels:
    """Stands where an image's array would stand, without holding it.

    It has an array's *shape*, *dtype*, *ndim*, *size* and *nbytes* (of the whole), gives single pixels and plain
    rectangles by index, and reduced ones by :meth:`read`. ``np.asarray`` reads the whole: ask
    :meth:`~segstudio.io.images.Image.whole` for that, in a job.
    """

    def __init__(self, shape: tuple[int, ...], dtype: np.dtype[np.generic], fetch: Fetch, *, pyramid: bool) -> None:
        self.shape = shape
        self.dtype = dtype
        self.fetch = fetch
        """Reads a region of a level from the file, keeping nothing."""
        self.pyramid = pyramid
        """Whether the file holds smaller versions of itself, so that coarse levels are quick to read."""
        self._pieces: OrderedDict[tuple[int, int, int], NDArray[np.generic]] = OrderedDict()
        self._kept = 0
        self._lock = threading.Lock()

    @property
    def ndim(self) -> int:
        return len(self.shape)

    @property
    def size(self) -> int:
        return int(np.prod(self.shape, dtype=np.int64))

    @property
    def nbytes(self) -> int:
        return self.size * self.dtype.itemsize

    @property
    def kept_bytes(self) -> int:
        """Bytes of the pieces that are in memory."""
        return self._kept

    def read(self, region: Region, level: int = 0) -> NDArray[np.generic]:
        """*region*, given in the pixels of *level* and inside of it: ``(h, w)`` or ``(h, w, C)``. Any thread may."""
        whole = Region.of(level_shape((self.shape[0], self.shape[1]), level))
        out = np.empty((*region.shape, *self.shape[2:]), self.dtype)
        for cell in tiles(region, _SIDE):
            piece = self._piece(cell & whole, level)
            part = cell & region
            out[part.shifted(-region.y0, -region.x0).slices] = piece[part.shifted(-cell.y0, -cell.x0).slices]
        return out

    def sampled(self, pixels: int) -> NDArray[np.generic]:
        """About *pixels* pixels in small squares from all over the image, side by side: few pieces are read."""
        height, width = self.shape[:2]
        side = max(1, min(_SQUARE, height, width))
        count = max(1, min(_SQUARES, math.isqrt(max(1, pixels // side**2))))
        ys, xs = (np.linspace(0, size - side, count).astype(int) for size in (height, width))
        return np.concatenate(
            [
                np.concatenate([self.fetch(Region(y, x, y + side, x + side), 0) for x in xs.tolist()], axis=1)
                for y in ys.tolist()
            ]
        )

    def __getitem__(self, key: tuple[Any, ...]) -> NDArray[np.generic]:
        rows, columns, *rest = key
        spans = [
            slice(*axis.indices(size)[:2]) if isinstance(axis, slice) else slice(int(axis), int(axis) + 1)
            for axis, size in zip((rows, columns), self.shape, strict=False)
        ]
        if any(isinstance(axis, slice) and axis.step not in (None, 1) for axis in (rows, columns)):
            raise IndexError("an image that stays in its file gives plain rectangles; ask for a level instead")
        part = self.read(Region(spans[0].start, spans[1].start, spans[0].stop, spans[1].stop))
        inside = tuple(slice(None) if isinstance(axis, slice) else 0 for axis in (rows, columns))
        result: NDArray[np.generic] = part[(*inside, *rest)]
        return result

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NDArray[np.generic]:
        return self.fetch(Region.of(self.shape), 0).astype(dtype or self.dtype, copy=False)

    def _piece(self, cell: Region, level: int) -> NDArray[np.generic]:
        key = level, cell.y0, cell.x0
        with self._lock:
            if key in self._pieces:
                self._pieces.move_to_end(key)
                return self._pieces[key]
        piece = self.fetch(cell, level)
        with self._lock:
            if key not in self._pieces:
                self._pieces[key] = piece
                self._kept += piece.nbytes
            while self._kept > _KEPT and len(self._pieces) > 1:
                _, old = self._pieces.popitem(last=False)
                self._kept -= old.nbytes
        return piece
