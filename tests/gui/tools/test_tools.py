"""Every tool, by mouse and keys on a real canvas."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from segstudio.core.labels import UNLABELLED, Provenance
from segstudio.gui import MainWindow
from segstudio.gui.tools import TOOLS
from tests.gui.conftest import Hand, disc_truth


def wheel(window: MainWindow, at: QPoint, steps: int) -> None:
    position = QPointF(at)
    event = QWheelEvent(
        position, window.canvas.mapToGlobal(position), QPoint(), QPoint(0, 120 * steps), Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(window.canvas, event)


@pytest.mark.parametrize("steps", [-6, 0, 4, 11])
def test_the_brush_paints_the_pixel_under_the_cursor_at_any_zoom(window: MainWindow, hand: Hand, steps: int) -> None:
    window.canvas.brush_size = 1
    wheel(window, hand.at(40.5, 60.5), steps)
    hand.click(40.5, 60.5)
    painted = np.argwhere(window.document.labels.ids != UNLABELLED)
    assert np.abs(painted - (40, 60)).max() <= max(1, 1 / window.canvas.zoom)
    if window.canvas.zoom >= 2:
        assert painted.tolist() == [[40, 60]]


def test_the_wheel_zooms_at_the_pointer(window: MainWindow, hand: Hand) -> None:
    at = hand.at(20, 100)
    before = window.canvas.to_image(QPointF(at))
    wheel(window, at, 3)
    assert window.canvas.to_image(QPointF(at)) == pytest.approx(before, abs=1e-6)


def test_space_and_the_middle_button_pan_without_drawing(window: MainWindow, hand: Hand) -> None:
    wheel(window, hand.at(48, 60), 8)
    start = window.canvas.to_image(QPointF(300, 300))
    QTest.keyPress(window.canvas, Qt.Key.Key_Space)
    QTest.mousePress(window.canvas, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, QPoint(300, 300))
    QTest.mouseMove(window.canvas, QPoint(340, 320))
    QTest.mouseRelease(window.canvas, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, QPoint(340, 320))
    QTest.keyRelease(window.canvas, Qt.Key.Key_Space)
    assert window.canvas.to_image(QPointF(340, 320)) == pytest.approx(start)
    QTest.mousePress(window.canvas, Qt.MouseButton.MiddleButton, Qt.KeyboardModifier.NoModifier, QPoint(340, 320))
    QTest.mouseMove(window.canvas, QPoint(300, 300))
    QTest.mouseRelease(window.canvas, Qt.MouseButton.MiddleButton, Qt.KeyboardModifier.NoModifier, QPoint(300, 300))
    assert window.canvas.to_image(QPointF(300, 300)) == pytest.approx(start)
    assert (window.document.labels.ids == UNLABELLED).all()


def test_the_right_button_and_the_eraser_take_labels_away(window: MainWindow, hand: Hand) -> None:
    hand.drag((30, 30), (30, 80))
    painted = (window.document.labels.ids != UNLABELLED).sum()
    hand.drag((30, 30), (30, 50), button=Qt.MouseButton.RightButton)
    some = (window.document.labels.ids != UNLABELLED).sum()
    window.trigger("tool.eraser")
    hand.drag((30, 50), (30, 90))
    assert painted > some > (window.document.labels.ids != UNLABELLED).sum() == 0
    assert (window.document.labels.provenance == Provenance.NONE).all()


def test_shift_draws_a_straight_line_from_the_last_point(window: MainWindow, hand: Hand) -> None:
    window.canvas.brush_size = 3
    hand.click(20.5, 20.5)
    point = hand.at(60.5, 60.5)
    QTest.mouseClick(window.canvas, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.ShiftModifier, point)
    assert all(window.document.labels.ids[i, i] == 1 for i in range(20, 61))


def test_brackets_change_the_brush_and_the_status_of_its_slider(window: MainWindow, hand: Hand) -> None:
    size = window.canvas.brush_size
    hand.key(Qt.Key.Key_BracketRight)
    larger = window.canvas.brush_size
    hand.key(Qt.Key.Key_BracketLeft)
    assert larger > size > 0
    assert window.canvas.brush_size < larger


def test_a_polygon_is_filled_with_enter_and_backspace_takes_a_corner_back(window: MainWindow, hand: Hand) -> None:
    window.trigger("tool.polygon")
    for corner in ((10, 10), (10, 50), (90, 110), (50, 50), (50, 10)):
        hand.click(*corner)
        if corner == (90, 110):
            hand.key(Qt.Key.Key_Backspace)
    hand.key(Qt.Key.Key_Return)
    inside = window.document.labels.ids == 1
    assert inside[11:49, 11:49].all()
    assert not inside[55:].any()
    window.trigger("edit.undo")
    assert (window.document.labels.ids == UNLABELLED).all()


def test_escape_gives_a_polygon_up(window: MainWindow, hand: Hand) -> None:
    window.trigger("tool.polygon")
    for corner in ((10, 10), (10, 50), (50, 50)):
        hand.click(*corner)
    hand.key(Qt.Key.Key_Escape)
    hand.key(Qt.Key.Key_Return)
    assert (window.document.labels.ids == UNLABELLED).all()
    assert not window.document.history.can_undo


def test_the_lasso_fills_what_it_went_around(window: MainWindow, hand: Hand) -> None:
    window.trigger("tool.lasso")
    hand.drag((20, 20), (20, 60), (60, 60), (60, 20))
    inside = window.document.labels.ids == 1
    assert inside[23:57, 23:57].all()
    assert not inside[70:].any()


def test_fill_recolours_one_connected_area(window: MainWindow, hand: Hand) -> None:
    hand.drag((10, 10), (10, 30))
    hand.drag((60, 10), (60, 30))
    window.trigger("class.1")
    window.trigger("tool.fill")
    hand.click(10, 20)
    ids = window.document.labels.ids
    assert ids[10, 20] == 0
    assert ids[60, 20] == 1


def test_the_wand_marks_what_looks_like_the_pixel_and_dragging_right_marks_more(window: MainWindow, hand: Hand) -> None:
    window.trigger("tool.wand")
    hand.click(48, 60)
    first = (window.document.labels.ids == 1).sum()
    window.trigger("edit.undo")
    hand.drag((48, 60), (48, 75))
    more = (window.document.labels.ids == 1).sum()
    assert more > first > 0
    assert (window.document.labels.ids[disc_truth(0) == 0] == 1).mean() < 0.02, "it stays in the disc"
    window.trigger("edit.undo")
    assert (window.document.labels.ids == UNLABELLED).all()


def test_the_picker_takes_the_class_under_it(window: MainWindow, hand: Hand) -> None:
    window.trigger("class.1")
    hand.click(30, 30)
    window.trigger("class.2")
    window.trigger("tool.picker")
    hand.click(30, 30)
    assert window.document.active_class == 0


def test_measuring_changes_nothing(window: MainWindow, hand: Hand) -> None:
    window.trigger("tool.measure")
    hand.drag((10, 10), (40, 50))
    assert (window.document.labels.ids == UNLABELLED).all()
    assert not window.document.history.can_undo
    assert window.canvas.hand is not None
    assert window.canvas.hand.rubber is not None
    assert float(window.canvas.hand.rubber.text.split()[0]) == pytest.approx(50, abs=1)


@pytest.mark.parametrize("name", list(TOOLS))
def test_undo_after_any_tool_gives_back_every_pixel(window: MainWindow, hand: Hand, name: str) -> None:
    rng = np.random.default_rng(0)
    with window.document.edit("Start"):
        start = rng.integers(0, 2, window.document.labels.shape).astype(np.uint8)
        window.document.labels.write(window.document.labels.region, start, source=Provenance.MODEL)
    ids, provenance = window.document.labels.ids.copy(), window.document.labels.provenance.copy()
    window.trigger(f"tool.{name}")
    hand.drag((30, 30), (30, 70), (60, 70))
    hand.key(Qt.Key.Key_Return)
    while window.document.history.next_undo is not None and window.document.history.next_undo.name != "Start":
        window.trigger("edit.undo")
    np.testing.assert_array_equal(window.document.labels.ids, ids)
    np.testing.assert_array_equal(window.document.labels.provenance, provenance)


def test_holding_v_hides_the_labels(window: MainWindow, hand: Hand) -> None:
    hand.drag((30, 30), (60, 60))
    shown = window.canvas.grab().toImage()
    QTest.keyPress(window.canvas, Qt.Key.Key_V)
    hidden = window.canvas.grab().toImage()
    QTest.keyRelease(window.canvas, Qt.Key.Key_V)
    at = hand.at(45, 45) + QPoint(0, 0)
    assert shown.pixelColor(at) != hidden.pixelColor(at)
    assert window.canvas.grab().toImage().pixelColor(at) == shown.pixelColor(at)


def test_keep_view_keeps_zoom_between_images_of_a_size(window: MainWindow, hand: Hand) -> None:
    wheel(window, hand.at(40, 60), 5)
    zoom = window.canvas.zoom
    window.trigger("sample.next")
    assert window.canvas.zoom == zoom
    window.workbench.settings.keep_view = False
    window.trigger("sample.previous")
    assert window.canvas.zoom != zoom
