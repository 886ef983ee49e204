"""One trainer for every network, loss and kind of supervision; its parts are passed in.

:func:`train` is work that yields after every step: a window draws it, a command line prints it, ``close()`` stops it.
What is random depends on the seed and on counters alone, so a run that was stopped or killed goes on as if nothing had
happened. Here a run is prepared; the rooms that it goes through are in :mod:`segstudio.learning.training`.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator, Sequence
from pathlib import Path

import torch

from segstudio.core.classes import LabelSet
from segstudio.core.errors import CheckpointError, OptionError, TrainingError, storage_errors
from segstudio.core.progress import Progress, Work, scaled
from segstudio.learning.checkpoint import load_checkpoint, load_weights
from segstudio.learning.config import TrainConfig, recommended_options
from segstudio.learning.data import (
    ArraySample,
    ClassMap,
    FileSample,
    Normalisation,
    SampleStore,
    Survey,
    TrainingSample,
    folder_samples,
    labelled_channels,
    split,
)
from segstudio.learning.devices import Device, pick_device
from segstudio.learning.loader import Batch
from segstudio.learning.networks import NETWORKS, create_network
from segstudio.learning.networks.base import SegmentationNetwork
from segstudio.learning.records import STATE, TrainingMetrics, TrainResult, read_record
from segstudio.learning.team import Alone, Team
from segstudio.learning.training.objective import Objective, SupervisedObjective, Supervision, supervised
from segstudio.learning.training.run import Run

__all__ = [
    "ArraySample",
    "Batch",
    "FileSample",
    "Objective",
    "SupervisedObjective",
    "Supervision",
    "TrainConfig",
    "TrainResult",
    "TrainingMetrics",
    "TrainingSample",
    "folder_samples",
    "train",
]


def train(
    config: TrainConfig,
    samples: Sequence[TrainingSample],
    *,
    classes: LabelSet,
    folder: str | Path | None = None,
    validation: Sequence[TrainingSample] = (),
    network: SegmentationNetwork | None = None,
    start: str | Path | None = None,
    resume: bool = False,
    objective: Objective | None = None,
    supervision: Supervision | None = None,
    team: Team | None = None,
) -> Work[TrainResult]:
    """Train a network on *samples*; the detail of every progress after the first few is a :class:`TrainingMetrics`.

    Channel k of the network is the k-th class of *classes*; labels are class ids, 255 where nothing is known, so that
    strokes alone will do. *folder* receives the records, the best checkpoint by mIoU (``best.safetensors``; the newest
    where no samples are kept aside, for those that were learned from cannot say which is better) and what *resume*
    needs to go on exactly where a run was stopped; without it nothing is written. *validation* are samples to measure
    on; without any, ``config.validation_fraction`` of *samples* is kept aside.

    The parts can be passed in: *network* (of as many channels as there are classes) instead of the one that *config*
    names, *start*, a checkpoint or published weights to begin from (its head is left out where the classes differ),
    *objective* instead of ``config.loss``, and *supervision* where labels are not masks (``config.supervision`` is
    what :func:`segstudio.learning.weak.training.train_weakly` makes it from). A network of instances learns by its own
    losses of proposals, boxes, classes and masks from the objects of the samples (connected regions where none are told
    apart).

    The members of a *team* share every batch (``config.batch`` is that of all); its first member measures, writes and
    tells.

    ``close()`` stops: the best checkpoint so far stays (the weights as they are, if none was measured yet, or no
    samples are kept aside). What of the network is frozen afterwards is what was before, so that it can be trained on.

    Raises :class:`TrainingError` where there is nothing to learn from (no labelled pixel, one class only), sizes or
    channels do not fit, memory is too small even for one small crop, or the loss is no number any more;
    :class:`OptionError` for options that do not exist; :class:`StorageError` where the folder cannot be written.
    """
    if config.supervision != "full" and supervision is None:
        raise OptionError(f"training by {config.supervision!r} starts in segstudio.learning.weak.training.train_weakly")
    team = team or Alone()
    folder = None if folder is None else _made(Path(folder))
    if resume and (folder is None or not (folder / STATE).exists()):
        raise TrainingError(f"{folder or 'a run without a folder'}: there is no stopped run to resume")
    device = pick_device(config.device if team.device is None else str(team.device))
    class_map = ClassMap(classes)
    store = SampleStore([*samples, *validation], class_map, cache_bytes=config.cache_mb << 20)
    task = network.task if network is not None else NETWORKS[config.network].task
    store.with_objects = task == "instance"
    if network is not None:
        store.channels = network.in_channels
    if not samples:
        raise TrainingError("there is no labelled sample to learn from")
    survey = yield from scaled(store.survey(), 0.0, 0.02)
    learned, kept = _split(survey, len(samples), config, supervision)
    _check_labels(survey, learned, classes, one_class_will_do=supervision is not None and supervision.guesses)
    with _torch_settings(config):
        torch.manual_seed(config.seed)
        normalisation = _normalisation(config, survey, start, folder if resume else None)
        built = network or _build(config, device, len(classes), survey.channels)
        if built.num_classes != len(classes):
            raise TrainingError(f"the network tells {built.num_classes} classes apart, the project has {len(classes)}")
        if start is not None:
            report = load_weights(built, start, reset_head=True, adapt_input=True)
            yield Progress(0.02, f"{Path(start).name}: {report}")
        trained = [parameter.requires_grad for parameter in built.parameters()]
        if objective is None and built.task == "instance":
            _check_background(built, classes)
        else:
            objective = objective or supervised(config, built, survey.counts[learned])
            objective = objective if supervision is None else supervision.objective(objective)
        run = Run(config, classes, device, built, objective, store, survey, learned, kept, normalisation, folder, team)
        run.order = None if supervision is None else supervision.order(learned)
        result = yield from run.work(resume)
        for parameter, was_trained in zip(result.network.parameters(), trained, strict=True):
            parameter.requires_grad_(was_trained)  # a running mean takes none, nor does a part whose rate is 0
    return result


def _made(folder: Path) -> Path:
    with storage_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
    return folder


def _split(
    survey: Survey, given: int, config: TrainConfig, supervision: Supervision | None
) -> tuple[list[int], list[int]]:
    """Numbers of the samples to learn from and to validate on; the latter are the ones after the *given*, if any."""
    labelled = survey.counts.sum(1) > 0
    teaching = labelled if supervision is None else supervision.teaches(survey.counts)
    if len(survey.shapes) > given:
        return [i for i in range(given) if teaching[i]], [i for i in range(given, len(labelled)) if labelled[i]]
    _, kept = split(survey.counts, config.validation_fraction, config.seed)
    return [i for i in range(given) if teaching[i] and i not in kept], kept


def _check_labels(
    survey: Survey, learned: Sequence[int], classes: LabelSet, *, one_class_will_do: bool = False
) -> None:
    if not learned:
        raise TrainingError("there is no labelled sample to learn from: every pixel is unlabelled")
    found = labelled_channels(survey.counts, learned)
    if len(found) == 1 and not one_class_will_do:
        name = list(classes.values())[found[0]].name
        raise TrainingError(f"only the class {name!r} is labelled; a network needs pixels of at least two classes")


def _normalisation(
    config: TrainConfig, survey: Survey, start: str | Path | None, resumed: Path | None
) -> Normalisation:
    """That of the run in *resumed*, or of the checkpoint that training starts from, else as *config* says."""
    if resumed is not None:
        return Normalisation.from_json(read_record(resumed)["normalisation"])
    if start is not None:
        with contextlib.suppress(CheckpointError):
            stored = load_checkpoint(start).config.get("normalisation")
            if stored:
                return Normalisation.from_json(stored)
    return Normalisation() if config.normalisation == "image" else Normalisation.of_pixels(survey.pixels)


def _build(config: TrainConfig, device: Device, num_classes: int, channels: int) -> SegmentationNetwork:
    options = config.network_options
    return create_network(
        config.network,
        num_classes,
        channels,
        backbone=config.backbone,
        pretrained=config.pretrained,
        **(recommended_options(config.network) if options is None else options),
    )


def _check_background(network: SegmentationNetwork, classes: LabelSet) -> None:
    first = next(iter(classes))
    if first != 0:
        raise TrainingError(
            f"{network.name or 'the network'} finds objects before a background, which is class 0; the classes are "
            f"{classes.describe()}"
        )


@contextlib.contextmanager
def _torch_settings(config: TrainConfig) -> Iterator[None]:
    """Threads and determinism for the run, as they were afterwards."""
    threads, deterministic = torch.get_num_threads(), torch.are_deterministic_algorithms_enabled()
    warn_only = torch.is_deterministic_algorithms_warn_only_enabled()
    benchmark = torch.backends.cudnn.benchmark
    if config.threads is not None:
        torch.set_num_threads(config.threads)
    if config.deterministic:
        os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
        torch.use_deterministic_algorithms(True, warn_only=True)
    torch.backends.cudnn.benchmark = not config.deterministic
    try:
        yield
    finally:
        torch.set_num_threads(threads)
        torch.use_deterministic_algorithms(deterministic, warn_only=warn_only)
        torch.backends.cudnn.benchmark = benchmark
