"""Objects of one class told apart: each act is one step of undo, and who said what a pixel is stays said."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import tifffile
from numpy.typing import NDArray

from segstudio.app import instances
from segstudio.app.document import Document
from segstudio.core.classes import LabelSet
from segstudio.core.errors import AnnotationError
from segstudio.core.geometry import Region
from segstudio.core.labels import UNLABELLED, Provenance
from tests.app.conftest import Bench


@pytest.fixture
def document(bench: Bench, tmp_path: Path) -> Document:
    tifffile.imwrite(tmp_path / "a.tif", np.zeros((12, 16), np.uint8), photometric="minisblack")
    assert bench.new_project(tmp_path / "p", LabelSet.named(["ground", "cell", "dust"]), [(tmp_path / "a.tif", 0)])
    assert bench.document is not None
    return bench.document


def paint(document: Document, value: int, *corners: int, source: Provenance = Provenance.HUMAN) -> None:
    with document.edit("Brush"):
        document.labels.write(Region(*corners), value, source=source)


def ids(document: Document) -> NDArray[np.uint16]:
    return np.array(document.labels.ids)


def test_strokes_go_to_the_new_instance_until_a_class_is_chosen(document: Document) -> None:
    document.set_active_class(1)
    first = instances.new(document)
    assert first == 256
    paint(document, document.drawn_id, 0, 0, 2, 3)
    second = instances.new(document)
    paint(document, document.drawn_id, 0, 3, 2, 6)
    assert [(i.segment, i.class_id, i.area) for i in instances.instances(document)] == [(256, 1, 6), (257, 1, 6)]
    assert instances.instances(document)[1].region == Region(0, 3, 2, 6)
    document.set_active_class(2)
    assert document.drawn_id == 2
    document.set_active_instance(second)
    assert (document.drawn_id, document.active_class) == (257, 1)
    assert (document.labels.classes()[:2, :6] == 1).all()


def test_undo_of_a_new_instance_leaves_nothing_to_draw_on(bench: Bench, document: Document) -> None:
    document.set_active_class(1)
    instances.new(document)
    bench.undo()
    assert document.labels.segments == {}
    assert document.drawn_id == 1


def test_regions_become_instances_and_keep_who_said_so(bench: Bench, document: Document) -> None:
    paint(document, 1, 0, 0, 3, 3)
    paint(document, 1, 6, 6, 11, 12, source=Provenance.MODEL)
    paint(document, 1, 3, 3, 4, 4)  # touches the first by a corner
    before = ids(document)
    found = instances.components(document, 1)
    assert found == [256, 257]
    assert (document.labels.ids[6:11, 6:12] == 256).all()  # the largest first
    assert document.labels.ids[3, 3] == document.labels.ids[0, 0] == 257
    assert (document.labels.provenance[6:11, 6:12] == Provenance.MODEL).all()
    assert (document.labels.classes() == np.where(before == 1, 1, UNLABELLED)).all()
    bench.undo()
    assert (ids(document) == before).all()
    assert document.labels.segments == {}
    bench.redo()
    assert set(document.labels.segments) == {256, 257}
    with pytest.raises(AnnotationError, match="no pixels of cell that are not an instance"):
        instances.components(document, 1)


def test_an_instance_in_two_parts_splits_and_the_parts_merge_again(bench: Bench, document: Document) -> None:
    document.set_active_class(1)
    whole = instances.new(document)
    paint(document, whole, 2, 1, 5, 12)
    with pytest.raises(AnnotationError, match="in one piece"):
        instances.split(document, whole)
    paint(document, UNLABELLED, 2, 5, 5, 6)
    cut = ids(document)
    assert instances.split(document, whole) == [whole, 257]
    assert (document.labels.ids[2:5, 6:12] == whole).all()  # the larger part keeps its number
    assert (document.labels.ids[2:5, 1:5] == 257).all()
    assert document.labels.segments == {whole: 1, 257: 1}
    assert instances.merge(document, [257, whole]) == 257
    assert document.labels.segments == {257: 1}
    assert ((document.labels.ids == 257) == (cut == whole)).all()
    bench.undo()
    bench.undo()
    assert (ids(document) == cut).all()


def test_merging_needs_two_of_one_class(document: Document) -> None:
    document.set_active_class(1)
    first = instances.new(document)
    document.set_active_class(2)
    second = instances.new(document)
    with pytest.raises(AnnotationError, match="two instances or more"):
        instances.merge(document, [first])
    with pytest.raises(AnnotationError, match="different classes"):
        instances.merge(document, [first, second])
    with pytest.raises(AnnotationError, match="no instance 999"):
        instances.merge(document, [first, 999])


def test_deleting_and_changing_the_class_are_a_persons_word(bench: Bench, document: Document) -> None:
    paint(document, 1, 0, 0, 3, 3, source=Provenance.MODEL)
    (segment,) = instances.components(document, 1)
    instances.set_class(document, [segment], 2)
    assert (document.labels.classes()[:3, :3] == 2).all()
    assert (document.labels.provenance[:3, :3] == Provenance.HUMAN).all()
    instances.delete(document, [segment])
    assert (document.labels.ids == UNLABELLED).all()
    assert document.labels.segments == {}
    bench.undo()
    assert (document.labels.classes()[:3, :3] == 2).all()


def test_instances_are_there_again_when_the_project_is_opened(bench: Bench, document: Document) -> None:
    document.set_active_class(1)
    segment = instances.new(document)
    paint(document, segment, 2, 2, 6, 6)
    folder = document.project.folder
    bench.close_project()
    assert bench.open_project(folder)
    assert bench.document is not None
    assert [(i.segment, i.area) for i in instances.instances(bench.document)] == [(segment, 16)]
