"""Training for another process: small things in, small things out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from segstudio.core.classes import LabelSet
from segstudio.core.errors import TrainingError
from segstudio.core.progress import Work
from segstudio.learning.config import TrainConfig
from segstudio.learning.data import TrainingSample
from segstudio.learning.team import Team
from segstudio.learning.weak.training import train_weakly


@dataclass(frozen=True)
class Trained:
    """How a training run ended, without the network, which is in the run's folder."""

    checkpoint: Path | None
    miou: float | None
    iou: tuple[float, ...]
    epochs: int
    seconds: float


def train_run(
    config: Mapping[str, Any],
    samples: Sequence[TrainingSample],
    classes: LabelSet,
    folder: Path,
    *,
    resume: bool = False,
    begin_from: Path | None = None,
    team: Team | None = None,
) -> Work[Trained]:
    """Train as *config* (fields of :class:`TrainConfig`; ``None`` is a field's default) says, files in *folder*.

    *begin_from* is a checkpoint whose weights are the first. *team* is that of
    :func:`segstudio.learning.distributed.assemble`, where several processes train together.
    """
    given = {name: value for name, value in config.items() if value is not None}
    try:
        result = yield from train_weakly(
            TrainConfig.parse(given),
            samples,
            classes=classes,
            folder=folder,
            start=begin_from,
            resume=resume,
            team=team,
        )
    except MemoryError as error:
        raise TrainingError("memory ran out; train with a smaller crop, batch or network") from error
    return Trained(result.checkpoint, result.miou, result.iou, result.epochs, result.seconds)
