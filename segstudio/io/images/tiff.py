"""TIFF: multi-page, tiled, BigTIFF, pyramids, 1 to 64 bits, float; OME, ImageJ and slide-scanner files.

A frame is one page, or one plane of the leading axes (time, depth) of an OME or ImageJ stack; an axis of channels
becomes the channels of the frame. Regions are decoded from the tiles or strips that they touch.
"""

from __future__ import annotations

import math
import struct
import threading
import zlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import tifffile
from numpy.typing import NDArray
from PIL import Image as PillowImage

from segstudio.core.errors import ImageError, disk_reason
from segstudio.core.geometry import Region
from segstudio.io.images.base import (
    LYING,
    Image,
    ImageInfo,
    Photometric,
    check_frame,
    level_shape,
    split_alpha,
    upright,
    upright_shape,
)
from segstudio.io.images.colour import rgb_of_cmyk
from segstudio.io.images.levels import reduced_region
from segstudio.io.images.tiff_spacing import aspect_of, spacing_of
from segstudio.io.limits import check_size

_RGB, _PALETTE, _CMYK, _YCBCR, _COLOUR_FILTER = 2, 3, 5, 6, 32803
_JPEGS = {6, 7, 33007, 34892}
_FEW = 8
"""Tiles that are not worth starting threads for."""
_TRUNCATED = "the file is truncated: it ends before the image does"


@dataclass(frozen=True)
class _Page:
    """Where the pixels of one page stand in the file, and the page whose tags tell how to read them."""

    keyframe: Any
    offsets: tuple[int, ...]
    counts: tuple[int, ...]
    tables: bytes | None = None
    """What the JPEG-compressed tiles of the page share."""


@dataclass(frozen=True)
class _Level:
    """One resolution of one frame: the pages whose samples, one after another, are its channels."""

    pages: tuple[_Page, ...]
    height: int
    width: int
    depth: int = 0
    """Which plane of a page that is a volume."""


@dataclass
class _Stack:
    """The parsed headers of one file. The file itself is open only while something is read."""

    tiff: Any
    size: int
    frames: list[list[_Level]] = field(default_factory=list)
    """Levels by frame, the full resolution first."""
    volumes: list[tuple[range, int]] = field(default_factory=list)
    """The frames of each volume (those of one time point and one position of the stage), and the image of the file
    that it is of."""
    lock: threading.RLock = field(default_factory=threading.RLock)

    @contextmanager
    def opened(self) -> Iterator[None]:
        with self.lock:
            self.tiff.filehandle.open()
            try:
                yield
            finally:
                self.tiff.filehandle.close()


def probe(path: Path, frame: int) -> ImageInfo:
    return _info(path, frame, _stack(path))


def read(path: Path, frame: int) -> Image:
    stack = _stack(path)
    info = _info(path, frame, stack)
    level = stack.frames[frame][0]
    check_size(path, level.height, level.width, info.dtype.itemsize * info.channels)
    with _errors(path), stack.opened():
        page = level.pages[0].keyframe
        colour, alpha = _with_meaning(path, page, _joined(path, stack, level, None))
        orientation = _orientation(page)
    if orientation != 1:
        colour, alpha = upright(colour, orientation), None if alpha is None else upright(alpha, orientation)
    return Image(
        colour,
        path,
        frame,
        len(stack.frames),
        _photometric(page, colour),
        alpha,
        info.spacing,
        inverted=int(page.photometric) == 0,
        volume=info.volume,
        aspect=info.aspect,
    )


def read_region(path: Path, frame: int, region: Region, level: int) -> NDArray[np.generic]:
    stack = _stack(path)
    check_frame(path, frame, len(stack.frames))
    levels = stack.frames[frame]
    if _orientation(levels[0].pages[0].keyframe) != 1:
        array = read(path, frame).array
        return reduced_region(lambda part: array[part.slices], (array.shape[0], array.shape[1]), region, level)
    stored, rest = _nearest_level(levels, level)
    with _errors(path), stack.opened():
        return reduced_region(
            lambda part: _with_meaning(path, stored.pages[0].keyframe, _joined(path, stack, stored, part))[0],
            (stored.height, stored.width),
            region,
            rest,
        )


def _info(path: Path, frame: int, stack: _Stack) -> ImageInfo:
    check_frame(path, frame, len(stack.frames))
    level = stack.frames[frame][0]
    page = level.pages[0].keyframe
    with _errors(path), stack.opened():  # tags are read from the file when first asked for
        channels, dtype = _colours(path, page, len(level.pages))
        volume, image = next((frames, number) for frames, number in stack.volumes if frame in frames)
        orientation, spacing, aspect = _orientation(page), spacing_of(stack.tiff, page, image), aspect_of(page)
        coloured = int(page.photometric) in (_RGB, _PALETTE, _CMYK, _YCBCR) and channels == 3
    height, width = upright_shape(level.height, level.width, orientation)
    if orientation in LYING:
        spacing = None if spacing is None else (spacing[1], spacing[0], *spacing[2:])
        aspect = None if aspect is None else 1 / aspect
    return ImageInfo(
        path,
        "tiff",
        height,
        width,
        channels,
        dtype,
        len(stack.frames),
        spacing,
        lazy=orientation == 1 and (page.is_tiled or page.is_memmappable or len(page.dataoffsets) > 1),
        levels=len(stack.frames[frame]),
        inverted=int(page.photometric) == 0,
        photometric="grey" if channels == 1 else "rgb" if coloured else "multichannel",
        volume=volume,
        aspect=aspect,
    )


# --- the file's layout ---


def _stack(path: Path) -> _Stack:
    try:
        status = path.stat()
        return _parsed(path, status.st_mtime_ns, status.st_size)
    except OSError as error:
        raise ImageError(path, disk_reason(error)) from error


@lru_cache(maxsize=4)
def _parsed(path: Path, changed: int, size: int) -> _Stack:
    """The headers of *path* as it was when it *changed* last: a canvas asks for hundreds of regions of one file."""
    with _errors(path):
        _check_chain(path, size)
        with tifffile.TiffFile(path) as tiff:
            stack = _Stack(tiff, size)
            for number, series in enumerate(_image_series(tiff)):
                frames = list(_frames_of(path, tiff, series))
                stack.volumes += _volumes(stack, series, frames, number)
                stack.frames.extend(frames)
    if not stack.frames:
        raise ImageError(path, "the file holds no image")
    return stack


def _check_chain(path: Path, size: int) -> None:
    """Walk from page to page: a reader that meets a broken link keeps the pages before it and says nothing."""
    with open(path, "rb") as file:
        head = file.read(16)
        order = "<" if head[:2] == b"II" else ">"
        big = len(head) > 3 and 43 in head[2:4]
        place_at, count_at, entry = ("Q", "Q", 20) if big else ("I", "H", 12)
        seen: set[int] = set()
        place = head[8:16] if big else head[4:8]
        while True:
            if len(place) < struct.calcsize(place_at):
                raise ImageError(path, _TRUNCATED)
            offset = struct.unpack(order + place_at, place)[0]
            if offset == 0:
                return
            if offset >= size:
                raise ImageError(path, _TRUNCATED)
            if offset in seen:
                raise ImageError(path, "the file is corrupt (its pages lead back to an earlier one)")
            seen.add(offset)
            file.seek(offset)
            count = file.read(struct.calcsize(order + count_at))
            if len(count) < struct.calcsize(order + count_at):
                raise ImageError(path, _TRUNCATED)
            file.seek(struct.unpack(order + count_at, count)[0] * entry, 1)
            place = file.read(struct.calcsize(order + place_at))


def _image_series(tiff: Any) -> list[Any]:
    """What there is to label: not a slide's thumbnail and label, not pages that are another's mask or overview."""
    if tiff.is_svs or tiff.is_ndpi or tiff.is_scn or tiff.is_philips or tiff.is_bif or tiff.is_qpi:
        return [tiff.series[0]]
    return [s for s in tiff.series if not (s.keyframe.is_reduced or s.keyframe.is_mask)] or list(tiff.series)


def _overviews(tiff: Any, series: Any) -> list[Any]:
    """The series of *series* at lower resolutions: stored below it, or as pages of their own beside a single image."""
    if len(series.levels) > 1:
        return list(series.levels[1:])
    images = [s for s in tiff.series if not (s.keyframe.is_reduced or s.keyframe.is_mask)]
    if len(images) != 1 or len(series.pages) != 1:
        return []
    return [
        s
        for s in tiff.series
        if s.keyframe.is_reduced
        and not s.keyframe.is_mask
        and s.keyframe.samplesperpixel == series.keyframe.samplesperpixel
    ]


def _frames_of(path: Path, tiff: Any, series: Any) -> Iterator[list[_Level]]:
    full = _levels_by_frame(path, series)
    reduced = [_levels_by_frame(path, each) for each in _overviews(tiff, series)]
    complete = [levels for levels in reduced if len(levels) == len(full)]
    for levels in zip(full, *complete, strict=True):
        yield sorted(levels, key=lambda level: -level.width)


def _volumes(stack: _Stack, series: Any, frames: list[list[_Level]], number: int) -> list[tuple[range, int]]:
    """The volumes of *series*. Pages of one size that only follow each other are one, be they written one by one."""
    deep, start = _depth(series, len(frames)), len(stack.frames)
    if stack.volumes and deep == len(frames) and not stack.tiff.is_ome:
        last, here = stack.frames[-1][0], frames[0][0]
        if (last.height, last.width, len(last.pages)) == (here.height, here.width, len(here.pages)):
            before, image = stack.volumes.pop()
            return [(range(before.start, start + len(frames)), image)]
    return [(range(at, at + deep), number) for at in range(start, start + len(frames), deep)]


def _depth(series: Any, frames: int) -> int:
    """How many frames of *series* make up one volume: its slices in depth, where these run fastest."""
    leading = [
        (axis, size) for axis, size in zip(series.axes, series.shape, strict=True) if axis not in "YXSC" and size > 1
    ]
    axis, size = leading[-1] if leading else ("", frames)
    deep = axis == "Z" and len(leading) > 1 and frames % size == 0
    return int(size) if deep else frames


def _levels_by_frame(path: Path, series: Any) -> list[_Level]:
    keyframe = series.keyframe
    if 0 in keyframe.shaped:
        raise ImageError(path, "the image is empty (0 pixels)")
    leading = series.shape[: series.ndim - keyframe.ndim]
    axes = series.axes[: len(leading)]
    pages = _pages_of(path, series, int(np.prod(leading, dtype=np.int64)))
    order = np.arange(len(pages)).reshape(leading or (1,))
    # the planes of one frame side by side: its channels, where the stack has such an axis
    order = np.moveaxis(order, axes.index("C"), -1) if "C" in axes else order[..., None]
    return [
        _Level(tuple(pages[i] for i in group), keyframe.imagelength, keyframe.imagewidth, depth)
        for group in order.reshape(-1, order.shape[-1])
        for depth in range(keyframe.imagedepth)
    ]


def _pages_of(path: Path, series: Any, count: int) -> list[_Page]:
    keyframe, pages = series.keyframe, list(series.pages)
    if len(pages) == 1 and count > 1 and series.dataoffset is not None:
        # ImageJ writes one page and appends the others' pixels without headers
        starts = [series.dataoffset + i * keyframe.nbytes for i in range(count)]
        return [_Page(keyframe, (start,), (keyframe.nbytes,)) for start in starts]
    if len(pages) != count or any(page is None for page in pages):
        raise ImageError(path, f"its description tells of {count} pages, of which some are missing")
    return [_Page(p.keyframe, tuple(p.dataoffsets), tuple(p.databytecounts), p.jpegtables) for p in pages]


# --- pixels ---


def _joined(path: Path, stack: _Stack, level: _Level, region: Region | None) -> NDArray[np.generic]:
    """*region* (all) of *level* as stored, ``(h, w)`` or ``(h, w, C)``."""
    part = region or Region(0, 0, level.height, level.width)
    planes = [_samples(path, stack, page, level.depth, part) for page in level.pages]
    joined = planes[0] if len(planes) == 1 else np.concatenate(planes, axis=2)
    return joined[..., 0] if joined.shape[2] == 1 else joined


def _samples(path: Path, stack: _Stack, page: _Page, depth: int, region: Region) -> NDArray[np.generic]:
    """*region* of plane *depth* of *page* with all its samples, ``(h, w, C)``."""
    keyframe = page.keyframe
    if keyframe.is_memmappable:
        pixels = _mapped(path, stack, page)[:, depth, region.y0 : region.y1, region.x0 : region.x1]
    else:
        pixels = _decoded(path, stack, page, depth, region)
    samples = pixels[0] if pixels.shape[0] == 1 else np.moveaxis(pixels[..., 0], 0, -1)
    # never a view of the mapped file: should that shrink, touching the view would end the process
    return np.array(
        samples, keyframe.dtype.newbyteorder("="), order="C", copy=True if keyframe.is_memmappable else None
    )


def _mapped(path: Path, stack: _Stack, page: _Page) -> NDArray[np.generic]:
    keyframe = page.keyframe
    if page.offsets[0] + keyframe.nbytes > stack.size:
        raise ImageError(path, _TRUNCATED)
    dtype = keyframe.dtype.newbyteorder(stack.tiff.byteorder)
    return np.memmap(path, dtype, "r", page.offsets[0], keyframe.shaped)


def _decoded(path: Path, stack: _Stack, page: _Page, depth: int, region: Region) -> NDArray[np.generic]:
    """*region* put together from the tiles or strips that touch it, ``(S, h, w, C)``."""
    keyframe = page.keyframe
    indices = _segments(keyframe, depth, region)
    if max(indices) >= len(page.offsets):
        raise ImageError(path, "the file is corrupt (tiles or strips are missing)")
    if any(page.offsets[i] + page.counts[i] > stack.size for i in indices):
        raise ImageError(path, _TRUNCATED)
    samples, contiguous = keyframe.shaped[0], keyframe.shaped[4]
    out = np.full((samples, *region.shape, contiguous), keyframe.nodata, keyframe.dtype)
    jpeg = {"jpegtables": page.tables, "jpegheader": keyframe.jpegheader} if keyframe.compression in _JPEGS else {}

    def place(segment: tuple[bytes | None, int]) -> None:
        pixels, (sample, _, y, x, _), shape = keyframe.decode(*segment, **jpeg)
        if pixels is None:  # a sparse file leaves empty tiles out
            return
        inside = Region(y, x, y + shape[1], x + shape[2]) & region
        source, target = inside.shifted(-y, -x).slices, inside.shifted(-region.y0, -region.x0).slices
        out[sample][target] = pixels[depth % keyframe.tiledepth if keyframe.is_tiled else 0][source]

    chunks = stack.tiff.filehandle.read_segments(
        [page.offsets[i] for i in indices], [page.counts[i] for i in indices], indices, flat=False
    )
    if len(indices) < _FEW:
        for chunk in chunks:
            for segment in chunk:
                place(segment)
        return out
    with ThreadPoolExecutor(min(8, keyframe.maxworkers or 2)) as pool:
        for chunk in chunks:
            for _ in pool.map(place, chunk):
                pass
    return out


def _segments(keyframe: Any, depth: int, region: Region) -> list[int]:
    """The numbers of the tiles or strips of plane *depth* that *region* touches."""
    samples, depths, length, width, _ = keyframe.shaped
    high, wide, deep = (
        (keyframe.tilelength, keyframe.tilewidth, keyframe.tiledepth)
        if keyframe.is_tiled
        else (min(keyframe.rowsperstrip, length), width, 1)
    )
    down, across, planes = -(-length // high), -(-width // wide), -(-depths // deep)
    return [
        ((sample * planes + depth // deep) * down + row) * across + column
        for sample in range(samples)
        for row in range(region.y0 // high, -(-region.y1 // high))
        for column in range(region.x0 // wide, -(-region.x1 // wide))
    ]


def _nearest_level(levels: list[_Level], level: int) -> tuple[_Level, int]:
    """The smallest stored level that is no smaller than *level*, and how often it must still be halved."""
    best, rest = levels[0], level
    for stored in levels[1:]:
        halvings = round(math.log2(levels[0].width / stored.width))
        exact = level_shape((levels[0].height, levels[0].width), halvings)
        near = abs(exact[0] - stored.height) <= 1 and abs(exact[1] - stored.width) <= 1
        if near and halvings <= level and level - halvings < rest:
            best, rest = stored, level - halvings
    return best, rest


# --- what the samples mean ---


def _colours(path: Path, page: Any, pages: int) -> tuple[int, np.dtype[np.generic]]:
    """Channels without alpha, and dtype, of what :func:`_with_meaning` returns."""
    if page.dtype is None or page.dtype.kind == "c":
        raise ImageError(path, "its pixels are complex numbers or of a type that is not supported")
    if int(page.photometric) in (_PALETTE, _CMYK):
        return 3, np.dtype(np.uint8)
    channels = page.samplesperpixel * pages - int(_has_alpha(page))
    return channels, np.dtype(np.uint8) if page.dtype.kind == "b" else page.dtype


def _with_meaning(path: Path, page: Any, pixels: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any] | None]:
    """Stored samples as grey, RGB or channels, and alpha."""
    photometric = int(page.photometric)
    if photometric == _COLOUR_FILTER:
        raise ImageError(path, "this is a camera's raw image; develop it to TIFF or PNG first")
    if photometric == _YCBCR and page.compression not in _JPEGS:
        raise ImageError(path, "YCbCr colours without JPEG compression are not supported")
    if photometric == _PALETTE:
        table = page.colormap
        return np.ascontiguousarray((table >> 8 if table.max() > 255 else table).astype(np.uint8).T)[pixels], None
    if photometric == _CMYK:
        inks = pixels[..., :4]
        inks = inks if inks.dtype == np.uint8 else (inks // 256 ** (inks.dtype.itemsize - 1)).astype(np.uint8)
        return rgb_of_cmyk(PillowImage.fromarray(np.ascontiguousarray(inks), "CMYK"), page.iccprofile), None
    if pixels.dtype == np.bool_:
        return pixels.astype(np.uint8) * np.uint8(255), None
    return split_alpha(pixels) if _has_alpha(page) else (pixels, None)


def _has_alpha(page: Any) -> bool:
    return page.samplesperpixel in (2, 4) and len(page.extrasamples) == 1 and int(page.extrasamples[0]) in (1, 2)


def _photometric(page: Any, colour: NDArray[np.generic]) -> Photometric:
    if colour.ndim == 2:
        return "grey"
    coloured = int(page.photometric) in (_RGB, _PALETTE, _CMYK, _YCBCR) and colour.shape[2] == 3
    return "rgb" if coloured else "multichannel"


def _orientation(page: Any) -> int:
    tag = page.tags.get(274)
    return int(tag.value) if tag is not None and tag.value in range(1, 9) else 1


@contextmanager
def _errors(path: Path) -> Iterator[None]:
    """What tifffile and its codecs raise about a file, as the reason for the user."""
    try:
        yield
    except MemoryError as error:
        raise ImageError(path, "there is not enough memory to open it") from error
    except OSError as error:
        raise ImageError(path, disk_reason(error)) from error
    except NotImplementedError as error:
        raise ImageError(path, f"this kind of TIFF is not supported ({error})") from error
    except (tifffile.TiffFileError, ValueError, KeyError, IndexError, struct.error, zlib.error, RuntimeError) as error:
        raise ImageError(path, f"the file is corrupt ({error})") from error  # codecs raise RuntimeErrors of their own
