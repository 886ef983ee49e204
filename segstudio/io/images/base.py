"""What an image is once read, and what every reader shares."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from segstudio.core.errors import ImageError
from segstudio.core.geometry import Region
from segstudio.io.limits import check_size

Photometric = Literal["grey", "rgb", "multichannel"]
"""``grey``: ``(H, W)``; ``rgb``: ``(H, W, 3)``; ``multichannel``: ``(H, W, C)`` of channels that are no colours."""


@dataclass(frozen=True, slots=True)
class Window:
    """A range of values to be shown from black to white, and what it is called (``"lung"``)."""

    low: float
    high: float
    name: str = ""
    curve: bytes = b""
    """What a screen shows for values at even steps from *low* to *high*, 0 black and 255 white, where that is no
    straight line."""


CT_WINDOWS = (
    Window(-160.0, 240.0, "soft tissue"),
    Window(-1350.0, 150.0, "lung"),
    Window(-500.0, 1300.0, "bone"),
    Window(0.0, 80.0, "brain"),
    Window(-45.0, 105.0, "liver"),
)
"""The ranges that radiologists use for Hounsfield units."""


@dataclass(frozen=True, slots=True)
class ImageInfo:
    """What the header of an image file tells about one of its frames."""

    path: Path
    kind: str
    """The reader that opens it: ``"common"``, ``"tiff"``, ``"dicom"``, ``"nifti"``, ``"video"``."""
    height: int
    width: int
    channels: int
    """Without an alpha channel."""
    dtype: np.dtype[np.generic]
    frames: int = 1
    """How many images there are to label: pages, slices, frames of a video."""
    spacing: tuple[float, ...] | None = None
    """Millimetres from pixel to pixel along (y, x), or along (y, x, frames) in a volume; ``None`` where not known."""
    lazy: bool = False
    """Whether :func:`~segstudio.io.images.read_region` reads a part without reading the whole."""
    levels: int = 1
    """How many resolutions of the frame the file holds."""
    inverted: bool = False
    """Whether low values are meant to be shown bright, as far as the header of a lazy file tells."""
    photometric: Photometric | None = None
    """What the channels mean, where a lazy file's header tells."""
    plain: bool = True
    """Whether other programs see the same pixels in the file: not turned upright, no print colours converted."""
    affine: NDArray[np.float64] | None = field(default=None, compare=False)
    """As :attr:`Image.affine`."""
    volume: range | None = None
    """As :attr:`Image.volume`."""
    aspect: float | None = None
    """As :attr:`Image.aspect`."""

    @property
    def shape(self) -> tuple[int, int]:
        return self.height, self.width

    @property
    def nbytes(self) -> int:
        """The size of one decoded frame."""
        return self.height * self.width * self.channels * self.dtype.itemsize


@dataclass(frozen=True, eq=False)
class Image:
    """One image (or one frame of a stack) in its own value range, upright.

    *array* is ``(H, W)`` or ``(H, W, C)`` in the file's own dtype (DICOM: rescaled, so Hounsfield units for CT).
    Display settings beside it never change it.
    """

    array: NDArray[np.generic]
    path: Path
    frame: int = 0
    frames: int = 1
    photometric: Photometric = "grey"
    alpha: NDArray[np.generic] | None = None
    """``(H, W)`` opacity in the array's dtype, where the file has one that is not opaque everywhere."""
    spacing: tuple[float, ...] | None = None
    """Millimetres from pixel to pixel along (y, x), or along (y, x, frames) in a volume; ``None`` where not known."""
    affine: NDArray[np.float64] | None = None
    """``(4, 4)``: maps ``(y, x, frame, 1)`` to millimetres towards the patient's right, anterior, superior (RAS+)
    of the pixel's centre; ``None`` where the file does not tell. Where the slices of a volume do not lie equally far
    from each other, that holds for this frame only, and :attr:`spacing` tells no third number."""
    inverted: bool = False
    """Whether low values are meant to be shown bright (MONOCHROME1, white-is-zero)."""
    windows: tuple[Window, ...] = ()
    """Ranges to show, the file's own first."""
    time: float | None = None
    """Seconds from the start, of a frame of a video."""
    volume: range | None = None
    """The frames of the file that make up one volume together with this one (a time point, a phase); ``None``: all."""
    aspect: float | None = None
    """The height of a pixel by its width, where the file tells that without a spacing."""

    @property
    def shape(self) -> tuple[int, int]:
        return self.array.shape[0], self.array.shape[1]

    @property
    def channels(self) -> int:
        return 1 if self.array.ndim == 2 else self.array.shape[2]

    @property
    def lazy(self) -> bool:
        """Whether the pixels stay in the file: the array is a :class:`~segstudio.io.images.lazy.LazyPixels`."""
        return not isinstance(self.array, np.ndarray)

    def whole(self) -> NDArray[np.generic]:
        """All pixels in memory. What computes on them asks for this, in a thread.

        Raises :class:`ImageError` where this computer's memory cannot hold them.
        """
        if self.lazy:
            check_size(self.path, *self.shape, self.channels * self.array.dtype.itemsize)
        return np.asarray(self.array)

    @property
    def proportions(self) -> tuple[float, float]:
        """Height and width of a pixel in proportion, the shorter one 1: by the spacing, else by the aspect that the
        file tells; ``(1, 1)`` where neither is told, or is no proportion that pixels have."""
        told = self.spacing[0] / self.spacing[1] if self.spacing is not None and self.spacing[1] > 0 else self.aspect
        return proportions_of(told)

    @property
    def origin(self) -> tuple[float, float, float] | None:
        """Millimetres (RAS+) of the centre of pixel (0, 0) of this frame."""
        if self.affine is None:
            return None
        x, y, z = self.affine[:3] @ (0, 0, self.frame, 1)
        return float(x), float(y), float(z)

    @property
    def position(self) -> float | None:
        """Millimetres of this frame along the direction that frames lead to: in the patient where the file tells,
        else from the first frame; ``None`` where the distance of frames is not known."""
        if self.affine is not None and self.origin is not None:
            step = self.affine[:3, 2]
            return float(step @ self.origin) / max(float(np.linalg.norm(step)), 1e-12)
        depth = self.frame - (self.volume.start if self.volume is not None else 0)
        return depth * self.spacing[2] if self.spacing is not None and len(self.spacing) > 2 else None

    @property
    def orientation(self) -> str | None:
        """Where rows, columns and frames lead to in the patient, as in ``"PLS"``: down is posterior, right is left."""
        return None if self.affine is None else axis_codes(self.affine)


class Reader(Protocol):
    """What a module that reads one kind of file defines. All raise :class:`~segstudio.core.errors.ImageError`."""

    def read(self, path: Path, frame: int) -> Image: ...

    def probe(self, path: Path, frame: int) -> ImageInfo: ...

    def read_region(self, path: Path, frame: int, region: Region, level: int) -> NDArray[np.generic]:
        """The pixels of *region*, which lies inside the image, given in the pixels of *level*."""


_OBLONG = 64.0
"""How many times its other side a pixel's longer one can be: what is said beyond is a mistake."""
_EVEN = 1e-3
"""Sides that differ by less are the same: files tell them in few digits."""
LYING = (5, 6, 7, 8)
"""Orientations (EXIF, TIFF) whose rows become columns when the image is turned upright."""
_SERIES = "series-"
_NO_NAME = re.compile(r'[<>:"/\\|?*\x00-\x1f\x7f]')
_UID = re.compile(r"[0-9.]*(-\d+)?")
_LONGEST_TITLE = 48


def series_path(folder: Path, uid: str, title: str = "") -> Path:
    """The name by which one of several DICOM series in *folder* is read; there is no file of that name.

    It begins with *title*, which tells people what it is.
    """
    shown = _NO_NAME.sub(" ", title).strip()[:_LONGEST_TITLE].strip(" .")
    return folder / f"{shown} {_SERIES}{uid}".lstrip()


def is_there(path: Path) -> bool:
    """Whether there is something to read an image from: a file, a folder with a series, or one of several in it."""
    return path.exists() or series_of(path) is not None


def series_of(path: Path) -> tuple[Path, str] | None:
    """Folder and series of what :func:`series_path` made; ``None`` for a file or folder."""
    title, mark, uid = path.name.rpartition(_SERIES)
    named = mark and (not title or title.endswith(" ")) and _UID.fullmatch(uid)
    return (path.parent, uid) if named and not path.exists() and path.parent.is_dir() else None


def proportions_of(aspect: float | None) -> tuple[float, float]:
    """Height and width of a pixel in proportion, the shorter one 1, by its height divided by its width."""
    known = aspect is not None and math.isfinite(aspect) and 1 / _OBLONG <= aspect <= _OBLONG
    if aspect is None or not known or abs(aspect - 1) < _EVEN:
        return 1.0, 1.0
    return (aspect, 1.0) if aspect > 1 else (1.0, 1 / aspect)


def check_frame(path: Path, frame: int, frames: int) -> None:
    """Raise where there is no such frame."""
    if not 0 <= frame < frames:
        raise ImageError(path, f"there is no frame {frame}; it has {frames} (counted from 0)")


def level_shape(shape: tuple[int, int], level: int) -> tuple[int, int]:
    """The size of an image of *shape* (H, W) at pyramid *level*: each level halves the last, rounding up."""
    return -(-shape[0] >> level), -(-shape[1] >> level)


def split_alpha(pixels: NDArray[np.generic]) -> tuple[NDArray[np.generic], NDArray[np.generic] | None]:
    """Part ``(H, W, 2)`` into grey and alpha, ``(H, W, 4)`` into colour and alpha; an opaque alpha is dropped."""
    if pixels.ndim != 3 or pixels.shape[2] not in (2, 4):
        return pixels, None
    alpha = pixels[..., -1]
    opaque = 256**alpha.itemsize - 1 if alpha.dtype.kind == "u" else 1
    colour = pixels[..., 0] if pixels.shape[2] == 2 else pixels[..., :3]
    kept = None if bool(np.all(alpha == opaque)) else np.ascontiguousarray(alpha)
    return np.ascontiguousarray(colour), kept


def photometric_of(pixels: NDArray[np.generic]) -> Photometric:
    """Grey or colour by the number of channels."""
    if pixels.ndim == 2:
        return "grey"
    return "rgb" if pixels.shape[2] == 3 else "multichannel"


def upright(pixels: NDArray[np.generic], orientation: int) -> NDArray[np.generic]:
    """Turn *pixels* by the EXIF (and TIFF) *orientation* 1..8; unknown values change nothing."""
    if orientation in LYING:
        pixels = pixels.swapaxes(0, 1)
    if orientation in (3, 4, 7, 8):
        pixels = pixels[::-1]
    if orientation in (2, 3, 6, 7):
        pixels = pixels[:, ::-1]
    return np.ascontiguousarray(pixels)


def upright_shape(height: int, width: int, orientation: int) -> tuple[int, int]:
    """The size (H, W) of an image once it is :func:`upright`."""
    return (width, height) if orientation in LYING else (height, width)


def axis_codes(affine: NDArray[np.float64]) -> str:
    """The patient direction that each index of *affine* ``(4, 4)`` (RAS+) leads to, nearest of R L A P S I."""
    directions = affine[:3, :3] / np.maximum(np.linalg.norm(affine[:3, :3], axis=0), 1e-12)
    codes = [""] * 3
    for _ in range(3):  # the clearest direction chooses first, so that no two share an axis
        world, index = np.unravel_index(np.argmax(np.abs(directions)), (3, 3))
        codes[int(index)] = ("RAS" if directions[world, index] > 0 else "LPI")[int(world)]
        directions[world, :] = directions[:, index] = 0
    return "".join(codes)
