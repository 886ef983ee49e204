"""DeepLab v3: its size, its rates, and that torchvision's configuration is torchvision's network."""

from collections.abc import Callable

import pytest
import torch
from torchvision.models.segmentation import deeplabv3_resnet50

from segstudio.core.errors import OptionError
from segstudio.learning.networks import create_network
from segstudio.learning.networks.base import SegmentationNetwork

Build = Callable[..., SegmentationNetwork]


@pytest.mark.parametrize(
    ("options", "count"),
    [
        ({}, 58_040_661),
        ({"output_stride": 8}, 58_040_661),
        ({"variant": "torchvision"}, 60_996_202),
        ({"variant": "torchvision", "aux": False}, 60_996_202 - 2_365_205),
    ],
)
def test_its_size(on_meta: Build, options: dict[str, object], count: int) -> None:
    assert sum(p.numel() for p in on_meta("deeplabv3", **options).parameters()) == count


@pytest.mark.parametrize(
    ("options", "rates", "dilations"),
    [
        ({}, [6, 12, 18], [2, 4, 8]),
        ({"output_stride": 8}, [12, 24, 36], [4, 8, 16]),
        ({"multi_grid": (1, 1, 1)}, [6, 12, 18], [2, 2, 2]),
        ({"variant": "torchvision"}, [12, 24, 36], [2, 4, 4]),
    ],
    ids=str,
)
def test_rates_follow_output_stride_and_multi_grid(
    on_meta: Build, options: dict[str, object], rates: list[int], dilations: list[int]
) -> None:
    network = on_meta("deeplabv3", **options)
    assert [network.classifier[0].convs[i][0].dilation[0] for i in (1, 2, 3)] == rates
    assert [block.conv2.dilation[0] for block in network.backbone.layer4] == dilations


@torch.no_grad()
def test_torchvisions_weights_make_it_torchvisions_network() -> None:
    theirs = deeplabv3_resnet50(weights=None, weights_backbone=None, num_classes=4, aux_loss=True)
    ours = create_network("deeplabv3", 4, backbone="resnet50", variant="torchvision")
    state = {ours.official_key(key): value for key, value in theirs.state_dict().items()}
    ours.load_state_dict(state)
    x = torch.randn(1, 3, 64, 96)
    torch.testing.assert_close(ours.eval()(x).logits, theirs.eval()(x)["out"])
    aux = ours.aux_classifier(ours.backbone(x)[-2])
    torch.testing.assert_close(torch.nn.functional.interpolate(aux, (64, 96), mode="bilinear"), theirs(x)["aux"])


def test_torchvisions_auxiliary_head_is_left_out_where_there_is_none(on_meta: Build) -> None:
    network = on_meta("deeplabv3", variant="torchvision", aux=False)
    assert network.official_key("aux_classifier.0.weight") is None
    assert network.aux_weights == ()
    assert on_meta("deeplabv3", aux=True).aux_weights == (0.5,)


def test_an_unknown_variant_is_refused(on_meta: Build) -> None:
    with pytest.raises(OptionError, match="deeplabv3: variant must be one of paper, torchvision, not 'tf'"):
        on_meta("deeplabv3", variant="tf")
