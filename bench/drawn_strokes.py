"""Draw strokes on ground truth as people do: along the middle of a thing, or along a part of its inside."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components, dijkstra
from skimage.morphology import skeletonize

UNLABELLED = 255


def longest_path(thin: NDArray[np.bool_]) -> NDArray[np.intp]:
    """The pixels ``(P, 2)`` of the longest shortest path in the largest part of a thin line, end to end."""
    points = np.argwhere(thin)
    if len(points) < 2:
        return points
    place = np.full(thin.shape, -1, np.int64)
    place[tuple(points.T)] = np.arange(len(points))
    padded = np.pad(place, 1, constant_values=-1)
    pairs = []
    for dy, dx in ((0, 1), (1, 0), (1, 1), (1, -1)):
        other = padded[points[:, 0] + 1 + dy, points[:, 1] + 1 + dx]
        here = np.flatnonzero(other >= 0)
        pairs.append((here, other[here], np.full(len(here), np.hypot(dy, dx))))
    a, b, length = (np.concatenate(column) for column in zip(*pairs, strict=True))
    graph = coo_matrix((length, (a, b)), shape=(len(points),) * 2).tocsr()
    part = connected_components(graph, directed=False)[1]
    begin = int(np.flatnonzero(part == np.bincount(part).argmax())[0])
    reach = dijkstra(graph, directed=False, indices=begin)
    first = int(np.where(np.isfinite(reach), reach, -1).argmax())
    reach, before = dijkstra(graph, directed=False, indices=first, return_predecessors=True)
    path = [int(np.where(np.isfinite(reach), reach, -1).argmax())]
    while path[-1] != first:
        path.append(int(before[path[-1]]))
    return points[path]


def strokes(truth: NDArray[Any], rng: np.random.Generator, *, parts: int = 3, plain: bool = True) -> NDArray[np.uint8]:
    """Seeds ``(H, W)`` uint8 for the classes of *truth* (255 is ignored and stays undrawn).

    Each class gets a stroke in its *parts* largest pieces. *plain*: one stroke of 3 pixels along the middle, about 70 %
    of its length. Otherwise the inset, length and thickness vary, and some pieces get a second stroke nearer the edge.
    """
    out = np.full(truth.shape, UNLABELLED, np.uint8)
    for c in np.unique(truth):
        if c == UNLABELLED:
            continue
        pieces, _ = ndimage.label(truth == c)
        area = np.bincount(pieces.ravel())[1:]
        for rank, k in enumerate(np.argsort(-area)[:parts]):
            if rank and area[k] < 100:
                break
            depth = ndimage.distance_transform_edt(np.pad(pieces == k + 1, 1))
            lines = [(0.35, 0.7, 1)] if plain else [(rng.uniform(0.3, 0.7), rng.uniform(0.5, 1), rng.integers(1, 4))]
            if not plain and rng.random() < 0.6:
                lines.append((rng.uniform(0.15, 0.35), rng.uniform(0.2, 0.6), rng.integers(1, 4)))
            for inset, fraction, radius in lines:
                _draw(out, depth, int(c), inset, fraction, int(radius), rng)
    return out


def _draw(
    out: NDArray[np.uint8],
    depth: NDArray[np.float64],
    value: int,
    inset: float,
    fraction: float,
    radius: int,
    rng: np.random.Generator,
) -> None:
    inner = depth >= max(1.0, inset * depth.max())
    line = skeletonize(inner) if inset >= 0.3 else inner & ~ndimage.binary_erosion(inner)
    path = longest_path(line if line.any() else inner)
    length = max(1, round(fraction * len(path)))
    begin = int(rng.integers(0, len(path) - length + 1))
    stroke = np.zeros(depth.shape, bool)
    stroke[tuple(path[begin : begin + length].T)] = True
    stroke = ndimage.binary_dilation(stroke, iterations=radius) & (depth > 0)
    out[stroke[1:-1, 1:-1]] = value
