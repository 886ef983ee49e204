"""What is under the pointer, for the status bar."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from segstudio.app.document import Document
from segstudio.core.labels import UNLABELLED


@dataclass(frozen=True, slots=True)
class Hover:
    """A pixel of the image."""

    x: int
    y: int
    value: str
    """The image's own value, channels with commas."""
    class_id: int | None
    """``None`` where nothing is labelled."""


def what_is_at(document: Document | None, y: float, x: float) -> Hover | None:
    """The pixel of the sample at hand at ``(y, x)``; ``None`` outside."""
    if document is None or document.image is None:
        return None
    row, column = math.floor(y), math.floor(x)
    height, width = document.image.shape
    if not (0 <= row < height and 0 <= column < width):
        return None
    values = np.atleast_1d(document.image.array[row, column])
    text = ", ".join(f"{v:.5g}" if values.dtype.kind == "f" else str(v) for v in values.tolist())
    class_id = document.labels.class_of(int(document.labels.ids[row, column]))
    return Hover(column, row, text, None if class_id == UNLABELLED else class_id)
