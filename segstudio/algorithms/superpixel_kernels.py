"""Compiled passes over a label map of superpixels: histograms, adjacency, runs."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

from segstudio.algorithms.strips import in_strips

Ints = NDArray[np.int32]
Floats = NDArray[np.float32]
Bins = NDArray[np.uint16]

_WORKERS = 2


@numba.njit(cache=True, nogil=True, fastmath=True)
def histograms(
    y0: int,
    y1: int,
    image: NDArray[Any],
    labels: Ints,
    count: int,
    low: np.float32,
    scale: np.float32,
    luma: Floats,
    colour_bins: int,
    gradient_bins: int,
    gradient_top: float,
) -> tuple[Ints, Ints, NDArray[np.float64]]:
    """Counts of colour and gradient bins and sums (size, y, x, channels) per piece over the rows y0..y1.

    The gradients are forward differences of grey, 0 at the last row and column.
    """
    H, W, C = image.shape
    counts = np.zeros((count, C * colour_bins + 2 * gradient_bins), np.int32)
    sums = np.zeros((count, 3 + C), np.float64)
    here = np.empty(W, np.float32)
    below = np.empty(W, np.float32)
    units = np.empty((C, W), np.float32)
    steps = np.empty((2, W), np.int16)
    bins = np.empty((C + 2, W), np.uint16)
    limits = _gradient_limits(gradient_bins, gradient_top)
    _grey_row(image[y0], low, scale, luma, here)
    for y in range(y0, y1):
        if y + 1 < H:
            _grey_row(image[y + 1], low, scale, luma, below)
        else:
            below[:] = here
        _units(image[y], low, scale, units)
        _colour_bins(units, colour_bins, bins)
        _gradient_bins(here, below, limits, C * colour_bins, steps, bins[C:])
        _count_row(labels[y], y, bins, units, counts, sums)
        here, below = below, here
    return counts[:, : C * colour_bins], counts[:, C * colour_bins :], sums


@numba.njit(cache=True, nogil=True, fastmath=True)
def _grey_row(row: NDArray[Any], low: np.float32, scale: np.float32, luma: Floats, grey: Floats) -> None:
    """Grey on 0..1 of a row ``(W, C)``."""
    W, C = row.shape
    if C == 3:  # in one pass
        for x in range(W):
            grey[x] = (
                luma[0] * np.float32(row[x, 0]) + luma[1] * np.float32(row[x, 1]) + luma[2] * np.float32(row[x, 2])
            )
    else:
        grey[:] = 0
        for k in range(C):
            for x in range(W):
                grey[x] += luma[k] * np.float32(row[x, k])
    for x in range(W):
        grey[x] = min(np.float32(1), max(np.float32(0), (grey[x] - low) * scale))


@numba.njit(cache=True, nogil=True, fastmath=True)
def _units(row: NDArray[Any], low: np.float32, scale: np.float32, units: Floats) -> None:
    """The channels of a row ``(W, C)`` on 0..1, one after the other, ``(C, W)``."""
    W, C = row.shape
    if C == 3:  # in one pass
        red, green, blue = units[0], units[1], units[2]
        for x in range(W):
            red[x] = min(np.float32(1), max(np.float32(0), (np.float32(row[x, 0]) - low) * scale))
            green[x] = min(np.float32(1), max(np.float32(0), (np.float32(row[x, 1]) - low) * scale))
            blue[x] = min(np.float32(1), max(np.float32(0), (np.float32(row[x, 2]) - low) * scale))
        return
    for k in range(C):
        for x in range(W):
            units[k, x] = min(np.float32(1), max(np.float32(0), (np.float32(row[x, k]) - low) * scale))


@numba.njit(cache=True, nogil=True, fastmath=True)
def _colour_bins(units: Floats, count: int, bins: Bins) -> None:
    """The bins of the channels, one channel's after the other's."""
    top = np.int32(count - 1)
    for k in range(len(units)):
        own, found = units[k], bins[k]
        first = np.int32(k * count)
        for x in range(len(own)):
            found[x] = np.uint16(first + min(top, np.int32(own[x] * np.float32(count))))


@numba.njit(cache=True, nogil=True)
def _gradient_limits(count: int, top: float) -> NDArray[np.int16]:
    """The step, in 1/1024 of black to white, with which each bin but the first begins."""
    limits = np.full(count - 1, 1025, np.int16)
    for step in range(1024, -1, -1):
        for k in range(min(count - 1, int(count * np.sqrt(step / (1024 * top))))):
            limits[k] = step
    return limits


@numba.njit(cache=True, nogil=True, fastmath=True)
def _gradient_bins(
    here: Floats, below: Floats, limits: NDArray[np.int16], first: int, steps: NDArray[np.int16], bins: Bins
) -> None:
    """The bins, from *first* on, of the steps to the right and downwards; *steps* ``(2, W)`` is for their sizes."""
    W = len(here)
    for x in range(W - 1):
        steps[0, x] = np.int32(np.float32(1024) * abs(here[x + 1] - here[x]))
    steps[0, W - 1] = 0
    for x in range(W):
        steps[1, x] = np.int32(np.float32(1024) * abs(below[x] - here[x]))
    for d in range(2):
        own, found = steps[d], bins[d]
        found[:] = first + d * (len(limits) + 1)
        for limit in limits:  # pass by pass: compilers vectorise that, and a look into a table they do not
            for x in range(W):
                found[x] += np.uint16(own[x] >= limit)


@numba.njit(cache=True, nogil=True, inline="always")
def _run_end(labels: Ints, first: int) -> int:
    """Where the run of equal *labels* that begins at *first* ends; eight at once are looked at while they are equal."""
    W = len(labels)
    own = labels[first]
    end = first + 1
    while end + 8 <= W:
        other = np.int32(0)
        for i in range(8):
            other |= labels[end + i] ^ own
        if other != 0:
            break
        end += 8
    while end < W and labels[end] == own:
        end += 1
    return end


@numba.njit(cache=True, nogil=True, fastmath=True)
def _count_row(labels: Ints, y: int, bins: Bins, units: Floats, counts: Ints, sums: NDArray[np.float64]) -> None:
    """Add the row *y* to *counts*; sums are written once for each run of a piece."""
    first = 0
    while first < len(labels):
        j = labels[first]
        end = _run_end(labels, first)
        _count_run(bins, first, end, counts[j])
        for k in range(len(units)):
            total = 0.0
            for x in range(first, end):
                total += units[k, x]
            sums[j, 3 + k] += total
        length = end - first
        sums[j, 0] += length
        sums[j, 1] += length * y
        sums[j, 2] += length * (first + end - 1) / 2
        first = end


@numba.njit(cache=True, nogil=True)
def _count_run(bins: Bins, first: int, end: int, counts: Ints) -> None:
    if len(bins) == 5:  # of three channels, in one pass
        for x in range(first, end):
            counts[bins[0, x]] += 1
            counts[bins[1, x]] += 1
            counts[bins[2, x]] += 1
            counts[bins[3, x]] += 1
            counts[bins[4, x]] += 1
    else:
        for x in range(first, end):
            for k in range(len(bins)):
                counts[bins[k, x]] += 1


@numba.njit(cache=True, nogil=True)
def runs(labels: Ints, count: int) -> tuple[NDArray[np.int64], Ints]:
    """Where each piece's runs start, ``(count + 1,)``, and ``(R, 2)`` piece by piece: first flat pixel and length.

    A run is what a row of ``(H, W)`` *labels* has of one piece side by side.
    """
    H, W = labels.shape
    starts = np.zeros(count + 1, np.int64)
    for y in range(H):
        starts[labels[y, 0] + 1] += 1
        for x in range(1, W):
            if labels[y, x] != labels[y, x - 1]:
                starts[labels[y, x] + 1] += 1
    for j in range(count):
        starts[j + 1] += starts[j]
    cursor = starts[:-1].copy()
    spans = np.zeros((starts[count], 2), np.int32)
    for y in range(H):
        first = 0
        for x in range(1, W + 1):
            if x == W or labels[y, x] != labels[y, first]:
                j = labels[y, first]
                spans[cursor[j], 0] = y * W + first
                spans[cursor[j], 1] = x - first
                cursor[j] += 1
                first = x
    return starts, spans


@numba.njit(cache=True, nogil=True)
def _border_pairs(y0: int, y1: int, labels: Ints) -> NDArray[np.int64]:
    """One number ``i << 32 | j`` (i < j) per side of a pixel between two pieces, right of and below the rows y0..y1."""
    H, W = labels.shape
    total = 0
    for y in range(y0, y1):
        for x in range(W - 1):
            total += labels[y, x] != labels[y, x + 1]
        for x in range(W if y + 1 < H else 0):
            total += labels[y, x] != labels[y + 1, x]
    pairs = np.zeros(total, np.int64)
    n = 0
    for y in range(y0, y1):
        for x in range(W):
            a = np.int64(labels[y, x])
            if x + 1 < W and labels[y, x + 1] != a:
                b = np.int64(labels[y, x + 1])
                pairs[n] = (min(a, b) << 32) | max(a, b)
                n += 1
            if y + 1 < H and labels[y + 1, x] != a:
                b = np.int64(labels[y + 1, x])
                pairs[n] = (min(a, b) << 32) | max(a, b)
                n += 1
    return pairs


def adjacency(labels: Ints) -> tuple[Ints, Floats]:
    """Pairs ``(E, 2)`` of touching pieces, ascending, and the lengths ``(E,)`` of their borders in sides of pixels."""
    with ThreadPoolExecutor(_WORKERS) as pool:
        parts = in_strips(pool, _WORKERS, labels.shape[0], _border_lengths, labels)
    pairs, place = np.unique(np.concatenate([pairs for pairs, _ in parts]), return_inverse=True)
    lengths = np.bincount(place, np.concatenate([lengths for _, lengths in parts]), len(pairs))
    edges = np.stack([pairs >> 32, pairs & 0xFFFFFFFF], axis=1).astype(np.int32)
    return np.ascontiguousarray(edges), lengths.astype(np.float32)


@numba.njit(cache=True, nogil=True)
def _border_lengths(y0: int, y1: int, labels: Ints) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The numbers of :func:`_border_pairs`, each once, and how often each is there."""
    H, W = labels.shape
    keys, lengths = np.zeros(1 << 12, np.int64), np.zeros(1 << 12, np.int64)
    ends, below = np.empty(W, np.int32), np.empty(W, np.int32)
    used = 0
    _run_ends(labels[y0], ends)
    for y in range(y0, y1):
        while 2 * (used + 3 * W) > len(keys):  # a row adds fewer than that
            keys, lengths = _roomier(keys, lengths)
        first = 0
        while ends[first] < W:
            used += _lengthen(keys, lengths, labels[y, first], labels[y, ends[first]], 1)
            first = ends[first]
        if y + 1 < H:
            _run_ends(labels[y + 1], below)
            used += _lengthen_downwards(keys, lengths, labels[y], labels[y + 1], ends, below)
            ends, below = below, ends
    found = np.flatnonzero(keys)
    return keys[found], lengths[found]


@numba.njit(cache=True, nogil=True)
def _run_ends(labels: Ints, ends: Ints) -> None:
    """Where each run of equal *labels* ends, told at the place where it begins."""
    first = 0
    while first < len(labels):
        ends[first] = _run_end(labels, first)
        first = ends[first]


@numba.njit(cache=True, nogil=True)
def _lengthen_downwards(
    keys: NDArray[np.int64], lengths: NDArray[np.int64], upper: Ints, lower: Ints, ends: Ints, below: Ints
) -> int:
    """Add what two rows have in common, stretch by stretch; how many pairs are new."""
    new, a, b, x = 0, 0, 0, 0
    while x < len(upper):
        end = min(ends[a], below[b])
        if upper[a] != lower[b]:
            new += _lengthen(keys, lengths, upper[a], lower[b], end - x)
        a, b = (end if end == ends[a] else a), (end if end == below[b] else b)
        x = end
    return new


@numba.njit(cache=True, nogil=True)
def _lengthen(keys: NDArray[np.int64], lengths: NDArray[np.int64], a: int, b: int, by: int) -> int:
    """Add to the border of two pieces in a table by their number; 1 if the pair is new. 0 is a free place."""
    key = (np.int64(min(a, b)) << 32) | np.int64(max(a, b))
    mask = len(keys) - 1
    place = _first_place(key, mask)
    while keys[place] != key and keys[place] != 0:
        place = (place + 1) & mask
    lengths[place] += by
    new = keys[place] == 0
    keys[place] = key
    return int(new)


@numba.njit(cache=True, nogil=True, inline="always")
def _first_place(key: Any, mask: int) -> Any:
    return ((key * 0x2545F4914F6CDD1D) >> 32) & mask


@numba.njit(cache=True, nogil=True)
def _roomier(keys: NDArray[np.int64], lengths: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The table in four times the room."""
    size = 4 * len(keys)
    more, sums = np.zeros(size, np.int64), np.zeros(size, np.int64)
    for i in range(len(keys)):
        if keys[i] != 0:
            place = _first_place(keys[i], size - 1)
            while more[place] != 0:
                place = (place + 1) & (size - 1)
            more[place], sums[place] = keys[i], lengths[i]
    return more, sums


@numba.njit(cache=True, nogil=True)
def _border_values(labels: Ints, values: Floats, total: int) -> Floats:
    """The larger of the two values beside every side of a pixel between two pieces, in the order of the pairs."""
    H, W = labels.shape
    out = np.zeros(total, np.float32)
    n = 0
    for y in range(H):
        for x in range(W):
            if x + 1 < W and labels[y, x + 1] != labels[y, x]:
                out[n] = max(values[y, x], values[y, x + 1])
                n += 1
            if y + 1 < H and labels[y + 1, x] != labels[y, x]:
                out[n] = max(values[y, x], values[y + 1, x])
                n += 1
    return out


def border_means(labels: Ints, values: Floats, edges: Ints) -> Floats:
    """The mean ``(E,)`` of *values* ``(H, W)`` along the border of every pair of :func:`adjacency`."""
    pairs = _border_pairs(0, labels.shape[0], labels)
    keys = (edges[:, 0].astype(np.int64) << 32) | edges[:, 1]
    place = np.searchsorted(keys, pairs)
    sums = np.bincount(place, _border_values(labels, values, len(pairs)), len(edges))
    return (sums / np.maximum(np.bincount(place, minlength=len(edges)), 1)).astype(np.float32)
