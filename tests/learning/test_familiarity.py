"""Features that are unlike the training's: where they are taken, what their distance is, and that it tells textures."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from segstudio.core.progress import finish
from segstudio.learning.data import ArraySample, Normalisation
from segstudio.learning.familiarity import Familiarity, feature_layer, features_at, watched
from segstudio.learning.inference import analyse, predict, predictor, stream
from segstudio.learning.networks import NETWORKS, create_network
from segstudio.learning.networks.base import SegmentationNetwork
from segstudio.learning.predict_config import Using
from segstudio.learning.predicting import maps_of, predict_image
from segstudio.learning.records import TrainResult
from segstudio.learning.trainer import train
from segstudio.learning.uncertainty import FEATURES, Calibration
from tests.learning.networks.conftest import small
from tests.learning.test_strangeness import CLASSES, config

__all__ = ["small"]


def test_the_distance_is_that_of_whitened_features_to_the_nearest_typical_ones() -> None:
    rng = np.random.default_rng(0)
    mixing = rng.normal(size=(8, 8))
    features = (rng.normal(size=(4000, 8)) @ mixing).astype(np.float32)
    found = Familiarity.of("layer", features)
    assert found is not None
    assert found.channels == tuple(range(8))

    def distance(one: NDArray[np.float64]) -> float:
        return float(found.distance(torch.from_numpy(one.astype(np.float32)).reshape(1, 8, 1, 1)))

    ordinary = [distance(one) for one in features[:300].astype(np.float64)]
    assert 0.2 < np.median(ordinary) < 1
    # however the channels are mixed, twenty deviations along any direction are about twenty; the shrinkage takes some
    # of the narrow directions
    for axis in range(8):
        assert 8 * max(ordinary) / 4 < distance(20 * np.eye(8)[axis] @ mixing) < 20
    assert Familiarity.from_json(found.to_json()) == found


def test_features_are_averaged_over_their_neighbours() -> None:
    rng = np.random.default_rng(0)
    found = Familiarity.of("layer", rng.normal(size=(1000, 2)).astype(np.float32))
    assert found is not None
    spot = torch.zeros(1, 2, 9, 9)
    spot[0, :, 4, 4] = 250
    inside = found.distance(spot)[0, 0]
    assert inside[4, 4] == pytest.approx(float(inside[2, 6]), rel=1e-4)
    assert inside[4, 4] > 5 * inside[0, 0]


def test_of_many_channels_some_are_drawn_and_too_few_features_say_nothing() -> None:
    rng = np.random.default_rng(0)
    found = Familiarity.of("layer", rng.normal(size=(1000, 300)).astype(np.float32))
    assert found is not None
    assert len(set(found.channels)) == 128
    assert Familiarity.of("layer", rng.normal(size=(100, 300)).astype(np.float32)) is None
    assert Familiarity.of("layer", np.ones((1000, 8), np.float32)) is None


@pytest.mark.slow
@pytest.mark.parametrize("name", NETWORKS)
def test_every_network_shows_features_at_an_eighth_or_none(
    small: Callable[..., SegmentationNetwork], name: str
) -> None:
    network = small(name, 2, 3).eval()
    layer = feature_layer(network)
    if NETWORKS[name].task == "instance" or name.startswith("fcn"):
        assert layer is None, "what it sees is not the image alone, or has a frame around it"
        return
    assert layer is not None
    with torch.inference_mode(), watched(network, layer) as seen:
        network(torch.rand(1, 3, 256, 256))
    assert 4 <= 256 / seen[-1].shape[-1] <= 18


def test_a_network_of_unpadded_convolutions_shows_none() -> None:
    assert feature_layer(create_network("unet", 2, 1, valid=True, width=4, depth=2).eval()) is None


def test_features_are_those_of_their_pixels() -> None:
    network = create_network("unet", 2, 1, width=4, depth=3).eval()
    x = torch.rand(1, 1, 61, 83)  # padded to 64 x 88
    with torch.inference_mode(), watched(network, "contracting.3") as seen:
        network(x)
    places = np.array([0, 60 * 83 + 82, 30 * 83 + 41])
    found = features_at(network, "contracting.3", x, places)
    smooth = torch.nn.functional.avg_pool2d(seen[-1], 5, 1, 2, count_include_pad=False)
    expected = [smooth[0, :, y, xx].numpy() for y, xx in ((0, 0), (7, 10), (3, 5))]
    np.testing.assert_allclose(found, np.stack(expected), atol=1e-6)


def scene(seed: int, checks: bool = False) -> ArraySample:
    """Stripes above, grain below; a checkerboard in the middle of some."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[:128, :128]
    labels = (y + 10 * np.sin(x / 15 + rng.uniform(0, 6)) > 64 + rng.integers(-10, 10)).astype(np.uint16)
    stripes = 90 + 40 * np.sin(x * 1.2 + rng.uniform(0, 6))
    pixels = np.where(labels == 1, 160 + rng.normal(0, 25, labels.shape), stripes) + rng.normal(0, 6, labels.shape)
    if checks:
        pixels = np.where(MIDDLE, np.where((x // 2 + y // 2) % 2, 255, 0), pixels)
    return ArraySample(pixels.clip(0, 255).astype(np.uint8), labels, f"{seed}")


MIDDLE = np.zeros((128, 128), bool)
MIDDLE[36:92, 36:92] = True


def learned(seed: int = 0, folder: Path | None = None) -> TrainResult:
    options = {"width": 8, "depth": 3, "batch_norm": True}
    chosen = config(network_options=options, epochs=3, lr=1e-2, seed=seed, crop=128)
    unseen = [scene(number) for number in range(50, 56)]
    work = train(chosen, [scene(n) for n in range(8)], classes=CLASSES, validation=unseen, folder=folder)
    return finish(work)


@pytest.mark.parametrize("seed", [0, pytest.param(1, marks=pytest.mark.slow)])
def test_a_plain_network_marks_a_texture_that_it_never_saw(seed: int, tmp_path: Path) -> None:
    result = learned(seed, tmp_path)
    assert result.checkpoint is not None
    using = Using(maps=("ood", "confidence"))
    marked = finish(predict_image(result.checkpoint, scene(100, checks=True).pixels, using)).maps["ood"]
    assert (marked[44:84, 44:84] > 1).mean() > 0.95
    plain = finish(predict_image(result.checkpoint, scene(101).pixels, using)).maps["ood"]
    assert (plain > 1).mean() < 0.1


def test_it_comes_with_tiles_mirrorings_and_pieces() -> None:
    result = learned()
    calibration = Calibration.from_json(result.config["strangeness"])
    assert calibration.familiarity is not None
    scale = Normalisation.from_json(result.config["normalisation"])
    ready = replace(predictor(result.network, normalisation=scale, device="cpu"), calibration=calibration)
    image = scene(100, checks=True).pixels
    whole = finish(analyse(ready, image))
    assert set(whole.strangeness) == {"max_logit", "energy", FEATURES}
    np.testing.assert_allclose(whole.probabilities, finish(predict(ready, image)), atol=1e-5)
    ways: list[dict[str, Any]] = [{"tile": 96}, {"tta": True}, {"scales": (1, 1.5)}]
    for way in ways:
        found = finish(analyse(ready, image, **way))
        np.testing.assert_allclose(found.probabilities.sum(0), 1, atol=1e-4)
        far = found.strangeness[FEATURES]
        assert far.shape == image.shape
        assert far[44:84, 44:84].mean() > 1.2 * far[~MIDDLE].mean()
    pieces = list(stream(ready, lambda region: image[region.slices], image.shape, tile=96, strange=True))
    assert all(FEATURES in piece.analysis.strangeness for piece in pieces if piece is not None)
    unknown = maps_of(whole, ["ood"], None)["ood"]
    assert np.median(unknown) == pytest.approx(0, abs=0.1)
