"""What lies over the picture while someone works: the tool's lines, what it would change, the brush, texts."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPen, QPolygonF, QRegion

from segstudio.core.geometry import Region
from segstudio.gui import theme
from segstudio.gui.canvas.view import View
from segstudio.gui.tools import Ghost, Rubber

_DARK = QColor(0, 0, 0, 180)
_LIGHT = QColor(255, 255, 255)
_MAX_POINTS = 2000
"""A longer line is thinned out: no screen shows more."""


def draw_rubber(painter: QPainter, rubber: Rubber, view: View, size: QSize) -> None:
    """The lines and marks of a tool at work, in a widget of *size*."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    stride = max(1, len(rubber.points) // _MAX_POINTS)
    points = [QPointF(*view.to_widget(y, x)) for y, x in (*rubber.points[:-1:stride], *rubber.points[-1:])]
    line = QPolygonF(points)
    for color, width in ((_DARK, 3.0), (_LIGHT, 1.4)):
        painter.setPen(QPen(color, width))
        (painter.drawPolygon if rubber.closed else painter.drawPolyline)(line)
    painter.setBrush(_LIGHT)
    painter.setPen(QPen(QColor(0, 0, 0, 200), 1))
    for y, x in rubber.dots:
        painter.drawEllipse(QPointF(*view.to_widget(y, x)), 3.5, 3.5)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    if rubber.text and points:
        _draw_tag(painter, points[-1], rubber.text, size)


def draw_ghost(painter: QPainter, ghost: Ghost, color: QColor, view: View) -> None:
    """What a tool would change, in the colour that it would get."""
    mask = ghost.mask
    if not mask.size:
        return
    pixels = mask.astype("u1") * 255
    shade = QImage(pixels.data, mask.shape[1], mask.shape[0], mask.shape[1], QImage.Format.Format_Indexed8)
    tint = QColor(color)
    tint.setAlpha(150)
    shade.setColorTable([0] * 255 + [tint.rgba()])
    left, top, right, bottom = view.widget_edges(ghost.region)
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, view.zoom < 1)
    painter.drawImage(QRect(left, top, right - left, bottom - top), shade)


def draw_brush(painter: QPainter, at: QPointF, radius: float, color: QColor | None) -> None:
    """The brush in its true size; *color* marks its middle."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for line, wider in ((_DARK, 1.0), (_LIGHT, 0.0)):
        painter.setPen(QPen(line, 1.2))
        painter.drawEllipse(at, radius + wider, radius + wider)
    if color is not None and radius > 5:
        painter.setPen(QPen(_DARK, 0.8))
        painter.setBrush(color)
        painter.drawEllipse(at, 2, 2)
        painter.setBrush(Qt.BrushStyle.NoBrush)


def draw_frame(painter: QPainter, region: Region, view: View) -> None:
    """A broken line around *region*, light upon dark."""
    left, top, right, bottom = view.widget_edges(region)
    around = QRect(left, top, right - left, bottom - top).adjusted(-3, -3, 2, 2)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for color, style in ((_DARK, Qt.PenStyle.SolidLine), (_LIGHT, Qt.PenStyle.DashLine)):
        painter.setPen(QPen(color, 1, style))
        painter.drawRect(around)


def draw_crosshair(painter: QPainter, at: QPointF, size: QSize) -> None:
    """Lines through *at*, dark beside light so that they show on any image; sharp, one pixel each."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
    x, y = int(at.x()), int(at.y())
    for color, shift in ((_DARK, 1), (QColor(255, 255, 255, 190), 0)):
        painter.setPen(QPen(color, 1))
        painter.drawLine(x + shift, 0, x + shift, size.height())
        painter.drawLine(0, y + shift, size.width(), y + shift)


def crosshair_area(at: QPointF, size: QSize) -> QRegion:
    """The widget pixels that :func:`draw_crosshair` touches."""
    x, y = int(at.x()), int(at.y())
    return QRegion(x - 1, 0, 4, size.height()).united(QRegion(0, y - 1, size.width(), 4))


def draw_message(painter: QPainter, area: QRect, title: str, text: str) -> None:
    """A title and a text in the middle of *area*."""
    width = min(560, area.width() - 48)
    font = painter.font()
    font.setPointSizeF(font.pointSizeF() * 1.25)
    font.setBold(True)
    flags = int(Qt.AlignmentFlag.AlignHCenter) | int(Qt.TextFlag.TextWrapAnywhere) | int(Qt.TextFlag.TextWordWrap)
    painter.save()
    painter.setFont(font)
    room = QRectF(0, 0, width, 10_000)
    head = painter.boundingRect(room, flags, title)
    painter.restore()
    body = painter.boundingRect(room, flags, text)
    top = area.center().y() - (head.height() + 12 + body.height()) / 2
    left = area.center().x() - width / 2
    painter.setPen(theme.color("text"))
    painter.save()
    painter.setFont(font)
    painter.drawText(QRectF(left, top, width, head.height() + 2), flags, title)
    painter.restore()
    painter.setPen(theme.color("muted"))
    painter.drawText(QRectF(left, top + head.height() + 12, width, body.height() + 2), flags, text)


def brush_area(at: QPointF, radius: float) -> QRect:
    """The widget pixels that :func:`draw_brush` touches."""
    reach = radius + 4
    return QRectF(at.x() - reach, at.y() - reach, 2 * reach, 2 * reach).toAlignedRect()


def region_area(region: Region, view: View, margin: int) -> QRect:
    """The pixels of the screen that show *region*, with a margin."""
    left, top, right, bottom = view.widget_edges(region)
    return QRect(left - margin, top - margin, right - left + 2 * margin, bottom - top + 2 * margin)


def _draw_tag(painter: QPainter, beside: QPointF, text: str, size: QSize) -> None:
    """At the upper right of a point, or wherever there is room."""
    bounds = QRectF(painter.fontMetrics().boundingRect(text)).adjusted(-6, -4, 6, 4)
    at = beside + QPointF(14, -10)
    if at.x() + bounds.right() > size.width():
        at.setX(beside.x() - 14 - bounds.right())
    if at.y() + bounds.top() < 0:
        at.setY(beside.y() + 10 - bounds.top())
    box = bounds.translated(at)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(0, 0, 0, 180))
    painter.drawRoundedRect(box, 4, 4)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(_LIGHT)
    painter.drawText(at, text)
