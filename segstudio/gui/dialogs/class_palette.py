"""Choose a class by typing a part of its name."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PySide6.QtGui import QAction, QColor, QKeySequence
from PySide6.QtWidgets import QWidget

from segstudio.core.classes import LabelSet
from segstudio.gui import icons
from segstudio.gui.dialogs.command_palette import CommandPalette
from segstudio.gui.fields import describe

_DIGITS = "1234567890"


class ClassPalette(CommandPalette):
    """Shows the classes with their colours; Enter calls *chosen* with the id of the one that is found."""

    def __init__(self, classes: LabelSet, chosen: Callable[[int], object], parent: QWidget | None = None) -> None:
        actions = []
        for place, label in enumerate(classes.values()):
            action = QAction(icons.swatch(QColor(*label.color)), label.name.replace("&", "&&"))
            action.setShortcut(QKeySequence(_DIGITS[place] if place < len(_DIGITS) else ""))
            action.triggered.connect(partial(lambda class_id, _=False: chosen(class_id), label.id))
            actions.append(action)
        super().__init__(actions, parent)
        self.setObjectName("class_palette")

    def retranslate(self) -> None:
        self.setWindowTitle(self.tr("Choose a class"))
        self.field.setPlaceholderText(self.tr("Type a part of the class's name"))
        describe(self.field, self.tr("Choose a class"))
        self.list.setAccessibleName(self.tr("Classes that match"))
