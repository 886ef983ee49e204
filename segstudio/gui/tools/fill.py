"""The fill: a connected area of one label gets another."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from segstudio.core.geometry import Region
from segstudio.gui.i18n import QT_TRANSLATE_NOOP
from segstudio.gui.tools.base import Ghost, Hand, Kind, Pointer, Strokes
from segstudio.gui.tools.flood import connected

FILL = QT_TRANSLATE_NOOP("Edits", "Fill")


def drag(hand: Hand, start: Pointer) -> Strokes:
    """Show the area at the press, fill it at the release."""
    if not hand.inside(start):
        return
    ids = hand.document.labels.ids
    wanted = ids[start.pixel]

    def same(region: Region) -> NDArray[np.uint8]:
        equal: NDArray[np.bool_] = ids[region.slices] == wanted
        return equal.view(np.uint8)

    value, pointer = hand.value(start), start
    region, mask = connected(same, start.pixel, hand.shape)
    hand.ghost = Ghost(region, mask, value)
    while pointer.kind is not Kind.RELEASE:
        pointer = yield
    hand.show_nothing()
    hand.write(region, mask, value, FILL)
