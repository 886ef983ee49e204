"""Max-margin clustering: worked by hand, exact against all assignments, and true to every constraint."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog, minimize

from segstudio.algorithms.clustering import BoxMembers, Constraints, Cover, assign, cluster, permitted, support_vector
from segstudio.core.errors import AnnotationError, OptionError


def blobs(counts: tuple[int, ...], seed: int = 0, spread: float = 0.3) -> tuple[Any, Any]:
    """Clouds of points around far-apart centres, and which cloud each is of."""
    rng = np.random.default_rng(seed)
    centres = np.array([[0.0, 0.0], [4.0, 0.0], [0.0, 4.0], [4.0, 4.0]])
    truth = np.repeat(np.arange(len(counts)), counts)
    return centres[truth] + rng.normal(0, spread, (len(truth), 2)), truth


def partial(truth: Any, known: int) -> Any:
    labels = np.full(len(truth), 255)
    for c in np.unique(truth):
        labels[np.flatnonzero(truth == c)[:known]] = c
    return labels


def test_one_label_a_class_spreads_over_its_cloud() -> None:
    features, truth = blobs((20, 30, 10))
    found = cluster(features, Constraints(3, labels=partial(truth, 2)))
    np.testing.assert_array_equal(found, truth)


def test_tags_of_several_images_tell_the_classes_apart() -> None:
    # class 0 is in all images, 1 in the first two, 2 in the last two: no superpixel was ever labelled
    first, a = blobs((15, 8), 1)
    second, b = blobs((15, 6), 2)
    third, c = blobs((15, 0, 9), 3)
    fourth, d = blobs((12, 0, 7), 4)
    images = np.repeat(np.arange(4), [23, 21, 24, 19])
    tags = {0: [0, 1], 1: [0, 1], 2: [0, 2], 3: [0, 2]}
    found = cluster(np.concatenate([first, second, third, fourth]), Constraints(3, images, tags))
    np.testing.assert_array_equal(found, np.concatenate([a, b, c, d]))


def test_a_box_holds_its_object_in() -> None:
    features, truth = blobs((20, 10))
    look_alike = np.concatenate([features, features[20:22]])  # as the object, but outside the box
    box = BoxMembers(1, np.arange(15, 30))
    found = cluster(look_alike, Constraints(2, boxes=[box]))
    assert (found[30:] == 0).all()
    assert (found[:15] == 0).all()
    np.testing.assert_array_equal(found[20:30], truth[20:])


def test_boxes_tags_and_labels_mix() -> None:
    features, truth = blobs((20, 10, 12))
    second, more = blobs((10, 5), 7)
    images = np.repeat([0, 1], [42, 15])
    labels = np.full(57, 255)
    labels[0] = 0
    found = cluster(
        np.concatenate([features, second]),
        Constraints(3, images, {0: [0, 1, 2], 1: [0, 1]}, [BoxMembers(1, np.arange(18, 32))], labels),
    )
    assert (found == np.concatenate([truth, more])).mean() > 0.95
    assert not (found[42:] == 2).any()


def test_the_machine_separates_two_points_as_worked_by_hand() -> None:
    # points -1 and 1, one of each class; with a free bias of 0 the loss is 1/2 w^2 + 2 c (1 - w)^2: w = 4c / (1 + 4c)
    features = np.array([[-1.0, 1.0], [1.0, 1.0]])
    w = support_vector(features, np.array([0.0, 1.0]), np.array([1.0, 0.0]), 0.5)
    assert w[0] == pytest.approx(2 / 3, abs=1e-5)
    assert w[1] == pytest.approx(0, abs=1e-5)


def test_the_machine_finds_what_a_general_solver_finds() -> None:
    rng = np.random.default_rng(0)
    features = np.hstack([rng.normal(size=(30, 3)), np.ones((30, 1))])
    side = rng.random(30)
    w = support_vector(features, side, 1 - side, 0.3)

    def value(w: Any) -> float:
        size = 0.5 * (w[:3] @ w[:3] + 1e-3 * w[3] ** 2)
        margin = features @ w
        loss = side @ np.maximum(0, 1 - margin) ** 2 + (1 - side) @ np.maximum(0, 1 + margin) ** 2
        return float(size + 0.3 * loss)

    other = minimize(value, np.zeros(4), method="Powell", options={"xtol": 1e-8, "ftol": 1e-12, "maxiter": 10_000})
    assert value(w) <= other.fun + 1e-6


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 100_000), st.integers(2, 5), st.integers(2, 3))
def test_the_assignment_is_the_best_of_all(seed: int, count: int, classes: int) -> None:
    rng = np.random.default_rng(seed)
    scores = rng.normal(size=(count, classes))
    allowed = rng.random((count, classes)) < 0.8
    allowed[np.arange(count), rng.integers(classes, size=count)] = True
    covers = [
        Cover(int(rng.integers(classes)), rng.permutation(count)[: rng.integers(1, count + 1)], "a cover")
        for _ in range(int(rng.integers(0, 4)))
    ]

    def valid(labels: tuple[int, ...]) -> bool:
        return all(allowed[p, c] for p, c in enumerate(labels)) and all(
            any(labels[p] == cover.class_id for p in cover.members) for cover in covers
        )

    every = [labels for labels in itertools.product(range(classes), repeat=count) if valid(labels)]
    if not every:
        with pytest.raises(AnnotationError, match="contradict"):
            assign(scores, allowed, covers)
        return
    best = max(sum(scores[p, c] for p, c in enumerate(labels)) for labels in every)
    found = assign(scores, allowed, covers)
    assert valid(tuple(int(c) for c in found))
    assert scores[np.arange(count), found].sum() == pytest.approx(best)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 100_000))
def test_under_tags_the_linear_program_is_integral(seed: int) -> None:
    rng = np.random.default_rng(seed)
    count, classes = 12, 4
    scores = rng.normal(size=(count, classes)) + np.array([2, 0, 0, -3])
    every = np.arange(count)
    rows = np.zeros((count, count, classes))
    rows[every, every] = 1
    columns = -np.ones((classes, count, classes)) * np.eye(classes)[:, None, :]
    relaxed = linprog(
        -scores.ravel(),
        A_ub=columns.reshape(classes, -1),
        b_ub=-np.ones(classes),
        A_eq=rows.reshape(count, -1),
        b_eq=np.ones(count),
        bounds=(0, 1),
    )
    assert relaxed.fun is not None
    found = assign(scores, np.ones((count, classes), bool), [Cover(c, every, "a tag") for c in range(classes)])
    assert scores[every, found].sum() == pytest.approx(-relaxed.fun)
    assert set(found) == {0, 1, 2, 3}


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 100_000))
def test_every_constraint_holds_in_the_answer(seed: int) -> None:
    rng = np.random.default_rng(seed)
    features = rng.normal(size=(40, 3))
    images = np.repeat([0, 1], 20)
    labels = np.full(40, 255)
    labels[:3] = [0, 1, 0]
    box = BoxMembers(2, 20 + rng.permutation(20)[:8])
    constraints = Constraints(3, images, {0: [0, 1]}, [box], labels, rng.uniform(1, 9, 40))
    found = cluster(features, constraints)
    allowed, covers, _ = permitted(constraints, 40)
    assert allowed[np.arange(40), found].all()
    assert all((found[c.members] == c.class_id).any() for c in covers)
    np.testing.assert_array_equal(found, cluster(features * [3, 0.1, 7] + 5, constraints))


@pytest.mark.parametrize(
    ("constraints", "message"),
    [
        (Constraints(2, tags={0: [5]}), "a tag is of class 5, but there are 2"),
        (Constraints(2, tags={0: []}), "leave no class"),
        (
            Constraints(2, tags={0: [0]}, labels=np.array([1, 255, 255])),
            "superpixel 0 has class 1, which tags or boxes",
        ),
        (Constraints(4, tags={0: [0, 1, 2, 3]}), "too few superpixels"),
        (Constraints(2, boxes=[BoxMembers(1, np.array([], int))]), "box 1 holds no superpixel"),
        (Constraints(2, boxes=[BoxMembers(1, np.array([9]))]), "do not exist"),
        (Constraints(2, tags={0: [0]}, boxes=[BoxMembers(1, np.array([0]))]), "box 1 of class 1 contradicts"),
        (Constraints(1, boxes=[BoxMembers(0, np.array([0]))]), "superpixel 1 can have no class"),
        (Constraints(2, labels=np.array([0, 1])), "labels of 2 superpixels are given, but there are 3"),
        (Constraints(2, images=np.zeros(2, int)), "the image of 2 superpixels is given"),
        (Constraints(2, weights=np.zeros(3)), "weights are 3 finite numbers above 0"),
        (Constraints(0), "at least one class"),
    ],
)
def test_contradictory_constraints_are_one_clear_error(constraints: Constraints, message: str) -> None:
    with pytest.raises(AnnotationError, match=message):
        cluster(np.eye(3), constraints)


@pytest.mark.parametrize("features", [np.full((3, 2), np.nan), np.zeros(3), np.zeros((0, 2))])
def test_features_that_cannot_be_used_are_refused(features: Any) -> None:
    with pytest.raises(AnnotationError, match="features are"):
        cluster(features, Constraints(2))


def test_options_out_of_range_are_refused() -> None:
    with pytest.raises(OptionError, match="regularisation above 0"):
        cluster(np.eye(3), Constraints(2), regularisation=0)


def test_features_all_alike_give_an_answer() -> None:
    found = cluster(np.ones((6, 2)), Constraints(3, tags={0: [0, 2]}))
    assert set(found) == {0, 2}
