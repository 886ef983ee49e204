"""RefineNet: its size, what its blocks compute, and whose checkpoints it takes."""

from collections.abc import Callable

import pytest
import torch
from torch import nn

from segstudio.learning.networks.base import SegmentationNetwork
from segstudio.learning.networks.refinenet import ChainedResidualPooling, RefineBlock, ResidualConvUnit

Build = Callable[..., SegmentationNetwork]


def test_its_size(on_meta: Build) -> None:
    assert sum(p.numel() for p in on_meta("refinenet").parameters()) == 118_052_437


def test_scores_lie_on_every_fourth_pixel(on_meta: Build) -> None:
    network = on_meta("refinenet", 4, backbone="resnet18")
    assert network.segment(torch.empty(1, 3, 65, 97, device="meta")).logits.shape == (1, 4, 17, 25)


def test_only_the_first_convolution_of_a_unit_has_a_bias() -> None:
    unit = ResidualConvUnit(4)
    assert unit.conv1.bias is not None
    assert unit.conv2.bias is None


@torch.no_grad()
def test_a_unit_of_zeros_is_the_identity() -> None:
    unit = ResidualConvUnit(2)
    nn.init.zeros_(unit.conv2.weight)
    x = torch.randn(1, 2, 5, 5)
    assert torch.equal(unit(x), x)


@torch.no_grad()
def test_chained_pooling_adds_links_of_growing_reach() -> None:
    """With identity convolutions, one bright pixel is its own, then its 5x5 neighbourhood's, then the 9x9 one's."""
    pooling = ChainedResidualPooling(1, links=2)
    for convolution in pooling.convs:
        nn.init.dirac_(convolution.weight)
    x = torch.full((1, 1, 21, 21), -3.0)
    x[..., 10, 10] = 1.0
    row = pooling(x)[0, 0, 10]
    assert row.tolist() == [0.0] * 6 + [1.0] * 2 + [2.0] * 2 + [3.0] + [2.0] * 2 + [1.0] * 2 + [0.0] * 6


@torch.no_grad()
def test_fusion_adds_the_coarser_path_at_the_finer_size() -> None:
    block = RefineBlock(3, 4, 6).eval()
    stage, coarser = torch.randn(1, 3, 9, 9), torch.randn(1, 6, 5, 5)
    seen = []
    block.pool.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0]))
    block(stage, coarser)
    # corners align: a corner of the sum is the sum of the corners
    expected = block.own(block.adapt(block.reduce(stage)))[..., -1, -1] + block.coarser(coarser)[..., -1, -1]
    torch.testing.assert_close(seen[0][..., -1, -1], expected)


@pytest.mark.parametrize(
    ("key", "name", "shape"),
    [
        ("conv1.weight", "backbone.conv1.weight", (64, 3, 7, 7)),
        ("layer3.22.bn1.bias", "backbone.layer3.22.bn1.bias", (256,)),
        ("p_ims1d2_outl1_dimred.weight", "blocks.0.reduce.weight", (512, 2048, 3, 3)),
        ("p_ims1d2_outl4_dimred.weight", "blocks.3.reduce.weight", (256, 256, 3, 3)),
        ("adapt_stage1_b.0.2_conv.bias", "blocks.0.adapt.1.conv1.bias", (512,)),
        (
            "adapt_stage3_b.0.1_conv_relu_varout_dimred.weight",
            "blocks.2.adapt.0.conv2.weight",
            (256, 256, 3, 3),
        ),
        ("adapt_stage2_b2_joint_varout_dimred.weight", "blocks.1.own.weight", (256, 256, 3, 3)),
        ("mflow_conv_g1_pool.0.1_outvar_dimred.weight", "blocks.0.pool.convs.0.weight", (512, 512, 3, 3)),
        ("mflow_conv_g4_b.0.3_conv.bias", "blocks.3.output.2.conv1.bias", (256,)),
        ("mflow_conv_g1_b3_joint_varout_dimred.weight", "blocks.1.coarser.weight", (256, 512, 3, 3)),
        ("clf_conv.bias", "classifier.bias", (21,)),
    ],
)
def test_published_names_find_their_place(on_meta: Build, key: str, name: str, shape: tuple[int, ...]) -> None:
    network = on_meta("refinenet")
    assert network.official_key(key) == name
    assert tuple(network.state_dict()[name].shape) == shape


def test_its_own_names_stay(on_meta: Build) -> None:
    network = on_meta("refinenet")
    assert all(network.official_key(name) == name for name in network.state_dict())
