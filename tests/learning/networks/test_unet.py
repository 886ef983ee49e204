"""U-Net: the paper's sizes, its mirrored margin, and the ways down and up that textbooks teach."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from segstudio.core.errors import OptionError
from segstudio.learning.networks import create_network


def unet(**options: Any) -> Any:
    torch.manual_seed(0)
    return create_network("unet", 2, 1, **{"width": 4} | options).eval()


@pytest.mark.parametrize("down", ["max_pool", "strided", "space_to_depth"])
@pytest.mark.parametrize("up", ["transposed", "nearest", "bilinear", "pixel_shuffle"])
def test_unpadded_it_maps_572_to_388_whatever_the_way_down_and_up(down: str, up: str) -> None:
    network = unet(valid=True, width=1, down=down, up=up)
    with torch.inference_mode():
        assert network.valid_map(torch.zeros(1, 1, 572, 572)).shape == (1, 2, 388, 388)


def test_the_numbers_of_the_overlap_tile_are_the_papers() -> None:
    network = unet(valid=True)
    assert network.margin == 92
    assert network.tile_size(388) == 572
    assert network.tile_size(387) == 572
    assert network.tile_size(389) == 572 + 16


@pytest.mark.parametrize("depth", [1, 2, 3, 4])
def test_a_tile_gives_at_least_the_output_asked_for_and_no_smaller_one_does(depth: int) -> None:
    network = unet(valid=True, width=1, depth=depth)
    for output in range(1, 40):
        side = network.tile_size(output)
        with torch.inference_mode():
            rows = network.valid_map(torch.zeros(1, 1, side, side)).shape[-1]
        assert output <= rows < output + 2**depth
        assert rows == side - 2 * network.margin


def test_overlapping_tiles_give_the_whole_images_output() -> None:
    network = unet(valid=True, depth=2, width=2)
    x = torch.rand(1, 1, 128, 128)
    margin, tile = network.margin, 64
    with torch.inference_mode():
        whole = network(x).logits
        corner = network.valid_map(x[..., : tile + 2 * margin, : tile + 2 * margin])
    # what lies a margin inside the image needs no mirror
    assert torch.allclose(whole[..., margin : margin + tile, margin : margin + tile], corner, atol=1e-5)


def test_beyond_the_edge_the_image_is_mirrored() -> None:
    network = unet(valid=True, depth=2)
    x = torch.rand(1, 1, 60, 60)
    m = network.margin
    extra = network.tile_size(60) - 60 - 2 * m
    mirrored = torch.nn.functional.pad(x, (m, m + extra, m, m + extra), mode="reflect")
    with torch.inference_mode():
        assert torch.equal(network(x).logits, network.valid_map(mirrored)[..., :60, :60])


def test_depth_and_batch_norm_are_options() -> None:
    network = unet(depth=2, batch_norm=True, dropout=0.5)
    norms = [m for m in network.modules() if isinstance(m, torch.nn.BatchNorm2d)]
    # two for each of three blocks down and two up
    assert [norm.num_features for norm in norms] == [4, 4, 8, 8, 16, 16, 8, 8, 4, 4]


@pytest.mark.parametrize(("option", "value"), [("down", "maxpool"), ("up", "bicubic"), ("depth", 0), ("width", 0)])
def test_values_that_do_not_exist_are_refused(option: str, value: object) -> None:
    with pytest.raises(OptionError, match=option):
        unet(**{option: value})
