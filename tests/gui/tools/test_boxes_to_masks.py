"""Boxes that a person draws become masks: of the classes that were drawn, and of no other."""

from __future__ import annotations

from segstudio.core.classes import LabelSet
from segstudio.core.labels import UNLABELLED
from tests.gui.kit import Easel

AROUND = (18, 30), (78, 90)
"""A box around the disc of the picture."""


def masks_of_box(easel: Easel, class_id: int) -> None:
    easel.canvas.set_tool("box")
    easel.document.set_active_class(class_id)
    easel.drag(*AROUND)
    easel.bench.propagation.boxes()
    easel.wait(lambda: not easel.bench.jobs.busy)
    assert easel.failures == []


def test_what_lies_outside_is_no_road_where_class_0_is_the_road(easel: Easel) -> None:
    easel.open()  # classes "class 0", "class 1" ...: none of them is a background
    masks_of_box(easel, 1)
    assert easel.ids[48, 60] == 1
    assert (easel.ids[:15] == UNLABELLED).all()
    assert not easel.painted(0).any()


def test_a_box_of_class_0_is_filled_with_it(easel: Easel) -> None:
    easel.open()
    masks_of_box(easel, 0)
    assert easel.ids[48, 60] == 0
    assert easel.painted(0).sum() > 1000
    assert set(easel.ids.ravel()) == {0, UNLABELLED}


def test_a_background_is_filled_in_around_the_boxes(easel: Easel) -> None:
    easel.open()
    names = LabelSet.named(["background", "disc"])
    easel.document.set_classes(names)
    masks_of_box(easel, 1)
    assert (easel.ids[:15] == 0).all()
    assert easel.ids[48, 60] == 1
