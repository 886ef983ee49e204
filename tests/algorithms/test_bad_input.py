"""What people give by mistake, to every method of every table: one clear sentence, or the sensible answer; no hang."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from segstudio.algorithms import boxes, scribbles, superpixels
from segstudio.algorithms.boxes import BOX_METHODS
from segstudio.algorithms.dense_crf import mean_field
from segstudio.algorithms.scribbles import PROPAGATORS
from segstudio.core.errors import AnnotationError
from segstudio.core.progress import finish

SHAPE = 40, 56
BOXES = [(1, 5, 5, 25, 30), (2, 20, 10, 50, 38)]


def textured(kind: type = np.float32) -> NDArray[np.float32]:
    """Three stripes with noise."""
    rng = np.random.default_rng(0)
    return (np.repeat([40.0, 120, 200], [20, 18, 18])[None, :, None] + rng.normal(0, 5, (*SHAPE, 3))).astype(kind)


def strokes() -> NDArray[np.uint8]:
    seeds = np.full(SHAPE, 255, np.uint8)
    seeds[4:36, 8:10], seeds[4:36, 28:30], seeds[4:36, 46:48] = 0, 1, 2
    return seeds


def network() -> NDArray[np.float32]:
    return np.full((3, *SHAPE), 1 / 3, np.float32)


def filled(image: NDArray[np.generic], given: list[tuple[float, ...]], method: str) -> boxes.PseudoLabels:
    told = network() if BOX_METHODS[method].needs_probabilities else None
    return finish(boxes.pseudo_labelling(image, given, method=method, probabilities=told))


def valid(confidence: NDArray[np.float32]) -> bool:
    return bool(np.isfinite(confidence).all() and confidence.min() >= 0 and confidence.max() <= 1)


@pytest.mark.parametrize("method", PROPAGATORS)
class TestScribbles:
    def test_no_stroke_is_said(self, method: str) -> None:
        with pytest.raises(AnnotationError, match="no scribble to start from"):
            scribbles.propagate(textured(), np.full(SHAPE, 255, np.uint8), method=method)

    @pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
    def test_pixels_that_are_not_finite_are_counted(self, method: str, bad: float) -> None:
        image = textured()
        image[3, 4, 0] = image[9, 9, 2] = bad
        with pytest.raises(AnnotationError, match="2 values that are NaN or infinite"):
            scribbles.propagate(image, strokes(), method=method)

    def test_one_class_alone_is_everywhere_and_half_sure(self, method: str) -> None:
        alone = np.where(strokes() == 1, 1, 255).astype(np.uint8)
        found = finish(scribbles.propagation(textured(), alone, method=method))
        assert (found.labels == 1).all()
        assert valid(found.confidence)
        assert (found.confidence[alone == 255] == 0.5).all()

    @pytest.mark.parametrize("value", [0, 77, 255])
    def test_a_picture_of_one_colour_is_shared_by_distance(self, method: str, value: int) -> None:
        found = finish(scribbles.propagation(np.full((*SHAPE, 3), value, np.uint8), strokes(), method=method))
        assert valid(found.confidence)
        assert (found.labels[:, :3] == 0).mean() > 0.5
        assert (found.labels[:, -3:] == 2).mean() > 0.5

    @pytest.mark.parametrize("scale", [1e-300, 1e-30, 1e30, 1e300])
    def test_values_of_any_size_leave_nothing_undefined(self, method: str, scale: float) -> None:
        found = finish(scribbles.propagation(textured(np.float64) * scale, strokes(), method=method))
        assert valid(found.confidence)
        assert set(np.unique(found.labels)) == {0, 1, 2}

    def test_strokes_of_a_class_that_the_network_lacks_are_said(self, method: str) -> None:
        seeds = strokes()
        seeds[seeds == 2] = 9
        with pytest.raises(AnnotationError, match="class 9 is drawn, but the probabilities know only 3 classes"):
            scribbles.propagate(textured(), seeds, method=method, probabilities=network())

    def test_a_network_that_is_sure_of_nothing_does_no_harm(self, method: str) -> None:
        nothing = np.zeros((3, *SHAPE), np.float32)
        found = finish(scribbles.propagation(textured(), strokes(), method=method, probabilities=nothing))
        assert valid(found.confidence)

    def test_every_pixel_a_stroke_of_its_own_class_ends(self, method: str) -> None:
        seeds = np.arange(30, dtype=np.uint8).reshape(5, 6)
        found = finish(scribbles.propagation(textured()[:5, :6], seeds, method=method))
        assert np.array_equal(found.labels, seeds)
        assert (found.confidence == 1).all()


def stack() -> NDArray[np.float32]:
    """Three slices of stripes with noise."""
    rng = np.random.default_rng(1)
    return (np.repeat([40.0, 120, 200], 10)[None, None] + rng.normal(0, 5, (3, 20, 30))).astype(np.float32)


def strokes_in_the_middle(kind: type = np.uint8, classes: tuple[int, ...] = (0, 1, 2)) -> NDArray[np.generic]:
    seeds = np.full((3, 20, 30), 255, kind)
    for place, class_id in zip((4, 15, 26), classes, strict=True):
        seeds[1, 3:17, place] = class_id
    return seeds


@pytest.mark.parametrize("method", PROPAGATORS)
class TestVolumes:
    def test_no_stroke_is_said(self, method: str) -> None:
        with pytest.raises(AnnotationError, match="no scribble to start from"):
            scribbles.propagate(stack(), np.full((3, 20, 30), 255, np.uint8), method=method)

    def test_strokes_of_another_size_are_said(self, method: str) -> None:
        with pytest.raises(AnnotationError, match="they must agree"):
            scribbles.propagate(stack()[:2], strokes_in_the_middle(), method=method)

    @pytest.mark.parametrize("bad", [np.nan, np.inf])
    def test_voxels_that_are_not_finite_are_counted(self, method: str, bad: float) -> None:
        volume = stack()
        volume[2, 3, 4] = bad
        with pytest.raises(AnnotationError, match="1 values that are NaN or infinite"):
            scribbles.propagate(volume, strokes_in_the_middle(), method=method)

    def test_one_class_alone_is_everywhere(self, method: str) -> None:
        alone = np.where(strokes_in_the_middle() == 1, 1, 255).astype(np.uint8)
        found = finish(scribbles.propagation(stack(), alone, method=method))
        assert (found.labels == 1).all()
        assert valid(found.confidence)

    @pytest.mark.parametrize(
        "volume",
        [
            np.full((3, 20, 30), 9, np.uint8),
            stack().astype(np.float64) * 1e300,
            stack().astype(np.float64) * 1e-300,
            stack().astype(">i2"),
            stack() > 100,
            np.repeat(stack()[..., None], 4, axis=-1).astype(np.uint8),
            np.asfortranarray(stack())[::-1],
        ],
        ids=["one colour", "huge", "tiny", "other bytes", "true and false", "with alpha", "backwards"],
    )
    def test_a_volume_of_any_kind_is_answered(self, method: str, volume: NDArray[np.generic]) -> None:
        seeds = strokes_in_the_middle()
        found = finish(scribbles.propagation(volume, seeds, method=method))
        assert valid(found.confidence)
        assert set(np.unique(found.labels)) <= {0, 1, 2}
        assert np.array_equal(found.labels[seeds != 255], seeds[seeds != 255])

    def test_every_voxel_a_stroke_ends(self, method: str) -> None:
        seeds = np.random.default_rng(0).integers(0, 5, (3, 20, 30)).astype(np.uint8)
        found = finish(scribbles.propagation(stack(), seeds, method=method))
        assert np.array_equal(found.labels, seeds)
        assert (found.confidence == 1).all()

    def test_ids_that_are_instances_are_kept_or_refused(self, method: str) -> None:
        seeds = strokes_in_the_middle(np.uint16, (0, 7, 300))
        if PROPAGATORS[method].volume is None:
            with pytest.raises(AnnotationError, match="classes 0 to 254"):
                scribbles.propagate(stack(), seeds, method=method)
        else:
            assert set(np.unique(scribbles.propagate(stack(), seeds, method=method))) == {0, 7, 300}

    def test_a_network_of_nothing_does_no_harm_and_a_broken_one_is_said(self, method: str) -> None:
        told = np.zeros((3, 3, 20, 30), np.float32)
        found = finish(scribbles.propagation(stack(), strokes_in_the_middle(), method=method, probabilities=told))
        assert valid(found.confidence)
        with pytest.raises(AnnotationError, match="finite and not negative"):
            scribbles.propagate(stack(), strokes_in_the_middle(), method=method, probabilities=told * np.nan)


@pytest.mark.parametrize("method", BOX_METHODS)
class TestBoxes:
    @pytest.mark.parametrize(
        ("box", "message"),
        [
            ((1, 60, 5, 70, 20), r"box 1 \(60, 5, 70, 20\) lies outside the image of 56 x 40 pixels"),
            ((1, 5, -9, 20, 0), "lies outside the image"),
            ((1, 9, 9, 9, 20), "box 1 .* has no size"),
            ((1, 20, 9, 9, 20), "box 1 .* has no size"),
            ((1, 5, 5, np.nan, 20), "the corners of box 1 are pixels"),
        ],
    )
    def test_a_box_that_shows_nothing_is_named(self, method: str, box: tuple[float, ...], message: str) -> None:
        with pytest.raises(AnnotationError, match=message):
            filled(textured(), [box], method)

    @pytest.mark.parametrize("bad", [np.nan, np.inf])
    def test_pixels_that_are_not_finite_are_counted(self, method: str, bad: float) -> None:
        image = textured()
        image[7, 7, 1] = bad
        with pytest.raises(AnnotationError, match="1 values that are NaN or infinite"):
            filled(image, BOXES, method)

    @pytest.mark.parametrize("value", [0, 255])
    def test_a_picture_of_one_colour_is_answered(self, method: str, value: int) -> None:
        found = filled(np.full(SHAPE, value, np.uint8), BOXES, method)
        assert valid(found.confidence)
        assert set(np.unique(found.labels)) <= {0, 1, 2}

    @pytest.mark.parametrize("scale", [1e-300, 1e-30, 1e30, 1e300])
    def test_values_of_any_size_leave_nothing_undefined(self, method: str, scale: float) -> None:
        assert valid(filled(textured(np.float64) * scale, BOXES, method).confidence)

    @pytest.mark.parametrize("kind", [np.int32, np.float16, ">u2", np.bool_])
    def test_a_long_thin_box_in_a_picture_of_any_type(self, method: str, kind: type) -> None:
        image = np.repeat(textured(), 40, axis=1)[:3].astype(kind)
        network = np.full((3, *image.shape[:2]), 1 / 3, np.float32) if BOX_METHODS[method].needs_probabilities else None
        work = boxes.pseudo_labelling(image, [(1, 4, 0, 2200, 1)], method=method, probabilities=network)
        assert valid(finish(work).confidence)

    def test_a_class_that_the_network_lacks_is_said(self, method: str) -> None:
        with pytest.raises(AnnotationError, match="class 9 of a box has no row in probabilities of 3 classes"):
            boxes.pseudo_label(textured(), [(9, 5, 5, 20, 20)], method=method, probabilities=network())

    def test_many_boxes_over_each_other_end(self, method: str) -> None:
        found = (
            filled(textured(), [(1 + n % 5, n, n, 56 - n, 40 - n) for n in range(15)], method)
            if (not BOX_METHODS[method].needs_probabilities)
            else filled(textured(), BOXES * 6, method)
        )
        assert valid(found.confidence)


@pytest.mark.parametrize("method", superpixels.METHODS)
def test_superpixels_of_one_colour_and_of_broken_pixels(method: str) -> None:
    labels = superpixels.segment(np.full((*SHAPE, 3), 9, np.uint8), method=method)
    assert labels.min() == 0
    assert len(np.unique(labels)) == labels.max() + 1
    image = textured()
    image[0, 0] = np.nan
    with pytest.raises(AnnotationError, match="3 values that are NaN or infinite"):
        superpixels.segment(image, method=method)


def test_the_crf_refuses_broken_pixels_and_survives_one_colour() -> None:
    image = textured()
    image[1, 1] = np.inf
    with pytest.raises(AnnotationError, match="NaN or infinite"):
        mean_field(image, network())
    assert np.allclose(mean_field(np.full(SHAPE, 7, np.uint8), network()), 1 / 3, atol=1e-6)
