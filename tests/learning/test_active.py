"""Orders of samples by what would teach most: values worked by hand, and what every order promises."""

from __future__ import annotations

import math

import numpy as np
import pytest

from segstudio.app.settings import Settings
from segstudio.core.errors import OptionError
from segstudio.learning.active import (
    DEFAULT,
    STRATEGIES,
    coverage_scores,
    disagreement_score,
    entropy_score,
    facility_location,
    k_centres,
    margin_score,
    random_score,
    representative_scores,
    tiny_picture,
)


def flat(*shares: float) -> np.ndarray:
    """Probabilities ``(K, 2, 3)``, the same at every pixel."""
    return np.broadcast_to(np.array(shares)[:, None, None], (len(shares), 2, 3))


def test_entropy_is_a_share_of_the_largest() -> None:
    assert entropy_score(flat(0.25, 0.25, 0.25, 0.25)) == pytest.approx(1)
    assert entropy_score(flat(1, 0, 0)) == pytest.approx(0, abs=1e-9)
    expected = -(0.9 * math.log(0.9) + 0.1 * math.log(0.1)) / math.log(2)
    assert entropy_score(flat(0.9, 0.1)) == pytest.approx(expected)
    assert entropy_score(flat(0.1)) == pytest.approx(expected), "a single foreground probability is two classes"


def test_margin_is_about_the_first_two_classes() -> None:
    assert margin_score(flat(0.6, 0.3, 0.1)) == pytest.approx(0.7)
    assert margin_score(flat(1, 0, 0)) == 0
    assert margin_score(flat(0.4, 0.4, 0.2)) == pytest.approx(1)


def test_what_is_hard_for_every_pass_is_no_disagreement() -> None:
    same = np.stack([flat(0.5, 0.5)] * 4)
    split = np.stack([flat(1, 0), flat(0, 1)])
    assert disagreement_score(same) == pytest.approx(0, abs=1e-12)
    assert disagreement_score(split) == pytest.approx(1)


def test_k_centres_take_what_is_farthest_from_all_before() -> None:
    points = np.array([[0.0], [1.0], [10.0], [6.0]])
    order, distances = k_centres(points, np.array([[0.0]]))
    assert order == [2, 3, 1, 0]
    assert distances == [10, 4, 1, 0]
    assert k_centres(points, np.zeros((0, 1)))[0][0] == 3, "nothing labelled: nearest to the mean (4.25)"
    assert k_centres(np.zeros((0, 2)), np.zeros((0, 2))) == ([], [])


def test_the_greedy_cover_is_at_most_twice_the_best() -> None:
    rng = np.random.default_rng(0)
    points = rng.normal(size=(9, 2))
    order, _ = k_centres(points, np.zeros((0, 2)), 2)

    def radius(chosen: tuple[int, ...]) -> float:
        return float(np.linalg.norm(points[:, None] - points[list(chosen)], axis=2).min(1).max())

    best = min(radius((a, b)) for a in range(9) for b in range(a))
    assert radius(tuple(order)) <= 2 * best


def test_coverage_falls_in_the_order_of_the_cover() -> None:
    scores = coverage_scores({7: np.array([1.0]), 3: np.array([10.0]), 5: np.array([6.0])}, [np.array([0.0])])
    assert sorted(scores, key=scores.__getitem__, reverse=True) == [3, 5, 7]
    assert all(0 < score <= 1 for score in scores.values())
    assert coverage_scores({}, []) == {}


def test_what_stands_for_most_comes_first() -> None:
    points = np.array([[0.0], [1.0], [2.0], [10.0], [30.0]])
    # distances to all in sum: 43, 40, 39, 47, 107
    assert facility_location(points, np.zeros((0, 1)))[0] == 2, "nothing labelled: the medoid"
    # beside 30 the others are 30, 29, 28 and 20 away; 2 shortens that by 28 + 28 + 28 + 12 = 96, 1 by 29 + 29 + 28 + 11
    # = 97, 0 by 30 + 28 + 26 + 10 = 94, 10 by 20 + 20 + 20 + 20 = 80; then 10 shortens 9 to 0, 0 and 2 only 1 to 0
    assert facility_location(points, np.array([[30.0]])) == [1, 3, 0, 2, 4]
    # the farthest one, which stands for itself alone, is last here and first in the cover
    near = np.array([[2.0], [3.0], [4.0], [3.0], [9.0]])  # 10, 13, 12, 13 and 9 shorter
    assert facility_location(near, np.array([[0.0]]))[0] == 1
    assert k_centres(near, np.array([[0.0]]))[0][0] == 4
    assert facility_location(np.zeros((0, 2)), np.zeros((0, 2))) == []
    scores = representative_scores({7: points[0], 3: points[1], 5: points[3]}, [np.array([30.0])])
    assert sorted(scores, key=scores.__getitem__, reverse=True) == [3, 5, 7]
    assert all(0 < score <= 1 for score in scores.values())


def test_a_tiny_picture_tells_what_lies_where_and_not_how_bright_it_is() -> None:
    left = np.zeros((40, 50, 1), np.uint8)
    left[:, :25] = 200
    told = tiny_picture(left)
    assert told.shape == (64,)
    # half of the pixels are as far above the mean as the others below, so that each of 64 fields counts 1/8 either way
    assert np.linalg.norm(told) == pytest.approx(1)
    assert told.reshape(8, 8)[:, :3] == pytest.approx(1 / 8, abs=0.01)
    assert told.reshape(8, 8)[:, 5:] == pytest.approx(-1 / 8, abs=0.01)
    assert tiny_picture(left.astype(np.float32) / 10 + 5) == pytest.approx(told, abs=1e-5)
    large = np.repeat(np.repeat(left, 30, 0), 30, 1)
    assert tiny_picture(large) == pytest.approx(told, abs=0.02)
    right = left[:, ::-1]
    assert tiny_picture(right) @ told < -0.9
    assert not tiny_picture(np.full((40, 50, 3), 7, np.uint16)).any(), "a plain image looks like nothing"
    assert tiny_picture(left[:3, :3]).shape == (64,), "smaller than its fields"
    broken = left.astype(np.float32)
    broken[0, 0] = np.nan
    assert np.isfinite(tiny_picture(broken)).all()


def test_the_greedy_choice_shortens_nearly_as_much_as_the_best() -> None:
    rng = np.random.default_rng(2)
    points = rng.normal(size=(9, 2))
    apart = np.linalg.norm(points[:, None] - points, axis=2)

    def shortened(chosen: tuple[int, ...]) -> float:
        return float((apart.max() - apart[list(chosen)].min(0)).sum())

    best = max(shortened((a, b)) for a in range(9) for b in range(a))
    chosen = facility_location(points, np.zeros((0, 2)))[:2]
    assert shortened(tuple(chosen)) >= (1 - 1 / math.e) * best, "Nemhauser, Wolsey, Fisher 1978"


def test_of_thousands_of_samples_each_has_its_place() -> None:
    rng = np.random.default_rng(3)
    groups = np.repeat(np.eye(3), 1000, axis=0) + 0.01 * rng.normal(size=(3000, 3))
    order = facility_location(groups, np.zeros((0, 3)))
    assert sorted(order) == list(range(3000))
    assert sorted(row // 1000 for row in order[:3]) == [0, 1, 2], "one of each group first"


def test_the_default_is_the_same_everywhere_and_stands_first() -> None:
    assert Settings().teach_order == DEFAULT == next(iter(STRATEGIES))


def test_random_is_the_same_for_a_seed() -> None:
    assert random_score(3, 1) == random_score(3, 1) != random_score(3, 2)


@pytest.mark.parametrize("name", list(STRATEGIES))
def test_every_order_says_why_and_scores_within_bounds(name: str) -> None:
    way = STRATEGIES[name]
    assert way.title
    assert way.pick.endswith(".")
    if way.score is not None:
        rng = np.random.default_rng(1)
        shape = (3, 4, 5) if way.needs == "probabilities" else (5, 3, 4, 5)
        values = rng.random(shape)
        values /= values.sum(axis=-3, keepdims=True)
        assert 0 <= way.score(values) <= 1
    assert (way.needs in ("features", "picture")) == (way.compare is not None)
    if way.compare is not None:
        features = {i: np.random.default_rng(i).random(6) for i in range(5)}
        scores = way.compare(features, [np.ones(6)])
        assert set(scores) == set(features)
        assert all(0 <= score <= 1 for score in scores.values())


def test_what_are_no_probabilities_is_refused() -> None:
    with pytest.raises(OptionError, match="shape"):
        entropy_score(np.zeros((3, 4)))
