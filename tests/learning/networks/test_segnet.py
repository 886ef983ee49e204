"""SegNet: values return to where the maxima stood."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
import torchvision
from torch import nn

from segstudio.learning.checkpoint import load_weights
from segstudio.learning.networks import create_network


def test_values_return_to_the_places_of_their_maxima() -> None:
    network = create_network("segnet", 2, 1, width=8).eval()
    for blocks in ("encoder", "decoder"):
        for level in range(5):
            setattr(network.get_submodule(blocks), str(level), nn.Identity())
    network.head = nn.Identity()  # type: ignore[assignment]
    x = torch.rand(1, 1, 97, 64)
    out = network.segment(x).logits
    # five poolings keep the maximum of each 32 x 32 block, and put it back in its place among zeros
    for top in range(0, 96, 32):
        for left in range(0, 64, 32):
            block = x[0, 0, top : top + 32, left : left + 32]
            expected = torch.where(block == block.max(), block, 0.0)
            assert torch.equal(out[0, 0, top : top + 32, left : left + 32], expected)
    assert not out[0, 0, 96:].any()


@pytest.mark.slow
def test_a_vgg_with_batch_norm_fills_the_encoder(tmp_path: Path) -> None:
    torch.manual_seed(0)
    vgg = torchvision.models.vgg16_bn()
    torch.save(vgg.state_dict(), tmp_path / "vgg16_bn.pth")
    network = create_network("segnet", 21).eval()
    report = load_weights(network, tmp_path / "vgg16_bn.pth")
    assert report.unexpected == ()
    assert all(key.startswith(("decoder", "head")) for key in report.missing)
    x = torch.rand(1, 3, 64, 64)
    with torch.inference_mode():
        expected = vgg.eval().features(x)
        for block in network.get_submodule("encoder").children():
            x = nn.functional.max_pool2d(block(x), 2)
    assert torch.allclose(x, expected, atol=1e-5)
