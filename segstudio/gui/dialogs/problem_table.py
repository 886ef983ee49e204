"""A table of everything that is wrong with a data set: the file, the line, and the reason in words."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, QSortFilterProxyModel, Qt
from PySide6.QtGui import QGuiApplication, QKeySequence
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableView, QWidget

from segstudio.gui.i18n import Translated
from segstudio.gui.messages import translated
from segstudio.io.problems import Problem

Index = QModelIndex | QPersistentModelIndex
FILE, LINE, REASON = range(3)


class ProblemModel(QAbstractTableModel):
    """The problems as rows; paths are shown below *root* where they lie there."""

    def __init__(self, headers: Sequence[str]) -> None:
        super().__init__()
        self.headers = list(headers)
        self._problems: Sequence[Problem] = ()
        self._root = Path()

    def show(self, problems: Sequence[Problem], root: Path) -> None:
        self.beginResetModel()
        self._problems, self._root = problems, root
        self.endResetModel()

    def rowCount(self, parent: Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self._problems)

    def columnCount(self, parent: Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self.headers)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if role == Qt.ItemDataRole.DisplayRole and orientation is Qt.Orientation.Horizontal:
            return self.headers[section]
        return None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        problem = self._problems[index.row()]
        if role == Qt.ItemDataRole.ToolTipRole:
            return str(problem.path) if index.column() == FILE else translated(problem.reason)
        if role == Qt.ItemDataRole.TextAlignmentRole and index.column() == LINE:
            return int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        if role != Qt.ItemDataRole.DisplayRole:
            return None
        if index.column() == FILE:
            inside = problem.path.is_relative_to(self._root) and problem.path != self._root
            return str(problem.path.relative_to(self._root)) if inside else problem.path.name
        return problem.line if index.column() == LINE else translated(problem.reason)


class ProblemTable(Translated, QTableView):
    """Sorted by a click on a heading; the chosen rows (or all) are copied by Ctrl+C."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.problems = ProblemModel(["", "", ""])
        self._sorted = QSortFilterProxyModel(self)
        self._sorted.setSourceModel(self.problems)
        self.setModel(self._sorted)
        self.setSortingEnabled(True)
        self.sortByColumn(-1, Qt.SortOrder.AscendingOrder)  # as they were found
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setAlternatingRowColors(True)
        self.setWordWrap(False)
        self.setTabKeyNavigation(False)  # Tab leaves it; arrows walk in it
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(26)
        header = self.horizontalHeader()
        header.setSectionResizeMode(FILE, QHeaderView.ResizeMode.Interactive)
        header.setSectionResizeMode(LINE, QHeaderView.ResizeMode.Interactive)
        header.setSectionResizeMode(REASON, QHeaderView.ResizeMode.Stretch)
        header.resizeSection(FILE, 220)
        header.resizeSection(LINE, 64)
        self.retranslate()

    def retranslate(self) -> None:
        self.problems.headers = [self.tr("File"), self.tr("Line"), self.tr("What is wrong")]
        self.setAccessibleName(self.tr("What is wrong with the data set"))

    def show_problems(self, problems: Sequence[Problem], root: Path) -> None:
        self.problems.show(problems, root)

    def text(self) -> str:
        """The chosen rows, or all, a line each."""
        chosen = [index.row() for index in self.selectionModel().selectedRows()]
        rows = chosen or range(self._sorted.rowCount())
        return "\n".join(
            "\t".join(str(self._sorted.index(row, column).data() or "") for column in (FILE, LINE, REASON))
            for row in rows
        )

    def keyPressEvent(self, event: Any) -> None:
        if event.matches(QKeySequence.StandardKey.Copy):
            QGuiApplication.clipboard().setText(self.text())
        else:
            super().keyPressEvent(event)
