"""How large the labelled things are: pixels, millilitres and the values of the image in them, class by class."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from segstudio.core.errors import MaskError
from segstudio.core.labels import UNLABELLED
from segstudio.core.progress import Progress, Work
from segstudio.io import images
from segstudio.io.images import ImageInfo
from segstudio.io.project import StoredSample


@dataclass
class ClassSize:
    """One class in one image or volume."""

    pixels: int = 0
    slices: int = 0
    """How many slices show it."""
    measure: float | None = None
    """Cubic millimetres in a volume, square millimetres in an image; ``None`` where the file tells no spacing."""
    lowest: float = np.inf
    highest: float = -np.inf
    _sum: float = 0.0
    _squares: float = 0.0
    _values: int = 0

    @property
    def mean(self) -> float | None:
        """Of the image's own values; ``None`` where there is no single one at a pixel."""
        return self._sum / self._values if self._values else None

    @property
    def deviation(self) -> float | None:
        """The standard deviation of the values."""
        if not self._values:
            return None
        return float(np.sqrt(max(0.0, self._squares / self._values - (self._sum / self._values) ** 2)))

    def add(self, count: int, size: float | None, values: NDArray[np.generic] | None) -> None:
        """Take up *count* pixels of a slice, of *size* each, and the image's *values* there."""
        self.pixels += count
        self.slices += 1
        self.measure = None if size is None else (self.measure or 0.0) + count * size
        if values is None:
            return
        finite = values[np.isfinite(values)].astype(np.float64)
        if finite.size:
            self.lowest, self.highest = min(self.lowest, float(finite.min())), max(self.highest, float(finite.max()))
            self._sum += float(finite.sum())
            self._squares += float(finite @ finite)
            self._values += finite.size


@dataclass
class Sizes:
    """The classes of one image or volume."""

    path: Path
    frames: range
    """The frames of the file that make it up."""
    slices: int = 0
    """How many of them are labelled."""
    classes: dict[int, ClassSize] = field(default_factory=dict)
    """By class id, in their order."""

    @property
    def solid(self) -> bool:
        """Whether sizes are volumes, and not areas."""
        return len(self.frames) > 1


def sizes(samples: Sequence[StoredSample]) -> Work[list[Sizes]]:
    """What every image and volume of *samples* shows, by what the label files hold.

    Raises :class:`~segstudio.core.errors.SegStudioError` where an image or a label map cannot be read.
    """
    found: dict[tuple[Path, range], Sizes] = {}
    thick: dict[tuple[Path, range], dict[int, float | None]] = {}
    for number, sample in enumerate(samples):
        yield Progress(number / len(samples), sample.name)
        if not sample.labels_file.is_file():
            continue
        info = images.probe(sample.path, sample.frame)
        frames = info.volume if info.volume is not None else range(info.frames)
        key = sample.path, frames
        if key not in found:
            found[key] = Sizes(sample.path, frames)
            thick[key] = _thicknesses(sample.path, frames)
        _add(found[key], sample, info, thick[key][sample.frame])
    for each in found.values():
        each.classes = dict(sorted(each.classes.items()))
    return list(found.values())


def _add(into: Sizes, sample: StoredSample, info: ImageInfo, thickness: float | None) -> None:
    labels = sample.labels()
    present = [int(i) for i in np.unique(labels) if i != UNLABELLED]
    if not present:
        return
    if labels.shape != info.shape:
        raise MaskError(sample.labels_file, f"it is not of the size {info.width}x{info.height} of its image")
    into.slices += 1
    size = None if info.spacing is None or thickness is None else info.spacing[0] * info.spacing[1] * thickness
    values = None if info.lazy or info.channels > 1 else sample.image()
    for class_id in present:
        where = labels == class_id
        known = into.classes.setdefault(class_id, ClassSize())
        known.add(int(where.sum()), size, None if values is None else values[where])


def _thicknesses(path: Path, frames: range) -> dict[int, float | None]:
    """Millimetres of the stack that each of its slices stands for: half of the way to the next on either side.

    1 for an image that is no slice, so that its size is an area; ``None`` where the file does not tell.
    """
    if len(frames) < 2:
        return dict.fromkeys(frames, 1.0)
    infos = {frame: images.probe(path, frame) for frame in frames}
    first = infos[frames.start]
    if first.affine is None:
        depth = first.spacing[2] if first.spacing is not None and len(first.spacing) > 2 else None
        return dict.fromkeys(frames, depth)
    normal = np.cross(first.affine[:3, 0], first.affine[:3, 1])
    normal /= np.linalg.norm(normal)
    usual = abs(float(normal @ first.affine[:3, 2]))
    places = [
        float(normal @ (info.affine @ (0, 0, frame, 1))[:3]) for frame, info in infos.items() if info.affine is not None
    ]
    steps = [usual, *np.abs(np.diff(places)).tolist(), usual]
    return {frame: (before + after) / 2 for frame, before, after in zip(frames, steps, steps[1:], strict=False)}


def in_words(size: float, *, solid: bool) -> str:
    """A size in the unit that fits it: ml or mm² for patients, µm³ or µm² for what lies under a microscope."""
    if solid:
        return f"{size / 1000:.4g} ml" if size >= 0.1 else f"{size * 1e9:.4g} µm³"
    return f"{size:.4g} mm²" if size >= 0.1 else f"{size * 1e6:.4g} µm²"


def of_stack(samples: Iterable[StoredSample], path: Path, frame: int) -> list[StoredSample]:
    """Those of *samples* that lie in one volume with a frame of *path*."""
    info = images.probe(path, frame)
    frames = info.volume if info.volume is not None else range(info.frames)
    return [sample for sample in samples if sample.path == path and sample.frame in frames]
