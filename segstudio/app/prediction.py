"""One click: the newest network labels the sample at hand, or many."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from psygnal import Signal

from segstudio.app.worker import Worker
from segstudio.core.annotation import SampleState
from segstudio.core.errors import ImageError, TrainingError
from segstudio.core.labels import UNLABELLED, Provenance
from segstudio.core.progress import Progress, Work, scaled
from segstudio.io.project import StoredSample
from segstudio.learning.class_mapping import ClassMapping
from segstudio.learning.predict_config import Using

if TYPE_CHECKING:
    from segstudio.app.workbench import Workbench


class Prediction:
    """Runs a checkpoint in a child process that keeps it loaded."""

    finished = Signal(int)
    """How many samples were labelled."""

    def __init__(self, workbench: Workbench) -> None:
        self._workbench = workbench
        self._worker: Worker | None = None
        self.checkpoint: Path | None = None
        """The network to use; none: the newest of the project."""

    def available(self) -> Path | None:
        """The checkpoint that would be used, if there is one."""
        if self.checkpoint is not None:
            return self.checkpoint
        run = self._workbench.training.newest_checkpoint()
        return run.checkpoint if run is not None else None

    def predict(self) -> None:
        """Label the sample at hand."""
        bench = self._workbench
        document = bench.document
        if document is None or document.sample is None or document.image is None:
            return
        checkpoint = self._need_checkpoint()
        if checkpoint is None:
            return
        sample_id, array = document.sample.id, document.image.array
        using = Using(ClassMapping.same(document.classes))
        worker = self._child()

        def work() -> Work[Any]:
            return worker.run("segstudio.learning.predicting:predict_image", checkpoint, array, using)

        def done(result: Any) -> None:
            if document is not bench.document or not document.write_result(
                "Predict", sample_id, result.labels, Provenance.MODEL
            ):
                bench.message.emit("The result belongs to another image and was dropped.")
                return
            document.set_confidence(result.confidence)
            document.project.set_uncertainty(sample_id, result.uncertainty)
            document.sample_updated.emit(sample_id)
            self.finished.emit(1)

        bench.jobs.submit(
            "Predict", work, done, lane="predict", key="predict", failed=lambda error: bench.report(error, "predict")
        )

    def predict_unlabelled(self) -> None:
        """Label every sample that nobody has touched yet; each is written when it is ready."""
        document = self._workbench.document
        if document is None:
            return
        todo = [s.id for s in document.project.samples() if s.state is SampleState.TODO]
        self.predict_many(todo)

    def predict_many(self, sample_ids: Sequence[int]) -> None:
        """Label these samples in the background, the one at hand among them or not."""
        bench = self._workbench
        document = bench.document
        checkpoint = self._need_checkpoint() if document is not None else None
        if document is None or checkpoint is None:
            return
        document.save()
        samples = document.project.stored(sample_ids)
        if not samples:
            bench.message.emit("Every image is labelled or in work already.")
            return
        using = Using(ClassMapping.same(document.classes))
        worker = self._child()

        def work() -> Work[int]:
            for i, sample in enumerate(samples):
                start, end = i / len(samples), (i + 1) / len(samples)
                try:
                    array = sample.image()
                except ImageError as error:
                    yield Progress(end, str(error))
                    continue
                run = worker.run("segstudio.learning.predicting:predict_image", checkpoint, array, using)
                result = yield from scaled(run, start, end, f"{i + 1} of {len(samples)}: ")
                yield Progress(end, f"{i + 1} of {len(samples)}: {sample.name}", (sample, result))
            return len(samples)

        def progressed(progress: Progress) -> None:
            if isinstance(progress.detail, tuple) and document is bench.document:
                with bench.reporting("predict"):
                    self._keep(*progress.detail)

        bench.jobs.submit(
            f"Predict {len(samples)} images",
            work,
            self.finished.emit,
            lane="predict",
            failed=lambda error: bench.report(error, "predict"),
            progressed=progressed,
        )

    def _keep(self, sample: StoredSample, result: Any) -> None:
        """Write a prediction into the sample at hand as an edit, into another one's files."""
        document = self._workbench.document
        if document is None:
            return
        if not document.write_result("Predict", sample.id, result.labels, Provenance.MODEL):
            shape = result.labels.shape
            labels = document.project.load_labels(sample.id, shape, sample.segments)
            where = result.labels != UNLABELLED
            labels.write(labels.region, result.labels, where, source=Provenance.MODEL)
            document.project.write_labels(sample.id, labels.ids, labels.provenance, document.classes)
            shown = {int(i) for i in np.flatnonzero(np.bincount(result.labels.ravel()))} & set(document.classes)
            annotation = document.project.annotation(sample.id)
            document.project.save_annotation(sample.id, annotation, sample.segments, shown)
        document.project.set_uncertainty(sample.id, result.uncertainty)
        document.sample_updated.emit(sample.id)

    def shut_down(self) -> None:
        if self._worker is not None:
            self._worker.close()

    def _child(self) -> Worker:
        self._worker = self._worker or Worker()
        return self._worker

    def _need_checkpoint(self) -> Path | None:
        checkpoint = self.available()
        if checkpoint is None:
            self._workbench.failed.emit(
                TrainingError("there is no trained network yet: train one first, or load a checkpoint"), "predict"
            )
        return checkpoint
