"""GrabCut: a box around an object cuts it out of its background."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from segstudio.core.annotation import Box
from segstudio.core.geometry import Region
from segstudio.core.labels import UNLABELLED, Provenance
from segstudio.core.progress import Work
from segstudio.gui.i18n import QT_TRANSLATE_NOOP
from segstudio.gui.levels import at_level
from segstudio.gui.tools.base import Hand, Mask, Pointer, Rubber, Strokes
from segstudio.gui.tools.box import corners, drawn

GRABCUT = QT_TRANSLATE_NOOP("Edits", "GrabCut")
_MAX_PIXELS = 500_000
"""A larger piece of the image is looked at in less detail."""
_CONTEXT = 0.4
"""How much around the box tells what the background looks like, in sides of the box."""


def drag(hand: Hand, start: Pointer) -> Strokes:
    """Drag the box; the object is written when it is found. Escape gives up.

    What is found is a computation's opinion, so it never covers a human's pixels, and propagation may revise it.
    """
    box = yield from drawn(hand, start)
    if box is None:
        return
    around, level = _context(hand, box)
    picture = np.ascontiguousarray(hand.looks(around, level))
    inner = at_level(_region(box), level).shifted(-around.y0, -around.x0)
    pending = hand.compute("GrabCut", _cut_out(picture, inner))
    ends = corners((box.y0, box.x0), (box.y1, box.x1))
    hand.rubber = Rubber(ends, closed=True, text="…")
    try:
        while not pending.done:
            yield
    finally:
        pending.stop()
        hand.rubber = None
    if pending.result is not None:
        region, mask = _object(hand, pending.result, around, level, box)
        value = hand.value(start)
        source = Provenance.HUMAN if value == UNLABELLED else Provenance.PROPAGATED
        hand.write(region, mask, value, GRABCUT, source=source)


def _context(hand: Hand, box: Box) -> tuple[Region, int]:
    """The region to look at, in the pixels of a level that is coarse enough, and that level."""
    height, width = hand.shape
    dy, dx = 8 + round(_CONTEXT * (box.y1 - box.y0)), 8 + round(_CONTEXT * (box.x1 - box.x0))
    wide = Region(box.y0 - dy, box.x0 - dx, box.y1 + dy, box.x1 + dx) & Region(0, 0, height, width)
    level = 0
    while (wide.height >> level) * (wide.width >> level) > _MAX_PIXELS:
        level += 1
    return at_level(wide, level), level


def _cut_out(picture: NDArray[np.uint8], box: Region) -> Callable[[], Work[Mask]]:
    def work() -> Work[Mask]:
        from segstudio.algorithms import boxes  # loads numba

        around_object = (1, box.x0, box.y0, box.x1, box.y1)
        found = yield from boxes.pseudo_labelling(picture, [around_object], method="grabcut")
        inside: Mask = found.labels == 1
        return inside

    return work


def _object(hand: Hand, found: Mask, around: Region, level: int, box: Box) -> tuple[Region, Mask]:
    """The mask in full detail, inside the box."""
    import cv2

    step = 1 << level
    size = (found.shape[1] * step, found.shape[0] * step)
    fine = cv2.resize(found.astype(np.float32), size, interpolation=cv2.INTER_LINEAR) > 0.5 if level else found
    region = _region(box) & Region.of(hand.shape)
    return region, fine[region.shifted(-around.y0 * step, -around.x0 * step).slices]


def _region(box: Box) -> Region:
    return Region(box.y0, box.x0, box.y1, box.x1)
