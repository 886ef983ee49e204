"""How large each class is in the volume or image at hand: a table to read and to copy."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication, QKeyEvent, QKeySequence
from PySide6.QtWidgets import QAbstractItemView, QDialogButtonBox, QHeaderView, QTableWidget, QTableWidgetItem, QWidget

from segstudio.app.sizes import ClassSize, Sizes, in_words, of_stack, sizes
from segstudio.app.workbench import Workbench
from segstudio.core.classes import LabelSet
from segstudio.core.errors import AnnotationError
from segstudio.gui.dialogs.base import Button, Dialog, muted

_ACT = "measure the classes"


class SizesDialog(Dialog):
    """A row for each class; the whole table is copied by a button or Ctrl+C, for a spreadsheet."""

    def __init__(self, found: Sizes, classes: LabelSet, parent: QWidget | None = None) -> None:
        super().__init__(parent, Button.Close)
        self._found = found
        self.lead = muted()
        self.table = QTableWidget(len(found.classes), 8)
        self.table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.table.setAlternatingRowColors(True)
        self.table.setTabKeyNavigation(False)
        self.table.verticalHeader().hide()
        for row, (class_id, size) in enumerate(found.classes.items()):
            name = classes[class_id].name if class_id in classes else str(class_id)
            for column, text in enumerate([name, *_texts(size, solid=found.solid)]):
                item = QTableWidgetItem(text)
                if column:
                    item.setTextAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
                self.table.setItem(row, column, item)
        header = self.table.horizontalHeader()
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        self.copy = self.buttons.addButton("", QDialogButtonBox.ButtonRole.ActionRole)
        self.copy.clicked.connect(self.copy_table)
        self.content.addWidget(self.lead)
        self.content.addWidget(self.table, 1)
        self.resize(760, 320)
        self.start()

    def retranslate(self) -> None:
        self.setWindowTitle(self.tr("Sizes and values of the classes"))
        self.lead.setText(
            self.tr("{0}: {1} of {2} slices are labelled").format(
                self._found.path.name, self._found.slices, len(self._found.frames)
            )
        )
        size = self.tr("Volume") if self._found.solid else self.tr("Area")
        headings = [self.tr("Class"), self.tr("Slices"), self.tr("Pixels"), size]
        values = [self.tr("Mean"), self.tr("SD"), self.tr("Lowest"), self.tr("Highest")]
        self.table.setHorizontalHeaderLabels([*headings, *values])
        self.table.setAccessibleName(self.tr("Sizes and values of the classes"))
        self.copy.setText(self.tr("Copy table"))
        close = self.buttons.button(Button.Close)
        close.setText(self.tr("Close"))

    def text(self) -> str:
        """The table with its headings, columns parted by tabs."""
        columns, rows = range(self.table.columnCount()), range(self.table.rowCount())
        lines = [[_shown(self.table.horizontalHeaderItem(column)) for column in columns]]
        lines += [[_shown(self.table.item(row, column)) for column in columns] for row in rows]
        return "\n".join("\t".join(line) for line in lines)

    def copy_table(self) -> None:
        QGuiApplication.clipboard().setText(self.text())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.matches(QKeySequence.StandardKey.Copy):
            self.copy_table()
        else:
            super().keyPressEvent(event)


def show_sizes(workbench: Workbench, parent: QWidget) -> None:
    """Measure the volume at hand in the background, then show it."""
    document = workbench.document
    if document is None or document.sample is None:
        return
    sample, project = document.sample, document.project
    with workbench.reporting(_ACT):
        document.save()  # what is measured is read from the files
        stored = of_stack(project.stored(project.frames_of(sample.path).values()), sample.path, sample.frame)

        def show(found: list[Sizes]) -> None:
            if document is not workbench.document:
                return
            if not found or not found[0].classes:
                workbench.failed.emit(
                    AnnotationError("nothing is labelled here yet: there is nothing to measure"), _ACT
                )
                return
            SizesDialog(found[0], document.classes, parent).exec()

        workbench.jobs.submit(
            "Measure the classes",
            lambda: sizes(stored),
            show,
            key="sizes",
            failed=lambda error: workbench.report(error, _ACT),
        )


def _texts(size: ClassSize, *, solid: bool) -> Sequence[str]:
    measure = "–" if size.measure is None else in_words(size.measure, solid=solid)
    if size.mean is None or size.deviation is None:
        return [str(size.slices), str(size.pixels), measure, "–", "–", "–", "–"]
    values = (size.mean, size.deviation, size.lowest, size.highest)
    return [str(size.slices), str(size.pixels), measure, *(f"{value:.5g}" for value in values)]


def _shown(item: QTableWidgetItem | None) -> str:
    return "" if item is None else item.text()
