"""What every importer takes, shares and returns."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path, PurePosixPath, PureWindowsPath

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

from segstudio.core.annotation import Annotation, SampleState
from segstudio.core.classes import MAX_CLASS, Color, LabelClass, LabelSet, voc_color
from segstudio.core.errors import FileError, FormatError, storage_errors
from segstudio.core.geometry import Region
from segstudio.core.labels import FIRST_INSTANCE, MAX_SEGMENT, UNLABELLED
from segstudio.io import images
from segstudio.io.problems import Problem
from segstudio.io.segments import is_background


class ImportOptions(BaseModel):
    """What can be chosen for every format."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    images: Path | None = Field(None, description="the folder with the images, where it is not found by itself")
    add_classes: bool = Field(False, description="add the classes that the project does not have")


@dataclass(frozen=True, eq=False)
class ImportedLabels:
    """A label map as it enters a project."""

    ids: NDArray[np.uint16]
    """``(H, W)``: classes 0..254, 255 unlabelled, instances from 256."""
    segments: Mapping[int, int] = field(default_factory=dict)
    """Class id by instance id."""
    provenance: NDArray[np.uint8] | None = None
    """``(H, W)``: who said so, :class:`~segstudio.core.labels.Provenance`; ``None``: imported throughout."""
    boxes: Mapping[int, Region] = field(default_factory=dict)
    """The box that was drawn around an instance, by its id, where that is not the smallest around its pixels."""

    def classes(self) -> NDArray[np.uint16]:
        """Class ids ``(H, W)``, 255 unlabelled."""
        table = np.full(MAX_SEGMENT + 1, UNLABELLED, np.uint16)
        table[:FIRST_INSTANCE] = np.arange(FIRST_INSTANCE)
        for segment, class_id in self.segments.items():
            table[segment] = class_id
        return table[self.ids]


@dataclass(frozen=True, eq=False)
class ImportedSample:
    """One image with what the data set says about it."""

    path: Path
    frame: int
    shape: tuple[int, int]
    load: Callable[[], ImportedLabels] | None
    """Makes the label map, or raises :class:`~segstudio.core.errors.FileError`; ``None`` where there is none."""
    annotation: Annotation = field(default_factory=Annotation)
    """Boxes without pixels, and tags."""
    state: SampleState | None = None
    """How far it has come, where the data set tells."""


@dataclass(frozen=True, eq=False)
class ImportedDataset:
    """What was found. Samples with problems are not among the samples; single objects with problems are left out."""

    format: str
    source: Path
    classes: LabelSet
    """The classes given, with those of the data set added where that was asked for."""
    samples: Sequence[ImportedSample]
    problems: tuple[Problem, ...]


def with_background(data: ImportedDataset) -> ImportedDataset:
    """*data* in which images without a label map are background, where its classes have one: formats of objects do so
    with an image that shows none. Images with boxes alone stay, or of which tags say what is there, and those of
    projects, where nobody has begun them."""
    rest = next((label.id for label in data.classes.values() if is_background(label)), None)
    if rest is None or data.format == "project":
        return data
    samples = [
        each if each.load is not None or _told(each.annotation) else replace(each, load=partial(_all, rest, each.shape))
        for each in data.samples
    ]
    return replace(data, samples=samples)


def _told(annotation: Annotation) -> bool:
    """Whether something is said to be in the image."""
    return bool(annotation.boxes) or any(tag.present for tag in annotation.tags)


def _all(class_id: int, shape: tuple[int, int]) -> ImportedLabels:
    return ImportedLabels(np.full(shape, class_id, np.uint16))


class ClassMatcher:
    """Finds the project's class for each class of a data set, or makes it."""

    def __init__(self, classes: LabelSet | None, options: ImportOptions, *, background: bool = False) -> None:
        """*background*: the format has objects only, so a set of classes of its own begins with a background."""
        self._given = classes
        self._may_add = classes is None or options.add_classes
        self._classes: dict[int, LabelClass] = dict(classes or {})
        self._names = {label.name: label.id for label in self._classes.values()}
        if classes is None and background:
            self._enter(LabelClass(0, "background", (0, 0, 0)))

    @property
    def classes(self) -> LabelSet:
        return LabelSet(self._classes.values())

    @property
    def rest(self) -> int:
        """What pixels without an object are: the background where there is one, else unlabelled."""
        return next((label.id for label in self._classes.values() if is_background(label)), UNLABELLED)

    def by_name(self, name: str, *, wanted: int | None = None, color: Color | None = None) -> int | None:
        """The id of the class called *name*, or ``None`` where there is none and none may be added.

        A new class gets the id *wanted* where that is free, and *color* or the one of its id.
        """
        name = name.strip() or "unnamed"
        if name in self._names:
            return self._names[name]
        if not self._may_add:
            return None
        free = wanted is not None and 0 <= wanted <= MAX_CLASS and wanted not in self._classes
        class_id = wanted if free and wanted is not None else self.classes.free_id()
        self._enter(LabelClass(class_id, name, color or voc_color(class_id)))
        return class_id

    def has(self, class_id: int) -> bool:
        return class_id in self._classes

    def knows(self, name: str) -> bool:
        """Whether there is a class called *name* already."""
        return name.strip() in self._names

    def _enter(self, label: LabelClass) -> None:
        self._classes[label.id] = label
        self._names[label.name] = label.id


class ImageFinder:
    """Finds images by the names that a data set gives them, inside its folders only."""

    def __init__(self, roots: Iterable[Path]) -> None:
        self._roots = [root for root in dict.fromkeys(roots) if root.is_dir()]
        self._by_name: dict[str, list[tuple[Path, Path]]] | None = None

    def find(self, name: str, among: Sequence[str] = ()) -> tuple[Path | None, str]:
        """The image that a data set calls *name*, or ``None`` and the reason.

        A name is a path below one of the folders, or of a file somewhere in them. One that leads out of them is not
        followed, whatever lies there. Of several files of a name, that counts which lies in folders called as in the
        data set, else that in the first of the folders, of which that in a folder called as one of *among* (the part of
        the data set that the image is of); where two are left, the reason names both.
        """
        parts = PureWindowsPath(name).parts if "\\" in name else PurePosixPath(name).parts
        outside = ".." in parts or PurePosixPath(name).is_absolute() or PureWindowsPath(name).is_absolute()
        if not parts or "\0" in name:
            return None, "an image has no name"
        among = tuple(folder for folder in among if _is_plain(folder))
        if not outside:
            for path in (root / folder for root in self._roots for folder in (*among, "")):
                if path.joinpath(*parts).is_file():
                    return path.joinpath(*parts), ""
        found = self._index().get(parts[-1], [])
        alike = max((_alike(path, parts) for _, path in found), default=0)
        nearest = [(root, path) for root, path in found if _alike(path, parts) == alike]
        first = [path for root, path in nearest if root == nearest[0][0]]
        if len(first) > 1:
            first = [p for p in first if set(p.relative_to(nearest[0][0]).parts[:-1]) & set(among)] or first
        if len(first) > 1:
            return None, f"two images are called {name!r}: {first[0]} and {first[1]}"
        if first:
            return first[0], ""
        return None, f"the image {name!r} leads out of the data set" if outside else f"the image {name!r} is missing"

    def files(self) -> Iterator[tuple[Path, Path]]:
        """Every file below the folders, once, with the first of those that it is in, in their order."""
        done: list[Path] = []
        for root in self._roots:
            if any(root.is_relative_to(known) for known in done):
                continue
            with storage_errors(root):
                for folder, folders, names in os.walk(root):
                    folders[:] = sorted(name for name in folders if Path(folder, name) not in done)
                    yield from ((root, Path(folder, name)) for name in sorted(names))
            done.append(root)

    def _index(self) -> dict[str, list[tuple[Path, Path]]]:
        if self._by_name is None:
            self._by_name = {}
            for root, path in self.files():
                self._by_name.setdefault(path.name, []).append((root, path))
        return self._by_name


def _is_plain(folder: str) -> bool:
    """Whether *folder* is a single name, and no way to somewhere else."""
    return folder not in ("", ".", "..") and not set("/\\\0:") & set(folder)


def parts_of(name: str) -> tuple[str, ...]:
    """What folders of images may be called that belong to a document called *name*, the likeliest first:
    ``instances_train2017`` tells of ``train2017``."""
    words = name.split("_")
    return tuple(dict.fromkeys(["_".join(words[first:]) for first in range(len(words))] + words))


def _alike(path: Path, parts: tuple[str, ...]) -> int:
    """How many names at the end of *path* are those at the end of *parts*."""
    pairs = zip(reversed(path.parts), reversed(parts), strict=False)
    return next((n for n, (one, other) in enumerate(pairs) if one != other), min(len(path.parts), len(parts)))


def image_shape(path: Path, frame: int = 0) -> tuple[int, int]:
    """(H, W) as labelled; :class:`~segstudio.core.errors.ImageError` where the image cannot be read."""
    return images.probe(path, frame).shape


def as_problem(error: FileError) -> Problem:
    return Problem(error.path, error.reason)


def needs_file(source: Path, what: str) -> None:
    """Raise where *source* is not a file; *what* says which was meant."""
    if source.is_dir():
        raise FormatError(source, f"this is a folder; choose {what}")
    if not source.is_file():
        raise FormatError(source, "no such file or folder")


def needs_folder(source: Path, what: str) -> None:
    """Raise where *source* is not a folder; *what* says which was meant."""
    if source.is_file():
        raise FormatError(source, f"this is a file; choose {what}")
    if not source.is_dir():
        raise FormatError(source, "no such file or folder")
