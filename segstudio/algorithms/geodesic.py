"""Distances that follow a picture: shortest and flattest paths from labelled nodes, on graphs and on the pixel grid."""

from __future__ import annotations

import numba
import numpy as np
from numpy.typing import NDArray

from segstudio.algorithms.max_flow import Graph

Ints = NDArray[np.int32]
Floats = NDArray[np.float32]

UNREACHED = np.float32(3e38)


def on_graph(graph: Graph, costs: NDArray[np.floating], sources: Ints, count: int, *, flattest: bool = False) -> Floats:
    """Distance ``(N, count)`` of every node from the nearest source of each label (Dijkstra).

    *costs* ``(E,)`` >= 0; *sources* ``(N,)`` the label of a source or -1. The length of a path is the sum of its costs,
    or with *flattest* their maximum (the height of the pass, the distance of a watershed). Nodes out of reach are at
    :data:`UNREACHED`.
    """
    per_arc = np.zeros(len(graph.head), np.float32)
    per_arc[graph.arc] = costs
    per_arc[graph.sister[graph.arc]] = costs
    return _dijkstra(graph.start, graph.head, per_arc, np.ascontiguousarray(sources, np.int32), count, flattest)


@numba.njit(cache=True, nogil=True)
def _dijkstra(start: Ints, head: Ints, costs: Floats, sources: Ints, count: int, flattest: bool) -> Floats:
    n = len(sources)
    out = np.full((n, count), UNREACHED, np.float32)
    heap_key = np.zeros(len(head) + n + 1, np.float32)
    heap_node = np.zeros(len(head) + n + 1, np.int32)
    best = np.zeros(n, np.float32)
    for label in range(count):
        best[:] = UNREACHED
        size = 0
        for i in range(n):
            if sources[i] == label:
                best[i] = 0
                size = _push(heap_key, heap_node, size, np.float32(0), i)
        while size > 0:
            key = heap_key[0]
            i = heap_node[0]
            size = _pop(heap_key, heap_node, size)
            if key > best[i]:
                continue
            for k in range(start[i], start[i + 1]):
                j = head[k]
                reach = max(key, costs[k]) if flattest else key + costs[k]
                if reach < best[j]:
                    best[j] = reach
                    size = _push(heap_key, heap_node, size, reach, j)
        out[:, label] = best
    return out


@numba.njit(cache=True, nogil=True)
def _push(keys: Floats, nodes: Ints, size: int, key: np.float32, node: int) -> int:
    i = size
    while i > 0:
        up = (i - 1) // 2
        if keys[up] <= key:
            break
        keys[i] = keys[up]
        nodes[i] = nodes[up]
        i = up
    keys[i] = key
    nodes[i] = node
    return size + 1


@numba.njit(cache=True, nogil=True)
def _pop(keys: Floats, nodes: Ints, size: int) -> int:
    size -= 1
    key = keys[size]
    node = nodes[size]
    i = 0
    while True:
        child = 2 * i + 1
        if child >= size:
            break
        if child + 1 < size and keys[child + 1] < keys[child]:
            child += 1
        if keys[child] >= key:
            break
        keys[i] = keys[child]
        nodes[i] = nodes[child]
        i = child
    keys[i] = key
    nodes[i] = node
    return size


@numba.njit(cache=True, nogil=True, fastmath=True)
def on_grid(feature: Floats, sources: NDArray[np.bool_], spatial: float, rounds: int) -> Floats:
    """Distance ``(H, W)`` from the pixels *sources* by raster scans (Criminisi et al., ECCV 2008, eq. 2).

    A step costs ``sqrt(spatial^2 * length^2 + |feature difference|^2)``; *feature* ``(H, W, C)``. *rounds* pairs of a
    forward and a backward scan; two are within a few percent of the exact distance on pictures.
    """
    H, W, C = feature.shape
    out = np.full((H, W), UNREACHED, np.float32)
    for y in range(H):
        for x in range(W):
            if sources[y, x]:
                out[y, x] = 0
    for _ in range(rounds):
        for y in range(H):
            for x in range(W):
                for k in range(4):
                    dy = -1 if k < 3 else 0
                    dx = k - 1 if k < 3 else -1
                    _relax(feature, out, y, x, dy, dx, spatial, C)
        for y in range(H - 1, -1, -1):
            for x in range(W - 1, -1, -1):
                for k in range(4):
                    dy = 1 if k < 3 else 0
                    dx = k - 1 if k < 3 else 1
                    _relax(feature, out, y, x, dy, dx, spatial, C)
    return out


@numba.njit(cache=True, nogil=True, fastmath=True)
def _relax(feature: Floats, out: Floats, y: int, x: int, dy: int, dx: int, spatial: float, C: int) -> None:
    H, W = out.shape
    yy = y + dy
    xx = x + dx
    if yy < 0 or yy >= H or xx < 0 or xx >= W or out[yy, xx] >= out[y, x]:
        return
    step = np.float32(spatial * spatial * (dy * dy + dx * dx))
    for k in range(C):
        difference = feature[y, x, k] - feature[yy, xx, k]
        step += difference * difference
    reach = out[yy, xx] + np.sqrt(step)
    if reach < out[y, x]:
        out[y, x] = reach
