"""What the images of a set teach each other before any network: an image is filled with what the others' strokes say.

The images are dealt into folds, and what helps to fill one was learned from the other folds alone: strokes that vouch
for themselves would say nothing of the pixels around them. Loads no torch.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from segstudio.algorithms import scribbles
from segstudio.algorithms.scribbles import Experience, Lesson
from segstudio.core.errors import AnnotationError
from segstudio.core.progress import Progress, Work
from segstudio.learning.data import TrainingSample
from segstudio.learning.weak.evidence import Evidence

Gathered = list[tuple[TrainingSample, Evidence]]
Lessons = list[Lesson | None]

FOLDS = 5
MOST_IMAGES = 300
"""More images than these are not looked at for what they teach; those that are lie evenly among all."""


@dataclass(frozen=True)
class Fold:
    """Images to fill, *members*, and what the images of the other folds teach."""

    members: Sequence[int]
    others: Lessons

    def learning(self, seed: int) -> Work[Experience | None]:
        """What is learned from the others; ``None`` where they teach too little."""
        return scribbles.learn(self.others, seed=seed)


def lessons(gathered: Gathered) -> Work[Lessons]:
    """What each image teaches; ``None`` for those with fewer than two drawn classes and those that are not asked, and
    for all where no image has strokes to be filled.

    An image that cannot be used is passed over here: what is wrong with it is said when it is filled.
    """
    if all(said.complete or len(said.drawn) < 2 for _, said in gathered):
        return [None] * len(gathered)  # there are no strokes to fill
    speaking = [index for index, (_, said) in enumerate(gathered) if len(said.drawn) > 1]
    asked = np.linspace(0, len(speaking) - 1, min(len(speaking), MOST_IMAGES)).round().astype(int)
    found: Lessons = [None] * len(gathered)
    for number, place in enumerate(asked):
        sample, said = gathered[speaking[place]]
        yield Progress(number / len(asked), f"learning from {sample.name}")
        try:
            found[speaking[place]] = scribbles.lesson(sample.image(), said.labels)
        except AnnotationError:
            continue
    return found


def nothing(gathered: Gathered) -> Work[Lessons]:
    """For methods that do not listen to other images."""
    yield Progress(0.0, "filling")
    return [None] * len(gathered)


def folds(taught: Lessons) -> Iterator[Fold]:
    """The images dealt into folds; all in one where there is nothing to learn."""
    if not any(one is not None for one in taught):
        yield Fold(range(len(taught)), [])
        return
    for fold in range(min(FOLDS, len(taught))):
        members = range(fold, len(taught), FOLDS)
        yield Fold(members, [one for index, one in enumerate(taught) if index % FOLDS != fold])
