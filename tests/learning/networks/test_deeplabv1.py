"""DeepLab v1: its size, its grid of scores, its branches, and the layers it takes from a classifier."""

from collections.abc import Callable

import pytest
import torch
import torchvision
from torch import nn

from segstudio.learning.networks import create_network
from segstudio.learning.networks.base import SegmentationNetwork
from segstudio.learning.networks.deeplabv1 import sampled_classifier

Build = Callable[..., SegmentationNetwork]


@pytest.mark.parametrize(("multi_scale", "count"), [(False, 20_505_429), (True, 21_711_550)])
def test_its_size(on_meta: Build, multi_scale: bool, count: int) -> None:
    assert sum(p.numel() for p in on_meta("deeplabv1", multi_scale=multi_scale).parameters()) == count


@pytest.mark.parametrize("multi_scale", [False, True])
def test_scores_lie_on_every_eighth_pixel(on_meta: Build, multi_scale: bool) -> None:
    network = on_meta("deeplabv1", 4, multi_scale=multi_scale)
    assert network.segment(torch.empty(1, 3, 65, 97, device="meta")).logits.shape == (1, 4, 9, 13)


def test_the_first_fully_connected_layer_sees_25_positions(on_meta: Build) -> None:
    layer = on_meta("deeplabv1").fc6
    assert layer.dilation[0] * (layer.kernel_size[0] - 1) + 1 == 25


@torch.no_grad()
def test_the_branches_add_their_scores() -> None:
    network = create_network("deeplabv1", 3, multi_scale=True).eval()
    x = torch.randn(1, 3, 33, 33)
    together = network.segment(x).logits
    for branch in network.scales:
        nn.init.zeros_(branch[-1].weight)
    nn.init.constant_(network.scales[2][-1].bias, 5.0)
    alone = network.segment(x).logits
    network.scales = nn.ModuleList()
    torch.testing.assert_close(alone, network.segment(x).logits + 5)
    assert not torch.allclose(together, alone)


def test_every_fourth_unit_and_three_taps_a_side_are_kept() -> None:
    unit = torch.arange(4096.0)
    tap = torch.arange(512 * 49.0)
    state = {
        "classifier.0.weight": unit[:, None].expand(4096, 512 * 49),
        "classifier.0.bias": unit,
        "classifier.3.weight": unit[None].expand(4096, 4096),
        "classifier.3.bias": unit,
    }
    kept = sampled_classifier(state)
    assert torch.equal(kept["fc6.weight"][:, 7, 1, 2], torch.arange(0, 4096, 4.0))
    assert torch.equal(kept["fc6.bias"], torch.arange(0, 4096, 4.0))
    assert torch.equal(kept["fc7.weight"][3, :, 0, 0], torch.arange(0, 4096, 4.0))
    taps = sampled_classifier(state | {"classifier.0.weight": tap[None].expand(4096, 512 * 49)})["fc6.weight"]
    rows = torch.tensor([0.0, 3.0, 6.0])
    assert torch.equal(taps[0, 2], 2 * 49 + 7 * rows[:, None] + rows[None])


def test_names_of_the_released_prototxts_find_their_place(on_meta: Build) -> None:
    network = on_meta("deeplabv1")
    state = network.state_dict()
    for key, shape in {
        "conv1_1.weight": (64, 3, 3, 3),
        "conv5_3.bias": (512,),
        "fc6.weight": (1024, 512, 3, 3),
        "fc7.bias": (1024,),
        "fc8_voc12.weight": (21, 1024, 1, 1),
    }.items():
        assert tuple(state[network.official_key(key) or ""].shape) == shape
    assert all(network.official_key(name) == name for name in state)


def test_layers_that_score_learn_at_the_heads_rate(on_meta: Build) -> None:
    network = on_meta("deeplabv1")
    assert {id(p) for p in network.head_parameters()} == {id(p) for p in network.fc8.parameters()}


@torch.no_grad()
def test_pretrained_fills_the_convolutions_and_the_fully_connected_layers(monkeypatch: pytest.MonkeyPatch) -> None:
    with torch.device("meta"):
        published = torchvision.models.vgg16().state_dict()
    state = {name: torch.full((), 0.25).expand(value.shape) for name, value in published.items()}
    weights = torchvision.models.VGG16_Weights.IMAGENET1K_V1
    monkeypatch.setattr(type(weights), "get_state_dict", lambda *args, **options: state)
    network = create_network("deeplabv1", 3, pretrained=True)
    for name in ("backbone.conv1_1.weight", "backbone.conv5_3.bias", "fc6.weight", "fc7.weight", "fc7.bias"):
        assert (network.get_parameter(name) == 0.25).all()
    assert (network.fc8.weight != 0.25).all()
