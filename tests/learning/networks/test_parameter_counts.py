"""Parameter counts equal those of the published programs, so that published weights have a place for every tensor."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from segstudio.learning.networks.base import SegmentationNetwork

COUNTS: list[tuple[str, int, int, dict[str, Any], int]] = [
    ("unet", 2, 1, {"valid": True}, 31_030_658),
    ("unet", 21, 3, {}, 31_033_045),
    ("unetpp", 1, 3, {"level": 1}, 101_537),
    ("unetpp", 1, 3, {"level": 2}, 511_681),
    ("unetpp", 1, 3, {"level": 3}, 2_205_537),
    ("unetpp", 1, 3, {}, 9_042_177),
    ("unetpp", 21, 3, {"deep_supervision": True}, 9_044_916),
    ("unet3p", 21, 3, {}, 27_029_397),
    ("unet3p", 21, 3, {"deep_supervision": True}, 27_404_457),
    ("unet3p", 21, 3, {"deep_supervision": True, "cgm": True}, 27_404_457 + 2_050),
    ("u2net", 21, 3, {}, 44_289_129),
    ("u2net", 1, 3, {}, 44_009_869),
    ("u2netp", 21, 3, {}, 1_203_081),
    ("u2netp", 1, 3, {}, 1_131_181),
    ("segnet", 21, 3, {}, 29_455_125),
    ("fcn32s", 21, 3, {}, 136_152_917),
    ("fcn16s", 21, 3, {}, 134_815_994),
    ("fcn8s", 21, 3, {}, 134_489_759),
    ("fcn32s", 21, 3, {"backbone": "alexnet"}, 58_896_213),
    ("fcn32s", 21, 3, {"backbone": "caffenet"}, 58_704_590),
    ("fcn32s", 21, 3, {"backbone": "googlenet"}, 7_427_765),
]


@pytest.mark.parametrize(("name", "classes", "channels", "options", "count"), COUNTS, ids=str)
def test_the_count_is_the_published_programs(
    on_meta: Callable[..., SegmentationNetwork],
    name: str,
    classes: int,
    channels: int,
    options: dict[str, Any],
    count: int,
) -> None:
    network = on_meta(name, classes, channels, **options)
    assert sum(p.numel() for p in network.parameters()) == count
