"""Where the frames of DICOM files lie in the patient, as their headers tell it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

_CENTIMETRES = 3
"""The unit of regions that show tissue; others tell of time or speed."""


@dataclass(frozen=True, eq=False)
class Place:
    """Where a frame lies in the patient (LPS, millimetres): the centre of its first pixel, and its directions."""

    position: NDArray[np.float64]
    along_x: NDArray[np.float64]
    along_y: NDArray[np.float64]

    @property
    def normal(self) -> NDArray[np.float64]:
        return np.cross(self.along_x, self.along_y)


def parallel(one: Place, other: Place) -> bool:
    """Whether two frames lie in parallel planes."""
    return abs(float(one.normal @ other.normal)) > 0.999


def place_of(header: Any, index: int) -> Place | None:
    """The place of frame *index* of a file; ``None`` where its header does not tell."""
    position = numbers(functional(header, index, "PlanePositionSequence"), "ImagePositionPatient", 3)
    directions = numbers(functional(header, index, "PlaneOrientationSequence"), "ImageOrientationPatient", 6)
    if position is None or directions is None:
        return None
    return Place(np.array(position), np.array(directions[:3]), np.array(directions[3:]))


def pixel_spacing(header: Any, index: int) -> tuple[float, ...] | None:
    """Millimetres from row to row and from column to column of frame *index*, where the header tells.

    Of a projection that is the distance on the detector, of ultrasound that of the one region of tissue.
    """
    measures = functional(header, index, "PixelMeasuresSequence")
    told = numbers(measures, "PixelSpacing", 2) or numbers(header, "ImagerPixelSpacing", 2) or _of_tissue(header)
    return told if told is None or min(told) > 0 else None


def pixel_aspect(header: Any) -> float | None:
    """The height of a pixel by its width, where the header tells its proportions alone (PS3.3, C.7.6.3.1.7)."""
    told = numbers(header, "PixelAspectRatio", 2)
    return told[0] / told[1] if told is not None and min(told) > 0 else None


def _of_tissue(header: Any) -> tuple[float, float] | None:
    """The spacing of ultrasound's regions of tissue (PS3.3, C.8.5.5), where all have the same."""
    told = set()
    for region in header.get("SequenceOfUltrasoundRegions") or ():
        if region.get("PhysicalUnitsXDirection") == _CENTIMETRES == region.get("PhysicalUnitsYDirection"):
            down, across = numbers(region, "PhysicalDeltaY", 1), numbers(region, "PhysicalDeltaX", 1)
            if down is not None and across is not None:
                told.add((10 * abs(down[0]), 10 * abs(across[0])))
    return told.pop() if len(told) == 1 else None


def functional(header: Any, index: int, sequence: str) -> Any:
    """The item of a functional group that holds for frame *index*: its own, the shared one, or the header itself."""
    groups = header.get("PerFrameFunctionalGroupsSequence")
    own = groups[index].get(sequence) if groups and index < len(groups) else None
    shared_groups = header.get("SharedFunctionalGroupsSequence")
    shared = shared_groups[0].get(sequence) if shared_groups else None
    found = own or shared
    return found[0] if found else header


def numbers(item: Any, name: str, count: int) -> tuple[float, ...] | None:
    """The *count* numbers of the element *name*; ``None`` where it is empty or holds another count of them."""
    value = item.get(name)
    if value is None or value == "":
        return None
    values = tuple(float(v) for v in (value if count > 1 else [value]))
    return values if len(values) == count else None
