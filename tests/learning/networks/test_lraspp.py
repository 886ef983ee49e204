"""LR-ASPP: that it is torchvision's, and where its weights come from."""

from collections.abc import Callable
from pathlib import Path

import torch
import torchvision

from segstudio.learning.networks import create_network
from segstudio.learning.networks.base import SegmentationNetwork

Build = Callable[..., SegmentationNetwork]


@torch.no_grad()
def test_it_is_torchvisions_network() -> None:
    theirs = torchvision.models.segmentation.lraspp_mobilenet_v3_large(
        weights=None, weights_backbone=None, num_classes=5
    )
    ours = create_network("lraspp", 5)
    ours.load_state_dict(theirs.state_dict())
    assert sum(p.numel() for p in ours.parameters()) == sum(p.numel() for p in theirs.parameters())
    x = torch.randn(1, 3, 64, 96)
    torch.testing.assert_close(ours.eval()(x).logits, theirs.eval()(x)["out"])


def test_scores_lie_on_every_eighth_pixel(on_meta: Build) -> None:
    assert on_meta("lraspp", 4).segment(torch.empty(2, 3, 64, 96, device="meta")).logits.shape == (2, 4, 8, 12)


def test_pretrained_fills_the_backbone(torch_cache: Path) -> None:
    published = torchvision.models.mobilenet_v3_large()
    torch.save(published.state_dict(), torch_cache / "mobilenet_v3_large-8738ca79.pth")
    network = create_network("lraspp", 2, in_channels=1, pretrained=True)
    first, last = published.features[0][0].weight, published.features[16][0].weight
    torch.testing.assert_close(network.backbone["0"][0].weight, first.sum(1, keepdim=True))
    assert torch.equal(network.backbone["16"][0].weight, last)
