"""Predictions of a network that become labels when their sample is opened, and go again where nobody touched them.

They lie beside the labels until then, and are kept there afterwards for strokes to correct; see docs/adr/0030.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from segstudio.app.document import Document
from segstudio.app.history import Step
from segstudio.core.annotation import SampleState
from segstudio.core.labels import UNLABELLED, Provenance
from segstudio.io.project.predictions import (
    StoredPrediction,
    read_pre_label,
    read_prediction,
    remove_pre_label,
    take_up,
    write_pre_label,
)

PRE_LABEL = "Pre-label"
"""The name of the edit by which a prediction becomes labels."""


@dataclass
class _Shown:
    """The pre-label of the sample at hand."""

    sample_id: int
    told: StoredPrediction
    edit: Step
    undone: bool = False
    """A person took it back."""


class PreLabels:
    """The pre-label of the sample at hand. Everything here is called in the main thread."""

    def __init__(self) -> None:
        self._document: Document | None = None
        self._shown: _Shown | None = None
        self.held_back: int | None = None
        """The last sample that was opened without its pre-label, for that was not worth it."""

    def follow(self, document: Document | None) -> None:
        """Another project is open, or none."""
        self._document, self._shown, self.held_back = document, None, None

    def prediction(self, sample_id: int) -> StoredPrediction | None:
        """What lies beside the labels of *sample_id*, where it is the sample at hand and a network was asked."""
        document = self._document
        if document is None or document.image is None or document.sample is None or document.sample.id != sample_id:
            return None
        return read_prediction(document.project.sample_folder(sample_id), document.labels.shape, document.classes)

    def corrected(self, sample_id: int) -> StoredPrediction | None:
        """The pre-label of the sample at hand, for strokes to correct rather than start over, in this session or a
        later one; ``None`` where it had none, a person took it back, or nothing but strokes is left of the labels."""
        document = self._document
        if document is None or document.image is None or document.sample is None or document.sample.id != sample_id:
            return None
        labels = document.labels
        if not ((labels.provenance != Provenance.HUMAN) & (labels.ids != UNLABELLED)).any():
            return None
        return read_pre_label(document.project.sample_folder(sample_id), labels.shape, document.classes)

    def show(self, worth: Callable[[StoredPrediction], bool]) -> None:
        """Make the prediction of the sample at hand an edit, where nobody has begun it and it is *worth* it."""
        document = self._document
        if document is None or document.image is None or document.sample is None or document.history.recording:
            return
        sample, folder = document.sample, document.project.sample_folder(document.sample.id)
        if sample.state is not SampleState.TODO or (document.labels.ids != UNLABELLED).any():
            return
        if not take_up(folder):  # and from then on the next round may replace it
            return
        found = read_pre_label(folder, document.labels.shape, document.classes)
        if found is not None and not worth(found):
            self.held_back, found = sample.id, None
        before = document.history.next_undo
        if found is None or not document.write_result(PRE_LABEL, sample.id, found.labels, Provenance.MODEL):
            remove_pre_label(folder)
            return
        document.set_confidence(found.confidence)
        edit = document.history.next_undo
        if edit is not None and edit is not before:
            self._shown, self.held_back = _Shown(sample.id, found, edit), None

    def watch_undo(self) -> None:
        """The history has changed: a pre-label may be undone, or there again."""
        document, shown = self._document, self._shown
        if document is not None and shown is not None:
            folder = document.project.sample_folder(shown.sample_id)
            if document.history.next_redo is shown.edit and not shown.undone:
                shown.undone = True
                remove_pre_label(folder)
                document.begin()  # somebody looked at it and does not want it: it must not come again
            elif document.history.next_undo is shown.edit and shown.undone:
                shown.undone = False
                write_pre_label(folder, shown.told)

    def take_back(self) -> None:
        """A pre-label that nobody touched is no labels: the sample that is left is as it was found."""
        document, shown, self._shown = self._document, self._shown, None
        if document is None or shown is None or document.sample is None or document.sample.id != shown.sample_id:
            return
        untouched = document.history.can_undo and document.history.next_undo is shown.edit
        if untouched and document.sample.state is SampleState.IN_PROGRESS:
            document.history.undo()
            document.set_state(SampleState.TODO)
            remove_pre_label(document.project.sample_folder(shown.sample_id))

    def changed(self, sample_id: int) -> float | None:
        """The share of labelled pixels that a person changed of the pre-label of *sample_id*, if that is at hand."""
        shown, document = self._shown, self._document
        if shown is None or document is None or shown.sample_id != sample_id:
            return None
        final = document.labels.classes()
        known = final != UNLABELLED
        return float((final != shown.told.labels)[known].mean()) if known.any() else 0.0
