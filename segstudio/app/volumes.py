"""A stack as one block of voxels: what cuts across its slices need."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, TypeVar

import numpy as np
from numpy.typing import NDArray

from segstudio.core.errors import AnnotationError, MaskError
from segstudio.core.labels import UNLABELLED
from segstudio.core.progress import Progress, Work
from segstudio.io import images
from segstudio.io.images import Image, axis_codes
from segstudio.io.project import StoredSample

_LIMIT = 768 << 20
"""Bytes of voxels that are kept; of a larger stack every second, third ... row and column."""

S = TypeVar("S", bound=np.generic)
Labels = NDArray[np.uint8]
Axis = Literal[0, 1, 2]
"""Frames, rows, columns."""


@dataclass(frozen=True)
class Cut:
    """How a plane through a volume lies on the screen."""

    across: Axis
    """The axis that the plane is perpendicular to."""
    down: Axis
    right: Axis
    flip_down: bool
    """Whether the index grows upwards on the screen."""
    flip_right: bool
    name: Literal["axial", "coronal", "sagittal", "frame", "row", "column"]
    """What the plane shows of a patient; else what it holds still."""
    marks: tuple[str, str, str, str] | None
    """The patient's directions at the left, top, right and bottom edge."""


@dataclass(eq=False)
class Volume:
    """Voxels ``(F, H, W)`` or ``(F, H, W, C)`` and class ids ``(F, H, W)`` uint8 (255 unlabelled) of one stack.

    Where the stack is very large, rows and columns are those at every *step*-th pixel.
    """

    voxels: NDArray[np.generic]
    labels: NDArray[np.uint8]
    frames: tuple[int, ...]
    """The frame of the file that each index of the first axis stands for."""
    step: int
    spacing: tuple[float, float, float]
    """Millimetres along frames, rows and columns (where the file does not tell 1, or in proportion)."""
    codes: str | None
    """Where frames, rows and columns lead to in the patient, as in ``"SPL"``."""

    def plane(self, cut: Cut, index: int) -> tuple[NDArray[np.generic], NDArray[np.uint8]]:
        """Pixels and labels of a plane as it lies on the screen."""
        return _laid(self.voxels, cut, index), _laid(self.labels, cut, index)

    def size(self, cut: Cut) -> tuple[float, float]:
        """Height and width of a plane in millimetres."""
        shape = self.labels.shape
        return shape[cut.down] * self.spacing[cut.down], shape[cut.right] * self.spacing[cut.right]

    def set_labels(self, frame: int, labels: NDArray[np.uint8]) -> None:
        """Take up the class ids ``(H, W)`` of one frame of the file, in full size."""
        if frame in self.frames:
            self.labels[self.frames.index(frame)] = labels[:: self.step, :: self.step]

    def cuts(self) -> tuple[Cut, Cut, Cut]:
        """The plane of the slices and the two across them, each as radiologists look at it."""
        return tuple(self._cut(axis) for axis in (0, 1, 2))  # type: ignore[return-value]  # three of them

    def _cut(self, across: Axis) -> Cut:
        if self.codes is None:
            down: Axis = 1 if across == 0 else 0
            right: Axis = 1 if across == 2 else 2
            return Cut(across, down, right, False, False, ("frame", "row", "column")[across], None)
        inside: list[Axis] = [axis for axis in (0, 1, 2) if axis != across]
        # the head is up, else the front; the patient's left is right, else the back
        down = next((axis for axis in inside if self.codes[axis] in "SI"), inside[0])
        if self.codes[down] not in "SI":
            down = next(axis for axis in inside if self.codes[axis] in "AP")
        right = inside[0] if down == inside[1] else inside[1]
        flip_down = self.codes[down] in "SA"
        flip_right = self.codes[right] in "RA"
        name: Literal["axial", "coronal", "sagittal"] = (
            "axial" if self.codes[across] in "SI" else "coronal" if self.codes[across] in "AP" else "sagittal"
        )
        bottom = _opposite(self.codes[down]) if flip_down else self.codes[down]
        end = _opposite(self.codes[right]) if flip_right else self.codes[right]
        return Cut(across, down, right, flip_down, flip_right, name, (_opposite(end), _opposite(bottom), end, bottom))


def load_labels(volume: Volume, stored: Sequence[StoredSample], shape: tuple[int, int]) -> Work[dict[int, Labels]]:
    """Class ids ``(H, W)`` by frame of those slices of *volume* that are in the project, as the files have them now.

    *shape* is that of a slice in full size. Raises as reading label maps does.
    """
    found: dict[int, Labels] = {}
    for number, sample in enumerate(stored):
        yield Progress(number / len(stored), f"slice {number + 1} of {len(stored)}")
        if sample.frame in volume.frames:
            there = sample.labels_file.is_file()
            found[sample.frame] = _labels_of(sample, shape) if there else np.full(shape, UNLABELLED, np.uint8)
    return found


def load_volume(stored: Sequence[StoredSample], at_hand: Image, frames: Sequence[int]) -> Work[Volume]:
    """Read *frames* of the file of *at_hand*, with the label maps of those that are in the project (*stored*).

    Frames of another time point of the same file are left out. Raises :class:`AnnotationError` where slices are of
    different sizes, and as :func:`segstudio.io.images.read` does.
    """
    frames = [frame for frame in frames if at_hand.volume is None or frame in at_hand.volume]
    step = _step(at_hand, len(frames))
    planes, kept = [], []
    for number, frame in enumerate(frames):
        yield Progress(number / len(frames), f"slice {number + 1} of {len(frames)}")
        image = images.read(at_hand.path, frame)
        if image.array.shape != at_hand.array.shape:
            raise AnnotationError(f"{at_hand.path.name} is no volume: its slices are of different sizes")
        planes.append(np.array(image.array[::step, ::step]))
        kept.append(frame)
    labels = np.full((len(planes), *planes[0].shape[:2]), UNLABELLED, np.uint8)
    by_frame: Mapping[int, StoredSample] = {sample.frame: sample for sample in stored}
    for index, frame in enumerate(kept):
        sample = by_frame.get(frame)
        if sample is not None and sample.labels_file.is_file():
            labels[index] = _labels_of(sample, at_hand.shape)[::step, ::step]
    spacing = at_hand.spacing if at_hand.spacing is not None else at_hand.proportions
    codes = axis_codes(at_hand.affine) if at_hand.affine is not None else None
    return Volume(
        np.stack(planes),
        labels,
        tuple(kept),
        step,
        (_depth(at_hand), spacing[0] * step, spacing[1] * step),
        codes[2] + codes[:2] if codes is not None else None,
    )


def _depth(image: Image) -> float:
    """Millimetres from slice to slice, where they differ the usual ones; 1 where nothing tells."""
    if image.spacing is not None and len(image.spacing) > 2:
        return image.spacing[2]
    return 1.0 if image.affine is None else float(np.linalg.norm(image.affine[:3, 2]))


def _labels_of(sample: StoredSample, shape: tuple[int, int]) -> NDArray[np.uint8]:
    labels = sample.labels().astype(np.uint8)
    if labels.shape != shape:
        raise MaskError(sample.labels_file, f"its size {labels.shape} is not that of the slice {shape}")
    return labels


def _step(image: Image, frames: int) -> int:
    step = 1
    while image.array.nbytes // (step * step) * frames > _LIMIT:
        step += 1
    return step


def _laid(block: NDArray[S], cut: Cut, index: int) -> NDArray[S]:
    plane: NDArray[S] = np.moveaxis(block, cut.across, 0)[index]
    plane = plane.swapaxes(0, 1) if cut.down > cut.right else plane
    plane = plane[::-1] if cut.flip_down else plane
    return plane[:, ::-1] if cut.flip_right else plane


def _opposite(code: str) -> str:
    return "RLAPSI"["LRPAIS".index(code)]
