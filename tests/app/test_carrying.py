"""The labels of the image before, brought to the one at hand."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from segstudio.app import instances
from segstudio.app.carrying import take_from_previous
from segstudio.app.document import Document
from segstudio.core.annotation import Annotation, Box
from segstudio.core.classes import LabelSet
from segstudio.core.errors import AnnotationError, MaskError
from segstudio.core.geometry import Region
from segstudio.core.labels import UNLABELLED, Provenance
from segstudio.io.project import Project

LEFT, RIGHT = Region(0, 0, 8, 4), Region(0, 4, 8, 8)


@pytest.fixture
def document(tmp_path: Path) -> Iterator[Document]:
    """Three images of 8 x 10 pixels and one of 8 x 12."""
    paths = []
    for i, width in enumerate((10, 10, 10, 12)):
        paths.append(tmp_path / f"{i}.png")
        Image.fromarray(np.full((8, width), 40, np.uint8)).save(paths[-1])
    project = Project.create(tmp_path / "p", LabelSet.named(["background", "cat"]), paths)
    document = Document(Project.open(project.folder))
    document.goto_first()
    yield document
    document.close()


def label_the_first(document: Document) -> int:
    """Background at the left, an instance of a cat at the right, and a box."""
    with document.edit("Brush"):
        document.labels.write(LEFT, 0, source=Provenance.HUMAN)
        document.set_annotation(Annotation(boxes=(Box(1, 4, 0, 8, 8),), note="the first"))
    cat = instances.new(document)
    with document.edit("Brush"):
        document.labels.write(RIGHT, cat, source=Provenance.HUMAN)
    return cat


def test_labels_instances_and_boxes_come_along_as_one_edit_and_the_note_does_not(document: Document) -> None:
    cat = label_the_first(document)
    document.step(1)
    take_from_previous(document)
    assert (document.labels.ids[LEFT.slices] == 0).all()
    assert (document.labels.ids[RIGHT.slices] == cat).all()
    assert document.labels.segments == {cat: 1}
    assert document.annotation == Annotation(boxes=(Box(1, 4, 0, 8, 8),))
    assert set(np.unique(document.labels.provenance)) == {Provenance.NONE, Provenance.PROPAGATED}
    document.undo()
    assert (document.labels.ids == UNLABELLED).all()
    assert document.annotation == Annotation()


def test_what_is_drawn_here_stays(document: Document) -> None:
    label_the_first(document)
    document.step(1)
    with document.edit("Brush"):
        document.labels.write(Region(0, 0, 8, 2), 1, source=Provenance.HUMAN)
        document.set_annotation(Annotation(boxes=(Box(0, 0, 0, 3, 3),)))
    take_from_previous(document)
    assert (document.labels.ids[:, :2] == 1).all()
    assert (document.labels.ids[:, 2:4] == 0).all()
    assert document.annotation.boxes == (Box(0, 0, 0, 3, 3), Box(1, 4, 0, 8, 8))
    take_from_previous(document)
    assert len(document.annotation.boxes) == 2, "taken twice it is there once"


def test_the_previous_image_is_the_one_before_in_the_list(document: Document) -> None:
    label_the_first(document)
    ids = list(document.order)
    document.order = [ids[0], ids[2]]
    document.goto(ids[2])
    take_from_previous(document)
    assert (document.labels.ids[LEFT.slices] == 0).all()


def test_what_cannot_be_taken_is_said(document: Document) -> None:
    with pytest.raises(AnnotationError, match="the first image of the list"):
        take_from_previous(document)
    document.step(1)
    with pytest.raises(AnnotationError, match=r"0\.png has no labels yet"):
        take_from_previous(document)
    document.step(1)
    with document.edit("Brush"):
        document.labels.write(LEFT, 0, source=Provenance.HUMAN)
    document.step(1)
    with pytest.raises(AnnotationError, match=r"2\.png is of another size"):
        take_from_previous(document)


def test_labels_that_are_damaged_are_not_called_of_another_size(document: Document) -> None:
    label_the_first(document)
    document.save()
    document.project.labels_file(document.order[0]).write_bytes(b"no picture")
    document.step(1)
    with pytest.raises(MaskError, match=r"labels\.png"):
        take_from_previous(document)
