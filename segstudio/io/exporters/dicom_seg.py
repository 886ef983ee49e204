"""DICOM segmentations: ``segmentations/NAME.dcm``, one object for each series, which refers to the slices it is of.

Every class but the background is a segment with the class's name and colour; its algorithm type tells who labelled it.
Pixels without a label and pixels of the background are both in no segment: the format does not tell them apart.
"""

from __future__ import annotations

import copy
import warnings
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import highdicom
import numpy as np
from numpy.typing import NDArray
from pydantic import Field
from pydicom.dataset import Dataset
from pydicom.sr.codedict import codes
from pydicom.uid import generate_uid

import segstudio
from segstudio.core.classes import LabelClass, LabelSet
from segstudio.core.errors import FileError, ImageError, MaskError, OptionError, StorageError
from segstudio.core.labels import Provenance
from segstudio.core.progress import Progress, Work, scaled
from segstudio.io import images
from segstudio.io.exporters.base import (
    ExportOptions,
    ExportReport,
    ExportSample,
    Item,
    Output,
    building,
    object_classes,
)
from segstudio.io.exporters.naming import stems
from segstudio.io.images.dicom import header_of, slices_of
from segstudio.io.images.dicom_stacks import Slice
from segstudio.io.problems import Problem

_LONGEST_LABEL = 64
"""Characters of a value of the type LO (PS3.5, section 6.2)."""
_LONGEST_DESCRIPTION = 1024
"""Characters of a value of the type ST."""
_NEEDED = ("StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID", "SOPClassUID")
_MAY_BE_EMPTY = (
    *("PatientID", "PatientName", "PatientBirthDate", "PatientSex", "AccessionNumber", "StudyID", "StudyDate"),
    *("StudyTime", "ReferringPhysicianName"),
)
"""Elements that an image has by the standard, with or without a value; some programs leave them out."""


class Options(ExportOptions):
    kind: Literal["binary", "labelmap"] = Field(
        "binary", description="binary, which every viewer reads, or one label map, smaller where there are many classes"
    )


@dataclass(eq=False)
class _Series:
    """The labelled slices of one series; those of a multi-frame file are its frames."""

    slices: dict[tuple[str, int], tuple[Slice, ExportSample]] = field(default_factory=dict)
    """By SOP instance UID and frame in the file."""

    @property
    def first(self) -> ExportSample:
        return next(iter(self.slices.values()))[1]


def export(samples: Sequence[ExportSample], classes: LabelSet, target: Path, options: Options) -> Work[ExportReport]:
    if not object_classes(classes):
        raise OptionError("there is no class but the background, so a DICOM segmentation would have no segments")
    with building("dicom_seg", target, classes, options) as out:
        series = yield from scaled(_grouped(out, samples), 0.0, 0.2)
        yield from scaled(_each(out, series, options), 0.2, 1.0)
        out.json(classes.to_json(), "classes.json")
        return out.report()


def _grouped(out: Output, samples: Sequence[ExportSample]) -> Work[list[_Series]]:
    """The series that *samples* belong to; those of no DICOM file are told in the report."""
    groups: dict[tuple[object, ...], _Series] = {}
    left_out: dict[Path, FileError] = {}
    for number, sample in enumerate(samples):
        yield Progress(number / len(samples), sample.name)
        if sample.path in left_out:
            continue
        try:
            each = _slice(sample)
            members = groups.setdefault(_key(each, images.probe(sample.path, sample.frame).volume), _Series()).slices
            if (each.uid, each.index) in members:
                raise ImageError(sample.path, "the same DICOM image is in the project twice; it is exported once")
            members[each.uid, each.index] = each, sample
        except StorageError:
            raise
        except FileError as error:
            left_out[sample.path] = error
            out.problems.append(Problem(error.path, error.reason))
    if left_out and not groups:
        raise next(iter(left_out.values()))
    return list(groups.values())


def _slice(sample: ExportSample) -> Slice:
    if images.probe(sample.path, sample.frame).kind != "dicom":
        raise ImageError(sample.path, "this image is no DICOM file, so a DICOM segmentation cannot refer to it")
    return slices_of(sample.path)[sample.frame]


def _key(each: Slice, volume: range | None) -> tuple[object, ...]:
    """What one segmentation can be of: a multi-frame file, or files of a series that lie alike, have one size and are
    no two phases over the same places."""
    header = header_of(each.path)
    for name in _NEEDED:
        if not header.get(name):
            raise ImageError(each.path, f"its header lacks {name}, which a DICOM segmentation needs")
    if _frames(header) > 1:
        if each.place is not None and volume is not None and 1 < len(volume) < _frames(header):
            raise ImageError(each.path, "its frames come to the same places several times; no segmentation tells these")
        return header.SeriesInstanceUID, each.uid
    turned = () if each.place is None else tuple(np.round([*each.place.along_x, *each.place.along_y], 3).tolist())
    return header.SeriesInstanceUID, int(header.Rows), int(header.Columns), turned, volume.start if volume else 0


def _frames(header: Any) -> int:
    return max(1, int(header.get("NumberOfFrames") or 1))


# --- one series ---


def _each(out: Output, series: Sequence[_Series], options: Options) -> Work[None]:
    failure: FileError | None = None
    for number, (one, stem) in enumerate(zip(series, stems([each.first for each in series]), strict=True)):
        yield Progress(number / len(series), one.first.name)
        try:
            out.samples += _write(out, one, stem, options)
        except StorageError:
            raise
        except FileError as error:
            failure = failure or error
            out.problems.append(Problem(error.path, error.reason))
    if failure is not None and not out.samples:
        raise failure


def _write(out: Output, series: _Series, stem: str, options: Options) -> int:
    """Write the segmentation of *series*; how many of its slices it shows."""
    segments = list(object_classes(out.classes).values())
    numbers = np.zeros(256, np.uint8)
    for number, label in enumerate(segments, start=1):
        numbers[label.id] = number
    planes, said = _planes(out, series, numbers)
    headers = [_completed(header_of(each.path)) for each, _ in planes]
    pixels = np.stack([plane for _, plane in planes])
    if _frames(headers[0]) > 1:
        headers, labelled = headers[:1], pixels
        pixels = np.zeros((_frames(headers[0]), *labelled.shape[1:]), np.uint8)
        pixels[[each.index for each, _ in planes]] = labelled
    described = [_described(out, label, number, said) for number, label in enumerate(segments, start=1)]
    _segmentation(series.first.path, headers, pixels, described, options).save_as(
        out.path("segmentations", f"{stem}.dcm")
    )
    if options.images != "none":
        for number, path in enumerate(dict.fromkeys(each.path for each, _ in planes)):
            out.take_over(path, out.path("images", stem, f"{number:04d}.dcm"))
    return len(planes)


def _planes(
    out: Output, series: _Series, numbers: NDArray[np.uint8]
) -> tuple[list[tuple[Slice, NDArray[np.uint8]]], dict[int, set[int]]]:
    """Each slice with its segment numbers ``(H, W)``, 0 in none; and the provenances of the pixels of each segment.

    A slice whose labels cannot be read or have another size is left out and told in the report.
    """
    planes: list[tuple[Slice, NDArray[np.uint8]]] = []
    said: dict[int, set[int]] = {}
    failure: FileError | None = None
    for each, sample in series.slices.values():
        try:
            ids, shape = sample.ids(), images.probe(sample.path, sample.frame).shape
            if ids.shape != shape:
                sizes = f"{ids.shape[1]}x{ids.shape[0]} pixels but the image is {shape[1]}x{shape[0]}"
                raise MaskError(sample.path, f"its labels are {sizes}")
            plane = numbers[Item(sample, "", 0, ids, None).classes()]
            for pair in np.unique(plane.astype(np.uint16) << 8 | sample.provenance()).tolist():
                said.setdefault(pair >> 8, set()).add(pair & 255)
            planes.append((each, plane))
        except StorageError:
            raise
        except FileError as error:
            failure = failure or error
            out.problems.append(Problem(error.path, error.reason))
    if failure is not None and not planes:
        out.problems.pop()  # told by the error
        raise failure
    return planes, said


def _completed(header: Any) -> Dataset:
    """A copy of *header* with what the standard demands of an image, empty where the file left it out."""
    known: Dataset = copy.deepcopy(header)  # a shallow one shares its elements
    for name in _MAY_BE_EMPTY:
        if name not in known:
            setattr(known, name, "")
    if "ImagePositionPatient" in known and "FrameOfReferenceUID" not in known:
        # the same for every slice of the series
        known.FrameOfReferenceUID = generate_uid(entropy_srcs=[str(known.SeriesInstanceUID)])
    if "PixelSpacing" in known and known.get("SliceThickness") is None:  # highdicom reads no frames without one
        known.SliceThickness = known.get("SpacingBetweenSlices") or 1.0
    return known


def _described(out: Output, label: LabelClass, number: int, said: dict[int, set[int]]) -> Any:
    name = label.name.replace("\\", "/")
    if len(name) > _LONGEST_LABEL:
        out.note(f"the name of a class cut to the {_LONGEST_LABEL} characters that DICOM allows")
    kind = _algorithm(said.get(number, set()))
    ours = highdicom.AlgorithmIdentificationSequence(
        "segstudio", codes.cid7162.ArtificialIntelligence, segstudio.__version__
    )
    described = highdicom.seg.SegmentDescription(
        number,
        name[:_LONGEST_LABEL],
        codes.SCT.Tissue,
        codes.SCT.Tissue,
        kind,
        algorithm_identification=ours if kind != "MANUAL" else None,
        display_color=highdicom.color.CIELabColor.from_rgb(*label.color),
    )
    described.SegmentDescription = name[:_LONGEST_DESCRIPTION]
    return described


def _algorithm(provenances: set[int]) -> str:
    """The segment algorithm type (PS3.3, C.8.20.2): who said of the pixels of a segment what they are."""
    if provenances <= {Provenance.HUMAN}:
        return "MANUAL"
    return "AUTOMATIC" if provenances == {Provenance.MODEL} else "SEMIAUTOMATIC"


def _segmentation(
    path: Path, headers: Sequence[Dataset], pixels: NDArray[np.uint8], described: Sequence[Any], options: Options
) -> Any:
    # below a byte of bits, highdicom packs frames otherwise than the standard says
    kind = options.kind if pixels[0].size >= 8 else "labelmap"
    number = 1000 + max(0, int(headers[0].get("SeriesNumber") or 0))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what is unusual in the headers of others is theirs to mend
            made = highdicom.seg.Segmentation(
                headers,
                pixels,
                kind.upper(),
                described,
                highdicom.UID(),
                number,
                highdicom.UID(),
                1,
                "segstudio",
                "segstudio",
                segstudio.__version__,
                "none",
                content_label="SEGMENTATION",
                series_description="Segmentation",
            )
    except (AttributeError, KeyError, IndexError, TypeError, ValueError) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise ImageError(path, f"no DICOM segmentation can be made of its headers ({reason})") from error
    made.SpecificCharacterSet = "ISO_IR 192"  # names of classes may be of any script
    return made
