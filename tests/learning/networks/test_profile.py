"""The table of costs: figures that were published, and one line for every network."""

from __future__ import annotations

import json
from typing import Any

import pytest
import torch

from segstudio.core.progress import finish
from segstudio.learning.networks import NETWORKS
from segstudio.learning.networks.profile import profile_network, profile_networks


@pytest.mark.parametrize(
    ("name", "options", "giga_macs", "stride"),
    [
        ("unet", {}, 193.0, 1),
        ("unet3p", {}, 805.7, 1),
        ("u2net", {}, 155.2, 1),
        ("segnet", {}, 163.1, 1),
        ("fcn32s", {}, 190.2, 32),
        ("fcn16s", {}, 190.3, 16),
        ("fcn8s", {}, 190.4, 8),
        ("fcn32s", {"backbone": "caffenet"}, 23.6, 32),
        ("deeplabv3", {"variant": "torchvision"}, 241.2, 8),
        ("deeplabv3plus", {"backbone": "xception65"}, 82.7, 16),
    ],
    ids=str,
)
def test_costs_are_those_measured_on_the_published_programs(
    name: str, options: dict[str, Any], giga_macs: float, stride: int
) -> None:
    profile = profile_network(name, **options)
    assert profile.macs is not None
    assert round(profile.macs / 1e9, 1) == giga_macs
    assert profile.output_stride == stride


def test_macs_of_one_convolution_are_counted_by_hand() -> None:
    # two 3x3 convolutions per block, padded, on 32 x 32 and 16 x 16 pixels, a 2x2 deconvolution and the 1x1 head
    profile = profile_network("unet", 2, 1, size=32, width=1, depth=1)
    fine, coarse = 32 * 32, 16 * 16
    by_hand = fine * 9 * (1 + 1) + coarse * 9 * (2 + 4) + coarse * 4 * 2 + fine * 9 * (2 + 1) + fine * 2
    assert profile.macs == by_hand


def test_deeplabs_differ_by_their_decoder_alone() -> None:
    # at stride 4: 256 channels to 48, 48 + 256 to 256, 256 to 256, and the scores, which v3 has at stride 16
    three, plus = (profile_network(name, backbone="resnet101") for name in ("deeplabv3", "deeplabv3plus"))
    assert three.macs is not None
    assert plus.macs is not None
    fine, coarse = 128 * 128, 32 * 32
    decoder = fine * (256 * 48 + 9 * (48 + 256) * 256 + 9 * 256 * 256 + 256 * 21)
    assert plus.macs - three.macs == decoder - coarse * 256 * 21


def test_what_trains_only_is_not_counted() -> None:
    # at stride 16: a 3x3 convolution of 1024 to 256 channels and its scores, in train mode
    plain, helped = (profile_network("deeplabv3", aux=aux) for aux in (False, True))
    assert plain.macs == helped.macs
    assert helped.parameters - plain.parameters == 9 * 1024 * 256 + 2 * 256 + 256 * 21 + 21


def test_time_is_measured_where_it_is_asked_for() -> None:
    assert profile_network("unet", size=32, width=2).milliseconds is None
    measured = profile_network("unet", size=32, width=2, repeats=2).milliseconds
    assert measured is not None
    assert 0 < measured < 10_000


def test_the_table_has_a_line_for_every_network_and_says_how_far_it_is() -> None:
    torch.manual_seed(1)
    expected = torch.rand(1)
    torch.manual_seed(1)
    seen = []
    profiles = finish(profile_networks(["unet", "unetpp"]), lambda progress: seen.append(progress))
    assert [p.fraction for p in seen] == [0.0, 0.5]
    assert [p.message for p in seen] == ["U-Net", "U-Net++"]
    assert [p.name for p in profiles] == ["unet", "unetpp"]
    assert json.loads(json.dumps([p.to_json() for p in profiles]))[1]["parameters"] == 9_042_837
    assert torch.equal(torch.rand(1), expected)


@pytest.mark.parametrize("name", NETWORKS)
def test_every_network_can_be_profiled_without_memory(name: str) -> None:
    profile = profile_network(name)
    assert profile.parameters > 0
    if NETWORKS[name].task != "instance":
        assert profile.macs
        assert profile.output_stride
