"""Parting samples into training, validation and test sets, fairly and the same way every time."""

from __future__ import annotations

import random
import re
from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Protocol

from pydantic import Field, field_validator

from segstudio.core.errors import OptionError
from segstudio.io.exporters.base import ExportOptions


class Framed(Protocol):
    @property
    def path(self) -> Path: ...


class GroupOptions(ExportOptions):
    """What can be chosen for formats that keep together what belongs together."""

    seed: int = Field(0, description="another number parts the images otherwise; the same one always alike")
    group: str = Field(
        "file",
        description="what stays together: file (frames of one), folder, or a pattern whose bracket tells the group, "
        r"as in patient(\d+)",
    )

    @field_validator("group")
    @classmethod
    def _is_pattern(cls, value: str) -> str:
        try:
            groups = re.compile(value).groups
        except re.error as error:
            raise ValueError(f"{value!r} is no pattern ({error})") from error
        if value not in ("file", "folder") and groups != 1:
            raise ValueError("a pattern has one bracket, which tells the group: patient(\\d+)")
        return value


class SplitOptions(GroupOptions):
    """What can be chosen for formats that part a data set."""

    val: float = Field(0.2, ge=0, lt=1, description="share of the images for validation")
    test: float = Field(0.0, ge=0, lt=1, description="share of the images for testing")


def groups_of(samples: Sequence[Framed], options: GroupOptions) -> list[str]:
    """The group of each sample; one whose path does not match the pattern is a group of its own file."""
    if options.group == "file":
        return [str(sample.path) for sample in samples]
    if options.group == "folder":
        return [str(sample.path.parent) for sample in samples]
    pattern = re.compile(options.group)
    found = (pattern.search(sample.path.as_posix()) for sample in samples)
    return [match[1] if match else str(sample.path) for match, sample in zip(found, samples, strict=True)]


def split(
    samples: Sequence[Framed], options: SplitOptions, contents: Sequence[Collection[int]] | None = None
) -> list[str]:
    """``"train"``, ``"val"`` or ``"test"`` for each sample; all of a group in one set.

    With *contents*, the classes in each sample, every class is spread over the sets in their shares as well as groups
    allow: iterative stratification, the rarest class first (Sechidis, Tsoumakas, Vlahavas: On the Stratification of
    Multi-Label Data, ECML 2011, algorithm 1), over groups instead of samples.

    Raises :class:`~segstudio.core.errors.OptionError` where the shares leave nothing to train on.
    """
    shares = {"train": 1 - options.val - options.test, "val": options.val, "test": options.test}
    if shares["train"] <= 1e-9:
        raise OptionError("the shares for validation and test leave nothing to train on")
    members: dict[str, list[int]] = defaultdict(list)
    for number, group in enumerate(groups_of(samples, options)):
        members[group].append(number)
    order = sorted(members)
    random.Random(options.seed).shuffle(order)
    classes = {
        group: Counter(c for number in members[group] for c in (contents[number] if contents else ()))
        for group in order
    }
    sets = _assigned(order, {group: len(members[group]) for group in order}, classes, shares)
    return [sets[group] for _, group in sorted((n, g) for g, numbers in members.items() for n in numbers)]


def folds(cases: Mapping[str, str], count: int, seed: int) -> list[dict[str, list[str]]]:
    """*cases*, each with its group, parted *count* times for cross-validation: names to train and to validate on.

    Every case is validated on once, all of a group together; the folds are as even as groups allow. There are no more
    folds than groups, and none where there is one group only.
    """
    members: dict[str, list[str]] = defaultdict(list)
    for case, group in cases.items():
        members[group].append(case)
    order = sorted(members)
    random.Random(seed).shuffle(order)
    count = min(count, len(order))
    if count < 2:
        return []
    parts: list[set[str]] = [set() for _ in range(count)]
    for group in sorted(order, key=lambda group: -len(members[group])):
        min(parts, key=len).update(members[group])
    return [{"train": [c for c in cases if c not in part], "val": [c for c in cases if c in part]} for part in parts]


def _assigned(
    order: Sequence[str], sizes: Mapping[str, int], classes: Mapping[str, Counter[int]], shares: Mapping[str, float]
) -> dict[str, str]:
    """The set of each group, those of the class that fewest of the groups left hold always first."""
    wanted = {name: share * sum(sizes.values()) for name, share in shares.items() if share > 0}
    totals: Counter[int] = sum(classes.values(), Counter())
    wanted_by_class = {(name, c): shares[name] * count for name in wanted for c, count in totals.items()}
    left = dict.fromkeys(order)
    result: dict[str, str] = {}

    def place(group: str, rank: Mapping[str, float]) -> None:
        best = max(wanted, key=lambda name: (round(rank[name], 9), round(wanted[name], 9)))
        result[group] = best
        wanted[best] -= sizes[group]
        for c, count in classes[group].items():
            wanted_by_class[best, c] -= count
            totals[c] -= count
        del left[group]

    while any(totals.values()):
        rarest = min((count, c) for c, count in totals.items() if count > 0)[1]
        for group in [g for g in left if rarest in classes[g]]:
            place(group, {name: wanted_by_class[name, rarest] for name in wanted})
    for group in list(left):
        place(group, wanted)
    return result
