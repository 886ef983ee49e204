"""A training leaves the scale on which pixels unlike anything trained on are told."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor, nn

from segstudio.core.classes import LabelSet
from segstudio.core.progress import finish
from segstudio.learning.config import Augmentation, TrainConfig
from segstudio.learning.data import ArraySample, Normalisation
from segstudio.learning.inference import analyse, predictor
from segstudio.learning.loader import Batch
from segstudio.learning.networks.base import NetworkOutput, SegmentationNetwork
from segstudio.learning.predict_config import Using
from segstudio.learning.predicting import maps_of, predict_image
from segstudio.learning.trainer import TrainingMetrics, train
from segstudio.learning.uncertainty import Calibration, load_calibration

CLASSES = LabelSet.named(["stripes", "grain"])
SIDE = 64


def textures(seed: int) -> ArraySample:
    """Stripes on the left, grain on the right."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[:SIDE, :SIDE]
    labels = (x + rng.integers(-8, 8) > SIDE // 2).astype(np.uint16)
    pixels = np.where(labels == 1, 160 + rng.normal(0, 25, labels.shape), 90 + 40 * np.sin(y * 1.2))
    return ArraySample((pixels + rng.normal(0, 6, labels.shape)).clip(0, 255).astype(np.uint8), labels, f"{seed}")


def with_checks(image: NDArray[np.uint8]) -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
    """*image* with a black and white checkerboard in its middle, and where that is, less a margin."""
    y, x = np.mgrid[:SIDE, :SIDE]
    inside = (abs(y - 32) < 14) & (abs(x - 32) < 14)
    checks = np.where((x // 2 + y // 2) % 2, 255, 0).astype(np.uint8)
    return np.where(inside, checks, image), (abs(y - 32) < 9) & (abs(x - 32) < 9)


class Prototypes(SegmentationNetwork):
    """Each class is a place among brightnesses and contrasts; the further off a pixel, the smaller its logits.

    So what it was never shown has small logits for certain, which the logits of other networks only may have.
    """

    def __init__(self) -> None:
        super().__init__(len(CLASSES), 1)
        self.places = nn.Parameter(torch.tensor([[0.0, 1.0], [1.0, 0.0]]))

    def segment(self, x: Tensor) -> NetworkOutput:
        mean = F.avg_pool2d(x, 7, 1, 3, count_include_pad=False)
        contrast = F.avg_pool2d((x - mean).square(), 7, 1, 3, count_include_pad=False).sqrt()
        features = torch.cat([mean, contrast], 1)
        return NetworkOutput(-(features[:, None] - self.places[None, :, :, None, None]).square().sum(2) * 10)


def to_the_middle(output: NetworkOutput, batch: Batch) -> Tensor:
    """Moves every place to the middle of its class."""
    return -output.logits.gather(1, batch.target[:, None]).mean()


def config(**changes: object) -> TrainConfig:
    values = {"crop": SIDE, "augment": Augmentation.none(), "normalisation": "dataset", "device": "cpu", "threads": 1}
    return TrainConfig.parse(values | {"amp": "off", "epochs": 4, "batch": 4, "lr": 3e-2} | changes)


def test_a_texture_never_seen_is_marked_and_those_seen_are_not() -> None:
    samples = [textures(seed) for seed in range(8)]
    result = finish(train(config(), samples, classes=CLASSES, network=Prototypes(), objective=to_the_middle))
    assert result.miou is not None
    assert result.miou > 0.9
    ready = predictor(result.network, normalisation=Normalisation.from_json(result.config["normalisation"]))
    calibration = Calibration.from_json(result.config["strangeness"])
    image, checks = with_checks(textures(100).pixels)
    found, seen = finish(analyse(ready, image)), finish(analyse(ready, textures(101).pixels))
    names = ("ood", "max_logit")
    for values in maps_of(found, names, calibration).values():
        assert (values[checks] > 1).all()
    for values in maps_of(seen, names, calibration).values():
        assert (values > 1).mean() < 0.03


def test_each_class_is_measured_by_itself() -> None:
    # the network is surer of channel 0 throughout: what is usual for channel 1 would be strange there
    rng = np.random.default_rng(0)
    channels = np.repeat([0, 1, 2], [5000, 5000, 20])
    values = np.where(channels == 0, -10, -2) + rng.normal(0, 0.5, channels.size)
    calibration = Calibration.of([({"max_logit": values, "energy": values}, channels)], 3)
    for channel, middle in ((0, -10), (1, -2)):
        asked = np.array([middle, middle + 0.5 * 2.326])  # 99 % of a normal distribution lie below
        scaled = calibration.scaled("energy", asked, np.full(2, channel))
        np.testing.assert_allclose(scaled, [0, 1], atol=0.1)
    assert calibration.scaled("energy", np.array([-2.0]), np.array([0]))[0] > 5
    rare, of_all = calibration.scaled("energy", values, np.full(values.shape, 2)), calibration.scaled("energy", values)
    np.testing.assert_array_equal(rare, of_all)
    assert Calibration.from_json(calibration.to_json()) == calibration


def test_the_scale_lies_in_the_checkpoint_and_outlasts_a_break(tmp_path: Path) -> None:
    samples = [textures(seed) for seed in range(6)]
    chosen = config(network_options={"width": 8, "depth": 2, "batch_norm": True}, epochs=3, lr=1e-2, deterministic=True)
    whole = finish(train(chosen, samples, classes=CLASSES, folder=tmp_path / "whole"))
    assert whole.checkpoint is not None
    calibration = predictor(whole.checkpoint, device="cpu").calibration
    assert calibration == load_calibration(whole.checkpoint, whole.config)
    assert calibration is not None
    maps = finish(predict_image(whole.checkpoint, textures(100).pixels, Using(maps=("ood", "max_logit")))).maps
    for values in maps.values():
        assert (values > 1).mean() < 0.05, "about a hundredth of what it knows"
        assert np.median(values) == pytest.approx(0, abs=0.5)

    work = train(chosen, samples, classes=CLASSES, folder=tmp_path / "broken")
    for progress in work:
        if isinstance(progress.detail, TrainingMetrics) and progress.detail.validated:
            break
    work.close()
    first = predictor(tmp_path / "broken" / "best.safetensors", device="cpu").calibration
    assert first is not None
    resumed = finish(train(chosen, samples, classes=CLASSES, folder=tmp_path / "broken", resume=True))
    assert resumed.config["strangeness"] == whole.config["strangeness"]


def test_what_a_mask_leaves_out_does_not_count_as_known() -> None:
    samples = []
    for seed in range(8):
        pixels, checks = with_checks(textures(seed).pixels)
        labels = np.where(checks, np.uint16(255), textures(seed).ids)
        y, x = np.mgrid[:SIDE, :SIDE]
        labels[(abs(y - 32) < 18) & (abs(x - 32) < 18)] = 255
        samples.append(ArraySample(pixels, labels, f"{seed}"))
    network = Prototypes()
    result = finish(train(config(), samples, classes=CLASSES, network=network, objective=_known))
    ready = predictor(result.network, normalisation=Normalisation.from_json(result.config["normalisation"]))
    image, checks = with_checks(textures(100).pixels)
    calibration = Calibration.from_json(result.config["strangeness"])
    assert (maps_of(finish(analyse(ready, image)), ["ood"], calibration)["ood"][checks] > 1).all()


def _known(output: NetworkOutput, batch: Batch) -> Tensor:
    known = batch.target != 255
    own = output.logits.gather(1, torch.where(known, batch.target, 0)[:, None])[:, 0]
    return -own[known].mean()
