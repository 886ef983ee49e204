"""Checkpoints come back as they were, others' weights load by their names, and nothing in a file ever runs."""

from __future__ import annotations

import os
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import safetensors.torch
import torch

from segstudio.core.classes import LabelSet
from segstudio.core.errors import CheckpointError, StorageError
from segstudio.learning.checkpoint import load_checkpoint, load_weights, save_checkpoint
from segstudio.learning.networks import create_network
from segstudio.learning.networks.base import SegmentationNetwork

CLASSES = LabelSet.named(["background", "cell", "border"])


def small_unet(num_classes: int = 3, in_channels: int = 1, **options: Any) -> SegmentationNetwork:
    return create_network("unet", num_classes, in_channels, **{"width": 4, "depth": 2, "batch_norm": True} | options)


def test_a_checkpoint_gives_the_same_network_classes_and_configuration_back(tmp_path: Path) -> None:
    network = small_unet(up="bilinear").eval()
    save_checkpoint(tmp_path / "run.safetensors", network, classes=CLASSES, config={"loss": "ce+dice", "steps": 100})
    back = load_checkpoint(tmp_path / "run.safetensors")
    x = torch.randn(1, 1, 37, 41)
    assert torch.equal(network(x).logits, back.network(x).logits)
    assert back.network.config == network.config
    assert back.network.name == "unet"
    assert back.classes == CLASSES
    assert back.config == {"loss": "ce+dice", "steps": 100}
    assert not back.network.training


def test_reading_a_checkpoint_draws_no_random_numbers(tmp_path: Path) -> None:
    save_checkpoint(tmp_path / "run", small_unet(), classes=CLASSES, config={})
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    load_checkpoint(tmp_path / "run")
    assert torch.equal(torch.rand(3), expected)


def test_a_failed_save_keeps_the_old_checkpoint(tmp_path: Path) -> None:
    path = tmp_path / "run"
    save_checkpoint(path, small_unet(), classes=CLASSES, config={})
    before = path.read_bytes()
    with pytest.raises(TypeError):
        save_checkpoint(path, small_unet(), classes=CLASSES, config={"not json": object()})
    assert path.read_bytes() == before


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match=r"nowhere.*no such file"):
        load_checkpoint(tmp_path / "nowhere")


@pytest.mark.parametrize("content", [b"", b"# notes\n", b"\x89PNG\r\n\x1a\n" + bytes(64)])
def test_what_is_no_checkpoint_is_said_to_be_none(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "file").write_bytes(content)
    with pytest.raises(CheckpointError, match=r"not a checkpoint|empty"):
        load_checkpoint(tmp_path / "file")


@pytest.mark.parametrize("kept", [9, 40, 0.5, 0.999])
def test_a_truncated_checkpoint_is_refused(tmp_path: Path, kept: float) -> None:
    path = tmp_path / "run"
    save_checkpoint(path, small_unet(), classes=CLASSES, config={})
    content = path.read_bytes()
    path.write_bytes(content[: kept if isinstance(kept, int) else int(kept * len(content))])
    with pytest.raises(CheckpointError, match=r"truncated|not a checkpoint"):
        load_checkpoint(path)


@pytest.mark.parametrize("zipped", [True, False])
@pytest.mark.parametrize("kept", [0.1, 0.5, 0.95])
def test_a_truncated_pickle_is_refused(tmp_path: Path, kept: float, zipped: bool) -> None:
    path = tmp_path / "weights.pth"
    network = small_unet()
    torch.save(network.state_dict(), path, _use_new_zipfile_serialization=zipped)
    content = path.read_bytes()
    path.write_bytes(content[: int(kept * len(content))])
    with pytest.raises(CheckpointError, match="truncated"):
        load_weights(network, path)


def test_a_newer_checkpoint_asks_for_an_update(tmp_path: Path) -> None:
    path = tmp_path / "run"
    path.write_bytes(safetensors.torch.save({"w": torch.ones(1)}, {"format": "segstudio", "version": "2"}))
    with pytest.raises(CheckpointError, match="newer version"):
        load_checkpoint(path)


def test_a_damaged_description_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "run"
    metadata = {"format": "segstudio", "version": "1", "network": "[3]", "classes": "{}", "config": "{}"}
    path.write_bytes(safetensors.torch.save({"w": torch.ones(1)}, metadata))
    with pytest.raises(CheckpointError, match="description is damaged"):
        load_checkpoint(path)


@pytest.mark.parametrize("change", ["lost", "added", "cut"])
def test_a_checkpoint_whose_tensors_do_not_fit_its_description_is_refused(tmp_path: Path, change: str) -> None:
    path = tmp_path / "run"
    save_checkpoint(path, small_unet(), classes=CLASSES, config={})
    tensors = safetensors.torch.load_file(path)
    with safetensors.safe_open(path, framework="pt") as file:
        metadata = file.metadata()
    match change:
        case "lost":
            del tensors["head.bias"]
        case "added":
            tensors["more"] = torch.ones(1)
        case "cut":
            tensors["head.bias"] = tensors["head.bias"][:2].clone()
    path.write_bytes(safetensors.torch.save(tensors, metadata))
    with pytest.raises(CheckpointError, match="damaged: its tensor"):
        load_checkpoint(path)


def test_a_checkpoint_of_an_unknown_network_suggests_the_nearest(tmp_path: Path) -> None:
    network = small_unet()
    network.config["name"] = "unett"
    save_checkpoint(tmp_path / "run", network, classes=CLASSES, config={})
    with pytest.raises(CheckpointError, match="did you mean 'unet'"):
        load_checkpoint(tmp_path / "run")


def test_bare_weights_are_no_checkpoint_but_load_into_a_network(tmp_path: Path) -> None:
    source, target = small_unet(), small_unet()
    safetensors.torch.save_file(source.state_dict(), tmp_path / "bare")
    with pytest.raises(CheckpointError, match="bare weights"):
        load_checkpoint(tmp_path / "bare")
    report = load_weights(target, tmp_path / "bare")
    assert report.missing == report.unexpected == ()
    x = torch.randn(1, 1, 32, 32)
    assert torch.equal(source.eval()(x).logits, target.eval()(x).logits)


@pytest.mark.parametrize("wrapper", [None, "state_dict", "model_state", "model"])
@pytest.mark.parametrize("prefix", ["", "module.", "model.", "base.", "module.model."])
def test_published_checkpoints_are_unwrapped(tmp_path: Path, wrapper: str | None, prefix: str) -> None:
    source, target = small_unet(), small_unet()
    tensors: dict[str, Any] = {prefix + key: tensor for key, tensor in source.state_dict().items()}
    tensors["criterion.weight"] = torch.ones(3)
    content = tensors if wrapper is None else {wrapper: tensors, "epoch": 7, "best_score": np.float64(0.5)}
    torch.save(content, tmp_path / "weights.pth")
    report = load_weights(target, tmp_path / "weights.pth")
    assert report.missing == report.unexpected == ()
    parameters = zip(source.parameters(), target.parameters(), strict=True)
    assert all(torch.equal(a, b) for a, b in parameters)


def test_what_is_missing_and_unexpected_is_reported(tmp_path: Path) -> None:
    network = small_unet()
    tensors = network.state_dict()
    del tensors["head.bias"]
    tensors["fc.weight"] = torch.ones(10, 4)
    torch.save(tensors, tmp_path / "weights.pth")
    report = load_weights(network, tmp_path / "weights.pth")
    assert report.missing == ("head.bias",)
    assert report.unexpected == ("fc.weight",)
    assert str(report).endswith("1 missing, 1 unexpected")


def test_weights_of_another_network_are_refused(tmp_path: Path) -> None:
    torch.save({"layer1.weight": torch.ones(3, 3)}, tmp_path / "weights.pth")
    with pytest.raises(CheckpointError, match="none of its tensors belongs to unet"):
        load_weights(small_unet(), tmp_path / "weights.pth")


def test_weights_of_another_width_are_refused(tmp_path: Path) -> None:
    torch.save(small_unet(num_classes=2, width=8).state_dict(), tmp_path / "weights.pth")
    with pytest.raises(CheckpointError, match="other options"):
        load_weights(small_unet(num_classes=2), tmp_path / "weights.pth")


def test_weights_for_other_classes_name_the_layer_and_the_way_out(tmp_path: Path) -> None:
    source, target = small_unet(num_classes=21), small_unet(num_classes=3)
    torch.save(source.state_dict(), tmp_path / "weights.pth")
    before = {key: tensor.clone() for key, tensor in target.state_dict().items()}
    with pytest.raises(CheckpointError, match=r"head\.weight is for other classes.*reset_head"):
        load_weights(target, tmp_path / "weights.pth")
    assert all(torch.equal(before[key], tensor) for key, tensor in target.state_dict().items())
    report = load_weights(target, tmp_path / "weights.pth", reset_head=True)
    assert report.reinitialised == ("head.weight", "head.bias")
    assert torch.equal(target.state_dict()["head.weight"], before["head.weight"])
    assert torch.equal(target.state_dict()["contracting.0.0.weight"], source.state_dict()["contracting.0.0.weight"])


def test_weights_for_other_channels_adapt_the_first_convolution(tmp_path: Path) -> None:
    source, target = small_unet(in_channels=3), small_unet(in_channels=1)
    torch.save(source.state_dict(), tmp_path / "weights.pth")
    with pytest.raises(CheckpointError, match=r"contracting\.0\.0\.weight is for 3 channels.*adapt_input"):
        load_weights(target, tmp_path / "weights.pth")
    report = load_weights(target, tmp_path / "weights.pth", adapt_input=True)
    assert report.adapted == ("contracting.0.0.weight",)
    grey = torch.randn(1, 1, 32, 32)
    # a grey image is one whose three channels are equal
    assert torch.allclose(source.eval()(grey.expand(-1, 3, -1, -1)).logits, target.eval()(grey).logits, atol=1e-5)


@pytest.mark.parametrize("num_classes", [3, 5])
def test_a_checkpoint_of_another_network_is_refused_though_its_head_is_called_alike(
    tmp_path: Path, num_classes: int
) -> None:
    source = create_network("unet", 3, 1, width=8, depth=2)
    save_checkpoint(tmp_path / "net", source, classes=LabelSet.named(["a", "b", "c"]), config={})
    other = create_network("segnet", num_classes, 1, width=8)
    before = {key: tensor.clone() for key, tensor in other.state_dict().items()}
    with pytest.raises(CheckpointError, match="none of its tensors belongs to segnet"):
        load_weights(other, tmp_path / "net", reset_head=True)
    assert all(torch.equal(before[key], tensor) for key, tensor in other.state_dict().items())


class _Runs:
    def __init__(self, command: str) -> None:
        self.command = command

    def __reduce__(self) -> tuple[Any, ...]:
        return os.system, (self.command,)


@pytest.mark.parametrize("save", [torch.save, lambda content, path: Path(path).write_bytes(pickle.dumps(content, 2))])
def test_code_in_a_file_is_never_run(tmp_path: Path, save: Any) -> None:
    network = small_unet()
    save({"state_dict": network.state_dict(), "x": _Runs(f"touch {tmp_path}/ran")}, tmp_path / "weights.pth")
    with pytest.raises(CheckpointError):
        load_weights(network, tmp_path / "weights.pth")
    assert not (tmp_path / "ran").exists()
