"""How far images have come is said, and taken back, like everything else."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from segstudio.app.document import Document
from segstudio.app.journal import Journal
from segstudio.app.marking import set_states
from segstudio.core.annotation import SampleState
from segstudio.core.classes import LabelSet
from segstudio.core.geometry import Region
from segstudio.core.labels import Provenance
from segstudio.io.project import Project

TODO, BEGUN, DONE, REVIEWED, SKIPPED = SampleState


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    files = []
    for i in range(4):
        files.append(tmp_path / f"{i}.png")
        Image.fromarray(np.full((20, 30), 40 * i, np.uint8)).save(files[-1])
    with Project.create(tmp_path / "p", LabelSet.named(["a", "b"]), files) as project:
        return project.folder


@pytest.fixture
def document(folder: Path) -> Iterator[Document]:
    opened = Document(Project.open(folder))
    opened.goto_first()
    yield opened
    opened.close()


def states(document: Document) -> list[SampleState]:
    return [sample.state for sample in document.project.samples()]


def paint(document: Document) -> None:
    with document.edit("Brush"):
        document.labels.write(Region(2, 2, 6, 6), 1, source=Provenance.HUMAN)


def at_hand(document: Document) -> SampleState:
    assert document.sample is not None
    return document.sample.state


def test_undo_goes_back_to_the_image_and_to_what_it_was(document: Document) -> None:
    first = document.sample
    assert first is not None
    document.set_state(DONE)
    document.step(1)
    document.set_state(SKIPPED)
    document.step(1)
    assert states(document) == [DONE, SKIPPED, TODO, TODO]
    document.undo()
    assert states(document) == [DONE, TODO, TODO, TODO]
    document.undo()
    assert document.sample == first
    assert states(document) == [TODO] * 4
    document.redo()
    assert at_hand(document) is DONE
    assert not document.dirty, "the state is with the project at once"


def test_an_image_that_was_begun_is_to_do_again_once_all_of_it_is_taken_back(document: Document) -> None:
    paint(document)
    document.set_state(DONE)
    assert at_hand(document) is DONE
    document.undo()
    assert at_hand(document) is BEGUN
    document.undo()
    assert at_hand(document) is TODO
    document.redo()
    document.redo()
    assert at_hand(document) is DONE


def test_the_same_state_again_is_no_step(document: Document) -> None:
    document.set_state(TODO)
    set_states(document, document.order, TODO)
    assert not document.history.can_undo


def test_many_are_marked_as_one_step(document: Document) -> None:
    document.set_state(REVIEWED)
    told: list[int] = []
    document.sample_updated.connect(told.append)
    set_states(document, document.order, DONE)
    assert states(document) == [DONE] * 4
    assert set(told) == set(document.order)
    assert at_hand(document) is DONE
    document.step(2)
    document.undo()
    assert states(document) == [REVIEWED, TODO, TODO, TODO]
    assert at_hand(document) is TODO
    document.redo()
    assert states(document) == [DONE] * 4


def test_a_state_that_is_said_in_an_edit_is_a_part_of_it(document: Document) -> None:
    with document.edit("Reject"):
        document.set_annotation(type(document.annotation)(note="too wide"))
        document.set_state(BEGUN)
    document.undo()
    assert document.annotation.note == ""
    assert at_hand(document) is TODO
    document.redo()
    assert document.annotation.note == "too wide"


def test_an_edit_that_is_given_up_leaves_the_state(document: Document) -> None:
    def give_up() -> None:
        with document.edit("Reject"):
            document.set_state(DONE)
            raise InterruptedError

    with pytest.raises(InterruptedError):
        give_up()
    assert states(document) == [TODO] * 4


def test_undoing_a_stroke_leaves_a_state_that_others_said(document: Document) -> None:
    paint(document)
    with document.edit("Brush"):
        document.labels.write(Region(8, 8, 9, 9), 1, source=Provenance.HUMAN)
    assert document.sample is not None
    document.project.set_state(document.sample.id, DONE)
    document.goto(document.sample.id)
    document.undo()
    assert at_hand(document) is DONE


def test_an_image_that_cannot_be_shown_is_marked_and_that_taken_back(document: Document, folder: Path) -> None:
    (folder.parent / "2.png").write_bytes(b"no image")
    document.goto(document.order[2])
    assert document.problem is not None
    document.set_state(SKIPPED)
    document.step(1)
    document.undo()
    assert states(document) == [TODO] * 4
    assert document.problem is not None
    assert not document.project.has_labels(document.order[2])


def test_states_are_kept_when_the_program_is_killed(document: Document, folder: Path) -> None:
    set_states(document, document.order[1:3], DONE)
    document.set_state(REVIEWED)
    copy = folder.with_name("killed.segstudio")
    document.project.settle_rows()
    shutil.copytree(folder, copy)
    entries = list(Journal(copy / "journal" / "edits.log").entries())
    assert entries == [], "there is nothing for the journal to tell"
    with Project.open(copy) as again:
        assert [sample.state for sample in again.samples()] == [REVIEWED, DONE, DONE, TODO]


def test_ten_thousand_are_told_of_as_one_list(tmp_path: Path) -> None:
    with Project.create(tmp_path / "many", LabelSet.named(["a"])) as project:
        project.add_samples((tmp_path / f"{i:05d}.png", 0) for i in range(10_000))
    document = Document(Project.open(tmp_path / "many.segstudio"))
    one: list[int] = []
    document.sample_updated.connect(one.append)
    set_states(document, document.order, SKIPPED)
    assert not one
    assert document.project.counts()[SKIPPED] == 10_000
    document.undo()
    assert document.project.counts()[TODO] == 10_000
    document.close()
