"""Training small networks on drawn shapes: they learn, stop, resume, and say what is wrong."""

from __future__ import annotations

import struct
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor

from segstudio.core.classes import LabelClass, LabelSet
from segstudio.core.errors import OptionError, SegStudioError, TrainingError
from segstudio.core.progress import Work, finish
from segstudio.learning.checkpoint import load_checkpoint
from segstudio.learning.config import Augmentation, TrainConfig
from segstudio.learning.data import ArraySample
from segstudio.learning.devices import out_of_memory
from segstudio.learning.inference import labels_of, predict
from segstudio.learning.loader import Batch
from segstudio.learning.networks import create_network
from segstudio.learning.networks.base import NetworkOutput, SegmentationNetwork
from segstudio.learning.records import read_curves, read_record
from segstudio.learning.team import Alone
from segstudio.learning.trainer import TrainingMetrics, train
from segstudio.learning.training.memory import fit
from segstudio.learning.training.validation import Validation, validate

CLASSES = LabelSet.named(["ground", "disc", "bar"])


def shapes(seed: int, size: int = 48, dtype: Any = np.uint8, channels: int = 0) -> ArraySample:
    """A bright disc and a dark bar on noise."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[:size, :size]
    labels = np.zeros((size, size), np.uint16)
    cy, cx = rng.integers(12, size - 12, 2)
    bar = int(rng.integers(0, size - 6))
    labels[bar : bar + 6] = 2
    labels[(y - cy) ** 2 + (x - cx) ** 2 < 81] = 1
    grey = np.array([0.5, 0.9, 0.1])[labels] + rng.normal(0, 0.05, labels.shape)
    scale = {"u": np.iinfo(dtype).max if np.dtype(dtype).kind == "u" else 1, "f": 1}[np.dtype(dtype).kind]
    image = (np.clip(grey, 0, 1) * scale).astype(dtype)
    return ArraySample(np.repeat(image[..., None], channels, 2) if channels else image, labels, f"shapes {seed}")


def config(**changes: Any) -> TrainConfig:
    values: dict[str, Any] = {
        "network_options": {"width": 8, "depth": 2, "batch_norm": True},
        "lr": 1e-2,
        "crop": 48,
        "batch": 4,
        "epochs": 3,
        "augment": Augmentation(rotate=0, scale=1.1),
        "threads": 1,
        "device": "cpu",
        "amp": "off",
        "fit_memory": False,
    }
    return TrainConfig.parse(values | changes)


def samples(count: int = 6) -> list[ArraySample]:
    return [shapes(seed) for seed in range(count)]


def weights(network: torch.nn.Module) -> Tensor:
    return torch.cat([p.detach().flatten() for p in network.parameters()])


def test_a_small_network_learns_shapes_and_predicts_new_ones(tmp_path: Path) -> None:
    result = finish(train(config(), samples(), classes=CLASSES, folder=tmp_path))
    assert result.miou is not None
    assert result.miou > 0.9
    assert result.ending == "finished"
    new = shapes(99)
    found = labels_of(finish(predict(tmp_path / "best.safetensors", new.image())), CLASSES)
    assert (found == new.labels()).mean() > 0.97


@pytest.mark.parametrize(("dtype", "channels"), [(np.uint16, 3), (np.float32, 0)])
def test_other_types_and_channels_are_learned_as_well(dtype: Any, channels: int) -> None:
    kinds = [shapes(seed, dtype=dtype, channels=channels) for seed in range(6)]
    result = finish(train(config(), kinds, classes=CLASSES))
    assert result.miou is not None
    assert result.miou > 0.9
    assert result.network.in_channels == max(1, channels)


def test_strokes_alone_teach() -> None:
    marked = []
    for sample in samples():
        strokes = np.full_like(sample.ids, 255)
        strokes[::6, ::3] = sample.ids[::6, ::3]
        marked.append(ArraySample(sample.pixels, strokes, sample.name))
    result = finish(train(config(epochs=4), marked, classes=CLASSES))
    new = shapes(99)
    found = labels_of(finish(predict(result.network, new.image())), CLASSES)
    assert (found == new.labels()).mean() > 0.9


def test_class_ids_need_not_be_consecutive() -> None:
    ids = LabelSet(
        [LabelClass(7, "disc", (0, 0, 9)), LabelClass(3, "ground", (9, 0, 0)), LabelClass(200, "bar", (1, 1, 1))]
    )
    lookup = np.array([3, 7, 200], np.uint16)
    renamed = [ArraySample(s.pixels, lookup[s.ids], s.name) for s in samples()]
    result = finish(train(config(), renamed, classes=ids))
    found = labels_of(finish(predict(result.network, shapes(99).image())), ids)
    assert set(np.unique(found)) == {3, 7, 200}
    assert (found == lookup[shapes(99).ids]).mean() > 0.95


def test_each_step_tells_how_it_stands() -> None:
    work = train(config(), samples(), classes=CLASSES)
    told: list[TrainingMetrics] = []
    fractions = []
    for progress in work:
        fractions.append(progress.fraction)
        if isinstance(progress.detail, TrainingMetrics):
            told.append(progress.detail)
    assert [m.step for m in told] == list(range(1, len(told) + 1))
    assert told[-1].epoch == told[-1].epochs == 3
    assert fractions == sorted(fractions)
    assert told[-1].eta_seconds == pytest.approx(0, abs=1e-6)
    assert told[-1].validated
    assert told[-1].class_names == ("ground", "disc", "bar")
    assert told[-1].confusion is not None
    assert told[-1].confusion.sum() == 48 * 48  # one sample of six is kept aside
    preview = told[-1].preview
    assert preview is not None
    assert preview.prediction.shape == preview.target.shape == (48, 48)
    assert all(m.images_per_second > 0 and m.lr >= 0 for m in told)


def test_closing_keeps_the_best_checkpoint_so_far(tmp_path: Path) -> None:
    work = train(config(epochs=50), samples(), classes=CLASSES, folder=tmp_path)
    best = None
    for progress in work:
        if isinstance(progress.detail, TrainingMetrics) and progress.detail.best_miou is not None:
            best = progress.detail.best_miou
            break
    work.close()
    checkpoint = load_checkpoint(tmp_path / "best.safetensors")
    assert checkpoint.config["miou"] == best
    assert list(checkpoint.classes) == [0, 1, 2]
    assert read_record(tmp_path)["status"] == "stopped"


@pytest.mark.parametrize(("aside", "kept"), [(0.0, "the newest"), (0.2, "the best")])
def test_the_best_weights_are_kept_only_where_samples_were_kept_aside_to_tell_them(
    aside: float, kept: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    measured: list[float] = []

    def worse_each_time(*args: Any, **options: Any) -> Work[Validation]:
        found = yield from validate(*args, **options)
        measured.append(0.9 - 0.1 * len(measured))
        return replace(found, miou=measured[-1])

    monkeypatch.setattr("segstudio.learning.training.run.validate", worse_each_time)
    monkeypatch.setattr("segstudio.learning.training.run.REMEMBERING", 1.0)  # measure after every epoch here too
    chosen = config(epochs=3, validation_fraction=aside, deterministic=True)
    result = finish(train(chosen, samples(), classes=CLASSES, folder=tmp_path))
    assert len(measured) == 3
    checkpoint = load_checkpoint(tmp_path / "best.safetensors")
    newest = kept == "the newest"
    assert checkpoint.config["steps"] == (result.steps if newest else result.steps // 3)
    assert result.miou == checkpoint.config["miou"] == measured[-1 if newest else 0]
    for name, tensor in checkpoint.network.state_dict().items():
        torch.testing.assert_close(tensor, result.network.state_dict()[name], rtol=0, atol=0)


def test_patience_counts_from_the_highest_value_whatever_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    values = iter([0.9, 0.5, 0.6, 0.7, 0.8])

    def up_again_but_not_so_high(*args: Any, **options: Any) -> Work[Validation]:
        return replace((yield from validate(*args, **options)), miou=next(values))

    monkeypatch.setattr("segstudio.learning.training.run.validate", up_again_but_not_so_high)
    monkeypatch.setattr("segstudio.learning.training.run.REMEMBERING", 1.0)
    chosen = config(epochs=5, validation_fraction=0.0, deterministic=True, patience=2)
    result = finish(train(chosen, samples(), classes=CLASSES, folder=tmp_path))
    assert result.ending == "no longer improving"
    assert result.miou == 0.6
    assert load_checkpoint(tmp_path / "best.safetensors").config["steps"] == result.steps


def test_closing_without_samples_kept_aside_keeps_the_weights_there_are(tmp_path: Path) -> None:
    chosen = config(epochs=50, validation_fraction=0.0)
    stopped_after(3, tmp_path, chosen)
    assert load_checkpoint(tmp_path / "best.safetensors").config["steps"] == 3


def test_closing_before_the_first_validation_keeps_the_weights_there_are(tmp_path: Path) -> None:
    work = train(config(epochs=50), samples(), classes=CLASSES, folder=tmp_path)
    for progress in work:
        if isinstance(progress.detail, TrainingMetrics):
            break
    work.close()
    assert load_checkpoint(tmp_path / "best.safetensors").network.num_classes == 3


def stopped_after(steps: int, folder: Path, chosen: TrainConfig) -> None:
    work = train(chosen, samples(), classes=CLASSES, folder=folder)
    for progress in work:
        if isinstance(progress.detail, TrainingMetrics) and progress.detail.step == steps:
            break
    work.close()


@pytest.mark.parametrize("optimiser", ["adamw", "sgd"])
def test_a_resumed_run_equals_one_without_a_break(tmp_path: Path, optimiser: str) -> None:
    options = {"width": 8, "depth": 2, "batch_norm": True, "dropout": 0.3}
    chosen = config(optimiser=optimiser, lr=1e-3, epochs=2, ema=0.9, network_options=options, deterministic=True)
    whole = finish(train(chosen, samples(), classes=CLASSES, folder=tmp_path / "whole"))
    stopped_after(7, tmp_path / "broken", chosen)
    assert len(read_curves(tmp_path / "broken")["step"]) == 7
    resumed = finish(train(chosen, samples(), classes=CLASSES, folder=tmp_path / "broken", resume=True))
    torch.testing.assert_close(weights(resumed.network), weights(whole.network), rtol=0, atol=0)
    assert resumed.miou == whole.miou
    first, second = (read_curves(tmp_path / name) for name in ("whole", "broken"))
    np.testing.assert_array_equal(first["step"], second["step"])
    np.testing.assert_array_equal(first["loss"], second["loss"])


def test_crops_prepared_on_threads_are_the_same(tmp_path: Path) -> None:
    alone = finish(train(config(epochs=1), samples(), classes=CLASSES))
    threaded = finish(train(config(epochs=1, workers=3), samples(), classes=CLASSES))
    torch.testing.assert_close(weights(alone.network), weights(threaded.network), rtol=0, atol=0)


def test_a_run_does_not_resume_on_other_samples(tmp_path: Path) -> None:
    stopped_after(2, tmp_path, config())
    with pytest.raises(TrainingError, match="samples have changed"):
        finish(train(config(), samples(7), classes=CLASSES, folder=tmp_path, resume=True))


def test_there_must_be_a_run_to_resume(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="no stopped run"):
        finish(train(config(), samples(), classes=CLASSES, folder=tmp_path / "new", resume=True))


def test_a_damaged_state_is_told(tmp_path: Path) -> None:
    stopped_after(2, tmp_path, config())
    (tmp_path / "state.pt").write_bytes(b"not a state")
    with pytest.raises(SegStudioError, match=r"state\.pt"):
        finish(train(config(), samples(), classes=CLASSES, folder=tmp_path, resume=True))


class Hungry(SegmentationNetwork):
    """A network that has memory for batches of *most* only."""

    def __init__(self, most: int, crop: int = 10_000) -> None:
        super().__init__(3, 1)
        self.inner = create_network("unet", 3, 1, width=4, depth=2, batch_norm=True)
        self.most, self.crop = most, crop
        self.seen: list[tuple[int, ...]] = []

    def segment(self, x: Tensor) -> NetworkOutput:
        if self.training:
            self.seen.append(tuple(x.shape))
            if len(x) > self.most or x.shape[-1] > self.crop:
                raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB")
        return self.inner(x)


def notes(network: Hungry, **changes: Any) -> list[str]:
    work = train(config(epochs=1, **changes), samples(), classes=CLASSES, network=network)
    return [p.detail.note for p in work if isinstance(p.detail, TrainingMetrics) and p.detail.note]


def test_out_of_memory_steps_the_batch_down_and_says_so() -> None:
    network = Hungry(most=2)
    assert notes(network, batch=8) == ["out of memory: batch 4 -> 2"]
    assert {shape[0] for shape in network.seen} == {8, 4, 2}
    # a step still sees eight crops: four batches of two
    assert sum(shape[0] == 2 for shape in network.seen) % 4 == 0


def test_out_of_memory_steps_the_crop_down_at_last() -> None:
    network = Hungry(most=1, crop=64)
    big = [shapes(seed, size=128) for seed in range(4)]
    work = train(config(epochs=1, batch=1, crop=128), big, classes=CLASSES, network=network)
    told = [p.detail.note for p in work if isinstance(p.detail, TrainingMetrics) and p.detail.note]
    assert told == ["out of memory: crop 96 -> 64"]


def test_a_run_that_stepped_down_goes_on_as_it_was(tmp_path: Path) -> None:
    chosen = config(epochs=1, batch=8, deterministic=True)

    def learn(network: Hungry, folder: Path, **options: Any) -> list[TrainingMetrics]:
        torch.manual_seed(3)
        work = train(chosen, samples(), classes=CLASSES, network=network, folder=folder, **options)
        told = []
        for progress in work:
            if isinstance(progress.detail, TrainingMetrics):
                told.append(progress.detail)
                if folder.name == "broken" and not options and len(told) == 2:
                    work.close()
        return told

    torch.manual_seed(0)
    whole, broken = Hungry(most=2), Hungry(most=2)
    broken.load_state_dict(whole.state_dict())
    again = Hungry(most=2)
    losses = [m.loss for m in learn(whole, tmp_path / "whole")]
    first = learn(broken, tmp_path / "broken")
    rest = learn(again, tmp_path / "broken", resume=True)
    assert {shape[0] for shape in again.seen} == {2}, "it does not try larger batches again"
    assert not any(m.note for m in rest)
    assert [m.loss for m in (*first, *rest)] == pytest.approx(losses, rel=1e-6)


def test_a_team_steps_down_together() -> None:
    class Pair(Alone):
        """Of which the other member has run out of memory in its first step."""

        asked = 0

        def every(self, flag: bool) -> bool:
            self.asked += 1
            return flag and self.asked > 1

    network = Hungry(most=99)
    work = train(config(epochs=1, batch=4), samples(), classes=CLASSES, network=network, team=Pair())
    told = [p.detail.note for p in work if isinstance(p.detail, TrainingMetrics) and p.detail.note]
    assert told == ["out of memory: batch 4 -> 2"]
    assert [shape[0] for shape in network.seen[:3]] == [4, 2, 2]


def test_what_the_allocators_say_is_understood() -> None:
    with pytest.raises(RuntimeError) as refused:
        torch.empty(1 << 60)
    assert out_of_memory(refused.value)
    assert out_of_memory(RuntimeError("cuDNN error: CUDNN_STATUS_ALLOC_FAILED"))
    assert not out_of_memory(RuntimeError("mat1 and mat2 shapes cannot be multiplied"))


def test_memory_for_nothing_at_all_is_one_clear_error() -> None:
    with pytest.raises(TrainingError, match="pick a smaller network"):
        notes(Hungry(most=0))


def test_other_errors_of_torch_are_not_taken_for_memory() -> None:
    class Broken(Hungry):
        def segment(self, x: Tensor) -> NetworkOutput:
            raise RuntimeError("sizes do not match")

    with pytest.raises(RuntimeError, match="sizes do not match"):
        notes(Broken(most=4))


def bad(kind: str) -> Sequence[ArraySample]:
    good = shapes(0)
    empty = ArraySample(good.pixels, np.full_like(good.ids, 255), "empty.png")
    cases: dict[str, list[ArraySample]] = {
        "none": [],
        "unlabelled": [empty, empty],
        "one class": [ArraySample(good.pixels, np.where(good.ids == 1, 1, 255).astype(np.uint16), "one.png")],
        "size": [good, ArraySample(good.pixels[:40], good.ids, "short.png")],
        "class": [ArraySample(good.pixels, good.ids + 7, "seven.png")],
        "channels": [good, shapes(1, channels=5)],
        "labels": [ArraySample(good.pixels, good.ids[..., None], "deep.png")],
        "kind": [ArraySample(good.pixels.astype(complex), good.ids, "complex.png")],
    }
    return cases[kind]


@pytest.mark.parametrize(
    ("kind", "message"),
    [
        ("none", "no labelled sample"),
        ("unlabelled", "every pixel is unlabelled"),
        ("one class", "only the class 'disc' is labelled"),
        ("size", r"short\.png: the labels are 48x48 pixels but the image is 48x40"),
        ("class", r"seven\.png: there is no class 7; there are 0 ground, 1 disc, 2 bar"),
        ("channels", "has 5 channels where the network takes 1"),
        ("labels", r"deep\.png: its labels are an array of shape \(48, 48, 1\)"),
        ("kind", r"complex\.png: an image of type complex128"),
    ],
)
def test_bad_samples_are_one_clear_error(kind: str, message: str) -> None:
    with pytest.raises(TrainingError, match=message):
        finish(train(config(), bad(kind), classes=CLASSES))


def test_a_diverging_run_says_so() -> None:
    def infinite(output: NetworkOutput, batch: Batch) -> Tensor:
        return output.logits.sum() * torch.inf

    with pytest.raises(TrainingError, match="lower learning rate"):
        finish(train(config(), samples(), classes=CLASSES, objective=infinite))


def test_the_objective_can_be_passed_in_and_knows_its_samples() -> None:
    seen: set[int] = set()

    def objective(output: NetworkOutput, batch: Batch) -> Tensor:
        seen.update(batch.samples)
        return torch.nn.functional.cross_entropy(output.logits, batch.target, ignore_index=255)

    finish(train(config(epochs=1, validation_fraction=0), samples(), classes=CLASSES, objective=objective))
    assert seen == set(range(6))


def test_confidence_reaches_the_loss() -> None:
    def of(confidence: NDArray[np.float32] | None) -> list[ArraySample]:
        return [ArraySample(s.pixels, s.ids, s.name, confidence) for s in samples()]

    def learned(confidence: NDArray[np.float32] | None) -> Tensor:
        return weights(finish(train(config(epochs=1), of(confidence), classes=CLASSES)).network)

    torch.testing.assert_close(learned(np.ones((48, 48), np.float32)), learned(None))
    half = np.ones((48, 48), np.float32)
    half[:, :24] = 0
    assert not torch.allclose(learned(half), learned(None))


def test_given_validation_samples_are_the_ones_measured() -> None:
    work = train(config(epochs=1), samples(3), classes=CLASSES, validation=[shapes(50, size=64), shapes(51, size=64)])
    last = [p.detail for p in work if isinstance(p.detail, TrainingMetrics)][-1]
    assert last.confusion is not None
    assert last.confusion.sum() == 2 * 64 * 64


def test_training_goes_on_from_a_checkpoint_with_its_intensities(tmp_path: Path) -> None:
    first = finish(train(config(), samples(), classes=CLASSES, folder=tmp_path / "first"))
    assert first.checkpoint is not None
    more = finish(train(config(epochs=1, lr=1e-6), samples()[:3], classes=CLASSES, start=first.checkpoint))
    assert more.config["normalisation"] == first.config["normalisation"]
    torch.testing.assert_close(weights(more.network), weights(first.network), rtol=0, atol=1e-3)


def test_patience_ends_a_run_that_no_longer_improves() -> None:
    result = finish(train(config(epochs=200, lr=1e-7, patience=2), samples(3), classes=CLASSES))
    assert result.ending == "no longer improving"
    assert result.epochs < 100


def test_minutes_end_a_run_and_a_pause_is_free() -> None:
    work = train(config(epochs=None, minutes=0.02), samples(3), classes=CLASSES)
    for number, progress in enumerate(work):
        if number == 10:
            time.sleep(1.5)
        last = progress.detail
    assert isinstance(last, TrainingMetrics)
    assert 1.2 <= last.elapsed_seconds < 2.4
    assert last.epochs is None


def test_a_frozen_backbone_stays_as_it_is() -> None:
    torch.manual_seed(0)
    network = create_network("deeplabv3plus", 3, 1, backbone="resnet18")
    before = [p.clone() for p in network.backbone_parameters()]
    head = [p.clone() for p in network.head_parameters()]
    finish(train(config(epochs=1, backbone_lr=0, batch=16), samples(2), classes=CLASSES, network=network))
    assert all(torch.equal(a, b) for a, b in zip(before, network.backbone_parameters(), strict=True))
    assert not all(torch.equal(a, b) for a, b in zip(head, network.head_parameters(), strict=True))
    assert all(p.requires_grad for p in network.parameters()), "frozen for the run only"


def test_frozen_stages_stay_as_they_are_with_their_statistics() -> None:
    torch.manual_seed(0)
    network = create_network("deeplabv3plus", 3, 1, backbone="resnet18")
    stages = network.backbone_stages()
    before = [[p.clone() for p in stage] for stage in stages]
    statistics = {name: b.clone() for name, b in network.named_buffers() if name.endswith("running_mean")}
    finish(train(config(epochs=1, frozen_stages=2, batch=16), samples(2), classes=CLASSES, network=network))
    same = [all(torch.equal(a, b) for a, b in zip(*pair, strict=True)) for pair in zip(before, stages, strict=True)]
    assert same == [True, True, False, False, False], "conv1 and layer1 of conv1, layer1 ... layer4"
    moved = {name for name, b in network.named_buffers() if name in statistics and not torch.equal(b, statistics[name])}
    still = {name for name in statistics if name.startswith(("backbone.bn1.", "backbone.layer1."))}
    assert still
    assert moved == statistics.keys() - still
    assert all(p.requires_grad for p in network.parameters()), "frozen for the run only"


def test_stages_of_what_is_no_backbone_cannot_be_frozen() -> None:
    with pytest.raises(OptionError, match="unet has no backbone"):
        finish(train(config(frozen_stages=1), samples(2), classes=CLASSES))


def test_what_a_running_mean_made_can_be_trained_on_and_keeps_what_was_frozen() -> None:
    torch.manual_seed(0)
    network = create_network("unet", 3, 1, width=8, depth=2, batch_norm=True)
    frozen = next(network.parameters()).requires_grad_(False)
    chosen = config(epochs=1, ema=0.9)
    first = finish(train(chosen, samples(3), classes=CLASSES, network=network)).network
    assert first is not network
    assert [p.requires_grad for p in first.parameters()] == [p.requires_grad for p in network.parameters()]
    before = weights(first)
    second = finish(train(chosen, samples(3), classes=CLASSES, network=first)).network
    assert not torch.equal(before, weights(second))
    assert torch.equal(frozen, next(second.parameters()))


def test_auxiliary_outputs_are_trained_with_their_weights() -> None:
    class Two(SegmentationNetwork):
        aux_weights = (0.5,)

        def __init__(self) -> None:
            super().__init__(3, 1)
            self.main, self.side = torch.nn.Conv2d(1, 3, 1), torch.nn.Conv2d(1, 3, 1)

        def segment(self, x: Tensor) -> NetworkOutput:
            return NetworkOutput(self.main(x), (self.side(x),) if self.training else ())

    def side(aux: tuple[float, ...] | None) -> Tensor:
        torch.manual_seed(0)
        network = Two()
        start = network.side.weight.detach().clone()
        finish(train(config(epochs=1, aux_weights=aux, weight_decay=0), samples(3), classes=CLASSES, network=network))
        return (network.side.weight - start).abs().sum()

    assert side(None) > 0
    assert side((0.0,)) == 0


def test_there_are_as_many_weights_as_auxiliary_outputs() -> None:
    with pytest.raises(OptionError, match="unet has 0 auxiliary outputs, so that it takes as many weights, not 2"):
        finish(train(config(aux_weights=(1, 1)), samples(2), classes=CLASSES))


def test_a_run_that_began_from_a_checkpoint_goes_on_with_its_intensities(tmp_path: Path) -> None:
    first = finish(train(config(epochs=1, normalisation="dataset"), samples(), classes=CLASSES, folder=tmp_path / "a"))
    second = train(config(epochs=2), samples(3), classes=CLASSES, folder=tmp_path / "b", start=first.checkpoint)
    for progress in second:
        if isinstance(progress.detail, TrainingMetrics):
            break
    second.close()
    result = finish(train(config(epochs=2), samples(3), classes=CLASSES, folder=tmp_path / "b", resume=True))
    assert result.config["normalisation"] == first.config["normalisation"]
    assert result.config["normalisation"]["kind"] == "dataset"


def test_class_weights_come_from_the_labels() -> None:
    finish(train(config(epochs=1, class_weights="median"), samples(3), classes=CLASSES))
    with pytest.raises(OptionError, match="no option 'weight'"):
        finish(train(config(epochs=1, class_weights="median", loss="dice"), samples(3), classes=CLASSES))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"network": "unett"}, "did you mean 'unet'"),
        ({"loss": "dise"}, "did you mean 'dice'"),
        ({"device": "cuda:99"}, "has no device"),
        ({"device": "abacus"}, "has no device 'abacus'"),
        ({"network_options": {"breadth": 3}}, "no option 'breadth'"),
    ],
)
def test_options_that_do_not_exist_are_refused(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(OptionError, match=message):
        finish(train(config(**changes), samples(3), classes=CLASSES))


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"batch": 0}, "training option batch: input should be greater than or equal to 1"),
        ({"losses": "ce"}, "training option losses: extra inputs are not permitted"),
        ({"augment": {"scale": 0.5}}, r"training option augment\.scale"),
        ({"schedule": "wild"}, "training option schedule"),
    ],
)
def test_values_out_of_range_are_refused_in_one_sentence(values: dict[str, Any], message: str) -> None:
    with pytest.raises(OptionError, match=message):
        TrainConfig.parse(values)


def test_a_run_leaves_records_that_others_read(tmp_path: Path) -> None:
    result = finish(train(config(epochs=1), samples(), classes=CLASSES, folder=tmp_path))
    record = read_record(tmp_path)
    assert record["status"] == "finished"
    assert torch.__version__.startswith(record["versions"]["torch"])
    assert record["train"]["lr"] == 1e-2
    assert set(record["learned from"]) | set(record["validated on"]) == {s.name for s in samples()}
    curves = read_curves(tmp_path)
    assert len(curves["loss"]) == result.steps
    assert curves["miou"][-1] == pytest.approx(result.miou, rel=1e-4)
    (events,) = tmp_path.glob("events.out.tfevents.*")
    data = events.read_bytes()
    count = 0
    while data:
        (length,) = struct.unpack("<Q", data[:8])
        count, data = count + 1, data[16 + length :]
    assert count == result.steps + 1  # the first says the version


def test_event_files_take_back_the_steps_that_a_resumed_run_takes_again(tmp_path: Path) -> None:
    """As TensorBoard reads them: a session log START in a later file, field 7 with status 1, at the first such step."""
    work = train(config(epochs=1), samples(), classes=CLASSES, folder=tmp_path)
    for progress in work:
        if isinstance(progress.detail, TrainingMetrics) and progress.detail.step == 3:
            break
    work.close()
    first = set(tmp_path.glob("events.out.tfevents.*"))
    for file in first:
        file.rename(file.with_name(f"{file.name}.killed"))  # so that both have names of their own within one second
    finish(train(config(epochs=1), samples(), classes=CLASSES, folder=tmp_path, resume=True))
    (events,) = (f for f in tmp_path.glob("events.out.tfevents.*") if not f.name.endswith("killed"))
    data = events.read_bytes()
    (length,) = struct.unpack("<Q", data[:8])
    second = data[16 + length :]
    (length,) = struct.unpack("<Q", second[:8])
    event = second[12 : 12 + length]
    assert event[9:11] == bytes([0x10, 4]), "step 4"
    assert event[11:] == bytes([7 << 3 | 2, 2, 1 << 3, 1])


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(SegStudioError, match="file"):
        finish(train(config(), samples(3), classes=CLASSES, folder=tmp_path / "file" / "run"))


def test_refinenet_is_taught_gently_and_a_person_has_the_last_word() -> None:
    assert TrainConfig(network="refinenet").peak_lr == pytest.approx(1e-4)
    assert TrainConfig(network="refinenet", optimiser="sgd").peak_lr == pytest.approx(1e-3)
    assert TrainConfig(network="refinenet", lr=0.02).peak_lr == 0.02
    assert TrainConfig(network="unet").peak_lr == 1e-3


def measured_steps(chosen: TrainConfig, given: list[ArraySample]) -> list[TrainingMetrics]:
    told = [p.detail for p in train(chosen, given, classes=CLASSES) if isinstance(p.detail, TrainingMetrics)]
    return [metrics for metrics in told if metrics.validated]


def test_a_run_that_keeps_no_sample_aside_measures_few_of_those_it_learns_from_now_and_then() -> None:
    tiny = {"width": 4, "depth": 1, "batch_norm": True}
    chosen = config(epochs=30, batch=32, crop=32, network_options=tiny, validation_fraction=0, deterministic=True)
    # three of six samples are measured, and six tell what is familiar: as much as nine steps, a twentieth of 180, which
    # are 60 epochs of three steps
    told = measured_steps(chosen, samples())
    assert [metrics.step for metrics in told] == [90], "the end"
    assert told[0].confusion is not None
    assert told[0].confusion.sum() == 3 * 48 * 48
    told = measured_steps(chosen.model_copy(update={"epochs": 130}), samples())
    assert [metrics.step for metrics in told] == [180, 360, 390]


def test_measuring_learned_samples_waits_where_it_takes_long(monkeypatch: pytest.MonkeyPatch) -> None:
    seconds = []

    def slow(*args: Any, **options: Any) -> Any:
        found = yield from validate(*args, **options)
        seconds.append(found.seconds)
        return replace(found, seconds=1e6)

    monkeypatch.setattr("segstudio.learning.training.run.validate", slow)
    tiny = {"width": 4, "depth": 1, "batch_norm": True}
    chosen = config(epochs=130, batch=32, crop=32, network_options=tiny, validation_fraction=0)
    assert [metrics.step for metrics in measured_steps(chosen, samples())] == [180, 390], "the end is always measured"


def test_a_run_whose_time_was_over_before_it_began_takes_a_step(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def slow(*args: Any, **options: Any) -> Any:
        found = fit(*args, **options)
        assert found is not None
        return replace(found, seconds=1e6)

    monkeypatch.setattr("segstudio.learning.training.run.fit", slow)
    chosen = config(epochs=None, minutes=1, fit_memory=True)
    result = finish(train(chosen, samples(), classes=CLASSES, folder=tmp_path))
    assert (result.steps, result.ending) == (1, "out of time")
    assert result.checkpoint is not None


def test_of_a_large_learned_image_a_square_where_it_is_labelled_is_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("segstudio.learning.training.run.REMEMBERED_SIDE", 32)
    corner = shapes(1, size=96)
    corner.ids[:, :60] = 255
    corner.ids[:60] = 255
    told = measured_steps(config(epochs=1, validation_fraction=0), [corner])
    assert told[-1].confusion is not None
    assert told[-1].confusion.sum() == 32 * 32, "rows and columns 61 to 92, all of them labelled"
    assert told[-1].preview is not None
    assert told[-1].preview.prediction.shape == (32, 32)
