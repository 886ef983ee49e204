"""Partial cross entropy: learning from strokes, where most pixels say nothing."""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor

from segstudio.learning.losses.base import IGNORE, Loss, as_two_classes, divide, masked_mean, pixels


def partial_cross_entropy(
    logits: Tensor,
    target: Tensor,
    *,
    balance: bool = False,
    ignore_index: int = IGNORE,
    weights: Tensor | None = None,
) -> Tensor:
    """Cross entropy over the labelled pixels alone (Tang et al. 2018, the first term of their equation 2).

    *balance*: the mean over the classes that are drawn in the batch of each one's mean, so that a long stroke counts
    no more than a short one.
    """
    batch = pixels(logits, target, ignore_index, weights)
    scores = as_two_classes(batch.logits)
    values = F.cross_entropy(scores, batch.target, reduction="none")
    if not balance:
        return masked_mean(values, batch.mask)
    of_class = F.one_hot(batch.target, scores.shape[1]) * batch.mask.unsqueeze(-1)
    sizes = of_class.flatten(0, 2).sum(0)
    sums = (of_class * values.unsqueeze(-1)).flatten(0, 2).sum(0)
    return divide(divide(sums, sizes).sum(), (sizes > 0).to(values.dtype).sum())


class PartialCrossEntropy(Loss):
    """:func:`partial_cross_entropy` as a module."""

    def __init__(self, balance: bool = False) -> None:
        super().__init__()
        self.balance = bool(balance)

    def forward(
        self, logits: Tensor, target: Tensor, ignore_index: int = IGNORE, weights: Tensor | None = None
    ) -> Tensor:
        return partial_cross_entropy(logits, target, balance=self.balance, ignore_index=ignore_index, weights=weights)
