"""UPerNet: its size, its levels, and where its weights come from."""

from collections.abc import Callable

import pytest
import timm
import torch

from segstudio.learning.networks import create_network
from segstudio.learning.networks.base import SegmentationNetwork

Build = Callable[..., SegmentationNetwork]


@pytest.mark.parametrize(
    ("backbone", "count"),
    [
        # transformers' network has 1,536 more: a normalisation of 768 that nothing reads
        ("swin_tiny", 59_844_068 - 1_536),
        ("convnext_tiny", 60_143_306),
    ],
)
def test_its_size(on_meta: Build, backbone: str, count: int) -> None:
    assert sum(p.numel() for p in on_meta("upernet", backbone=backbone).parameters()) == count


@pytest.mark.parametrize("backbone", ["swin_tiny", "convnext_tiny"])
def test_scores_lie_on_every_fourth_pixel(on_meta: Build, backbone: str) -> None:
    network = on_meta("upernet", 4, backbone=backbone)
    out = network.segment(torch.empty(2, 3, 96, 160, device="meta"))
    assert out.logits.shape == (2, 4, 24, 40)
    assert out.aux[0].shape == (2, 4, 6, 10)


@torch.no_grad()
@pytest.mark.parametrize("backbone", ["swin_tiny", "convnext_tiny"])
def test_the_backbones_maps_are_normalised_over_channels(backbone: str) -> None:
    encoder = create_network("upernet", 2, backbone=backbone).backbone.eval()
    features = encoder(torch.randn(1, 3, 64, 96))
    assert [tuple(f.shape[1:]) for f in features] == [(96, 16, 24), (192, 8, 12), (384, 4, 6), (768, 2, 3)]
    for maps in features:
        torch.testing.assert_close(maps.mean(1), torch.zeros_like(maps[:, 0]), atol=1e-5, rtol=0)


@torch.no_grad()
def test_the_top_of_the_pyramid_reaches_the_finest_level() -> None:
    """A change in one corner of the coarsest features moves scores in the opposite corner."""
    torch.manual_seed(0)
    network = create_network("upernet", 2, width=8).eval()
    features = [torch.randn(1, c, 16 // 2**i, 16 // 2**i) for i, c in enumerate((96, 192, 384, 768))]
    network.backbone.forward = lambda x: features
    x = torch.empty(1, 3, 64, 64)
    before = network.segment(x).logits
    features[-1] = features[-1].clone()
    features[-1][..., -1, -1] += 5
    moved = (network.segment(x).logits != before)[..., :4, :4]
    assert moved.float().mean() > 0.5


def test_pretrained_fills_the_backbone(hugging_face_cache: Callable[[str, dict[str, torch.Tensor]], None]) -> None:
    published = timm.create_model("convnext_tiny")
    hugging_face_cache("timm/convnext_tiny.in12k_ft_in1k", published.state_dict())
    network = create_network("upernet", 2, in_channels=1, pretrained=True, width=8)
    state = network.backbone.model.state_dict()
    torch.testing.assert_close(state["stem_0.weight"], published.stem[0].weight.sum(1, keepdim=True))
    assert torch.equal(state["stages_3.blocks.2.mlp.fc2.weight"], published.stages[3].blocks[2].mlp.fc2.weight)
    assert {id(p) for p in network.backbone.norms.parameters()} <= {id(p) for p in network.head_parameters()}
