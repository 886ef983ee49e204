"""Photographs and pictures: PNG, JPEG, WebP, BMP, GIF, JPEG 2000, AVIF, PNM and what else Pillow knows.

PNG and WebP are decoded by imagecodecs, which keeps 16 bits and takes half of Pillow's time and a third of its memory;
JPEG by simplejpeg, which also tells what libjpeg warns of; Pillow reads their headers and everything else.
"""

from __future__ import annotations

import re
import struct
import zlib
from collections.abc import Callable
from pathlib import Path

import imagecodecs
import numpy as np
import simplejpeg
from numpy.typing import NDArray
from PIL import Image as PillowImage

from segstudio.core.errors import ImageError
from segstudio.core.geometry import Region
from segstudio.io.images.base import (
    Image,
    ImageInfo,
    check_frame,
    photometric_of,
    split_alpha,
    upright,
    upright_shape,
)
from segstudio.io.images.colour import rgb_of_cmyk
from segstudio.io.images.levels import reduced_region
from segstudio.io.limits import check_size
from segstudio.io.pillow import damage_reason, load, opened

_ORIENTATION_TAG = 0x0112
_TRUNCATED = "the file is truncated: it ends before the image does"
_CORRUPT = "the file is corrupt"
_EIGHT_BITS = np.dtype(np.uint8)


def probe(path: Path, frame: int) -> ImageInfo:
    with opened(path, ImageError) as image:
        frames = _frames(image)
        check_frame(path, frame, frames)
        orientation = _orientation(image)
        height, width = upright_shape(image.height, image.width, orientation)
        channels, dtype = _pixel_kind(path, image)
        plain = orientation == 1 and image.mode != "CMYK"
        return ImageInfo(path, "common", height, width, channels, dtype, frames, plain=plain)


def read(path: Path, frame: int) -> Image:
    with opened(path, ImageError) as image:
        frames = _frames(image)
        check_frame(path, frame, frames)
        channels, dtype = _pixel_kind(path, image)
        check_size(path, image.height, image.width, channels * dtype.itemsize)
        decode = _DECODERS.get(image.format or "") if frames == 1 else None
        if decode is not None and image.mode != "CMYK":
            pixels, orientation = decode(path, _orientation(image))
        else:
            image.seek(frame)
            if image.format in _WHOLE:
                _WHOLE[image.format](path, path.read_bytes())
            pixels, orientation = _by_pillow(image), _orientation(image)
    colour, alpha = split_alpha(pixels)
    if orientation != 1:
        colour = upright(colour, orientation)
        alpha = None if alpha is None else upright(alpha, orientation)
    return Image(colour, path, frame, frames, photometric_of(colour), alpha)


def read_region(path: Path, frame: int, region: Region, level: int) -> NDArray[np.generic]:
    array = read(path, frame).array
    return reduced_region(lambda part: array[part.slices], (array.shape[0], array.shape[1]), region, level)


def _frames(image: PillowImage.Image) -> int:
    # an MPO is a photograph with previews or depth maps behind it, which are no images of their own
    return 1 if image.format in ("MPO", "JPEG") else int(getattr(image, "n_frames", 1))


def _orientation(image: PillowImage.Image) -> int:
    exif = image.info.get("exif")
    return _exif_orientation(exif) if isinstance(exif, bytes) else 1


def _exif_orientation(data: bytes) -> int:
    exif = PillowImage.Exif()
    try:
        exif.load(data)
        value = exif.get(_ORIENTATION_TAG, 1)
    except (SyntaxError, ValueError, KeyError, TypeError, struct.error):
        return 1  # damaged notes about an image are no damage to the image
    return value if isinstance(value, int) and 1 <= value <= 8 else 1


def _pixel_kind(path: Path, image: PillowImage.Image) -> tuple[int, np.dtype[np.generic]]:
    """Channels without alpha, and dtype, from an opened header."""
    if image.format == "PNG":
        with open(path, "rb") as file:
            bit_depth, colour_type = file.read(26)[24:]  # Pillow's modes do not tell 16-bit colour from 8-bit
        return (3 if colour_type & 2 else 1), np.dtype(np.uint16 if bit_depth == 16 else np.uint8)
    if image.mode in ("1", "L", "LA", "La"):
        return 1, _EIGHT_BITS
    if image.mode.startswith("I;16"):
        return 1, np.dtype(np.uint16)
    if image.mode == "I":
        return 1, np.dtype(np.uint16 if image.format == "PPM" else np.int32)
    return (1, np.dtype(np.float32)) if image.mode == "F" else (3, _EIGHT_BITS)


def _by_pillow(image: PillowImage.Image) -> NDArray[np.generic]:
    if image.mode == "CMYK":
        return rgb_of_cmyk(image, image.info.get("icc_profile"))
    if image.mode in ("P", "PA"):
        has_alpha = image.mode == "PA" or "transparency" in image.info
        image = image.convert("RGBA" if has_alpha else "RGB")
    elif image.mode not in ("1", "L", "LA", "RGB", "RGBA", "I", "F") and not image.mode.startswith("I;16"):
        image = image.convert("RGBA" if image.mode in ("RGBa", "La") else "RGB")
    pixels = load(image)
    if pixels.dtype == np.bool_:
        return pixels.astype(np.uint8) * np.uint8(255)
    if image.format == "PPM" and image.mode == "I":
        return pixels.astype(np.uint16)
    return pixels.astype(pixels.dtype.newbyteorder("="), copy=False)


def _decode_jpeg(path: Path, orientation: int) -> tuple[NDArray[np.generic], int]:
    data = path.read_bytes()
    _check_whole_jpeg(path, data)
    try:
        grey = simplejpeg.decode_jpeg_header(data)[2] == "Gray"
        pixels = simplejpeg.decode_jpeg(data, colorspace="GRAY" if grey else "RGB", strict=True)
        return (pixels[..., 0] if grey else pixels), orientation
    except ValueError as error:
        if _HOLE.search(str(error)):
            raise ImageError(path, f"{_CORRUPT}: a part of the image in its middle is missing or damaged") from error
    try:  # what a camera added, or a kind that the strict decoder does not know
        return imagecodecs.jpeg8_decode(data), orientation
    except imagecodecs.Jpeg8Error as error:
        raise ImageError(path, damage_reason(error)) from error


def _decode_png(path: Path, orientation: int) -> tuple[NDArray[np.generic], int]:
    data = path.read_bytes()
    exif = _check_whole_png(path, data)
    try:
        pixels = imagecodecs.png_decode(data)
    except imagecodecs.PngError as error:
        raise ImageError(path, _TRUNCATED if "too small" in str(error) else f"{_CORRUPT} ({error})") from error
    return pixels, orientation if exif is None else _exif_orientation(exif)


def _decode_webp(path: Path, orientation: int) -> tuple[NDArray[np.generic], int]:
    data = path.read_bytes()
    _check_whole_webp(path, data)
    try:
        return imagecodecs.webp_decode(data), orientation
    except imagecodecs.WebpError as error:
        raise ImageError(path, f"{_CORRUPT} ({error})") from error


_HOLE = re.compile(r"premature end|bad Huffman code|[0-9]{3,} extraneous bytes|Invalid progressive", re.IGNORECASE)
"""What the decoder warns of where compressed data is gone or wrong; a few extraneous bytes before the end are none."""
# In the compressed data of a JPEG every 0xFF is followed by 0x00 or a restart marker (or more fill bytes);
# 0xFF and anything else is the next marker.
_NEXT_MARKER = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")
_END_OF_IMAGE = 0xD9
_START_OF_SCAN = 0xDA
_STANDALONE = {0x01, *range(0xD0, 0xD9)}


def _check_whole_jpeg(path: Path, data: bytes) -> None:
    """Walk the markers to the end of the image: decoders fill what a truncated file lacks with grey and say nothing."""
    place = 2
    while True:
        found = _NEXT_MARKER.search(data, place)
        if found is None:
            raise ImageError(path, _TRUNCATED)
        marker, place = data[found.start() + 1], found.end()
        if marker == _END_OF_IMAGE:
            return
        if marker not in _STANDALONE:
            if place + 2 > len(data):
                raise ImageError(path, _TRUNCATED)
            place += int.from_bytes(data[place : place + 2], "big")
        if marker == _START_OF_SCAN and data.endswith(b"\xff\xd9"):
            return  # no need to search megabytes of compressed data, which cannot hold these two bytes


def _check_whole_png(path: Path, data: bytes) -> bytes | None:
    """Check every chunk's length and checksum up to the last; returns the EXIF block, wherever it stands."""
    exif, place, view = None, 8, memoryview(data)
    while True:
        if place + 12 > len(data):
            raise ImageError(path, _TRUNCATED)
        length, kind = int.from_bytes(view[place : place + 4], "big"), bytes(view[place + 4 : place + 8])
        end = place + 12 + length
        if end > len(data):
            raise ImageError(path, _TRUNCATED)
        if zlib.crc32(view[place + 4 : end - 4]) != int.from_bytes(view[end - 4 : end], "big"):
            raise ImageError(path, f"{_CORRUPT} (checksum of its {kind.decode('latin-1')} block)")
        if kind == b"eXIf":
            exif = bytes(view[place + 8 : end - 4])
        if kind == b"IEND":
            return exif
        place = end


def _check_whole_webp(path: Path, data: bytes) -> None:
    if len(data) < 12 or 8 + int.from_bytes(data[4:8], "little") > len(data):
        raise ImageError(path, _TRUNCATED)


_Decoder = Callable[[Path, int], tuple[NDArray[np.generic], int]]
_DECODERS: dict[str, _Decoder] = {
    "PNG": _decode_png,
    "JPEG": _decode_jpeg,
    "MPO": _decode_jpeg,
    "WEBP": _decode_webp,
}
_WHOLE: dict[str, Callable[[Path, bytes], object]] = {
    "PNG": _check_whole_png,
    "JPEG": _check_whole_jpeg,
    "MPO": _check_whole_jpeg,
    "WEBP": _check_whole_webp,
}
