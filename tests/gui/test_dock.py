"""Docks in tabs: each is named once, and no tab bar lies over anything else."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QDockWidget, QTabBar, QToolBar, QWidget
from pytestqt.qtbot import QtBot

from segstudio.gui.main_window import MainWindow


def bars(window: MainWindow) -> list[QTabBar]:
    found = window.findChildren(QTabBar, options=Qt.FindChildOption.FindDirectChildrenOnly)
    return [bar for bar in found if bar.isVisible()]


def test_every_tab_bar_has_names_and_covers_no_toolbar(window: MainWindow, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: all(bar.tabText(0) for bar in bars(window)))
    titles = {bar.tabText(place) for bar in bars(window) for place in range(bar.count())}
    assert {"Classes", "Instances", "Tool", "Layers", "Propagation"} <= titles
    toolbars = [bar.geometry() for bar in window.findChildren(QToolBar)]
    assert not [b for b in bars(window) for toolbar in toolbars if toolbar.intersects(b.geometry())]


def test_a_dock_has_a_title_of_its_own_only_where_no_tab_says_it(window: MainWindow, qtbot: QtBot) -> None:
    docks = {dock.objectName(): dock for dock in window.findChildren(QDockWidget)}
    tabbed, alone = docks["dock.tool_options"], docks["dock.samples"]
    qtbot.waitUntil(lambda: tabbed.titleBarWidget() is not None)
    assert alone.titleBarWidget() is None
    window.addDockWidget(Qt.DockWidgetArea.LeftDockWidgetArea, tabbed)
    qtbot.waitUntil(lambda: tabbed.titleBarWidget() is None)


def test_panels_that_were_moved_or_closed_go_back_to_their_places(window: MainWindow, qtbot: QtBot) -> None:
    docks = {dock.objectName(): dock for dock in window.findChildren(QDockWidget)}
    samples, classes = docks["dock.samples"], docks["dock.classes"]
    places = {name: (window.dockWidgetArea(dock), dock.isHidden()) for name, dock in docks.items()}
    width = samples.width()
    window.addDockWidget(Qt.DockWidgetArea.RightDockWidgetArea, samples)
    classes.hide()
    window.show_panel("training")
    window.trigger("view.reset_layout")
    qtbot.waitUntil(lambda: abs(samples.width() - width) < 20)
    assert {name: (window.dockWidgetArea(dock), dock.isHidden()) for name, dock in docks.items()} == places
    assert not classes.visibleRegion().isEmpty(), "in front of the tab beside it, as at first"
    assert docks["dock.training"].isHidden()


def test_tab_comes_only_to_what_is_in_sight(window: MainWindow, qtbot: QtBot) -> None:
    for name in ("layers", "tool_options"):  # the one in front is shown last
        window.show_panel(name)
        qtbot.wait(50)
    window.activateWindow()
    window.canvas.setFocus()
    qtbot.waitUntil(window.canvas.hasFocus)
    reached: list[QWidget] = []
    while len(reached) < 200 and (not reached or reached[-1] is not window.canvas):
        QTest.keyClick(window.focusWidget(), Qt.Key.Key_Tab)
        here = window.focusWidget()
        assert here is not None
        reached.append(here)
    assert reached[-1] is window.canvas, "it goes round"
    front, behind = window.panel("tool_options"), window.panel("layers")
    assert any(front.isAncestorOf(widget) for widget in reached)
    assert not any(behind.isAncestorOf(widget) for widget in reached)
    assert any(window.panel("classes").isAncestorOf(widget) for widget in reached)
    assert all(bar.accessibleName() for bar in bars(window))
