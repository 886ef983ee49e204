"""What the tests of the networks share: small ones, sizes without memory, caches of weights without a network."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import huggingface_hub
import pytest
import safetensors.torch
import torch
from torch import Tensor

from segstudio.learning.networks import create_network
from segstudio.learning.networks.base import SegmentationNetwork

SMALL: dict[str, dict[str, Any]] = {
    "unet": {"width": 4},
    "unetpp": {"width": 4, "deep_supervision": True},
    "unet3p": {"width": 4, "deep_supervision": True, "cgm": True},
    "segnet": {"width": 8},
    "deeplabv2": {"backbone": "resnet18", "multi_scale": True},
    "deeplabv3": {"backbone": "resnet18", "aux": True},
    "deeplabv3plus": {"backbone": "resnet18"},
    "refinenet": {"backbone": "resnet18", "width": 32},
    "pspnet": {"backbone": "resnet18"},
    "hrnet": {"backbone": "hrnet_w18"},
    "ocrnet": {"backbone": "resnet18"},
    "maskrcnn": {"backbone": "resnet18", "proposals": 10, "max_objects": 5},
    "upernet": {"width": 32},
    "bisenetv2": {"width": 64},
    "fcn32s": {"width": 8, "fc_width": 32},
    "fcn16s": {"width": 8, "fc_width": 32},
    "fcn8s": {"width": 8, "fc_width": 32},
}
"""By name, options that make a network small; one that is not here is checked as it is by default."""


@pytest.fixture
def small() -> Callable[..., SegmentationNetwork]:
    """Builds the small configuration of a network, always from the same random numbers."""

    def build(name: str, num_classes: int = 2, in_channels: int = 3, **options: Any) -> SegmentationNetwork:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(0)
            return create_network(name, num_classes, in_channels, **{**SMALL.get(name, {}), **options})

    return build


@pytest.fixture
def on_meta() -> Callable[..., SegmentationNetwork]:
    """``create_network`` on the meta device: names and shapes without memory."""

    def build(name: str, num_classes: int = 21, in_channels: int = 3, **options: object) -> SegmentationNetwork:
        with torch.device("meta"):
            return create_network(name, num_classes, in_channels, **options)  # type: ignore[arg-type]

    return build


@pytest.fixture
def torch_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder in which torch and torchvision look for downloaded weights, empty."""
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    folder = tmp_path / "hub" / "checkpoints"
    folder.mkdir(parents=True)
    return folder


@pytest.fixture
def hugging_face_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str, dict[str, Tensor]], None]:
    """A function that puts weights where timm and transformers look for those of a repository, without a network."""
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_CACHE", str(tmp_path))
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", True)

    def keep(repository: str, state: dict[str, Tensor]) -> None:
        folder = tmp_path / f"models--{repository.replace('/', '--')}"
        (folder / "refs").mkdir(parents=True)
        (folder / "refs" / "main").write_text("0" * 40)
        snapshot = folder / "snapshots" / ("0" * 40)
        snapshot.mkdir(parents=True)
        safetensors.torch.save_file(state, snapshot / "model.safetensors")

    return keep
