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
from segstudio.core.progress import Progress, Work, finish

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
        both_ways = np.concatenate([self.graph.edges[:, 0], self.graph.edges[:, 1]])
        self.strength: Doubles = np.bincount(both_ways, np.tile(weights, 2), nodes).astype(np.float64, copy=False)

    def capped(self, unary: NDArray[Any]) -> Doubles:
        """*unary* ``(N, L)`` with infinite and huge costs brought down to just above what its edges can outweigh.

        A label that costs more than the cheapest one by more than the node's edges together is never chosen, so the
        minimum stays the same and no large number spoils the arithmetic. Raises :class:`OptionError` for NaN, for
        minus infinity and for a node that no label is allowed for.
        """
        unary = np.ascontiguousarray(unary, np.float64)
        least = unary.min(axis=1)
        if not np.isfinite(least).all():
            raise OptionError("every node of a graph cut needs a label of finite cost, and no cost may be NaN")
        costs: Doubles = _capped(unary, least, self.strength)
        return costs

    def solve(self, unary: NDArray[Any], *, initial: NDArray[Any] | None = None, sweeps: int = 5) -> NDArray[np.int32]:
        """Labels ``(N,)`` that no single expansion can improve, or that *sweeps* rounds over the labels reached.

        *initial* is the labelling to start from (the cheapest label of each node by default).
        """
        return finish(self.solving(unary, initial=initial, sweeps=sweeps))

    def solving(
        self, unary: NDArray[Any], *, initial: NDArray[Any] | None = None, sweeps: int = 5
    ) -> Work[NDArray[np.int32]]:
        """:meth:`solve` as work that can be stopped after each expansion."""
        costs = self.capped(unary)
        labels = costs.argmin(axis=1) if initial is None else np.asarray(initial)
        labels = np.ascontiguousarray(labels, np.int32).copy()
        count, unchanged = costs.shape[1], 0
        for step in range(sweeps * count if len(costs) and count > 1 else 0):
            unchanged = 0 if self.expand(costs, labels, step % count) else unchanged + 1
            if unchanged >= count:
                break
            yield Progress(step / (sweeps * count), "cutting")
        return labels

    def expand(self, unary: NDArray[Any], labels: NDArray[np.int32], label: int) -> bool:
        """One expansion move: let any nodes of *labels*, changed in place, take *label*. Whether any did."""
        graph = self.graph
        costs = np.ascontiguousarray(unary, np.float64)
        return bool(
            _expand(graph.edges, graph.start, graph.head, graph.sister, graph.arc, self.weights, costs, labels, label)
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
def _capped(unary: Doubles, least: Doubles, strength: Doubles) -> Doubles:
    costs = np.empty_like(unary)
    for i in range(unary.shape[0]):
        for k in range(unary.shape[1]):
            costs[i, k] = min(unary[i, k] - least[i], strength[i] + 1.0)
    return costs


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
    capacity = np.empty(len(head))
    terminal = np.empty(n)
    _arrange(edges, sister, arc, weights, unary, labels, alpha, capacity, terminal)
    if terminal.min() >= 0:  # nobody wants to move
        return False
    _, side = max_flow.cut(start, head, sister, capacity, terminal, _VISITS_PER_LINK * (n + len(head)))
    if _change(edges, weights, unary, labels, alpha, side) >= -1e-9:
        return False
    for i in range(n):
        if side[i] == 1:
            labels[i] = alpha
    return True


@numba.njit(cache=True, nogil=True)
def _arrange(
    edges: Ints,
    sister: Ints,
    arc: Ints,
    weights: Doubles,
    unary: Doubles,
    labels: Ints,
    alpha: int,
    capacity: Doubles,
    terminal: Doubles,
) -> None:
    """The *capacity* of arcs and the *terminal* of nodes whose cut is the optimal expansion; 1 takes *alpha*."""
    for i in range(len(labels)):
        terminal[i] = unary[i, alpha] - unary[i, labels[i]]
    for e in range(len(edges)):
        p = edges[e, 0]
        q = edges[e, 1]
        a = labels[p]
        b = labels[q]
        w = weights[e]
        if a == b:
            both_ways = 0.0 if a == alpha else w
        else:
            q_takes = w if a != alpha else 0.0
            p_takes = w if b != alpha else 0.0
            # the same capacity both ways: an edge inside one class then asks nothing of the terminals
            terminal[p] += 0.5 * (p_takes - q_takes - w)
            terminal[q] += 0.5 * (q_takes - p_takes - w)
            both_ways = 0.5 * (q_takes + p_takes - w)
        capacity[arc[e]] = both_ways
        capacity[sister[arc[e]]] = both_ways


@numba.njit(cache=True, nogil=True)
def _change(edges: Ints, weights: Doubles, unary: Doubles, labels: Ints, alpha: int, side: Ints) -> float:
    """How much the energy rises if the nodes of *side* 1 take *alpha*; 0 if none of them is of another label."""
    total = 0.0
    for i in range(len(labels)):
        if side[i] == 1:
            total += unary[i, alpha] - unary[i, labels[i]]
    for e in range(len(edges)):
        p = edges[e, 0]
        q = edges[e, 1]
        if side[p] == 1 or side[q] == 1:
            a = alpha if side[p] == 1 else labels[p]
            b = alpha if side[q] == 1 else labels[q]
            if a != b:
                total += weights[e]
            if labels[p] != labels[q]:
                total -= weights[e]
    return total
