"""Boxes and polygons over the image: all but the selected one are painted once and kept, so that many cost one copy."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPointF, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPen, QPixmap, QPolygonF, QTransform, qGray

from segstudio.core.annotation import Annotation, Box
from segstudio.core.classes import LabelSet
from segstudio.gui.canvas.picture import Picture
from segstudio.gui.canvas.view import View
from segstudio.gui.tools.hit import Shape, handles, rings

HANDLE = 4
"""Half the side of a handle, in widget pixels."""
_DARK = 80
"""Grey below which a class's colour is lost in the shadows of a photograph."""
_LIGHT = 140
"""Grey from which on black is read better than white."""
_MANY_NAMES = 300
"""More on one screen hide the image, and take longer than a frame."""
_MANY_POINTS = 4000
"""From here on shapes are drawn with thin lines, which Qt draws ten times as fast as wide ones."""


class ShapeLayer:
    """The shapes of one sample."""

    def __init__(self) -> None:
        self._picture = Picture(Qt.GlobalColor.transparent)
        self._shapes: tuple[Shape, ...] = ()
        self._classes = LabelSet()
        self._paths: dict[int, tuple[Shape, QPainterPath]] = {}
        self._thin = False

    def still(
        self,
        annotation: Annotation,
        classes: LabelSet,
        selected: Sequence[Shape],
        view: View,
        size: QSize,
        ratio: float,
        hidden: frozenset[int] = frozenset(),
    ) -> QPixmap:
        """Shapes but the *selected* ones and those of *hidden* classes, as *view* shows them in a widget of *size*."""
        apart = {id(shape) for shape in selected}
        shapes = tuple(shape for shape in _all(annotation) if id(shape) not in apart and shape.class_id not in hidden)
        if shapes != self._shapes or classes is not self._classes:
            self._shapes, self._classes = shapes, classes
            self._paths = {id(shape): self._paths.get(id(shape)) or (shape, shape_path(shape)) for shape in shapes}
            self._thin = sum(path.elementCount() for _, path in self._paths.values()) > _MANY_POINTS
            self._picture.spoil()
        return self._picture.updated(self._paint, view, size, ratio)

    def _paint(self, painter: QPainter, view: View, rect: QRect) -> None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        seen = QRectF(rect.adjusted(-4, -4, 4, 4))
        place = _placed(view)
        for shape, path in self._paths.values():
            if place.mapRect(path.controlPointRect()).intersects(seen):
                _outline(painter, path, place, class_color(self._classes, shape.class_id), thin=self._thin)


class PickedLayer:
    """Several selected shapes: bright lines without handles, lightly filled."""

    def __init__(self) -> None:
        self._picture = Picture(Qt.GlobalColor.transparent)
        self._shapes: tuple[Shape, ...] = ()
        self._classes = LabelSet()
        self._paths: list[tuple[QPainterPath, QColor]] = []
        self._thin = False

    def still(self, shapes: tuple[Shape, ...], classes: LabelSet, view: View, size: QSize, ratio: float) -> QPixmap:
        """*shapes* as *view* shows them in a widget of *size*."""
        if shapes is not self._shapes or classes is not self._classes:
            self._shapes, self._classes = shapes, classes
            self._paths = [(shape_path(shape), class_color(classes, shape.class_id)) for shape in shapes]
            self._thin = sum(path.elementCount() for path, _ in self._paths) > _MANY_POINTS
            self._picture.spoil()
        return self._picture.updated(self._paint, view, size, ratio)

    def _paint(self, painter: QPainter, view: View, rect: QRect) -> None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, not self._thin)
        seen = QRectF(rect.adjusted(-6, -6, 6, 6))
        place = _placed(view)
        for path, color in self._paths:
            if place.mapRect(path.controlPointRect()).intersects(seen):
                _bright(painter, place.map(path), color, thin=self._thin)
        painter.setBrush(Qt.BrushStyle.NoBrush)


def _bright(painter: QPainter, path: QPainterPath, color: QColor, *, thin: bool) -> None:
    """A filled shape whose line in the class's colour lies upon a broad white one, as no other shape's does."""
    fill = QColor(color)
    fill.setAlpha(70)
    painter.fillPath(path, fill)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    light = QColor("#ffffff")
    for line, width in ((light, 1.0),) if thin else ((QColor(0, 0, 0, 200), 6.0), (light, 4.0), (color, 1.6)):
        painter.setPen(QPen(line, width))
        painter.drawPath(path)


def _all(annotation: Annotation) -> tuple[Shape, ...]:
    """From the bottom up."""
    return (*annotation.polygons, *annotation.boxes)


def draw_names(
    painter: QPainter, annotation: Annotation, classes: LabelSet, view: View, size: QSize, hidden: frozenset[int]
) -> None:
    """The class's name at the upper left corner of each shape that is in sight; of very many the first."""
    seen = QRectF(0, 0, size.width(), size.height())
    place, metrics, shown = _placed(view), painter.fontMetrics(), 0
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    for shape in _all(annotation):
        if shape.class_id in hidden or shape.class_id not in classes or shown == _MANY_NAMES:
            continue
        bounds = place.mapRect(shape_path(shape).controlPointRect())
        if not bounds.intersects(seen):
            continue
        shown += 1
        name, color = classes[shape.class_id].name, class_color(classes, shape.class_id)
        tag = QRectF(
            bounds.left(), bounds.top() - metrics.height(), metrics.horizontalAdvance(name) + 8, metrics.height()
        )
        tag.moveTop(max(tag.top(), 0.0))
        tag.moveLeft(max(tag.left(), 0.0))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(color)
        painter.drawRoundedRect(tag, 3, 3)
        painter.setPen(QColor("#ffffff") if qGray(color.rgb()) < _LIGHT else QColor("#000000"))
        painter.drawText(tag, Qt.AlignmentFlag.AlignCenter, name)
    painter.setBrush(Qt.BrushStyle.NoBrush)


def draw_selected(painter: QPainter, shape: Shape, color: QColor, view: View) -> None:
    """The selected shape, lightly filled, with its handles; *painter* and *view* in the widget's pixels."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    path = _placed(view).map(shape_path(shape))
    fill = QColor(color)
    fill.setAlpha(50)
    painter.fillPath(path, fill)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for line, width in ((around(color), 4.0), (color, 2.0)):
        painter.setPen(QPen(line, width))
        painter.drawPath(path)
    painter.setPen(QPen(QColor(0, 0, 0, 200), 1))
    painter.setBrush(QColor("#ffffff"))
    side = 2 * HANDLE
    painter.drawRects([QRectF(x - HANDLE, y - HANDLE, side, side) for x, y in _spread(shape, view)])


def class_color(classes: LabelSet, class_id: int) -> QColor:
    """The class's colour; grey for a class that is gone."""
    return QColor(*classes[class_id].color) if class_id in classes else QColor("#888888")


def around(color: QColor) -> QColor:
    """What sets a line of *color* off from an image as dark, or as light, as it is."""
    return QColor(255, 255, 255, 175) if qGray(color.rgb()) < _DARK else QColor(0, 0, 0, 165)


def shape_path(shape: Shape) -> QPainterPath:
    """The outline in image coordinates (x, y); holes are left out by the odd-even rule."""
    path = QPainterPath()
    if isinstance(shape, Box):
        path.addRect(QRectF(shape.x0, shape.y0, shape.x1 - shape.x0, shape.y1 - shape.y0))
        return path
    path.setFillRule(Qt.FillRule.OddEvenFill)
    for ring in rings(shape):
        path.addPolygon(QPolygonF([QPointF(x, y) for y, x in ring]))
        path.closeSubpath()
    return path


def _outline(painter: QPainter, path: QPainterPath, place: QTransform, color: QColor, *, thin: bool) -> None:
    """A line of the class's colour beside or upon a dark or light one, so that it shows on any image."""
    painter.setBrush(Qt.BrushStyle.NoBrush)
    rim = around(color)
    for line, width, shift in ((rim, 1.0, 1), (color, 1.0, 0)) if thin else ((rim, 3.0, 0), (color, 1.6, 0)):
        pen = QPen(line, width)
        pen.setCosmetic(True)
        painter.setPen(pen)
        painter.setTransform(place * QTransform.fromTranslate(shift, shift))
        painter.drawPath(path)
    painter.resetTransform()


def _placed(view: View) -> QTransform:
    return QTransform(view.across, 0, 0, view.down, view.left, view.top)


def _spread(shape: Shape, view: View) -> list[tuple[float, float]]:
    """Where handles are shown: of those that would lie upon each other, the first."""
    kept: dict[tuple[int, int], tuple[float, float]] = {}
    for y, x in handles(shape):
        px, py = view.to_widget(y, x)
        kept.setdefault((int(px // (3 * HANDLE)), int(py // (3 * HANDLE))), (px, py))
    return list(kept.values())
