"""The bar of review mode: accept or reject what is shown, and go on."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QWidget

from segstudio.app.document import Document
from segstudio.app.workbench import Workbench
from segstudio.core.annotation import SampleState
from segstudio.gui import icons
from segstudio.gui.fields import describe, tool_button
from segstudio.gui.i18n import tr
from segstudio.gui.panels.base import Link, Panel
from segstudio.gui.panels.sample_model import STATES


class ReviewBar(Panel):
    """Accept and reject the image at hand; both go on to the next one that is done and not reviewed.

    *trigger* runs an act by its id.
    """

    def __init__(self, workbench: Workbench, trigger: Callable[[str], None], parent: QWidget | None = None) -> None:
        super().__init__(workbench, parent)
        self.setObjectName("review")
        self._trigger = trigger
        self.mark, self.state = QLabel(), QLabel()
        self.accept, self.reject = QPushButton(), QPushButton()
        self.accept.setIcon(icons.icon("accept", "good"))
        self.reject.setIcon(icons.icon("reject", "bad"))
        self.accept.clicked.connect(lambda: self._judge("sample.accept"))
        self.reject.clicked.connect(lambda: self._judge("sample.reject"))
        self.previous = tool_button("previous", lambda: trigger("sample.previous"), self)
        self.next = tool_button("next", lambda: trigger("sample.next"), self)
        row = QHBoxLayout(self)
        row.setContentsMargins(10, 4, 10, 4)
        row.addWidget(self.mark)
        row.addWidget(self.state)
        row.addStretch()
        for widget in (self.previous, self.reject, self.accept, self.next):
            row.addWidget(widget)
        self.start()

    def retranslate(self) -> None:
        self.accept.setText(self.tr("Accept"))
        describe(self.accept, self.tr("Accept"), self.tr("The mask is right: mark as reviewed and go on"))
        self.reject.setText(self.tr("Reject"))
        describe(self.reject, self.tr("Reject"), self.tr("The mask is wrong: mark as in progress and go on"))
        describe(self.previous, self.tr("Previous image"))
        describe(self.next, self.tr("Next image"))
        self.refresh()

    def links(self, document: Document) -> list[Link]:
        return [(document.sample_changed, self.refresh), (document.sample_updated, self.refresh)]

    def refresh(self, *_: object) -> None:
        sample = self.document.sample if self.document is not None else None
        for widget in (self.accept, self.reject, self.previous, self.next):
            widget.setEnabled(sample is not None)
        if sample is None:
            self.mark.clear()
            self.state.clear()
            return
        text, colour = STATES[sample.state]
        picture = icons.pixmap(f"state_{sample.state.value}", 18, role=colour, ratio=self.devicePixelRatioF())
        self.mark.setPixmap(picture)
        self.state.setText(f"{sample.name} – {tr(text)}")

    def _judge(self, act: str) -> None:
        self._trigger(act)
        waiting = self.document.next_in_state(SampleState.DONE) if self.document is not None else None
        if waiting is not None:
            self.workbench.goto(waiting)
