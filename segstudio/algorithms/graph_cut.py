"""Multi-label graph cuts: the Potts energy on a sparse graph, minimised by alpha-expansion.

    E(y) = sum_i U[i, y_i] + sum_(i, j) w_ij [y_i != y_j],   w >= 0

(Boykov, Veksler and Zabih, PAMI 2001, section 5; the cut of each expansion is :mod:`max_flow`). Two labels are solved
exactly; for more the result is within a factor of two of the optimum and, on pictures, within a permille.
"""

from __future__ import annotations

from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

from segstudio.algorithms import max_flow
from segstudio.core.errors import OptionError

Ints = NDArray[np.int32]
Doubles = NDArray[np.float64]

_VISITS_PER_LINK = 60  # nodes visited per arc and node in one cut; pictures need far fewer


def energy(unary: NDArray[Any], edges: Ints, weights: NDArray[Any], labels: NDArray[Any]) -> float:
    """E(labels); *unary* ``(N, L)``, *edges* ``(E, 2)``, *weights* ``(E,)``, *labels* ``(N,)`` in 0..L-1."""
    split = labels[edges[:, 0]] != labels[edges[:, 1]]
    own = np.take_along_axis(np.asarray(unary), np.asarray(labels)[:, None].astype(np.intp), axis=1)
    return float(own.sum(dtype=np.float64) + np.asarray(weights)[split].sum(dtype=np.float64))


def grid_edges(height: int, width: int, *, diagonal: bool = False) -> Ints:
    """Pairs ``(E, 2)`` of flat pixel numbers that are neighbours: across, down and, if *diagonal*, both diagonals."""
    index = np.arange(height * width, dtype=np.int32).reshape(height, width)
    pairs = [(index[:, :-1], index[:, 1:]), (index[:-1], index[1:])]
    if diagonal:
        pairs += [(index[:-1, :-1], index[1:, 1:]), (index[:-1, 1:], index[1:, :-1])]
    return np.concatenate([np.stack([a.ravel(), b.ravel()], axis=1) for a, b in pairs])


class Problem:
    """A graph with its weights, for many cuts with different unaries: what changes while somebody draws.

    *edges* ``(E, 2)`` int, *weights* ``(E,)`` finite and not negative.
    """

    def __init__(self, nodes: int, edges: NDArray[Any], weights: NDArray[Any]) -> None:
        weights = np.ascontiguousarray(weights, np.float64)
        if weights.shape != (len(edges),):
            raise ValueError(f"{len(edges)} edges and {weights.shape} weights")
        if len(weights) and not (np.isfinite(weights).all() and weights.min() >= 0):
            raise OptionError("the weights of a graph cut are finite and not negative")
        self.graph = max_flow.build(nodes, np.asarray(edges))
        self.weights = weights
        self.strength = np.bincount(self.graph.edges[:, 0], weights, nodes) + np.bincount(
            self.graph.edges[:, 1], weights, nodes
        )

    def capped(self, unary: NDArray[Any]) -> Doubles:
        """*unary* ``(N, L)`` with infinite and huge costs brought down to just above what its edges can outweigh.

        A label that costs more than the cheapest one by more than the node's edges together is never chosen, so the
        minimum stays the same and no large number spoils the arithmetic. Raises :class:`OptionError` for NaN, for
        minus infinity and for a node that no label is allowed for.
        """
        unary = np.asarray(unary, np.float64)
        least = unary.min(axis=1, keepdims=True)
        if not np.isfinite(least).all():
            raise OptionError("every node of a graph cut needs a label of finite cost, and no cost may be NaN")
        ceiling: Doubles = np.minimum(unary - least, self.strength[:, None] + 1.0)
        return ceiling

    def solve(self, unary: NDArray[Any], *, initial: NDArray[Any] | None = None, sweeps: int = 5) -> NDArray[np.int32]:
        """Labels ``(N,)`` that no single expansion can improve, or that *sweeps* rounds over the labels reached.

        *initial* is the labelling to start from (the cheapest label of each node by default).
        """
        costs = self.capped(unary)
        labels = costs.argmin(axis=1) if initial is None else np.asarray(initial)
        labels = np.ascontiguousarray(labels, np.int32).copy()
        graph = self.graph
        if costs.shape[1] > 1 and len(costs):
            _sweep(
                graph.edges, graph.start, graph.head, graph.sister, graph.arc, self.weights, costs, labels, int(sweeps)
            )
        return labels

    def expand(self, unary: NDArray[Any], labels: NDArray[np.int32], label: int) -> bool:
        """One expansion move: let any nodes of *labels*, changed in place, take *label*. Whether any did."""
        graph = self.graph
        return bool(
            _expand(
                graph.edges,
                graph.start,
                graph.head,
                graph.sister,
                graph.arc,
                self.weights,
                np.ascontiguousarray(unary, np.float64),
                labels,
                label,
            )
        )


def alpha_expansion(
    unary: NDArray[Any],
    edges: NDArray[Any],
    weights: NDArray[Any],
    *,
    initial: NDArray[Any] | None = None,
    sweeps: int = 5,
) -> NDArray[np.int32]:
    """Labels ``(N,)`` int32 in 0..L-1 of small Potts energy.

    *unary* ``(N, L)`` costs (infinity forbids a label), *edges* ``(E, 2)`` node numbers, *weights* ``(E,)`` >= 0 the
    cost of different labels at the two ends. Exact for two labels. Raises :class:`OptionError` for weights that are
    negative or not finite, NaN costs and nodes without an allowed label.
    """
    unary = np.asarray(unary)
    if unary.ndim != 2 or unary.shape[1] < 1:
        raise ValueError(f"unary costs have the shape (N, L), not {unary.shape}")
    return Problem(len(unary), edges, weights).solve(unary, initial=initial, sweeps=sweeps)


@numba.njit(cache=True, nogil=True)
def _energy(edges: Ints, weights: Doubles, unary: Doubles, labels: Ints) -> float:
    total = 0.0
    for i in range(len(labels)):
        total += unary[i, labels[i]]
    for e in range(len(edges)):
        if labels[edges[e, 0]] != labels[edges[e, 1]]:
            total += weights[e]
    return total


@numba.njit(cache=True, nogil=True)
def _expand(
    edges: Ints,
    start: Ints,
    head: Ints,
    sister: Ints,
    arc: Ints,
    weights: Doubles,
    unary: Doubles,
    labels: Ints,
    alpha: int,
) -> bool:
    """The optimal expansion of *alpha*; *labels* change only if the energy falls."""
    n = len(labels)
    capacity = np.zeros(len(head))
    terminal = np.zeros(n)
    gain_possible = False
    for i in range(n):
        terminal[i] = unary[i, alpha] - unary[i, labels[i]]
    for e in range(len(edges)):
        p = edges[e, 0]
        q = edges[e, 1]
        a = labels[p]
        b = labels[q]
        w = weights[e]
        both_keep = w if a != b else 0.0
        q_takes = w if a != alpha else 0.0
        p_takes = w if b != alpha else 0.0
        # the same capacity both ways: an edge inside one class then asks nothing of the terminals
        terminal[p] += 0.5 * (p_takes - q_takes - both_keep)
        terminal[q] += 0.5 * (q_takes - p_takes - both_keep)
        both_ways = 0.5 * (q_takes + p_takes - both_keep)
        capacity[arc[e]] = both_ways
        capacity[sister[arc[e]]] = both_ways
    for i in range(n):
        if terminal[i] < 0:
            gain_possible = True
            break
    if not gain_possible:
        return False
    _, side = max_flow.cut(start, head, sister, capacity, terminal, _VISITS_PER_LINK * (n + len(head)))
    moved = labels.copy()
    changed = False
    for i in range(n):
        if side[i] == 1 and labels[i] != alpha:
            moved[i] = alpha
            changed = True
    if not changed or _energy(edges, weights, unary, moved) >= _energy(edges, weights, unary, labels) - 1e-9:
        return False
    labels[:] = moved
    return True


@numba.njit(cache=True, nogil=True)
def _sweep(
    edges: Ints,
    start: Ints,
    head: Ints,
    sister: Ints,
    arc: Ints,
    weights: Doubles,
    unary: Doubles,
    labels: Ints,
    sweeps: int,
) -> None:
    """Expand every label in turn until a whole round changes nothing, *sweeps* rounds at most."""
    L = unary.shape[1]
    unchanged = 0
    for step in range(sweeps * L):
        if _expand(edges, start, head, sister, arc, weights, unary, labels, step % L):
            unchanged = 0
        else:
            unchanged += 1
            if unchanged >= L:
                return
