"""OCRNet: its size, how regions are gathered, and whose checkpoints it takes."""

from collections.abc import Callable

import pytest
import torch

from segstudio.learning.networks.base import SegmentationNetwork
from segstudio.learning.networks.ocrnet import ObjectContext, gather_regions

Build = Callable[..., SegmentationNetwork]


@pytest.mark.parametrize(("backbone", "count"), [("hrnet_w48", 70_375_146), ("resnet101", 57_867_114)])
def test_its_size(on_meta: Build, backbone: str, count: int) -> None:
    assert sum(p.numel() for p in on_meta("ocrnet", backbone=backbone).parameters()) == count


@pytest.mark.parametrize(("backbone", "size", "scores"), [("hrnet_w18", 64, 16), ("resnet18", 65, 9)])
def test_scores_have_the_features_size(on_meta: Build, backbone: str, size: int, scores: int) -> None:
    network = on_meta("ocrnet", 4, backbone=backbone)
    out = network.segment(torch.empty(2, 3, size, size, device="meta"))
    assert out.logits.shape == out.aux[0].shape == (2, 4, scores, scores)
    assert network.aux_weights == (0.4,)


def test_a_region_is_the_mean_of_the_pixels_that_its_class_claims() -> None:
    pixels = torch.tensor([[[[1.0, 3.0], [5.0, 7.0]]]])
    claims = torch.tensor([[[[1.0, 1.0], [0.0, 0.0]], [[0.0, 0.0], [0.0, 1.0]], [[1.0, 1.0], [1.0, 1.0]]]])
    regions = gather_regions(pixels, 100 * claims)
    torch.testing.assert_close(regions, torch.tensor([[[[2.0], [7.0], [4.0]]]]))


@torch.no_grad()
def test_pixels_attend_to_the_regions_wherever_they_stand() -> None:
    """Regions know no positions: shifting image and scores together shifts the result."""
    block = ObjectContext(8, 4, bias=False).eval()
    pixels, coarse = torch.randn(1, 8, 6, 6), torch.randn(1, 3, 6, 6)
    shifted = block(pixels.roll((2, 1), (2, 3)), coarse.roll((2, 1), (2, 3)))
    torch.testing.assert_close(shifted, block(pixels, coarse).roll((2, 1), (2, 3)))


@pytest.mark.parametrize(
    ("key", "name", "shape"),
    [
        ("conv1.weight", "backbone.hrnet.conv1.weight", (64, 3, 3, 3)),
        (
            "stage4.2.fuse_layers.3.0.0.0.weight",
            "backbone.hrnet.stage4.2.fuse_layers.3.0.0.0.weight",
            (48, 48, 3, 3),
        ),
        ("conv3x3_ocr.0.weight", "reduce.0.weight", (512, 720, 3, 3)),
        ("conv3x3_ocr.1.running_var", "reduce.1.running_var", (512,)),
        ("ocr_distri_head.object_context_block.f_pixel.0.weight", "context.pixel.0.weight", (256, 512, 1, 1)),
        ("ocr_distri_head.object_context_block.f_pixel.3.0.bias", "context.pixel.4.bias", (256,)),
        ("ocr_distri_head.object_context_block.f_object.2.weight", "context.region.3.weight", (256, 256, 1, 1)),
        ("ocr_distri_head.object_context_block.f_down.1.0.weight", "context.value.1.weight", (256,)),
        ("ocr_distri_head.object_context_block.f_up.0.weight", "context.spread.0.weight", (512, 256, 1, 1)),
        ("ocr_distri_head.conv_bn_dropout.0.weight", "context.join.0.weight", (512, 1024, 1, 1)),
        ("ocr_distri_head.conv_bn_dropout.1.0.running_mean", "context.join.1.running_mean", (512,)),
        ("cls_head.bias", "classifier.bias", (21,)),
        ("aux_head.0.bias", "aux_classifier.0.bias", (720,)),
        ("aux_head.3.weight", "aux_classifier.3.weight", (21, 720, 1, 1)),
        ("last_layer.1.weight", "aux_classifier.1.weight", (720,)),
    ],
)
def test_names_of_the_hrnet_release_find_their_place(
    on_meta: Build, key: str, name: str, shape: tuple[int, ...]
) -> None:
    network = on_meta("ocrnet")
    assert network.official_key(key) == name
    assert tuple(network.state_dict()[name].shape) == shape


@pytest.mark.parametrize(
    ("deep_stem", "key", "name", "shape"),
    [
        (False, "backbone.resinit.conv1.weight", "backbone.conv1.weight", (64, 3, 7, 7)),
        (True, "backbone.resinit.conv2.weight", "backbone.conv1.3.weight", (64, 64, 3, 3)),
        (True, "backbone.resinit.bn3.bias", "backbone.bn1.bias", (128,)),
        (False, "backbone.layer3.22.bn1.bias", "backbone.layer3.22.bn1.bias", (256,)),
        (False, "conv_3x3.0.bias", "reduce.0.bias", (512,)),
        (False, "conv_3x3.1.0.weight", "reduce.1.weight", (512,)),
        (False, "spatial_ocr_head.object_context_block.f_up.0.bias", "context.spread.0.bias", (512,)),
        (False, "spatial_ocr_head.conv_bn_dropout.1.weight", "context.join.1.weight", (512,)),
        (False, "head.weight", "classifier.weight", (21, 512, 1, 1)),
        (False, "dsn_head.0.weight", "aux_classifier.0.weight", (512, 1024, 3, 3)),
        (False, "dsn_head.1.0.running_var", "aux_classifier.1.running_var", (512,)),
        (False, "dsn_head.3.bias", "aux_classifier.4.bias", (21,)),
    ],
)
def test_names_of_the_resnet_release_find_their_place(
    on_meta: Build, deep_stem: bool, key: str, name: str, shape: tuple[int, ...]
) -> None:
    network = on_meta("ocrnet", backbone="resnet101", deep_stem=deep_stem)
    assert network.official_key(key) == name
    assert tuple(network.state_dict()[name].shape) == shape


@pytest.mark.parametrize("backbone", ["hrnet_w18", "resnet18"])
def test_its_own_names_stay(on_meta: Build, backbone: str) -> None:
    network = on_meta("ocrnet", backbone=backbone)
    assert all(network.official_key(name) == name for name in network.state_dict())
