"""About segstudio: its version, its licence, and what it runs on."""

from __future__ import annotations

import platform

import numpy as np
import PySide6
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

import segstudio
from segstudio.gui import icons
from segstudio.gui.dialogs.base import Button, Dialog, muted


def show_about(parent: QWidget | None = None) -> None:
    """Show the dialog until it is closed."""
    AboutDialog(parent).exec()


class AboutDialog(Dialog):
    """A mark, a sentence, the versions to copy into a report."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent, Button.Ok)
        self.mark, self.title = QLabel(), QLabel("segstudio")
        self.mark.setPixmap(icons.pixmap("segstudio", 56, role="accent", ratio=self.devicePixelRatioF()))
        self.title.setProperty("role", "title")
        self.lead, self.licence = QLabel(), muted()
        self.lead.setWordWrap(True)
        self.versions = muted(
            f"segstudio {segstudio.__version__}\nPython {platform.python_version()} · Qt {PySide6.__version__} · "
            f"NumPy {np.__version__}\n{platform.platform()}"
        )
        self.versions.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        row = QHBoxLayout()
        row.setSpacing(16)
        row.addWidget(self.mark, 0, Qt.AlignmentFlag.AlignTop)
        column = QVBoxLayout()
        for widget in (self.title, self.lead, self.versions, self.licence):
            column.addWidget(widget)
        row.addLayout(column, 1)
        self.content.addLayout(row)
        self.setMinimumWidth(460)
        self.start()

    def retranslate(self) -> None:
        self.setWindowTitle(self.tr("About segstudio"))
        self.lead.setText(
            self.tr("Label images with scribbles and boxes, train networks while you label, export the data set.")
        )
        self.licence.setText(self.tr("Free software under the Apache License 2.0. It sends nothing anywhere."))
        self.versions.setAccessibleName(self.tr("Versions"))
        self.name_ok(self.tr("Close"))
