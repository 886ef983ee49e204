"""Backbones: what their features equal, and how published weights get into them."""

from collections.abc import Callable
from pathlib import Path
from urllib.error import URLError

import pytest
import timm
import torch
import torchvision
from torch import nn
from torchvision.models._utils import IntermediateLayerGetter

from segstudio.core.errors import CheckpointError, OptionError
from segstudio.learning.networks.encoders import (
    DilatedVGG16,
    HRNetEncoder,
    ResNetEncoder,
    XceptionEncoder,
    check_multi_grid,
    fill,
    vgg16_by_name,
)


def _image(channels: int = 3, size: tuple[int, int] = (64, 96)) -> torch.Tensor:
    return torch.randn(1, channels, *size, generator=torch.Generator().manual_seed(0))


def _torchvision_features(resnet: nn.Module, x: torch.Tensor) -> list[torch.Tensor]:
    layers = {f"layer{i}": f"layer{i}" for i in (1, 2, 3, 4)}
    return list(IntermediateLayerGetter(resnet, layers)(x).values())


# --- ResNet ---


@torch.no_grad()
def test_resnet_gives_torchvisions_features() -> None:
    encoder = ResNetEncoder("resnet18").eval()
    resnet = torchvision.models.resnet18().eval()
    resnet.load_state_dict(encoder.state_dict(), strict=False)
    ours, theirs = encoder(_image()), _torchvision_features(resnet, _image())
    assert [f.shape[1] for f in ours] == list(encoder.channels) == [64, 128, 256, 512]
    for a, b in zip(ours, theirs, strict=True):
        torch.testing.assert_close(a, b)


@torch.no_grad()
def test_resnet_dilates_as_torchvision_where_gradual() -> None:
    encoder = ResNetEncoder("resnet50", output_stride=8, gradual=True).eval()
    resnet = torchvision.models.resnet50(replace_stride_with_dilation=[False, True, True]).eval()
    resnet.load_state_dict(encoder.state_dict(), strict=False)
    for a, b in zip(encoder(_image()), _torchvision_features(resnet, _image()), strict=True):
        torch.testing.assert_close(a, b)


@torch.no_grad()
@pytest.mark.parametrize(("output_stride", "step"), [(16, 2), (8, 4)])
def test_a_dilated_resnet_holds_the_strided_ones_features(output_stride: int, step: int) -> None:
    """À trous: the values of the strided network stand among the dilated network's, at every second or fourth."""
    strided = ResNetEncoder("resnet18").eval()
    dilated = ResNetEncoder("resnet18", output_stride=output_stride, gradual=True).eval()
    dilated.load_state_dict(strided.state_dict())
    torch.testing.assert_close(dilated(_image())[-1][..., ::step, ::step], strided(_image())[-1])


@pytest.mark.parametrize(
    ("output_stride", "expected"), [(32, [1, 2, 4]), (16, [2, 4, 8]), (8, [4, 8, 16])], ids=["32", "16", "8"]
)
def test_multi_grid_multiplies_the_last_stages_dilations(output_stride: int, expected: list[int]) -> None:
    with torch.device("meta"):
        encoder = ResNetEncoder("resnet50", output_stride=output_stride, multi_grid=(1, 2, 4))
    assert [block.conv2.dilation[0] for block in encoder.layer4] == expected
    assert {block.conv2.dilation[0] for block in encoder.layer3} == {2 if output_stride == 8 else 1}


def test_the_caffe_layout_strides_in_the_first_convolution_and_rounds_up() -> None:
    with torch.device("meta"):
        encoder = ResNetEncoder("resnet50", caffe=True, output_stride=8)
        features = encoder(torch.empty(1, 3, 66, 66))
    assert encoder.layer2[0].conv1.stride == (2, 2)
    assert encoder.layer2[0].conv2.stride == (1, 1)
    # 66 -> 33 -> 17 + 1 for the border that the ceiling adds
    assert [tuple(f.shape[-2:]) for f in features] == [(17, 17), (9, 9), (9, 9), (9, 9)]


def test_the_deep_stem_has_128_channels_and_keeps_the_rest() -> None:
    with torch.device("meta"):
        deep, plain = ResNetEncoder("resnet50", deep_stem=True), ResNetEncoder("resnet50")
        features = deep(torch.empty(1, 3, 64, 64))
    assert [tuple(f.shape[1:]) for f in features] == [(256, 16, 16), (512, 8, 8), (1024, 4, 4), (2048, 2, 2)]
    added = sum(p.numel() for p in deep.parameters()) - sum(p.numel() for p in plain.parameters())
    assert added == 123_776


@torch.no_grad()
@pytest.mark.parametrize("channels", [1, 2, 4, 12])
def test_pretrained_resnet_adapts_to_the_channels(torch_cache: Path, channels: int) -> None:
    published = torchvision.models.resnet18()
    torch.save(published.state_dict(), torch_cache / "resnet18-f37072fd.pth")
    encoder = ResNetEncoder("resnet18", channels, pretrained=True).eval()
    assert torch.equal(encoder.layer4[1].conv2.weight, published.layer4[1].conv2.weight)
    assert encoder(_image(channels, (32, 32)))[-1].shape == (1, 512, 1, 1)
    if channels in (1, 12):  # whole repeats of the three colours: grey in every channel is the same picture
        grey = _image(1, (32, 32))
        expected = _torchvision_features(published.eval(), grey.expand(-1, 3, -1, -1))[-1]
        torch.testing.assert_close(encoder(grey.expand(-1, channels, -1, -1))[-1], expected)


def test_pretrained_weights_with_a_deep_stem_come_from_timm(
    hugging_face_cache: Callable[[str, dict[str, torch.Tensor]], None],
) -> None:
    published = timm.create_model("resnet50s")
    hugging_face_cache("timm/resnet50s.gluon_in1k", published.state_dict())
    encoder = ResNetEncoder("resnet50", deep_stem=True, pretrained=True)
    assert torch.equal(encoder.conv1[6].weight, published.conv1[6].weight)
    assert torch.equal(encoder.layer4[2].bn3.weight, published.layer4[2].bn3.weight)


def test_a_deep_stem_that_nobody_trained_is_refused() -> None:
    with pytest.raises(OptionError, match="no pretrained weights of resnet18 with a deep stem"):
        ResNetEncoder("resnet18", deep_stem=True, pretrained=True)


def test_weights_that_cannot_be_fetched_say_what_to_do(torch_cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def unreachable(*args: object, **kwargs: object) -> None:
        raise URLError("no route to host")

    monkeypatch.setattr(torch.hub, "download_url_to_file", unreachable)
    with pytest.raises(CheckpointError, match=r"resnet18: its pretrained weights cannot be fetched .*no route to host"):
        ResNetEncoder("resnet18", pretrained=True)


def test_weights_that_fit_only_in_part_are_refused() -> None:
    with pytest.raises(RuntimeError, match=r"missing \['bias'\], left over \['offset'\]"):
        fill(nn.Linear(1, 1), {"weight": torch.zeros(1, 1), "offset": torch.zeros(1)})


# --- VGG ---


@torch.no_grad()
def test_dilated_vgg_holds_the_published_features(torch_cache: Path) -> None:
    published = torchvision.models.vgg16()
    published.classifier = nn.Identity()
    torch.save(published.state_dict(), torch_cache / "vgg16-397923af.pth")
    encoder = DilatedVGG16(pretrained=True).eval()
    assert torch.equal(encoder.conv5_3.weight, published.features[28].weight)
    assert torch.equal(vgg16_by_name(published.state_dict())["conv1_2.bias"], published.features[2].bias)
    features = encoder(_image(size=(65, 65)))
    assert [f.shape[1] for f in features] == list(encoder.channels)
    assert [f.shape[-1] for f in features] == [33, 17, 9, 9, 9]


# --- timm ---


@pytest.mark.parametrize("output_stride", [8, 16])
def test_xception_takes_the_fine_features_where_it_is_told(output_stride: int) -> None:
    with torch.device("meta"):
        for before_stride, fine in ((False, 128), (True, 256)):
            encoder = XceptionEncoder(4, output_stride=output_stride, before_stride=before_stride)
            shapes = [tuple(f.shape) for f in encoder(torch.empty(1, 4, 64, 64))]
            assert shapes == [(1, fine, 16, 16), (1, 2048, 64 // output_stride, 64 // output_stride)]
            assert encoder.channels == (fine, 2048)


@pytest.mark.parametrize(("name", "width"), [("hrnet_w18", 18), ("hrnet_w32", 32), ("hrnet_w48", 48)])
def test_hrnet_gives_the_raw_branches(name: str, width: int) -> None:
    with torch.device("meta"):
        encoder = HRNetEncoder(name)
        features = encoder(torch.empty(2, 3, 64, 96))
    assert [tuple(f.shape) for f in features] == [(2, width * 2**i, 16 // 2**i, 24 // 2**i) for i in range(4)]
    assert encoder.channels == tuple(width * 2**i for i in range(4))


@torch.no_grad()
@pytest.mark.parametrize("finest_only", [False, True])
def test_hrnet_differs_from_timms_in_the_interpolation_alone(
    monkeypatch: pytest.MonkeyPatch, finest_only: bool
) -> None:
    encoder = HRNetEncoder("hrnet_w18_small", finest_only=finest_only).eval()
    theirs = timm.create_model("hrnet_w18_small", features_only=True, feature_location="", out_indices=(1, 2, 3, 4))
    theirs.eval().load_state_dict(encoder.hrnet.state_dict(), strict=False)
    bilinear = encoder(_image())

    def nearest(x: torch.Tensor, size: tuple[int, int], *, align_corners: bool) -> torch.Tensor:
        return nn.functional.interpolate(x, size)

    monkeypatch.setattr("segstudio.learning.networks.encoders.resize", nearest)
    features, expected = encoder(_image()), theirs(_image())[: 1 if finest_only else 4]
    assert not torch.allclose(bilinear[0], features[0])
    for a, b in zip(features, expected, strict=True):
        torch.testing.assert_close(a, b)


@torch.no_grad()
def test_timms_weights_come_through_its_cache(
    hugging_face_cache: Callable[[str, dict[str, torch.Tensor]], None],
) -> None:
    published = timm.create_model("hrnet_w18_small")
    hugging_face_cache("timm/hrnet_w18_small.gluon_in1k", published.state_dict())
    encoder = HRNetEncoder("hrnet_w18_small", 1, pretrained=True)
    assert torch.equal(
        encoder.hrnet.stage4[0].fuse_layers[0][1][0].weight, published.stage4[0].fuse_layers[0][1][0].weight
    )
    torch.testing.assert_close(encoder.hrnet.conv1.weight, published.conv1.weight.sum(1, keepdim=True))


@pytest.mark.usefixtures("hugging_face_cache")
def test_timms_weights_out_of_reach_say_what_to_do() -> None:
    with pytest.raises(CheckpointError, match="hrnet_w18_small: its pretrained weights cannot be fetched"):
        HRNetEncoder("hrnet_w18_small", pretrained=True)


@pytest.mark.parametrize("grid", [(), (0, 1), (1.5,), "124"])
def test_a_multi_grid_of_anything_else_is_refused(grid: tuple[int, ...]) -> None:
    with pytest.raises(OptionError, match="multi_grid must be a list of positive whole numbers"):
        check_multi_grid("deeplabv3", grid)
