"""The table of losses, and the one function that builds them.

Reading the table loads no torch; building a loss does. Every loss is called as ``loss(logits, target,
ignore_index=255, weights=None)``: logits ``(N, K, H, W)`` of any float type, target ``(N, H, W)`` int64 class ids, and
optionally the confidence of each label ``(N, H, W)`` in [0, 1]. It returns a scalar, computed in float32 at least.
``K = 1`` is a single foreground logit (sigmoid; target 0 or 1); ``K >= 2`` is softmax. A pixel of *ignore_index*, or of
weight 0, neither contributes nor divides, nor does an image of nothing else; where no pixel is left the loss is 0 and
its gradient too.

A spec may add regularisers, which look at the picture instead of the labels: such a sum is called with the picture too,
``loss(logits, target, 255, None, image)``, and has ``needs_image``.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from segstudio.core.errors import OptionError
from segstudio.learning.losses.spec import Term, parse_spec
from segstudio.learning.losses.table import ALIASES, LOSSES, REGULARISERS, LossEntry

if TYPE_CHECKING:
    from segstudio.learning.losses.base import Loss

__all__ = ["ALIASES", "LOSSES", "REGULARISERS", "LossEntry", "create_loss"]


def create_loss(spec: str, **options: Any) -> Loss:
    """Build the loss that *spec* names: ``"focal"``, or a sum such as ``"0.5*bce+dice"`` or ``"ce+dice(batch=True)"``.

    *options* go to every term that has an option of that name and does not set it in the spec itself. ``"ce"`` and
    ``"wce"`` stand for ``cross_entropy`` and ``weighted_cross_entropy``.

    Raises :class:`~segstudio.core.errors.OptionError` for a spec that cannot be read, an unknown name or option, and
    values out of range.
    """
    terms = parse_spec(spec)
    for option in options:
        if not any(option in term.entry.options for term in terms):
            names = sorted({name for term in terms for name in term.entry.options})
            raise OptionError(f"the loss {spec!r} has no option {option!r}; its options are {', '.join(names)}")
    losses = [_build(term, options) for term in terms]
    if len(terms) == 1 and terms[0].factor == 1:
        return losses[0]
    base = importlib.import_module("segstudio.learning.losses.base")
    total: Loss = base.WeightedSum(losses, [term.factor for term in terms])
    return total


def _build(term: Term, options: dict[str, Any]) -> Loss:
    chosen = {name: value for name, value in options.items() if name in term.entry.options} | term.options
    loss: Loss = getattr(importlib.import_module(term.entry.module), term.entry.factory)(**chosen)
    return loss
