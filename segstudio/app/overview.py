"""What is in a project or a data set, in numbers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from segstudio.core.errors import FileError
from segstudio.core.labels import UNLABELLED, Provenance
from segstudio.core.progress import Progress, Work, scaled
from segstudio.io import images
from segstudio.io.importers import IMPORTERS
from segstudio.io.problems import Problem
from segstudio.io.project import Project, StoredSample


def overview(project: Project, *, pixels: bool = False) -> Work[dict[str, Any]]:
    """The images by how far they have come, the classes with how many images, instances and boxes show them, and runs.

    With *pixels* every label map is read: the pixels of each class, and of each who said so.
    """
    yield Progress(None, "counting")
    stored = project.stored()
    classes = {c.id: _class(project, c.id) for c in project.classes.values()}
    for sample in stored:
        for class_id in sample.segments.values():
            if class_id in classes:  # what the project lacks is for checks to tell
                classes[class_id]["instances"] += 1
        for box in sample.annotation.boxes:
            if box.class_id in classes:
                classes[box.class_id]["boxes"] += 1
    result: dict[str, Any] = {
        "source": str(project.folder),
        "images": len(stored),
        "labelled": sum(sample.labels_file.is_file() for sample in stored),
        "states": {state.value: count for state, count in project.counts().items()},
        "missing_images": sum(not images.is_there(path) for path in {sample.path for sample in stored}),
    }
    if pixels:
        result |= yield from _pixels(stored, classes)
    runs = [{"name": r.name, "state": r.state, "checkpoint": str(r.checkpoint)} for r in project.runs()]
    return result | {"classes": list(classes.values()), "runs": runs}


def overview_of_data(source: Path, format_name: str, *, images: Path | None = None) -> Work[dict[str, Any]]:
    """The same of a data set, whose labels are all read; its images have no states. ``problems`` are what is wrong."""
    options = {"images": images} if images is not None else {}
    data = yield from scaled(IMPORTERS[format_name].read(source, None, **options), 0.0, 0.4)
    counts, problems, labelled = np.zeros(256, np.int64), list(data.problems), 0
    rows: dict[int, dict[str, Any]] = {
        c.id: {"id": c.id, "name": c.name, "color": c.hex} | _NOTHING for c in data.classes.values()
    }
    for number, sample in enumerate(data.samples):
        yield Progress(0.4 + 0.6 * number / len(data.samples), f"counting {sample.path.name}")
        try:
            labels = sample.load() if sample.load is not None else None
        except FileError as error:
            problems.append(Problem(error.path, error.reason))
            continue
        boxed = [box.class_id for box in sample.annotation.boxes]
        shown = set(boxed)
        if labels is not None:
            labelled += 1
            found = np.bincount(labels.classes().ravel(), minlength=256)[:256]
            shown |= set(np.flatnonzero(found).tolist()) & set(rows)
            counts += found
            for class_id in labels.segments.values():
                rows[class_id]["instances"] += 1
        for class_id in boxed:
            rows[class_id]["boxes"] += 1
        for class_id in shown:
            rows[class_id]["images"] += 1
    for class_id, row in rows.items():
        row["pixels"] = int(counts[class_id])
    return {
        "source": str(source),
        "format": format_name,
        "images": len(data.samples),
        "labelled": labelled,
        "unlabelled_pixels": int(counts[UNLABELLED]),
        "classes": list(rows.values()),
        "problems": problems,
    }


_NOTHING: dict[str, Any] = {"images": 0, "instances": 0, "boxes": 0}


def _class(project: Project, class_id: int) -> dict[str, Any]:
    label = project.classes[class_id]
    images = project.class_use(class_id).images
    return {"id": label.id, "name": label.name, "color": label.hex, "images": images, "instances": 0, "boxes": 0}


def _pixels(stored: list[StoredSample], classes: dict[int, dict[str, Any]]) -> Work[dict[str, Any]]:
    counts, said, unreadable = np.zeros(256, np.int64), np.zeros(256, np.int64), 0
    for number, sample in enumerate(stored):
        yield Progress(number / len(stored), f"counting {sample.name}")
        if not sample.labels_file.is_file():
            continue
        try:
            labels, provenance = sample.labels(), sample.provenance()
        except FileError:
            unreadable += 1
            continue
        counts += np.bincount(labels.ravel(), minlength=256)[:256]
        said += np.bincount(provenance.ravel(), minlength=256)[:256]
    for class_id, row in classes.items():
        row["pixels"] = int(counts[class_id])
    by = {p.name.lower(): int(said[p]) for p in Provenance if p is not Provenance.NONE}
    return {"unlabelled_pixels": int(counts[UNLABELLED]), "pixels_by": by, "unreadable": unreadable}
