"""What is there for good is not looked through for garbage, and what an old project leaves goes all the same."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import QObject, Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from segstudio.app.workbench import Workbench
from segstudio.core.classes import LabelSet
from segstudio.gui import garbage
from segstudio.gui.dispatch import Dispatcher
from segstudio.gui.garbage import Garbage


@pytest.fixture
def bench(qtbot: QtBot, tmp_path: Path) -> Iterator[Workbench]:
    Image.fromarray(np.zeros((20, 30), np.uint8)).save(tmp_path / "image.png")
    dispatcher = Dispatcher()
    made = Workbench(dispatcher.post)
    yield made
    made.shut_down()
    gc.unfreeze()


def project(bench: Workbench, folder: Path, name: str) -> None:
    assert bench.new_project(folder / name, LabelSet.named(["a"]), [(folder / "image.png", 0)])


def test_what_a_closed_project_leaves_is_found_once_another_is_open(
    bench: Workbench, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(garbage, "_LATER_MS", 1)
    held = [Qt.MouseButton.LeftButton]
    monkeypatch.setattr(QApplication, "mouseButtons", lambda: held[0])
    project(bench, tmp_path, "one")
    old = weakref.ref(bench.document)
    parent = QObject()
    keeper = Garbage(parent, bench)
    assert gc.get_freeze_count()
    project(bench, tmp_path, "two")
    qtbot.waitUntil(lambda: not bench.jobs.busy)
    keeper.keep()
    assert not gc.get_freeze_count(), "what was the old project's is still to be found"
    qtbot.wait(50)
    assert old() is not None, "not in the middle of a stroke"
    held[0] = Qt.MouseButton.NoButton
    qtbot.waitUntil(lambda: old() is None)
    assert gc.get_freeze_count()


def test_what_is_made_later_is_kept_from_being_looked_through_when_one_says_so(bench: Workbench) -> None:
    parent = QObject()
    keeper = Garbage(parent, bench)
    before = gc.get_freeze_count()
    later = [[number] for number in range(1000)]
    keeper.keep()
    assert gc.get_freeze_count() >= before + len(later)
