"""DeepLab v2: its size, the sum of its pyramid, the maximum over scales, and whose checkpoints it takes."""

from collections.abc import Callable

import pytest
import torch

from segstudio.core.errors import OptionError
from segstudio.learning.networks import create_network
from segstudio.learning.networks.base import SegmentationNetwork
from segstudio.learning.networks.layers import resize

Build = Callable[..., SegmentationNetwork]


@pytest.mark.parametrize(
    ("options", "count"),
    [({}, 44_048_532), ({"multi_scale": True}, 44_048_532), ({"backbone": "vgg16"}, 37_877_652)],
)
def test_its_size(on_meta: Build, options: dict[str, object], count: int) -> None:
    assert sum(p.numel() for p in on_meta("deeplabv2", **options).parameters()) == count


@pytest.mark.parametrize("backbone", ["resnet18", "resnet50", "vgg16"])
def test_scores_lie_on_every_eighth_pixel(on_meta: Build, backbone: str) -> None:
    network = on_meta("deeplabv2", 4, backbone=backbone)
    assert network.segment(torch.empty(1, 3, 65, 97, device="meta")).logits.shape == (1, 4, 9, 13)


@torch.no_grad()
def test_the_pyramid_sums_its_branches() -> None:
    network = create_network("deeplabv2", 3, backbone="resnet18", rates=(2, 4)).eval()
    features = torch.randn(1, 512, 9, 9)
    torch.testing.assert_close(network.aspp(features), network.aspp.c0(features) + network.aspp.c1(features))
    assert [network.aspp.c0.dilation[0], network.aspp.c1.dilation[0]] == [2, 4]


@torch.no_grad()
def test_scales_are_fused_by_their_maximum() -> None:
    network = create_network("deeplabv2", 3, backbone="resnet18", multi_scale=True).eval()
    x = torch.randn(1, 3, 65, 65)

    def scores(size: int) -> torch.Tensor:
        maps = network.aspp(network.backbone(resize(x, (size, size), align_corners=True))[-1])
        return resize(maps, (9, 9), align_corners=True)

    expected = torch.stack([scores(65), scores(48), scores(32)]).amax(0)
    torch.testing.assert_close(network.segment(x).logits, expected)


def test_training_supervises_each_scale() -> None:
    network = create_network("deeplabv2", 3, backbone="resnet18", multi_scale=True)
    out = network(torch.randn(1, 3, 40, 50))
    assert network.aux_weights == (1.0, 1.0, 1.0)
    assert [tuple(aux.shape) for aux in out.aux] == [(1, 3, 40, 50)] * 3
    assert create_network("deeplabv2", 3, backbone="resnet18").aux_weights == ()


@pytest.mark.parametrize(
    ("key", "name", "shape"),
    [
        ("layer1.conv1.conv.weight", "backbone.conv1.weight", (64, 3, 7, 7)),
        ("layer1.conv1.bn.running_var", "backbone.bn1.running_var", (64,)),
        ("layer2.block1.reduce.conv.weight", "backbone.layer1.0.conv1.weight", (64, 64, 1, 1)),
        ("layer4.block23.conv3x3.conv.weight", "backbone.layer3.22.conv2.weight", (256, 256, 3, 3)),
        ("layer5.block3.increase.bn.bias", "backbone.layer4.2.bn3.bias", (2048,)),
        ("layer5.block1.shortcut.conv.weight", "backbone.layer4.0.downsample.0.weight", (2048, 1024, 1, 1)),
        ("layer3.block1.proj.bn.weight", "backbone.layer2.0.downsample.1.weight", (512,)),
        ("aspp.c3.bias", "aspp.c3.bias", (21,)),
        ("scale.aspp.stages.c0.weight", "aspp.c0.weight", (21, 2048, 3, 3)),
    ],
)
def test_published_names_find_their_place(on_meta: Build, key: str, name: str, shape: tuple[int, ...]) -> None:
    network = on_meta("deeplabv2")
    assert network.official_key(key) == name
    assert tuple(network.state_dict()[name].shape) == shape
    assert all(network.official_key(name) == name for name in network.state_dict())


@pytest.mark.parametrize("rates", [(), (0,), ("6",)])
def test_rates_that_make_no_sense_are_refused(on_meta: Build, rates: tuple[object, ...]) -> None:
    with pytest.raises(OptionError, match="deeplabv2: rates must be a list of positive whole numbers"):
        on_meta("deeplabv2", rates=rates)
