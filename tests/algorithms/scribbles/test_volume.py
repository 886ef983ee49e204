"""Strokes on one slice label a volume: the same call, with one axis more."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from segstudio.algorithms.scribbles import propagate, propagation
from segstudio.algorithms.scribbles.stack import stacking
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
    with pytest.raises(OptionError, match="not from an image"):
        propagate(volume[4], strokes()[4], absent={0: [1]})


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
    near, far = (finish(stacking(eight_bits(scanned()), gap)) for gap in (1.0, 30.0))
    links = len(near.pieces.links.pairs)
    assert links == len(far.pieces.links.pairs) > 100
    assert (near.pieces.contact[:-links] == 1).all()
    assert near.pieces.contact[-links:] == pytest.approx(near.pieces.links.share)
    assert (far.pieces.contact[-links:] < 0.3 * near.pieces.contact[-links:]).all()
    assert (far.pieces.borders[-links:] < near.pieces.borders[-links:]).all()


def test_links_join_pieces_that_lie_over_each_other_by_hand() -> None:
    stack = finish(stacking(np.zeros((2, 12, 20, 1), np.uint8), 1.0))
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


def hollow() -> tuple[NDArray[np.uint8], NDArray[np.uint8], NDArray[np.bool_]]:
    """A volume of noise in which nothing shows, strokes on two slices, and a truth that only a network may know."""
    truth = np.zeros(SHAPE, bool)
    truth[:, 16:48, 20:52] = True
    volume = np.random.default_rng(5).integers(100, 140, SHAPE).astype(np.uint8)
    seeds = np.full(SHAPE, 255, np.uint8)
    for z in (2, 6):
        seeds[z, 30:33, 34:38], seeds[z, 4:6, 4:68] = 1, 0
    return volume, seeds, truth


def asked(truth: NDArray[np.bool_]) -> NDArray[np.float32]:
    """``(D, 2, H, W)`` of a network that is right nine times out of ten."""
    noise = np.random.default_rng(6).random(truth.shape) < 0.1
    sure = np.where(truth ^ noise, np.float32(0.9), np.float32(0.1))
    return np.stack([1 - sure, sure], axis=1)


@pytest.mark.parametrize("given", ["array", "sequence", "stream"])
def test_a_network_counts_in_a_volume_however_it_is_given(given: str) -> None:
    volume, seeds, truth = hollow()
    told = asked(truth)
    ways = {"array": told, "sequence": list(told), "stream": (plane for plane in told)}

    def overlap(found: NDArray[np.integer]) -> float:
        return float(((found == 1) & truth).sum() / ((found == 1) | truth).sum())

    found = finish(propagation(volume, seeds, probabilities=ways[given]))
    assert found.weights["network"] > 0.3
    assert overlap(found.labels) > 0.7 > 10 * overlap(propagate(volume, seeds))


def test_slices_that_the_network_was_not_asked_about_are_open() -> None:
    volume, seeds, truth = hollow()
    told: list[NDArray[np.float32] | None] = list(asked(truth))
    told[4] = None
    found = propagate(volume, seeds, probabilities=told) == 1
    overlap = (found & truth).sum(axis=(1, 2)) / (found | truth).sum(axis=(1, 2))
    assert overlap[4] == overlap.min()
    assert overlap[4] > 0.3  # its neighbours speak for it
    assert overlap[[3, 5]].min() > 0.6
    nothing = propagate(volume, seeds, probabilities=[None] * SHAPE[0])
    assert np.array_equal(nothing, propagate(volume, seeds))


def test_other_methods_listen_slice_by_slice() -> None:
    volume, seeds, truth = hollow()
    found = propagate(volume, seeds, method="scribblesup", probabilities=iter(asked(truth)), n_segments=300) == 1
    assert (found & truth).sum() / (found | truth).sum() > 0.8


def test_probabilities_that_do_not_fit_a_volume_are_said() -> None:
    volume, seeds, truth = hollow()
    told = asked(truth)
    with pytest.raises(AnnotationError, match=r"\(D, K, H, W\)"):
        propagate(volume, seeds, probabilities=told[:, 0])
    with pytest.raises(AnnotationError, match="of 5 slices and the volume has 9"):
        propagate(volume, seeds, probabilities=told[:5])
    with pytest.raises(AnnotationError, match="of 5 slices and the volume has 9"):
        propagate(volume, seeds, probabilities=iter(told[:5]))
    with pytest.raises(AnnotationError, match="slice 1: class 1 is drawn"):
        propagate(volume, seeds, probabilities=told[:, :1])
    told[3, 0, 0, 0] = np.nan
    with pytest.raises(AnnotationError, match="slice 4: probabilities are finite"):
        propagate(volume, seeds, probabilities=told)


@pytest.mark.parametrize("method", ["auto", "geodesic"])
def test_a_class_that_is_absent_from_a_slice_is_not_found_there(method: str) -> None:
    plain = propagate(scanned(), strokes(), method=method)
    assert all((plane == 1).any() for plane in plain[2:7])
    found = propagate(scanned(), strokes(), method=method, absent={5: [1, 7], 6: {1}})
    assert (found[5:7] == 0).all()
    assert all((plane == 1).any() for plane in found[2:5])


def test_absences_that_contradict_strokes_are_said() -> None:
    with pytest.raises(AnnotationError, match="class 1 is drawn on slice 5"):
        propagate(scanned(), strokes(), absent={4: [1]})
    with pytest.raises(AnnotationError, match="all classes that are drawn are said to be absent from slice 3"):
        propagate(scanned(), strokes(), absent={2: [0, 1]})
    with pytest.raises(AnnotationError, match="slice 12; there are 9"):
        propagate(scanned(), strokes(), absent={11: [0]})


def test_work_on_a_volume_tells_of_every_slice_and_goes_forward() -> None:
    told = []
    work = propagation(scanned(), strokes())
    finish(work, told.append)
    fractions = [one.fraction for one in told]
    assert None not in fractions
    assert fractions == sorted(fractions)  # type: ignore[type-var]  # none of them is None
    messages = {one.message for one in told}
    assert {f"looking at slice {z} of {SHAPE[0]}" for z in range(1, SHAPE[0] + 1)} <= messages
    assert len(told) > 3 * SHAPE[0]
    stopped = propagation(scanned(), strokes())
    for _ in range(20):
        next(stopped)
    stopped.close()
