"""What every panel shares: it follows the open document, and its texts follow the language."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from psygnal import SignalInstance
from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QFrame, QScrollArea, QVBoxLayout, QWidget

from segstudio.app.document import Document
from segstudio.app.workbench import Workbench
from segstudio.gui.i18n import Translated

Link = tuple[SignalInstance, Callable[..., Any]]


class Panel(Translated, QWidget):
    """A widget that shows the open document. Call :meth:`start` at the end of the constructor."""

    def __init__(self, workbench: Workbench, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.workbench = workbench
        self._links: list[Link] = []
        workbench.document_changed.connect(self._follow)

    @property
    def document(self) -> Document | None:
        return self.workbench.document

    def start(self) -> None:
        """Write the texts and take up the document."""
        self.retranslate()
        self._follow()

    def links(self, document: Document) -> Iterable[Link]:
        """The signals of *document* that this panel follows, each with what to call."""
        return ()

    def refresh(self) -> None:
        """Show the document anew: another one is open, or none."""

    def _follow(self) -> None:
        for signal, slot in self._links:
            signal.disconnect(slot, missing_ok=True)
        self._links = list(self.links(self.document)) if self.document is not None else []
        for signal, slot in self._links:
            signal.connect(slot)
        self.setEnabled(self.document is not None)
        self.refresh()


class _Scroll(QScrollArea):
    """Scrolls up and down only: it is never narrower than what it holds."""

    def sizeHint(self) -> QSize:
        inside = self.widget()
        return inside.sizeHint() if inside is not None else super().sizeHint()

    def minimumSizeHint(self) -> QSize:
        inside = self.widget()
        width = inside.minimumSizeHint().width() + self.verticalScrollBar().sizeHint().width() if inside else 0
        return QSize(width, 60)


def scrolling_column(panel: QWidget) -> QVBoxLayout:
    """A column for the rows of *panel* that scrolls where the panel is too low for them."""
    inside = QWidget()
    column = QVBoxLayout(inside)
    column.setContentsMargins(8, 6, 8, 8)
    scroll = _Scroll(panel)
    scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # it follows the field that has the focus
    scroll.setWidget(inside)
    scroll.setWidgetResizable(True)
    scroll.setFrameShape(QFrame.Shape.NoFrame)
    around = QVBoxLayout(panel)
    around.setContentsMargins(0, 0, 0, 0)
    around.addWidget(scroll)
    return column
