"""EoMT with a query for each class: its scores, its supervision, and what queries are."""

from collections.abc import Callable

import pytest
import torch

from segstudio.core.errors import OptionError
from segstudio.learning.networks import create_network
from segstudio.learning.networks.base import SegmentationNetwork

Build = Callable[..., SegmentationNetwork]


@pytest.mark.parametrize("blocks", [1, 4])
def test_training_supervises_the_scores_before_each_of_the_last_blocks(on_meta: Build, blocks: int) -> None:
    network = on_meta("eomt", 5, blocks=blocks)
    out = network.segment(torch.empty(2, 3, 42, 28, device="meta"))
    assert [tuple(maps.shape) for maps in (out.logits, *out.aux)] == [(2, 5, 12, 8)] * (1 + blocks)
    assert network.aux_weights == (1.0,) * blocks


@torch.no_grad()
def test_classes_change_places_with_their_queries() -> None:
    """Queries have no order: a class is its query and nothing else."""
    network = create_network("eomt", 3, backbone="dinov2_small_reg").eval()
    x = torch.randn(1, 3, 42, 42)
    before = network(x).logits
    network.queries.copy_(network.queries[:, [2, 0, 1]])
    torch.testing.assert_close(network(x).logits, before[:, [2, 0, 1]], atol=1e-5, rtol=1e-4)


@torch.no_grad()
def test_queries_and_patches_attend_to_each_other() -> None:
    network = create_network("eomt", 2, blocks=1).eval()
    for block in network.backbone.blocks:
        block.ls1.gamma.fill_(1.0)  # which begins near zero and hides what attention does
    x = torch.randn(1, 3, 28, 28)
    before = network(x).logits
    network.queries[0, 1].add_(1)
    assert not torch.allclose(network(x).logits[:, 0], before[:, 0])


def test_a_number_of_blocks_that_it_does_not_have_is_refused(on_meta: Build) -> None:
    for blocks in (0, 13):
        with pytest.raises(OptionError, match="eomt: blocks must be a whole number from 1 to 12"):
            on_meta("eomt", blocks=blocks)
