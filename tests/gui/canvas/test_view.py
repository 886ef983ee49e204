"""Where the image lies in the widget."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from segstudio.core.geometry import Region
from segstudio.gui.canvas.view import MAX_ZOOM, MIN_ZOOM, View, fitting

places = st.floats(-1e5, 1e5, allow_nan=False)
pixels = st.sampled_from([(1.0, 1.0), (1.0, 1.7), (5.0, 1.0), (1.3, 1.0)])
views = st.builds(View, st.floats(MIN_ZOOM, MAX_ZOOM), places, places, pixels)


@given(views, places, places)
def test_from_the_image_to_the_widget_and_back_is_where_one_started(view: View, y: float, x: float) -> None:
    assert view.to_image(*view.to_widget(y, x)) == pytest.approx((y, x), abs=1e-3)


@given(views, st.floats(0.1, 10), st.floats(0, 2000), st.floats(0, 2000))
def test_zooming_keeps_what_is_under_the_pointer_there(view: View, factor: float, x: float, y: float) -> None:
    before = view.to_image(x, y)
    zoomed = view.zoomed(factor, x, y)
    assert zoomed.to_widget(*before) == pytest.approx((x, y), abs=1e-3)
    assert MIN_ZOOM <= zoomed.zoom <= MAX_ZOOM


@given(st.floats(MIN_ZOOM, MAX_ZOOM), places, st.integers(-5000, 5000), st.integers(1, 600), st.integers(-99, 99))
def test_neighbours_share_their_edge_and_keep_their_size_when_moved(
    zoom: float, left: float, x: int, width: int, by: int
) -> None:
    view = View(zoom, left, 0)
    first, second = Region(0, x, 1, x + width), Region(0, x + width, 1, x + 2 * width)
    assert view.widget_edges(first)[2] == view.widget_edges(second)[0]
    moved = view.moved(by, 0).widget_edges(first)
    if abs(left) < 1e4:  # beyond, adding to a float moves it by a rounding error
        assert abs(moved[2] - moved[0] - (view.widget_edges(first)[2] - view.widget_edges(first)[0])) <= 1


@given(st.integers(1, 40_000), st.integers(1, 40_000), st.integers(60, 3000), st.integers(60, 3000), pixels)
def test_an_image_that_fits_is_seen_whole_and_centred(
    height: int, width: int, wide: int, high: int, pixel: tuple[float, float]
) -> None:
    view = fitting((height, width), wide, high, pixel)
    assert view.pixel == pixel
    left, top = view.to_widget(0, 0)
    right, bottom = view.to_widget(height, width)
    assert left + right == pytest.approx(wide, abs=1e-6)
    assert top + bottom == pytest.approx(high, abs=1e-6)
    if view.zoom > MIN_ZOOM:
        assert left >= 0
        assert top >= 0


@given(views, st.integers(1, 20_000), st.integers(1, 20_000))
def test_some_of_the_image_stays_in_sight(view: View, height: int, width: int) -> None:
    kept = view.kept_in_sight((height, width), 800, 600)
    right, bottom = kept.to_widget(height, width)
    assert kept.left < 800
    assert kept.top < 600
    assert right > -1e-6
    assert bottom > -1e-6


def test_on_a_screen_with_twice_the_pixels_everything_is_twice_as_large() -> None:
    assert View(1.5, 10, -4).on_device(2) == View(3, 20, -8)
