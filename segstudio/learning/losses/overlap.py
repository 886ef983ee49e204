"""Losses of overlap: Dice, IoU, Tversky and soft Dice on [-1, 1].

I, S and U are intersection, sum and union of the predicted and the true soft mask over the valid pixels, per image and
class; the loss is the mean over the classes and over the images that have a valid pixel.
"""

from __future__ import annotations

from typing import NamedTuple

from torch import Tensor

from segstudio.learning.losses.base import IGNORE, Loss, Pixels, divide, pixels, power, require, soft_masks


class Overlap(NamedTuple):
    """Sums over the valid pixels, each ``(G, C)``: a group is an image, or the whole batch; *counts*: ``(G,)`` bool."""

    intersection: Tensor
    predicted: Tensor
    true: Tensor
    counts: Tensor


def overlap(batch: Pixels, *, whole_batch: bool = False, squared: bool = False) -> Overlap:
    """The sums from which the ratios are made; *squared* squares the masks in the sums (not in the intersection)."""
    predicted, true = soft_masks(batch)
    mask = batch.mask.unsqueeze(1)
    true = true * mask
    sums = [
        (predicted * true).sum((2, 3)),
        ((predicted * predicted if squared else predicted) * mask).sum((2, 3)),
        true.sum((2, 3)),  # a one-hot mask is its own square
    ]
    valid = batch.mask.flatten(1).sum(1, keepdim=True)
    if whole_batch:
        sums = [s.sum(0, keepdim=True) for s in sums]
        valid = valid.sum(0, keepdim=True)
    return Overlap(sums[0], sums[1], sums[2], valid[:, 0] > 0)


def _mean(losses: Tensor, counts: Tensor) -> Tensor:
    """The mean of ``(G, C)`` losses over the classes and over the groups that count."""
    groups = counts.to(losses.dtype)
    return divide((losses.mean(1) * groups).sum(), groups.sum())


def dice(
    logits: Tensor,
    target: Tensor,
    *,
    smooth: float = 1e-5,
    batch: bool = False,
    squared: bool = False,
    include_background: bool = True,
    ignore_index: int = IGNORE,
    weights: Tensor | None = None,
) -> Tensor:
    """``1 - (2I + s) / (S + s)``; *batch* sums over the whole batch first, *squared* takes ``S = sum p² + sum t²``."""
    sums = overlap(pixels(logits, target, ignore_index, weights), whole_batch=batch, squared=squared)
    denominator = sums.predicted + sums.true + smooth
    losses = divide(denominator - 2 * sums.intersection - smooth, denominator)
    if not include_background and logits.shape[1] > 1:
        losses = losses[:, 1:]
    return _mean(losses, sums.counts)


def iou(
    logits: Tensor,
    target: Tensor,
    *,
    smooth: float = 0.0,
    batch: bool = False,
    ignore_index: int = IGNORE,
    weights: Tensor | None = None,
) -> Tensor:
    """``1 - (I + s) / (U + s)``; an empty union without smoothing costs nothing."""
    sums = overlap(pixels(logits, target, ignore_index, weights), whole_batch=batch)
    union = sums.predicted + sums.true - sums.intersection
    return _mean(divide(union - sums.intersection, union + smooth), sums.counts)


def tversky(
    logits: Tensor,
    target: Tensor,
    *,
    alpha: float = 0.3,
    beta: float = 0.7,
    gamma: float = 1.0,
    smooth: float = 1e-5,
    batch: bool = False,
    ignore_index: int = IGNORE,
    weights: Tensor | None = None,
) -> Tensor:
    """``mean(1 - (I + s) / (I + alpha FP + beta FN + s)) ** gamma`` (Salehi et al. 2017, equation 3).

    *alpha* weighs false positives, *beta* false negatives; 0.5 each is Dice. *gamma* is the focal exponent.
    """
    sums = overlap(pixels(logits, target, ignore_index, weights), whole_batch=batch)
    wrong = alpha * (sums.predicted - sums.intersection) + beta * (sums.true - sums.intersection)
    return power(_mean(divide(wrong, sums.intersection + wrong + smooth), sums.counts), gamma)


def soft_dice(
    logits: Tensor,
    target: Tensor,
    *,
    positive_weight: float = 0.8,
    negative_weight: float = 0.2,
    ignore_index: int = IGNORE,
    weights: Tensor | None = None,
) -> Tensor:
    """``1 - 2<p, t> / (|p|² + |t|²)`` with ``p = w (2 prob - 1)`` and ``t = w (2 label - 1)``; in [0, 2].

    w is *positive_weight* on pixels of the class and *negative_weight* on the others. Background counts, so an empty
    image that is predicted empty scores 0.
    """
    data = pixels(logits, target, ignore_index, weights)
    probability, label = soft_masks(data)
    # squared and under the mask: both vectors carry w
    w = data.mask.unsqueeze(1) * (label * (positive_weight - negative_weight) + negative_weight) ** 2
    p, t = 2 * probability - 1, 2 * label - 1
    inner = (w * p * t).sum((2, 3))
    norms = (w * (p * p + t * t)).sum((2, 3))
    return _mean(divide(norms - 2 * inner, norms), data.mask.flatten(1).sum(1) > 0)


class Dice(Loss):
    """:func:`dice` as a module."""

    def __init__(
        self, smooth: float = 1e-5, batch: bool = False, squared: bool = False, include_background: bool = True
    ) -> None:
        super().__init__()
        require(smooth >= 0, f"dice: smooth must be at least 0, not {smooth}")
        self.smooth, self.batch, self.squared, self.include_background = smooth, batch, squared, include_background

    def forward(
        self, logits: Tensor, target: Tensor, ignore_index: int = IGNORE, weights: Tensor | None = None
    ) -> Tensor:
        return dice(
            logits,
            target,
            smooth=self.smooth,
            batch=self.batch,
            squared=self.squared,
            include_background=self.include_background,
            ignore_index=ignore_index,
            weights=weights,
        )


class IoU(Loss):
    """:func:`iou` as a module."""

    def __init__(self, smooth: float = 0.0, batch: bool = False) -> None:
        super().__init__()
        require(smooth >= 0, f"iou: smooth must be at least 0, not {smooth}")
        self.smooth, self.batch = smooth, batch

    def forward(
        self, logits: Tensor, target: Tensor, ignore_index: int = IGNORE, weights: Tensor | None = None
    ) -> Tensor:
        return iou(logits, target, smooth=self.smooth, batch=self.batch, ignore_index=ignore_index, weights=weights)


class Tversky(Loss):
    """:func:`tversky` as a module."""

    def __init__(
        self, alpha: float = 0.3, beta: float = 0.7, gamma: float = 1.0, smooth: float = 1e-5, batch: bool = False
    ) -> None:
        super().__init__()
        require(min(alpha, beta, smooth) >= 0, "tversky: alpha, beta and smooth must be at least 0")
        require(gamma > 0, f"tversky: gamma must be above 0, not {gamma}")
        self.alpha, self.beta, self.gamma, self.smooth, self.batch = alpha, beta, gamma, smooth, batch

    def forward(
        self, logits: Tensor, target: Tensor, ignore_index: int = IGNORE, weights: Tensor | None = None
    ) -> Tensor:
        return tversky(
            logits,
            target,
            alpha=self.alpha,
            beta=self.beta,
            gamma=self.gamma,
            smooth=self.smooth,
            batch=self.batch,
            ignore_index=ignore_index,
            weights=weights,
        )


class SoftDice(Loss):
    """:func:`soft_dice` as a module."""

    def __init__(self, positive_weight: float = 0.8, negative_weight: float = 0.2) -> None:
        super().__init__()
        require(min(positive_weight, negative_weight) >= 0, "soft_dice: the weights must be at least 0")
        require(max(positive_weight, negative_weight) > 0, "soft_dice: one weight must be above 0")
        self.positive_weight, self.negative_weight = positive_weight, negative_weight

    def forward(
        self, logits: Tensor, target: Tensor, ignore_index: int = IGNORE, weights: Tensor | None = None
    ) -> Tensor:
        return soft_dice(
            logits,
            target,
            positive_weight=self.positive_weight,
            negative_weight=self.negative_weight,
            ignore_index=ignore_index,
            weights=weights,
        )
