"""What was painted last, kept: a small change costs its rectangle, a move costs the strips that come into sight."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPixmap, QRegion

from segstudio.gui.canvas.view import View

Paint = Callable[[QPainter, View, QRect], None]
"""Paints what a view shows in a rectangle; both in the pixels of the screen."""

_MANY_PIECES = 8


class Picture:
    """A pixmap the size of the widget, in the pixels of the screen, that knows which parts of it are out of date."""

    def __init__(self, background: QColor | Qt.GlobalColor) -> None:
        self.background = background
        self._pixmap = QPixmap()
        self._view = View()
        self._stale = QRegion()

    def spoil(self, rect: QRect | None = None) -> None:
        """*rect* (or all), in the pixels of the screen, is to be painted anew."""
        whole = self._pixmap.rect()
        self._stale = QRegion(whole) if rect is None else self._stale.united(rect.intersected(whole))

    def updated(self, paint: Paint, view: View, size: QSize, ratio: float) -> QPixmap:
        """The pixmap as *view* (in the widget's pixels) shows it in a widget of *size*; *paint* fills what is stale."""
        self._resize(size, ratio)
        self._move(view.on_device(ratio))
        for rect in _pieces(self._stale):
            self._fill(paint, rect)
        self._stale = QRegion()
        return self._pixmap

    def _resize(self, size: QSize, ratio: float) -> None:
        wanted = QSize(round(size.width() * ratio), round(size.height() * ratio))
        if self._pixmap.size() != wanted or self._pixmap.devicePixelRatioF() != ratio:
            self._pixmap = QPixmap(wanted)
            self._pixmap.setDevicePixelRatio(ratio)
            if self.background == Qt.GlobalColor.transparent:
                self._pixmap.fill(Qt.GlobalColor.transparent)  # gives it an alpha channel
            self.spoil()

    def _move(self, view: View) -> None:
        old, self._view = self._view, view
        if view == old:
            return
        dx, dy = round(view.left - old.left), round(view.top - old.top)
        whole = self._pixmap.rect()
        there = whole.translated(dx, dy).intersected(whole)
        even = abs(view.left - old.left - dx) + abs(view.top - old.top - dy) < 1e-6
        if view.zoom != old.zoom or not even or there.isEmpty():
            self.spoil()
            return
        self._pixmap.scroll(dx, dy, whole)
        self._stale = self._stale.translated(dx, dy).united(QRegion(whole).subtracted(there)).intersected(whole)

    def _fill(self, paint: Paint, rect: QRect) -> None:
        ratio = self._pixmap.devicePixelRatioF()
        self._pixmap.setDevicePixelRatio(1)
        painter = QPainter(self._pixmap)
        painter.setClipRect(rect)
        painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_Source)
        painter.fillRect(rect, self.background)
        painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_SourceOver)
        paint(painter, self._view, rect)
        painter.end()
        self._pixmap.setDevicePixelRatio(ratio)


def _pieces(region: QRegion) -> list[QRect]:
    if region.isEmpty():
        return []
    if region.rectCount() > _MANY_PIECES:
        return [region.boundingRect()]
    pieces: list[QRect] = list(region)  # type: ignore[call-overload]  # PySide6 types do not know that it iterates
    return pieces
