"""Print colours as screen colours."""

from __future__ import annotations

import io

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageCms

from segstudio.io.pillow import load


def rgb_of_cmyk(image: Image.Image, profile: bytes | None) -> NDArray[np.generic]:
    """A CMYK *image* as sRGB ``(H, W, 3)`` uint8: through its ICC *profile*, or by the plain formula without one."""
    converted = _through(image, profile) if profile else None
    return load(image.convert("RGB") if converted is None else converted)


def _through(image: Image.Image, profile: bytes) -> Image.Image | None:
    """*image* in sRGB, or ``None`` where its profile is broken: that costs exact colours, not the image."""
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        return ImageCms.profileToProfile(image, source, ImageCms.createProfile("sRGB"), outputMode="RGB")
    except (ImageCms.PyCMSError, OSError):
        return None
