"""A linear head on DINO: what is frozen, what the head sees, and where its weights come from."""

from collections.abc import Callable

import pytest
import timm
import torch

from segstudio.core.errors import OptionError
from segstudio.learning.networks import create_network
from segstudio.learning.networks.base import SegmentationNetwork

Build = Callable[..., SegmentationNetwork]


def test_training_leaves_a_frozen_backbone_as_it_is() -> None:
    network = create_network("dinolinear", 2).train()
    before = {name: value.clone() for name, value in network.state_dict().items()}
    optimiser = torch.optim.SGD(network.parameters(), lr=0.1, weight_decay=0.1)
    network(torch.randn(2, 3, 42, 42)).logits.square().mean().backward()
    optimiser.step()
    changed = {name for name, value in network.state_dict().items() if not torch.equal(value, before[name])}
    assert {name.partition(".")[0] for name in changed} == {"norm", "classifier"}
    assert network.training
    assert not network.backbone.training


def test_unfrozen_the_backbone_learns(on_meta: Build) -> None:
    network = on_meta("dinolinear", 2, frozen=False).train()
    assert network.backbone.training
    assert all(p.requires_grad for p in network.parameters())


@torch.no_grad()
@pytest.mark.parametrize(("backbone", "patch"), [("dinov2_small_reg", 14), ("dinov3_small", 16)])
def test_the_head_sees_the_patches_of_the_last_blocks(backbone: str, patch: int) -> None:
    network = create_network("dinolinear", 2, backbone=backbone, layers=2).eval()
    x = torch.randn(1, 3, 3 * patch, 5 * patch)
    features = network.features(x)
    assert network.multiple == patch
    assert features.shape == (1, 2 * 384, 3, 5)
    last = network.backbone.forward_features(x)[:, network.backbone.num_prefix_tokens :]
    torch.testing.assert_close(features[:, 384:], last.transpose(1, 2).reshape(1, 384, 3, 5))


def test_a_number_of_layers_that_it_does_not_have_is_refused(on_meta: Build) -> None:
    for layers in (0, 13, 1.5):
        with pytest.raises(OptionError, match="dinolinear: layers must be a whole number from 1 to 12"):
            on_meta("dinolinear", layers=layers)


def test_pretrained_fills_the_backbone(hugging_face_cache: Callable[[str, dict[str, torch.Tensor]], None]) -> None:
    published = timm.create_model("vit_small_patch14_dinov2", num_classes=0)
    hugging_face_cache("timm/vit_small_patch14_dinov2.lvd142m", published.state_dict())
    network = create_network("dinolinear", 2, in_channels=4, pretrained=True)
    assert torch.equal(network.backbone.pos_embed, published.pos_embed)
    assert torch.equal(network.backbone.blocks[11].mlp.fc2.weight, published.blocks[11].mlp.fc2.weight)
    assert network.backbone.patch_embed.proj.weight.shape == (384, 4, 14, 14)
