"""One trainer for every network, loss and kind of supervision; its parts are passed in.

:func:`train` is work that yields after every step: a window draws it, a command line prints it, ``close()`` stops it.
What is random depends on the seed and on counters alone, so a run that was stopped or killed goes on as if nothing had
happened.
"""

from __future__ import annotations

import contextlib
import copy
import math
import os
import pickle
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from segstudio.algorithms import metrics as score_functions
from segstudio.core.classes import LabelSet
from segstudio.core.errors import CheckpointError, OptionError, TrainingError, storage_errors
from segstudio.core.labels import UNLABELLED
from segstudio.core.progress import Progress, Work, scaled
from segstudio.io.atomic import replacing
from segstudio.learning.checkpoint import load_checkpoint, load_weights, save_checkpoint
from segstudio.learning.config import TrainConfig, recommended_crop, recommended_options
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
from segstudio.learning.devices import Device, Precision, pick_device
from segstudio.learning.inference import Predictor, autocast, labels_of, predict
from segstudio.learning.instances import instance_loss
from segstudio.learning.loader import Batch, CropLoader, Order
from segstudio.learning.losses import create_loss
from segstudio.learning.losses.base import Loss
from segstudio.learning.losses.class_weights import class_weights
from segstudio.learning.networks import NETWORKS, create_network
from segstudio.learning.networks.base import NetworkOutput, SegmentationNetwork
from segstudio.learning.records import (
    BEST,
    STATE,
    Ending,
    Preview,
    RunRecorder,
    TrainingMetrics,
    TrainResult,
    process_memory,
    versions,
    write_record,
)
from segstudio.learning.schedules import rate
from segstudio.learning.team import Alone, Team

__all__ = [
    "ArraySample",
    "Batch",
    "FileSample",
    "Objective",
    "TrainConfig",
    "TrainResult",
    "TrainingMetrics",
    "TrainingSample",
    "folder_samples",
    "train",
]

DEFAULT_EPOCHS = 60
FEWEST_CROPS = 64
"""An epoch goes through the samples as often as gives this many crops."""
SMALLEST_CROP = 64
"""Down to which crops shrink when memory runs out."""
PREVIEW_SIDE = 512
"""Previews are thinned to this many pixels a side."""
STATE_SECONDS = 60.0
"""How much work a killed run loses at most, about."""


class Objective(Protocol):
    """What a step minimises."""

    def __call__(self, output: NetworkOutput, batch: Batch) -> Tensor:
        """A scalar for the network's *output* on *batch*, both on one device."""


class Supervision(Protocol):
    """How labels that say less than a mask become targets; a part that :func:`train` takes."""

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
    strokes alone will do. *folder* receives the records, the best checkpoint by mIoU (``best.safetensors``) and what
    *resume* needs to go on exactly where a run was stopped; without it nothing is written. *validation* are samples to
    measure on; without any, ``config.validation_fraction`` of *samples* is kept aside.

    The parts can be passed in: *network* (of as many channels as there are classes) instead of the one that *config*
    names, *start*, a checkpoint or published weights to begin from (its head is left out where the classes differ),
    *objective* instead of ``config.loss``, and *supervision* where labels are not masks (``config.supervision`` is
    what :func:`segstudio.learning.weak.training.train_weakly` makes it from). A network of instances learns by its own
    losses of proposals, boxes, classes and masks from the objects of the samples (connected regions where none are told
    apart).

    The members of a *team* share every batch (``config.batch`` is that of all); its first member measures, writes and
    tells.

    ``close()`` stops: the best checkpoint so far stays (the weights as they are, if none was measured yet).

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
        normalisation = _normalisation(config, survey, start)
        built = network or _build(config, device, len(classes), survey.channels)
        if built.num_classes != len(classes):
            raise TrainingError(f"the network tells {built.num_classes} classes apart, the project has {len(classes)}")
        if start is not None:
            load_weights(built, start, reset_head=True, adapt_input=True)
        if objective is None and built.task == "instance":
            _check_background(built, classes)
        else:
            objective = objective or _objective(config, built, survey, learned)
            objective = objective if supervision is None else supervision.objective(objective)
        run = _Run(config, classes, device, built, objective, store, survey, learned, kept, normalisation, folder, team)
        run.order = None if supervision is None else supervision.order(learned)
        result = yield from run.work(resume)
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


def _normalisation(config: TrainConfig, survey: Survey, start: str | Path | None) -> Normalisation:
    """That of the checkpoint that training starts from, else as *config* says."""
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


def _objective(
    config: TrainConfig, network: SegmentationNetwork, survey: Survey, learned: Sequence[int]
) -> SupervisedObjective:
    options = dict(config.loss_options)
    if config.class_weights != "none":
        counts = torch.from_numpy(survey.counts[list(learned)])
        options["weight"] = class_weights(counts, config.class_weights).tolist()
    weights = network.aux_weights if config.aux_weights is None else config.aux_weights
    return SupervisedObjective(create_loss(config.loss, **options), weights)


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


@dataclass(frozen=True)
class _Validation:
    miou: float
    iou: tuple[float, ...]
    confusion: NDArray[np.int64]
    preview: Preview


@dataclass
class _Counters:
    """Where a run stands; what is not weights."""

    step: int = 0
    items: int = 0
    elapsed: float = 0.0
    best: float = -math.inf
    stale: int = 0
    """Validations since the best one."""
    batch: int = 1
    accumulate: int = 1
    crop: int = 256
    validated_at: int = -1
    """The step of the last validation."""


@dataclass
class _Run:
    """A run of training: everything that a step changes."""

    config: TrainConfig
    classes: LabelSet
    device: Device
    network: SegmentationNetwork
    objective: Objective | None
    """``None``: the network's own, which learns instances."""
    store: SampleStore
    survey: Survey
    learned: list[int]
    kept: list[int]
    normalisation: Normalisation
    folder: Path | None
    team: Team = field(default_factory=Alone)
    order: Order | None = None
    counters: _Counters = field(default_factory=_Counters)
    best_iou: tuple[float, ...] = ()
    _last: _Validation | None = None
    _note: str = ""
    _best_weights: dict[str, Tensor] | None = None
    _validation_seconds: float = 0.0
    _state_saved: float = 0.0

    def __post_init__(self) -> None:
        config = self.config
        self.precision: Precision = self.device.precision if config.amp == "auto" else config.amp
        self.network.to(self.device.device)
        if config.channels_last:
            self.network.to(memory_format=torch.channels_last)
        if isinstance(self.objective, nn.Module):
            self.objective.to(self.device.device)
        self.optimiser = _optimiser(config, self.network)
        self.scaler = torch.amp.GradScaler(self.device.device.type, enabled=self.precision == "fp16")
        self.mean = _running_mean(self.network) if config.ema else None
        largest = max(max(shape) for shape in self.survey.shapes)
        side = math.ceil(largest / 32) * 32
        crop = min(config.crop or recommended_crop(self.survey.shapes), max(SMALLEST_CROP, side))
        batch = math.ceil(config.batch / self.team.size)
        self.counters.batch, self.counters.accumulate, self.counters.crop = batch, config.accumulate, crop
        self.effective = batch * self.team.size * config.accumulate
        crops = len(self.learned) * math.ceil(FEWEST_CROPS / len(self.learned))
        self.epoch_steps = max(1, math.ceil(crops / self.effective))
        endless = config.epochs is None and config.minutes is not None
        self.epochs = None if endless else config.epochs or DEFAULT_EPOCHS

    # -- the work ------------------------------------------------------------------------------------------------

    def work(self, resume: bool) -> Work[TrainResult]:
        ending: Ending = "stopped"
        started = datetime.now(UTC)
        if resume:
            self._restore()
        self.team.same_weights(self.network)
        if self.team.rank:
            # draws of its own; the weights were drawn alike before
            torch.manual_seed(hash((self.config.seed, self.team.rank, self.counters.step)))
        loader = self._loader()
        recorder = RunRecorder(self._written, self.class_names, self.counters.step)
        self._record(started, "running")
        try:
            ending = yield from self._steps(loader, recorder)
        finally:
            loader.close()
            recorder.close()
            self._keep_what_there_is()
            self._record(started, ending)
        return self._result(ending)

    def _steps(self, loader: CropLoader, recorder: RunRecorder) -> Work[Ending]:
        counters, config = self.counters, self.config
        speed = _Speed()
        while True:
            begun = time.monotonic()
            counters.elapsed = self.team.first(counters.elapsed)
            if self.done >= 1:
                return "out of time" if self.epochs is None or counters.step < self.total_steps else "finished"
            if config.patience is not None and self.team.first(counters.stale) >= config.patience:
                return "no longer improving"
            loss = self._step(loader)
            counters.step += 1
            counters.items = loader.position
            counters.elapsed += time.monotonic() - begun
            speed.add(self.effective, time.monotonic() - begun)
            validated = self._validation_due()
            if validated:
                yield from self._validate()
            metrics = self._metrics(loss, speed, validated)
            recorder.add(metrics)
            begun = time.monotonic()
            if begun - self._state_saved > STATE_SECONDS:
                recorder.flush()  # the curve on disk must not end before the state that it is continued from
                self._save_state()
            counters.elapsed += time.monotonic() - begun
            yield Progress(0.02 + 0.98 * min(1.0, self.done), self._message(metrics), metrics)
            self._note = ""

    @property
    def class_names(self) -> tuple[str, ...]:
        return tuple(label.name for label in self.classes.values())

    @property
    def total_steps(self) -> int:
        return (self.epochs or 0) * self.epoch_steps

    @property
    def done(self) -> float:
        """The share of the run that lies behind, by steps or by time, whichever is nearer its end."""
        by_steps = self.counters.step / self.total_steps if self.total_steps else 0.0
        by_time = self.counters.elapsed / (60 * self.config.minutes) if self.config.minutes else 0.0
        return max(by_steps, by_time)

    @property
    def epoch(self) -> int:
        return max(0, self.counters.step - 1) // self.epoch_steps + 1

    def _loader(self) -> CropLoader:
        workers = self.config.workers
        if workers is None:
            # on the CPU the device's own threads have all cores; a crop costs a hundredth of a step there
            workers = 0 if self.device.device.type == "cpu" else min(8, max(1, (os.cpu_count() or 2) - 1))
        return CropLoader(
            self.store,
            self.learned,
            self.config,
            self.normalisation,
            crop=self.counters.crop,
            device=self.device.device,
            workers=workers,
            start=self.counters.items,
            member=self.team.rank,
            members=self.team.size,
            order=self.order,
        )

    @property
    def _written(self) -> Path | None:
        """The folder, for the one member that writes."""
        return self.folder if self.team.rank == 0 else None

    # -- a step --------------------------------------------------------------------------------------------------

    def _step(self, loader: CropLoader) -> float:
        """One step of the optimiser; smaller batches, then crops, where memory runs out."""
        first = loader.position
        while True:
            loss: float | None = None
            try:
                loss = self._gradients(loader)
            except RuntimeError as error:
                if not _out_of_memory(error):
                    raise
            # beyond the except block, for the traceback holds the tensors of the failed step; and where one member of
            # a team ran out of memory, all step down
            if self.team.every(loss is not None) and loss is not None:
                break
            self.optimiser.zero_grad(set_to_none=True)
            if self.device.device.type == "cuda":
                torch.cuda.empty_cache()
            self._shrink(loader)
            loader.rewind(first)
        loss = self.team.mean(loss)
        if not math.isfinite(loss):
            raise TrainingError(
                f"the loss is no number any more after {self.counters.step + 1} steps; try a lower learning rate"
            )
        self._update()
        return loss

    def _gradients(self, loader: CropLoader) -> float:
        """The loss of the next batches; their gradients stand in the parameters afterwards."""
        network, counters = self.network, self.counters
        network.train()
        total = torch.zeros((), device=self.device.device)
        for _ in range(counters.accumulate):
            batch = loader.batch(counters.batch)
            images = batch.images
            if self.config.channels_last:
                images = images.contiguous(memory_format=torch.channels_last)
            with autocast(self.device.device, self.precision):
                loss = self._loss(batch._replace(images=images)) / counters.accumulate
            self.scaler.scale(loss).backward()  # type: ignore[no-untyped-call]
            total += loss.detach()
        return float(total)

    def _loss(self, batch: Batch) -> Tensor:
        if self.objective is None:
            return instance_loss(self.network, batch)
        return self.objective(self.network(batch.images), batch)

    def _update(self) -> None:
        """Move the weights along the gradients."""
        network, counters = self.network, self.counters
        share = rate(self.config.schedule, self.done, self.config.warmup)
        for group in self.optimiser.param_groups:
            group["lr"] = group["peak"] * share
        self.team.average_gradients(network.parameters())
        if self.config.clip is not None:
            self.scaler.unscale_(self.optimiser)
            nn.utils.clip_grad_norm_(network.parameters(), self.config.clip)
        self.scaler.step(self.optimiser)
        self.scaler.update()
        self.optimiser.zero_grad(set_to_none=True)
        if self.mean is not None:
            _follow(self.mean, network, min(self.config.ema, (1 + counters.step) / (10 + counters.step)))

    def _shrink(self, loader: CropLoader) -> None:
        counters = self.counters
        if counters.batch > 1:
            smaller = counters.batch // 2
            # as many crops a step as before, so that the learning rate stays right
            counters.accumulate = math.ceil(counters.batch * counters.accumulate / smaller)
            self._note = f"out of memory: batch {counters.batch} -> {smaller}"
            counters.batch = smaller
        elif counters.crop > SMALLEST_CROP:
            smaller = max(SMALLEST_CROP, counters.crop * 3 // 4 // 32 * 32)
            self._note = f"out of memory: crop {counters.crop} -> {smaller}"
            counters.crop = smaller
            loader.resize(smaller)
        else:
            raise TrainingError(
                f"{self.network.name or 'the network'} does not fit into the memory of {self.device.description} even "
                f"with one crop of {counters.crop} pixels; pick a smaller network"
            )

    # -- validation ----------------------------------------------------------------------------------------------

    def _validation_due(self) -> bool:
        """At the end of an epoch, but for at most about a fifth of the time, and at the end of the run."""
        counters = self.counters
        if self.team.rank:
            return False
        if self.done >= 1:
            return True
        if counters.step % self.epoch_steps:
            return False
        return self.config.deterministic or counters.elapsed >= 5 * self._validation_seconds

    def _validate(self) -> Work[None]:
        """Measure, and keep the weights where they are the best so far."""
        begun = time.monotonic()
        spent = 0.0
        network = self.mean if self.mean is not None else self.network
        ready = Predictor(network.eval(), self.normalisation, self.classes, self.device.device, self.precision)
        matrix = np.zeros((len(self.classes), len(self.classes)), np.int64)
        measured = self.kept or self.learned[:8]
        preview: Preview | None = None
        for number, index in enumerate(measured):
            sample = self.store[index]
            probabilities = yield from scaled(predict(ready, sample.image), self._fraction, self._fraction)
            channels = labels_of(probabilities)
            matrix += score_functions.confusion(channels, sample.target, len(self.classes))
            if preview is None:
                preview = self._preview(index, channels)
            spent += time.monotonic() - begun
            yield Progress(self._fraction, f"validating {number + 1} of {len(measured)}")
            begun = time.monotonic()
        assert preview is not None
        scores = score_functions.scores(matrix)
        self._last = _Validation(scores.miou, tuple(float(v) for v in scores.iou), matrix, preview)
        self.counters.validated_at = self.counters.step
        if scores.miou > self.counters.best:
            self.counters.best, self.counters.stale = scores.miou, 0
            self.best_iou = self._last.iou
            self._keep_best(network)
        elif matrix.any():
            self.counters.stale += 1
        self._validation_seconds += spent + time.monotonic() - begun
        self.counters.elapsed += spent + time.monotonic() - begun

    @property
    def _fraction(self) -> float:
        return 0.02 + 0.98 * min(1.0, self.done)

    def _preview(self, index: int, channels: NDArray[np.uint16]) -> Preview:
        ids = np.append(np.array(list(self.classes), np.uint16), np.zeros(256 - len(self.classes), np.uint16))
        ids[UNLABELLED] = UNLABELLED
        sample = self.store[index]
        step = max(1, math.ceil(max(channels.shape) / PREVIEW_SIDE))
        image, target, prediction = (array[::step, ::step] for array in (sample.image, sample.target, channels))
        return Preview(self.store.samples[index].name, image.copy(), ids[target], ids[prediction])

    # -- what is kept --------------------------------------------------------------------------------------------

    def _checkpoint_config(self) -> dict[str, Any]:
        return {
            "train": self.config.model_dump(mode="json"),
            "normalisation": self.normalisation.to_json(),
            "miou": None if self.counters.best == -math.inf else self.counters.best,
            "iou": [None if math.isnan(v) else v for v in self.best_iou],
            "steps": self.counters.step,
        }

    def _keep_best(self, network: SegmentationNetwork) -> None:
        self._best_weights = {k: v.detach().to("cpu", copy=True) for k, v in network.state_dict().items()}
        if self._written is not None and network.name:
            save_checkpoint(self._written / BEST, network, classes=self.classes, config=self._checkpoint_config())

    def _keep_what_there_is(self) -> None:
        """When a run ends or is stopped: a checkpoint in any case, and what resuming needs."""
        if self._best_weights is None and self.counters.step and not self._has_best:
            self._keep_best(self.mean if self.mean is not None else self.network)
        if self.counters.step:
            self._save_state()

    @property
    def _has_best(self) -> bool:
        return self.folder is not None and self.counters.best > -math.inf and (self.folder / BEST).exists()

    def _save_state(self) -> None:
        """Everything that the next step depends on, as tensors and plain values."""
        if self._written is None:
            return
        state = {
            "counters": vars(self.counters),
            "best_iou": list(self.best_iou),
            "fingerprint": self.survey.fingerprint,
            "network": self.network.state_dict(),
            "mean": None if self.mean is None else self.mean.state_dict(),
            "optimiser": self.optimiser.state_dict(),
            "scaler": self.scaler.state_dict(),
            "random": torch.get_rng_state(),
            "random_device": torch.cuda.get_rng_state() if self.device.device.type == "cuda" else None,
        }
        with replacing(self._written / STATE, durable=False) as file:
            torch.save(state, file)
        self._state_saved = time.monotonic()

    def _restore(self) -> None:
        assert self.folder is not None
        path = self.folder / STATE
        try:
            state = torch.load(path, map_location=self.device.device, weights_only=True)
            fingerprint = state["fingerprint"]
        except (pickle.UnpicklingError, RuntimeError, KeyError, EOFError, TypeError) as error:
            raise CheckpointError(path, "it is not the state of a stopped run, or is damaged") from error
        if fingerprint != self.survey.fingerprint:
            raise TrainingError(
                f"{self.folder}: the samples have changed since it was stopped; start a new run from its checkpoint"
            )
        try:
            self.network.load_state_dict(state["network"])
            if self.mean is not None:
                self.mean.load_state_dict(state["mean"] or state["network"])
            self.optimiser.load_state_dict(state["optimiser"])
        except (RuntimeError, ValueError, KeyError) as error:
            raise TrainingError(f"{self.folder}: the stopped run trained another network") from error
        self.scaler.load_state_dict(state["scaler"])
        self.counters = _Counters(**state["counters"])
        self.best_iou = tuple(state["best_iou"])
        torch.set_rng_state(state["random"].cpu())
        if state["random_device"] is not None and self.device.device.type == "cuda":
            torch.cuda.set_rng_state(state["random_device"].cpu())

    def _record(self, started: datetime, status: str) -> None:
        if self._written is None:
            return
        names = [sample.name for sample in self.store.samples]
        record: Mapping[str, Any] = {
            "status": status,
            "started": started.isoformat(timespec="seconds"),
            "changed": datetime.now(UTC).isoformat(timespec="seconds"),
            "seconds": round(self.counters.elapsed, 1),
            "steps": self.counters.step,
            "epochs": self.epoch,
            **self._checkpoint_config(),
            "classes": self.classes.to_json(),
            "network": self.network.config,
            "device": self.device.description,
            "precision": self.precision,
            "batch": self.counters.batch,
            "crop": self.counters.crop,
            "learned from": [names[i] for i in self.learned],
            "validated on": [names[i] for i in self.kept],
            "fingerprint": self.survey.fingerprint,
            "versions": versions(),
        }
        write_record(self._written, record)

    def _result(self, ending: Ending) -> TrainResult:
        network = self.mean if self.mean is not None else self.network
        network = network.to("cpu")
        if self._best_weights is not None:
            network.load_state_dict(self._best_weights)
        elif self._has_best and self.folder is not None:
            load_weights(network, self.folder / BEST)
        checkpoint = None if self.folder is None else self.folder / BEST
        return TrainResult(
            network=network.eval(),
            classes=self.classes,
            config=self._checkpoint_config(),
            checkpoint=checkpoint if checkpoint is not None and checkpoint.exists() else None,
            folder=self.folder,
            miou=None if self.counters.best == -math.inf else self.counters.best,
            iou=self.best_iou,
            epochs=self.epoch,
            steps=self.counters.step,
            seconds=self.counters.elapsed,
            ending=ending,
        )

    # -- what is told --------------------------------------------------------------------------------------------

    def _metrics(self, loss: float, speed: _Speed, validated: bool) -> TrainingMetrics:
        counters, last = self.counters, self._last
        done = self.done
        metrics = TrainingMetrics(
            epoch=self.epoch,
            epochs=self.epochs,
            step=counters.step,
            loss=loss,
            lr=float(self.optimiser.param_groups[0]["lr"]),
            images_per_second=speed.images_per_second,
            memory_bytes=_memory(self.device.device),
            elapsed_seconds=counters.elapsed,
            eta_seconds=counters.elapsed * (1 - done) / done if done > 0 else None,
            class_names=self.class_names,
            best_miou=None if counters.best == -math.inf else counters.best,
            validated=validated,
            note=self._note,
            device=self.device.description,
        )
        if last is None:
            return metrics
        # nothing is measured on samples without a labelled pixel
        metrics = replace(metrics, miou=None if math.isnan(last.miou) else last.miou, iou=last.iou)
        return replace(metrics, confusion=last.confusion, preview=last.preview) if validated else metrics

    def _message(self, metrics: TrainingMetrics) -> str:
        where = f"epoch {metrics.epoch}" + (f" of {metrics.epochs}" if metrics.epochs else "")
        score = "" if metrics.miou is None else f", mIoU {metrics.miou:.3f}"
        return f"{where}, loss {metrics.loss:.3f}{score}" + (f" ({metrics.note})" if metrics.note else "")


@dataclass
class _Speed:
    """Images a second over about the last ten steps."""

    images: float = 0.0
    seconds: float = 0.0

    def add(self, images: int, seconds: float) -> None:
        self.images, self.seconds = 0.9 * self.images + images, 0.9 * self.seconds + seconds

    @property
    def images_per_second(self) -> float:
        return self.images / self.seconds if self.seconds > 0 else 0.0


def _optimiser(config: TrainConfig, network: SegmentationNetwork) -> torch.optim.Optimizer:
    """The optimiser with the head's and the backbone's learning rate; norms and biases are not decayed."""
    groups: list[dict[str, Any]] = []
    for parameters, peak in (
        (network.head_parameters(), config.peak_lr),
        (network.backbone_parameters(), config.peak_backbone_lr),
    ):
        if peak == 0:
            for parameter in parameters:
                parameter.requires_grad_(False)
        trained = [p for p in parameters if p.requires_grad]
        for decayed in (True, False):
            chosen = [p for p in trained if (p.ndim > 1) == decayed]
            if chosen:
                decay = config.weight_decay if decayed else 0.0
                groups.append({"params": chosen, "lr": peak, "peak": peak, "weight_decay": decay})
    if not groups:
        raise TrainingError("every part of the network is frozen; there is nothing to train")
    if config.optimiser == "sgd":
        return torch.optim.SGD(groups, momentum=config.momentum, nesterov=config.momentum > 0)
    return (torch.optim.AdamW if config.optimiser == "adamw" else torch.optim.Adam)(groups)


def _running_mean(network: SegmentationNetwork) -> SegmentationNetwork:
    mean = copy.deepcopy(network)
    return mean.requires_grad_(False)


@torch.no_grad()
def _follow(mean: nn.Module, network: nn.Module, decay: float) -> None:
    """Move *mean* towards *network*; counters and statistics of batch normalisation are moved or copied too."""
    for kept, new in zip(mean.state_dict().values(), network.state_dict().values(), strict=True):
        if kept.is_floating_point():
            kept.lerp_(new, 1 - decay)
        else:
            kept.copy_(new)


def _out_of_memory(error: RuntimeError) -> bool:
    text = str(error).lower()
    return isinstance(error, torch.OutOfMemoryError) or "out of memory" in text or "can't allocate memory" in text


def _memory(device: torch.device) -> int:
    if device.type == "cuda":
        return torch.cuda.max_memory_allocated(device)
    return process_memory()
