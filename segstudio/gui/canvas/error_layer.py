"""Where a prediction differs from the labels, on the screen."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from segstudio.core.geometry import Region
from segstudio.core.labels import UNLABELLED, LabelMap, Provenance
from segstudio.gui.canvas.tiles import Pixels
from segstudio.gui.i18n import QT_TRANSLATE_NOOP
from segstudio.gui.levels import from_level

_BACKGROUND = 0

ERRORS: tuple[tuple[str, tuple[int, int, int], float], ...] = (
    (QT_TRANSLATE_NOOP("Tables", "right"), (0, 158, 115), 0.25),
    (QT_TRANSLATE_NOOP("Tables", "missed"), (213, 94, 0), 1.0),
    (QT_TRANSLATE_NOOP("Tables", "too much"), (0, 114, 178), 1.0),
    (QT_TRANSLATE_NOOP("Tables", "wrong class"), (240, 228, 66), 1.0),
)
"""What a pixel can be, its colour (of Okabe and Ito's palette, told apart by everyone) and how much it covers."""
RIGHT, MISSED, EXTRA, CONFUSED, UNKNOWN = range(5)


def errors(truth: NDArray[np.integer], prediction: NDArray[np.integer], known: NDArray[np.bool_]) -> NDArray[np.uint8]:
    """What every pixel is: right, missed, too much, of the wrong class (0..3, as in :data:`ERRORS`); 4 where nothing
    can be said.

    *truth* and *prediction* are class ids of one shape, 255 nothing; class 0 is the background, and a prediction of
    255 counts as that. *known* says where the truth counts.
    """
    said = np.where(prediction == UNLABELLED, _BACKGROUND, prediction)
    result = np.full(truth.shape, CONFUSED, np.uint8)
    result[said == _BACKGROUND] = MISSED
    result[truth == _BACKGROUND] = EXTRA
    result[truth == said] = RIGHT
    result[~known | (truth == UNLABELLED)] = UNKNOWN
    return result


class ErrorPainter:
    """Renders where *prediction* ``(H, W)`` differs from *labels*, as far as those are not a network's own."""

    def __init__(self, labels: LabelMap, prediction: NDArray[np.integer]) -> None:
        self._labels = labels
        self._prediction = prediction
        self._table = np.zeros(5, np.uint32)
        for index, (_, color, cover) in enumerate(ERRORS):
            red, green, blue = (round(part * cover) for part in color)
            self._table[index] = round(255 * cover) << 24 | red << 16 | green << 8 | blue

    def render(self, region: Region, level: int) -> Pixels:
        """The region's errors, premultiplied."""
        y, x = from_level(region, level).slices
        step = 1 << level
        window = slice(y.start, y.stop, step), slice(x.start, x.stop, step)
        truth = self._labels.class_table()[self._labels.ids[window]]
        known = self._labels.provenance[window] != Provenance.MODEL
        result: Pixels = self._table[errors(truth, self._prediction[window], known)]
        return result
