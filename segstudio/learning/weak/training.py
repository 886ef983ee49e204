"""One call for training by every kind of supervision; rounds of filling and learning (ScribbleSup) are in
:mod:`segstudio.learning.weak.rounds`."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from segstudio.core.classes import LabelSet
from segstudio.core.errors import OptionError, TrainingError
from segstudio.core.progress import Progress, Work, scaled
from segstudio.learning.config import TrainConfig
from segstudio.learning.data import Array, TrainingSample
from segstudio.learning.records import TrainResult
from segstudio.learning.team import Team
from segstudio.learning.trainer import train
from segstudio.learning.weak.evidence import Evidence
from segstudio.learning.weak.guessing import STEPS, Guessing, Labelled, Said
from segstudio.learning.weak.lessons import Gathered
from segstudio.learning.weak.rounds import alternate, fill_all

LARGEST_CROP = 512
"""Up to which whole images are learned from where tags speak of whole images."""


def train_weakly(
    config: TrainConfig,
    samples: Sequence[TrainingSample],
    *,
    classes: LabelSet,
    folder: str | Path | None = None,
    validation: Sequence[TrainingSample] = (),
    start: str | Path | None = None,
    resume: bool = False,
    team: Team | None = None,
) -> Work[TrainResult]:
    """Train as ``config.supervision`` says; other arguments, result and errors as of
    :func:`segstudio.learning.trainer.train`.

    *samples* may have ``boxes()``, ``tags()`` and ``provenance()`` beside their labels (see
    :meth:`segstudio.learning.weak.evidence.Evidence.of`). Labels that a machine made count as masks with ``"full"``
    only; the other kinds start from what people drew, boxed, tagged or imported.

    Raises :class:`TrainingError` where no sample says what this kind of supervision needs, and where what a sample says
    contradicts itself.
    """
    options: dict[str, Any] = {"classes": classes, "folder": folder, "start": start, "resume": resume, "team": team}
    if config.supervision == "full":
        return (yield from train(config, samples, validation=validation, **options))
    gathered = yield from scaled(gather(samples, classes), 0.0, 0.02)
    if config.supervision == "scribblesup":
        if team is not None and team.size > 1:
            raise OptionError("rounds of filling and learning run in one process")
        return (yield from alternate(config, gathered, classes, folder, validation, start=start, resume=resume))
    if config.supervision == "partial":
        drawn = [Drawn(sample, said) for sample, said in gathered]
        part = Labelled([said.complete for _, said in gathered], config.full_share)
        return (yield from train(config, drawn, validation=validation, supervision=part, **options))
    if config.supervision == "pseudo":
        where = None if folder is None else Path(folder) / "filled"
        filled = yield from scaled(fill_all(gathered, classes, config, where), 0.02, 0.1)
        part = Labelled([said.complete for _, said in gathered], config.full_share)
        work = train(config, filled, validation=validation, supervision=part, **options)
        return (yield from scaled(work, 0.1, 1.0))
    return (yield from _guess(config, gathered, classes, validation, options))


def gather(samples: Sequence[TrainingSample], classes: LabelSet) -> Work[Gathered]:
    """What people have said of each sample; those of which nothing is known are left out."""
    found: Gathered = []
    for index, sample in enumerate(samples):
        yield Progress(index / len(samples), f"looking at {sample.name}")
        said = Evidence.of(sample)
        if not said.silent:
            said.presence(list(classes))
            found.append((sample, said))
    if not found:
        raise TrainingError(
            "nobody has said anything of an image yet: draw strokes or boxes, or tag images, then train"
        )
    return found


@dataclass(frozen=True, eq=False)
class Drawn:
    """A sample by what people drew, and its boxes as hints."""

    sample: TrainingSample
    said: Evidence

    @property
    def name(self) -> str:
        return self.sample.name

    def image(self) -> Array:
        return self.sample.image()

    def labels(self) -> Array:
        return self.said.labels

    def hints(self) -> Array | None:
        if self.said.complete or not self.said.boxes:
            return None
        shape = self.said.labels.shape
        return self.said.rectangles((shape[0], shape[1]))


def _guess(
    config: TrainConfig,
    gathered: Gathered,
    classes: LabelSet,
    validation: Sequence[TrainingSample],
    options: dict[str, Any],
) -> Work[TrainResult]:
    ids = list(classes)
    if ids[0] != 0:
        raise TrainingError(
            f"guessing needs class 0, the background, among the classes; there are {classes.describe()}"
        )
    said = [_said(evidence, ids) for _, evidence in gathered]
    if not any(line.known is not None for line in said):
        raise TrainingError("no image has boxes or tags to guess from; train with full masks or strokes")
    if config.crop is None and any(line.known is not None and not line.boxed for line in said):
        # tags speak of whole images, so that crops should show much of them
        largest = max(max(evidence.labels.shape) for _, evidence in gathered)
        config = config.model_copy(update={"crop": min(LARGEST_CROP, math.ceil(largest / 32) * 32)})
    drawn = [Drawn(sample, evidence) for sample, evidence in gathered]
    part = Guessing(STEPS[config.supervision], said, config.full_share)
    return (yield from train(config, drawn, validation=validation, supervision=part, **options))


def _said(evidence: Evidence, ids: Sequence[int]) -> Said:
    if evidence.complete or not (evidence.shown() or evidence.tags):
        return Said(None, False, evidence.complete)
    return Said(evidence.presence(ids), bool(evidence.boxes), False)
