"""Orders of samples by what would teach most: values worked by hand, and what every order promises."""

from __future__ import annotations

import math

import numpy as np
import pytest

from segstudio.core.errors import OptionError
from segstudio.learning.active import (
    STRATEGIES,
    coverage_scores,
    disagreement_score,
    entropy_score,
    k_centres,
    margin_score,
    random_score,
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


def test_what_are_no_probabilities_is_refused() -> None:
    with pytest.raises(OptionError, match="shape"):
        entropy_score(np.zeros((3, 4)))
