"""Letters at the edges of the canvas that tell where the image leads to in the patient."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRect
from PySide6.QtGui import QColor, QPainter

from segstudio.io.images import Image

_EDGE = 6
_LIGHT, _DARK = QColor(255, 211, 77), QColor(0, 0, 0, 200)
"""Seen on black and on white, in both themes."""


def letters(image: Image) -> tuple[str, str, str, str] | None:
    """What lies at the left, top, right and bottom edge: R L A P S I; ``None`` where the file does not tell."""
    codes = image.orientation
    if codes is None:
        return None
    down, right = codes[0], codes[1]
    return _opposite(right), _opposite(down), right, down


def paint_directions(painter: QPainter, area: QRect, image: Image) -> None:
    """Write the letters at the edges of *area*, each twice so that they are seen on any image."""
    told = letters(image)
    if told is None:
        return
    metrics = painter.fontMetrics()
    high, middle = metrics.ascent(), QPointF(area.center())
    places = (
        QPointF(area.left() + _EDGE, middle.y() + high / 2),
        QPointF(middle.x() - metrics.horizontalAdvance(told[1]) / 2, area.top() + _EDGE + high),
        QPointF(area.right() - _EDGE - metrics.horizontalAdvance(told[2]), middle.y() + high / 2),
        QPointF(middle.x() - metrics.horizontalAdvance(told[3]) / 2, area.bottom() - _EDGE - metrics.descent()),
    )
    for text, place in zip(told, places, strict=True):
        painter.setPen(_DARK)
        for x, y in ((-1, 0), (1, 0), (0, -1), (0, 1)):
            painter.drawText(place + QPointF(x, y), text)
        painter.setPen(_LIGHT)
        painter.drawText(place, text)


def _opposite(code: str) -> str:
    return "RLAPSI"["LRPAIS".index(code)]
