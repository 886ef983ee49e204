"""Geodesic distances and random walks against SciPy, scikit-image and values worked by hand."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.sparse import coo_matrix, csr_matrix
from scipy.sparse.csgraph import dijkstra
from skimage import data, segmentation

from segstudio.algorithms import geodesic, graph_cut, max_flow, pictures, random_walk, scribbles
from segstudio.core.progress import finish


def test_graph_distances_are_scipys() -> None:
    rng = np.random.default_rng(0)
    edges = graph_cut.grid_edges(9, 13)
    costs = rng.random(len(edges)).astype(np.float32) + 0.01
    sources = np.full(117, -1, np.int32)
    sources[[0, 50]], sources[116] = 0, 1
    found = geodesic.on_graph(max_flow.build(117, edges), costs, sources, 2)
    matrix = csr_matrix((costs, (edges[:, 0], edges[:, 1])), shape=(117, 117))
    every = dijkstra(matrix, directed=False, indices=[0, 50, 116])
    assert found[:, 0] == pytest.approx(every[:2].min(axis=0), rel=1e-5)
    assert found[:, 1] == pytest.approx(every[2], rel=1e-5)


def test_large_systems_are_solved_by_steps_with_the_same_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(1)
    edges = graph_cut.grid_edges(30, 40)
    weights = rng.random(len(edges)) ** 4 + 1e-4
    sources = np.full(1200, -1, np.int32)
    sources[[0, 600, 1199]] = 0, 1, 2
    direct = random_walk.on_graph(1200, edges, weights, sources, 3)
    monkeypatch.setattr(random_walk, "_DIRECT", 0)
    assert random_walk.on_graph(1200, edges, weights, sources, 3) == pytest.approx(direct, abs=1e-3)
    monkeypatch.setattr(random_walk, "_AT_ONCE", 0)
    work = random_walk.walking(1200, edges, weights, sources, 3)
    assert sum(1 for _ in work) > 10  # each step is a chance to stop
    assert finish(random_walk.walking(1200, edges, weights, sources, 3)) == pytest.approx(direct, abs=1e-3)


def test_the_flattest_path_is_the_lowest_pass() -> None:
    # 0 -1- 1 -5- 2   and the way round   0 -3- 3 -2- 2
    graph = max_flow.build(4, np.array([[0, 1], [1, 2], [0, 3], [3, 2]], np.int32))
    sources = np.array([0, -1, -1, -1], np.int32)
    costs = np.array([1, 5, 3, 2], np.float32)
    assert geodesic.on_graph(graph, costs, sources, 1, flattest=True)[:, 0].tolist() == [0, 1, 3, 3]
    assert geodesic.on_graph(graph, costs, sources, 1)[:, 0].tolist() == [0, 1, 5, 3]


def test_what_cannot_be_reached_is_far() -> None:
    graph = max_flow.build(3, np.array([[0, 1]], np.int32))
    found = geodesic.on_graph(graph, np.array([1.0]), np.array([0, -1, -1], np.int32), 1)
    assert found[2, 0] == geodesic.UNREACHED


def test_raster_scans_count_steps_and_contrast() -> None:
    feature = np.zeros((5, 9, 1), np.float32)
    feature[:, 5:] = 30
    start = np.zeros((5, 9), bool)
    start[2, 0] = True
    found = geodesic.on_grid(feature, start, 1.0, 2)
    assert found[2, 4] == pytest.approx(4)
    assert found[2, 5] == pytest.approx(4 + np.sqrt(1 + 30**2))
    assert found[0, 4] == pytest.approx(2 * np.sqrt(2) + 2)


def test_a_walk_on_a_line_is_linear() -> None:
    edges = np.array([[0, 1], [1, 2], [2, 3], [3, 4]], np.int32)
    found = random_walk.on_graph(5, edges, np.ones(4), np.array([0, -1, -1, -1, 1], np.int32), 2)
    assert found[:, 0] == pytest.approx([1, 0.75, 0.5, 0.25, 0], abs=1e-6)
    assert found.sum(axis=1) == pytest.approx(np.ones(5))


def test_a_part_without_sources_is_undecided() -> None:
    edges = np.array([[0, 1], [2, 3]], np.int32)
    found = random_walk.on_graph(4, edges, np.ones(2), np.array([0, -1, -1, -1], np.int32), 3)
    assert found[1] == pytest.approx([1, 0, 0], abs=1e-6)
    assert found[2:] == pytest.approx(np.full((2, 3), 1 / 3), abs=1e-6)


def test_walks_on_pixels_and_on_the_same_graph_agree() -> None:
    rng = np.random.default_rng(0)
    feature = rng.random((12, 10, 1)).astype(np.float32)
    sources = np.full((12, 10), -1, np.int32)
    sources[0, 0], sources[11, 9], sources[0, 9] = 0, 1, 2
    start = np.full((3, 12, 10), 1 / 3, np.float32)
    found = random_walk.on_grid(feature, sources, 3, start, beta=40, tolerance=1e-6, most=2000)
    across, down = random_walk.grid_weights(feature, 40)
    index = np.arange(120).reshape(12, 10)
    edges = np.concatenate(
        [
            np.stack([index[:, :-1].ravel(), index[:, 1:].ravel()], 1),
            np.stack([index[:-1].ravel(), index[1:].ravel()], 1),
        ]
    ).astype(np.int32)
    weights = np.concatenate([across.ravel(), down.ravel()]).astype(np.float64)
    exact = random_walk.on_graph(120, edges, weights, sources.ravel(), 3)
    assert np.abs(found.reshape(3, -1).T - exact).max() < 2e-3


def photograph() -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """A small photograph with strokes of three classes."""
    picture = data.astronaut()[::5, ::5].copy()
    seeds = np.full(picture.shape[:2], 255, np.uint8)
    seeds[5:8, 5:90], seeds[40:60, 40:44], seeds[70:90, 80:84] = 0, 1, 2
    return picture, seeds


def test_the_random_walker_is_that_of_scikit_image() -> None:
    picture, seeds = photograph()
    found = scribbles.propagate(picture, seeds, method="random_walker", tolerance=1e-5, steps=5000)
    markers = np.where(seeds == 255, 0, seeds + 1)
    other = segmentation.random_walker(picture / 255, markers, beta=130, mode="cg_j", tol=1e-6, channel_axis=-1)
    assert (found == other - 1).mean() > 0.999


def test_raster_scans_come_near_the_shortest_paths_from_above() -> None:
    picture, seeds = photograph()
    feature, spatial = np.ascontiguousarray(pictures.perceptual(picture)), 0.3
    height, width = seeds.shape
    edges = graph_cut.grid_edges(height, width, diagonal=True)
    a, b = edges.T
    flat = feature.reshape(-1, 3)
    apart = np.hypot(a // width - b // width, a % width - b % width)
    costs = np.sqrt((spatial * apart) ** 2 + ((flat[a] - flat[b]) ** 2).sum(axis=1))
    graph = coo_matrix((costs, (a, b)), shape=(seeds.size,) * 2).tocsr()
    sources = np.flatnonzero(seeds.ravel() == 1)
    exact = dijkstra(graph, directed=False, indices=sources).min(axis=0).reshape(seeds.shape)
    over = {rounds: geodesic.on_grid(feature, seeds == 1, spatial, rounds) - exact for rounds in (2, 20)}
    assert min(excess.min() for excess in over.values()) > -1e-3
    assert over[2].mean() < 0.05 * exact.mean()
    assert over[20].max() < 1e-3
