"""Asking for a new project."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QDialogButtonBox
from pytestqt.qtbot import QtBot

from segstudio.gui import MainWindow
from segstudio.gui.dialogs.new_project import NewProjectDialog

OK = QDialogButtonBox.StandardButton.Ok


@pytest.fixture
def images(tmp_path: Path) -> list[Path]:
    folder = tmp_path / "scans"
    folder.mkdir()
    for name in ("a", "b"):
        Image.new("L", (20, 10)).save(folder / f"{name}.png")
    (folder / "notes.txt").write_text("no image")
    return [folder / "a.png", folder / "b.png"]


@pytest.fixture
def dialog(window: MainWindow, qtbot: QtBot, tmp_path: Path) -> NewProjectDialog:
    dialog = NewProjectDialog(window.workbench, window)
    qtbot.addWidget(dialog)
    dialog.folder.setText(str(tmp_path))
    dialog.show()
    return dialog


def test_the_answer_holds_what_was_typed(dialog: NewProjectDialog, images: list[Path], tmp_path: Path) -> None:
    dialog.name.setText("肝脏")
    dialog.names.setText("background, liver , ")
    dialog.add(images)
    answer = dialog.answer()
    assert answer.path == tmp_path / "肝脏.segstudio"
    assert [(c.id, c.name) for c in answer.classes.values()] == [(0, "background"), (1, "liver")]
    assert answer.images == images


def test_a_preset_shows_its_classes(dialog: NewProjectDialog) -> None:
    dialog.preset.setCurrentIndex(dialog.preset.findData("acdc"))
    assert not dialog.names.isVisible()
    assert dialog.classes.count() == len(dialog.answer().classes) > 2


@pytest.mark.parametrize(
    ("name", "names", "words"),
    [
        ("", "a", "name"),
        ("a/b", "a", "name"),
        ("discs", "a", "there already"),
        ("fresh", "", "at least one class"),
        ("fresh", "cat, cat", "Two classes are called 'cat'"),
    ],
)
def test_what_cannot_be_made_is_said_before_ok(dialog: NewProjectDialog, name: str, names: str, words: str) -> None:
    dialog.name.setText(name)
    dialog.names.setText(names)
    assert words in dialog.problem.text()
    assert dialog.problem.isVisible()
    assert not dialog.buttons.button(OK).isEnabled()
    dialog.name.setText("fresh")
    dialog.names.setText("cat")
    assert not dialog.problem.isVisible()
    assert dialog.buttons.button(OK).isEnabled()


def test_a_folder_that_is_not_there_is_named(dialog: NewProjectDialog, tmp_path: Path) -> None:
    dialog.folder.setText(str(tmp_path / "nowhere"))
    assert "nowhere" in dialog.problem.text()


def test_images_and_folders_are_dropped(dialog: NewProjectDialog, images: list[Path]) -> None:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(images[0])), QUrl.fromLocalFile(str(images[0].parent))])
    place, none = QPoint(10, 10), Qt.KeyboardModifier.NoModifier
    action, button = Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton
    enter = QDragEnterEvent(place, action, data, button, none)
    QApplication.sendEvent(dialog.drop, enter)
    assert enter.isAccepted()
    QApplication.sendEvent(dialog.drop, QDropEvent(QPointF(place), action, data, button, none))
    QApplication.processEvents()
    assert dialog.images == [images[0].parent, images[0]], "in order, whatever order they were dropped in"
    assert dialog.drop.list.count() == 2
    QTest.mouseClick(dialog.drop.clear, Qt.MouseButton.LeftButton)
    assert dialog.images == []


def test_a_dropped_folder_names_the_project(window: MainWindow, qtbot: QtBot, images: list[Path]) -> None:
    dialog = NewProjectDialog(window.workbench, window, [images[0].parent])
    qtbot.addWidget(dialog)
    assert dialog.name.text() == "scans"


def test_a_new_project_opens_with_its_images(
    window: MainWindow, qtbot: QtBot, images: list[Path], tmp_path: Path
) -> None:
    from PySide6.QtCore import QTimer

    def fill() -> None:
        dialog = QApplication.activeModalWidget()
        assert isinstance(dialog, NewProjectDialog)
        dialog.folder.setText(str(tmp_path))
        dialog.name.setText("liver")
        dialog.add([images[0].parent])
        QTest.mouseClick(dialog.buttons.button(OK), Qt.MouseButton.LeftButton)

    QTimer.singleShot(0, fill)
    window.trigger("project.new")
    qtbot.waitUntil(lambda: window.document.project.name == "liver" and window.document.sample is not None)
    assert [sample.name for sample in window.document.project.samples()] == ["a.png", "b.png"]


def test_a_project_is_offered_beside_its_images_unless_a_person_says_where(
    window: MainWindow, qtbot: QtBot, images: list[Path], tmp_path: Path
) -> None:
    dialog = NewProjectDialog(window.workbench, window, [images[0].parent])
    qtbot.addWidget(dialog)
    assert dialog.folder.text() == str(tmp_path)
    other = NewProjectDialog(window.workbench, window)
    qtbot.addWidget(other)
    (tmp_path / "elsewhere").mkdir()
    other.folder.clear()
    QTest.keyClicks(other.folder, str(tmp_path / "elsewhere"))
    other.add(images)
    assert other.folder.text() == str(tmp_path / "elsewhere")
