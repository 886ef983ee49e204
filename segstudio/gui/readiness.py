"""What is slow to load is made ready while nobody draws: it does not hold the window up when it is asked for."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator
from functools import partial

from PySide6.QtCore import QObject, Qt, QTimer
from PySide6.QtWidgets import QApplication

_MODULES = (
    "segstudio.gui.panels.training",
    "segstudio.gui.dialogs.train",
    "segstudio.gui.dialogs.export",
    "segstudio.gui.dialogs.import_labels",
    "pyqtgraph",
)
_CURVES = "segstudio.gui.panels.curves"
_PAUSE_MS = 400
"""Between two slices."""


class Readiness(QObject):
    """Loads panels, dialogs and the curves of training and builds what the first curves need, in slices.

    A slice takes some tens of milliseconds of the event loop, the plotting library some hundred, once; it waits while a
    mouse button is held. All of it happens in the window's own thread: what PySide makes when a name of Qt is first
    looked up it does not guard against other threads, and loading beside a busy window ended the program.
    """

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self.done = False
        self._slices = _slices()
        self._timer = QTimer(self, singleShot=True, interval=_PAUSE_MS)
        self._timer.timeout.connect(self._next)
        self._timer.start()

    def _next(self) -> None:
        if QApplication.mouseButtons() == Qt.MouseButton.NoButton:
            made = next(self._slices, None)
            self.done = made is None
            if made is not None:
                made()
        if not self.done:
            self._timer.start()


def _slices() -> Iterator[Callable[[], object]]:
    for name in _MODULES:
        yield partial(importlib.import_module, name)
    yield from importlib.import_module(_CURVES).SLICES
