"""Label maps in which every label is one piece: parts that lie apart are told apart, specks join a neighbour.

Everything is done on runs, the stretches of equal labels in a row: there are a hundredth as many of them as pixels.
"""

from __future__ import annotations

import numba
import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int32]

_NEIGHBOURS = 8  # of a speck whose borders are counted
_ROUNDS = 8


@numba.njit(cache=True, nogil=True)
def connect(labels: Ints, smallest: int) -> int:
    """Renumber *labels* ``(H, W)`` in place, 0 upwards in reading order, so that each is one piece; their number.

    A piece of fewer than *smallest* pixels joins the neighbour that it shares the longest border with.
    """
    rows, first = _runs(labels)
    parent = np.arange(len(first) - 1).astype(np.int32)
    _join_rows(labels, rows, first, parent)
    for _ in range(_ROUNDS):  # a small piece can have only small neighbours: then the joint piece is looked at again
        if not _absorb(labels.shape[1], rows, first, parent, smallest):
            break
    return _renumber(labels, rows, first, parent)


@numba.njit(cache=True, nogil=True)
def _runs(labels: Ints) -> tuple[Ints, Ints]:
    """Where the runs of each row start, ``(H + 1,)``, and the column in which each run begins, ``(R + 1,)``."""
    H, W = labels.shape
    rows = np.zeros(H + 1, np.int32)
    for y in range(H):
        count = 1
        for x in range(1, W):
            count += labels[y, x] != labels[y, x - 1]
        rows[y + 1] = rows[y] + count
    first = np.zeros(rows[H] + 1, np.int32)
    r = 0
    for y in range(H):
        first[r] = 0
        r += 1
        for x in range(1, W):
            if labels[y, x] != labels[y, x - 1]:
                first[r] = x
                r += 1
    return rows, first


@numba.njit(cache=True, nogil=True, inline="always")
def _end(r: int, last: int, width: int, first: Ints) -> int:
    """The column after run *r*; *last* is the last run of its row."""
    return width if r == last else first[r + 1]


@numba.njit(cache=True, nogil=True)
def _root(parent: Ints, i: int) -> int:
    while parent[i] != i:
        parent[i] = parent[parent[i]]
        i = parent[i]
    return i


@numba.njit(cache=True, nogil=True)
def _join_rows(labels: Ints, rows: Ints, first: Ints, parent: Ints) -> None:
    """Put runs of one label that touch in neighbouring rows under one root, the first of them."""
    H, W = labels.shape
    for y in range(1, H):
        above = rows[y - 1]
        for r in range(rows[y], rows[y + 1]):
            end = _end(r, rows[y + 1] - 1, W, first)
            while True:
                if labels[y - 1, first[above]] == labels[y, first[r]]:
                    a = _root(parent, above)
                    b = _root(parent, r)
                    parent[max(a, b)] = min(a, b)
                ends = _end(above, rows[y] - 1, W, first)
                if ends <= end and above < rows[y] - 1:
                    above += 1
                if ends >= end:
                    break


@numba.njit(cache=True, nogil=True)
def _absorb(width: int, rows: Ints, first: Ints, parent: Ints, smallest: int) -> bool:
    """Give each piece that is too small to the neighbour it touches most; whether there was one."""
    small, count = _specks(width, rows, first, parent, smallest)
    if count == 0:
        return False
    touched = np.full((count, _NEIGHBOURS), -1, np.int32)
    border = np.zeros((count, _NEIGHBOURS), np.int32)
    _count_borders(width, rows, first, parent, small, touched, border)
    changed = False
    for i in range(len(parent)):
        if small[i] < 0:
            continue
        s = small[i]
        best = -1
        length = 0
        for k in range(_NEIGHBOURS):
            if touched[s, k] >= 0 and border[s, k] > length:
                length = border[s, k]
                best = touched[s, k]
        if best >= 0:
            root = _root(parent, best)
            mine = _root(parent, i)
            if root != mine:
                parent[mine] = root
                changed = True
    return changed


@numba.njit(cache=True, nogil=True)
def _specks(width: int, rows: Ints, first: Ints, parent: Ints, smallest: int) -> tuple[Ints, int]:
    """The number of each root whose piece is smaller than *smallest*, -1 of every other run; and how many there are."""
    area = np.zeros(len(parent), np.int64)
    for y in range(len(rows) - 1):
        for r in range(rows[y], rows[y + 1]):
            area[_root(parent, r)] += _end(r, rows[y + 1] - 1, width, first) - first[r]
    small = np.full(len(parent), -1, np.int32)
    count = 0
    for i in range(len(parent)):
        if parent[i] == i and area[i] < smallest:
            small[i] = count
            count += 1
    return small, count


@numba.njit(cache=True, nogil=True)
def _count_borders(width: int, rows: Ints, first: Ints, parent: Ints, small: Ints, touched: Ints, border: Ints) -> None:
    """Lengths of the borders of specks, with neighbours in the order in which reading meets them."""
    H = len(rows) - 1
    for y in range(H):
        last = rows[y + 1] - 1
        below = rows[y + 1]
        for r in range(rows[y], last + 1):
            a = _root(parent, r)
            end = _end(r, last, width, first)
            right = _root(parent, r + 1) if r < last else a
            begin = first[r]
            while y + 1 < H and begin < end:
                if begin == end - 1:
                    _count_border(a, right, 1, small, touched, border)
                    right = a
                ends = _end(below, rows[y + 2] - 1, width, first)
                _count_border(a, _root(parent, below), min(ends, end) - begin, small, touched, border)
                begin = ends
                if ends <= end and below < rows[y + 2] - 1:
                    below += 1
            _count_border(a, right, 1, small, touched, border)


@numba.njit(cache=True, nogil=True)
def _count_border(a: int, b: int, length: int, small: Ints, touched: Ints, border: Ints) -> None:
    if a == b:
        return
    for mine, other in ((a, b), (b, a)):
        s = small[mine]
        if s < 0:
            continue
        for k in range(_NEIGHBOURS):
            if touched[s, k] == other or touched[s, k] < 0:
                touched[s, k] = other
                border[s, k] += length
                break


@numba.njit(cache=True, nogil=True)
def _renumber(labels: Ints, rows: Ints, first: Ints, parent: Ints) -> int:
    number = np.full(len(parent), -1, np.int32)
    count = 0
    for y in range(len(rows) - 1):
        for r in range(rows[y], rows[y + 1]):
            root = _root(parent, r)
            if number[root] < 0:
                number[root] = count
                count += 1
            labels[y, first[r] : _end(r, rows[y + 1] - 1, labels.shape[1], first)] = number[root]
    return count
