"""Which DICOM frames make up one stack, in what order, and where its volumes begin.

Frames of one size that lie in parallel planes are a stack. Where the same places come again (contrast phases, echoes,
time points), each round is a volume of its own, and one follows the other.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from segstudio.core.natural import natural_key
from segstudio.io.images.dicom_places import Place, parallel

_SAME_PLACE = 0.02
"""Millimetres: frames that lie nearer to each other along their normal are at one place."""
_UNEVEN = 0.05
"""The share of the step from slice to slice by which a slice of an even stack may be off."""


@dataclass(frozen=True, eq=False)
class Slice:
    """One frame of one file."""

    path: Path
    index: int
    place: Place | None
    instance: int = 0
    uid: str = ""
    """The SOP instance UID of its file: what other DICOM objects call it by."""
    size: tuple[int, int] = (0, 0)
    """(H, W)."""
    moment: tuple[float, ...] = ()
    """What tells rounds over the same places apart, earlier ones smaller."""

    @property
    def order(self) -> tuple[tuple[float, ...], int, str, str, int]:
        """By time where the headers tell it, else by number."""
        return self.moment, self.instance, *_named(self)


def _named(each: Slice) -> tuple[str, str, int]:
    return natural_key(each.path.name), each.path.name, each.index


@dataclass(frozen=True, eq=False)
class Block:
    """Frames of a stack that are one volume."""

    frames: range
    step: NDArray[np.float64] | None = None
    """Millimetres (LPS) from each slice to the next, where that is known; of an uneven block the usual step."""
    even: bool = False
    """Whether all slices lie that far from each other."""


@dataclass(frozen=True, eq=False)
class Stack:
    """All frames in their order, and the volumes that they make up."""

    slices: tuple[Slice, ...]
    blocks: tuple[Block, ...]

    def block(self, frame: int) -> Block:
        """The volume that *frame* belongs to."""
        return next(block for block in self.blocks if frame in block.frames)


def without_copies(slices: Iterable[Slice]) -> list[Slice]:
    """*slices* without those that another file holds as well: copies of an image carry its SOP instance UID."""
    known: dict[tuple[str, int], Slice] = {}
    for each in slices:
        known.setdefault((each.uid or str(each.path), each.index), each)
    return list(known.values())


def alike(slices: Sequence[Slice]) -> list[list[Slice]]:
    """*slices* in groups of one size that lie in parallel planes, the largest group first.

    What lies nowhere in the patient is a group by itself.
    """
    groups: list[list[Slice]] = []
    for each in slices:
        fitting = (group for group in groups if _fits(each, group[0]))
        group = next(fitting, None)
        if group is None:
            groups.append([each])
        else:
            group.append(each)
    return sorted(groups, key=len, reverse=True)


def _fits(one: Slice, other: Slice) -> bool:
    if one.place is None or other.place is None:
        return one.place is other.place and one.size == other.size
    return one.size == other.size and parallel(one.place, other.place)


def arranged(slices: Sequence[Slice]) -> Stack:
    """*slices* by their position along the common normal, round by round; by number where they are not parallel."""
    first = slices[0].place if slices else None
    level = all(s.place is not None and first is not None and parallel(first, s.place) for s in slices)
    places = list(_places(slices, first)) if level and first is not None else []
    if len(places) < 2:
        ordered = tuple(sorted(slices, key=lambda each: (each.instance, *_named(each))))
        return Stack(ordered, (Block(range(len(ordered))),))
    rounds = [
        [place[number] for place in places if number < len(place)] for number in range(max(len(p) for p in places))
    ]
    blocks, start = [], 0
    for one in rounds:
        step, even = _step(one)
        blocks.append(Block(range(start, start + len(one)), step, even))
        start += len(one)
    return Stack(tuple(each for one in rounds for each in one), tuple(blocks))


def _places(slices: Sequence[Slice], first: Place) -> Iterator[list[Slice]]:
    """The slices at each place along the normal of *first*, earlier ones first."""
    depths = {id(s): float(first.normal @ s.place.position) for s in slices if s.place is not None}
    here: list[Slice] = []
    for each in sorted(slices, key=lambda s: depths[id(s)]):
        if here and depths[id(each)] - depths[id(here[0])] > _SAME_PLACE:
            yield sorted(here, key=lambda s: s.order)
            here = []
        here.append(each)
    yield sorted(here, key=lambda s: s.order)


def _step(slices: Sequence[Slice]) -> tuple[NDArray[np.float64] | None, bool]:
    """The step from slice to slice and whether it is always the same; the usual one where it is not."""
    if len(slices) < 2:
        return None, False
    positions = np.stack([s.place.position for s in slices if s.place is not None])
    step: NDArray[np.float64] = (positions[-1] - positions[0]) / (len(positions) - 1)
    length = float(np.linalg.norm(step))
    away = np.linalg.norm(positions - (positions[0] + np.arange(len(positions))[:, None] * step), axis=1)
    if float(away.max()) <= _UNEVEN * length + 0.01:
        return step, True
    return np.median(np.diff(positions, axis=0), axis=0), False
