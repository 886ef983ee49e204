"""The losses against torch, torchvision and segmentation-models-pytorch on random cases."""

from __future__ import annotations

import pytest
import segmentation_models_pytorch as smp
import torch
import torch.nn.functional as F
from torch import Tensor
from torchvision.ops import sigmoid_focal_loss

from segstudio.learning.losses import create_loss


def case(classes: int, size: int = 24, seed: int = 0, ignored: float = 0.2) -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(seed)
    logits = 2 * torch.randn(3, classes, size, size, generator=generator)
    target = torch.randint(0, max(2, classes), (3, size, size), generator=generator)
    target[torch.rand(target.shape, generator=generator) < ignored] = 255
    return logits, target


@pytest.mark.parametrize("classes", [2, 5])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("smoothing", [0.0, 0.1])
def test_cross_entropy_is_torchs(classes: int, weighted: bool, smoothing: float) -> None:
    logits, target = case(classes)
    weight = torch.linspace(0.5, 2, classes) if weighted else None
    expected = F.cross_entropy(logits, target, weight, ignore_index=255, label_smoothing=smoothing)
    got = create_loss("ce", weight=weight, label_smoothing=smoothing)(logits, target)
    torch.testing.assert_close(got, expected, atol=1e-6, rtol=0)


@pytest.mark.parametrize("pos_weight", [None, 3.0])
def test_bce_is_torchs_over_the_valid_pixels(pos_weight: float | None) -> None:
    logits, target = case(1)
    valid = target != 255
    positive = None if pos_weight is None else torch.tensor(pos_weight)
    expected = F.binary_cross_entropy_with_logits(logits[:, 0][valid], target[valid].float(), pos_weight=positive)
    torch.testing.assert_close(create_loss("bce", pos_weight=pos_weight)(logits, target), expected, atol=1e-6, rtol=0)


def test_bce_of_two_classes_is_cross_entropy() -> None:
    logits, target = case(2)
    torch.testing.assert_close(create_loss("bce")(logits, target), create_loss("ce")(logits, target))


def test_bce_of_several_classes_is_the_log_loss_of_each_softmax_probability() -> None:
    logits, target = case(4)
    valid = target != 255
    p = logits.double().softmax(1).movedim(1, -1)[valid]
    expected = F.binary_cross_entropy(p, F.one_hot(target[valid], 4).double())
    torch.testing.assert_close(create_loss("bce")(logits, target).double(), expected, atol=1e-6, rtol=0)


@pytest.mark.parametrize("alpha", [None, 0.25])
@pytest.mark.parametrize("gamma", [0.0, 0.5, 2.0])
def test_binary_focal_is_torchvisions(alpha: float | None, gamma: float) -> None:
    logits, target = case(1)
    valid = target != 255
    expected = sigmoid_focal_loss(
        logits[:, 0][valid], target[valid].float(), alpha=-1 if alpha is None else alpha, gamma=gamma, reduction="mean"
    )
    got = create_loss("focal", alpha=alpha, gamma=gamma)(logits, target)
    torch.testing.assert_close(got, expected, atol=1e-6, rtol=0)


def test_focal_of_several_classes_follows_the_formula() -> None:
    logits, target = case(4)
    valid = target != 255
    p = logits.double().softmax(1).movedim(1, -1)[valid].gather(1, target[valid][:, None])
    expected = -((1 - p) ** 3 * p.log()).mean()
    torch.testing.assert_close(create_loss("focal", gamma=3)(logits, target).double(), expected, atol=1e-6, rtol=0)


def test_dice_per_image_follows_the_formula() -> None:
    logits, target = case(3)
    losses = []
    for image, truth in zip(logits.double().softmax(1), target, strict=True):
        for k in range(3):
            p, t = image[k][truth != 255], (truth[truth != 255] == k).double()
            losses.append(1 - (2 * (p * t).sum() + 1e-5) / (p.sum() + t.sum() + 1e-5))
    expected = torch.stack(losses).mean()
    torch.testing.assert_close(create_loss("dice")(logits, target).double(), expected, atol=1e-6, rtol=0)


@pytest.mark.parametrize(("name", "reference"), [("dice", smp.losses.DiceLoss), ("iou", smp.losses.JaccardLoss)])
@pytest.mark.parametrize("classes", [1, 4])
def test_overlap_over_the_batch_is_smps(name: str, reference: type, classes: int) -> None:
    logits, target = case(classes, ignored=0.0)
    mode = "binary" if classes == 1 else "multiclass"
    expected = reference(mode, smooth=0.0)(logits, target)
    got = create_loss(name, batch=True, smooth=0.0)(logits, target)
    torch.testing.assert_close(got, expected, atol=1e-6, rtol=0)


@pytest.mark.parametrize("gamma", [1.0, 0.75, 2.0])
def test_tversky_over_the_batch_is_smps(gamma: float) -> None:
    logits, target = case(4)
    expected = smp.losses.TverskyLoss("multiclass", ignore_index=255, alpha=0.3, beta=0.7, gamma=gamma, smooth=0.0)(
        logits, target
    )
    got = create_loss("tversky", batch=True, smooth=0.0, gamma=gamma)(logits, target)
    torch.testing.assert_close(got, expected, atol=1e-6, rtol=0)


def test_tversky_with_equal_weights_is_dice() -> None:
    logits, target = case(3)
    got = create_loss("tversky", alpha=0.5, beta=0.5, smooth=0.5e-5)(logits, target)
    torch.testing.assert_close(got, create_loss("dice")(logits, target))


@pytest.mark.parametrize("per_image", [False, True])
@pytest.mark.parametrize("classes", [1, 4])
def test_lovasz_is_smps(classes: int, per_image: bool) -> None:
    logits, target = case(classes)
    mode = "binary" if classes == 1 else "multiclass"
    expected = smp.losses.LovaszLoss(mode, per_image=per_image, ignore_index=255)(logits, target)
    got = create_loss("lovasz", per_image=per_image)(logits, target)
    torch.testing.assert_close(got, expected, atol=1e-6, rtol=0)
