"""How large an image may be: what the libraries can index and this computer's memory can hold."""

from __future__ import annotations

import os
from pathlib import Path

from segstudio.core.errors import FileError, ImageError

MAX_PIXELS = 2**31 - 1
"""More than this in one piece is refused: 46,000 pixels squared, past what the decoders can index."""


def check_size(
    path: str | Path, height: int, width: int, bytes_per_pixel: int, error: type[FileError] = ImageError
) -> None:
    """Raise *error* where an image is empty or cannot fit this computer's memory, before trying."""
    if height < 1 or width < 1:
        raise error(path, f"the image is empty ({width}x{height} pixels)")
    if height * width > MAX_PIXELS:
        raise error(path, f"{width}x{height} pixels are too many to open in one piece")
    needed, memory = height * width * bytes_per_pixel, _physical_memory()
    if memory is not None and needed > memory:
        sizes = f"{needed / 2**30:.1f} GiB, more than this computer's {memory / 2**30:.1f} GiB"
        raise error(path, f"{width}x{height} pixels take {sizes}")


def _physical_memory() -> int | None:
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, OSError, ValueError):  # Windows has no sysconf
        return None
