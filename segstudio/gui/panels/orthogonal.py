"""The three planes through a point of a volume, beside the canvas."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QImage, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QWheelEvent
from PySide6.QtWidgets import QLabel, QSizePolicy, QVBoxLayout, QWidget

from segstudio.app.document import Document
from segstudio.app.jobs import Job
from segstudio.app.volumes import Cut, Labels, Volume, load_labels, load_volume
from segstudio.app.workbench import Workbench
from segstudio.core.labels import UNLABELLED
from segstudio.core.progress import Work
from segstudio.gui import theme
from segstudio.gui.canvas import Canvas, Hover
from segstudio.gui.canvas.image_layer import composite
from segstudio.gui.fields import ARROWS, describe, wants_key
from segstudio.gui.i18n import QT_TRANSLATE_NOOP, tr
from segstudio.gui.panels.base import Link, Panel
from segstudio.io.images import Window, windowed

PLANES: dict[str, str] = {
    "axial": QT_TRANSLATE_NOOP("Tables", "Axial"),
    "coronal": QT_TRANSLATE_NOOP("Tables", "Coronal"),
    "sagittal": QT_TRANSLATE_NOOP("Tables", "Sagittal"),
    "frame": QT_TRANSLATE_NOOP("Tables", "Slice"),
    "row": QT_TRANSLATE_NOOP("Tables", "Across the rows"),
    "column": QT_TRANSLATE_NOOP("Tables", "Across the columns"),
}
"""What the planes are called, by :attr:`~segstudio.app.volumes.Cut.name`."""
_MARGIN = 14
_WIDTH = 300
_LINE = QColor(255, 211, 77, 200)
"""Seen on black and on white, in both themes."""


class PlaneView(QWidget):
    """One plane of a volume with its cross-hair; a click or drag moves the point, the wheel moves the plane."""

    pointed = Signal(object)
    """The voxel ``[frame, row, column]`` (indices) that a person points at."""

    def __init__(self, render: Callable[[Cut, int], QImage], parent: QWidget) -> None:
        super().__init__(parent)
        self._render = render
        self._volume: Volume | None = None
        self._cut: Cut | None = None
        self._point = [0, 0, 0]
        self._picture: QImage | None = None
        self.setMinimumSize(120, 90)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.CrossCursor)

    @property
    def cut(self) -> Cut | None:
        return self._cut

    def show_plane(self, volume: Volume, cut: Cut, point: list[int]) -> None:
        """Show *cut* of *volume* through *point*."""
        fresh = volume is not self._volume or cut != self._cut or point[cut.across] != self._point[cut.across]
        self._volume, self._cut, self._point = volume, cut, list(point)
        if fresh:
            self._picture = None
        self.retranslate()
        self.update()

    def spoil(self) -> None:
        """What the plane shows is different now."""
        self._picture = None
        self.update()

    def retranslate(self) -> None:
        if self._cut is not None:
            tip = self.tr("Click to move the cross-hair, turn the wheel to move the plane")
            describe(self, tr(PLANES[self._cut.name]), tip)

    def place_of(self, point: list[int]) -> QPointF:
        """Where the middle of a voxel is shown."""
        if self._volume is None or self._cut is None:
            return QPointF()
        area, cut, shape = self._area(self._volume, self._cut), self._cut, self._volume.labels.shape
        down, right = point[cut.down], point[cut.right]
        down = shape[cut.down] - 1 - down if cut.flip_down else down
        right = shape[cut.right] - 1 - right if cut.flip_right else right
        return QPointF(
            area.left() + (right + 0.5) / shape[cut.right] * area.width(),
            area.top() + (down + 0.5) / shape[cut.down] * area.height(),
        )

    # ---- painting

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), theme.color("canvas"))
        if self._volume is None or self._cut is None:
            return
        if self._picture is None:
            self._picture = self._render(self._cut, self._point[self._cut.across])
        area = self._area(self._volume, self._cut)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.drawImage(area, self._picture)
        middle = self.place_of(self._point)
        painter.setPen(QPen(_LINE, 1))
        painter.drawLine(QPointF(area.left(), middle.y()), QPointF(area.right(), middle.y()))
        painter.drawLine(QPointF(middle.x(), area.top()), QPointF(middle.x(), area.bottom()))
        self._paint_texts(painter, self._cut)

    def _paint_texts(self, painter: QPainter, cut: Cut) -> None:
        painter.setPen(theme.color("text"))
        inside = QRectF(self.rect()).adjusted(4, 2, -4, -2)
        top = Qt.AlignmentFlag.AlignTop
        painter.drawText(
            inside, top | Qt.AlignmentFlag.AlignLeft, f"{tr(PLANES[cut.name])} {self._point[cut.across] + 1}"
        )
        if cut.marks is None:
            return
        left, above, right, below = cut.marks
        middle = Qt.AlignmentFlag.AlignVCenter
        for text, side in (
            (left, middle | Qt.AlignmentFlag.AlignLeft),
            (above, top | Qt.AlignmentFlag.AlignHCenter),
            (right, middle | Qt.AlignmentFlag.AlignRight),
            (below, Qt.AlignmentFlag.AlignBottom | Qt.AlignmentFlag.AlignHCenter),
        ):
            painter.drawText(inside, side, text)

    def _area(self, volume: Volume, cut: Cut) -> QRectF:
        """Where the plane lies in the widget, in its true proportions."""
        high, wide = volume.size(cut)
        room = QRectF(self.rect()).adjusted(_MARGIN, _MARGIN, -_MARGIN, -_MARGIN)
        scale = max(1e-9, min(room.width() / wide, room.height() / high))
        area = QRectF(0, 0, wide * scale, high * scale)
        area.moveCenter(room.center())
        return area

    # ---- pointing

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() is Qt.MouseButton.LeftButton:
            self._point_at(event.position())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if event.buttons() & Qt.MouseButton.LeftButton:
            self._point_at(event.position())

    def _point_at(self, position: QPointF) -> None:
        if self._volume is None or self._cut is None:
            return
        area, cut, shape = self._area(self._volume, self._cut), self._cut, self._volume.labels.shape
        point = list(self._point)
        for axis, share, flipped in (
            (cut.down, (position.y() - area.top()) / area.height(), cut.flip_down),
            (cut.right, (position.x() - area.left()) / area.width(), cut.flip_right),
        ):
            index = min(max(int(share * shape[axis]), 0), shape[axis] - 1)
            point[axis] = shape[axis] - 1 - index if flipped else index
        self.pointed.emit(point)

    def wheelEvent(self, event: QWheelEvent) -> None:
        self._turn(1 if event.angleDelta().y() < 0 else -1)
        event.accept()

    def event(self, event: QEvent) -> bool:
        return wants_key(event, ARROWS) or super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        turns = {Qt.Key.Key_Up: -1, Qt.Key.Key_Left: -1, Qt.Key.Key_Down: 1, Qt.Key.Key_Right: 1}
        if event.key() in turns:
            self._turn(turns[Qt.Key(event.key())])
        else:
            super().keyPressEvent(event)

    def _turn(self, by: int) -> None:
        if self._volume is None or self._cut is None:
            return
        point = list(self._point)
        last = self._volume.labels.shape[self._cut.across] - 1
        point[self._cut.across] = min(max(point[self._cut.across] + by, 0), last)
        self.pointed.emit(point)


class OrthogonalViews(Panel):
    """Three planes of the stack at hand; the cross-hair follows the pointer on the canvas and clicks in the planes.

    The volume is read in the background when the planes are first shown, and given up when they are hidden.
    """

    def __init__(self, workbench: Workbench, canvas: Canvas, parent: QWidget | None = None) -> None:
        super().__init__(workbench, parent)
        self.setObjectName("orthogonal")
        self._canvas = canvas
        self._volume: Volume | None = None
        self._stack: object = None
        self._job: Job | None = None
        self._point = [0, 0, 0]
        self.note = QLabel(self)
        self.note.setWordWrap(True)
        self.note.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.note.setProperty("role", "muted")
        self.planes = tuple(PlaneView(self._render, self) for _ in range(3))
        column = QVBoxLayout(self)
        column.setContentsMargins(4, 0, 0, 0)
        column.setSpacing(4)
        column.addWidget(self.note)
        for plane in self.planes:
            column.addWidget(plane, 1)
            plane.pointed.connect(self._go)
        self.setFixedWidth(_WIDTH)
        canvas.hovered.connect(self._follow_pointer)
        canvas.contrast_changed.connect(self._spoil)
        canvas.layers_changed.connect(self._spoil)
        canvas.marks.changed.connect(self._spoil)
        self.hide()
        self.start()

    @property
    def volume(self) -> Volume | None:
        """What the planes show, once it is read."""
        return self._volume

    def retranslate(self) -> None:
        for plane in self.planes:
            plane.retranslate()
        self._show_note()

    def links(self, document: Document) -> list[Link]:
        return [
            (document.sample_changed, self.refresh),
            (document.history.changed, self._take_labels),
            (document.classes_changed, self._spoil),
            (document.sample_updated, self._take_other),
            (document.wide.underway, self._take_all),
        ]

    def setVisible(self, visible: bool) -> None:
        super().setVisible(visible)
        if visible:
            self.refresh()
        else:
            self._forget()

    def refresh(self) -> None:
        """Show the sample at hand, reading its volume where that is another than before."""
        document, stack = self.document, self.workbench.stacks.current
        if self.isHidden() or document is None or document.image is None or stack is None:
            self._forget()
            self._show_note()
            return
        image = document.image
        wanted = document, image.path, image.array.shape, image.volume
        if self._stack != wanted:
            self._forget()
            self._stack = wanted
            self._load(document)
        self._take_frame()

    def _load(self, document: Document) -> None:
        image, stack = document.image, self.workbench.stacks.current
        if image is None or stack is None or not self.workbench.save():
            return
        stored = document.project.stored(list(stack.samples.values()))

        def work() -> Work[Volume]:
            return (yield from load_volume(stored, image, range(image.frames)))

        self._job = self.workbench.jobs.submit(
            "Load the volume", work, self._take, lane="volume", key="volume", failed=self._failed
        )
        self._show_note()

    def _take(self, volume: Volume) -> None:
        self._job, self._volume = None, volume
        middle = [size // 2 for size in volume.labels.shape]
        self._point = middle
        self._take_labels()
        self._take_frame()
        self._show_note()

    def _failed(self, error: BaseException) -> None:
        self._job = None
        self.workbench.report(error, "load the volume")
        self._show_note()

    def _forget(self) -> None:
        if self._job is not None:
            self.workbench.jobs.stop(self._job)
        self._job, self._volume, self._stack = None, None, None
        for plane in self.planes:
            plane.hide()

    def _show_note(self) -> None:
        self.note.setVisible(self._volume is None)
        for plane in self.planes:
            plane.setVisible(self._volume is not None)
        if self._job is not None:
            self.note.setText(self.tr("The volume is being read …"))
        elif self._volume is None:
            self.note.setText(self.tr("This image is no volume: there are no planes across it."))

    # ---- the point

    def _take_frame(self) -> None:
        sample = self.document.sample if self.document is not None else None
        if self._volume is not None and sample is not None and sample.frame in self._volume.frames:
            self._point[0] = self._volume.frames.index(sample.frame)
            self._take_labels()
        self._show_planes()

    def _show_planes(self) -> None:
        if self._volume is not None:
            for plane, cut in zip(self.planes, self._volume.cuts(), strict=True):
                plane.show_plane(self._volume, cut, self._point)

    def _go(self, point: list[int]) -> None:
        volume = self._volume
        if volume is None:
            return
        turned = point[0] != self._point[0]
        self._point = list(point)
        self._show_planes()
        if turned:
            self.workbench.stacks.go(volume.frames[point[0]])

    def _follow_pointer(self, hover: object) -> None:
        if self._volume is None or not isinstance(hover, Hover) or self._canvas.working:
            return
        self._point[1:] = [hover.y // self._volume.step, hover.x // self._volume.step]
        self._show_planes()

    # ---- pixels

    def _take_labels(self, *_: object) -> None:
        document, volume = self.document, self._volume
        if document is not None and document.sample is not None and document.image is not None and volume is not None:
            if document.image.path == document.sample.path and document.labels.shape == document.image.shape:
                volume.set_labels(document.sample.frame, document.labels.classes())
            self._spoil()

    def _take_other(self, sample_id: int) -> None:
        """Another slice was labelled, in its files."""
        document, stack = self.document, self.workbench.stacks.current
        if document is None or document.sample is None or self._volume is None or stack is None:
            return
        if sample_id != document.sample.id and sample_id in stack.samples.values():
            self._reload([sample_id])

    def _take_all(self, progress: object) -> None:
        """Many slices were labelled in one step, or that was undone."""
        stack = self.workbench.stacks.current
        if progress is None and self._volume is not None and stack is not None:
            self._reload(list(stack.samples.values()))

    def _reload(self, sample_ids: list[int]) -> None:
        document, volume = self.document, self._volume
        if document is None or document.image is None or volume is None:
            return
        stored, shape = document.project.stored(sample_ids), document.image.shape

        def take(found: dict[int, Labels]) -> None:
            if volume is self._volume:
                for frame, labels in found.items():
                    volume.set_labels(frame, labels)
                self._take_labels()

        self.workbench.jobs.submit(
            "Load the volume",
            lambda: load_labels(volume, stored, shape),
            take,
            lane="volume",
            failed=lambda error: self.workbench.report(error, "load the volume"),
            quiet=True,
        )

    def _spoil(self, *_: object) -> None:
        for plane in self.planes:
            plane.spoil()

    def _render(self, cut: Cut, index: int) -> QImage:
        volume, document = self._volume, self.document
        if volume is None or document is None:
            return QImage(1, 1, QImage.Format.Format_RGB32)
        pixels, labels = volume.plane(cut, index)
        inverted = document.image is not None and document.image.inverted
        looks = self._canvas.channels
        if looks and pixels.ndim == 3 and pixels.shape[2] == len(looks):
            shown = composite(pixels, looks)
        else:
            window = Window(*self._canvas.contrast(), curve=self._canvas.curve)
            shown = _windowed(pixels, window, inverted=inverted)
        if self._canvas.layer_visible("labels"):
            seen = np.where(np.isin(labels, list(self._canvas.marks.hidden)), np.uint8(UNLABELLED), labels)
            _overlay(shown, seen, document.classes.palette(), self._canvas.layer_opacity("labels"))
        high, wide = shown.shape[:2]
        return QImage(shown.data, wide, high, 3 * wide, QImage.Format.Format_RGB888).copy()


def _windowed(pixels: NDArray[np.generic], window: Window, *, inverted: bool) -> NDArray[np.uint8]:
    """``(h, w, 3)`` bytes."""
    grey = pixels[..., None] if pixels.ndim == 2 else pixels[..., :3] if pixels.shape[2] > 2 else pixels[..., :1]
    shown = windowed(grey, window, inverted=inverted)
    return np.array(np.broadcast_to(shown, (*shown.shape[:2], 3)), order="C")  # a copy: labels are painted on it


def _overlay(shown: NDArray[np.uint8], labels: NDArray[np.uint8], palette: NDArray[np.generic], opacity: float) -> None:
    said = labels != UNLABELLED
    colors = palette[labels[said]].astype(np.float32)
    shown[said] = np.rint(shown[said] * (1 - opacity) + colors * opacity).astype(np.uint8)
