"""Label maps of slices put together to the volumes that they are slices of."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from segstudio.core.errors import FileError, MaskError, StorageError
from segstudio.core.labels import UNLABELLED
from segstudio.core.progress import Progress, Work
from segstudio.io import images
from segstudio.io.exporters.base import ExportOptions, ExportSample, Item, Output
from segstudio.io.exporters.naming import stems
from segstudio.io.images import Image, ImageInfo
from segstudio.io.problems import Problem


class VolumeOptions(ExportOptions):
    """What can be chosen for formats of volumes."""

    unlabelled: int = Field(UNLABELLED, ge=0, le=255, description="the value of pixels and slices without a label")


@dataclass(frozen=True, eq=False)
class Volume:
    """One source file (or folder of a series) with those of its frames that are labelled."""

    path: Path
    stem: str
    first: Image
    """Its first frame, for the geometry."""
    samples: dict[int, ExportSample]
    """By frame."""

    @property
    def info(self) -> ImageInfo:
        return images.probe(self.path)

    def plane(self, frame: int) -> NDArray[np.uint8]:
        """Class ids ``(H, W)`` of one frame, 255 where nothing is labelled."""
        sample = self.samples.get(frame)
        if sample is None:
            return np.full(self.first.shape, UNLABELLED, np.uint8)
        ids = sample.ids()
        if ids.shape != self.first.shape:
            sizes = f"{ids.shape[1]}x{ids.shape[0]} pixels but the image is {self.first.shape[1]}x{self.first.shape[0]}"
            raise MaskError(self.path, f"the labels of frame {frame} are {sizes}")
        return Item(sample, self.stem, 0, ids, None).classes()

    def labels(self) -> NDArray[np.uint8]:
        """``(H, W, frames)``."""
        return np.stack([self.plane(frame) for frame in range(self.first.frames)], axis=-1)

    def pixels(self) -> NDArray[np.generic]:
        """The source's own values, ``(H, W, frames)``; of several channels the first."""
        planes = [images.read(self.path, frame).array for frame in range(self.first.frames)]
        return np.stack([plane if plane.ndim == 2 else plane[..., 0] for plane in planes], axis=-1)

    def affine(self) -> NDArray[np.float64]:
        """``(4, 4)`` from ``(x, y, frame, 1)`` to millimetres (RAS+).

        By the spacing alone where the file tells no more; without any, rows run to posterior and columns to the left,
        a millimetre each.
        """
        known = self.first.affine
        if known is not None:
            return known[:, [1, 0, 2, 3]]
        y, x, z = (*(self.first.spacing or (1.0, 1.0)), 1.0)[:3]
        return np.diag([-x, -y, z, 1.0])


def each_volume(out: Output, samples: Sequence[ExportSample], write: Callable[[Volume], None]) -> Work[None]:
    """Call *write* with every source of *samples*; one that cannot be read is left out and told in the report.

    Raises what was wrong with the first where none could be read, and at once where the disk is to blame.
    """
    groups: dict[Path, dict[int, ExportSample]] = {}
    for sample in samples:
        groups.setdefault(sample.path, {})[sample.frame] = sample
    names = stems([_Source(path) for path in groups])
    failure: FileError | None = None
    for number, ((path, frames), stem) in enumerate(zip(groups.items(), names, strict=True)):
        yield Progress(number / len(groups), path.name)
        try:
            write(Volume(path, stem, images.read(path), frames))
            out.samples += len(frames)
        except StorageError:
            raise
        except FileError as error:
            failure = failure or error
            out.problems.append(Problem(error.path, error.reason))
    if failure is not None and not out.samples:
        raise failure


@dataclass(frozen=True)
class _Source:
    path: Path
    frame: int = 0
