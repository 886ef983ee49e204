"""Whoever is here on the first day reads at any moment what to do next."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtWidgets import QPushButton
from pytestqt.qtbot import QtBot

from segstudio.core.classes import LabelSet
from segstudio.core.errors import ImageError
from segstudio.gui import MainWindow
from segstudio.gui.panels.empty_state import EmptyState
from tests.gui.conftest import Hand


@pytest.fixture
def advised(qtbot: QtBot) -> Callable[[MainWindow, str], None]:
    def wait(window: MainWindow, words: str) -> None:
        qtbot.waitUntil(lambda: words in window.advice.text(), timeout=10_000)

    return wait


def test_each_state_of_an_image_says_what_comes_next(
    window: MainWindow, hand: Hand, advised: Callable[[MainWindow, str], None], qtbot: QtBot
) -> None:
    advised(window, "draw a stroke in each class")
    hand.drag((48, 50), (48, 70))
    advised(window, "propagate (P)")
    window.pick_class(0)
    hand.drag((10, 10), (10, 100))
    window.trigger("propagate.scribbles")
    qtbot.waitUntil(lambda: not window.jobs.busy, timeout=60_000)
    advised(window, "mark as done (Ctrl+Return)")
    window.trigger("sample.done")
    advised(window, "another image (D)")
    window.trigger("view.review")
    advised(window, "accept (Ctrl+Shift+Return)")


def test_the_advice_names_the_keys_as_the_person_chose_them(
    window: MainWindow, advised: Callable[[MainWindow, str], None]
) -> None:
    window.set_shortcuts({"propagate.scribbles": ["F9"]})
    window.advice.follow()
    advised(window, "F9")


def test_a_project_without_images_offers_only_what_can_be_done(
    make_window: Callable[[Path | None], MainWindow], tmp_path: Path, advised: Callable[[MainWindow, str], None]
) -> None:
    window = make_window(None)
    first = window.findChild(EmptyState)
    assert first is not None
    shown = {b.objectName() for b in first.findChildren(QPushButton) if b.isVisible()}
    assert {"project.new", "project.open"} <= shown
    assert first.new.isDefault()
    assert not first.open.isDefault()
    window.trigger("project.new", path=tmp_path / "fresh", classes=LabelSet.named(["sky", "road"]))
    advised(window, "add images")
    assert first.add.isVisible()
    assert first.add.isDefault()
    for act in ("sample.next", "sample.previous", "model.train", "model.predict", "export.dataset", "teach.toggle"):
        assert not window.action(act).isEnabled(), act
    assert "No images yet" in window.panel("samples").empty.text()  # type: ignore[attr-defined]


def test_an_error_about_an_image_goes_when_what_it_lacked_is_there(window: MainWindow, hand: Hand) -> None:
    window.trigger("propagate.scribbles")
    assert "Draw a stroke" in window.notice.text
    hand.drag((48, 50), (48, 70))
    assert window.notice.text == ""


def test_an_error_about_a_file_stays_until_it_is_dismissed(window: MainWindow, hand: Hand, tmp_path: Path) -> None:
    window.notice.show_error(ImageError(tmp_path / "scan.dcm", "is cut short"), "open")
    hand.drag((48, 50), (48, 70))
    window.trigger("sample.next")
    assert "is cut short" in window.notice.text


def test_the_advice_gives_way_to_a_message_and_comes_back(
    window: MainWindow, advised: Callable[[MainWindow, str], None]
) -> None:
    advised(window, "draw a stroke in each class")
    window.workbench.message.emit("79 images added")
    window.advice.show()  # as Qt does when a job's progress beside it goes
    assert window.advice.text() == "", "not one text over the other"
    window.status.clearMessage()
    advised(window, "draw a stroke in each class")


def test_who_comes_back_to_strokes_is_told_to_propagate_them(
    window: MainWindow,
    hand: Hand,
    advised: Callable[[MainWindow, str], None],
    project_folder: Path,
    make_window: Callable[[Path | None], MainWindow],
) -> None:
    hand.drag((48, 50), (48, 70))
    window.close()
    again = make_window(project_folder)
    advised(again, "once each class has a stroke, propagate (P)")
