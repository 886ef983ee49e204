"""Which part of the image a widget shows: zooming, moving, and from the widget's places to the image's and back."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import QEvent, QPoint, QPointF, Qt, Signal
from PySide6.QtGui import QNativeGestureEvent, QResizeEvent
from PySide6.QtWidgets import QWidget

from segstudio.core.geometry import Region
from segstudio.gui.canvas.screen import Screen
from segstudio.gui.canvas.view import SQUARE, View, fitting

_STEP = 1.25
"""One notch of a wheel, or one act."""


_AROUND = 1.4
"""How much more than a region is shown around it."""
_CLOSEST = 16.0


class Navigation(QWidget):
    """A widget with a view of an image, which follows the widget's size until someone chooses another."""

    zoom_changed = Signal(float)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._shape: tuple[int, int] | None = None
        """Of the image; ``None`` while there is none."""
        self._pixel = SQUARE
        """Height and width of a pixel of the image as it is shown, in proportion."""
        self._view = View()
        self._fitted = True
        self._screen = Screen()

    @property
    def zoom(self) -> float:
        """Widget pixels per image pixel, along its shorter side."""
        return self._view.zoom

    @property
    def pixel_shape(self) -> tuple[float, float]:
        """Height and width of an image pixel as it is shown, in proportion, the shorter one 1."""
        return self._pixel

    def zoom_in(self) -> None:
        self._zoom_at(_STEP, self._middle())

    def zoom_out(self) -> None:
        self._zoom_at(1 / _STEP, self._middle())

    def zoom_fit(self) -> None:
        """Show the whole image, and again when the window changes its size."""
        if self._shape is not None:
            self._set_view(fitting(self._shape, self.width(), self.height(), self._pixel))
            self._fitted = True

    def zoom_actual(self) -> None:
        """One widget pixel along the shorter side of an image pixel."""
        middle = self._middle()
        self._set_view(self._view.at_zoom(1.0, middle.x(), middle.y()))

    def zoom_to(self, region: Region) -> None:
        """Show *region* as large as it fits with some of what is around it; a pixel of it 16 widget pixels at most."""
        height, width = (side * _AROUND * self._pixel[axis] for axis, side in enumerate(region.shape))
        zoom = min(self.height() / max(height, 1), self.width() / max(width, 1), _CLOSEST)
        middle = self._middle()
        self._set_view(self._view.at_zoom(zoom, middle.x(), middle.y()))
        self.center_on((region.y0 + region.y1) / 2, (region.x0 + region.x1) / 2)

    def center_on(self, y: float, x: float) -> None:
        """Bring the image position ``(y, x)`` into the middle."""
        px, py = self._view.to_widget(y, x)
        self._set_view(self._view.moved(self.width() / 2 - px, self.height() / 2 - py))

    def to_widget(self, y: float, x: float) -> QPointF:
        """Where the image position ``(y, x)`` is shown."""
        return QPointF(*self._view.to_widget(y, x))

    def to_image(self, position: QPointF | QPoint) -> tuple[float, float]:
        """The image position ``(y, x)`` shown at a widget position."""
        return self._view.to_image(position.x(), position.y())

    def _reshape(self, pixel: tuple[float, float]) -> None:
        """Show pixels in other proportions, with what lies in the middle staying there."""
        if pixel == self._pixel:
            return
        y, x = self.to_image(self._middle())
        self._pixel = pixel
        if self._fitted:
            self.zoom_fit()
        else:
            self._view = replace(self._view, pixel=pixel)
            self.center_on(y, x)

    # ---- what changes it

    def resizeEvent(self, event: QResizeEvent) -> None:
        if self._fitted:
            self.zoom_fit()
        else:
            self._set_view(self._view)
        super().resizeEvent(event)

    def event(self, event: QEvent) -> bool:
        pinch = isinstance(event, QNativeGestureEvent) and event.gestureType() is Qt.NativeGestureType.ZoomNativeGesture
        if pinch and isinstance(event, QNativeGestureEvent):
            self._zoom_at(1 + event.value(), event.position())
            return True
        return super().event(event)

    def _scroll(self, by: QPoint) -> None:
        self._set_view(self._view.moved(by.x(), by.y()))

    def _middle(self) -> QPointF:
        return QPointF(self.width() / 2, self.height() / 2)

    def _zoom_by(self, steps: float, position: QPointF) -> None:
        """So many notches nearer (or, below 0, further away), with what lies at *position* staying there."""
        self._zoom_at(_STEP**steps, position)

    def _zoom_at(self, factor: float, position: QPointF) -> None:
        self._set_view(self._view.zoomed(factor, position.x(), position.y()))

    def _set_view(self, view: View) -> None:
        if self._shape is None:
            return
        old = self._view
        self._view = self._screen.view = view.kept_in_sight(self._shape, self.width(), self.height())
        self._fitted = False
        self._view_told()
        if self._view.zoom != old.zoom:
            self.zoom_changed.emit(self._view.zoom)
        self.update()

    def _view_told(self) -> None:
        """The view is another now: for those who need to know before the widget is painted."""
