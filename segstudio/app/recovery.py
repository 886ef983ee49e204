"""Bringing the edits of a session that ended in a crash into the project's files."""

from __future__ import annotations

from segstudio.app.contents import contents
from segstudio.app.journal import Entry, Journal
from segstudio.core.errors import ImageError, MaskError
from segstudio.io import images
from segstudio.io.masks import mask_size
from segstudio.io.project import Project
from segstudio.io.project.class_step import recover as recover_step
from segstudio.io.project.restore import Restored
from segstudio.io.project.restore import recover as recover_import


def recover(project: Project, journal: Journal) -> Restored | None:
    """Bring what a killed program left to its end: a step over the whole project, an import, edits; what became of an
    import, ``None`` where there was none."""
    recover_step(project)
    put_back = recover_import(project)
    recover_edits(project, journal)
    return put_back


def recover_edits(project: Project, journal: Journal) -> None:
    """Replay *journal* and empty it.

    Where an image cannot be read now, its edits cannot be placed: the journal is kept beside, not cut.
    """
    entries = list(journal.entries())
    if not entries:
        return
    lost = False
    for sample_id in dict.fromkeys(entry.sample_id for entry in entries):
        lost |= not _recover_sample(project, sample_id, [e for e in entries if e.sample_id == sample_id])
    if entries[-1].facts.classes != project.classes:
        project.set_classes(entries[-1].facts.classes)
    if lost:
        journal.set_aside()
    else:
        journal.clear()


def _recover_sample(project: Project, sample_id: int, entries: list[Entry]) -> bool:
    facts = entries[-1].facts
    try:
        labels = project.load_labels(sample_id, _shape(project, sample_id), facts.segments)
    except (ImageError, MaskError, KeyError):
        return False
    for entry in entries:
        labels.restore([patch.pixels for patch in entry.patches])
    if not labels.blank:
        project.write_labels(sample_id, labels.ids, labels.provenance, facts.classes)
    project.save_annotation(sample_id, facts.annotation, facts.segments, contents(labels.ids, facts))
    return True


def _shape(project: Project, sample_id: int) -> tuple[int, int]:
    if project.has_labels(sample_id):
        return mask_size(project.labels_file(sample_id))
    sample = project.sample(sample_id)
    return images.open_image(sample.path, sample.frame).shape
