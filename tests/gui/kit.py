"""A canvas of its own on a small project, with mouse and keys in image coordinates: windows are slow to build."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from numpy.typing import NDArray
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QColor, QCursor, QImage, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from segstudio.app.document import Document
from segstudio.app.workbench import Workbench
from segstudio.core.classes import LabelSet
from segstudio.core.labels import UNLABELLED
from segstudio.gui.canvas import Canvas
from segstudio.gui.dispatch import Dispatcher
from segstudio.gui.tools import Hand

NO_KEY = Qt.KeyboardModifier.NoModifier
SHIFT, CTRL, ALT = (
    Qt.KeyboardModifier.ShiftModifier,
    Qt.KeyboardModifier.ControlModifier,
    Qt.KeyboardModifier.AltModifier,
)
LEFT, RIGHT, MIDDLE = Qt.MouseButton.LeftButton, Qt.MouseButton.RightButton, Qt.MouseButton.MiddleButton
Place = tuple[float, float]


def picture(height: int = 96, width: int = 120) -> NDArray[np.uint8]:
    """A bright disc on a dark ground; the disc's middle is ``(48, 60)``, its radius 25."""
    y, x = np.mgrid[:height, :width]
    inside = (y - 48) ** 2 + (x - 60) ** 2 < 25**2
    return np.where(inside[..., None], (200, 150, 60), (30, 40, 90)).astype(np.uint8)


class Easel:
    """A canvas, its workbench, and a person in front of it."""

    def __init__(self, qtbot: QtBot, folder: Path) -> None:
        self._qtbot = qtbot
        self._folder = folder
        self._dispatcher = Dispatcher()
        self.bench = Workbench(self._dispatcher.post)
        self.failures: list[BaseException] = []
        self.bench.failed.connect(self._failed)
        self.canvas = Canvas(self.bench)
        qtbot.addWidget(self.canvas)
        self.canvas.resize(600, 480)

    def _failed(self, error: BaseException, _: str) -> None:
        self.failures.append(error)

    def open(self, *images: NDArray[Any] | Path, classes: int = 3) -> Easel:
        """Show a new project of these images (arrays or files) with classes 0, 1, ...; class 1 is active."""
        files = []
        for number, image in enumerate(images or (picture(),)):
            file = image if isinstance(image, Path) else self._folder / f"image-{number}.tif"
            if not isinstance(image, Path):
                tifffile.imwrite(file, image, photometric="rgb" if image.ndim == 3 else "minisblack")
            files.append((file, 0))
        names = [f"class {i}" for i in range(classes)]
        assert self.bench.new_project(self._folder / "project", LabelSet.named(names), files)
        self.canvas.show()
        self._qtbot.waitExposed(self.canvas)
        return self

    def close(self) -> None:
        # the next window would begin under the pointer, and show its brush there
        QCursor.setPos(self.canvas.screen().geometry().bottomRight())
        self.canvas.close()
        self.bench.shut_down()

    # ---- what there is

    @property
    def document(self) -> Document:
        assert self.bench.document is not None
        return self.bench.document

    @property
    def ids(self) -> NDArray[np.uint16]:
        return self.document.labels.ids

    @property
    def hand(self) -> Hand:
        assert self.canvas.hand is not None
        return self.canvas.hand

    def painted(self, class_id: int = 1) -> NDArray[np.bool_]:
        return self.ids == class_id

    @property
    def untouched(self) -> bool:
        """Whether the document is as it was when it was opened."""
        blank = bool((self.ids == UNLABELLED).all()) and not self.document.annotation.boxes
        return blank and not self.document.annotation.polygons and not self.document.history.can_undo

    def grabbed(self) -> QImage:
        return self.canvas.grab().toImage()

    def color_at(self, y: float, x: float) -> tuple[int, int, int]:
        """The colour on the screen at an image position."""
        image = self.grabbed()
        while self.canvas._screen.unfinished:  # after a zoom it comes by and by
            image = self.grabbed()
        ratio = image.devicePixelRatio()
        at = self.canvas.to_widget(y, x)
        color: QColor = image.pixelColor(int(at.x() * ratio), int(at.y() * ratio))
        return color.red(), color.green(), color.blue()

    # ---- what a person does

    def at(self, y: float, x: float) -> QPoint:
        position = self.canvas.to_widget(y, x)
        return QPoint(int(np.floor(position.x())), int(np.floor(position.y())))

    def press(self, y: float, x: float, button: Qt.MouseButton = LEFT, keys: Qt.KeyboardModifier = NO_KEY) -> None:
        QTest.mousePress(self.canvas, button, keys, self.at(y, x))

    def move(self, y: float, x: float) -> None:
        QTest.mouseMove(self.canvas, self.at(y, x))

    def release(self, y: float, x: float, button: Qt.MouseButton = LEFT, keys: Qt.KeyboardModifier = NO_KEY) -> None:
        QTest.mouseRelease(self.canvas, button, keys, self.at(y, x))

    def drag(self, *places: Place, button: Qt.MouseButton = LEFT, keys: Qt.KeyboardModifier = NO_KEY) -> None:
        self.press(*places[0], button, keys)
        here = places[0]
        for there in places[1:]:
            for step in range(1, 6):
                self.move(*(a + (b - a) * step / 5 for a, b in zip(here, there, strict=True)))
            here = there
        self.release(*here, button, keys)

    def click(self, y: float, x: float, button: Qt.MouseButton = LEFT, keys: Qt.KeyboardModifier = NO_KEY) -> None:
        self.move(y, x)
        QTest.mouseClick(self.canvas, button, keys, self.at(y, x))

    def double_click(self, y: float, x: float) -> None:
        """As Qt delivers it: press, release, double click, release."""
        self.click(y, x)
        QTest.mouseDClick(self.canvas, LEFT, NO_KEY, self.at(y, x))

    def key(self, key: Qt.Key, keys: Qt.KeyboardModifier = NO_KEY) -> None:
        QTest.keyClick(self.canvas, key, keys)

    def wheel(self, at: QPoint, steps: float, keys: Qt.KeyboardModifier = NO_KEY, *, sideways: bool = False) -> None:
        turn = QPoint(round(120 * steps), 0) if sideways else QPoint(0, round(120 * steps))
        position = QPointF(at)
        event = QWheelEvent(
            position, self.canvas.mapToGlobal(position), QPoint(), turn, Qt.MouseButton.NoButton, keys,
            Qt.ScrollPhase.NoScrollPhase, False,
        )  # fmt: skip
        QApplication.sendEvent(self.canvas, event)

    def zoom_to(self, zoom: float, y: float, x: float) -> None:
        """Zoom so that an image pixel has *zoom* widget pixels, ``(y, x)`` in the middle."""
        self.canvas.zoom_actual()
        steps = np.log(zoom) / np.log(1.25)
        self.wheel(QPoint(300, 240), steps)
        self.canvas.center_on(y, x)

    def wait(self, condition: Any, timeout: int = 60_000) -> None:
        """Let the window work until *condition* holds: what is computed in a thread takes its time."""
        self._qtbot.waitUntil(condition, timeout=timeout)


@pytest.fixture
def easel(qtbot: QtBot, tmp_path: Path) -> Iterator[Easel]:
    made = Easel(qtbot, tmp_path)
    yield made
    made.close()
