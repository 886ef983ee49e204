"""Exported networks compute what the network computes, or are not written and say why."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest
import torch

from segstudio.core.classes import LabelSet
from segstudio.core.errors import CheckpointError, MissingDependencyError, OptionError
from segstudio.learning.export import export_network
from segstudio.learning.networks import NETWORKS, create_network
from segstudio.learning.networks.base import NetworkOutput, SegmentationNetwork

CLASSES = LabelSet.named(["background", "cell"])


def unet(**options: Any) -> SegmentationNetwork:
    torch.manual_seed(0)
    return create_network("unet", 2, 1, **{"width": 4, "depth": 2} | options)


def test_an_onnx_file_gives_the_networks_logits_and_knows_its_classes(tmp_path: Path) -> None:
    runtime = pytest.importorskip("onnxruntime")
    pytest.importorskip("onnxscript")
    network = unet().train()
    report = export_network(network, tmp_path / "net.onnx", size=(40, 57), classes=CLASSES)
    assert network.training
    session = runtime.InferenceSession(tmp_path / "net.onnx")
    x = torch.rand(1, 1, 40, 57)
    (logits,) = session.run(["logits"], {"image": x.numpy()})
    assert torch.allclose(torch.from_numpy(logits), network.eval()(x).logits, atol=1e-4)
    assert report.difference <= 1e-4
    metadata = session.get_modelmeta().custom_metadata_map
    assert json.loads(metadata["network"]) == network.config
    assert json.loads(metadata["classes"]) == CLASSES.to_json()


def test_an_exported_program_gives_the_networks_logits(tmp_path: Path) -> None:
    network = unet(valid=True)
    export_network(network, tmp_path / "net.pt2", size=(32, 48), classes=CLASSES)
    files = {"classes": ""}
    program = torch.export.load(tmp_path / "net.pt2", extra_files=files)
    x = torch.rand(1, 1, 32, 48)
    assert torch.allclose(program.module()(x), network.eval()(x).logits, atol=1e-5)
    assert json.loads(files["classes"]) == CLASSES.to_json()


class _LooksFirst(SegmentationNetwork):
    def segment(self, x: torch.Tensor) -> NetworkOutput:
        return NetworkOutput(self.scale * x if x.sum() > 0 else x)

    def __init__(self) -> None:
        super().__init__(1, 1)
        self.name = "looksfirst"
        self.scale = torch.nn.Parameter(torch.ones(1))


@pytest.mark.parametrize("suffix", [".pt2", ".onnx"])
def test_a_network_that_follows_its_image_is_refused_by_name(
    tmp_path: Path, suffix: str, capfd: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(OptionError, match=r"looksfirst cannot be written as .*depends on what it finds"):
        export_network(_LooksFirst(), tmp_path / f"net{suffix}", size=(32, 32))
    assert list(tmp_path.iterdir()) == []
    assert capfd.readouterr().err == ""


def test_another_suffix_is_refused(tmp_path: Path) -> None:
    with pytest.raises(OptionError, match=r"ends in \.onnx or \.pt2"):
        export_network(unet(), tmp_path / "net.h5")


class _Places(SegmentationNetwork):
    """Adds what it has learned of places, resampled to the image as vision transformers do."""

    def __init__(self) -> None:
        super().__init__(2, 1)
        self.name = "places"
        self.places = torch.nn.Parameter(torch.randn(1, 2, 13, 11))

    def segment(self, x: torch.Tensor) -> NetworkOutput:
        size = (x.shape[-2] // 8, x.shape[-1] // 8)
        places = torch.nn.functional.interpolate(self.places, size, mode="bicubic", antialias=True)
        return NetworkOutput(torch.nn.functional.avg_pool2d(x, 8) + places)


def test_places_are_resampled_at_export_so_that_every_program_agrees(tmp_path: Path) -> None:
    openvino = pytest.importorskip("openvino")
    pytest.importorskip("onnxscript")
    torch.manual_seed(0)
    network, x = _Places().eval(), torch.rand(1, 1, 32, 48)
    export_network(network, tmp_path / "net.onnx", size=(32, 48))
    compiled = openvino.Core().compile_model(tmp_path / "net.onnx", "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    (found,) = compiled(x.numpy()).values()
    assert torch.allclose(torch.from_numpy(found), network(x).logits, atol=1e-5)


class _Forgets(SegmentationNetwork):
    """Answers otherwise each time, which no program can."""

    def __init__(self) -> None:
        super().__init__(1, 1)
        self.name = "forgets"
        self.scale = torch.nn.Parameter(torch.ones(1))
        self.calls = 0

    def segment(self, x: torch.Tensor) -> NetworkOutput:
        self.calls += 1
        return NetworkOutput(self.scale * x + self.calls)


def test_a_program_that_differs_is_not_written(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match=r"differs from the network by .* was not written"):
        export_network(_Forgets(), tmp_path / "net.pt2", size=(32, 32))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("suffix", [".pt2", ".onnx"])
@pytest.mark.parametrize("name", NETWORKS)
def test_every_network_is_exported_or_refused_by_name(tmp_path: Path, name: str, suffix: str) -> None:
    torch.manual_seed(0)
    network = create_network(name, 3, 3).eval()
    with torch.no_grad():
        for parameter in network.parameters():
            if not parameter.any():  # scores that begin at zero would agree whatever came before them
                parameter.normal_(std=0.01)
    path = tmp_path / f"net{suffix}"
    if NETWORKS[name].task == "instance":
        with pytest.raises(OptionError, match=f"{name} cannot be written as"):
            export_network(network, path, size=(65, 97))
        assert not path.exists()
    else:
        export_network(network, path, size=(65, 97))
        assert path.stat().st_size > sum(p.numel() for p in network.parameters())


def test_without_the_packages_the_message_says_how_to_get_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "onnxscript", None)
    with pytest.raises(MissingDependencyError, match="pip install"):
        export_network(unet(), tmp_path / "net.onnx", size=(32, 32))
