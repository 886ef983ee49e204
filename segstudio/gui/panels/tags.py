"""What is said about an image as a whole: which classes are in it, and a note."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QSize, Qt, QTimer
from PySide6.QtGui import QKeyEvent, QTextCursor
from PySide6.QtWidgets import QLabel, QListWidget, QListWidgetItem, QPlainTextEdit, QVBoxLayout

from segstudio.app.document import Document
from segstudio.app.workbench import Workbench
from segstudio.core.annotation import ImageTag
from segstudio.gui import icons
from segstudio.gui.fields import ARROWS, describe, wants_key
from segstudio.gui.panels.base import Link, Panel

if TYPE_CHECKING:
    from segstudio.gui.canvas import Canvas

_CLASS = Qt.ItemDataRole.UserRole
_PAUSE_MS = 1000
_NEXT: dict[bool | None, bool | None] = {None: True, True: False, False: None}
"""A click leads from unknown to present, absent, and back."""


class TagList(QListWidget):
    """Space says the next thing about the class at hand."""

    def event(self, event: QEvent) -> bool:
        return wants_key(event, (*ARROWS, Qt.Key.Key_Space)) or super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Space and self.currentItem() is not None:
            self.itemClicked.emit(self.currentItem())
        else:
            super().keyPressEvent(event)


class TagsPanel(Panel):
    """Each class is present, absent or unknown in the image: weak labels that cost one click. And a note."""

    def __init__(self, workbench: Workbench, canvas: Canvas) -> None:
        super().__init__(workbench)
        self.hint = QLabel()
        self.hint.setProperty("role", "muted")
        self.hint.setWordWrap(True)
        self.tags = TagList()
        self.tags.setIconSize(QSize(18, 18))
        self.tags.itemClicked.connect(self._cycle)
        self.note = QPlainTextEdit()
        self.note.setFixedHeight(54)
        self.note.setTabChangesFocus(True)
        self.note.setAcceptDrops(False)  # files that are dropped here belong to the window
        self._pause = QTimer(self)
        self._pause.setSingleShot(True)
        self._pause.setInterval(_PAUSE_MS)
        self._pause.timeout.connect(self.keep_note)
        self.note.textChanged.connect(self._pause.start)
        column = QVBoxLayout(self)
        column.setContentsMargins(6, 6, 6, 6)
        column.setSpacing(4)
        for widget in (self.hint, self.tags, self.note):
            column.addWidget(widget)
        self._noted: int | None = None
        self._noted_in: Document | None = None
        self.start()

    def retranslate(self) -> None:
        self.hint.setText(self.tr("Click a class: it is in the image, it is not, unknown."))
        describe(self.tags, self.tr("Classes in this image"), self.tr("Click or Space: present, absent, unknown"))
        describe(self.note, self.tr("Note"), self.tr("A note about this image"))
        self.note.setPlaceholderText(self.tr("A note about this image"))
        self.refresh()

    def links(self, document: Document) -> list[Link]:
        return [
            (document.leaving, self.keep_note),
            (document.sample_changed, self.refresh),
            (document.annotation_changed, self.refresh),
            (document.classes_changed, self.refresh),
        ]

    def refresh(self) -> None:
        document = self.document
        sample = document.sample if document is not None else None
        row = self.tags.currentRow()
        self.tags.clear()
        if document is None or sample is None:
            self._show_note("", None)
            return
        said = {tag.class_id: tag.present for tag in document.annotation.tags}
        for label in document.classes.values():
            self.tags.addItem(self._item(label.id, label.name, said.get(label.id)))
        self.tags.setCurrentRow(min(row, self.tags.count() - 1))
        self._show_note(document.annotation.note, sample.id)

    def _item(self, class_id: int, name: str, present: bool | None) -> QListWidgetItem:
        marks = {None: ("state_todo", "disabled"), True: ("accept", "good"), False: ("reject", "bad")}
        words = {None: self.tr("unknown"), True: self.tr("present"), False: self.tr("absent")}
        item = QListWidgetItem(icons.icon(*marks[present]), name)
        item.setData(_CLASS, class_id)
        item.setData(Qt.ItemDataRole.AccessibleTextRole, f"{name}, {words[present]}")
        item.setToolTip(f"{name}: {words[present]}")
        return item

    def _cycle(self, item: QListWidgetItem) -> None:
        document = self.document
        if document is None:
            return
        class_id = int(item.data(_CLASS))
        said = {tag.class_id: tag.present for tag in document.annotation.tags}
        following = _NEXT[said.pop(class_id, None)]
        if following is not None:
            said[class_id] = following
        tags = tuple(ImageTag(i, present) for i, present in sorted(said.items()))
        with self.workbench.reporting("tag the image"), document.edit("Tag"):
            document.set_annotation(replace(document.annotation, tags=tags))

    # ---- the note

    def keep_note(self) -> None:
        """Enter what was typed as one step of undo."""
        self._pause.stop()
        document, text = self._noted_in, self.note.toPlainText().strip()  # the workbench may have let go of it
        if document is None or document.sample is None or document.sample.id != self._noted:
            return
        if document.wide.changing:  # what is entered in the middle of that would be lost
            self._pause.start()
        elif text != document.annotation.note:
            with self.workbench.reporting("keep the note"), document.edit("Note"):
                document.set_annotation(replace(document.annotation, note=text))

    def _show_note(self, text: str, sample_id: int | None) -> None:
        typed = self.note.toPlainText().strip()
        if sample_id == self._noted and (typed == text or self.note.hasFocus()):
            return  # a person is typing
        self._noted, self._noted_in = sample_id, self.document
        self.note.blockSignals(True)
        self.note.setPlainText(text)
        self.note.moveCursor(QTextCursor.MoveOperation.End)
        self.note.blockSignals(False)
        self._pause.stop()
