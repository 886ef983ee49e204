"""Data sets that describe objects image by image: what their importers share once the format itself is read."""

from __future__ import annotations

import pickle
import threading
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from tempfile import TemporaryFile

import numpy as np
from numpy.typing import NDArray

from segstudio.algorithms.raster import polygon
from segstudio.core.annotation import Annotation, Box, ImageTag
from segstudio.core.classes import Color
from segstudio.core.errors import FileError
from segstudio.core.geometry import Region
from segstudio.core.progress import Progress, Work
from segstudio.io.importers.base import (
    ClassMatcher,
    ImageFinder,
    ImportedDataset,
    ImportedLabels,
    ImportedSample,
    as_problem,
    image_shape,
)
from segstudio.io.importers.shapes import Drawn, as_ring, clipped_box, draw_polygon, joined, paint, ring_trouble
from segstudio.io.problems import Problem


@dataclass(frozen=True, eq=False)
class Outlined:
    """One object as a format tells it: by polygons, by a mask, or by a box alone."""

    label: str
    """The name of its class."""
    exteriors: Sequence[object] = ()
    """Polygons, each a list of ``x, y, x, y ...`` or of pairs ``x, y``."""
    holes: Sequence[object] = ()
    """Polygons that are cut out of the exteriors."""
    mask: tuple[Region, NDArray[np.bool_]] | None = None
    box: tuple[float, float, float, float] | None = None
    """x0, y0, x1, y1; used where there is neither polygon nor mask."""
    group: Hashable = None
    """Objects of one class with the same group in an image are parts of one; a box is the one around it."""
    instance: bool = True
    """Whether it is an object of its own; else its pixels belong to the class alone."""
    line: int | Callable[[], int | None] | None = None
    """Where it is told, or what finds it out, for documents that are not read line by line."""
    color: Color | None = None
    wanted: int | None = None
    """The class's id in the format, kept where it is free."""


@dataclass(frozen=True, eq=False)
class Document:
    """Everything that a data set says about one image."""

    path: Path
    """The file that says it."""
    image: str | Path
    """The image by the name that the format gives it, or its file where that is known."""
    objects: Sequence[Outlined]
    shape: tuple[int, int] | None = None
    """(H, W) as the format tells it."""
    line: int | None = None
    tags: Sequence[str] = ()
    """Classes that the image as a whole is said to show."""
    among: Sequence[str] = ()
    """What a folder may be called that tells the image from others of its name."""


Step = tuple[float | None, Document | Problem]
"""How far the reading has come, and what was found."""


def collect(
    format_name: str, source: Path, matcher: ClassMatcher, finder: ImageFinder, steps: Iterable[Step]
) -> Work[ImportedDataset]:
    """Check what *steps* tells about each image, and keep it on disk until its label map is asked for."""
    spool = _Spool()
    samples: list[ImportedSample] = []
    problems: list[Problem] = []
    seen: set[Path] = set()
    for fraction, found in steps:
        yield Progress(fraction, "reading")
        if isinstance(found, Problem):
            problems.append(found)
            continue
        entry = _Entry(found, matcher, problems)
        try:
            sample = entry.sample(finder, seen, spool)
        except FileError as error:
            problems.append(as_problem(error))
            continue
        if sample is not None:
            samples.append(sample)
    return ImportedDataset(format_name, source, matcher.classes, samples, tuple(problems))


@dataclass(frozen=True, eq=False)
class _Shape:
    """An object that can be drawn."""

    class_id: int
    exteriors: Sequence[NDArray[np.float64]]
    holes: Sequence[NDArray[np.float64]]
    mask: tuple[Region, NDArray[np.bool_]] | None
    group: Hashable
    instance: bool


class _Entry:
    """One document on its way to a sample."""

    def __init__(self, document: Document, matcher: ClassMatcher, problems: list[Problem]) -> None:
        self._document = document
        self._matcher = matcher
        self._problems = problems
        self._unknown: set[str] = set()

    def sample(self, finder: ImageFinder, seen: set[Path], spool: _Spool) -> ImportedSample | None:
        path, shape = self._image(finder)
        if path is None:
            return None
        if path in seen:
            self._report(f"the image {path.name!r} is described twice")
            return None
        seen.add(path)
        shapes: list[_Shape] = []
        boxes: list[tuple[Hashable, Box]] = []
        for found in self._document.objects:
            class_id = self._class(found)
            if class_id is None:
                continue
            if found.exteriors or found.mask is not None:
                shapes.extend(self._shape(found, class_id, shape))
            else:
                boxes.extend((found.group, box) for box in self._box(found, class_id, shape))
        tags = [self._matcher.by_name(name) for name in self._document.tags]
        bare, around = _apart(boxes, shapes)
        annotation = Annotation(bare, tags=tuple(ImageTag(tag) for tag in tags if tag is not None))
        load = partial(_load, spool, spool.put(shapes), path, shape, self._matcher, around) if shapes else None
        return ImportedSample(path, 0, shape, load, annotation)

    def _image(self, finder: ImageFinder) -> tuple[Path | None, tuple[int, int]]:
        document = self._document
        if isinstance(document.image, Path):
            path, reason = document.image, ""
        else:
            found, reason = finder.find(document.image, document.among)
            if found is None:
                self._report(reason)
                return None, (0, 0)
            path = found
        shape = image_shape(path)
        if document.shape is not None and document.shape != shape:
            told = f"{document.shape[1]}x{document.shape[0]} pixels, but the file is {shape[1]}x{shape[0]}"
            self._report(f"the image {path.name!r} should have {told}")
            return None, shape
        return path, shape

    def _class(self, found: Outlined) -> int | None:
        class_id = self._matcher.by_name(found.label, wanted=found.wanted, color=found.color)
        if class_id is None and found.label not in self._unknown:
            self._unknown.add(found.label)
            self._report(f"the project has no class called {found.label!r}", found)
        return class_id

    def _shape(self, found: Outlined, class_id: int, shape: tuple[int, int]) -> Iterator[_Shape]:
        if found.mask is not None:
            region = found.mask[0]
            if not Region.of(shape).contains(region):
                self._report("a mask reaches outside of the image", found)
            elif found.mask[1].any():
                yield _Shape(class_id, (), (), found.mask, found.group, found.instance)
            return
        exteriors = self._rings(found.exteriors, shape, found)
        if exteriors:
            holes = self._rings(found.holes, shape, found)
            yield _Shape(class_id, exteriors, holes, None, found.group, found.instance)

    def _rings(self, values: Sequence[object], shape: tuple[int, int], found: Outlined) -> list[NDArray[np.float64]]:
        rings = []
        for value in values:
            ring = as_ring(value)
            trouble = ring_trouble(ring, shape)
            if trouble is not None:
                self._report(trouble.reason, found)
            if ring is not None and not (trouble and trouble.lost):
                rings.append(ring)
        return rings

    def _box(self, found: Outlined, class_id: int, shape: tuple[int, int]) -> Iterator[Box]:
        box = None
        if found.box is not None and all(np.isfinite(found.box)):
            box = clipped_box(class_id, *found.box, shape)
        if box is None:
            self._report("an object has neither an outline nor a box inside the image", found)
        else:
            yield box

    def _report(self, reason: str, found: Outlined | None = None) -> None:
        line = found.line if found is not None else None
        line = line() if callable(line) else line
        self._problems.append(Problem(self._document.path, reason, line or self._document.line))


_Group = tuple[int, Hashable]
"""A class and a group of its objects."""


def _apart(
    boxes: Sequence[tuple[Hashable, Box]], shapes: Sequence[_Shape]
) -> tuple[tuple[Box, ...], dict[_Group, Region]]:
    """Boxes that stand alone, and those that are in a group with the shapes of an object."""
    groups = {(each.class_id, each.group) for each in shapes if each.group is not None and each.instance}
    bare = tuple(box for group, box in boxes if (box.class_id, group) not in groups)
    around: dict[_Group, Region] = {}
    for group, box in boxes:
        key = box.class_id, group
        if key in groups:
            around[key] = around.get(key, box.region) | box.region
    return bare, around


def _load(
    spool: _Spool,
    place: int,
    path: Path,
    shape: tuple[int, int],
    matcher: ClassMatcher,
    around: Mapping[_Group, Region],
) -> ImportedLabels:
    drawn: list[Drawn] = []
    groups: dict[_Group, list[Drawn]] = {}
    for each in spool.get(place):
        one = _drawn(each, shape)
        if each.group is not None and each.instance:
            groups.setdefault((each.class_id, each.group), []).append(one)
        else:
            drawn.append(one)
    drawn.extend(replace(joined(parts), box=around.get(group)) for group, parts in groups.items())
    return paint(path, [each for each in drawn if each.mask.any()], shape, matcher.rest)


def _drawn(shape: _Shape, size: tuple[int, int]) -> Drawn:
    if shape.mask is not None:
        return Drawn(shape.class_id, *shape.mask, shape.instance)
    whole = joined([draw_polygon(shape.class_id, ring, size) for ring in shape.exteriors])
    for hole in shape.holes:
        region, mask = polygon(hole, size)
        inside = region & whole.region
        if not inside.empty:
            cut = mask[inside.shifted(-region.y0, -region.x0).slices]
            whole.mask[inside.shifted(-whole.region.y0, -whole.region.x0).slices] &= ~cut
    return Drawn(shape.class_id, whole.region, whole.mask, shape.instance)


class _Spool:
    """Objects on disk, in a file without a name that goes away by itself."""

    def __init__(self) -> None:
        self._file = TemporaryFile()  # noqa: SIM115  # closed with the last sample that needs it
        self._lock = threading.Lock()

    def put(self, shapes: Sequence[_Shape]) -> int:
        with self._lock:
            place = self._file.seek(0, 2)
            pickle.dump(shapes, self._file, pickle.HIGHEST_PROTOCOL)
        return place

    def get(self, place: int) -> Sequence[_Shape]:
        with self._lock:
            self._file.seek(place)
            shapes: Sequence[_Shape] = pickle.load(self._file)
        return shapes

    def __del__(self) -> None:
        self._file.close()
