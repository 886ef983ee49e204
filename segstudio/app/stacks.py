"""Stacks: slices of a volume, pages of a file, frames of a video; and labels that go from one to the next."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from segstudio.app.between_slices import interpolate
from segstudio.app.stack_contrast import StackContrast
from segstudio.app.through_stack import propagate_through
from segstudio.core.errors import AnnotationError
from segstudio.core.labels import FIRST_INSTANCE, UNLABELLED, LabelMap, Provenance
from segstudio.core.progress import Work
from segstudio.io import images
from segstudio.io.project.slice_records import remember_slices

if TYPE_CHECKING:
    from segstudio.app.document import Document
    from segstudio.app.workbench import Workbench

_OPEN = 254
"""Stands for "nothing said" while labels spread to the next slice; used where the project has no such class."""


@dataclass(frozen=True, slots=True)
class Stack:
    """The file of the sample at hand, where it has several frames."""

    frame: int
    """The frame at hand, counted from 0."""
    frames: int
    """How many the file has."""
    samples: dict[int, int]
    """Sample ids by frame, of those that are in the project, in their order."""

    @property
    def complete(self) -> bool:
        """Whether the project has every frame."""
        return len(self.samples) >= self.frames

    @property
    def missing(self) -> list[int]:
        """Frames that the project does not have."""
        return [frame for frame in range(self.frames) if frame not in self.samples]

    def beside(self, by: int) -> int | None:
        """The nearest frame of the project behind (1) or before (-1) the one at hand."""
        known = list(self.samples)
        place = bisect_right(known, self.frame) if by > 0 else bisect_left(known, self.frame) - 1
        return known[place] if 0 <= place < len(known) else None

    def nearest(self, frame: int) -> int:
        """The frame of the project that is nearest to *frame*."""
        return min(self.samples, key=lambda known: abs(known - frame))


class Stacks:
    """The acts that go through the frames of one file."""

    def __init__(self, workbench: Workbench) -> None:
        self._workbench = workbench
        self._known: tuple[Path, dict[int, int]] | None = None
        """The file asked about last and its samples: the window asks after every stroke."""
        self.contrast = StackContrast(workbench)
        """How stacks are shown as a whole."""
        workbench.document_changed.connect(self._follow)

    def _follow(self) -> None:
        self._forget()
        if self._workbench.document is not None:
            self._workbench.document.samples_changed.connect(self._forget)

    def _forget(self) -> None:
        self._known = None

    @property
    def current(self) -> Stack | None:
        """The stack that the sample at hand belongs to; ``None`` where its file has one frame only."""
        document = self._workbench.document
        if document is None or document.sample is None or document.image is None or document.image.frames < 2:
            return None
        path = document.sample.path
        if self._known is None or self._known[0] != path:
            self._known = path, document.project.frames_of(path)
            self._remember(document, path)
        return Stack(document.sample.frame, document.image.frames, self._known[1])

    def _remember(self, document: Document, path: Path) -> None:
        """Note which slices a series has; say so where they are others than those that were labelled."""
        with self._workbench.reporting("look at the slices"):
            if not remember_slices(document.project, path):
                self._workbench.message.emit("The files of this series have changed: open the project again.")

    def go(self, frame: int) -> None:
        """Go to *frame*, or to the nearest that the project has."""
        stack = self.current
        if stack is not None:
            self._workbench.goto(stack.samples[stack.nearest(frame)])

    def step(self, by: int) -> bool:
        """Go to the next (1) or previous (-1) frame that the project has; whether there was one."""
        stack = self.current
        beside = stack.beside(by) if stack is not None else None
        if stack is None or beside is None:
            self._workbench.message.emit("This is the last slice." if by > 0 else "This is the first slice.")
            return False
        self._workbench.goto(stack.samples[beside])
        return True

    def add_missing(self) -> None:
        """Bring all frames of the file at hand into the project."""
        document, stack = self._workbench.document, self.current
        if document is not None and document.sample is not None and stack is not None:
            path = document.sample.path
            with self._workbench.reporting("add the slices"):
                document.add_images([(path, frame) for frame in stack.missing])

    def copy_to_next(self) -> None:
        """Go to the next slice and write this one's labels there, but for what a human painted: one edit."""
        document = self._workbench.document
        if document is None or not self._has_labels("copy the labels"):
            return
        ids, segments = document.labels.ids.copy(), dict(document.labels.segments)
        if not self._step_inside():
            return
        with self._workbench.reporting("copy the labels"):
            _check_size(ids, document.labels)
            with document.edit("Copy to next slice"):
                ids = with_instances(ids, segments, document.labels)
                document.labels.write(document.labels.region, ids, ids != UNLABELLED, source=Provenance.PROPAGATED)

    def propagate_to_next(self) -> None:
        """Go to the next slice and spread the inside of this one's labels over it, along its own borders.

        What a human painted there counts as well and stays. What is unlabelled here stays so where nothing spreads.
        """
        bench = self._workbench
        document = bench.document
        if document is None or not self._has_labels("propagate to the next slice"):
            return
        before = document.labels.classes()
        if not self._step_inside() or document.sample is None or document.image is None:
            return
        with bench.reporting("propagate to the next slice"):
            _check_size(before, document.labels)
            self._propagate(before)

    def _propagate(self, before: NDArray[np.uint8]) -> None:
        bench = self._workbench
        document = bench.document
        if document is None or document.sample is None or document.image is None:
            return
        sample_id, image, method = document.sample.id, document.image, bench.propagation.method
        human = np.where(document.labels.provenance == Provenance.HUMAN, document.labels.classes(), UNLABELLED)
        keeps_open = _OPEN not in document.classes

        def work() -> Work[Any]:
            from segstudio.algorithms import scribbles  # loads numba, which start-up need not pay
            from segstudio.algorithms.between_slices import eroded_seeds

            said = np.where(before == UNLABELLED, np.uint8(_OPEN), before) if keeps_open else before
            seeds = np.where(human != UNLABELLED, human, eroded_seeds(said)).astype(np.uint8)
            return (yield from scribbles.propagation(image.whole(), seeds, method=method))

        def done(result: Any) -> None:
            labels = np.asarray(result.labels)
            labels = np.where(labels == _OPEN, UNLABELLED, labels) if keeps_open else labels
            written = document is bench.document and document.write_result(
                "Propagate to next slice", sample_id, labels, Provenance.PROPAGATED
            )
            if not written:
                bench.message.emit("The result belongs to another image and was dropped.")
                return
            document.set_confidence(result.confidence)
            bench.propagation.finished.emit(result.method, float(result.confidence.mean()))

        bench.jobs.submit(
            "Propagate to next slice",
            work,
            done,
            lane="propagate",
            key="propagate",
            failed=lambda error: bench.report(error, "propagate to the next slice"),
        )

    def propagate_through(self) -> None:
        """Label all slices by the strokes on any of them; see :func:`propagate_through`."""
        document, stack = self._workbench.document, self.current
        if document is not None and stack is not None:
            propagate_through(self._workbench, document, stack.samples)

    def interpolate(self) -> None:
        """Fill the slices between those that people labelled; see :func:`interpolate`."""
        document, stack = self._workbench.document, self.current
        if document is not None and stack is not None:
            interpolate(self._workbench, document, stack.samples)

    def _step_inside(self) -> bool:
        """Go to the next slice of the same time point; whether there is one. Labels do not go to where another begins.

        Pages of another size are no other time point: that they do not fit is said.
        """
        document, stack = self._workbench.document, self.current
        image = document.image if document is not None else None
        beside = stack.beside(1) if stack is not None else None
        if image is None or beside is None or image.volume is None or beside in image.volume:
            return self.step(1)
        with self._workbench.reporting("go to the next slice"):
            if len(image.volume) == 1 or images.probe(image.path, beside).shape != image.shape:
                return self.step(1)
            self._workbench.message.emit("This is the last slice of this volume.")
        return False

    def _has_labels(self, act: str) -> bool:
        document = self._workbench.document
        if document is None or self.current is None:
            return False
        if document.labels.blank or bool((document.labels.ids == UNLABELLED).all()):
            self._workbench.failed.emit(
                AnnotationError("this slice has no labels yet: there is nothing to bring to the next"), act
            )
            return False
        return True


def _check_size(labels: NDArray[np.integer], there: LabelMap) -> None:
    if labels.shape != there.shape:
        raise AnnotationError(
            f"the next slice is of size {there.shape[1]}x{there.shape[0]}, this one "
            f"{labels.shape[1]}x{labels.shape[0]}: labels cannot be brought there"
        )


def with_instances(ids: NDArray[np.uint16], segments: dict[int, int], there: LabelMap) -> NDArray[np.uint16]:
    """*ids* with the instances entered into the table of *there*: under the same number, so that an object keeps its
    number through the stack, or under a new one where another class has that."""
    shown = [int(i) for i in np.unique(ids) if i >= FIRST_INSTANCE]
    table = dict(there.segments)
    numbers = np.arange(np.iinfo(np.uint16).max + 1, dtype=np.uint16)
    taken = [i for i in shown if i in table and table[i] != segments.get(i)]
    table |= {i: segments[i] for i in shown if i in segments and i not in taken}
    there.set_segments(table)
    for segment in taken:
        numbers[segment] = there.new_segment(segments[segment])
    return numbers[ids]
