"""Another project of segstudio: its labels with who said so, boxes, polygons, tags, notes of progress and its images.

So what several people labelled comes together in one project. Classes are found by their names; images are those of
the project that is imported, wherever they lie.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np

from segstudio.core.annotation import Annotation, SampleState
from segstudio.core.classes import LabelSet
from segstudio.core.errors import FileError, FormatError, MaskError, ProjectError
from segstudio.core.labels import FIRST_INSTANCE, MAX_SEGMENT, UNLABELLED
from segstudio.core.progress import Progress, Work
from segstudio.io import images
from segstudio.io.importers.base import (
    ClassMatcher,
    ImageFinder,
    ImportedDataset,
    ImportedLabels,
    ImportedSample,
    ImportOptions,
    as_problem,
    image_shape,
)
from segstudio.io.masks import mask_size
from segstudio.io.problems import Problem
from segstudio.io.project import Project, StoredSample

Options = ImportOptions


def read(source: Path, classes: LabelSet | None, options: ImportOptions) -> Work[ImportedDataset]:
    try:
        project = Project.open(source)
    except ProjectError as error:
        raise FormatError(error.path, error.reason) from error
    with project:
        stored = project.stored()
        states = {sample.id: sample.state for sample in project.samples()}
        own = project.classes
        used = {class_id for class_id in own if project.class_use(class_id).images}
    matcher = ClassMatcher(classes, options)
    table, problems = _table(source, own, used, matcher)
    finder = ImageFinder([options.images]) if options.images else None
    samples: list[ImportedSample] = []
    for number, sample in enumerate(stored):
        yield Progress(number / len(stored), sample.name)
        try:
            samples.append(_sample(sample, states[sample.id], table, finder))
        except FileError as error:
            problems.append(as_problem(error))
    return ImportedDataset("project", source, matcher.classes, samples, tuple(problems))


def _table(source: Path, own: LabelSet, used: set[int], matcher: ClassMatcher) -> tuple[dict[int, int], list[Problem]]:
    """The class id here by the one there, for the classes that are used or may be added; and what is missing."""
    table: dict[int, int] = {}
    problems = []
    for label in own.values():
        class_id = matcher.by_name(label.name, wanted=label.id, color=label.color)
        if class_id is not None:
            table[label.id] = class_id
        elif label.id in used:
            problems.append(Problem(source, f"the project has no class called {label.name!r}"))
    return table, problems


def _sample(
    sample: StoredSample, state: SampleState, table: Mapping[int, int], finder: ImageFinder | None
) -> ImportedSample:
    path, reason = sample.path, "the image is missing"
    if finder is not None:
        found, reason = finder.find(path.name, [path.parent.name])
        path = found or path
    if not images.is_there(path) or (finder is not None and reason):
        raise FormatError(sample.path, reason)
    shape = image_shape(path, sample.frame)
    labelled = sample.labels_file.is_file()
    if labelled and mask_size(sample.labels_file) != shape:
        raise MaskError(sample.labels_file, f"it is not of the size {shape[1]}x{shape[0]} of its image")
    load = partial(_load, sample, dict(table)) if labelled else None
    return ImportedSample(path, sample.frame, shape, load, _translated(sample.annotation, table), state)


def _translated(annotation: Annotation, table: Mapping[int, int]) -> Annotation:
    """*annotation* in the classes here; what has none of them is left out."""
    return replace(
        annotation,
        boxes=tuple(replace(b, class_id=table[b.class_id]) for b in annotation.boxes if b.class_id in table),
        polygons=tuple(replace(p, class_id=table[p.class_id]) for p in annotation.polygons if p.class_id in table),
        tags=tuple(replace(t, class_id=table[t.class_id]) for t in annotation.tags if t.class_id in table),
    )


def _load(sample: StoredSample, table: Mapping[int, int]) -> ImportedLabels:
    segments = {number: table[c] for number, c in sample.segments.items() if c in table}
    numbers = np.full(MAX_SEGMENT + 1, UNLABELLED, np.uint16)
    for value, class_id in table.items():
        numbers[value] = class_id
    known = [number for number in segments if number >= FIRST_INSTANCE]
    numbers[known] = known
    return ImportedLabels(numbers[sample.ids()], segments, sample.provenance())
