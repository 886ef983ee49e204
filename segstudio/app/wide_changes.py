"""Changes of many samples of an open project, one at a time: nothing else changes meanwhile."""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import closing
from typing import TYPE_CHECKING

import numpy as np
from psygnal import Signal

from segstudio.app.history import WideEdit
from segstudio.core.errors import StoppedError
from segstudio.core.geometry import tiles
from segstudio.core.labels import LabelMap
from segstudio.core.progress import Progress, Work, finish
from segstudio.core.tiled import SIDE
from segstudio.io.project.class_step import ClassStep, sweep

if TYPE_CHECKING:
    from segstudio.app.document import Document


class WideChanges:
    """Runs them in the main thread, and takes up what they made of the sample at hand."""

    underway = Signal(object)
    """How far a change has come, a :class:`Progress`; ``None`` when it has ended."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self.changing = False
        """Whether a change is in the middle of its way: there must be no other act until it ends."""
        self._stopped = False
        self.tidy: Callable[[Callable[[], Work[None]]], object] = lambda work: finish(work())
        """Does work that nobody waits for: removing files, some time."""

    def go(self, change: Callable[[], Work[None] | None], back: Callable[[], Work[None]] | None = None) -> None:
        """Run what changes the files of many samples, and take up what it made of the one at hand.

        No edit may be open. *change* may be work: :attr:`underway` tells how far it has come, and :meth:`stop` closes
        it; then *back* makes everything as it was (``None``: the work does so on being closed) and
        :class:`StoppedError` is raised. Whoever lets the window live meanwhile sees to it that nothing else changes the
        document: see :attr:`changing`.
        """
        self._document.save()
        self.changing, self._stopped = True, False
        self.underway.emit(Progress(0.0))
        try:
            work = change()
            if isinstance(work, Generator) and not self._is_through(work):
                if back is not None:
                    finish(back(), lambda progress: self.underway.emit(Progress(1 - (progress.fraction or 0.0))))
                raise StoppedError
        finally:
            self.changing = False
            try:
                self._take_up()
            finally:
                self.underway.emit(None)

    def stop(self) -> None:
        """Give up the change that is in the middle of its way: all of it is taken back."""
        self._stopped = True

    def take_step(self, name: str, step: ClassStep) -> None:
        """Make a staged *step* over the whole project: one step of undo, which is in the files at once.

        Raises what :meth:`ClassStep.commit` does; then nothing has changed.
        """
        self.go(step.commit, step.give_up)
        edit = WideEdit(
            name,
            lambda: self.go(step.take_back, step.do_again),
            lambda: self.go(step.do_again, step.take_back),
            lambda: self._drop(step),
        )
        self._document.history.remember(edit)

    def sweep(self) -> None:
        """Remove the files of steps over the whole project that were let go of."""
        folder = self._document.project.folder
        self.tidy(lambda: sweep(folder))

    def _drop(self, step: ClassStep) -> None:
        step.drop()
        self.sweep()

    def _is_through(self, work: Work[None]) -> bool:
        """Run *work*; whether it came to its end, and was not stopped."""
        with closing(work):
            for progress in work:
                self.underway.emit(progress)
                if self._stopped:
                    return False
        return True

    def _take_up(self) -> None:
        """Show what the project's files say of the classes and of the sample at hand, which stays at hand."""
        document, project = self._document, self._document.project
        if project.classes != document.classes:
            document.show_classes(project.classes)
        if document.sample is not None:
            if document.problem is None:
                self._take_up_labels(document.sample.id)
            annotation = project.annotation(document.sample.id)
            if annotation != document.annotation:
                document.set_annotation(annotation)
            document.sample_updated.emit(document.sample.id)
        document.samples_changed.emit()

    def _take_up_labels(self, sample_id: int) -> None:
        document = self._document
        segments = document.project.segments(sample_id)
        _become(document.labels, document.project.load_labels(sample_id, document.labels.shape, segments))
        if segments != document.labels.segments:
            document.labels.set_segments(segments)
        document.set_active_instance(document.active_instance)


def _become(labels: LabelMap, stored: LabelMap) -> None:
    """Make the pixels of *labels* those of *stored*, where they differ."""
    parts = []
    for region in (tile & stored.region for tile in tiles(stored.region, SIDE)):
        ids, provenance = stored.ids[region.slices], stored.provenance[region.slices]
        alike = np.array_equal(ids, labels.ids[region.slices])
        if not alike or not np.array_equal(provenance, labels.provenance[region.slices]):
            parts.append((region, ids, provenance))
    if parts:
        labels.restore(parts)
