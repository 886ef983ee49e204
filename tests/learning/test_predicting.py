"""What a model says of an image: labels of the wanted classes, how sure it is, how unlike its training an image is."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from PIL import Image

from segstudio.core.classes import LabelSet
from segstudio.core.errors import FormatError, ImageError, OptionError
from segstudio.core.geometry import Region
from segstudio.core.progress import finish
from segstudio.learning import inference, predicting
from segstudio.learning.checkpoint import save_checkpoint
from segstudio.learning.class_mapping import ClassMapping
from segstudio.learning.data import Normalisation
from segstudio.learning.inference import labels_of, predict, predictor, settle_precision
from segstudio.learning.networks import create_network
from segstudio.learning.predict_config import MAPS, FrameFile, OnDisk, PredictOptions, Using, parse_maps, parse_scales
from segstudio.learning.predicting import (
    calibrate,
    model_facts,
    open_image,
    predict_for_window,
    predict_image,
    predict_many,
    predict_pieces,
)
from segstudio.learning.uncertainty import Calibration, calibration_file, strangeness

CLASSES = LabelSet.named(["ground", "cat", "dog"])


def photo(height: int = 60, width: int = 80, seed: int = 0) -> NDArray[np.uint8]:
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)


@pytest.fixture
def model(tmp_path: Path) -> Path:
    torch.manual_seed(0)
    network = create_network("unet", 3, 3, width=4, depth=2)
    scale = Normalisation("dataset", (0.0,) * 3, (255.0,) * 3, (120.0,) * 3, (60.0,) * 3)
    path = tmp_path / "net.safetensors"
    save_checkpoint(path, network, classes=CLASSES, config={"normalisation": scale.to_json()})
    return path


def test_labels_become_the_classes_that_are_wanted(model: Path) -> None:
    plain = finish(predict_image(model, photo()))
    np.testing.assert_array_equal(plain.labels, labels_of(finish(predict(model, photo())), CLASSES))
    wanted = Using(mapping=ClassMapping({1: 7, 0: 0}))
    mapped = finish(predict_image(model, photo(), wanted))
    np.testing.assert_array_equal(mapped.labels, np.array([0, 7, 255])[plain.labels])
    assert 0 < plain.uncertainty < 1


def test_every_map_is_of_the_image_and_in_its_range(model: Path) -> None:
    found = finish(predict_image(model, photo(), Using(maps=tuple(MAPS))))
    assert set(found.maps) == set(MAPS)
    for values in found.maps.values():
        assert values.shape == (60, 80)
        assert values.dtype == np.float32
        assert np.isfinite(values).all()
    assert found.maps["confidence"].min() >= 1 / 3 - 1e-6
    assert 0 <= found.maps["entropy"].min() <= found.maps["entropy"].max() <= 1
    assert np.median(found.maps["ood"]) == pytest.approx(0, abs=0.05), "on its own scale where nothing is known"


def test_strangeness_of_one_logit_is_that_of_two_halves() -> None:
    z = torch.tensor([[-3.0, 0.0, 2.0]]).reshape(1, 1, 1, 3)
    pair = torch.cat([z / 2, -z / 2], 1)
    torch.testing.assert_close(strangeness(z), strangeness(pair))
    torch.testing.assert_close(strangeness(z)[0, :, 0], torch.stack([-z[0, 0, 0].abs() / 2, -pair.logsumexp(1)[0, 0]]))


def test_a_calibration_says_what_is_ordinary(model: Path, tmp_path: Path) -> None:
    training = [photo(seed=i) for i in range(3)]
    calibration = finish(calibrate(model, training))
    assert calibration_file(model).is_file()
    ordinary = finish(predict_image(model, photo(seed=9), Using(maps=("ood", "max_logit"))))
    for values in ordinary.maps.values():
        assert np.median(values) == pytest.approx(0, abs=0.1)
        assert (values > 1).mean() < 0.03, "one in a hundred of the training lies above 1"
    flat = finish(predict_image(model, np.full((60, 80, 3), 120, np.uint8), Using(maps=("ood",))))
    assert np.median(flat.maps["ood"]) > 0.5, "an image without any contrast was never seen"
    assert finish(model_facts(model))["calibrated"]
    assert Calibration.from_json(calibration.to_json()) == calibration
    calibration_file(model).write_text("{}")
    os.utime(model)
    with pytest.raises(FormatError, match="damaged; delete it"):
        finish(predict_image(model, photo()))


def test_pieces_are_the_whole(model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    image = photo(150, 330)
    whole = finish(predict_image(model, image, Using(network={"tile": 64}, maps=("confidence", "entropy", "ood"))))
    labels, sure, doubt = np.zeros((150, 330), np.uint16), np.zeros((150, 330)), np.zeros((150, 330))

    def take(region: Region, found: Any, maps: Any, _: float) -> None:
        labels[region.slices] = found
        sure[region.slices], doubt[region.slices] = maps["confidence"], maps["entropy"]

    using = Using(network={"tile": 64, "band_bytes": 1}, maps=("confidence", "entropy"))
    finish(predict_pieces(model, (150, 330), lambda r: image[r.slices], using, take))
    np.testing.assert_allclose(sure, whole.maps["confidence"], atol=1e-4)
    np.testing.assert_allclose(doubt, whole.maps["entropy"], atol=1e-4)
    assert (labels == whole.labels).mean() > 0.999
    monkeypatch.setattr(predicting, "LARGEST_AT_ONCE", 1000)
    large = finish(predict_image(model, image, Using(network={"tile": 64})))
    assert (large.labels == whole.labels).mean() > 0.999
    assert large.uncertainty == pytest.approx(whole.uncertainty, abs=1e-3)
    with pytest.raises(OptionError, match="330x150 pixels is predicted in pieces, where neither a CRF"):
        finish(predict_image(model, image, Using(clean={"min_area": 5})))


def test_a_large_file_is_read_by_regions(model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tifffile = pytest.importorskip("tifffile")
    image = photo(300, 400)
    tifffile.imwrite(tmp_path / "large.tif", image, tile=(64, 64))
    monkeypatch.setattr(predicting, "LARGEST_AT_ONCE", 1000)
    monkeypatch.setattr(predicting.images, "read", lambda *_: pytest.fail("the whole file was read"))
    shape, read = open_image(FrameFile(tmp_path / "large.tif"))
    assert shape == (300, 400)
    np.testing.assert_array_equal(read(Region(10, 20, 50, 90)), image[10:50, 20:90])


def test_files_are_read_in_the_other_process(model: Path, tmp_path: Path) -> None:
    Image.fromarray(photo()).save(tmp_path / "a.png")
    by_file = finish(predict_image(model, FrameFile(tmp_path / "a.png")))
    np.testing.assert_array_equal(by_file.labels, finish(predict_image(model, photo())).labels)


def test_many_are_told_one_by_one_and_what_cannot_be_read_is_passed_over(model: Path, tmp_path: Path) -> None:
    files = []
    for i in range(4):
        path = tmp_path / f"{i}.png"
        Image.fromarray(photo(seed=i)).save(path)
        files.append(FrameFile(path))
    (tmp_path / "1.png").write_bytes(b"broken")
    told: dict[int, Any] = {}
    fractions = []

    def take(progress: Any) -> None:
        fractions.append(progress.fraction)
        if progress.detail is not None:
            told[progress.detail[0]] = progress.detail[1]

    assert finish(predict_many(model, files, Using()), take) == 3
    assert list(told) == [0, 1, 2, 3]
    assert isinstance(told[1], ImageError)
    assert fractions == sorted(fractions)
    for i in (0, 2, 3):
        np.testing.assert_array_equal(told[i].labels, finish(predict_image(model, photo(seed=i))).labels)
    assert finish(predict_many(model, [], Using())) == 0


def test_images_of_other_channels_are_named_and_passed_over(tmp_path: Path) -> None:
    torch.manual_seed(0)
    model = tmp_path / "grey.safetensors"
    save_checkpoint(model, create_network("unet", 3, 1, width=4, depth=2), classes=CLASSES, config={})
    grey = photo()[..., 0]
    Image.fromarray(grey).save(tmp_path / "grey.png")
    Image.fromarray(np.repeat(grey[..., None], 3, 2)).save(tmp_path / "grey saved as colour.png")
    Image.fromarray(photo()).save(tmp_path / "colour.png")
    files = [FrameFile(tmp_path / f"{name}.png") for name in ("colour", "grey", "grey saved as colour")]
    told: dict[int, Any] = {}
    assert finish(predict_many(model, files, Using()), lambda p: told.update([p.detail] if p.detail else [])) == 2
    assert isinstance(told[0], ImageError)
    assert str(told[0]).endswith("colour.png: the image has 3 channels where the network takes 1")
    np.testing.assert_array_equal(told[1].labels, told[2].labels)
    with pytest.raises(ImageError, match=r"colour\.png: the image has 3 channels"):
        finish(predict_many(model, files[:1] * 2, Using()))
    with pytest.raises(ImageError, match=r"colour\.png"):
        finish(predict_image(model, files[0]))


def test_large_results_travel_in_files(model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(predicting, "LARGEST_AT_ONCE", 1000)
    Image.fromarray(photo()).save(tmp_path / "a.png")
    using = Using(scratch=tmp_path / "scratch")
    sent = finish(predict_for_window(model, FrameFile(tmp_path / "a.png"), using))
    assert isinstance(sent.labels, OnDisk)
    labels = sent.labels.take()
    np.testing.assert_array_equal(labels, finish(predict_image(model, photo())).labels)
    assert isinstance(sent.maps["confidence"], OnDisk)
    assert sent.maps["confidence"].take().max() <= 1
    assert list((tmp_path / "scratch").iterdir()) == []


def test_cleaning_and_the_crf_act_on_the_labels(model: Path) -> None:
    rough = finish(predict_image(model, photo()))
    clean = finish(predict_image(model, photo(), Using(clean={"min_area": 30})))
    crf = finish(predict_image(model, photo(), Using(network={"crf": {"iterations": 2}})))

    def edges(labels: NDArray[np.uint16]) -> int:
        return int((labels[:, 1:] != labels[:, :-1]).sum())

    assert edges(clean.labels) < edges(rough.labels)
    assert (crf.labels != rough.labels).any()


def test_a_model_stays_loaded_until_it_changes(model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    loads = []
    original = predicting.predictor
    monkeypatch.setattr(predicting, "predictor", lambda *a, **o: loads.append(1) or original(*a, **o))
    for _ in range(3):
        finish(predict_image(model, photo()))
    assert len(loads) == 1
    os.utime(model, ns=(1, 1))
    finish(predict_image(model, photo()))
    assert len(loads) == 2


def test_a_faster_precision_is_taken_only_where_labels_stay(model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ready = predictor(model, device="cpu")
    assert ready.precision == "off"
    monkeypatch.setattr(inference, "cpu_has_bf16", lambda: False)
    assert settle_precision(ready, photo()) is ready
    monkeypatch.setattr(inference, "cpu_has_bf16", lambda: True)
    monkeypatch.setattr(inference, "SAME_LABELS", 0.0)
    assert settle_precision(ready, photo()).precision == "bf16"
    monkeypatch.setattr(inference, "SAME_LABELS", 1.1)
    assert settle_precision(ready, photo()) is ready


def test_options_and_lists_as_typed() -> None:
    assert parse_scales("0.5, 1,2") == (0.5, 1.0, 2.0)
    assert parse_maps("ood, entropy,ood") == ("ood", "entropy")
    for text in ("a", "0", "", "1,-2"):
        with pytest.raises(OptionError, match="scales"):
            parse_scales(text)
    with pytest.raises(OptionError, match="no map called 'entropi'; did you mean 'entropy'"):
        parse_maps("entropi")
    with pytest.raises(OptionError, match="tile"):
        PredictOptions.parse({"tile": 3})
    with pytest.raises(OptionError, match="backend"):
        PredictOptions.parse({"backend": "magic"})
