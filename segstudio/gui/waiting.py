"""What a person sees while many images are changed at once: the window lives, shows how far it is, and can be told to
give up."""

from __future__ import annotations

import time
from collections.abc import Callable

from PySide6.QtCore import QCoreApplication, QEvent, QEventLoop, QObject, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QApplication, QFrame, QLabel, QProgressBar, QPushButton, QVBoxLayout, QWidget

from segstudio.core.progress import Progress
from segstudio.gui.i18n import Translated

_SHOWN_AFTER = 0.5
"""Seconds; what is over sooner needs no telling."""
_TURN = 0.01
"""Seconds of work between two turns of the event loop."""
_WIDTH = 320
_INPUT = frozenset(
    {
        QEvent.Type.MouseButtonPress,
        QEvent.Type.MouseButtonRelease,
        QEvent.Type.MouseButtonDblClick,
        QEvent.Type.MouseMove,
        QEvent.Type.Wheel,
        QEvent.Type.KeyPress,
        QEvent.Type.KeyRelease,
        QEvent.Type.ShortcutOverride,
        QEvent.Type.Shortcut,
        QEvent.Type.TabletPress,
        QEvent.Type.TabletMove,
        QEvent.Type.TabletRelease,
        QEvent.Type.NativeGesture,
        QEvent.Type.ContextMenu,
        QEvent.Type.DragEnter,
        QEvent.Type.Drop,
    }
)
"""What a person does to a widget."""


class Waiting(Translated, QFrame):
    """In the middle of *around*, once the work takes long enough to be told of.

    The work runs in the main thread, an image at a time; in between paints and timers get their turn. Until this shows,
    keys and clicks wait for the end; then only its button and Escape are heard, which *stop* the work: all of it is
    taken back.
    """

    def __init__(self, around: QWidget, stop: Callable[[], object]) -> None:
        super().__init__(around)
        self._around, self._stop = around, stop
        self.setObjectName("waiting")
        self.setFrameShape(QFrame.Shape.StyledPanel)
        self.setAutoFillBackground(True)
        self._text = QLabel(self)
        self._text.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._bar = QProgressBar(self)
        self._bar.setRange(0, 1000)
        self._bar.setTextVisible(False)
        self.button = QPushButton(self)
        self.button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.button.clicked.connect(self._give_up)
        column = QVBoxLayout(self)
        column.setContentsMargins(20, 14, 20, 16)
        column.addWidget(self._text)
        column.addWidget(self._bar)
        column.addWidget(self.button, 0, Qt.AlignmentFlag.AlignCenter)
        self._begun = self._turn = 0.0
        self._given_up = False
        self.hide()
        self.retranslate()

    def retranslate(self) -> None:
        going = self.tr("Changing many images …")
        self._text.setText(self.tr("Taking it back …") if self._given_up else going)
        self._bar.setAccessibleName(going)
        self.button.setText(self.tr("&Stop"))
        self.button.setToolTip(self.tr("Give up; every image stays as it was before (Esc)"))

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
            waits = self.isHidden()
            flags = QEventLoop.ProcessEventsFlag
            QCoreApplication.processEvents(flags.ExcludeUserInputEvents if waits else flags.AllEvents)
            self._turn = time.monotonic()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """While this shows nothing else takes what a person does."""
        if event.type() not in _INPUT or not isinstance(watched, QWidget) or watched in (self, self.button):
            return super().eventFilter(watched, event)
        if isinstance(event, QKeyEvent) and event.key() == Qt.Key.Key_Escape:
            event.accept()  # no act of the same key
            if event.type() is QEvent.Type.KeyPress:
                self._give_up()
        return True

    def _give_up(self) -> None:
        self._given_up = True
        self.button.setEnabled(False)
        self.retranslate()
        self._stop()

    def _end(self) -> None:
        if self._begun:
            self._begun = 0.0
            QApplication.restoreOverrideCursor()
            QCoreApplication.instance().removeEventFilter(self)  # type: ignore[union-attr]
            self.hide()

    def _place(self) -> None:
        self._given_up = False
        self.button.setEnabled(True)
        self.retranslate()
        self.resize(_WIDTH, self.sizeHint().height())
        self.move(self._around.rect().center() - self.rect().center())
        QCoreApplication.instance().installEventFilter(self)  # type: ignore[union-attr]
        self.show()
        self.raise_()
