"""Mask files: single-channel images of segment ids, 255 = unlabelled."""

from __future__ import annotations

import io
from collections.abc import Mapping
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from segstudio.core.classes import Color, voc_color
from segstudio.core.errors import MaskError
from segstudio.io.atomic import replacing
from segstudio.io.pillow import load, opened
from segstudio.io.png import write_png

Palette = Mapping[int, Color]
"""From ids below 256 to their red, green and blue, each 0..255."""

_FORMATS = ("PNG", "TIFF", "BMP", "GIF")  # lossless ones only: a JPEG's ids are not the ones that were written
_HIGHEST_ID = 65535


def read_mask(
    path: str | Path, shape: tuple[int, int] | None = None, *, data: bytes | None = None
) -> NDArray[np.uint16]:
    """The ids in the mask at *path*, ``(H, W)`` uint16; 255 is unlabelled, 256 and up are instances.

    Takes 1- to 16-bit grey and palette PNG (a palette's colours mean nothing, its indices are the ids), and TIFF, BMP
    and GIF of one channel. Raises :class:`~segstudio.core.errors.MaskError` where the file cannot be read, has several
    channels or pages, holds ids outside 0..65535 or is not of *shape* ``(H, W)``. With *data*, these are the mask's
    bytes and *path* is where they came from.
    """
    with opened(path, MaskError, _FORMATS, data) as image:
        _check_kind(path, image)
        if shape is not None:
            _check_size(path, image, shape)
        return _as_ids(path, load(image), _grey_bits(path, image, data))


def mask_colours(path: str | Path, shape: tuple[int, int]) -> NDArray[np.uint8] | None:
    """The pixels ``(H, W, 3)`` of a mask that is drawn in colours, or ``None`` where it holds ids.

    Raises :class:`~segstudio.core.errors.MaskError` as :func:`read_mask` does.
    """
    with opened(path, MaskError, _FORMATS) as image:
        if image.mode not in ("RGB", "RGBA"):
            return None
        _check_size(path, image, shape)
        return load(image)[..., :3].astype(np.uint8, copy=False)


def distinct_colours(pixels: NDArray[np.uint8]) -> tuple[list[Color], NDArray[np.intp]]:
    """The colours in *pixels* ``(H, W, 3)``, and for every pixel ``(H, W)`` which of them it has."""
    packed = pixels.astype(np.uint32) @ np.array([1 << 16, 1 << 8, 1], np.uint32)
    found, places = np.unique(packed, return_inverse=True)
    colours = [(int(c) >> 16, int(c) >> 8 & 255, int(c) & 255) for c in found]
    return colours, places.reshape(pixels.shape[:2])


def mask_palette(path: str | Path) -> NDArray[np.uint8] | None:
    """The colours ``(N, 3)`` by index of a mask with a palette, ``None`` of one without."""
    with opened(path, MaskError, _FORMATS) as image:
        colours = image.getpalette("RGB") if image.mode == "P" else None
        return None if colours is None else np.array(colours, np.uint8).reshape(-1, 3)


def mask_size(path: str | Path) -> tuple[int, int]:
    """``(H, W)`` of the mask at *path* from its header. Raises :class:`~segstudio.core.errors.MaskError`."""
    with opened(path, MaskError, _FORMATS) as image:
        _check_kind(path, image)
        return image.height, image.width


def write_mask(
    path: str | Path, labels: NDArray[np.integer], palette: Palette | None = None, *, durable: bool = True
) -> None:
    """Write *labels* ``(H, W)`` of ids 0..65535 as a PNG, replacing *path* whole or not at all.

    With *palette* and all ids below 256 it is an 8-bit palette PNG (ids the palette lacks have the colours of Pascal
    VOC's), without a palette an 8-bit grey one; with higher ids it is a 16-bit grey PNG. *durable* as in
    :func:`segstudio.io.atomic.replacing`. Raises :class:`~segstudio.core.errors.StorageError` where the disk refuses
    and ``ValueError`` for labels of another shape or range.
    """
    with replacing(path, durable=durable) as file:
        encode_mask(file, labels, palette)


def encode_mask(file: BinaryIO, labels: NDArray[np.integer], palette: Palette | None = None) -> None:
    """Write *labels* as the PNG that :func:`write_mask` describes into an open binary *file*."""
    if labels.ndim != 2 or 0 in labels.shape:
        raise ValueError(f"a mask is a matrix of pixels, not an array of shape {labels.shape}")
    low, high = int(labels.min()), int(labels.max())
    if low < 0 or high > _HIGHEST_ID:
        raise ValueError(f"mask ids lie in 0..{_HIGHEST_ID}, not {low}..{high}")
    pixels = labels.astype(np.uint16 if high > 255 else np.uint8, copy=False)
    write_png(file, pixels, palette_bytes(palette) if palette is not None else None)


def palette_bytes(palette: Palette) -> bytes:
    """The 768 bytes of a PNG palette: red, green, blue of the indices 0..255; Pascal VOC's where *palette* has none."""
    table = np.array([voc_color(index) for index in range(256)], np.uint8)
    for index, colour in palette.items():
        if 0 <= index < 256:
            table[index] = colour
    return table.tobytes()


def _check_kind(path: str | Path, image: Image.Image) -> None:
    if len(image.getbands()) != 1:
        raise MaskError(path, f"the mask has {len(image.getbands())} channels ({image.mode}) where it must have one")
    pages = getattr(image, "n_frames", 1)
    if pages != 1:
        raise MaskError(path, f"the mask has {pages} pages where it must have one")


def _check_size(path: str | Path, image: Image.Image, shape: tuple[int, int]) -> None:
    if (image.height, image.width) != tuple(shape):
        sizes = f"{image.width}x{image.height} pixels but its image is {shape[1]}x{shape[0]}"
        raise MaskError(path, f"the mask is {sizes}")


def _grey_bits(path: str | Path, image: Image.Image, data: bytes | None) -> int:
    """How many bits a PNG's grey pixels have: 1, 2 and 4 are stretched to 0..255 on decoding, and ids must not be."""
    if image.format != "PNG" or image.mode not in ("1", "L"):
        return 8
    with open(path, "rb") if data is None else io.BytesIO(data) as file:
        return file.read(25)[24]  # the IHDR chunk is always first: width, height, then the bit depth


def _as_ids(path: str | Path, pixels: NDArray[np.generic], grey_bits: int) -> NDArray[np.uint16]:
    if pixels.dtype == np.bool_ or pixels.dtype in (np.uint8, np.uint16):
        ids = pixels.astype(np.uint16)
        if grey_bits in (2, 4):
            ids //= np.uint16(255 // (2**grey_bits - 1))
        return ids
    low, high = float(pixels.min()), float(pixels.max())
    if low < 0 or high > _HIGHEST_ID:
        raise MaskError(path, f"the mask holds ids from {low:g} to {high:g}; they must lie in 0..{_HIGHEST_ID}")
    ids = pixels.astype(np.uint16)
    if not np.array_equal(ids, pixels):
        raise MaskError(path, "the mask holds fractions where it must hold whole ids")
    return ids
