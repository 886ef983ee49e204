"""Files and folders are dropped wherever a person lets them go: on the canvas, the list, the first steps."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image
from PySide6.QtCore import QEvent, QMimeData, QPoint, QPointF, Qt, QTimer, QUrl
from PySide6.QtGui import QDragEnterEvent, QDragLeaveEvent, QDragMoveEvent, QDropEvent
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from segstudio.core.classes import LabelSet
from segstudio.gui import MainWindow
from segstudio.gui.dialogs.new_project import NewProjectDialog
from segstudio.gui.panels.empty_state import EmptyState
from tests.gui.conftest import disc_image

COPY, LEFT, NONE = Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier


def carried(*paths: Path) -> QMimeData:
    """What a file manager hands over, with the paths as text too, as most do."""
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    data.setText("\n".join(map(str, paths)))
    return data


def drop(window: MainWindow, target: QWidget, *paths: Path) -> bool:
    """Let *paths* go over the middle of *target*, as the system tells the window; whether they were taken."""
    data = carried(*paths)
    place = target.mapTo(window, QPoint(target.width() // 2, target.height() // 2))
    handle = window.windowHandle()
    enter = QDragEnterEvent(place, COPY, data, LEFT, NONE)
    QApplication.sendEvent(handle, enter)
    move = QDragMoveEvent(place, COPY, data, LEFT, NONE)
    move.setAccepted(enter.isAccepted())  # as Qt does before it tells the window of the move
    QApplication.sendEvent(handle, move)
    if not move.isAccepted():
        QApplication.sendEvent(handle, QDragLeaveEvent())
        return False
    event = QDropEvent(QPointF(place), COPY, data, LEFT, NONE, QEvent.Type.Drop)
    QApplication.sendEvent(handle, event)
    return event.isAccepted()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with two more images, one of them further in."""
    (tmp_path / "more" / "inner").mkdir(parents=True)
    for number, place in enumerate(("more/a.png", "more/inner/b.png")):
        Image.fromarray(disc_image(10 + number)).save(tmp_path / place)
    return tmp_path / "more"


def count(window: MainWindow) -> int:
    return len(window.document.project.sample_ids())


@pytest.mark.parametrize("place", ["canvas", "samples", "classes", "tool_options"])
def test_a_folder_dropped_anywhere_in_the_window_is_added(
    window: MainWindow, folder: Path, place: str, qtbot: QtBot
) -> None:
    target = window.canvas if place == "canvas" else window.panel(place)
    assert drop(window, target, folder)
    qtbot.waitUntil(lambda: count(window) == 5, timeout=20_000)


def test_numbered_files_that_are_dropped_in_any_order_stand_as_people_count(
    window: MainWindow, tmp_path: Path, qtbot: QtBot
) -> None:
    paths = [tmp_path / f"scan{number}.png" for number in (10, 1, 9, 2)]
    for path in paths:
        Image.new("L", (8, 6)).save(path)
    assert drop(window, window.canvas, *paths)
    qtbot.waitUntil(lambda: count(window) == 7, timeout=20_000)
    names = [sample.name for sample in window.document.project.samples()]
    assert names[3:] == ["scan1.png", "scan2.png", "scan9.png", "scan10.png"]


def test_files_dropped_where_text_is_typed_are_added_too(window: MainWindow, folder: Path, qtbot: QtBot) -> None:
    search = window.panel("samples").search  # type: ignore[attr-defined]
    assert drop(window, search, folder / "a.png")
    qtbot.waitUntil(lambda: count(window) == 4, timeout=20_000)
    assert search.text() == ""


def test_images_dropped_on_the_first_steps_of_an_empty_project_are_shown(
    make_window: Callable[[Path | None], MainWindow], tmp_path: Path, folder: Path, qtbot: QtBot
) -> None:
    window = make_window(None)
    window.trigger("project.new", path=tmp_path / "fresh", classes=LabelSet.named(["sky", "road"]))
    steps = window.findChild(EmptyState)
    assert steps is not None
    assert drop(window, steps.viewport(), folder)
    qtbot.waitUntil(lambda: window.canvas.isVisible() and window.document.image is not None, timeout=20_000)


def test_a_project_dropped_on_the_first_steps_is_opened(
    make_window: Callable[[Path | None], MainWindow], project_folder: Path
) -> None:
    window = make_window(None)
    steps = window.findChild(EmptyState)
    assert steps is not None
    assert drop(window, steps.viewport(), project_folder)
    assert window.document.project.name == "discs"


def test_images_dropped_without_a_project_ask_for_a_new_one_that_holds_them(
    make_window: Callable[[Path | None], MainWindow], folder: Path, qtbot: QtBot
) -> None:
    window = make_window(None)
    steps = window.findChild(EmptyState)
    assert steps is not None
    seen: list[int] = []

    def answer() -> None:
        dialog = window.findChild(NewProjectDialog)
        if dialog is None:
            QTimer.singleShot(50, answer)
            return
        seen.append(dialog.drop.list.count())
        dialog.reject()

    QTimer.singleShot(0, answer)
    drop(window, steps.viewport(), folder)
    qtbot.waitUntil(lambda: bool(seen))
    assert seen[0] >= 1


def idle(window: MainWindow, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: not window.jobs.busy)


def test_images_that_are_there_already_are_said_to_be(window: MainWindow, folder: Path, qtbot: QtBot) -> None:
    for said in ("2 images added", "in the project already"):
        drop(window, window.canvas, folder)
        idle(window, qtbot)
        assert said in window.status.currentMessage()
    assert count(window) == 5


def test_labels_beside_dropped_images_are_pointed_out(window: MainWindow, folder: Path, qtbot: QtBot) -> None:
    shapes = {"version": "5.5.0", "shapes": [], "imagePath": "a.png", "imageHeight": 96, "imageWidth": 120}
    (folder / "a.json").write_text(json.dumps(shapes))
    drop(window, window.canvas, folder)
    idle(window, qtbot)
    assert "labels of the format labelme" in window.notice.text
    assert "Import" in window.notice.text
    assert window.workbench.settings.last_folder == str(folder)


def test_every_file_that_was_left_out_is_told_with_its_reason(window: MainWindow, folder: Path, qtbot: QtBot) -> None:
    (folder / "empty.png").touch()
    (folder / "text.png").write_text("no picture")
    drop(window, window.canvas, folder)
    idle(window, qtbot)
    assert "Left out" in window.notice.text
    assert "(and 1 more)" in window.notice.text
    details = window.notice._details.toPlainText()
    assert "empty.png: the file is empty" in details.lower()
    assert "text.png" in details
    assert count(window) == 5


def test_a_folder_without_images_is_said_to_be_one(window: MainWindow, tmp_path: Path, qtbot: QtBot) -> None:
    (tmp_path / "letters").mkdir()
    (tmp_path / "letters" / "one.txt").write_text("Dear Sir,")
    drop(window, window.canvas, tmp_path / "letters")
    idle(window, qtbot)
    assert window.notice.text == f"{tmp_path / 'letters'}: there is no image in it."
    assert count(window) == 3


def test_a_file_that_is_no_image_is_left_out_with_its_reason(window: MainWindow, tmp_path: Path, qtbot: QtBot) -> None:
    (tmp_path / "one.txt").write_text("Dear Sir,")
    drop(window, window.canvas, tmp_path / "one.txt")
    idle(window, qtbot)
    assert window.notice.text.startswith(f"Left out: {tmp_path / 'one.txt'}: this is not an image")
    assert count(window) == 3
