"""Boxes and polygons: drawn, selected, pulled, pierced, deleted."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import Qt

from segstudio.app import instances
from segstudio.core.annotation import Box, Polygon
from segstudio.core.geometry import Region
from segstudio.core.labels import UNLABELLED, Provenance
from segstudio.gui import MainWindow
from tests.gui.conftest import Hand
from tests.gui.kit import CTRL, RIGHT, SHIFT, Easel

SQUARE = (20.0, 20.0), (20.0, 60.0), (60.0, 60.0), (60.0, 20.0)


@pytest.fixture
def shapes(easel: Easel) -> Easel:
    """An image with 5 widget pixels per pixel, so that positions are exact to a fifth."""
    easel.open(np.zeros((96, 120), np.uint8))
    easel.canvas.zoom_actual()
    easel.zoom_to(1.25**7, 48, 60)
    return easel


def near(shape: Box, expected: tuple[int, int, int, int]) -> bool:
    return np.abs(np.subtract((shape.x0, shape.y0, shape.x1, shape.y1), expected)).max() <= 1


def draw_polygon(easel: Easel, *corners: tuple[float, float]) -> Polygon:
    easel.canvas.set_tool("polygon")
    for corner in corners:
        easel.click(*corner)
    easel.key(Qt.Key.Key_Return)
    return easel.document.annotation.polygons[-1]


def test_a_box_is_dragged_and_has_the_active_class(shapes: Easel) -> None:
    shapes.document.set_active_class(2)
    shapes.canvas.set_tool("box")
    shapes.drag((20, 30), (50, 80))
    (box,) = shapes.document.annotation.boxes
    assert near(box, (30, 20, 80, 50))
    assert box.class_id == 2
    assert shapes.hand.selected == box
    assert (shapes.ids == UNLABELLED).all(), "a box paints nothing"


def test_a_box_keeps_to_the_image(shapes: Easel) -> None:
    shapes.canvas.set_tool("box")
    shapes.canvas.zoom_fit()
    shapes.drag((70, 100), (105, 125))
    (box,) = shapes.document.annotation.boxes
    assert (box.x1, box.y1) == (120, 96)


@pytest.mark.parametrize("tool", ["box", "select"])
def test_a_box_is_selected_moved_resized_and_deleted_and_all_can_be_undone(shapes: Easel, tool: str) -> None:
    shapes.canvas.set_tool("box")
    shapes.drag((20, 30), (50, 80))
    shapes.key(Qt.Key.Key_Escape)
    assert shapes.hand.selected is None
    shapes.canvas.set_tool(tool)
    shapes.click(35, 55)
    assert isinstance(shapes.hand.selected, Box)
    shapes.drag((35, 55), (45, 50))
    assert near(shapes.document.annotation.boxes[0], (25, 30, 75, 60))
    shapes.drag((60, 75), (70, 90))
    assert near(shapes.document.annotation.boxes[0], (25, 30, 90, 70))
    shapes.drag((50, 25), (50, 10))
    assert near(shapes.document.annotation.boxes[0], (10, 30, 90, 70))
    shapes.canvas.objects.delete()
    assert not shapes.document.annotation.boxes
    for expected in ((10, 30, 90, 70), (25, 30, 90, 70), (25, 30, 75, 60), (30, 20, 80, 50)):
        shapes.bench.undo()
        assert near(shapes.document.annotation.boxes[0], expected)


def test_a_moved_box_stops_at_the_edge_and_keeps_its_size(shapes: Easel) -> None:
    shapes.canvas.set_tool("box")
    shapes.drag((20, 30), (50, 80))
    (before,) = shapes.document.annotation.boxes
    shapes.drag((35, 55), (5, 40), (-1, 20))
    (box,) = shapes.document.annotation.boxes
    assert box.y0 == 0
    assert (box.x1 - box.x0, box.y1 - box.y0) == (before.x1 - before.x0, before.y1 - before.y0)


def test_a_box_pulled_through_itself_turns_over(shapes: Easel) -> None:
    shapes.canvas.set_tool("box")
    shapes.drag((20, 30), (50, 60))
    shapes.drag((50, 60), (10, 20))
    assert near(shapes.document.annotation.boxes[0], (20, 10, 30, 20))


def test_escape_while_pulling_puts_a_box_back(shapes: Easel) -> None:
    shapes.canvas.set_tool("box")
    shapes.drag((20, 30), (50, 80))
    before = shapes.document.annotation
    shapes.press(50, 80)
    shapes.move(70, 90)
    shapes.key(Qt.Key.Key_Escape)
    shapes.release(70, 90)
    assert shapes.document.annotation == before
    assert shapes.hand.selected == before.boxes[0]
    assert shapes.hand.lifted == ()


def test_with_shift_a_box_is_drawn_inside_the_selected_one(shapes: Easel) -> None:
    shapes.canvas.set_tool("box")
    shapes.drag((10, 20), (70, 90))
    shapes.drag((20, 30), (40, 50), keys=SHIFT)
    assert len(shapes.document.annotation.boxes) == 2
    shapes.key(Qt.Key.Key_Escape)
    shapes.click(30, 40)
    assert shapes.hand.selected == shapes.document.annotation.boxes[1], "the smaller one is meant"


def test_of_two_equal_boxes_only_one_is_deleted(shapes: Easel) -> None:
    box = Box(1, 20, 20, 50, 50)
    with shapes.document.edit("Boxes"):
        shapes.document.set_annotation(type(shapes.document.annotation)(boxes=(box, Box(1, 20, 20, 50, 50))))
    shapes.canvas.set_tool("select")
    shapes.click(35, 35)
    shapes.canvas.objects.delete()
    assert shapes.document.annotation.boxes == (box,)


def test_a_polygon_is_an_outline_and_its_pixels(shapes: Easel) -> None:
    polygon = draw_polygon(shapes, *SQUARE)
    assert np.abs(np.subtract(polygon.exterior, SQUARE)).max() <= 0.5
    assert shapes.painted()[22:58, 22:58].all()
    assert shapes.painted().sum() == pytest.approx(1600, abs=90)
    assert (shapes.document.labels.provenance[shapes.painted()] == Provenance.HUMAN).all()
    shapes.bench.undo()
    assert (shapes.ids == UNLABELLED).all()
    assert not shapes.document.annotation.polygons


@pytest.mark.parametrize("end", ["enter", "double click", "first corner"])
def test_a_polygon_can_be_closed_in_three_ways(shapes: Easel, end: str) -> None:
    shapes.canvas.set_tool("polygon")
    for corner in SQUARE[:3]:
        shapes.click(*corner)
    if end == "double click":
        shapes.double_click(*SQUARE[3])
    else:
        shapes.click(*SQUARE[3])
        if end == "enter":
            shapes.key(Qt.Key.Key_Return)
        else:
            shapes.click(*SQUARE[0])
    assert not shapes.canvas.working
    assert len(shapes.document.annotation.polygons[0].exterior) == 4


def test_a_double_click_on_the_first_corner_begins_no_second_polygon(shapes: Easel) -> None:
    shapes.canvas.set_tool("polygon")
    for corner in SQUARE:
        shapes.click(*corner)
    shapes.double_click(*SQUARE[0])
    assert not shapes.canvas.working
    assert len(shapes.document.annotation.polygons) == 1


def test_two_corners_make_no_polygon_and_backspace_to_nothing_ends_it(shapes: Easel) -> None:
    shapes.canvas.set_tool("polygon")
    shapes.click(20, 20)
    shapes.click(20, 60)
    shapes.key(Qt.Key.Key_Return)
    assert shapes.canvas.working, "it waits for a third corner"
    shapes.key(Qt.Key.Key_Backspace)
    shapes.key(Qt.Key.Key_Backspace)
    assert not shapes.canvas.working
    assert shapes.untouched


def test_shift_makes_a_side_straight(shapes: Easel) -> None:
    shapes.canvas.set_tool("polygon")
    shapes.click(20, 20)
    shapes.click(23, 60, keys=SHIFT)
    shapes.click(60, 60)
    shapes.key(Qt.Key.Key_Return)
    first, second, _ = shapes.document.annotation.polygons[0].exterior
    assert first[0] == pytest.approx(second[0])


def select_polygon(easel: Easel, y: float, x: float) -> None:
    easel.canvas.set_tool("polygon")
    easel.click(y, x, keys=CTRL)
    assert isinstance(easel.hand.selected, Polygon)


def test_pulling_a_point_moves_the_labelled_area_with_it(shapes: Easel) -> None:
    draw_polygon(shapes, *SQUARE)
    select_polygon(shapes, 40, 40)
    shapes.drag((60, 60), (80, 80))
    assert shapes.painted()[70, 70]
    shapes.drag((80, 80), (40, 40))
    assert not shapes.painted()[55, 55]
    assert shapes.painted()[30, 30]
    assert len(shapes.document.annotation.polygons) == 1
    shapes.bench.undo()
    assert shapes.painted()[70, 70]


def test_a_side_is_pulled_by_a_new_point_and_the_right_button_takes_it_away(shapes: Easel) -> None:
    draw_polygon(shapes, *SQUARE)
    select_polygon(shapes, 40, 40)
    shapes.drag((20, 40), (5, 40))
    assert len(shapes.document.annotation.polygons[0].exterior) == 5
    assert shapes.painted()[12, 40]
    shapes.click(5, 40, RIGHT)
    assert len(shapes.document.annotation.polygons[0].exterior) == 4
    assert not shapes.painted()[12, 40]


def test_a_triangle_keeps_its_three_points(shapes: Easel) -> None:
    draw_polygon(shapes, (20, 20), (20, 60), (60, 40))
    select_polygon(shapes, 30, 40)
    shapes.click(20, 20, RIGHT)
    assert len(shapes.document.annotation.polygons[0].exterior) == 3


def test_the_right_button_draws_a_hole(shapes: Easel) -> None:
    draw_polygon(shapes, *SQUARE)
    for corner in ((30, 30), (30, 50), (50, 50), (50, 30)):
        shapes.click(*corner, RIGHT)
    shapes.key(Qt.Key.Key_Return)
    (polygon,) = shapes.document.annotation.polygons
    assert len(polygon.holes) == 1
    assert not shapes.painted()[33:47, 33:47].any()
    assert shapes.painted()[24, 24]
    shapes.bench.undo()
    assert shapes.painted()[40, 40]


def test_moving_a_polygon_carries_its_pixels_and_spares_what_was_painted_otherwise(shapes: Easel) -> None:
    draw_polygon(shapes, *SQUARE)
    with shapes.document.edit("Other"):
        shapes.document.labels.write(Region(22, 22, 26, 26), 2, source=Provenance.HUMAN)
    shapes.canvas.set_tool("select")
    shapes.click(50, 50)
    shapes.drag((50, 50), (70, 80))
    assert (shapes.ids[22:26, 22:26] == 2).all()
    assert shapes.painted()[70, 80]
    assert not shapes.painted()[22, 50]


def test_deleting_a_polygon_takes_its_pixels_and_only_those(shapes: Easel) -> None:
    with shapes.document.edit("Before"):
        shapes.document.labels.write(Region(70, 70, 90, 90), 1, source=Provenance.HUMAN)
    draw_polygon(shapes, *SQUARE)
    select_polygon(shapes, 40, 40)
    shapes.canvas.objects.delete()
    assert not shapes.document.annotation.polygons
    assert shapes.painted().sum() == 400
    shapes.bench.undo()
    assert shapes.painted()[40, 40]


def test_a_polygon_can_share_a_border_with_the_last_one(shapes: Easel) -> None:
    draw_polygon(shapes, *SQUARE)
    draw_polygon(shapes, (20, 60), (20, 100), (60, 100), (60, 60))
    assert len(shapes.document.annotation.polygons) == 2


def test_another_tool_lets_go_of_the_selection(shapes: Easel) -> None:
    shapes.canvas.set_tool("box")
    shapes.drag((20, 30), (50, 80))
    shapes.canvas.set_tool("select")
    assert shapes.hand.selected is not None
    shapes.canvas.set_tool("brush")
    assert shapes.hand.selected is None


def new_instance(easel: Easel) -> int:
    """What Shift+N does."""
    return instances.new(easel.document)


def test_a_polygon_is_drawn_on_the_active_instance_and_takes_its_pixels_along(shapes: Easel) -> None:
    first = new_instance(shapes)
    draw_polygon(shapes, *SQUARE)
    second = new_instance(shapes)
    draw_polygon(shapes, (20, 60), (20, 100), (60, 100), (60, 60))
    assert [polygon.class_id for polygon in shapes.document.annotation.polygons] == [1, 1]
    assert (shapes.ids[22:58, 22:58] == first).all()
    assert (shapes.ids[22:58, 62:98] == second).all()
    assert not shapes.painted().any(), "nothing is of the bare class"
    shapes.canvas.set_tool("select")
    shapes.click(40, 40)
    shapes.drag((40, 40), (72, 40))
    assert (shapes.ids[54:90, 22:58] == first).all()
    assert (shapes.ids[20:51, 22:58] == UNLABELLED).all()
    shapes.bench.undo()
    assert (shapes.ids[22:50, 22:58] == first).all()


def test_deleting_a_polygon_deletes_the_instance_that_was_all_in_it(shapes: Easel) -> None:
    number = new_instance(shapes)
    draw_polygon(shapes, *SQUARE)
    select_polygon(shapes, 40, 40)
    shapes.canvas.objects.delete()
    assert (shapes.ids == UNLABELLED).all()
    assert number not in shapes.document.labels.segments
    assert shapes.document.active_instance is None
    shapes.bench.undo()
    assert shapes.ids[40, 40] == number
    assert shapes.document.labels.segments[number] == 1


def test_another_class_for_a_polygon_is_another_class_for_its_instance(shapes: Easel) -> None:
    number = new_instance(shapes)
    draw_polygon(shapes, *SQUARE)
    select_polygon(shapes, 40, 40)
    assert shapes.canvas.objects.give_class(2)
    assert (shapes.ids[22:58, 22:58] == number).all()
    assert shapes.document.labels.segments == {number: 2}
    shapes.bench.undo()
    assert shapes.document.labels.segments == {number: 1}


def test_a_part_of_an_instance_that_gets_another_class_is_another_instance(shapes: Easel) -> None:
    number = new_instance(shapes)
    draw_polygon(shapes, *SQUARE)
    shapes.canvas.set_tool("brush")
    shapes.drag((80, 80), (80, 90))
    select_polygon(shapes, 40, 40)
    shapes.canvas.objects.give_class(2)
    assert shapes.ids[80, 85] == number
    other = int(shapes.ids[40, 40])
    assert shapes.document.labels.segments == {number: 1, other: 2}


def test_a_polygon_around_an_instance_is_duplicated_as_another_instance(shapes: Easel) -> None:
    number = new_instance(shapes)
    draw_polygon(shapes, *SQUARE)
    select_polygon(shapes, 40, 40)
    shapes.canvas.objects.duplicate()
    (other,) = set(shapes.document.labels.segments) - {number}
    assert (shapes.ids == other).sum() == pytest.approx(1600, abs=90)
    assert not shapes.painted().any()


def test_with_the_keys_of_the_window_each_new_instance_gets_its_own_polygon(window: MainWindow, hand: Hand) -> None:
    hand.key(Qt.Key.Key_N, SHIFT)
    window.take_tool("polygon")
    for corner in ((20, 20), (20, 50), (50, 50), (50, 20)):
        hand.click(*corner)
    hand.key(Qt.Key.Key_Return)
    hand.key(Qt.Key.Key_N, SHIFT)
    for corner in ((20, 60), (20, 90), (50, 90), (50, 60)):
        hand.click(*corner)
    hand.key(Qt.Key.Key_Return)
    ids = window.document.labels.ids
    assert [int(ids[35, 35]), int(ids[35, 75])] == [256, 257]
    assert set(np.unique(ids)) == {UNLABELLED, 256, 257}
