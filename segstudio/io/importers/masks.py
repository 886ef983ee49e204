"""Index masks: one PNG (or single-channel TIFF, BMP, GIF) of class ids for each image, of the same name.

Takes a folder with ``images/`` and ``masks/``, as segstudio and many others write it, with ``classes.json`` and
``instances/`` where they exist, or any folder of masks together with the option *images*. Masks in folders of
``masks/`` go with the images in folders of the same names, and a folder of parts (``train/images``, ``train/masks``) is
read whole. Ids are matched by the names in ``classes.json`` where that exists, else taken as they are. RGB masks are
read by the colours of the classes.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from segstudio.core.classes import Color, LabelSet, voc_color
from segstudio.core.errors import FormatError, MaskError, storage_errors
from segstudio.core.labels import FIRST_INSTANCE, MAX_SEGMENT, UNLABELLED
from segstudio.core.progress import Work, scaled
from segstudio.io.class_files import load_classes
from segstudio.io.importers.base import (
    ClassMatcher,
    ImageFinder,
    ImportedDataset,
    ImportedLabels,
    ImportedSample,
    ImportOptions,
    needs_folder,
)
from segstudio.io.importers.mask_files import image_of, labels_by_value, read_each
from segstudio.io.importers.photos import Photos
from segstudio.io.masks import distinct_colours, mask_colours, read_mask
from segstudio.io.problems import Problem

_UNTOLD = voc_color(UNLABELLED)
"""How unlabelled pixels are drawn in colour."""
_NO_CLASS = MAX_SEGMENT
"""Stands for colours that no class has."""
_ENDINGS = {".png", ".tif", ".tiff", ".bmp", ".gif"}


class Options(ImportOptions):
    known: tuple[Path, ...] = Field((), description="images that are looked at last: those of the project")
    masks: Path | None = Field(None, description="the folder with the masks, where it is not called masks")
    unlabelled: int = Field(UNLABELLED, ge=0, le=MAX_SEGMENT, description="the value that means unlabelled here")
    instances_of: str | None = Field(
        None, description="the class of all objects, where the values of the masks are objects and not classes"
    )


@dataclass
class _Dataset:
    """What is known of the folder so far."""

    source: Path
    options: Options
    matcher: ClassMatcher
    open_ended: bool
    """Whether every id that turns up is a class: there is neither a list of classes here nor a project's."""
    ids: dict[int, int] = field(default_factory=dict)
    """Class id by value in the masks."""
    colours: dict[Color, int] = field(default_factory=dict)
    """Value by colour, for RGB masks."""
    objects: int | None = None
    """The class of all objects."""


def read(source: Path, classes: LabelSet | None, options: Options) -> Work[ImportedDataset]:
    needs_folder(source, "the folder with images/ and masks/")
    homes = _homes(source, options)
    if not homes:
        raise FormatError(options.masks or source, "the folder holds no masks")
    dataset, problems = _opened([source, *(home.folder for home in homes)], classes, options)
    samples: list[ImportedSample] = []
    for place, home in enumerate(homes):
        work = _read_home(home, dataset, options, problems)
        samples += yield from scaled(work, place / len(homes), (place + 1) / len(homes))
    return ImportedDataset("masks", source, dataset.matcher.classes, samples, tuple(problems))


@dataclass(frozen=True)
class _Home:
    """A folder with images and masks."""

    folder: Path
    masks_folder: Path
    masks: list[Path]


def _homes(source: Path, options: Options) -> list[_Home]:
    """The folder of the data set or, where it holds no masks, those of its parts: ``train/masks``, ``val/masks``."""
    with storage_errors(source):
        home = _home(source, options.masks or _masks_folder(source) or source)
        if home.masks or options.masks or _masks_folder(source) is not None:
            return [home] if home.masks else []
        parts = ((part, _masks_folder(part)) for part in sorted(source.iterdir()) if part.is_dir())
        return [found for part, inside in parts if inside is not None and (found := _home(part, inside)).masks]


def _masks_folder(home: Path) -> Path | None:
    return next((home / name for name in ("masks", "labels") if (home / name).is_dir()), None)


def _home(home: Path, folder: Path) -> _Home:
    below = folder.iterdir() if folder == home else folder.rglob("*")
    return _Home(home, folder, sorted(path for path in below if path.suffix.lower() in _ENDINGS))


def _read_home(home: _Home, dataset: _Dataset, options: Options, problems: list[Problem]) -> Work[list[ImportedSample]]:
    objects = home.folder / "instances"
    roots = [home.folder / "images", home.folder.parent / "images", home.folder]
    taken, named = set(home.masks), Counter(path.stem for path in options.known)
    alone = {path.stem: path for path in options.known if named[path.stem] == 1}
    finder = ImageFinder([options.images] if options.images else roots)
    photos = Photos(finder, lambda path: path not in taken and not path.is_relative_to(objects))

    def sample(mask: Path) -> tuple[ImportedSample, list[Problem]]:
        inside = mask.parent.relative_to(home.masks_folder)
        instances = objects / inside / f"{mask.stem}.png"
        photo = photos.of(mask, [mask.stem], inside) or alone.get(mask.stem)
        return _sample(dataset, mask, photo, instances)

    return (yield from read_each(home.masks, sample, problems))


def _opened(folders: Sequence[Path], classes: LabelSet | None, options: Options) -> tuple[_Dataset, list[Problem]]:
    """What is known before the first mask, by the list of classes in the first of *folders* that has one."""
    matcher, problems, source = ClassMatcher(classes, options), [], folders[0]
    lists = [folder / "classes.json" for folder in folders]
    listed = next((path for path in lists if path.is_file()), lists[0])
    own = load_classes(listed) if listed.is_file() else classes
    dataset = _Dataset(source, options, matcher, open_ended=own is None)
    for label in (own or {}).values():
        class_id = matcher.by_name(label.name, wanted=label.id, color=label.color)
        dataset.colours[label.color] = label.id
        if class_id is None:
            problems.append(Problem(listed, f"the project has no class called {label.name!r}"))
        else:
            dataset.ids[label.id] = class_id
    if options.instances_of is not None:
        dataset.objects = matcher.by_name(options.instances_of)
        if dataset.objects is None:
            problems.append(Problem(source, f"the project has no class called {options.instances_of!r}"))
    return dataset, problems


def _sample(dataset: _Dataset, mask: Path, photo: Path | None, instances: Path) -> tuple[ImportedSample, list[Problem]]:
    image, shape = image_of(mask, photo)
    values = _values(dataset, mask, shape)
    load = partial(_load, dataset, mask, shape)
    problems = []
    if dataset.options.instances_of is None:
        unknown = _unknown(dataset, mask, values)
        if unknown:
            problems.append(Problem(mask, _told(unknown)))
        if instances.is_file():
            load = partial(_load_instances, dataset, instances, shape)
            load()  # what is wrong with it is told now and not half way through the import
    return ImportedSample(image, 0, shape, load), problems


def _told(unknown: list[int]) -> str:
    if unknown == [_NO_CLASS]:
        return "it holds colours that no class has"
    listed = ", ".join(map(str, unknown[:5])) + (" ..." if len(unknown) > 5 else "")
    return f"it holds values that are no class: {listed}"


def _values(dataset: _Dataset, mask: Path, shape: tuple[int, int]) -> NDArray[np.uint16]:
    colours = mask_colours(mask, shape)
    if colours is None:
        return read_mask(mask, shape)
    found, places = distinct_colours(colours)
    if len(found) > 1000:
        raise MaskError(mask, "it has more than 1000 colours: this is a picture and not a mask")
    return np.array([_value_of(dataset, color) for color in found], np.uint16)[places]


def _value_of(dataset: _Dataset, colour: Color) -> int:
    """The value that stands for a colour; in a data set without a list of classes, a new one."""
    if colour not in dataset.colours:
        if colour == _UNTOLD:
            return dataset.options.unlabelled
        if not dataset.open_ended:
            return _NO_CLASS
        dataset.colours[colour] = len(dataset.colours)
    return dataset.colours[colour]


def _unknown(dataset: _Dataset, mask: Path, values: NDArray[np.uint16]) -> list[int]:
    """The values in a mask that are no class; where there is no list of classes, each becomes one."""
    present = [int(v) for v in np.unique(values) if v != dataset.options.unlabelled and int(v) not in dataset.ids]
    if not dataset.open_ended:
        return present
    if present and max(present) >= UNLABELLED:
        raise MaskError(mask, f"it holds {max(present)}, which is no class id; are these instances?")
    for value in present:
        class_id = dataset.matcher.by_name(f"class {value}", wanted=value)
        if class_id is not None:
            dataset.ids[value] = class_id
    return []


def _load(dataset: _Dataset, mask: Path, shape: tuple[int, int]) -> ImportedLabels:
    values = _values(dataset, mask, shape)
    if dataset.options.instances_of is not None:
        return _objects(dataset, mask, values)
    table = np.full(MAX_SEGMENT + 1, UNLABELLED, np.uint16)
    for value, class_id in dataset.ids.items():
        table[value] = class_id
    table[dataset.options.unlabelled] = UNLABELLED
    return ImportedLabels(table[values])


def _objects(dataset: _Dataset, mask: Path, values: NDArray[np.uint16]) -> ImportedLabels:
    """Values from 1 on as instances of one class, in their order; 0 is what is no object."""
    unlabelled, rest = dataset.options.unlabelled, dataset.matcher.rest
    class_id = UNLABELLED if dataset.objects is None else dataset.objects

    def meaning(value: int) -> tuple[int, bool]:
        if value == unlabelled:
            return UNLABELLED, False
        return (class_id, True) if value else (rest, False)

    return labels_by_value(mask, values, meaning)


def _load_instances(dataset: _Dataset, path: Path, shape: tuple[int, int]) -> ImportedLabels:
    """Segment ids as segstudio exports them, with the table of their classes beside them."""
    ids = read_mask(path, shape)
    beside = path.with_suffix(".json")
    with storage_errors(beside):
        text = beside.read_bytes()
    try:
        segments = {int(key): dataset.ids.get(int(value), UNLABELLED) for key, value in json.loads(text).items()}
    except (ValueError, AttributeError, TypeError) as error:
        raise FormatError(beside, "this is no table from instance ids to class ids") from error
    table = np.full(MAX_SEGMENT + 1, UNLABELLED, np.uint16)
    table[FIRST_INSTANCE:] = np.arange(FIRST_INSTANCE, MAX_SEGMENT + 1)
    for value, class_id in dataset.ids.items():
        table[value] = class_id
    return ImportedLabels(table[ids], segments)
