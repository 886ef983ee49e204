"""The default looks at what the boxes show: large things in photographs, objects on each other, and all the rest."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from segstudio.algorithms import boxes


def overlap(found: NDArray[np.bool_], truth: NDArray[np.bool_]) -> float:
    return float((found & truth).sum() / (found | truth).sum())


def test_a_large_thing_in_a_photograph_is_found_by_its_colours_however_it_is_shaped() -> None:
    rng = np.random.default_rng(0)
    truth = np.zeros((120, 160), bool)
    truth[20:100, 30:50] = truth[80:100, 30:130] = True  # an L, most of whose box is ground
    colours = np.where(truth[..., None], (200, 60, 40), (60, 120, 70))
    image = np.clip(colours + rng.normal(0, 12, colours.shape), 0, 255).astype(np.uint8)
    box = [(1, 30, 20, 130, 100)]
    assert overlap(boxes.pseudo_label(image, box) == 1, truth) > 0.95
    assert overlap(boxes.pseudo_label(image, box, method="ellipse") == 1, truth) < 0.5


def test_objects_that_lie_on_each_other_stay_round_where_contrast_is_faint() -> None:
    rng = np.random.default_rng(1)
    y, x = np.mgrid[:128, :128]
    radius = np.hypot(y - 63.5, x - 63.5)
    wall, chamber = radius < 40, radius < 22
    grey = 100 + 6 * wall - 4 * chamber + rng.normal(0, 14, radius.shape)
    image = np.clip(grey, 0, 255).astype(np.uint8)
    heart = [(2, 24, 24, 104, 104), (3, 42, 42, 86, 86)]
    found, far = boxes.pseudo_label(image, heart), boxes.pseudo_label(image, heart, method="crf")
    for label, truth in ((3, chamber), (2, wall & ~chamber)):
        assert overlap(found == label, truth) > 0.85
        assert overlap(found == label, truth) > overlap(far == label, truth) + 0.02


def test_an_answer_that_leaves_the_box_nearly_empty_is_not_believed() -> None:
    image = np.full((100, 100, 3), (90, 60, 120), np.uint8)  # one colour: GrabCut has nothing to go by
    image[:10] = (60, 90, 30)
    found = boxes.pseudo_label(image, [(1, 20, 20, 90, 90)])
    assert 0.5 < (found[20:90, 20:90] == 1).mean() < 0.95
