"""Self-tuning: the default propagation learns from accepted samples; a person takes what it learned or leaves it."""

from __future__ import annotations

import math
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from psygnal import Signal

from segstudio.app.jobs import Job
from segstudio.core.annotation import SampleState
from segstudio.core.errors import AnnotationError, CheckpointError, ImageError, MaskError, StorageError, storage_errors
from segstudio.core.labels import UNLABELLED, Provenance
from segstudio.core.progress import Progress, Work, scaled
from segstudio.io.project import Project, SampleQuery, StoredSample

if TYPE_CHECKING:
    from segstudio.algorithms.scribbles import Tuning as Tuned
    from segstudio.app.document import Document
    from segstudio.app.workbench import Workbench

_ACCEPTED = frozenset({SampleState.REVIEWED, SampleState.DONE})
MODEL = "propagation.npz"
"""The adopted model's file in the project's folder."""
FEWEST = 3
"""Accepted samples before a gain can be measured on samples that were held out."""
MOST = 24
"""More samples than these change little and take long."""


class TuningState(StrEnum):
    IDLE = "idle"
    RUNNING = "running"
    OFFERED = "offered"
    NO_GAIN = "no gain"


class Tuning:
    """Fits the default propagation to the project in the background whenever enough more samples were accepted."""

    changed = Signal()

    def __init__(self, workbench: Workbench) -> None:
        self._workbench = workbench
        self.state = TuningState.IDLE
        self.offer: Tuned | None = None
        """What was found and not yet decided on."""
        self._learned_from = 0
        self._job: Job | None = None
        workbench.jobs.ended.connect(self._ended)

    @property
    def model_file(self) -> Path | None:
        """The adopted model of the open project; ``None`` where it uses the shipped one."""
        document = self._workbench.document
        return None if document is None else tuned_model(document.project)

    @property
    def accepted(self) -> int:
        """How many samples were accepted."""
        return len(self._accepted())

    def attach(self, document: Document) -> None:
        """Follow an open project, and forget what was found in another."""
        self._learned_from, self._job, self.offer = 0, None, None
        document.sample_updated.connect(self._sample_updated)
        self._set(TuningState.IDLE)

    def _sample_updated(self, _: int) -> None:
        """Fit anew where there are a third more accepted samples than the last time."""
        document = self._workbench.document
        sample = document.sample if document is not None else None
        if sample is None or sample.state not in _ACCEPTED or self._job is not None:
            return
        if self.accepted >= max(FEWEST, math.ceil(self._learned_from * 4 / 3)):
            self.start()

    def start(self) -> None:
        """Fit now, on the newest accepted samples."""
        document = self._workbench.document
        ids = self._accepted()
        if document is None or self._job is not None or len(ids) < FEWEST or not self._workbench.save():
            return
        stored = document.project.stored(ids[-MOST:])
        file = self.model_file
        self._learned_from = len(ids)
        self._set(TuningState.RUNNING)

        def work() -> Work[Tuned]:
            from segstudio.algorithms import scribbles  # loads numba, which start-up need not pay

            samples = yield from scaled(_read(stored), 0.0, 0.1)
            start = None if file is None else scribbles.load_model(file)
            return (yield from scaled(scribbles.tune(samples, start=start), 0.1, 1.0))

        self._job = self._workbench.jobs.submit(
            "Tune propagation", work, self._found, lane="tune", key="tune", failed=self._failed
        )

    def adopt(self) -> None:
        """Use what was found for every propagation of this project from now on."""
        document, offer = self._workbench.document, self.offer
        if document is None or offer is None:
            return
        with self._workbench.reporting("keep the tuned propagation"):
            keep_tuning(document.project, offer)
            self.offer = None
            self._set(TuningState.IDLE)

    def refuse(self) -> None:
        """Go on as before; it is offered again after more samples."""
        self.offer = None
        self._set(TuningState.IDLE)

    def forget(self) -> None:
        """Go back to the propagation that comes with the program."""
        file = self.model_file
        if file is not None:
            with self._workbench.reporting("go back to the shipped propagation"):
                file.unlink()
            self._learned_from = 0
            self.changed.emit()

    def _accepted(self) -> list[int]:
        document = self._workbench.document
        return [] if document is None else _accepted(document.project)

    def _found(self, tuned: Tuned) -> None:
        self.offer = tuned if tuned.gain > 0 else None
        self._set(TuningState.OFFERED if self.offer is not None else TuningState.NO_GAIN)

    def _failed(self, error: BaseException) -> None:
        self._set(TuningState.IDLE)
        if isinstance(error, (CheckpointError, StorageError)):
            self._workbench.report(error, "tune the propagation")
        # samples without strokes teach nothing: that is no mistake of the person's

    def _ended(self, job: Job) -> None:
        if job is self._job:
            self._job = None
            if self.state is TuningState.RUNNING:  # it was stopped
                self._set(TuningState.IDLE)

    def _set(self, state: TuningState) -> None:
        self.state = state
        self.changed.emit()


def tuned_model(project: Project) -> Path | None:
    """The file of the model that *project* has adopted; ``None`` where it uses the shipped one."""
    file = project.folder / MODEL
    return file if file.is_file() else None


def tune_project(project: Project) -> Work[Tuned]:
    """Fit the default propagation to what was accepted in *project*, and measure the gain; nothing is kept.

    Raises :class:`AnnotationError` where fewer than ``FEWEST`` images are accepted, or none of them has strokes beside
    what was made of them.
    """
    from segstudio.algorithms import scribbles  # loads numba

    ids = _accepted(project)
    if len(ids) < FEWEST:
        raise AnnotationError(
            f"{project.folder.name} has {len(ids)} accepted images; self-tuning learns from {FEWEST} or more that are "
            "reviewed or done"
        )
    file = tuned_model(project)
    samples = yield from scaled(_read(project.stored(ids[-MOST:])), 0.0, 0.1)
    start = None if file is None else scribbles.load_model(file)
    return (yield from scaled(scribbles.tune(samples, start=start), 0.1, 1.0))


def keep_tuning(project: Project, tuned: Tuned) -> Path:
    """Use what was found for every propagation of *project* from now on; the file that holds it."""
    from segstudio.algorithms import scribbles  # loads numba; *tuned* was made with it

    scribbles.save_model(project.folder / MODEL, tuned.model)
    return project.folder / MODEL


def forget_tuning(project: Project) -> bool:
    """Go back to the propagation that comes with the program; whether there was another."""
    file = tuned_model(project)
    if file is not None:
        with storage_errors(file):
            file.unlink()
    return file is not None


def _accepted(project: Project) -> list[int]:
    return project.sample_ids(SampleQuery(states=_ACCEPTED))


def _read(stored: list[StoredSample]) -> Work[list[tuple[Any, Any, Any]]]:
    """Image, the human's strokes and accepted mask of each sample that can be read and has strokes beside the rest."""
    found = []
    for i, sample in enumerate(stored):
        yield Progress(i / len(stored), sample.name)
        try:
            image, mask, provenance = sample.image(), sample.labels(), sample.provenance()
        except (ImageError, MaskError):
            continue  # said when a person goes there
        seeds = np.where(provenance == Provenance.HUMAN, mask, np.uint16(UNLABELLED))
        if len(np.unique(seeds[seeds != UNLABELLED])) > 1 and (seeds != mask).any():
            found.append((image, seeds, mask))
    return found
