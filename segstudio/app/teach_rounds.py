"""What a round of Teach mode is: how it learns, what it was worth, and whether another one would still teach."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segstudio.core.labels import UNLABELLED

RECIPE: Mapping[str, Any] = {"schedule": "constant", "ema": 0.99, "validation_fraction": 0.0}
"""What sets rounds apart from a training that ends. A rate that falls to nothing at the end of every round would have
to climb again in the next; a mean of the weights is as steady at any time. No image is kept aside, for every one that
comes is predicted before it is learned from."""

LOOKED_BACK = 3
"""Images whose predictions tell what the next one will be worth."""
POOR = 0.3
"""Agreement beyond chance below which correcting a pre-label takes more strokes than beginning without."""
PROMISING = 0.2
"""The same as a network expects it of its own prediction, which is least sure where it is worth least; measured in
docs/teach.md."""
MOST_IN_A_ROW = 5
"""Rounds on the same images, at most."""
_PROGRESS = 0.95  # the loss at the end of a round, as a share of that at its beginning, if it still learns
_PIXELS = 1 << 20  # a prediction is judged by so many pixels at most: the window does not wait for more


@dataclass(frozen=True)
class Agreement:
    """How well a prediction fits the labels that a person accepted."""

    miou: float
    kappa: float
    """Share of pixels that agree beyond chance (Cohen 1960): 0 for one class everywhere, 1 for the same labels."""


@dataclass(frozen=True)
class Round:
    """One round of teaching."""

    number: int
    images: int
    """Accepted samples that it learned from."""
    miou: float | None = None
    """Mean over the samples that were accepted after it, which it had predicted and not learned from."""
    corrected: tuple[float, ...] = ()
    """For every such sample that came pre-labelled: the share of pixels that a person changed."""
    agreed: tuple[float, ...] = ()
    """For every such sample: the agreement beyond chance."""

    @property
    def mean_corrected(self) -> float | None:
        return sum(self.corrected) / len(self.corrected) if self.corrected else None

    def judged(self, found: Agreement, changed: float | None) -> Round:
        """This round with one more sample, of which a person *changed* a share of the pre-label, if there was one."""
        known = len(self.agreed)
        miou = ((self.miou or 0.0) * known + found.miou) / (known + 1)
        corrected = self.corrected if changed is None else (*self.corrected, changed)
        return replace(self, miou=miou, agreed=(*self.agreed, found.kappa), corrected=corrected)

    @classmethod
    def from_json(cls, row: Mapping[str, Any]) -> Round:
        """From what ``asdict`` gave, of this version or one before."""
        lists = {name: tuple(row.get(name, ())) for name in ("corrected", "agreed")}
        return cls(int(row["number"]), int(row["images"]), row.get("miou"), **lists)


def agreement(predicted: NDArray[np.integer], accepted: NDArray[np.integer]) -> Agreement | None:
    """Of class ids ``(H, W)`` with those a person accepted, 255 = none; ``None`` where nothing was accepted.

    Large images are thinned.
    """
    from segstudio.algorithms import metrics  # loads scipy, which start-up need not pay

    step = max(1, int(np.ceil((accepted.size / _PIXELS) ** 0.5)))
    predicted, accepted = predicted[::step, ::step], accepted[::step, ::step]
    known = accepted != UNLABELLED
    if not known.any():
        return None
    ids, places = np.unique(np.concatenate([accepted[known], predicted[known]]), return_inverse=True)
    truth, told = np.split(places, 2)
    matrix = np.bincount(truth * len(ids) + told, minlength=len(ids) ** 2).reshape(len(ids), len(ids))
    shown = ids != UNLABELLED
    miou = float(np.nanmean(metrics.scores(matrix).iou[shown]))
    share = matrix / matrix.sum()
    chance = float(share.sum(0) @ share.sum(1))
    kappa = (float(np.trace(share)) - chance) / (1 - chance) if chance < 1 else 1.0
    return Agreement(miou, kappa)


def expected_agreement(
    predicted: NDArray[np.integer], confidence: NDArray[np.floating], class_ids: Collection[int]
) -> float:
    """The agreement beyond chance that a network expects of its own labels *predicted* ``(H, W)``, class ids of which
    255 is none, each right with a *confidence* ``(H, W)`` in [0, 1], else any other of *class_ids*.

    Cohen's kappa of the expected shares: (c - q.t) / (1 - q.t) for the mean confidence c, the shares q of the classes
    as predicted and t as expected. So one class everywhere is worth nothing, however sure a network is of it: it may
    have missed all others. 0 where nothing is labelled.
    """
    step = max(1, int(np.ceil((predicted.size / _PIXELS) ** 0.5)))
    predicted, sure = predicted[::step, ::step], np.asarray(confidence[::step, ::step], np.float64)
    known = predicted != UNLABELLED
    if not known.any() or len(class_ids) < 2:
        return 0.0
    predicted, sure = predicted[known], sure[known]
    told = np.array([(predicted == i).mean() for i in class_ids])
    right = np.array([sure[predicted == i].sum() / len(sure) for i in class_ids])
    elsewhere = ((1 - sure).sum() / len(sure) - (told - right)) / (len(class_ids) - 1)
    chance = float(told @ (right + elsewhere))
    return (float(sure.mean()) - chance) / (1 - chance) if chance < 1 else 0.0


def worth_showing(rounds: Sequence[Round]) -> bool:
    """Whether a pre-label may save strokes: not while each of the last three would have cost some.

    Networks of few images fail on some and do well on others; one that does well saves more strokes than it takes to
    undo those that fail.
    """
    known = [value for one in rounds for value in one.agreed][-LOOKED_BACK:]
    return len(known) < LOOKED_BACK or max(known) >= POOR


def still_learning(losses: Sequence[float]) -> bool:
    """Whether the loss of a round's steps was still falling: its last third is 5 % below its first."""
    third = len(losses) // 3
    if not third:
        return False
    return float(np.mean(losses[-third:])) < _PROGRESS * float(np.mean(losses[:third]))
