"""Training and prediction for another process: small things in, small things out, networks kept between calls."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segstudio.core.classes import LabelSet
from segstudio.core.errors import TrainingError
from segstudio.core.labels import UNLABELLED
from segstudio.core.progress import Work
from segstudio.learning.config import TrainConfig
from segstudio.learning.data import TrainingSample
from segstudio.learning.inference import Predictor, labels_of, predict, predictor
from segstudio.learning.team import Team
from segstudio.learning.trainer import train
from segstudio.learning.uncertainty import confidence, entropy


@dataclass(frozen=True, eq=False)
class Predicted:
    """What a network says of one image."""

    labels: NDArray[np.uint16]
    """``(H, W)`` class ids; 255 where the network's class is none of those asked for."""
    confidence: NDArray[np.float32]
    """``(H, W)``: the probability of the label."""
    uncertainty: float
    """Mean entropy in [0, 1]: 0 is sure everywhere."""

    begin_from: Path | None = None,

@dataclass(frozen=True)
class Trained:
    """How a training run ended, without the network, which is in the run's folder."""

    checkpoint: Path | None
    miou: float | None
    iou: tuple[float, ...]
    epochs: int
    seconds: float


def predict_labels(
    checkpoint: Path, image: NDArray[Any], class_ids: Sequence[int] | None = None, **options: Any
) -> Work[Predicted]:
    """Labels of *image* by the network in *checkpoint*, which stays loaded for the next call.

    *class_ids* are the classes that may be written; *options* are those of
    :func:`segstudio.learning.inference.predict`.
    """
    network = _loaded(checkpoint, checkpoint.stat().st_mtime_ns if checkpoint.is_file() else 0)
    probabilities = yield from predict(network, image, **options)
    labels = labels_of(probabilities, network.classes)
    if class_ids is not None:
        labels = np.where(np.isin(labels, list(class_ids)), labels, np.uint16(UNLABELLED))
    return Predicted(labels, confidence(probabilities), float(entropy(probabilities).mean()))


def loaded_classes(checkpoint: Path) -> LabelSet | None:
    """The classes of the network in *checkpoint*; ``None`` for one that came without."""
    return _loaded(checkpoint, checkpoint.stat().st_mtime_ns if checkpoint.is_file() else 0).classes


@lru_cache(maxsize=2)
def _loaded(checkpoint: Path, _changed: int) -> Predictor:
    return predictor(checkpoint)


def train_run(
    config: Mapping[str, Any],
    samples: Sequence[TrainingSample],
    classes: LabelSet,
    folder: Path,
    *,
    resume: bool = False,
    team: Team | None = None,
) -> Work[Trained]:
    """Train as *config* (fields of :class:`TrainConfig`; ``None`` is a field's default) says, files in *folder*.

    *begin_from* is a checkpoint whose weights are the first. *team* is that of
    :func:`segstudio.learning.distributed.assemble`, where several processes train together.
    """
    given = {name: value for name, value in config.items() if value is not None}
    try:
        result = yield from train(
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
