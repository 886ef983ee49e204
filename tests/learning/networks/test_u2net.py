"""U²-Net: the published names, the side maps and their fusion."""

from __future__ import annotations

import pytest
import torch

from segstudio.learning.networks import create_network


@pytest.mark.parametrize("name", ["u2net", "u2netp"])
def test_tensors_bear_the_published_names(name: str) -> None:
    with torch.device("meta"):
        keys = set(create_network(name, 1).state_dict())
    assert keys >= {
        "stage1.rebnconvin.conv_s1.weight",
        "stage1.rebnconv7.bn_s1.running_mean",
        "stage1.rebnconv6d.conv_s1.bias",
        "stage5.rebnconv3d.conv_s1.weight",
        "stage1d.rebnconv1d.bn_s1.weight",
        "side6.weight",
        "outconv.bias",
    }
    # RSU-7, 6, 5, 4 have 2 L layers, RSU-4F has 8; each of 6 tensors and a counter
    blocks = 2 * (14 + 12 + 10 + 8 + 8) + 8
    assert len(keys) == 7 * blocks + 2 * 7


def test_a_block_of_height_seven_pools_five_times_and_dilates_once() -> None:
    block = create_network("u2netp", 1).get_submodule("stage1")
    dilations = [m.dilation[0] for m in block.modules() if isinstance(m, torch.nn.Conv2d)]
    assert dilations.count(2) == 1
    assert len(dilations) == 14


def test_the_output_is_the_fusion_of_six_side_maps() -> None:
    torch.manual_seed(0)
    network = create_network("u2netp", 1).train()
    x = torch.rand(2, 3, 64, 48)
    out = network(x)
    assert network.aux_weights == (1.0,) * 6
    fused = network.get_submodule("outconv")(torch.cat(out.aux, dim=1))
    assert torch.allclose(fused, out.logits, atol=1e-5)
