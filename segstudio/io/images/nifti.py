"""NIfTI: volumes slice by slice, upright as radiologists look at them, with spacing and affine.

Frames are the slices that were scanned: along the axis of the thickest voxels where one is clearly thicker, else along
the third stored axis (along the first axis of length 1, if there is one), time point by time point. Axial slices show
the patient's front up and left side right; coronal ones the head up and the left side right; sagittal ones the head up
and the back right.
"""

from __future__ import annotations

import threading
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import nibabel
import numpy as np
from nibabel.filebasedimages import ImageFileError
from nibabel.fileslice import fileslice
from nibabel.openers import Opener
from nibabel.spatialimages import HeaderDataError, SpatialImage
from numpy.typing import NDArray

from segstudio.core.errors import ImageError, NoImageError, disk_reason
from segstudio.core.geometry import Region
from segstudio.io.images.base import Image, ImageInfo, axis_codes, check_frame, photometric_of, split_alpha
from segstudio.io.images.levels import reduced_region
from segstudio.io.limits import check_size

_TRUNCATED = "the file is truncated: it ends before the image does"
_MILLIMETRES = {"meter": 1000.0, "mm": 1.0, "micron": 1e-3}
_THICK = 1.5
"""How many times the other sides of a voxel its longest is where slices are thick."""
_KEPT_VOLUME = 1 << 30
"""A compressed volume up to this many bytes is kept unpacked: without, each slice unpacks all before it."""
_unpacking = threading.Lock()


@dataclass(frozen=True, eq=False)
class Grid:
    """How shown frames lie in the stored array.

    *axes*: the stored axes that rows, columns and frames run along; *flipped*: whether rows and columns run backwards.
    """

    shape: tuple[int, ...]
    """As stored: three axes or more; from the fourth on they are time points and the like."""
    stored_affine: NDArray[np.float64]
    axes: tuple[int, int, int]
    flipped: tuple[bool, bool]
    placed: bool = True
    """Whether the file tells where its voxels lie; where not, *stored_affine* only tells how they are shown."""

    @property
    def depth(self) -> int:
        """Slices in one volume."""
        return self.shape[self.axes[2]]

    @property
    def frames(self) -> int:
        return self.depth * int(np.prod(self.shape[3:], dtype=np.int64))

    @property
    def size(self) -> tuple[int, int]:
        """(H, W) of a frame."""
        return self.shape[self.axes[0]], self.shape[self.axes[1]]

    def volume(self, frame: int) -> range:
        """The frames of the time point of *frame*."""
        start = frame // self.depth * self.depth
        return range(start, start + self.depth)

    def index(self, frame: int) -> tuple[int | slice, ...]:
        """What to index the stored array with to get *frame*, not yet turned upright."""
        index: list[int | slice] = [slice(None)] * 3
        index[self.axes[2]] = frame % self.depth
        return *index, *(int(i) for i in np.unravel_index(frame // self.depth, self.shape[3:], order="F"))

    def upright(self, plane: NDArray[np.generic]) -> NDArray[np.generic]:
        """A stored plane ``(a, b, ...)`` as it is shown, ``(H, W, ...)``."""
        shown = plane if self.axes[0] < self.axes[1] else plane.swapaxes(0, 1)
        shown = shown[::-1] if self.flipped[0] else shown
        return np.ascontiguousarray(shown[:, ::-1] if self.flipped[1] else shown)

    def stored(self, shown: NDArray[np.generic]) -> NDArray[np.generic]:
        """The inverse of :meth:`upright`: for labels that go back into the stored grid."""
        plane = shown[::-1] if self.flipped[0] else shown
        plane = plane[:, ::-1] if self.flipped[1] else plane
        return plane if self.axes[0] < self.axes[1] else plane.swapaxes(0, 1)

    def affine(self, frame: int) -> NDArray[np.float64] | None:
        """``(4, 4)`` from ``(y, x, frame, 1)`` to millimetres (RAS+), for frames of the same time point as *frame*.

        ``None`` where the file does not tell.
        """
        if not self.placed:
            return None
        to_stored = np.zeros((4, 4))
        to_stored[3, 3] = 1
        for shown, (axis, backwards) in enumerate(zip(self.axes, (*self.flipped, False), strict=True)):
            to_stored[axis, shown] = -1 if backwards else 1
            to_stored[axis, 3] = self.shape[axis] - 1 if backwards else 0
        to_stored[self.axes[2], 3] = -(frame // self.depth) * self.depth
        return self.stored_affine @ to_stored


def probe(path: Path, frame: int) -> ImageInfo:
    with _errors(path):
        volume = _opened(path)
        shown = grid(path)
        check_frame(path, frame, shown.frames)
        channels, dtype = _channels(path, volume), _dtype(path, volume)
        return ImageInfo(
            path,
            "nifti",
            *shown.size,
            channels,
            dtype,
            shown.frames,
            _spacing(shown),
            affine=shown.affine(frame),
            volume=shown.volume(frame),
        )


def read(path: Path, frame: int) -> Image:
    with _errors(path):
        volume = _opened(path)
        shown = grid(path)
        check_frame(path, frame, shown.frames)
        dtype = _dtype(path, volume)
        check_size(path, *shown.size, dtype.itemsize * _channels(path, volume))
        pixels, alpha = _in_real_units(volume, _stored_plane(path, volume, shown.index(frame)), dtype)
        colour = shown.upright(pixels)
        return Image(
            colour,
            path,
            frame,
            shown.frames,
            photometric_of(colour),
            None if alpha is None else shown.upright(alpha),
            _spacing(shown),
            shown.affine(frame),
            volume=shown.volume(frame),
        )


def read_region(path: Path, frame: int, region: Region, level: int) -> NDArray[np.generic]:
    array = read(path, frame).array
    return reduced_region(lambda part: array[part.slices], (array.shape[0], array.shape[1]), region, level)


def grid(path: Path) -> Grid:
    """How the frames of *path* lie in its stored array. Raises :class:`~segstudio.core.errors.ImageError`."""
    with _errors(path):
        volume = _opened(path)
        shape = tuple(int(n) for n in volume.shape)
        shape = shape + (1,) * (3 - len(shape))
        if 0 in shape:
            raise ImageError(path, "the image is empty (0 pixels)")
        unit = _MILLIMETRES.get(_length_unit(volume), 1.0)
        told = _told_affine(volume)
        affine = np.diag([unit, unit, unit, 1.0]) @ (np.diag([-1.0, 1.0, 1.0, 1.0]) if told is None else told)
    through = shape.index(1) if 1 in shape[:3] else _through(affine) if told is not None else 2
    codes = axis_codes(affine)
    across = "PA" if codes[through] in "RL" else "LR"
    first, second = (axis for axis in range(3) if axis != through)
    columns = first if codes[first] in across else second
    rows = second if columns == first else first
    flipped = codes[rows] in "AS", codes[columns] in "AR"
    return Grid(shape, affine, (rows, columns, through), flipped, told is not None)


def _through(affine: NDArray[np.float64]) -> int:
    """The stored axis across the slices: programs that turn volumes leave it anywhere, and across it lie pixels of
    which one side is far longer than the other."""
    lengths = np.linalg.norm(affine[:3, :3], axis=0)
    thickest = int(np.argmax(lengths))
    return thickest if lengths[thickest] > _THICK * float(np.delete(lengths, thickest).max()) else 2


def _told_affine(volume: Any) -> NDArray[np.float64] | None:
    """The first that is a place for voxels: what nibabel prefers, or the qform where a program wrote a broken sform."""
    qform = getattr(volume.header, "get_qform", None)
    for affine in (volume.affine, qform(coded=True)[0] if qform is not None else None):
        if affine is not None and np.isfinite(affine).all() and abs(np.linalg.det(affine[:3, :3])) > 0:
            return np.asarray(affine, np.float64)
    return None


def _length_unit(volume: Any) -> str:
    units = getattr(volume.header, "get_xyzt_units", None)
    return str(units()[0]) if units else "mm"


def _opened(path: Path) -> Any:
    status = path.stat()
    return _parsed(path, status.st_mtime_ns, status.st_size)


@lru_cache(maxsize=8)
def _parsed(path: Path, changed: int, size: int) -> Any:
    volume = nibabel.load(path)
    if not isinstance(volume, SpatialImage):
        raise NoImageError(path, "it holds values of places on a surface (CIFTI), no image")
    return volume


def _stored_plane(path: Path, volume: Any, index: tuple[int | slice, ...]) -> NDArray[Any]:
    """The unscaled values at *index* of the stored array."""
    proxy = volume.dataobj
    if path.suffix.lower() != ".gz":
        values = proxy.get_unscaled()  # mapped, not read
    elif int(np.prod(volume.shape, dtype=np.int64)) * proxy.dtype.itemsize <= _KEPT_VOLUME:
        status = path.stat()
        with _unpacking:  # two threads that ask for the same volume unpack it once
            values = _unpacked(path, status.st_mtime_ns, status.st_size)
    else:
        with Opener(str(path)) as file:
            layout = proxy.shape, proxy.dtype, proxy.offset, proxy.order
            return np.asarray(fileslice(file, index, *layout))  # type: ignore[no-untyped-call]
    # a copy: should a mapped file shrink, touching a view of it would end the process
    return np.array(values.reshape(values.shape + (1,) * (3 - values.ndim))[index])


@lru_cache(maxsize=1)
def _unpacked(path: Path, changed: int, size: int) -> NDArray[np.generic]:
    return np.asarray(_parsed(path, changed, size).dataobj.get_unscaled())


def _dtype(path: Path, volume: Any) -> np.dtype[np.generic]:
    stored = volume.get_data_dtype().newbyteorder("=")
    if stored.kind == "c":
        raise ImageError(path, "its voxels are complex numbers, which are not supported")
    if stored.names:
        return np.dtype(np.uint8)
    return stored if _scaling(volume) == (1.0, 0.0) else np.dtype(np.float32)


def _channels(path: Path, volume: Any) -> int:
    return 3 if volume.get_data_dtype().names else 1


def _scaling(volume: Any) -> tuple[float, float]:
    return float(getattr(volume.dataobj, "slope", 1.0)), float(getattr(volume.dataobj, "inter", 0.0))


def _in_real_units(
    volume: Any, plane: NDArray[Any], dtype: np.dtype[np.generic]
) -> tuple[NDArray[np.generic], NDArray[np.generic] | None]:
    if plane.dtype.names:
        return split_alpha(np.stack([plane[name] for name in plane.dtype.names], axis=-1))
    slope, offset = _scaling(volume)
    scaled = plane if (slope, offset) == (1.0, 0.0) else plane * slope + offset
    return scaled.astype(dtype, copy=False), None


def _spacing(shown: Grid) -> tuple[float, ...] | None:
    affine = shown.affine(0)
    if affine is None:
        return None
    lengths = tuple(float(np.linalg.norm(column)) for column in affine[:3, :3].T)
    return lengths if shown.depth > 1 else lengths[:2]


@contextmanager
def _errors(path: Path) -> Iterator[None]:
    """What nibabel raises about a file, as the reason for the user."""
    try:
        yield
    except MemoryError as error:
        raise ImageError(path, "there is not enough memory to open it") from error
    except (EOFError, zlib.error) as error:
        raise ImageError(path, _TRUNCATED) from error
    except OSError as error:
        raise ImageError(path, disk_reason(error) if error.errno is not None else _reason(error)) from error
    except (ImageFileError, HeaderDataError, ValueError, TypeError, KeyError, IndexError) as error:
        raise ImageError(path, _reason(error)) from error


def _reason(error: Exception) -> str:
    text = (str(error).splitlines() or [""])[0]
    if "Expected" in text or "mmap length" in text:
        return _TRUNCATED
    return f"this is not a NIfTI image, or it is corrupt ({text})"
