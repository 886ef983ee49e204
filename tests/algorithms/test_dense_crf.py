"""The dense CRF against the sum over all pairs of pixels, against the authors' lattice, and by its invariants."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from scipy import ndimage

from segstudio.algorithms import permutohedral
from segstudio.algorithms.dense_crf import DenseCRF, mean_field
from segstudio.core.errors import AnnotationError, OptionError


def smooth_noise(random: np.random.Generator, shape: tuple[int, ...], sigma: float) -> np.ndarray:
    field = ndimage.gaussian_filter(random.standard_normal(shape), sigma)
    return field / field.std()


def scene(seed: int, shape: tuple[int, ...], labels: int, channels: int = 3) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(seed)
    colours = [smooth_noise(random, shape, 3) * 40 + 128 for _ in range(channels)]
    image = np.clip(np.stack(colours, -1), 0, 255).astype(np.uint8)
    logits = np.stack([smooth_noise(random, shape, 1.5) * 1.5 for _ in range(labels)])
    probabilities = np.exp(logits) / np.exp(logits).sum(0)
    return image, probabilities.astype(np.float32)


def all_pairs(image, probabilities, iterations, gaussian, bilateral, spacing=None):
    """Mean field with every pair of pixels summed: the definition, O(N^2)."""
    shape = probabilities.shape[1:]
    places = np.stack(np.indices(shape), -1).reshape(-1, len(shape)) * np.asarray(spacing or (1,) * len(shape))
    colours = image.reshape(len(places), -1).astype(float)
    kernel = np.zeros((len(places), len(places)))
    for weight, points in (
        (gaussian[0], places / gaussian[1]),
        (bilateral[0], np.hstack([places / bilateral[1], colours / bilateral[2]])),
    ):
        near = np.exp(-((points[:, None] - points[None]) ** 2).sum(-1) / 2)
        scale = 1 / np.sqrt(near.sum(1))
        kernel += weight * near * scale[:, None] * scale
    unary = np.log(np.clip(probabilities.reshape(len(probabilities), -1).T, 1e-5, 1))
    q = unary
    for step in range(iterations + 1):
        logits = unary + kernel @ q if step else unary
        q = np.exp(logits - logits.max(1, keepdims=True))
        q /= q.sum(1, keepdims=True)
    return q.T.reshape(probabilities.shape)


@pytest.mark.parametrize(("labels", "channels"), [(2, 3), (3, 1), (5, 3), (6, 2)])
def test_one_step_is_that_of_all_pairs(labels, channels):
    image, probabilities = scene(labels, (26, 30), labels, channels)
    options = {"iterations": 1, "gaussian": (3, 3), "bilateral": (4, 12, 20)}
    expected = all_pairs(image, probabilities, **options)
    found = mean_field(image, probabilities, **options)
    assert np.abs(found - expected).mean() < 0.01
    assert (found.argmax(0) == expected.argmax(0)).mean() > 0.98


def test_the_fixed_point_is_that_of_all_pairs():
    image, probabilities = scene(1, (30, 34), 3)
    options = {"iterations": 8, "gaussian": (2, 2), "bilateral": (3, 10, 20)}
    expected = all_pairs(image, probabilities, **options)
    found = mean_field(image, probabilities, **options)
    assert (found.argmax(0) == expected.argmax(0)).mean() > 0.97


def test_a_volume_with_spacing_is_that_of_all_pairs():
    image, probabilities = scene(3, (6, 13, 12), 3, channels=1)
    options = {"iterations": 2, "gaussian": (2, 3), "bilateral": (3, 9, 25), "spacing": (4.0, 1.0, 1.5)}
    expected = all_pairs(image, probabilities, **options)
    found = mean_field(image[..., 0], probabilities, **options)
    assert np.abs(found - expected).mean() < 0.015
    assert (found.argmax(0) == expected.argmax(0)).mean() > 0.97


@pytest.mark.parametrize("labels", [2, 4, 9, 21])
def test_it_agrees_with_the_program_of_the_authors(labels):
    reference = pytest.importorskip("pydensecrf.densecrf")
    image, probabilities = scene(labels, (60, 70), labels)
    crf = reference.DenseCRF2D(70, 60, labels)
    crf.setUnaryEnergy(np.ascontiguousarray(-np.log(np.clip(probabilities, 1e-5, 1)).reshape(labels, -1)))
    crf.addPairwiseGaussian(sxy=3, compat=3)
    crf.addPairwiseBilateral(sxy=80, srgb=13, rgbim=np.ascontiguousarray(image), compat=10)
    expected = np.array(crf.inference(10)).reshape(probabilities.shape)
    found = mean_field(image, probabilities)
    assert np.abs(found - expected).max() < 1e-3
    assert (found.argmax(0) == expected.argmax(0)).mean() >= 0.9999


@pytest.mark.parametrize("labels", range(1, 11))
def test_marginals_sum_to_one_for_any_number_of_labels(labels):
    image, probabilities = scene(labels, (17, 19), labels)
    found = mean_field(image, probabilities, iterations=3)
    assert found.shape == probabilities.shape
    assert found.dtype == np.float32
    assert np.abs(found.sum(0) - 1).max() < 1e-5
    assert found.min() >= 0


def test_without_kernels_or_iterations_it_is_the_normalised_input():
    image, probabilities = scene(0, (9, 11), 4)
    expected = np.clip(probabilities, 1e-5, 1) / np.clip(probabilities, 1e-5, 1).sum(0)
    assert np.allclose(mean_field(image, 0.5 * probabilities, iterations=0), expected, atol=2e-6)
    found = mean_field(image, probabilities, gaussian=(0, 3), bilateral=(0, 80, 13))
    assert np.allclose(found, expected, atol=2e-6)


def test_relabelling_the_classes_relabels_the_answer():
    image, probabilities = scene(5, (20, 24), 5)
    order = [3, 0, 4, 2, 1]
    found = mean_field(image, probabilities, iterations=4)
    assert np.allclose(mean_field(image, probabilities[order], iterations=4), found[order], atol=1e-4)


def test_it_smooths_a_speck_and_keeps_an_edge_of_colour():
    image = np.zeros((40, 40, 3), np.uint8)
    image[:, 20:] = 200
    likely = np.full((40, 40), 0.3, np.float32)
    likely[:, 20:] = 0.7
    likely[10:12, 8:10] = 0.9  # specks of the other label
    likely[30:32, 30:32] = 0.1
    labels = mean_field(image, np.stack([1 - likely, likely])).argmax(0)
    assert (labels[:, :20] == 0).all()
    assert (labels[:, 20:] == 1).all()


def test_deep_pixels_count_by_their_range_not_by_their_depth():
    image, probabilities = scene(8, (30, 30), 3)
    image[0, :10], image[1, :10] = 0, 255
    eight = mean_field(image, probabilities, iterations=5)
    for deep in (image.astype(np.uint16) * 16, image.astype(np.float32) / 255, image.astype(np.int32) - 1000):
        found = mean_field(deep, probabilities, iterations=5)
        assert (found.argmax(0) == eight.argmax(0)).mean() > 0.99


def test_spacing_scales_distances():
    image, probabilities = scene(9, (24, 20), 3)
    once = mean_field(image, probabilities, gaussian=(3, 3), bilateral=(5, 20, 13))
    twice = mean_field(image, probabilities, gaussian=(3, 6), bilateral=(5, 40, 13), spacing=(2, 2))
    assert np.allclose(once, twice, atol=1e-5)


def test_a_kept_lattice_answers_like_a_new_one_and_threads_change_nothing():
    image, probabilities = scene(2, (150, 160), 4)
    model = DenseCRF(image, workers=3)
    other = probabilities[::-1].copy()
    model.infer(other)
    found = model.infer(probabilities)
    assert np.allclose(found, mean_field(image, probabilities, workers=1), atol=2e-3)
    assert np.allclose(model.infer(other), mean_field(image, other, workers=1), atol=2e-3)


def test_many_channels_and_one_colour_stay_finite():
    image, probabilities = scene(4, (14, 15), 3, channels=12)
    assert np.isfinite(mean_field(image, probabilities)).all()
    flat = mean_field(np.full((14, 15, 3), 77, np.uint8), probabilities)
    assert np.isfinite(flat).all()
    nothing = mean_field(image, np.zeros((3, 14, 15)))
    assert np.allclose(nothing, 1 / 3)
    one = mean_field(np.zeros((1, 1), np.uint8), np.array([[[0.25]], [[0.75]]]), iterations=0)
    assert np.allclose(one.ravel(), [0.25, 0.75])


def test_hashed_corners_are_those_of_exact_keys(monkeypatch):
    random = np.random.default_rng(0)
    points = (random.random((500, 4)) * 6).astype(np.float32)
    values = random.random((500, 3)).astype(np.float32)
    with ThreadPoolExecutor(2) as pool:
        exact = permutohedral.Lattice.build(points, pool, 1).filter(values)
        parallel = permutohedral.Lattice.build(points, pool, 2).filter(values)
        monkeypatch.setattr(permutohedral, "_steps", lambda points, scale: permutohedral.random_steps(4))
        hashed = permutohedral.Lattice.build(points, pool, 1).filter(values)
    assert np.array_equal(exact, hashed)
    assert np.allclose(exact, parallel, rtol=1e-5)


@pytest.mark.parametrize("dimensions", [1, 2, 3, 5])
def test_the_lattice_filters_with_a_gaussian(dimensions):
    random = np.random.default_rng(dimensions)
    points = (random.random((700, dimensions)) * 3).astype(np.float32)
    values = random.random((700, 9)).astype(np.float32)
    with ThreadPoolExecutor(1) as pool:
        found = permutohedral.Lattice.build(points, pool, 1).filter(values)
    near = np.exp(-((points[:, None] - points[None]) ** 2).sum(-1) / 2)
    expected = near @ values
    assert np.corrcoef(found.ravel(), expected.ravel())[0, 1] > 0.98


@pytest.mark.parametrize(
    ("image", "probabilities"),
    [
        (np.zeros((4, 5), np.uint8), np.ones((2, 5, 4))),
        (np.zeros((4, 5), np.uint8), np.full((2, 4, 5), np.nan)),
        (np.zeros((4, 5), np.uint8), np.full((2, 4, 5), -0.5)),
        (np.full((4, 5), np.inf), np.ones((2, 4, 5))),
        (np.zeros((4, 5), np.uint8), np.ones((0, 4, 5))),
    ],
)
def test_what_does_not_fit_is_told(image, probabilities):
    with pytest.raises(AnnotationError):
        mean_field(image, probabilities)


@pytest.mark.parametrize(
    "option",
    [
        {"iterations": -1},
        {"gaussian": (3, 0)},
        {"bilateral": (10, 80)},
        {"bilateral": (10, 80, 1e-9)},
        {"spacing": (1, -1)},
    ],
)
def test_options_out_of_range_are_told(option):
    image, probabilities = scene(0, (6, 7), 2)
    with pytest.raises(OptionError):
        mean_field(image, probabilities, **option)
