"""Each network of the table from its first step to labels in a file: trained, kept, taken up, predicted, exported.

One network at a time: ``pytest -m slow tests/learning/test_every_network.py -k segnet``.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from segstudio.core.classes import LabelSet
from segstudio.core.progress import Work, finish
from segstudio.learning.checkpoint import load_checkpoint
from segstudio.learning.config import TrainConfig
from segstudio.learning.data import ArraySample, Normalisation
from segstudio.learning.export import export_network
from segstudio.learning.inference import labels_of, predict, predictor
from segstudio.learning.networks import NETWORKS
from segstudio.learning.records import read_curves
from segstudio.learning.trainer import TrainingMetrics, TrainResult, train
from tests.learning.networks.conftest import SMALL

CLASSES = LabelSet.named(["ground", "square", "bar"])
CROP = 64
SIZE = (65, 97)
every_network = pytest.mark.parametrize("name", NETWORKS)


def sample(seed: int) -> ArraySample:
    rng = np.random.default_rng(seed)
    labels = np.zeros(SIZE, np.uint16)
    y, x = rng.integers(4, 30, 2)
    labels[y : y + 24, x : x + 24] = 1
    labels[-12:-4] = 2
    picture = np.array([[40, 60, 80], [200, 90, 60], [90, 200, 220]])[labels] + rng.normal(0, 8, (*SIZE, 3))
    return ArraySample(np.clip(picture, 0, 255).astype(np.uint8), labels, f"picture {seed}")


def config(name: str) -> TrainConfig:
    options = dict(SMALL.get(name, {}))
    backbone = options.pop("backbone", None)
    chosen = {"network": name, "backbone": backbone, "network_options": options, "crop": CROP, "batch": 2, "lr": 1e-4}
    return TrainConfig.parse({**chosen, "amp": "off", "threads": 1, "device": "cpu", "fit_memory": False})


def steps(work: Work[TrainResult], last: int) -> None:
    """Train up to the step *last*, and stop."""
    for progress in work:
        if isinstance(progress.detail, TrainingMetrics) and progress.detail.step == last:
            break
    work.close()


@pytest.mark.slow
@pytest.mark.timeout(900)
@every_network
def test_it_is_trained_kept_resumed_and_predicts_from_its_file(name: str, tmp_path: Path) -> None:
    samples = [sample(seed) for seed in range(4)]
    for last in (2, 3):
        steps(train(config(name), samples, classes=CLASSES, folder=tmp_path, resume=last > 2), last)
    losses = read_curves(tmp_path)["loss"]
    assert len(losses) == 3
    assert np.isfinite(losses).all()
    checkpoint = load_checkpoint(tmp_path / "best.safetensors")
    scale = Normalisation.from_json(checkpoint.config["normalisation"])
    image = sample(9).image()[:61, :83]
    from_file = finish(predict(tmp_path / "best.safetensors", image))
    in_memory = finish(predict(predictor(checkpoint.network, normalisation=scale, device="cpu"), image))
    assert from_file.shape == (3, 61, 83)
    np.testing.assert_allclose(from_file, in_memory, atol=1e-5)
    np.testing.assert_allclose(from_file.sum(0), 1, atol=1e-4)
    assert set(np.unique(labels_of(from_file, CLASSES))) <= set(CLASSES)


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize(
    ("suffix", "backend"), [(".onnx", "onnxruntime"), (".onnx", "openvino"), (".pt2", "eager")], ids=lambda v: v
)
@pytest.mark.parametrize("name", [name for name in NETWORKS if NETWORKS[name].task != "instance"])
def test_its_exported_file_predicts_as_it_does(name: str, suffix: str, backend: str, tmp_path: Path) -> None:
    """Whole and by overlapping tiles, on an image of another size than it was exported for."""
    pytest.importorskip(backend if backend != "eager" else "torch")
    torch.manual_seed(0)
    steps(train(config(name), [sample(1), sample(2)], classes=CLASSES, folder=tmp_path), 1)
    network = load_checkpoint(tmp_path / "best.safetensors").network
    scale = Normalisation("dataset", (0.0,) * 3, (255.0,) * 3, (120.0,) * 3, (60.0,) * 3)
    export_network(network, tmp_path / f"net{suffix}", size=(64, 96), classes=CLASSES, normalisation=scale)
    ours = predictor(network, normalisation=scale, device="cpu")
    theirs = predictor(tmp_path / f"net{suffix}", device="cpu", backend=backend)
    image = np.tile(sample(3).image(), (2, 1, 1))[:101, :96]
    assert theirs.network.size is not None  # type: ignore[union-attr]  # a program tells its size
    fixed = theirs.network.size  # type: ignore[union-attr]
    whole = image[: fixed[0], : fixed[1]]
    np.testing.assert_allclose(finish(predict(theirs, whole)), finish(predict(ours, whole)), atol=2e-3)
    tiled = finish(predict(theirs, image))
    assert tiled.shape == (3, 101, 96)
    np.testing.assert_allclose(tiled.sum(0), 1, atol=1e-3)
    assert replace(theirs).num_classes == 3
