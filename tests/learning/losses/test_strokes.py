"""Losses for strokes: partial cross entropy by hand, and the CRF term against every pair of pixels."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from torch import Tensor

from segstudio.core.errors import OptionError
from segstudio.learning.dense_crf import LatticeFilter
from segstudio.learning.losses import REGULARISERS, create_loss
from segstudio.learning.losses.crf import crf_regulariser, gaussian_kernel


def test_partial_cross_entropy_counts_drawn_pixels_alone() -> None:
    logits = torch.tensor([[[[0.0, 0.0, 9.0]], [[math.log(3.0), 0.0, -9.0]]]])
    target = torch.tensor([[[1, 0, 255]]])
    # -log(3/4) and -log(1/2); the third pixel is not drawn
    expected = (math.log(4 / 3) + math.log(2)) / 2
    assert create_loss("partial_ce")(logits, target).item() == pytest.approx(expected, abs=1e-6)


def test_balance_counts_a_long_stroke_as_a_short_one() -> None:
    logits = torch.tensor([[[[0.0, 0.0, 0.0, 0.0]], [[math.log(3.0), 0.0, 0.0, 0.0]]]])
    target = torch.tensor([[[1, 0, 0, 0]]])
    expected = (math.log(4 / 3) + math.log(2)) / 2
    assert create_loss("partial_ce(balance=True)")(logits, target).item() == pytest.approx(expected, abs=1e-6)


def brute_force(s: Tensor, features: Tensor) -> Tensor:
    """The formula as it is written, pair by pair."""
    W = torch.exp(-0.5 * torch.cdist(features, features) ** 2)
    ones = torch.ones(len(s), dtype=s.dtype)
    return sum(s[:, k] @ W @ (1 - s[:, k]) for k in range(s.shape[1])) / (ones @ W @ ones)


def picture(size: int, seed: int = 0) -> Tensor:
    """Two halves with some noise, ``(1, 3, S, S)``."""
    generator = torch.Generator().manual_seed(seed)
    image = 0.1 * torch.randn(1, 3, size, size, generator=generator)
    image[..., size // 2 :] += 1
    return image


def test_value_and_gradient_are_those_of_all_pairs() -> None:
    image = picture(8)
    logits = torch.randn(1, 3, 8, 8, generator=torch.Generator().manual_seed(1), dtype=torch.float64).requires_grad_()
    value = crf_regulariser(logits, image, reach=0.5, contrast=0.5, scale=1)
    value.backward()
    y, x = torch.meshgrid(torch.arange(8.0), torch.arange(8.0), indexing="ij")
    colours = image[0].flatten(1).T
    spread = colours.std(0, correction=0).mean()
    features = torch.cat([torch.stack([x.flatten(), y.flatten()], 1) / 4, colours / (0.5 * spread)], 1).double()
    same = logits.detach().clone().requires_grad_()
    expected = brute_force(same.softmax(1)[0].flatten(1).T, features)
    expected.backward()
    assert value.item() == pytest.approx(expected.item(), rel=1e-5)
    torch.testing.assert_close(logits.grad, same.grad, rtol=1e-4, atol=1e-8)


@pytest.mark.parametrize("classes", [1, 3])
def test_the_gradient_is_the_slope(classes: int) -> None:
    image = picture(12)
    logits = torch.randn(1, classes, 12, 12, generator=torch.Generator().manual_seed(2), dtype=torch.float64)
    assert torch.autograd.gradcheck(lambda z: crf_regulariser(z, image), logits.requires_grad_())


def test_the_lattice_stands_for_the_kernel() -> None:
    size = 40
    image = picture(size)
    y, x = torch.meshgrid(torch.arange(float(size)), torch.arange(float(size)), indexing="ij")
    features = torch.cat([torch.stack([x.flatten(), y.flatten()], 1) / 8, image[0].flatten(1).T / 0.3], 1)
    s = torch.rand(size * size, 2, generator=torch.Generator().manual_seed(3))
    exact = torch.exp(-0.5 * torch.cdist(features, features) ** 2) @ s
    found = gaussian_kernel(features)(s)
    assert isinstance(gaussian_kernel(features), LatticeFilter)
    # equal up to one factor
    assert torch.corrcoef(torch.stack([exact.flatten(), found.flatten()]))[0, 1] > 0.98
    ratio = found / exact
    assert (ratio.std() / ratio.mean()).item() < 0.1


def test_it_is_cheapest_to_change_class_where_the_picture_changes() -> None:
    image = picture(16)
    logits = torch.full((1, 2, 16, 16), -9.0)
    along, across = logits.clone(), logits.clone()
    along[:, 0, :, :8] = along[:, 1, :, 8:] = 9
    across[:, 0, :8] = across[:, 1, 8:] = 9
    uniform = logits.clone()
    uniform[:, 0] = 9
    costs = [crf_regulariser(z, image).item() for z in (uniform, along, across)]
    assert costs[0] == pytest.approx(0, abs=1e-6)
    assert costs[1] < 0.3 * costs[2]
    assert max(costs) <= 1


def test_a_sum_hands_the_picture_to_the_terms_that_look_at_it() -> None:
    image, target = picture(16), torch.full((1, 16, 16), 255)
    target[:, 2, 2], target[:, 2, 12] = 0, 1
    logits = torch.randn(1, 2, 16, 16, generator=torch.Generator().manual_seed(4)).requires_grad_()
    loss = create_loss("partial_ce+0.5*crf(scale=1)")
    assert loss.needs_image
    value = loss(logits, target, 255, None, image)
    expected = create_loss("partial_ce")(logits, target) + 0.5 * crf_regulariser(logits, image, scale=1)
    torch.testing.assert_close(value, expected)
    value.backward()
    assert logits.grad is not None
    assert torch.isfinite(logits.grad).all()
    with pytest.raises(OptionError, match="compares pixels of the image"):
        loss(logits, target)


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_half_precision_and_odd_pictures_stay_finite(dtype: torch.dtype) -> None:
    logits = (30 * torch.randn(2, 3, 9, 7)).to(dtype).requires_grad_()
    for image in (torch.zeros(2, 1, 9, 7), torch.full((2, 4, 9, 7), 1e30), torch.full((2, 1, 9, 7), torch.nan)):
        value = crf_regulariser(logits, image)
        value.backward()
        assert torch.isfinite(value)
        assert logits.grad is not None
        assert torch.isfinite(logits.grad).all()


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ("crf", "learns from no label; add a loss, such as 'partial_ce[+]crf'"),
        ("partial_ce+crf(reach=0)", "reach must be above 0"),
        ("partial_ce+crf(contrast=-1)", "contrast must be above 0"),
        ("partial_ce+crf(scale=2)", "scale must lie"),
        ("partial_ce+crf(sigma=2)", "no option 'sigma'"),
    ],
)
def test_a_bad_spec_is_refused_in_one_sentence(spec: str, message: str) -> None:
    with pytest.raises(OptionError, match=message):
        create_loss(spec)


def test_regularisers_say_what_they_are() -> None:
    for entry in REGULARISERS.values():
        assert entry.title
        assert entry.paper
        assert entry.pick.endswith(".")


def test_large_pictures_go_through_the_lattice_and_learn() -> None:
    torch.manual_seed(0)
    image = picture(80)
    logits = torch.zeros(1, 2, 80, 80)
    logits += 0.1 * torch.randn_like(logits)
    logits.requires_grad_()
    target = torch.full((1, 80, 80), 255)
    target[:, 40, 5], target[:, 40, 75] = 0, 1
    loss = create_loss("partial_ce+5*crf")
    optimiser = torch.optim.Adam([logits], lr=0.2)
    for _ in range(60):
        optimiser.zero_grad()
        loss(logits, target, 255, None, image).backward()
        optimiser.step()
    found = logits.detach().argmax(1)[0].numpy()
    truth = np.zeros((80, 80), int)
    truth[:, 40:] = 1
    assert (found == truth).mean() > 0.95
