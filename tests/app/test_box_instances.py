"""A mask that comes of the box of an instance is that instance."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

from segstudio.app.box_instances import around_all, follow_merge, into_instances
from segstudio.app.workflows import boxes_project
from segstudio.core.annotation import Annotation, Box
from segstudio.core.classes import LabelSet
from segstudio.core.progress import finish
from segstudio.io.project import Project


def test_pixels_of_the_class_inside_are_the_boxs_and_shared_ones_go_where_they_lie_deepest() -> None:
    labels = np.ones((4, 10), np.uint16)
    labels[0] = 2
    boxes = Box(1, 0, 0, 6, 4, 256), Box(1, 4, 0, 10, 4, 257)
    found = into_instances(labels, boxes, {256: 1, 257: 1})
    assert (found[0] == 2).all(), "another class is no part of it"
    assert found[2].tolist() == [256] * 5 + [257] * 5


def test_a_box_without_an_instance_keeps_its_own_pixels_from_others() -> None:
    labels = np.ones((4, 10), np.uint8)
    found = into_instances(labels, [Box(1, 0, 0, 8, 4, 256), Box(1, 6, 0, 10, 4)], {256: 1})
    assert found[2].tolist() == [256] * 7 + [1] * 3


def test_instances_that_the_table_does_not_know_are_none() -> None:
    labels = np.ones((4, 6), np.uint16)
    for segments in ({}, {256: 2}):
        assert (into_instances(labels, [Box(1, 0, 0, 6, 4, 256)], segments) == 1).all()


def test_boxes_that_reach_out_of_the_image_are_cut_off() -> None:
    found = into_instances(np.ones((4, 6), np.uint16), [Box(1, -3, -2, 3, 9, 256)], {256: 1})
    assert found[1].tolist() == [256, 256, 256, 1, 1, 1]


def test_boxes_of_instances_that_become_one_are_the_box_around_them() -> None:
    boxes = Box(1, 0, 0, 2, 2, 256), Box(1, 9, 9, 10, 10), Box(1, 4, 1, 8, 3, 257)
    assert follow_merge(boxes, [256, 257]) == (Box(1, 0, 0, 8, 3, 256), boxes[1])
    assert follow_merge(boxes, [256]) == boxes
    assert follow_merge(boxes[2:], [256, 257]) == (Box(1, 4, 1, 8, 3, 256),)
    assert around_all(boxes, None) == Box(1, 0, 0, 10, 10)


def test_a_whole_project_is_filled_instance_by_instance(tmp_path: Path) -> None:
    Image.fromarray(np.full((24, 32, 3), 90, np.uint8)).save(tmp_path / "a.png")
    with Project.create(tmp_path / "p", LabelSet.named(["background", "cell"]), [tmp_path / "a.png"]) as project:
        (sample,) = project.sample_ids()
        boxes = Box(1, 2, 2, 10, 10, 256), Box(1, 14, 4, 28, 20, 257)
        project.save_annotation(sample, Annotation(boxes), {256: 1, 257: 1}, None)
        finish(boxes_project(project, method="rect"))
        ids = project.stored()[0].ids()
        assert (ids[2:10, 2:10] == 256).all()
        assert (ids[4:20, 14:28] == 257).all()
        assert not (ids == 1).any()
        assert project.annotation(sample).boxes == boxes
