"""Image tags as constraints: worked by hand, against SciPy, and the conditions of optimality."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.optimize import minimize

from segstudio.algorithms.tags import Presence, constrained_distribution, restricted
from segstudio.core.annotation import ImageTag
from segstudio.core.errors import AnnotationError, OptionError

Floats = NDArray[Any]


def constant(*shares: float, shape: tuple[int, int] = (3, 4)) -> Floats:
    return np.broadcast_to(np.array(shares)[:, None, None], (len(shares), *shape))


def random_probabilities(seed: int, classes: int, shape: tuple[int, int] = (5, 6), spread: float = 2.0) -> Floats:
    logits = np.random.default_rng(seed).normal(0, spread, (classes, *shape))
    share: Floats = np.exp(logits)
    share /= share.sum(0)
    return share


def test_two_classes_in_closed_form() -> None:
    # q = 0.98 background everywhere, at most 0.7 allowed: all pixels are alike, so each becomes 0.7
    found = constrained_distribution(constant(0.98, 0.02), [1])
    np.testing.assert_allclose(found, constant(0.7, 0.3), atol=1e-5)


def test_slack_ends_how_far_a_class_is_raised() -> None:
    # without a background the presence constraint stands alone: its logit is raised by 2 and no further
    found = constrained_distribution(constant(0.999, 0.001), [0, 1], background=None)
    raised = 0.001 * math.exp(2) / (0.999 + 0.001 * math.exp(2))
    assert found[1, 0, 0] == pytest.approx(raised, rel=1e-5)
    enough = constrained_distribution(constant(0.98, 0.02), [0, 1], background=None)
    assert enough[1, 0, 0] == pytest.approx(0.05, rel=1e-4)


def test_what_already_obeys_stays_as_it_is() -> None:
    q = random_probabilities(3, 3, spread=0.1)
    np.testing.assert_allclose(constrained_distribution(q, [1, 2]), q, atol=1e-6)


def test_absent_classes_vanish_and_tags_may_leave_classes_open() -> None:
    q = random_probabilities(1, 4)
    closed = constrained_distribution(q, [2])
    assert (closed[[1, 3]] == 0).all()
    opened = constrained_distribution(q, [ImageTag(2), ImageTag(3, present=False)])
    assert (opened[3] == 0).all()
    assert (opened[1] > 0).all()
    np.testing.assert_array_equal(opened, constrained_distribution(q, {2: True, 3: False}))


def test_an_image_without_tags_is_all_background() -> None:
    found = constrained_distribution(random_probabilities(1, 4), [])
    np.testing.assert_array_equal(found[0], np.ones((5, 6), np.float32))


def test_sizes_bind_without_slack() -> None:
    q = constant(0.5, 0.4999, 0.0001)
    found = constrained_distribution(q, [1, 2], sizes={2: (0.2, 0.3)})
    assert found[2].mean() == pytest.approx(0.2, abs=1e-4)
    assert constrained_distribution(q, [1, 2], sizes={2: "large"})[2].mean() == pytest.approx(0.1, abs=1e-4)
    assert constrained_distribution(q, [1, 2], sizes={1: "small"})[1].mean() == pytest.approx(0.1, abs=1e-4)


def test_the_surest_pixels_are_raised_first() -> None:
    q = np.empty((2, 1, 4))
    q[1] = [0.9, 0.2, 0.01, 0.001]
    q[0] = 1 - q[1]
    found = constrained_distribution(q, [1], background_range=(0.3, 0.5))[1, 0]
    assert found.mean() == pytest.approx(0.5, abs=1e-5)
    assert (np.diff(found) < 0).all()


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000), st.integers(2, 5), st.floats(0.2, 6), st.floats(0, 3))
def test_scipy_finds_the_same(seed: int, classes: int, spread: float, slack: float) -> None:
    rng = np.random.default_rng(seed)
    q = random_probabilities(seed, classes, (4, 5), spread)
    tags = [int(k) for k in range(1, classes) if rng.random() < 0.7] or [1]
    found = constrained_distribution(q, tags, slack=slack, iterations=500)
    rows = [0, *tags]
    logits = np.log(q[rows]).reshape(len(rows), -1).T
    A = np.concatenate([np.eye(len(rows)), -np.eye(len(rows))[:1]])
    b = np.array([0.3, *[0.05] * len(tags), -0.7])
    ends = [(0, 60), *[(0, slack)] * len(tags), (0, 60)]

    def dual(multipliers: Floats) -> tuple[float, Floats]:
        shifted = logits + A.T @ multipliers
        total = np.log(np.exp(shifted).sum(1))
        p = np.exp(shifted - total[:, None])
        return float(total.mean() - b @ multipliers), A @ p.mean(0) - b

    solved = minimize(
        dual, np.zeros(len(b)), jac=True, bounds=ends, method="L-BFGS-B", options={"ftol": 1e-15, "gtol": 1e-10}
    )
    shifted = logits + A.T @ solved.x
    expected = np.exp(shifted - np.log(np.exp(shifted).sum(1))[:, None]).T
    np.testing.assert_allclose(found[rows].reshape(len(rows), -1), expected, atol=3e-4)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000), st.integers(2, 6), st.floats(0.1, 20))
def test_the_answer_is_optimal_and_never_nan(seed: int, classes: int, spread: float) -> None:
    rng = np.random.default_rng(seed)
    with np.errstate(over="ignore", invalid="ignore"):
        q = np.nan_to_num(random_probabilities(seed, classes, (3, 4), spread))
    tags = [int(k) for k in range(1, classes) if rng.random() < 0.5] or [classes - 1]
    p = constrained_distribution(q, tags, iterations=500)
    assert np.isfinite(p).all()
    np.testing.assert_allclose(p.sum(0), 1, atol=1e-5)
    assert p[0].mean() > 0.3 - 1e-3
    assert p[0].mean() < 0.7 + 1e-3
    # every pixel is moved by the same number a class: log p - log q differs between two pixels only by a constant
    rows = [0, *tags]
    moved = np.log(np.maximum(p[rows], 1e-30)) - np.log(np.maximum(q[rows], 1e-12))
    relative = (moved - moved[:1]).reshape(len(rows), -1)
    certain = (p[rows].reshape(len(rows), -1) > 1e-6).all(0)
    if certain.any():
        assert np.ptp(relative[:, certain], axis=1).max() < 1e-2


@pytest.mark.parametrize(
    ("tags", "sizes", "message"),
    [
        ([7], None, "there is a tag of class 7, but there are 3 classes"),
        ([ImageTag(1), ImageTag(1, present=False)], None, "class 1 is tagged as present and as absent"),
        ({0: False, 1: False, 2: False}, None, "leave no class"),
        ([1], {2: "large"}, "class 2 has a size, but the tags say that it is absent"),
        ([1, 2], {1: (0.6, 0.9), 2: (0.5, 0.6)}, "contradict each other"),
        ([1], {1: "small"}, "contradict each other"),
        ([1], {1: (0.9, 0.2)}, "the smaller first"),
        ([1], {1: "huge"}, "'small', 'large' or two shares"),
        (["cat"], None, "a tag is a class id, not 'cat'"),
    ],
)
def test_contradictory_tags_are_one_clear_error(tags: Any, sizes: Any, message: str) -> None:
    with pytest.raises(AnnotationError, match=message):
        constrained_distribution(random_probabilities(0, 3), tags, sizes=sizes)


@pytest.mark.parametrize("bad", [np.full((2, 3, 3), np.nan), -np.ones((2, 3, 3)), np.ones((3, 3)), np.ones((0, 3, 3))])
def test_probabilities_that_cannot_be_used_are_refused(bad: Floats) -> None:
    with pytest.raises(AnnotationError, match="probabilities are"):
        constrained_distribution(bad, [1])


@pytest.mark.parametrize(
    "options", [{"presence": 1.5}, {"slack": -1}, {"iterations": 0}, {"background_range": (0.8, 0.2)}]
)
def test_options_out_of_range_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises(OptionError):
        constrained_distribution(random_probabilities(0, 3), [1], **options)


def test_zero_probabilities_do_not_forbid_a_tagged_class() -> None:
    found = constrained_distribution(constant(1.0, 0.0), [1])
    assert found[1].mean() == pytest.approx(0.3, abs=1e-4)


def test_restricting_drops_absent_classes_and_shares_what_is_left() -> None:
    np.testing.assert_allclose(restricted(constant(0.5, 0.25, 0.25), [1])[:, 0, 0], [2 / 3, 1 / 3, 0])
    np.testing.assert_allclose(restricted(constant(0.0, 0.0, 1.0), [1])[:, 0, 0], [0.5, 0.5, 0])


def test_presence_reads_every_form_of_tags() -> None:
    assert Presence.read([2], 4) == Presence(frozenset({2}), frozenset({1, 3}))
    assert Presence.read([2], 4, None) == Presence(frozenset({2}), frozenset({0, 1, 3}))
    assert Presence.read({2: True, 1: False}, 4) == Presence(frozenset({2}), frozenset({1}))
