"""Pictures of any type as what algorithms compare: by hand, and the same picture in every guise."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from segstudio.algorithms import pictures, scribbles
from segstudio.algorithms.boxes import pseudo_label
from segstudio.core.errors import AnnotationError

SHAPE = 40, 60


def picture() -> NDArray[np.uint8]:
    rng = np.random.default_rng(0)
    stripes = np.repeat([30.0, 120, 210], 20)[None, :, None]
    return np.clip(stripes + rng.normal(0, 8, (*SHAPE, 3)), 0, 255).astype(np.uint8)


def strokes() -> NDArray[np.uint8]:
    seeds = np.full(SHAPE, 255, np.uint8)
    seeds[5:35, 8], seeds[5:35, 30], seeds[5:35, 52] = 0, 1, 2
    return seeds


def test_false_and_true_are_black_and_white() -> None:
    unit = pictures.unit_range(np.array([[False, True]]))
    np.testing.assert_array_equal(unit[0, :, 0], [0, 1])


@pytest.mark.parametrize("kind", [">u2", ">i4", ">f4", ">f8", np.float16, np.longdouble])
def test_any_type_becomes_one_that_is_reckoned_with(kind: str) -> None:
    given = picture().astype(kind)
    found = pictures.checked(given)
    assert found.dtype.isnative
    assert found.dtype.itemsize <= 8
    np.testing.assert_array_equal(found, picture())


@pytest.mark.parametrize("scale", [1e-300, 1e-42, 1e36, 1e300])
def test_a_common_factor_of_any_size_changes_nothing(scale: float) -> None:
    plain = picture().astype(np.float64)
    np.testing.assert_allclose(pictures.unit_range(plain * scale), pictures.unit_range(plain), atol=1e-6)


def test_one_value_beyond_all_measure_leaves_the_rest_defined() -> None:
    given = picture().astype(np.float64)
    given[0, 0] = -1.7e308
    assert np.isfinite(pictures.unit_range(given)).all()


@pytest.mark.parametrize("height", [256 * 3, 1024])
def test_black_and_white_are_read_from_all_channels(height: int) -> None:
    # in 768 x 1024 x 3 values every ninth is of the first channel
    deep = np.zeros((height, 1024, 3), np.uint16)
    for channel, top in enumerate((100, 1000, 4000)):
        deep[:, :, channel] = np.linspace(0, top, 1024)
    low, high = pictures.value_range(deep)
    assert low == 0
    assert high == pytest.approx(4000, rel=0.02)


def test_alpha_is_no_white() -> None:
    deep = np.zeros((30, 40, 4), np.uint16)
    deep[:, :, :3] = np.linspace(0, 4095, 40).astype(np.uint16)[None, :, None]
    deep[:, :, 3] = 65535
    assert pictures.value_range(deep) == (0, 4095)


def test_what_is_not_finite_is_counted() -> None:
    given = picture().astype(np.float32)
    given[0, 0, 0], given[1, 1, 1] = np.nan, -np.inf
    with pytest.raises(AnnotationError, match="2 values that are NaN or infinite"):
        pictures.checked(given)


@pytest.mark.parametrize(
    "same",
    [
        np.asfortranarray,
        lambda p: p[::-1, ::-1].copy()[::-1, ::-1],
        lambda p: np.repeat(np.repeat(p, 2, 0), 2, 1)[::2, ::2],
        lambda p: np.dstack([p, np.full(SHAPE, 255, np.uint8)]),
    ],
    ids=["columns first", "backwards", "every second", "with alpha"],
)
def test_how_a_picture_lies_in_memory_is_no_matter(same: object) -> None:
    other = same(picture())  # type: ignore[operator]
    np.testing.assert_array_equal(scribbles.propagate(other, strokes()), scribbles.propagate(picture(), strokes()))
    boxes = [(1, 18, 2, 42, 38)]
    np.testing.assert_array_equal(pseudo_label(other, boxes), pseudo_label(picture(), boxes))


def test_a_picture_that_cannot_be_written_to_is_read() -> None:
    other = picture()
    other.flags.writeable = False
    np.testing.assert_array_equal(scribbles.propagate(other, strokes()), scribbles.propagate(picture(), strokes()))


@pytest.mark.parametrize("sigma", [0.0, 5.0, 12.0])
def test_noise_is_measured_beside_edges_and_slopes(sigma: float) -> None:
    rng = np.random.default_rng(2)
    y, x = np.mgrid[:200, :240]
    scene = 90 + 0.3 * x + 40 * (x > 100) + 30 * (y > 80)
    noisy = scene[..., None] + rng.normal(0, sigma, (200, 240, 3)) if sigma else np.repeat(scene[..., None], 3, 2)
    assert pictures.noise(np.clip(noisy, 0, 255).astype(np.uint8)) == pytest.approx(sigma, rel=0.1, abs=0.8)


def test_noise_of_a_picture_of_a_few_pixels_is_none() -> None:
    assert pictures.noise(np.zeros((2, 9, 1), np.uint8)) == 0


@pytest.mark.parametrize("kind", [np.uint8, np.int32, np.float64])
def test_any_number_of_channels_is_blurred_alike(kind: type) -> None:
    one = np.random.default_rng(0).integers(0, 255, (12, 15, 1)).astype(kind)
    many = pictures.blurred(np.repeat(one, 200, axis=2), 1.5)
    assert many.shape == (12, 15, 200)
    np.testing.assert_allclose(many, np.repeat(pictures.blurred(one, 1.5), 200, axis=2), rtol=1e-5)


def test_two_hundred_channels_are_propagated_over() -> None:
    rng = np.random.default_rng(0)
    image = np.repeat([40.0, 120, 200], 20)[None, :, None] + rng.normal(0, 20, (*SHAPE, 200))
    found = scribbles.propagate(np.clip(image, 0, 255).astype(np.uint8), strokes())
    assert (found == np.repeat([0, 1, 2], 20)).mean() > 0.99


def test_a_noisy_picture_is_calmed_before_it_is_cut() -> None:
    y, x = np.mgrid[:120, :160]
    disc = (y - 60) ** 2 + (x - 80) ** 2 < 35**2
    seeds = np.full(disc.shape, 255, np.uint8)
    seeds[8:11, 10:150], seeds[108:111, 10:150], seeds[55:65, 78:82] = 0, 0, 1
    noise = np.random.default_rng(1).normal(0, 30, disc.shape)
    found = scribbles.propagate(np.clip(np.where(disc, 150, 90) + noise, 0, 255).astype(np.uint8), seeds)
    assert ((found == 1) & disc).sum() / ((found == 1) | disc).sum() > 0.93


def test_a_picture_is_faint_where_it_spans_less_than_half() -> None:
    bright = picture()
    assert not pictures.faint(bright)
    assert pictures.faint(bright // 3)
    assert pictures.faint(100 + bright // 3)
    assert not pictures.faint(bright.astype(np.uint16) // 3)


@pytest.mark.parametrize("size", [1, 14], ids=["small", "solved shrunk"])
def test_a_faint_picture_is_cut_as_well_as_a_bright_one(size: int) -> None:
    rng = np.random.default_rng(3)
    plan = np.repeat([[0, 1, 2]], 20, axis=1).repeat(40, axis=0).repeat(size, 0).repeat(size, 1)
    scene = np.array([60, 90, 75.0])[plan] + rng.normal(0, 4, plan.shape)
    seeds = np.repeat(np.repeat(strokes(), size, 0), size, 1)
    bright = scribbles.propagate(np.clip(scene * 2.5, 0, 255).astype(np.uint8), seeds)
    dark = scribbles.propagate(np.clip(scene * 0.4, 0, 255).astype(np.uint8), seeds)
    assert (bright == plan).mean() > 0.97
    assert (dark == plan).mean() > 0.97
