"""BiSeNet V2: its size in training and after it, its branches, and whose checkpoints it takes."""

from collections.abc import Callable

import pytest
import torch

from segstudio.core.errors import OptionError
from segstudio.learning.networks import create_network
from segstudio.learning.networks.base import SegmentationNetwork

Build = Callable[..., SegmentationNetwork]


@pytest.mark.parametrize(("boosters", "count"), [(True, 5_236_265), (False, 3_360_677)])
def test_its_size(on_meta: Build, boosters: bool, count: int) -> None:
    assert sum(p.numel() for p in on_meta("bisenetv2", boosters=boosters).parameters()) == count


def test_scores_lie_on_every_eighth_pixel_and_boosters_on_their_stages_doubled(on_meta: Build) -> None:
    out = on_meta("bisenetv2", 4).segment(torch.empty(2, 3, 64, 96, device="meta"))
    assert out.logits.shape == (2, 4, 8, 12)
    assert [tuple(aux.shape[2:]) for aux in out.aux] == [(32, 48), (16, 24), (8, 12), (4, 6)]


@torch.no_grad()
def test_boosters_do_not_change_the_prediction() -> None:
    torch.manual_seed(0)
    network = create_network("bisenetv2", 3, width=16).eval()
    bare = create_network("bisenetv2", 3, width=16, boosters=False).eval()
    bare.load_state_dict({k: v for k, v in network.state_dict().items() if not k.startswith("boosters.")})
    x = torch.randn(1, 3, 64, 64)
    assert torch.equal(bare(x).logits, network(x).logits)
    assert bare.aux_weights == ()
    assert network.aux_weights == (1.0,) * 4


@pytest.mark.parametrize(
    ("key", "name", "shape"),
    [
        ("detail.S1.0.conv.weight", "detail.0.0.0.weight", (64, 3, 3, 3)),
        ("detail.S3.2.bn.running_var", "detail.2.2.1.running_var", (128,)),
        ("segment.S1S2.conv.conv.weight", "semantic.stem.conv.0.weight", (16, 3, 3, 3)),
        ("segment.S1S2.left.0.bn.bias", "semantic.stem.left.0.1.bias", (8,)),
        ("segment.S1S2.fuse.conv.weight", "semantic.stem.fuse.0.weight", (16, 32, 3, 3)),
        ("segment.S3.0.dwconv1.0.weight", "semantic.stages.0.0.dwconv1.0.weight", (96, 1, 3, 3)),
        ("segment.S4.0.shortcut.2.weight", "semantic.stages.1.0.shortcut.2.weight", (64, 32, 1, 1)),
        ("segment.S5_4.3.conv1.conv.weight", "semantic.stages.2.3.conv1.0.weight", (128, 128, 3, 3)),
        ("segment.S5_4.1.conv2.1.bias", "semantic.stages.2.1.conv2.1.bias", (128,)),
        ("segment.S5_5.bn.weight", "semantic.context.bn.weight", (128,)),
        ("segment.S5_5.conv_gap.bn.weight", "semantic.context.conv_gap.1.weight", (128,)),
        ("segment.S5_5.conv_last.conv.weight", "semantic.context.conv_last.0.weight", (128, 128, 3, 3)),
        ("bga.left1.2.weight", "aggregation.left1.2.weight", (128, 128, 1, 1)),
        ("bga.right2.0.weight", "aggregation.right2.0.weight", (128, 1, 3, 3)),
        ("bga.conv.1.running_mean", "aggregation.conv.1.running_mean", (128,)),
        ("head.conv.conv.weight", "head.conv.0.0.weight", (1024, 128, 3, 3)),
        ("head.conv_out.1.bias", "head.out.bias", (21,)),
        ("aux2.conv.bn.weight", "boosters.0.conv.0.1.weight", (128,)),
        ("aux5_4.conv_out.0.1.conv.weight", "boosters.3.enlarge.1.0.weight", (1024, 128, 3, 3)),
        ("aux4.conv_out.1.weight", "boosters.2.out.weight", (21, 256, 1, 1)),
    ],
)
def test_published_names_find_their_place(on_meta: Build, key: str, name: str, shape: tuple[int, ...]) -> None:
    network = on_meta("bisenetv2")
    assert network.official_key(key) == name
    assert tuple(network.state_dict()[name].shape) == shape


def test_its_own_names_stay_and_boosters_it_lacks_are_left_out(on_meta: Build) -> None:
    network = on_meta("bisenetv2")
    assert all(network.official_key(name) == name for name in network.state_dict())
    assert on_meta("bisenetv2", boosters=False).official_key("aux2.conv.conv.weight") is None


def test_a_width_of_nothing_is_refused(on_meta: Build) -> None:
    with pytest.raises(OptionError, match="bisenetv2: width must be at least 1"):
        on_meta("bisenetv2", width=0)
