"""Looking for images: which files of some folders are images, and which of them belong together."""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from segstudio.core.errors import ImageError, NoImageError, SegStudioError, storage_errors
from segstudio.core.natural import natural_key
from segstudio.core.progress import Progress, Work
from segstudio.io import images
from segstudio.io.importers.signs import detected

Frame = tuple[str | Path, int]
"""An image file and the page, slice or frame in it."""

_NEWS = 0.25
"""Seconds between one piece of news and the next; the first image is told at once."""


@dataclass(frozen=True)
class FoundImages:
    """What :func:`find_images` found."""

    frames: list[Frame] = field(default_factory=list)
    problems: list[ImageError] = field(default_factory=list)
    """Files that look like images and cannot be read, each with its reason."""


@dataclass(frozen=True)
class _File:
    path: Path
    ending: str
    """Lower case; a double one (``.nii.gz``) is whole."""
    named: bool
    """Whether it was named itself, and not found in a folder."""
    image: bool = False
    """Whether its first bytes tell an image, whatever its name."""


_WITH_LABELS = frozenset(
    {"labelme", "xanylabeling", "isat", "coco", "coco_panoptic", "yolo", "voc", "cvat", "supervisely", "datumaro"}
)
"""Data sets whose images are added like any others, and whose labels would be overlooked then."""


def labels_among(paths: Iterable[str | Path]) -> str | None:
    """The format of the labels that lie in one of these folders, by its name in the table of importers, or ``None``."""
    for folder in map(Path, paths):
        try:
            found = detected(folder) if folder.is_dir() else ""
        except SegStudioError:
            continue  # no data set, or one that cannot be read: that is said where its images are looked at
        if found in _WITH_LABELS:
            return found
    return None


def find_images(paths: Iterable[str | Path]) -> Work[FoundImages]:
    """The images among *paths*, folders searched with all that is in them; each page, slice or frame counts as one.

    The files of a DICOM series are the slices of one stack, also where a folder holds several series. Only headers
    are read. A path given by name that is no image is a problem; in folders, files of other kinds are passed over.

    The detail of each progress is the list of the frames found since the one before, so that work on the first can
    begin while the others are looked for.
    """
    found = FoundImages()
    known = frozenset(images.extensions())
    files = _without_halves([file for path in paths for file in _files(Path(path))])
    files = yield from _series_as_one(files, known, found.problems)
    told, news_at = 0, 0.0
    for i, file in enumerate(files):
        if time.monotonic() >= news_at and len(found.frames) > told:
            yield Progress(i / len(files), f"looking at {file.path.name}", found.frames[told:])
            told, news_at = len(found.frames), time.monotonic() + _NEWS
        if not file.named and not file.image and file.ending not in known:
            continue
        try:
            info = images.probe(file.path)
        except NoImageError as error:
            if file.named:
                found.problems.append(error)
            continue
        except ImageError as error:
            found.problems.append(error)
            continue
        found.frames.extend((file.path, frame) for frame in range(info.frames))
    yield Progress(1.0, "", found.frames[told:])
    return found


def _series_as_one(files: list[_File], known: frozenset[str], problems: list[ImageError]) -> Work[list[_File]]:
    """*files* with those of a DICOM series replaced by the path that reads them as one stack."""
    dicom = {file.path for file in files if _may_be_dicom(file, known)}
    if not dicom:
        return files
    folders = Counter(path.parent for path in dicom)
    chosen = {file.path for file in files}
    stack_of: dict[Path, Path] = {}
    for folder, count in folders.items():
        if count < 2:
            continue
        yield Progress(None, f"looking for series in {folder.name}")
        try:
            series = images.series_in(folder)
        except ImageError as error:
            problems.append(error)
            continue
        # of a series that was chosen in part, each file is an image of its own
        stack_of |= {file: stack for stack, inside in series.items() if chosen.issuperset(inside) for file in inside}
    replaced: dict[Path, _File] = {}
    for file in files:
        path = stack_of.get(file.path, file.path)
        replaced[path] = _File(path, file.ending, file.named, file.path in dicom)
    return list(replaced.values())


def _without_halves(files: list[_File]) -> list[_File]:
    """*files* without the voxels (``.img``) of which the header (``.hdr``) is there too: both are one image."""
    headers = {file.path.with_suffix("") for file in files if file.ending == ".hdr"}
    return [file for file in files if file.ending != ".img" or file.path.with_suffix("") not in headers]


def _may_be_dicom(file: _File, known: frozenset[str]) -> bool:
    """By its name, or, as scanners write names without an ending, by its first bytes."""
    if file.ending in images.READERS["dicom"].extensions:
        return True
    if file.ending in known or file.path.name.upper() == "DICOMDIR":
        return False
    try:
        with open(file.path, "rb") as opened:
            return opened.read(132)[128:] == b"DICM"
    except OSError:
        return False  # said when it is opened


def _files(path: Path) -> Iterator[_File]:
    """*path* itself, or the files below it in order; for the directory of a DICOM disc the files of the disc."""
    if path.name.upper() == "DICOMDIR" and path.is_file():
        path = path.parent
    if not path.is_dir():
        yield _File(path, _ending(path.name), named=True)
        return
    with storage_errors(path):
        inside = list(_below(os.fspath(path)))
    for name in inside:
        yield _File(Path(name), _ending(name), named=False)


def _ending(name: str) -> str:
    start, ending = os.path.splitext(name.lower())
    return os.path.splitext(start)[1] + ending if ending == ".gz" else ending


def _below(folder: str) -> Iterator[str]:
    """The files below *folder* in order; nothing hidden, and no project."""
    with os.scandir(folder) as entries:
        inside = sorted(entries, key=lambda entry: (natural_key(entry.name), entry.name))
    for entry in inside:
        if entry.name.startswith(".") or entry.name.endswith(".segstudio"):
            continue
        # as with any search below a folder, links to folders are not followed: they may lead in circles
        if entry.is_dir(follow_symlinks=False):
            yield from _below(entry.path)
        elif entry.is_file():
            yield entry.path
