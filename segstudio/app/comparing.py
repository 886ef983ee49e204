"""Two sets of labels of the same images, compared class by class."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from segstudio.core.classes import LabelSet
from segstudio.core.errors import FileError, FormatError
from segstudio.core.labels import UNLABELLED
from segstudio.core.progress import Progress, Work, scaled
from segstudio.io.importers import IMPORTERS
from segstudio.io.importers.signs import detect, detected
from segstudio.io.problems import Problem

if TYPE_CHECKING:
    from segstudio.io.importers.base import ImportedDataset, ImportedSample

_CODES = 256
"""Classes, and one for unlabelled: a pixel that only the truth labels was missed."""


def compare(labels: Path, truth: Path, *, images: Path | None = None) -> Work[dict[str, Any]]:
    """Score *labels* against the *truth*: projects or data sets of any format, whose images are matched by their files,
    else by their names, and whose classes by their names.

    IoU and Dice of each class over all images that both have labels of; unlabelled pixels of the truth do not count,
    those of *labels* count as missed. Raises :class:`~segstudio.core.errors.FormatError` where they have no image in
    common.
    """
    from segstudio.algorithms.metrics import confusion  # loads SciPy
    from segstudio.io.importers.base import with_background

    # bare masks tell neither their classes nor their images: the other side goes first and does
    first, second = (labels, truth) if detect(truth) is None else (truth, labels)
    told = yield from scaled(_read(first, None, images), 0.0, 0.15)
    other = yield from scaled(_read(second, told, images), 0.15, 0.3)
    ours, theirs = map(with_background, (told, other) if first is labels else (other, told))
    pairs, alone = _pairs(ours, theirs)
    if not pairs:
        raise FormatError(labels, f"it has no labelled image in common with {truth}")
    total = np.zeros((_CODES, _CODES), np.int64)
    problems = [*theirs.problems, *ours.problems]
    worst: list[tuple[float, str]] = []
    done = 0
    for number, (one, true) in enumerate(pairs):
        yield Progress(0.3 + 0.7 * number / len(pairs), f"comparing {one.path.name}")
        try:
            found = confusion(_classes(one), _classes(true), _CODES)
        except FileError as error:
            problems.append(Problem(error.path, error.reason))
            continue
        total += found
        done += 1
        share = agreement(found)
        worst += [] if share is None else [(share, str(true.path))]
    rows = _rows(total, other.classes)
    known = [row["iou"] for row in rows if row["iou"] is not None]
    return {
        "images": done,
        "only_in_labels": alone[0],
        "only_in_truth": alone[1],
        "miou": float(np.mean(known)) if known else None,
        "pixel_accuracy": agreement(total),
        "classes": rows,
        "least_alike": [{"image": path, "pixel_accuracy": share} for share, path in sorted(worst)[:10]],
        "problems": problems,
    }


def _read(source: Path, beside: ImportedDataset | None, images: Path | None) -> Work[ImportedDataset]:
    """The data set at *source*, in the classes of the one *beside* and its own."""
    if beside is None:
        options: dict[str, Any] = {"images": images} if images is not None else {}
        return (yield from IMPORTERS[detected(source)].read(source, None, **options))
    folders = {sample.path.parent for sample in beside.samples}
    found = detect(source)
    if images is None and found is None and len(folders) == 1:
        images = folders.pop()
    options = {"add_classes": True} | ({"images": images} if images is not None else {})
    return (yield from IMPORTERS[found or "masks"].read(source, beside.classes, **options))


def _pairs(
    ours: ImportedDataset, theirs: ImportedDataset
) -> tuple[list[tuple[ImportedSample, ImportedSample]], tuple[int, int]]:
    """Labels and truth of the same image, and how many on each side are alone."""
    by_file = {(sample.path.resolve(), sample.frame): sample for sample in ours.samples if sample.load is not None}
    by_name: dict[tuple[str, int], list[ImportedSample]] = defaultdict(list)
    for sample in by_file.values():
        by_name[sample.path.stem, sample.frame].append(sample)
    truth = [sample for sample in theirs.samples if sample.load is not None]
    pairs = []
    for other in truth:
        named = by_name[other.path.stem, other.frame]
        one = by_file.get((other.path.resolve(), other.frame)) or (named[0] if len(named) == 1 else None)
        if one is not None and one.shape == other.shape:
            pairs.append((one, other))
    return pairs, (len(by_file) - len({id(one) for one, _ in pairs}), len(truth) - len(pairs))


def _classes(sample: ImportedSample) -> NDArray[np.uint16]:
    """Class ids ``(H, W)``, 255 unlabelled."""
    if sample.load is None:
        return np.full(sample.shape, UNLABELLED, np.uint16)
    return sample.load().classes()


def agreement(counts: NDArray[np.int64]) -> float | None:
    """The share of the truth's pixels that are labelled so; ``None`` where there are none."""
    return float(np.trace(counts) / counts.sum()) if counts.any() else None


def _rows(total: NDArray[np.int64], classes: LabelSet) -> list[Mapping[str, Any]]:
    """A row for each class that occurs."""
    said, true, right = total.sum(axis=0), total.sum(axis=1), np.diag(total)
    rows: list[Mapping[str, Any]] = []
    for label in classes.values():
        union = int(said[label.id] + true[label.id] - right[label.id])
        both = int(said[label.id] + true[label.id])
        rows.append(
            {
                "id": label.id,
                "name": label.name,
                "iou": float(right[label.id] / union) if union else None,
                "dice": float(2 * right[label.id] / both) if both else None,
                "pixels": int(said[label.id]),
                "true_pixels": int(true[label.id]),
            }
        )
    return rows
