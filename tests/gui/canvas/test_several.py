"""Several boxes and polygons are selected together and changed as one step of undo."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QListView

from segstudio.core.annotation import Annotation, Box, Polygon
from segstudio.core.labels import UNLABELLED
from segstudio.gui.canvas.selection import Selection, described
from segstudio.gui.tools.exchanging import Exchange, exchange_all
from segstudio.gui.tools.hit import Shape
from tests.gui.conftest import Hand
from tests.gui.kit import CTRL, SHIFT, Easel, picture

KEY = Qt.Key
BOXES = Box(1, 10, 10, 30, 30), Box(1, 50, 10, 70, 30), Box(2, 90, 60, 110, 80)
RING = ((50.0, 10.0), (50.0, 30.0), (70.0, 30.0), (70.0, 10.0))
POLYGON = Polygon(1, RING)


@pytest.fixture
def four(easel: Easel) -> Iterator[Easel]:
    """Three boxes and a polygon with its pixels, the arrow in hand."""
    easel.open(np.full((96, 120), 90, np.uint8), np.full((96, 120), 90, np.uint8))
    exchange_all(easel.hand, [Exchange(None, shape) for shape in (*BOXES, POLYGON)], "Shapes")
    easel.canvas.set_tool("select")
    easel.canvas.setFocus()
    yield easel
    assert not easel.failures


def picked(easel: Easel) -> set[Shape]:
    return set(easel.hand.picks)


def undos(easel: Easel) -> int:
    return len(easel.document.history._done)


@pytest.mark.parametrize("keys", [CTRL, SHIFT], ids=["ctrl", "shift"])
def test_a_click_with_a_key_held_adds_a_shape_and_takes_it_out_again(four: Easel, keys: Qt.KeyboardModifier) -> None:
    four.click(20, 20)
    four.click(20, 60, keys=keys)
    four.click(60, 20, keys=keys)
    assert picked(four) == {BOXES[0], BOXES[1], POLYGON}
    assert four.hand.selected is None, "handles are for one shape alone"
    four.click(20, 60, keys=keys)
    assert picked(four) == {BOXES[0], POLYGON}
    four.click(90, 40, keys=keys)
    assert picked(four) == {BOXES[0], POLYGON}, "beside all shapes the selection stays"
    four.click(20, 20)
    assert picked(four) == {BOXES[0]}, "a click alone selects one"
    four.click(90, 40)
    assert not four.hand.picks


def test_a_frame_selects_what_lies_in_it_as_a_whole(four: Easel) -> None:
    four.drag((4, 4), (36, 76))
    assert picked(four) == {BOXES[0], BOXES[1]}
    assert four.hand.rubber is None
    four.drag((44, 4), (76, 36), keys=CTRL)
    assert picked(four) == {BOXES[0], BOXES[1], POLYGON}
    four.drag((4, 40), (25, 80))
    assert not four.hand.picks, "half of a box is no box"
    four.press(4, 4)
    four.move(80, 80)
    assert four.hand.rubber is not None
    assert four.hand.rubber.text == "3"
    four.key(KEY.Key_Escape)
    four.release(80, 80)
    assert not four.hand.picks
    assert undos(four) == 1


def test_a_frame_of_hidden_classes_selects_nothing(four: Easel) -> None:
    four.canvas.marks.toggle_hidden(1)
    four.drag((2, 2), (94, 118))
    assert picked(four) == {BOXES[2]}
    four.canvas.objects.select_all()
    assert picked(four) == {BOXES[2]}


def test_all_are_deleted_as_one_step_and_come_back_selected(four: Easel) -> None:
    before, pixels = four.document.annotation, four.ids.copy()
    assert four.canvas.objects.select_all()
    four.canvas.objects.delete()
    assert four.document.annotation == Annotation()
    assert (four.ids == UNLABELLED).all()
    assert undos(four) == 2
    four.bench.undo()
    assert four.document.annotation == before
    assert (four.ids == pixels).all()
    assert picked(four) == {*BOXES, POLYGON}
    four.bench.redo()
    assert not four.hand.picks


def test_several_move_together_by_drag_and_keys_and_keep_their_distances_at_the_edge(four: Easel) -> None:
    four.click(20, 20)
    four.click(60, 20, keys=CTRL)
    four.drag((20, 20), (25, 28))
    moved = four.document.annotation
    dy, dx = moved.boxes[0].y0 - BOXES[0].y0, moved.boxes[0].x0 - BOXES[0].x0
    assert abs(dy - 5) <= 1
    assert abs(dx - 8) <= 1
    assert moved.polygons[0].exterior[0] == (RING[0][0] + dy, RING[0][1] + dx)
    assert int(four.painted(1).sum()) == 400, "with all its pixels"
    assert four.ids[50 + dy, 10 + dx] == 1
    assert moved.boxes[1:] == BOXES[1:]
    assert undos(four) == 2
    four.key(KEY.Key_Down, SHIFT)
    four.key(KEY.Key_Left)
    for _ in range(9):
        four.key(KEY.Key_Down, SHIFT)
    low = four.document.annotation
    assert max(y for y, _ in low.polygons[0].exterior) == 96
    assert low.boxes[0].y0 - low.polygons[0].exterior[0][0] == 10 - 50, "one to the other as before"
    while undos(four) > 1:
        four.bench.undo()
    assert four.document.annotation.boxes == BOXES
    assert picked(four) == {BOXES[0], POLYGON}, "still selected where they were"


def test_polygons_that_move_onto_each_others_places_lose_no_pixels(easel: Easel) -> None:
    easel.open(np.zeros((96, 120), np.uint8))
    row = [Polygon(1, tuple((y, x + 20.0 * i) for y, x in RING)) for i in range(3)]
    exchange_all(easel.hand, [Exchange(None, polygon) for polygon in row], "Shapes")
    easel.canvas.set_tool("select")
    easel.canvas.objects.select_all()
    easel.canvas.objects.nudge(0, 20)
    expected = np.full((96, 120), UNLABELLED)
    expected[50:70, 30:90] = 1
    assert (easel.ids == expected).all()
    easel.canvas.objects.nudge(0, -7)
    assert (easel.ids == np.roll(expected, -7, axis=1)).all()


def test_a_class_key_gives_all_of_them_that_class(four: Easel) -> None:
    four.canvas.objects.select_all()
    four.canvas.choose_class(2)
    said = four.document.annotation
    assert {shape.class_id for shape in (*said.boxes, *said.polygons)} == {2}
    assert four.painted(2).sum() == 400
    assert len(four.hand.picks) == 4
    assert undos(four) == 2
    four.bench.undo()
    assert four.document.annotation.boxes == BOXES
    assert four.painted(1).sum() == 400


def test_several_are_pasted_beside_themselves_and_at_their_places_elsewhere(four: Easel) -> None:
    four.click(20, 20)
    four.click(60, 20, keys=CTRL)
    four.canvas.objects.copy()
    assert four.canvas.objects.paste()
    assert len(four.document.annotation.boxes) == 4
    assert len(four.document.annotation.polygons) == 2
    assert undos(four) == 2
    copy, ring = four.document.annotation.boxes[3], four.document.annotation.polygons[1].exterior
    assert (copy.y0 - ring[0][0], copy.x0 - ring[0][1]) == (-40, 0), "one to the other as before"
    assert picked(four) == {copy, four.document.annotation.polygons[1]}
    four.bench.undo()
    assert not four.hand.picks
    four.bench.redo()
    assert picked(four) == {copy, four.document.annotation.polygons[1]}
    four.bench.next()
    assert four.canvas.objects.paste()
    assert four.document.annotation == Annotation(BOXES[:1], (POLYGON,))
    four.canvas.objects.cut()
    assert four.document.annotation == Annotation()


def test_what_is_selected_is_told_and_looks_different(four: Easel) -> None:
    usual = four.canvas.accessibleDescription()
    said: list[str] = []
    four.bench.message.connect(said.append)
    inside = four.color_at(20, 20), four.color_at(20, 60)
    four.click(20, 20)
    assert four.canvas.accessibleDescription() == "Selected: a box of class 1"
    four.click(60, 20, keys=CTRL)
    assert four.canvas.accessibleDescription() == "Selected: 2 shapes (boxes: 1, polygons: 1)"
    assert said == ["Selected: 2 shapes (boxes: 1, polygons: 1)"]
    assert four.color_at(20, 20) != inside[0]
    assert four.color_at(20, 60) == inside[1]
    four.key(KEY.Key_Escape)
    assert four.canvas.accessibleDescription() == usual
    assert four.color_at(20, 20) == inside[0]


def test_shapes_are_added_to_the_selection_by_keys_alone(hand: Hand) -> None:
    window = hand.window
    exchange_all(window.canvas.hand, [Exchange(None, shape) for shape in (BOXES[0], replaced(BOXES[1]))], "Shapes")  # type: ignore[arg-type]
    alt = Qt.KeyboardModifier.AltModifier
    hand.key(KEY.Key_Period)
    hand.key(KEY.Key_Period, alt)
    assert window.canvas.hand is not None
    assert set(window.canvas.hand.picks) == {BOXES[0], replaced(BOXES[1])}
    assert window.canvas.tool == "select"
    hand.key(KEY.Key_Comma, alt)
    assert window.canvas.hand.picks == (BOXES[0],)
    hand.key(KEY.Key_A, CTRL)
    hand.key(KEY.Key_Right)
    assert [box.x0 for box in window.document.annotation.boxes] == [11, 51], "the arrow keys move both"
    hand.key(KEY.Key_Delete)
    assert window.document.annotation.boxes == ()
    hand.key(KEY.Key_Z, CTRL)
    assert [box.x0 for box in window.document.annotation.boxes] == [11, 51]


def replaced(box: Box) -> Box:
    return Box(1, box.x0, box.y0, box.x1, box.y1)


def test_select_all_in_a_list_selects_its_rows(hand: Hand) -> None:
    window = hand.window
    rows = window.panel("samples").findChild(QListView)
    assert isinstance(rows, QListView)
    rows.setFocus()
    if rows.hasFocus():
        window.trigger("edit.select_all")
        assert len(rows.selectionModel().selectedIndexes()) == 3


def test_a_hundred_selected_shapes_are_told_in_numbers() -> None:
    from segstudio.core.classes import LabelSet

    many = [Box(0, i, 0, i + 1, 1) for i in range(100)]
    assert described(many, LabelSet.named(["a"])) == "Selected: 100 shapes (boxes: 100, polygons: 0)"
    assert described([], LabelSet.named(["a"])) == ""


def test_what_takes_the_place_of_selected_shapes_is_selected() -> None:
    a, b, c, d = (Box(0, i, 0, i + 1, 1) for i in range(4))
    follow = Selection().followed
    assert follow([a], [a, b], [c, b]) == (c,), "changed"
    assert follow([a, b], [a, b, c], [d, c]) == (d,), "made one"
    assert follow([d], [d, c], [a, b, c]) == (a, b), "and that taken back"
    assert follow([b], [a, b], [b]) == (b,), "another went"
    assert follow([a], [a, b, c], [b, c, d]) == (d,), "gone, and something came"
    assert follow([a], [a, b], [b]) == ()
    assert follow([], [a], [a, b]) == ()


def test_images_without_shapes_say_so(easel: Easel) -> None:
    easel.open(picture())
    said: list[str] = []
    easel.bench.message.connect(said.append)
    assert not easel.canvas.objects.select_all()
    assert said
