"""From strokes and boxes to masks: the acts behind the propagate keys."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from psygnal import Signal

from segstudio.core.errors import AnnotationError
from segstudio.core.labels import UNLABELLED, Provenance
from segstudio.core.progress import Work

if TYPE_CHECKING:
    from segstudio.app.workbench import Workbench


_KEY = "propagate"


class Propagation:
    """Runs propagation on copies in a thread and writes the result as one edit, never over human pixels."""

    finished = Signal(str, float)
    """Method used and mean confidence of a result that was written."""

    def __init__(self, workbench: Workbench) -> None:
        self._workbench = workbench
        self.method = "auto"
        self.box_method = "auto"

    @property
    def running(self) -> bool:
        """Whether a result is on the way."""
        return any(job.key == _KEY and not job.state.ended for job in self._workbench.jobs.jobs)

    def scribbles(self) -> None:
        """Spread the human's pixels of the sample at hand over the whole image."""
        bench = self._workbench
        document = bench.document
        if document is None or document.sample is None or document.image is None:
            return
        sample_id, image, method = document.sample.id, document.image, self.method
        seeds = document.labels.classes()
        seeds[document.labels.provenance != Provenance.HUMAN] = UNLABELLED
        if (seeds == UNLABELLED).all():
            bench.failed.emit(
                AnnotationError("draw a stroke for each class first: there is nothing to propagate"),
                "propagate scribbles",
            )
            return

        known, network = bench.teach.with_network(sample_id, seeds)
        scene = bench.live.scene()

        def work() -> Work[Any]:
            from segstudio.algorithms import scribbles  # loads numba, which start-up need not pay

            options = {"scene": scene} if scene is not None and method == "auto" else {}
            return (
                yield from scribbles.propagation(image.whole(), known, method=method, probabilities=network, **options)
            )

        def done(result: Any) -> None:
            self._write("Propagate scribbles", sample_id, result.labels, result.confidence, result.method)
            bench.live.believe(result)

        bench.jobs.submit(
            "Propagate scribbles",
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
        boxes = [box.as_tuple() for box in document.annotation.boxes]
        if not boxes:
            bench.failed.emit(
                AnnotationError("draw a box around each object first: there is nothing to propagate"),
                "propagate boxes",
            )
            return
        has_background = 0 in document.classes

        def work() -> Work[Any]:
            from segstudio.algorithms import boxes as algorithm  # loads numba

            return (yield from algorithm.pseudo_labelling(image.whole(), boxes, method=method))

        def done(result: Any) -> None:
            labels = np.asarray(result.labels)
            outside = labels == 0
            if not has_background:
                labels = np.where(outside, UNLABELLED, labels)
            elif document.sample is not None and labels.shape == document.labels.shape:
                # beyond the boxes is background only where nothing else is said
                inside = _inside(boxes, (labels.shape[0], labels.shape[1]))
                keep = ~inside & (document.labels.ids != UNLABELLED)
                labels = np.where(keep, np.uint16(UNLABELLED), labels.astype(np.uint16))
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
    ) -> None:
        bench = self._workbench
        document = bench.document
        if document is None or not document.write_result(name, sample_id, labels, Provenance.PROPAGATED):
            bench.message.emit("The result belongs to another image and was dropped.")
            return
        document.set_confidence(confidence)
        self.finished.emit(method, float(confidence.mean()))


def _inside(boxes: list[tuple[int, int, int, int, int]], shape: tuple[int, int]) -> NDArray[np.bool_]:
    inside = np.zeros(shape, bool)
    for _, x0, y0, x1, y1 in boxes:
        inside[max(0, y0) : max(0, y1), max(0, x0) : max(0, x1)] = True
    return inside
