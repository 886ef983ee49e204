"""Gaussian filtering in many dimensions on the permutohedral lattice (Adams, Baek and Davis, Eurographics 2010).

Points are spread over the corners of the lattice simplex that holds them (*splat*), the corners are blurred along each
axis of the lattice (*blur*), and the points read the blurred corners with the same weights (*slice*). The lattice
depends on the points alone: built once, it filters any number of values.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

from segstudio.algorithms.lanes import gather, lanes_for, middle, padded, scatter
from segstudio.algorithms.strips import in_strips

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Lattice:
    """The corners that *N* points in *d* dimensions touch, and how the corners neighbour each other."""

    corners: NDArray[np.int32]
    """``(N, d + 1)``: the corners around each point, 1..M; 0 stands for a corner that is not there and holds zeros."""
    weights: Floats
    """``(N, d + 1)``: the barycentric weight of each of them; a row sums to 1."""
    neighbours: NDArray[np.int32]
    """``(d + 1, M + 1, 2)``: the corners before and after each corner along each axis."""

    @property
    def size(self) -> int:
        """How many rows a table of corners has: one for each, and row 0 for those that are not there."""
        return int(self.neighbours.shape[1])

    @classmethod
    def build(cls, features: Floats, pool: ThreadPoolExecutor, workers: int) -> Lattice:
        """The lattice of *features* ``(N, d)``, in units of the Gaussian's standard deviation in each dimension.

        *workers* threads of *pool* take part, no more than there are points.
        """
        points = np.ascontiguousarray(features, np.float32)
        count, dimensions = points.shape
        scale = _scale(dimensions)
        step = _steps(points, scale)
        corners = np.empty((count, dimensions + 1), np.int32)
        weights = np.empty((count, dimensions + 1), np.float32)
        parts = in_strips(pool, workers, count, _embed, points, scale.astype(np.float32), step, corners, weights)
        keys, numbers, slots = _merge(parts)
        cuts = [count * i // workers for i in range(workers + 1)]
        for (start, stop), number in zip(list(pairwise(cuts))[1:], numbers, strict=True):
            _renumber(start, stop, corners, number)
        neighbours = np.zeros((dimensions + 1, keys.size + 1, 2), np.int32)
        in_strips(pool, workers, keys.size, _find_neighbours, keys, slots, _offsets(step), neighbours)
        return cls(corners, weights, neighbours)

    def filter(self, values: Floats, pool: ThreadPoolExecutor | None = None, workers: int = 1) -> Floats:
        """The Gaussian-weighted sums of *values* ``(N, C)`` around each point, up to one common factor.

        *workers* threads of *pool* take part.
        """
        count, columns = values.shape
        lanes = lanes_for(columns)
        stride = padded(columns, lanes)
        rows = np.zeros((count, stride), np.float32)
        rows[:, :columns] = values

        def shared(height: int, kernel: Callable[..., Any], *arguments: Any) -> list[Any]:
            if pool is None:
                return [kernel(0, height, *arguments)]
            return in_strips(pool, workers, height, kernel, *arguments)

        own = (lanes, stride, rows.ravel(), self.corners.ravel(), self.weights.ravel())
        table: Floats = np.add.reduce(shared(count, _splat, *own, self.size))
        other = np.zeros_like(table)
        for axis in self.neighbours:
            shared(self.size, blur, lanes, stride, axis, table, other)
            table, other = other, table
        rows[:] = 0
        shared(count, _slice, *own, table)
        return rows[:, :columns]


def _scale(dimensions: int) -> NDArray[np.float64]:
    """Per dimension, so that the blur has a standard deviation of one unit of the features.

    The common factor is rounded as in the authors' program: points between two simplices then fall to the same one.
    """
    i = np.arange(dimensions)
    factor = float(np.float32(math.sqrt(2 / 3) * (dimensions + 1)))
    scale: NDArray[np.float64] = factor / np.sqrt((i + 1.0) * (i + 2.0))
    return scale


def _steps(points: Floats, scale: NDArray[np.float64]) -> NDArray[np.int64]:
    """What one step in each of the first d coordinates of a corner adds to its key.

    Mixed radices of the ranges of the coordinates where they fit 63 bits: keys are then exact. Else a hash, by which
    two of a million corners share a key in one of some ten million lattices.
    """
    dimensions = points.shape[1]
    least_of, most_of = _extremes(points)
    low, high = least_of.astype(np.float64) * scale, most_of.astype(np.float64) * scale
    # coordinate i is the sum of the scaled features from i on, less i times the one before
    above_low, above_high = np.cumsum(low[::-1])[::-1], np.cumsum(high[::-1])[::-1]
    before = np.arange(dimensions)
    least = above_low - before * np.roll(high, 1)
    most = above_high - before * np.roll(low, 1)
    ranges = [math.ceil(b - a) + 4 * (dimensions + 2) for a, b in zip(least, most, strict=True)]
    if math.prod(ranges) < 2**62:
        return np.array([math.prod(ranges[:i]) for i in range(dimensions)], np.int64)
    return random_steps(dimensions)


@numba.njit(cache=True, nogil=True)
def _extremes(points: Floats) -> tuple[Floats, Floats]:
    """The least and the greatest of each column."""
    low, high = points[0].copy(), points[0].copy()
    for p in range(len(points)):
        for i in range(points.shape[1]):
            low[i] = min(low[i], points[p, i])
            high[i] = max(high[i], points[p, i])
    return low, high


def random_steps(dimensions: int) -> NDArray[np.int64]:
    """Odd random numbers: a linear hash of the coordinates into 64 bits."""
    random = np.random.default_rng(20110)
    steps: NDArray[np.int64] = random.integers(-(2**62), 2**62, dimensions, np.int64) | np.int64(1)
    return steps


def _offsets(step: NDArray[np.int64]) -> NDArray[np.int64]:
    """What the key changes by from a corner to the next one along each of the d + 1 axes."""
    dimensions = step.size
    with np.errstate(over="ignore"):
        offsets = np.full(dimensions + 1, -step.sum(), np.int64)
        offsets[:dimensions] += (dimensions + 1) * step
    return offsets


_GOLDEN = np.uint64(0x9E3779B97F4A7C15)


@numba.njit(cache=True, nogil=True, inline="always")
def _slot(key, bits):  # type: ignore[no-untyped-def]
    return np.int64((np.uint64(key) * _GOLDEN) >> np.uint64(64 - bits))


@numba.njit(cache=True, nogil=True)
def _grown(keys: NDArray[np.int64], count: int, bits: int) -> NDArray[np.int32]:
    """A table of ``2 ** bits`` slots that finds ``keys[:count]``: slot -> number from 1, 0 where free."""
    slots = np.zeros(1 << bits, np.int32)
    mask = (1 << bits) - 1
    for k in range(count):
        slot = _slot(keys[k], bits)
        while slots[slot] != 0:
            slot = (slot + 1) & mask
        slots[slot] = k + 1
    return slots


@numba.njit(cache=True, nogil=True)
def _bits(slots: NDArray[np.int32]) -> int:
    bits = 0
    while (1 << bits) < slots.size:
        bits += 1
    return bits


@numba.njit(cache=True, nogil=True)
def _embed(start, stop, points, scale, step, corners, weights):  # type: ignore[no-untyped-def]
    """Find the corners around the points of a strip; returns their keys in the order of their numbers."""
    d = points.shape[1]
    lifted, nearest = np.empty(d + 1, np.float32), np.empty(d + 1, np.float32)
    rank, place, barycentric = np.empty(d + 1, np.int64), np.empty(d + 1, np.int64), np.empty(d + 2, np.float32)
    steps = np.zeros(d + 1, np.int64)
    steps[:d] = step
    once_all = steps.sum()
    bits, count = 12, 0
    slots = np.zeros(1 << bits, np.int32)
    keys = np.empty(1 << (bits - 1), np.int64)
    for p in range(start, stop):
        _lift(points, p, scale, lifted)
        _find_simplex(lifted, nearest, rank)
        _weigh(lifted, nearest, rank, barycentric)
        key = 0
        for i in range(d):
            key += np.int64(nearest[i]) * step[i]
        for i in range(d + 1):
            place[rank[i]] = i
        for r in range(d + 1):
            if r > 0:  # one step in all coordinates, and d + 1 back in the one whose turn it is
                key += once_all - (d + 1) * steps[place[d + 1 - r]]
            slot = _slot(key, bits)
            while slots[slot] != 0 and keys[slots[slot] - 1] != key:
                slot = (slot + 1) & (slots.size - 1)
            number = slots[slot]
            if number == 0:
                keys[count] = key
                count += 1
                number = count
                slots[slot] = number
                if count == keys.size:
                    keys = _longer(keys)
                    bits += 1
                    slots = _grown(keys, count, bits)
            corners[p, r] = number
            weights[p, r] = barycentric[r]
    return keys[:count], slots


@numba.njit(cache=True, nogil=True, inline="always")
def _lift(points, p, scale, lifted):  # type: ignore[no-untyped-def]
    """Point *p* on the plane of d + 1 coordinates that sum to zero."""
    total = np.float32(0)
    for i in range(points.shape[1], 0, -1):
        scaled = points[p, i - 1] * scale[i - 1]
        lifted[i] = total - np.float32(i) * scaled
        total += scaled
    lifted[0] = total


@numba.njit(cache=True, nogil=True, inline="always")
def _find_simplex(lifted, nearest, rank):  # type: ignore[no-untyped-def]
    """Corner 0 of the simplex around a point, and the *rank* by which its coordinates are beyond that corner's."""
    size = lifted.size
    part_of, half = np.float32(1) / np.float32(size), np.float32(0.5)
    excess = np.int64(0)
    for i in range(size):  # the nearest point of the sublattice of multiples of d + 1
        rounded = np.floor(lifted[i] * part_of + half)
        excess += np.int64(rounded)
        nearest[i] = rounded * np.float32(size)
        rank[i] = 0
    for i in range(size - 1):
        for j in range(i + 1, size):
            if lifted[i] - nearest[i] < lifted[j] - nearest[j]:
                rank[i] += 1
            else:
                rank[j] += 1
    for i in range(size):  # back onto the plane on which coordinates sum to zero
        rank[i] += excess
        if rank[i] < 0:
            rank[i] += size
            nearest[i] += np.float32(size)
        elif rank[i] >= size:
            rank[i] -= size
            nearest[i] -= np.float32(size)


@numba.njit(cache=True, nogil=True, inline="always")
def _weigh(lifted, nearest, rank, barycentric):  # type: ignore[no-untyped-def]
    """The *barycentric* weights ``(d + 2,)`` of the corners; the last is left over."""
    d = lifted.size - 1
    part_of = np.float32(1) / np.float32(d + 1)
    barycentric[:] = 0
    for i in range(d + 1):
        part = (lifted[i] - nearest[i]) * part_of
        barycentric[d - rank[i]] += part
        barycentric[d + 1 - rank[i]] -= part
    barycentric[0] += np.float32(1) + barycentric[d + 1]


@numba.njit(cache=True, nogil=True)
def _longer(keys: NDArray[np.int64]) -> NDArray[np.int64]:
    more = np.empty(2 * keys.size, np.int64)
    more[: keys.size] = keys
    return more


def _merge(
    parts: list[tuple[NDArray[np.int64], NDArray[np.int32]]],
) -> tuple[NDArray[np.int64], list[NDArray[np.int32]], NDArray[np.int32]]:
    """All corners of the strips, for each strip but the first its numbers among them, and the table that finds them."""
    keys, slots = parts[0]
    numbers = []
    for more, _ in parts[1:]:
        keys, slots, number = _join(keys, slots, more)
        numbers.append(number)
    return keys, numbers, slots


@numba.njit(cache=True, nogil=True)
def _join(keys, slots, more):  # type: ignore[no-untyped-def]
    count = keys.size
    bits = _bits(slots)
    while (1 << bits) < 2 * (count + more.size):
        bits += 1
    joined = np.empty(count + more.size, np.int64)
    joined[:count] = keys
    slots = _grown(joined, count, bits)
    number = np.zeros(more.size + 1, np.int32)
    for k in range(more.size):
        slot = _slot(more[k], bits)
        while slots[slot] != 0 and joined[slots[slot] - 1] != more[k]:
            slot = (slot + 1) & (slots.size - 1)
        if slots[slot] == 0:
            joined[count] = more[k]
            count += 1
            slots[slot] = count
        number[k + 1] = slots[slot]
    return joined[:count], slots, number


@numba.njit(cache=True, nogil=True)
def _renumber(start, stop, corners, number):  # type: ignore[no-untyped-def]
    for p in range(start, stop):
        for r in range(corners.shape[1]):
            corners[p, r] = number[corners[p, r]]


@numba.njit(cache=True, nogil=True)
def _find_neighbours(start, stop, keys, slots, offsets, neighbours):  # type: ignore[no-untyped-def]
    bits = _bits(slots)
    mask = slots.size - 1
    for k in range(start, stop):
        for axis in range(offsets.size):
            for side in range(2):
                key = keys[k] - offsets[axis] if side == 0 else keys[k] + offsets[axis]
                slot = _slot(key, bits)
                while slots[slot] != 0 and keys[slots[slot] - 1] != key:
                    slot = (slot + 1) & mask
                neighbours[axis, k + 1, side] = slots[slot]


@numba.njit(cache=True, nogil=True)
def _splat(start, stop, lanes, stride, values, corners, weights, size):  # type: ignore[no-untyped-def]
    """A flat table of *size* corners that the points from *start* to *stop* are spread over."""
    table = np.zeros(size * stride, np.float32)
    around = corners.size // (values.size // stride)
    for p in range(start, stop):
        for c in range(0, stride, len(lanes)):
            scatter(lanes, values, p * stride + c, corners, weights, p * around, around, table, stride, c)
    return table


@numba.njit(cache=True, nogil=True)
def blur(start, stop, lanes, stride, axis, table, blurred):  # type: ignore[no-untyped-def]
    """One pass of [1/2, 1, 1/2] along *axis* ``(M + 1, 2)`` over the rows of a flat table; row 0 stays as it is."""
    for k in range(max(start, 1), stop):
        before, after = axis[k, 0] * stride, axis[k, 1] * stride
        for c in range(0, stride, len(lanes)):
            middle(lanes, blurred, table, k * stride + c, before + c, after + c)


@numba.njit(cache=True, nogil=True)
def _slice(start, stop, lanes, stride, values, corners, weights, table):  # type: ignore[no-untyped-def]
    around = corners.size // (values.size // stride)
    for p in range(start, stop):
        for c in range(0, stride, len(lanes)):
            gather(lanes, values, p * stride + c, corners, weights, p * around, around, table, stride, c)
