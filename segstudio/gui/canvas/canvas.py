"""The canvas: shows the sample at hand by tiles, and hands the pointer to the tool."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPoint, QPointF, Qt, QTimer, Signal
from PySide6.QtGui import (
    QAccessible,
    QAccessibleAnnouncementEvent,
    QEnterEvent,
    QFocusEvent,
    QInputDevice,
    QKeyEvent,
    QKeySequence,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPointingDevice,
    QTabletEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QAbstractSpinBox, QApplication, QComboBox, QLineEdit, QPlainTextEdit, QTextEdit, QWidget

from segstudio.app.document import Document
from segstudio.app.workbench import Workbench
from segstudio.core.geometry import Region
from segstudio.gui import theme
from segstudio.gui.canvas import overlay
from segstudio.gui.canvas.directions import paint_directions
from segstudio.gui.canvas.hover import Hover, what_is_at
from segstudio.gui.canvas.layered import LayeredView
from segstudio.gui.canvas.objects import Objects
from segstudio.gui.canvas.scene import LAYERS
from segstudio.gui.canvas.selection import described
from segstudio.gui.canvas.shapes import class_color
from segstudio.gui.fields import ARROWS, wants_key
from segstudio.gui.i18n import Translated
from segstudio.gui.messages import sentence
from segstudio.gui.tools import Cursor, Hand, Kind, Pointer
from segstudio.io import images

BRUSH_SIZES = (1, 500)
HIDE_KEY = Qt.Key.Key_V
"""Held down, it hides everything above the image."""
_CURSORS: dict[Cursor, Qt.CursorShape] = {
    "brush": Qt.CursorShape.CrossCursor,
    "cross": Qt.CursorShape.CrossCursor,
    "point": Qt.CursorShape.PointingHandCursor,
    "hand": Qt.CursorShape.OpenHandCursor,
    "arrow": Qt.CursorShape.ArrowCursor,
    "move": Qt.CursorShape.SizeAllCursor,
    "vertical": Qt.CursorShape.SizeVerCursor,
    "horizontal": Qt.CursorShape.SizeHorCursor,
    "falling": Qt.CursorShape.SizeFDiagCursor,
    "rising": Qt.CursorShape.SizeBDiagCursor,
}
_TYPING = (QLineEdit, QTextEdit, QPlainTextEdit, QAbstractSpinBox, QComboBox)
_NUDGES: dict[int, tuple[int, int]] = {
    Qt.Key.Key_Left: (0, -1),
    Qt.Key.Key_Right: (0, 1),
    Qt.Key.Key_Up: (-1, 0),
    Qt.Key.Key_Down: (1, 0),
}
_FAR = 10
"""Pixels by which an arrow key moves a shape with Shift."""
_TABLET = {
    QEvent.Type.TabletPress: Kind.PRESS,
    QEvent.Type.TabletMove: Kind.MOVE,
    QEvent.Type.TabletRelease: Kind.RELEASE,
}


class Canvas(Translated, LayeredView):
    """Zooms at the pointer, pans, paints by dirty rectangles; every press goes to the tool in hand."""

    hovered = Signal(object)
    brush_size_changed = Signal(int)
    tool_changed = Signal(str)
    slice_turned = Signal(int)
    """The wheel asks for the next (1) or previous (-1) slice of a stack."""

    def __init__(self, workbench: Workbench, parent: QWidget | None = None) -> None:
        super().__init__(workbench, parent)
        self.setObjectName("canvas")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setMinimumSize(200, 150)
        self.objects = Objects(workbench, self._driver, self._bring)
        """What can be done with the selected shape or instance."""
        self._rest = QTimer(self)
        self._rest.setSingleShot(True)
        self._rest.setInterval(0)
        self._rest.timeout.connect(self.update)
        self._brush_size = workbench.settings.brush_size
        self._held = Qt.MouseButton.NoButton
        self._panning: QPointF | None = None
        self._space = False
        self._pointer: QPointF | None = None
        self._pressure = 1.0
        """Of the pen that is drawing, 0..1; the brush is drawn as wide as it paints."""
        self.retranslate()
        self._follow()

    def retranslate(self) -> None:
        self.setAccessibleName(self.tr("Image"))
        self._told_picks: str | None = None
        self._picks_changed()
        self.update()

    def _picks_changed(self) -> None:
        """Tell screen readers what is selected, and the others how many shapes are."""
        hand, document = self._driver.hand, self._document
        picks = hand.picks if hand is not None else ()
        told = described(picks, document.classes) if document is not None else ""
        if told == self._told_picks:
            return  # as nearly always: this is asked at every move of the mouse
        self._told_picks = told
        usual = self.tr("The image with its labels; draw with the tool in hand")
        self.setAccessibleDescription(told or usual)
        if told and QAccessible.isActive():
            QAccessible.updateAccessibility(QAccessibleAnnouncementEvent(self, told))
        if len(picks) > 1:
            self._workbench.message.emit(told)

    def _listen(self, document: Document) -> None:
        super()._listen(document)
        document.active_class_changed.connect(self._update_brush_area)
        document.active_instance_changed.connect(self._show_picked)

    def _take_sample(self) -> None:
        super()._take_sample()
        self._show_cursor()
        self.hovered.emit(None)

    # ---- tools

    @property
    def tool(self) -> str:
        return self._driver.tool.name

    def set_tool(self, name: str) -> None:
        """Take another tool; what the old one was in the middle of is brought to its end."""
        self._driver.take(name)
        self._show_superpixels()
        self._show_cursor()
        self.tool_changed.emit(name)
        self.update()

    @property
    def working(self) -> bool:
        """Whether the tool is in the middle of something."""
        return self._driver.working

    @property
    def hand(self) -> Hand | None:
        """What the tool works with and shows; ``None`` where there is no image."""
        return self._driver.hand

    @property
    def brush_size(self) -> int:
        """Diameter in image pixels."""
        return self._brush_size

    @brush_size.setter
    def brush_size(self, size: int) -> None:
        size = min(max(size, BRUSH_SIZES[0]), BRUSH_SIZES[1])
        if size != self._brush_size:
            self._update_brush_area()
            self._brush_size = size
            self._workbench.settings.brush_size = size
            if self._driver.hand is not None:
                self._driver.hand.brush_size = size
            self._update_brush_area()
            self.brush_size_changed.emit(size)

    def resize_brush(self, direction: int) -> None:
        """One step larger (1) or smaller (-1): about a fifth."""
        step = max(1, round(self._brush_size * 0.2))
        self.brush_size = self._brush_size + direction * step

    def choose_class(self, class_id: int) -> None:
        """Draw with this class from now on; with the arrow in hand what is selected becomes one of it."""
        document = self._document
        if document is not None:
            picked = document.active_instance if self.tool == "select" else None
            if self.tool == "select":
                self.objects.give_class(class_id)
            document.set_active_class(class_id)
            document.set_active_instance(picked)  # which the class would let go of
            self.marks.show(class_id)

    def show_selected(self) -> None:
        """Zoom to what is selected, or to the whole image where nothing is."""
        region = self.objects.region()
        if region is None:
            self.zoom_fit()
        else:
            self.zoom_to(region)

    def _bring(self, region: Region) -> None:
        """Scroll so that *region* is in sight, unless it is."""
        corners = [self.to_widget(region.y0, region.x0), self.to_widget(region.y1, region.x1)]
        if not all(self.rect().contains(corner.toPoint()) for corner in corners):
            self.center_on((region.y0 + region.y1) / 2, (region.x0 + region.x1) / 2)
        self.update()

    def cancel(self) -> None:
        """Give up what the tool is in the middle of; the document is as before."""
        self._held, self._pressure = Qt.MouseButton.NoButton, 1.0
        super().cancel()

    def settle(self) -> None:
        """Bring what the tool is in the middle of to its end, as a release or Enter would."""
        self._held, self._pressure = Qt.MouseButton.NoButton, 1.0
        super().settle()

    # ---- painting

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        document, scene, hand = self._document, self._scene, self._driver.hand
        if document is None or scene is None or hand is None:
            painter.fillRect(event.rect(), theme.color("canvas"))
            overlay.draw_message(painter, self.rect(), *self.message())
            return
        screen = self._screen
        screen.view, screen.size, screen.ratio = self._view, self.size(), self.devicePixelRatioF()
        screen.paint_scene(painter, scene)
        if screen.unfinished:
            self._rest.start()
        if document.image is not None:
            paint_directions(painter, self.rect(), document.image)
        screen.paint_shapes(painter, document, self._look, hand)
        frame = None if hand.picks else self.objects.frame()
        if frame is not None:
            screen.paint_frame(painter, frame)
        screen.paint_tool(painter, document, hand)
        if self._pointer is not None and self.crosshair:
            screen.paint_crosshair(painter, self._pointer)
        if self._pointer is not None and self._driver.tool.sized and not self._space and self._panning is None:
            color = class_color(document.classes, document.active_class) if self.tool == "brush" else None
            screen.paint_brush(painter, self._pointer, self._brush_size * self._pressure, color)

    def message(self) -> tuple[str, str]:
        """What stands in the place of an image that is not there: a title and a text."""
        document = self._document
        if document is None:
            return self.tr("No project"), self.tr("Open a project to label its images here.")
        if document.problem is None:
            return self.tr("No image"), self.tr("Add images to the project, or choose one from the list.")
        text = sentence(document.problem)
        if document.sample is not None and not images.is_there(document.sample.path):
            text += "\n" + self.tr("Was it moved? File > Find moved images looks for it in another folder.")
        return self.tr("This image cannot be shown"), text

    def _show_picked(self) -> None:
        self.update()

    def _update_brush_area(self, *_: object) -> None:
        if self._pointer is not None and self.crosshair:
            self.update(overlay.crosshair_area(self._pointer, self.size()))
        if self._pointer is not None and self._driver.tool.sized:
            self.update(self._screen.brush_area(self._pointer, self._brush_size * self._pressure))

    # ---- events: view

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Zoom; with Shift turn to another slice of a stack; scroll with Shift, sideways, or on a touch pad; with Alt
        resize the brush."""
        turn, modifiers = event.angleDelta(), event.modifiers()
        touch_pad = event.device().type() is QInputDevice.DeviceType.TouchPad and not event.pixelDelta().isNull()
        if modifiers & Qt.KeyboardModifier.AltModifier:
            self.resize_brush(1 if turn.y() + turn.x() > 0 else -1)
        elif modifiers & Qt.KeyboardModifier.ControlModifier:
            self._zoom_by(turn.y() / 120, event.position())
        elif touch_pad:
            self._scroll(event.pixelDelta())
        elif modifiers & Qt.KeyboardModifier.ShiftModifier and self._stacked and (turn.y() or turn.x()):
            self.slice_turned.emit(-1 if turn.y() + turn.x() > 0 else 1)
        elif modifiers & Qt.KeyboardModifier.ShiftModifier:
            self._scroll(QPoint(turn.y(), turn.x()) / 2)
        elif turn.y():
            self._zoom_by(turn.y() / 120, event.position())
        else:
            self._scroll(turn / 2)
        event.accept()

    @property
    def _stacked(self) -> bool:
        image = self._document.image if self._document is not None else None
        return image is not None and image.frames > 1

    # ---- events: pointer

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._pressed(event, Kind.PRESS)

    def _pressed(self, event: QMouseEvent, kind: Kind) -> None:
        self.setFocus(Qt.FocusReason.MouseFocusReason)
        button = event.button()
        if self._held is not Qt.MouseButton.NoButton:
            return  # one button at a time
        if button is Qt.MouseButton.MiddleButton or self._space or self.tool == "pan":
            self._held, self._panning = button, event.position()
            self._update_brush_area()
            self._show_cursor()
        elif button in (Qt.MouseButton.LeftButton, Qt.MouseButton.RightButton):
            self._held = button
            self._send(event, kind)
            self._hover(event.position())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        position = event.position()
        if self._panning is not None:
            self._set_view(self._view.moved(position.x() - self._panning.x(), position.y() - self._panning.y()))
            self._panning = position
        elif self._driver.working:
            self._send(event, Kind.MOVE)
        else:
            self._show_cursor(self._driver.hover(self._pointer_of(event, Kind.MOVE)))
        self._hover(position)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if event.button() is not self._held:
            return
        self._held = Qt.MouseButton.NoButton
        if self._panning is not None:
            self._panning = None
            self._show_cursor()
        else:
            self._send(event, Kind.RELEASE)
            self._hover(event.position())

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        if self._driver.working and event.button() is Qt.MouseButton.LeftButton and not self._space:
            self._held = event.button()
            self._send(event, Kind.DOUBLE)
        else:
            self._pressed(event, Kind.DOUBLE)

    def tabletEvent(self, event: QTabletEvent) -> None:
        kind = _TABLET.get(event.type())
        drawing = kind is Kind.PRESS or self._driver.working
        other_button = event.button() not in (Qt.MouseButton.LeftButton, Qt.MouseButton.NoButton)
        if kind is None or not drawing or other_button or self._space or self.tool == "pan":
            event.ignore()  # Qt makes a mouse event of it
            return
        y, x = self.to_image(event.position())
        eraser = event.pointerType() is QPointingDevice.PointerType.Eraser
        self._update_brush_area()
        if kind is not Kind.RELEASE:  # a pen that is lifted presses no more, and its stroke ends as wide as it was
            self._pressure = self._pressure_of(event)
        if not self._previewing:
            self._driver.send(Pointer(y, x, kind, secondary=eraser, pressure=self._pressure))
        if kind is Kind.RELEASE:
            self._pressure = 1.0
        self._hover(event.position())

    def _pressure_of(self, event: QTabletEvent) -> float:
        tells = event.pointingDevice().hasCapability(QInputDevice.Capability.Pressure)
        return event.pressure() if tells and self._workbench.settings.pen_pressure else 1.0

    def enterEvent(self, event: QEnterEvent) -> None:
        """Take the keyboard, so that held keys work, unless someone is typing elsewhere in the window."""
        if self.window().isActiveWindow() and not isinstance(QApplication.focusWidget(), _TYPING):
            self.setFocus(Qt.FocusReason.MouseFocusReason)
        self._hover(event.position())
        super().enterEvent(event)

    def leaveEvent(self, event: QEvent) -> None:
        self._update_brush_area()
        self._pointer = None
        hand = self._driver.hand
        if hand is not None and not self._driver.working:
            hand.ghost = None
            self.update()
        self.hovered.emit(None)
        super().leaveEvent(event)

    def _send(self, event: QMouseEvent, kind: Kind) -> None:
        if not self._previewing:
            self._driver.send(self._pointer_of(event, kind))

    def _pointer_of(self, event: QMouseEvent, kind: Kind) -> Pointer:
        y, x = self.to_image(event.position())
        shift = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        ctrl = bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)
        return Pointer(y, x, kind, self._held is Qt.MouseButton.RightButton, shift, ctrl)

    def _hover(self, position: QPointF) -> None:
        self._update_brush_area()
        self._pointer = position
        self._update_brush_area()
        self.hovered.emit(what_is_at(self._document, *self.to_image(position)))

    # ---- events: keys

    def event(self, event: QEvent) -> bool:
        """The arrow keys move the shape that is selected with the arrow, else they change the image. Undo takes back a
        corner of what is being drawn, and not what was done before it."""
        if self._in_arrow and wants_key(event, ARROWS):
            return True
        if self._driver.working and _asks_for_undo(event):
            event.accept()
            return True
        return super().event(event)

    @property
    def _in_arrow(self) -> bool:
        """Whether the arrow is in hand and shapes are selected: then keys are about them."""
        hand = self._driver.hand
        return self.tool == "select" and hand is not None and bool(hand.picks)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = event.key()
        if key == Qt.Key.Key_Space:
            self._hold_space(True)
        elif key == HIDE_KEY:
            self.set_overlays_hidden(True)
        elif key == Qt.Key.Key_Escape:
            self._escape()
        elif key in _NUDGES and self._in_arrow:
            far = _FAR if event.modifiers() & Qt.KeyboardModifier.ShiftModifier else 1
            self.objects.nudge(*(step * far for step in _NUDGES[key]))
        elif self._driver.working and key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._send_key(Kind.ENTER)
        elif self._driver.working and (key == Qt.Key.Key_Backspace or event.matches(QKeySequence.StandardKey.Undo)):
            self.take_back()
        else:
            super().keyPressEvent(event)

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        if event.isAutoRepeat():
            return
        if event.key() == Qt.Key.Key_Space:
            self._hold_space(False)
        elif event.key() == HIDE_KEY:
            self.set_overlays_hidden(False)
        else:
            super().keyReleaseEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        self._hold_space(False)
        self.set_overlays_hidden(False)
        super().focusOutEvent(event)

    def _hold_space(self, held: bool) -> None:
        if held != self._space:
            self._space = held
            self._update_brush_area()
            self._show_cursor()

    def _escape(self) -> None:
        """Give up what is going on; where nothing is, let go of the selection."""
        hand = self._driver.hand
        if hand is not None and not self._driver.working:
            hand.picks = ()
        self.cancel()

    def take_back(self) -> None:
        """Take back the last corner of what is being drawn."""
        self._send_key(Kind.BACKSPACE)

    def _send_key(self, kind: Kind) -> None:
        at = self._pointer if self._pointer is not None else self._middle()
        self._driver.send(Pointer(*self.to_image(at), kind))

    def _show_cursor(self, cursor: Cursor | None = None) -> None:
        if self._panning is not None:
            shape = Qt.CursorShape.ClosedHandCursor
        elif self._space:
            shape = Qt.CursorShape.OpenHandCursor
        elif self._scene is None:
            shape = Qt.CursorShape.ArrowCursor
        else:
            shape = _CURSORS[cursor or self._driver.tool.cursor]
        if self.cursor().shape() is not shape:
            self.setCursor(shape)


def _asks_for_undo(event: QEvent) -> bool:
    """Whether Qt asks, before any act does, if the key for undo is wanted."""
    asks = event.type() is QEvent.Type.ShortcutOverride
    return asks and isinstance(event, QKeyEvent) and event.matches(QKeySequence.StandardKey.Undo)


__all__ = ["LAYERS", "Canvas", "Hover"]
