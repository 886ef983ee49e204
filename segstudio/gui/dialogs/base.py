"""What the dialogs share: their buttons, a line for what is wrong, and texts that follow the language."""

from __future__ import annotations

from itertools import pairwise

from PySide6.QtCore import QCoreApplication, QEvent, QPoint, QRect, Qt, QTimer
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QLabel, QPushButton, QVBoxLayout, QWidget

from segstudio.gui.i18n import Translated

Button = QDialogButtonBox.StandardButton


class Dialog(Translated, QDialog):
    """A dialog with *content* above its buttons, and a line for what is wrong between them.

    A subclass fills :attr:`content`, and calls :meth:`start` at the end of its constructor. Tab goes through it from
    top to bottom, whatever was made first; Return presses what it is for, unless the keyboard is on another button.
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
        main = self.buttons.button(Button.Ok) or self.buttons.button(Button.Close)
        if main is not None:
            main.setDefault(True)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        fields = [widget for widget in self._in_order() if not isinstance(widget, QPushButton)]
        here = self.focusWidget()
        if fields and not event.spontaneous() and (here is None or isinstance(here, QPushButton)):
            fields[0].setFocus(Qt.FocusReason.TabFocusReason)

    def focusNextPrevChild(self, forward: bool) -> bool:
        self._in_order()
        return super().focusNextPrevChild(forward)

    def _in_order(self) -> list[QWidget]:
        """What Tab reaches now, from top to bottom and left to right; Tab goes that way."""
        fields = [widget for widget in self.findChildren(QWidget) if self._takes_tab(widget)]
        above = [field for field in fields if not self.buttons.isAncestorOf(field)]
        below = [field for field in fields if self.buttons.isAncestorOf(field)]
        ordered = [field for part in (above, below) for row in self._rows(part) for field in row]
        for one, other in pairwise(ordered):
            self.setTabOrder(one, other)
        return ordered

    def _takes_tab(self, widget: QWidget) -> bool:
        shown = widget.isVisible() and widget.isEnabled() and widget.window() is self
        return shown and bool(widget.focusPolicy() & Qt.FocusPolicy.TabFocus) and widget.focusProxy() is None

    def _rows(self, fields: list[QWidget]) -> list[list[QWidget]]:
        """*fields* by the lines in which they stand."""
        rows: list[list[QWidget]] = []
        bottom = 0
        for field in sorted(fields, key=lambda field: self._place(field).center().y()):
            place = self._place(field)
            if not rows or place.center().y() > bottom:
                rows.append([])
                bottom = place.bottom()
            rows[-1].append(field)
        return [sorted(row, key=lambda field: self._place(field).x()) for row in rows]

    def _place(self, widget: QWidget) -> QRect:
        return QRect(widget.mapTo(self, QPoint(0, 0)), widget.size())

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() is QEvent.Type.LanguageChange:  # the button box hears of it last, and names its buttons anew
            QTimer.singleShot(0, self, self.retranslate)

    def make_room(self) -> None:
        """Grow to what the content asks for now, once it is laid out; never shrink under a person's hand."""
        QTimer.singleShot(0, self, lambda: self.resize(self.size().expandedTo(self.sizeHint())))

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
