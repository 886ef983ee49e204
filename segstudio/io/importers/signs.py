"""Telling the format of a data set from its files: names first, then a look at the beginning and the end of one."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from fnmatch import fnmatch
from itertools import islice
from pathlib import Path

from segstudio.core.errors import FormatError, storage_errors

_LOOKED_AT = 1 << 16
_TRIED = 5
"""Files of one pattern that are looked into."""
_SLICES = 2000
"""As many where a segmentation may lie among the slices that it is of."""
_ENTRIES, _FOLDERS = 5000, 300
"""How many names of a folder and how many folders below it are looked at: a whole disk may be asked about."""


@dataclass(frozen=True, slots=True)
class Sign:
    """A file by which a format is known."""

    pattern: str
    """Of its path below the folder; a file that was chosen itself is matched by the pattern's last part."""
    holds: tuple[bytes, ...] = ()
    """What stands near its beginning or its end."""
    tried: int = _TRIED
    """How many files of the pattern are looked into."""


def _json(*keys: str) -> tuple[bytes, ...]:
    return tuple(f'"{key}"'.encode() for key in keys)


COCO_DOCUMENTS = ("annotations/*.json", "*.json", "*/annotations/*.json", "*/*.json")
"""Where the documents of a COCO data set lie below its folder."""
_COCO = _json("images", "annotations", "categories")

_STUDIO_KINDS = ("brushlabels", "polygonlabels", "rectanglelabels", "ellipselabels", "bitmasklabels", "labels")

_ADE_SETS = ("training", "validation", "testing")

_DICOM_SEG = tuple(b"1.2.840.10008.5.1.4.1.1.66.%c\x02\x00\x03\x00" % kind for kind in b"47")
"""The SOP class of a file's first group, and the element that follows it: segments each, and label maps."""

SIGNS: dict[str, tuple[Sign, ...]] = {
    "project": (Sign("project.db", (b"SQLite format 3",)),),
    "yolo": (Sign("data.yaml", (b"names",)), Sign("*.yaml", (b"names",)), Sign("*.yml", (b"names",))),
    "cityscapes": (Sign("gtFine"), Sign("gtCoarse"), Sign("leftImg8bit")),
    "voc": (
        Sign("VOCdevkit/VOC*/ImageSets"),
        Sign("VOC*/JPEGImages"),
        Sign("SegmentationClass"),
        Sign("JPEGImages"),
        Sign("Annotations/*.xml", (b"<annotation",)),
    ),
    "cvat": (Sign("annotations.xml", (b"<annotations",)), Sign("*.xml", (b"<annotations", b"<image"))),
    "supervisely": (Sign("meta.json", _json("classes", "projectType")), Sign("meta.json", _json("classes", "tags"))),
    "datumaro": (
        Sign("annotations/*.json", _json("infos", "categories", "items")),
        Sign("*.json", _json("infos", "categories", "items")),
    ),
    "coco_panoptic": (Sign("panoptic.json", _json("segments_info")), Sign("*.json", _json("segments_info", "images"))),
    "coco": (
        Sign("annotations/*.json", (*_COCO, *_json("iscrowd"))),
        Sign("*.json", (*_COCO, *_json("iscrowd"))),
        *(Sign(pattern, _COCO) for pattern in COCO_DOCUMENTS),
    ),
    "label_studio": (
        *(Sign(name, _json("data", "annotations", "result")) for name in ("tasks.json", "*.json")),
        *(Sign("*.json", _json(kind, "original_width")) for kind in _STUDIO_KINDS),
    ),
    "huggingface": (
        *(Sign(f"{home}metadata.jsonl", (b'file_name"',)) for home in ("", "*/", "*/*/")),
        *(Sign(f"{home}*.parquet", (b"PAR1",)) for home in ("", "*/", "*/*/")),
    ),
    "isat": (Sign("**/*.json", (b'"ISAT"',)),),
    "xanylabeling": (Sign("**/*.json", (*_json("shapes", "imagePath"), b'"kie_linking"')),),
    "labelme": (Sign("**/*.json", _json("shapes", "imagePath")),),
    "ade20k": (
        *(Sign(f"{home}annotations/{part}") for home in ("", "ADEChallengeData2016/") for part in _ADE_SETS),
        Sign("objectInfo*.txt", (b"Idx",)),
        Sign("**/*_atr.txt"),
        Sign("**/*_seg.png"),
    ),
    "nnunet": (
        Sign("dataset.json", _json("labels", "file_ending")),
        Sign("Dataset*/dataset.json", _json("labels", "file_ending")),
    ),
    "nrrd": (Sign("*.nrrd"),),
    "dicom_seg": tuple(
        Sign(pattern, (uid,), _SLICES) for pattern in ("segmentations/*.dcm", "*.dcm", "*") for uid in _DICOM_SEG
    ),
    "nifti": (Sign("labels/*.nii*"), Sign("*.nii"), Sign("*.nii.gz")),
    "masks": (Sign("masks/*.png"), Sign("classes.json", _json("classes")), Sign("labels/*.png"), Sign("*/masks/*.png")),
}
"""By format; the first format with a sign that is there is the one. Formats that others resemble come before those."""


def detect(source: Path) -> str | None:
    """The format of the data set at *source*, a file or a folder; ``None`` where nothing is known of it."""
    if not source.exists():
        return None
    return next((name for name, signs in SIGNS.items() if any(_shows(source, sign) for sign in signs)), None)


def detected(source: Path) -> str:
    """As :func:`detect`, but raises :class:`~segstudio.core.errors.FormatError` where the format cannot be told."""
    if not source.exists():
        raise FormatError(source, "no such file or folder")
    name = detect(source)
    if name is None:
        raise FormatError(source, "its format cannot be told from its files; say which it is")
    return name


def is_coco(path: Path) -> bool:
    """Whether the file at *path* looks like a COCO document of instances."""
    return path.name != "segstudio.json" and _holds(path, _COCO) and not _holds(path, _json("segments_info"))


def _shows(source: Path, sign: Sign) -> bool:
    return any(_holds(path, sign.holds) for path in islice(_candidates(source, sign.pattern), sign.tried))


def _candidates(source: Path, pattern: str) -> Iterator[Path]:
    if source.is_dir():
        with storage_errors(source):
            next(source.iterdir(), None)  # what lies further in and cannot be read is no candidate
        yield from _below(source, pattern.split("/"))
    elif source.match(pattern.rpartition("/")[2]):
        yield source


def _below(folder: Path, parts: Sequence[str]) -> Iterator[Path]:
    """What lies below *folder* under names like *parts*; ``**`` stands for any number of folders, nearer ones first."""
    part, rest = parts[0], parts[1:]
    if part == "**":
        for inner in islice(_folders(folder), _FOLDERS):
            yield from _below(inner, rest)
        return
    for path in _named(folder, part):
        if not rest:
            yield path
        elif os.path.isdir(path):  # which is silent where a folder must not be looked into
            yield from _below(path, rest)


def _named(folder: Path, pattern: str) -> list[Path]:
    if "*" not in pattern:
        path = folder / pattern
        return [path] if os.path.exists(path) else []
    with suppress(OSError), os.scandir(folder) as entries:
        return [folder / entry.name for entry in islice(entries, _ENTRIES) if fnmatch(entry.name, pattern)]
    return []


def _folders(top: Path) -> Iterator[Path]:
    """*top* and the folders below it, nearer ones first; links are not followed."""
    waiting = deque([top])
    while waiting:
        folder = waiting.popleft()
        yield folder
        with suppress(OSError), os.scandir(folder) as entries:
            inner = [entry.name for entry in islice(entries, _ENTRIES) if entry.is_dir(follow_symlinks=False)]
            waiting.extend(folder / name for name in sorted(inner))


def _holds(path: Path, wanted: tuple[bytes, ...]) -> bool:
    if not wanted:
        return True
    if not os.path.isfile(path):
        return False
    with storage_errors(path), open(path, "rb") as file:
        text = file.read(_LOOKED_AT)
        file.seek(max(0, path.stat().st_size - _LOOKED_AT))
        text += file.read()
    return all(part in text for part in wanted)
