"""Keeps Python's collector of garbage off what stays for good: a full look at all of a loaded program holds the window
up for a tenth of a second, again and again."""

from __future__ import annotations

import gc

from PySide6.QtCore import QObject, Qt, QTimer
from PySide6.QtWidgets import QApplication

from segstudio.app.workbench import Workbench

_LATER_MS = 3000
"""After another project was opened: it is shown first."""


class Garbage(QObject):
    """From :meth:`keep` on what there is counts as there for good, until another project is open: then what the old one
    leaves is looked for, once, while nobody draws."""

    def __init__(self, parent: QObject, workbench: Workbench) -> None:
        super().__init__(parent)
        self._timer = QTimer(self, singleShot=True, interval=_LATER_MS)
        self._timer.timeout.connect(self._collect)
        workbench.document_changed.connect(self._thaw)
        self.keep()

    def keep(self) -> None:
        """Look at what was made up to now no more."""
        if not self._timer.isActive():
            gc.freeze()

    def _thaw(self) -> None:
        gc.unfreeze()
        self._timer.start()

    def _collect(self) -> None:
        if QApplication.mouseButtons() == Qt.MouseButton.NoButton:
            gc.collect()
            gc.freeze()
        else:
            self._timer.start()
