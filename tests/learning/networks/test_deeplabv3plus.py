"""DeepLab v3+: its size, where its rates and features come from, and whose checkpoints it takes."""

from collections.abc import Callable, Iterator

import pytest
import segmentation_models_pytorch as smp
import torch
from torch.utils.flop_counter import FlopCounterMode

from segstudio.core.errors import OptionError
from segstudio.learning.networks.base import SegmentationNetwork

Build = Callable[..., SegmentationNetwork]


@pytest.mark.parametrize(
    ("options", "count"),
    [
        ({}, 59_344_309),
        ({"output_stride": 8}, 59_344_309),
        ({"backbone": "xception65"}, 54_705_317),
        ({"backbone": "xception65", "separable": True}, 41_042_005),
    ],
)
def test_its_size(on_meta: Build, options: dict[str, object], count: int) -> None:
    assert sum(p.numel() for p in on_meta("deeplabv3plus", **options).parameters()) == count


def test_its_separable_decoder_works_at_stride_4_where_another_library_puts_half_of_it_at_16(on_meta: Build) -> None:
    """As many parameters; one separable convolution of 256 channels costs a sixteenth there."""

    def macs(network: torch.nn.Module) -> float:
        with torch.no_grad(), FlopCounterMode(display=False) as counter:
            network.eval()(torch.empty(1, 3, 512, 512, device="meta"))
        return counter.get_total_flops() / 2

    with torch.device("meta"):
        theirs = smp.DeepLabV3Plus("tu-xception65", encoder_weights=None, classes=21)
    ours = on_meta("deeplabv3plus", backbone="xception65", separable=True)
    assert sum(p.numel() for p in theirs.parameters()) == sum(p.numel() for p in ours.parameters())
    convolution = 256 * 256 + 256 * 9
    assert macs(ours) - macs(theirs) == convolution * (128**2 - 32**2)


@pytest.mark.parametrize(("output_stride", "rates"), [(16, [6, 12, 18]), (8, [12, 24, 36])])
def test_the_rates_follow_the_output_stride(on_meta: Build, output_stride: int, rates: list[int]) -> None:
    network = on_meta("deeplabv3plus", output_stride=output_stride)
    assert [network.classifier.aspp.convs[i][0].dilation[0] for i in (1, 2, 3)] == rates
    assert network.backbone(torch.empty(1, 3, 64, 64, device="meta"))[-1].shape[-1] == 64 // output_stride


@pytest.mark.parametrize("backbone", ["resnet18", "resnet34", "resnet50", "xception65"])
def test_logits_stand_at_a_quarter_of_the_size(on_meta: Build, backbone: str) -> None:
    network = on_meta("deeplabv3plus", 5, 2, backbone=backbone)
    x = torch.empty(1, 2, 97, 131, device="meta")
    assert network(x).logits.shape == (1, 5, 97, 131)
    assert network.segment(x[..., :96, :128]).logits.shape == (1, 5, 24, 32)


def _jfzhang_keys() -> Iterator[tuple[str, tuple[int, ...]]]:
    """Some of the names and shapes of the release of jfzhang95/pytorch-deeplab-xception on ResNet-101."""
    yield "backbone.conv1.weight", (64, 3, 7, 7)
    yield "backbone.layer4.2.bn3.running_var", (2048,)
    yield "aspp.aspp1.atrous_conv.weight", (256, 2048, 1, 1)
    yield "aspp.aspp4.atrous_conv.weight", (256, 2048, 3, 3)
    yield "aspp.aspp4.bn.running_mean", (256,)
    yield "aspp.global_avg_pool.1.weight", (256, 2048, 1, 1)
    yield "aspp.global_avg_pool.2.bias", (256,)
    yield "aspp.conv1.weight", (256, 1280, 1, 1)
    yield "aspp.bn1.weight", (256,)
    yield "decoder.conv1.weight", (48, 256, 1, 1)
    yield "decoder.bn1.bias", (48,)
    yield "decoder.last_conv.0.weight", (256, 304, 3, 3)
    yield "decoder.last_conv.1.running_var", (256,)
    yield "decoder.last_conv.4.weight", (256, 256, 3, 3)
    yield "decoder.last_conv.5.weight", (256,)
    yield "decoder.last_conv.8.weight", (21, 256, 1, 1)
    yield "decoder.last_conv.8.bias", (21,)


def _vainf_keys() -> Iterator[tuple[str, tuple[int, ...]]]:
    """Some of the names and shapes of the release of VainF/DeepLabV3Plus-Pytorch on ResNet-101."""
    yield "backbone.layer3.22.conv2.weight", (256, 256, 3, 3)
    yield "classifier.project.0.weight", (48, 256, 1, 1)
    yield "classifier.aspp.convs.3.0.weight", (256, 2048, 3, 3)
    yield "classifier.aspp.convs.4.1.weight", (256, 2048, 1, 1)
    yield "classifier.aspp.convs.4.2.running_mean", (256,)
    yield "classifier.aspp.project.0.weight", (256, 1280, 1, 1)
    yield "classifier.classifier.0.weight", (256, 304, 3, 3)
    yield "classifier.classifier.1.weight", (256,)
    yield "classifier.classifier.3.weight", (21, 256, 1, 1)


@pytest.mark.parametrize(
    ("options", "keys"), [({}, _jfzhang_keys), ({"decoder_convolutions": 1}, _vainf_keys)], ids=["jfzhang", "vainf"]
)
def test_published_names_find_their_place(
    on_meta: Build, options: dict[str, object], keys: Callable[[], Iterator[tuple[str, tuple[int, ...]]]]
) -> None:
    network = on_meta("deeplabv3plus", **options)
    shapes = {name: tuple(value.shape) for name, value in network.state_dict().items()}
    named = [(network.official_key(key), shape) for key, shape in keys()]
    assert len({name for name, _ in named}) == len(named)
    for name, shape in named:
        assert name is not None
        assert shapes[name] == shape
    assert all(network.official_key(name) == name for name in shapes)


@pytest.mark.parametrize("options", [{"output_stride": 32}, {"multi_grid": ()}, {"decoder_convolutions": 9}])
def test_options_out_of_range_are_refused(on_meta: Build, options: dict[str, object]) -> None:
    with pytest.raises(OptionError, match=f"deeplabv3plus: {next(iter(options))} must be"):
        on_meta("deeplabv3plus", **options)
