"""Samples, intensities, crops: what a network gets to see."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image

from segstudio.core.classes import LabelSet
from segstudio.core.errors import TrainingError
from segstudio.core.progress import finish
from segstudio.learning.augment import training_crop
from segstudio.learning.config import Augmentation, recommended_crop
from segstudio.learning.data import (
    ArraySample,
    ClassMap,
    Decoded,
    FileSample,
    Normalisation,
    SampleStore,
    TrainingSample,
    folder_samples,
    sample_order,
    split,
)
from segstudio.learning.schedules import Schedule, rate

TWO = ClassMap(LabelSet.named(["a", "b"]))


def store(*samples: ArraySample, classes: ClassMap = TWO) -> SampleStore:
    return SampleStore(list(samples), classes)


def decoded(image: NDArray[Any], target: NDArray[Any] | None = None) -> Decoded:
    labels = np.zeros(image.shape[:2], np.uint16) if target is None else target
    return store(ArraySample(image, labels))[0]


def crop_of(sample: Decoded, size: int, augmentation: Augmentation, seed: int = 0, **options: Any) -> Any:
    channels = sample.image.shape[2]
    plain = Normalisation("dataset", (-1e9,) * channels, (1e9,) * channels, (0.0,) * channels, (1.0,) * channels)
    return training_crop(sample, size, plain, augmentation, np.random.default_rng(seed), **options)


@settings(max_examples=30, deadline=None)
@given(st.integers(33, 80), st.integers(33, 80), st.sampled_from([32, 33, 64]), st.integers(0, 999))
def test_a_crop_without_augmentation_is_a_cut_of_the_image(height: int, width: int, size: int, seed: int) -> None:
    image = np.random.default_rng(seed).integers(0, 65535, (height, width), dtype=np.uint16)
    crop = crop_of(decoded(image), size, Augmentation.none(), seed)
    inside = crop.target != 255
    rows, columns = np.flatnonzero(inside.any(1)), np.flatnonzero(inside.any(0))
    assert len(rows) == min(size, height)
    assert len(columns) == min(size, width)
    part = crop.image[0][np.ix_(rows, columns)]
    found = [
        (y, x)
        for y in range(height - len(rows) + 1)
        for x in range(width - len(columns) + 1)
        if image[y, x] == part[0, 0] and np.array_equal(image[y : y + len(rows), x : x + len(columns)], part)
    ]
    assert found


@pytest.mark.parametrize("elastic", [0.0, 3.0])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32, np.int32])
def test_image_and_labels_move_together(dtype: Any, elastic: float) -> None:
    y, x = np.mgrid[:120, :100]
    labels = ((x // 20 + y // 20) % 2).astype(np.uint16)
    sample = decoded((labels * 100 + 20).astype(dtype), labels)
    shape = Augmentation(rotate=180, scale=1.5, elastic=elastic, flip_vertical=True, brightness=0, contrast=0, gamma=0)
    for seed in range(10):
        crop = crop_of(sample, 64, shape, seed)
        known = crop.target != 255
        assert known.mean() > 0.3
        agree = (crop.image[0] > 70) == (crop.target == 1)
        assert agree[known].mean() > 0.98
        assert crop.image.min() >= 19.9
        assert crop.image.max() <= 120.1


def test_pixels_outside_of_the_image_are_unlabelled() -> None:
    crop = crop_of(decoded(np.ones((20, 30), np.uint8)), 64, Augmentation.none())
    assert (crop.target != 255).sum() == 20 * 30
    assert (crop.image == 1).all()  # mirrored, no dark frame


def test_twelve_bands_are_cropped_alike() -> None:
    image = np.random.default_rng(0).random((70, 70, 1)).astype(np.float32) + np.arange(12, dtype=np.float32)
    crop = crop_of(decoded(image), 32, Augmentation(rotate=90, brightness=0, contrast=0, gamma=0))
    np.testing.assert_allclose(
        crop.image - crop.image[:1], np.broadcast_to(np.arange(12)[:, None, None], (12, 32, 32)), atol=1e-4
    )


def test_balanced_crops_find_the_rare_class() -> None:
    labels = np.zeros((400, 400), np.uint16)
    labels[350:354, 30:34] = 1
    sample = decoded(np.zeros((400, 400), np.uint8), labels)

    def hits(share: float) -> int:
        crops = (crop_of(sample, 64, Augmentation.none(), seed, balanced=share) for seed in range(40))
        return sum(int((crop.target == 1).any()) for crop in crops)

    assert hits(1.0) > 10
    assert hits(0.0) < 6


def test_the_same_generator_gives_the_same_crop() -> None:
    sample = decoded(np.random.default_rng(0).integers(0, 255, (80, 80, 3), dtype=np.uint8))
    full = Augmentation(elastic=2, noise=0.1, flip_vertical=True)
    first, second, other = (crop_of(sample, 48, full, seed) for seed in (5, 5, 6))
    np.testing.assert_array_equal(first.image, second.image)
    assert not np.array_equal(first.image, other.image)


@pytest.mark.parametrize(("dtype", "scale"), [(np.uint8, 200), (np.uint16, 50000), (np.float32, 1e-3), (np.int16, 900)])
def test_normalised_intensities_have_mean_zero_and_deviation_one(dtype: Any, scale: float) -> None:
    image = (np.random.default_rng(0).random((100, 100, 2)) * scale).astype(dtype)
    out = Normalisation.of_pixels(image.reshape(-1, 2)).apply(image)
    assert out.dtype == np.float32
    np.testing.assert_allclose(out.mean((0, 1)), 0, atol=1e-2)
    np.testing.assert_allclose(out.std((0, 1)), 1, atol=1e-2)


def test_one_hot_pixel_does_not_squeeze_the_rest() -> None:
    image = np.random.default_rng(0).integers(100, 200, (100, 100, 1)).astype(np.uint16)
    image[0, 0] = 65535
    out = Normalisation.of_pixels(image.reshape(-1, 1)).apply(image)
    assert out.max() < 3
    assert out[1:].std() == pytest.approx(1, abs=0.05)


def test_constant_and_broken_channels_become_zero() -> None:
    image = np.zeros((10, 10, 2), np.float32)
    image[..., 0], image[..., 1] = 7, np.nan
    scale = Normalisation.of_pixels(image.reshape(-1, 2))
    assert np.isfinite(scale.apply(image)).all()
    constant = np.full((10, 10, 1), 7, np.uint8)
    assert not Normalisation.of_pixels(constant.reshape(-1, 1)).apply(constant).any()


def test_a_normalisation_survives_its_json() -> None:
    measured = Normalisation.of_pixels(np.random.default_rng(0).random((50, 3)))
    assert Normalisation.from_json(measured.to_json()) == measured
    assert Normalisation.from_json(Normalisation().to_json()) == Normalisation()


@settings(max_examples=50)
@given(st.integers(3, 30), st.floats(0.01, 0.9), st.integers(0, 99))
def test_a_split_keeps_every_class_among_the_learned(count: int, fraction: float, seed: int) -> None:
    counts = (np.random.default_rng(seed).random((count, 4)) < 0.3).astype(np.int64)
    counts[:3, 0] = 1
    learned, kept = split(counts, fraction, seed)
    assert not set(learned) & set(kept)
    assert set(learned) | set(kept) == set(np.flatnonzero(counts.sum(1)))
    np.testing.assert_array_equal(counts[learned].sum(0) > 0, counts.sum(0) > 0)
    assert learned


def test_two_samples_are_both_learned_from() -> None:
    assert split(np.ones((2, 2), np.int64), 0.5, 0) == ([0, 1], [])


def test_the_order_of_samples_can_start_anywhere() -> None:
    whole = sample_order(5, seed=3)
    first = [next(whole) for _ in range(23)]
    assert all(sorted(first[i : i + 5]) == [0, 1, 2, 3, 4] for i in range(0, 20, 5))
    assert first[:5] != first[5:10]
    later = sample_order(5, seed=3, start=13)
    assert [next(later) for _ in range(10)] == first[13:23]


def test_a_survey_counts_classes_and_knows_changed_pixels() -> None:
    labels = np.array([[0, 0, 1], [255, 255, 1]], np.uint16)
    first = finish(store(ArraySample(np.zeros((2, 3, 4), np.uint8), labels)).survey())
    np.testing.assert_array_equal(first.counts, [[2, 2]])
    assert first.channels == 3  # alpha tells nothing
    again = finish(store(ArraySample(np.zeros((2, 3, 4), np.uint8), labels)).survey())
    changed = finish(store(ArraySample(np.ones((2, 3, 4), np.uint8), labels)).survey())
    assert first.fingerprint == again.fingerprint != changed.fingerprint


def test_what_does_not_fit_into_the_cache_is_read_again() -> None:
    reads = 0

    class Counted(ArraySample):
        def image(self) -> NDArray[Any]:
            nonlocal reads
            reads += 1
            return super().image()

    labels = np.zeros((10, 10), np.uint16)
    samples = [Counted(np.zeros((10, 10), np.uint8), labels) for _ in range(2)]
    kept = SampleStore(samples, TWO, cache_bytes=250)
    for _ in range(3):
        assert [kept[0].nbytes, kept[1].nbytes] == [200, 200]
    assert reads == 1 + 3


def test_folders_are_matched_by_name(tmp_path: Path) -> None:
    for folder, names in (
        ("images", ("a.png", "b.jpg", "c.png", "notes.txt")),
        ("masks", ("a.png", "b.png", "notes.png")),
    ):
        (tmp_path / folder).mkdir()
        for name in names:
            if name.endswith(".txt"):
                (tmp_path / folder / name).write_text("no image")
            else:
                Image.new("L", (40, 30), 1).save(tmp_path / folder / name)
    found = folder_samples(tmp_path / "images", tmp_path / "masks")
    assert [sample.name for sample in found] == ["a.png", "b.jpg"]
    assert isinstance(found[0], TrainingSample)
    assert found[0].image().shape[:2] == found[0].labels().shape == (30, 40)


def test_folders_without_pairs_are_told(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="is not a folder"):
        folder_samples(tmp_path / "nowhere", tmp_path)
    with pytest.raises(TrainingError, match="has a mask of the same name"):
        folder_samples(tmp_path, tmp_path)


def test_a_mask_of_another_size_is_told(tmp_path: Path) -> None:
    Image.new("L", (40, 30)).save(tmp_path / "image.png")
    Image.new("L", (40, 20)).save(tmp_path / "mask.png")
    sample = FileSample(tmp_path / "image.png", tmp_path / "mask.png")
    with pytest.raises(TrainingError, match=r"image\.png: the labels are 40x20 pixels but the image is 40x30"):
        SampleStore([sample], TWO)[0]


@pytest.mark.parametrize("schedule", ["poly", "cosine", "one_cycle", "constant"])
def test_learning_rates_rise_to_one_and_fall_to_nothing(schedule: Schedule) -> None:
    values = [rate(schedule, t, 0.1) for t in np.linspace(0, 1, 201)]
    assert 0 < values[0] < 0.1
    assert max(values) == pytest.approx(1, abs=0.1)
    top = int(np.argmax(values))
    assert values[:top] == sorted(values[:top])
    if schedule != "constant":
        assert values[top:] == sorted(values[top:], reverse=True)
        assert values[-1] < 1e-3


def test_poly_by_hand() -> None:
    assert rate("poly", 0.5) == pytest.approx(0.5**0.9)
    assert rate("cosine", 0.5) == pytest.approx(0.5)


def test_configs_and_records_need_no_torch() -> None:
    modules = "config, data, augment, records, schedules"
    code = f"import sys; from segstudio.learning import {modules}; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_crops_are_recommended_by_the_usual_size() -> None:
    assert recommended_crop([(256, 216)] * 5 + [(3000, 4000)]) == 160
    assert recommended_crop([(180, 240)]) == 128
    assert recommended_crop([(3000, 4000)]) == 256
    assert recommended_crop([(40, 500)]) == 96
