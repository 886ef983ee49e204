"""Selected shapes become one shape or one object, and boxes carry the instance that they are drawn around."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import Qt

from segstudio.app import instances
from segstudio.core.annotation import Annotation, Box, Polygon
from segstudio.core.errors import AnnotationError
from segstudio.core.labels import UNLABELLED, Provenance
from segstudio.gui.canvas import joining
from segstudio.gui.tools.exchanging import Exchange, exchange_all
from segstudio.gui.tools.hit import Shape, area
from tests.gui.conftest import Hand
from tests.gui.kit import CTRL, SHIFT, Easel

KEY = Qt.Key


def square(y: float, x: float, side: float = 20, class_id: int = 1) -> Polygon:
    return Polygon(class_id, ((y, x), (y, x + side), (y + side, x + side), (y + side, x)))


@pytest.fixture
def blank(easel: Easel) -> Easel:
    return easel.open(np.zeros((96, 120), np.uint8), np.zeros((96, 120), np.uint8))


def put(easel: Easel, *shapes: Shape) -> None:
    exchange_all(easel.hand, [Exchange(None, shape) for shape in shapes], "Shapes")
    easel.canvas.set_tool("select")
    easel.canvas.objects.select_all()


# ---- one shape of several


def test_polygons_that_overlap_become_the_area_of_both(blank: Easel) -> None:
    put(blank, square(20, 20), square(30, 30))
    before = blank.document.annotation
    assert blank.canvas.objects.merge()
    (merged,) = blank.document.annotation.polygons
    assert area(merged) == pytest.approx(400 + 400 - 100)
    assert blank.painted(1).sum() == 700
    assert blank.hand.selected is merged
    blank.bench.undo()
    assert blank.document.annotation == before
    assert set(blank.hand.picks) == set(before.polygons)


def test_polygons_around_a_gap_leave_a_hole() -> None:
    sides = [
        Polygon(1, ((0, 0), (0, 30), (10, 30), (10, 0))),
        Polygon(1, ((20, 0), (20, 30), (30, 30), (30, 0))),
        Polygon(1, ((5, 0), (5, 10), (25, 10), (25, 0))),
        Polygon(1, ((5, 20), (5, 30), (25, 30), (25, 20))),
    ]
    whole = joining.united(sides)
    assert area(whole) == pytest.approx(900)
    assert [area(Polygon(1, hole)) for hole in whole.holes] == [pytest.approx(100)]


def test_what_cannot_become_one_is_refused_in_words(blank: Easel) -> None:
    put(blank, square(10, 10), square(60, 60))
    with pytest.raises(AnnotationError, match="touches none of the others"):
        joining.merge(blank.hand, blank.hand.picks)
    with pytest.raises(AnnotationError, match="two shapes or more"):
        joining.merge(blank.hand, blank.hand.picks[:1])
    with pytest.raises(AnnotationError, match="different classes"):
        joining.merge(blank.hand, [square(0, 0), square(5, 5, class_id=2)])
    with pytest.raises(AnnotationError, match="cannot be merged with each other"):
        joining.merge(blank.hand, [square(0, 0), Box(1, 0, 0, 5, 5)])
    ring = Polygon(1, square(0, 0, 60).exterior, (square(10, 10, 40).exterior,))
    with pytest.raises(AnnotationError, match="touches none"):
        joining.united([ring, square(20, 20, 5)])


def test_boxes_become_the_box_around_them_and_their_instances_one(blank: Easel) -> None:
    blank.canvas.box_instances = True
    blank.canvas.set_tool("box")
    blank.drag((10, 10), (30, 30))
    blank.drag((50, 60), (80, 90))
    first, second = (box.instance for box in blank.document.annotation.boxes)
    blank.canvas.set_tool("select")
    blank.canvas.objects.select_all()
    blank.canvas.objects.merge()
    (box,) = blank.document.annotation.boxes
    assert (box.x0, box.y0, box.x1, box.y1, box.instance) == (10, 10, 90, 80, first)
    assert blank.document.labels.segments == {first: 1}
    blank.bench.undo()
    assert [b.instance for b in blank.document.annotation.boxes] == [first, second]


# ---- boxes and their instances


def test_a_box_is_drawn_on_the_active_instance_and_the_next_one_on_a_new_one(blank: Easel) -> None:
    blank.canvas.set_tool("box")
    blank.drag((10, 10), (30, 30))
    assert blank.document.annotation.boxes[0].instance is None, "without instances a box is of its class alone"
    segment = instances.new(blank.document)
    blank.drag((10, 40), (30, 60))
    blank.drag((10, 70), (30, 90))
    bare, own, other = blank.document.annotation.boxes
    assert (bare.instance, own.instance, other.instance) == (None, segment, segment + 1)
    assert blank.document.labels.segments == {segment: 1, segment + 1: 1}
    blank.bench.undo()
    assert blank.document.labels.segments == {segment: 1}, "the box and its instance are one step"
    assert blank.document.annotation.boxes == (bare, own)


def test_every_box_is_an_instance_where_that_is_switched_on(hand: Hand) -> None:
    window = hand.window
    hand.key(KEY.Key_R, SHIFT)
    assert window.action("instance.boxes").isChecked()
    window.trigger("tool.box")
    hand.drag((10, 10), (30, 30))
    hand.drag((50, 50), (80, 80))
    assert [box.instance for box in window.document.annotation.boxes] == [256, 257]
    hand.key(KEY.Key_Z, CTRL)
    hand.drag((50, 50), (80, 80))
    assert [box.instance for box in window.document.annotation.boxes] == [256, 257], "after undo too"
    hand.key(KEY.Key_R, SHIFT)
    assert not window.action("instance.boxes").isChecked()


def test_keys_make_one_object_or_one_box_of_what_is_selected(hand: Hand) -> None:
    window = hand.window
    window.trigger("tool.box")
    hand.drag((10, 10), (30, 30))
    hand.drag((80, 80), (50, 50))
    drawn = window.document.annotation.boxes
    hand.key(KEY.Key_A, CTRL)
    hand.key(KEY.Key_I, SHIFT)
    (box,) = window.document.annotation.boxes
    assert window.document.labels.segments == {box.instance: 1}
    hand.key(KEY.Key_Z, CTRL)
    assert window.document.annotation.boxes == drawn
    assert len(window.canvas.hand.picks if window.canvas.hand is not None else ()) == 2, "still selected"
    hand.key(KEY.Key_G, SHIFT)
    assert [b.instance for b in window.document.annotation.boxes] == [None]
    hand.key(KEY.Key_Z, CTRL)
    hand.key(KEY.Key_I, CTRL | SHIFT)
    assert [b.instance for b in window.document.annotation.boxes] == [256, 257]


def test_the_mask_of_a_box_is_its_instance(blank: Easel) -> None:
    blank.bench.propagation.box_method = "rect"
    blank.canvas.box_instances = True
    blank.canvas.set_tool("box")
    blank.drag((10, 10), (30, 30))
    blank.drag((60, 70), (20, 25))
    blank.bench.propagation.boxes()
    blank.wait(lambda: not blank.bench.jobs.busy)
    first, second = (box for box in blank.document.annotation.boxes)
    assert blank.ids[12, 12] == first.instance
    assert blank.ids[50, 60] == second.instance
    assert not blank.painted(1).any(), "every pixel of the class is somebody's"
    assert blank.document.labels.classes()[50, 60] == 1


def test_a_box_takes_its_instance_along_to_another_class_and_away(blank: Easel) -> None:
    segment = instances.new(blank.document)
    blank.canvas.brush_size = 5
    blank.canvas.set_tool("brush")
    blank.drag((40, 40), (40, 60))
    blank.canvas.set_tool("box")
    blank.drag((30, 30), (50, 70))
    blank.canvas.set_tool("select")
    blank.click(31, 31)
    blank.canvas.choose_class(2)
    assert blank.document.labels.segments == {segment: 2}
    assert blank.document.annotation.boxes[0].class_id == 2
    blank.canvas.objects.delete()
    assert blank.document.labels.segments == {segment: 2}, "its pixels are still there"
    blank.bench.undo()
    instances.delete(blank.document, [segment])
    assert blank.document.annotation == Annotation()
    blank.bench.undo()
    assert blank.document.annotation.boxes[0].instance == segment


def test_the_instance_of_a_box_alone_goes_with_it(blank: Easel) -> None:
    blank.canvas.box_instances = True
    blank.canvas.set_tool("box")
    blank.drag((30, 30), (50, 70))
    blank.canvas.objects.delete()
    assert blank.document.labels.segments == {}
    blank.bench.undo()
    assert blank.document.annotation.boxes[0].instance in blank.document.labels.segments


@pytest.mark.parametrize("saved", [True, False], ids=["saved", "on its way"])
def test_an_instance_without_pixels_keeps_its_box(blank: Easel, saved: bool) -> None:
    blank.canvas.box_instances = True
    blank.canvas.set_tool("box")
    blank.drag((30, 30), (50, 70))
    if saved:
        blank.document.save()
    blank.bench.next()
    blank.bench.previous()
    assert blank.document.labels.segments == {256: 1}
    blank.key(KEY.Key_Escape)
    blank.drag((60, 10), (80, 20))
    blank.document.save()
    blank.bench.next()
    blank.bench.previous()
    assert [box.instance for box in blank.document.annotation.boxes] == [256, 257]


def test_a_copy_of_a_box_is_another_instance(blank: Easel) -> None:
    blank.canvas.box_instances = True
    blank.canvas.set_tool("box")
    blank.drag((30, 30), (50, 70))
    blank.canvas.objects.duplicate()
    first, copy = blank.document.annotation.boxes
    assert {first.instance, copy.instance} == {256, 257}
    assert (first.x0, first.y0) != (copy.x0, copy.y0)
    blank.canvas.objects.copy()
    blank.bench.next()
    blank.canvas.objects.paste()
    (there,) = blank.document.annotation.boxes
    assert blank.document.labels.segments == {there.instance: 1}


def test_selected_shapes_become_one_object(blank: Easel) -> None:
    put(blank, square(10, 10), square(60, 60), Box(1, 5, 5, 40, 40), Box(1, 55, 55, 100, 90))
    pixels = int(blank.painted(1).sum())
    assert blank.canvas.objects.give_to_one()
    (box,) = blank.document.annotation.boxes
    assert (box.x0, box.y0, box.x1, box.y1) == (5, 5, 100, 90)
    assert blank.document.labels.segments == {box.instance: 1}
    assert (blank.ids == box.instance).sum() == pixels == 800
    assert (blank.document.labels.provenance[blank.ids == box.instance] == Provenance.HUMAN).all()
    blank.bench.undo()
    assert len(blank.document.annotation.boxes) == 2
    assert blank.document.labels.segments == {}
    assert blank.painted(1).sum() == pixels


def test_polygons_between_pixels_and_at_the_edge_become_objects(blank: Easel) -> None:
    shapes = [
        Polygon(1, ((0.0, 0.0), (0.0, 7.3), (9.6, 7.3))),
        Polygon(1, ((80.2, 100.1), (80.2, 120.0), (96.0, 120.0))),
        Polygon(1, ((50.1, 50.1), (50.1, 50.3), (50.3, 50.3))),
    ]
    put(blank, *shapes)
    pixels = blank.painted(1)
    assert blank.canvas.objects.give_each()
    assert not blank.failures
    assert (blank.ids[pixels] >= 256).all()
    assert len(blank.document.labels.segments) == 3


def test_each_selected_shape_becomes_an_object_and_takes_the_pixels_in_its_midst(blank: Easel) -> None:
    boxes = Box(1, 10, 10, 40, 40), Box(1, 30, 10, 60, 40)
    with blank.document.edit("Boxes"):
        region = blank.document.labels.region
        where = np.zeros((96, 120), bool)
        where[10:40, 10:60] = True
        blank.document.labels.write(region, 1, where, source=Provenance.HUMAN)
    put(blank, *boxes)
    blank.canvas.objects.give_each()
    left, right = (box.instance for box in blank.document.annotation.boxes)
    assert blank.ids[25, 31] == left
    assert blank.ids[25, 39] == right
    assert ((blank.ids == left) | (blank.ids == right)).sum() == where.sum()
    assert (blank.ids[~where] == UNLABELLED).all()
    with pytest.raises(AnnotationError, match="no instances yet"):
        joining.give_each(blank.hand, blank.hand.picks)


def test_merging_instances_joins_their_boxes_and_a_class_for_them_is_their_boxes_too(blank: Easel) -> None:
    put(blank, Box(1, 10, 10, 20, 20), Box(1, 40, 40, 60, 60))
    blank.canvas.objects.give_each()
    numbers = [box.instance for box in blank.document.annotation.boxes]
    instances.set_class(blank.document, [n for n in numbers if n is not None], 2)
    assert {box.class_id for box in blank.document.annotation.boxes} == {2}
    instances.merge(blank.document, [n for n in numbers if n is not None])
    assert blank.document.annotation.boxes == (Box(2, 10, 10, 60, 60, numbers[0]),)
    listed = instances.instances(blank.document)
    assert listed[0].region == blank.document.annotation.boxes[0].region
