"""Shapes to pixels and back: hand-worked pixels, round trips, and independent witnesses."""

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from skimage.measure import points_in_poly

from segstudio.algorithms.raster import Outline, disc, outlines, polygon, stroke
from segstudio.core.errors import AnnotationError, OptionError
from segstudio.core.geometry import Region

SHAPE = (40, 50)


def painted(region: Region, mask: np.ndarray, shape=SHAPE) -> np.ndarray:
    image = np.zeros(shape, bool)
    image[region.slices] = mask
    return image


def filled(outline: Outline, shape) -> np.ndarray:
    return painted(*polygon(outline.exterior, shape, holes=outline.holes), shape)


def area(ring: np.ndarray) -> float:
    y, x = ring.T
    return abs(float(x @ np.roll(y, -1) - y @ np.roll(x, -1))) / 2


def test_the_smallest_disc_is_the_pixel_under_the_pointer():
    region, mask = disc((7.01, 9.99), 0.5, SHAPE)
    assert np.argwhere(painted(region, mask)).tolist() == [[7, 9]]


def test_a_disc_of_radius_one_at_a_pixel_centre_is_a_plus():
    assert np.argwhere(painted(*disc((5.5, 5.5), 1, SHAPE))).tolist() == [[4, 5], [5, 4], [5, 5], [5, 6], [6, 5]]


def test_a_disc_of_radius_one_at_a_corner_is_a_square():
    assert np.argwhere(painted(*disc((5, 5), 1, SHAPE))).tolist() == [[4, 4], [4, 5], [5, 4], [5, 5]]


points = st.tuples(st.floats(-20, 60), st.floats(-20, 70))


@settings(max_examples=60, deadline=None)
@given(points, points, st.floats(0.5, 12), st.floats(1, 6), st.booleans())
def test_where_pixels_are_oblong_a_stroke_is_as_wide_each_way_on_the_ground(start, end, radius, ratio, tall):
    """The same pixels as of a stroke over the image with its longer sides drawn out."""
    pixel = (ratio, 1.0) if tall else (1.0, ratio)
    y, x = (np.mgrid[:40, :50] + 0.5) * np.array(pixel)[:, None, None]
    a, b = np.array(start) * pixel, np.array(end) * pixel
    d = b - a
    t = np.clip(((y - a[0]) * d[0] + (x - a[1]) * d[1]) / max(d @ d, 1e-300), 0, 1)
    distance = np.hypot(y - a[0] - t * d[0], x - a[1] - t * d[1])
    image = painted(*stroke(start, end, radius, SHAPE, pixel=pixel))
    assert image[distance < radius - 1e-6].all()
    thin = painted(*stroke(start, end, 0.5, SHAPE)) if ratio > 2 * radius else np.zeros(SHAPE, bool)
    ends = {(int(np.floor(p[0])), int(np.floor(p[1]))) for p in (start, end)}
    assert {tuple(p) for p in np.argwhere(image & ~thin & (distance > radius + 1e-6)).tolist()} <= ends


@settings(max_examples=60, deadline=None)
@given(st.tuples(st.floats(0, 40), st.floats(0, 50)), st.tuples(st.floats(0, 40), st.floats(0, 50)), st.floats(1, 9))
def test_the_thinnest_stroke_over_oblong_pixels_is_unbroken(start, end, ratio):
    image = painted(*stroke(start, end, 0.5, SHAPE, pixel=(ratio, 1.0)))
    pieces, _ = cv2.connectedComponents(image.astype(np.uint8), connectivity=8)
    assert pieces <= 2


@settings(max_examples=100, deadline=None)
@given(points, points, st.floats(0.5, 12))
def test_a_stroke_holds_exactly_the_centres_within_its_radius(start, end, radius):
    y, x = np.mgrid[:40, :50] + 0.5
    a, b = np.array(start), np.array(end)
    d = b - a
    t = np.clip(((y - a[0]) * d[0] + (x - a[1]) * d[1]) / max(d @ d, 1e-300), 0, 1)
    distance = np.hypot(y - a[0] - t * d[0], x - a[1] - t * d[1])
    image = painted(*stroke(start, end, radius, SHAPE))
    assert image[distance < radius - 1e-6].all()
    ends = {(int(np.floor(p[0])), int(np.floor(p[1]))) for p in (a, b)}
    assert {tuple(p) for p in np.argwhere(image & (distance > radius + 1e-6)).tolist()} <= ends


@settings(max_examples=60, deadline=None)
@given(st.tuples(st.floats(0, 39), st.floats(0, 49)), st.tuples(st.floats(0, 39), st.floats(0, 49)))
def test_the_thinnest_stroke_is_unbroken(start, end):
    image = painted(*stroke(start, end, 0.5, SHAPE))
    count, _ = cv2.connectedComponents(image.astype(np.uint8), connectivity=8)
    assert count == 2


def test_a_stroke_touches_its_own_surroundings_only():
    region, mask = stroke((10_000, 10_000), (10_010, 10_003), 4, (20_000, 20_000))
    assert region.shape == mask.shape
    assert region.height <= 20
    assert region.width <= 13


@pytest.mark.parametrize("where", [(-30.0, 5.0), (5.0, 1e300), (45.0, 5.0)])
def test_a_stroke_off_the_image_is_empty(where):
    region, mask = disc(where, 3, SHAPE)
    assert region.empty
    assert mask.size == 0


def test_a_square_is_filled_by_the_pixel_centre_rule():
    image = painted(*polygon([(2, 3), (2, 6), (5, 6), (5, 3)], SHAPE))
    assert image.sum() == 9
    assert image[2:5, 3:6].all()
    assert painted(*polygon([(2.6, 3.6), (2.6, 5.4), (4.4, 5.4), (4.4, 3.6)], SHAPE)).sum() == 1


def test_a_hole_stays_empty():
    image = painted(*polygon([(0, 0), (0, 10), (10, 10), (10, 0)], SHAPE, holes=[[(3, 3), (3, 6), (6, 6), (6, 3)]]))
    assert image.sum() == 91
    assert not image[3:6, 3:6].any()


def test_triangles_that_share_an_edge_tile_the_square():
    a = painted(*polygon([(0, 0), (0, 30), (30, 30)], SHAPE)).astype(int)
    b = painted(*polygon([(0, 0), (30, 30), (30, 0)], SHAPE)).astype(int)
    assert (a + b)[:30, :30].min() == 1
    assert (a + b).max() == 1
    assert (a + b).sum() == 900


@settings(max_examples=60, deadline=None)
@given(st.lists(points, min_size=3, max_size=9))
def test_polygons_agree_with_the_crossing_test(vertices):
    ring = np.array(vertices) + 0.123456
    y, x = np.mgrid[:40, :50]
    centres = np.stack([y.ravel(), x.ravel()], 1) + 0.5
    inside = points_in_poly(centres, ring)
    # centres on edges are a matter of convention: inside or not there by where rounding takes them
    sides = [points_in_poly(centres + by, ring) for by in ((1e-6, 0), (-1e-6, 0), (0, 1e-6), (0, -1e-6))]
    clear = np.all([side == inside for side in sides], axis=0)
    assert (painted(*polygon(ring, SHAPE)).ravel() == inside)[clear].all()


def test_a_pixel_outline_is_its_square():
    mask = np.zeros((5, 6), bool)
    mask[2, 3] = True
    (outline,) = outlines(mask)
    assert sorted(map(tuple, outline.exterior.tolist())) == [(2, 3), (2, 4), (3, 3), (3, 4)]
    assert outline.holes == ()


def test_a_ring_has_one_outline_with_one_hole():
    mask = np.ones((6, 7), bool)
    mask[2:4, 2:5] = False
    (outline,) = outlines(mask, origin=(10, 20))
    assert len(outline.exterior) == 4
    assert outline.exterior.min(axis=0).tolist() == [10, 20]
    assert [area(hole) for hole in outline.holes] == [6]


def test_pieces_that_touch_at_a_corner_are_two():
    assert len(outlines(np.eye(4, dtype=bool))) == 4


@settings(max_examples=150, deadline=None)
@given(arrays(np.bool_, (11, 13)))
def test_any_mask_comes_back_from_its_outlines(mask):
    found = outlines(mask)
    again = np.zeros(mask.shape, int)
    for outline in found:
        again += filled(outline, mask.shape)
    assert (again == mask).all()
    exact = sum(area(o.exterior) - sum(area(h) for h in o.holes) for o in found)
    assert exact == mask.sum()


def test_a_simplified_disc_keeps_its_shape_with_few_vertices():
    y, x = np.mgrid[:200, :200]
    mask = np.hypot(y - 99.5, x - 99.5) < 80
    (outline,) = outlines(mask, tolerance=1)
    assert len(outline.exterior) < 80
    again = filled(outline, mask.shape)
    assert (again & mask).sum() / (again | mask).sum() > 0.98


def test_a_collapsing_ring_keeps_its_vertices():
    mask = np.zeros((9, 9), bool)
    mask[4, 4] = True
    (outline,) = outlines(mask, tolerance=5)
    assert len(outline.exterior) == 4


def test_nothing_has_no_outline():
    assert outlines(np.zeros((4, 4), bool)) == []
    assert polygon(np.zeros((0, 2)), SHAPE)[0].empty
    assert not polygon([(3, 3), (8, 8)], SHAPE)[1].any()


def test_what_is_no_shape_is_told():
    with pytest.raises(AnnotationError):
        polygon([(1, float("nan")), (2, 2), (3, 1)], SHAPE)
    with pytest.raises(AnnotationError):
        disc((float("inf"), 0), 2, SHAPE)
    with pytest.raises(OptionError):
        disc((3, 3), 0.2, SHAPE)
    with pytest.raises(AnnotationError):
        outlines(np.zeros((2, 2, 3), bool))
