"""What the dialogs share: their buttons, a line for what is wrong, and texts that follow the language."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication, QEvent, QTimer
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QLabel, QVBoxLayout, QWidget

from segstudio.gui.i18n import Translated

Button = QDialogButtonBox.StandardButton


class Dialog(Translated, QDialog):
    """A dialog with *content* above its buttons, and a line for what is wrong between them.

    A subclass fills :attr:`content`, and calls :meth:`start` at the end of its constructor.
    """

    def __init__(self, parent: QWidget | None, buttons: Button = Button.Ok | Button.Cancel) -> None:
        super().__init__(parent)
        self.content = QVBoxLayout()
        self.content.setSpacing(10)
        self.problem = QLabel()
        self.problem.setProperty("role", "bad")
        self.problem.setWordWrap(True)
        self.problem.hide()
        self.buttons = QDialogButtonBox(buttons)
        self.buttons.accepted.connect(self.accept)
        self.buttons.rejected.connect(self.reject)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 16, 16, 14)
        column.setSpacing(12)
        column.addLayout(self.content, 1)
        column.addWidget(self.problem)
        column.addWidget(self.buttons)

    def start(self) -> None:
        """Write the texts."""
        self.retranslate()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() is QEvent.Type.LanguageChange:  # the button box hears of it last, and names its buttons anew
            QTimer.singleShot(0, self, self.retranslate)

    def say(self, problem: str) -> None:
        """Show what is wrong; an empty text hides the line. OK can be pressed only while nothing is wrong."""
        self.problem.setText(problem)
        self.problem.setVisible(bool(problem))
        ok = self.buttons.button(Button.Ok)
        if ok is not None:
            ok.setEnabled(not problem)

    def name_ok(self, text: str) -> None:
        """Call the OK button by what it does."""
        self.buttons.button(Button.Ok).setText(text)
        cancel = self.buttons.button(Button.Cancel)
        if cancel is not None:
            cancel.setText(QCoreApplication.translate("Dialog", "Cancel"))


def muted(text: str = "") -> QLabel:
    """A label of the second rank that wraps."""
    label = QLabel(text)
    label.setProperty("role", "muted")
    label.setWordWrap(True)
    return label
