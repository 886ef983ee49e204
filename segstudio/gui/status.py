"""The status bar: what is under the pointer, the zoom, and the work in the background."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QLabel, QProgressBar, QStatusBar, QToolButton, QWidget

from segstudio.app.jobs import Job, JobQueue
from segstudio.app.workbench import Workbench
from segstudio.gui.i18n import Translated, tr
from segstudio.gui.icons import icon
from segstudio.gui.messages import news

_MESSAGE_MS = 8000


class StatusBar(Translated, QStatusBar):
    """Messages at the left; position, value, class, zoom, state of saving and the running job at the right."""

    def __init__(self, workbench: Workbench, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._workbench = workbench
        self.position = self._field(150)
        self.value = self._field(150)
        self.label_class = self._field(120)
        self.zoom = self._field(60)
        self.saved = self._field(60)
        self.job = _JobView(workbench.jobs, self)
        self.addPermanentWidget(self.job)
        self.setSizeGripEnabled(False)
        self.retranslate()
        workbench.message.connect(self._say)
        workbench.document_changed.connect(self._follow)
        self._follow()

    def retranslate(self) -> None:
        self.position.setAccessibleName(self.tr("Position under the pointer"))
        self.value.setAccessibleName(self.tr("Raw value under the pointer"))
        self.label_class.setAccessibleName(self.tr("Class under the pointer"))
        self.zoom.setAccessibleName(self.tr("Zoom"))
        self.saved.setAccessibleName(self.tr("Whether everything is saved"))
        self.position.setToolTip(self.tr("Column and row of the pixel under the pointer"))
        self.value.setToolTip(self.tr("The image's own value there, untouched by contrast"))
        self.label_class.setToolTip(self.tr("The class there"))
        self.zoom.setToolTip(self.tr("Screen pixels per image pixel"))
        self.saved.setToolTip(self.tr("Edits are in the crash journal at once and in the project's files soon after"))
        self._show_saved()

    def show_hover(self, hover: object) -> None:
        """Show what the canvas says is under the pointer; ``None`` is nothing."""
        if hover is None:
            for field in (self.position, self.value, self.label_class):
                field.clear()
            return
        self.position.setText(f"x {hover.x}  y {hover.y}")  # type: ignore[attr-defined]  # a canvas.Hover
        self.value.setText(str(hover.value))  # type: ignore[attr-defined]
        document = self._workbench.document
        class_id = hover.class_id  # type: ignore[attr-defined]
        known = document is not None and class_id is not None and class_id in document.classes
        self.label_class.setText(document.classes[class_id].name if known and document is not None else "–")

    def show_zoom(self, zoom: float) -> None:
        self.zoom.setText(f"{zoom * 100:.0f} %" if zoom < 10 else f"{zoom:.0f}×")

    def _field(self, width: int) -> QLabel:
        label = QLabel(self)
        label.setMinimumWidth(width)
        label.setTextInteractionFlags(Qt.TextInteractionFlag.NoTextInteraction)
        self.addPermanentWidget(label)
        return label

    def _say(self, text: str) -> None:
        self.showMessage(tr(text, "Messages"), _MESSAGE_MS)

    def _follow(self) -> None:
        document = self._workbench.document
        if document is not None:
            document.dirty_changed.connect(self._show_saved)
        self.show_hover(None)
        self._show_saved()

    def _show_saved(self, *_: object) -> None:
        document = self._workbench.document
        dirty = document is not None and document.dirty
        self.saved.setText("" if document is None else self.tr("● edited") if dirty else self.tr("saved"))


class _JobView(QWidget):
    """The job that runs, its progress, and a button that stops it; empty while nothing runs."""

    def __init__(self, jobs: JobQueue, parent: QWidget) -> None:
        super().__init__(parent)
        self._jobs = jobs
        self._title = QLabel(self)
        self._bar = QProgressBar(self)
        self._bar.setMaximumWidth(140)
        self._bar.setTextVisible(False)
        self._stop = QToolButton(self)
        self._stop.setIcon(icon("stop"))
        self._stop.setAutoRaise(True)
        self._stop.clicked.connect(self._stop_shown)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        for widget in (self._title, self._bar, self._stop):
            row.addWidget(widget)
        for signal in (jobs.started, jobs.progressed, jobs.ended):
            signal.connect(self._show)
        self._show()

    @property
    def shown(self) -> Job | None:
        """The job that people should see: the newest that runs."""
        return next((job for job in reversed(self._jobs.jobs) if not job.quiet), None)

    def _show(self, *_: object) -> None:
        job = self.shown
        for widget in (self._title, self._bar, self._stop):
            widget.setVisible(job is not None)
        if job is None:
            return
        others = sum(1 for other in self._jobs.jobs if not other.quiet) - 1
        title, message = news(job.title), news(job.progress.message)
        text = f"{title}: {message}" if message else title
        self._title.setText(_shortened(text) + (f"  (+{others})" if others else ""))
        self._title.setToolTip(text)
        self._stop.setToolTip(self.tr("Stop: {0}").format(title))
        self._stop.setAccessibleName(self._stop.toolTip())
        fraction = job.progress.fraction
        self._bar.setRange(0, 0 if fraction is None else 1000)
        if fraction is not None:
            self._bar.setValue(round(1000 * fraction))
        self._bar.setAccessibleName(text)

    def _stop_shown(self) -> None:
        job = self.shown
        if job is not None:
            self._jobs.stop(job)


def _shortened(text: str, limit: int = 60) -> str:
    return text if len(text) <= limit else text[: limit - 1] + "…"
