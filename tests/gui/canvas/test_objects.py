"""What is selected is moved by keys, given another class, copied into other images, and found one after another."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import Qt

from segstudio.app import instances
from segstudio.core.annotation import Box, Polygon
from segstudio.core.geometry import Region
from segstudio.core.labels import UNLABELLED, Provenance
from tests.gui.conftest import Hand
from tests.gui.kit import SHIFT, Easel, picture

KEY = Qt.Key


@pytest.fixture
def two(easel: Easel) -> Easel:
    """Two images, the first with a box of class 1 that is selected with the arrow in hand."""
    easel.open(picture(), picture())
    easel.canvas.set_tool("box")
    easel.drag((20, 30), (50, 80))
    easel.canvas.set_tool("select")
    easel.canvas.setFocus()
    return easel


def box(easel: Easel) -> Box:
    return easel.document.annotation.boxes[-1]


def corners(shape: Box) -> tuple[int, int, int, int]:
    return shape.x0, shape.y0, shape.x1, shape.y1


def test_arrow_keys_move_the_selected_shape_and_undo_keeps_it_selected(two: Easel) -> None:
    before = box(two)
    two.key(KEY.Key_Right)
    two.key(KEY.Key_Down, SHIFT)
    assert np.subtract(corners(box(two)), corners(before)).tolist() == [1, 10, 1, 10]
    assert two.hand.selected == box(two)
    two.bench.undo()
    two.bench.undo()
    assert box(two) == before
    assert two.hand.selected == before, "what a move is taken back of is still selected"


def test_a_shape_stops_at_the_edge_of_the_image(two: Easel) -> None:
    before = box(two)
    for _ in range(12):
        two.key(KEY.Key_Up, SHIFT)
    assert box(two).y0 == 0
    assert box(two).y1 - box(two).y0 == before.y1 - before.y0


def test_a_class_that_is_chosen_with_the_arrow_is_given_to_the_selected_shape(two: Easel) -> None:
    two.canvas.choose_class(2)
    assert box(two).class_id == 2
    two.canvas.set_tool("box")
    two.canvas.choose_class(0)
    assert box(two).class_id == 2, "with the box in hand a class is chosen for the next box"
    two.bench.undo()
    assert box(two).class_id == 1


def test_a_polygon_of_another_class_takes_its_pixels_along(easel: Easel) -> None:
    easel.open(np.zeros((96, 120), np.uint8))
    easel.canvas.set_tool("polygon")
    for corner in ((20, 20), (20, 60), (60, 60), (60, 20)):
        easel.click(*corner)
    easel.key(KEY.Key_Return)
    easel.canvas.set_tool("select")
    easel.click(40, 40)
    area = int(easel.painted(1).sum())
    easel.canvas.choose_class(2)
    assert not easel.painted(1).any()
    assert easel.painted(2).sum() == area


def test_a_shape_is_pasted_at_its_place_in_another_image_and_beside_itself_in_its_own(two: Easel) -> None:
    first = box(two)
    two.canvas.objects.copy()
    assert two.canvas.objects.paste()
    here = two.document.annotation.boxes
    assert len(here) == 2
    assert here[1] != first
    assert two.hand.selected == here[1]
    two.bench.next()
    assert two.canvas.objects.paste()
    assert two.document.annotation.boxes == (first,)
    two.bench.undo()
    assert two.document.annotation.boxes == ()


def test_a_cut_shape_is_gone_and_can_be_pasted(two: Easel) -> None:
    first = box(two)
    two.canvas.objects.cut()
    assert two.document.annotation.boxes == ()
    two.canvas.objects.paste()
    assert two.document.annotation.boxes == (first,)


def test_duplicating_again_and_again_never_hides_one_behind_another(two: Easel) -> None:
    for _ in range(6):
        two.canvas.objects.duplicate()
    assert len(set(two.document.annotation.boxes)) == 7


def test_nothing_selected_copies_all_shapes(two: Easel) -> None:
    two.canvas.set_tool("box")
    two.drag((60, 20), (90, 60))
    two.key(KEY.Key_Escape)
    both = two.document.annotation.boxes
    two.canvas.objects.copy()
    two.bench.next()
    two.canvas.objects.paste()
    assert two.document.annotation.boxes == both


def test_a_shape_that_is_larger_than_the_image_is_refused(easel: Easel) -> None:
    easel.open(picture(), picture()[:20])
    easel.canvas.set_tool("box")
    easel.drag((5, 30), (60, 80))
    easel.canvas.objects.copy()
    easel.bench.next()
    easel.canvas.objects.paste()
    assert "larger than this image of 120x20" in str(easel.failures[-1])
    assert easel.document.annotation.boxes == ()


def test_an_instance_is_pasted_as_another_one(easel: Easel) -> None:
    easel.open(picture(), picture())
    first = instances.new(easel.document)
    easel.drag((40, 40), (40, 60))
    pixels = easel.ids == first
    easel.canvas.objects.copy()
    easel.canvas.objects.paste()
    second = easel.document.active_instance
    assert second not in (None, first)
    assert (easel.ids == second).sum() == pixels.sum(), "beside itself"
    assert ((easel.ids == first) == pixels).all(), "and takes nothing from what it was copied from"
    easel.bench.next()
    easel.canvas.objects.paste()
    pasted = easel.document.active_instance
    assert pasted is not None
    assert ((easel.ids == pasted) == pixels).all(), "at its place"
    assert easel.document.labels.segments == {pasted: 1}


def test_objects_are_selected_one_after_another_and_brought_into_sight(two: Easel) -> None:
    two.canvas.set_tool("box")
    two.drag((60, 60), (90, 100))
    two.key(KEY.Key_Escape)
    segment = instances.new(two.document)
    two.canvas.set_tool("brush")
    two.drag((10, 5), (10, 15))
    two.document.set_active_instance(None)
    two.zoom_to(12, 5, 5)
    seen = []
    for _ in range(4):
        two.canvas.objects.step(1)
        seen.append(two.hand.selected or two.document.active_instance)
        at = two.canvas.objects.region()
        assert at is not None
        middle = two.canvas.to_widget((at.y0 + at.y1) / 2, (at.x0 + at.x1) / 2).toPoint()
        assert two.canvas.rect().contains(middle)
    boxes = two.document.annotation.boxes
    assert seen == [boxes[0], boxes[1], segment, boxes[0]]
    two.canvas.objects.step(-1)
    assert two.document.active_instance == segment


def test_zooming_to_the_selected_shape_fills_the_canvas_with_it(two: Easel) -> None:
    two.canvas.show_selected()
    region = two.canvas.objects.region()
    assert region is not None
    assert two.canvas.rect().contains(two.canvas.to_widget(region.y0, region.x0).toPoint())
    assert two.canvas.rect().contains(two.canvas.to_widget(region.y1, region.x1).toPoint())
    assert region.width * two.canvas.zoom > 0.5 * two.canvas.width()


def test_keys_in_the_window_copy_and_paste_and_arrows_turn_pages_where_nothing_is_selected(hand: Hand) -> None:
    window = hand.window
    window.trigger("tool.box")
    hand.drag((20, 30), (50, 80))
    hand.key(KEY.Key_C, Qt.KeyboardModifier.ControlModifier)
    first = window.document.annotation.boxes[0]
    hand.key(KEY.Key_Right)
    assert window.document.sample is not None
    assert window.document.sample.name == "disc-1.png", "with the box in hand the arrows turn pages"
    hand.key(KEY.Key_V, Qt.KeyboardModifier.ControlModifier)
    assert window.document.annotation.boxes == (first,)
    assert window.canvas.tool == "select"
    assert window.action("tool.select").isChecked()
    hand.key(KEY.Key_Right)
    assert window.document.sample.name == "disc-1.png"
    assert window.document.annotation.boxes[0].x0 == first.x0 + 1
    hand.key(KEY.Key_Escape)
    hand.key(KEY.Key_Right)
    assert window.document.sample.name == "disc-2.png"


def test_polygons_keep_their_holes_when_they_are_moved(easel: Easel) -> None:
    easel.open(np.zeros((96, 120), np.uint8))
    ring = ((10.0, 10.0), (10.0, 50.0), (50.0, 50.0), (50.0, 10.0))
    hole = ((20.0, 20.0), (20.0, 30.0), (30.0, 30.0), (30.0, 20.0))
    from segstudio.gui.tools.exchanging import exchange

    shape = Polygon(1, ring, (hole,))
    exchange(easel.hand, None, shape, "Polygon")
    easel.canvas.set_tool("select")
    easel.hand.selected = easel.document.annotation.polygons[0]
    easel.canvas.objects.nudge(3, 4)
    (moved,) = easel.document.annotation.polygons
    assert moved.holes[0][0] == (23.0, 24.0)
    assert easel.ids[23 + 5, 24 + 5] == UNLABELLED
    assert easel.ids[15, 15] == 1


def test_the_name_of_the_class_stands_beside_each_shape(two: Easel) -> None:
    two.key(KEY.Key_Escape)
    at = two.canvas.to_widget(box(two).y0, box(two).x0)
    tag = at.toPoint().x() + 2, at.toPoint().y() - 4
    before = two.grabbed().pixelColor(*tag)
    two.canvas.names = True
    color = two.document.classes[1].color
    shown = two.grabbed().pixelColor(*tag)
    assert (shown.red(), shown.green(), shown.blue()) == color
    two.canvas.marks.toggle_hidden(1)
    assert two.grabbed().pixelColor(*tag) == before


def test_the_crosshair_goes_from_edge_to_edge_and_follows_the_pointer(two: Easel) -> None:
    two.canvas.crosshair = True
    for place in ((30, 40), (60, 90)):
        two.move(*place)
        at = two.at(*place)
        picture = two.grabbed()
        for x, y in ((at.x(), 3), (at.x(), picture.height() - 3), (3, at.y()), (picture.width() - 3, at.y())):
            assert picture.pixelColor(x, y).lightness() > 190
    two.canvas.crosshair = False
    assert two.grabbed().pixelColor(two.at(60, 90).x(), 100) != picture.pixelColor(two.at(60, 90).x(), 100)


def test_names_and_crosshair_are_remembered(hand: Hand) -> None:
    window = hand.window
    hand.key(KEY.Key_L, SHIFT)
    hand.key(KEY.Key_X, SHIFT)
    assert window.action("view.names").isChecked()
    assert window.action("view.crosshair").isChecked()
    assert window.workbench.settings.shape_names
    assert window.workbench.settings.crosshair


def test_the_frame_is_that_of_the_image_at_hand(easel: Easel) -> None:
    easel.open(np.zeros((96, 120), np.uint8), np.zeros((96, 120), np.uint8))
    rows = Region(5, 5, 15, 20), Region(60, 40, 90, 70)
    for region in rows:
        segment = instances.new(easel.document)
        with easel.document.edit("Brush"):
            easel.document.labels.write(region, segment, source=Provenance.HUMAN)
        easel.document.step(1)
    easel.document.save()
    easel.canvas.set_tool("select")
    for sample, region in zip(easel.document.order, rows, strict=True):
        easel.document.goto(sample)
        easel.document.set_active_instance(segment)
        assert easel.canvas.objects.frame() == region


def test_an_instance_is_picked_with_the_arrow_framed_and_deleted(easel: Easel) -> None:
    easel.open(np.zeros((96, 120), np.uint8))
    easel.canvas.brush_size = 11
    segment = instances.new(easel.document)
    easel.drag((40, 40), (40, 60))
    easel.document.set_active_instance(None)
    easel.canvas.set_tool("select")
    assert easel.canvas.objects.frame() is None
    easel.click(40, 50)
    assert easel.document.active_instance == segment
    frame = easel.canvas.objects.frame()
    assert frame is not None
    rows = np.flatnonzero((easel.ids == segment).any(axis=1))
    assert (frame.y0, frame.y1) == (rows[0], rows[-1] + 1)
    above = easel.canvas.to_widget(frame.y0, 50).toPoint()
    row = [easel.grabbed().pixelColor(above.x() + dx, above.y() - 3).lightness() for dx in range(8)]
    assert max(row) > 200, "a light line"
    easel.click(80, 100)
    assert easel.document.active_instance is None, "a click beside it lets go"
    easel.click(40, 50)
    easel.canvas.objects.delete()
    assert easel.document.labels.segments == {}
    assert (easel.ids == UNLABELLED).all()
    easel.bench.undo()
    assert (easel.ids == segment).any()


def test_delete_with_the_brush_in_hand_leaves_the_instance_that_is_painted_on(easel: Easel) -> None:
    easel.open(np.zeros((96, 120), np.uint8))
    segment = instances.new(easel.document)
    easel.drag((40, 40), (40, 60))
    easel.canvas.objects.delete()
    assert (easel.ids == segment).any()


def test_a_class_key_gives_the_class_to_the_picked_instance_which_stays_picked(easel: Easel) -> None:
    easel.open(np.zeros((96, 120), np.uint8))
    segment = instances.new(easel.document)
    easel.drag((40, 40), (40, 60))
    easel.canvas.set_tool("select")
    easel.canvas.choose_class(2)
    assert easel.document.labels.segments == {segment: 2}
    assert easel.document.active_instance == segment
    assert easel.document.active_class == 2
    easel.bench.undo()
    assert easel.document.labels.segments == {segment: 1}
    easel.canvas.set_tool("brush")
    easel.canvas.choose_class(2)
    assert easel.document.labels.segments == {segment: 1}
    assert easel.document.active_instance is None, "with the brush in hand a class is chosen for the next stroke"


def test_an_instance_that_has_no_room_is_not_pasted(easel: Easel) -> None:
    easel.open(picture(), picture()[:20])
    instances.new(easel.document)
    easel.drag((60, 40), (60, 60))
    easel.canvas.objects.copy()
    easel.bench.next()
    easel.canvas.objects.paste()
    assert "no room" in str(easel.failures[-1])
    assert easel.document.labels.segments == {}


def test_undo_while_a_polygon_is_drawn_takes_back_its_last_corner_and_nothing_else(hand: Hand) -> None:
    window = hand.window
    hand.drag((10, 10), (10, 40))
    stroke = window.document.labels.ids.copy()
    window.trigger("tool.polygon")
    for corner in ((30, 30), (30, 60), (60, 60), (60, 20)):
        hand.click(*corner)
    hand.key(KEY.Key_Z, Qt.KeyboardModifier.ControlModifier)
    window.trigger("edit.undo")
    hand.click(70, 45)
    hand.key(KEY.Key_Return)
    (polygon,) = window.document.annotation.polygons
    assert [round(x) for _, x in polygon.exterior] == [30, 60, 45]
    assert (window.document.labels.ids[stroke != UNLABELLED] == stroke[stroke != UNLABELLED]).all()
    hand.key(KEY.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert window.document.annotation.polygons == ()
    assert (window.document.labels.ids == stroke).all()


def test_undo_before_anything_was_done_takes_back_a_corner_too(hand: Hand) -> None:
    window = hand.window
    assert not window.action("edit.undo").isEnabled()
    window.trigger("tool.polygon")
    hand.click(30, 30)
    hand.key(KEY.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert not window.canvas.working, "its only corner"
