"""Seeds from a slice for its neighbour."""

from __future__ import annotations

import numpy as np
import pytest

from segstudio.algorithms.between_slices import eroded_seeds
from segstudio.core.errors import AnnotationError
from segstudio.core.labels import UNLABELLED


def test_borders_are_left_open_and_the_images_edge_is_no_border() -> None:
    labels = np.zeros((20, 20), np.uint8)
    labels[:, 10:] = 1
    seeds = eroded_seeds(labels, radius=3)
    assert (seeds[:, :7] == 0).all()
    assert (seeds[:, 7:13] == UNLABELLED).all()
    assert (seeds[:, 13:] == 1).all()


def test_an_area_that_is_thinner_than_the_radius_is_not_lost() -> None:
    labels = np.zeros((40, 40), np.uint16)
    labels[20] = 3
    seeds = eroded_seeds(labels, radius=4)
    assert set(np.unique(seeds)) == {0, 3, UNLABELLED}
    assert (seeds[20] == 3).all()


def test_seeds_never_say_another_class_than_the_labels() -> None:
    labels = np.random.default_rng(0).integers(0, 4, (30, 30)).astype(np.uint8)
    seeds = eroded_seeds(labels)
    said = seeds != UNLABELLED
    np.testing.assert_array_equal(seeds[said], labels[said])
    assert set(np.unique(seeds[said])) == set(np.unique(labels))


def test_a_slice_has_two_axes() -> None:
    with pytest.raises(AnnotationError, match="a slice"):
        eroded_seeds(np.zeros((2, 3, 4), np.uint8))
