"""Outlines between outlined slices."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from segstudio.algorithms.shape_interpolation import between, signed_distance
from segstudio.core.errors import AnnotationError

Y, X = np.mgrid[:64, :80]


def disc(y: float, x: float, radius: float, class_id: int = 1) -> NDArray[np.uint8]:
    return np.where((Y - y) ** 2 + (X - x) ** 2 < radius**2, class_id, 255).astype(np.uint8)


def test_the_signed_distance_has_its_border_between_pixels() -> None:
    row = np.array([[False, False, True, True, True, False]])
    assert signed_distance(row).tolist() == [[-1.5, -0.5, 0.5, 1.5, 0.5, -0.5]]
    wide = signed_distance(row, (1.0, 2.0))
    assert wide.tolist() == [[-3.5, -1.5, 1.5, 3.5, 1.5, -1.5]]  # columns 2 mm apart, the border 0.5 mm off


def test_a_cone_is_found_again_between_its_ends() -> None:
    ends = {0.0: disc(32, 40, 8), 10.0: disc(32, 40, 20)}
    found = between(ends, [2.5, 5.0, 7.5], {1: [0.0, 10.0]})
    for place, radius in ((2.5, 11), (5.0, 14), (7.5, 17)):
        truth, got = disc(32, 40, radius) == 1, found[place] == 1
        assert (truth & got).sum() / (truth | got).sum() > 0.95


def test_what_moves_is_between_and_places_need_not_be_even() -> None:
    found = between({0.0: disc(32, 30, 12), 9.0: disc(32, 42, 12)}, [3.0], {1: [0.0, 9.0]})[3.0]
    rows, columns = np.nonzero(found == 1)
    assert rows.mean() == pytest.approx(32, abs=0.5)
    assert columns.mean() == pytest.approx(34, abs=1)  # a third of the way


def test_each_class_lies_between_its_own_slices_and_the_deeper_one_wins() -> None:
    both = np.where(X < 40, 1, 2).astype(np.uint8)
    slices = {0.0: both, 1.0: np.full_like(both, 255), 2.0: both, 3.0: np.full_like(both, 255), 4.0: disc(32, 10, 8)}
    found = between(slices, [1.0, 3.0], {1: [0.0, 2.0, 4.0], 2: [0.0, 2.0]})
    np.testing.assert_array_equal(found[1.0], both)
    assert set(np.unique(found[3.0])) == {1, 255}  # class 2 ends at 2


def test_nothing_lies_outside_of_the_outermost_outlines() -> None:
    assert between({0.0: disc(32, 40, 8), 1.0: disc(32, 40, 8)}, [2.0, -1.0], {1: [0.0, 1.0]}) == {}
    assert between({0.0: disc(32, 40, 8)}, [1.0], {1: [0.0]}) == {}


def test_slices_of_different_sizes_are_refused() -> None:
    with pytest.raises(AnnotationError, match="different sizes"):
        between({0.0: disc(32, 40, 8), 2.0: np.zeros((3, 3), np.uint8)}, [1.0], {0: [0.0, 2.0]})
