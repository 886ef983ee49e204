"""NRRD segmentations, as 3D Slicer and segstudio write them: ``NAME.seg.nrrd``, images by the option *images*.

The header's segments tell names, values and colours; without any, the values are class ids.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import nrrd
import numpy as np
from numpy.typing import NDArray

from segstudio.core.classes import Color, LabelSet
from segstudio.core.errors import FileError, MaskError, storage_errors
from segstudio.core.progress import Work
from segstudio.io.importers.base import ClassMatcher, ImportedDataset
from segstudio.io.importers.nifti import label_files
from segstudio.io.importers.volumes import (
    Case,
    Kind,
    LabelVolume,
    VolumeImages,
    VolumeOptions,
    read_cases,
    whole_numbers,
)

Options = VolumeOptions
_ENDINGS = (".nrrd",)
_SOURCE = "a .seg.nrrd file or the folder with them"
_TO_RAS = {
    "left-posterior-superior": (-1, -1, 1),
    "lps": (-1, -1, 1),
    "right-anterior-superior": (1, 1, 1),
    "ras": (1, 1, 1),
    "left-anterior-superior": (-1, 1, 1),
    "las": (-1, 1, 1),
}


def read(source: Path, classes: LabelSet | None, options: VolumeOptions) -> Work[ImportedDataset]:
    files, home = label_files(source, _ENDINGS, _SOURCE)
    roots = [options.images] if options.images else [home / "images", home]
    photos = VolumeImages(roots, options.known)
    cases = [Case(path, photos.of(path)) for path in files]
    matcher = ClassMatcher(classes, options, background=True)
    work = read_cases("nrrd", source, cases, _kinds(files), matcher, options, load_nrrd, table_file=files[0])
    return (yield from work)


def load_nrrd(path: Path) -> LabelVolume:
    """The label map at *path*; :class:`~segstudio.core.errors.MaskError` where it is damaged or holds no ids."""
    values, header = _opened(path)
    return LabelVolume(whole_numbers(path, values), _affine(header))


def _opened(path: Path) -> tuple[NDArray[np.generic], dict[str, Any]]:
    with storage_errors(path):
        try:
            values, header = nrrd.read(str(path))
        except OSError as error:
            if error.errno is not None:
                raise
            raise MaskError(path, "the file is truncated: it ends before the volume does") from error
        except (nrrd.NRRDError, ValueError, EOFError, KeyError, UnicodeDecodeError) as error:
            raise MaskError(path, "the file is damaged or no NRRD") from error
    return values, header


def _affine(header: dict[str, Any]) -> NDArray[np.float64] | None:
    signs = _TO_RAS.get(str(header.get("space", "")).lower())
    directions, origin = header.get("space directions"), header.get("space origin")
    if signs is None or directions is None or origin is None or np.shape(directions) != (3, 3):
        return None
    affine = np.eye(4)
    affine[:3, :3], affine[:3, 3] = np.asarray(directions, np.float64).T, origin
    return np.asarray(np.diag([*signs, 1.0]) @ affine, np.float64)


def _kinds(files: list[Path]) -> list[Kind] | None:
    """The segments that the headers name; each value is one class over the whole data set."""
    found: dict[int, Kind] = {}
    for path in files:
        try:
            with storage_errors(path):
                header = nrrd.read_header(str(path))
        except (FileError, nrrd.NRRDError, ValueError, EOFError, UnicodeDecodeError):
            continue  # told when its volume is read
        for key, value in header.items():
            number = re.fullmatch(r"Segment(\d+)_LabelValue", key)
            if number and str(value).strip().isdigit():
                name = unquote(str(header.get(f"Segment{number[1]}_Name", f"segment {value}")))
                found.setdefault(int(value), Kind(int(value), name, _color(header, number[1])))
    return list(found.values()) or None


def _color(header: dict[str, Any], number: str) -> Color | None:
    try:
        red, green, blue = (round(255 * float(part)) for part in str(header[f"Segment{number}_Color"]).split())
    except (KeyError, ValueError):
        return None
    return red, green, blue
