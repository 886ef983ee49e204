"""Fine-tuning a network on what is labelled, in a child process, while the window goes on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from psygnal import Signal

from segstudio.app.jobs import Job, JobState
from segstudio.app.worker import Worker
from segstudio.core.annotation import SampleState
from segstudio.core.errors import TrainingError
from segstudio.core.progress import Progress, Work
from segstudio.io.project import Project, Run, StoredSample

if TYPE_CHECKING:
    from segstudio.app.workbench import Workbench


class Training:
    """One training at a time. Its curves are kept for the panel that shows them."""

    started = Signal()
    progressed = Signal(object)
    """A ``TrainingMetrics`` of the trainer."""
    ended = Signal(str)
    """``"done"``, ``"stopped"`` or ``"failed"``."""

    def __init__(self, workbench: Workbench) -> None:
        self._workbench = workbench
        self._worker: Worker | None = None
        self._job: Job | None = None
        self._run: Run | None = None
        self.metrics: list[Any] = []
        """All ``TrainingMetrics`` of the run at hand, the oldest first."""

    @property
    def running(self) -> bool:
        return self._job is not None

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
            samples = trainable_samples(document.project)
            if not samples:
                raise TrainingError(
                    "no image is labelled yet: label at least one, or propagate your strokes, then train"
                )
            config = {**bench.settings.training, **config}
            bench.settings.training = dict(config)
            name = str(config.get("network", "unet"))
            config.setdefault("threads", bench.settings.training_threads)
            run = document.project.new_run(name, config)
            classes = document.classes
            self._worker = self._worker or Worker()
            worker = self._worker

            def work() -> Work[Any]:
                return worker.run("segstudio.learning.serving:train_run", config, samples, classes, run.folder)

            self.metrics, self._run = [], run
            self._job = bench.jobs.submit(
                f"Train {name}",
                work,
                self._done,
                lane="train",
                failed=lambda error: bench.report(error, "train"),
                progressed=self._progressed,
            )
            bench.jobs.ended.connect(self._ended)
            self.started.emit()
        return self.running

    def stop(self) -> None:
        """End the training; the best network so far stays."""
        if self._job is not None:
            self._workbench.jobs.stop(self._job)

    def newest_checkpoint(self) -> Run | None:
        """The last run of the open project that left a network."""
        document = self._workbench.document
        runs = document.project.runs() if document is not None else []
        return next((run for run in runs if run.checkpoint.is_file()), None)

    def shut_down(self) -> None:
        if self._worker is not None:
            self._worker.close()

    def _progressed(self, progress: Progress) -> None:
        if progress.detail is not None:
            self.metrics.append(progress.detail)
            self.progressed.emit(progress.detail)

    def _done(self, result: Any) -> None:
        self._finish_run("done")

    def _ended(self, job: Job) -> None:
        if job is not self._job:
            return
        self._workbench.jobs.ended.disconnect(self._ended)
        self._job = None
        if job.state is not JobState.DONE:
            self._finish_run(job.state.value)
        self.ended.emit(job.state.value)

    def _finish_run(self, state: str) -> None:
        document = self._workbench.document
        if self._run is None or document is None:
            return
        last = next((m for m in reversed(self.metrics) if getattr(m, "miou", None) is not None), None)
        result = {"miou": last.miou, "epoch": last.epoch} if last is not None else {}
        with self._workbench.reporting("train"):
            document.project.finish_run(self._run.id, state, result)


def trainable_samples(project: Project) -> list[StoredSample]:
    """The samples whose label maps a network may learn from: labelled, and not skipped."""
    kept = [s.id for s in project.samples() if s.state is not SampleState.SKIPPED and project.has_labels(s.id)]
    return project.stored(kept)
