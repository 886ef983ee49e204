"""Taking up another class list, after saying what that would leave without a class."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtWidgets import QLabel, QWidget

from segstudio.app.class_edits import REPLACE, change_classes, orphaned, replacement
from segstudio.app.document import Document
from segstudio.app.workbench import Workbench
from segstudio.core.classes import LabelSet
from segstudio.gui.dialogs.base import Dialog, muted
from segstudio.gui.dialogs.remove_class import shown_in
from segstudio.io.project import ClassUse

_NAMED = 8
"""So many classes are told of one by one."""


def ask_and_replace_classes(workbench: Workbench, classes: LabelSet, parent: QWidget | None = None) -> None:
    """Take up *classes*; where images show a class that the new list lacks, ask first."""
    document = workbench.document
    if document is None:
        return
    plan = replacement(document, classes)
    lost = orphaned(document, plan)
    if not lost or ReplaceClassesDialog(document, lost, parent).exec():
        change_classes(workbench, REPLACE, plan)


class ReplaceClassesDialog(Dialog):
    """May this become unlabelled?"""

    def __init__(self, document: Document, lost: Mapping[int, ClassUse], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._lost = {document.classes[class_id].name: use for class_id, use in lost.items()}
        self.question, self.list, self.hint = QLabel(), QLabel(), muted()
        self.question.setWordWrap(True)
        for label in (self.question, self.list, self.hint):
            self.content.addWidget(label)
        self.content.addStretch(1)
        self.setMinimumWidth(460)
        self.start()

    def retranslate(self) -> None:
        self.setWindowTitle(self.tr("Replace classes"))
        self.question.setText(
            self.tr("The new list lacks classes that images show. What is labelled with them becomes unlabelled:")
        )
        lines = [shown_in(name, use) for name, use in list(self._lost.items())[:_NAMED]]
        if len(self._lost) > _NAMED:
            lines.append(self.tr("… and {0} more classes").format(len(self._lost) - _NAMED))
        self.list.setText("\n".join(lines))
        self.hint.setText(
            self.tr("To keep it under another class, remove these classes first. Undo brings everything back.")
        )
        self.name_ok(self.tr("Replace"))
