"""The docks that hold the panels: where a tab says what a dock holds, the dock does not say it again."""

from __future__ import annotations

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QDockWidget, QMainWindow, QWidget


class Dock(QDockWidget):
    """A dock of a window. It has a title bar only where it stands alone or floats; a tab is dragged by itself."""

    def __init__(self, window: QMainWindow) -> None:
        super().__init__(window)
        self._window = window
        self._bare = QWidget(self)
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setInterval(0)  # Qt tells before it has moved the dock
        self._soon.timeout.connect(self.settle)
        for signal in (self.topLevelChanged, self.dockLocationChanged, self.visibilityChanged):
            signal.connect(self._soon.start)

    def settle(self) -> None:
        """Show the title bar, or leave it out."""
        tabbed = not self.isFloating() and bool(self._window.tabifiedDockWidgets(self))
        if tabbed != (self.titleBarWidget() is self._bare):
            self.setTitleBarWidget(self._bare if tabbed else None)  # type: ignore[arg-type]  # None is Qt's own bar
