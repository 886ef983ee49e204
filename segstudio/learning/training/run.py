"""One run: its steps, when it measures, what it keeps in its folder and what it tells."""

from __future__ import annotations

import math
import os
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from segstudio.core.classes import LabelSet
from segstudio.core.errors import TrainingError
from segstudio.core.progress import Progress, Work
from segstudio.learning.checkpoint import load_weights, save_checkpoint
from segstudio.learning.config import TrainConfig, recommended_crop
from segstudio.learning.data import Normalisation, SampleStore, Survey
from segstudio.learning.devices import Device, Precision, out_of_memory, release_memory
from segstudio.learning.inference import Predictor, autocast
from segstudio.learning.instances import instance_loss
from segstudio.learning.loader import Batch, CropLoader, Order
from segstudio.learning.networks.base import SegmentationNetwork
from segstudio.learning.records import BEST, Ending, RunRecorder, TrainingMetrics, TrainResult, versions, write_record
from segstudio.learning.team import Alone, Team
from segstudio.learning.training.compiled import Forward, fastest
from segstudio.learning.training.memory import SMALLEST_CROP, DeviceMemory, fit, held, step_down
from segstudio.learning.training.objective import Objective
from segstudio.learning.training.optimisation import Optimisation
from segstudio.learning.training.state import (
    STATE_SECONDS,
    Counters,
    Speed,
    go_on_drawing,
    read_state,
    untouched,
    write_state,
)
from segstudio.learning.training.validation import FAMILIAR_SAMPLES, Validation, validate
from segstudio.learning.uncertainty import Calibration

DEFAULT_EPOCHS = 60
MOST_LOST = 8
"""So many steps in a row whose loss is no number are left out in half precision, whose scale has to be found first."""
FEWEST_CROPS = 64
"""An epoch goes through the samples as often as gives this many crops."""
MEASURING = 0.2
"""The share of the time in which a run measures samples that were kept aside, at most about."""
REMEMBERING, REMEMBERED, REMEMBERED_SIDE = 0.05, 4, 640
"""The same where none were kept aside; so many of those that it learns from are measured then, and of large ones a
square of so many pixels a side. That says little of other images: it is told how well those were learned."""


@dataclass
class Run:
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
    """Numbers of the samples that it learns from."""
    kept: list[int]
    """Numbers of those that it is measured on."""
    normalisation: Normalisation
    folder: Path | None
    team: Team = field(default_factory=Alone)
    order: Order | None = None
    counters: Counters = field(default_factory=Counters)
    best_iou: tuple[float, ...] = ()
    calibration: Calibration | None = None
    """Of the best network."""
    fitted: dict[str, Any] | None = None
    """What a step was found to take before the first one, for the record."""
    compiled: str | None = None
    """What came of compiling, for the record."""
    _last: Validation | None = None
    _note: str = ""
    _lost: int = 0
    _best_weights: dict[str, Tensor] | None = None
    _state_saved: float = 0.0

    def __post_init__(self) -> None:
        config = self.config
        self.precision: Precision = self.device.precision if config.amp == "auto" else config.amp
        self.forward: Forward = self.network.to(self.device.device)
        if config.channels_last:
            self.network.to(memory_format=torch.channels_last)
        if isinstance(self.objective, nn.Module):
            self.objective.to(self.device.device)
        self.optimisation = Optimisation(config, self.network, self.device.device, self.precision)
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
        """Train to the end, or until it is closed; *resume* goes on from the state in the folder."""
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
            if self.config.fit_memory and not self.counters.step:
                yield from self._fit_to_memory(loader)
                self._record(started, "running")
            if self.config.compile and self.objective is not None:
                yield from self._compile(loader)
            ending = yield from self._steps(loader, recorder)
        finally:
            loader.close()
            recorder.close()
            self._keep_what_there_is()
            self._record(started, ending)
        return self._result(ending)

    def _steps(self, loader: CropLoader, recorder: RunRecorder) -> Work[Ending]:
        counters, config = self.counters, self.config
        speed = Speed()
        while True:
            begun = time.monotonic()
            counters.elapsed = self.team.first(counters.elapsed)
            if self.done >= 1 and counters.step:  # measuring the memory may have taken all the time there was
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
            yield Progress(self._fraction, self._message(metrics), metrics)
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

    @property
    def _fraction(self) -> float:
        return 0.02 + 0.98 * min(1.0, self.done)

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
                if not out_of_memory(error):
                    raise
            # beyond the except block, for the traceback holds the tensors of the failed step; and where one member of
            # a team ran out of memory, all step down
            if self.team.every(loss is not None) and loss is not None:
                break
            self.optimisation.forget()
            release_memory(self.device.device)
            self._note = step_down(self.counters, self.network.name, self.device.description).message
            loader.resize(self.counters.crop)
            loader.rewind(first)
        loss = self.team.mean(loss)
        self._lost = 0 if math.isfinite(loss) else self._lost + 1
        if self._lost > (MOST_LOST if self.precision == "fp16" else 0):
            raise TrainingError(
                f"the loss is no number any more after {self.counters.step + 1} steps; try a lower learning rate"
            )
        self.optimisation.update(self.done, self.counters.step, self.team)
        return loss

    def _gradients(self, loader: CropLoader) -> float:
        """The loss of the next batches; their gradients stand in the parameters afterwards."""
        counters = self.counters
        self.optimisation.teach()
        total = torch.zeros((), device=self.device.device)
        for _ in range(counters.accumulate):
            total += self._backward(loader.batch(counters.batch), counters.accumulate)
        if self.device.device.type != "cpu":
            loader.prepare(counters.batch)  # while the device is still busy with this step
        return float(total)

    def _backward(self, batch: Batch, accumulate: int) -> Tensor:
        """Add the gradients of one of *accumulate* batches of a step; its share of the loss."""
        images = batch.images
        if self.config.channels_last:
            images = images.contiguous(memory_format=torch.channels_last)
        with autocast(self.device.device, self.precision):
            loss = self._loss(batch._replace(images=images)) / accumulate
        self.optimisation.backward(loss)
        return loss.detach()

    def _fit_to_memory(self, loader: CropLoader) -> Work[None]:
        """Measure what a step takes and make it smaller where that is more than there is; nothing else changes."""
        yield Progress(0.02, "measuring the memory of a step")
        counters, first, device = self.counters, loader.position, self.device.device

        def start_over(crop: int) -> None:
            loader.resize(crop)
            loader.rewind(first)

        def attempt(batch: int, crop: int) -> None:
            start_over(crop)
            try:
                self._backward(loader.batch(batch), 1)
            finally:
                self.optimisation.forget()

        self.optimisation.teach()
        with untouched(self.network, device):
            found = fit(
                counters,
                DeviceMemory(device, self.team.size),
                attempt,
                gradients=self.optimisation.gradient_bytes,
                optimiser=self.optimisation.state_bytes,
                team=self.team,
            )
        start_over(counters.crop)
        if found is not None:
            self.fitted = found.to_json()
            counters.elapsed += found.seconds
            self._note = found.told.message if found.changed else ""
            yield Progress(0.02, found.told.message)

    def _loss(self, batch: Batch) -> Tensor:
        if self.objective is None:
            return instance_loss(self.network, batch)
        return self.objective(self.forward(batch.images), batch)

    def _compile(self, loader: CropLoader) -> Work[None]:
        """Go forward by a compiled network from here on, where a trial shows that it is faster."""
        yield Progress(0.02, "compiling the network")
        begun, batch = time.monotonic(), loader.batch(self.counters.batch)
        loader.rewind(self.counters.items)

        def step(forward: Forward) -> float:
            self.forward = forward
            try:
                return float(self._backward(batch, 1))
            finally:
                self.optimisation.forget()

        self.optimisation.teach()
        chosen = fastest(self.network, step, self.device.device)
        # the members of a team may differ in this
        self.forward, self.compiled = chosen.forward, chosen.told.message
        self.counters.elapsed += time.monotonic() - begun
        yield Progress(0.02, self.compiled)

    # -- validation ----------------------------------------------------------------------------------------------

    @property
    def _measured(self) -> list[int]:
        """Numbers of the samples that are measured: always the same, or one network could not be called better."""
        return self.kept or self.learned[:: math.ceil(len(self.learned) / REMEMBERED)]

    def _validation_due(self) -> bool:
        """At the end of an epoch, but for at most about a share of the time, and at the end of the run."""
        counters = self.counters
        if self.team.rank:
            return False
        if self.done >= 1:
            return True
        if counters.step % self.epoch_steps:
            return False
        if not self.kept and counters.step // self.epoch_steps % self._epochs_to_remember:
            return False
        share = MEASURING if self.kept else REMEMBERING
        return self.config.deterministic or share * counters.elapsed >= counters.validating

    @property
    def _epochs_to_remember(self) -> int:
        """Epochs from one measurement of learned samples to the next: an image takes about as long as a step, and a
        number of steps is the same in every run."""
        steps = len(self._measured) + min(len(self.learned), FAMILIAR_SAMPLES)
        return math.ceil(steps / REMEMBERING / self.epoch_steps)

    def _validate(self) -> Work[None]:
        """Measure, and keep the weights where they are the best so far.

        Where no samples were kept aside, the newest are: those that were learned from cannot say which are better.
        """
        network = self.optimisation.measured
        ready = Predictor(network.eval(), self.normalisation, self.classes, self.device.device, self.precision)
        side = None if self.kept else REMEMBERED_SIDE
        found = yield from validate(ready, self.store, self._measured, self._fraction, self.learned, side=side)
        begun = time.monotonic()
        self._last = found
        self.counters.validated_at = self.counters.step
        better = found.miou > self.counters.best
        if better:
            self.counters.best, self.counters.stale = found.miou, 0
        elif found.confusion.any():
            self.counters.stale += 1
        if better or (not self.kept and found.confusion.any()):
            self.counters.kept, self.best_iou, self.calibration = found.miou, found.iou, found.calibration
            self._keep_best(network)
        seconds = found.seconds + time.monotonic() - begun
        self.counters.validating += seconds
        self.counters.elapsed += seconds

    # -- what is kept --------------------------------------------------------------------------------------------

    def _checkpoint_config(self) -> dict[str, Any]:
        return {
            "train": self.config.model_dump(mode="json"),
            "normalisation": self.normalisation.to_json(),
            "miou": self._best_miou,
            "iou": [None if math.isnan(v) else v for v in self.best_iou],
            "steps": self.counters.step,
            "strangeness": self._strangeness,
        }

    @property
    def _strangeness(self) -> dict[str, Any] | None:
        return None if self.calibration is None else self.calibration.to_json()

    @property
    def _best_miou(self) -> float | None:
        return None if self.counters.kept == -math.inf else self.counters.kept

    def _keep_best(self, network: SegmentationNetwork) -> None:
        self._best_weights = {k: v.detach().to("cpu", copy=True) for k, v in network.state_dict().items()}
        if self._written is not None and network.name:
            save_checkpoint(self._written / BEST, network, classes=self.classes, config=self._checkpoint_config())

    def _keep_what_there_is(self) -> None:
        """When a run ends or is stopped: a checkpoint in any case, and what resuming needs."""
        nothing_kept = self._best_weights is None and not self._has_best
        newer = not self.kept and self.counters.validated_at < self.counters.step and not self._lost
        if self.counters.step and (nothing_kept or newer):
            self._keep_best(self.optimisation.measured)
        if self.counters.step:
            self._save_state()

    @property
    def _has_best(self) -> bool:
        return self.folder is not None and self._best_miou is not None and (self.folder / BEST).exists()

    def _save_state(self) -> None:
        """Everything that the next step depends on."""
        if self._written is None:
            return
        state = {
            "counters": vars(self.counters),
            "members": self.team.size,
            "best_iou": list(self.best_iou),
            "strangeness": self._strangeness,
            "memory": self.fitted,
            "fingerprint": self.survey.fingerprint,
            **self.optimisation.state(),
        }
        write_state(self._written, state, self.device.device)
        self._state_saved = time.monotonic()

    def _restore(self) -> None:
        assert self.folder is not None
        state = read_state(self.folder, self.device.device)
        if state["fingerprint"] != self.survey.fingerprint:
            raise TrainingError(
                f"{self.folder}: the samples have changed since it was stopped; start a new run from its checkpoint"
            )
        try:
            self.optimisation.restore(state)
        except (RuntimeError, ValueError, KeyError) as error:
            raise TrainingError(f"{self.folder}: the stopped run trained another network") from error
        self.counters = Counters(**state["counters"])
        # a step sees as many crops as before, however many share them now
        self.counters.batch = math.ceil(self.counters.batch * state.get("members", self.team.size) / self.team.size)
        self.best_iou, self.fitted = tuple(state["best_iou"]), state.get("memory")
        if state.get("strangeness"):
            self.calibration = Calibration.from_json(state["strangeness"])
        go_on_drawing(state, self.device.device)

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
            "accumulate": self.counters.accumulate,
            "crop": self.counters.crop,
            "memory": self.fitted,
            "compiled": self.compiled,
            "learned from": [names[i] for i in self.learned],
            "validated on": [names[i] for i in self.kept],
            "fingerprint": self.survey.fingerprint,
            "versions": versions(),
        }
        write_record(self._written, record)

    def _result(self, ending: Ending) -> TrainResult:
        network = self.optimisation.measured.to("cpu")
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
            miou=self._best_miou,
            iou=self.best_iou,
            epochs=self.epoch,
            steps=self.counters.step,
            seconds=self.counters.elapsed,
            ending=ending,
        )

    # -- what is told --------------------------------------------------------------------------------------------

    def _metrics(self, loss: float, speed: Speed, validated: bool) -> TrainingMetrics:
        counters, last = self.counters, self._last
        done = self.done
        metrics = TrainingMetrics(
            epoch=self.epoch,
            epochs=self.epochs,
            step=counters.step,
            loss=loss,
            lr=self.optimisation.lr,
            images_per_second=speed.images_per_second,
            memory_bytes=held(self.device.device),
            elapsed_seconds=counters.elapsed,
            eta_seconds=counters.elapsed * (1 - done) / done if done > 0 else None,
            class_names=self.class_names,
            best_miou=self._best_miou,
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
