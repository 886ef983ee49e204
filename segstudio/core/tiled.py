"""Large matrices that are mostly blank: tiles are made where something is written, and copies share them."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.lib.mixins import NDArrayOperatorsMixin
from numpy.typing import ArrayLike, NDArray

from segstudio.core.geometry import Region, tiles

SIDE = 1024


class TiledArray(NDArrayOperatorsMixin):
    """A matrix ``(H, W)`` that is *fill* wherever nothing was written, and takes memory elsewhere only.

    It reads like an array: slices (with steps), open meshes and single places give copies of those pixels; any other
    use makes the whole array first, as ``np.asarray`` does. :meth:`copy` costs nothing: both share their tiles until
    one of them writes, so a copy may be read in another thread while this one is painted on.
    """

    def __init__(self, shape: tuple[int, int], dtype: type[np.generic] | np.dtype[Any], fill: int) -> None:
        self.shape = shape
        self.dtype = np.dtype(dtype)
        self.fill = fill
        self._tiles: dict[tuple[int, int], NDArray[Any]] = {}
        self._own: set[tuple[int, int]] = set()

    @property
    def ndim(self) -> int:
        return 2

    @property
    def size(self) -> int:
        return self.shape[0] * self.shape[1]

    @property
    def nbytes(self) -> int:
        """Bytes that are held."""
        return sum(tile.nbytes for tile in self._tiles.values())

    def copy(self) -> TiledArray:
        """The same pixels, shared until one of the two is written to."""
        other = TiledArray(self.shape, self.dtype, self.fill)
        other._tiles = dict(self._tiles)
        self._own.clear()
        return other

    def written(self) -> Iterator[Region]:
        """The tiles that are not blank for certain, by their regions."""
        whole = Region.of(self.shape)
        for y, x in sorted(self._tiles):
            yield Region(y, x, y + SIDE, x + SIDE) & whole

    def values(self) -> set[int]:
        """Every value that occurs (and the blank one)."""
        found = {self.fill}
        for tile in self._tiles.values():
            found.update(np.flatnonzero(np.bincount(tile.ravel())).tolist())
        return found

    def combined(self, other: TiledArray, function: Callable[[NDArray[Any], NDArray[Any]], NDArray[Any]]) -> TiledArray:
        """*function* of the pixels of both, tile by tile; what is blank in both is blank here."""
        result = TiledArray(self.shape, self.dtype, self.fill)
        for region in {*self.written(), *other.written()}:
            result[region.slices] = function(self[region.slices], other[region.slices])
        return result

    def put(self, region: Region, values: ArrayLike, where: NDArray[np.bool_] | None = None) -> None:
        """Set *region*, which lies inside, to *values* (one, or an array of its shape), only *where* it is true."""
        array = np.asarray(values)
        y, x = region.y0 // SIDE * SIDE, region.x0 // SIDE * SIDE
        if where is None and region.y1 <= y + SIDE and region.x1 <= x + SIDE:  # undo writes thousands of such
            if not region.empty:
                tile = self._writable(y, x)
                tile[region.y0 - y : region.y1 - y, region.x0 - x : region.x1 - x] = array
            return
        for cell in tiles(region, SIDE):
            part = cell & region
            inside = part.shifted(-region.y0, -region.x0).slices
            tile = self._writable(cell.y0, cell.x0)
            np.copyto(
                tile[part.shifted(-cell.y0, -cell.x0).slices],
                array[inside] if array.ndim else array,
                where=True if where is None else where[inside],
                casting="unsafe",
            )

    def __setitem__(self, key: tuple[slice, slice], values: ArrayLike) -> None:
        (y0, y1, _), (x0, x1, _) = (axis.indices(size) for axis, size in zip(key, self.shape, strict=True))
        self.put(Region(y0, x0, y1, x1), values)

    def __getitem__(self, key: Any) -> Any:
        if isinstance(key, tuple) and len(key) == 2:
            if all(isinstance(axis, slice) and (axis.step or 1) > 0 for axis in key):
                (y0, y1, dy), (x0, x1, dx) = (axis.indices(n) for axis, n in zip(key, self.shape, strict=True))
                y, x = y0 // SIDE * SIDE, x0 // SIDE * SIDE
                if y0 < y1 <= y + SIDE and x0 < x1 <= x + SIDE and (y, x) in self._tiles:
                    return self._tiles[y, x][y0 - y : y1 - y : dy, x0 - x : x1 - x : dx].copy()
                return self._crossed(
                    _steps(y0, y1, dy), _steps(x0, x1, dx), (len(range(y0, y1, dy)), len(range(x0, x1, dx)))
                )
            if all(isinstance(axis, int | np.integer) for axis in key):
                y, x = (int(axis) % size for axis, size in zip(key, self.shape, strict=True))
                return self._taken(np.array([y]), np.array([x]))[0, 0]
            if all(isinstance(axis, np.ndarray) and axis.ndim == 2 for axis in key):
                rows, columns = key
                if rows.shape[1] == 1 and columns.shape[0] == 1 and _rising(rows) and _rising(columns):
                    return self._taken(rows.ravel(), columns.ravel())
        return np.asarray(self)[key]

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NDArray[Any]:
        whole: NDArray[Any] = self[:, :]
        return whole.astype(dtype or self.dtype, copy=False)

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **options: Any) -> Any:
        arrays = [np.asarray(each) if isinstance(each, TiledArray) else each for each in inputs]
        return getattr(ufunc, method)(*arrays, **options)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        return getattr(np.asarray(self), name)

    def _taken(self, rows: NDArray[np.intp], columns: NDArray[np.intp]) -> NDArray[Any]:
        """The pixels where the rising *rows* and *columns* cross."""
        shape = len(rows), len(columns)
        return self._crossed(_by_tile(rows), _by_tile(columns), shape) if all(shape) else np.empty(shape, self.dtype)

    def _crossed(self, rows: list[_Part], columns: list[_Part], shape: tuple[int, int]) -> NDArray[Any]:
        out = np.empty(shape, self.dtype)
        for y0, to_rows, down in rows:
            for x0, to_columns, across in columns:
                tile = self._tiles.get((y0, x0))
                out[to_rows, to_columns] = self.fill if tile is None else tile[down][:, across]
        return out

    def _writable(self, y: int, x: int) -> NDArray[Any]:
        """The tile that begins there, this array's own."""
        key = y, x
        if key not in self._own:
            shared = self._tiles.get(key)
            shape = min(SIDE, self.shape[0] - y), min(SIDE, self.shape[1] - x)
            self._tiles[key] = np.full(shape, self.fill, self.dtype) if shared is None else shared.copy()
            self._own.add(key)
        return self._tiles[key]


def _rising(places: NDArray[Any]) -> bool:
    return bool((np.diff(places.ravel()) >= 0).all())


_Part = tuple[int, slice, "slice | NDArray[np.intp]"]
"""Of places along one axis those in one tile: where that begins, which of the places they are, and where inside."""


def _steps(start: int, stop: int, step: int) -> list[_Part]:
    """Tile by tile the places of ``range(start, stop, step)``, without making them: a person who zooms waits."""
    parts: list[_Part] = []
    done, at = 0, start
    while at < stop:
        begin = at // SIDE * SIDE
        count = -(-(min(begin + SIDE, stop) - at) // step)
        parts.append((begin, slice(done, done + count), slice(at - begin, at - begin + (count - 1) * step + 1, step)))
        done, at = done + count, at + count * step
    return parts


def _by_tile(places: NDArray[Any]) -> list[_Part]:
    """Tile by tile: where it begins, which of *places* lie in it, and where inside of it."""
    numbers = places // SIDE
    edges = [0, *(np.flatnonzero(np.diff(numbers)) + 1).tolist(), len(places)]
    parts = []
    for start, stop in itertools.pairwise(edges):
        begin = int(numbers[start]) * SIDE
        inside = places[start:stop] - begin
        step = int(inside[1] - inside[0]) if len(inside) > 1 else 1
        even = step > 0 and (len(inside) < 3 or bool((np.diff(inside) == step).all()))
        where = slice(int(inside[0]), int(inside[-1]) + 1, step) if even else inside
        parts.append((begin, slice(start, stop), where))
    return parts
