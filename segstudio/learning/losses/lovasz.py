"""The Lovász extension of the Jaccard loss: hinge for one class, softmax for several."""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor

from segstudio.learning.losses.base import IGNORE, Loss, pixels, require


def lovasz(
    logits: Tensor,
    target: Tensor,
    *,
    classes: Literal["present", "all"] = "present",
    per_image: bool = False,
    ignore_index: int = IGNORE,
    weights: Tensor | None = None,
) -> Tensor:
    """Lovász hinge for ``K = 1``, Lovász-Softmax for ``K >= 2`` (Berman et al. 2018, algorithm 1, equations 8 to 12).

    *classes* tells over which classes the softmax form averages: those in the valid target, or all. *per_image* sorts
    each image by itself and averages over the images with a valid pixel. A sort knows no fractions: of *weights* only
    the zeros count, which leave a pixel out.
    """
    batch = pixels(logits, target, ignore_index, weights)
    groups = range(len(target)) if per_image else (slice(None),)
    losses = []
    for group in groups:
        valid = batch.mask[group] > 0
        scores = batch.logits[group].movedim(-3, -1)[valid]  # (P, K)
        if len(scores):
            losses.append(_flat(scores, batch.target[group][valid], classes))
    return torch.stack(losses).mean() if losses else 0 * batch.logits.sum()


def _flat(scores: Tensor, target: Tensor, classes: Literal["present", "all"]) -> Tensor:
    """The loss of P pixels: *scores* ``(P, K)``, *target* ``(P,)``."""
    if scores.shape[1] == 1:
        sign = 2.0 * target - 1.0
        return _extension((1 - scores[:, 0] * sign).unsqueeze(1), target.unsqueeze(1) > 0, hinge=True).mean()
    which = torch.arange(scores.shape[1], device=scores.device) if classes == "all" else torch.unique(target)
    truth = target.unsqueeze(1) == which
    probability = scores.softmax(1)[:, which]
    return _extension((truth.to(probability.dtype) - probability).abs(), truth, hinge=False).mean()


def _extension(errors: Tensor, truth: Tensor, *, hinge: bool) -> Tensor:
    """The Lovász extension of the Jaccard loss at *errors* ``(P, C)``, per class: ``(C,)``."""
    errors, order = errors.sort(0, descending=True)
    truth = truth.gather(0, order).to(errors.dtype)
    total = truth.sum(0)
    intersection = total - truth.cumsum(0)
    union = total + (1 - truth).cumsum(0)
    jaccard = 1 - intersection / union
    steps = torch.cat([jaccard[:1], jaccard[1:] - jaccard[:-1]])
    return ((errors.relu() if hinge else errors) * steps).sum(0)


class Lovasz(Loss):
    """:func:`lovasz` as a module."""

    def __init__(self, classes: Literal["present", "all"] = "present", per_image: bool = False) -> None:
        super().__init__()
        require(classes in ("present", "all"), f"lovasz: classes must be 'present' or 'all', not {classes!r}")
        self.classes: Literal["present", "all"] = classes
        self.per_image = per_image

    def forward(
        self, logits: Tensor, target: Tensor, ignore_index: int = IGNORE, weights: Tensor | None = None
    ) -> Tensor:
        return lovasz(
            logits,
            target,
            classes=self.classes,
            per_image=self.per_image,
            ignore_index=ignore_index,
            weights=weights,
        )
