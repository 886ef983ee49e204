"""ScribbleSup's energy, term by term, on superpixels small enough to work by hand."""

from __future__ import annotations

import numpy as np
import pytest

from segstudio.algorithms.graph_cut import Problem
from segstudio.algorithms.scribbles import scribblesup
from segstudio.algorithms.scribbles.strokes import read
from segstudio.algorithms.superpixels import Superpixels
from segstudio.core.errors import OptionError


@pytest.fixture
def halves() -> Superpixels:
    """Two pieces of one grey channel: black and white, without any gradient inside except the step."""
    image = np.zeros((4, 8), np.uint8)
    image[:, 4:] = 255
    labels = np.zeros((4, 8), np.int32)
    labels[:, 4:] = 1
    return Superpixels(image, labels)


def test_pairwise_weight_by_hand(halves: Superpixels) -> None:
    # colour: unit vectors in different bins, squared distance 2. Texture: a quarter of the left piece steps across.
    left = np.array([0.75, 0.25, 1.0])
    right = np.array([1.0, 0.0, 1.0])
    texture = ((left / np.linalg.norm(left) - right / np.linalg.norm(right)) ** 2).sum()
    expected = np.exp(-2 / 1.2**2 - texture / 1.0**2)
    assert scribblesup.pairwise(halves) == pytest.approx([expected], rel=1e-5)


def test_the_papers_widths_leave_almost_constant_weights(halves: Superpixels) -> None:
    (weight,) = scribblesup.pairwise(halves, constants="paper")
    assert weight == pytest.approx(np.exp(-2 / 25 - 2 * 0.125**2 / 100), rel=1e-2)
    assert weight > 0.9


def test_scribble_costs_by_hand() -> None:
    unary = scribblesup.scribble_unary(np.array([[0, 0, 0], [5, 2, 0], [0, 0, 1]]))
    assert unary[0] == pytest.approx([np.log(3)] * 3)
    assert unary[1].tolist() == [0, np.inf, np.inf]
    assert unary[2].tolist() == [np.inf, np.inf, 0]


def test_network_costs_are_means_of_logarithms(halves: Superpixels) -> None:
    chance = np.full((2, 4, 8), 0.5, np.float32)
    chance[0, :, :2], chance[1, :, :2] = 0.8, 0.2
    unary = scribblesup.network_unary(halves, chance)
    assert unary[0] == pytest.approx([-(np.log(0.8) + np.log(0.5)) / 2, -(np.log(0.2) + np.log(0.5)) / 2])
    assert unary[1] == pytest.approx([np.log(2)] * 2)


def test_confidence_is_the_chance_of_a_node_given_its_neighbours() -> None:
    problem = Problem(2, np.array([[0, 1]], np.int32), np.array([1.5]))
    unary = np.array([[0.0, 1.0], [0.2, 0.0]])
    found = scribblesup.conditional(problem, unary, np.array([0, 0], np.int32))
    assert found[0] == pytest.approx(1 / (1 + np.exp(-(1.0 + 1.5))))
    assert found[1] == pytest.approx(1 / (1 + np.exp(-(1.5 - 0.2))))


def test_votes_count_stroke_pixels(halves: Superpixels) -> None:
    seeds = np.full((4, 8), 255, np.uint8)
    seeds[0, :3], seeds[1, 2:6] = 4, 9
    assert scribblesup.votes(halves, read(seeds, (4, 8))).tolist() == [[3, 2], [0, 2]]


def test_constants_out_of_range_are_refused(halves: Superpixels) -> None:
    with pytest.raises(OptionError, match="'unit' or 'paper'"):
        scribblesup.pairwise(halves, constants="huge")  # type: ignore[arg-type]
    with pytest.raises(OptionError, match="positive"):
        scribblesup.pairwise(halves, colour_width=0)
