"""The middle of the window: the canvas, the first steps while no project is open, and the notices above them."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from segstudio.app.workbench import Workbench
from segstudio.gui.canvas import Canvas
from segstudio.gui.notice import NoticeBar
from segstudio.gui.panels.empty_state import EmptyState
from segstudio.gui.panels.orthogonal import OrthogonalViews
from segstudio.gui.panels.review import ReviewBar
from segstudio.gui.panels.slices import SliceBar


class Stage(QWidget):
    """Shows the canvas where a project is open, else what to do first."""

    def __init__(
        self,
        canvas: Canvas,
        notice: NoticeBar,
        workbench: Workbench,
        trigger: Callable[[str], None],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._canvas = canvas
        self._workbench = workbench
        self.review = ReviewBar(workbench, trigger, self)
        self.review.hide()
        self.slices = SliceBar(workbench, trigger, self)
        canvas.slice_turned.connect(lambda by: trigger("slice.next" if by > 0 else "slice.previous"))
        self._first_steps = EmptyState(workbench, trigger, self)
        self._pages = QStackedWidget(self)
        self._pages.addWidget(self._first_steps)
        self._pages.addWidget(canvas)
        self.orthogonal = OrthogonalViews(workbench, canvas, self)
        beside = QHBoxLayout()
        beside.setSpacing(0)
        beside.addWidget(self._pages, 1)
        beside.addWidget(self.orthogonal)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(notice)
        column.addWidget(self.review)
        column.addLayout(beside, 1)
        column.addWidget(self.slices)
        workbench.document_changed.connect(self._choose)
        self._choose()

    def _choose(self) -> None:
        document = self._workbench.document
        empty = document is None or document.sample is None
        self._pages.setCurrentWidget(self._first_steps if empty else self._canvas)
