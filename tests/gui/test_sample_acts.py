"""What a person does with several images of the list."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import QItemSelectionModel, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QMessageBox
from pytestqt.qtbot import QtBot

from segstudio.core.annotation import SampleState
from segstudio.gui import MainWindow
from segstudio.gui.panels.sample_menu import sample_menu
from segstudio.gui.panels.samples import SamplesPanel


@pytest.fixture
def panel(window: MainWindow) -> SamplesPanel:
    panel = window.panel("samples")
    assert isinstance(panel, SamplesPanel)
    return panel


def select(panel: SamplesPanel, *rows: int) -> None:
    panel.view.clearSelection()
    for row in rows:
        panel.view.selectionModel().select(panel.model.index(row), QItemSelectionModel.SelectionFlag.Select)


def answer(monkeypatch: pytest.MonkeyPatch, role: QMessageBox.ButtonRole) -> list[str]:
    """Press the button of *role* when a question is asked; the questions."""
    asked: list[str] = []

    def press(box: QMessageBox) -> int:
        asked.append(box.text())
        button = next(button for button in box.buttons() if box.buttonRole(button) is role)
        monkeypatch.setattr(box, "clickedButton", lambda: button)
        return 0

    monkeypatch.setattr(QMessageBox, "exec", press)
    return asked


def test_delete_in_the_list_takes_the_selected_images_out_once_it_is_confirmed(
    window: MainWindow, panel: SamplesPanel, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = answer(monkeypatch, QMessageBox.ButtonRole.RejectRole)
    select(panel, 0, 1)
    QTest.keyClick(panel.view, Qt.Key.Key_Delete)
    assert asked == ["Take 2 images out of the project?"]
    assert len(panel.model.ids) == 3
    answer(monkeypatch, QMessageBox.ButtonRole.AcceptRole)
    QTest.keyClick(panel.view, Qt.Key.Key_Delete)
    assert len(panel.model.ids) == 1
    assert window.document.sample is not None
    assert window.document.sample.name == "disc-2.png"
    window.trigger("edit.undo")
    assert len(panel.model.ids) == 3
    assert window.document.sample.name == "disc-0.png"


def test_a_single_image_is_asked_about_by_its_name(
    window: MainWindow, panel: SamplesPanel, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = answer(monkeypatch, QMessageBox.ButtonRole.RejectRole)
    select(panel, 2)
    window.trigger("sample.remove")
    assert asked == ["Take disc-2.png out of the project?"]


def test_several_images_are_marked_by_the_menu_of_the_list(window: MainWindow, panel: SamplesPanel) -> None:
    select(panel, 0, 2)
    menu = sample_menu(panel, window.workbench, panel.selected())
    marks = menu.actions()[0].menu()
    assert marks is not None
    {action.text(): action for action in marks.actions()}["skipped"].trigger()
    assert window.document.project.counts()[SampleState.SKIPPED] == 2
    ids = {action.objectName() for action in menu.actions()}
    assert {"sample.remove", "model.predict_selected"} <= ids
    {action.text(): action for action in menu.actions()}["Copy the path"].trigger()
    copied = QGuiApplication.clipboard().text().splitlines()
    assert [Path(line).name for line in copied] == ["disc-0.png", "disc-2.png"]


def test_a_moved_image_says_what_to_do_and_is_found_again(
    make_window: Callable[[Path | None], MainWindow], project_folder: Path, qtbot: QtBot, tmp_path: Path
) -> None:
    (tmp_path / "elsewhere").mkdir()
    for i in range(3):
        (tmp_path / f"disc-{i}.png").rename(tmp_path / "elsewhere" / f"disc-{i}.png")
    window = make_window(project_folder)
    assert window.document.problem is not None
    assert "Find moved images" in window.canvas.message()[1]
    window.trigger("project.find_moved", folder=tmp_path / "elsewhere")
    qtbot.waitUntil(lambda: not window.jobs.busy)
    assert window.document.problem is None
    assert window.document.image is not None
    assert all(sample.path.parent.name == "elsewhere" for sample in window.document.project.samples())
