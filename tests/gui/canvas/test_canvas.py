"""The canvas as people use it: looking around, and what its keys and buttons promise."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QInputDevice, QPointingDevice, QTabletEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from segstudio.core.labels import UNLABELLED
from segstudio.gui.canvas import Hover
from tests.gui.kit import ALT, CTRL, LEFT, MIDDLE, NO_KEY, RIGHT, SHIFT, Easel, picture


@pytest.mark.parametrize("keys", [NO_KEY, CTRL])
def test_the_wheel_zooms_at_the_pointer_with_and_without_ctrl(easel: Easel, keys: Qt.KeyboardModifier) -> None:
    easel.open()
    at = easel.at(30, 90)
    before, zoom = easel.canvas.to_image(at), easel.canvas.zoom
    easel.wheel(at, 3, keys)
    assert easel.canvas.zoom == pytest.approx(zoom * 1.25**3)
    assert easel.canvas.to_image(at) == pytest.approx(before)


def test_shift_and_sideways_wheels_scroll_and_alt_resizes_the_brush(easel: Easel) -> None:
    easel.open()
    easel.zoom_to(8, 48, 60)
    zoom, size, at = easel.canvas.zoom, easel.canvas.brush_size, QPoint(300, 240)
    y, x = easel.canvas.to_image(at)
    easel.wheel(at, 1, SHIFT)
    assert easel.canvas.to_image(at) == pytest.approx((y, x - 60 / zoom))
    easel.wheel(at, -1, sideways=True)
    assert easel.canvas.to_image(at) == pytest.approx((y, x))
    easel.wheel(at, 1, ALT)
    assert easel.canvas.brush_size > size
    assert easel.canvas.zoom == zoom


def test_panning_with_the_middle_button_or_space_draws_nothing(easel: Easel) -> None:
    easel.open()
    easel.zoom_to(8, 48, 60)
    easel.drag((48, 60), (50, 63), button=MIDDLE)
    QTest.keyPress(easel.canvas, Qt.Key.Key_Space)
    start = easel.canvas.to_image(QPoint(200, 200))
    QTest.mousePress(easel.canvas, LEFT, NO_KEY, QPoint(200, 200))
    QTest.mouseMove(easel.canvas, QPoint(230, 190))
    QTest.mouseRelease(easel.canvas, LEFT, NO_KEY, QPoint(230, 190))
    QTest.keyRelease(easel.canvas, Qt.Key.Key_Space)
    assert easel.canvas.to_image(QPoint(230, 190)) == pytest.approx(start)
    assert easel.untouched


def test_fit_shows_all_and_goes_on_doing_so_when_the_window_grows(easel: Easel) -> None:
    easel.open()
    easel.zoom_to(8, 48, 60)
    easel.canvas.zoom_fit()
    easel.canvas.resize(900, 700)
    corner = easel.canvas.to_widget(96, 120)
    assert 0 < corner.x() <= 900
    assert 0 < corner.y() <= 700
    easel.canvas.zoom_actual()
    assert easel.canvas.zoom == 1
    easel.canvas.resize(700, 600)
    assert easel.canvas.zoom == 1


@pytest.mark.parametrize("kind", [np.uint8, np.uint16, np.float32])
def test_the_raw_value_and_the_class_under_the_pointer_are_told(easel: Easel, kind: type[np.generic]) -> None:
    data = np.arange(96 * 120).reshape(96, 120).astype(kind)
    easel.open(data)
    heard: list[Hover | None] = []
    easel.canvas.hovered.connect(heard.append)
    easel.zoom_to(10, 40, 50)
    easel.move(40.5, 50.5)
    assert heard[-1] == Hover(50, 40, f"{data[40, 50]:.5g}" if kind is np.float32 else str(data[40, 50]), None)
    easel.click(40.5, 50.5)
    easel.move(40.5, 50.5)
    assert heard[-1] is not None
    assert heard[-1].class_id == 1
    QApplication.sendEvent(easel.canvas, QEvent(QEvent.Type.Leave))
    assert heard[-1] is None


@pytest.mark.parametrize("zoom", [0.3, 0.5, 1, 1.7, 4, 13, 50])
def test_a_one_pixel_brush_hits_the_pixel_under_the_pointer_at_any_zoom(easel: Easel, zoom: float) -> None:
    easel.open(np.zeros((900, 1100), np.uint8))
    easel.zoom_to(zoom, 450, 550)
    easel.canvas.brush_size = 1
    at = QPoint(337, 211)
    y, x = easel.canvas.to_image(at)
    QTest.mouseClick(easel.canvas, LEFT, NO_KEY, at)
    assert np.argwhere(easel.painted()).tolist() == [[int(y), int(x)]]


def test_a_second_button_during_a_stroke_changes_nothing(easel: Easel) -> None:
    easel.open()
    easel.press(30, 30)
    easel.press(30, 30, RIGHT)
    easel.release(30, 30, RIGHT)
    easel.move(30, 60)
    easel.release(30, 60)
    assert easel.painted()[30, 30:60].all()
    easel.bench.undo()
    assert (easel.ids == UNLABELLED).all(), "it was one edit"


def test_going_to_the_next_image_in_the_middle_of_a_stroke_keeps_the_stroke(easel: Easel) -> None:
    easel.open(picture(), picture())
    first = easel.document.order[0]
    easel.press(30, 30)
    easel.move(30, 60)
    easel.bench.next()
    assert easel.untouched is False
    assert (easel.ids == UNLABELLED).all(), "the next image has none of it"
    easel.move(50, 50)
    easel.release(50, 50)
    assert (easel.ids == UNLABELLED).all()
    easel.document.goto(first)
    assert easel.painted()[30, 30:60].all()


def test_taking_another_tool_finishes_a_polygon_that_was_being_drawn(easel: Easel) -> None:
    easel.open()
    easel.canvas.set_tool("polygon")
    for corner in ((10, 10), (10, 50), (50, 50)):
        easel.click(*corner)
    easel.canvas.set_tool("brush")
    assert easel.painted()[15, 40]
    assert len(easel.document.annotation.polygons) == 1


@pytest.mark.parametrize("tool", ["brush", "eraser", "polygon", "lasso", "livewire", "wand", "box", "superpixel"])
def test_escape_leaves_no_trace(easel: Easel, tool: str) -> None:
    easel.open()
    easel.canvas.set_tool(tool)
    easel.press(48, 60)
    easel.move(48, 80)
    easel.move(60, 80)
    easel.key(Qt.Key.Key_Escape)
    assert not easel.canvas.working
    assert easel.hand.rubber is None
    assert easel.hand.ghost is None
    easel.release(60, 80)
    easel.move(70, 20)
    assert easel.untouched


def test_holding_v_shows_the_bare_image(easel: Easel) -> None:
    easel.open()
    easel.canvas.brush_size = 20
    easel.click(48, 60)
    easel.move(5, 5)
    covered = easel.color_at(48, 60)
    QTest.keyPress(easel.canvas, Qt.Key.Key_V)
    assert easel.color_at(48, 60) == (200, 150, 60) != covered
    QTest.keyRelease(easel.canvas, Qt.Key.Key_V)
    assert easel.color_at(48, 60) == covered


def test_the_brush_stays_between_one_pixel_and_five_hundred(easel: Easel) -> None:
    easel.open()
    heard: list[int] = []
    easel.canvas.brush_size_changed.connect(heard.append)
    easel.canvas.brush_size = 0
    for _ in range(60):
        easel.canvas.resize_brush(1)
    assert heard[0] == 1
    assert heard[-1] == 500
    assert heard == sorted(set(heard)), "every step makes it larger"
    assert easel.bench.settings.brush_size == 500


def test_the_cursor_has_the_true_size_of_the_brush(easel: Easel) -> None:
    easel.open(np.full((96, 120), 90, np.uint8))
    easel.zoom_to(4, 48, 60)
    easel.canvas.brush_size = 30
    easel.move(48, 60)
    row = int(easel.canvas.to_widget(48, 60).y())
    image = easel.grabbed()
    marked = [x for x in range(100, 500) if abs(image.pixelColor(x, row).red() - 90) > 40]
    outside = [x for x in marked if abs(x - 300) > 20]
    assert max(outside) - min(outside) == pytest.approx(30 * 4, abs=6)


POSITION, PRESSURE = QInputDevice.Capability.Position, QInputDevice.Capability.Pressure
PEN, ERASER = QPointingDevice.PointerType.Pen, QPointingDevice.PointerType.Eraser


def pen(
    easel: Easel,
    kind: QEvent.Type,
    y: float,
    x: float,
    tip: QPointingDevice.PointerType = PEN,
    *,
    pressure: float = 1.0,
    tells: bool = True,
) -> None:
    """One event of a pen; *tells* says whether it is of those that tell how hard they are pressed."""
    abilities = POSITION | PRESSURE if tells else POSITION
    device = QPointingDevice("pen", 1, QInputDevice.DeviceType.Stylus, tip, abilities, 1, 1)
    at = QPointF(easel.at(y, x))
    buttons = Qt.MouseButton.NoButton if kind is QEvent.Type.TabletRelease else LEFT
    event = QTabletEvent(kind, device, at, easel.canvas.mapToGlobal(at), pressure, 0, 0, 0, 0, 0, NO_KEY, LEFT, buttons)
    QApplication.sendEvent(easel.canvas, event)


def pen_stroke(easel: Easel, y: float, *pressures: float, tip: QPointingDevice.PointerType = PEN, **told: bool) -> None:
    """A stroke to the right along row *y*, ten pixels for each pressure; the pen is lifted where it ends."""
    pen(easel, QEvent.Type.TabletPress, y, 10, tip, pressure=pressures[0], **told)
    for place, pressure in enumerate(pressures, 1):
        pen(easel, QEvent.Type.TabletMove, y, 10 + 10 * place, tip, pressure=pressure, **told)
    pen(easel, QEvent.Type.TabletRelease, y, 10 + 10 * len(pressures), tip, pressure=0.0, **told)


def thickness(easel: Easel, x: int) -> int:
    return int(easel.painted()[:, x].sum())


def test_a_pen_paints_and_its_other_end_erases(easel: Easel) -> None:
    easel.open()
    easel.canvas.brush_size = 5
    for tip, expected in ((PEN, True), (ERASER, False)):
        pen(easel, QEvent.Type.TabletPress, 30, 30, tip)
        pen(easel, QEvent.Type.TabletMove, 30, 70, tip)
        pen(easel, QEvent.Type.TabletRelease, 30, 70, tip)
        assert easel.painted()[30, 30:70].all() == expected
    assert (easel.ids == UNLABELLED).all()


def test_the_harder_a_pen_is_pressed_the_wider_it_paints(easel: Easel) -> None:
    easel.open()
    easel.canvas.brush_size = 20
    easel.bench.settings.pen_pressure = True
    pen_stroke(easel, 48, 0.25, 0.25, 0.5, 0.5, 0.5, 1.0, 1.0)
    assert abs(thickness(easel, 20) - 5) <= 1
    assert abs(thickness(easel, 45) - 10) <= 1
    assert abs(thickness(easel, 75) - 20) <= 1
    easel.bench.undo()
    assert easel.untouched, "one stroke is one step, however the pressure changes"


def test_a_pen_that_hardly_touches_still_leaves_a_trace_and_the_other_end_erases_as_wide(easel: Easel) -> None:
    easel.open()
    easel.canvas.brush_size = 12
    easel.bench.settings.pen_pressure = True
    pen_stroke(easel, 30, 0.001, 0.001)
    assert easel.painted()[30, 10:30].all()
    trace = thickness(easel, 20)
    assert trace <= 2
    pen_stroke(easel, 60, 1.0, 1.0)
    pen_stroke(easel, 60, 0.5, 0.5, tip=ERASER)
    assert thickness(easel, 20) - trace == pytest.approx(6, abs=1)


@pytest.mark.parametrize(("wanted", "tells"), [(False, True), (True, False)])
def test_the_brush_keeps_its_size_where_pressure_is_not_wanted_or_not_told(
    easel: Easel, wanted: bool, tells: bool
) -> None:
    easel.open()
    easel.canvas.brush_size = 20
    easel.bench.settings.pen_pressure = wanted
    pen_stroke(easel, 48, 0.1, 0.1, tells=tells)
    assert abs(thickness(easel, 20) - 20) <= 1


def test_after_a_pen_the_mouse_paints_as_wide_as_the_brush_is(easel: Easel) -> None:
    easel.open()
    easel.canvas.brush_size = 20
    easel.bench.settings.pen_pressure = True
    pen(easel, QEvent.Type.TabletPress, 48, 10, pressure=0.1)
    easel.canvas.cancel()
    assert easel.untouched
    easel.drag((48, 20), (48, 60))
    assert abs(thickness(easel, 40) - 20) <= 1


def test_the_view_is_kept_between_images_of_a_size_and_not_between_others(easel: Easel) -> None:
    easel.open(picture(), picture(), picture(60, 200))
    easel.zoom_to(5, 30, 30)
    view = easel.canvas.zoom, easel.canvas.to_image(QPoint(0, 0))
    easel.bench.next()
    assert (easel.canvas.zoom, easel.canvas.to_image(QPoint(0, 0))) == view
    assert easel.hand.zoom == easel.canvas.zoom, "tools measure their reach by it"
    easel.bench.next()
    assert easel.canvas.zoom != view[0]


def test_it_says_what_it_is_to_a_screen_reader(easel: Easel) -> None:
    assert easel.canvas.accessibleName()
    assert easel.canvas.accessibleDescription()
