"""A training run as it goes: curves, scores of the classes, time and memory, and the runs before it to compare with."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QColor
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QPushButton,
    QScrollArea,
    QSplitter,
    QStackedWidget,
    QTabWidget,
    QVBoxLayout,
)

from segstudio.app.document import Document
from segstudio.app.workbench import Workbench
from segstudio.core.errors import TrainingError
from segstudio.gui import icons
from segstudio.gui.fields import describe
from segstudio.gui.messages import news, sentence
from segstudio.gui.panels.base import Link, Panel
from segstudio.gui.panels.rounds import RoundsView, in_rounds, rounds_run
from segstudio.gui.panels.runs import RunList
from segstudio.gui.panels.scores import ConfusionView, IouBars, PreviewView
from segstudio.io.project import Run
from segstudio.learning.records import TrainingMetrics, read_curves

if TYPE_CHECKING:
    from segstudio.gui.canvas import Canvas
    from segstudio.gui.panels.curves import Curve, Curves

_REDRAW_MS = 250


class TrainingPanel(Panel):
    """Shows the workbench's training. The plotting library is loaded in a thread; until it is there, numbers show."""

    def __init__(self, workbench: Workbench, canvas: Canvas) -> None:
        super().__init__(workbench)
        self.curves: Curves | None = None
        self.summary, self.note, self.loading = QLabel(), QLabel(), QLabel()
        self.summary.setWordWrap(True)
        self.note.setProperty("role", "warning")
        self.note.setWordWrap(True)
        self.note.hide()
        self.loading.setProperty("role", "muted")
        self.loading.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.loading.setWordWrap(True)
        self.progress = QProgressBar()
        self.progress.setProperty("role", "thin")
        self.progress.setTextVisible(False)
        self.pause, self.resume = QPushButton(icons.icon("pause"), ""), QPushButton(icons.icon("play", "good"), "")
        self.stop = QPushButton(icons.icon("stop", "bad"), "")
        self.pause.clicked.connect(self._pause)
        self.resume.clicked.connect(self._resume)
        self.stop.clicked.connect(workbench.training.stop)
        self.bars, self.confusion, self.preview = IouBars(), ConfusionView(), PreviewView()
        self.runs, self.rounds = RunList(), RoundsView(workbench)
        self.runs.compared_changed.connect(self._compare)
        self.runs.chosen_changed.connect(self._say)
        self.runs.chosen_changed.connect(self._show_rounds)
        self.tabs = QTabWidget()
        self.plots = QStackedWidget()
        self.split = QSplitter(Qt.Orientation.Horizontal)
        self._shown_validation = -1
        self._arrange()
        self._redraw = QTimer(self)
        self._redraw.setSingleShot(True)
        self._redraw.setInterval(_REDRAW_MS)
        self._redraw.timeout.connect(self.draw)
        self._drawn_score = -1
        workbench.training.started.connect(self._begun)
        workbench.training.progressed.connect(self._news)
        workbench.training.ended.connect(self._ended)
        workbench.training.round_ended.connect(lambda _: self._show_rounds())
        self.start()
        self._loading = QTimer(self, singleShot=True, interval=0)  # the panel itself is shown first
        self._loading.timeout.connect(self._load_curves)
        self._loading.start()

    def _arrange(self) -> None:
        head = QHBoxLayout()
        head.addWidget(self.summary, 1)
        for button in (self.pause, self.resume, self.stop):
            head.addWidget(button)
        scroll = self.class_scroll = QScrollArea()
        scroll.setWidget(self.bars)
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        for page in (scroll, self.confusion, self.preview, self.runs, self.rounds):
            self.tabs.addTab(page, "")
        self.plots.addWidget(self.loading)
        self.split.addWidget(self.plots)
        self.split.addWidget(self.tabs)
        self.plots.setMinimumWidth(260)
        self.split.setStretchFactor(0, 1)
        self.split.setStretchFactor(1, 1)
        self.split.setSizes([400, 400])
        self.split.setChildrenCollapsible(False)
        column = QVBoxLayout(self)
        column.setContentsMargins(8, 6, 8, 6)
        column.setSpacing(6)
        column.addLayout(head)
        column.addWidget(self.progress)
        column.addWidget(self.note)
        column.addWidget(self.split, 1)

    def retranslate(self) -> None:
        self.pause.setText(self.tr("Pause"))
        describe(
            self.pause, self.tr("Pause training"), self.tr("Finish this step, keep everything and free the device")
        )
        self.resume.setText(self.tr("Resume"))
        describe(
            self.resume,
            self.tr("Resume training"),
            self.tr("Go on exactly where the run was paused, stopped or cut off"),
        )
        self.stop.setText(self.tr("Stop"))
        describe(self.stop, self.tr("Stop training"), self.tr("Stop training; the best network so far stays"))
        self.progress.setAccessibleName(self.tr("Progress of the training"))
        titles = (self.tr("Classes"), self.tr("Confusion"), self.tr("Example"), self.tr("Runs"), self.tr("Rounds"))
        for place, title in enumerate(titles):
            self.tabs.setTabText(place, title)
        self.class_scroll.setAccessibleName(titles[0])
        self.tabs.setAccessibleName(self.tr("Results of the training"))
        self._say()

    def links(self, document: Document) -> list[Link]:
        return [(document.classes_changed, self.draw)]

    def refresh(self) -> None:
        self.note.hide()
        self._shown_validation = -1
        if self.curves is not None:
            self.curves.clear()
        self.runs.forget()
        self._list_runs()
        if not self.metrics and self.document is not None and self.document.project.runs():
            self.tabs.setCurrentWidget(self.runs)  # the other lists have nothing to show yet
        self.draw()

    # ---- the plotting library

    def _load_curves(self) -> None:
        """In the window's own thread, for Qt's names are not safe to be looked up first in another; see Readiness."""
        from segstudio.gui.panels.curves import Curves

        if self.curves is None:
            curves = Curves()
            self.curves = curves
            self.plots.addWidget(curves)
            self.draw()

    # ---- the run at hand

    @property
    def metrics(self) -> list[TrainingMetrics]:
        """The steps of the run at hand, the oldest first."""
        return self.workbench.training.metrics

    def _begun(self) -> None:
        self._shown_validation = -1
        self.note.hide()
        if self.curves is not None:
            self.curves.clear()
        self._list_runs()
        self._say()
        self._draw_compared()

    def _news(self, metrics: TrainingMetrics) -> None:
        if metrics.note:
            self.note.setText(news(metrics.note))
            self.note.show()
        if not self._redraw.isActive():
            self._redraw.start()

    def _ended(self, state: str) -> None:
        self._list_runs()
        self.draw()
        error = self.workbench.training.error
        if state == "failed" and error is not None:
            advice = self.tr("Resume goes on from the last step that was saved.") if self.resume.isVisible() else ""
            self.note.setText(f"{sentence(error)}. {advice}".strip())
            self.note.show()

    def _pause(self) -> None:
        self.workbench.training.pause()
        self._say()

    def _resume(self) -> None:
        self.workbench.training.resume(self._resumable())

    def _resumable(self) -> Run | None:
        """The run that Resume would go on with: the one chosen in the list, else the newest."""
        training = self.workbench.training
        if training.running:
            return None
        chosen = self.runs.chosen
        return chosen if chosen is not None and training.can_resume(chosen) else training.unfinished()

    def draw(self) -> None:
        """Show the newest numbers. Called a few times a second at most, however fast the network learns."""
        self._say()
        self._show_plots()
        if not self.metrics:
            return
        self._draw_curves()
        last = next((m for m in reversed(self.metrics) if m.validated), None)
        if last is not None and last.step != self._shown_validation:
            self._shown_validation = last.step
            self._draw_scores(last)

    def _show_plots(self) -> None:
        """The curves, or why there are none."""
        if self.curves is not None and (self.metrics or self.runs.compared()):
            self.plots.setCurrentWidget(self.curves)
            return
        self.plots.setCurrentWidget(self.loading)
        if self.curves is None and self.metrics:
            self.loading.setText(self.tr("The curves will be here in a moment."))
        else:
            self.loading.setText(self.tr("The curves of loss and IoU stand here while a network learns."))

    def _say(self) -> None:
        training = self.workbench.training
        resumable = self._resumable()
        self.stop.setEnabled(training.running)
        self.pause.setVisible(resumable is None)
        self.pause.setEnabled(training.running and not training.pausing)
        self.resume.setVisible(resumable is not None)
        last = self.metrics[-1] if self.metrics else None
        if last is None:
            self.summary.setText(self._nothing_yet(resumable))
            self.progress.setRange(0, 0 if training.running else 1)
            return
        self.progress.setRange(0, 1000)
        self.progress.setValue(round(1000 * _fraction(last)) if training.running else 1000)
        facts = self._facts(last, running=training.running)
        if training.pausing:
            facts.insert(0, self.tr("pausing after this step"))
        self.summary.setText(" · ".join(facts))

    def _nothing_yet(self, resumable: Run | None) -> str:
        if self.workbench.training.running:
            return self.tr("Training starts …")
        if resumable is not None:
            text = self.tr("Run {number} ({network}) is not finished. Resume goes on where it ended.")
            return text.format(number=resumable.id, network=resumable.config.get("network", resumable.name))
        if self.document is not None and self.document.project.runs():
            return self.tr("Nothing is trained now. Train (T) starts a run; the list of runs shows those before.")
        return self.tr("No training has run yet. Train (T) starts one.")

    def _facts(self, last: TrainingMetrics, *, running: bool) -> list[str]:
        if last.epochs is not None:
            facts = [self.tr("epoch {epoch} of {epochs}").format(epoch=last.epoch, epochs=last.epochs)]
        else:
            facts = [self.tr("epoch {epoch}").format(epoch=last.epoch)]
        facts.append(self.tr("loss {loss:.3f}").format(loss=last.loss))
        if last.miou is not None:
            best = last.best_miou if last.best_miou is not None else last.miou
            facts.append(self.tr("mIoU {miou:.3f} (best {best:.3f})").format(miou=last.miou, best=best))
        facts.append(self.tr("{rate:.1f} images/s").format(rate=last.images_per_second))
        if last.memory_bytes:
            facts.append(f"{last.memory_bytes / 2**30:.1f} GB")
        if last.device:
            facts.append(last.device)
        if running and last.eta_seconds is not None:
            facts.append(self.tr("{time} left").format(time=duration(last.eta_seconds)))
        else:
            facts.append(self.tr("{time} so far").format(time=duration(last.elapsed_seconds)))
        return facts

    def _draw_curves(self) -> None:
        if self.curves is None:
            return
        from segstudio.gui.panels.curves import COLORS, class_colors  # loaded by now

        steps = np.array([m.step for m in self.metrics], np.float64)
        loss = np.array([m.loss for m in self.metrics], np.float64)
        self.curves.draw("loss", self.tr("loss"), (steps, loss), COLORS[0])
        measured = [m for m in self.metrics if m.validated and m.miou is not None]
        if not measured or (self.curves.names("score") and measured[-1].step == self._drawn_score):
            return  # drawing what did not change would cost as much again
        self._drawn_score = measured[-1].step
        at = np.array([m.step for m in measured], np.float64)
        miou = np.array([m.miou for m in measured], np.float64)
        self.curves.draw("score", "mIoU", (at, miou), COLORS[0], wide=True)
        names = measured[-1].class_names
        for place, (name, color) in enumerate(zip(names, class_colors(names, self._colors()), strict=True)):
            values = np.array([m.iou[place] if place < len(m.iou) else np.nan for m in measured], np.float64)
            self.curves.draw("score", name, (at, values), color, listed=False)

    def _draw_scores(self, last: TrainingMetrics) -> None:
        known = self._colors()
        self.bars.show_scores(
            last.class_names, last.iou, [QColor(*known.get(n, (128, 128, 128))) for n in last.class_names]
        )
        if last.confusion is not None:
            self.confusion.show_matrix(last.confusion, last.class_names)
        if last.preview is not None and self.document is not None:
            picture = last.preview
            palette = self.document.classes.palette()
            self.preview.show_preview(picture.image, picture.target, picture.prediction, palette)

    def _colors(self) -> dict[str, tuple[int, int, int]]:
        return {c.name: c.color for c in self.document.classes.values()} if self.document is not None else {}

    # ---- the runs before

    def _list_runs(self) -> None:
        training = self.workbench.training
        runs = self.document.project.runs() if self.document is not None else []
        self.runs.show_runs(runs, training.run.id if training.running and training.run is not None else None)
        self._show_rounds()

    def _show_rounds(self) -> None:
        runs = self.document.project.runs() if self.document is not None else []
        self.rounds.show_run(rounds_run(runs, self.runs.chosen, self.workbench.training.run))
        self.tabs.setTabVisible(self.tabs.indexOf(self.rounds), any(in_rounds(run) for run in runs))

    def _compare(self) -> None:
        if self.curves is None:
            return
        self.curves.clear()
        self.draw()
        self._draw_compared()

    def _draw_compared(self) -> None:
        if self.curves is None:
            return
        self._show_plots()
        for run, color in self.runs.compared():
            try:
                columns = read_curves(run.folder)
            except TrainingError as error:
                self.note.setText(sentence(error))
                self.note.show()
                continue
            for kind, column in (("loss", "loss"), ("score", "miou")):
                curve: Curve = (columns["step"], columns[column])
                self.curves.draw(kind, self.tr("run {number}").format(number=run.id), curve, color, dashed=True)


def duration(seconds: float) -> str:
    """``"1:05:09"``, ``"5:09"`` or ``"9 s"``."""
    whole = max(0, round(seconds))
    hours, minutes, rest = whole // 3600, whole // 60 % 60, whole % 60
    if hours:
        return f"{hours}:{minutes:02}:{rest:02}"
    return f"{minutes}:{rest:02}" if minutes else f"{rest} s"


def _fraction(last: TrainingMetrics) -> float:
    if last.eta_seconds is not None and last.elapsed_seconds + last.eta_seconds > 0:
        return last.elapsed_seconds / (last.elapsed_seconds + last.eta_seconds)
    return min(1.0, last.epoch / last.epochs) if last.epochs else 0.0
