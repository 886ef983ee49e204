"""Targets guessed at every step from what the network says: EM-Fixed, EM-Adapt and constrained CNNs.

An E-step works on one crop on the CPU and costs a few milliseconds; what a person drew is part of every guess.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from segstudio.algorithms.boxes.expectation import bbox_em_fixed, em_adapt, em_fixed
from segstudio.algorithms.tags import Presence, constrained_distribution
from segstudio.core.annotation import ImageTag
from segstudio.core.labels import UNLABELLED
from segstudio.learning.data import sample_order
from segstudio.learning.loader import Batch, Order
from segstudio.learning.networks.base import NetworkOutput

Scores = NDArray[np.float32]
Base = Callable[[NetworkOutput, Batch], Tensor]


class EStep(Protocol):
    """Guesses what a crop shows."""

    def __call__(self, scores: Scores, known: Presence, rectangles: NDArray[np.int64] | None) -> NDArray[Any]:
        """Targets from *scores* ``(K, H, W)``: channels ``(H, W)``, 255 = none, or probabilities ``(K, H, W)``.

        *known* tells the channels that the image shows and does not show; *rectangles* is Bbox-Rect's map ``(H, W)``
        of channels where there are boxes.
        """


def em_fixed_step(scores: Scores, known: Presence, rectangles: NDArray[np.int64] | None) -> NDArray[Any]:
    """EM-Fixed: inside the boxes where there are some, else under the tags."""
    if rectangles is not None:
        return bbox_em_fixed(scores, rectangles)
    return em_fixed(scores, _possible(known, len(scores)))


def em_adapt_step(scores: Scores, known: Presence, rectangles: NDArray[np.int64] | None) -> NDArray[Any]:
    """EM-Adapt under the tags; boxes say more and are treated as in EM-Fixed."""
    if rectangles is not None:
        return bbox_em_fixed(scores, rectangles)
    return em_adapt(scores, known.present)


def ccnn_step(scores: Scores, known: Presence, rectangles: NDArray[np.int64] | None) -> NDArray[Any]:
    """The latent distribution of constrained CNNs under the tags; boxes as in EM-Fixed."""
    if rectangles is not None:
        return bbox_em_fixed(scores, rectangles)
    share = np.exp(scores - scores.max(0))
    tags = [ImageTag(k) for k in sorted(known.present)] + [ImageTag(k, present=False) for k in sorted(known.absent)]
    return constrained_distribution(share / share.sum(0), tags)


def _possible(known: Presence, count: int) -> frozenset[int]:
    """The channels that the image shows, and those left open."""
    return frozenset(range(count)) - known.absent


STEPS: dict[str, EStep] = {"em_fixed": em_fixed_step, "em_adapt": em_adapt_step, "ccnn": ccnn_step}


@dataclass(frozen=True)
class Said:
    """What guessing needs to know of a sample."""

    known: Presence | None
    """``None``: its labels are a whole mask, or nothing is known of it; nothing is guessed."""
    boxed: bool
    complete: bool


class Guessing:
    """The part of the trainer by which unlabelled pixels are guessed; *said* has a line a sample."""

    guesses = True

    def __init__(self, step: EStep, said: Sequence[Said], full_share: float | None = None) -> None:
        self._step, self._said, self._full_share = step, list(said), full_share

    def teaches(self, counts: NDArray[np.int64]) -> NDArray[np.bool_]:
        guessed = np.zeros(len(counts), np.bool_)
        guessed[: len(self._said)] = [line.known is not None for line in self._said]
        labelled: NDArray[np.bool_] = counts.sum(1) > 0
        return guessed | labelled

    def objective(self, base: Base) -> GuessedObjective:
        return GuessedObjective(base, self._step, self._said)

    def order(self, samples: Sequence[int]) -> Order:
        return mixed_order([self._said[i].complete for i in samples], self._full_share)


class Labelled:
    """The part of the trainer for labels that were filled beforehand, or that are strokes."""

    guesses = False

    def __init__(self, complete: Sequence[bool], full_share: float | None = None) -> None:
        self._complete, self._full_share = list(complete), full_share

    def teaches(self, counts: NDArray[np.int64]) -> NDArray[np.bool_]:
        labelled: NDArray[np.bool_] = counts.sum(1) > 0
        return labelled

    def objective(self, base: Base) -> Base:
        return base

    def order(self, samples: Sequence[int]) -> Order:
        return mixed_order([self._complete[i] for i in samples], self._full_share)


def mixed_order(complete: Sequence[bool], full_share: float | None) -> Order:
    """An order of samples in which the *complete* ones are the share *full_share* of any stretch, to within one.

    ``None``, or samples of one kind only: every sample equally often.
    """
    full = [place for place, whole in enumerate(complete) if whole]
    weak = [place for place, whole in enumerate(complete) if not whole]
    if full_share is None or not full or not weak:
        return lambda seed, start: sample_order(len(complete), seed, start)

    def order(seed: int, start: int) -> Iterator[int]:
        # item n is a whole mask where n * share passes a whole number: any item of the stream can be told by itself
        done = math.floor(start * full_share)
        of_full, of_weak = sample_order(len(full), seed, done), sample_order(len(weak), seed, start - done)
        number = start
        while True:
            whole = math.floor((number + 1) * full_share) > math.floor(number * full_share)
            yield full[next(of_full)] if whole else weak[next(of_weak)]
            number += 1

    return order


class GuessedObjective(nn.Module):
    """*base* on labels, completed by an E-step on the network's own scores where a sample has less than a mask.

    Where the E-step gives a distribution P, its pixels add ``-sum_k P_k log Q_k``, the mean over them, whose gradient
    is ``Q - P`` (Pathak et al. 2015, equation 6).
    """

    def __init__(self, base: Base, step: EStep, said: Sequence[Said]) -> None:
        super().__init__()
        self.base = base
        self._step, self._said = step, said

    def forward(self, output: NetworkOutput, batch: Batch) -> Tensor:
        target, latent = batch.target.clone(), torch.zeros_like(output.logits, dtype=torch.float32)
        soft = torch.zeros_like(batch.target, dtype=torch.bool)
        scores = output.logits.detach().float().cpu().numpy()
        for n, sample in enumerate(batch.samples):
            known = self._said[sample].known
            if known is None or not np.isfinite(scores[n]).all():
                continue
            rectangles = None
            if self._said[sample].boxed and batch.hints is not None:
                rectangles = batch.hints[n].numpy()
            guess = torch.from_numpy(np.ascontiguousarray(self._step(scores[n], known, rectangles))).to(target.device)
            open_ = batch.target[n] == UNLABELLED
            if guess.ndim == 2:
                target[n] = torch.where(open_, guess.long(), target[n])
            else:
                latent[n], soft[n] = guess, open_
        value = self.base(output, batch._replace(target=target))
        if not soft.any():
            return value
        surprise = -(latent * output.logits.float().log_softmax(1)).sum(1)
        return value + (surprise * soft).sum() / soft.sum()
