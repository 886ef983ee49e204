"""The image's pixels on the screen."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from segstudio.core.geometry import Region
from segstudio.gui.canvas import image_layer
from segstudio.gui.canvas.image_layer import ImagePainter, Pyramid
from segstudio.gui.levels import from_level
from segstudio.io.images import Image, display_range


def painter(array: NDArray[Any], window: tuple[float, float] | None = None, *, inverted: bool = False) -> ImagePainter:
    image = Image(array, Path("image.png"), inverted=inverted)
    return ImagePainter(image, *(window or display_range(image)))


def whole(array: NDArray[Any]) -> Region:
    return Region.of(array.shape)


def test_eight_bit_pixels_are_shown_as_they_are() -> None:
    array = np.random.default_rng(0).integers(0, 256, (20, 30, 3), dtype=np.uint8)
    pixels = painter(array).render(whole(array), 0)
    assert (pixels >> 24 == 255).all()
    np.testing.assert_array_equal(np.stack([pixels >> 16 & 255, pixels >> 8 & 255, pixels & 255], -1), array)


def test_grey_is_shown_in_all_three_colours() -> None:
    array = np.arange(256, dtype=np.uint8).reshape(16, 16)
    np.testing.assert_array_equal(
        painter(array).render(whole(array), 0), 0xFF000000 | array.astype(np.uint32) * 0x10101
    )


@pytest.mark.parametrize("kind", [np.uint16, np.int16, np.int32, np.float32, np.float64])
def test_the_window_maps_low_to_black_and_high_to_white_and_leaves_the_data(kind: type[np.generic]) -> None:
    array = np.array([[0, 1000, 1500, 2000, 30_000]]).astype(kind)
    before = array.copy()
    assert painter(array, (1000, 2000)).shown(whole(array), 0).tolist() == [[0, 0, 128, 255, 255]]
    np.testing.assert_array_equal(array, before)


def test_a_twelve_bit_image_in_sixteen_bits_is_not_near_black() -> None:
    array = np.random.default_rng(0).integers(0, 4096, (64, 64)).astype(np.uint16)
    shown = painter(array).shown(whole(array), 0)
    assert shown.min() == 0
    assert shown.max() == 255
    assert 110 < shown.mean() < 145


def test_white_is_zero_is_shown_the_right_way_round() -> None:
    array = np.array([[0, 128, 255]], np.uint8)
    assert painter(array, inverted=True).shown(whole(array), 0).tolist() == [[255, 127, 0]]


def test_what_is_not_a_number_is_black_and_infinity_white() -> None:
    array = np.array([[np.nan, -np.inf, np.inf, 0.5]], np.float32)
    assert painter(array, (0, 1)).shown(whole(array), 0).tolist() == [[0, 0, 255, 128]]


def test_a_window_of_no_width_still_shows_something() -> None:
    array = np.array([[6.0, 7.0, 8.0]])
    assert painter(array, (7, 7)).shown(whole(array), 0).tolist() == [[0, 0, 255]]


def test_of_many_channels_the_first_three_are_shown_and_of_two_the_first() -> None:
    array = np.random.default_rng(0).integers(0, 256, (5, 6, 7), dtype=np.uint8)
    np.testing.assert_array_equal(painter(array).shown(whole(array), 0), array[..., :3])
    np.testing.assert_array_equal(painter(array[..., :2]).shown(whole(array), 0), array[..., 0])


@pytest.mark.parametrize("level", [1, 2, 3, 4, 5])
@pytest.mark.parametrize("shape", [(256, 320), (257, 331), (31, 700)])
def test_a_pixel_of_a_level_is_the_mean_of_the_square_it_stands_for(level: int, shape: tuple[int, int]) -> None:
    array = np.random.default_rng(1).random(shape).astype(np.float32)
    step = 1 << level
    pad = [(0, -shape[0] % step), (0, -shape[1] % step)]
    squares = np.pad(array, pad, mode="edge").reshape(-(-shape[0] // step), step, -1, step)
    expected = squares.mean(axis=(1, 3))
    found = Pyramid(array).read(Region.of(expected.shape), level)
    # beyond the third level a mean of means of rows that the edge repeats weighs those differently
    inside = tuple(slice(0, n // step) for n in shape)
    np.testing.assert_allclose(found[inside], expected[inside], atol=1e-5)
    assert found.shape == expected.shape


def test_a_part_of_a_level_is_that_part_of_the_whole() -> None:
    array = np.random.default_rng(1).integers(0, 65536, (900, 1100)).astype(np.uint16)
    pyramid = Pyramid(array)
    for level in range(6):
        region = Region(3, 5, 900 >> level, 1100 >> level)
        every = pyramid.read(Region(0, 0, -(-900 >> level), -(-1100 >> level)), level)
        np.testing.assert_array_equal(pyramid.read(region, level), every[region.slices])


def test_what_is_kept_for_zooming_is_a_sixteenth_of_the_image_at_most() -> None:
    array = np.zeros((4096, 4096), np.uint8)
    pyramid = Pyramid(array)
    pyramid.read(Region(0, 0, 4096, 4096), 0)
    assert pyramid.kept_bytes == 0
    pyramid.read(Region(0, 0, 64, 64), 6)
    assert 0 < pyramid.kept_bytes <= array.nbytes / 16


def test_zooming_out_reads_each_pixel_of_the_image_once(monkeypatch: pytest.MonkeyPatch) -> None:
    array = np.random.default_rng(2).integers(0, 255, (2100, 3000), np.uint8)
    pyramid = Pyramid(array)
    read = 0
    plain = image_layer._reduced

    def counted(pixels: NDArray[np.generic], region: Region, level: int) -> NDArray[np.generic]:
        nonlocal read
        read += from_level(region, level).area if pixels is array else 0
        return plain(pixels, region, level)

    monkeypatch.setattr(image_layer, "_reduced", counted)
    for level in (6, 5, 4, 3, 2):
        pyramid.read(Region(0, 0, -(-2100 >> level), -(-3000 >> level)), level)
    assert array.size <= read <= 1.01 * array.size
