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
    colour = np.zeros((count, C * colour_bins), np.int32)
    gradient = np.zeros((count, 2 * gradient_bins), np.int32)
    sums = np.zeros((count, 3 + C), np.float64)
    here = np.zeros(W, np.float32)
    below = np.zeros(W, np.float32)
    bins = np.zeros(1025, np.int32)
    for i in range(1025):
        bins[i] = min(gradient_bins - 1, int(gradient_bins * np.sqrt(i / (1024 * gradient_top))))
    for y in range(y0, min(H, y1 + 1)):
        for x in range(W):
            value = np.float32(0)
            for k in range(C):
                value += luma[k] * np.float32(image[y, x, k])
            below[x] = min(np.float32(1), max(np.float32(0), (value - low) * scale))
        if y > y0:
            _gradient_row(labels[y - 1], here, below, bins, gradient_bins, gradient)
        if y < y1:
            _colour_row(image[y], labels[y], y, low, scale, colour_bins, colour, sums)
        here, below = below, here
    if y1 >= H:
        _gradient_row(labels[H - 1], here, here, bins, gradient_bins, gradient)
    return colour, gradient, sums


@numba.njit(cache=True, nogil=True, fastmath=True)
def _colour_row(
    row: NDArray[Any],
    labels: Ints,
    y: int,
    low: np.float32,
    scale: np.float32,
    bins: int,
    colour: Ints,
    sums: NDArray[np.float64],
) -> None:
    """Add the row *y* of a picture; sums are written once for each run of a piece."""
    W, C = row.shape
    channels = np.zeros(C, np.float64)
    first = 0
    for x in range(W):
        j = labels[x]
        for k in range(C):
            unit = (np.float32(row[x, k]) - low) * scale
            unit = min(np.float32(1), max(np.float32(0), unit))
            channels[k] += unit
            colour[j, k * bins + min(bins - 1, int(unit * bins))] += 1
        if x + 1 == W or labels[x + 1] != j:
            length = x + 1 - first
            sums[j, 0] += length
            sums[j, 1] += length * y
            sums[j, 2] += length * (first + x) / 2
            for k in range(C):
                sums[j, 3 + k] += channels[k]
                channels[k] = 0
            first = x + 1


@numba.njit(cache=True, nogil=True, fastmath=True)
def _gradient_row(labels: Ints, here: Floats, below: Floats, bins: Ints, n: int, gradient: Ints) -> None:
    W = len(labels)
    for x in range(W):
        right = here[min(W - 1, x + 1)]
        gradient[labels[x], bins[int(1024 * abs(right - here[x]))]] += 1
        gradient[labels[x], n + bins[int(1024 * abs(below[x] - here[x]))]] += 1


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
        parts = in_strips(pool, _WORKERS, labels.shape[0], _border_pairs, labels)
    pairs, lengths = np.unique(np.concatenate(parts), return_counts=True)
    edges = np.stack([pairs >> 32, pairs & 0xFFFFFFFF], axis=1).astype(np.int32)
    return np.ascontiguousarray(edges), lengths.astype(np.float32)


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
