"""Boxes and polygons over the image: drawn once per view into a picture, so that many cost one copy a frame."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPen, QPixmap

from segstudio.core.annotation import Annotation, Box
from segstudio.core.classes import LabelSet
from segstudio.gui.canvas.view import View
from segstudio.gui.tools.hit import Shape, handles

HANDLE = 4
"""Half the side of a handle, in widget pixels."""


class ShapeLayer:
    """Draws all shapes but the selected one into a picture that is kept while neither they nor the view change."""

    def __init__(self) -> None:
        self._key: object = None
        self._picture = QPixmap()

    def draw(
        self,
        painter: QPainter,
        annotation: Annotation,
        classes: LabelSet,
        selected: Shape | None,
        view: View,
        size: QSize,
    ) -> None:
        """Draw *annotation* where *view* says; the selected shape with its handles on top."""
        ratio = painter.device().devicePixelRatioF()
        key = annotation.boxes, annotation.polygons, classes, selected, view, size.toTuple(), ratio
        if key != self._key:
            self._key = key
            self._picture = QPixmap(size * ratio)
            self._picture.setDevicePixelRatio(ratio)
            self._picture.fill(Qt.GlobalColor.transparent)
            brush = QPainter(self._picture)
            brush.setRenderHint(QPainter.RenderHint.Antialiasing)
            shapes: tuple[Shape, ...] = (*annotation.polygons, *annotation.boxes)
            for shape in shapes:
                draw_shape(brush, shape, class_color(classes, shape.class_id), view, selected=shape == selected)
            brush.end()
        painter.drawPixmap(0, 0, self._picture)


def class_color(classes: LabelSet, class_id: int) -> QColor:
    """The class's colour; grey for a class that is gone."""
    return QColor(*classes[class_id].color) if class_id in classes else QColor("#888888")


def draw_shape(painter: QPainter, shape: Shape, color: QColor, view: View, *, selected: bool) -> None:
    """One shape: a dark line under a line in its class's colour, handles where it is selected."""
    path = shape_path(shape, view)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    if selected:
        fill = QColor(color)
        fill.setAlpha(50)
        painter.fillPath(path, fill)
    painter.setPen(QPen(QColor(0, 0, 0, 160), 3.5 if selected else 3))
    painter.drawPath(path)
    painter.setPen(QPen(color, 2 if selected else 1.5))
    painter.drawPath(path)
    if selected:
        painter.setPen(QPen(QColor(0, 0, 0, 200), 1))
        painter.setBrush(QColor("#ffffff"))
        for y, x in handles(shape):
            px, py = view.to_widget(y, x)
            painter.drawRect(QRectF(px - HANDLE, py - HANDLE, 2 * HANDLE, 2 * HANDLE))


def shape_path(shape: Shape, view: View) -> QPainterPath:
    """The outline in widget coordinates; holes are filled by the odd-even rule."""
    path = QPainterPath()
    if isinstance(shape, Box):
        left, top = view.to_widget(shape.y0, shape.x0)
        right, bottom = view.to_widget(shape.y1, shape.x1)
        path.addRect(QRectF(left, top, right - left, bottom - top))
        return path
    path.setFillRule(Qt.FillRule.OddEvenFill)
    for ring in (shape.exterior, *shape.holes):
        points = [QPointF(*view.to_widget(y, x)) for y, x in ring]
        path.moveTo(points[0])
        for point in points[1:]:
            path.lineTo(point)
        path.closeSubpath()
    return path
