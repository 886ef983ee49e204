"""Prediction of any size, whole, tiled and streamed."""

from __future__ import annotations

import tracemalloc
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from segstudio.core.classes import LabelClass, LabelSet
from segstudio.core.errors import CheckpointError, OptionError, TrainingError
from segstudio.core.geometry import Region
from segstudio.core.progress import finish
from segstudio.learning import tiling, uncertainty
from segstudio.learning.checkpoint import Checkpoint, load_checkpoint, save_checkpoint
from segstudio.learning.data import Normalisation
from segstudio.learning.inference import Predictor, labels_of, predict, predictor, stream
from segstudio.learning.networks import create_network
from segstudio.learning.networks.base import NetworkOutput, SegmentationNetwork

IDENTITY = Normalisation("dataset", (-1e9,), (1e9,), (0.0,), (1.0,))


class Local(SegmentationNetwork):
    """Two convolutions: every output depends on the 5 x 5 pixels around it alone."""

    def __init__(self, classes: int = 3, channels: int = 1) -> None:
        super().__init__(classes, channels)
        torch.manual_seed(1)
        self.layers = nn.Sequential(
            nn.Conv2d(channels, 4, 3, padding=1), nn.ReLU(), nn.Conv2d(4, classes, 3, padding=1)
        )
        self.largest = 0

    def segment(self, x: Tensor) -> NetworkOutput:
        self.largest = max(self.largest, x[0, 0].numel())
        return NetworkOutput(3 * self.layers(x))


def ready(network: SegmentationNetwork, classes: LabelSet | None = None) -> Predictor:
    channels = network.in_channels
    scale = Normalisation("dataset", (-1e9,) * channels, (1e9,) * channels, (0.0,) * channels, (1.0,) * channels)
    return Predictor(network.eval(), scale, classes, torch.device("cpu"), "off")


def noise(*shape: int, seed: int = 0) -> NDArray[np.float32]:
    return np.random.default_rng(seed).normal(size=shape).astype(np.float32)


@pytest.mark.parametrize("shape", [(100, 170), (64, 64), (97, 131)])
@pytest.mark.parametrize("overlap", [0.0, 0.25, 0.6])
def test_tiled_equals_whole_where_no_tile_ends(shape: tuple[int, int], overlap: float) -> None:
    image, source = noise(*shape), ready(Local())
    whole = finish(predict(source, image))
    tiled = finish(predict(source, image, tile=40, overlap=overlap, batch=3))
    near_end = np.zeros(shape, bool)
    layout = tiling.plan(shape, 40, overlap, source.network)
    for y in {*layout.rows.starts, *(y + layout.rows.output for y in layout.rows.starts)} - {0, shape[0]}:
        near_end[y - 2 : y + 2] = True
    for x in {*layout.columns.starts, *(x + layout.columns.output for x in layout.columns.starts)} - {0, shape[1]}:
        near_end[:, x - 2 : x + 2] = True
    np.testing.assert_allclose(tiled[:, ~near_end], whole[:, ~near_end], atol=1e-5)
    np.testing.assert_allclose(tiled.sum(0), 1, atol=1e-5)


@pytest.mark.parametrize(("shape", "tile"), [((300, 420), 172), ((172, 90), 140), ((61, 500), 128), ((33, 40), 140)])
def test_tiles_of_unpadded_convolutions_give_what_the_whole_image_gives(shape: tuple[int, int], tile: int) -> None:
    torch.manual_seed(0)
    network = create_network("unet", 3, 1, valid=True, width=4, depth=3)
    image, source = noise(*shape), ready(network)
    layout = tiling.plan(shape, tile, 0.25, network)
    assert layout.rows.read <= tile
    assert layout.columns.read <= tile
    whole = finish(predict(source, image))
    for batch in (1, 3):
        np.testing.assert_allclose(finish(predict(source, image, tile=tile, batch=batch)), whole, atol=1e-5)
    labels, sure = assembled(source, image, tile=tile, band_bytes=1)
    np.testing.assert_allclose(sure, whole.max(0), atol=1e-5)
    clear = np.sort(whole, 0)[-1] - np.sort(whole, 0)[-2] > 1e-4
    np.testing.assert_array_equal(labels[clear], labels_of(whole)[clear])


def test_the_tiles_of_the_papers_network_are_572_wide_and_at_least_its_margin_apart() -> None:
    network = create_network("unet", 2, 1, valid=True)
    layout = tiling.plan((4000, 388), 572, 0.25, network)
    assert (layout.rows.read, layout.rows.margin) == (572, 92)
    assert layout.rows.output == 384, "388 less what would pool other pixels together in the next tile"
    assert layout.rows.read - layout.rows.output >= 2 * network.margin
    assert layout.columns.starts == (0,)
    assert layout.columns.read == 572
    with pytest.raises(OptionError, match="loses 92 pixels at each side of a tile; a tile must be at least 204"):
        tiling.plan((4000, 4000), 100, 0.25, network)


def test_averaging_over_scales_keeps_the_size_of_unpadded_tiles() -> None:
    network = create_network("unet", 2, 1, valid=True, width=4, depth=2)
    out = finish(predict(ready(network), noise(150, 170), tile=100, scales=(0.5, 1.0), tta=True))
    assert out.shape == (2, 150, 170)
    np.testing.assert_allclose(out.sum(0), 1, atol=1e-5)


def test_blending_makes_seams_small() -> None:
    image, source = noise(120, 120), ready(Local())
    whole = finish(predict(source, image))
    hard, soft = (np.abs(finish(predict(source, image, tile=60, overlap=o)) - whole).max() for o in (0.0, 0.5))
    assert soft < hard / 4


@pytest.mark.parametrize("shape", [(33, 500), (500, 33), (1, 1), (5, 700), (32, 32)])
@pytest.mark.parametrize("tile", [None, 64])
def test_any_size_comes_back_at_its_size(shape: tuple[int, int], tile: int | None) -> None:
    out = finish(predict(ready(Local()), noise(*shape), tile=tile))
    assert out.shape == (3, *shape)
    assert out.dtype == np.float32
    np.testing.assert_allclose(out.sum(0), 1, atol=1e-5)


@pytest.mark.parametrize(("dtype", "channels"), [(np.uint8, 3), (np.uint16, 1), (np.float64, 12), (bool, 1)])
def test_types_and_channels(dtype: Any, channels: int) -> None:
    image = (np.random.default_rng(0).random((40, 50, channels)) * 200).astype(dtype)
    out = finish(predict(Local(channels=channels), image))
    assert out.shape == (3, 40, 50)
    assert np.isfinite(out).all()


def test_pixels_that_are_no_numbers_spoil_nothing_beyond_their_reach() -> None:
    image = noise(40, 40)
    holed = image.copy()
    holed[20, 20] = np.nan
    out = finish(predict(ready(Local()), holed))
    assert np.isfinite(out).all()
    far = np.abs(np.mgrid[:40, :40] - 20).max(0) > 2
    np.testing.assert_allclose(out[:, far], finish(predict(ready(Local()), image))[:, far], atol=1e-6)


def test_predict_is_the_softmax_of_the_network() -> None:
    network = create_network("unet", 4, 3, width=4, depth=2).eval()
    image = (np.random.default_rng(0).random((45, 60, 3)) * 255).astype(np.uint8)
    scale = Normalisation.of_pixels(image.reshape(-1, 3))
    x = (np.clip(image, scale.low, scale.high) - scale.mean) / scale.std
    with torch.no_grad():
        expected = network(torch.from_numpy(x).permute(2, 0, 1)[None].float()).logits.softmax(1)[0]
    got = finish(predict(Predictor(network, scale, None, torch.device("cpu"), "off"), image))
    np.testing.assert_allclose(got, expected.numpy(), atol=1e-5)


def test_a_single_logit_is_a_foreground_probability() -> None:
    out = finish(predict(ready(Local(classes=1)), noise(40, 40)))
    assert out.shape == (1, 40, 40)
    assert 0 <= out.min() < 0.5 < out.max() <= 1
    np.testing.assert_array_equal(labels_of(out), out[0] >= 0.5)


def test_mirrorings_are_averaged() -> None:
    image, source = noise(40, 56), ready(Local())
    views = []
    for axes in ((), (0,), (1,), (0, 1)):
        out = finish(predict(source, np.flip(image, axes).copy() if axes else image))
        views.append(np.flip(out, [a + 1 for a in axes]) if axes else out)
    np.testing.assert_allclose(finish(predict(source, image, tta=True)), np.mean(views, 0), atol=1e-5)


def test_scales_change_the_input_and_not_the_size() -> None:
    out = finish(predict(ready(Local()), noise(40, 56), scales=(0.5, 1.0, 1.5)))
    assert out.shape == (3, 40, 56)
    np.testing.assert_allclose(out.sum(0), 1, atol=1e-5)


def test_the_crf_smooths_what_the_image_does_not_show() -> None:
    image = np.zeros((40, 40, 3), np.uint8)
    image[:, 20:] = 200
    source = ready(Local(classes=2, channels=3))
    plain = finish(predict(source, image + np.uint8(10) * (noise(40, 40, 3) > 0)))
    refined = finish(predict(source, image, crf={"iterations": 5}))
    assert refined.shape == plain.shape
    np.testing.assert_allclose(refined.sum(0), 1, atol=1e-4)


def assembled(source: Predictor, image: NDArray[Any], **options: Any) -> tuple[NDArray[Any], NDArray[Any]]:
    labels = np.full(image.shape[:2], 65535, np.uint16)
    sure = np.zeros(image.shape[:2], np.float32)
    for tile in stream(source, lambda region: image[region.slices], image.shape[:2], **options):
        if tile is None:
            continue
        assert (labels[tile.region.slices] == 65535).all(), "pieces overlap"
        labels[tile.region.slices], sure[tile.region.slices] = tile.labels, tile.confidence
    return labels, sure


@pytest.mark.parametrize("band_bytes", [1 << 30, 3 * 4 * 48 * 64, 1])
def test_a_streamed_image_has_the_labels_of_the_whole_one(band_bytes: int) -> None:
    classes = LabelSet([LabelClass(9, "a", (0, 0, 0)), LabelClass(4, "b", (0, 0, 1)), LabelClass(0, "c", (0, 0, 2))])
    image, source = noise(150, 330), ready(Local(), classes)
    probabilities = finish(predict(source, image, tile=48, overlap=0.3))
    labels, sure = assembled(source, image, tile=48, overlap=0.3, band_bytes=band_bytes)
    np.testing.assert_allclose(sure, probabilities.max(0), atol=1e-5)
    clear = np.sort(probabilities, 0)[-1] - np.sort(probabilities, 0)[-2] > 1e-4
    np.testing.assert_array_equal(labels[clear], labels_of(probabilities, classes)[clear])


def test_streaming_measures_intensities_without_reading_the_whole() -> None:
    image = 1000 + 100 * noise(400, 400)
    source = Predictor(Local().eval(), Normalisation(), None, torch.device("cpu"), "off")
    largest = 0

    def read(region: Region) -> NDArray[Any]:
        nonlocal largest
        largest = max(largest, region.height * region.width)
        return image[region.slices]

    for _ in stream(source, read, (400, 400), tile=64):
        pass
    assert largest == 64 * 64


def test_memory_of_a_stream_does_not_grow_with_the_image() -> None:
    source = ready(Local())

    def peak(height: int) -> int:
        tracemalloc.start()
        for _ in stream(source, lambda r: np.zeros(r.shape, np.uint8), (height, 512), tile=64, band_bytes=1 << 18):
            pass
        found = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return found

    peak(128)
    assert peak(2048) < 1.5 * peak(256)


def test_large_images_are_tiled_by_themselves(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tiling, "LARGEST_WHOLE", 100 * 100)
    monkeypatch.setattr(tiling, "TILE", 64)
    network = Local()
    finish(predict(ready(network), noise(150, 150)))
    assert network.largest <= 64 * 64


def test_prediction_tells_how_far_it_is_and_can_be_stopped() -> None:
    work = predict(ready(Local()), noise(200, 200), tile=50)
    fractions = [next(work).fraction for _ in range(5)]
    work.close()
    assert fractions == sorted(fractions)
    assert all(f is not None and 0 < f < 1 for f in fractions)


def test_strangeness_grows_where_logits_are_small() -> None:
    class Scaled(SegmentationNetwork):
        def segment(self, x: Tensor) -> NetworkOutput:
            return NetworkOutput(torch.cat([x, -x], 1))

    image = np.zeros((40, 40), np.float32)
    image[:, :20] = 5
    source = ready(Scaled(2, 1))
    energy = finish(predict(source, image, maps="energy"))
    np.testing.assert_allclose(energy[0, 0, [0, 39]], [-np.log(np.exp(5) + np.exp(-5)), -np.log(2)], atol=1e-5)
    largest = finish(predict(source, image, maps="max_logit"))
    np.testing.assert_allclose(largest[0, 0, [0, 39]], [-5, 0], atol=1e-6)
    assert energy.shape == largest.shape == (1, 40, 40)


def test_maps_of_confidence_by_hand() -> None:
    p = np.array([[[1.0, 1 / 3, 0.5]], [[0.0, 1 / 3, 0.3]], [[0.0, 1 / 3, 0.2]]], np.float32)
    np.testing.assert_allclose(uncertainty.confidence(p), [[1, 1 / 3, 0.5]], atol=1e-6)
    np.testing.assert_allclose(uncertainty.margin(p), [[1, 0, 0.2]], atol=1e-6)
    entropy = uncertainty.entropy(p)
    np.testing.assert_allclose(entropy[0, :2], [0, 1], atol=1e-6)
    assert entropy[0, 2] == pytest.approx(-sum(v * np.log(v) for v in (0.5, 0.3, 0.2)) / np.log(3))
    foreground = np.array([[[0.9, 0.5, 0.0]]], np.float32)
    np.testing.assert_allclose(uncertainty.margin(foreground), [[0.8, 0, 1]], atol=1e-6)
    np.testing.assert_allclose(uncertainty.confidence(foreground), [[0.9, 0.5, 1]], atol=1e-6)


def test_a_checkpoint_predicts_as_its_network(tmp_path: Any) -> None:
    network = create_network("unet", 2, 1, width=4, depth=2)
    classes = LabelSet.named(["a", "b"])
    image = (np.random.default_rng(0).random((40, 40)) * 65535).astype(np.uint16)
    scale = Normalisation("dataset", (100.0,), (60000.0,), (30000.0,), (15000.0,))
    save_checkpoint(tmp_path / "n.safetensors", network, classes=classes, config={"normalisation": scale.to_json()})
    expected = finish(predict(Predictor(network.eval(), scale, classes, torch.device("cpu"), "off"), image))
    loaded = load_checkpoint(tmp_path / "n.safetensors")
    for source in (tmp_path / "n.safetensors", str(tmp_path / "n.safetensors"), loaded):
        np.testing.assert_allclose(finish(predict(source, image, device="cpu")), expected, atol=1e-5)
    assert isinstance(loaded, Checkpoint)
    assert predictor(loaded).class_ids(np.array([1, 0])).tolist() == [1, 0]


def test_what_cannot_be_predicted_is_one_clear_error(tmp_path: Any) -> None:
    source = ready(Local(channels=3))
    with pytest.raises(TrainingError, match="has 5 channels where the network takes 3"):
        finish(predict(source, np.zeros((40, 40, 5), np.uint8)))
    with pytest.raises(TrainingError, match="shape"):
        finish(predict(source, np.zeros((0, 40, 3), np.uint8)))
    with pytest.raises(OptionError, match="at least 32"):
        finish(predict(source, np.zeros((40, 40, 3), np.uint8), tile=8))
    with pytest.raises(OptionError, match="overlap"):
        finish(predict(source, np.zeros((40, 40, 3), np.uint8), tile=32, overlap=1.0))
    with pytest.raises(OptionError, match="scales"):
        finish(predict(source, np.zeros((40, 40, 3), np.uint8), scales=(0.0,)))
    (tmp_path / "no.safetensors").write_bytes(b"nothing")
    with pytest.raises(CheckpointError, match=r"no\.safetensors"):
        finish(predict(tmp_path / "no.safetensors", np.zeros((40, 40, 3), np.uint8)))


def test_grey_images_do_for_a_network_of_colour() -> None:
    image = (np.random.default_rng(0).random((40, 40)) * 255).astype(np.uint8)
    source = ready(Local(channels=3))
    np.testing.assert_array_equal(
        finish(predict(source, image)), finish(predict(source, np.repeat(image[..., None], 3, 2)))
    )
