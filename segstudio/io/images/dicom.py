"""DICOM: single images, multi-frame files, and folders that hold the slices of one series.

Values are rescaled (Hounsfield units for CT), MONOCHROME1 is told and not applied, window presets come along. The
slices of a folder are frames in the order of their position in the patient; where a folder holds several series,
:func:`series` names each.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
from numpy.typing import NDArray
from pydicom.errors import InvalidDicomError
from pydicom.pixels.processing import apply_color_lut, apply_modality_lut
from pydicom.pixels.utils import pixel_array
from pydicom.uid import SegmentationStorage

from segstudio.core.errors import ImageError, NoImageError, disk_reason
from segstudio.core.geometry import Region
from segstudio.io.images import dicom_codecs
from segstudio.io.images.base import (
    CT_WINDOWS,
    Image,
    ImageInfo,
    Window,
    check_frame,
    photometric_of,
    series_of,
    series_path,
)
from segstudio.io.images.dicom_places import Place, functional, numbers, parallel, pixel_spacing, place_of
from segstudio.io.images.levels import reduced_region
from segstudio.io.limits import check_size

_TRUNCATED = "the file is truncated: it ends before the image does"
_LPS_TO_RAS = np.diag([-1.0, -1.0, 1.0, 1.0])
_GEOMETRY_TAGS = [
    *("SOPClassUID", "SOPInstanceUID", "SeriesInstanceUID", "SeriesDescription", "InstanceNumber", "NumberOfFrames"),
    *("Rows", "Columns", "ImagePositionPatient", "ImageOrientationPatient"),
]
SEGMENTATIONS = (SegmentationStorage, "1.2.840.10008.5.1.4.1.1.66.7")
"""The SOP classes of DICOM segmentations: of segments each, and label maps."""

dicom_codecs.register()
# what scanners write against the standard's rules is read all the same, without a word on each
pydicom.config.settings.reading_validation_mode = pydicom.config.IGNORE


@dataclass(frozen=True, eq=False)
class Slice:
    """One frame of one file."""

    path: Path
    index: int
    place: Place | None
    instance: int = 0
    uid: str = ""
    """The SOP instance UID of its file: what other DICOM objects call it by."""


@dataclass(frozen=True, eq=False)
class _Stack:
    """All frames in their order, and the millimetres (LPS) from each to the next where they are an even stack."""

    slices: tuple[Slice, ...]
    step: NDArray[np.float64] | None


def probe(path: Path, frame: int) -> ImageInfo:
    stack = _stack(path)
    check_frame(path, frame, len(stack.slices))
    file, index = stack.slices[frame].path, stack.slices[frame].index
    with _errors(file):
        header = _header(file)
        _, spacing = _geometry(stack, frame, header)
        colour = int(header.SamplesPerPixel) > 1 or header.PhotometricInterpretation == "PALETTE COLOR"
        dtype = _rescaled_dtype(header, index)
        shape = int(header.Rows), int(header.Columns)
        return ImageInfo(path, "dicom", *shape, 3 if colour else 1, dtype, len(stack.slices), spacing)


def read(path: Path, frame: int) -> Image:
    stack = _stack(path)
    check_frame(path, frame, len(stack.slices))
    file, index = stack.slices[frame].path, stack.slices[frame].index
    with _errors(file):
        header = _header(file)
        check_size(file, int(header.Rows), int(header.Columns), int(header.BitsAllocated) // 8 or 1)
        pixels = _in_real_units(header, index, pixel_array(file, index=index))
        affine, spacing = _geometry(stack, frame, header)
        return Image(
            pixels,
            path,
            frame,
            len(stack.slices),
            photometric_of(pixels),
            None,
            spacing,
            affine,
            inverted=header.PhotometricInterpretation == "MONOCHROME1",
            windows=_windows(header, index),
        )


def read_region(path: Path, frame: int, region: Region, level: int) -> NDArray[np.generic]:
    array = read(path, frame).array
    return reduced_region(lambda part: array[part.slices], (array.shape[0], array.shape[1]), region, level)


def slices_of(path: Path) -> tuple[Slice, ...]:
    """What lies behind the frames of *path*, in the order of the frames: what a DICOM segmentation refers to.

    Raises :class:`~segstudio.core.errors.ImageError`.
    """
    return _stack(path).slices


def header_of(path: Path) -> Any:
    """All elements of a file but its pixels. Raises :class:`~segstudio.core.errors.ImageError`."""
    with _errors(path):
        return _header(path)


def looks_like_dicom(file: Path) -> bool:
    """By its magic word, or, as old files lack that, by beginning with an element of one of the first groups."""
    with _errors(file), open(file, "rb") as opened:
        head = opened.read(132)
    bare = file.suffix.lower() in (".dcm", ".dicom", ".ima") and head[:2] in (b"\2\0", b"\b\0", b"\0\b")
    return head[128:] == b"DICM" or bare


def is_segmentation(header: Any) -> bool:
    """Whether a file is a DICOM segmentation: said of images, none itself."""
    return header.get("SOPClassUID") in SEGMENTATIONS


# --- headers and the order of slices ---


def _header(path: Path) -> Any:
    status = path.stat()
    return _parsed_header(path, status.st_mtime_ns, status.st_size)


@lru_cache(maxsize=16)
def _parsed_header(path: Path, changed: int, size: int) -> Any:
    if not looks_like_dicom(path):
        raise ImageError(path, "this is not a DICOM file, or it is corrupt")
    dataset = pydicom.dcmread(path, stop_before_pixels=True, force=True)
    if "Rows" not in dataset or "Columns" not in dataset:
        kind = dataset.get("SOPClassUID") or dataset.file_meta.get("MediaStorageSOPClassUID")
        if kind is None:
            raise ImageError(path, "this is not a DICOM file, or it is corrupt")
        raise NoImageError(path, _no_image(kind))
    return dataset


def _no_image(kind: str) -> str:
    return f"this DICOM file holds no image ({pydicom.uid.UID(kind).name})"


def series(folder: Path) -> dict[Path, tuple[Path, ...]]:
    """The stacks in *folder*, each by the path that reads it, with the files of its slices in their order.

    Files of one series are a stack where all have a place in the patient and one size; the folder itself reads it
    where there is nothing else, else a path of :func:`~segstudio.io.images.base.series_path`. Other files are left
    out: each is an image of its own. Raises :class:`~segstudio.core.errors.ImageError`.
    """
    with _errors(folder):
        headers = list(_series_headers(folder))
    groups = _by_series(headers)
    stacks: dict[Path, tuple[Path, ...]] = {}
    for uid, group in groups.items():
        slices = [each for file, header in group for each in _slices(file, header)]
        sizes = {(int(header.Rows), int(header.Columns)) for _, header in group}
        if len(group) > 1 and len(sizes) == 1 and all(each.place is not None for each in slices):
            ordered = sorted(slices, key=_sort_key(slices))
            files = tuple(dict.fromkeys(each.path for each in ordered))
            stacks[folder if len(groups) == 1 else series_path(folder, uid)] = files
    return stacks


def _by_series(headers: Sequence[tuple[Path, Any]]) -> dict[str, list[tuple[Path, Any]]]:
    groups: dict[str, list[tuple[Path, Any]]] = {}
    for file, header in headers:
        groups.setdefault(str(header.get("SeriesInstanceUID", "")), []).append((file, header))
    return groups


def _stack(path: Path) -> _Stack:
    one = series_of(path)
    try:
        return _parsed_stack(path, (one[0] if one is not None else path).stat().st_mtime_ns)
    except OSError as error:
        raise ImageError(path, disk_reason(error)) from error


@lru_cache(maxsize=8)
def _parsed_stack(path: Path, changed: int) -> _Stack:
    one = series_of(path)
    if one is not None:
        slices = _series(*one)
    elif path.is_dir():
        slices = _series(path)
    else:
        with _errors(path):
            header = _header(path)
            if is_segmentation(header):
                raise ImageError(path, f"{_no_image(header.SOPClassUID)}; import it")
            slices = list(_slices(path, header))
    return _Stack(tuple(slices), _even_step(slices))


def _series(folder: Path, uid: str | None = None) -> list[Slice]:
    headers = list(_series_headers(folder))
    if not headers:
        raise ImageError(folder, "this is a folder without DICOM images")
    groups = _by_series(headers)
    if uid is not None and uid not in groups:
        raise ImageError(folder, f"the folder no longer holds the DICOM series {uid}")
    if uid is None and len(groups) > 1:
        raise ImageError(folder, _which_series(groups))
    headers = groups[uid] if uid is not None else headers
    slices = [each for file, header in headers for each in _slices(file, header)]
    return sorted(slices, key=_sort_key(slices))


def _slices(path: Path, header: Any) -> Iterator[Slice]:
    count = max(1, int(header.get("NumberOfFrames") or 1))
    whole = header if count == 1 else _header(path)  # places of single frames stand in sequences
    for index in range(count):
        uid, number = str(header.get("SOPInstanceUID", "")), int(header.get("InstanceNumber") or 0)
        yield Slice(path, index, place_of(whole, index), number, uid)


def _series_headers(folder: Path) -> Iterator[tuple[Path, Any]]:
    for file in sorted(folder.iterdir()):
        if file.is_file() and looks_like_dicom(file):
            with _errors(file):
                header = pydicom.dcmread(file, stop_before_pixels=True, force=True, specific_tags=_GEOMETRY_TAGS)
            # reports, structure sets and segmentations lie beside the images of a study
            if "Rows" in header and not is_segmentation(header):
                yield file, header


def _which_series(groups: dict[str, list[tuple[Path, Any]]]) -> str:
    names = ", ".join(f"{g[0][1].get('SeriesDescription', 'unnamed')} ({len(g)} files)" for g in groups.values())
    return f"the folder holds {len(groups)} series ({names}); add the folder to a project to have each as a stack"


def _sort_key(slices: Sequence[Slice]) -> Callable[[Slice], tuple[float, int, str, int]]:
    """By position along the common normal; by instance number where slices are not parallel or tell no position."""
    first = slices[0].place
    level = first is not None and all(each.place is not None and parallel(first, each.place) for each in slices)

    def key(each: Slice) -> tuple[float, int, str, int]:
        told = level and first is not None and each.place is not None
        depth = round(float(first.normal @ each.place.position), 3) if told else 0.0  # type: ignore[union-attr]
        return depth, each.instance, each.path.name, each.index

    return key


# --- geometry ---


def _geometry(stack: _Stack, frame: int, header: Any) -> tuple[NDArray[np.float64] | None, tuple[float, ...] | None]:
    """The affine of the stack (RAS+) and its spacing, as far as the file tells."""
    each, several = stack.slices[frame], len(stack.slices) > 1
    plane = pixel_spacing(header, each.index)
    if plane is None or each.place is None or (several and stack.step is None):
        return None, plane
    measures = functional(header, each.index, "PixelMeasuresSequence")
    thickness = numbers(measures, "SliceThickness", 1) or (1.0,)
    step = each.place.normal * thickness[0] if stack.step is None else stack.step
    affine = np.eye(4)
    affine[:3, 0] = each.place.along_y * plane[0]
    affine[:3, 1] = each.place.along_x * plane[1]
    affine[:3, 2] = step
    affine[:3, 3] = each.place.position - frame * step
    return _LPS_TO_RAS @ affine, (*plane, float(np.linalg.norm(step))) if several else plane


def _even_step(slices: Sequence[Slice]) -> NDArray[np.float64] | None:
    places = [each.place for each in slices if each.place is not None]
    if len(slices) < 2 or len(places) < len(slices):
        return None
    step: NDArray[np.float64] = (places[-1].position - places[0].position) / (len(places) - 1)
    length = float(np.linalg.norm(step))
    if length < 1e-3 or not all(parallel(places[0], place) for place in places):
        return None
    expected = places[0].position + np.arange(len(places))[:, None] * step
    away = np.linalg.norm(np.stack([place.position for place in places]) - expected, axis=1)
    return step if float(away.max()) <= 0.05 * length + 0.01 else None


# --- values ---


def _rescale(header: Any, index: int) -> tuple[float, float]:
    item = functional(header, index, "PixelValueTransformationSequence")
    slope, intercept = item.get("RescaleSlope"), item.get("RescaleIntercept")
    return float(1 if slope is None else slope), float(0 if intercept is None else intercept)


def _rescaled_dtype(header: Any, index: int) -> np.dtype[np.generic]:
    """The dtype in which the rescaled values of a frame are kept: the stored one where nothing is rescaled."""
    if header.PhotometricInterpretation == "PALETTE COLOR":
        return np.dtype(np.uint8)
    if int(header.SamplesPerPixel) > 1:
        return np.dtype(f"u{max(1, int(header.BitsAllocated) // 8)}")
    if "ModalityLUTSequence" in header:
        return np.dtype(np.float32)
    if "PixelRepresentation" not in header:  # pixels that are floating-point numbers from the start
        return np.dtype(np.float64 if int(header.BitsAllocated) == 64 else np.float32)
    signed, bits = int(header.PixelRepresentation) == 1, int(header.BitsStored)
    slope, intercept = _rescale(header, index)
    if (slope, intercept) == (1.0, 0.0):
        return np.dtype(f"{'i' if signed else 'u'}{max(1, int(header.BitsAllocated) // 8)}")
    if not (slope.is_integer() and intercept.is_integer()):
        return np.dtype(np.float32)
    lowest, highest = (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1) if signed else (0, 2**bits - 1)
    ends = (lowest * slope + intercept, highest * slope + intercept)
    return np.dtype(np.int16 if min(ends) >= -32768 and max(ends) <= 32767 else np.int32)


def _in_real_units(header: Any, index: int, pixels: NDArray[Any]) -> NDArray[np.generic]:
    dtype = _rescaled_dtype(header, index)
    if header.PhotometricInterpretation == "PALETTE COLOR":
        colours = apply_color_lut(pixels, header)
        return (colours >> 8 if colours.dtype.itemsize > 1 else colours).astype(np.uint8)
    if pixels.ndim == 3:
        return np.ascontiguousarray(pixels)
    if "ModalityLUTSequence" in header:
        return np.asarray(apply_modality_lut(pixels, header)).astype(dtype)
    slope, intercept = _rescale(header, index)
    if (slope, intercept) == (1.0, 0.0):
        return np.ascontiguousarray(pixels.astype(dtype, copy=False))
    if dtype.kind == "f":
        return (pixels * np.float64(slope) + intercept).astype(dtype)
    return (pixels.astype(np.int32) * np.int32(slope) + np.int32(intercept)).astype(dtype)


def _windows(header: Any, index: int) -> tuple[Window, ...]:
    """The file's own windows, then the usual ones where values are Hounsfield units."""
    item = functional(header, index, "FrameVOILUTSequence")
    centres, widths = _several(item.get("WindowCenter")), _several(item.get("WindowWidth"))
    names = [str(name) for name in _several(item.get("WindowCenterWidthExplanation"))]
    exact = str(item.get("VOILUTFunction", "LINEAR")) == "LINEAR_EXACT"
    own = []
    for number, (centre, width) in enumerate(zip(centres, widths, strict=False)):
        c, w = (float(centre), float(width)) if exact else (float(centre) - 0.5, float(width) - 1)
        if w > 0:
            own.append(Window(c - w / 2, c + w / 2, names[number] if number < len(names) else ""))
    return (*own, *(CT_WINDOWS if header.get("Modality") == "CT" else ()))


def _several(value: Any) -> list[Any]:
    if value is None or value == "":
        return []
    return list(value) if isinstance(value, pydicom.multival.MultiValue) else [value]


@contextmanager
def _errors(path: Path) -> Iterator[None]:
    """What pydicom and its decoders raise about a file, as the reason for the user."""
    try:
        yield
    except MemoryError as error:
        raise ImageError(path, "there is not enough memory to open it") from error
    except OSError as error:
        raise ImageError(path, disk_reason(error) if error.errno is not None else _TRUNCATED) from error
    except InvalidDicomError as error:
        raise ImageError(path, "this is not a DICOM file, or it is corrupt") from error
    except EOFError as error:
        raise ImageError(path, _TRUNCATED) from error
    except (ValueError, AttributeError, KeyError, IndexError, TypeError, struct.error) as error:
        raise ImageError(path, _reason(str(error))) from error
    except (NotImplementedError, RuntimeError) as error:  # codecs raise RuntimeErrors of their own
        raise ImageError(path, f"its compression is not supported, or it is corrupt ({_first_line(error)})") from error


def _reason(complaint: str) -> str:
    short = "less than expected" in complaint or "doesn't match the expected" in complaint or "end of" in complaint
    return _TRUNCATED if short else f"the file is corrupt ({complaint.splitlines()[0] if complaint else 'no reason'})"


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]
