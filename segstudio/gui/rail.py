"""The rail of tools: icons with captions where the window is high enough for them, bare icons where it is not."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QStyle, QToolBar, QToolButton, QWidget

_CAPTIONED = Qt.ToolButtonStyle.ToolButtonTextUnderIcon
_BARE = Qt.ToolButtonStyle.ToolButtonIconOnly


class ToolRail(QToolBar):
    """A toolbar that leaves its captions out before it would hide a tool behind its end.

    The name of a tool stays in its tip and for screen readers.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setToolButtonStyle(_CAPTIONED)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.fit()

    def fit(self) -> None:
        """Choose captions or bare icons for the room that there is."""
        room = self.height() if self.orientation() is Qt.Orientation.Vertical else None
        style = _CAPTIONED if room is None or room >= self._captioned_height() else _BARE
        if style is not self.toolButtonStyle():
            self.setToolButtonStyle(style)

    def _captioned_height(self) -> int:
        """Pixels that all tools take with their captions, whatever is shown now."""
        buttons = [self.widgetForAction(action) for action in self.actions()]
        shown = self.toolButtonStyle()
        heights = 0
        for button in buttons:
            if isinstance(button, QToolButton):
                button.setToolButtonStyle(_CAPTIONED)
                heights += button.sizeHint().height()
                button.setToolButtonStyle(shown)
        layout = self.layout()
        assert layout is not None  # a toolbar always has one
        margins = layout.contentsMargins()
        between = layout.spacing() * max(0, len(buttons) - 1)
        handle = self.style().pixelMetric(QStyle.PixelMetric.PM_ToolBarHandleExtent, None, self)
        return heights + between + margins.top() + margins.bottom() + (handle if self.isMovable() else 0)
