"""DICOM segmentations: segments become classes, on the slices that they refer to; several of one label, instances.

The slices are found by their SOP instance UIDs among the images of the project, or in the folder *images*; frames that
refer to none by where they lie in the patient. Frames may lie otherwise on the plane of their slice (mirrored, turned,
cut to a part), as long as pixels fall on pixels.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from segstudio.core.classes import LabelSet
from segstudio.core.errors import FileError, FormatError, ImageError, MaskError, StorageError, storage_errors
from segstudio.core.labels import FIRST_INSTANCE, MAX_SEGMENT, UNLABELLED
from segstudio.core.progress import Progress, Work, scaled
from segstudio.io import images
from segstudio.io.images.dicom import header_of, is_segmentation, looks_like_dicom, slices_of
from segstudio.io.images.dicom_stacks import Slice
from segstudio.io.importers.base import (
    ClassMatcher,
    ImportedDataset,
    ImportedLabels,
    ImportedSample,
    ImportOptions,
    as_problem,
)
from segstudio.io.importers.dicom_frames import Grid, Segmentation, Target, TargetIndex, moved, opened, slice_grid
from segstudio.io.problems import Problem, counted

_SOURCE = "a DICOM segmentation or the folder with them"


class Options(ImportOptions):
    known: tuple[Path, ...] = Field((), description="images that are looked at first: those of the project")
    threshold: float = Field(
        0.5, gt=0, le=1, description="of segmentations that tell fractions: from which share on a pixel belongs"
    )
    empty: bool = Field(
        True, description="slices that a segmentation refers to but shows nothing on become background throughout"
    )


@dataclass(frozen=True, eq=False, slots=True)
class _Frame:
    """One frame of a segmentation on the slice that it lies on."""

    file: Path
    index: int
    segment: int | None
    classes: dict[int, int]
    """Class id by segment number; those that the project lacks are unlabelled."""
    objects: dict[int, int]
    """Instance id by segment number, of segments that share their label with others of the file."""


@dataclass(eq=False)
class _Layers:
    """All that the segmentations tell of one slice; later frames lie on top."""

    of: Slice
    files: set[Path] = field(default_factory=set)
    """The segmentations that refer to it, with frames or without."""
    frames: list[_Frame] = field(default_factory=list)


@dataclass(eq=False)
class _Findings:
    """What is wrong with the pixels, counted over all slices."""

    overlaps: Counter[tuple[Path, int, int]] = field(default_factory=Counter)
    """Pixels that two segments of a file share."""
    outside: Counter[Path] = field(default_factory=Counter)
    """Pixels of segments that lie beyond their image."""
    failed: dict[Path, FileError] = field(default_factory=dict)
    """Files with a frame that cannot be read or placed: of such, no frame is taken."""


def read(source: Path, classes: LabelSet | None, options: Options) -> Work[ImportedDataset]:
    files = yield from scaled(_segmentations(source), 0.0, 0.1)
    index = yield from scaled(_index(source, options), 0.1, 0.4)
    matcher = ClassMatcher(classes, options, background=True)
    problems: list[Problem] = []
    found: dict[Target, _Layers] = {}
    for number, path in enumerate(files):
        yield Progress(0.4 + 0.2 * number / len(files), path.name)
        try:
            problems.extend(_assigned(opened(path), index, matcher, options, found))
        except StorageError:
            raise
        except FileError as error:
            problems.append(as_problem(error))
    samples = yield from scaled(_samples(found, matcher, options, problems), 0.6, 1.0)
    return ImportedDataset("dicom_seg", source, matcher.classes, samples, tuple(problems))


# --- files ---


def _segmentations(source: Path) -> Work[list[Path]]:
    """The segmentations at *source*; raises where there are none."""
    if not source.exists():
        raise FormatError(source, "no such file or folder")
    found = []
    with storage_errors(source):
        folder = source / "segmentations" if (source / "segmentations").is_dir() else source
        files = [source] if source.is_file() else sorted(path for path in folder.rglob("*") if path.is_file())
    for number, path in enumerate(files):
        yield Progress(number / len(files), path.name)
        if _is_one(path):
            found.append(path)
    if not found:
        what = "file is no DICOM segmentation" if source.is_file() else "folder holds no DICOM segmentations"
        raise FormatError(source, f"the {what}; choose {_SOURCE}")
    return found


def _is_one(path: Path) -> bool:
    try:
        return looks_like_dicom(path) and is_segmentation(header_of(path))
    except ImageError:
        return False  # a report, or a structure set


def _index(source: Path, options: Options) -> Work[TargetIndex]:
    """The slices that segmentations may refer to: the project's, then those in the folder of images."""
    index = TargetIndex()
    beside = source if source.is_dir() else source.parent
    roots = [options.images] if options.images else [beside / "images", beside.parent / "images"]
    if not options.images and (source.is_dir() or not options.known):
        roots.append(beside)
    paths = [*options.known, *_stacks(roots)]
    for number, path in enumerate(dict.fromkeys(paths)):
        yield Progress(number / len(paths), path.name)
        try:
            if images.probe(path).kind == "dicom":
                index.add(path, slices_of(path))
        except ImageError:
            continue  # its slices count as missing where a segmentation refers to them
    return index


def _stacks(roots: Sequence[Path]) -> Iterator[Path]:
    """The images below *roots* as a project would have them: series by their folder, others by their file."""
    folders: dict[Path, None] = {}
    for root in roots:
        with storage_errors(root):
            folders |= dict.fromkeys([root, *sorted(root.rglob("*/"))] if root.is_dir() else [])
    for folder in folders:
        with storage_errors(folder):
            files = [p for p in sorted(folder.iterdir()) if p.is_file() and looks_like_dicom(p) and not _is_one(p)]
        stacks = images.series_in(folder) if len(files) > 1 else {}
        yield from stacks
        stacked = {file for inside in stacks.values() for file in inside}
        yield from (file for file in files if file not in stacked)


# --- frames ---


def _assigned(
    segmentation: Segmentation,
    index: TargetIndex,
    matcher: ClassMatcher,
    options: Options,
    found: dict[Target, _Layers],
) -> Iterator[Problem]:
    """Enter every frame with the slice that it lies on into *found*; what is wrong is a problem."""
    path = segmentation.path
    classes = {}
    for kind in segmentation.segments():
        class_id = matcher.by_name(kind.label, wanted=kind.number, color=kind.color)
        if class_id is None:
            yield Problem(path, f"the project has no class called {kind.label!r}")
        classes[kind.number] = UNLABELLED if class_id is None else class_id
    missing = sum(not index.knows(uid) for uid in segmentation.references)
    if missing:
        yield Problem(path, f"{missing} of the {len(segmentation.references)} images that it refers to are missing")
    if options.empty:
        for uid in segmentation.references:
            single = index.find(uid, None)
            if single is not None:
                found.setdefault(single[0], _Layers(single[1])).files.add(path)
    if segmentation.kind == "FRACTIONAL":
        yield Problem(path, f"it tells fractions; pixels of {options.threshold:g} and more are taken as a whole")
    objects = _objects(segmentation, classes, found)
    lost = 0
    for number in range(segmentation.frames):
        target = segmentation.target(number, index)
        if target is None:
            lost += 1
            continue
        frame = _Frame(path, number, segmentation.segment(number), classes, objects)
        layers = found.setdefault(target[0], _Layers(target[1]))
        layers.files.add(path)
        layers.frames.append(frame)
    if lost and not missing:
        yield Problem(path, f"{counted(lost, 'frame')} lie on no image that it refers to")


def _objects(segmentation: Segmentation, classes: Mapping[int, int], found: Mapping[Target, _Layers]) -> dict[int, int]:
    """An instance id that no file before has for every segment whose label another of the file has too."""
    labels = Counter(kind.label for kind in segmentation.segments())
    taken = (max(frame.objects.values(), default=0) for layers in found.values() for frame in layers.frames)
    first = max(FIRST_INSTANCE, 1 + max(taken, default=0))
    several = [k.number for k in segmentation.segments() if labels[k.label] > 1 and classes[k.number] != UNLABELLED]
    return {number: first + place for place, number in enumerate(several) if first + place <= MAX_SEGMENT}


def _samples(
    found: Mapping[Target, _Layers], matcher: ClassMatcher, options: Options, problems: list[Problem]
) -> Work[list[ImportedSample]]:
    """The slices with labels, each looked at once; what is wrong with the frames is told at the end."""
    samples = []
    findings = _Findings()
    order = sorted(found, key=lambda target: (str(target.path), target.frame))
    for number, target in enumerate(order):
        yield Progress(number / len(order), target.path.name)
        layers = found[target]
        try:
            labels = _painted(layers, matcher.rest, options.threshold, findings)
        except ImageError as error:
            problems.append(as_problem(error))
            continue
        if (labels != UNLABELLED).any():
            load = partial(_load, layers, matcher, options.threshold, findings)
            samples.append((layers, ImportedSample(target.path, target.frame, labels.shape, load)))
    problems.extend(as_problem(error) for error in findings.failed.values())
    problems.extend(_told(findings))
    return [sample for layers, sample in samples if not layers.files <= set(findings.failed)]


def _told(findings: _Findings) -> Iterator[Problem]:
    for (path, below, above), pixels in findings.overlaps.items():
        names = {kind.number: kind.label for kind in opened(path).segments()}
        pair = f"{names.get(below, below)!r} and {names.get(above, above)!r}"
        yield Problem(path, f"the segments {pair} share {counted(pixels, 'pixel')}; the latter is taken there")
    for path, pixels in findings.outside.items():
        yield Problem(path, f"{counted(pixels, 'pixel')} of its segments lie outside of their image")


def _load(layers: _Layers, matcher: ClassMatcher, threshold: float, findings: _Findings) -> ImportedLabels:
    ids = _painted(layers, matcher.rest, threshold, _Findings(failed=findings.failed))
    known = {frame.objects[n]: frame.classes[n] for frame in layers.frames for n in frame.objects}
    return ImportedLabels(ids, {int(i): known[int(i)] for i in np.unique(ids) if i >= FIRST_INSTANCE})


def _painted(layers: _Layers, rest: int, threshold: float, findings: _Findings) -> NDArray[np.uint16]:
    """Segment ids ``(H, W)`` of one slice, *rest* where there is no segment."""
    grid = slice_grid(layers.of)
    ids = np.full(grid.shape, rest, np.uint16)
    here = _Findings()
    last: dict[Path, NDArray[np.uint16]] = defaultdict(lambda: np.zeros(grid.shape, np.uint16))
    for frame in layers.frames:
        if frame.file in findings.failed:
            continue
        try:
            numbers = _numbers(frame, grid, threshold, here)
        except MaskError as error:
            findings.failed[frame.file] = error
            return _painted(layers, rest, threshold, findings)
        under = last[frame.file]
        for pair, count in _shared(under, numbers, frame.classes):
            here.overlaps[frame.file, *pair] += count
        shown = numbers > 0
        under[shown] = numbers[shown]
        ids[shown] = _table(frame.classes | frame.objects)[numbers[shown]]
    findings.overlaps += here.overlaps
    findings.outside += here.outside
    return ids


def _numbers(frame: _Frame, grid: Grid, threshold: float, findings: _Findings) -> NDArray[np.uint16]:
    """Segment numbers ``(H, W)`` of a frame on the slice that it lies on, 0 where there is none."""
    segmentation = opened(frame.file)
    stored = segmentation.values(frame.index, threshold)
    values, beyond = moved(frame.file, stored, segmentation.grid(frame.index), grid)
    if beyond.any():
        findings.outside[frame.file] += int(np.count_nonzero(beyond))
    return values.astype(np.uint16) * np.uint16(1 if frame.segment is None else frame.segment)


def _shared(
    under: NDArray[np.uint16], over: NDArray[np.uint16], classes: Mapping[int, int]
) -> Iterator[tuple[tuple[int, int], int]]:
    """Pairs of segments of two classes that are on the same pixels, and on how many."""
    both = (under > 0) & (over > 0)
    if both.any():
        pairs, counts = np.unique(np.stack([under[both], over[both]]), axis=1, return_counts=True)
        for (below, above), count in zip(pairs.T.tolist(), counts.tolist(), strict=True):
            if classes.get(below) != classes.get(above):
                yield (below, above), count


def _table(classes: Mapping[int, int]) -> NDArray[np.uint16]:
    table = np.full(65536, UNLABELLED, np.uint16)
    for number, class_id in classes.items():
        table[number] = class_id
    return table
