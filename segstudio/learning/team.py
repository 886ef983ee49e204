"""A team: several processes that train as one, and one alone where there is no more.

Each member runs the same trainer on its share of every batch; gradients are averaged, decisions are the first member's.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from typing import Protocol, TypeVar

import torch
from torch import nn

T = TypeVar("T")


class Team(Protocol):
    """The processes that work together; each has the same of everything but its share of the data."""

    rank: int
    """0 is the one that measures, writes and tells."""
    size: int
    device: torch.device | None
    """What this member computes on; ``None`` leaves it to the trainer."""

    def average_gradients(self, parameters: Iterable[nn.Parameter]) -> None:
        """Replace every gradient by its mean over the team."""

    def every(self, flag: bool) -> bool:
        """Whether *flag* holds for all."""

    def mean(self, value: float) -> float:
        """The mean of all members' values."""

    def first(self, value: float) -> float:
        """The first member's value."""

    def same_weights(self, module: nn.Module) -> None:
        """Give all the first member's weights and statistics."""


class Alone:
    """A team of one."""

    rank = 0
    size = 1
    device: torch.device | None = None

    def average_gradients(self, parameters: Iterable[nn.Parameter]) -> None:
        pass

    def every(self, flag: bool) -> bool:
        return flag

    def mean(self, value: float) -> float:
        return value

    def first(self, value: float) -> float:
        return value

    def same_weights(self, module: nn.Module) -> None:
        pass


def share(items: Iterable[T], team: Team) -> Iterator[T]:
    """This member's part of *items*: every item goes to exactly one member."""
    return itertools.islice(items, team.rank, None, team.size)
