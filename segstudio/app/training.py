"""Fine-tuning a network on what is labelled, in a child process, while the window goes on."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from psygnal import Signal

from segstudio.app import training_set
from segstudio.app.document import Document
from segstudio.app.jobs import Job, JobState
from segstudio.app.worker import Worker
from segstudio.core.annotation import SampleState
from segstudio.core.errors import SegStudioError, TrainingError
from segstudio.core.progress import Progress, Work
from segstudio.io.project import Project, Run, StoredSample
from segstudio.learning.records import STATE, TrainingMetrics, read_metrics
from segstudio.learning.weak.round_records import Round

if TYPE_CHECKING:
    from segstudio.app.workbench import Workbench

log = logging.getLogger(__name__)

UNFINISHED = frozenset({"running", "paused", "stopped", "failed"})
"""States of a run that may go on; one that still counts as running was cut off with its program."""


class Training:
    """One training at a time. Its curves are kept for the panel that shows them."""

    started = Signal()
    progressed = Signal(object)
    """A ``TrainingMetrics`` of the trainer."""
    round_ended = Signal(object)
    """A ``Round`` of filling and learning."""
    ended = Signal(str)
    """``"done"``, ``"paused"``, ``"stopped"`` or ``"failed"``."""

    def __init__(self, workbench: Workbench) -> None:
        self._workbench = workbench
        self._worker: Worker | None = None
        self._job: Job | None = None
        self._document: Document | None = None
        self._pausing = False
        self._unfinished: Run | None = None
        self.run: Run | None = None
        """The run at hand: it runs, or was the last one that did."""
        self.metrics: list[TrainingMetrics] = []
        """All metrics of the run at hand, the oldest first."""
        self.error: BaseException | None = None
        """Why the last run failed, where it did."""
        workbench.document_changed.connect(self._forget)

    @property
    def running(self) -> bool:
        return self._job is not None

    @property
    def pausing(self) -> bool:
        """Whether the run is about to pause: its step goes on to the end."""
        return self.running and self._pausing

    def start(self, **config: Any) -> bool:
        """Train on every labelled sample; *config* holds fields of the trainer's ``TrainConfig``.

        Fields that are not given are those of the last training, then the trainer's defaults. Answers whether it
        started.
        """
        bench = self._workbench
        document = bench.document
        if document is None or self.running:
            return False
        with bench.reporting("train"):
            document.save()
            config = {**bench.settings.training, **config}
            samples = trainable_samples(document.project, str(config.get("supervision") or "full"))
            self.start_on(samples, config)
            bench.settings.training = dict(config)
        return self.running

    def start_on(
        self,
        samples: Sequence[StoredSample],
        config: dict[str, Any],
        *,
        begin_from: Path | None = None,
        run: Run | None = None,
    ) -> None:
        """Train on these *samples*, from the weights of the checkpoint *begin_from* on where one is given.

        Without a *run* the project gets a new one. Images whose files are missing are left out, and it is said; where
        most are, the run fails.

        Raises :class:`TrainingError` where there is nothing to learn from, :class:`StorageError` where the disk
        refuses.
        """
        document = self._workbench.document
        if document is None or self.running:
            return
        if not samples:
            raise TrainingError("no image is labelled yet: label at least one, or propagate your strokes, then train")
        network = str(config.get("network", "unet"))
        config = {"threads": self._workbench.settings.training_threads, **config}
        run = run or document.project.new_run(network, config)
        classes, worker = document.classes, self.child()

        def work() -> Work[Any]:
            yield Progress(None, "holding the labels")
            there, missing = training_set.present(samples)
            if missing.paths:
                yield Progress(None, str(missing), missing)
            held = training_set.hold(there, classes, run.folder)
            function = "segstudio.learning.serving:train_run"
            return (yield from worker.run(function, config, held, classes, run.folder, begin_from=begin_from))

        self.metrics = []
        self._submit(run, f"Train {network}", work)

    def resume(self, run: Run | None = None) -> bool:
        """Go on with a *run* that was paused, stopped, cut off or failed (the newest that can), exactly where it was.

        It learns from the labels that it began with. Answers whether it started.
        """
        bench = self._workbench
        run = run or self.unfinished()
        document = bench.document
        if run is None or document is None or self.running:
            return False
        with bench.reporting("resume the training"):
            samples, classes = training_set.held(run.folder)
            here = {sample.id: sample.path for sample in document.project.samples([s.id for s in samples])}
            samples = [_at(sample, here.get(sample.id)) for sample in samples]
            config, worker = dict(run.config), self.child()
            self.metrics = read_metrics(run.folder)
            document.project.finish_run(run.id, "running", run.result)

            def work() -> Work[Any]:
                function = "segstudio.learning.serving:train_run"
                return (yield from worker.run(function, config, samples, classes, run.folder, resume=True))

            self._submit(run, f"Train {config.get('network', run.name)}", work)
        return self.running

    def pause(self) -> None:
        """Finish the step, keep everything that going on needs, and free the device."""
        if self._job is not None:
            self._pausing = True
            self._workbench.jobs.stop(self._job)

    def stop(self) -> None:
        """End the training; the best network so far stays."""
        if self._job is not None:
            self._pausing = False
            self._workbench.jobs.stop(self._job)

    def can_resume(self, run: Run) -> bool:
        """Whether a run of the open project can go on."""
        if self.running and self.run is not None and run.id == self.run.id:
            return False
        return run.state in UNFINISHED and (run.folder / STATE).is_file() and training_set.is_held(run.folder)

    def unfinished(self) -> Run | None:
        """The newest run of the open project, where it can go on."""
        return None if self.running else self._unfinished

    def _look_for_unfinished(self) -> None:
        document = self._workbench.document
        newest = next(iter(document.project.runs()), None) if document is not None else None
        self._unfinished = newest if newest is not None and self.can_resume(newest) else None

    def newest_checkpoint(self) -> Run | None:
        """The last run of the open project that left a network."""
        document = self._workbench.document
        runs = document.project.runs() if document is not None else []
        return next((run for run in runs if run.checkpoint.is_file()), None)

    def tidy(self, away: Callable[[Path], object], folder: Path) -> None:
        """Take files of a run *away* without letting the window wait for them."""

        def work() -> Work[None]:
            yield Progress(None, "tidying up")
            away(folder)

        jobs = self._workbench.jobs
        jobs.submit("Tidy up", work, lane="disk", quiet=True, failed=lambda e: self._workbench.report(e, "tidy up"))

    def child(self) -> Worker:
        """The process that computes, which keeps torch loaded from one work to the next."""
        self._worker = self._worker or Worker()
        return self._worker

    def shut_down(self) -> None:
        if self._worker is not None:
            self._worker.close()

    def _forget(self) -> None:
        """Another project is open."""
        self.metrics, self.run, self.error = [], None, None
        with self._workbench.reporting("open the project"):
            self._look_for_unfinished()
            run = self._unfinished
            if run is not None and run.state in ("running", "paused"):
                self._workbench.message.emit("The last training is not finished; resuming goes on with it.")

    def _submit(self, run: Run, title: str, work: Any) -> None:
        bench = self._workbench
        self.run, self._document, self.error, self._pausing = run, bench.document, None, False
        self._job = bench.jobs.submit(
            title,
            work,
            lane="train",
            failed=lambda error: bench.report(error, "train"),
            progressed=self._progressed,
        )
        bench.jobs.ended.connect(self._ended)
        self.started.emit()

    def _progressed(self, progress: Progress) -> None:
        if self._document is not self._workbench.document:
            return
        if isinstance(progress.detail, training_set.LeftOut):
            log.warning("%s", progress.detail)
            self._workbench.message.emit(
                "Images whose files are missing are left out of this training; File > Find moved images looks for them."
            )
        if isinstance(progress.detail, Round):
            self.round_ended.emit(progress.detail)
        if not isinstance(progress.detail, TrainingMetrics):
            return
        # a run that was cut off goes on from its last saved state: the steps after it come again
        while self.metrics and self.metrics[-1].step >= progress.detail.step:
            self.metrics.pop()
        self.metrics.append(progress.detail)
        self.progressed.emit(progress.detail)

    def _ended(self, job: Job) -> None:
        if job is not self._job:
            return
        self._workbench.jobs.ended.disconnect(self._ended)
        self._job = None
        self.error = job.error if isinstance(job.error, SegStudioError) else None
        state = "paused" if job.state is JobState.STOPPED and self._pausing else job.state.value
        self._pausing = False
        self._finish_run(state)
        with self._workbench.reporting("train"):
            self._look_for_unfinished()
        if state == "paused":
            self._free_the_device()
        self.ended.emit(state)

    def _free_the_device(self) -> None:
        """End the child: only that gives all of its memory back."""
        worker, self._worker = self._worker, None
        if worker is None:
            return

        def close() -> Work[None]:
            yield Progress(None, "freeing the device")
            worker.close()

        self._workbench.jobs.submit("Free the device", close, lane="train", quiet=True)

    def _finish_run(self, state: str) -> None:
        document = self._document
        if self.run is None or document is None or document is not self._workbench.document:
            return  # another project is open: the run counts as cut off, and can go on
        last = next((m for m in reversed(self.metrics) if m.miou is not None), None)
        result = {"miou": last.miou, "epoch": last.epoch} if last is not None else {}
        with self._workbench.reporting("train"):
            document.project.finish_run(self.run.id, state, result)
            if state == "done":
                self.tidy(training_set.release, self.run.folder)


def trainable_samples(project: Project, supervision: str = "full") -> list[StoredSample]:
    """The samples that a network may learn from: labelled, and not skipped.

    Where *supervision* is not by masks, those with boxes or tags alone too.
    """
    said = frozenset() if supervision == "full" else project.annotated()
    kept = [
        s.id
        for s in project.samples()
        if s.state is not SampleState.SKIPPED and (s.id in said or project.has_labels(s.id))
    ]
    return project.stored(kept)


def _at(sample: StoredSample, path: Path | None) -> StoredSample:
    """*sample* with its image where the project finds it now."""
    return sample if path is None else replace(sample, path=path)
