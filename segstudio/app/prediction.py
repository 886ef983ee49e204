"""One click: a network labels the sample at hand, a selection or the whole project."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from psygnal import Signal

from segstudio.app.document import Document
from segstudio.app.jobs import Job
from segstudio.app.machine_edits import write_anywhere
from segstudio.app.models import Models
from segstudio.app.predict_files import CALIBRATION_IMAGES, using_of
from segstudio.app.worker import Worker
from segstudio.core.annotation import SampleState
from segstudio.core.errors import ImageError, OptionError, TrainingError
from segstudio.core.labels import Provenance
from segstudio.core.progress import Progress, Work
from segstudio.io.project import StoredSample
from segstudio.learning.class_mapping import ClassMapping
from segstudio.learning.model_description import ModelDescription
from segstudio.learning.predict_config import MAPS, FrameFile, OnDisk, PredictOptions, Using

if TYPE_CHECKING:
    from segstudio.app.workbench import Workbench

_PREDICT = "segstudio.learning.predicting:predict_for_window"
_PREDICT_MANY = "segstudio.learning.predicting:predict_many"
_CALIBRATE = "segstudio.learning.predicting:calibrate"
_NAMED = 4
"""Images that are named where many cannot be read."""


class Prediction:
    """Runs networks in a child process that keeps them loaded."""

    finished = Signal(int)
    """How many samples were labelled."""
    maps_changed = Signal()
    """The maps of the sample at hand are others, or another one is shown."""

    def __init__(self, workbench: Workbench) -> None:
        self._workbench = workbench
        self._worker = Worker()
        self._scratch: tempfile.TemporaryDirectory[str] | None = None
        self.models = Models(workbench, self._worker)
        self.maps: Mapping[str, NDArray[np.floating[Any]]] = {}
        """How sure the network is of the sample at hand, by the names of ``MAPS``."""
        self.shown_map = "confidence"
        self._followed: Document | None = None
        workbench.document_changed.connect(self._follow)

    def options(self) -> PredictOptions:
        """What was chosen the last time; the defaults where that is not valid any more."""
        try:
            return PredictOptions.parse(dict(self._workbench.settings.prediction))
        except OptionError:
            return PredictOptions()

    # ---- acts

    def predict(self) -> None:
        """Label the sample at hand."""
        bench, document = self._workbench, self._workbench.document
        if document is None or document.sample is None or document.image is None:
            return
        model = self._need_model()
        if model is None:
            return
        sample = document.sample
        file = FrameFile(sample.path, sample.frame)
        opening = self._opening(document, model, tuple(MAPS))
        if opening is None:
            return

        def run() -> Work[Any]:
            using = yield from opening()
            return (yield from self._worker.run(_PREDICT, model, file, using))

        def done(result: Any) -> None:
            labels = _taken(result.labels)
            if document is not bench.document or not document.write_result(
                "Predict", sample.id, labels, Provenance.MODEL
            ):
                bench.message.emit("The result belongs to another image and was dropped.")
                return
            self._set_maps({name: _taken(values) for name, values in result.maps.items()})
            document.project.set_uncertainty(sample.id, result.uncertainty)
            document.sample_updated.emit(sample.id)
            self.finished.emit(1)

        bench.jobs.submit(
            "Predict", run, done, lane="predict", key="predict", failed=lambda error: bench.report(error, "predict")
        )

    def compare(self) -> None:
        """Ask the network about the sample at hand and write nothing: the layer of errors shows the difference."""
        bench, document = self._workbench, self._workbench.document
        if document is None or document.sample is None or document.image is None:
            return
        model = self._need_model()
        if model is None:
            return
        sample = document.sample
        file = FrameFile(sample.path, sample.frame)
        opening = self._opening(document, model, ())
        if opening is None:
            return

        def run() -> Work[Any]:
            using = yield from opening()
            return (yield from self._worker.run(_PREDICT, model, file, using))

        bench.jobs.submit(
            "Compare with the prediction",
            run,
            lambda result: document.show_prediction(sample.id, _taken(result.labels)),
            lane="predict",
            key="predict",
            failed=lambda error: bench.report(error, "predict"),
        )

    def predict_unlabelled(self) -> None:
        """Label every sample that nobody has touched yet; each is written when it is ready."""
        document = self._workbench.document
        if document is not None:
            self.predict_many([s.id for s in document.project.samples() if s.state is SampleState.TODO])

    def predict_everything(self) -> None:
        """Label every sample but the skipped ones; what a person drew stays."""
        document = self._workbench.document
        if document is not None:
            self.predict_many([s.id for s in document.project.samples() if s.state is not SampleState.SKIPPED])

    def predict_many(self, sample_ids: Sequence[int]) -> None:
        """Label these samples in the background, the one at hand among them or not, each as one edit."""
        bench, document = self._workbench, self._workbench.document
        model = self._need_model() if document is not None else None
        if document is None or model is None or not bench.save():
            return
        opening = self._opening(document, model, ("confidence",))
        if opening is None:
            return
        samples = document.project.stored(sample_ids)
        if not samples:
            bench.message.emit("Every image is labelled or in work already.")
            return
        files = [FrameFile(sample.path, sample.frame) for sample in samples]

        left_out: list[str] = []

        def run() -> Work[int]:
            using = yield from opening()
            count: int = yield from self._worker.run(_PREDICT_MANY, model, files, using)
            return count

        def progressed(progress: Progress) -> None:
            if not isinstance(progress.detail, tuple) or document is not bench.document:
                return
            place, result = progress.detail
            if isinstance(result, ImageError):
                left_out.append(samples[place].name)
            else:
                with bench.reporting("predict"):
                    self._keep(document, samples[place], result)

        def done(count: int) -> None:
            if left_out:
                count_left, few = len(left_out), _few(left_out)
                bench.report(
                    TrainingError(f"{count_left} of {len(samples)} images cannot be read and were left out: {few}"),
                    "predict",
                )
            self.finished.emit(count)

        bench.jobs.submit(
            f"Predict {len(samples)} images",
            run,
            done,
            lane="predict",
            failed=lambda error: bench.report(error, "predict"),
            progressed=progressed,
        )

    def shut_down(self) -> None:
        self._worker.close()
        if self._scratch is not None:
            self._scratch.cleanup()

    # ---- the model

    def look(
        self,
        model: Path,
        description: ModelDescription | None,
        done: Callable[[Mapping[str, Any]], None],
        failed: Callable[[BaseException], None],
    ) -> Job:
        """Open *model* in the background and tell *done* what it is, as ``model_facts`` of the network's side says."""
        options = self.options()
        using = using_of(options, options.device, ("confidence",), description)
        return self._workbench.jobs.submit(
            f"Open {model.name}", lambda: self.models.look(model, using), done, lane="predict", failed=failed
        )

    def load(
        self,
        model: Path,
        description: ModelDescription | None = None,
        done: Callable[[Mapping[str, Any]], None] = lambda _: None,
    ) -> None:
        """Open *model* and predict with it from now on; a file that is no model is told, and nothing changes."""
        bench, document, model = self._workbench, self._workbench.document, model.resolve()

        def take(facts: Mapping[str, Any]) -> None:
            if bench.document is document:
                self.models.choose(model, description)
                self.models.know(model, facts)
                done(facts)

        self.models.forget()
        self.look(model, description, take, lambda error: bench.report(error, "load the model"))

    def _need_model(self) -> Path | None:
        model = self.models.current()
        if model is None:
            self._workbench.failed.emit(
                TrainingError("there is no trained network yet: train one first, or load a model"), "predict"
            )
        return model

    def _opening(self, document: Document, model: Path, maps: tuple[str, ...]) -> Callable[[], Work[Using]] | None:
        """:meth:`_work_of_model`, or ``None`` where something of it is wrong, which is told."""
        with self._workbench.reporting("predict"):
            return self._work_of_model(document, model, maps)
        return None

    def _work_of_model(self, document: Document, model: Path, maps: tuple[str, ...]) -> Callable[[], Work[Using]]:
        """A function that makes the work which opens *model* and tells how it is asked; all of the project that it
        needs is read here, in the main thread."""
        options, classes, own = self.options(), document.classes, self.models.is_own(model)
        stored, described = self.models.stored_mappings(), self.models.description(model)
        ordinary = self._training_images(document) if own else []
        if self._scratch is None:
            self._scratch = tempfile.TemporaryDirectory(prefix="segstudio-", ignore_cleanup_errors=True)
        using = using_of(options, options.device, maps, described)
        using = replace(using, scratch=Path(self._scratch.name))

        def work() -> Work[Using]:
            facts = yield from self.models.look(model, using)
            if ordinary and not facts["calibrated"] and any(MAPS[name].strange for name in maps):
                yield from self._worker.run(_CALIBRATE, model, ordinary, using)
            mapping = self.models.mapping(model, facts, classes, stored) if not own else ClassMapping.same(classes)
            return replace(using, mapping=mapping)

        return work

    def _training_images(self, document: Document) -> list[FrameFile]:
        """Some of the images that networks of the project were trained on."""
        labelled = [s for s in document.project.samples() if document.project.has_labels(s.id)]
        step = max(1, len(labelled) // CALIBRATION_IMAGES)
        return [FrameFile(s.path, s.frame) for s in labelled[::step][:CALIBRATION_IMAGES]]

    # ---- results

    def _keep(self, document: Document, sample: StoredSample, result: Any) -> None:
        """Write a prediction into the sample at hand, or into another one's files, as one edit that can be undone."""
        labels = _taken(result.labels)
        maps = {name: _taken(values) for name, values in result.maps.items()}
        if write_anywhere(document, "Predict", sample.id, labels, Provenance.MODEL):
            self._set_maps(maps)
        document.project.set_uncertainty(sample.id, result.uncertainty)
        document.sample_updated.emit(sample.id)

    # ---- maps of doubt

    def show_map(self, name: str) -> None:
        """Show another map over the image, as its doubt: clear where the network is sure."""
        self.shown_map = name
        self._show()

    def _set_maps(self, maps: Mapping[str, NDArray[np.floating[Any]]]) -> None:
        self.maps = maps
        self._show()

    def _show(self) -> None:
        document = self._workbench.document
        if document is not None and self.maps:
            name = self.shown_map if self.shown_map in self.maps else "confidence"
            document.set_confidence(as_confidence(name, self.maps[name]))
        self.maps_changed.emit()

    def _follow(self) -> None:
        document = self._workbench.document
        if document is not None and document is not self._followed:
            document.sample_changed.connect(self._forget_maps)
        self._followed = document
        self._forget_maps()
        self.models.forget()

    def _forget_maps(self) -> None:
        self.maps = {}
        self.maps_changed.emit()


def as_confidence(name: str, values: NDArray[np.floating[Any]]) -> NDArray[np.float32]:
    """The map called *name* as how sure a pixel is, 0..1: strangeness up to its training's middle is sure, beyond its
    strangest hundredth is not sure at all."""
    entry = MAPS[name]
    if entry.strange:
        return np.asarray(1 - np.clip(values, 0, 1) ** 2, np.float32)
    return np.asarray(values if entry.sure else 1 - values, np.float32)


def _few(names: Sequence[str]) -> str:
    """The first of *names*, with dots where there are more."""
    return ", ".join([*names[:_NAMED], *["…"] * (len(names) > _NAMED)])


def _taken(values: Any) -> NDArray[Any]:
    return values.take() if isinstance(values, OnDisk) else values
