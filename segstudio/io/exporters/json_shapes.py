"""The document that labelme and the programs that came of it keep for each image."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from segstudio.io.exporters.base import Item


def shapes_document(
    version: str, shapes: Sequence[dict[str, Any]], name: str, item: Item, data: str | None = None
) -> dict[str, Any]:
    """*shapes* of the image called *name*; *data* is the image itself in base 64, where it is embedded."""
    return {
        "version": version,
        "flags": {},
        "shapes": list(shapes),
        "imagePath": name,
        "imageData": data,
        "imageHeight": item.height,
        "imageWidth": item.width,
    }
