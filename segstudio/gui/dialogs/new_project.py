"""A new project: its name and place, its images, its classes."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PySide6.QtCore import QSize, Qt, QTimer
from PySide6.QtGui import QColor, QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import (
    QComboBox,
    QFileDialog,
    QFormLayout,
    QFrame,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from segstudio.app.workbench import Workbench
from segstudio.core.classes import LabelSet
from segstudio.core.errors import FormatError, OptionError
from segstudio.core.natural import in_order
from segstudio.gui import icons
from segstudio.gui.dialogs.base import Dialog, muted
from segstudio.gui.dialogs.files import ask_folder, ask_images
from segstudio.gui.fields import describe, tool_button, typed_path
from segstudio.gui.messages import sentence
from segstudio.gui.preset_titles import preset_title
from segstudio.io.class_files import load_classes, presets
from segstudio.io.project.project import SUFFIX

SHOWN_IMAGES = 500
"""How many of the chosen images are listed by name."""
OWN = ""
"""The choice of own names instead of a preset."""


@dataclass(frozen=True, slots=True)
class NewProject:
    """What a person asked for."""

    path: Path
    classes: LabelSet
    images: list[Path]
    """Files and folders, as they were chosen."""


def ask_new_project(
    workbench: Workbench, parent: QWidget | None = None, images: Sequence[Path] = ()
) -> NewProject | None:
    """Ask for a new project, with *images* in it from the start; ``None`` when cancelled."""
    dialog = NewProjectDialog(workbench, parent, images)
    return dialog.answer() if dialog.exec() else None


class NewProjectDialog(Dialog):
    """Name, folder, images, classes."""

    def __init__(self, workbench: Workbench, parent: QWidget | None = None, images: Sequence[Path] = ()) -> None:
        super().__init__(parent)
        self.workbench = workbench
        self.images: list[Path] = []
        self.name, self.folder = QLineEdit(), QLineEdit(workbench.settings.last_folder or str(Path.home()))
        self._begun_at = self.folder.text()
        self.browse = QPushButton()
        self.browse.clicked.connect(self._browse)
        self.drop = DropArea(workbench, self)
        self.preset = QComboBox()
        self.names = QLineEdit()
        self.classes = QListWidget()
        self.classes.setSelectionMode(QListWidget.SelectionMode.NoSelection)
        self.classes.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.classes.setMaximumHeight(140)
        self._labels = [QLabel() for _ in range(4)]
        self._arrange()
        for preset in presets():
            self.preset.addItem(preset_title(preset), preset)
        self.preset.addItem("", OWN)
        self.preset.setCurrentIndex(self.preset.findData(OWN))
        self.names.setText("background, object")
        self.name.setText("labels")
        self.name.selectAll()
        self.start()
        self.preset.currentIndexChanged.connect(self._check)
        for field in (self.name, self.folder, self.names):
            field.textChanged.connect(self._check)
        self.add(list(images))

    def _arrange(self) -> None:
        form = QFormLayout()
        form.setVerticalSpacing(10)
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        place = QHBoxLayout()
        place.addWidget(self.folder, 1)
        place.addWidget(self.browse)
        classes = QVBoxLayout()
        classes.setSpacing(6)
        for widget in (self.preset, self.names, self.classes):
            classes.addWidget(widget)
        form.addRow(self._labels[0], self.name)
        form.addRow(self._labels[1], place)
        form.addRow(self._labels[2], self.drop)
        form.addRow(self._labels[3], classes)
        for label, buddy in zip(self._labels, (self.name, self.folder, self.drop, self.preset), strict=True):
            label.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignTop)
            label.setContentsMargins(0, 5, 0, 0)
            label.setBuddy(buddy)
        self.content.addLayout(form)
        self.resize(620, 560)

    def retranslate(self) -> None:
        self.setWindowTitle(self.tr("New project"))
        texts = (self.tr("&Name"), self.tr("&Folder"), self.tr("&Images"), self.tr("&Classes"))
        for label, text in zip(self._labels, texts, strict=True):
            label.setText(text)
        self.browse.setText(self.tr("Browse…"))
        describe(self.browse, self.tr("Choose the folder"))
        describe(self.name, self.tr("Name of the project"))
        describe(self.folder, self.tr("Folder that the project will stand in"))
        describe(self.preset, self.tr("Class preset"), self.tr("A known list of classes, or your own names"))
        self.preset.setItemText(self.preset.findData(OWN), self.tr("My own names"))
        describe(self.names, self.tr("Class names"), self.tr("Names with commas between; more can be added later"))
        self.classes.setAccessibleName(self.tr("Classes of the new project"))
        self.name_ok(self.tr("Create"))
        self.drop.retranslate()
        self.drop.show_images(self.images)
        self._check()

    # ---- what was chosen

    def answer(self) -> NewProject:
        """What the fields say; only valid while nothing is wrong."""
        return NewProject(self._path(), self._classes(), self.images)

    def add(self, paths: Sequence[Path]) -> None:
        """Take these images and folders of images into the project."""
        if not paths:
            return
        if not self.images and self.name.text() == self.tr("labels") and len(paths) == 1 and paths[0].is_dir():
            self.name.setText(paths[0].name)
        if not self.images and self.folder.text() == self._begun_at and os.access(paths[0].parent, os.W_OK):
            self.folder.setText(str(paths[0].parent))  # beside them, unless a person says where
        self.images = list(dict.fromkeys([*self.images, *in_order(paths)]))
        self.drop.show_images(self.images)
        self._check()

    def clear(self) -> None:
        """Take every image out again."""
        self.images = []
        self.drop.show_images(self.images)

    def _path(self) -> Path:
        name = self.name.text().strip().removesuffix(SUFFIX)
        return typed_path(self.folder.text()) / f"{name}{SUFFIX}"

    def _classes(self) -> LabelSet:
        preset = self.preset.currentData()
        if preset != OWN:
            return load_classes(preset)
        return LabelSet.named([name.strip() for name in self.names.text().split(",") if name.strip()])

    def _check(self) -> None:
        self.names.setVisible(self.preset.currentData() == OWN)
        self.say(self._problem())

    def _problem(self) -> str:
        name = self.name.text().strip()
        if not name or any(sign in name for sign in '/\\:*?"<>|'):
            return self.tr('Give the project a name without / \\ : * ? " < > |')
        path = self._path()
        if not os.path.isdir(path.parent):
            return self.tr("There is no folder {folder}").format(folder=path.parent)
        if os.path.lexists(path):
            return self.tr("{name} is there already: choose another name").format(name=path.name)
        try:
            classes = self._classes()
        except (OptionError, FormatError) as error:
            return sentence(error)
        self._show_classes(classes)
        return "" if len(classes) else self.tr("Name at least one class")

    def _show_classes(self, classes: LabelSet) -> None:
        self.classes.clear()
        for label in classes.values():
            self.classes.addItem(QListWidgetItem(icons.swatch(QColor(*label.color)), f"{label.id}  {label.name}"))

    def _browse(self) -> None:
        folder = QFileDialog.getExistingDirectory(self, self.tr("Choose the folder"), self.folder.text())
        if folder:
            self.folder.setText(folder)


class DropArea(QFrame):
    """Takes images and folders by drag and drop, or by its two buttons, and lists what there is."""

    def __init__(self, workbench: Workbench, dialog: NewProjectDialog) -> None:
        super().__init__(dialog)
        self._workbench = workbench
        self._add = dialog.add
        self.setAcceptDrops(True)
        self.setProperty("role", "drop")
        self.hint = muted()
        self.files = QPushButton(icons.icon("image"), "")
        self.folder = QPushButton(icons.icon("folder"), "")
        self.files.clicked.connect(lambda: self._add(ask_images(workbench, self)))
        self.folder.clicked.connect(self._ask_folder)
        self.clear = tool_button("delete", dialog.clear, self)
        self.list = QListWidget()
        self.list.setUniformItemSizes(True)
        self.list.setIconSize(QSize(16, 16))
        self.list.setMinimumHeight(70)
        self.list.hide()
        row = QHBoxLayout()
        row.addWidget(self.files)
        row.addWidget(self.folder)
        row.addStretch()
        row.addWidget(self.clear)
        column = QVBoxLayout(self)
        column.addWidget(self.hint)
        column.addLayout(row)
        column.addWidget(self.list)

    def retranslate(self) -> None:
        self.files.setText(self.tr("Choose images…"))
        self.folder.setText(self.tr("Choose a folder…"))
        self.list.setAccessibleName(self.tr("Images of the new project"))
        describe(self.clear, self.tr("Take all of them out again"))
        for button in (self.files, self.folder):
            describe(button, button.text())

    def show_images(self, images: Sequence[Path]) -> None:
        """List *images* and count them."""
        self.list.clear()
        for path in images[:SHOWN_IMAGES]:
            QListWidgetItem(icons.icon("folder" if path.is_dir() else "image"), path.name, self.list)
        self.clear.setVisible(bool(images))
        self.list.setVisible(bool(images))
        if images:
            self.hint.setText(self.tr("Chosen: {count}. The files stay where they are.").format(count=len(images)))
        else:
            self.hint.setText(self.tr("Drop images or folders here. They can be added later too."))

    def _ask_folder(self) -> None:
        folder = ask_folder(self._workbench, self)
        if folder is not None:
            self._add([folder])

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if event.mimeData().hasUrls():
            event.acceptProposedAction()
            self._mark(True)

    def dragLeaveEvent(self, event: Any) -> None:
        self._mark(False)

    def dropEvent(self, event: QDropEvent) -> None:
        self._mark(False)
        paths = [Path(url.toLocalFile()) for url in event.mimeData().urls() if url.isLocalFile()]
        event.acceptProposedAction()
        QTimer.singleShot(0, self, lambda: self._add(paths))  # the other program need not wait for a large folder

    def _mark(self, over: bool) -> None:
        self.setProperty("over", "true" if over else "false")
        self.style().unpolish(self)
        self.style().polish(self)
