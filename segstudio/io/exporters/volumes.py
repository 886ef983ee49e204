"""Label maps of slices put together to the volumes that they are slices of."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from segstudio.core.errors import FileError, ImageError, MaskError, StorageError
from segstudio.core.labels import UNLABELLED
from segstudio.core.progress import Progress, Work
from segstudio.io import images
from segstudio.io.exporters.base import ExportOptions, ExportSample, Item, Output
from segstudio.io.exporters.naming import stems
from segstudio.io.images import Image, ImageInfo
from segstudio.io.problems import Problem

_OFF = 0.05
"""Of the step from slice to slice: how far from the lattice a slice may lie and still be on it."""
_MOST_EMPTY = 8
"""A lattice has at most so many times the slices that there are."""
_STRAIGHT = 0.9999
"""The cosine from which on slices lie straight behind each other."""


class VolumeOptions(ExportOptions):
    """What can be chosen for formats of volumes."""

    unlabelled: int = Field(UNLABELLED, ge=0, le=255, description="the value of pixels and slices without a label")


@dataclass(frozen=True, eq=False)
class Lattice:
    """An even grid on which the slices of a volume lie."""

    affine: NDArray[np.float64]
    """``(4, 4)`` from ``(x, y, place, 1)`` to millimetres (RAS+)."""
    places: tuple[int, ...]
    """Where each slice lies along the grid's third axis."""
    error: float = 0.0
    """Millimetres by which a slice is off at most."""

    @property
    def depth(self) -> int:
        return self.places[-1] + 1

    @property
    def missing(self) -> int:
        """Slices of the grid that the volume does not have."""
        return self.depth - len(self.places)

    @property
    def sheared(self) -> bool:
        """Whether the slices are shifted against each other, as those of a tilted gantry are."""
        step, normal = self.affine[:3, 2], np.cross(self.affine[:3, 0], self.affine[:3, 1])
        length = float(np.linalg.norm(step) * np.linalg.norm(normal))
        return length > 0 and abs(float(step @ normal)) < _STRAIGHT * length

    def straightened(self) -> NDArray[np.float64]:
        """The affine with the third axis at right angles to the slices, its spacing that between their planes."""
        normal = np.cross(self.affine[:3, 0], self.affine[:3, 1])
        normal /= max(float(np.linalg.norm(normal)), 1e-12)
        straight = self.affine.copy()
        straight[:3, 2] = normal * float(normal @ self.affine[:3, 2])
        return straight


@dataclass(frozen=True, eq=False)
class Volume:
    """One source file (or folder of a series), or one time point of it, with those of its frames that are labelled."""

    path: Path
    stem: str
    frames: range
    samples: dict[int, ExportSample]
    """By frame."""

    @cached_property
    def first(self) -> Image:
        """Its first frame."""
        return images.read(self.path, self.frames.start)

    @cached_property
    def info(self) -> ImageInfo:
        return images.probe(self.path, self.frames.start)

    @cached_property
    def lattice(self) -> Lattice:
        return _lattice([images.probe(self.path, frame) for frame in self.frames])

    def plane(self, frame: int) -> NDArray[np.uint8]:
        """Class ids ``(H, W)`` of one frame, 255 where nothing is labelled."""
        sample = self.samples.get(frame)
        if sample is None:
            return np.full(self.info.shape, UNLABELLED, np.uint8)
        ids = sample.ids()
        if ids.shape != self.info.shape:
            sizes = f"{ids.shape[1]}x{ids.shape[0]} pixels but the image is {self.info.width}x{self.info.height}"
            raise MaskError(self.path, f"the labels of frame {frame} are {sizes}")
        return Item(sample, self.stem, 0, ids, None).classes()

    def labels(self) -> NDArray[np.uint8]:
        """``(H, W, depth)`` on the lattice; slices of it that the volume does not have are unlabelled."""
        values = np.full((*self.info.shape, self.lattice.depth), UNLABELLED, np.uint8)
        for frame, place in zip(self.frames, self.lattice.places, strict=True):
            values[..., place] = self.plane(frame)
        return values

    def channels(self) -> list[NDArray[np.generic]]:
        """The source's own values on the lattice, ``(H, W, depth)`` for each channel.

        Slices that the volume does not have hold its lowest value.
        """
        planes = [images.read(self.path, frame).array for frame in self.frames]
        shapes = {plane.shape for plane in planes}
        if len(shapes) > 1:
            raise ImageError(self.path, "its pages are of different sizes, which no volume can be")
        stack = np.stack([np.atleast_3d(plane) for plane in planes], axis=2)
        values = np.full((*stack.shape[:2], self.lattice.depth, stack.shape[3]), stack.min(), stack.dtype)
        values[:, :, list(self.lattice.places)] = stack
        return list(np.moveaxis(values, 3, 0))

    def affine(self) -> NDArray[np.float64]:
        """``(4, 4)`` from ``(x, y, place, 1)`` to millimetres (RAS+)."""
        return self.lattice.affine

    def notes(self) -> Iterator[str]:
        """What a volume cannot tell of these slices."""
        if self.info.kind == "nifti":
            return  # lies on its own grid
        if self.lattice.missing:
            yield "slices that the series lacks are written empty"
        if self.lattice.error:
            yield (
                "the slices do not lie equally far from each other, which a volume cannot tell: "
                f"{self.path.name} is off by up to {self.lattice.error:.2g} mm"
            )


def _lattice(infos: Sequence[ImageInfo]) -> Lattice:
    """By the spacing alone where the files tell no more; without any, rows run to posterior and columns to the left,
    a millimetre each."""
    first, known = infos[0], infos[0].affine
    start = first.volume.start if first.volume is not None else 0
    if known is None:
        y, x, z = (*(first.spacing or (1.0, 1.0)), 1.0)[:3]
        return Lattice(np.diag([-x, -y, z, 1.0]), tuple(range(len(infos))))
    affine = known[:, [1, 0, 2, 3]].copy()
    affine[:3, 3] += start * affine[:3, 2]
    step = affine[:3, 2]
    positions = [(e.affine @ (0, 0, start + n, 1))[:3] for n, e in enumerate(infos) if e.affine is not None]
    if len(positions) < len(infos):
        return Lattice(affine, tuple(range(len(infos))))
    along = (np.stack(positions) - positions[0]) @ step / float(step @ step)
    places = np.rint(along).astype(int)
    if (np.diff(places) < 1).any() or places[-1] >= _MOST_EMPTY * len(places) or np.abs(along - places).max() > _OFF:
        places = np.arange(len(along))
        affine[:3, 2] = step = (positions[-1] - positions[0]) / max(1, len(positions) - 1)
    away = np.linalg.norm(np.stack(positions) - (positions[0] + places[:, None] * step), axis=1)
    error = float(away.max())
    return Lattice(affine, tuple(places.tolist()), error if error > _OFF * float(np.linalg.norm(step)) else 0.0)


def each_volume(
    out: Output, samples: Sequence[ExportSample], write: Callable[[Volume], None], *, whole: str = ""
) -> Work[None]:
    """Call *write* with every volume of *samples*; one that cannot be read is left out and told in the report.

    Files of the kind *whole* are one volume with all their time points.

    Raises what was wrong with the first where none could be read, and at once where the disk is to blame.
    """
    groups: dict[tuple[Path, range], dict[int, ExportSample]] = {}
    failure: FileError | None = None
    for sample in samples:
        try:
            groups.setdefault((sample.path, _frames(sample, whole)), {})[sample.frame] = sample
        except FileError as error:
            failure = failure or error
            out.problems.append(Problem(error.path, error.reason))
    names = stems([_Source(path, _number(path, frames)) for path, frames in groups])
    for number, (((path, frames), members), stem) in enumerate(zip(groups.items(), names, strict=True)):
        yield Progress(number / len(groups), path.name)
        try:
            volume = Volume(path, stem, frames, members)
            write(volume)
            for note in volume.notes():
                out.note(note)
            out.samples += len(members)
        except StorageError:
            raise
        except FileError as error:
            failure = failure or error
            out.problems.append(Problem(error.path, error.reason))
    if failure is not None and not out.samples:
        raise failure


def _frames(sample: ExportSample, whole: str) -> range:
    info = images.probe(sample.path, sample.frame)
    return info.volume if info.volume is not None and info.kind != whole else range(info.frames)


def _number(path: Path, frames: range) -> int:
    """Which volume of its file it is, from 1; 0 where there is one only."""
    whole = images.probe(path, frames.start).frames == len(frames)
    return 0 if whole else frames.start // max(1, len(frames)) + 1


@dataclass(frozen=True)
class _Source:
    path: Path
    frame: int
    """The number of the volume: names of several of one file end in it."""
