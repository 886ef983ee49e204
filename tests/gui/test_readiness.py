"""What is slow to load is there when it is asked for, and the first strokes did not wait for it."""

from __future__ import annotations

import sys
import threading
from types import ModuleType

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from segstudio.gui import MainWindow, readiness
from segstudio.gui.application import make_ready


def test_the_curves_are_loaded_before_a_training_begins(
    window: MainWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(readiness, "_PAUSE_MS", 1)
    ready = make_ready(window)
    qtbot.waitUntil(lambda: ready.done, timeout=60_000)
    assert "pyqtgraph" in sys.modules
    assert "segstudio.gui.dialogs.train" in sys.modules
    panel = window._docks["training"].widget()
    assert panel is not None, "it takes as long to build as all the others"
    assert panel is window.panel("training")


def test_a_stroke_is_not_held_up_by_it(window: MainWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    held = [Qt.MouseButton.LeftButton]
    monkeypatch.setattr(readiness, "_PAUSE_MS", 1)
    monkeypatch.setattr(QApplication, "mouseButtons", lambda: held[0])
    ready = make_ready(window)
    looked: list[int] = []
    ready._timer.timeout.connect(lambda: looked.append(1))
    qtbot.waitUntil(lambda: len(looked) > 8, timeout=60_000)
    assert not ready.done
    held[0] = Qt.MouseButton.NoButton
    qtbot.waitUntil(lambda: ready.done, timeout=60_000)


def test_kernels_are_loaded_once_they_are_compiled(
    window: MainWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(readiness, "_PAUSE_MS", 1)
    monkeypatch.setattr(readiness, "_steps", lambda: iter(()))
    loaded, compiled = [], [False]
    module = ModuleType("kernels_of_a_test")
    module.warm_up = lambda: loaded.append(threading.current_thread())  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, module.__name__, module)
    monkeypatch.setattr(readiness, "_KERNELS", (module.__name__,))
    asked: list[bool] = []

    def is_compiled() -> bool:
        asked.append(True)
        return compiled[0]

    ready = make_ready(window, is_compiled)
    qtbot.waitUntil(lambda: bool(asked), timeout=60_000)
    assert ready.done
    assert not loaded
    compiled[0] = True
    qtbot.waitUntil(lambda: bool(loaded), timeout=60_000)
    assert loaded[0] is not threading.main_thread()
