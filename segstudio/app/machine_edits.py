"""Computed labels as edits of any sample of a project, the one at hand or not; a person can undo each."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from segstudio.app.contents import contents
from segstudio.app.document import Document
from segstudio.app.history import Facts, History
from segstudio.core.labels import UNLABELLED, Provenance


def write_anywhere(
    document: Document, name: str, sample_id: int, labels: NDArray[np.uint16], source: Provenance
) -> bool:
    """Write computed *labels* ``(H, W)`` into a sample as one edit called *name*, never over human pixels.

    Where *labels* is 255 the pixels stay as they are. Answers whether it was the sample at hand. A sample that is not
    is changed in its files, of which :class:`~segstudio.core.errors.SegStudioError` tells what is wrong with them.
    """
    if document.write_result(name, sample_id, labels, source):
        return True
    _write_into_files(document, name, sample_id, labels, source)
    return False


def _write_into_files(
    document: Document, name: str, sample_id: int, computed: NDArray[np.uint16], source: Provenance
) -> None:
    project = document.project
    segments, annotation = project.segments(sample_id), project.annotation(sample_id)
    computed = document.of_known_classes(computed).astype(np.uint16, copy=False)
    labels = project.load_labels(sample_id, (computed.shape[0], computed.shape[1]), segments)
    facts = Facts(annotation, dict(segments), document.classes)
    history = History(lambda: facts, lambda _: None)
    history.attach(sample_id, labels)
    with history.edit(name):
        labels.write(labels.region, computed, computed != UNLABELLED, source=source)
    edit = history.next_undo
    if edit is None:
        return
    project.write_labels(sample_id, labels.ids, labels.provenance, document.classes)
    project.save_annotation(sample_id, annotation, segments, contents(labels.ids, facts))
    document.history.remember(edit)
