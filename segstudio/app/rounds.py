"""Rounds of filling and learning (ScribbleSup): what each came to, side by side, and their labels for the project."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from psygnal import Signal

from segstudio.app.document import Document
from segstudio.app.jobs import Job
from segstudio.app.machine_edits import write_anywhere
from segstudio.core.annotation import Sample
from segstudio.core.labels import UNLABELLED, Provenance
from segstudio.core.progress import Progress, Work
from segstudio.io import images
from segstudio.io.project import Run
from segstudio.learning.weak.round_records import Kept, Round, read_kept, round_labels, samples_in

if TYPE_CHECKING:
    from segstudio.app.workbench import Workbench

TAKE_OVER = "Take over labels"
"""The name of the edit by which labels of a round become the project's."""
PICTURE_SIDE = 256
"""Pictures to compare are thinned to this many pixels a side."""


@dataclass(frozen=True, eq=False)
class Pictures:
    """One image, and what each round made of it."""

    sample_id: int
    image: NDArray[Any]
    """``(H, W[, C])``, thinned."""
    labels: Sequence[NDArray[np.uint16] | None]
    """``(H, W)`` class ids of each round, 255 = none; ``None`` where a round has no labels of it."""
    proportions: tuple[float, float] = (1.0, 1.0)
    """Height and width of a pixel."""


class Rounds:
    """Everything here is called in the main thread."""

    taken_over = Signal(int)
    """Labels of so many samples were taken over."""

    def __init__(self, workbench: Workbench) -> None:
        self._workbench = workbench
        self._job: Job | None = None

    @property
    def busy(self) -> bool:
        """Whether labels are being taken over."""
        return self._job is not None

    def kept(self, run: Run) -> Kept:
        """What the rounds of *run* came to; damaged records are told, and count as none."""
        with self._workbench.reporting("read the rounds"):
            return read_kept(run.folder)
        return Kept()

    def samples(self, run: Run) -> list[Sample]:
        """The samples of the open project that have labels in the rounds of *run*."""
        document, shown = self._workbench.document, self.kept(run).shown
        folder = shown[0].labels if shown else None
        if document is None or folder is None:
            return []
        there = set(document.project.sample_ids())
        return document.project.samples([i for i in samples_in(run.folder / folder) if i in there])

    def look(self, run: Run, sample: Sample, done: Callable[[Pictures], None]) -> None:
        """Read *sample* and its labels of all rounds in the background, and hand them to *done*."""
        shown = self.kept(run).shown

        def read() -> Work[Pictures]:
            yield Progress(None, "reading the rounds")
            found = images.read(sample.path, sample.frame)
            image = found.array
            step = max(1, math.ceil(max(image.shape[:2]) / PICTURE_SIDE))
            thinned: list[NDArray[np.uint16] | None] = []
            for one in shown:
                labels = round_labels(run.folder, one, sample.id)
                thinned.append(None if labels is None else labels[::step, ::step].copy())
                yield Progress(None, "reading the rounds")
            return Pictures(sample.id, image[::step, ::step].copy(), thinned, found.proportions)

        bench = self._workbench
        bench.jobs.submit(
            "Read the rounds",
            read,
            done,
            lane="load",
            key="rounds",
            quiet=True,
            failed=lambda error: bench.report(error, "read the rounds"),
        )

    def take_over(self, run: Run, one: Round) -> None:
        """Make the labels of a round labels of the project: an edit a sample, never over what a person drew.

        Classes that the project has no more are left out; samples whose image is of another size by now are told.
        """
        bench, document = self._workbench, self._workbench.document
        if document is None or one.labels is None or self.busy:
            return
        with bench.reporting("take over labels"):
            document.save()
            here = set(document.project.sample_ids())
            wanted = [i for i in samples_in(run.folder / one.labels) if i in here]
            written = threading.Semaphore()
            self._job = bench.jobs.submit(
                TAKE_OVER,
                lambda: _read_labels(run, one, wanted, written),
                self._taken,
                lane="disk",
                failed=lambda error: bench.report(error, "take over labels"),
                progressed=lambda progress: self._write(document, progress, written),
            )
            bench.jobs.ended.connect(self._ended)

    def _write(self, document: Document, progress: Progress, written: threading.Semaphore) -> None:
        if not isinstance(progress.detail, tuple) or document is not self._workbench.document:
            return
        written.release()
        sample_id, labels = progress.detail
        with self._workbench.reporting("take over labels"):
            known = np.isin(labels, list(document.classes))
            labels = np.where(known, labels, np.uint16(UNLABELLED))
            write_anywhere(document, TAKE_OVER, sample_id, labels, Provenance.PROPAGATED)
            document.sample_updated.emit(sample_id)

    def _taken(self, count: int) -> None:
        self.taken_over.emit(count)

    def _ended(self, job: Job) -> None:
        if job is self._job:
            self._workbench.jobs.ended.disconnect(self._ended)
            self._job = None


def _read_labels(run: Run, one: Round, wanted: Sequence[int], written: threading.Semaphore) -> Work[int]:
    """Tell the labels of each sample once those before it are *written*, so that the window has time in between.

    The result is how many there were.
    """
    count = 0
    told = Progress(None, "reading the rounds")
    for place, sample_id in enumerate(wanted):
        labels = round_labels(run.folder, one, sample_id)
        if labels is None:
            continue
        while not written.acquire(timeout=0.05):
            yield told
        count += 1
        told = Progress((place + 1) / len(wanted), f"{place + 1} of {len(wanted)}", (sample_id, labels))
        yield told
    return count
