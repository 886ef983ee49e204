"""Extremely randomised trees (Geurts, Ernst and Wehenkel, Machine Learning 2006): many rough trees, averaged.

Every tree sees all rows and cuts at random places of some features, keeping the best of them. Single trees are poor and
different; their mean is smooth, unsure where no row was near, and asks for no scale of the features.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numba
import numpy as np
from numpy.typing import NDArray

from segstudio.core.progress import Progress, Work

Floats = NDArray[np.float32]
Ints = NDArray[np.int32]

TREES = 100
_LEAST = 2  # rows in a leaf
_TRIED = 0.4  # the share of the features that a cut chooses among
_STATE = np.uint64(0x9E3779B97F4A7C15)


@dataclass(frozen=True)
class Tree:
    """Nodes in the order in which they were made: rows with ``feature < cut`` go to ``child``, others to the next."""

    feature: Ints
    """``(M,)``, -1 in a leaf."""
    cut: Floats
    """``(M,)``."""
    child: Ints
    """``(M,)`` the first of a node's two children."""
    share: Floats
    """``(M, K)`` of the classes among a leaf's rows."""


@dataclass(frozen=True)
class Forest:
    """*trees* that vote on *classes* places."""

    trees: tuple[Tree, ...]
    classes: int

    def probabilities(self, rows: Floats) -> Floats:
        """``(N, classes)`` of *rows* ``(N, F)``, each summing to 1."""
        total = np.zeros((len(rows), self.classes), np.float32)
        rows = np.ascontiguousarray(rows, np.float32)
        for tree in self.trees:
            _add_votes(rows, tree.feature, tree.cut, tree.child, tree.share, total)
        return total / np.float32(len(self.trees))


def grow(rows: Floats, owner: Ints, classes: int, *, trees: int = TREES, seed: int = 0) -> Work[Forest]:
    """A forest that tells the classes *owner* ``(N,)``, 0 up to *classes*, of *rows* ``(N, F)`` apart.

    Every class counts the same, however many rows it has. The same rows and *seed* give the same forest.
    """
    rows = np.ascontiguousarray(rows, np.float32)
    owner = np.ascontiguousarray(owner, np.int32)
    count = np.bincount(owner, minlength=classes)
    weight = (1 / np.maximum(count, 1)).astype(np.float64)
    tried = max(1, round(_TRIED * rows.shape[1]))
    return Forest(tuple((yield from _growing(rows, owner, weight, tried, trees, seed))), classes)


def _growing(
    rows: Floats, owner: Ints, weight: NDArray[np.float64], tried: int, trees: int, seed: int
) -> Work[list[Tree]]:
    grown = []
    for number, state in enumerate(_states(seed, trees)):
        yield Progress(number / trees, "comparing the strokes of the images")
        feature, cut, child, share = _tree(rows, owner, weight, tried, state)
        grown.append(Tree(feature, cut, child, share))
    return grown


def _states(seed: int, count: int) -> Iterator[np.uint64]:
    return iter(np.random.default_rng(seed).integers(1, 1 << 62, count).astype(np.uint64))


@numba.njit(cache=True, nogil=True)
def _next(state: np.uint64) -> np.uint64:
    """Xorshift (Marsaglia, 2003): numbers that do not depend on anybody else who draws some."""
    state ^= state << np.uint64(13)
    state ^= state >> np.uint64(7)
    state ^= state << np.uint64(17)
    return state


@numba.njit(cache=True, nogil=True)
def _unit(state: np.uint64) -> float:
    """A number in [0, 1) of a state."""
    return float(state >> np.uint64(11)) / 9007199254740992.0


@numba.njit(cache=True, nogil=True)
def _tree(
    rows: Floats, owner: Ints, weight: NDArray[np.float64], tried: int, state: np.uint64
) -> tuple[Ints, Floats, Ints, Floats]:
    n, F = rows.shape
    K = len(weight)
    most = 2 * n + 1
    feature, child = np.full(most, -1, np.int32), np.zeros(most, np.int32)
    cut = np.zeros(most, np.float32)
    share = np.zeros((most, K), np.float32)
    begin, end = np.zeros(most, np.int64), np.zeros(most, np.int64)
    order, pool = np.arange(n), np.arange(F)
    total, left = np.zeros(K, np.float64), np.zeros(K, np.float64)
    end[0], made, node = n, 1, 0
    while node < made:
        a, b = begin[node], end[node]
        total[:] = 0
        for i in range(a, b):
            total[owner[order[i]]] += weight[owner[order[i]]]
        mass = total.sum()
        best, best_cut, best_feature = -1.0, np.float32(0), -1
        if b - a >= 2 * _LEAST and total.max() < mass * (1 - 1e-9):
            looked, drawn = 0, 0
            while looked < tried and drawn < F:
                state = _next(state)
                pick = drawn + int(_unit(state) * (F - drawn))
                pool[drawn], pool[pick] = pool[pick], pool[drawn]
                f = pool[drawn]
                drawn += 1
                low = high = rows[order[a], f]
                for i in range(a + 1, b):
                    value = rows[order[i], f]
                    low, high = min(low, value), max(high, value)
                if not high > low:
                    continue
                looked += 1
                state = _next(state)
                place = np.float32(low + (high - low) * _unit(state))
                left[:] = 0
                below = 0
                for i in range(a, b):
                    if rows[order[i], f] < place:
                        left[owner[order[i]]] += weight[owner[order[i]]]
                        below += 1
                if below < _LEAST or b - a - below < _LEAST:
                    continue
                own, rest = left.sum(), mass - left.sum()
                gain = (left**2).sum() / own + ((total - left) ** 2).sum() / max(rest, 1e-12)
                if gain > best:
                    best, best_cut, best_feature = gain, place, f
        if best_feature < 0:
            share[node] = (total / mass).astype(np.float32)
        else:
            middle = a
            for i in range(a, b):
                if rows[order[i], best_feature] < best_cut:
                    order[i], order[middle] = order[middle], order[i]
                    middle += 1
            feature[node], cut[node], child[node] = best_feature, best_cut, made
            begin[made], end[made] = a, middle
            begin[made + 1], end[made + 1] = middle, b
            made += 2
        node += 1
    return feature[:made].copy(), cut[:made].copy(), child[:made].copy(), share[:made].copy()


@numba.njit(cache=True, nogil=True)
def _add_votes(rows: Floats, feature: Ints, cut: Floats, child: Ints, share: Floats, total: Floats) -> None:
    for i in range(len(rows)):
        node = 0
        while feature[node] >= 0:
            node = child[node] + (0 if rows[i, feature[node]] < cut[node] else 1)
        for k in range(total.shape[1]):
            total[i, k] += share[node, k]
