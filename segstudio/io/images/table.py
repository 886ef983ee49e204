"""The table of readers: which kind of file each opens, told from a file's first bytes and name without a library."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from segstudio.core.errors import ImageError, disk_reason
from segstudio.core.registry import Registry
from segstudio.io.images.base import Reader, series_of

_HEAD = 400


@dataclass(frozen=True)
class ReaderEntry:
    """One line of the table. *recognises* is asked in the table's order with the name (lower case) and first bytes."""

    name: str
    title: str
    extensions: tuple[str, ...]
    """Lower case, with the dot; offered in file dialogs."""
    module: str
    """Where its functions stand (:class:`~segstudio.io.images.base.Reader`); imported when the first file is opened."""
    recognises: Callable[[str, bytes], bool]

    def reader(self) -> Reader:
        return cast("Reader", importlib.import_module(self.module))


_TIFF = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
_VIDEO = (".mp4", ".m4v", ".mov", ".avi", ".mkv", ".webm", ".mpg", ".mpeg", ".wmv", ".flv", ".ogv", ".ts", ".3gp")
_STILL_BRANDS = (b"avif", b"avis", b"heic", b"heix", b"mif1", b"msf1")
_NIFTI = (".nii", ".nii.gz", ".hdr", ".img")
_DICOM = (".dcm", ".dicom", ".ima")


def _is_nifti(name: str, head: bytes) -> bool:
    magic = head[344:348] in (b"n+1\0", b"ni1\0") or head[4:8] in (b"n+2\0", b"ni2\0")
    return magic or name.endswith((".nii", ".nii.gz"))


def _is_dicom(name: str, head: bytes) -> bool:
    return head[128:132] == b"DICM" or name.endswith(_DICOM)


def _is_tiff(name: str, head: bytes) -> bool:
    return head.startswith(_TIFF)


def _is_video(name: str, head: bytes) -> bool:
    if head[4:8] == b"ftyp":
        return head[8:12] not in _STILL_BRANDS
    known = head.startswith((b"\x1a\x45\xdf\xa3", b"OggS", b"FLV\x01", b"\x00\x00\x01\xba"))
    return known or (head.startswith(b"RIFF") and head[8:12] == b"AVI ") or name.endswith(_VIDEO)


READERS: Registry[ReaderEntry] = Registry(
    "image reader",
    [
        ReaderEntry("tiff", "TIFF", (".tif", ".tiff", ".btf", ".svs", ".ndpi"), "segstudio.io.images.tiff", _is_tiff),
        ReaderEntry("dicom", "DICOM", _DICOM, "segstudio.io.images.dicom", _is_dicom),
        ReaderEntry("nifti", "NIfTI", _NIFTI, "segstudio.io.images.nifti", _is_nifti),
        ReaderEntry("video", "Video", _VIDEO, "segstudio.io.images.video", _is_video),
        ReaderEntry(
            "common",
            "Photographs and pictures",
            (
                *(".jpg", ".jpeg", ".png", ".bmp", ".webp", ".gif", ".jp2", ".j2k", ".avif", ".tga"),
                *(".pgm", ".ppm", ".pbm", ".pnm", ".apng"),
            ),
            "segstudio.io.images.common",
            lambda name, head: True,
        ),
    ],
    group="segstudio.readers",
)


def choose(path: Path) -> ReaderEntry:
    """The reader for *path*: for a folder, and one of several series in it, the DICOM one.

    Raises :class:`ImageError` where nothing is there.
    """
    try:
        if path.is_dir() or series_of(path) is not None:
            return READERS["dicom"]
        if path.suffix.lower() == ".img" and path.with_suffix(".hdr").is_file():
            return READERS["nifti"]  # voxels, of which the header tells
        with open(path, "rb") as file:
            head = file.read(_HEAD)
    except OSError as error:
        raise ImageError(path, disk_reason(error)) from error
    if not head:
        raise ImageError(path, "the file is empty (0 bytes)")
    name = path.name.lower()
    return next(entry for entry in _specific_first() if entry.recognises(name, head))


def _specific_first() -> list[ReaderEntry]:
    """Readers of other packages before ours, and the one that takes everything last."""
    entries = list(READERS.values())
    return [e for e in entries if e.name != "common"] + [READERS["common"]]
