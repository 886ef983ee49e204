"""What the losses share: the calling convention, and masks under which ignored pixels vanish."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from segstudio.core.errors import OptionError

IGNORE = 255
"""Unlabelled: the ignore index everywhere."""


class Loss(nn.Module):
    """``loss(logits, target, ignore_index=255, weights=None) -> scalar``; a family's file derives from it.

    Where a term compares pixels of the picture (:attr:`needs_image`), *image* ``(N, C, H, W)`` float comes fifth; the
    others are never handed one.
    """

    needs_image = False

    def forward(
        self, logits: Tensor, target: Tensor, ignore_index: int = IGNORE, weights: Tensor | None = None
    ) -> Tensor:
        raise NotImplementedError

    def __call__(
        self,
        logits: Tensor,
        target: Tensor,
        ignore_index: int = IGNORE,
        weights: Tensor | None = None,
        image: Tensor | None = None,
    ) -> Tensor:
        seen = (require_image(image),) if self.needs_image else ()
        value: Tensor = super().__call__(logits, target, ignore_index, weights, *seen)
        return value


def require_image(image: Tensor | None) -> Tensor:
    """*image*; raises :class:`OptionError` where it was not given."""
    if image is None:
        raise OptionError("this loss compares pixels of the image, which it was not given")
    return image


class WeightedSum(Loss):
    """The sum of *losses*, each times its factor."""

    def __init__(self, losses: Sequence[Loss], factors: Sequence[float]) -> None:
        super().__init__()
        self.losses = nn.ModuleList(losses)
        self.factors = tuple(factors)
        self.needs_image = any(loss.needs_image for loss in losses)

    def forward(
        self,
        logits: Tensor,
        target: Tensor,
        ignore_index: int = IGNORE,
        weights: Tensor | None = None,
        image: Tensor | None = None,
    ) -> Tensor:
        terms = [
            f * loss(logits, target, ignore_index, weights, image)
            for f, loss in zip(self.factors, self.losses, strict=True)
        ]
        return torch.stack(terms).sum()

    def extra_repr(self) -> str:
        return f"factors={self.factors}"


class Pixels(NamedTuple):
    """A batch ready for a loss.

    *logits* ``(N, K, H, W)``, float32 or float64; *target* ``(N, H, W)`` int64 with 0 in place of the ignore index;
    *mask* ``(N, H, W)`` of the logits' type: 0 where a pixel is ignored, else its weight.
    """

    logits: Tensor
    target: Tensor
    mask: Tensor


def pixels(logits: Tensor, target: Tensor, ignore_index: int, weights: Tensor | None) -> Pixels:
    """Check the shapes, leave half precision, and split the ignored pixels off the target."""
    if target.shape != (logits.shape[0], *logits.shape[2:]):
        raise ValueError(f"target {tuple(target.shape)} does not fit logits {tuple(logits.shape)}")
    if logits.dtype in (torch.float16, torch.bfloat16):
        logits = logits.float()
    valid = target != ignore_index
    mask = valid.to(logits.dtype)
    if weights is not None:
        mask = mask * weights.to(logits.dtype)
    return Pixels(logits, torch.where(valid, target, 0), mask)


class SoftMasks(NamedTuple):
    """Probabilities and one-hot target, both ``(N, C, H, W)`` and unmasked; ``C = 1`` for a single foreground logit."""

    predicted: Tensor
    true: Tensor


def soft_masks(batch: Pixels) -> SoftMasks:
    classes = batch.logits.shape[1]
    if classes == 1:
        return SoftMasks(batch.logits.sigmoid(), batch.target.unsqueeze(1).to(batch.logits.dtype))
    true = F.one_hot(batch.target, classes).movedim(-1, 1).to(batch.logits.dtype)
    return SoftMasks(batch.logits.softmax(1), true)


def divide(numerator: Tensor, denominator: Tensor) -> Tensor:
    """*numerator* / *denominator*, and 0 with a gradient of 0 where the denominator is 0."""
    empty = denominator == 0
    return torch.where(empty, 0 * numerator, numerator) / torch.where(empty, 1, denominator)


def masked_mean(values: Tensor, mask: Tensor) -> Tensor:
    """The mean of *values* weighted by *mask*; 0 where nothing is left."""
    return divide((values * mask).sum(), mask.sum())


def power(base: Tensor, exponent: float) -> Tensor:
    """``base ** exponent`` for ``base >= 0``, with a gradient of 0 at 0, where that of a root is infinite."""
    if exponent == 1:
        return base
    positive = base > 0
    return torch.where(positive, torch.where(positive, base, 1) ** exponent, 0 * base)


def as_two_classes(logits: Tensor) -> Tensor:
    """Logits ``(N, K, H, W)``, a single foreground logit turned into the equal softmax pair ``(0, z)``."""
    return torch.cat([torch.zeros_like(logits), logits], 1) if logits.shape[1] == 1 else logits


def require(condition: bool, message: str) -> None:
    """Raise :class:`OptionError` with *message* unless *condition* holds."""
    if not condition:
        raise OptionError(message)
