"""The mixers: gradients against finite differences, cues by hand, tuning that helps or is refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from segstudio.algorithms import scribbles
from segstudio.algorithms.scribbles import combination, cues, mixer
from segstudio.algorithms.scribbles.scene import Scene
from segstudio.algorithms.scribbles.strokes import read
from segstudio.core.errors import AnnotationError, CheckpointError, StorageError
from segstudio.core.progress import finish


def small_example(rng: np.random.Generator) -> mixer.Example:
    inputs = rng.normal(0, 1, (40, 3, 5)).astype(np.float32)
    return mixer.Example(inputs, np.eye(3, dtype=np.float32)[inputs[:, :, 1].argmax(axis=1)] * 4)


def test_the_gradient_is_that_of_the_loss() -> None:
    rng = np.random.default_rng(0)
    example = small_example(rng)
    parameters = mixer.fresh(5, rng)
    weight, share = mixer._target(example.truth)
    slopes = mixer.gradient(parameters, example.inputs, weight, share)
    for name in ("v", "W1", "b2", "W3"):
        flat = parameters[name].reshape(-1)
        for i in rng.integers(0, flat.size, 3):
            value = flat[i]
            flat[i] = value + 1e-2
            above = mixer.loss(parameters, example)
            flat[i] = value - 1e-2
            below = mixer.loss(parameters, example)
            flat[i] = value
            assert slopes[name].reshape(-1)[i] == pytest.approx((above - below) / 2e-2, rel=0.05, abs=2e-3)


def test_fitting_finds_the_cue_that_decides() -> None:
    rng = np.random.default_rng(0)
    start = mixer.fresh(5, rng)
    examples = [small_example(rng) for _ in range(4)]
    fitted = finish(mixer.fit(start, [examples], steps=150, rate=1e-2))
    held_out = small_example(rng)
    assert mixer.loss(fitted, held_out) < 0.4
    assert mixer.loss(start, held_out) > 0.4
    assert mixer.influence(fitted, held_out.inputs).argmax() == 1


def test_rivalry_by_hand() -> None:
    found = cues.rivalry(np.array([[1.0, 3.0, 7.0]], np.float32), 1.0)
    assert found[0] == pytest.approx([np.log(4 / 2), np.log(2 / 4), np.log(2 / 8)], rel=1e-5)
    assert cues.rivalry(np.array([[0.0, 1e9]], np.float32), 1e-3)[0].tolist() == [4, -4]


def drawn(seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[:72, :96]
    truth = ((y - rng.integers(25, 45)) ** 2 + (x - rng.integers(30, 60)) ** 2 < 18**2).astype(np.uint8)
    image = np.clip(90 + 40 * truth[:, :, None] + rng.normal(0, 30, (72, 96, 3)), 0, 255).astype(np.uint8)
    seeds = np.full(truth.shape, 255, np.uint8)
    middle = np.argwhere(truth).mean(axis=0).astype(int)
    seeds[middle[0], middle[1] - 8 : middle[1] + 8] = 1
    seeds[3, 5:90] = 0
    return image, seeds, truth


def test_evidence_is_finite_for_strokes_of_one_pixel() -> None:
    image, _, truth = drawn(0)
    seeds = np.full(truth.shape, 255, np.uint8)
    seeds[3, 3], seeds[36, 45], seeds[60, 5] = 0, 1, 2
    scene = Scene(image)
    marks = cues.mark(scene, read(seeds, truth.shape))
    judgement = combination.judge(scene, marks, combination.shipped())
    assert np.isfinite(judgement.share).all()
    assert judgement.share.sum(axis=1) == pytest.approx(np.ones(scene.count), abs=1e-4)


def test_a_piece_that_the_cut_overrules_is_no_surer_than_it_was() -> None:
    scene = Scene(np.full((72, 96, 3), 90, np.uint8))
    seeds = np.full((72, 96), 255, np.uint8)
    seeds[3, 5:90], seeds[68, 5:20] = 0, 1
    marks = cues.mark(scene, read(seeds, seeds.shape))
    share = np.tile(np.array([0.9, 0.1], np.float32), (scene.count, 1))
    alone = int(scene.pieces.labels[36, 48])
    assert marks.sources[alone] == -1
    share[alone] = [0.3, 0.7]
    labels, sure = combination.decide(scene, marks, combination.settled(share, marks), 1.5)
    assert labels[alone] == 0
    assert sure[alone] == np.float32(0.3)  # its neighbours alone would make it 0.99
    assert sure[(marks.sources < 0) & (np.arange(scene.count) != alone)].tolist() == pytest.approx(
        [0.9] * int((marks.sources < 0).sum() - 1)
    )


def test_tuning_says_what_it_gains_and_never_loses(tmp_path: Path) -> None:
    samples = [drawn(seed) for seed in range(3)]
    found = finish(scribbles.tune(samples))
    assert found.samples == 3
    assert found.gain >= 0
    assert 0 <= found.before <= found.after <= 1
    image, seeds, _ = drawn(9)
    scribbles.save_model(tmp_path / "tuned.npz", found.model)
    again = scribbles.load_model(tmp_path / "tuned.npz")
    first = scribbles.propagate(image, seeds, model=found.model)
    assert np.array_equal(first, scribbles.propagate(image, seeds, model=again))


def test_tuning_needs_samples_with_two_classes() -> None:
    image, seeds, truth = drawn(0)
    with pytest.raises(AnnotationError, match="no accepted sample"):
        finish(scribbles.tune([]))
    with pytest.raises(AnnotationError, match="no accepted sample"):
        finish(scribbles.tune([(image, np.where(seeds == 1, 255, seeds), truth)]))
    with pytest.raises(AnnotationError, match="must agree"):
        finish(scribbles.tune([(image, seeds, truth[1:])]))
    alone = finish(scribbles.tune([(image, seeds, truth)]))
    assert alone.gain == 0


def test_files_that_are_no_model_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "model.npz"
    path.write_bytes(b"not an archive")
    with pytest.raises(CheckpointError, match="not a tuned scribble model"):
        scribbles.load_model(path)
    np.savez(path, other=np.zeros(3))
    with pytest.raises(CheckpointError, match="not a tuned scribble model"):
        scribbles.load_model(path)
    np.savez(path, **{"first/W1": np.zeros(3)})
    with pytest.raises(CheckpointError, match="another version"):
        scribbles.load_model(path)
    with pytest.raises(StorageError):
        scribbles.load_model(tmp_path / "missing.npz")


def test_a_picture_of_fewer_pieces_than_classes_is_passed_over() -> None:
    rng = np.random.default_rng(0)
    seeds = np.full((6, 6), 255, np.uint8)
    seeds.flat[::5] = np.arange(8)
    crowded = (rng.integers(0, 255, (6, 6, 3)).astype(np.uint8), seeds, rng.integers(0, 8, (6, 6)).astype(np.uint8))
    with pytest.raises(AnnotationError, match="no accepted sample with strokes of two classes"):
        finish(scribbles.tune([crowded]))
