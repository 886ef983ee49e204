"""DICOM: single images, multi-frame files, and folders that hold the slices of one series.

Values are rescaled (Hounsfield units for CT), MONOCHROME1 is told and not applied, window presets come along. The
slices of a folder are frames in the order of their position in the patient, one round over the same places after the
other (:mod:`~segstudio.io.images.dicom_stacks`); where a folder holds several stacks, :func:`series` names each.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
from numpy.typing import NDArray
from pydicom.errors import InvalidDicomError
from pydicom.pixels.processing import apply_color_lut, apply_modality_lut
from pydicom.pixels.utils import pixel_array
from pydicom.uid import DeflatedExplicitVRLittleEndian, SegmentationStorage

from segstudio.core.errors import ImageError, NoImageError, disk_reason
from segstudio.core.geometry import Region
from segstudio.core.natural import natural_key
from segstudio.io.images import dicom_codecs
from segstudio.io.images.base import (
    Image,
    ImageInfo,
    check_frame,
    photometric_of,
    series_of,
    series_path,
)
from segstudio.io.images.dicom_places import functional, numbers, pixel_aspect, pixel_spacing, place_of
from segstudio.io.images.dicom_stacks import Slice, Stack, alike, arranged, without_copies
from segstudio.io.images.dicom_windows import windows_of
from segstudio.io.images.levels import reduced_region
from segstudio.io.limits import check_size

_TRUNCATED = "the file is truncated: it ends before the image does"
_LPS_TO_RAS = np.diag([-1.0, -1.0, 1.0, 1.0])
_GEOMETRY_TAGS = [
    *(
        "SOPClassUID",
        "SOPInstanceUID",
        "SeriesInstanceUID",
        "SeriesDescription",
        "SeriesNumber",
        "InstanceNumber",
        "NumberOfFrames",
    ),
    *("Rows", "Columns", "ImagePositionPatient", "ImageOrientationPatient"),
    *("TemporalPositionIdentifier", "AcquisitionNumber", "EchoNumbers"),
]
SEGMENTATIONS = (SegmentationStorage, "1.2.840.10008.5.1.4.1.1.66.7")
"""The SOP classes of DICOM segmentations: of segments each, and label maps."""

dicom_codecs.register()
# what scanners write against the standard's rules is read all the same, without a word on each
pydicom.config.settings.reading_validation_mode = pydicom.config.IGNORE


def probe(path: Path, frame: int) -> ImageInfo:
    stack = _stack(path)
    check_frame(path, frame, len(stack.slices))
    file, index = stack.slices[frame].path, stack.slices[frame].index
    with _errors(file):
        header = _header(file)
        affine, spacing = _geometry(stack, frame, header)
        colour = int(header.SamplesPerPixel) > 1 or header.PhotometricInterpretation == "PALETTE COLOR"
        dtype = _rescaled_dtype(header, index)
        shape = int(header.Rows), int(header.Columns)
        return ImageInfo(
            path,
            "dicom",
            *shape,
            3 if colour else 1,
            dtype,
            len(stack.slices),
            spacing,
            affine=affine,
            volume=stack.block(frame).frames,
            aspect=pixel_aspect(header),
        )


def read(path: Path, frame: int) -> Image:
    stack = _stack(path)
    check_frame(path, frame, len(stack.slices))
    file, index = stack.slices[frame].path, stack.slices[frame].index
    with _errors(file):
        header = _header(file)
        check_size(file, int(header.Rows), int(header.Columns), int(header.BitsAllocated) // 8 or 1)
        deflated = header.file_meta.get("TransferSyntaxUID") == DeflatedExplicitVRLittleEndian
        # of a deflated file pydicom finds no pixels unless it unpacks the whole
        stored = pixel_array(pydicom.dcmread(file) if deflated else file, index=index)
        pixels = _in_real_units(header, index, stored)
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
            windows=windows_of(header, index, signed=pixels.dtype.kind != "u"),
            volume=stack.block(frame).frames,
            aspect=pixel_aspect(header),
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

    Files of one series are a stack where all have a place in the patient, one size and one direction: a scout view
    among them is an image of its own. The folder itself reads what is alone there, else a path of
    :func:`~segstudio.io.images.base.series_path`. Copies of a file belong to its stack. Other files are left out: each
    is an image of its own. Raises :class:`~segstudio.core.errors.ImageError`.
    """
    with _errors(folder):
        headers = list(_series_headers(folder))
    groups = _by_series(headers)
    stacks: dict[Path, tuple[Path, ...]] = {}
    for uid, group in groups.items():
        parts = alike([each for file, header in group for each in _slices(file, header)])
        for number, part in enumerate(parts):
            if len({each.path for each in part}) > 1 and part[0].place is not None:
                only = len(groups) == len(parts) == 1
                path = folder if only else series_path(folder, _part_name(uid, number), _title(group[0][1]))
                stacks[path] = tuple(dict.fromkeys(each.path for each in (*_ordered(part), *part)))
    return stacks


def _part_name(uid: str, number: int) -> str:
    """What a stack of a series is called by: the largest by the series' UID alone."""
    return f"{uid}-{number + 1}" if number else uid


def _title(header: Any) -> str:
    """What people call a series by: its number and description."""
    return " ".join(str(header.get(name)) for name in ("SeriesNumber", "SeriesDescription") if header.get(name))


def _ordered(part: Sequence[Slice]) -> tuple[Slice, ...]:
    return arranged(without_copies(part)).slices


def _by_series(headers: Sequence[tuple[Path, Any]]) -> dict[str, list[tuple[Path, Any]]]:
    groups: dict[str, list[tuple[Path, Any]]] = {}
    for file, header in headers:
        groups.setdefault(str(header.get("SeriesInstanceUID", "")), []).append((file, header))
    return groups


def _stack(path: Path) -> Stack:
    one = series_of(path)
    try:
        return _parsed_stack(path, (one[0] if one is not None else path).stat().st_mtime_ns)
    except OSError as error:
        raise ImageError(path, disk_reason(error)) from error


@lru_cache(maxsize=8)
def _parsed_stack(path: Path, changed: int) -> Stack:
    one = series_of(path)
    if one is not None:
        return arranged(without_copies(_series(*one)))
    if path.is_dir():
        return arranged(without_copies(_series(path)))
    with _errors(path):
        header = _header(path)
        if is_segmentation(header):
            raise ImageError(path, f"{_no_image(header.SOPClassUID)}; import it")
        return arranged(list(_slices(path, header)))


def _series(folder: Path, name: str | None = None) -> list[Slice]:
    """The slices of the stack that :func:`series` calls *name*; of the only one in *folder* without a name."""
    headers = list(_series_headers(folder))
    if not headers:
        raise ImageError(folder, "this is a folder without DICOM images")
    groups = _by_series(headers)
    uid, _, number = (name or "").partition("-")
    if name is not None and uid not in groups:
        raise ImageError(folder, f"the folder no longer holds the DICOM series {uid}")
    if name is None and len(groups) > 1:
        raise ImageError(folder, _which_series(groups))
    group = groups[uid] if name is not None else headers
    slices = [each for file, header in group for each in _slices(file, header)]
    parts = alike(slices)
    if name is None and len(parts) > 1 and parts[0][0].place is not None:
        sizes = ", ".join(str(len(part)) for part in parts)
        raise ImageError(
            folder,
            f"the slices of its series lie in {len(parts)} directions or sizes ({sizes} of each); "
            "add the folder to a project to have each as a stack",
        )
    if name is None:
        return slices
    place = int(number or 1) - 1
    if place >= len(parts):
        raise ImageError(folder, f"the folder no longer holds the DICOM series {name}")
    return parts[place]


def _slices(path: Path, header: Any) -> Iterator[Slice]:
    count = max(1, int(header.get("NumberOfFrames") or 1))
    whole = header if count == 1 else _header(path)  # places of single frames stand in sequences
    uid, number = str(header.get("SOPInstanceUID", "")), int(header.get("InstanceNumber") or 0)
    size = int(header.Rows), int(header.Columns)
    for index in range(count):
        yield Slice(path, index, place_of(whole, index), number, uid, size, _moment(whole, index))


def _moment(header: Any, index: int) -> tuple[float, ...]:
    """Time point, acquisition and echo of a frame, 0 where the header does not tell."""
    told = functional(header, index, "FrameContentSequence")
    time = told.get("TemporalPositionIndex") or header.get("TemporalPositionIdentifier")
    acquisition = told.get("FrameAcquisitionNumber") or header.get("AcquisitionNumber")
    return tuple(_number(value) for value in (time, acquisition, header.get("EchoNumbers")))


def _number(value: Any) -> float:
    several = isinstance(value, pydicom.multival.MultiValue)
    return float((value[0] if several and value else None if several else value) or 0)


def _series_headers(folder: Path) -> Iterator[tuple[Path, Any]]:
    for file in sorted(folder.iterdir(), key=lambda file: (natural_key(file.name), file.name)):
        if file.is_file() and looks_like_dicom(file):
            with _errors(file):
                header = pydicom.dcmread(file, stop_before_pixels=True, force=True, specific_tags=_GEOMETRY_TAGS)
            # reports, structure sets and segmentations lie beside the images of a study
            if "Rows" in header and not is_segmentation(header):
                yield file, header


def _which_series(groups: dict[str, list[tuple[Path, Any]]]) -> str:
    names = ", ".join(f"{g[0][1].get('SeriesDescription', 'unnamed')} ({len(g)} files)" for g in groups.values())
    return f"the folder holds {len(groups)} series ({names}); add the folder to a project to have each as a stack"


# --- geometry ---


def _geometry(stack: Stack, frame: int, header: Any) -> tuple[NDArray[np.float64] | None, tuple[float, ...] | None]:
    """The affine (RAS+) and the spacing of *frame* and its volume, as far as the file tells.

    In an uneven stack the affine is that of this frame alone, with the usual step, and the spacing that of its plane.
    """
    each, block = stack.slices[frame], stack.block(frame)
    plane = pixel_spacing(header, each.index)
    several = len(block.frames) > 1
    if plane is None or each.place is None or (several and block.step is None):
        return None, plane
    step = each.place.normal * _thickness(header, each.index) if block.step is None else block.step
    affine = np.eye(4)
    affine[:3, 0] = each.place.along_y * plane[0]
    affine[:3, 1] = each.place.along_x * plane[1]
    affine[:3, 2] = step
    affine[:3, 3] = each.place.position - frame * step
    return _LPS_TO_RAS @ affine, (*plane, float(np.linalg.norm(step))) if block.even else plane


def _thickness(header: Any, index: int) -> float:
    measures = functional(header, index, "PixelMeasuresSequence")
    return (numbers(measures, "SliceThickness", 1) or (1.0,))[0] or 1.0


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
        wide = pixels.astype(np.int32)  # in which no step to the table's first value overflows
        return np.asarray(apply_modality_lut(wide, header)).astype(dtype)
    slope, intercept = _rescale(header, index)
    if (slope, intercept) == (1.0, 0.0):
        return np.ascontiguousarray(pixels.astype(dtype, copy=False))
    if dtype.kind == "f":
        return (pixels * np.float64(slope) + intercept).astype(dtype)
    return (pixels.astype(np.int32) * np.int32(slope) + np.int32(intercept)).astype(dtype)


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
