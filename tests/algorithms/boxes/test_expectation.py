"""E-steps of weakly supervised training worked by hand, and Bbox-Seg."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from segstudio.algorithms.boxes import pseudo_label, pseudo_labelling
from segstudio.algorithms.boxes.expectation import bbox_em_fixed, em_adapt, em_fixed, worn_down
from segstudio.core.errors import AnnotationError, OptionError
from segstudio.core.progress import finish


def row(*values: tuple[float, ...]) -> Any:
    """Scores of one row of pixels, ``(K, 1, W)``."""
    return np.array(values, float)[:, None]


def test_em_fixed_adds_its_constants_and_leaves_absent_classes_out() -> None:
    scores = row((4.0, 4.0, 4.0), (1.0, 3.0, 0.0), (9.0, 9.0, 9.0))
    # background 4 + 3 = 7 against foreground + 5: 6, 8, 5; class 2 is not in the image
    np.testing.assert_array_equal(em_fixed(scores, [1]), [[0, 1, 0]])
    np.testing.assert_array_equal(em_fixed(scores, [1], foreground=7), [[1, 1, 0]])
    np.testing.assert_array_equal(em_fixed(scores, []), [[0, 0, 0]])


def test_em_adapt_gives_each_class_its_share() -> None:
    # background leads everywhere by 1, 2, ..., 10: three tenths for class 1 are the three smallest leads
    lead = np.arange(1.0, 11.0)
    scores = row(tuple(lead), (0.0,) * 10)
    found = em_adapt(scores, [1], foreground=0.3, background=0.4)
    np.testing.assert_array_equal(found, [[1, 1, 1, 0, 0, 0, 0, 0, 0, 0]])
    # where the foreground leads everywhere the background takes its four tenths
    found = em_adapt(-scores, [1], foreground=0.2, background=0.4)
    np.testing.assert_array_equal(found, [[0, 0, 0, 0, 1, 1, 1, 1, 1, 1]])


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 10_000), st.floats(0.05, 0.9))
def test_em_adapt_always_gives_the_last_class_its_share(seed: int, share: float) -> None:
    rng = np.random.default_rng(seed)
    scores = rng.normal(0, 3, (4, 6, 7))
    found = em_adapt(scores, [1, 3], foreground=share, background=0.4)
    assert set(np.unique(found)) <= {0, 1, 3}
    assert (found == 3).sum() >= round(share * 42)


def test_boxes_lift_their_class_inside_them_only() -> None:
    scores = row((1.0, 1.0, 1.0, 1.0, 1.0), (0.5, -0.5, 0.5, 5.0, 5.0), (0.0,) * 5)
    boxes = np.array([[1, 1, 2, 0, 255]])
    # inside: own + 2 against 1 + 1; outside background whatever the scores; nothing known stays so
    np.testing.assert_array_equal(bbox_em_fixed(scores, boxes), [[1, 0, 0, 0, 255]])


@pytest.mark.parametrize("bad", [np.zeros((2, 3)), np.full((2, 3, 3), np.nan), np.zeros((2, 3, 3), int)])
def test_scores_that_cannot_be_used_are_refused(bad: Any) -> None:
    with pytest.raises(AnnotationError, match="scores are finite"):
        em_fixed(bad, [1])


def test_classes_and_shares_out_of_range_are_refused() -> None:
    with pytest.raises(AnnotationError, match="class 5 has no row"):
        em_fixed(np.zeros((2, 3, 3)), [5])
    with pytest.raises(OptionError, match="share of the foreground"):
        em_adapt(np.zeros((2, 3, 3)), [1], foreground=1.5)
    with pytest.raises(AnnotationError, match="do not fit"):
        bbox_em_fixed(np.zeros((2, 3, 3)), np.zeros((4, 4), int))


def test_a_box_is_worn_down_to_less_than_a_quarter() -> None:
    centre = worn_down((40, 20))
    assert centre.height * centre.width < 0.25 * 800
    assert (centre.height + 2) * (centre.width + 2) >= 0.25 * 800
    assert centre.y0 == centre.x0 == 20 - centre.x1
    assert worn_down((10, 10)).shape == (10, 10)
    assert worn_down((5, 100)).shape == (5, 100)
    assert not worn_down((10, 400)).empty


def disc() -> tuple[Any, Any]:
    y, x = np.mgrid[:48, :48]
    inside = (y - 24) ** 2 + (x - 24) ** 2 < 144
    image = np.where(inside, 200, 60)[..., None] + np.random.default_rng(0).normal(0, 3, (48, 48, 3))
    return image.clip(0, 255).astype(np.uint8), inside


@pytest.mark.parametrize("centre", [0.75, 1.0])
def test_bbox_seg_follows_the_object_in_its_box(centre: float) -> None:
    image, truth = disc()
    found = finish(
        pseudo_labelling(image, [(3, 12, 12, 37, 37)], method="bbox_seg", centre=centre, bilateral=(10, 30, 20))
    )
    assert ((found.labels == 3) == truth).mean() > 0.97
    assert found.confidence.min() >= 0.5 - 1e-6
    outside = np.ones(truth.shape, bool)
    outside[12:37, 12:37] = False
    assert (found.labels[outside] == 0).all()


def test_bbox_seg_without_boxes_is_background() -> None:
    image, _ = disc()
    assert not pseudo_label(image, [], method="bbox_seg").any()


def test_bbox_em_fixed_fills_boxes_by_the_network() -> None:
    image, truth = disc()
    probabilities = np.stack([np.where(truth, 0.3, 0.9), np.where(truth, 0.7, 0.1)])
    found = pseudo_label(image, [(1, 10, 10, 30, 40)], method="em_fixed", probabilities=probabilities)
    expected = truth.copy()
    expected[:, 30:] = False
    np.testing.assert_array_equal(found == 1, expected)
    with pytest.raises(OptionError, match="needs a network's probabilities"):
        pseudo_label(image, [(1, 10, 10, 30, 40)], method="em_fixed")


def test_bad_options_are_refused() -> None:
    image, _ = disc()
    with pytest.raises(OptionError, match="centre is a probability"):
        pseudo_label(image, [(1, 10, 10, 30, 40)], method="bbox_seg", centre=0.2)
