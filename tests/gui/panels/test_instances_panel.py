"""The instances panel: draw two touching objects, pick, merge, split and delete them by mouse and keys."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from segstudio.core.labels import UNLABELLED
from segstudio.gui.panels.instances import InstancesPanel
from tests.gui.kit import CTRL, LEFT, NO_KEY, Easel, easel

__all__ = ["easel"]  # a fixture


@pytest.fixture
def panel(easel: Easel, qtbot: QtBot) -> InstancesPanel:
    easel.open()
    made = InstancesPanel(easel.bench, easel.canvas)
    qtbot.addWidget(made)
    made.resize(300, 300)
    made.show()
    qtbot.waitExposed(made)
    easel.canvas.brush_size = 6
    return made


def stroke(easel: Easel, y: int, start: int, end: int) -> None:
    canvas = easel.canvas
    QTest.mousePress(canvas, LEFT, NO_KEY, canvas.to_widget(y, start).toPoint())
    QTest.mouseMove(canvas, canvas.to_widget(y, end).toPoint())
    QTest.mouseRelease(canvas, LEFT, NO_KEY, canvas.to_widget(y, end).toPoint())


def rows(panel: InstancesPanel, qtbot: QtBot, count: int) -> list[str]:
    qtbot.waitUntil(lambda: panel.list.count() == count)
    return [panel.list.item(row).text() for row in range(count)]


def click(panel: InstancesPanel, name: str) -> None:
    QTest.mouseClick(panel.buttons[name], LEFT)


def test_two_objects_are_drawn_merged_and_split_again(panel: InstancesPanel, easel: Easel, qtbot: QtBot) -> None:
    document = easel.bench.document
    assert document is not None
    click(panel, "new")
    stroke(easel, 20, 20, 40)
    click(panel, "new")
    stroke(easel, 60, 20, 40)
    texts = rows(panel, qtbot, 2)
    assert texts[0].startswith("class 1 1 · ")
    assert texts[1].startswith("class 1 2 · ")
    assert document.labels.ids[20, 30] == 256
    assert document.labels.ids[60, 30] == 257
    assert not panel.buttons["merge"].isEnabled()
    panel.list.setFocus()
    QTest.keyClick(panel.list, Qt.Key.Key_A, CTRL)
    click(panel, "merge")
    rows(panel, qtbot, 1)
    assert document.labels.ids[60, 30] == 256
    panel.list.item(0).setSelected(True)
    click(panel, "split")
    rows(panel, qtbot, 2)
    assert document.labels.ids[20, 30] != document.labels.ids[60, 30]
    assert not easel.failures


def test_picking_a_row_or_a_pixel_draws_on_that_instance(panel: InstancesPanel, easel: Easel, qtbot: QtBot) -> None:
    document = easel.bench.document
    assert document is not None
    for y in (20, 60):
        click(panel, "new")
        stroke(easel, y, 20, 40)
    rows(panel, qtbot, 2)
    panel.list.clearSelection()
    panel.list.setCurrentRow(0)
    assert document.active_instance == 256
    stroke(easel, 30, 20, 40)
    assert document.labels.ids[30, 30] == 256
    place = easel.canvas.to_widget(60, 30).toPoint()
    QTest.mouseClick(easel.canvas, LEFT, CTRL, place)  # Ctrl picks what is under the brush
    assert document.active_instance == 257
    qtbot.waitUntil(lambda: panel.picked() == [257])
    assert panel.classes.currentData() == 1, "the box tells the class of what is picked"
    document.set_active_instance(None)
    panel.list.clearSelection()
    assert panel.classes.currentIndex() == -1


def test_delete_takes_the_picked_away_and_the_class_box_changes_them(
    panel: InstancesPanel, easel: Easel, qtbot: QtBot
) -> None:
    document = easel.bench.document
    assert document is not None
    click(panel, "new")
    stroke(easel, 20, 20, 40)
    rows(panel, qtbot, 1)
    panel.list.item(0).setSelected(True)
    panel.classes.setFocus()
    QTest.keyClick(panel.classes, Qt.Key.Key_End)
    assert document.labels.segments == {256: 2}
    qtbot.waitUntil(lambda: panel.list.item(0).text().startswith("class 2 1 · "))
    panel.list.item(0).setSelected(True)
    panel.list.setFocus()
    QTest.keyClick(panel.list, Qt.Key.Key_Delete)
    assert (document.labels.ids == UNLABELLED).all()
    rows(panel, qtbot, 0)
    easel.bench.undo()
    assert document.labels.ids[20, 30] == 256


def test_splitting_says_what_is_lacking_by_the_number_in_the_list(
    easel: Easel, panel: InstancesPanel, qtbot: QtBot
) -> None:
    panel.split()
    assert str(easel.failures.pop()) == "choose an instance first"
    panel.new()
    stroke(easel, 30, 20, 60)
    assert rows(panel, qtbot, 1)[0].startswith("class 1 1 ")
    panel.list.item(0).setSelected(True)
    panel.split()
    assert "instance 1 is in one piece" in str(easel.failures.pop())
