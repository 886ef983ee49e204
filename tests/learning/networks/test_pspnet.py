"""PSPNet: its size, its pyramid on any grid, and whose checkpoints it takes."""

from collections.abc import Callable

import pytest
import torch

from segstudio.core.errors import OptionError
from segstudio.learning.networks import create_network
from segstudio.learning.networks.base import SegmentationNetwork

Build = Callable[..., SegmentationNetwork]


@pytest.mark.parametrize(
    ("backbone", "stem", "count"),
    [
        ("resnet50", "deep", 49_081_578),
        ("resnet101", "deep", 68_073_706),
        ("resnet50", "plain", 48_957_802),
        ("resnet101", "plain", 67_949_930),
    ],
)
def test_its_size(on_meta: Build, backbone: str, stem: str, count: int) -> None:
    network = on_meta("pspnet", backbone=backbone, stem=stem)
    assert sum(p.numel() for p in network.parameters()) == count


def test_every_block_of_a_dilated_stage_is_dilated(on_meta: Build) -> None:
    backbone = on_meta("pspnet", backbone="resnet50").backbone
    assert [block.conv2.dilation[0] for block in backbone.layer3] == [2] * 6
    assert [block.conv2.dilation[0] for block in backbone.layer4] == [4] * 3


@torch.no_grad()
def test_the_pyramid_sees_the_whole_image() -> None:
    """The mean over one cell reaches every pixel: a change in one corner moves the logits in the other."""
    network = create_network("pspnet", 2, backbone="resnet18", stem="plain").eval()
    features = torch.rand(1, 512, 30, 30)
    changed = features.clone()
    changed[..., -1, -1] += 100
    difference = network.ppm(changed) - network.ppm(features)
    assert difference.shape == (1, 1024, 30, 30)
    assert not difference[:, :512, 0, 0].any()  # the features themselves
    assert difference[:, 512:640, 0, 0].any()  # one cell
    assert not difference[:, 896:, 0, 0].any()  # six cells a side


def test_the_auxiliary_head_stands_on_the_third_stage(on_meta: Build) -> None:
    network = on_meta("pspnet", 5, backbone="resnet50")
    out = network(torch.empty(2, 3, 40, 50, device="meta"))
    assert network.aux_weights == (0.4,)
    assert [tuple(aux.shape) for aux in out.aux] == [(2, 5, 40, 50)]
    assert network.aux[0].in_channels == 1024


@pytest.mark.parametrize(
    ("stem", "key", "name", "shape"),
    [
        ("deep", "layer0.0.weight", "backbone.conv1.0.weight", (64, 3, 3, 3)),
        ("deep", "layer0.4.running_mean", "backbone.conv1.4.running_mean", (64,)),
        ("deep", "layer0.6.weight", "backbone.conv1.6.weight", (128, 64, 3, 3)),
        ("deep", "layer0.7.bias", "backbone.bn1.bias", (128,)),
        ("deep", "layer1.0.conv1.weight", "backbone.layer1.0.conv1.weight", (64, 128, 1, 1)),
        ("plain", "conv1.weight", "backbone.conv1.weight", (64, 3, 7, 7)),
        ("plain", "layer0.1.weight", "backbone.bn1.weight", (64,)),
        ("plain", "layer4.2.conv3.weight", "backbone.layer4.2.conv3.weight", (2048, 512, 1, 1)),
        ("deep", "ppm.features.3.1.weight", "ppm.features.3.1.weight", (512, 2048, 1, 1)),
        ("deep", "ppm.features.0.2.running_var", "ppm.features.0.2.running_var", (512,)),
        ("deep", "cls.0.weight", "cls.0.weight", (512, 4096, 3, 3)),
        ("deep", "cls.4.bias", "cls.4.bias", (21,)),
        ("deep", "aux.0.weight", "aux.0.weight", (256, 1024, 3, 3)),
        ("deep", "aux.4.weight", "aux.4.weight", (21, 256, 1, 1)),
    ],
)
def test_published_names_find_their_place(
    on_meta: Build, stem: str, key: str, name: str, shape: tuple[int, ...]
) -> None:
    network = on_meta("pspnet", backbone="resnet50", stem=stem)
    assert network.official_key(key) == name
    assert tuple(network.state_dict()[name].shape) == shape
    assert all(network.official_key(name) == name for name in network.state_dict())


@pytest.mark.parametrize("options", [{"stem": "7x7"}, {"bins": (0,)}, {"dropout": 1}])
def test_options_out_of_range_are_refused(on_meta: Build, options: dict[str, object]) -> None:
    with pytest.raises(OptionError, match=f"pspnet: {next(iter(options))} must be"):
        on_meta("pspnet", **options)
