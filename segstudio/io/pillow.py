"""Opening files with Pillow so that a refusal tells the true reason and nothing truncated is taken for whole."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from segstudio.core.errors import FileError, disk_reason
from segstudio.io.limits import check_size

_BAND_PIXELS = 1 << 20

# Pillow's own limit of 89 MP is meant for servers that open strangers' files; here a person opens a slide scan.
Image.MAX_IMAGE_PIXELS = None


@contextmanager
def opened(
    path: str | Path, error: type[FileError], formats: Collection[str] | None = None, data: bytes | None = None
) -> Iterator[Image.Image]:
    """The image at *path*, its header read; *formats* limits what is recognised (Pillow's names).

    With *data*, these are the image's bytes and *path* is where they came from. What the file, the disk or the decoder
    is to blame for, inside the block too, is raised as *error* naming *path*.
    """
    try:
        if data is None and Path(path).is_dir():
            raise error(path, "this is a folder, not a file")
        with open(path, "rb") if data is None else io.BytesIO(data) as file:
            if not file.read(1):
                raise error(path, "the file is empty (0 bytes)")
            file.seek(0)
            with Image.open(file, formats=list(formats) if formats else None) as image:
                check_size(path, image.height, image.width, len(image.getbands()), error)
                yield image
    except UnidentifiedImageError as cause:
        raise error(path, "this is not an image of a kind that can be opened, or it is corrupt") from cause
    except MemoryError as cause:
        raise error(path, "there is not enough memory to open it") from cause
    except OSError as cause:
        raise error(path, disk_reason(cause) if cause.errno is not None else damage_reason(cause)) from cause
    except (SyntaxError, ValueError, EOFError, struct.error, zlib.error, Image.DecompressionBombError) as cause:
        raise error(path, damage_reason(cause)) from cause


def load(image: Image.Image) -> NDArray[np.generic]:
    """All pixels of the opened *image*, copied out band by band: in one go, Pillow needs three times the memory."""
    image.load()
    if image.width * image.height <= _BAND_PIXELS:
        return np.array(image)
    rows = max(1, _BAND_PIXELS // image.width)
    bands = (image.crop((0, y, image.width, min(image.height, y + rows))) for y in range(0, image.height, rows))
    first = np.asarray(next(bands))
    pixels = np.empty((image.height, *first.shape[1:]), first.dtype)
    pixels[:rows] = first
    for index, band in enumerate(bands, start=1):
        pixels[index * rows : (index + 1) * rows] = band
    return pixels


def damage_reason(error: Exception) -> str:
    """A decoder's complaint in words for the user."""
    text = str(error)
    if "truncated" in text.lower() or "premature" in text.lower() or isinstance(error, EOFError):
        return "the file is truncated: it ends before the image does"
    return f"the file is corrupt ({text})" if text else "the file is corrupt"
