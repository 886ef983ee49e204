"""The receptive field that is calculated is the one in which a gradient arrives."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from itertools import chain

import pytest
import torch
from torch import Tensor, nn

from segstudio.learning.networks import create_network
from segstudio.learning.networks.base import NetworkOutput, SegmentationNetwork
from segstudio.learning.networks.receptive_field import PERIOD, Field, Step, network_field, receptive_field, steps_of

Small = Callable[..., SegmentationNetwork]


def linear(module: nn.Module) -> nn.Module:
    """*module* with every nonlinearity taken out and positive weights, so that no path's gradient cancels another's."""
    for name, child in module.named_children():
        if isinstance(child, nn.ReLU | nn.BatchNorm2d | nn.Dropout):
            setattr(module, name, nn.Identity())
        elif isinstance(child, nn.MaxPool2d):
            setattr(module, name, nn.AvgPool2d(child.kernel_size, child.stride, child.padding, child.ceil_mode))
        else:
            linear(child)
    with torch.no_grad():
        for parameter in module.parameters(recurse=False):
            parameter.fill_(1.0 / max(1, parameter[0].numel()))
    return module


def seen(output: Tensor, x: Tensor, row: int) -> tuple[int, int]:
    """The first and last row of *x* whose gradient from row *row* of *output* is not zero."""
    (gradient,) = torch.autograd.grad(output[0, 0, row].sum(), x, retain_graph=True)
    rows = gradient[0].abs().sum((0, 2)).nonzero()
    return int(rows.min()), int(rows.max())


def test_the_formula_gives_vgg16s_known_field() -> None:
    vgg = [step for n in (2, 2, 3, 3, 3) for step in [Step(3, padding=1)] * n + [Step(2, 2)]]
    assert receptive_field(vgg) == Field(212, 32, Fraction(31, 2))
    assert receptive_field([*vgg, Step(7)]).size == 404


def test_the_fcns_crops_lie_where_scores_and_pixels_meet() -> None:
    counts = (2, 2, 3, 3, 3)
    levels = [[Step(3, padding=1)] * n + [Step(2, 2)] for n in counts]
    levels[0][0] = Step(3, padding=100)
    pool3, pool4, pool5 = (receptive_field(chain.from_iterable(levels[:n])) for n in (3, 4, 5))
    score = receptive_field([*chain.from_iterable(levels), Step(7)])
    assert pool5.jump == score.jump == 32

    def enlarged(start: Fraction, jump: int, kernel: int) -> Fraction:
        # a deconvolution puts unit 0 at (kernel - 1) / 2 of the finer grid, so the grid begins that much earlier
        return start - Fraction(kernel - 1, 2) * jump

    assert -enlarged(score.start, 1, 64) == 19
    twice = enlarged(score.start, 16, 4)
    assert (twice - pool4.start) / 16 == 5
    assert -enlarged(twice, 1, 32) == 27
    four_times = enlarged(twice, 8, 4)
    assert (four_times - pool3.start) / 8 == 9
    assert -enlarged(four_times, 1, 16) == 31


@pytest.mark.parametrize(
    "layers",
    [
        [nn.Conv2d(1, 1, 3, padding=1), nn.Conv2d(1, 1, 5, stride=2, padding=2), nn.AvgPool2d(2), nn.Conv2d(1, 1, 3)],
        [nn.Conv2d(1, 1, 3, dilation=4), nn.AvgPool2d(3, 2, 1), nn.Conv2d(1, 1, 3, dilation=6, padding=6)],
        [nn.Conv2d(1, 1, 7, stride=2, padding=3), nn.AvgPool2d(3, stride=2), nn.Conv2d(1, 1, 1)],
    ],
)
def test_the_formula_agrees_with_the_gradient(layers: list[nn.Module]) -> None:
    network = linear(nn.Sequential(*layers))
    field = receptive_field(steps_of(network))
    x = torch.ones(1, 1, 128, 128, requires_grad=True)
    output = network(x)
    row = output.shape[-2] // 2
    first, last = seen(output, x, row)
    assert last - first + 1 == field.size
    assert Fraction(first + last, 2) == field.start + row * field.jump


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("unet", {"width": 1, "down": down, "up": up, "depth": 3})
        for down, up in [
            ("max_pool", "transposed"),
            ("strided", "nearest"),
            ("space_to_depth", "bilinear"),
            ("max_pool", "pixel_shuffle"),
        ]
    ]
    + [
        ("unet", {"width": 1, "depth": 2, "valid": True}),
        ("unetpp", {"width": 1}),
        ("fcn8s", {"width": 2, "fc_width": 2}),
    ],
    ids=str,
)
def test_the_networks_figure_agrees_with_the_gradient(small: Small, name: str, options: dict[str, object]) -> None:
    network = small(name, 1, 1, **options).eval()
    with torch.device("meta"):
        figure = network_field(create_network(name, 1, 1, **options).eval())  # type: ignore[arg-type]
    assert figure is not None
    linear(network)
    x = torch.ones(1, 1, network.padded_size(640), network.padded_size(16), requires_grad=True)
    output = network.segment(x).logits
    middle = output.shape[-2] // 2
    extents = [seen(output, x, row) for row in range(middle - PERIOD // 2, middle + PERIOD // 2)]
    assert max(last - first + 1 for first, last in extents) == figure


class _Pooled(SegmentationNetwork):
    def segment(self, x: Tensor) -> NetworkOutput:
        return NetworkOutput(x + x.mean((2, 3), keepdim=True))


def test_global_pooling_sees_the_whole_image() -> None:
    assert network_field(_Pooled(1, 1).eval()) is None
