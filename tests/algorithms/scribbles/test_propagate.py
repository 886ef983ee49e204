"""Scribbles to masks: one contract for every propagator, and what sets each apart."""

from __future__ import annotations

import numpy as np
import pytest

from segstudio.algorithms import scribbles
from segstudio.algorithms.scribbles import PROPAGATORS
from segstudio.core.errors import AnnotationError, OptionError
from segstudio.core.progress import Progress, finish


def two_discs(channels: int = 3, noise: float = 6.0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A picture of a background, a bright and a dark disc; its truth 0, 3, 7; one stroke in each."""
    rng = np.random.default_rng(0)
    y, x = np.mgrid[:80, :110]
    truth = np.zeros((80, 110), np.uint8)
    truth[(y - 40) ** 2 + (x - 30) ** 2 < 20**2] = 3
    truth[(y - 40) ** 2 + (x - 80) ** 2 < 18**2] = 7
    level = np.choose(np.searchsorted([0, 3, 7], truth), [110, 200, 30])
    image = level[:, :, None] + np.zeros(channels) + rng.normal(0, noise, (80, 110, channels))
    seeds = np.full(truth.shape, 255, np.uint8)
    seeds[4:6, 10:100] = 0
    seeds[39:41, 20:40] = 3
    seeds[39:41, 72:88] = 7
    return np.clip(image, 0, 255).astype(np.uint8), truth, seeds


@pytest.mark.parametrize("method", PROPAGATORS)
class TestContract:
    """What every entry of the table holds to."""

    def test_every_pixel_is_labelled_and_strokes_are_kept(self, method: str) -> None:
        image, truth, seeds = two_discs()
        found = finish(scribbles.propagation(image, seeds, method=method))
        assert found.labels.dtype == np.uint8
        assert found.labels.shape == truth.shape
        assert set(np.unique(found.labels)) == {0, 3, 7}
        assert np.array_equal(found.labels[seeds != 255], seeds[seeds != 255])
        assert found.confidence.dtype == np.float32
        assert found.confidence.min() >= 0
        assert found.confidence.max() <= 1
        assert (found.confidence[seeds != 255] == 1).all()

    def test_the_same_strokes_give_the_same_mask(self, method: str) -> None:
        image, _, seeds = two_discs()
        first = scribbles.propagate(image, seeds, method=method)
        assert np.array_equal(first, scribbles.propagate(image, seeds, method=method))

    @pytest.mark.parametrize("kind", ["one colour", "grey 16 bit", "float", "rgba", "five channels", "tiny"])
    def test_any_picture_works(self, method: str, kind: str) -> None:
        image, _, seeds = two_discs()
        picture = {
            "one colour": np.full((80, 110, 3), 90, np.uint8),
            "grey 16 bit": image[:, :, 0].astype(np.uint16) * 13,
            "float": image.astype(np.float64) / 1000 - 3,
            "rgba": np.dstack([image, np.full(seeds.shape, 255, np.uint8)]),
            "five channels": np.dstack([image, image[:, :, :2]]),
            "tiny": image[:2, :3],
        }[kind]
        if kind == "tiny":
            seeds = np.array([[0, 255, 3], [255, 255, 255]], np.uint8)
        found = finish(scribbles.propagation(picture, seeds, method=method))
        assert set(np.unique(found.labels)) <= set(np.unique(seeds[seeds != 255]))
        assert np.isfinite(found.confidence).all()

    def test_one_class_alone_is_everywhere(self, method: str) -> None:
        image, _, seeds = two_discs()
        alone = np.where(seeds == 3, 3, 255).astype(np.uint8)
        assert (scribbles.propagate(image, alone, method=method) == 3).all()

    def test_a_picture_drawn_over_in_full_is_returned(self, method: str) -> None:
        image, truth, _ = two_discs()
        assert np.array_equal(scribbles.propagate(image, truth, method=method), truth)

    def test_large_class_ids_come_back(self, method: str) -> None:
        image, _, seeds = two_discs()
        wide = seeds.astype(np.uint16)
        wide[seeds == 7] = 300
        found = scribbles.propagate(image, wide, method=method)
        assert found.dtype == np.uint16
        assert set(np.unique(found)) == {0, 3, 300}

    def test_an_unknown_option_is_named(self, method: str) -> None:
        image, _, seeds = two_discs()
        with pytest.raises(OptionError, match="'flavour'"):
            scribbles.propagate(image, seeds, method=method, flavour=1)


@pytest.mark.parametrize("method", [m for m in PROPAGATORS if m != "voronoi"])
def test_clear_discs_are_found(method: str) -> None:
    image, truth, seeds = two_discs(noise=1.0)
    assert (scribbles.propagate(image, seeds, method=method) == truth).mean() > 0.97


def test_strokes_that_do_not_fit_are_refused() -> None:
    image, _, seeds = two_discs()
    cases = [
        (seeds[:-1], "must agree"),
        (np.full(seeds.shape, 255, np.uint8), "no scribble"),
        (np.where(seeds == 255, 255, 0.5), "fractions"),
        (np.where(seeds == 255, 255, -1).astype(np.int16), "0..65535"),
        (seeds == 3, "true and false"),
        (np.where(seeds == 255, np.nan, 1.0), "not finite"),
    ]
    for strokes, message in cases:
        with pytest.raises(AnnotationError, match=message):
            scribbles.propagate(image, strokes)


def test_pixels_that_are_not_finite_are_refused() -> None:
    image, _, seeds = two_discs()
    broken = image.astype(np.float32)
    broken[5, 5] = np.inf
    with pytest.raises(AnnotationError, match="NaN or infinite"):
        scribbles.propagate(broken, seeds)


def test_probabilities_that_do_not_fit_are_refused() -> None:
    image, _, seeds = two_discs()
    with pytest.raises(AnnotationError, match="shape"):
        scribbles.propagate(image, seeds, probabilities=np.ones((8, 10, 10)))
    with pytest.raises(AnnotationError, match="only 4 classes"):
        scribbles.propagate(image, seeds, probabilities=np.ones((4, *seeds.shape)))
    with pytest.raises(AnnotationError, match="finite"):
        scribbles.propagate(image, seeds, probabilities=np.full((8, *seeds.shape), np.nan))


def test_an_unknown_method_is_answered_with_the_nearest() -> None:
    image, _, seeds = two_discs()
    with pytest.raises(OptionError, match="did you mean 'geodesic'"):
        scribbles.propagate(image, seeds, method="geodesik")


def test_work_yields_before_it_starts_so_that_it_can_be_stopped() -> None:
    image, _, seeds = two_discs()
    work = scribbles.propagation(image, seeds)
    assert isinstance(next(work), Progress)
    work.close()


@pytest.mark.parametrize("method", ["auto", "scribblesup"])
def test_a_network_decides_where_the_picture_does_not(method: str) -> None:
    image, truth, seeds = two_discs()
    blank = np.full_like(image, 128)
    network = np.full((8, *truth.shape), 0.02)
    for label in (0, 3, 7):
        network[label][truth == label] = 0.96
    without = scribbles.propagate(blank, seeds, method=method)
    told = scribbles.propagate(blank, seeds, method=method, probabilities=network)
    assert (told == truth).mean() > max(0.9, (without == truth).mean())


def test_a_network_that_contradicts_the_strokes_is_not_believed() -> None:
    image, truth, seeds = two_discs()
    wrong = np.full((8, *truth.shape), 0.02)
    for label, claimed in ((0, 3), (3, 7), (7, 0)):
        wrong[claimed][truth == label] = 0.96
    found = finish(scribbles.propagation(image, seeds, probabilities=wrong))
    assert (found.labels == truth).mean() > 0.97
    assert "network" not in found.weights


def test_cue_weights_are_shares_and_emphasis_moves_them() -> None:
    image, _, seeds = two_discs()
    plain = finish(scribbles.propagation(image, seeds, method="auto"))
    assert sum(plain.weights.values()) == pytest.approx(1)
    silent = finish(scribbles.propagation(image, seeds, method="auto", emphasis={"colour": 0.0}))
    assert silent.weights["colour"] == 0
    assert plain.weights["colour"] > 0
    with pytest.raises(OptionError, match="no group of cues called 'taste'"):
        scribbles.propagate(image, seeds, method="auto", emphasis={"taste": 1})
    with pytest.raises(OptionError, match="0 or more"):
        scribbles.propagate(image, seeds, method="auto", smoothness=-1)


def test_the_order_of_class_ids_does_not_matter() -> None:
    image, _, seeds = two_discs()
    renamed = np.select([seeds == 0, seeds == 3, seeds == 7], [9, 2, 1], 255).astype(np.uint8)
    back = np.array([0, 7, 3, 0, 0, 0, 0, 0, 0, 0])[scribbles.propagate(image, renamed, method="auto")]
    assert (back == scribbles.propagate(image, seeds, method="auto")).mean() > 0.999


def test_confidence_is_lower_beside_a_border_than_inside() -> None:
    image, truth, seeds = two_discs(noise=25.0)
    found = finish(scribbles.propagation(image, seeds, method="auto"))
    wrong = found.labels != truth
    assert found.confidence[~wrong].mean() > 0.9
    if wrong.any():
        assert found.confidence[wrong].mean() < found.confidence[~wrong].mean()


def test_a_large_picture_is_solved_small_and_decided_at_full_size() -> None:
    rng = np.random.default_rng(0)
    y, x = np.mgrid[:900, :1300]
    truth = ((y - 450) ** 2 + (x - 600) ** 2 < 250**2).astype(np.uint8)
    image = np.clip(truth * 90.0 + 60 + rng.normal(0, 6, truth.shape), 0, 255).astype(np.uint8)
    seeds = np.full(truth.shape, 255, np.uint8)
    seeds[40:46, 100:1200] = 0
    seeds[450:456, 450:750] = 1
    found = scribbles.propagate(image, seeds, method="auto")
    assert (found != truth).mean() < 0.002


def test_thin_strokes_of_every_class_survive_on_a_large_picture() -> None:
    image = np.full((2000, 1500), 100, np.uint8)
    seeds = np.full(image.shape, 255, np.uint8)
    for k in range(6):
        seeds[700 + k // 3, 700 + k % 3] = k
    assert set(np.unique(scribbles.propagate(image, seeds, method="auto"))) == set(range(6))
