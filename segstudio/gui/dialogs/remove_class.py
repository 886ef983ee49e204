"""Removing a class, after asking what becomes of its pixels."""

from __future__ import annotations

from PySide6.QtWidgets import QButtonGroup, QComboBox, QHBoxLayout, QLabel, QRadioButton, QWidget

from segstudio.app.class_edits import is_drawn, remove_class
from segstudio.app.document import Document
from segstudio.app.workbench import Workbench
from segstudio.core.labels import UNLABELLED
from segstudio.gui.dialogs.base import Dialog
from segstudio.gui.fields import describe


def ask_and_remove_class(workbench: Workbench, class_id: int, parent: QWidget | None = None) -> None:
    """Remove a class; where it has pixels in the image at hand, ask first what becomes of them."""
    document = workbench.document
    if document is None:
        return
    into = UNLABELLED
    if is_drawn(document, class_id):
        dialog = RemoveClassDialog(document, class_id, parent)
        if not dialog.exec():
            return
        into = dialog.into()
    with workbench.reporting("remove the class"):
        remove_class(document, class_id, into)


class RemoveClassDialog(Dialog):
    """Unlabelled, or another class?"""

    def __init__(self, document: Document, class_id: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._class = document.classes[class_id]
        self.question = QLabel()
        self.unlabelled, self.other = QRadioButton(), QRadioButton()
        self.unlabelled.setChecked(True)
        self.choices = QButtonGroup(self)
        self.target = QComboBox()
        for label in document.classes.values():
            if label.id != class_id:
                self.target.addItem(label.name, label.id)
        for button in (self.unlabelled, self.other):
            self.choices.addButton(button)
        self.other.setEnabled(self.target.count() > 0)
        self.target.setEnabled(False)
        self.other.toggled.connect(self.target.setEnabled)
        self.content.addWidget(self.question)
        self.content.addWidget(self.unlabelled)
        row = QHBoxLayout()
        row.addWidget(self.other)
        row.addWidget(self.target, 1)
        self.content.addLayout(row)
        self.start()

    def retranslate(self) -> None:
        self.setWindowTitle(self.tr("Remove class"))
        self.question.setText(
            self.tr("What becomes of the pixels of {name} in this image?").format(name=self._class.name)
        )
        self.unlabelled.setText(self.tr("They become unlabelled"))
        self.other.setText(self.tr("They become"))
        describe(self.target, self.tr("Class that takes the pixels"))
        self.name_ok(self.tr("Remove"))

    def into(self) -> int:
        """The class that takes the pixels; 255 for none."""
        return int(self.target.currentData()) if self.other.isChecked() else UNLABELLED
