"""A step over many images: the window lives, tells how far it is, and nothing comes in between."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QEvent, Qt, QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from segstudio.app.class_edits import remove_class
from segstudio.app.machine_edits import write_together
from segstudio.core.geometry import Region
from segstudio.core.labels import Provenance
from segstudio.core.progress import Progress, Work
from segstudio.gui import MainWindow, waiting


def nothing() -> Work[None]:
    yield Progress(None)


class Watch:
    """Looks at the window every millisecond that its event loop has."""

    def __init__(self, window: MainWindow) -> None:
        self.window = window
        self.seen: list[bool] = []
        self.posted: list[bool] = []
        self._timer = QTimer(window)
        self._timer.timeout.connect(self._look)
        self._timer.start(1)

    def _look(self) -> None:
        if not self.window.workbench.busy:
            return
        self.seen.append(self.window.waiting.isVisible())
        self.window.trigger("sample.next")
        self.window.trigger("edit.undo")
        assert not self.window.close()
        if len(self.seen) == 1:
            self.window.jobs.submit("Look", nothing, lambda _: self.posted.append(self.window.workbench.busy))

    def stop(self) -> None:
        self._timer.stop()


@pytest.fixture
def watch(window: MainWindow, monkeypatch: pytest.MonkeyPatch) -> Watch:
    monkeypatch.setattr(waiting, "_SHOWN_AFTER", 0.0)
    monkeypatch.setattr(waiting, "_TURN", 0.0)
    return Watch(window)


def draw_everywhere(window: MainWindow) -> None:
    document = window.document
    for sample_id in document.order:
        document.goto(sample_id)
        with document.edit("Brush"):
            document.labels.write(Region(0, 0, 20, 20), 1, source=Provenance.HUMAN)


def test_undo_of_a_class_step_shows_how_far_it_is_and_lets_nothing_in_between(
    window: MainWindow, watch: Watch, qtbot: QtBot
) -> None:
    document = window.document
    draw_everywhere(window)
    remove_class(document, 1)
    here = document.sample
    watch.seen.clear()
    window.trigger("edit.undo")
    assert watch.seen
    assert watch.seen[-1], "it was told of in the middle of the window"
    watch.stop()
    assert window.waiting.isHidden()
    assert QApplication.overrideCursor() is None
    assert document.sample == here, "acts wait until it is over"
    assert document.history.next_redo is not None
    assert document.history.next_redo.name == "Remove class"
    assert 1 in document.classes
    for sample_id in document.order:
        document.goto(sample_id)
        assert (document.labels.ids[:20, :20] == 1).all()
    qtbot.waitUntil(lambda: bool(watch.posted))
    assert not any(watch.posted), "what a thread brought waited for the end"


def test_a_stack_is_written_and_undone_with_signs_of_life(
    window: MainWindow, watch: Watch, qtbot: QtBot, project_folder: Path
) -> None:
    document = window.document
    labels = {sample_id: np.ones((96, 120), np.uint8) for sample_id in document.order}
    write_together(document, "Propagate through the volume", labels, Provenance.PROPAGATED)
    written = len(watch.seen)
    window.trigger("edit.undo")
    assert 0 < written < len(watch.seen)
    watch.stop()
    for sample_id in document.order:
        document.goto(sample_id)
        assert (document.labels.ids == 255).all()
    window.trigger("edit.redo")
    assert (document.labels.ids == 1).all()


def test_what_is_over_at_once_is_not_told_of(window: MainWindow, qtbot: QtBot) -> None:
    shown: list[QEvent] = []
    window.waiting.showEvent = shown.append  # type: ignore[method-assign,assignment]
    draw_everywhere(window)
    remove_class(window.document, 1)
    window.trigger("edit.undo")
    assert not shown


@pytest.mark.parametrize("way", ["button", "key"])
def test_a_person_stops_it_and_every_image_is_as_it_was(
    window: MainWindow, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    monkeypatch.setattr(waiting, "_SHOWN_AFTER", 0.0)
    monkeypatch.setattr(waiting, "_TURN", 0.0)
    document = window.document
    draw_everywhere(window)
    remove_class(document, 1)
    heard: list[bool] = []

    def act() -> None:
        if not window.waiting.isVisible():
            return
        heard.append(window.waiting.button.isEnabled())
        QTest.keyClick(window.canvas, Qt.Key.Key_BracketRight)  # a larger brush, if anyone heard it
        if way == "button":
            QTest.mouseClick(window.waiting.button, Qt.MouseButton.LeftButton)
        else:
            QTest.keyClick(window.canvas, Qt.Key.Key_Escape)

    timer = QTimer(window)
    timer.timeout.connect(act)
    timer.start(0)
    told: list[str] = []
    window.workbench.message.connect(told.append)
    size = window.canvas.brush_size
    window.trigger("edit.undo")
    timer.stop()
    assert heard[0], "it could be stopped"
    assert told == ["Stopped: every image is as it was before."]
    assert window.waiting.isHidden()
    assert QApplication.overrideCursor() is None
    assert window.canvas.brush_size == size, "nothing else was heard"
    assert document.history.next_undo is not None
    assert document.history.next_undo.name == "Remove class"
    assert 1 not in document.classes
    for sample_id in document.order:
        document.goto(sample_id)
        assert (document.labels.ids == 255).all()
    monkeypatch.setattr(waiting, "_SHOWN_AFTER", 60.0)
    window.trigger("edit.undo")
    assert 1 in document.classes
    QTest.keyClick(window.canvas, Qt.Key.Key_BracketRight)
    assert window.canvas.brush_size > size, "and is heard again"
