"""Focal loss: easy pixels count less."""

from __future__ import annotations

import torch
from torch import Tensor

from segstudio.learning.losses.base import IGNORE, Loss, as_two_classes, masked_mean, pixels, require


def focal(
    logits: Tensor,
    target: Tensor,
    *,
    gamma: float = 2.0,
    alpha: float | None = None,
    ignore_index: int = IGNORE,
    weights: Tensor | None = None,
) -> Tensor:
    """``-(1 - p_y)^gamma log p_y``, the mean over the valid pixels (Lin et al. 2017, equations 4 and 5).

    p_y is the probability of the true class: sigmoid for ``K = 1``, softmax for ``K >= 2`` (not one sigmoid a class).
    *alpha* weighs pixels of the foreground (every class but 0), ``1 - alpha`` those of the background.
    """
    batch = pixels(logits, target, ignore_index, weights)
    scores = as_two_classes(batch.logits)
    truth = batch.target.unsqueeze(1)
    every = scores.logsumexp(1)
    log_p = scores.gather(1, truth).squeeze(1) - every
    # log(1 - p) over the other classes keeps the power's gradient finite where p rounds to 1
    log_rest = scores.scatter(1, truth, -torch.inf).logsumexp(1) - every
    values = -torch.exp(gamma * log_rest) * log_p
    if alpha is not None:
        values = values * torch.where(batch.target > 0, alpha, 1 - alpha)
    return masked_mean(values, batch.mask)


class Focal(Loss):
    """:func:`focal` as a module."""

    def __init__(self, gamma: float = 2.0, alpha: float | None = None) -> None:
        super().__init__()
        require(gamma >= 0, f"focal: gamma must be at least 0, not {gamma}")
        require(alpha is None or 0 <= alpha <= 1, f"focal: alpha must lie in 0..1, not {alpha}")
        self.gamma = gamma
        self.alpha = alpha

    def forward(
        self, logits: Tensor, target: Tensor, ignore_index: int = IGNORE, weights: Tensor | None = None
    ) -> Tensor:
        return focal(logits, target, gamma=self.gamma, alpha=self.alpha, ignore_index=ignore_index, weights=weights)
