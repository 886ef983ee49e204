"""Export: the format, where to, and what the format lets one choose."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QComboBox, QFileDialog, QFormLayout, QHBoxLayout, QLabel, QLineEdit, QPushButton, QWidget

from segstudio.app.places import is_inside
from segstudio.app.workbench import Workbench
from segstudio.gui.dialogs.base import Dialog, muted
from segstudio.gui.fields import align, describe, typed_path
from segstudio.gui.forms import OptionForm, options_of
from segstudio.gui.i18n import tr
from segstudio.io.exporters import EXPORTERS


@dataclass(frozen=True, slots=True)
class Export:
    """What a person asked for."""

    format: str
    target: Path
    options: dict[str, Any] = field(default_factory=dict)


def ask_export(workbench: Workbench, parent: QWidget | None = None) -> Export | None:
    """Ask what to export where; ``None`` when cancelled. The format is offered first the next time."""
    dialog = ExportDialog(workbench, parent)
    if not dialog.exec():
        return None
    answer = dialog.answer()
    if workbench.document is not None:
        workbench.document.project.set_setting("export_format", answer.format)
    return answer


class ExportDialog(Dialog):
    """A format with its one-sentence use, a folder, and a form of the format's own options."""

    def __init__(self, workbench: Workbench, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        project = workbench.document.project if workbench.document is not None else None
        self._labelled = {i for i in project.sample_ids() if project.has_labels(i)} if project is not None else set()
        self._boxed = project.boxed() if project is not None else frozenset()
        self._project = project.folder if project is not None else None
        self._home = project.folder.parent if project is not None else Path.home()
        self._name = project.name if project is not None else "export"
        self.lead, self.summary = muted(), muted()
        self.format = QComboBox()
        for entry in EXPORTERS.values():
            self.format.addItem("", entry.name)
        last = project.setting("export_format", "masks") if project is not None else "masks"
        self.format.setCurrentIndex(max(0, self.format.findData(last)))
        self.target = QLineEdit()
        self._own_target = ""
        self.browse = QPushButton()
        self.options = OptionForm(())
        self._labels = {widget: QLabel() for widget in (self.format, self.target)}
        self._arrange()
        self._choose()
        self.start()
        self.format.currentIndexChanged.connect(self._choose)
        self.target.textChanged.connect(self._check)
        self.browse.clicked.connect(self._browse)

    def _arrange(self) -> None:
        self.content.addWidget(self.lead)
        form = QFormLayout()
        form.setHorizontalSpacing(14)
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        form.setLabelAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        place = QHBoxLayout()
        place.setSpacing(8)
        place.addWidget(self.target, 1)
        place.addWidget(self.browse)
        form.addRow(self._labels[self.format], self.format)
        form.addRow("", self.summary)
        form.addRow(self._labels[self.target], place)
        for widget, label in self._labels.items():
            label.setBuddy(widget)
        self.content.addLayout(form)
        self.content.addWidget(self.options)
        self.content.addStretch(1)  # where a format has fewer options than the one before
        self.setMinimumWidth(560)

    def retranslate(self) -> None:
        self.setWindowTitle(self.tr("Export data set"))
        self._say_count()
        self._labels[self.format].setText(self.tr("&Format"))
        self._labels[self.target].setText(self.tr("Fol&der"))
        describe(self.format, self.tr("Format"))
        describe(self.target, self.tr("Folder"), self.tr("The data set's own folder; it appears whole or not at all"))
        self.browse.setText(self.tr("Browse…"))
        describe(self.browse, self.tr("Choose the folder"))
        for place, entry in enumerate(EXPORTERS.values()):
            self.format.setItemText(place, tr(entry.title))
        self.summary.setText(tr(EXPORTERS[self.format.currentData()].summary))
        align([*self._labels.values(), *self.options.labels])
        self.name_ok(self.tr("Export"))
        self._check()

    def answer(self) -> Export:
        """What the fields say."""
        target = typed_path(self.target.text())
        return Export(self.format.currentData(), target, self.options.values())

    def _samples(self) -> int:
        """How many images the chosen format can tell of."""
        boxes = EXPORTERS[self.format.currentData()].boxes
        return len(self._labelled | self._boxed if boxes else self._labelled)

    def _say_count(self) -> None:
        self.lead.setText(self.tr("Labelled images to export: {count}").format(count=self._samples()))

    def _choose(self) -> None:
        """Show what another format lets one choose; the folder follows unless a person named one."""
        entry = EXPORTERS[self.format.currentData()]
        self.summary.setText(tr(entry.summary))
        self._say_count()
        old = self.options
        self.options = OptionForm(options_of(entry.options, reversed(entry.options.model_fields)), parent=self)
        self.options.changed.connect(self._check)
        self.content.replaceWidget(old, self.options)
        old.hide()
        align([*self._labels.values(), *self.options.labels])
        old.deleteLater()
        if self.target.text() == self._own_target:
            self._own_target = str(self._home / f"{self._name}-{entry.name}")
            self.target.setText(self._own_target)
        self._check()
        self.make_room()

    def _check(self) -> None:
        target = typed_path(self.target.text())
        overwrite = bool(self.options.values().get("overwrite", False))
        if not self._samples() and self._boxed:
            self.say(self.tr("Nothing but boxes is there: choose a format that holds boxes, or fill them first."))
        elif not self._samples():
            self.say(self.tr("No image is labelled yet: there is nothing to export."))
        elif not self.target.text().strip():
            self.say(self.tr("Say which folder the data set goes to."))
        elif self._project is not None and is_inside(target, self._project):
            self.say(
                self.tr("{name} lies in the project's own folder: choose a place outside it.").format(name=target.name)
            )
        elif os.path.isfile(target):
            self.say(self.tr("{name} is a file, not a folder.").format(name=target.name))
        elif not overwrite and _holds_anything(target):
            self.say(
                self.tr("{name} is not empty: choose another name, or replace the export.").format(name=target.name)
            )
        else:
            self.say("")

    def _browse(self) -> None:
        folder = QFileDialog.getExistingDirectory(self, self.tr("Choose the folder"), str(self._home))
        if folder:
            self.target.setText(str(Path(folder) / f"{self._name}-{self.format.currentData()}"))


def _holds_anything(folder: Path) -> bool:
    """Whether *folder* has anything in it, as far as one may look: the export says what it must not do there."""
    try:
        with os.scandir(folder) as entries:
            return next(entries, None) is not None
    except OSError:  # it is not there, or not for us
        return False
