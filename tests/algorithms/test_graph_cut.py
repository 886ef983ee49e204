"""Graph cuts against brute force and against SciPy's maximum flow."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import maximum_flow

from segstudio.algorithms import graph_cut, max_flow
from segstudio.core.errors import OptionError
from segstudio.core.progress import finish


def random_problem(rng: np.random.Generator, labels: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    n = int(rng.integers(2, 7))
    edges = np.array([p for p in itertools.combinations(range(n), 2) if rng.random() < 0.6], np.int32).reshape(-1, 2)
    return rng.random((n, labels)) * 2, edges, rng.random(len(edges))


def least(unary: np.ndarray, edges: np.ndarray, weights: np.ndarray) -> float:
    every = itertools.product(range(unary.shape[1]), repeat=len(unary))
    return min(graph_cut.energy(unary, edges, weights, np.array(y)) for y in every)


def test_two_labels_are_solved_exactly() -> None:
    rng = np.random.default_rng(0)
    for _ in range(60):
        unary, edges, weights = random_problem(rng, 2)
        found = graph_cut.alpha_expansion(unary, edges, weights)
        assert graph_cut.energy(unary, edges, weights, found) == pytest.approx(least(unary, edges, weights))


def test_more_labels_stay_within_the_bound_and_near_the_optimum() -> None:
    rng = np.random.default_rng(1)
    ratios = []
    for _ in range(60):
        unary, edges, weights = random_problem(rng, 3)
        found = graph_cut.alpha_expansion(unary, edges, weights)
        ratios.append(graph_cut.energy(unary, edges, weights, found) / least(unary, edges, weights))
    assert max(ratios) <= 2
    assert np.mean(ratios) < 1.001


def test_the_flow_is_scipys_on_grids_with_uneven_capacities() -> None:
    rng = np.random.default_rng(2)
    for _ in range(12):
        height, width = rng.integers(2, 30, 2)
        edges = graph_cut.grid_edges(height, width, diagonal=True)
        n, there, back = height * width, rng.integers(0, 50, len(edges)), rng.integers(0, 50, len(edges))
        terminal = rng.integers(-60, 60, height * width)
        graph = max_flow.build(n, edges)
        capacity = np.zeros(2 * len(edges))
        capacity[graph.arc], capacity[graph.sister[graph.arc]] = there, back
        flow, side = max_flow.cut(graph.start, graph.head, graph.sister, capacity, terminal.astype(float), 10**9)
        source, sink = np.flatnonzero(terminal > 0), np.flatnonzero(terminal < 0)
        rows = np.concatenate([edges[:, 0], edges[:, 1], np.full(len(source), n), sink])
        columns = np.concatenate([edges[:, 1], edges[:, 0], source, np.full(len(sink), n + 1)])
        values = np.concatenate([there, back, terminal[source], -terminal[sink]]).astype(np.int32)
        network = csr_matrix((values, (rows, columns)), shape=(n + 2, n + 2))
        assert flow == maximum_flow(network, n, n + 1).flow_value
        crossing = there[(side[edges[:, 0]] == 0) & (side[edges[:, 1]] == 1)].sum()
        crossing += back[(side[edges[:, 1]] == 0) & (side[edges[:, 0]] == 1)].sum()
        assert crossing + terminal[source][side[source] == 1].sum() - terminal[sink][side[sink] == 0].sum() == flow


def test_a_cut_that_is_stopped_early_still_names_a_side_for_every_node() -> None:
    edges = graph_cut.grid_edges(9, 11)
    graph = max_flow.build(99, edges)
    terminal = np.random.default_rng(4).normal(0, 3, 99)
    for most in (0, 1, 50):
        _, side = max_flow.cut(graph.start, graph.head, graph.sister, np.ones(2 * len(edges)), terminal.copy(), most)
        assert set(np.unique(side)) <= {0, 1}


def test_nodes_that_neither_side_pulls_count_to_the_source() -> None:
    graph = max_flow.build(4, np.array([[0, 1], [1, 2], [2, 3]], np.int32))
    capacity = np.zeros(6)
    capacity[graph.arc] = capacity[graph.sister[graph.arc]] = [1.0, 5.0, 1.0]
    flow, side = max_flow.cut(graph.start, graph.head, graph.sister, capacity, np.array([4.0, 0, 0, -4.0]), 10**6)
    assert flow == 1  # both weak links are full; the two nodes between them hang together
    assert side.tolist() == [0, 0, 0, 1]


def test_infinite_costs_forbid_and_huge_ones_do_no_harm() -> None:
    edges = np.array([[0, 1], [1, 2]], np.int32)
    unary = np.array([[0, np.inf, np.inf], [1.0, 1.0, 1.0], [1e300, 0, 1e300]])
    found = graph_cut.alpha_expansion(unary, edges, np.array([2.0, 1.0]))
    assert found[0] == 0
    assert found[2] == 1
    assert found[1] == 0  # the heavier edge keeps its two ends together


def test_an_expansion_from_the_optimum_changes_nothing() -> None:
    rng = np.random.default_rng(3)
    edges = graph_cut.grid_edges(12, 15)
    problem = graph_cut.Problem(180, edges, rng.random(len(edges)))
    unary = rng.random((180, 4))
    labels = problem.solve(unary, sweeps=20)
    before = labels.copy()
    assert not any(problem.expand(unary, labels, k) for k in range(4))
    assert np.array_equal(labels, before)


def test_grid_edges_by_hand() -> None:
    assert sorted(map(tuple, graph_cut.grid_edges(2, 2, diagonal=True))) == [
        (0, 1),
        (0, 2),
        (0, 3),
        (1, 2),
        (1, 3),
        (2, 3),
    ]
    assert len(graph_cut.grid_edges(5, 7)) == 5 * 6 + 4 * 7


def test_a_graph_without_edges_takes_the_cheapest_label() -> None:
    found = graph_cut.alpha_expansion(np.array([[2.0, 1.0], [0.0, 3.0]]), np.zeros((0, 2), np.int32), np.zeros(0))
    assert found.tolist() == [1, 0]


def test_wrong_numbers_are_refused() -> None:
    edges = np.array([[0, 1]], np.int32)
    with pytest.raises(OptionError, match="not negative"):
        graph_cut.alpha_expansion(np.zeros((2, 2)), edges, np.array([-1.0]))
    with pytest.raises(OptionError, match="NaN"):
        graph_cut.alpha_expansion(np.array([[0.0, np.nan], [0, 0]]), edges, np.array([1.0]))
    with pytest.raises(OptionError, match="finite cost"):
        graph_cut.alpha_expansion(np.array([[np.inf, np.inf], [0, 0]]), edges, np.array([1.0]))
    with pytest.raises(ValueError, match="outside"):
        graph_cut.alpha_expansion(np.zeros((1, 2)), edges, np.array([1.0]))


def test_a_cut_can_be_stopped_between_two_expansions() -> None:
    rng = np.random.default_rng(7)
    edges = graph_cut.grid_edges(20, 20)
    problem = graph_cut.Problem(400, edges, rng.random(len(edges)))
    unary = 3 * rng.random((400, 5))
    work = problem.solving(unary)
    told = [next(work).fraction or 0.0 for _ in range(3)]
    work.close()
    assert told == sorted(told)
    assert 0 <= told[0] < told[-1] < 1
    assert np.array_equal(finish(problem.solving(unary)), problem.solve(unary))


def test_an_expansion_never_raises_the_energy() -> None:
    rng = np.random.default_rng(8)
    edges = graph_cut.grid_edges(12, 15)
    weights, unary = rng.random(len(edges)), rng.random((180, 4))
    problem, labels = graph_cut.Problem(180, edges, weights), rng.integers(4, size=180).astype(np.int32)
    before = graph_cut.energy(unary, edges, weights, labels)
    for label in (0, 1, 2, 3, 0, 1):
        old = labels.copy()
        moved = problem.expand(unary, labels, label)
        now = graph_cut.energy(unary, edges, weights, labels)
        assert moved == (now < before) == bool((labels != old).any())
        assert (labels[labels != old] == label).all()
        before = now
