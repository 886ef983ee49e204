"""Going on and closing while the disk is slow or refuses: nobody waits without need, and nothing is lost."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from segstudio.app.document import Document
from segstudio.gui import MainWindow
from segstudio.io.project import Project
from tests.gui.conftest import Hand

CTRL = Qt.KeyboardModifier.ControlModifier


def full(*_: object) -> None:
    raise OSError(errno.ENOSPC, "No space left on device")


def test_the_next_image_is_there_before_the_last_is_saved(window: MainWindow, hand: Hand, qtbot: QtBot) -> None:
    document = window.document
    first = document.order[0]
    hand.drag((40, 40), (40, 80))
    window.trigger("sample.next")
    assert document.sample is not None
    assert document.sample.id == document.order[1]
    assert not document.project.has_labels(first), "it is saved when the event loop has time"
    assert window.isWindowModified()
    qtbot.waitUntil(lambda: not document.dirty)
    assert document.project.has_labels(first)
    assert not window.isWindowModified()


def test_undo_right_after_going_on_takes_the_stroke_back(window: MainWindow, hand: Hand, qtbot: QtBot) -> None:
    document = window.document
    hand.drag((40, 40), (40, 80))
    window.trigger("sample.next")
    window.trigger("edit.undo")
    assert document.sample is not None
    assert document.sample.id == document.order[0]
    assert (document.labels.ids == 255).all()
    window.trigger("edit.redo")
    assert (document.labels.ids[40, 40:80] == document.active_class).all()
    qtbot.waitUntil(lambda: len(document.saves) == 0)


def test_a_window_that_cannot_save_says_so_and_stays_until_it_is_closed_again(
    window: MainWindow, hand: Hand, project_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hand.drag((40, 40), (40, 80))
    drawn = window.document.labels.ids.copy()
    with monkeypatch.context() as disk:
        disk.setattr(os, "replace", full)
        assert not window.close()
        assert window.isVisible()
        assert "the disk is full" in window.notice.text
        assert "journal" in window.status.currentMessage()
        assert window.close()
    again = Document(Project.open(project_folder))
    again.goto(again.order[0])
    assert (again.labels.ids == drawn).all()
    again.close()


def test_a_second_window_is_told_that_the_project_is_open(
    window: MainWindow, hand: Hand, project_folder: Path, make_window: Callable[[Path | None], MainWindow]
) -> None:
    hand.drag((40, 40), (40, 80))
    second = make_window(project_folder)
    assert second.workbench.document is None
    assert "open in another window" in second.notice.text
    assert list(window.document.journal.entries()), "the first one's journal is untouched"


def test_a_project_opens_where_it_was_left(
    window: MainWindow, hand: Hand, project_folder: Path, make_window: Callable[[Path | None], MainWindow]
) -> None:
    hand.key(Qt.Key.Key_D)
    hand.drag((40, 40), (40, 80))
    left = window.document.sample
    assert left is not None
    hand.press(60, 40)
    hand.move(60, 80)
    window.close()  # in the middle of a stroke
    again = make_window(project_folder)
    assert again.document.sample is not None
    assert again.document.sample.id == left.id
    assert (again.document.labels.ids[40, 40:80] != 255).all()
    again.trigger("sample.done")
    again.close()
    third = make_window(project_folder)
    assert third.document.sample is not None
    assert third.document.sample.id == third.document.order[0], "what is finished needs nobody: the first to be done"


def test_that_the_disk_refused_is_told_until_it_does_not(
    window: MainWindow, hand: Hand, monkeypatch: pytest.MonkeyPatch
) -> None:
    hand.drag((40, 40), (40, 80))
    with monkeypatch.context() as disk:
        disk.setattr(os, "replace", full)
        window.trigger("project.save")
        assert "the disk is full" in window.notice.text
        hand.key(Qt.Key.Key_D)
        assert "the disk is full" in window.notice.text, "also at another image"
    window.trigger("project.save")
    assert not window.document.dirty
    assert window.notice.text == ""
