"""Computed labels as edits of any sample of a project, the one at hand or not; a person can undo each."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from segstudio.app.aside import aside
from segstudio.app.contents import contents
from segstudio.app.document import Document
from segstudio.app.history import Edit, Facts, History, Patch, WideEdit
from segstudio.core.labels import UNLABELLED, LabelMap, Provenance
from segstudio.core.progress import Progress, Work, finish
from segstudio.io.masks import mask_size
from segstudio.io.project import Project

_ASIDE_FROM = 1 << 20
"""Pixels. Two threads share one interpreter: for fewer, waiting for a turn takes longer than the work."""


def write_anywhere(
    document: Document, name: str, sample_id: int, labels: NDArray[np.uint16], source: Provenance
) -> bool:
    """Write computed *labels* ``(H, W)`` into a sample as one edit called *name*, never over human pixels or
    locked classes.

    Where *labels* is 255 the pixels stay as they are. Answers whether it was the sample at hand. A sample that is not
    is changed in its files, of which :class:`~segstudio.core.errors.SegStudioError` tells what is wrong with them.
    """
    if document.write_result(name, sample_id, labels, source):
        return True
    if document.saves:
        document.save()  # nothing older may come over it
    change = _change(document, name, sample_id, labels, source)
    edit, shown = change.write()
    if edit is not None:
        change.enter(shown)
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

    Never over human pixels or locked classes; where labels are 255, or of a class that is gone, the pixels stay as they
    are, but for those of *erase* ``(H, W)``, by sample id, which become unlabelled. They are in the files at once.
    Samples that were taken out of the project meanwhile are passed over. No edit may be open. Raises
    :class:`~segstudio.core.errors.SegStudioError` where a file cannot be read or written, or where a person stops it;
    the samples before are put back then.
    """
    edits: list[Edit] = []
    ids = sorted(labels.keys() & set(document.project.sample_ids()))

    def write() -> Work[None]:
        try:
            for place, sample_id in enumerate(ids):
                change = _change(document, name, sample_id, labels[sample_id], source, erase=erase.get(sample_id))
                edit, shown = yield from change.written(place / len(ids), edits.append)
                if edit is not None:
                    change.enter(shown)
            yield from aside(lambda: document.project.settle([edit.sample_id for edit in edits]), 1.0)
        except BaseException:
            finish(_put(document, {edit.sample_id: edit.before for edit in edits}))
            raise

    document.wide.go(write)
    if not edits:
        return
    before = {edit.sample_id: edit.before for edit in edits}
    after = {edit.sample_id: edit.after for edit in edits}
    document.history.remember(
        WideEdit(
            name,
            lambda: document.wide.go(lambda: _put(document, before), lambda: _put(document, after)),
            lambda: document.wide.go(lambda: _put(document, after), lambda: _put(document, before)),
            lambda: None,
            sum(edit.nbytes for edit in edits),
        )
    )


@dataclass(frozen=True, eq=False)
class _Change:
    """What becomes of a sample that is not at hand: its files in any thread, then the database in the project's own."""

    project: Project
    sample_id: int
    name: str
    shape: tuple[int, int]
    facts: Facts
    act: Callable[[LabelMap], object]
    """Changes the pixels."""

    def write(
        self, *, durable: bool = True, note: Callable[[Edit], object] = lambda _: None
    ) -> tuple[Edit | None, frozenset[int]]:
        """Change the label files; the edit, where pixels are others than before, and the classes that are shown.

        *note* is told of the edit right before it goes into the files: whoever is stopped then can take it back.
        """
        labels = self.project.load_labels(self.sample_id, self.shape, self.facts.segments)
        history = History(lambda: self.facts, lambda _: None)
        history.attach(self.sample_id, labels)
        with history.edit(self.name):
            self.act(labels)
        edit = history.next_undo
        if not isinstance(edit, Edit):
            return None, frozenset()
        note(edit)
        self.project.write_labels(self.sample_id, labels.ids, labels.provenance, self.facts.classes, durable=durable)
        return edit, contents(labels.ids, self.facts)

    def written(
        self, fraction: float, note: Callable[[Edit], object] = lambda _: None
    ) -> Work[tuple[Edit | None, frozenset[int]]]:
        """:meth:`write` without waiting for the disk; in a thread where a window would stutter meanwhile."""
        write = partial(self.write, durable=False, note=note)
        if self.shape[0] * self.shape[1] >= _ASIDE_FROM:
            return (yield from aside(write, fraction))
        yield Progress(fraction)
        return write()

    def enter(self, shown: frozenset[int]) -> None:
        """Tell the database of the classes in the files."""
        self.project.save_annotation(self.sample_id, self.facts.annotation, self.facts.segments, shown)


def _change(
    document: Document,
    name: str,
    sample_id: int,
    computed: NDArray[np.integer],
    source: Provenance,
    *,
    erase: NDArray[np.bool_] | None = None,
) -> _Change:
    project = document.project
    facts = Facts(project.annotation(sample_id), project.segments(sample_id), document.classes)
    known = document.of_known_classes(computed).astype(np.uint16, copy=False)
    where = known != UNLABELLED if erase is None else (known != UNLABELLED) | erase

    locked = document.locked

    def act(labels: LabelMap) -> None:
        labels.locked = locked
        labels.write(labels.region, known, where, source=source)

    return _Change(project, sample_id, name, (known.shape[0], known.shape[1]), facts, act)


def _put(document: Document, patches: Mapping[int, tuple[Patch, ...]]) -> Work[None]:
    """Put pixels of many samples back as they were, in their files."""
    project = document.project
    for place, (sample_id, parts) in enumerate(patches.items()):
        if not project.has_labels(sample_id):
            continue  # the disk refused them
        facts = Facts(project.annotation(sample_id), project.segments(sample_id), document.classes)
        shape = mask_size(project.labels_file(sample_id))  # it was written
        change = _Change(project, sample_id, "", shape, facts, partial(_restore, parts))
        edit, shown = yield from change.written(place / len(patches))
        if edit is not None:
            change.enter(shown)
    yield from aside(lambda: project.settle(list(patches)), 1.0)


def _restore(patches: Sequence[Patch], labels: LabelMap) -> None:
    labels.restore([patch.pixels for patch in patches])
