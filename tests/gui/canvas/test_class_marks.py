"""Classes that are locked or hidden while someone works on the others."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest

from segstudio.app import instances
from segstudio.core.errors import AnnotationError
from segstudio.core.geometry import Region
from segstudio.core.labels import UNLABELLED, LabelMap, Provenance
from segstudio.gui import MainWindow
from segstudio.gui.panels.classes import ClassesPanel, eye_place, lock_place
from tests.gui.conftest import Hand
from tests.gui.kit import RIGHT, Easel

LEFT, NONE = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier


@pytest.fixture
def road(easel: Easel) -> Easel:
    """A black image whose upper half is of class 2, painted by a human; class 1 is in hand."""
    easel.open(np.zeros((96, 120), np.uint8))
    with easel.document.edit("Brush"):
        easel.document.labels.write(Region(0, 0, 48, 120), 2, source=Provenance.HUMAN)
    easel.canvas.brush_size = 9
    return easel


@pytest.mark.parametrize("source", list(Provenance)[1:])
def test_a_write_passes_over_locked_classes_and_their_instances(source: Provenance) -> None:
    labels = LabelMap.from_arrays(np.array([[0, 1, 2, 255, 256, 257]]), segments={256: 1, 257: 2})
    labels.locked = frozenset({1})
    labels.write(labels.region, 5, source=source)
    assert labels.ids.tolist() == [[5, 1, 5, 5, 256, 5]]


def test_painting_and_erasing_leave_a_locked_class_alone_and_undo_still_works(road: Easel) -> None:
    road.canvas.marks.toggle_locked(2)
    road.drag((30, 60), (70, 60))
    assert (road.ids[:48] == 2).all()
    assert road.ids[60, 60] == 1
    road.drag((30, 20), (70, 60), button=RIGHT)
    assert (road.ids[:48] == 2).all()
    for _ in range(3):
        road.bench.undo()
    assert (road.ids == UNLABELLED).all(), "what undo takes back is no writing over"
    for _ in range(3):
        road.bench.redo()
    road.canvas.marks.toggle_locked(2)
    road.drag((30, 60), (40, 60))
    assert road.ids[35, 60] == 1


def test_a_lock_holds_in_the_next_image_too(easel: Easel) -> None:
    easel.open(np.zeros((20, 30), np.uint8), np.zeros((20, 30), np.uint8))
    easel.canvas.marks.toggle_locked(2)
    easel.bench.next()
    assert easel.document.labels.locked == {2}


def test_computed_labels_leave_a_locked_class_alone(road: Easel) -> None:
    road.canvas.marks.toggle_locked(2)
    document = road.document
    assert document.sample is not None
    document.write_result("Propagate scribbles", document.sample.id, np.ones((96, 120), int), Provenance.PROPAGATED)
    assert (road.ids[:48] == 2).all()
    assert (road.ids[48:] == 1).all()


def test_acts_on_what_is_locked_are_refused_as_a_whole(easel: Easel) -> None:
    easel.open(np.zeros((96, 120), np.uint8))
    segment = instances.new(easel.document)
    easel.drag((30, 30), (30, 60))
    easel.canvas.set_tool("polygon")
    for corner in ((60, 20), (60, 60), (90, 60), (90, 20)):
        easel.click(*corner)
    easel.key(Qt.Key.Key_Return)
    easel.canvas.set_tool("select")
    easel.click(75, 40)
    before = easel.ids.copy()
    easel.canvas.marks.toggle_locked(1)
    with pytest.raises(AnnotationError, match="class 1 is locked"):
        instances.delete(easel.document, [segment])
    with pytest.raises(AnnotationError, match="class 1 is locked"):
        instances.set_class(easel.document, [segment], 2)
    easel.canvas.objects.delete()
    assert "class 1 is locked" in str(easel.failures[-1])
    assert len(easel.document.annotation.polygons) == 1
    assert (easel.ids == before).all()
    assert segment in easel.document.labels.segments


def test_a_hidden_class_is_not_seen_and_its_shapes_are_not_hit(road: Easel) -> None:
    road.canvas.set_tool("box")
    road.document.set_active_class(2)
    road.drag((60, 20), (90, 60))
    road.key(Qt.Key.Key_Escape)
    assert road.color_at(20, 90) != (0, 0, 0)
    road.canvas.marks.toggle_hidden(2)
    assert road.color_at(20, 90) == (0, 0, 0)
    road.click(75, 40)
    assert road.hand.selected is None
    road.canvas.choose_class(2)
    assert road.color_at(20, 90) != (0, 0, 0), "a class that is taken in hand is shown"
    road.click(75, 40)
    assert road.hand.selected is not None


def test_instances_of_a_hidden_class_are_not_seen_new_ones_neither(easel: Easel) -> None:
    easel.open(np.zeros((96, 120), np.uint8))
    easel.canvas.marks.toggle_hidden(1)
    instances.new(easel.document)
    easel.canvas.brush_size = 20
    easel.drag((40, 40), (40, 60))
    easel.move(80, 100)
    assert easel.color_at(40, 50) == (0, 0, 0)
    easel.canvas.marks.show_all()
    assert easel.color_at(40, 50) != (0, 0, 0)


def test_the_eye_and_the_lock_in_the_list_and_their_keys(window: MainWindow, hand: Hand) -> None:
    panel = window.panel("classes")
    assert isinstance(panel, ClassesPanel)
    marks = window.canvas.marks
    active = window.document.active_class

    def press(place: QPoint) -> None:
        QTest.mouseClick(panel.view.viewport(), LEFT, NONE, place)

    row = panel.view.visualRect(panel.model.index(0))
    press(eye_place(row).center())
    press(lock_place(row).center())
    assert marks.hidden == {0}
    assert marks.locked == {0}
    assert window.document.active_class == active, "neither takes the class in hand"
    spoken = panel.model.data(panel.model.index(0), Qt.ItemDataRole.AccessibleTextRole)
    assert spoken == "background, 1, locked, hidden"
    QTest.mouseDClick(panel.view.viewport(), LEFT, NONE, eye_place(row).center())
    assert marks.hidden == frozenset()
    hand.key(Qt.Key.Key_L, Qt.KeyboardModifier.ControlModifier)
    hand.key(Qt.Key.Key_H, Qt.KeyboardModifier.ShiftModifier)
    assert marks.locked == {0, active}
    assert marks.hidden == {active}
    window.trigger("class.show_all")
    assert marks.hidden == frozenset()


def test_a_class_that_was_removed_comes_back_unlocked(easel: Easel) -> None:
    easel.open(np.zeros((20, 30), np.uint8))
    easel.canvas.marks.toggle_locked(2)
    easel.canvas.marks.toggle_hidden(2)
    with easel.document.edit("Remove class"):
        easel.document.set_classes(easel.document.classes.without(2))
    easel.bench.undo()
    assert 2 in easel.document.classes
    assert not easel.canvas.marks.locked
    assert not easel.canvas.marks.hidden


def test_with_all_classes_locked_only_what_is_unlabelled_is_painted(road: Easel) -> None:
    road.canvas.marks.toggle_all_locked()
    road.drag((30, 60), (70, 60))
    assert (road.ids[:48] == 2).all()
    assert road.ids[60, 60] == 1
    road.canvas.marks.toggle_all_locked()
    assert not road.canvas.marks.locked


def test_locks_and_hidden_classes_are_there_when_the_project_is_opened_again(road: Easel) -> None:
    road.canvas.marks.toggle_locked(2)
    road.canvas.marks.toggle_hidden(2)
    folder = road.document.project.folder
    road.bench.close_project()
    assert not road.canvas.marks.locked
    assert not road.canvas.marks.hidden
    assert road.bench.open_project(folder)
    assert road.canvas.marks.locked == road.document.labels.locked == {2}
    assert road.canvas.marks.hidden == {2}
    assert road.color_at(20, 90) == (0, 0, 0)
    road.drag((30, 60), (70, 60))
    assert (road.ids[:48] == 2).all()
    road.canvas.marks.show_all()
    assert road.color_at(20, 90) != (0, 0, 0)
