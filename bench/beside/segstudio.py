"""segstudio, measured from within: ``python segstudio.py FILES HOME``."""

from __future__ import annotations

import json
import math
import sys
from pathlib import Path

sys.path.pop(0)  # this file's folder, where its own name would be found instead of the program
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QMouseEvent, QWheelEvent
from PySide6.QtWidgets import QApplication

from segstudio.core.annotation import Annotation, Polygon
from segstudio.core.classes import LabelSet
from segstudio.gui import create_window
from segstudio.gui.main_window import MainWindow

sys.path.insert(0, str(Path(__file__).parent))
from measuring import FIGURES, Times

CLASSES = LabelSet.named(["background", "a"])
NO_BUTTON, NO_KEY = Qt.MouseButton.NoButton, Qt.KeyboardModifier.NoModifier


def main() -> None:
    files, home = Path(sys.argv[1]), Path(sys.argv[2])
    window = create_window()
    window.resize(1600, 900)
    window.show()
    application = QApplication.instance()
    assert application is not None
    times = Times(application.processEvents)
    application.processEvents()

    def open_images(name: str, what: Path) -> None:
        """From choosing the images to the first one on the screen, the project on disk included."""
        window.trigger("project.new", path=home / name, classes=CLASSES, images=[what])
        times.until(lambda: shows_image(window))
        window.canvas.repaint()

    if (files / "100.png").exists():
        with times.take("open_100_mp_png"):
            open_images("large", files / "100.png")
    with times.take("open_12_mp_jpeg"):
        open_images("photograph", files / "12.jpg")
    painting(window, times)
    drawing(window, times, json.loads((files / "polygons.json").read_text()))
    times.until(lambda: not window.document.dirty)  # saving what was drawn is not what is measured
    with times.take("open_folder_of_5000"):
        open_images("many", files / "many")
    times.until(lambda: len(window.document.order) > 20)  # the others are found while the first is looked at
    for _ in range(9):
        wait(times, 0.05)  # the next image is decoded while a person looks at this one
        before = window.document.sample
        with times.take("next_image"):
            window.trigger("sample.next")
            times.until(lambda before=before: window.document.sample != before and shows_image(window))
            window.canvas.repaint()
    times.tell(FIGURES)
    window.close()


def shows_image(window: MainWindow) -> bool:
    document = window.workbench.document
    return document is not None and document.image is not None


def wait(times: Times, seconds: float) -> None:
    import time

    end = time.monotonic() + seconds
    times.until(lambda: time.monotonic() > end)


def painting(window: MainWindow, times: Times) -> None:
    """A spiral of 700 moves, and its undo."""
    canvas = window.canvas
    window.trigger("class.2")
    window.trigger("tool.brush")
    canvas.brush_size = 50
    middle = QPointF(canvas.width() / 2, canvas.height() / 2)
    mouse(window, QEvent.Type.MouseButtonPress, middle, Qt.MouseButton.LeftButton)
    for i in range(700):
        out = 30 + 300 * i / 700
        at = middle + QPointF(out * math.cos(i / 20), out * math.sin(i / 20))
        with times.take("brush_move_12_mp"):
            mouse(window, QEvent.Type.MouseMove, at, NO_BUTTON)
    mouse(window, QEvent.Type.MouseButtonRelease, at, Qt.MouseButton.LeftButton)
    QApplication.processEvents()
    with times.take("undo_700_moves"):
        window.trigger("edit.undo")


def drawing(window: MainWindow, times: Times, rings: list[list[list[float]]]) -> None:
    shapes = tuple(Polygon(1, tuple((y, x) for x, y in ring)) for ring in rings)
    document = window.document
    with document.edit("Polygons"):
        document.set_annotation(Annotation(polygons=shapes))
    QApplication.processEvents()
    canvas = window.canvas
    for _ in range(7):
        with times.take("repaint_200_polygons"):
            canvas.repaint()
    at = QPointF(canvas.width() / 2, canvas.height() / 2)
    for turn in [120] * 4 + [-120] * 4:
        event = QWheelEvent(
            at,
            canvas.mapToGlobal(at),
            QPoint(),
            QPoint(0, turn),
            NO_BUTTON,
            NO_KEY,
            Qt.ScrollPhase.NoScrollPhase,
            False,
        )
        with times.take("zoom_200_polygons"):
            QApplication.sendEvent(canvas, event)


def mouse(window: MainWindow, kind: QEvent.Type, at: QPointF, button: Qt.MouseButton) -> None:
    held = NO_BUTTON if kind is QEvent.Type.MouseButtonRelease else Qt.MouseButton.LeftButton
    event = QMouseEvent(kind, at, window.canvas.mapToGlobal(at), button, held, NO_KEY)
    QApplication.sendEvent(window.canvas, event)


if __name__ == "__main__":
    main()
