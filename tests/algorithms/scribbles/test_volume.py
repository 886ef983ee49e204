"""Strokes on one slice label a volume: the same call, with one axis more."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from segstudio.algorithms.scribbles import propagate, propagation
from segstudio.core.errors import AnnotationError, OptionError
from segstudio.core.progress import finish

SHAPE = 9, 64, 72


def ball() -> NDArray[np.bool_]:
    """Widest in the middle slice, gone in the first and last."""
    z, y, x = np.mgrid[: SHAPE[0], : SHAPE[1], : SHAPE[2]]
    found: NDArray[np.bool_] = ((z - 4) / 3.6) ** 2 + ((y - 32) / 20) ** 2 + ((x - 36) / 22) ** 2 < 1
    return found


def scanned() -> NDArray[np.uint16]:
    noise = np.random.default_rng(0).normal(0, 25, SHAPE)
    return np.clip(np.where(ball(), 700, 400) + noise, 0, 4095).astype(np.uint16)


def strokes() -> NDArray[np.uint8]:
    seeds = np.full(SHAPE, 255, np.uint8)
    seeds[4, 31:34, 28:44] = 1
    seeds[4, 4:7, 5:66] = seeds[4, 58:61, 5:66] = 0
    return seeds


def test_one_slice_of_strokes_finds_the_ball_in_all_the_slices_it_passes() -> None:
    found = finish(propagation(scanned(), strokes()))
    assert found.labels.shape == found.confidence.shape == SHAPE
    for z in range(2, 7):
        mine, truth = found.labels[z] == 1, ball()[z]
        assert (mine & truth).sum() / (mine | truth).sum() > 0.85
    assert found.confidence[4].mean() > found.confidence[1].mean()
    assert (found.labels[strokes() == 1] == 1).all()
    assert (found.confidence[strokes() != 255] == 1).all()


def test_a_stroke_further_on_has_the_last_word() -> None:
    seeds = strokes()
    seeds[7, 20:44, 20:52] = 0  # the ball is said to be gone here
    found = propagate(scanned(), seeds)
    assert (found[7][20:44, 20:52] == 0).all()
    assert (found[4] == 1).sum() > 500


def test_colour_volumes_and_one_class_work_too() -> None:
    volume = np.repeat(scanned()[..., None], 3, axis=3)
    assert propagate(volume, strokes(), method="voronoi").shape == SHAPE
    alone = np.full(SHAPE, 255, np.uint8)
    alone[4, 10, 10] = 3
    assert (propagate(scanned(), alone, method="voronoi") == 3).all()


def test_what_cannot_be_begun_is_said() -> None:
    volume = scanned()
    with pytest.raises(AnnotationError, match="must agree"):
        propagate(volume, strokes()[:5])
    with pytest.raises(AnnotationError, match="no scribble"):
        propagate(volume, np.full(SHAPE, 255, np.uint8))
    apart = np.full(SHAPE, 255, np.uint8)
    apart[1, 5, 5], apart[6, 9, 9] = 0, 1
    with pytest.raises(AnnotationError, match="both on one slice"):
        propagate(volume, apart)
    with pytest.raises(OptionError, match="slice by slice"):
        propagate(volume, strokes(), probabilities=np.ones((2, *SHAPE), np.float32))
