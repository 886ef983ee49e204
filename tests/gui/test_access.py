"""Whoever has no mouse reaches everything, and whoever has no eyes hears what it is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAccessible
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractSpinBox,
    QApplication,
    QDockWidget,
    QLineEdit,
    QRadioButton,
    QToolBar,
    QVBoxLayout,
    QWidget,
)
from pytestqt.qtbot import QtBot

from segstudio.app.sizes import ClassSize, Sizes
from segstudio.gui import MainWindow
from segstudio.gui.canvas import Canvas
from segstudio.gui.canvas.scene import LAYERS
from segstudio.gui.dialogs.about import AboutDialog
from segstudio.gui.dialogs.class_map import ClassMapDialog
from segstudio.gui.dialogs.cleanup import CleanupDialog
from segstudio.gui.dialogs.command_palette import CommandPalette
from segstudio.gui.dialogs.export import ExportDialog
from segstudio.gui.dialogs.import_labels import ImportDialog
from segstudio.gui.dialogs.models import ModelsDialog
from segstudio.gui.dialogs.new_project import NewProjectDialog
from segstudio.gui.dialogs.predict import PredictDialog
from segstudio.gui.dialogs.preferences import PreferencesDialog
from segstudio.gui.dialogs.problem_table import ProblemTable
from segstudio.gui.dialogs.remove_class import RemoveClassDialog
from segstudio.gui.dialogs.replace_classes import ReplaceClassesDialog
from segstudio.gui.dialogs.shortcuts import ShortcutsDialog
from segstudio.gui.dialogs.sizes import SizesDialog
from segstudio.gui.dialogs.train import TrainDialog
from segstudio.gui.panels import PANELS
from segstudio.io.problems import Problem
from segstudio.io.project import ClassUse

DIALOGS: dict[str, Callable[[MainWindow], QWidget]] = {
    "about": AboutDialog,
    "class_map": lambda w: ClassMapDialog(
        w.workbench, w.document.project.folder / "net.onnx", {"classes": ["ground", "disc"]}, w
    ),
    "cleanup": lambda w: CleanupDialog(w.workbench, w.canvas, w),
    "export": lambda w: ExportDialog(w.workbench, w),
    "import": lambda w: ImportDialog(w.workbench, w),
    "keys": lambda w: ShortcutsDialog(w.acts, {}, w.set_shortcuts, w),
    "models": lambda w: ModelsDialog(w.workbench, w),
    "new_project": lambda w: NewProjectDialog(w.workbench, w),
    "palette": lambda w: CommandPalette([w.action(name) for name in w.acts], w),
    "predict": lambda w: PredictDialog(w.workbench, [], w.trigger, w),
    "preferences": lambda w: PreferencesDialog(w.workbench, w),
    "remove_class": lambda w: RemoveClassDialog(w.document, 1, ClassUse(1, 1), w),
    "replace_classes": lambda w: ReplaceClassesDialog(w.document, {1: ClassUse(1, 1)}, w),
    "sizes": lambda w: SizesDialog(Sizes(Path("v.nii"), range(2), 1, {1: ClassSize(9, 1)}), w.document.classes, w),
    "train": lambda w: TrainDialog(w.workbench, w),
}


def focusable(root: QWidget) -> list[QWidget]:
    """What Tab has to reach in *root* as it is shown now."""
    return [w for w in (root, *root.findChildren(QWidget)) if _takes_tab(w)]


def _takes_tab(widget: QWidget) -> bool:
    by_tab = bool(widget.focusPolicy() & Qt.FocusPolicy.TabFocus)
    part = isinstance(widget.parent(), QAbstractSpinBox) or widget.objectName().startswith("qt_")  # Qt's own innards
    return by_tab and widget.isVisible() and widget.isEnabled() and not part and not _behind_a_tab(widget)


def _behind_a_tab(widget: QWidget) -> bool:
    """Whether *widget* is in a dock that another one lies before: Qt keeps such docks outside of the window."""
    docks = [dock for dock in widget.window().findChildren(QDockWidget) if dock.isAncestorOf(widget)]
    return any(not dock.geometry().intersects(widget.window().rect()) for dock in docks)


def spoken(widget: QWidget) -> str:
    """What a screen reader says of *widget*: its accessible name, its buddy's text or its own."""
    told = QAccessible.queryAccessibleInterface(widget)
    return told.text(QAccessible.Text.Name).strip() if told is not None else ""


def described(widget: QWidget) -> str:
    chain = [widget.objectName() or type(widget).__name__]
    while (parent := widget.parentWidget()) is not None:
        chain.append(parent.objectName() or type(parent).__name__)
        widget = parent
    return " < ".join(chain[:5])


def reached_by_tab(root: QWidget, presses: int) -> set[QWidget]:
    """The widgets that real presses of Tab give the focus to."""
    root.activateWindow()
    QTest.qWait(1)
    reached: set[QWidget] = set()
    for _ in range(presses):
        here = QApplication.focusWidget()
        if here is not None:
            reached.add(here)
        QTest.keyClick(here if here is not None else root, Qt.Key.Key_Tab)
    return reached


def has_no_trap(root: QWidget) -> None:
    wanted = focusable(root)
    reached = reached_by_tab(root, 3 * len(wanted) + 5)
    reached |= {w for w in wanted if w.focusProxy() in reached}
    missed = [described(w) for w in wanted if w not in reached and not _by_arrows(w, reached)]
    assert missed == []


def _by_arrows(widget: QWidget, reached: set[QWidget]) -> bool:
    """Tab enters a group of radio buttons once; arrows go on inside."""
    return isinstance(widget, QRadioButton) and any(
        isinstance(other, QRadioButton) and (other.group() is widget.group() or other.parent() is widget.parent())
        for other in reached
    )


def is_named(root: QWidget) -> None:
    assert [described(w) for w in focusable(root) if not spoken(w)] == []


@pytest.fixture(params=sorted(DIALOGS))
def dialog(request: pytest.FixtureRequest, window: MainWindow, qtbot: QtBot) -> Iterator[QWidget]:
    made = DIALOGS[request.param](window)
    qtbot.addWidget(made)
    made.show()
    qtbot.waitExposed(made)
    yield made
    made.close()


def test_every_field_of_a_dialog_has_a_name_and_is_reached_by_tab(dialog: QWidget) -> None:
    is_named(dialog)
    has_no_trap(dialog)


@pytest.mark.parametrize("name", list(PANELS))
def test_every_field_of_a_panel_has_a_name_and_is_reached_by_tab(window: MainWindow, name: str, qtbot: QtBot) -> None:
    panel = PANELS[name].build(window.workbench, window.canvas)
    qtbot.addWidget(panel)
    panel.show()
    qtbot.waitExposed(panel)
    is_named(panel)
    has_no_trap(panel)


def test_every_field_of_the_window_has_a_name_and_is_reached_by_tab(window: MainWindow) -> None:
    for name in PANELS:  # one after the other in front
        window.show_panel(name)
        is_named(window.panel(name))
    is_named(window)
    for names in (("layers", "instances"), ("propagation", "classes"), ("tags",), ("teach",), ("tool_options",)):
        for name in names:
            window.show_panel(name)
        QTest.qWait(50)
        window.canvas.setFocus()
        has_no_trap(window)


def test_the_canvas_lets_tab_go(window: MainWindow) -> None:
    window.activateWindow()
    window.canvas.setFocus()
    QTest.keyClick(window.canvas, Qt.Key.Key_Tab)
    assert not isinstance(QApplication.focusWidget(), Canvas)


def test_tab_leaves_a_table_of_problems(qtbot: QtBot) -> None:
    around = QWidget()
    column = QVBoxLayout(around)
    table, after = ProblemTable(), QLineEdit()
    column.addWidget(table)
    column.addWidget(after)
    table.problems.show([Problem(Path("a.png"), "is empty"), Problem(Path("b.png"), "is cut")], Path())
    qtbot.addWidget(around)
    around.show()
    around.activateWindow()
    qtbot.waitUntil(around.isActiveWindow)
    table.setFocus()
    table.selectRow(0)
    QTest.keyClick(table, Qt.Key.Key_Tab)
    assert QApplication.focusWidget() is after


@pytest.mark.parametrize("height", [1000, 800, 700])
def test_no_tool_is_behind_the_edge_of_a_low_window(window: MainWindow, height: int, qtbot: QtBot) -> None:
    window.resize(1280, height)
    qtbot.waitUntil(lambda: window.height() == height)
    QApplication.processEvents()
    rail = next(bar for bar in window.findChildren(QToolBar) if bar.objectName() == "toolbar.tools")
    hidden = [a.text() for a in rail.actions() if not rail.widgetForAction(a).isVisible()]
    assert hidden == []
    unnamed = [a.text() for a in rail.actions() if not spoken(rail.widgetForAction(a))]
    assert unnamed == []


def test_captions_of_the_tools_return_with_the_room_for_them(window: MainWindow, qtbot: QtBot) -> None:
    rail = next(bar for bar in window.findChildren(QToolBar) if bar.objectName() == "toolbar.tools")
    for height, style in (
        (620, Qt.ToolButtonStyle.ToolButtonIconOnly),
        (1000, Qt.ToolButtonStyle.ToolButtonTextUnderIcon),
    ):
        window.resize(1280, height)
        qtbot.waitUntil(lambda style=style: rail.toolButtonStyle() is style, timeout=2000)


def test_nothing_opens_a_window_unasked(window: MainWindow) -> None:
    for name in PANELS:
        window.show_panel(name)
    for name in LAYERS:
        window.canvas.set_layer_visible(name, True)
    for act in ("view.orthogonal", "view.review", "view.outline", "model.compare", "teach.toggle", "teach.toggle"):
        window.trigger(act)
    QTest.qWait(50)
    assert [widget for widget in QApplication.topLevelWidgets() if widget.isVisible()] == [window]
