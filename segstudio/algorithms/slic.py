"""SLIC superpixels (Achanta et al., PAMI 2012): k-means in colour and place, each pixel looking at nine centres.

A large picture is clustered at a fraction of its size; at full size only the pixels beside a border choose again, so
the cost grows with the length of the borders and not with the area. The kernels release the GIL and are run on
horizontal strips by a pool of Python threads: no OpenMP team spins when another process holds a core.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import cv2
import numba
import numpy as np
from numpy.typing import NDArray

from segstudio.algorithms import pictures
from segstudio.algorithms.connected import connect
from segstudio.algorithms.strips import in_strips

Floats = NDArray[np.float32]
Ints = NDArray[np.int32]

_CLUSTERED = 400_000  # pixels that are clustered at most before the picture is shrunk
_MIN_CELL = 6.0  # a cell of the shrunk picture stays this wide, so that it still has a colour of its own

_FARTHEST = np.float32(3e38)  # not infinity: the fast arithmetic of the kernels may assume that there is none


@numba.njit(cache=True, nogil=True)
def _initial_centres(feature: Floats, rows: int, columns: int) -> Floats:
    """Centres on a regular grid: (rows * columns, C + 2), the colour of the grid point, then y and x."""
    H, W, C = feature.shape
    centres = np.zeros((rows * columns, C + 2), np.float32)
    for r in range(rows):
        for c in range(columns):
            y = min(H - 1, int((r + 0.5) * H / rows))
            x = min(W - 1, int((c + 0.5) * W / columns))
            for k in range(C):
                centres[r * columns + c, k] = feature[y, x, k]
            centres[r * columns + c, C] = y
            centres[r * columns + c, C + 1] = x
    return centres


@numba.njit(cache=True, nogil=True, fastmath=True)
def _assign(
    y0: int, y1: int, feature: Floats, centres: Floats, rows: int, columns: int, weight: np.float32, labels: Ints
) -> None:
    """Nearest of the nine centres around each pixel of the rows y0..y1, in colour plus *weight* times place."""
    H, W, C = feature.shape
    for y in range(y0, y1):
        r = min(rows - 1, y * rows // H)
        for x in range(W):
            c = min(columns - 1, x * columns // W)
            best = _FARTHEST
            chosen = r * columns + c
            for rr in range(max(0, r - 1), min(rows, r + 2)):
                for cc in range(max(0, c - 1), min(columns, c + 2)):
                    j = rr * columns + cc
                    dy = centres[j, C] - y
                    dx = centres[j, C + 1] - x
                    d = weight * (dy * dy + dx * dx)
                    for k in range(C):
                        diff = centres[j, k] - feature[y, x, k]
                        d += diff * diff
                    if d < best:
                        best = d
                        chosen = j
            labels[y, x] = chosen


@numba.njit(cache=True, nogil=True, fastmath=True)
def _update(feature: Floats, labels: Ints, centres: Floats) -> None:
    """Move every centre to the mean of its pixels; one without pixels stays."""
    H, W, C = feature.shape
    n = centres.shape[0]
    sums = np.zeros((n, C + 2), np.float64)
    counts = np.zeros(n, np.int64)
    for y in range(H):
        for x in range(W):
            j = labels[y, x]
            counts[j] += 1
            for k in range(C):
                sums[j, k] += feature[y, x, k]
            sums[j, C] += y
            sums[j, C + 1] += x
    for j in range(n):
        if counts[j] > 0:
            for k in range(C + 2):
                centres[j, k] = sums[j, k] / counts[j]


@numba.njit(cache=True, nogil=True, fastmath=True)
def _refine(
    y0: int,
    y1: int,
    image: NDArray[Any],
    offset: np.float32,
    scale: np.float32,
    coarse: Ints,
    centres: Floats,
    weight: np.float32,
    factor: int,
    labels: Ints,
) -> None:
    """Labels of the full rows y0..y1: those of the shrunk picture, chosen again where its neighbours disagree.

    *centres* hold the mean of the raw channels on 0..100 and the place in full pixels.
    """
    W = image.shape[1]
    h, w = coarse.shape
    candidates = np.zeros(4, np.int32)
    for y in range(y0, y1):
        ya = min(h - 1, max(0, int(np.floor((y + 0.5) / factor - 0.5))))
        yb = min(h - 1, ya + 1)
        begin = 0
        for xa in range(w):  # the pixels between the middles of two cells choose between the same candidates
            end = W if xa == w - 1 else min(W, int(np.ceil((xa + 1.5) * factor - 0.5)))
            count = _distinct(coarse, ya, yb, xa, min(w - 1, xa + 1), candidates)
            if count == 1:
                labels[y, begin:end] = candidates[0]
            else:
                for x in range(begin, end):
                    labels[y, x] = _nearest(image, y, x, offset, scale, centres, weight, candidates, count)
            begin = end


@numba.njit(cache=True, nogil=True, inline="always")
def _distinct(coarse: Ints, ya: int, yb: int, xa: int, xb: int, found: Ints) -> int:
    """How many labels four cells have; they are put into *found*, each once."""
    found[0] = coarse[ya, xa]
    count = 1
    for j in (coarse[ya, xb], coarse[yb, xa], coarse[yb, xb]):
        known = False
        for i in range(count):
            known = known or found[i] == j
        if not known:
            found[count] = j
            count += 1
    return count


@numba.njit(cache=True, nogil=True, fastmath=True, inline="always")
def _nearest(
    image: NDArray[Any],
    y: int,
    x: int,
    offset: np.float32,
    scale: np.float32,
    centres: Floats,
    weight: np.float32,
    candidates: Ints,
    count: int,
) -> int:
    C = image.shape[2]
    best = _FARTHEST
    chosen: int = candidates[0]
    for i in range(count):
        j = candidates[i]
        dy = centres[j, C] - y
        dx = centres[j, C + 1] - x
        d = weight * (dy * dy + dx * dx)
        for k in range(C):
            diff = centres[j, k] - (np.float32(image[y, x, k]) - offset) * scale
            d += diff * diff
        if d < best:
            best = d
            chosen = j
    return chosen


def slic(
    image: NDArray[Any], *, n_segments: int, compactness: float, iterations: int, workers: int = 2
) -> NDArray[np.int32]:
    """SLIC labels ``(H, W)`` int32, each one piece, numbered from 0; *image* ``(H, W, C)``, any dtype, finite.

    *compactness* weighs place against colour: a step of one cell counts as much as that many units of lightness
    (0..100).
    """
    H, W = image.shape[:2]
    shrink = min(np.sqrt(H * W / _CLUSTERED), np.sqrt(H * W / n_segments) / _MIN_CELL)
    factor = max(1, int(shrink))
    small = image if factor == 1 else shrunk(image, factor)
    feature = np.ascontiguousarray(pictures.perceptual(small))
    h, w = feature.shape[:2]
    rows = min(h, max(1, round(h / np.sqrt(h * w / n_segments))))
    columns = min(w, max(1, round(n_segments / rows)))
    step = np.sqrt(h * w / (rows * columns))
    weight = np.float32((compactness / step) ** 2)
    smallest = max(2, int(step * step / 8))
    centres = _initial_centres(feature, rows, columns)
    labels = np.zeros((h, w), np.int32)
    with ThreadPoolExecutor(workers) as pool:
        for _ in range(iterations):
            in_strips(pool, workers, h, _assign, feature, centres, rows, columns, weight, labels)
            _update(feature, labels, centres)
        count = connect(labels, smallest)
        if factor == 1:
            return labels
        raw, offset, scale = _raw_scale(small)
        places = np.full((count, raw.shape[2] + 2), -1.0, np.float32)
        _update(raw, labels, places)
        places[:, -2:] = (places[:, -2:] + 0.5) * factor - 0.5
        full = np.zeros((H, W), np.int32)
        in_strips(
            pool,
            workers,
            H,
            _refine,
            image,
            offset,
            scale,
            labels,
            places,
            np.float32(weight / factor**2),
            factor,
            full,
        )
    connect(full, smallest * factor * factor)
    return full


def warm_up() -> None:
    """Compile, or load from the cache on disk, what only pictures that are clustered shrunk need."""
    coarse, centres = np.zeros((2, 2), np.int32), np.zeros((1, 5), np.float32)
    one = np.float32(1)
    for kind in (np.uint8, np.uint16):
        _refine(0, 4, np.zeros((4, 4, 3), kind), one, one, coarse, centres, one, 2, np.zeros((4, 4), np.int32))


def shrunk(image: NDArray[Any], factor: float) -> NDArray[Any]:
    """*image* ``(H, W, C)`` averaged over blocks of *factor* pixels, in its own dtype or in float32."""
    size = (max(1, round(image.shape[1] / factor)), max(1, round(image.shape[0] / factor)))
    plain = image if image.dtype in (np.uint8, np.uint16, np.float32) else image.astype(np.float32)
    if image.shape[2] <= 4:
        small = cv2.resize(plain, size, interpolation=cv2.INTER_AREA)
    else:
        small = np.dstack(
            [cv2.resize(plain[:, :, k], size, interpolation=cv2.INTER_AREA) for k in range(image.shape[2])]
        )
    return small if small.ndim == 3 else small[:, :, None]


def _raw_scale(small: NDArray[Any]) -> tuple[NDArray[np.float32], np.float32, np.float32]:
    """The shrunk picture with every channel on 0..100, and the offset and scale that bring raw pixels there."""
    low, high = pictures.value_range(small)
    scale = np.float32(100 / (high - low))
    raw = (small.astype(np.float32) - np.float32(low)) * scale
    return np.ascontiguousarray(raw), np.float32(low), scale
