"""A histogram with two ends to drag: which values are shown black and white."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter, QPainterPath, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

from segstudio.gui import theme
from segstudio.gui.fields import ARROWS, wants_key
from segstudio.io.images import Image, sampled

BINS = 128
_SAMPLED_PIXELS = 200_000
_GRIP = 7
_WIDEST = 16.0
"""How many times the span of the image's own values the width can stand for."""


class RangePicker(QWidget):
    """Shows how often each value occurs and lets a person pull the two ends of the range that is shown."""

    changed = Signal(float, float)
    """The ends, while they are dragged."""

    def __init__(self) -> None:
        super().__init__()
        self.minimum, self.maximum = 0.0, 255.0
        self.low, self.high = 0.0, 255.0
        self._counts: NDArray[np.integer] | None = np.zeros(BINS, int)
        """How many values each bar stands for; ``None`` where they are to be counted."""
        self._room = 0.0
        """The widest span that the width can stand for."""
        self._values = np.zeros(0)
        """Some of the image's, where they are not of 8 bits."""
        self._held = ""
        self._grip = 0.0
        self.setMinimumHeight(56)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)

    def sizeHint(self) -> QSize:
        return QSize(180, 56)

    def set_image(self, image: Image) -> None:
        """Show the values of *image*."""
        pixels = sampled(image, _SAMPLED_PIXELS // image.channels)
        self._values = np.zeros(0)
        if pixels.dtype == np.uint8:  # on the way to every next image: counting is faster than sorting into bins
            self.minimum, self.maximum = 0.0, 255.0
            self._counts = np.bincount(pixels.ravel(), minlength=256).reshape(BINS, -1).sum(axis=1)
            self.update()
            return
        values = np.asarray(pixels, np.float64).ravel()
        self._values = values[np.isfinite(values)]
        if self._values.size:
            self.minimum, self.maximum = float(self._values.min()), float(self._values.max())
        self._spread(self.minimum, self.maximum if self.maximum > self.minimum else self.minimum + 1)
        self._room = _WIDEST * (self.maximum - self.minimum)

    def _spread(self, minimum: float, maximum: float) -> None:
        """Have the width stand for the values between these two."""
        self.minimum, self.maximum = minimum, maximum
        self._counts = None
        self.update()

    @property
    def _heights(self) -> NDArray[np.float64]:
        """Of the bars, 0..1. Counted when they are seen: on the way to the next slice that would be twice in vain."""
        if self._counts is None:
            self._counts = np.histogram(self._values, BINS, (self.minimum, self.maximum))[0]
        shown = np.sqrt(self._counts)  # a large background does not flatten everything else
        heights: NDArray[np.float64] = shown / max(1.0, float(shown.max()))
        return heights

    def set_range(self, low: float, high: float) -> None:
        """Show these ends, without telling. Where they lie outside of the image's own values, as those of a stack that
        a dark slice is of, they are made room for as far as the image's values can still be seen."""
        self.low, self.high = low, high
        least, greatest = min(low, self.minimum), max(high, self.maximum)
        outside = (least, greatest) != (self.minimum, self.maximum)
        if outside and not self._held and self._values.size and greatest - least <= self._room:
            self._spread(least, greatest)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        frame = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
        painter.setPen(theme.color("accent" if self.hasFocus() else "border"))
        painter.setBrush(theme.color("base"))
        painter.drawRoundedRect(frame, 4, 4)
        self._paint_histogram(painter)
        self._paint_ends(painter)

    def _paint_histogram(self, painter: QPainter) -> None:
        bottom, tall = self.height() - 4.0, self.height() - 12.0
        xs = np.linspace(_GRIP, self.width() - _GRIP, BINS)
        points = [QPointF(x, bottom - tall * h) for x, h in zip(xs, self._heights, strict=True)]
        outline = QPolygonF([QPointF(_GRIP, bottom), *points, QPointF(self.width() - _GRIP, bottom)])
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.color("border_strong" if self.isEnabled() else "border"))
        painter.drawPolygon(outline)

    def _paint_ends(self, painter: QPainter) -> None:
        left, right = self._x(self.low), self._x(self.high)
        shade = theme.color("accent")
        shade.setAlpha(40)
        painter.fillRect(QRectF(left, 2, max(1.0, right - left), self.height() - 4), shade)
        painter.setBrush(theme.color("accent"))
        for x in (left, right):
            painter.setPen(QPen(theme.color("accent"), 2))
            painter.drawLine(QPointF(x, 2), QPointF(x, self.height() - 2))
            grip = QPainterPath()
            grip.addRoundedRect(QRectF(x - 4, self.height() / 2 - 8, 8, 16), 3, 3)
            painter.drawPath(grip)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        x = event.position().x()
        left, right = self._x(self.low), self._x(self.high)
        near = min((abs(x - left), "low"), (abs(x - right), "high"))
        self._held = near[1] if near[0] <= 2 * _GRIP else ("both" if left < x < right else near[1])
        self._grip = self._value(x)
        self._drag(x)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._held:
            self._drag(event.position().x())

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._held = ""

    def event(self, event: QEvent) -> bool:
        return wants_key(event, ARROWS) or super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        steps = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}
        by = steps.get(Qt.Key(event.key()), 0) * (self.maximum - self.minimum) / 100
        if not by:
            super().keyPressEvent(event)
            return
        high_only = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        self._set(self.low if high_only else self.low + by, self.high + by)

    def _drag(self, x: float) -> None:
        value = self._value(x)
        if self._held == "low":
            self._set(min(value, self.high - self._least), self.high)
        elif self._held == "high":
            self._set(self.low, max(value, self.low + self._least))
        elif value != self._grip:
            by, self._grip = value - self._grip, value
            self._set(self.low + by, self.high + by)

    @property
    def _least(self) -> float:
        return (self.maximum - self.minimum) / 256

    def _set(self, low: float, high: float) -> None:
        self.set_range(low, high)
        self.changed.emit(low, high)

    def _x(self, value: float) -> float:
        share = (value - self.minimum) / (self.maximum - self.minimum)
        return float(_GRIP + min(1.0, max(0.0, share)) * (self.width() - 2 * _GRIP))

    def _value(self, x: float) -> float:
        share = (x - _GRIP) / max(1, self.width() - 2 * _GRIP)
        return self.minimum + min(1.0, max(0.0, share)) * (self.maximum - self.minimum)
