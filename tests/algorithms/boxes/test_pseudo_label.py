"""Boxes to masks: one contract for every method, and every box that cannot be used."""

from __future__ import annotations

import numpy as np
import pytest

from segstudio.algorithms import boxes
from segstudio.algorithms.boxes import BOX_METHODS, pseudo_labelling
from segstudio.algorithms.boxes.scene import read
from segstudio.algorithms.boxes.together import groups
from segstudio.core.errors import AnnotationError, OptionError
from segstudio.core.progress import Progress, finish

FILLERS = [name for name in BOX_METHODS if not BOX_METHODS[name].needs_probabilities]


def discs(channels: int = 3, noise: float = 4.0) -> tuple[np.ndarray, np.ndarray, list[tuple[int, int, int, int, int]]]:
    """A bright and a dark disc on grey; their truth 0, 1, 2 and their boxes."""
    rng = np.random.default_rng(0)
    y, x = np.mgrid[:90, :120]
    truth = np.zeros((90, 120), np.uint8)
    truth[(y - 44.5) ** 2 + (x - 34.5) ** 2 <= 20**2] = 1
    truth[(y - 44.5) ** 2 + (x - 84.5) ** 2 <= 15**2] = 2
    level = np.array([120, 220, 30])[truth]
    image = level[:, :, None] + np.zeros(channels) + rng.normal(0, noise, (90, 120, channels))
    return np.clip(image, 0, 255).astype(np.uint8), truth, [(1, 15, 25, 55, 65), (2, 70, 30, 100, 60)]


def overlap(a: np.ndarray, b: np.ndarray) -> float:
    return float((a & b).sum() / (a | b).sum())


@pytest.mark.parametrize("method", FILLERS)
class TestContract:
    """What every entry of the table holds to."""

    def test_labels_are_the_boxes_classes_inside_and_background_outside(self, method: str) -> None:
        image, truth, given = discs()
        found = finish(boxes.pseudo_labelling(image, given, method=method))
        assert found.labels.dtype == np.uint8
        assert found.labels.shape == truth.shape
        outside = np.ones(truth.shape, bool)
        for label, x0, y0, x1, y1 in given:
            outside[y0:y1, x0:x1] = False
            assert set(np.unique(found.labels[y0:y1, x0:x1])) <= {0, label}
            assert overlap(found.labels == label, truth == label) > 0.75
        assert (found.labels[outside] == 0).all()

    def test_confidence_is_a_share_of_one(self, method: str) -> None:
        image, truth, given = discs()
        confidence = finish(boxes.pseudo_labelling(image, given, method=method)).confidence
        assert confidence.dtype == np.float32
        assert confidence.shape == truth.shape
        assert confidence.min() >= 0
        assert confidence.max() <= 1

    def test_the_same_boxes_give_the_same_mask_in_any_order(self, method: str) -> None:
        image, _, given = discs()
        first = boxes.pseudo_label(image, given, method=method)
        assert np.array_equal(first, boxes.pseudo_label(image, given[::-1], method=method))

    @pytest.mark.parametrize("kind", ["one colour", "grey 16 bit", "float", "rgba", "five channels"])
    def test_any_picture_works(self, method: str, kind: str) -> None:
        image, _, given = discs()
        pictures: dict[str, np.ndarray] = {
            "one colour": np.full((90, 120, 3), 77, np.uint8),
            "grey 16 bit": image[:, :, 0].astype(np.uint16) * 13,
            "float": image.astype(np.float64) / 1000 - 3,
            "rgba": np.dstack([image, np.full(image.shape[:2], 255, np.uint8)]),
            "five channels": np.dstack([image, image[:, :, :2]]),
        }
        found = finish(boxes.pseudo_labelling(pictures[kind], given, method=method))
        assert set(np.unique(found.labels)) <= {0, 1, 2}
        assert np.isfinite(found.confidence).all()

    @pytest.mark.parametrize(
        "box",
        [
            pytest.param((1, 0, 0, 120, 90), id="the whole picture"),
            pytest.param((1, 40, 40, 41, 41), id="one pixel"),
            pytest.param((1, 0, 0, 1, 90), id="one column at the edge"),
            pytest.param((1, 20, 50, 110, 51), id="one row"),
            pytest.param((1, -30, -30, 20, 25), id="over the corner"),
        ],
    )
    def test_boxes_of_extreme_shape(self, method: str, box: tuple[int, ...]) -> None:
        image, _, _ = discs()
        found = finish(boxes.pseudo_labelling(image, [box], method=method))
        assert set(np.unique(found.labels)) <= {0, 1}
        assert np.isfinite(found.confidence).all()

    def test_a_picture_of_one_pixel(self, method: str) -> None:
        found = finish(boxes.pseudo_labelling(np.zeros((1, 1), np.uint8), [(1, 0, 0, 1, 1)], method=method))
        assert found.labels.shape == (1, 1)

    def test_without_boxes_all_is_background(self, method: str) -> None:
        image, _, _ = discs()
        assert (boxes.pseudo_label(image, [], method=method) == 0).all()

    def test_large_class_ids_come_back(self, method: str) -> None:
        image, _, given = discs()
        found = boxes.pseudo_label(image, [(300, *given[0][1:]), given[1]], method=method)
        assert found.dtype == np.uint16
        assert set(np.unique(found)) == {0, 2, 300}

    def test_equal_boxes_of_two_classes_end(self, method: str) -> None:
        image, _, given = discs()
        twice = [given[0], (2, *given[0][1:])]
        assert set(np.unique(boxes.pseudo_label(image, twice, method=method))) <= {0, 1, 2}

    def test_an_unknown_option_is_named(self, method: str) -> None:
        image, _, given = discs()
        with pytest.raises(OptionError, match="'flavour'"):
            boxes.pseudo_label(image, given, method=method, flavour=1)


@pytest.mark.parametrize(
    ("box", "message"),
    [
        ((1, 130, 10, 140, 20), r"box 1 \(130, 10, 140, 20\) lies outside the image of 120 x 90 pixels"),
        ((1, -20, 10, 0, 20), "lies outside the image"),
        ((1, 10, 10, 10, 20), "box 1 .* has no size"),
        ((1, 20, 10, 10, 20), "has no size"),
        ((1, 10.2, 10, 10.4, 20), "has no size"),
        ((1, 10, 10, float("nan"), 20), "the corners of box 1 are pixels"),
        ((1, 10, 10, float("inf"), 20), "the corners of box 1 are pixels"),
        ((1, 10, 10, "wide", 20), "the corners of box 1 are pixels"),
        ((1.5, 10, 10, 20, 20), "the class of box 1 is a whole number"),
        ((True, 10, 10, 20, 20), "the class of box 1 is a whole number"),
        ((255, 10, 10, 20, 20), "other than 255"),
        ((-1, 10, 10, 20, 20), "0..65535"),
        ((70000, 10, 10, 20, 20), "0..65535"),
        ((1, 10, 10, 20), r"box 1 is \(class, x0, y0, x1, y1\)"),
        (7, r"box 1 is \(class, x0, y0, x1, y1\)"),
    ],
)
def test_a_box_that_cannot_be_used_is_named(box: object, message: str) -> None:
    image, _, _ = discs()
    with pytest.raises(AnnotationError, match=message):
        boxes.pseudo_label(image, [box])  # type: ignore[list-item]


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_pixels_that_are_not_finite_are_refused(value: float) -> None:
    image, _, given = discs()
    broken = image.astype(np.float32)
    broken[5, 5] = value
    with pytest.raises(AnnotationError, match="NaN or infinite"):
        boxes.pseudo_label(broken, given)


def test_an_empty_image_is_refused() -> None:
    with pytest.raises(AnnotationError, match="at least one pixel"):
        boxes.pseudo_label(np.zeros((0, 5)), [])


def test_probabilities_that_do_not_fit_are_refused() -> None:
    image, _, given = discs()
    for wrong, message in [
        (np.ones((3, 4, 4)), "probabilities are"),
        (np.ones((2, 90, 120)), "class 2 of a box has no row"),
        (np.full((3, 90, 120), np.nan), "finite"),
        (np.full((3, 90, 120), -1.0), "not negative"),
    ]:
        with pytest.raises(AnnotationError, match=message):
            boxes.pseudo_label(image, given, probabilities=wrong)


def test_an_unknown_method_is_answered_with_the_nearest() -> None:
    image, _, given = discs()
    with pytest.raises(OptionError, match="did you mean 'ellipse'"):
        boxes.pseudo_label(image, given, method="elipse")


def test_work_yields_before_it_starts_so_that_it_can_be_stopped() -> None:
    image, _, given = discs()
    work = boxes.pseudo_labelling(image, given)
    assert isinstance(next(work), Progress)
    work.close()


def test_rectangles_by_hand_the_smallest_box_wins() -> None:
    found = boxes.pseudo_label(np.zeros((4, 5), np.uint8), [(2, 1, 1, 3, 3), (1, 0, 0, 4, 4)], method="rect")
    assert found.tolist() == [[1, 1, 1, 1, 0], [1, 2, 2, 1, 0], [1, 2, 2, 1, 0], [1, 1, 1, 1, 0]]


def test_an_ellipse_fills_pi_quarters_of_its_box() -> None:
    found = boxes.pseudo_label(np.zeros((300, 200), np.uint8), [(1, 10, 20, 190, 280)], method="ellipse")
    assert found.sum() / (180 * 260) == pytest.approx(np.pi / 4, abs=2e-3)


def test_grabcut_needs_an_iteration() -> None:
    image, _, given = discs()
    with pytest.raises(OptionError, match="1 to 100 iterations, not 0"):
        boxes.pseudo_label(image, given, method="grabcut", iterations=0)


def test_the_default_finds_discs_almost_exactly() -> None:
    image, truth, given = discs()
    found = boxes.pseudo_label(image, given)
    assert overlap(found == 1, truth == 1) > 0.93
    assert overlap(found == 2, truth == 2) > 0.93


@pytest.mark.parametrize("method", ["auto", "together", "crf", "grabcut"])
def test_many_boxes_tell_how_far_they_are_and_can_be_stopped(method: str) -> None:
    rng = np.random.default_rng(0)
    image = rng.integers(0, 255, (60, 90, 3)).astype(np.uint8)
    given = [(1, x, y, x + 9, y + 8) for y in range(2, 50, 12) for x in range(2, 80, 13)]
    work = pseudo_labelling(image, given, method=method)
    told = [next(work).fraction for _ in range(len(given) // 2)]
    work.close()
    assert all(fraction is not None for fraction in told)
    assert told == sorted(told)
    assert told[-1] > 0.3


def test_a_thousand_boxes_are_grouped_by_who_meets_whom() -> None:
    image = np.zeros((320, 320, 1), np.uint8)
    given = [(1, 10 * x, 10 * y, 10 * x + (11 if x % 2 == 0 else 9), 10 * y + 9) for y in range(32) for x in range(31)]
    pairs = [len(group.boxes) for group in groups(read(image, given))]
    assert sum(pairs) == len(given)
    assert sorted(pairs) == [1] * 32 + [2] * 480  # an even column reaches into the next one
