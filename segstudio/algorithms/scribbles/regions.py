"""What a first labelling says in turn: the look of the regions it found, and whether a piece hangs on a stroke."""

from __future__ import annotations

import numba
import numpy as np
from numpy.typing import NDArray

from segstudio.algorithms import geodesic
from segstudio.algorithms.scribbles.cues import Marks, rivalry
from segstudio.algorithms.scribbles.scene import Scene
from segstudio.core.progress import Progress, Work, finish

Floats = NDArray[np.float32]
Ints = NDArray[np.int32]

_COLOURS = 48
_ROUNDS = 6
_LEAST = 1e-4

NAMES = (
    "region",
    "region near",
    "region around",
    "colour of region",
    "colour share of region",
    "surroundings of region",
    "path through region",
    "narrowest link",
)


def gather(scene: Scene, marks: Marks, share: Floats) -> Floats:
    """Cues ``(N, L, F)`` in the order of :data:`NAMES` from the first probabilities *share* ``(N, L)``."""
    return finish(gathering(scene, marks, share))


def gathering(scene: Scene, marks: Marks, share: Floats) -> Work[Floats]:
    """:func:`gather` as work that can be stopped."""
    told = Progress(0.0, "looking at the regions")
    near = scene.smooth(share, 2)
    yield told
    around = scene.smooth(near, 8)
    yield told
    weight = share * scene.pieces.sizes[:, None].astype(np.float32)
    codes = quantised(scene.colour)
    yield told
    wide = quantised(scene.surroundings[0])
    yield told
    values = [_log_rivalry(share), _log_rivalry(near), _log_rivalry(around)]
    values += [_look(codes, weight, even=True), _look(codes, weight, even=False), _look(wide, weight, even=True)]
    stretch = -np.log(np.maximum(share, _LEAST))
    for flattest in (False, True):
        values.append((yield from _linking(scene, marks, stretch, flattest=flattest)))
    return np.stack(values, axis=2).astype(np.float32)


def _log_rivalry(share: Floats) -> Floats:
    return rivalry(1 / np.maximum(share, _LEAST), 0.0)


def quantised(features: Floats) -> Ints:
    """The nearest of 48 centres ``(N,)`` of rows ``(N, C)``: k-means from rows spread evenly over the main axis."""
    spread = features - features.mean(axis=0)
    order = np.argsort(spread @ np.linalg.svd(spread, full_matrices=False)[2][0], kind="stable")
    start = features[order[np.linspace(0, len(order) - 1, min(_COLOURS, len(order))).astype(int)]]
    return _k_means(np.ascontiguousarray(features), np.ascontiguousarray(start), _ROUNDS)


@numba.njit(cache=True, nogil=True)
def _k_means(rows: Floats, centres: Floats, rounds: int) -> Ints:
    N, C = rows.shape
    K = len(centres)
    code = np.zeros(N, np.int32)
    for _ in range(rounds):
        sums = np.zeros((K, C), np.float64)
        counts = np.zeros(K, np.int64)
        for i in range(N):
            best = np.float32(3e38)
            for k in range(K):
                d = np.float32(0)
                for c in range(C):
                    difference = rows[i, c] - centres[k, c]
                    d += difference * difference
                if d < best:
                    best = d
                    code[i] = k
            counts[code[i]] += 1
            for c in range(C):
                sums[code[i], c] += rows[i, c]
        for k in range(K):
            if counts[k] > 0:
                for c in range(C):
                    centres[k, c] = sums[k, c] / counts[k]
    return code


def _look(codes: Ints, weight: Floats, *, even: bool) -> Floats:
    """Rivalry of the frequency of each piece's code in the regions; *even* gives every region the same size first."""
    K = int(codes.max()) + 1
    counts = [np.bincount(codes, weight[:, k], K) for k in range(weight.shape[1])]
    table = np.stack(counts, axis=1).astype(np.float32)
    if even:
        table /= np.maximum(table.sum(axis=0), 1e-6)
    table /= np.maximum(table.sum(axis=1, keepdims=True), 1e-12)
    return _log_rivalry(table)[codes]


def _linking(scene: Scene, marks: Marks, stretch: Floats, *, flattest: bool) -> Work[Floats]:
    """Rivalry of the paths from each class's strokes that run where that class is likely."""
    a, b = scene.pieces.edges.T
    out = np.zeros((scene.count, marks.count), np.float32)
    for k in range(marks.count):
        yield Progress((flattest + k / marks.count) / 2, "looking at the regions")
        source = np.where(marks.sources == k, 0, -1).astype(np.int32)
        cost = np.maximum(stretch[a, k], stretch[b, k]) if flattest else 0.5 * (stretch[a, k] + stretch[b, k]) + 0.01
        out[:, k] = geodesic.on_graph(scene.graph, cost, source, 1, flattest=flattest)[:, 0]
    return rivalry(out, 0.2 if flattest else 1.0)
