"""NRRD segmentations, as 3D Slicer and segstudio write them: ``NAME.seg.nrrd``, images by the option *images*.

The header's segments tell names, values and colours, each file by itself: the same value may be another class in the
next. Segments that overlap lie in layers of their own; the later one is taken where they do. Files without segments
hold class ids. ``NAME_0002`` is the second time point of the image ``NAME`` unless an image is called so.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, count
from pathlib import Path
from types import MappingProxyType
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
_NO_SEGMENT = 65535
"""What a value becomes that no segment of its file has; no class has that id."""
_TO_RAS = {
    "left-posterior-superior": (-1, -1, 1),
    "lps": (-1, -1, 1),
    "right-anterior-superior": (1, 1, 1),
    "ras": (1, 1, 1),
    "left-anterior-superior": (-1, 1, 1),
    "las": (-1, 1, 1),
}


@dataclass(frozen=True)
class _Segment:
    """A segment as a header tells it: where *layer* (0 in files of one layer) holds *value*."""

    layer: int
    value: int
    name: str
    color: Color | None


def read(source: Path, classes: LabelSet | None, options: VolumeOptions) -> Work[ImportedDataset]:
    files, home = label_files(source, _ENDINGS, _SOURCE)
    roots = [options.images] if options.images else [home / "images", home]
    photos = VolumeImages(roots, options.known)
    cases = [photos.case(path) for path in files]
    matcher = ClassMatcher(classes, options, background=True)
    segments = {path: _segments(path) for path in files}
    kinds = _kinds(segments.values(), options.unlabelled)

    def load(path: Path) -> LabelVolume:
        numbers = {(s.layer, s.value): kinds[s.name].value for s in segments[path]}
        return load_nrrd(path, {(0, options.unlabelled): options.unlabelled, **numbers} if numbers else {})

    work = read_cases("nrrd", source, cases, list(kinds.values()) or None, matcher, options, load, table_file=files[0])
    return (yield from work)


def _kinds(files: Iterable[Sequence[_Segment]], unlabelled: int) -> dict[str, Kind]:
    """One number for each name over all files: the value that the first file gives it, where that is free."""
    found: dict[str, Kind] = {}
    for segments in files:
        for each in segments:
            taken = {0, unlabelled, *(kind.value for kind in found.values())}
            if each.name not in found:
                free = next(number for number in chain([each.value], count(1)) if number not in taken)
                found[each.name] = Kind(free, each.name, each.color)
    return found


def load_nrrd(path: Path, numbers: Mapping[tuple[int, int], int] = MappingProxyType({})) -> LabelVolume:
    """The label map at *path*, with the values of its segments replaced by *numbers*, by layer and value.

    Raises :class:`~segstudio.core.errors.MaskError` where it is damaged or holds no ids.
    """
    values, header = _opened(path)
    layers = list(values) if values.ndim == 4 and _first_kind(header) in ("list", "vector") else [values]
    whole = [whole_numbers(path, layer) for layer in layers]
    if not numbers:
        return LabelVolume(whole[0], _affine(header))
    told = np.where(whole[0] == 0, np.uint16(0), np.uint16(_NO_SEGMENT))
    shared = 0
    for (layer, value), number in numbers.items():
        if layer < len(whole):
            inside = whole[layer] == value
            shared += int(np.count_nonzero(inside & (told != 0) & (told != _NO_SEGMENT)))  # by those before it
            told[inside] = number
    return LabelVolume(told, _affine(header), shared)


def _first_kind(header: dict[str, Any]) -> str:
    return str((header.get("kinds") or [""])[0])


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
    if signs is None or directions is None or origin is None:
        return None
    # the axis of layers leads nowhere in space
    leading = [axis for axis in directions if axis is not None and np.isfinite(np.asarray(axis, np.float64)).all()]
    if np.shape(leading) != (3, 3):
        return None
    affine = np.eye(4)
    affine[:3, :3], affine[:3, 3] = np.asarray(leading, np.float64).T, origin
    return np.asarray(np.diag([*signs, 1.0]) @ affine, np.float64)


def _segments(path: Path) -> list[_Segment]:
    """The segments that a header names, in their order; none where it cannot be read, which its volume will tell."""
    try:
        with storage_errors(path):
            header = nrrd.read_header(str(path))
    except (FileError, nrrd.NRRDError, ValueError, EOFError, UnicodeDecodeError):
        return []
    found = []
    for key, value in header.items():
        number = re.fullmatch(r"Segment(\d+)_LabelValue", key)
        if number and str(value).strip().isdigit():
            name = unquote(str(header.get(f"Segment{number[1]}_Name", f"segment {value}")))
            layer = str(header.get(f"Segment{number[1]}_Layer", "0")).strip()
            at = int(layer) if layer.isdigit() else 0
            found.append((int(number[1]), _Segment(at, int(value), name, _color(header, number[1]))))
    return [segment for _, segment in sorted(found, key=lambda entry: entry[0])]


def _color(header: dict[str, Any], number: str) -> Color | None:
    try:
        red, green, blue = (round(255 * float(part)) for part in str(header[f"Segment{number}_Color"]).split())
    except (KeyError, ValueError):
        return None
    return red, green, blue
