"""Computed labels as edits of any sample of a project, the one at hand or not; a person can undo each."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from segstudio.app.contents import contents
from segstudio.app.document import Document
from segstudio.app.history import Edit, Facts, History, Patch, WideEdit
from segstudio.core.labels import UNLABELLED, Provenance
from segstudio.core.progress import Progress, Work, finish
from segstudio.io import images


def write_anywhere(
    document: Document, name: str, sample_id: int, labels: NDArray[np.uint16], source: Provenance
) -> bool:
    """Write computed *labels* ``(H, W)`` into a sample as one edit called *name*, never over human pixels.

    Where *labels* is 255 the pixels stay as they are. Answers whether it was the sample at hand. A sample that is not
    is changed in its files, of which :class:`~segstudio.core.errors.SegStudioError` tells what is wrong with them.
    """
    if document.write_result(name, sample_id, labels, source):
        return True
    if document.saves:
        document.save()  # nothing older may come over it
    edit = _write_into_files(document, name, sample_id, labels, source)
    if edit is not None:
        document.history.remember(edit)
    return False


def write_together(
    document: Document,
    name: str,
    labels: Mapping[int, NDArray[np.integer]],
    source: Provenance,
    *,
    erase: Mapping[int, NDArray[np.bool_]] = MappingProxyType({}),
) -> None:
    """Write computed labels ``(H, W)`` into many samples, by id, as one step of undo called *name*.

    Never over human pixels; where labels are 255 the pixels stay as they are, but for those of *erase* ``(H, W)``, by
    sample id, which become unlabelled. They are in the files at once. No edit may be open. Raises
    :class:`~segstudio.core.errors.SegStudioError` where a file cannot be read or written; the samples before it are put
    back then.
    """
    edits: list[Edit] = []

    def write() -> Work[None]:
        try:
            for place, (sample_id, computed) in enumerate(labels.items()):
                yield Progress(place / len(labels))
                erased = erase.get(sample_id)
                edit = _write_into_files(document, name, sample_id, computed, source, erase=erased, durable=False)
                edits.extend([edit] if edit is not None else [])
        except BaseException:
            finish(_put(document, {edit.sample_id: edit.before for edit in edits}))
            raise
        document.project.settle([edit.sample_id for edit in edits])

    document.go_wide(write)
    if not edits:
        return
    before = {edit.sample_id: edit.before for edit in edits}
    after = {edit.sample_id: edit.after for edit in edits}
    document.history.remember(
        WideEdit(
            name,
            lambda: document.go_wide(lambda: _put(document, before)),
            lambda: document.go_wide(lambda: _put(document, after)),
            lambda: None,
            sum(edit.nbytes for edit in edits),
        )
    )


def _write_into_files(
    document: Document,
    name: str,
    sample_id: int,
    computed: NDArray[np.integer],
    source: Provenance,
    *,
    erase: NDArray[np.bool_] | None = None,
    durable: bool = True,
) -> Edit | None:
    project = document.project
    segments, annotation = project.segments(sample_id), project.annotation(sample_id)
    computed = document.of_known_classes(computed).astype(np.uint16, copy=False)
    labels = project.load_labels(sample_id, (computed.shape[0], computed.shape[1]), segments)
    facts = Facts(annotation, dict(segments), document.classes)
    history = History(lambda: facts, lambda _: None)
    history.attach(sample_id, labels)
    where = computed != UNLABELLED if erase is None else (computed != UNLABELLED) | erase
    with history.edit(name):
        labels.write(labels.region, computed, where, source=source)
    edit = history.next_undo
    if not isinstance(edit, Edit):
        return None
    project.write_labels(sample_id, labels.ids, labels.provenance, document.classes, durable=durable)
    project.save_annotation(sample_id, annotation, segments, contents(labels.ids, facts))
    return edit


def _put(document: Document, patches: Mapping[int, tuple[Patch, ...]]) -> Work[None]:
    """Put pixels of many samples back as they were, in their files."""
    project = document.project
    for place, (sample_id, parts) in enumerate(patches.items()):
        yield Progress(place / len(patches))
        segments, annotation = project.segments(sample_id), project.annotation(sample_id)
        stored = project.sample(sample_id)
        shape = images.probe(stored.path, stored.frame).shape
        labels = project.load_labels(sample_id, shape, segments)
        labels.restore([patch.pixels for patch in parts])
        facts = Facts(annotation, segments, document.classes)
        project.write_labels(sample_id, labels.ids, labels.provenance, document.classes, durable=False)
        project.save_annotation(sample_id, annotation, segments, contents(labels.ids, facts))
    project.settle(list(patches))
