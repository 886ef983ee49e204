"""From strokes and boxes to masks: the acts behind the propagate keys."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from psygnal import Signal

from segstudio.app.box_instances import into_instances
from segstudio.app.box_labels import beside_background, beside_known, has_background
from segstudio.app.propagation_choices import BOX_CHOICES, SCRIBBLE_CHOICES, Choice, Knob, arguments
from segstudio.core.errors import AnnotationError
from segstudio.core.labels import UNLABELLED, Provenance
from segstudio.core.progress import Work
from segstudio.core.registry import Registry

if TYPE_CHECKING:
    from segstudio.app.document import Document
    from segstudio.app.workbench import Workbench


SPREAD = "Propagate scribbles"
"""The edit that strokes become."""
_KEY = "propagate"


class Propagation:
    """Runs propagation on copies in a thread and writes the result as one edit, never over human pixels."""

    finished = Signal(str, float)
    """Method used and mean confidence of a result that was written."""
    changed = Signal()
    """A method or a knob is another."""

    def __init__(self, workbench: Workbench) -> None:
        self._workbench = workbench

    # ---- what a person chose

    @property
    def method(self) -> str:
        """The way from strokes to masks: a name of :data:`SCRIBBLE_CHOICES`."""
        return self._chosen("method", SCRIBBLE_CHOICES)

    @method.setter
    def method(self, name: str) -> None:
        self._choose("method", SCRIBBLE_CHOICES[name].name)

    @property
    def box_method(self) -> str:
        """The way from boxes to masks: a name of :data:`BOX_CHOICES`."""
        return self._chosen("box_method", BOX_CHOICES)

    @box_method.setter
    def box_method(self, name: str) -> None:
        self._choose("box_method", BOX_CHOICES[name].name)

    def value(self, knob: Knob) -> float:
        """How a knob of the method at hand is set."""
        return self._values().get(knob.name, knob.default)

    def turn(self, knob: Knob, value: float) -> None:
        """Set a knob of the method at hand."""
        values = self._values() | {knob.name: min(max(float(value), knob.low), knob.high)}
        if values[knob.name] == knob.default:
            del values[knob.name]
        self._choose(f"values of {self.method}", values)

    def reset(self) -> None:
        """Methods and knobs as they are at first."""
        self._workbench.settings.propagation = {}
        self.changed.emit()

    def options(self) -> dict[str, Any]:
        """The options of the method at hand, where a person turned its knobs."""
        return arguments(SCRIBBLE_CHOICES[self.method], self._values())

    def _values(self) -> dict[str, float]:
        stored = self._workbench.settings.propagation.get(f"values of {self.method}")
        numbers = stored if isinstance(stored, dict) else {}
        return {str(name): float(number) for name, number in numbers.items() if isinstance(number, (int, float))}

    def _chosen(self, what: str, table: Registry[Choice]) -> str:
        name = self._workbench.settings.propagation.get(what)
        return name if isinstance(name, str) and name in table else "auto"

    def _choose(self, what: str, value: object) -> None:
        self._workbench.settings.propagation = self._workbench.settings.propagation | {what: value}
        self.changed.emit()

    # ---- the acts

    @property
    def running(self) -> bool:
        """Whether a result is on the way."""
        return any(job.key == _KEY and not job.state.ended for job in self._workbench.jobs.jobs)

    def scribbles(self, *, live: bool = False) -> None:
        """Spread the human's pixels of the sample at hand over the whole image.

        *live*: on the way, after a stroke. Then nothing is done before two classes are drawn: one alone would fill the
        image.
        """
        bench = self._workbench
        document = bench.document
        if document is None or document.sample is None or document.image is None:
            return
        sample_id, image, method = document.sample.id, document.image, self.method
        seeds = document.labels.classes()
        seeds[document.labels.provenance != Provenance.HUMAN] = UNLABELLED
        drawn = np.unique(seeds[seeds != UNLABELLED])
        if live and len(drawn) < 2:
            return
        if not len(drawn):
            bench.failed.emit(
                AnnotationError("draw a stroke for each class first: there is nothing to propagate"),
                "propagate scribbles",
            )
            return

        said = _contradiction(document, {int(value) for value in drawn})
        if said is not None:
            bench.failed.emit(said, "propagate scribbles")
            return
        network, class_ids = bench.teach.corrected(sample_id), list(document.classes)
        scene, model_file = bench.live.scene(), bench.tuning.model_file
        chosen = self.options()
        experience = bench.others.experience

        def work() -> Work[Any]:
            from segstudio.algorithms import scribbles  # loads numba, which start-up need not pay

            options = dict(chosen)
            if method == "auto" and scene is not None:
                options["scene"] = scene
            if method == "auto" and experience is not None:
                options["experience"] = experience
            if method == "auto" and model_file is not None:
                options["model"] = scribbles.load_model(model_file)
            if network is None:
                return (yield from scribbles.propagation(image.whole(), seeds, method=method, **options))
            options["probabilities"] = network.probabilities(class_ids)
            told = network.labels, network.confidence
            return (yield from scribbles.correction(image.whole(), seeds, *told, method=method, **options))

        def done(result: Any) -> None:
            if self._write(SPREAD, sample_id, result.labels, result.confidence, result.method):
                bench.live.believe(result)

        bench.jobs.submit(
            SPREAD,
            work,
            done,
            lane="propagate",
            key=_KEY,
            failed=lambda error: bench.report(error, "propagate scribbles"),
        )

    def boxes(self) -> None:
        """Turn the boxes of the sample at hand into masks."""
        bench = self._workbench
        document = bench.document
        if document is None or document.sample is None or document.image is None:
            return
        sample_id, image, method = document.sample.id, document.image, self.box_method
        drawn = document.annotation.boxes
        boxes = [box.as_tuple() for box in drawn]
        if not boxes:
            bench.failed.emit(
                AnnotationError("draw a box around each object first: there is nothing to propagate"),
                "propagate boxes",
            )
            return
        said = _contradiction(document, {box[0] for box in boxes})
        if said is not None:
            bench.failed.emit(said, "propagate boxes")
            return
        classes = document.classes

        def work() -> Work[Any]:
            from segstudio.algorithms import boxes as algorithm  # loads numba

            apart = beside_background(boxes, background=has_background(classes))
            return (yield from algorithm.pseudo_labelling(image.whole(), apart, method=method))

        def done(result: Any) -> None:
            known = document.labels.ids if document.sample is not None else np.empty((0, 0), np.uint16)
            labels = beside_known(np.asarray(result.labels), boxes, known, background=has_background(classes))
            labels = into_instances(labels, drawn, document.labels.segments)
            self._write("Propagate boxes", sample_id, labels, result.confidence, method)

        bench.jobs.submit(
            "Propagate boxes",
            work,
            done,
            lane="propagate",
            key=_KEY,
            failed=lambda error: bench.report(error, "propagate boxes"),
        )

    def _write(
        self, name: str, sample_id: int, labels: NDArray[Any], confidence: NDArray[np.float32], method: str
    ) -> bool:
        """Whether the result is of the sample at hand, and was written."""
        bench = self._workbench
        document = bench.document
        if document is None or not document.write_result(name, sample_id, labels, Provenance.PROPAGATED):
            bench.message.emit("The result belongs to another image and was dropped.")
            return False
        document.set_confidence(confidence)
        self.finished.emit(method, float(confidence.mean()))
        return True


def _contradiction(document: Document, drawn: set[int]) -> AnnotationError | None:
    """The error where one of the classes *drawn* is one that the tags say is not in the image."""
    denied = drawn & {tag.class_id for tag in document.annotation.tags if not tag.present}
    if not denied:
        return None
    name = document.classes[min(denied)].name
    return AnnotationError(f"{name} is drawn, but its tag says that it is not in this image: change one of the two")
