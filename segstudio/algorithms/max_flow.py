"""Maximum flow and minimum cut by pushing preflow downhill (Goldberg and Tarjan, Journal of the ACM 1988).

What a node still has to send waits in it; it is pushed along arcs that lead one step nearer to the other terminal, in
the order of first come, first served. How near a node is, is measured anew from time to time (the global relabelling of
Cherkassky and Goldberg, Algorithmica 1997), and an empty level cuts off all above it, so that nodes that cannot send
any more give up soon. On the graphs of superpixels this takes less than half the time of search trees that grow from
both terminals (Boykov and Kolmogorov, PAMI 2004).

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

_VISITS = 0.5  # nodes visited, as a share of all, after which heights are measured anew


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
def cut(start: Ints, head: Ints, sister: Ints, capacity: Doubles, terminal: Doubles, most: int) -> tuple[float, Ints]:
    """Minimum cut: the flow and, per node, 0 on the source's side and 1 on the sink's.

    *capacity* (one per arc) and *terminal* (one per node) are used up. Nodes that cannot reach the sink any more count
    to the source's side, which makes the answer unique. At most *most* nodes are visited, so that no input can hang;
    real graphs stay far below any sensible bound.
    """
    wanted = _still_wanted(terminal)
    _push_across(start, head, sister, capacity, terminal)
    _drain(start, head, sister, capacity, terminal, most)
    return wanted - _still_wanted(terminal), _reaching_sink(start, head, sister, capacity, terminal)


@numba.njit(cache=True, nogil=True)
def _still_wanted(terminal: Doubles) -> float:
    total = 0.0
    for value in terminal:
        total += max(-value, 0.0)
    return total


@numba.njit(cache=True, nogil=True)
def _push_across(start: Ints, head: Ints, sister: Ints, capacity: Doubles, terminal: Doubles) -> None:
    """What goes from source to node to neighbour to sink: much of all, and without measuring anything."""
    for i in range(len(terminal)):
        for k in range(start[i], start[i + 1]):
            if terminal[i] >= 0:
                break
            amount = min(-terminal[i], terminal[head[k]], capacity[sister[k]])
            if amount > 0:
                capacity[sister[k]] -= amount
                capacity[k] += amount
                terminal[i] += amount
                terminal[head[k]] -= amount


@numba.njit(cache=True, nogil=True)
def _drain(start: Ints, head: Ints, sister: Ints, capacity: Doubles, terminal: Doubles, most: int) -> None:
    """Carry what the links to the sink could take, against the arcs, towards the nodes that the source fills.

    Afterwards no node of negative *terminal* is reached by one of positive *terminal* any more.
    """
    n = len(terminal)
    height = np.zeros(n, np.int32)
    level = np.zeros(n + 1, np.int32)
    cursor = start[:-1].copy()
    now = np.zeros(n, np.int32)
    later = np.zeros(n, np.int32)
    count = 0
    for i in range(n):
        if terminal[i] < 0:
            now[count] = i
            count += 1
    visited = 0
    measured = -n
    while count > 0 and visited < most:
        if visited - measured > _VISITS * n:
            _measure_heights(start, head, capacity, terminal, height, level)
            cursor[:] = start[:-1]
            measured = visited
        visited += count
        count = _round(now[:count], start, head, sister, capacity, terminal, height, level, cursor, later)
        now, later = later, now


@numba.njit(cache=True, nogil=True)
def _measure_heights(start: Ints, head: Ints, capacity: Doubles, terminal: Doubles, height: Ints, level: Ints) -> None:
    """The steps from each node to one that the source fills; n, the number of nodes, where there is no way.

    *level* ``(n + 1,)`` counts the nodes of each height.
    """
    n = len(terminal)
    height[:] = n
    found = np.zeros(n, np.int32)
    count = 0
    for i in range(n):
        if terminal[i] > 0:
            height[i] = 0
            found[count] = i
            count += 1
    done = 0
    while done < count:
        j = found[done]
        done += 1
        for k in range(start[j], start[j + 1]):
            i = head[k]
            if height[i] == n and capacity[k] > 0:
                height[i] = height[j] + 1
                found[count] = i
                count += 1
    level[:] = 0
    for i in range(n):
        level[height[i]] += 1


@numba.njit(cache=True, nogil=True)
def _cut_off(empty: int, height: Ints, level: Ints) -> None:
    """Nodes above an empty level have no way down: they are of no use."""
    n = len(height)
    for i in range(n):
        if empty < height[i] < n:
            level[height[i]] -= 1
            height[i] = n
            level[n] += 1


@numba.njit(cache=True, nogil=True)
def _lift(i: int, start: Ints, head: Ints, sister: Ints, capacity: Doubles, height: Ints, level: Ints) -> None:
    """Put node *i* just above the lowest node that it can send to; out of use where there is none."""
    n = len(height)
    least = n - 1
    for k in range(start[i], start[i + 1]):
        if capacity[sister[k]] > 0:
            least = min(least, height[head[k]])
    level[height[i]] -= 1
    if level[height[i]] == 0:
        _cut_off(height[i], height, level)
        least = n - 1
    height[i] = least + 1
    level[height[i]] += 1


@numba.njit(cache=True, nogil=True)
def _round(
    now: Ints,
    start: Ints,
    head: Ints,
    sister: Ints,
    capacity: Doubles,
    terminal: Doubles,
    height: Ints,
    level: Ints,
    cursor: Ints,
    later: Ints,
) -> int:
    """Push from every node of *now* to lower neighbours, and lift it just above the lowest if it has more to send.

    Nodes that have to push again are put into *later*; returns how many.
    """
    n = len(height)
    waiting = 0
    for i in now:
        while terminal[i] < 0 and height[i] < n:
            k = cursor[i]
            if k == start[i + 1]:
                _lift(i, start, head, sister, capacity, height, level)
                cursor[i] = start[i]
                later[waiting] = i
                waiting += 1
                break
            j = head[k]
            back = sister[k]
            if height[i] != height[j] + 1 or capacity[back] <= 0:
                cursor[i] += 1
                continue
            amount = min(-terminal[i], capacity[back])
            capacity[back] -= amount
            capacity[k] += amount
            terminal[i] += amount
            if terminal[j] >= 0 and terminal[j] < amount:
                later[waiting] = j
                waiting += 1
            terminal[j] -= amount
    return waiting


@numba.njit(cache=True, nogil=True)
def _reaching_sink(start: Ints, head: Ints, sister: Ints, capacity: Doubles, terminal: Doubles) -> Ints:
    """1 for every node from which what is left of the capacities leads to the sink, else 0."""
    n = len(terminal)
    side = np.zeros(n, np.int32)
    found = np.zeros(n, np.int32)
    count = 0
    for i in range(n):
        if terminal[i] < 0:
            side[i] = 1
            found[count] = i
            count += 1
    done = 0
    while done < count:
        i = found[done]
        done += 1
        for k in range(start[i], start[i + 1]):
            j = head[k]
            if side[j] == 0 and capacity[sister[k]] > 0:
                side[j] = 1
                found[count] = j
                count += 1
    return side
