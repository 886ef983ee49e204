"""What was painted last, kept: a small change costs its rectangle, a move costs the strips that come into sight, and a
zoom shows the old picture in the new size until the new one is there."""

from __future__ import annotations

import time
from collections.abc import Callable

from PySide6.QtCore import QPoint, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPixmap, QRegion

from segstudio.gui.canvas.view import View

Paint = Callable[[QPainter, View, QRect], None]
"""Paints what a view shows in a rectangle; both in the pixels of the screen."""
Ready = Callable[[View, QRect, float], bool]
"""Makes what :data:`Paint` needs until this thread has worked up to a time; whether all of it is there."""

_MANY_PIECES = 8
_SECONDS = 0.006
"""Of this thread, for what is painted at once after a zoom: a person who turns the wheel must not wait."""
_BLOCK = 320, 240
"""Pixels of the screen, wide and high, that are painted between two looks at the clock."""


class Picture:
    """A pixmap the size of the widget, in the pixels of the screen, that knows which parts of it are out of date."""

    def __init__(self, background: QColor | Qt.GlobalColor, *, by_and_by: bool = False) -> None:
        """*by_and_by*: after a zoom :meth:`updated` paints what it can in a moment, and is to be called again while
        there is something :attr:`unfinished`."""
        self.background = background
        self._by_and_by = by_and_by
        self._hurried = False
        self._pixmap = QPixmap()
        self._before: tuple[QPixmap, View] | None = None
        """The picture before a zoom and what it showed, until it is known how much of the new one it must stand for."""
        self._view = View()
        self._stale = QRegion()

    def spoil(self, rect: QRect | None = None) -> None:
        """*rect* (or all), in the pixels of the screen, is to be painted anew."""
        whole = self._pixmap.rect()
        self._hurried = self._hurried and rect is not None
        self._stale = QRegion(whole) if rect is None else self._stale.united(rect.intersected(whole))

    def updated(self, paint: Paint, view: View, size: QSize, ratio: float, ready: Ready = lambda *_: True) -> QPixmap:
        """The pixmap as *view* (in the widget's pixels) shows it in a widget of *size*; *paint* fills what is stale.

        Where it does so by and by, *ready* is asked first.
        """
        self._resize(size, ratio)
        self._move(view.on_device(ratio))
        if self._hurried:
            self._fill_some(paint, ready)
        else:
            for rect in _pieces(self._stale):
                self._fill(paint, rect)
            self._stale = QRegion()
        return self._pixmap

    @property
    def unfinished(self) -> bool:
        """Whether parts still show the old picture in the new size."""
        return self._hurried

    def _fill_some(self, paint: Paint, ready: Ready) -> None:
        end = time.thread_time() + _SECONDS
        for rect in _blocks(self._stale.boundingRect(), self._pixmap.rect().center()):
            if self._stale.intersects(rect):
                if not ready(self._view, rect, end):
                    break
                self._fill(paint, rect)
                self._stale = self._stale.subtracted(rect)
                if time.thread_time() > end:
                    break
        self._hurried = not self._stale.isEmpty()
        before, self._before = self._before, None
        if before is not None and self._hurried:
            self._stretch(*before)

    def _resize(self, size: QSize, ratio: float) -> None:
        wanted = QSize(round(size.width() * ratio), round(size.height() * ratio))
        if self._pixmap.size() != wanted or self._pixmap.devicePixelRatioF() != ratio:
            self._pixmap = self._blank(wanted, ratio)
            self.spoil()

    def _blank(self, size: QSize, ratio: float) -> QPixmap:
        pixmap = QPixmap(size)
        pixmap.setDevicePixelRatio(ratio)
        if self.background == Qt.GlobalColor.transparent:
            pixmap.fill(Qt.GlobalColor.transparent)  # gives it an alpha channel
        return pixmap

    def _move(self, view: View) -> None:
        old, self._view = self._view, view
        if view == old:
            return
        dx, dy = round(view.left - old.left), round(view.top - old.top)
        whole = self._pixmap.rect()
        there = whole.translated(dx, dy).intersected(whole)
        even = abs(view.left - old.left - dx) + abs(view.top - old.top - dy) < 1e-6
        reshaped, calm = view.pixel != old.pixel, self._hurried or self._stale.isEmpty()
        if view.zoom != old.zoom and not reshaped and self._by_and_by and calm:
            self._before = self._pixmap, old
            self._pixmap = self._blank(self._pixmap.size(), self._pixmap.devicePixelRatioF())
            self._stale, self._hurried = QRegion(self._pixmap.rect()), True
            return
        if view.zoom != old.zoom or reshaped or not even or there.isEmpty():
            self.spoil()
            return
        self._pixmap.scroll(dx, dy, whole)
        self._stale = self._stale.translated(dx, dy).united(QRegion(whole).subtracted(there)).intersected(whole)

    def _stretch(self, before: QPixmap, old: View) -> None:
        """Show what there was where the new picture is not painted yet, as large as it will be."""
        before.setDevicePixelRatio(1)
        ratio, scale = self._pixmap.devicePixelRatioF(), self._view.zoom / old.zoom
        self._pixmap.setDevicePixelRatio(1)
        painter = QPainter(self._pixmap)
        painter.setClipRegion(self._stale)
        painter.fillRect(self._pixmap.rect(), self.background)
        left, top = self._view.left - old.left * scale, self._view.top - old.top * scale
        target = QRectF(left, top, before.width() * scale, before.height() * scale)
        painter.drawPixmap(target, before, QRectF(before.rect()))
        painter.end()
        self._pixmap.setDevicePixelRatio(ratio)

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


def _blocks(area: QRect, middle: QPoint) -> list[QRect]:
    """*area* in blocks, the nearest to *middle* first."""
    wide, high = _BLOCK
    blocks = [
        QRect(x, y, wide, high).intersected(area)
        for y in range(area.top(), area.bottom() + 1, high)
        for x in range(area.left(), area.right() + 1, wide)
    ]
    return sorted(blocks, key=lambda block: (block.center() - middle).manhattanLength())
