"""The bar of review mode: accept or reject what is shown, say why, and go on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QLabel, QLineEdit, QPushButton, QWidget

from segstudio.app.document import Document
from segstudio.app.workbench import Workbench
from segstudio.gui import icons
from segstudio.gui.fields import describe, tool_button
from segstudio.gui.i18n import tr
from segstudio.gui.panels.base import Link, Panel
from segstudio.gui.panels.sample_model import STATES


class ReviewBar(Panel):
    """Accept and reject the image at hand, with a note; *trigger* runs an act by its id."""

    def __init__(self, workbench: Workbench, trigger: Callable[[str], None], parent: QWidget | None = None) -> None:
        super().__init__(workbench, parent)
        self.setObjectName("review")
        self.mark, self.state = QLabel(), QLabel()
        self.note = QLineEdit()
        self.note.setAcceptDrops(False)  # files that are dropped here belong to the window
        self.note.editingFinished.connect(self.keep_note)
        self.accept, self.reject = QPushButton(), QPushButton()
        self.accept.setIcon(icons.icon("accept", "good"))
        self.reject.setIcon(icons.icon("reject", "bad"))
        for button, act in ((self.accept, "sample.accept"), (self.reject, "sample.reject")):
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)  # a click leaves the keyboard with the image
            button.clicked.connect(lambda _=False, act=act: trigger(act))
        self.previous = tool_button("previous", lambda: trigger("sample.previous"), self)
        self.next = tool_button("next", lambda: trigger("sample.next"), self)
        self.leave = tool_button("close", lambda: trigger("view.review"), self)
        row = QHBoxLayout(self)
        row.setContentsMargins(10, 4, 10, 4)
        row.addWidget(self.mark)
        row.addWidget(self.state)
        row.addWidget(self.note, 1)
        for widget in (self.previous, self.reject, self.accept, self.next, self.leave):
            row.addWidget(widget)
        self._noted: int | None = None
        self.start()

    def retranslate(self) -> None:
        self.accept.setText(self.tr("Accept"))
        describe(self.accept, self.tr("Accept"), self.tr("The mask is right: mark as reviewed and go on"))
        self.reject.setText(self.tr("Reject"))
        describe(self.reject, self.tr("Reject"), self.tr("The mask is wrong: mark as in progress and go on"))
        describe(self.previous, self.tr("Previous image"))
        describe(self.next, self.tr("Next image"))
        describe(self.leave, self.tr("Leave review mode"))
        describe(self.note, self.tr("Note"), self.tr("A note for whoever corrects this image"))
        self.note.setPlaceholderText(self.tr("What is wrong?"))
        self.refresh()

    def links(self, document: Document) -> list[Link]:
        return [
            (document.leaving, self.keep_note),
            (document.sample_changed, self.refresh),
            (document.sample_updated, self.refresh),
            (document.annotation_changed, self.refresh),
        ]

    def refresh(self, *_: object) -> None:
        document = self.document
        sample = document.sample if document is not None else None
        for widget in (self.note, self.accept, self.reject, self.previous, self.next):
            widget.setEnabled(sample is not None)
        if document is None or sample is None:
            self._noted = None
            self.mark.clear()
            self.state.clear()
            self.note.clear()
            return
        name, colour = STATES[sample.state]
        picture = icons.pixmap(f"state_{sample.state.value}", 18, role=colour, ratio=self.devicePixelRatioF())
        self.mark.setPixmap(picture)
        self.state.setText(f"{sample.name} – {tr(name)}")
        if self._noted != sample.id or not self.note.isModified():  # else a person is typing
            self.note.setText(document.annotation.note)
        self._noted = sample.id

    def keep_note(self) -> None:
        """Enter what was typed as one step of undo."""
        document, text = self.document, self.note.text().strip()
        if document is None or document.sample is None or document.sample.id != self._noted:
            return
        if self.note.isModified() and text != document.annotation.note and not document.wide.changing:
            self.note.setModified(False)
            with self.workbench.reporting("keep the note"), document.edit("Note"):
                document.set_annotation(replace(document.annotation, note=text))
