"""The lasso: a line drawn around an area fills it."""

from __future__ import annotations

import numpy as np

from segstudio.algorithms import raster
from segstudio.gui.i18n import QT_TRANSLATE_NOOP
from segstudio.gui.tools.base import Hand, Kind, Pointer, Rubber, Strokes

LASSO = QT_TRANSLATE_NOOP("Edits", "Lasso")


def drag(hand: Hand, start: Pointer) -> Strokes:
    """Follow the pointer until release, then fill what it went around."""
    line = [start.point]
    pointer = start
    while pointer.kind is not Kind.RELEASE:
        pointer = yield
        if pointer.point != line[-1]:
            line.append(pointer.point)
            hand.rubber = Rubber(tuple(line), closed=True)
    hand.rubber = None
    if len(line) > 2:
        region, mask = raster.polygon(np.array(line), hand.shape)
        hand.write(region, mask, hand.value(start), LASSO)
