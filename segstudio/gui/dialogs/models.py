"""Networks that others trained and published: what each knows, what it costs to fetch, and fetching it."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QHeaderView,
    QProgressBar,
    QPushButton,
    QTableWidget,
    QTableWidgetItem,
    QWidget,
)

from segstudio.app.jobs import Job, JobState
from segstudio.app.workbench import Workbench
from segstudio.core.progress import Progress
from segstudio.gui import icons
from segstudio.gui.dialogs.base import Button, Dialog, muted
from segstudio.gui.fields import describe
from segstudio.gui.messages import news, sentence
from segstudio.learning.pretrained import PRETRAINED, Pretrained


def ask_model(workbench: Workbench, parent: QWidget | None = None) -> Path | None:
    """A published network that is here by now; ``None`` when cancelled."""
    dialog = ModelsDialog(workbench, parent)
    return dialog.path() if dialog.exec() else None


class ModelsDialog(Dialog):
    """The table of published networks. A download goes on in the background when the dialog is closed."""

    def __init__(self, workbench: Workbench, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._models = workbench.prediction.models
        self._jobs = workbench.jobs
        self._job: Job | None = None
        self.lead, self.details = muted(), muted()
        self.details.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.table = QTableWidget(len(PRETRAINED), 5)
        self.table.setTabKeyNavigation(False)  # Tab leaves it; arrows walk in it
        self._cells: dict[tuple[int, int], QTableWidgetItem] = {}
        self.download = QPushButton(icons.icon("import"), "")
        self.progress = QProgressBar()
        self.progress.setRange(0, 1000)
        self._arrange()
        self.start()
        self.table.itemSelectionChanged.connect(self._chosen)
        self.table.doubleClicked.connect(lambda _: self.accept() if self.path() is not None else self._fetch())
        self.download.clicked.connect(self._fetch)
        self._jobs.ended.connect(self._ended)
        self.finished.connect(lambda _: self._jobs.ended.disconnect(self._ended))
        self.table.selectRow(0)
        self._chosen()

    def _arrange(self) -> None:
        self.content.addWidget(self.lead)
        self.table.verticalHeader().hide()
        self.table.setShowGrid(False)
        self.table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.table.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        header = self.table.horizontalHeader()
        header.setHighlightSections(False)
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        for row, entry in enumerate(PRETRAINED.values()):
            for column in range(5):
                self._cells[row, column] = QTableWidgetItem(entry.title if column == 0 else "")
                self.table.setItem(row, column, self._cells[row, column])
        self.content.addWidget(self.table, 1)
        self.content.addWidget(self.details)
        bottom = QHBoxLayout()
        bottom.addWidget(self.download)
        bottom.addWidget(self.progress, 1)
        self.content.addLayout(bottom)
        policy = self.progress.sizePolicy()
        policy.setRetainSizeWhenHidden(True)
        self.progress.setSizePolicy(policy)
        self.progress.hide()
        self.setMinimumSize(640, 460)

    def retranslate(self) -> None:
        self.setWindowTitle(self.tr("Pretrained models"))
        self.lead.setText(
            self.tr("Networks that others trained on photographs of everyday things. They label without any training.")
        )
        self.table.setHorizontalHeaderLabels(
            [self.tr("Model"), self.tr("Classes"), self.tr("Accuracy"), self.tr("Size"), self.tr("State")]
        )
        describe(self.table, self.tr("Pretrained models"))
        self.table.setToolTip("")
        self.name_ok(self.tr("Use"))
        self._show_rows()
        self._chosen()

    # ---- the table

    def entry(self) -> Pretrained:
        """The chosen line."""
        return list(PRETRAINED.values())[max(0, self.table.currentRow())]

    def path(self) -> Path | None:
        """Where the chosen network's weights are, if they are here."""
        return self._models.downloaded(self.entry())

    def _show_rows(self) -> None:
        for row, entry in enumerate(PRETRAINED.values()):
            known = len([name for name in entry.names if not name.startswith("unused ")])
            here = self._models.downloaded(entry) is not None
            state = self.tr("here") if here else self.tr("to download")
            texts = (str(known), entry.score, self.tr("{0:.0f} MB").format(entry.megabytes), state)
            for column, text in enumerate(texts, start=1):
                self._cells[row, column].setText(text)

    def _chosen(self) -> None:
        entry, running = self.entry(), self._job is not None
        here = self._models.downloaded(entry) is not None
        self.details.setText(
            self.tr("Knows: {0}.\nLicence: {1}\nFrom: {2}").format(_some(entry.names), entry.licence, entry.url)
        )
        self.download.setText(self.tr("Stop") if running else self.tr("Download"))
        self.download.setIcon(icons.icon("stop" if running else "import"))
        describe(self.download, self.download.text())
        self.download.setEnabled(running or not here)
        self.buttons.button(Button.Ok).setEnabled(here)

    # ---- fetching

    def _fetch(self) -> None:
        if self._job is not None:
            self._jobs.stop(self._job)
            return
        if self.path() is not None:
            return
        self.say("")
        self.progress.setValue(0)
        self.progress.show()
        self._job = self._models.download(self.entry(), lambda _: None, self._failed, self._progressed)
        self._chosen()

    def _progressed(self, progress: Progress) -> None:
        self.progress.setRange(0, 0 if progress.fraction is None else 1000)
        if progress.fraction is not None:
            self.progress.setValue(round(1000 * progress.fraction))
        self.progress.setFormat(news(progress.message))

    def _failed(self, error: BaseException) -> None:
        self.say(sentence(error))

    def _ended(self, job: Job) -> None:
        if job is not self._job:
            return
        self._job = None
        self.progress.hide()
        if job.state is JobState.STOPPED:
            self.say(self.tr("Stopped; what has come is kept."))
        self._show_rows()
        self._chosen()


def _some(names: tuple[str, ...], most: int = 20) -> str:
    """The first *most* of the classes that are used."""
    used = [name for name in names if not name.startswith("unused ") and name != "background"]
    return ", ".join(used[:most]) + (" …" if len(used) > most else "")
