"""Bringing a data set of others into a project: all that is wrong with it is told first."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from segstudio.app.workflows import store
from segstudio.core.errors import FileError
from segstudio.core.labels import UNLABELLED, LabelMap, Provenance
from segstudio.core.progress import Progress, Work, scaled
from segstudio.io.importers import IMPORTERS
from segstudio.io.importers.base import ImportedLabels, ImportedSample
from segstudio.io.project import Project


@dataclass(frozen=True)
class ImportResult:
    """What came of an import."""

    samples: int
    """How many images have labels of the data set now."""
    problems: tuple[str, ...]
    """Everything that is wrong with the data set, each with its file."""


def import_into(
    folder: Path, format_name: str, source: Path, *, keep_going: bool = False, **options: Any
) -> Work[ImportResult]:
    """Import the data set at *source* into the project in *folder*; human pixels there are spared.

    Where something is wrong with the data set the project stays as it is, unless *keep_going*: then the rest is
    imported. *options* are those of the format.
    """
    with Project.open(folder) as project:
        work = IMPORTERS[format_name].read(source, project.classes, **options)
        dataset = yield from scaled(work, 0.0, 0.2)
        problems = [str(problem) for problem in dataset.problems]
        if problems and not keep_going:
            return ImportResult(0, tuple(problems))
        if dataset.classes != project.classes:
            project.set_classes(dataset.classes)
        imported = 0
        for place, sample in enumerate(dataset.samples):
            yield Progress(0.2 + 0.8 * place / max(1, len(dataset.samples)), f"importing {sample.path.name}")
            try:
                _enter(project, sample)
            except FileError as error:
                problems.append(str(error))
            else:
                imported += 1
    return ImportResult(imported, tuple(problems))


def _enter(project: Project, sample: ImportedSample) -> None:
    labels = sample.load() if sample.load is not None else None
    project.add_samples([(sample.path, sample.frame)])
    sample_id = project.find_sample(sample.path, sample.frame)
    if sample_id is None:
        return
    before, new = project.annotation(sample_id), sample.annotation
    annotation = replace(
        before,
        boxes=tuple(dict.fromkeys((*before.boxes, *new.boxes))),
        polygons=tuple(dict.fromkeys((*before.polygons, *new.polygons))),
        tags=tuple({tag.class_id: tag for tag in (*before.tags, *new.tags)}.values()),
    )
    known = project.load_labels(sample_id, sample.shape, project.segments(sample_id))
    if labels is not None:
        _write(known, labels)
    project.save_annotation(sample_id, annotation, known.segments, ())
    if not known.blank:
        store(project, sample_id, known.ids, known.provenance)


def _write(known: LabelMap, labels: ImportedLabels) -> None:
    """Write imported labels, each instance under a number that is free in the map."""
    numbers = np.arange(65536, dtype=np.uint16)
    for segment, class_id in labels.segments.items():
        numbers[segment] = known.new_segment(class_id)
    known.write(known.region, numbers[labels.ids], labels.ids != UNLABELLED, source=Provenance.IMPORTED)
