"""The fill: a connected area of one label gets another."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from segstudio.core.geometry import Region
from segstudio.gui.i18n import QT_TRANSLATE_NOOP
from segstudio.gui.tools.base import Hand, Pointer, Strokes
from segstudio.gui.tools.flood import connected

FILL = QT_TRANSLATE_NOOP("Edits", "Fill")


def drag(hand: Hand, start: Pointer) -> Strokes:
    """Fill at the press; what follows does nothing."""
    if hand.inside(start):
        ids = hand.document.labels.ids
        wanted = ids[start.pixel]

        def same(region: Region) -> NDArray[np.uint8]:
            equal: NDArray[np.bool_] = ids[region.slices] == wanted
            return equal.view(np.uint8)

        region, mask = connected(same, start.pixel, hand.shape)
        hand.write(region, mask, hand.value(start), FILL)
    yield from ()
