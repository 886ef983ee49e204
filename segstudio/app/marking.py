"""How far samples have come: said of the one at hand or of many, each time one step of undo."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from segstudio.app.history import WideEdit
from segstudio.core.annotation import SampleState

if TYPE_CHECKING:
    from segstudio.app.document import Document

_ONE_BY_ONE = 50
"""Up to so many samples are told of singly; where more changed, the list is made anew."""
_BYTES = 128
"""Held for one sample's state before and after."""
NAMES: Mapping[SampleState, str] = {
    SampleState.TODO: "Mark as to do",
    SampleState.IN_PROGRESS: "Mark as in progress",
    SampleState.DONE: "Mark as done",
    SampleState.REVIEWED: "Mark as reviewed",
    SampleState.SKIPPED: "Mark as skipped",
}
"""What the step of undo is called."""


def set_states(document: Document, ids: Sequence[int], state: SampleState) -> None:
    """Say how far these samples have come, as one step of undo; those that are there already do not count."""
    before = {sample.id: sample.state for sample in document.project.samples(ids) if sample.state is not state}
    if not before:
        return
    if document.sample is not None and list(before) == [document.sample.id]:
        document.set_state(state)
        return
    after = dict.fromkeys(before, state)
    _put(document, after)
    edit = WideEdit(
        NAMES[state],
        lambda: _put(document, before),
        lambda: _put(document, after),
        lambda: None,
        _BYTES * len(before),
    )
    document.history.remember(edit)


def _put(document: Document, states: Mapping[int, SampleState]) -> None:
    document.project.set_states(states)
    if document.sample is not None and document.sample.id in states:
        document.sample = document.project.sample(document.sample.id)
    if len(states) > _ONE_BY_ONE:
        document.samples_changed.emit()
        told = [document.sample.id] if document.sample is not None and document.sample.id in states else []
    else:
        told = list(states)
    for sample_id in told:
        document.sample_updated.emit(sample_id)
