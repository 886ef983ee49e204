"""Find an act by typing a part of its name, and do it."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import QEvent, QObject, QSize, Qt
from PySide6.QtGui import QAction, QKeyEvent, QKeySequence, QPainter
from PySide6.QtWidgets import (
    QDialog,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from segstudio.gui import icons, theme
from segstudio.gui.fields import describe
from segstudio.gui.i18n import Translated, plain

KEYS = Qt.ItemDataRole.UserRole + 1


class CommandPalette(Translated, QDialog):
    """Shows every act that can be done now; Enter does the chosen one.

    The best match comes first: the text at the start of a word before one inside, and that before letters that only
    follow in order.
    """

    def __init__(self, actions: Iterable[QAction], parent: QWidget | None = None) -> None:
        super().__init__(parent, Qt.WindowType.Dialog | Qt.WindowType.FramelessWindowHint)
        self.setObjectName("command_palette")
        self._actions = [action for action in actions if action.isEnabled() and action.text()]
        self.field = QLineEdit()
        self.field.addAction(icons.icon("search", "muted"), QLineEdit.ActionPosition.LeadingPosition)
        self.list = QListWidget()
        self.list.setItemDelegate(_Row(self.list))
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setUniformItemSizes(True)
        self.list.setIconSize(QSize(18, 18))
        column = QVBoxLayout(self)
        column.setContentsMargins(8, 8, 8, 8)
        column.addWidget(self.field)
        column.addWidget(self.list)
        self.resize(520, 420)
        self.field.textChanged.connect(self._show)
        self.field.installEventFilter(self)
        self.list.itemClicked.connect(self._run)
        self.retranslate()
        self._show("")
        self._place()

    def retranslate(self) -> None:
        self.setWindowTitle(self.tr("Find an act"))
        self.field.setPlaceholderText(self.tr("Type what you want to do"))
        describe(self.field, self.tr("Find an act"))
        self.list.setAccessibleName(self.tr("Acts that match"))

    def event(self, event: QEvent) -> bool:
        if event.type() is QEvent.Type.WindowDeactivate and self.isVisible():
            self.reject()  # a click beside it
        return super().event(event)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if isinstance(event, QKeyEvent) and event.type() is QEvent.Type.KeyPress:
            steps = {Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1, Qt.Key.Key_PageDown: 8, Qt.Key.Key_PageUp: -8}
            key = Qt.Key(event.key())
            if key in steps and self.list.count():
                row = self.list.currentRow() + steps[key]
                self.list.setCurrentRow(min(max(row, 0), self.list.count() - 1))
                return True
            if key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
                self._run(self.list.currentItem())
                return True
        return super().eventFilter(watched, event)

    def _show(self, text: str) -> None:
        ranked = sorted(
            (
                (rank, place)
                for place, action in enumerate(self._actions)
                if (rank := match(text, plain(action.text()))) < 9
            ),
        )
        self.list.clear()
        for _, place in ranked:
            action = self._actions[place]
            item = QListWidgetItem(action.icon(), plain(action.text()))
            item.setData(KEYS, action.shortcut().toString(QKeySequence.SequenceFormat.NativeText))
            item.setData(Qt.ItemDataRole.UserRole, place)
            self.list.addItem(item)
        self.list.setCurrentRow(0)

    def _run(self, item: QListWidgetItem | None) -> None:
        if item is None:
            return
        action = self._actions[item.data(Qt.ItemDataRole.UserRole)]
        self.accept()
        action.trigger()

    def _place(self) -> None:
        parent = self.parentWidget()
        if parent is not None:
            top = parent.mapToGlobal(parent.rect().topLeft())
            self.move(top.x() + (parent.width() - self.width()) // 2, top.y() + parent.height() // 8)


def match(typed: str, text: str) -> int:
    """How well *typed* fits *text*: 0 best, 9 not at all."""
    typed, text = typed.casefold().strip(), text.casefold()
    if text.startswith(typed):
        return 0
    if any(word.startswith(typed) for word in text.split()):
        return 1
    if typed in text:
        return 2
    if all(any(word.startswith(part) for word in text.split()) for part in typed.split()):
        return 3
    letters = iter(text)
    return 4 if all(letter in letters for letter in typed.replace(" ", "")) else 9


class _Row(QStyledItemDelegate):
    """An icon, a name, and the keys at the right."""

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: object) -> None:
        super().paint(painter, option, index)  # type: ignore[arg-type]
        painter.save()
        painter.setPen(theme.color("muted"))
        place = option.rect.adjusted(0, 0, -10, 0)
        keys = index.data(KEYS)  # type: ignore[attr-defined]
        painter.drawText(place, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, keys)
        painter.restore()

    def sizeHint(self, option: QStyleOptionViewItem, index: object) -> QSize:
        return QSize(200, max(30, super().sizeHint(option, index).height()))  # type: ignore[arg-type]
