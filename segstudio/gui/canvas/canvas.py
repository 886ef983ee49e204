"""The canvas: shows the sample at hand by tiles, and hands the pointer to the tool."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPoint, QPointF, QRect, QRectF, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QCursor,
    QEnterEvent,
    QFocusEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPolygonF,
    QResizeEvent,
    QTabletEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QWidget

from segstudio.app.document import Document
from segstudio.app.workbench import Workbench
from segstudio.core.annotation import Box
from segstudio.core.geometry import Region
from segstudio.core.labels import UNLABELLED
from segstudio.gui import theme
from segstudio.gui.canvas.image_layer import ImagePainter
from segstudio.gui.canvas.label_layer import (
    ConfidencePainter,
    LabelPainter,
    color_table,
    label_source,
    seed_source,
)
from segstudio.gui.canvas.shapes import ShapeLayer
from segstudio.gui.canvas.tiles import TileCache, level_for
from segstudio.gui.canvas.view import View, fitting
from segstudio.gui.i18n import Translated
from segstudio.gui.tools import TOOLS, Hand, Kind, Pointer, Strokes
from segstudio.io.images import display_range

LAYERS = ("image", "labels", "seeds", "shapes", "confidence")
"""From the bottom up."""
_WHEEL_STEP = 1.25
_BRUSH_SIZES = (1, 500)
_REACH = 8
"""Widget pixels within which a handle counts as hit."""
_NEAREST_FROM = 2.0
"""From this zoom on pixels are shown as squares."""


@dataclass(frozen=True, slots=True)
class Hover:
    """What is under the pointer."""

    x: int
    y: int
    value: str
    """The image's own value, channels with commas."""
    class_id: int | None
    """``None`` where nothing is labelled."""


class Canvas(Translated, QWidget):
    """Zooms at the pointer, pans, paints by dirty rectangles; every press goes to the tool in hand."""

    hovered = Signal(object)
    zoom_changed = Signal(float)
    brush_size_changed = Signal(int)
    tool_changed = Signal(str)
    layers_changed = Signal()
    contrast_changed = Signal(float, float)

    def __init__(self, workbench: Workbench, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("canvas")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setMinimumSize(200, 150)
        self._workbench = workbench
        self._document: Document | None = None
        self._view = View()
        self._fitted = True
        self._tool = "brush"
        self._brush_size = workbench.settings.brush_size
        self._visible = dict.fromkeys(LAYERS, True) | {"confidence": False}
        self._opacity = {"image": 1.0, "labels": workbench.settings.label_opacity, "seeds": 0.9, "shapes": 1.0}
        self._opacity["confidence"] = 0.8
        self._outline = False
        self._hidden = False
        self._image: ImagePainter | None = None
        self._caches: dict[str, TileCache] = {}
        self._label_painters: dict[str, LabelPainter] = {}
        self._preview: NDArray[np.uint16] | None = None
        self._shapes = ShapeLayer()
        self._hand: Hand | None = None
        self._strokes: Strokes | None = None
        self._panning: QPointF | None = None
        self._space = False
        self._pointer: QPointF | None = None
        self._shape: tuple[int, int] | None = None
        self._known_segments = 0
        theme.on_change().changed.connect(self.update)
        workbench.document_changed.connect(self._follow)
        self.retranslate()
        self._follow()

    def retranslate(self) -> None:
        self.setAccessibleName(self.tr("Image"))
        self.setAccessibleDescription(self.tr("The image with its labels; draw with the tool in hand"))
        self.update()

    # ---- view

    @property
    def zoom(self) -> float:
        """Screen pixels per image pixel."""
        return self._view.zoom

    def zoom_in(self) -> None:
        self._zoom_at(_WHEEL_STEP, self._middle())

    def zoom_out(self) -> None:
        self._zoom_at(1 / _WHEEL_STEP, self._middle())

    def zoom_fit(self) -> None:
        """Show the whole image, and again when the window changes its size."""
        if self._shape is not None:
            self._set_view(fitting(self._shape, self.width(), self.height()))
            self._fitted = True

    def zoom_actual(self) -> None:
        """One image pixel per screen pixel."""
        if self._shape is not None:
            middle = self._middle()
            self._zoom_at(1 / self._view.zoom, middle)

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

    # ---- layers

    @property
    def outline(self) -> bool:
        """Whether labels are shown as outlines."""
        return self._outline

    @outline.setter
    def outline(self, outline: bool) -> None:
        if outline != self._outline:
            self._outline = outline
            if "labels" in self._label_painters:
                self._label_painters["labels"].outline = outline
                self._caches["labels"].clear()
            self.layers_changed.emit()
            self.update()

    def layer_visible(self, name: str) -> bool:
        return self._visible[name]

    def set_layer_visible(self, name: str, visible: bool) -> None:
        if self._visible[name] != visible:
            self._visible[name] = visible
            self.layers_changed.emit()
            self.update()

    def layer_opacity(self, name: str) -> float:
        return self._opacity[name]

    def set_layer_opacity(self, name: str, opacity: float) -> None:
        if self._opacity[name] != opacity:
            self._opacity[name] = opacity
            if name == "labels":
                self._workbench.settings.label_opacity = opacity
            self.layers_changed.emit()
            self.update()

    def contrast(self) -> tuple[float, float]:
        """The image values shown as black and white."""
        return (self._image.low, self._image.high) if self._image is not None else (0.0, 255.0)

    def set_contrast(self, low: float, high: float) -> None:
        """Show *low* as black and *high* as white; the image itself does not change."""
        if self._image is not None and (low, high) != self.contrast():
            self._image.set_window(low, high)
            self._caches["image"].clear()
            self.contrast_changed.emit(low, high)
            self.update()

    def set_preview(self, labels: NDArray[np.uint16] | None) -> None:
        """Show *labels* instead of the document's, or the document's again."""
        self._preview = labels
        if "labels" in self._caches:
            self._caches["labels"].clear()
        self.update()

    # ---- tools

    @property
    def tool(self) -> str:
        return self._tool

    def set_tool(self, name: str) -> None:
        """Take another tool; what the old one was in the middle of is given up."""
        entry = TOOLS[name]
        self.cancel()
        if self._hand is not None:
            self._hand.rubber = None
        self._tool = entry.name
        self._show_cursor()
        self.tool_changed.emit(name)
        self.update()

    @property
    def brush_size(self) -> int:
        """Diameter in image pixels."""
        return self._brush_size

    @brush_size.setter
    def brush_size(self, size: int) -> None:
        size = min(max(size, _BRUSH_SIZES[0]), _BRUSH_SIZES[1])
        if size != self._brush_size:
            self._update_cursor_area()
            self._brush_size = size
            self._workbench.settings.brush_size = size
            if self._hand is not None:
                self._hand.brush_size = size
            self._update_cursor_area()
            self.brush_size_changed.emit(size)

    def resize_brush(self, direction: int) -> None:
        """One step larger (1) or smaller (-1): about a fifth."""
        step = max(1, round(self._brush_size * 0.2))
        self.brush_size = self._brush_size + direction * step

    def cancel(self) -> None:
        """Give up what the tool is in the middle of; the document is as before."""
        strokes, self._strokes = self._strokes, None
        if strokes is not None:
            strokes.close()
        if self._hand is not None and self._hand.rubber is not None:
            self._hand.rubber = None
            self.update()

    def delete_selected(self) -> None:
        """Take the selected shape away."""
        document, hand = self._document, self._hand
        if document is None or hand is None or hand.selected is None or self._strokes is not None:
            return
        shape, hand.selected = hand.selected, None
        with document.edit("Delete shape"):
            annotation = document.annotation
            boxes = tuple(box for box in annotation.boxes if box != shape)
            polygons = tuple(polygon for polygon in annotation.polygons if polygon != shape)
            document.set_annotation(replace(annotation, boxes=boxes, polygons=polygons))

    # ---- following the document

    def _follow(self) -> None:
        document = self._workbench.document
        if document is not None and document is not self._document:
            document.sample_changed.connect(self._take_sample)
            document.annotation_changed.connect(self._annotation_changed)
            document.classes_changed.connect(self._recolor)
            document.confidence_changed.connect(self._take_confidence)
        self._document = document
        self._take_sample()

    def _take_sample(self) -> None:
        self.cancel()
        document = self._document
        self._caches.clear()
        self._label_painters.clear()
        self._image, self._preview, self._hand = None, None, None
        if document is None or document.image is None:
            self._shape = None
            self.hovered.emit(None)
            self.update()
            return
        image, labels = document.image, document.labels
        self._image = ImagePainter(image, *display_range(image))
        self._caches["image"] = TileCache(image.shape, self._image, opaque=True)
        colors = color_table(document.classes, labels)
        shown = label_source(labels)
        self._label_painters = {
            "labels": LabelPainter(
                lambda window: shown(window) if self._preview is None else self._preview[window], colors
            ),
            "seeds": LabelPainter(seed_source(labels), colors),
        }
        self._known_segments = len(labels.segments)
        self._label_painters["labels"].outline = self._outline
        for name, painter in self._label_painters.items():
            self._caches[name] = TileCache(image.shape, painter, opaque=False)
        labels.written.connect(self._labels_written)
        self._hand = Hand(document, self._brush_size, _REACH / self._view.zoom)
        self._take_confidence()
        keep = self._workbench.settings.keep_view and self._shape == image.shape and not self._fitted
        self._shape = image.shape
        if not keep:
            self.zoom_fit()
        self._show_cursor()
        self.layers_changed.emit()
        self.update()

    def _labels_written(self, region: Region) -> None:
        document = self._document
        if document is None or "labels" not in self._caches:
            return
        if len(document.labels.segments) != self._known_segments:
            self._known_segments = len(document.labels.segments)
            self._recolor()
            return
        for name in ("labels", "seeds"):
            self._caches[name].repair(region, 1)
        self._update_region(region.grown(2))

    def _recolor(self) -> None:
        if self._document is not None and self._label_painters:
            colors = color_table(self._document.classes, self._document.labels)
            for name, painter in self._label_painters.items():
                painter.colors = colors
                self._caches[name].clear()
        self.update()

    def _annotation_changed(self) -> None:
        document, hand = self._document, self._hand
        if document is not None and hand is not None and hand.selected is not None:
            shapes = (*document.annotation.boxes, *document.annotation.polygons)
            if hand.selected not in shapes and self._strokes is None:
                hand.selected = None
        self.update()

    def _take_confidence(self) -> None:
        self._caches.pop("confidence", None)
        confidence = self._document.confidence if self._document is not None else None
        if confidence is not None:
            self._caches["confidence"] = TileCache(confidence.shape, ConfidencePainter(confidence), opaque=False)
        self.update()

    # ---- painting

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        dirty = event.rect()
        painter.fillRect(dirty, theme.color("canvas"))
        document = self._document
        if document is None:
            return
        if document.problem is not None or self._shape is None:
            self._paint_problem(painter, str(document.problem) if document.problem is not None else "")
            return
        painter.setClipRect(dirty)
        for name in ("image", "labels", "seeds", "confidence"):
            self._paint_tiles(painter, name, dirty)
        hand = self._hand
        if self._visible["shapes"] and not self._hidden:
            painter.setOpacity(self._opacity["shapes"])
            annotation = document.annotation
            if annotation.boxes or annotation.polygons:
                selected = hand.selected if hand is not None else None
                self._shapes.draw(painter, annotation, document.classes, selected, self._view, self.size())
        painter.setOpacity(1.0)
        if hand is not None and hand.rubber is not None:
            self._paint_rubber(painter, hand)
        self._paint_brush(painter)

    def _paint_tiles(self, painter: QPainter, name: str, dirty: QRect) -> None:
        cache = self._caches.get(name)
        overlay = name != "image"
        if cache is None or not self._visible[name] or (overlay and self._hidden) or self._opacity[name] <= 0:
            return
        view = self._view
        level = level_for(view.zoom * self.devicePixelRatioF())
        smooth = name == "image" and view.zoom * self.devicePixelRatioF() < _NEAREST_FROM
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, smooth)
        opaque_outline = name == "labels" and self._outline
        painter.setOpacity(1.0 if opaque_outline else self._opacity[name])
        y0, x0 = view.to_image(dirty.left() - 1, dirty.top() - 1)
        y1, x1 = view.to_image(dirty.right() + 2, dirty.bottom() + 2)
        seen = Region(int(np.floor(y0)), int(np.floor(x0)), int(np.ceil(y1)), int(np.ceil(x1)))
        step = 1 << level
        for tile in cache.visible(seen, level):
            r = tile.region
            left, top, right, bottom = view.widget_edges(Region(r.y0 * step, r.x0 * step, r.y1 * step, r.x1 * step))
            painter.drawImage(QRect(left, top, right - left, bottom - top), tile.image)

    def _paint_problem(self, painter: QPainter, text: str) -> None:
        painter.setPen(theme.color("text"))
        painter.drawText(
            self.rect().adjusted(40, 40, -40, -40),
            int(Qt.AlignmentFlag.AlignCenter) | int(Qt.TextFlag.TextWordWrap),
            self.tr("This image cannot be shown.") + f"\n\n{text}",
        )

    def _paint_rubber(self, painter: QPainter, hand: Hand) -> None:
        rubber = hand.rubber
        if rubber is None or not rubber.points:
            return
        points = [self.to_widget(y, x) for y, x in rubber.points]
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        polygon = QPolygonF(points)
        for color, width in ((QColor(0, 0, 0, 180), 3.0), (QColor(255, 255, 255), 1.4)):
            painter.setPen(QPen(color, width))
            (painter.drawPolygon if rubber.closed else painter.drawPolyline)(polygon)
        if rubber.dots:
            painter.setBrush(QColor(255, 255, 255))
            painter.setPen(QPen(QColor(0, 0, 0, 200), 1))
            for point in points:
                painter.drawEllipse(point, 3.5, 3.5)
            painter.setBrush(Qt.BrushStyle.NoBrush)
        if rubber.text:
            self._paint_text(painter, points[-1] + QPointF(12, -8), rubber.text)

    def _paint_text(self, painter: QPainter, at: QPointF, text: str) -> None:
        box = QRectF(painter.fontMetrics().boundingRect(text)).adjusted(-6, -3, 6, 3).translated(at)
        painter.fillRect(box, QColor(0, 0, 0, 170))
        painter.setPen(QColor(255, 255, 255))
        painter.drawText(at, text)

    def _paint_brush(self, painter: QPainter) -> None:
        if self._pointer is None or not TOOLS[self._tool].sized or self._space or self._document is None:
            return
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        radius = max(1.0, self._brush_size * self._view.zoom / 2)
        document = self._document
        known = document.active_class in document.classes
        inner = QColor(*document.classes[document.active_class].color) if known else QColor(255, 255, 255)
        painter.setPen(QPen(QColor(0, 0, 0, 200), 1))
        painter.drawEllipse(self._pointer, radius + 1, radius + 1)
        painter.setPen(QPen(QColor(255, 255, 255, 220), 1))
        painter.drawEllipse(self._pointer, radius, radius)
        if self._tool == "brush":
            painter.setPen(QPen(inner, 2))
            painter.drawPoint(self._pointer)

    def _update_region(self, region: Region) -> None:
        left, top, right, bottom = self._view.widget_edges(region)
        self.update(QRect(left - 1, top - 1, right - left + 3, bottom - top + 3))

    def _update_cursor_area(self) -> None:
        if self._pointer is not None:
            radius = self._brush_size * self._view.zoom / 2 + 4
            middle = self._pointer
            area = QRectF(middle.x() - radius, middle.y() - radius, 2 * radius, 2 * radius)
            self.update(area.toAlignedRect())

    # ---- events

    def resizeEvent(self, event: QResizeEvent) -> None:
        if self._fitted:
            self.zoom_fit()
        elif self._shape is not None:
            self._set_view(self._view)
        super().resizeEvent(event)

    def wheelEvent(self, event: QWheelEvent) -> None:
        pixels, angle = event.pixelDelta(), event.angleDelta()
        if event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            self._set_view(self._view.moved(pixels.y() or angle.y() / 2, pixels.x() or angle.x() / 2))
        elif event.modifiers() & Qt.KeyboardModifier.AltModifier:
            self.resize_brush(1 if (angle.y() or angle.x()) > 0 else -1)
        elif angle.y():
            self._zoom_at(_WHEEL_STEP ** (angle.y() / 120), event.position())
        event.accept()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self.setFocus(Qt.FocusReason.MouseFocusReason)
        middle = event.button() is Qt.MouseButton.MiddleButton
        if middle or self._space or self._tool == "pan":
            self._panning = event.position()
            self._show_cursor()
        elif event.button() in (Qt.MouseButton.LeftButton, Qt.MouseButton.RightButton):
            self._send(self._pointer_of(event, Kind.PRESS, secondary=event.button() is Qt.MouseButton.RightButton))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        position = event.position()
        if self._panning is not None:
            self._set_view(self._view.moved(position.x() - self._panning.x(), position.y() - self._panning.y()))
            self._panning = position
        elif self._strokes is not None:
            self._send(self._pointer_of(event, Kind.MOVE))
        self._hover(position)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if self._panning is not None:
            self._panning = None
            self._show_cursor()
        elif self._strokes is not None:
            self._send(self._pointer_of(event, Kind.RELEASE))

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        if self._strokes is not None:
            self._send(self._pointer_of(event, Kind.DOUBLE))
        else:
            self.mousePressEvent(event)

    def tabletEvent(self, event: QTabletEvent) -> None:
        kinds = {
            QEvent.Type.TabletPress: Kind.PRESS,
            QEvent.Type.TabletMove: Kind.MOVE,
            QEvent.Type.TabletRelease: Kind.RELEASE,
        }
        kind = kinds.get(event.type())
        down = kind is not Kind.MOVE or self._strokes is not None
        if kind is None or not down or self._space or self._tool == "pan":
            event.ignore()  # Qt makes a mouse event of it
            return
        y, x = self.to_image(event.position())
        eraser = event.pointingDevice().pointerType().name == "Eraser"
        self._send(Pointer(y, x, kind, secondary=eraser, pressure=event.pressure()))
        self._hover(event.position())

    def enterEvent(self, event: QEnterEvent) -> None:
        self._hover(event.position())
        super().enterEvent(event)

    def leaveEvent(self, event: QEvent) -> None:
        self._update_cursor_area()
        self._pointer = None
        self.hovered.emit(None)
        super().leaveEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = event.key()
        if key == Qt.Key.Key_Space:
            if not event.isAutoRepeat():
                self._space = True
                self._show_cursor()
                self._update_cursor_area()
        elif key == Qt.Key.Key_Escape:
            if self._strokes is None and self._hand is not None:
                self._hand.selected = None
                self.update()
            self.cancel()
        elif key == Qt.Key.Key_V:
            if not event.isAutoRepeat():
                self._hidden = True
                self.update()
        elif self._strokes is not None and key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._send_key(Kind.ENTER)
        elif self._strokes is not None and key == Qt.Key.Key_Backspace:
            self._send_key(Kind.BACKSPACE)
        else:
            super().keyPressEvent(event)

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        if event.isAutoRepeat():
            return
        if event.key() == Qt.Key.Key_Space:
            self._space = False
            self._show_cursor()
        elif event.key() == Qt.Key.Key_V:
            self._hidden = False
            self.update()
        else:
            super().keyReleaseEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        self._space = self._hidden = False
        self._show_cursor()
        self.update()
        super().focusOutEvent(event)

    # ---- details

    def _pointer_of(self, event: QMouseEvent, kind: Kind, *, secondary: bool = False) -> Pointer:
        y, x = self.to_image(event.position())
        shift = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        ctrl = bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)
        return Pointer(y, x, kind, secondary, shift, ctrl)

    def _send_key(self, kind: Kind) -> None:
        at = self._pointer if self._pointer is not None else self._middle()
        self._send(Pointer(*self.to_image(at), kind))

    def _send(self, pointer: Pointer) -> None:
        """Hand a pointer to the tool at work, or begin with it."""
        hand = self._hand
        if hand is None or self._preview is not None:
            return
        hand.reach = _REACH / self._view.zoom
        before = hand.rubber
        with self._workbench.reporting(self._tool):
            try:
                if self._strokes is None:
                    if pointer.kind is not Kind.PRESS:
                        return
                    self._strokes = TOOLS[self._tool].load()(hand, pointer)
                    next(self._strokes)
                else:
                    self._strokes.send(pointer)
            except StopIteration:
                self._strokes = None
            except BaseException:
                self._strokes = None
                raise
        if hand.rubber is not before or isinstance(hand.selected, Box):
            self.update()

    def _hover(self, position: QPointF) -> None:
        self._update_cursor_area()
        self._pointer = position
        self._update_cursor_area()
        self.hovered.emit(self._what_is_at(position))

    def _what_is_at(self, position: QPointF) -> Hover | None:
        document = self._document
        if document is None or document.image is None:
            return None
        row, column = (int(np.floor(v)) for v in self.to_image(position))
        height, width = document.image.shape
        if not (0 <= row < height and 0 <= column < width):
            return None
        values = np.atleast_1d(document.image.array[row, column])
        text = ", ".join(f"{v:.5g}" if values.dtype.kind == "f" else str(v) for v in values.tolist())
        class_id = document.labels.class_of(int(document.labels.ids[row, column]))
        return Hover(column, row, text, None if class_id == UNLABELLED else class_id)

    def _middle(self) -> QPointF:
        return QPointF(self.width() / 2, self.height() / 2)

    def _zoom_at(self, factor: float, position: QPointF) -> None:
        if self._shape is not None:
            self._set_view(self._view.zoomed(factor, position.x(), position.y()))

    def _set_view(self, view: View) -> None:
        if self._shape is None:
            return
        old = self._view
        self._view = view.kept_in_sight(self._shape, self.width(), self.height())
        self._fitted = False
        if self._view.zoom != old.zoom:
            self.zoom_changed.emit(self._view.zoom)
        self.update()

    def _show_cursor(self) -> None:
        shapes = {
            "brush": Qt.CursorShape.CrossCursor,
            "cross": Qt.CursorShape.CrossCursor,
            "point": Qt.CursorShape.PointingHandCursor,
            "hand": Qt.CursorShape.OpenHandCursor,
        }
        shape = shapes[TOOLS[self._tool].cursor]
        if self._panning is not None:
            shape = Qt.CursorShape.ClosedHandCursor
        elif self._space:
            shape = Qt.CursorShape.OpenHandCursor
        self.setCursor(QCursor(shape))
