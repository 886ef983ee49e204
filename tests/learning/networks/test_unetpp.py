"""U-Net++: a pruned network is the head that it keeps."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from segstudio.core.classes import LabelSet
from segstudio.core.errors import OptionError
from segstudio.learning.checkpoint import load_checkpoint, load_weights, save_checkpoint
from segstudio.learning.networks import create_network


def unetpp(**options: Any) -> Any:
    torch.manual_seed(0)
    return create_network("unetpp", 3, 3, **{"width": 4, "deep_supervision": True} | options)


@pytest.mark.parametrize("size", [(32, 32), (33, 47), (97, 131)])
@pytest.mark.parametrize("level", [1, 2, 3, 4])
def test_a_pruned_network_gives_its_heads_logits_bit_for_bit(level: int, size: tuple[int, int]) -> None:
    network = unetpp()
    x = torch.rand(2, 3, *size)
    with torch.inference_mode():
        # without dropout the network is the same in train mode, where all heads answer
        out = network.train()(x)
        pruned = network.pruned(level).eval()(x)
    heads = (*out.aux, out.logits)
    assert torch.equal(pruned.logits, heads[level - 1])


def test_a_pruned_network_has_the_parameters_of_its_level_alone() -> None:
    network = create_network("unetpp", 1, 3, deep_supervision=True)
    counts = [sum(p.numel() for p in network.pruned(level).parameters()) for level in (1, 2, 3, 4)]
    assert counts == [101_537, 511_681, 2_205_537, 9_042_177]


def test_pruning_copies() -> None:
    network = unetpp()
    pruned = network.pruned(2)
    before = pruned.state_dict()["nodes.x0_0.0.weight"].clone()
    with torch.no_grad():
        network.nodes["x0_0"][0].weight.zero_()
    assert torch.equal(pruned.state_dict()["nodes.x0_0.0.weight"], before)


def test_a_pruned_network_is_saved_and_built_again(tmp_path: Any) -> None:
    pruned = unetpp().pruned(2).eval()
    save_checkpoint(tmp_path / "small", pruned, classes=LabelSet.named(["a", "b", "c"]), config={})
    again = load_checkpoint(tmp_path / "small").network
    x = torch.rand(1, 3, 40, 40)
    assert torch.equal(pruned(x).logits, again(x).logits)
    # and the whole network's file fills a small one, the rest being reported
    save_checkpoint(tmp_path / "whole", unetpp(), classes=LabelSet.named(["a", "b", "c"]), config={})
    report = load_weights(again, tmp_path / "whole")
    assert report.missing == ()
    assert "heads.4.weight" in report.unexpected


@pytest.mark.parametrize("level", [0, 1, 3, 5])
def test_without_deep_supervision_there_is_one_head_and_nothing_to_prune_to(level: int) -> None:
    network = unetpp(deep_supervision=False)
    with pytest.raises(OptionError, match=rf"no head at level {level} \(it has 4\)"):
        network.pruned(level)
    assert network.aux_weights == ()


def test_a_level_that_does_not_exist_is_refused() -> None:
    with pytest.raises(OptionError, match=r"level must be in 1\.\.4"):
        unetpp(level=5)
