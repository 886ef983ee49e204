"""The frames of a DICOM segmentation, and the slices of images that they lie on."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import highdicom
import numpy as np
from numpy.typing import NDArray
from pydicom.errors import InvalidDicomError

from segstudio.core.classes import Color
from segstudio.core.errors import MaskError, storage_errors
from segstudio.io.images.dicom import header_of
from segstudio.io.images.dicom_places import Place, functional, numbers, parallel, pixel_spacing, place_of
from segstudio.io.images.dicom_stacks import Slice

_TOLERANCE = 0.25
"""Of a pixel: by how much a frame may miss the pixels of its slice."""
_NEAR = 0.1
"""Millimetres: how far from a slice a frame that does not tell its thickness may lie."""


@dataclass(frozen=True, slots=True)
class Target:
    """A slice of an image that may be labelled."""

    path: Path
    frame: int


@dataclass(frozen=True, eq=False, slots=True)
class Grid:
    """Where the pixels of a frame lie."""

    shape: tuple[int, int]
    place: Place | None
    spacing: tuple[float, ...] | None
    """Millimetres from row to row and from column to column."""


class TargetIndex:
    """The slices that may be referred to, by SOP instance UID."""

    def __init__(self) -> None:
        self._slices: dict[str, dict[int, tuple[Target, Slice]]] = {}

    def add(self, path: Path, slices: Sequence[Slice]) -> None:
        """Enter the frames of *path*; an image that is known already keeps its first path."""
        for frame, each in enumerate(slices):
            self._slices.setdefault(each.uid, {}).setdefault(each.index, (Target(path, frame), each))

    def find(self, uid: str, frame: int | None) -> tuple[Target, Slice] | None:
        """Frame *frame* (from 0) of an image; without one, the only frame that there is."""
        known = self._slices.get(uid, {})
        if frame is None:
            return next(iter(known.values())) if len(known) == 1 else None
        return known.get(frame)

    def single(self, uid: str) -> Target | None:
        """The slice of an image that has one frame."""
        found = self.find(uid, None)
        return found[0] if found is not None else None

    def knows(self, uid: str) -> bool:
        return uid in self._slices

    def nearest(self, place: Place, reach: float, uids: set[str]) -> tuple[Target, Slice] | None:
        """The slice parallel to *place* that lies nearest to it, of those in *uids*, within *reach* millimetres."""
        found = [
            (abs(float(each.place.normal @ (place.position - each.place.position))), target, each)
            for uid in uids
            for target, each in self._slices.get(uid, {}).values()
            if each.place is not None and parallel(each.place, place)
        ]
        best = min(found, key=lambda entry: entry[0], default=None)
        return (best[1], best[2]) if best is not None and best[0] <= reach else None


@dataclass(frozen=True)
class SegmentKind:
    """A segment as the file describes it."""

    number: int
    label: str
    color: Color | None


class Segmentation:
    """One open DICOM segmentation; frames are unpacked when they are asked for."""

    def __init__(self, path: Path, content: Any) -> None:
        self.path = path
        self._content = content
        self.kind = str(content.SegmentationType)
        self.frames = int(content.NumberOfFrames)
        self.references = tuple(dict.fromkeys(_references(content)))
        """The SOP instance UIDs of the images that it is of."""

    def segments(self) -> list[SegmentKind]:
        """What the file says of its segments; a label map's background is none."""
        found = []
        for item in self._content.SegmentSequence:
            number = int(item.SegmentNumber)
            if number > 0:
                found.append(SegmentKind(number, _label(item), _color(item)))
        return found

    def segment(self, index: int) -> int | None:
        """The segment of a frame; ``None`` in a label map, whose pixels tell."""
        item = functional(self._content, index, "SegmentIdentificationSequence")
        number = item.get("ReferencedSegmentNumber")
        return int(number) if number is not None else None

    def grid(self, index: int) -> Grid:
        shape = int(self._content.Rows), int(self._content.Columns)
        return Grid(shape, place_of(self._content, index), pixel_spacing(self._content, index))

    def target(self, index: int, known: TargetIndex) -> tuple[Target, Slice] | None:
        """The slice that a frame lies on: the one it refers to, else the one at its place in the patient."""
        told = set(_sources(self._content, index))
        if len(told) == 1:
            return known.find(*told.pop())
        place = place_of(self._content, index)
        if place is None:
            return None
        thickness = numbers(functional(self._content, index, "PixelMeasuresSequence"), "SliceThickness", 1)
        reach = thickness[0] / 2 if thickness else _NEAR
        return known.nearest(place, reach, {uid for uid, _ in told} or set(self.references))

    def values(self, index: int, threshold: float) -> NDArray[np.generic]:
        """Segment numbers ``(H, W)`` of a label map, else whether each pixel is in the segment of the frame."""
        try:
            stored = self._stored(index)
        except (ValueError, IndexError, EOFError, OSError, RuntimeError, AttributeError) as error:
            raise MaskError(self.path, "the file is truncated or corrupt: its pixels cannot be read") from error
        if self.kind == "LABELMAP":
            return stored
        if self.kind == "FRACTIONAL":
            return np.asarray(stored >= np.float64(threshold * int(self._content.MaximumFractionalValue)))
        return np.asarray(stored != 0)

    def _stored(self, index: int) -> NDArray[np.unsignedinteger]:
        if int(self._content.BitsAllocated) != 1 or self._content.file_meta.TransferSyntaxUID.is_encapsulated:
            frame: NDArray[np.unsignedinteger] = self._content.get_stored_frame(index + 1)
            return frame
        # single bits follow each other without a gap between frames, of which the libraries take no care frame by frame
        shape = int(self._content.Rows), int(self._content.Columns)
        first, count = index * shape[0] * shape[1], shape[0] * shape[1]
        packed = np.frombuffer(self._content.PixelData, np.uint8)[first // 8 : (first + count + 7) // 8]
        return np.unpackbits(packed, bitorder="little")[first % 8 :][:count].reshape(shape)


def opened(path: Path) -> Segmentation:
    """The segmentation at *path*; :class:`~segstudio.core.errors.MaskError` where it is damaged."""
    with storage_errors(path):
        status = path.stat()
    return _opened(path, status.st_mtime_ns, status.st_size)


@lru_cache(maxsize=2)
def _opened(path: Path, changed: int, size: int) -> Segmentation:
    with storage_errors(path):
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # what others write against the rules is read all the same
                return Segmentation(path, highdicom.seg.segread(path))
        except OSError as error:
            if error.errno is not None:
                raise
            raise MaskError(path, "the file is truncated") from error
        except (InvalidDicomError, AttributeError, KeyError, IndexError, TypeError, ValueError, EOFError) as error:
            reason = (str(error).splitlines() or [type(error).__name__])[0]
            raise MaskError(path, f"the file is a damaged DICOM segmentation ({reason})") from error


def slice_grid(each: Slice) -> Grid:
    """Where the pixels of a slice of an image lie."""
    header = header_of(each.path)
    return Grid((int(header.Rows), int(header.Columns)), each.place, pixel_spacing(header, each.index))


def moved(
    path: Path, values: NDArray[np.generic], here: Grid, there: Grid
) -> tuple[NDArray[np.generic], NDArray[np.generic]]:
    """*values*, which lie on the grid *here*, brought to the grid *there*: 0 where they do not reach.

    The second answer are the values that lie beyond it. Where either grid does not tell its place in the patient, both
    must have one size. Raises :class:`~segstudio.core.errors.MaskError`, which names *path*, where pixels do not fall
    on pixels.
    """
    nothing = values[:0].ravel()
    if here.place is None or there.place is None or here.spacing is None or there.spacing is None:
        if here.shape != there.shape:
            sizes = f"{here.shape[1]}x{here.shape[0]} pixels but its image has {there.shape[1]}x{there.shape[0]}"
            raise MaskError(path, f"a frame has {sizes}, and nothing tells where it lies")
        return values, nothing
    turn, corner = _steps(here.place, here.spacing, there.place, there.spacing)
    axes, start = np.rint(turn).astype(int), np.rint(corner).astype(int)
    missed = np.abs(turn - axes) @ here.shape + np.abs(corner - start)
    if (np.abs(axes).sum(axis=0) != 1).any() or (np.abs(axes).sum(axis=1) != 1).any() or missed.max() > _TOLERANCE:
        raise MaskError(path, "a frame does not lie on the pixels of its image")
    if here.shape == there.shape and not start.any() and np.array_equal(axes, np.eye(2)):
        return values, nothing
    r, c = np.arange(here.shape[0])[:, None], np.arange(here.shape[1])[None, :]
    rows, columns = (start[k] + axes[k, 0] * r + axes[k, 1] * c for k in range(2))
    inside = (rows >= 0) & (rows < there.shape[0]) & (columns >= 0) & (columns < there.shape[1])
    result = np.zeros(there.shape, values.dtype)
    result[rows[inside], columns[inside]] = values[inside]
    return result, values[~inside]


def _steps(
    here: Place, own: tuple[float, ...], there: Place, other: tuple[float, ...]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """From rows and columns of *here* to those of *there*: a ``(2, 2)`` matrix, and where the first pixel comes to."""
    directions = np.stack([there.along_y / other[0], there.along_x / other[1]])
    steps = np.stack([here.along_y * own[0], here.along_x * own[1]], axis=1)
    return directions @ steps, directions @ (here.position - there.position)


# --- what the headers tell ---


def _references(content: Any) -> Iterator[str]:
    for series in content.get("ReferencedSeriesSequence") or ():
        for instance in series.get("ReferencedInstanceSequence") or ():
            yield str(instance.get("ReferencedSOPInstanceUID", ""))


def _sources(content: Any, index: int) -> Iterator[tuple[str, int | None]]:
    """SOP instance UID and frame (from 0; ``None``: the only one) of each image that a frame was made from."""
    groups = (content.get("PerFrameFunctionalGroupsSequence") or [{}] * (index + 1))[index]
    shared = (content.get("SharedFunctionalGroupsSequence") or [{}])[0]
    for derivation in groups.get("DerivationImageSequence") or shared.get("DerivationImageSequence") or ():
        for image in derivation.get("SourceImageSequence") or ():
            uid, frames = str(image.get("ReferencedSOPInstanceUID", "")), image.get("ReferencedFrameNumber")
            if frames is None:
                yield uid, None
            else:
                yield from ((uid, int(f) - 1) for f in (frames if hasattr(frames, "__iter__") else [frames]))


def _label(item: Any) -> str:
    """The label of a segment, whole where the description goes on with what the label had no room for."""
    label, described = str(item.get("SegmentLabel", "")), str(item.get("SegmentDescription", ""))
    return described if len(label) == 64 and described.startswith(label) else label


def _color(item: Any) -> Color | None:
    value = item.get("RecommendedDisplayCIELabValue")
    if value is None or len(value) != 3:
        return None
    red, green, blue = highdicom.color.CIELabColor.from_dicom_value(tuple(int(v) for v in value)).to_rgb()
    return int(red), int(green), int(blue)
