"""Label maps of whole volumes, brought to the frames of the images that they belong to."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from segstudio.core.classes import Color
from segstudio.core.errors import FileError, MaskError
from segstudio.core.labels import UNLABELLED
from segstudio.core.progress import Progress, Work
from segstudio.io import images
from segstudio.io.exporters.naming import bare_name, safe_name
from segstudio.io.images import ImageInfo
from segstudio.io.importers.base import (
    ClassMatcher,
    ImportedDataset,
    ImportedLabels,
    ImportedSample,
    ImportOptions,
    as_problem,
)
from segstudio.io.problems import Problem, counted

_HIGHEST = 65535
_NOTHING = -1
"""Where a volume does not reach; no file holds that."""
_ROLE = re.compile(r"[-_. ](seg|segmentation|label|labels|labelmap|mask|gt)$", re.IGNORECASE)
"""What programs put behind the name of an image to name its label map."""
_ROUND = re.compile(r"(.+)_([0-9]{4,})")
"""The name of an image and the number of a time point of it."""
_TOLERANCE = 0.05
"""Of a voxel: by how much two grids may differ and still be one."""


class VolumeOptions(ImportOptions):
    """What can be chosen for formats of volumes."""

    unlabelled: int = Field(UNLABELLED, ge=0, le=_HIGHEST, description="the value that means unlabelled here")
    known: tuple[Path, ...] = Field((), description="images that are looked at last: those of the project")


@dataclass(frozen=True, eq=False)
class LabelVolume:
    """The values of a volume and where they lie."""

    values: NDArray[np.integer]
    """Three axes, or a fourth of time points."""
    affine: NDArray[np.float64] | None
    """``(4, 4)`` from the array's indices to millimetres (RAS+), where the file tells."""
    shared: int = 0
    """Voxels that are in several segments, of which one is taken."""


@dataclass(frozen=True)
class Kind:
    """A class as the data set tells it."""

    value: int
    name: str
    color: Color | None = None


Load = Callable[[Path], LabelVolume]


@dataclass(frozen=True, eq=False)
class Case:
    """A label file with the image that it belongs to."""

    labels: Path
    image: Path | None
    round: int | None = None
    """The time point (or phase) of its image that a file of three axes speaks of, counted from 0; ``None`` where its
    name tells none: then of the first."""


def read_cases(
    format_name: str,
    source: Path,
    cases: Sequence[Case],
    kinds: Iterable[Kind] | None,
    matcher: ClassMatcher,
    options: VolumeOptions,
    load: Load,
    *,
    table_file: Path,
) -> Work[ImportedDataset]:
    """Check every case frame by frame; without *kinds* every value is a class of that id.

    Frames on which nothing is labelled are left out.
    """
    problems: list[Problem] = []
    table: dict[int, int] = {}
    for kind in kinds or ():
        class_id = matcher.by_name(kind.name, wanted=kind.value, color=kind.color)
        if class_id is None:
            problems.append(Problem(table_file, f"the project has no class called {kind.name!r}"))
        table[kind.value] = UNLABELLED if class_id is None else class_id
    table[options.unlabelled] = UNLABELLED
    cached = lru_cache(maxsize=1)(load)  # frames of one volume are asked for one after the other
    samples: list[ImportedSample] = []
    for number, case in enumerate(cases):
        yield Progress(number / len(cases), case.labels.name)
        try:
            problems.extend(_complete(case, cached, table, matcher, open_ended=kinds is None))
            problems.extend(_coverage(case, cached(case.labels)))
            samples.extend(_samples(case, cached, table))
        except FileError as error:
            problems.append(as_problem(error))
    return ImportedDataset(format_name, source, matcher.classes, samples, tuple(problems))


def _complete(
    case: Case, load: Load, table: dict[int, int], matcher: ClassMatcher, *, open_ended: bool
) -> Iterator[Problem]:
    """Enter the values of a case into *table*; those that are no class are problems."""
    strange = []
    for value in np.unique(load(case.labels).values).tolist():
        if value in table:
            continue
        if value == 0 and not open_ended:
            table[0] = matcher.rest
        elif open_ended and matcher.has(value):
            table[value] = value
        elif open_ended and 0 <= value < UNLABELLED:
            made = matcher.by_name("background" if value == 0 else f"class {value}", wanted=value)
            table[value] = UNLABELLED if made is None else made
            if made is None:
                strange.append(value)
        else:
            table[value] = UNLABELLED
            strange.append(value)
    if strange:
        listed = ", ".join(map(str, strange[:5])) + (" ..." if len(strange) > 5 else "")
        yield Problem(case.labels, f"it holds values that are no class: {listed}")


def _samples(case: Case, load: Load, table: Mapping[int, int]) -> Iterator[ImportedSample]:
    if case.image is None:
        raise MaskError(case.labels, "its image is missing")
    for frame in range(images.probe(case.image).frames):
        info = images.probe(case.image, frame)
        if (_mapped(_plane(case, load(case.labels), info, frame), table) != UNLABELLED).any():
            make = partial(_load, case, load, info, frame, table)
            yield ImportedSample(case.image, frame, info.shape, make)


def _load(case: Case, load: Load, info: ImageInfo, frame: int, table: Mapping[int, int]) -> ImportedLabels:
    return ImportedLabels(_mapped(_plane(case, load(case.labels), info, frame), table))


def _coverage(case: Case, volume: LabelVolume) -> Iterator[Problem]:
    """What of its image a volume does not speak of, and what it says twice."""
    if volume.shared:
        yield Problem(case.labels, f"its segments share {counted(volume.shared, 'voxel')}; the latter is taken there")
    if case.image is None or volume.affine is None:
        return
    info = images.probe(case.image)
    rounds = info.volume is not None and len(info.volume) < info.frames
    if rounds and volume.values.ndim == 3 and case.round is None:
        yield Problem(case.labels, "it has no time points but its image has; it is taken for the first of them")
    spoken_of = _frames_of_round(info, case.round or 0)
    if info.affine is not None and any(_partly(case, volume, frame) for frame in spoken_of):
        yield Problem(case.labels, "it covers a part of its image only; the rest stays unlabelled")


def _frames_of_round(info: ImageInfo, number: int) -> range:
    """The frames of one time point of an image whose first frame is *info*."""
    length = len(info.volume) if info.volume is not None else info.frames
    return range(number * length, min((number + 1) * length, info.frames))


def _partly(case: Case, volume: LabelVolume, frame: int) -> bool:
    """Whether some pixels of a frame lie outside of the volume."""
    info = images.probe(case.image, frame) if case.image is not None else None
    if info is None or info.affine is None:
        return False
    corner, axes = _on_grid(case, volume, info, frame)
    ends = np.stack([corner, corner + axes @ (info.height - 1, info.width - 1)])
    return bool((ends < 0).any() or (ends >= np.array(volume.values.shape[:3])).any())


def _mapped(plane: NDArray[np.integer], table: Mapping[int, int]) -> NDArray[np.uint16]:
    found, places = np.unique(plane, return_inverse=True)
    ids = np.array([table.get(int(value), UNLABELLED) for value in found], np.uint16)
    return ids[places].reshape(plane.shape)


def _plane(case: Case, volume: LabelVolume, info: ImageInfo, frame: int) -> NDArray[np.integer]:
    """The values ``(H, W)`` that lie on one frame of the image, found by where both lie in the patient.

    Where either file does not tell, the volume's axes are columns, rows and frames, as NIfTI and NRRD have them. Pixels
    that it does not reach are unlabelled. Raises :class:`~segstudio.core.errors.MaskError` where the volume does not
    lie on the image's grid.
    """
    round_of_frame = info.volume.start // len(info.volume) if info.volume is not None else 0
    values = _of_round(case, volume, round_of_frame, info)
    if values is None:
        return np.full(info.shape, _NOTHING, np.int64)
    if info.affine is None or volume.affine is None:
        depth = len(info.volume) if info.volume is not None else info.frames
        if values.shape != (info.width, info.height, depth):
            sizes = f"{values.shape} voxels but its image is {(info.width, info.height, depth)}"
            raise MaskError(case.labels, f"the volume is {sizes}")
        return values[:, :, frame % depth].T
    corner, axes = _on_grid(case, volume, info, frame)
    rows, columns = np.arange(info.height)[:, None], np.arange(info.width)[None, :]
    index = [np.add(corner[k] + axes[k, 0] * rows, axes[k, 1] * columns) for k in range(3)]
    inside = np.ones(info.shape, bool)
    for along, size in zip(index, values.shape, strict=True):
        inside &= (along >= 0) & (along < size)
    plane = np.full(info.shape, _NOTHING, np.int64)
    plane[inside] = values[tuple(along[inside] for along in index)]
    return plane


def _of_round(case: Case, volume: LabelVolume, number: int, info: ImageInfo) -> NDArray[np.integer] | None:
    """The values of one time point; those without time points speak of that in their name, or the first, alone."""
    if volume.values.ndim == 3:
        return volume.values if number == (case.round or 0) else None
    rounds = info.frames // len(info.volume) if info.volume is not None else 1
    if volume.values.shape[3] != rounds:
        raise MaskError(case.labels, f"it has {volume.values.shape[3]} time points but its image has {rounds}")
    return volume.values[..., number]


def _on_grid(
    case: Case, volume: LabelVolume, info: ImageInfo, frame: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Where the volume has the first pixel of a frame, and the steps from row to row and column to column, ``(3, 2)``.

    Raises :class:`~segstudio.core.errors.MaskError` where pixels do not fall on voxels.
    """
    if volume.affine is None or info.affine is None or abs(np.linalg.det(volume.affine[:3, :3])) == 0:
        raise MaskError(case.labels, "nothing tells where the volume lies")
    step = np.linalg.inv(volume.affine) @ info.affine
    start = step @ (0, 0, frame, 1)
    axes, corner = np.rint(step[:3, :2]).astype(np.int64), np.rint(start[:3]).astype(np.int64)
    reach = np.abs(step[:3, :2] - axes) @ info.shape + np.abs(start[:3] - corner)
    if (np.abs(axes).sum(axis=0) != 1).any() or (reach > _TOLERANCE * max(info.shape)).any():
        sizes = [np.linalg.norm(affine[:3, :3], axis=0) for affine in (volume.affine, info.affine)]
        ours, its = (" x ".join(f"{length:.4g}" for length in sorted(size)) for size in sizes)
        raise MaskError(
            case.labels,
            "the volume does not lie on the grid of its image "
            f"(voxels of {ours} mm, the image's {its} mm); resample it to the image first",
        )
    return corner, axes


def whole_numbers(path: Path, values: NDArray[np.generic]) -> NDArray[np.integer]:
    """*values* as integers with three axes, or a fourth of time points; raises where they are fractions, out of range
    or of more axes."""
    while values.ndim > 3 and values.shape[-1] == 1:
        values = values[..., 0]
    if values.ndim == 2:
        values = values[..., None]
    if values.ndim not in (3, 4):
        raise MaskError(path, f"a label map has three axes and perhaps time points, not {values.ndim} axes")
    whole = values if values.dtype.kind in "ui" else values.astype(np.int64)
    if values.dtype.kind not in "ui" and not np.array_equal(whole, values):
        raise MaskError(path, "the volume holds fractions where it must hold whole ids")
    if whole.size and (int(whole.min()) < 0 or int(whole.max()) > _HIGHEST):
        raise MaskError(path, f"the volume holds ids outside of 0..{_HIGHEST}")
    return whole.astype(np.uint16)


class VolumeImages:
    """The images of volumes by their names, looked through once however many label maps ask."""

    def __init__(self, roots: Sequence[Path], known: Sequence[Path] = ()) -> None:
        """Those right below *roots*, of which a folder may be a DICOM series, and *known* ones elsewhere."""
        self._below = _by_name(path for root in roots if root.is_dir() for path in sorted(root.iterdir()))
        self._known = _by_name(known)

    def case(self, labels: Path) -> Case:
        """*labels* with the image of their name; where there is none, with the time point of an image that they are
        called as: ``NAME_0002``, as exports of time points are."""
        image = self.of(labels)
        numbered = _ROUND.fullmatch(bare_name(labels).removesuffix(".seg"))
        if image is not None or numbered is None:
            return Case(labels, image)
        whole, number = self.of(labels.with_name(numbered[1] + labels.suffix)), int(numbered[2])
        there = whole is not None and _has_round(whole, number)
        return Case(labels, whole, number - 1) if there else Case(labels, None)

    def of(self, labels: Path, *, ending: str = "") -> Path | None:
        """The image below the folders that is called as *labels* (with *ending* behind).

        Else the only one of those known elsewhere of that name. An ending that programs give to label maps (``_seg``)
        may be left out.
        """
        whole = bare_name(labels).removesuffix(".seg")
        names = [whole + ending, *([_ROLE.sub("", whole)] if _ROLE.search(whole) and not ending else [])]
        for wanted in names:
            for path in self._below.get(wanted, ()):
                if path != labels and (path.is_dir() or _is_image(path)):
                    return path
            alike = [path for path in self._known.get(wanted, ()) if path != labels]
            if len(alike) == 1:
                return alike[0]
        return None


def _has_round(image: Path, number: int) -> bool:
    """Whether *image* has several time points, and one of this *number*, counted from 1."""
    try:
        info = images.probe(image)
    except FileError:
        return True  # that it cannot be read is said where it is
    length = len(info.volume) if info.volume is not None else info.frames
    return length < info.frames and 1 <= number <= -(-info.frames // length)


def _by_name(paths: Iterable[Path]) -> Mapping[str, list[Path]]:
    """*paths* by their names, and by those under which they would be exported where these are too long for a file."""
    found: dict[str, list[Path]] = {}
    for path in paths:
        name = bare_name(path)
        for each in {name, safe_name(name)}:
            found.setdefault(each, []).append(path)
    return found


def _is_image(path: Path) -> bool:
    return any(path.name.lower().endswith(ending) for ending in images.extensions())
