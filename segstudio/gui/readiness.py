"""What is slow to load is made ready while nobody draws: it does not hold the window up when it is asked for."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator
from types import ModuleType

from PySide6.QtCore import QObject, Qt, QTimer
from PySide6.QtWidgets import QApplication

from segstudio.app.jobs import JobQueue
from segstudio.core.progress import Progress, Work

_MODULES = (
    "segstudio.gui.panels.training",
    "segstudio.gui.dialogs.train",
    "segstudio.gui.dialogs.export",
    "segstudio.gui.dialogs.import_labels",
)
_CURVES = "segstudio.gui.panels.curves"
_PAUSE_MS = 400
"""Between two slices."""


class Readiness(QObject):
    """Loads panels, dialogs and the curves of training in a thread, then builds what the first curves need, in slices.

    A slice takes some tens of milliseconds of the event loop; it waits while a mouse button is held.
    """

    def __init__(self, jobs: JobQueue, parent: QObject) -> None:
        super().__init__(parent)
        self.done = False
        self._slices: Iterator[Callable[[], object]] = iter(())
        self._timer = QTimer(self, singleShot=True, interval=_PAUSE_MS)
        self._timer.timeout.connect(self._next)
        jobs.submit("Load curves", _load, self._begin, lane="load", quiet=True)

    def _begin(self, curves: ModuleType) -> None:
        self._slices = iter(curves.SLICES)
        self._timer.start()

    def _next(self) -> None:
        if QApplication.mouseButtons() == Qt.MouseButton.NoButton:
            made = next(self._slices, None)
            self.done = made is None
            if made is not None:
                made()
        if not self.done:
            self._timer.start()


def _load() -> Work[ModuleType]:
    for name in _MODULES:
        yield Progress(None, "loading")
        importlib.import_module(name)
    yield Progress(None, "loading the curves")
    return importlib.import_module(_CURVES)
