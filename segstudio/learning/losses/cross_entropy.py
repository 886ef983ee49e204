"""Cross entropies: binary, over classes, and weighted by how common a class is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, get_args

import torch
import torch.nn.functional as F
from torch import Tensor

from segstudio.learning.losses.base import (
    IGNORE,
    Loss,
    Pixels,
    as_two_classes,
    divide,
    masked_mean,
    pixels,
    require,
    soft_masks,
)
from segstudio.learning.losses.class_weights import CountScheme, class_weights

Scheme = Literal["sudre", CountScheme]


def bce(
    logits: Tensor,
    target: Tensor,
    *,
    pos_weight: float | None = None,
    ignore_index: int = IGNORE,
    weights: Tensor | None = None,
) -> Tensor:
    """Log loss ``-[v t log p + (1 - t) log(1 - p)]``, the mean over the valid pixels; v is *pos_weight*.

    ``K = 1``: p is the sigmoid. ``K >= 2``: p is the softmax and the term is averaged over the classes, one against the
    rest (for two classes and no *pos_weight* that is cross entropy).
    """
    batch = pixels(logits, target, ignore_index, weights)
    if logits.shape[1] == 1:
        positive = None if pos_weight is None else batch.logits.new_tensor(pos_weight)
        values = F.binary_cross_entropy_with_logits(
            batch.logits[:, 0], batch.target.to(batch.logits.dtype), reduction="none", pos_weight=positive
        )
        return masked_mean(values, batch.mask)
    true = soft_masks(batch).true
    log_p = batch.logits.log_softmax(1)
    values = -((pos_weight or 1.0) * true * log_p + (1 - true) * _log_of_rest(batch.logits, log_p))
    return masked_mean(values.mean(1), batch.mask)


def _log_of_rest(logits: Tensor, log_p: Tensor) -> Tensor:
    """log(1 - p) of a softmax, exact where p rounds to 1: there it is summed over the other classes."""
    top = F.one_hot(logits.argmax(1), logits.shape[1]).movedim(-1, 1).bool()
    others = logits.masked_fill(top, -torch.inf).logsumexp(1, keepdim=True) - logits.logsumexp(1, keepdim=True)
    below_half = log_p.masked_fill(top, -torch.inf).exp()
    return torch.where(top, others, torch.log1p(-below_half))


def cross_entropy(
    logits: Tensor,
    target: Tensor,
    *,
    weight: Sequence[float] | Tensor | None = None,
    label_smoothing: float = 0.0,
    ignore_index: int = IGNORE,
    weights: Tensor | None = None,
) -> Tensor:
    """Cross entropy; with *weight* ``(K,)`` the weighted mean, as torch's: divided by the sum of the pixels' weights.

    A single logit is taken as the pair (0, z); *weight* then holds two values, background first.
    """
    batch = pixels(logits, target, ignore_index, weights)
    scores = as_two_classes(batch.logits)
    if weight is None and weights is None:
        total = F.cross_entropy(
            scores, target, ignore_index=ignore_index, label_smoothing=label_smoothing, reduction="sum"
        )
        return divide(total, batch.mask.sum())
    of_class = None if weight is None else torch.as_tensor(weight, dtype=scores.dtype, device=scores.device)
    values = F.cross_entropy(scores, batch.target, of_class, label_smoothing=label_smoothing, reduction="none")
    divisor = batch.mask if of_class is None else batch.mask * of_class[batch.target]
    return divide((values * batch.mask).sum(), divisor.sum())


def weighted_cross_entropy(
    logits: Tensor,
    target: Tensor,
    *,
    scheme: Scheme = "sudre",
    beta: float = 0.999,
    ignore_index: int = IGNORE,
    weights: Tensor | None = None,
) -> Tensor:
    """Cross entropy with class weights from the batch itself.

    ``"sudre"`` (Sudre et al. 2017, section 2.1): ``-mean[w t log p + (1 - t) log(1 - p)]`` over the N valid pixels with
    ``w = (N - sum p) / sum p``, p the predicted foreground, w without gradient. With ``K > 2`` every class but 0 has
    such a weight on its own term. The other schemes weigh classes by the counts in the valid target (see
    :func:`~segstudio.learning.losses.class_weights.class_weights`) and take the weighted mean.
    """
    batch = pixels(logits, target, ignore_index, weights)
    if scheme == "sudre":
        return _sudre(batch)
    scores = as_two_classes(batch.logits)
    one_hot = F.one_hot(batch.target, scores.shape[1]) * batch.mask.unsqueeze(-1)
    of_class = class_weights(one_hot.flatten(1, -2).sum(1), scheme, beta=beta)
    return cross_entropy(logits, target, weight=of_class, ignore_index=ignore_index, weights=weights)


def _sudre(batch: Pixels) -> Tensor:
    scores = as_two_classes(batch.logits)
    predicted = (scores.detach().softmax(1) * batch.mask.unsqueeze(1)).sum((0, 2, 3))
    # where nothing at all is predicted the weight would be infinite
    weight = (batch.mask.sum() - predicted) / predicted.clamp_min(torch.finfo(predicted.dtype).eps)
    weight = torch.cat([torch.ones_like(weight[:1]), weight[1:]])
    values = F.cross_entropy(scores, batch.target, weight, reduction="none")
    return masked_mean(values, batch.mask)


class BinaryCrossEntropy(Loss):
    """:func:`bce` as a module."""

    def __init__(self, pos_weight: float | None = None) -> None:
        super().__init__()
        require(pos_weight is None or pos_weight > 0, f"bce: pos_weight must be above 0, not {pos_weight}")
        self.pos_weight = pos_weight

    def forward(
        self, logits: Tensor, target: Tensor, ignore_index: int = IGNORE, weights: Tensor | None = None
    ) -> Tensor:
        return bce(logits, target, pos_weight=self.pos_weight, ignore_index=ignore_index, weights=weights)


class CrossEntropy(Loss):
    """:func:`cross_entropy` as a module."""

    weight: Tensor | None

    def __init__(self, weight: Sequence[float] | Tensor | None = None, label_smoothing: float = 0.0) -> None:
        super().__init__()
        require(0 <= label_smoothing <= 1, f"cross_entropy: label_smoothing must lie in 0..1, not {label_smoothing}")
        self.label_smoothing = label_smoothing
        self.register_buffer("weight", None if weight is None else torch.as_tensor(weight, dtype=torch.float32))

    def forward(
        self, logits: Tensor, target: Tensor, ignore_index: int = IGNORE, weights: Tensor | None = None
    ) -> Tensor:
        classes = max(2, logits.shape[1])
        require(
            self.weight is None or len(self.weight) == classes,
            f"cross_entropy: {0 if self.weight is None else len(self.weight)} class weights for {classes} classes",
        )
        return cross_entropy(
            logits,
            target,
            weight=self.weight,
            label_smoothing=self.label_smoothing,
            ignore_index=ignore_index,
            weights=weights,
        )


class WeightedCrossEntropy(Loss):
    """:func:`weighted_cross_entropy` as a module."""

    def __init__(self, scheme: Scheme = "sudre", beta: float = 0.999) -> None:
        super().__init__()
        schemes = ("sudre", *get_args(CountScheme))
        require(scheme in schemes, f"weighted_cross_entropy has no scheme {scheme!r}; there are: " + ", ".join(schemes))
        require(0 < beta < 1, f"weighted_cross_entropy: beta must lie between 0 and 1, not {beta}")
        self.scheme: Scheme = scheme
        self.beta = beta

    def forward(
        self, logits: Tensor, target: Tensor, ignore_index: int = IGNORE, weights: Tensor | None = None
    ) -> Tensor:
        return weighted_cross_entropy(
            logits, target, scheme=self.scheme, beta=self.beta, ignore_index=ignore_index, weights=weights
        )
