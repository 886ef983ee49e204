"""What computations write into images, at hand or not, and which pixels they pass over."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from segstudio.app.cleanup import CleanupOptions
from segstudio.app.document import Document
from segstudio.app.machine_edits import write_anywhere, write_together
from segstudio.app.workflows import clean_project
from segstudio.core.classes import LabelSet
from segstudio.core.errors import StorageError
from segstudio.core.geometry import Region
from segstudio.core.labels import UNLABELLED, Provenance
from segstudio.core.progress import finish
from segstudio.io.project import Project

SHAPE = 8, 10
TOP = Region(0, 0, 4, 10)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    paths = [tmp_path / f"{i}.png" for i in range(2)]
    for path in paths:
        Image.fromarray(np.zeros(SHAPE, np.uint8)).save(path)
    Project.create(tmp_path / "p", LabelSet.named(["background", "cat", "dog"]), paths).close()
    return tmp_path / "p.segstudio"


@pytest.fixture
def document(folder: Path) -> Iterator[Document]:
    document = opened(folder)
    yield document
    document.close()


def opened(folder: Path) -> Document:
    """Two images; the upper halves of both were said to be class 1 by a network, and class 1 is locked."""
    document = Document(Project.open(folder))
    for sample_id in document.order:
        document.goto(sample_id)
        with document.edit("Predict"):
            document.labels.write(TOP, 1, source=Provenance.MODEL)
    document.goto_first()
    document.save()
    document.lock(frozenset({1}))
    return document


def stored(document: Document, sample_id: int) -> np.ndarray:
    document.save()
    return np.asarray(document.project.load_labels(sample_id, SHAPE, {}).ids)


def test_a_locked_class_is_passed_over_in_an_image_that_is_not_at_hand(document: Document) -> None:
    other = document.order[1]
    write_anywhere(document, "Predict", other, np.full(SHAPE, 2, np.uint16), Provenance.MODEL)
    ids = stored(document, other)
    assert (ids[:4] == 1).all()
    assert (ids[4:] == 2).all()
    document.undo()
    ids = stored(document, other)
    assert (ids[:4] == 1).all()
    assert (ids[4:] == UNLABELLED).all()


def test_a_locked_class_is_passed_over_and_not_erased_in_many_images(document: Document) -> None:
    labels = {sample_id: np.full(SHAPE, UNLABELLED, np.uint8) for sample_id in document.order}
    for plane in labels.values():
        plane[2:6] = 2
    erase = {sample_id: np.ones(SHAPE, np.bool_) for sample_id in document.order}
    write_together(document, "Interpolate", labels, Provenance.PROPAGATED, erase=erase)
    for sample_id in document.order:
        ids = stored(document, sample_id)
        assert (ids[:4] == 1).all()
        assert (ids[4:6] == 2).all()
        assert (ids[6:] == UNLABELLED).all()
    assert (document.labels.ids[:4] == 1).all(), "the image at hand shows it"


def test_an_image_that_was_taken_out_and_a_class_that_was_removed_meanwhile_are_passed_over(document: Document) -> None:
    first, second = document.order
    document.lock(frozenset())
    computed = {i: np.full(SHAPE, 2, np.uint16) for i in (first, second, 999)}
    computed[second][:4] = 1
    document.set_classes(document.classes.without(2))
    write_together(document, "Interpolate", computed, Provenance.PROPAGATED)
    assert (stored(document, first)[4:] == UNLABELLED).all()
    assert (stored(document, second)[:4] == 1).all()
    assert document.project.sample_ids() == [first, second]


def test_a_lock_holds_when_the_project_is_opened_again_and_without_a_window(folder: Path) -> None:
    document = opened(folder)
    with document.edit("Speck"):
        document.labels.write(Region(6, 4, 7, 5), 2, source=Provenance.MODEL)
    sample_id = document.order[0]
    document.close()
    with Project.open(folder) as project:
        finish(clean_project(project, [sample_id], CleanupOptions(min_area=60)))
        ids = np.asarray(project.load_labels(sample_id, SHAPE, {}).ids)
    assert (ids[:4] == 1).all(), "40 pixels are a speck here, but they are locked"
    assert ids[6, 4] != 2
    again = Document(Project.open(folder))
    again.goto(sample_id)
    assert again.locked == again.labels.locked == {1}
    again.close()


def test_an_image_that_the_database_refuses_is_put_back_with_those_before_it(
    document: Document, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = document.order
    before = [document.project.labels_file(sample).read_bytes() for sample in ids]
    enter, asked = document.project.save_annotation, []

    def refuse_the_second(*args: Any) -> None:
        asked.append(args)
        if len(asked) == 2:
            raise StorageError(Path("project.db"), "the disk is full")
        enter(*args)

    document.lock(frozenset())
    with monkeypatch.context() as disk:
        disk.setattr(document.project, "save_annotation", refuse_the_second)
        with pytest.raises(StorageError):
            write_together(document, "X", dict.fromkeys(ids, np.full(SHAPE, 2, np.uint16)), Provenance.PROPAGATED)
    assert [document.project.labels_file(sample).read_bytes() for sample in ids] == before
