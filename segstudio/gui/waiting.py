"""What a person sees while many images are changed at once: the window lives, shows how far it is, and takes no act."""

from __future__ import annotations

import time

from PySide6.QtCore import QCoreApplication, QEventLoop, Qt
from PySide6.QtWidgets import QApplication, QFrame, QLabel, QProgressBar, QVBoxLayout, QWidget

from segstudio.core.progress import Progress
from segstudio.gui.i18n import Translated

_SHOWN_AFTER = 0.5
"""Seconds; what is over sooner needs no telling."""
_TURN = 0.01
"""Seconds of work between two turns of the event loop."""
_WIDTH = 320


class Waiting(Translated, QFrame):
    """In the middle of *around*. Keys and clicks wait until the work is done, as they do while a window is busy.

    The work runs in the main thread, an image at a time; in between paints and timers get their turn. A step over all
    images is either before or behind, never in the middle: there is nothing to cancel.
    """

    def __init__(self, around: QWidget) -> None:
        super().__init__(around)
        self._around = around
        self.setObjectName("waiting")
        self.setFrameShape(QFrame.Shape.StyledPanel)
        self.setAutoFillBackground(True)
        self._text = QLabel(self)
        self._text.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._bar = QProgressBar(self)
        self._bar.setRange(0, 1000)
        self._bar.setTextVisible(False)
        column = QVBoxLayout(self)
        column.setContentsMargins(20, 14, 20, 16)
        column.addWidget(self._text)
        column.addWidget(self._bar)
        self._begun = self._turn = 0.0
        self.hide()
        self.retranslate()

    def retranslate(self) -> None:
        self._text.setText(self.tr("Changing many images …"))
        self._bar.setAccessibleName(self._text.text())

    def follow(self, progress: Progress | None) -> None:
        """Show *progress* and let the window live for a moment; ``None``: the work has ended."""
        now = time.monotonic()
        if progress is None:
            self._end()
        elif not self._begun:
            self._begun = self._turn = now
            QApplication.setOverrideCursor(Qt.CursorShape.WaitCursor)
        elif now - self._turn > _TURN:
            self._bar.setValue(round(1000 * (progress.fraction or 0.0)))
            if self.isHidden() and now - self._begun > _SHOWN_AFTER:
                self._place()
            QCoreApplication.processEvents(QEventLoop.ProcessEventsFlag.ExcludeUserInputEvents)
            self._turn = time.monotonic()

    def _end(self) -> None:
        if self._begun:
            self._begun = 0.0
            QApplication.restoreOverrideCursor()
            self.hide()

    def _place(self) -> None:
        self.resize(_WIDTH, self.sizeHint().height())
        self.move(self._around.rect().center() - self.rect().center())
        self.show()
        self.raise_()
