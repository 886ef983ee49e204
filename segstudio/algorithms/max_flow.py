"""Maximum flow and minimum cut by two growing search trees (Boykov and Kolmogorov, PAMI 2004).

The graph is a compressed list of arcs: the arcs that leave node i are ``start[i]:start[i + 1]``, arc k goes to
``head[k]`` and ``sister[k]`` is the same edge the other way. It depends on the picture alone, so one graph serves every
cut; only capacities change. The links to the two terminals are folded into one number per node, ``terminal[i]``:
positive is capacity left from the source, negative to the sink.
"""

from __future__ import annotations

from dataclasses import dataclass

import numba
import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int32]
Doubles = NDArray[np.float64]

_NONE = -1
_TERMINAL = -2
_ORPHAN = -3
_FAR = 1 << 30


@dataclass(frozen=True)
class Graph:
    """An undirected graph of *nodes* nodes, ready for cuts. ``arc[e]`` is the arc of edge e from its first node."""

    nodes: int
    edges: Ints
    start: Ints
    head: Ints
    sister: Ints
    arc: Ints


def build(nodes: int, edges: Ints) -> Graph:
    """The graph over *edges* ``(E, 2)``; nodes are ``0 <= i < nodes``."""
    edges = np.ascontiguousarray(edges, np.int32).reshape(-1, 2)
    if len(edges) and (edges.min() < 0 or edges.max() >= nodes):
        raise ValueError(f"edges name nodes outside 0..{nodes - 1}")
    start, head, sister, arc = _arcs(nodes, edges)
    return Graph(nodes, edges, start, head, sister, arc)


@numba.njit(cache=True, nogil=True)
def _arcs(nodes: int, edges: Ints) -> tuple[Ints, Ints, Ints, Ints]:
    E = len(edges)
    start = np.zeros(nodes + 1, np.int32)
    for e in range(E):
        start[edges[e, 0] + 1] += 1
        start[edges[e, 1] + 1] += 1
    for i in range(nodes):
        start[i + 1] += start[i]
    cursor = start[:-1].copy()
    head = np.zeros(2 * E, np.int32)
    sister = np.zeros(2 * E, np.int32)
    arc = np.zeros(E, np.int32)
    for e in range(E):
        p = edges[e, 0]
        q = edges[e, 1]
        a = cursor[p]
        cursor[p] += 1
        b = cursor[q]
        cursor[q] += 1
        head[a] = q
        head[b] = p
        sister[a] = b
        sister[b] = a
        arc[e] = a
    return start, head, sister, arc


@numba.njit(cache=True, nogil=True)
def cut(start: Ints, head: Ints, sister: Ints, capacity: Doubles, terminal: Doubles, most: int) -> tuple[Doubles, Ints]:
    """Minimum cut: ``[flow]`` and, per node, 0 on the source's side and 1 on the sink's.

    *capacity* (one per arc) and *terminal* (one per node) are used up: they hold the residual afterwards. Nodes that
    neither tree reaches count to the source's side. At most *most* paths are augmented, so that no input can hang:
    every path saturates a link exactly, and real graphs stay far below any sensible bound.
    """
    n = len(terminal)
    parent = np.full(n, _NONE, np.int32)  # the arc towards the root, or a mark
    sink = np.zeros(n, np.bool_)
    distance = np.zeros(n, np.int32)
    stamp = np.zeros(n, np.int32)
    time = 0
    queue = np.zeros(n + 1, np.int32)
    queued = np.zeros(n, np.bool_)
    first = 0
    length = 0
    orphans = np.zeros(n, np.int32)  # a ring: a node waits in it at most once
    orphaned = np.zeros(n, np.bool_)
    for i in range(n):
        if terminal[i] != 0:
            parent[i] = _TERMINAL
            sink[i] = terminal[i] < 0
            distance[i] = 1
            queue[length] = i
            length += 1
            queued[i] = True
    flow = np.zeros(1)
    paths = 0
    current = _NONE
    while paths < most:
        if current == _NONE or parent[current] == _NONE:
            current = _NONE
            while length > 0:
                i = queue[first]
                first = (first + 1) % (n + 1)
                length -= 1
                queued[i] = False
                if parent[i] != _NONE:
                    current = i
                    break
            if current == _NONE:
                break
        # grow the tree of the active node until it touches the other tree
        bridge = _NONE
        i = current
        for k in range(start[i], start[i + 1]):
            left = capacity[sister[k]] if sink[i] else capacity[k]
            if left <= 0:
                continue
            j = head[k]
            if parent[j] == _NONE:
                sink[j] = sink[i]
                parent[j] = sister[k]
                stamp[j] = stamp[i]
                distance[j] = distance[i] + 1
                if not queued[j]:
                    queue[(first + length) % (n + 1)] = j
                    length += 1
                    queued[j] = True
            elif sink[j] != sink[i]:
                bridge = sister[k] if sink[i] else k
                break
            elif stamp[j] <= stamp[i] and distance[j] > distance[i]:
                parent[j] = sister[k]
                stamp[j] = stamp[i]
                distance[j] = distance[i] + 1
        time += 1
        if bridge == _NONE:
            current = _NONE
            continue
        paths += 1
        # the narrowest link of the path source .. bridge .. sink
        least = capacity[bridge]
        i = head[sister[bridge]]
        while parent[i] >= 0:
            least = min(least, capacity[sister[parent[i]]])
            i = head[parent[i]]
        least = min(least, terminal[i])
        i = head[bridge]
        while parent[i] >= 0:
            least = min(least, capacity[parent[i]])
            i = head[parent[i]]
        least = min(least, -terminal[i])
        flow[0] += least
        # push it; links that are used up make orphans
        waiting = 0
        capacity[bridge] -= least
        capacity[sister[bridge]] += least
        i = head[sister[bridge]]
        while True:
            k = parent[i]
            if k == _TERMINAL:
                terminal[i] -= least
                if terminal[i] <= 0:
                    parent[i] = _ORPHAN
                    orphans[waiting] = i
                    orphaned[i] = True
                    waiting += 1
                break
            capacity[k] += least
            capacity[sister[k]] -= least
            above = head[k]
            if capacity[sister[k]] <= 0:
                parent[i] = _ORPHAN
                orphans[waiting] = i
                orphaned[i] = True
                waiting += 1
            i = above
        i = head[bridge]
        while True:
            k = parent[i]
            if k == _TERMINAL:
                terminal[i] += least
                if terminal[i] >= 0:
                    parent[i] = _ORPHAN
                    orphans[waiting] = i
                    orphaned[i] = True
                    waiting += 1
                break
            capacity[sister[k]] += least
            capacity[k] -= least
            above = head[k]
            if capacity[k] <= 0:
                parent[i] = _ORPHAN
                orphans[waiting] = i
                orphaned[i] = True
                waiting += 1
            i = above
        # adopt the orphans
        out = 0
        while waiting > 0:
            i = orphans[out]
            out = (out + 1) % n
            waiting -= 1
            orphaned[i] = False
            nearest = _FAR
            chosen = _NONE
            for k in range(start[i], start[i + 1]):
                left = capacity[k] if sink[i] else capacity[sister[k]]
                j = head[k]
                if left <= 0 or parent[j] == _NONE or sink[j] != sink[i]:
                    continue
                # does j still hang on its terminal, and how far below?
                depth = 0
                node = j
                rooted = False
                while True:
                    if stamp[node] == time and parent[node] != _ORPHAN and parent[node] != _NONE:
                        depth += distance[node]
                        rooted = True
                        break
                    above = parent[node]
                    if above in (_ORPHAN, _NONE):
                        break
                    depth += 1
                    if above == _TERMINAL:
                        stamp[node] = time
                        distance[node] = 1
                        rooted = True
                        break
                    node = head[above]
                if not rooted:
                    continue
                if depth < nearest:
                    nearest = depth
                    chosen = k
                node = j
                while stamp[node] != time:
                    stamp[node] = time
                    distance[node] = depth
                    depth -= 1
                    node = head[parent[node]]
            if chosen != _NONE:
                parent[i] = chosen
                stamp[i] = time
                distance[i] = nearest + 1
                continue
            for k in range(start[i], start[i + 1]):
                j = head[k]
                if parent[j] == _NONE or sink[j] != sink[i]:
                    continue
                left = capacity[k] if sink[i] else capacity[sister[k]]
                if left > 0 and not queued[j]:
                    queue[(first + length) % (n + 1)] = j
                    length += 1
                    queued[j] = True
                if parent[j] >= 0 and head[parent[j]] == i:
                    parent[j] = _ORPHAN
                    if not orphaned[j]:
                        orphans[(out + waiting) % n] = j
                        orphaned[j] = True
                        waiting += 1
            parent[i] = _NONE
    side = np.zeros(n, np.int32)
    for i in range(n):
        side[i] = 1 if parent[i] != _NONE and sink[i] else 0
    return flow, side
