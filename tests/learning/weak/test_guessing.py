"""Guessed targets: human pixels are part of them, distributions have the gradient of the paper, and order is mixed."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from segstudio.algorithms.tags import Presence, constrained_distribution
from segstudio.learning.loader import Batch
from segstudio.learning.losses import create_loss
from segstudio.learning.networks.base import NetworkOutput
from segstudio.learning.trainer import SupervisedObjective
from segstudio.learning.weak.guessing import STEPS, GuessedObjective, Guessing, Said, mixed_order

KNOWN = Presence(frozenset({0, 1}), frozenset({2}))


def batch(target: Any, hints: Any = None) -> Batch:
    return Batch(torch.zeros(len(target), 1, *target.shape[1:]), target, None, tuple(range(len(target))), None, hints)


@pytest.mark.parametrize("name", ["em_fixed", "em_adapt"])
def test_a_guess_completes_what_was_drawn(name: str) -> None:
    torch.manual_seed(0)
    logits = torch.randn(1, 3, 8, 8)
    target = torch.full((1, 8, 8), 255)
    target[0, 0, :] = 2
    seen: list[Batch] = []

    def base(output: NetworkOutput, given: Batch) -> torch.Tensor:
        seen.append(given)
        return output.logits.sum()

    GuessedObjective(base, STEPS[name], [Said(KNOWN, False, False)])(NetworkOutput(logits, ()), batch(target))
    guessed = seen[0].target
    assert (guessed[0, 0] == 2).all()
    assert set(guessed[0, 1:].unique().tolist()) == {0, 1}
    assert (target[0, 1:] == 255).all()


def test_boxes_confine_their_class() -> None:
    hints = torch.zeros(1, 8, 8, dtype=torch.long)
    hints[0, 2:5, 2:5] = 1
    hints[0, 7] = 255  # beyond the image
    seen: list[Batch] = []

    def base(output: NetworkOutput, given: Batch) -> torch.Tensor:
        seen.append(given)
        return output.logits.sum()

    objective = GuessedObjective(base, STEPS["em_fixed"], [Said(KNOWN, True, False)])
    objective(NetworkOutput(torch.zeros(1, 3, 8, 8), ()), batch(torch.full((1, 8, 8), 255), hints))
    np.testing.assert_array_equal(seen[0].target.numpy(), hints.numpy())


def test_the_gradient_of_a_constrained_network_is_the_difference_of_distributions() -> None:
    torch.manual_seed(1)
    logits = (2 * torch.randn(1, 3, 4, 5)).requires_grad_()
    objective = GuessedObjective(SupervisedObjective(create_loss("ce"), ()), STEPS["ccnn"], [Said(KNOWN, False, False)])
    objective(NetworkOutput(logits, ()), batch(torch.full((1, 4, 5), 255))).backward()
    q = logits.detach().softmax(1)[0].numpy()
    p = constrained_distribution(q, [1])
    assert logits.grad is not None
    np.testing.assert_allclose(logits.grad[0].numpy(), (q - p) / 20, atol=1e-6)


def test_whole_masks_are_not_guessed() -> None:
    torch.manual_seed(2)
    logits, target = torch.randn(1, 3, 4, 4), torch.randint(0, 3, (1, 4, 4))
    base = SupervisedObjective(create_loss("ce"), ())
    for step in STEPS.values():
        objective = GuessedObjective(base, step, [Said(None, False, True)])
        torch.testing.assert_close(
            objective(NetworkOutput(logits, ()), batch(target)), base(NetworkOutput(logits, ()), batch(target))
        )


def test_samples_of_which_something_is_known_teach() -> None:
    part = Guessing(STEPS["ccnn"], [Said(KNOWN, False, False), Said(None, False, False), Said(None, False, True)])
    counts = np.array([[0, 0], [0, 0], [5, 0], [0, 3]])
    np.testing.assert_array_equal(part.teaches(counts), [True, False, True, True])


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 6), st.integers(1, 6), st.floats(0, 1), st.integers(0, 50), st.integers(0, 99))
def test_the_share_of_whole_masks_is_kept_from_any_item_on(
    full: int, weak: int, share: float, start: int, seed: int
) -> None:
    order = mixed_order([True] * full + [False] * weak, share)
    stream = list(itertools.islice(order(seed, 0), start + 60))
    assert list(itertools.islice(order(seed, start), 60)) == stream[start:]
    whole = [place < full for place in stream]
    assert abs(sum(whole) - share * len(whole)) <= 1
    if share > 0.3:
        assert {place for place, w in zip(stream, whole, strict=True) if w} <= set(range(full))


def test_without_a_share_every_sample_comes_equally_often() -> None:
    order = mixed_order([True, False, False], None)
    assert sorted(itertools.islice(order(3, 0), 9)) == [0, 0, 0, 1, 1, 1, 2, 2, 2]
