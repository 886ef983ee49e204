"""The magic wand: what is connected to a pixel and looks like it. Dragging sideways says how alike."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from segstudio.core.geometry import Region
from segstudio.core.labels import UNLABELLED, Provenance
from segstudio.gui.tools.base import Hand, Kind, Pointer, Strokes
from segstudio.gui.tools.fill import connected

REACH = 1024
"""How far from the pressed pixel the wand looks, so that a press costs the same on an image of any size."""
START_TOLERANCE = 0.08
"""Of the image's value range."""
_PER_PIXEL = 0.002
"""Tolerance gained per dragged pixel of a hundredth of the image's width."""


def drag(hand: Hand, start: Pointer) -> Strokes:
    """Mark at the press, again at every move with another tolerance, for good at the release."""
    image = hand.document.image
    if image is None or not hand.inside(start):
        return
    labels = hand.document.labels
    value = UNLABELLED if start.secondary else hand.document.active_class
    around = Region(int(start.y) - REACH, int(start.x) - REACH, int(start.y) + REACH, int(start.x) + REACH)
    around = around & labels.region
    values = comparable(image.array[around.slices])
    seed = int(start.y) - around.y0, int(start.x) - around.x0
    unit = max(1.0, labels.shape[1] / 500)
    with hand.document.edit("Wand"):
        before: tuple[Region, NDArray[np.uint16], NDArray[np.uint8]] | None = None
        pointer: Pointer | None = start
        while pointer is not None:
            tolerance = float(np.clip(START_TOLERANCE + _PER_PIXEL * (pointer.x - start.x) / unit, 0.0, 1.0))
            part, mask = alike(values, seed, tolerance)
            region = part.shifted(around.y0, around.x0)
            if before is not None:
                labels.restore(*before)
            before = region, labels.ids[region.slices].copy(), labels.provenance[region.slices].copy()
            labels.write(region, value, mask, source=Provenance.HUMAN)
            pointer = None if pointer.kind is Kind.RELEASE else (yield)


def comparable(array: NDArray[np.generic]) -> NDArray[np.float32]:
    """``(H, W, C)`` float32 with the range of *array* scaled to [0, 1]."""
    values = np.nan_to_num(array.astype(np.float32))
    values = values[..., None] if values.ndim == 2 else values
    low, high = float(values.min()), float(values.max())
    return np.ascontiguousarray((values - low) / max(high - low, 1e-12), dtype=np.float32)


def alike(values: NDArray[np.float32], seed: tuple[int, int], tolerance: float) -> tuple[Region, NDArray[np.bool_]]:
    """The 4-connected pixels around *seed* within *tolerance* of its value in every channel: region and mask."""
    near = (np.abs(values - values[seed]) <= tolerance).all(axis=2)
    return connected(near.astype(np.uint16), *seed)
