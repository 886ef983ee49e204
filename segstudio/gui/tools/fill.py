"""The fill: a connected area of one label gets another."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from segstudio.core.geometry import Region
from segstudio.core.labels import UNLABELLED, Provenance
from segstudio.gui.tools.base import Hand, Pointer, Strokes


def drag(hand: Hand, start: Pointer) -> Strokes:
    """Fill at the press; what follows does nothing."""
    if hand.inside(start):
        labels = hand.document.labels
        region, mask = connected(labels.ids, int(start.y), int(start.x))
        with hand.document.edit("Fill"):
            value = UNLABELLED if start.secondary else hand.document.active_class
            labels.write(region, value, mask, source=Provenance.HUMAN)
    yield from ()


def connected(ids: NDArray[np.uint16], y: int, x: int) -> tuple[Region, NDArray[np.bool_]]:
    """The 4-connected area of the pixel's id: its bounding region and mask."""
    same = (ids == ids[y, x]).astype(np.uint8)
    mask = np.zeros((ids.shape[0] + 2, ids.shape[1] + 2), np.uint8)
    flags = 4 | cv2.FLOODFILL_MASK_ONLY | (1 << 8)
    _, _, _, (left, top, width, height) = cv2.floodFill(same, mask, (x, y), 0, flags=flags)
    region = Region(top, left, top + height, left + width)
    window = region.shifted(1, 1).slices
    return region, mask[window].astype(bool)
