"""Strokes put into labels that are there already."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from segstudio.algorithms.scribbles import correction
from segstudio.algorithms.scribbles.correction import anchored, doubted, unsure
from segstudio.core.progress import finish

UNLABELLED = 255


def scene() -> tuple[NDArray[np.uint8], NDArray[np.uint16]]:
    """Two bright squares on dark, and what they are: a square is class 1, another class 2."""
    image = np.full((80, 120), 40, np.uint8)
    truth = np.zeros(image.shape, np.uint16)
    truth[20:50, 15:45], truth[20:50, 75:105] = 1, 2
    image[truth > 0] = 200
    image[truth == 2] = 150
    noise = np.random.default_rng(0).integers(-6, 7, image.shape)
    return (image + noise).astype(np.uint8), truth


def corrected(
    image: NDArray[np.uint8], seeds: NDArray[np.uint16], labels: NDArray[np.uint16]
) -> tuple[NDArray[np.integer], NDArray[np.float32]]:
    confidence = np.full(labels.shape, 0.8, np.float32)
    rows = np.stack([np.where(labels == k, 0.8, 0.1) for k in range(3)]).astype(np.float32)
    found = finish(correction(image, seeds, labels, confidence, probabilities=rows))
    return found.labels, found.confidence


def test_a_stroke_brings_back_what_the_network_missed_and_leaves_the_rest() -> None:
    image, truth = scene()
    labels = truth.copy()
    labels[labels == 1] = 0  # one square is missed
    labels[60:64, 60:64] = 2  # and a speck is wrong, far away
    seeds = np.full(truth.shape, UNLABELLED, np.uint16)
    seeds[34:36, 17:43] = 1
    found, confidence = corrected(image, seeds, labels)
    square = truth == 1
    assert (found[square] == 1).mean() > 0.95
    assert (found[~square] == 1).mean() < 0.01
    far = np.zeros(truth.shape, bool)
    far[:, 65:] = True
    assert (found[far] == labels[far]).all(), "nobody said anything of this"
    assert (confidence[far] == np.float32(0.8)).all()
    assert (confidence[seeds == 1] == 1).all()


def test_a_stroke_of_a_class_leaves_the_class_where_the_network_was_right() -> None:
    image, truth = scene()
    truth[truth == 2] = 1
    image[truth == 1] = 200
    labels = truth.copy()
    labels[:, 60:] = 0  # one of two squares of a class is missed
    seeds = np.full(truth.shape, UNLABELLED, np.uint16)
    seeds[34:36, 77:103] = 1
    found, _ = corrected(image, seeds, labels)
    assert (found[:, :60] == truth[:, :60]).all()
    assert (found[truth == 1] == 1).mean() > 0.95


def test_strokes_that_agree_change_nothing() -> None:
    image, truth = scene()
    seeds = np.full(truth.shape, UNLABELLED, np.uint16)
    seeds[34:36, 17:43] = 1
    seeds[70, 5:100] = 0
    found, _ = corrected(image, seeds, truth)
    assert (found == truth).all()


def test_what_the_network_knew_nothing_of_is_filled() -> None:
    image, truth = scene()
    labels = truth.copy()
    labels[10:60, 70:110] = UNLABELLED
    seeds = np.full(truth.shape, UNLABELLED, np.uint16)
    seeds[34:36, 77:103] = 2
    found, _ = corrected(image, seeds, labels)
    assert not (found == UNLABELLED).any()
    assert (found[truth == 2] == 2).mean() > 0.95
    assert (found[:, :60] == truth[:, :60]).all()


def test_doubt_reaches_as_far_as_the_stroke_is_long_and_touches_only_the_class_it_contradicts() -> None:
    labels = np.zeros((40, 60), np.uint16)
    labels[:, 40:] = 1
    seeds = np.full(labels.shape, UNLABELLED, np.uint16)
    seeds[20, 21:40] = 2  # 19 by 1 pixels, on class 0 alone
    doubt = doubted(seeds, labels)
    assert not doubt[:, 40:].any(), "class 1 was not contradicted"
    reach = 0.7 * np.hypot(19, 1)
    y, x = np.nonzero(doubt)
    distance = np.hypot(y - 20, np.clip(21 - x, 0, None))
    assert distance.max() < reach
    assert distance.max() > reach - 2
    dot = np.full(labels.shape, UNLABELLED, np.uint16)
    dot[20, 20] = 1
    assert 20 < doubted(dot, labels).sum() < 60, "a dot corrects more than itself"
    assert not doubted(np.full_like(labels, UNLABELLED), labels).any()


def test_what_the_network_was_not_sure_of_is_decided_by_the_strokes_too() -> None:
    image, truth = scene()
    image[truth == 2] = 200
    truth[truth == 2] = 1
    labels = np.zeros_like(truth)  # both squares are missed; of the second one the network had its doubts
    confidence = np.full(labels.shape, 0.95, np.float32)
    confidence[18:52, 73:107] = 0.55
    rows = np.stack([confidence, 1 - confidence])
    seeds = np.full(truth.shape, UNLABELLED, np.uint16)
    seeds[34:36, 17:43] = 1
    found = finish(correction(image, seeds, labels, confidence, probabilities=rows)).labels
    assert (found[:, :60][truth[:, :60] == 1] == 1).mean() > 0.95
    assert (found[:, 60:][truth[:, 60:] == 1] == 1).mean() > 0.95, "no stroke is near"
    assert (found[truth == 0] == 0).mean() > 0.97
    seeds[seeds == 1] = 0  # a stroke that contradicts nothing
    found = finish(correction(image, seeds, labels, confidence, probabilities=rows)).labels
    assert (found == labels).all()


def test_at_most_two_fifths_are_unsure() -> None:
    assert unsure(np.array([[0.5, 0.6, 0.7, 0.9, 0.9, 0.9, 0.95, 0.99, 0.99, 1.0]])).tolist() == [
        [True] * 3 + [False] * 7
    ]
    assert unsure(np.linspace(0.1, 0.6, 101)[None]).sum() == 40
    assert not unsure(np.full((4, 4), 0.8)).any()
    assert not unsure(np.full((4, 4), 0.3)).any(), "none is less sure than the others"
    assert unsure(np.zeros((0, 0))).shape == (0, 0)


def test_the_surest_pixels_outside_the_doubt_hold_their_ground() -> None:
    labels = np.array([[0, 0, 0, 1, 1, 2, 255]], np.uint16)
    confidence = np.array([[0.5, 0.6, 0.99, 0.9, 0.7, 0.8, 1.0]], np.float32)
    seeds = np.full((1, 7), UNLABELLED, np.uint16)
    seeds[0, 4] = 1
    doubt = np.zeros((1, 7), bool)
    assert anchored(seeds, labels, confidence, doubt).tolist() == [[255, 255, 0, 1, 1, 2, 255]]
    doubt[0, 2] = True
    assert anchored(seeds, labels, confidence, doubt).tolist() == [[255, 0, 255, 1, 1, 2, 255]]
    assert seeds[0, 3] == UNLABELLED, "the strokes themselves are as they were"
