"""Superpixels: every pixel in one connected piece, features that sum to what they count, any kind of picture."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import ndimage

from segstudio.algorithms import pictures
from segstudio.algorithms.connected import connect
from segstudio.algorithms.superpixel_kernels import adjacency
from segstudio.algorithms.superpixels import METHODS, Superpixels, segment
from segstudio.core.errors import AnnotationError, OptionError


@pytest.fixture
def picture() -> np.ndarray:
    rng = np.random.default_rng(0)
    image = rng.normal(60, 4, (70, 90, 3))
    image[20:50, 30:70] += 120
    return np.clip(image, 0, 255).astype(np.uint8)


@pytest.mark.parametrize("method", METHODS)
def test_labels_are_numbered_without_gaps(picture: np.ndarray, method: str) -> None:
    labels = segment(picture, method=method)
    assert labels.shape == picture.shape[:2]
    assert labels.dtype == np.int32
    assert np.array_equal(np.unique(labels), np.arange(labels.max() + 1))


@pytest.mark.parametrize("method", METHODS)
def test_a_strong_edge_is_never_inside_a_piece(picture: np.ndarray, method: str) -> None:
    labels = segment(picture, method=method, **({"n_segments": 60} if method != "felzenszwalb" else {}))
    bright = np.zeros(labels.shape, bool)
    bright[20:50, 30:70] = True
    inside = ndimage.binary_erosion(bright, iterations=2)
    outside = ~ndimage.binary_dilation(bright, iterations=2)
    assert not set(labels[inside]) & set(labels[outside])


def test_slic_pieces_are_connected(picture: np.ndarray) -> None:
    labels = segment(picture, n_segments=80)
    assert all(ndimage.label(labels == i)[1] == 1 for i in range(labels.max() + 1))


def test_a_large_picture_keeps_its_edges_at_full_size() -> None:
    rng = np.random.default_rng(0)
    image = np.full((900, 1200), 40, np.uint8)
    image[:, 601:] = 200
    image = np.clip(image + rng.normal(0, 5, image.shape), 0, 255).astype(np.uint8)
    labels = segment(image, n_segments=300)
    assert not set(labels[:, :601].ravel()) & set(labels[:, 601:].ravel())
    assert all(ndimage.label(labels == i)[1] == 1 for i in range(0, labels.max() + 1, 17))


@pytest.mark.parametrize(
    "image",
    [
        np.zeros((1, 1), np.uint8),
        np.full((30, 40), 7.5),
        np.arange(1200, dtype=np.uint16).reshape(30, 40),
        np.random.default_rng(0).integers(0, 255, (3, 200, 4)).astype(np.uint8),
        np.random.default_rng(0).normal(0, 1e6, (40, 30, 7)).astype(np.float32),
        np.eye(20, dtype=bool),
    ],
    ids=["one pixel", "one colour", "16 bit", "rgba strip", "seven floats", "binary"],
)
def test_any_picture_is_cut(image: np.ndarray) -> None:
    pieces = Superpixels.of(image)
    assert pieces.sizes.sum() == image.shape[0] * image.shape[1]
    assert np.isfinite(pieces.means).all()


def test_the_scale_of_a_deep_picture_does_not_matter(picture: np.ndarray) -> None:
    grey = picture[:, :, 0].astype(np.uint16)
    assert np.array_equal(segment(grey * 16, n_segments=50), segment(grey * 256, n_segments=50))


def test_pictures_that_are_not_finite_are_refused() -> None:
    image = np.zeros((10, 10))
    image[3, 4] = np.nan
    with pytest.raises(AnnotationError, match="1 values that are NaN or infinite"):
        segment(image)


def test_wrong_options_are_named(picture: np.ndarray) -> None:
    with pytest.raises(OptionError, match="did you mean 'slic'"):
        segment(picture, method="slik")
    with pytest.raises(OptionError, match="no option 'sigma'"):
        segment(picture, sigma=1)
    with pytest.raises(OptionError, match="at least 1"):
        segment(picture, n_segments=0)


def test_histograms_and_adjacency_by_hand() -> None:
    image = np.zeros((2, 4), np.uint8)
    image[:, 2:] = 255
    pieces = Superpixels(image, np.array([[0, 0, 1, 1], [0, 0, 1, 1]], np.int32))
    assert np.array_equal(pieces.sizes, [4, 4])
    assert np.array_equal(pieces.centroids, [[0.5, 0.5], [0.5, 2.5]])
    assert np.array_equal(pieces.edges, [[0, 1]])
    assert np.array_equal(pieces.borders, [2])
    assert pieces.colour_histograms[0, 0] == 1
    assert pieces.colour_histograms[1, 24] == 1
    # half of the left piece's pixels stand before the step; all vertical steps are zero
    assert pieces.gradient_histograms[0, 0] == pytest.approx(0.5)
    assert pieces.gradient_histograms[0, 9] == pytest.approx(0.5)
    assert pieces.gradient_histograms[0, 10] == 1


def test_runs_are_the_pixels_of_each_piece_from_top_to_bottom(picture: np.ndarray) -> None:
    pieces = Superpixels.of(picture, n_segments=40)
    starts, spans = pieces.runs
    for i in (0, pieces.count // 2, pieces.count - 1):
        own = np.concatenate([np.arange(first, first + n) for first, n in spans[starts[i] : starts[i + 1]]])
        assert np.array_equal(own, np.flatnonzero(pieces.labels.ravel() == i))


def test_labels_that_lie_apart_become_pieces_in_reading_order() -> None:
    labels = np.array([[5, 5, 9, 5], [5, 9, 9, 5], [7, 7, 7, 5]], np.int32)
    assert connect(labels, 1) == 4
    assert labels.tolist() == [[0, 0, 1, 2], [0, 1, 1, 2], [3, 3, 3, 2]]


def test_a_speck_joins_the_neighbour_it_shares_most_border_with() -> None:
    labels = np.array([[1, 1, 1, 2], [1, 3, 1, 2], [1, 4, 4, 2]], np.int32)
    assert connect(labels, 2) == 3
    assert labels.tolist() == [[0, 0, 0, 1], [0, 0, 0, 1], [0, 2, 2, 1]]


@pytest.mark.parametrize("seed", range(6))
def test_pieces_are_the_components_that_scipy_finds(seed: int) -> None:
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, 4, rng.integers(1, 40, 2)).astype(np.int32)
    parts = np.zeros(labels.shape, np.int64)
    for value in range(4):
        found = np.asarray(ndimage.label(labels == value)[0])
        parts[found > 0] = found[found > 0] + parts.max()
    pieces = labels.copy()
    assert connect(pieces, 1) == len(np.unique(parts))
    pairs = np.unique(np.stack([pieces.ravel(), parts.ravel()]), axis=1)
    assert pairs.shape[1] == len(np.unique(parts))


@pytest.mark.parametrize("channels", [1, 2, 3, 5])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
def test_features_are_those_of_a_plain_count(channels: int, dtype: type) -> None:
    rng = np.random.default_rng(channels)
    image = (rng.random((37, 53, channels)) * 250).astype(dtype)
    labels = (np.arange(37)[:, None] // 5 * 7 + np.arange(53) // 8).astype(np.int32)
    pieces = Superpixels(image, labels)
    low, high = pictures.value_range(image)
    unit = np.clip((image.astype(np.float64) - low) / (high - low), 0, 1)
    luma = [0.299, 0.587, 0.114] if channels == 3 else [1 / channels] * channels
    grey = unit @ np.array(luma)
    across, down = (np.abs(np.diff(grey, axis=a, append=np.take(grey, [-1], axis=a))) for a in (1, 0))
    for i in (0, 9, pieces.count - 1):
        own = labels == i
        assert pieces.sizes[i] == own.sum()
        assert pieces.centroids[i] == pytest.approx(np.argwhere(own).mean(axis=0))
        assert pieces.unit_means[i] == pytest.approx(unit[own].mean(axis=0), abs=1e-5)
        for k in range(channels):
            expected = np.histogram(unit[own][:, k], 25, (0, 1))[0] / own.sum()
            found = pieces.colour_histograms[i, 25 * k : 25 * k + 25]
            assert found.sum() == pytest.approx(1, abs=1e-5)
            assert np.abs(found - expected).sum() <= 2.1 * 2 / own.sum()  # float32 decides at an edge between two bins
        for place, step in enumerate((across, down)):
            expected = np.histogram(np.sqrt(step[own] / 0.5).clip(0, 0.9999), 10, (0, 1))[0] / own.sum()
            found = pieces.gradient_histograms[i, 10 * place : 10 * place + 10]
            assert np.abs(found - expected).sum() <= 2.1 * 3 / own.sum()


@pytest.mark.parametrize("shape", [(1, 40), (40, 1), (60, 71), (211, 3)])
def test_borders_are_the_sides_between_two_pieces(shape: tuple[int, int]) -> None:
    labels = np.random.default_rng(2).integers(0, 900, shape).astype(np.int32)
    labels[: shape[0] // 2] = np.sort(labels[: shape[0] // 2], axis=1)  # runs of several lengths
    edges, borders = adjacency(labels)
    sides = [(labels[:, :-1], labels[:, 1:]), (labels[:-1], labels[1:])]
    pairs = np.concatenate([np.stack([a.ravel(), b.ravel()], axis=1) for a, b in sides])
    pairs = np.sort(pairs[pairs[:, 0] != pairs[:, 1]], axis=1)
    expected, counts = np.unique(pairs, axis=0, return_counts=True)
    assert np.array_equal(edges, expected)
    assert np.array_equal(borders, counts)
