"""The docks that hold the panels: where a tab says what a dock holds, the dock does not say it again."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QDockWidget, QMainWindow, QTabBar, QWidget

_STRIP = 6
"""Pixels; enough to be taken hold of."""
_NEAR = 3


class Dock(QDockWidget):
    """A dock of a window. Beside others in tabs it has a thin strip to be dragged by instead of a title bar."""

    def __init__(self, window: QMainWindow) -> None:
        super().__init__(window)
        self._window = window
        self._bare = QWidget(self)
        self._bare.setFixedHeight(_STRIP)
        self._bare.setCursor(Qt.CursorShape.SizeAllCursor)
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setInterval(0)  # Qt tells before it has moved the dock
        self._soon.timeout.connect(self.settle)
        for signal in (
            self.topLevelChanged,
            self.dockLocationChanged,
            self.visibilityChanged,
            self.windowTitleChanged,
        ):
            signal.connect(self._soon.start)

    def settle(self) -> None:
        """Show the title bar, or leave it out."""
        tabbed = not self.isFloating() and bool(self._window.tabifiedDockWidgets(self))
        if tabbed != (self.titleBarWidget() is self._bare):
            self.setTitleBarWidget(self._bare if tabbed else None)  # type: ignore[arg-type]  # None is Qt's own bar
        hide_stray_tab_bars(self._window)
        _name_tab_bars(self._window)


def step_in_sight(window: QMainWindow, step: Callable[[], bool]) -> bool:
    """Give the keyboard to the next widget by *step*, over those in docks that lie behind another's tab: Qt moves such
    docks out of the window, where they count as shown."""
    start = window.focusWidget()
    while step():
        reached = window.focusWidget()
        if reached is None or reached is start or not _behind_a_tab(reached):
            return True
    return False


def _behind_a_tab(widget: QWidget) -> bool:
    above: QWidget | None = widget
    while above is not None and not isinstance(above, QDockWidget):
        above = above.parentWidget()
    if above is None or above.isFloating():
        return False
    return not above.geometry().intersects(above.window().rect())


def _name_tab_bars(window: QMainWindow) -> None:
    """Tell screen readers which panels a bar chooses from."""
    for bar in window.findChildren(QTabBar, options=Qt.FindChildOption.FindDirectChildrenOnly):
        bar.setAccessibleName(", ".join(bar.tabText(place) for place in range(bar.count())))


def hide_stray_tab_bars(window: QMainWindow) -> None:
    """Take away the tab bars that belong to no dock.

    Qt leaves one behind, somewhere over the toolbar, when a side of the window gets a second group of tabs. A bar in
    use lies right above a dock that is shown.
    """
    docks = [d.geometry() for d in window.findChildren(QDockWidget) if d.isVisible() and not d.isFloating()]
    for bar in window.findChildren(QTabBar, options=Qt.FindChildOption.FindDirectChildrenOnly):
        at = bar.geometry()
        used = any(abs(d.left() - at.left()) <= _NEAR and abs(d.top() - at.bottom() - 1) <= _NEAR for d in docks)
        if not used:
            bar.hide()
