"""Looking through a project for what would be in the way later."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from segstudio.core.errors import FileError
from segstudio.core.labels import FIRST_INSTANCE, UNLABELLED
from segstudio.core.progress import Progress, Work
from segstudio.io import images
from segstudio.io.masks import read_mask
from segstudio.io.problems import Problem
from segstudio.io.project import Project, StoredSample


def check_project(project: Project) -> Work[list[Problem]]:
    """Everything that is wrong: images that are missing or damaged, label maps that are damaged, of another size than
    their image or with classes and instances that the project does not have, boxes outside of their image."""
    problems: list[Problem] = []
    stored, classes = project.stored(), set(project.classes)
    for number, sample in enumerate(stored):
        yield Progress(number / len(stored), f"checking {sample.name}")
        try:
            shape = images.probe(sample.path, sample.frame).shape
        except FileError as error:
            problems.append(Problem(error.path, error.reason))
            continue
        try:
            problems.extend(Problem(*each) for each in _troubles(sample, shape, classes))
        except FileError as error:
            problems.append(Problem(error.path, error.reason))
    return problems


def _troubles(sample: StoredSample, shape: tuple[int, int], classes: set[int]) -> list[tuple[Path, str]]:
    found: list[tuple[Path, str]] = []
    for box in sample.annotation.boxes:
        if box.class_id not in classes:
            found.append((sample.path, f"a box is of class {box.class_id}, which the project does not have"))
        if min(box.x0, box.y0) < 0 or box.x1 > shape[1] or box.y1 > shape[0]:
            found.append((sample.path, f"the box {box.as_tuple()[1:]} reaches outside of the image"))
    if not sample.labels_file.is_file():
        return found
    present = [int(i) for i in np.unique(read_mask(sample.labels_file, shape)) if i != UNLABELLED]
    for segment in present:
        class_id = segment if segment < FIRST_INSTANCE else sample.segments.get(segment)
        if class_id is None:
            found.append((sample.labels_file, f"nothing tells the class of its instance {segment}"))
        elif class_id not in classes:
            found.append((sample.labels_file, f"it holds class {class_id}, which the project does not have"))
    return found
