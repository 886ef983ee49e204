"""What a model's classes become in the project, and what else a model of others has to be told."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import (
    QAbstractItemView,
    QComboBox,
    QFormLayout,
    QHeaderView,
    QLabel,
    QPushButton,
    QTableWidget,
    QTableWidgetItem,
    QWidget,
)

from segstudio.app.workbench import Workbench
from segstudio.core.classes import LabelSet
from segstudio.core.labels import UNLABELLED
from segstudio.gui import icons
from segstudio.gui.dialogs.base import Dialog, muted
from segstudio.gui.fields import describe
from segstudio.gui.i18n import QT_TRANSLATE_NOOP, plain, tr
from segstudio.learning.class_mapping import ClassMapping, suggest
from segstudio.learning.model_description import ModelDescription, classes_from

INTENSITIES: dict[str | None, str] = {
    None: QT_TRANSLATE_NOOP("Tables", "automatic"),
    "imagenet": QT_TRANSLATE_NOOP("Tables", "like ImageNet (most photographs)"),
    "unit": QT_TRANSLATE_NOOP("Tables", "from 0 to 1"),
    "signed": QT_TRANSLATE_NOOP("Tables", "from -1 to 1"),
    "byte": QT_TRANSLATE_NOOP("Tables", "from 0 to 255"),
    "image": QT_TRANSLATE_NOOP("Tables", "each image by its own mean and deviation"),
}
"""How intensities can go into a model of others."""
_REST = -1


@dataclass(frozen=True)
class Told:
    """What a person chose."""

    mapping: ClassMapping
    description: ModelDescription | None


def ask_class_map(workbench: Workbench, model: Path, facts: Mapping[str, Any], parent: QWidget | None) -> Told | None:
    """Ask what the classes of *model* become; ``None`` when cancelled."""
    dialog = ClassMapDialog(workbench, model, facts, parent)
    return dialog.answer() if dialog.exec() else None


class ClassMapDialog(Dialog):
    """One row for each class of the model, with the project's class that it becomes."""

    def __init__(
        self, workbench: Workbench, model: Path, facts: Mapping[str, Any], parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        document = workbench.document
        self._model = model
        self._classes = document.classes if document is not None else LabelSet()
        self._theirs = classes_from(list(facts["classes"]))
        models = workbench.prediction.models
        self._mapping = models.mapping(model, facts, self._classes, models.stored_mappings())
        described = models.description(model)
        self._described = described or ModelDescription()
        self._foreign = model.suffix.lower() in (".onnx", ".pt2", ".xml")
        self.lead = muted()
        self.table = QTableWidget()
        self.table.setTabKeyNavigation(False)  # Tab goes on to the fields; arrows walk in it
        self.rest, self.intensities = QComboBox(), QComboBox()
        self.suggest = QPushButton()
        self.buttons.addButton(self.suggest, self.buttons.ButtonRole.ResetRole)
        self.choices: dict[int, QComboBox] = {}
        self._labels = {field: QLabel() for field in (self.rest, self.intensities)}
        self._arrange()
        self.start()
        self.show_mapping(self._mapping)
        self.suggest.clicked.connect(lambda: self.show_mapping(suggest(self._theirs, self._classes)))

    def _arrange(self) -> None:
        self.content.addWidget(self.lead)
        shown = [label for label in self._theirs.values() if not label.name.startswith("unused ")]
        self.table.setColumnCount(2)
        self.table.setRowCount(len(shown))
        self.table.verticalHeader().hide()
        self.table.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)
        self.table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.table.setShowGrid(False)
        header = self.table.horizontalHeader()
        header.setHighlightSections(False)
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        for column in range(2):
            header.setSectionResizeMode(column, QHeaderView.ResizeMode.Stretch)
        for row, label in enumerate(shown):
            self.table.setItem(row, 0, QTableWidgetItem(label.name))
            box = self.choices[label.id] = self._choice()
            box.setAccessibleName(label.name)
            self.table.setCellWidget(row, 1, box)
            self.table.setRowHeight(row, max(self.table.rowHeight(row), box.sizeHint().height() + 4))
        self.content.addWidget(self.table, 1)
        form = QFormLayout()
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        form.setLabelAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        form.setVerticalSpacing(8)
        self.rest.addItem("", UNLABELLED)
        for label in self._classes.values():
            self.rest.addItem(icons.swatch(QColor(*label.color)), label.name, label.id)
        for name in INTENSITIES:
            self.intensities.addItem("", name)
        form.addRow(self._labels[self.rest], self.rest)
        if self._foreign:
            form.addRow(self._labels[self.intensities], self.intensities)
        told = self._described.normalisation
        self.intensities.setCurrentIndex(max(0, self.intensities.findData(told if isinstance(told, str) else None)))
        for field, caption in self._labels.items():
            caption.setBuddy(field)
        self.content.addLayout(form)
        self.setMinimumSize(480, 420)

    def _choice(self) -> QComboBox:
        box = QComboBox()
        box.addItem("", _REST)
        for label in self._classes.values():
            box.addItem(icons.swatch(QColor(*label.color)), label.name, label.id)
        return box

    def retranslate(self) -> None:
        self.setWindowTitle(self.tr("Classes of the model"))
        self.lead.setText(self.tr("What the classes of {model} become in this project.").format(model=self._model.name))
        self.table.setHorizontalHeaderLabels([self.tr("Class of the model"), self.tr("becomes")])
        describe(self.table, self.tr("Classes of the model and what they become"))
        self.table.setToolTip("")
        for box in self.choices.values():
            box.setItemText(0, self.tr("(everything else)"))
        self.rest.setItemText(0, self.tr("unlabelled"))
        texts = {self.rest: self.tr("&Everything else becomes"), self.intensities: self.tr("&Intensities go in")}
        for field, text in texts.items():
            self._labels[field].setText(text)
            describe(field, plain(text))
        for place, title in enumerate(INTENSITIES.values()):
            self.intensities.setItemText(place, tr(title))
        self.suggest.setText(self.tr("Suggest by name"))
        describe(
            self.suggest, self.suggest.text(), self.tr("Match names again, synonyms such as person and pedestrian too")
        )
        self.name_ok(self.tr("Use"))

    def show_mapping(self, mapping: ClassMapping) -> None:
        """Put *mapping* into the fields."""
        for class_id, box in self.choices.items():
            box.setCurrentIndex(max(0, box.findData(mapping.targets.get(class_id, _REST))))
        self.rest.setCurrentIndex(max(0, self.rest.findData(mapping.rest)))

    def answer(self) -> Told:
        """What the fields say."""
        targets = {i: int(box.currentData()) for i, box in self.choices.items() if box.currentData() != _REST}
        mapping = ClassMapping(targets, int(self.rest.currentData()))
        if not self._foreign:
            return Told(mapping, None)
        name = self.intensities.currentData()
        told = self._described.to_json() | {"normalisation": name}
        if name is None:
            told.pop("normalisation")
        return Told(mapping, ModelDescription.model_validate(told))
