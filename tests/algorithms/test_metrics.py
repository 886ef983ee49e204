"""Metrics against values worked by hand, torchmetrics, and brute force over all pairs of points."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray
from scipy.spatial.distance import cdist
from torchmetrics.functional.classification import multiclass_confusion_matrix, multiclass_jaccard_index

from segstudio.algorithms import metrics
from segstudio.core.errors import AnnotationError, OptionError

masks = hnp.arrays(bool, st.tuples(st.integers(1, 9), st.integers(1, 9)))


@st.composite
def pairs(draw: st.DrawFn) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    first = draw(masks)
    return first, draw(hnp.arrays(bool, first.shape))


def square(y: int, x: int, side: int = 4, size: int = 20) -> NDArray[np.bool_]:
    mask = np.zeros((size, size), bool)
    mask[y : y + side, x : x + side] = True
    return mask


def surface_points(mask: NDArray[np.bool_]) -> NDArray[np.intp]:
    """Foreground with a direct neighbour that is background or outside, found pixel by pixel."""
    padded = np.pad(mask, 1)
    inner = padded[:-2, 1:-1] & padded[2:, 1:-1] & padded[1:-1, :-2] & padded[1:-1, 2:]
    return np.argwhere(mask & ~inner)


def test_confusion_counts_true_rows_and_predicted_columns() -> None:
    got = metrics.confusion([[0, 1, 1], [2, 2, 0]], [[0, 1, 2], [2, 255, 1]], 3)
    np.testing.assert_array_equal(got, [[1, 0, 0], [1, 1, 0], [0, 1, 1]])
    assert got.dtype == np.int64


def test_confusion_and_iou_are_those_of_torchmetrics() -> None:
    rng = np.random.default_rng(0)
    target, prediction = rng.integers(0, 5, (2, 3, 40, 50))
    target[rng.random(target.shape) < 0.1] = 255
    tensors = torch.from_numpy(prediction), torch.from_numpy(target)
    matrix = metrics.confusion(prediction, target, 5)
    np.testing.assert_array_equal(matrix, multiclass_confusion_matrix(*tensors, 5, ignore_index=255).numpy())
    expected = multiclass_jaccard_index(*tensors, 5, average="none", ignore_index=255).numpy()
    np.testing.assert_allclose(metrics.scores(matrix).iou, expected, atol=1e-6)


def test_scores_by_hand() -> None:
    # class 0: 50 right, 10 taken for 1; class 1: 30 right, 5 taken for 0; class 2 is nowhere
    got = metrics.scores([[50, 10, 0], [5, 30, 0], [0, 0, 0]])
    np.testing.assert_array_equal([got.tp, got.fp, got.fn, got.tn], [[50, 30, 0], [5, 10, 0], [10, 5, 0], [30, 50, 95]])
    np.testing.assert_allclose(got.iou, [50 / 65, 30 / 45, np.nan])
    np.testing.assert_allclose(got.dice, [100 / 115, 60 / 75, np.nan])
    np.testing.assert_allclose(got.class_accuracy, [50 / 60, 30 / 35, np.nan])
    np.testing.assert_allclose(got.precision, [50 / 55, 30 / 40, np.nan])
    np.testing.assert_allclose(got.specificity, [30 / 35, 50 / 60, 1.0])
    np.testing.assert_allclose(got.fpr, [5 / 35, 10 / 60, 0.0])
    np.testing.assert_allclose(got.fnr, [10 / 60, 5 / 35, np.nan])
    assert got.miou == pytest.approx((50 / 65 + 30 / 45) / 2)
    assert got.mean_dice == pytest.approx((100 / 115 + 60 / 75) / 2)
    assert got.pixel_accuracy == pytest.approx(80 / 95)
    assert got.mean_accuracy == pytest.approx((50 / 60 + 30 / 35) / 2)
    assert got.fwiou == pytest.approx((60 * 50 / 65 + 35 * 30 / 45) / 95)


def test_a_class_only_predicted_scores_zero_and_counts() -> None:
    got = metrics.scores(metrics.confusion([0, 1], [0, 0], 3))
    np.testing.assert_allclose(got.iou, [0.5, 0.0, np.nan])
    assert got.miou == pytest.approx(0.25)


def test_nothing_labelled_has_no_score() -> None:
    got = metrics.scores(metrics.confusion([0, 1], [255, 255], 2))
    assert math.isnan(got.miou)
    assert math.isnan(got.pixel_accuracy)
    assert math.isnan(got.fwiou)


def test_ids_that_are_no_class_are_refused() -> None:
    with pytest.raises(AnnotationError, match="the target holds 7"):
        metrics.confusion([0], [7], 3)
    with pytest.raises(AnnotationError, match="the prediction holds 255"):
        metrics.confusion([255], [0], 3)
    with pytest.raises(AnnotationError, match="of shape"):
        metrics.confusion([0], [0, 1], 3)


def test_unlabelled_predictions_can_stand_for_a_class() -> None:
    np.testing.assert_array_equal(metrics.confusion([255, 1], [1, 1], 2, unlabelled_as=0), [[0, 0], [1, 1]])


@given(st.integers(0, 2**32 - 1))
def test_counts_of_images_add_up_to_the_counts_of_all(seed: int) -> None:
    target, prediction = np.random.default_rng(seed).integers(0, 4, (2, 3, 5, 5))
    parts = sum(metrics.confusion(p, t, 4) for p, t in zip(prediction, target, strict=True))
    np.testing.assert_array_equal(parts, metrics.confusion(prediction, target, 4))


def test_distances_between_shifted_squares() -> None:
    here, there = square(5, 5), square(5, 8)  # three pixels to the right
    assert metrics.hausdorff(here, there) == 3
    assert metrics.hausdorff(here, there, spacing=(1.0, 0.5)) == 1.5
    assert metrics.hausdorff(here, there, spacing=2) == 6
    # the twelve surface pixels of a square: four of the far column at 3, two at 2, two at 1, four on the other's column
    assert metrics.surface_distance(here, there) == pytest.approx((4 * 3 + 2 * 2 + 2 * 1 + 0 * 4) / 12)


def test_hd95_by_hand() -> None:
    line, longer = np.zeros((1, 200), bool), np.zeros((1, 200), bool)
    line[0, :100] = longer[0, :109] = True
    # the distances back are a hundred zeros and 1..9: the 95th percentile stands at place 0.95 * 108 = 102.6
    assert metrics.hd95(line, longer) == pytest.approx(3.6)
    assert metrics.hausdorff(line, longer) == 9


@settings(max_examples=150, deadline=None)
@given(pairs(), st.floats(0.3, 3), st.floats(0.3, 3))
def test_distances_agree_with_all_pairs_of_points(
    pair: tuple[NDArray[np.bool_], NDArray[np.bool_]], dy: float, dx: float
) -> None:
    first, second = (surface_points(mask) * [dy, dx] for mask in pair)
    found = [f(*pair, spacing=(dy, dx)) for f in (metrics.hausdorff, metrics.hd95, metrics.surface_distance)]
    if not len(first) and not len(second):
        assert np.isnan(found).all()
    elif not len(first) or not len(second):
        assert np.isposinf(found).all()
    else:
        every = cdist(first, second)
        there, back = every.min(1), every.min(0)
        both = np.concatenate([there, back])
        percentile = max(np.percentile(there, 95), np.percentile(back, 95))
        np.testing.assert_allclose(found, [both.max(), percentile, both.mean()], atol=1e-9)


@settings(max_examples=60, deadline=None)
@given(pairs())
def test_boundary_f1_agrees_with_all_pairs_of_points(pair: tuple[NDArray[np.bool_], NDArray[np.bool_]]) -> None:
    def contour(mask: NDArray[np.bool_]) -> NDArray[np.intp]:
        height, width = mask.shape
        steps = ((0, 1), (1, 0), (1, 1))
        return np.array(
            [
                (y, x)
                for y in range(height)
                for x in range(width)
                if any(y + v < height and x + u < width and mask[y, x] != mask[y + v, x + u] for v, u in steps)
            ]
        ).reshape(-1, 2)

    first, second = (contour(mask) for mask in pair)
    got = metrics.boundary_f1(*pair, tolerance=2)
    if not len(first) or not len(second):
        assert got == float(len(first) == len(second))
    else:
        near = cdist(first, second) <= 2
        precision, recall = near.any(1).mean(), near.any(0).mean()
        expected = 2 * precision * recall / (precision + recall) if precision + recall else 0
        assert got == pytest.approx(expected)


def test_boundary_f1_of_shifted_squares() -> None:
    assert metrics.boundary_f1(square(5, 5), square(5, 7), tolerance=2) == 1
    # the contour of a square of four lies one pixel up and left of it: five by five cells; moved by eight nothing meets
    assert metrics.boundary_f1(square(2, 2), square(2, 12), tolerance=2) == 0
    # 0.008 of the diagonal of 20 x 20 pixels is rounded up to one
    assert metrics.boundary_f1(square(5, 5), square(5, 6)) == metrics.boundary_f1(
        square(5, 5), square(5, 6), tolerance=1
    )


def test_boundary_iou_by_hand() -> None:
    # 2 % of the diagonal of 20 x 20 is 0.57, rounded to one pixel: bands of a 4 x 4 square are its 12 outer pixels
    assert metrics.boundary_iou(square(5, 5), square(5, 5)) == 1
    # moved by one: the two 3-pixel stretches above and below, and the side columns where they cross inner ones
    here, there = square(5, 5), square(5, 6)
    band = square(5, 5) & ~square(6, 6, 2), square(5, 6) & ~square(6, 7, 2)
    expected = (band[0] & band[1]).sum() / (band[0] | band[1]).sum()
    assert metrics.boundary_iou(here, there) == pytest.approx(expected)
    # a band as wide as the object is the object
    union = (here | there).sum()
    assert metrics.boundary_iou(here, there, width=0.5) == pytest.approx((here & there).sum() / union)


def test_the_border_of_the_image_is_a_boundary_of_a_band() -> None:
    whole = np.ones((10, 10), bool)
    # one pixel wide band: 36 of 100 pixels
    assert metrics.boundary_iou(whole, np.pad(np.ones((8, 8), bool), 1)) == 0


def test_empty_masks_are_told_apart() -> None:
    empty, full = np.zeros((8, 8), bool), square(2, 2, 3, 8)
    for distance in (metrics.hausdorff, metrics.hd95, metrics.surface_distance):
        assert math.isnan(distance(empty, empty))
        assert distance(empty, full) == math.inf
        assert distance(full, empty) == math.inf
    assert math.isnan(metrics.boundary_iou(empty, empty))
    assert metrics.boundary_iou(empty, full) == 0
    assert metrics.boundary_f1(empty, empty) == 1
    assert metrics.boundary_f1(empty, full) == 0


def test_class_maps_give_one_value_a_class_and_leave_ignored_pixels_out() -> None:
    target = np.zeros((12, 12), np.uint8)
    target[2:6, 2:6] = 1
    prediction = np.roll(target, 1, 1)
    target[10] = 255
    prediction[10] = 2
    for measure in (metrics.boundary_iou, metrics.boundary_f1, metrics.hausdorff, metrics.hd95):
        values = measure(prediction, target, num_classes=4)
        assert values.shape == (4,)
        assert values[1] == measure(prediction == 1, target == 1)
        assert np.isnan(values[2:]).all()


def test_surfaces_of_volumes() -> None:
    first, second = np.zeros((2, 6, 7, 8), bool)
    first[1:4, 2:5, 2:5] = True
    second[2:5, 2:5, 2:5] = True
    assert metrics.hausdorff(first, second, spacing=(3.0, 1.0, 1.0)) == 3.0


def test_a_spacing_must_be_positive() -> None:
    with pytest.raises(OptionError, match="above 0"):
        metrics.hausdorff(square(1, 1), square(2, 2), spacing=(0, 1))
