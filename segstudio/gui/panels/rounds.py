"""The rounds of filling and learning of a run: their figures, what they made of an image, and their labels to use."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QSignalBlocker, QSize, Qt
from PySide6.QtGui import QIcon, QPixmap, QResizeEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QComboBox,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QPushButton,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from segstudio.app.rounds import Pictures
from segstudio.app.workbench import Workbench
from segstudio.core.annotation import Sample
from segstudio.gui import icons
from segstudio.gui.fields import ARROWS, describe, wants_key
from segstudio.gui.i18n import Translated
from segstudio.gui.panels.scores import overlays
from segstudio.io.project import Run
from segstudio.learning.weak.round_records import Kept, Round

_LEAST_PICTURE = 40
"""Pixels of a picture's height, where the panel is low."""


class RoundTable(QTableWidget):
    """A column a round: a picture, and figures below it. Pictures take the height that the figures leave."""

    def __init__(self) -> None:
        super().__init__(5, 0)
        self._pictures: list[QPixmap] = []
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectColumns)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setShowGrid(False)
        self.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        self.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        for header in (self.horizontalHeader(), self.verticalHeader()):
            header.setMinimumSectionSize(0)
            header.setHighlightSections(False)
        self.setStyleSheet("QHeaderView::section { padding: 2px 5px; }")  # there is little room

    @property
    def _line(self) -> int:
        return self.fontMetrics().height() + 8

    def event(self, event: QEvent) -> bool:
        return wants_key(event, ARROWS) or super().event(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def show_figures(self, columns: Sequence[tuple[str, Sequence[str]]]) -> None:
        """Show these columns, each a title and four figures; the last one is chosen."""
        self.setMinimumHeight(5 * self._line + _LEAST_PICTURE + 24 if columns else 0)
        with QSignalBlocker(self):
            self.setColumnCount(len(columns))
            for place, (title, figures) in enumerate(columns):
                self.setHorizontalHeaderItem(place, QTableWidgetItem(title))
                for row, text in enumerate(("", *figures)):
                    item = QTableWidgetItem(text)
                    item.setTextAlignment(Qt.AlignmentFlag.AlignCenter)
                    self.setItem(row, place, item)
            self.setCurrentCell(1, len(columns) - 1)
        self.show_pictures([])

    def show_pictures(self, pictures: Sequence[QPixmap]) -> None:
        """Show *pictures*, one a column, or none."""
        self._pictures = list(pictures)
        self._fit()

    def _fit(self) -> None:
        for row in range(1, self.rowCount()):
            self.setRowHeight(row, self._line)
        height = max(_LEAST_PICTURE, self.viewport().height() - 4 * self._line) if self._pictures else self._line
        self.setRowHeight(0, height)
        self.setIconSize(QSize(4 * height, height - 4))
        for place in range(self.columnCount()):
            item = self.item(0, place)
            if item is not None:
                item.setIcon(_plain(self._pictures[place]) if place < len(self._pictures) else QIcon())
        self.resizeColumnsToContents()
        self.scrollTo(self.currentIndex())


def _plain(picture: QPixmap) -> QIcon:
    """*picture* as an icon that looks the same when it is chosen."""
    icon = QIcon(picture)
    icon.addPixmap(picture, QIcon.Mode.Selected)
    return icon


class RoundsView(Translated, QWidget):
    """The rounds of a run side by side, with one image as each of them labelled it."""

    def __init__(self, workbench: Workbench) -> None:
        super().__init__()
        self._workbench = workbench
        self._run: Run | None = None
        self._kept = Kept()
        self._samples: list[Sample] = []
        self._seen: Pictures | None = None
        self.table = RoundTable()
        self.table.currentCellChanged.connect(lambda *_: self._say())
        self.image = QComboBox()
        self.image.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.image.setMinimumContentsLength(12)
        self.image.currentIndexChanged.connect(lambda _: self._look())
        self.take = QPushButton(icons.icon("accept", "good"), "")
        self.take.clicked.connect(self._take_over)
        self.hint = QLabel()
        self.hint.setProperty("role", "muted")
        self.hint.setWordWrap(True)
        self._arrange()
        workbench.rounds.taken_over.connect(self._taken_over)
        self.retranslate()

    def _arrange(self) -> None:
        foot = QHBoxLayout()
        foot.addWidget(self.image, 1)
        foot.addWidget(self.take)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addWidget(self.table, 1)
        column.addLayout(foot)
        column.addWidget(self.hint)

    def retranslate(self) -> None:
        rows = (
            (self.tr("Labels"), self.tr("The chosen image as the round labelled it")),
            (self.tr("Sure"), self.tr("How sure the filled labels are, on average")),
            (self.tr("Changed"), self.tr("Share of pixels whose label is another than the round before")),
            (
                self.tr("mIoU"),
                self.tr("Of the network, on images kept aside: on masks, or else on filled labels"),
            ),
            (
                self.tr("Strokes"),
                self.tr("mIoU of the network on what people drew in the images kept aside: rounds compare by this"),
            ),
        )
        for place, (title, tip) in enumerate(rows):
            header = QTableWidgetItem(title)
            header.setToolTip(tip)
            self.table.setVerticalHeaderItem(place, header)
        describe(
            self.table,
            self.tr("Rounds"),
            self.tr("Each round fills strokes and boxes and trains on that; after the first the network helps to fill"),
        )
        describe(self.image, self.tr("Image to compare"), self.tr("The image whose labels are shown, round by round"))
        self.take.setText(self.tr("Use labels"))
        describe(
            self.take,
            self.tr("Use the labels of this round"),
            self.tr("Write the chosen labels into the images, a step of undo each; what people drew stays"),
        )
        self._fill_table()
        self._draw()

    @property
    def chosen(self) -> Round | None:
        """The round whose column is selected."""
        place = self.table.currentColumn()
        return self._kept.shown[place] if 0 <= place < len(self._kept.shown) else None

    @property
    def empty(self) -> bool:
        return not self._kept.shown

    def show_run(self, run: Run | None) -> None:
        """Show the rounds of *run*, as far as it has come; the newest labels are chosen."""
        kept = self._workbench.rounds.kept(run) if run is not None else Kept()
        if run is not None and self._run is not None and run.id == self._run.id and kept == self._kept:
            self._say()
            return
        self._run, self._kept = run, kept
        self._samples = self._workbench.rounds.samples(run) if run is not None and kept.shown else []
        self._fill_table()
        self._list_samples()
        self._look()

    def _fill_table(self) -> None:
        self.table.show_figures(
            [
                (name, (_share(one.filled), _share(one.changed), _score(one.network_miou), _score(one.drawn_miou)))
                for one, name in zip(self._kept.shown, self._names(), strict=True)
            ]
        )
        self._say()

    def _names(self) -> list[str]:
        names = [self.tr("round {number}").format(number=one.number + 1) for one in self._kept.rounds]
        return names if self._kept.last is None else [*names, self.tr("last labels")]

    def _list_samples(self) -> None:
        before = self.image.currentData()
        document = self._workbench.document
        here = document.sample.id if document is not None and document.sample is not None else None
        with QSignalBlocker(self.image):
            self.image.clear()
            for sample in self._samples:
                self.image.addItem(sample.name, sample.id)
            place = next((p for p in map(self.image.findData, (before, here)) if p >= 0), 0)
            self.image.setCurrentIndex(place if self._samples else -1)

    def _look(self) -> None:
        """Have the pictures of the chosen image read."""
        place = self.image.currentIndex()
        if self._run is None or not 0 <= place < len(self._samples):
            self._seen = None
            self._draw()
            return
        self._workbench.rounds.look(self._run, self._samples[place], self._take_pictures)

    def _take_pictures(self, found: Pictures) -> None:
        if found.sample_id == self.image.currentData() and len(found.labels) == len(self._kept.shown):
            self._seen = found
            self._draw()

    def _draw(self) -> None:
        document, seen = self._workbench.document, self._seen
        if seen is None or document is None:
            self.table.show_pictures([])
        else:
            self.table.show_pictures(overlays(seen.image, seen.labels, document.classes.palette(), seen.proportions))

    def _say(self) -> None:
        training, one = self._workbench.training, self.chosen
        running = training.run if training.running else None
        goes_on = running is not None and self._run is not None and running.id == self._run.id
        self.take.setEnabled(one is not None and one.labels is not None and not goes_on)
        if self.empty:
            self.hint.setText(
                self.tr("Runs that learn from strokes and boxes in rounds (ScribbleSup) show here what each came to.")
            )
        else:
            self.hint.clear()
        self.hint.setVisible(self.empty)
        for widget in (self.table, self.image, self.take):
            widget.setVisible(not self.empty)

    def _take_over(self) -> None:
        if self._run is not None and self.chosen is not None:
            self._workbench.rounds.take_over(self._run, self.chosen)

    def _taken_over(self, count: int) -> None:
        self.hint.setText(self.tr("The labels of {count} images are taken over.").format(count=count))
        self.hint.show()


def rounds_run(runs: Sequence[Run], chosen: Run | None, at_hand: Run | None) -> Run | None:
    """The run whose rounds are of interest: the one chosen in the list, else the one at hand, else the newest that
    learned in rounds."""
    return chosen or at_hand or next((run for run in runs if in_rounds(run)), None)


def in_rounds(run: Run) -> bool:
    """Whether *run* learned in rounds of filling and learning."""
    return run.config.get("supervision") == "scribblesup"


def _share(value: float | None) -> str:
    return "–" if value is None else f"{value:.1%}"


def _score(value: float | None) -> str:
    return "–" if value is None or value != value else f"{value:.3f}"
