"""The training runs of a project: what each was, how it ended, and in what those that are ticked differ."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QColor, QIcon
from PySide6.QtWidgets import QHeaderView, QLabel, QSplitter, QTreeWidget, QTreeWidgetItem, QVBoxLayout, QWidget

from segstudio.app.run_comparison import differences
from segstudio.gui import icons
from segstudio.gui.fields import describe
from segstudio.gui.i18n import Translated
from segstudio.io.project import Run

COLORS = ("#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#b8a800", "#8c564b")
"""Of compared runs; the run at hand has the palette's first colour."""
_RUN = Qt.ItemDataRole.UserRole


class RunList(Translated, QWidget):
    """A row a run, and a table of the options in which the ticked ones differ."""

    compared_changed = Signal()
    chosen_changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._runs: dict[int, Run] = {}
        self._compared: dict[int, QColor] = {}
        self._running: int | None = None
        self.list, self.table = QTreeWidget(), QTreeWidget()
        for tree in (self.list, self.table):
            tree.setRootIsDecorated(False)
            tree.setUniformRowHeights(True)
        self.list.itemChanged.connect(self._ticked)
        self.list.currentItemChanged.connect(lambda *_: self.chosen_changed.emit())
        self.hint = QLabel()
        self.hint.setProperty("role", "muted")
        self.hint.setWordWrap(True)
        split = QSplitter(Qt.Orientation.Vertical)
        split.addWidget(self.list)
        split.addWidget(self.table)
        split.setChildrenCollapsible(False)
        self.table.hide()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addWidget(split, 1)
        column.addWidget(self.hint)
        self.retranslate()

    def retranslate(self) -> None:
        self.list.setHeaderLabels(
            [self.tr("Run"), self.tr("Network"), self.tr("Loss"), self.tr("mIoU"), self.tr("Ended"), self.tr("Begun")]
        )
        describe(self.list, self.tr("Runs"), self.tr("Tick runs to see their curves beside this one"))
        describe(self.table, self.tr("Differences"), self.tr("The options in which the ticked runs differ"))
        self.show_runs(list(self._runs.values()), self._running)

    @property
    def chosen(self) -> Run | None:
        """The run whose row is selected."""
        row = self.list.currentItem()
        return self._runs.get(int(row.data(0, _RUN))) if row is not None else None

    def compared(self) -> list[tuple[Run, QColor]]:
        """The ticked runs, each with the colour of its curves."""
        return [(self._runs[i], color) for i, color in self._compared.items() if i in self._runs]

    def forget(self) -> None:
        """Untick every run: another project is open."""
        self._compared.clear()

    def show_runs(self, runs: Sequence[Run], running: int | None = None) -> None:
        """Show *runs*, the newest first, keeping ticks and selection; *running* is the number of the one that runs."""
        chosen = self.chosen
        self._running = running
        self._runs = {run.id: run for run in runs}
        self.list.blockSignals(True)
        self.list.clear()
        for run in runs:
            row = self._row(run)
            self.list.addTopLevelItem(row)
            if chosen is not None and run.id == chosen.id:
                self.list.setCurrentItem(row)
        for column in range(self.list.columnCount()):
            self.list.resizeColumnToContents(column)
        self.list.blockSignals(False)
        self._show_differences()

    def _row(self, run: Run) -> QTreeWidgetItem:
        miou = run.result.get("miou")
        texts = (
            str(run.id),
            str(run.config.get("network", run.name)),
            str(run.config.get("loss", "ce+dice")),
            f"{miou:.3f}" if isinstance(miou, float) else "–",
            self._ending("cut off" if run.state == "running" and run.id != self._running else run.state),
            f"{run.created.astimezone():%Y-%m-%d %H:%M}",
        )
        row = QTreeWidgetItem(texts)
        row.setData(0, _RUN, run.id)
        row.setFlags(Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable | Qt.ItemFlag.ItemIsUserCheckable)
        ticked = run.id in self._compared
        row.setCheckState(0, Qt.CheckState.Checked if ticked else Qt.CheckState.Unchecked)
        if ticked:
            row.setIcon(0, icons.swatch(self._compared[run.id]))
        return row

    def _ending(self, state: str) -> str:
        names = {
            "running": self.tr("running"),
            "done": self.tr("finished"),
            "paused": self.tr("paused"),
            "cut off": self.tr("cut off"),
            "stopped": self.tr("stopped"),
            "failed": self.tr("failed"),
        }
        return names.get(state, state)

    def _ticked(self, row: QTreeWidgetItem, column: int) -> None:
        run_id = int(row.data(0, _RUN))
        ticked = row.checkState(0) is Qt.CheckState.Checked
        if ticked == (run_id in self._compared):
            return
        if ticked:
            free = [color for color in COLORS if QColor(color) not in self._compared.values()]
            self._compared[run_id] = QColor(free[0] if free else COLORS[len(self._compared) % len(COLORS)])
        else:
            del self._compared[run_id]
        self.list.blockSignals(True)
        row.setIcon(0, icons.swatch(self._compared[run_id]) if ticked else QIcon())
        self.list.blockSignals(False)
        self._show_differences()
        self.compared_changed.emit()

    def _show_differences(self) -> None:
        runs = [run for run, _ in self.compared()]
        found = differences(runs) if len(runs) > 1 else {}
        self.table.clear()
        self.table.setVisible(bool(found))
        self.table.setColumnCount(1 + len(runs))
        title = self.tr("run {number}")
        self.table.setHeaderLabels([self.tr("Option"), *(title.format(number=run.id) for run in runs)])
        for name, values in found.items():
            self.table.addTopLevelItem(QTreeWidgetItem([name, *values]))
        self.table.header().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        if not self._runs:
            self.hint.setText("")
        elif len(runs) < 2:
            self.hint.setText(
                self.tr("Tick runs to see their curves; of two or more, what they were trained with too.")
            )
        else:
            self.hint.setText("" if found else self.tr("These runs were trained with the same options."))
        self.hint.setVisible(bool(self.hint.text()))
