"""Import: where the data set is, what is wrong with it, and only then what enters the project."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import (
    QComboBox,
    QFileDialog,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QProgressBar,
    QPushButton,
    QWidget,
)

from segstudio.app.jobs import Job, JobState
from segstudio.app.workbench import Workbench
from segstudio.core.errors import SegStudioError
from segstudio.core.progress import Progress
from segstudio.gui.dialogs.base import Button, Dialog, muted
from segstudio.gui.dialogs.problem_table import ProblemTable
from segstudio.gui.fields import align, describe, typed_path
from segstudio.gui.forms import OptionForm, options_of
from segstudio.gui.i18n import counted, tr
from segstudio.gui.messages import sentence
from segstudio.io.importers import IMPORTERS
from segstudio.io.importers.base import ImportedDataset
from segstudio.io.importers.signs import detect

AUTOMATIC = ""
"""The choice of the format that the files tell."""
_PAUSE_MS = 300
"""How long nobody has typed before the files are looked at: every letter of a path is a path too."""


class ImportDialog(Dialog):
    """Choose, check, import. Nothing changes before the last step; what is wrong stands in a table before it."""

    def __init__(self, workbench: Workbench, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.workbench = workbench
        self.dataset: ImportedDataset | None = None
        self.job: Job | None = None
        self.lead, self.hint, self.found = muted(), muted(), QLabel()
        self.found.setWordWrap(True)
        self.source, self.images = QLineEdit(), QLineEdit()
        self.file, self.folder, self.image_folder, self.copy = (QPushButton() for _ in range(4))
        self.format = QComboBox()
        self.format.addItem("", AUTOMATIC)
        for entry in IMPORTERS.values():
            self.format.addItem("", entry.name)
        self.options = OptionForm(())
        self.progress = QProgressBar()
        self.progress.setRange(0, 1000)
        self.progress.hide()
        self.table = ProblemTable(self)
        self.table.setMinimumHeight(190)
        self._labels = {widget: QLabel() for widget in (self.source, self.format, self.images)}
        self._told: str | None = None
        """The format that the files tell, of the path that was looked at last."""
        self._soon = QTimer(self, singleShot=True, interval=_PAUSE_MS)
        self._soon.timeout.connect(self._detect)
        self._arrange()
        self._choose()
        self.start()
        self.format.currentIndexChanged.connect(self._choose)
        self.source.textChanged.connect(self._typed)
        self.images.textChanged.connect(self._forget)
        self.file.clicked.connect(self._browse_file)
        self.folder.clicked.connect(lambda: self._browse_folder(self.source))
        self.image_folder.clicked.connect(lambda: self._browse_folder(self.images))
        self.copy.clicked.connect(lambda: QGuiApplication.clipboard().setText(self.table.text()))
        workbench.jobs.ended.connect(self._ended)

    # ---- what is shown

    def _arrange(self) -> None:
        form = QFormLayout()
        form.setHorizontalSpacing(14)
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        form.setLabelAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        form.addRow(self._labels[self.source], _row(self.source, self.file, self.folder))
        form.addRow(self._labels[self.format], self.format)
        form.addRow("", self.hint)
        form.addRow(self._labels[self.images], _row(self.images, self.image_folder))
        for widget, label in self._labels.items():
            label.setBuddy(widget)
        self.content.addWidget(self.lead)
        self.content.addLayout(form)
        self.content.addWidget(self.options)
        self.content.addWidget(self.progress)
        self.content.addLayout(_row(self.found, self.copy))
        self.content.addWidget(self.table, 1)
        self.content.addStretch(0)  # where there is no table
        self.copy.hide()
        self.table.hide()
        self.setMinimumWidth(680)

    def retranslate(self) -> None:
        self.setWindowTitle(self.tr("Import data set"))
        self.lead.setText(
            self.tr("First everything that is wrong with the data set is listed; nothing changes before you say so.")
        )
        self._labels[self.source].setText(self.tr("&Data set"))
        self._labels[self.format].setText(self.tr("&Format"))
        self._labels[self.images].setText(self.tr("&Images in"))
        for button, text, tip in (
            (self.file, self.tr("File…"), self.tr("Choose the file of the data set")),
            (self.folder, self.tr("Folder…"), self.tr("Choose the folder of the data set")),
            (self.image_folder, self.tr("Browse…"), self.tr("Choose the folder of the images")),
            (self.copy, self.tr("Copy list"), self.tr("Copy everything that is wrong, a line each")),
        ):
            button.setText(text)
            describe(button, plain_name(text), tip)
        describe(self.source, self.tr("Data set"), self.tr("The file or folder of the data set"))
        describe(self.images, self.tr("Folder of the images"), self.tr("Only where they are not found by themselves"))
        self.images.setPlaceholderText(self.tr("found by themselves"))
        describe(self.format, self.tr("Format"))
        for place, entry in enumerate(IMPORTERS.values(), start=1):
            self.format.setItemText(place, tr(entry.title))
        self.table.retranslate()
        align([*self._labels.values(), *self.options.labels])
        self._say_format()
        self._say_step()

    @property
    def format_name(self) -> str:
        """The format that is chosen, or that the files tell; empty where neither is known."""
        return self.format.currentData() or self._told or ""

    @property
    def path(self) -> Path:
        return typed_path(self.source.text())

    @property
    def running(self) -> bool:
        return self.job is not None

    def _say_format(self) -> None:
        known = self._told
        told = self.tr("told from the files: {0}").format(tr(IMPORTERS[known].title)) if known else ""
        self.format.setItemText(0, told or self.tr("told from the files"))
        name = self.format.currentData() or known
        self.hint.setText(self.tr("Choose {0}.").format(tr(IMPORTERS[name].source)) if name else "")
        self.hint.setVisible(bool(self.hint.text()))

    def _say_step(self) -> None:
        """What the button does next, and what there is to be told."""
        dataset = self.dataset
        self.buttons.button(Button.Cancel).setText(self.tr("Stop") if self.running else self.tr("Cancel"))
        for widget in (self.source, self.images, self.format, self.options, self.file, self.folder, self.image_folder):
            widget.setEnabled(not self.running)
        self.progress.setVisible(self.running)
        problems = dataset.problems if dataset is not None else ()
        self.table.setVisible(bool(problems))
        self.copy.setVisible(bool(problems))
        self.found.setText(self._findings())
        self.found.setVisible(bool(self.found.text()))
        if dataset is None:
            self._name_ok(self.tr("Check"))
        elif problems:
            self._name_ok(self.tr("Import the rest"))
        else:
            self._name_ok(self.tr("Import"))
        if problems:  # make room for the table
            self.resize(self.width(), max(self.height(), self.sizeHint().height() + self.table.minimumHeight() // 4))
        ready = dataset is None or bool(dataset.samples)
        self.buttons.button(Button.Ok).setEnabled(ready and not self.running and bool(self.source.text().strip()))

    def _name_ok(self, text: str) -> None:
        self.buttons.button(Button.Ok).setText(text)

    def _findings(self) -> str:
        dataset = self.dataset
        if dataset is None or self.running:
            return ""
        new = [c.name for i, c in dataset.classes.items() if i not in self._known_classes()]
        one, several = self.tr("{0} image can be imported."), self.tr("{0} images can be imported.")
        text = counted(one, several, len(dataset.samples))
        if new:
            text += " " + self.tr("New classes: {0}.").format(", ".join(new))
        if dataset.problems:
            wrong = self.tr("{0} thing is wrong:"), self.tr("{0} things are wrong:")
            text += " " + counted(*wrong, len(dataset.problems))
        return text

    def _known_classes(self) -> set[int]:
        document = self.workbench.document
        return set(document.classes) if document is not None else set()

    # ---- what people do

    def accept(self) -> None:
        if self.running:
            return
        if self.dataset is None:
            self._look()
        else:
            self._import(self.dataset)

    def reject(self) -> None:
        if self.job is not None:
            self.workbench.jobs.stop(self.job)
        else:
            super().reject()

    def done(self, result: int) -> None:
        self.workbench.jobs.ended.disconnect(self._ended, missing_ok=True)
        self.job = None
        super().done(result)

    def _look(self) -> None:
        if self._soon.isActive():
            self._detect()
        name = self.format_name
        if not os.path.exists(self.path):
            self._refuse(self.tr("{0} does not exist.").format(self.path))
        elif not name:
            self._refuse(self.tr("The format cannot be told from the files: choose it."))
        else:
            self.say("")
            importing = self.workbench.importing
            self.job = importing.look(name, self.path, self._looked, self._failed, self._show, **self._chosen())
            self._say_step()

    def _chosen(self) -> dict[str, Any]:
        options = self.options.values()
        folder = self.images.text().strip()
        return {**options, "images": typed_path(folder)} if folder else options

    def _looked(self, dataset: ImportedDataset) -> None:
        self.dataset = dataset
        root = self.path if self.path.is_dir() else self.path.parent
        self.table.show_problems(dataset.problems, root)

    def _import(self, dataset: ImportedDataset) -> None:
        self.job = self.workbench.importing.start(dataset, lambda _: super(ImportDialog, self).accept(), self._failed)
        if self.job is not None:
            self.job.progressed = self._show
        self._say_step()

    def _failed(self, error: BaseException) -> None:
        self._refuse(sentence(error))

    def _refuse(self, reason: str) -> None:
        self.say(reason)
        self._say_step()

    def _show(self, progress: Progress) -> None:
        self.progress.setRange(0, 0 if progress.fraction is None else 1000)
        self.progress.setValue(round(1000 * (progress.fraction or 0.0)))

    def _ended(self, job: Job) -> None:
        if job is not self.job:
            return
        self.job = None
        if job.state is JobState.STOPPED:
            self.say("")
            self.dataset = None
        self._say_step()

    def _typed(self) -> None:
        """Another path, or a part of one: what was found no longer holds; a folder is looked at in a moment."""
        self._told = None
        self._say_format()
        self._forget()
        if os.path.isfile(self.path):
            self._detect()
        else:
            self._soon.start()

    def _detect(self) -> None:
        self._soon.stop()
        problem = ""
        try:
            self._told = detect(self.path) if self.source.text().strip() else None
        except SegStudioError as error:
            self._told, problem = None, sentence(error)
        self._choose()
        if problem:
            self._refuse(problem)

    def _choose(self) -> None:
        """Show what another format lets one choose."""
        name = self.format_name
        fields = IMPORTERS[name].options.model_fields if name else {}
        wanted = [field for field in fields if field not in ("images", "known")]
        if list(self.options.options) != wanted:
            old = self.options
            model = IMPORTERS[name].options if name else None
            self.options = OptionForm(options_of(model, wanted) if model is not None else (), parent=self)
            self.options.changed.connect(self._forget)
            self.content.replaceWidget(old, self.options)
            old.hide()
            old.deleteLater()
            self.make_room()
        align([*self._labels.values(), *self.options.labels])
        self._say_format()
        self._forget()

    def _forget(self) -> None:
        """What was found no longer holds."""
        self.dataset = None
        self.say("")
        self._say_step()

    def _browse_file(self) -> None:
        file, _ = QFileDialog.getOpenFileName(self, self.tr("Choose the file of the data set"), self._home())
        if file:
            self.source.setText(file)

    def _browse_folder(self, field: QLineEdit) -> None:
        folder = QFileDialog.getExistingDirectory(self, self.tr("Choose the folder"), self._home())
        if folder:
            field.setText(folder)
            self._detect()

    def _home(self) -> str:
        document = self.workbench.document
        if self.source.text().strip():
            return str(self.path.parent)
        return str(document.project.folder.parent) if document is not None else str(Path.home())


def ask_import(workbench: Workbench, parent: QWidget | None = None) -> None:
    """Let a person import a data set into the open project."""
    ImportDialog(workbench, parent).exec()


def plain_name(text: str) -> str:
    """A button's text without its dots."""
    return text.removesuffix("…")


def _row(*widgets: QWidget) -> QHBoxLayout:
    row = QHBoxLayout()
    row.setSpacing(8)
    for place, widget in enumerate(widgets):
        row.addWidget(widget, 0 if place else 1)
    return row
