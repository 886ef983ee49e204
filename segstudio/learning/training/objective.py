"""What a step minimises: the loss of the logits and of the auxiliary outputs, or what takes its place."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from segstudio.core.errors import OptionError
from segstudio.core.labels import UNLABELLED
from segstudio.learning.config import TrainConfig
from segstudio.learning.loader import Batch, Order
from segstudio.learning.losses import create_loss
from segstudio.learning.losses.base import Loss
from segstudio.learning.losses.class_weights import class_weights
from segstudio.learning.networks.base import NetworkOutput, SegmentationNetwork


class Objective(Protocol):
    """What a step minimises."""

    def __call__(self, output: NetworkOutput, batch: Batch) -> Tensor:
        """A scalar for the network's *output* on *batch*, both on one device."""


class Supervision(Protocol):
    """How labels that say less than a mask become targets; a part that a training takes."""

    @property
    def guesses(self) -> bool:
        """Whether there are targets besides the labels, so that labels of one class alone will do."""

    def teaches(self, counts: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Which samples ``(M,)`` can be learned from, knowing their labelled pixels a channel ``(M, K)``."""

    def objective(self, base: Objective) -> Objective:
        """What a step minimises, knowing what it would minimise with masks."""

    def order(self, samples: Sequence[int]) -> Order:
        """In which order crops come from *samples*, numbers in the sequence that the trainer was given."""


class SupervisedObjective(nn.Module):
    """The loss of the logits, plus the weighted losses of the auxiliary outputs."""

    def __init__(self, loss: Loss, aux_weights: Sequence[float]) -> None:
        super().__init__()
        self.loss = loss
        self.aux_weights = tuple(aux_weights)

    def forward(self, output: NetworkOutput, batch: Batch) -> Tensor:
        total: Tensor = self.loss(output.logits, batch.target, UNLABELLED, batch.weights, batch.images)
        for weight, logits in zip(self.aux_weights, output.aux, strict=False):
            total = total + weight * self.loss(logits, batch.target, UNLABELLED, batch.weights, batch.images)
        return total


def supervised(config: TrainConfig, network: SegmentationNetwork, counts: NDArray[np.int64]) -> SupervisedObjective:
    """The objective that *config* names; *counts* ``(M, K)`` are the labelled pixels of each sample and channel."""
    options = dict(config.loss_options)
    if config.class_weights != "none":
        options["weight"] = class_weights(torch.from_numpy(counts), config.class_weights).tolist()
    weights = network.aux_weights if config.aux_weights is None else config.aux_weights
    if len(weights) != len(network.aux_weights):
        raise OptionError(
            f"{network.name or 'the network'} has {len(network.aux_weights)} auxiliary outputs, "
            f"so that it takes as many weights, not {len(weights)}"
        )
    return SupervisedObjective(create_loss(config.loss, **options), weights)
