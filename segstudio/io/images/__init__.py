"""Reading images of every kind: photographs, tiled and multi-page TIFF, DICOM, NIfTI, video.

Importing this costs nothing: a kind's library is loaded when its first file is opened.
"""

from __future__ import annotations

from pathlib import Path
from typing import cast

import numpy as np
from numpy.typing import NDArray

from segstudio.core.errors import ImageError
from segstudio.core.geometry import Region
from segstudio.io.images.base import CT_WINDOWS, Image, ImageInfo, Window, axis_codes, is_there, level_shape
from segstudio.io.images.display import display_range, display_window, own_window, range_of, sampled, windowed
from segstudio.io.images.lazy import LazyPixels
from segstudio.io.images.table import READERS, ReaderEntry, choose

__all__ = [
    "CT_WINDOWS",
    "READERS",
    "Image",
    "ImageInfo",
    "LazyPixels",
    "ReaderEntry",
    "Window",
    "axis_codes",
    "display_range",
    "display_window",
    "extensions",
    "is_there",
    "level_shape",
    "open_image",
    "own_window",
    "probe",
    "range_of",
    "read",
    "read_region",
    "sampled",
    "series_in",
    "windowed",
]

_LAZY_FROM = 512 << 20


def read(path: str | Path, frame: int = 0) -> Image:
    """Frame *frame* (page, slice; counted from 0) of the image at *path*, upright, in its own dtype and range.

    A folder is read as a DICOM series, sorted by position. Raises :class:`~segstudio.core.errors.ImageError` with the
    true reason: missing, no permission, empty, truncated, corrupt, of no known kind, too large, no such frame.
    """
    path = Path(path)
    return choose(path).reader().read(path, frame)


def open_image(path: str | Path, frame: int = 0) -> Image:
    """As :func:`read`, but where a file of more than 512 MiB of pixels can be read in parts, its pixels stay there.

    Then :attr:`Image.lazy` is true, and alpha is left out.
    """
    path = Path(path)
    info = probe(path, frame)
    if not info.lazy or info.nbytes <= _LAZY_FROM:
        return read(path, frame)
    reader = choose(path).reader()

    def fetch(region: Region, level: int) -> NDArray[np.generic]:
        return reader.read_region(path, frame, region, level)

    shape = info.shape if info.channels == 1 else (*info.shape, info.channels)
    pixels = cast(
        "NDArray[np.generic]", LazyPixels(shape, info.dtype, fetch, pyramid=info.levels > 2)
    )  # what a window asks of an array
    photometric = info.photometric or ("grey" if info.channels == 1 else "multichannel")
    return Image(
        pixels,
        path,
        frame,
        info.frames,
        photometric,
        spacing=info.spacing,
        inverted=info.inverted,
        volume=info.volume,
        aspect=info.aspect,
    )


def probe(path: str | Path, frame: int = 0) -> ImageInfo:
    """What the header of *path* tells, without decoding pixels. Raises as :func:`read` does."""
    path = Path(path)
    return choose(path).reader().probe(path, frame)


def read_region(path: str | Path, frame: int, region: Region, level: int = 0) -> NDArray[np.generic]:
    """The pixels ``(h, w)`` or ``(h, w, C)`` of *region* of one frame, without alpha.

    *level* 0 is the image itself, each further one has half the size (:func:`level_shape`); *region* is given in the
    pixels of that level and cut to it. Where :attr:`ImageInfo.lazy` is true, only what the region needs is read.
    Raises as :func:`read` does, and where nothing of the region lies in the image.
    """
    path = Path(path)
    reader = choose(path).reader()
    info = reader.probe(path, frame)
    inside = region & Region.of(level_shape(info.shape, level))
    if inside.empty or level < 0:
        raise ImageError(path, f"{region} of level {level} lies outside of the image of {info.width}x{info.height}")
    return reader.read_region(path, frame, inside, level)


def series_in(folder: str | Path) -> dict[Path, tuple[Path, ...]]:
    """The DICOM series in *folder* that are stacks, each by the path that reads it, with the files of its slices.

    A folder may hold several; files that are images of their own are not told. Raises as :func:`read` does.
    """
    from segstudio.io.images import dicom  # loads pydicom, which other kinds need not pay

    return dicom.series(Path(folder))


def extensions() -> tuple[str, ...]:
    """All file name endings that a reader claims, lower case with the dot."""
    return tuple(dict.fromkeys(ending for entry in READERS.values() for ending in entry.extensions))
