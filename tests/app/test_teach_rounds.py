"""What is counted of a round of Teach mode."""

from __future__ import annotations

from dataclasses import asdict

import numpy as np
import pytest

from segstudio.app.teach_rounds import Agreement, Round, agreement, expected_agreement, still_learning, worth_showing


def test_agreement_by_hand() -> None:
    accepted = np.array([[0, 0, 0, 0, 1, 1, 255, 255]], np.uint16)
    predicted = np.array([[0, 0, 0, 1, 1, 1, 0, 1]], np.uint16)
    found = agreement(predicted, accepted)
    assert found is not None
    assert found.miou == pytest.approx((3 / 4 + 2 / 3) / 2)
    chance = 4 / 6 * 3 / 6 + 2 / 6 * 3 / 6
    assert found.kappa == pytest.approx((5 / 6 - chance) / (1 - chance))


def test_one_class_everywhere_agrees_by_chance_alone() -> None:
    accepted = np.zeros((20, 20), np.uint16)
    accepted[:3] = 1
    found = agreement(np.zeros_like(accepted), accepted)
    assert found is not None
    assert found.kappa == 0
    assert agreement(np.zeros_like(accepted), np.full_like(accepted, 255)) is None
    same = agreement(accepted, accepted)
    assert same == Agreement(1.0, 1.0)
    plain = np.zeros((4, 4), np.uint16)
    assert agreement(plain, plain) == Agreement(1.0, 1.0)


def test_the_agreement_that_a_network_expects_by_hand() -> None:
    predicted = np.array([[0, 0, 0, 1, 255]], np.uint16)
    sure = np.array([[1.0, 0.8, 0.6, 0.8, 1.0]])
    # right: 3.2 of 4. Predicted shares 3/4, 1/4; expected ones (1 + 0.8 + 0.6 + 0.2) / 4 and (0.2 + 0.4 + 0.8) / 4
    chance = 3 / 4 * 2.6 / 4 + 1 / 4 * 1.4 / 4
    assert expected_agreement(predicted, sure, [0, 1]) == pytest.approx((0.8 - chance) / (1 - chance))
    # with a third class half of the doubt is its
    chance = 3 / 4 * (2.4 + 0.1) / 4 + 1 / 4 * (0.8 + 0.3) / 4
    assert expected_agreement(predicted, sure, [0, 1, 2]) == pytest.approx((0.8 - chance) / (1 - chance))
    assert expected_agreement(predicted, np.ones((1, 5)), [0, 1]) == 1


def test_of_one_class_everywhere_nothing_is_expected_however_sure_it_is() -> None:
    plain = np.zeros((30, 30), np.uint16)
    for sure in (0.5, 0.99, 1.0):
        assert expected_agreement(plain, np.full(plain.shape, sure), [0, 1, 2]) == pytest.approx(0, abs=1e-9)
    assert expected_agreement(np.full_like(plain, 255), np.ones(plain.shape), [0, 1]) == 0


def test_where_the_network_said_nothing_it_was_wrong() -> None:
    accepted = np.array([[0, 0, 1, 1]], np.uint16)
    found = agreement(np.array([[0, 0, 1, 255]], np.uint16), accepted)
    assert found is not None
    assert found.miou == pytest.approx((1 + 1 / 2) / 2)
    assert 0 < found.kappa < 1


def test_a_large_image_is_judged_by_some_of_its_pixels() -> None:
    accepted = np.zeros((2048, 2048), np.uint16)
    accepted[:, 512:] = 1
    predicted = np.zeros_like(accepted)
    predicted[:, 1024:] = 1
    found = agreement(predicted, accepted)
    assert found is not None
    assert found.miou == pytest.approx((1 / 2 + 2 / 3) / 2)


def test_a_round_counts_what_came_after_it() -> None:
    one = Round(1, 4).judged(Agreement(0.5, 0.4), 0.2).judged(Agreement(0.7, 0.6), None)
    assert one.miou == pytest.approx(0.6)
    assert one.agreed == (0.4, 0.6)
    assert one.mean_corrected == 0.2
    assert Round.from_json(asdict(one)) == one
    assert Round.from_json({"number": 2, "images": 5, "miou": 0.5, "corrected": [0.1]}) == Round(2, 5, 0.5, (0.1,))


def test_pre_labels_stop_while_they_are_poor_and_come_back() -> None:
    assert worth_showing([])
    assert worth_showing([Round(1, 2, agreed=(0.0, 0.1))]), "two images say little"
    poor = [Round(1, 2, agreed=(0.1, 0.0)), Round(2, 4, agreed=(0.2,))]
    assert not worth_showing(poor)
    assert worth_showing([*poor, Round(3, 5, agreed=(0.5,))]), "one that does well is worth two that are undone"
    assert not worth_showing([Round(1, 2, agreed=(0.9,)), *poor]), "the last three count"


def test_a_network_learns_as_long_as_its_loss_falls() -> None:
    assert still_learning([1.0, 0.9, 0.8, 0.7, 0.6, 0.5])
    assert not still_learning([0.5, 0.4, 0.5, 0.4, 0.5, 0.4])
    assert not still_learning([])
    assert not still_learning([1.0])
