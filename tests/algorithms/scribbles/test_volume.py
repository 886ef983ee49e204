"""Strokes on one slice label a volume: the same call, with one axis more."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from segstudio.algorithms.scribbles import propagate, propagation
from segstudio.algorithms.scribbles.stack import Stack
from segstudio.algorithms.scribbles.whole_volume import eight_bits
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
        propagate(volume, apart, method="geodesic")
    with pytest.raises(OptionError, match="three sizes above zero"):
        propagate(volume, strokes(), spacing=(0.0, 1.0, 1.0))
    with pytest.raises(OptionError, match="no option 'beta'"):
        propagate(volume, strokes(), beta=1)
    with pytest.raises(OptionError, match="0 or more"):
        propagate(volume, strokes(), smoothness=-1)
    with pytest.raises(OptionError, match="slice by slice"):
        propagate(volume, strokes(), probabilities=np.ones((2, *SHAPE), np.float32))


def test_classes_drawn_on_different_slices_are_enough() -> None:
    seeds = np.full(SHAPE, 255, np.uint8)
    seeds[4, 31:34, 28:44] = 1
    seeds[1, 4:7, 5:66] = seeds[7, 58:61, 5:66] = 0
    found = propagate(scanned(), seeds) == 1
    assert (found & ball()).sum() / (found | ball()).sum() > 0.85


def test_slices_are_solved_together_better_than_one_after_the_other() -> None:
    z, y, x = np.mgrid[:12, :64, :72]
    truth = (y - 32 - 8 * np.sin(z / 2)) ** 2 + (x - 36 - 8 * np.cos(z / 2)) ** 2 < 14**2
    rng = np.random.default_rng(0)
    volume = (np.where(truth, 160, 110) + rng.normal(0, 30, truth.shape)).astype(np.float32)
    seeds = np.full(truth.shape, 255, np.uint8)
    for plane in range(1, 12, 3):
        seeds[plane, 3:5, 4:68] = seeds[plane, 60:62, 4:68] = 0
        middle = round(32 + 8 * np.sin(plane / 2)), round(36 + 8 * np.cos(plane / 2))
        seeds[plane, middle[0] - 1 : middle[0] + 2, middle[1] - 6 : middle[1] + 7] = 1

    def overlap(method: str) -> float:
        found = propagate(volume, seeds, method=method) == 1
        return float((found & truth).sum() / (found | truth).sum())

    assert overlap("auto") > 0.85
    assert overlap("auto") > max(overlap("geodesic"), overlap("voronoi"))


def test_thick_slices_lean_less_on_each_other() -> None:
    near, far = (Stack(eight_bits(scanned()), gap) for gap in (1.0, 30.0))
    links = len(near.pieces.links.pairs)
    assert links == len(far.pieces.links.pairs) > 100
    assert (near.pieces.contact[:-links] == 1).all()
    assert near.pieces.contact[-links:] == pytest.approx(near.pieces.links.share)
    assert (far.pieces.contact[-links:] < 0.3 * near.pieces.contact[-links:]).all()
    assert (far.pieces.borders[-links:] < near.pieces.borders[-links:]).all()


def test_links_join_pieces_that_lie_over_each_other_by_hand() -> None:
    stack = Stack(np.zeros((2, 12, 20, 1), np.uint8), 1.0)
    pieces = stack.pieces
    upper, lower = pieces.labels
    for (a, b), overlap in zip(pieces.links.pairs, pieces.links.overlap, strict=True):
        assert ((upper == a) & (lower == b)).sum() == overlap
    assert pieces.links.overlap.sum() == upper.size  # slices of one colour are cut alike: every pixel lies over its own
    assert (pieces.links.share == 1).all()
    assert pieces.centroids[pieces.firsts[1] :, 0] == pytest.approx(1)


def test_one_slice_alone_and_broken_pixels() -> None:
    flat = propagate(scanned()[4:5], strokes()[4:5])
    assert flat.shape == (1, *SHAPE[1:])
    assert ((flat[0] == 1) & ball()[4]).sum() / ((flat[0] == 1) | ball()[4]).sum() > 0.85
    broken = scanned().astype(np.float32)
    broken[3, 3, 3] = np.nan
    with pytest.raises(AnnotationError, match="1 values that are NaN or infinite"):
        propagate(broken, strokes())


def test_a_volume_of_one_colour_has_no_undefined_confidence() -> None:
    found = finish(propagation(np.full(SHAPE, 7, np.uint8), strokes()))
    assert np.isfinite(found.confidence).all()
    assert set(np.unique(found.labels)) == {0, 1}


def test_a_class_of_a_few_pixels_beside_long_strokes_is_kept() -> None:
    seeds = strokes()
    seeds[2, :3, :3] = 2
    found = propagate(scanned(), seeds)
    assert (found[2, :3, :3] == 2).all()
    assert ((found == 1) & ball()).sum() / ((found == 1) | ball()).sum() > 0.7
