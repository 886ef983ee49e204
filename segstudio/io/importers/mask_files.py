"""Data sets that keep the pixels of each image in a file of its own: what their importers share."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from segstudio.core.errors import FileError, MaskError
from segstudio.core.labels import FIRST_INSTANCE, MAX_SEGMENT, UNLABELLED
from segstudio.core.progress import Progress, Work
from segstudio.io.importers.base import ImportedLabels, ImportedSample, as_problem, image_shape
from segstudio.io.problems import Problem


def read_each(
    masks: Sequence[Path], read: Callable[[Path], tuple[ImportedSample, Iterable[Problem]]], problems: list[Problem]
) -> Work[list[ImportedSample]]:
    """The sample of each mask; what *read* finds wrong, and masks that it cannot read, join *problems*."""
    samples: list[ImportedSample] = []
    seen: set[tuple[Path, int]] = set()
    for number, mask in enumerate(masks):
        yield Progress(number / len(masks), mask.name)
        try:
            sample, found = read(mask)
        except FileError as error:
            problems.append(as_problem(error))
            continue
        if (sample.path, sample.frame) in seen:
            problems.append(Problem(mask, f"the image {sample.path.name!r} is described twice"))
            continue
        seen.add((sample.path, sample.frame))
        samples.append(sample)
        problems.extend(found)
    return samples


def image_of(mask: Path, image: Path | None) -> tuple[Path, tuple[int, int]]:
    """The *image* of a mask with its (H, W). Raises :class:`~segstudio.core.errors.MaskError` where there is none."""
    if image is None:
        raise MaskError(mask, "its image is missing")
    return image, image_shape(image)


def labels_by_value(
    path: Path, values: NDArray[np.integer], meaning: Callable[[int], tuple[int, bool]]
) -> ImportedLabels:
    """A label map from *values* ``(H, W)``; *meaning* tells the class id of each (255 none) and if it is an object.

    Raises :class:`~segstudio.core.errors.MaskError` naming *path* where there are more objects than a label map holds.
    """
    found, places = np.unique(values, return_inverse=True)
    numbers = np.full(found.size, UNLABELLED, np.uint16)
    segments: dict[int, int] = {}
    for place, value in enumerate(found.tolist()):
        class_id, is_object = meaning(value)
        numbers[place] = class_id
        if is_object and class_id != UNLABELLED:
            segment = FIRST_INSTANCE + len(segments)
            if segment > MAX_SEGMENT:
                raise MaskError(path, "it has more objects than a label map can tell apart")
            segments[segment] = class_id
            numbers[place] = segment
    ids: NDArray[np.uint16] = numbers[places].reshape(values.shape)
    return ImportedLabels(ids, segments)


def with_objects(ids: NDArray[np.uint16], objects: NDArray[np.integer], *, border: int | None = None) -> ImportedLabels:
    """Class ids with instances by the numbers in *objects* (0 none), each of the class that most of its pixels show.

    Objects that show no class are none, and so is the number *border*.
    """
    result = ids.copy()
    segments: dict[int, int] = {}
    for number in np.unique(objects).tolist():
        inside = objects == number
        shown = ids[inside]
        shown = shown[shown != UNLABELLED]
        if number in (0, border) or not shown.size:
            continue
        segment = FIRST_INSTANCE + len(segments)
        segments[segment] = int(np.bincount(shown).argmax())
        result[inside] = segment
    return ImportedLabels(result, segments)
