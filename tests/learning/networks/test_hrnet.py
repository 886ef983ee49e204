"""HRNet: its size with each head, its pyramid, and whose checkpoints it takes."""

from collections.abc import Callable

import pytest
import timm
import torch
from torch import nn

from segstudio.core.errors import OptionError
from segstudio.learning.networks.base import SegmentationNetwork
from segstudio.learning.networks.hrnet import Pyramid

Build = Callable[..., SegmentationNetwork]


@pytest.mark.parametrize(
    ("backbone", "count"), [("hrnet_w18", 9_641_661), ("hrnet_w32", 29_547_477), ("hrnet_w48", 65_860_821)]
)
def test_its_size(on_meta: Build, backbone: str, count: int) -> None:
    assert sum(p.numel() for p in on_meta("hrnet", backbone=backbone).parameters()) == count


@pytest.mark.parametrize(("head", "channels"), [("v1", 18), ("v2", 270), ("v2p", 256)])
def test_each_head_scores_at_a_quarter_of_the_size(on_meta: Build, head: str, channels: int) -> None:
    network = on_meta("hrnet", 4, backbone="hrnet_w18", head=head)
    assert network.segment(torch.empty(1, 3, 64, 96, device="meta")).logits.shape == (1, 4, 16, 24)
    assert network.last_layer[0].in_channels == channels


def test_the_finest_branch_alone_leaves_nothing_without_a_gradient(on_meta: Build) -> None:
    network = on_meta("hrnet", 2, backbone="hrnet_w18", head="v1")
    network(torch.empty(2, 3, 64, 64, device="meta")).logits.sum().backward()
    assert [name for name, p in network.named_parameters() if p.grad is None] == []


@torch.no_grad()
def test_the_pyramid_sums_its_levels() -> None:
    pyramid = Pyramid(3, 1, levels=3)
    nn.init.ones_(pyramid.reduce.weight)
    nn.init.zeros_(pyramid.reduce.bias)
    for level, convolution in enumerate(pyramid.levels):
        nn.init.dirac_(convolution.weight)
        nn.init.constant_(convolution.bias, 10.0**level)
    # three channels of 1 sum to 3 on each of the three levels
    torch.testing.assert_close(pyramid(torch.ones(1, 3, 7, 9)), torch.full((1, 1, 7, 9), 9.0 + 111.0))


def test_every_tensor_of_the_official_network_finds_its_place(on_meta: Build) -> None:
    """Its names are those of timm's classifier without the classifying parts, and ``last_layer``."""
    network = on_meta("hrnet", 19, backbone="hrnet_w48")
    with torch.device("meta"):
        classifier = timm.create_model("hrnet_w48")
    parts = ("incre_modules.", "downsamp_modules.", "final_layer.", "classifier.")
    official = {name: tuple(v.shape) for name, v in classifier.state_dict().items() if not name.startswith(parts)}
    official |= {
        "last_layer.0.weight": (720, 720, 1, 1),
        "last_layer.0.bias": (720,),
        "last_layer.1.running_mean": (720,),
        "last_layer.3.weight": (19, 720, 1, 1),
    }
    state = network.state_dict()
    assert all(tuple(state[network.official_key(name) or ""].shape) == shape for name, shape in official.items())
    assert all(network.official_key(name) == name for name in state)


def test_an_unknown_head_is_refused(on_meta: Build) -> None:
    with pytest.raises(OptionError, match="hrnet: head must be one of v1, v2, v2p"):
        on_meta("hrnet", head="v3")
