"""Removing a class, after asking what becomes of all that the project says with it."""

from __future__ import annotations

from PySide6.QtWidgets import QButtonGroup, QComboBox, QHBoxLayout, QLabel, QRadioButton, QWidget

from segstudio.app.class_edits import REMOVE, change_classes, removal, use_of
from segstudio.app.document import Document
from segstudio.app.workbench import Workbench
from segstudio.core.labels import UNLABELLED
from segstudio.gui.dialogs.base import Dialog, muted
from segstudio.gui.fields import describe
from segstudio.gui.i18n import QT_TRANSLATE_NOOP, tr
from segstudio.io.project import ClassUse

_CONTEXT = "RemoveClassDialog"
_ONE = QT_TRANSLATE_NOOP("RemoveClassDialog", "{0} is shown in {1} image: {2}.")
_SEVERAL = QT_TRANSLATE_NOOP("RemoveClassDialog", "{0} is shown in {1} images: {2}.")
_COMMA = QT_TRANSLATE_NOOP("RemoveClassDialog", ", ")
_KINDS = {
    "pixels": QT_TRANSLATE_NOOP("RemoveClassDialog", "pixels in {0}"),
    "instances": QT_TRANSLATE_NOOP("RemoveClassDialog", "instances in {0}"),
    "boxes": QT_TRANSLATE_NOOP("RemoveClassDialog", "boxes in {0}"),
    "polygons": QT_TRANSLATE_NOOP("RemoveClassDialog", "polygons in {0}"),
    "tags": QT_TRANSLATE_NOOP("RemoveClassDialog", "tags in {0}"),
}


def ask_and_remove_class(workbench: Workbench, class_id: int, parent: QWidget | None = None) -> None:
    """Remove a class from the project; where some image shows it, ask first what becomes of that."""
    document = workbench.document
    if document is None:
        return
    with workbench.reporting("remove the class"):
        into, use = UNLABELLED, use_of(document, class_id)
        removal(document, class_id)  # what cannot be done is refused before it is asked for
        if use.images:
            dialog = RemoveClassDialog(document, class_id, use, parent)
            if not dialog.exec():
                return
            into = dialog.into()
        change_classes(workbench, REMOVE, removal(document, class_id, into))


class RemoveClassDialog(Dialog):
    """Unlabelled, or another class?"""

    def __init__(self, document: Document, class_id: int, use: ClassUse, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._class, self._use = document.classes[class_id], use
        self.shown = QLabel()
        self.shown.setWordWrap(True)
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
        self.other.toggled.connect(self._name_ok)
        self.hint = muted()
        self.content.addWidget(self.shown)
        self.content.addWidget(self.question)
        self.content.addWidget(self.unlabelled)
        row = QHBoxLayout()
        row.addWidget(self.other)
        row.addWidget(self.target, 1)
        self.content.addLayout(row)
        self.content.addWidget(self.hint)
        self.setMinimumWidth(420)
        self.start()

    def retranslate(self) -> None:
        self.setWindowTitle(self.tr("Remove class"))
        self.shown.setText(shown_in(self._class.name, self._use))
        self.question.setText(self.tr("What becomes of what is labelled {name}?").format(name=self._class.name))
        self.unlabelled.setText(self.tr("It becomes unlabelled; its boxes, polygons and tags go"))
        self.other.setText(self.tr("It becomes"))
        describe(self.target, self.tr("Class that takes the pixels"))
        self.hint.setText(self.tr("One step for all images: Undo brings everything back."))
        self._name_ok()

    def _name_ok(self) -> None:
        self.name_ok(self.tr("Merge") if self.other.isChecked() else self.tr("Remove"))

    def into(self) -> int:
        """The class that takes what was labelled; 255 for none."""
        return int(self.target.currentData()) if self.other.isChecked() else UNLABELLED


def shown_in(name: str, use: ClassUse) -> str:
    """``"cat is shown in 12 images: pixels in 10, boxes in 3."``"""
    counts = {kind: getattr(use, kind) for kind in _KINDS}
    parts = tr(_COMMA, _CONTEXT).join(tr(_KINDS[kind], _CONTEXT).format(n) for kind, n in counts.items() if n)
    return tr(_ONE if use.images == 1 else _SEVERAL, _CONTEXT).format(name, use.images, parts)
