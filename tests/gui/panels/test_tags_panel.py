"""What is said about an image as a whole."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from segstudio.core.progress import Progress, Work
from segstudio.gui import MainWindow
from segstudio.gui.panels.tags import TagsPanel


@pytest.fixture
def panel(window: MainWindow) -> TagsPanel:
    window.show_panel("tags")
    panel = window.panel("tags")
    assert isinstance(panel, TagsPanel)
    return panel


def tags(window: MainWindow) -> dict[int, bool]:
    return {tag.class_id: tag.present for tag in window.document.annotation.tags}


def click(panel: TagsPanel, row: int) -> None:
    place = panel.tags.visualItemRect(panel.tags.item(row)).center()
    QTest.mouseClick(panel.tags.viewport(), Qt.MouseButton.LeftButton, pos=place)


def test_a_click_says_present_then_absent_then_nothing(panel: TagsPanel, window: MainWindow) -> None:
    click(panel, 1)
    assert tags(window) == {1: True}
    assert panel.tags.item(1).toolTip() == "disc: present"
    click(panel, 1)
    assert tags(window) == {1: False}
    click(panel, 1)
    assert tags(window) == {}
    window.trigger("edit.undo")
    assert tags(window) == {1: False}
    assert panel.tags.item(1).toolTip() == "disc: absent"


def test_space_does_what_a_click_does(panel: TagsPanel, window: MainWindow) -> None:
    panel.tags.setCurrentRow(0)
    QTest.keyClick(panel.tags, Qt.Key.Key_Space)
    assert tags(window) == {0: True}
    QTest.keyClick(panel.tags, Qt.Key.Key_Down)
    QTest.keyClick(panel.tags, Qt.Key.Key_Space)
    assert tags(window) == {0: True, 1: True}


def test_a_note_is_kept_when_a_person_pauses(panel: TagsPanel, window: MainWindow, qtbot: QtBot) -> None:
    panel.note.setFocus()
    QTest.keyClicks(panel.note, "left lobe unclear")
    qtbot.waitUntil(lambda: window.document.annotation.note == "left lobe unclear")
    window.trigger("edit.undo")
    assert window.document.annotation.note == "", "one step, not one for each letter"


def test_a_note_survives_going_on_at_once_and_closing(
    panel: TagsPanel,
    window: MainWindow,
    make_window: Callable[[Path | None], MainWindow],
    project_folder: Path,
) -> None:
    QTest.keyClicks(panel.note, "first")
    window.trigger("sample.next")
    assert panel.note.toPlainText() == ""
    QTest.keyClicks(panel.note, "second")
    window.trigger("sample.previous")
    assert panel.note.toPlainText() == "first"
    window.trigger("sample.next")
    assert panel.note.toPlainText() == "second"
    QTest.keyClicks(panel.note, " more")
    window.close()
    again = make_window(project_folder)
    again.document.goto(2)
    assert again.document.annotation.note == "second more"


def test_a_note_that_is_typed_while_many_images_begin_to_change_is_kept_afterwards(
    panel: TagsPanel, window: MainWindow, qtbot: QtBot
) -> None:
    def change() -> Work[None]:
        end = time.monotonic() + 1.3
        while time.monotonic() < end:
            yield Progress(0.5)

    panel.note.setFocus()
    QTest.keyClicks(panel.note, "seen twice")
    window.document.wide.go(change)
    qtbot.waitUntil(lambda: window.document.annotation.note == "seen twice")
    window.document.save()
    assert window.document.sample is not None
    assert window.document.project.annotation(window.document.sample.id).note == "seen twice"


def test_letters_typed_into_the_note_are_no_shortcuts(panel: TagsPanel, window: MainWindow) -> None:
    panel.note.setFocus()
    QTest.keyClicks(panel.note, "dap")
    assert window.document.sample is not None
    assert window.document.sample.id == 1
