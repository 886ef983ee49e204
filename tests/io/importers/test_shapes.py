"""Outlines: what is wrong with them, and what they cover."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from segstudio.core.annotation import Box
from segstudio.core.errors import MaskError
from segstudio.core.geometry import Region
from segstudio.io.importers.shapes import Drawn, as_ring, clipped_box, crosses_itself, paint, ring_trouble

SQUARE = [(1.0, 1.0), (1.0, 5.0), (5.0, 5.0), (5.0, 1.0)]


def trouble(points: object, shape: tuple[int, int] = (8, 8)) -> str:
    found = ring_trouble(as_ring(points), shape)
    return found.reason if found else ""


def test_rings_are_read_from_flat_lists_and_pairs() -> None:
    assert as_ring([1, 2, 3, 4, 5, 6]).tolist() == [[2, 1], [4, 3], [6, 5]]  # type: ignore[union-attr]
    assert as_ring([[1, 2], [3, 4]]).tolist() == [[2, 1], [4, 3]]  # type: ignore[union-attr]
    for wrong in ([1, 2, 3], ["a", "b"], [[1, 2, 3]], [1, float("nan")], None, {}, [[1], [2, 3]], [None, None]):
        assert as_ring(wrong) is None


@pytest.mark.parametrize(
    ("points", "reason"),
    [
        (SQUARE, ""),
        ([(0, 0), (8, 0), (8, 8), (0, 8)], ""),
        ([(0, 0), (8.6, 0), (8, 8)], ""),  # rounding
        ([(0, 0), (7, 7), (7, 0), (0, 7)], "crosses itself"),
        ([(0, 0), (99, 0), (0, 7)], "reaches outside"),
        ([(20, 20), (30, 20), (30, 30)], "lies outside"),
        ([(-9, -9), (-1, -9), (-1, -1)], "lies outside"),
        ([(0, 0), (1, 1)], "fewer than three"),
        ("nonsense", "list of numbers"),
    ],
)
def test_trouble_is_told(points: object, reason: str) -> None:
    assert reason in trouble(points)
    assert bool(reason) == bool(trouble(points))


def test_a_slit_to_a_hole_is_no_crossing() -> None:
    outer = [(0, 0), (0, 9), (9, 9), (9, 0)]
    hole = [(3, 3), (6, 3), (6, 6), (3, 6)]
    assert not crosses_itself(np.array([outer[0], *hole, hole[0], *outer], float))


@given(st.integers(3, 40), st.randoms(use_true_random=False))
def test_polygons_around_a_centre_never_cross_and_a_swap_of_neighbours_in_a_convex_one_does(
    n: int, random: object
) -> None:
    angles = np.sort(np.array([random.uniform(0, 2 * np.pi) for _ in range(n)]))  # type: ignore[attr-defined]
    radii = np.array([random.uniform(1, 9) for _ in range(n)])  # type: ignore[attr-defined]
    gaps = np.diff(angles, append=angles[0] + 2 * np.pi)
    if gaps.max() > 3 or gaps.min() < 1e-3:
        return  # the centre lies outside, or spikes lie on each other
    assert not crosses_itself(np.stack([radii * np.sin(angles), radii * np.cos(angles)], axis=1))
    if n >= 4:
        even = np.arange(n) * 2 * np.pi / n
        convex = np.stack([np.sin(even), np.cos(even)], axis=1)
        convex[[1, 2]] = convex[[2, 1]]
        assert crosses_itself(convex)


def test_boxes_are_cut_to_the_image() -> None:
    assert clipped_box(1, -3, 2.4, 5.6, 99, (10, 12)) == Box(1, 0, 2, 6, 10)
    assert clipped_box(1, 5, 5, 2, 3, (10, 12)) == Box(1, 2, 3, 5, 5)
    assert clipped_box(1, 20, 20, 30, 30, (10, 12)) is None


def test_smaller_objects_lie_on_top_and_crowds_below() -> None:
    whole, corner = np.ones((4, 4), bool), np.ones((2, 2), bool)
    crowd = Drawn(3, Region(0, 0, 4, 4), whole, instance=False)
    labels = paint(
        Path("i"), [Drawn(1, Region(0, 0, 2, 2), corner), Drawn(2, Region(0, 0, 4, 3), whole[:, :3]), crowd], (4, 5), 0
    )
    assert labels.ids.tolist() == [
        [257, 257, 256, 3, 0],
        [257, 257, 256, 3, 0],
        [256, 256, 256, 3, 0],
        [256, 256, 256, 3, 0],
    ]
    assert labels.segments == {256: 2, 257: 1}


def test_more_objects_than_ids_are_refused() -> None:
    dot = Drawn(1, Region(0, 0, 1, 1), np.ones((1, 1), bool))
    with pytest.raises(MaskError, match="more objects"):
        paint(Path("i"), [dot] * 65_281, (1, 1), 0)


@pytest.mark.parametrize("points", [300, 20_000])
def test_outlines_of_any_length_that_cross_themselves_are_told(points: int) -> None:
    angles = np.linspace(0, 2 * np.pi, points, endpoint=False)
    ring = np.stack([500 + 400 * np.sin(angles), 500 + 400 * np.cos(angles)], axis=1)
    assert not crosses_itself(ring)
    ring[[points // 4, points // 4 + 20]] = ring[[points // 4 + 20, points // 4]]
    assert crosses_itself(ring)
