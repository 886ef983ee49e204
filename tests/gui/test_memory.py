"""The window is tomorrow as it was left today."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QDockWidget
from pytestqt.qtbot import QtBot

from segstudio.gui import MainWindow

Make = Callable[[Path | None], MainWindow]


def dock(window: MainWindow, name: str) -> QDockWidget:
    return next(d for d in window.findChildren(QDockWidget) if d.objectName() == f"dock.{name}")


def test_places_and_sizes_of_panels_are_remembered(make_window: Make, project_folder: Path, qtbot: QtBot) -> None:
    window = make_window(project_folder)
    window.resize(1300, 780)
    window.addDockWidget(Qt.DockWidgetArea.RightDockWidgetArea, dock(window, "samples"))
    window.show_panel("training")
    dock(window, "tags").hide()
    QApplication.processEvents()
    window.resizeDocks([dock(window, "classes")], [380], Qt.Orientation.Horizontal)
    QApplication.processEvents()
    wide = dock(window, "classes").width()
    window.close()
    again = make_window(project_folder)
    qtbot.waitUntil(lambda: dock(again, "training").isVisible())
    assert again.dockWidgetArea(dock(again, "samples")) is Qt.DockWidgetArea.RightDockWidgetArea
    assert not dock(again, "tags").isVisible()
    assert abs(dock(again, "classes").width() - wide) <= 8


def test_the_look_of_the_layers_is_remembered(make_window: Make, project_folder: Path) -> None:
    window = make_window(project_folder)
    window.canvas.set_layer_opacity("image", 0.35)
    window.canvas.set_layer_opacity("labels", 0.8)
    window.trigger("view.outline")
    window.trigger("view.labels")
    window.close()
    again = make_window(project_folder)
    assert again.canvas.layer_opacity("image") == pytest.approx(0.35)
    assert again.canvas.layer_opacity("labels") == pytest.approx(0.8)
    assert again.canvas.outline
    assert again.canvas.layer_visible("labels"), "labels that were hidden for a look are never missed tomorrow"


def test_the_preferred_opacity_of_labels_holds_tomorrow(make_window: Make, project_folder: Path) -> None:
    window = make_window(project_folder)
    window.workbench.settings.label_opacity = 0.25
    window.close()
    assert make_window(project_folder).canvas.layer_opacity("labels") == pytest.approx(0.25)
