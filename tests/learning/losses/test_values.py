"""Values worked by hand, and values of other implementations noted once."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from segstudio.learning.losses import create_loss
from segstudio.learning.losses.class_weights import class_weights


def logit(*p: float) -> Tensor:
    """One row of pixels whose foreground probabilities are *p*, ``(1, 1, 1, W)``."""
    return torch.tensor(p, dtype=torch.float64).logit().view(1, 1, 1, -1)


def row(*ids: int) -> Tensor:
    return torch.tensor(ids).view(1, 1, -1)


def test_sudre_weighs_the_foreground_by_the_predicted_share() -> None:
    # sum p = 1.0 of N = 4: w = 3; the fifth pixel is ignored
    got = create_loss("wce")(logit(0.5, 0.25, 0.125, 0.125, 0.9), row(1, 0, 1, 0, 255))
    expected = -(3 * math.log(0.5) + math.log(0.75) + 3 * math.log(0.125) + math.log(0.875)) / 4
    assert got.item() == pytest.approx(expected, abs=1e-9)


def test_sudre_of_two_softmax_classes_equals_the_sigmoid_form() -> None:
    one = logit(0.3, 0.8, 0.6, 0.1)
    two = torch.cat([torch.zeros_like(one), one], 1)
    target = row(1, 0, 1, 255)
    torch.testing.assert_close(create_loss("wce")(two, target), create_loss("wce")(one, target))


def test_the_weight_of_sudre_has_no_gradient() -> None:
    z = logit(0.5, 0.25).requires_grad_()
    create_loss("wce")(z, row(1, 0)).backward()
    w = (2 - 0.75) / 0.75
    assert z.grad is not None
    torch.testing.assert_close(z.grad.flatten(), torch.tensor([-w * 0.5 / 2, 0.25 / 2], dtype=torch.float64))


def test_balanced_weights_make_both_classes_count_alike() -> None:
    # three background pixels and one foreground pixel: the mean of the two class means
    z = logit(0.1, 0.2, 0.3, 0.4)
    expected = (-(math.log(0.9) + math.log(0.8) + math.log(0.7)) / 3 - math.log(0.4)) / 2
    assert create_loss("wce", scheme="balanced")(z, row(0, 0, 0, 1)).item() == pytest.approx(expected, abs=1e-6)


def test_class_weights_by_hand() -> None:
    counts = torch.tensor([[60, 40, 0, 0], [80, 0, 20, 0]])
    torch.testing.assert_close(
        class_weights(counts, "balanced"), torch.tensor([200 / (4 * 140), 200 / (4 * 40), 200 / (4 * 20), 0])
    )
    # frequencies 140/200, 40/100, 20/100: their median is 0.4
    torch.testing.assert_close(class_weights(counts, "median"), torch.tensor([0.4 / 0.7, 1.0, 2.0, 0]))
    enet = [1 / math.log(1.02 + share) for share in (0.7, 0.2, 0.1)]
    torch.testing.assert_close(class_weights(counts, "enet"), torch.tensor([*enet, 0]))
    effective = [(1 - 0.9) / (1 - 0.9**n) for n in (140, 40, 20)]
    torch.testing.assert_close(class_weights(counts, "effective", beta=0.9), torch.tensor([*effective, 0]))


def test_dice_iou_and_tversky_by_hand() -> None:
    z, target = logit(0.75, 0.5, 0.25), row(1, 1, 0)  # I = 1.25, sum p = 1.5, sum t = 2
    assert create_loss("dice", smooth=0.0)(z, target).item() == pytest.approx(1 - 2.5 / 3.5)
    assert create_loss("dice", smooth=1.0)(z, target).item() == pytest.approx(1 - 3.5 / 4.5)
    squares = 0.75**2 + 0.5**2 + 0.25**2
    assert create_loss("dice", smooth=0.0, squared=True)(z, target).item() == pytest.approx(1 - 2.5 / (squares + 2))
    assert create_loss("iou")(z, target).item() == pytest.approx(1 - 1.25 / 2.25)
    got = create_loss("tversky", smooth=0.0)(z, target).item()
    assert got == pytest.approx(1 - 1.25 / (1.25 + 0.3 * 0.25 + 0.7 * 0.75))


def test_dice_without_background_leaves_class_0_out() -> None:
    logits = torch.randn(2, 3, 8, 8, generator=torch.Generator().manual_seed(0))
    target = torch.randint(0, 3, (2, 8, 8), generator=torch.Generator().manual_seed(1))
    p = logits.softmax(1)
    foreground = [
        1 - (2 * p[n, k][target[n] == k].sum() + 1e-5) / (p[n, k].sum() + (target[n] == k).sum() + 1e-5)
        for n in range(2)
        for k in (1, 2)
    ]
    got = create_loss("dice", include_background=False)(logits, target)
    torch.testing.assert_close(got, torch.stack(foreground).mean())


def test_soft_dice_by_hand() -> None:
    # p = (0.5, -0.5), t = (1, -1), weights 0.8 and 0.2
    inner = 0.64 * 0.5 + 0.04 * 0.5
    norms = 0.64 * (0.25 + 1) + 0.04 * (0.25 + 1)
    assert create_loss("soft_dice")(logit(0.75, 0.25), row(1, 0)).item() == pytest.approx(1 - 2 * inner / norms)


def test_soft_dice_of_the_opposite_answer_is_two() -> None:
    got = create_loss("soft_dice")(1000 * torch.tensor([[[[-1.0, 1.0]]]]), row(1, 0))
    assert got.item() == pytest.approx(2.0)


def test_lovasz_hinge_on_an_empty_target_is_the_largest_violation() -> None:
    got = create_loss("lovasz")(torch.tensor([[[[-3.0, 0.5, -0.2]]]]), row(0, 0, 0))
    assert got.item() == pytest.approx(1.5)


def test_lovasz_over_all_classes_counts_the_absent_ones_too() -> None:
    logits = torch.zeros(1, 3, 1, 2)  # every probability is 1/3
    target = row(0, 0)
    assert create_loss("lovasz")(logits, target).item() == pytest.approx(2 / 3)
    assert create_loss("lovasz", classes="all")(logits, target).item() == pytest.approx((2 / 3 + 1 / 3 + 1 / 3) / 3)


@pytest.mark.parametrize(
    ("height", "width", "window", "expected"),
    [(97, 131, 5, 0.3183329), (192, 176, 11, 0.2860017), (193, 197, 11, 0.2844545)],
)
def test_ms_ssim_agrees_with_pytorch_msssim(height: int, width: int, window: int, expected: float) -> None:
    # values of pytorch-msssim 1.0.0: 1 - ms_ssim(p, t, data_range=1, win_size=window)
    y, x = torch.meshgrid(torch.arange(float(height)), torch.arange(float(width)), indexing="ij")
    wave = 4 * torch.sin(x / 9) + 3 * torch.cos(y / 7) + torch.sin(x * y / 50)
    logits = torch.stack([wave, -wave, torch.sin(x / 3)]).unsqueeze(0)
    target = (logits + torch.tensor([2.0, 0.0, 0.5]).view(1, 3, 1, 1)).argmax(1)
    assert create_loss("ms_ssim", window=window)(logits, target).item() == pytest.approx(expected, abs=1e-6)


def test_a_spec_is_the_weighted_sum_of_its_terms() -> None:
    logits = torch.randn(2, 1, 40, 40, generator=torch.Generator().manual_seed(0))
    target = (logits[:, 0] + 1 > 0).long()
    parts = {name: create_loss(name)(logits, target) for name in ("bce", "dice", "iou", "ms_ssim", "focal")}
    torch.testing.assert_close(create_loss("0.5*bce+dice")(logits, target), 0.5 * parts["bce"] + parts["dice"])
    torch.testing.assert_close(
        create_loss("iou+ms_ssim+focal")(logits, target), parts["iou"] + parts["ms_ssim"] + parts["focal"]
    )
    torch.testing.assert_close(create_loss("dice * 2")(logits, target), 2 * parts["dice"])


def test_confidence_one_half_counts_a_pixel_half() -> None:
    z = logit(0.3, 0.9)
    got = create_loss("ce")(z, row(1, 1), 255, torch.tensor([[[1.0, 0.5]]], dtype=torch.float64))
    assert got.item() == pytest.approx(-(math.log(0.3) + 0.5 * math.log(0.9)) / 1.5)
