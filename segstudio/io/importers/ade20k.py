"""ADE20K: the folders of the scene parsing challenge, or the full data set.

The challenge has ``images/SET`` and ``annotations/SET`` with index masks: 0 is unlabelled, N is the class with the
number N in ``objectInfo150.txt`` (any ``objectInfo*.txt``; without one, the project's Nth class).
``annotations_instance/SET`` tells objects apart where it exists. The full data set has ``NAME_seg.png`` beside
``NAME.jpg``, in whose colours class and object are written; ``NAME.json`` or ``NAME_atr.txt`` tells the names of its
classes. Its masks of parts are left out.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from segstudio.core.classes import LabelSet
from segstudio.core.errors import FormatError, MaskError, OptionError, storage_errors
from segstudio.core.labels import UNLABELLED
from segstudio.core.progress import Work
from segstudio.io.importers.ade20k_names import Names, listed_names
from segstudio.io.importers.base import (
    ClassMatcher,
    ImageFinder,
    ImportedDataset,
    ImportedLabels,
    ImportedSample,
    ImportOptions,
    needs_folder,
)
from segstudio.io.importers.mask_files import image_of, labels_by_value, read_each, with_objects
from segstudio.io.importers.photos import Photos
from segstudio.io.masks import mask_colours, read_mask
from segstudio.io.problems import Problem

_SOURCE = "the folder with images and annotations, or that of the full ADE20K"
_CHALLENGE = "ADEChallengeData2016"
_SEGMENTS = "_seg.png"
_OBJECTS = 256
"""What a value of the full data set's masks, class and object in one, counts per class."""


class Options(ImportOptions):
    zero_unlabelled: bool = Field(
        True, description="0 is unlabelled and classes are numbered from 1; else 0 is the first class"
    )


@dataclass
class _Classes:
    """What is known of the classes so far."""

    matcher: ClassMatcher
    names: dict[int, str]
    first: int = 1
    """The number of the first class."""
    ids: dict[int, int] = field(default_factory=dict)
    """Class id by number, 255 for those without a class."""

    def enter(self, number: int) -> str:
        """Find the class with a *number* whose name is known; what is wrong, or an empty text."""
        if number in self.ids:
            return ""
        name, self.ids[number] = self.names[number], UNLABELLED
        try:
            class_id = self.matcher.by_name(_known(name, self.matcher), wanted=number - self.first)
        except OptionError as error:
            return f"the class {name!r} is left out: {error}"
        if class_id is None:
            return f"the project has no class called {name!r}"
        self.ids[number] = class_id
        return ""


def _known(name: str, matcher: ClassMatcher) -> str:
    """A class has many names, with commas: the one that the project knows, else all of them."""
    return next((each for each in (name, *name.split(", ")) if matcher.knows(each)), name)


def read(source: Path, classes: LabelSet | None, options: Options) -> Work[ImportedDataset]:
    needs_folder(source, _SOURCE)
    root = source / _CHALLENGE if (source / _CHALLENGE).is_dir() else source
    with storage_errors(root):
        masks = sorted((root / "annotations").rglob("*.png"))
        coded = [] if masks else sorted(root.rglob(f"*{_SEGMENTS}"))
    if not masks and not coded:
        raise FormatError(source, f"this is no ADE20K data set; choose {_SOURCE}")
    matcher = ClassMatcher(classes, options)
    problems: list[Problem] = []
    work = (
        _challenge(root, masks, matcher, classes, options, problems) if masks else _full(root, coded, matcher, problems)
    )
    samples = yield from work
    return ImportedDataset("ade20k", source, matcher.classes, samples, tuple(problems))


# --- the challenge ---


def _challenge(
    root: Path,
    masks: list[Path],
    matcher: ClassMatcher,
    classes: LabelSet | None,
    options: Options,
    problems: list[Problem],
) -> Work[list[ImportedSample]]:
    first = 1 if options.zero_unlabelled else 0
    listed = {number - 1 + first: name for number, name in listed_names(root).items()}
    given = {number: label.name for number, label in enumerate((classes or {}).values(), start=first)}
    known = _Classes(matcher, listed or given, first)
    open_ended = not known.names
    photos = Photos(ImageFinder([options.images or root / "images"]))

    def sample(mask: Path) -> tuple[ImportedSample, list[Problem]]:
        inside = mask.parent.relative_to(root / "annotations")
        image, shape = image_of(mask, photos.of(mask, [mask.stem], inside))
        values = [value for value in np.unique(read_mask(mask, shape)).tolist() if value not in (first - 1, UNLABELLED)]
        if open_ended:
            known.names.update({value: f"class {value}" for value in values})
        found = [known.enter(value) for value in values if value in known.names]
        strange = [value for value in values if value not in known.names]
        if strange:
            found.append(f"it holds values that are no class: {', '.join(map(str, strange[:5]))}")
        objects = root / "annotations_instance" / mask.relative_to(root / "annotations")
        if objects.is_file():
            _objects(objects, shape)  # what is wrong with it is told now and not half way through the import
        load = partial(_load, mask, shape, known.ids, objects if objects.is_file() else None)
        return ImportedSample(image, 0, shape, load), [Problem(mask, reason) for reason in found if reason]

    return (yield from read_each(masks, sample, problems))


def _load(mask: Path, shape: tuple[int, int], ids: dict[int, int], objects: Path | None) -> ImportedLabels:
    table = np.full(65536, UNLABELLED, np.uint16)
    for number, class_id in ids.items():
        table[number] = class_id
    labels = table[read_mask(mask, shape)]
    return ImportedLabels(labels) if objects is None else with_objects(labels, _objects(objects, shape))


def _objects(path: Path, shape: tuple[int, int]) -> NDArray[np.uint8]:
    """Numbers of objects from 1, 0 where there is none; red is a class of the instance challenge's own."""
    return _colours(path, shape)[..., 1]


def _colours(path: Path, shape: tuple[int, int]) -> NDArray[np.uint8]:
    colours = mask_colours(path, shape)
    if colours is None:
        raise MaskError(path, "the mask has one channel where class and object are written in colours")
    return colours


# --- the full data set ---


def _full(root: Path, masks: list[Path], matcher: ClassMatcher, problems: list[Problem]) -> Work[list[ImportedSample]]:
    known = _Classes(matcher, {})
    names = Names()
    untold: dict[int, Path] = {}

    def sample(mask: Path) -> tuple[ImportedSample, list[Problem]]:
        stem = mask.name.removesuffix(_SEGMENTS)
        image, shape = image_of(mask, _beside(mask.with_name(stem)))
        values = _values(mask, shape)
        numbers = (np.unique(values) // _OBJECTS).tolist()
        found = names.look(mask.with_name(stem), values)
        known.names.update(names.found)
        told = [known.enter(number) for number in sorted(set(numbers)) if number in known.names]
        untold.update({n: untold.get(n, mask) for n in numbers if n and n not in known.names})
        load = partial(_load_full, mask, shape, known.ids)
        return ImportedSample(image, 0, shape, load), [*found, *(Problem(mask, reason) for reason in told if reason)]

    samples = yield from read_each(masks, sample, problems)
    for number, mask in sorted(untold.items()):
        reason = known.enter(number) if number in known.names else f"no file tells the name of its class {number}"
        problems.extend([Problem(mask, reason)] if reason else [])
    parts = sum(1 for _ in root.rglob("*_parts_*.png"))
    if parts:
        problems.append(
            Problem(root, f"{parts} masks of parts are left out: a pixel has one label, that of the object")
        )
    return samples


def _beside(stem: Path) -> Path | None:
    return next(
        (path for ending in (".jpg", ".jpeg", ".png") if (path := stem.with_name(stem.name + ending)).is_file()), None
    )


def _values(mask: Path, shape: tuple[int, int]) -> NDArray[np.int32]:
    """Class times 256 plus object: tens of red times 256 plus green tell the class, blue the object."""
    red, green, blue = np.moveaxis(_colours(mask, shape).astype(np.int32), -1, 0)
    values: NDArray[np.int32] = (red // 10 * 256 + green) * _OBJECTS + blue
    return values


def _load_full(mask: Path, shape: tuple[int, int], ids: dict[int, int]) -> ImportedLabels:
    return labels_by_value(
        mask, _values(mask, shape), lambda value: (ids.get(value // _OBJECTS, UNLABELLED), value % _OBJECTS > 0)
    )
