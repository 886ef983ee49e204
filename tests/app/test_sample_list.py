"""Images taken out of a project and brought back; states of many; images that were moved."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from segstudio.app.document import Document
from segstudio.app.marking import set_states
from segstudio.app.sample_list import find_moved, remove_samples, take_moved
from segstudio.core.annotation import Annotation, Box, SampleState
from segstudio.core.classes import LabelSet
from segstudio.core.errors import ProjectError
from segstudio.core.geometry import Region
from segstudio.core.labels import UNLABELLED, Provenance
from segstudio.core.progress import finish
from segstudio.io.project import Project
from tests.io.test_slice_records import write


@pytest.fixture
def document(tmp_path: Path) -> Iterator[Document]:
    paths = []
    for i in range(4):
        paths.append(tmp_path / "images" / f"{i}.png")
        paths[-1].parent.mkdir(exist_ok=True)
        Image.fromarray(np.full((8, 10, 3), 40 * i, np.uint8)).save(paths[-1])
    project = Project.create(tmp_path / "p", LabelSet.named(["background", "cat"]), paths)
    document = Document(Project.open(project.folder))
    document.goto_first()
    yield document
    document.close()


def label(document: Document) -> None:
    with document.edit("Brush"):
        document.labels.write(Region(0, 0, 4, 4), 1, source=Provenance.HUMAN)
        document.set_annotation(Annotation(boxes=(Box(1, 0, 0, 3, 3),), note="look again"))


def here(document: Document) -> str:
    assert document.sample is not None
    return document.sample.name


def test_the_next_image_is_taken_up_where_the_one_at_hand_goes(document: Document) -> None:
    ids = list(document.order)
    document.goto(ids[1])
    remove_samples(document, ids[1:3])
    assert here(document) == "3.png"
    remove_samples(document, ids[3:])
    assert here(document) == "0.png"
    assert document.project.sample_ids() == ids[:1]


def test_undo_brings_images_back_with_all_that_was_said_of_them_and_redo_takes_them_out(document: Document) -> None:
    first = document.order[0]
    label(document)
    document.set_state(SampleState.DONE)
    ids, note = document.labels.ids.copy(), document.annotation
    remove_samples(document, [first])
    assert first not in document.project.sample_ids()
    assert (document.labels.ids == UNLABELLED).all()
    document.undo()
    assert here(document) == "0.png"
    assert (document.labels.ids == ids).all()
    assert document.annotation == note
    assert document.project.sample(first).state is SampleState.DONE
    document.redo()
    assert first not in document.project.sample_ids()
    document.undo()
    document.undo()
    assert document.project.sample(first).state is SampleState.IN_PROGRESS, "that it is done is taken back"
    document.undo()
    assert (document.labels.ids == UNLABELLED).all(), "what was drawn before can still be taken back"
    assert document.annotation == Annotation()


def test_what_is_entered_on_leaving_comes_back_with_an_image(document: Document) -> None:
    def keep_note() -> None:
        if document.sample is not None and not document.annotation.note:
            with document.edit("Note"):
                document.set_annotation(Annotation(note="typed"))

    document.leaving.connect(keep_note)
    remove_samples(document, list(document.order))
    assert document.sample is None
    document.undo()
    assert document.annotation.note == "typed"


def test_all_images_can_go_and_come_back(document: Document) -> None:
    remove_samples(document, list(document.order))
    assert document.sample is None
    assert document.image is None
    assert document.project.sample_ids() == []
    document.undo()
    assert len(document.project.sample_ids()) == 4
    assert here(document) == "0.png"


def test_image_files_and_label_files_stay(document: Document) -> None:
    label(document)
    document.save()
    sample = document.sample
    assert sample is not None
    remove_samples(document, [sample.id])
    assert sample.path.is_file()
    assert document.project.has_labels(sample.id)


def test_an_image_that_was_added_again_cannot_come_back_twice(document: Document) -> None:
    sample = document.sample
    assert sample is not None
    remove_samples(document, [sample.id])
    document.add_images([(sample.path, 0)])
    with pytest.raises(ProjectError, match=r"0\.png was added again meanwhile"):
        document.undo()
    assert len(document.project.sample_ids()) == 4


def test_states_of_many(document: Document) -> None:
    told: list[int] = []
    document.sample_updated.connect(told.append)
    set_states(document, document.order[:3], SampleState.SKIPPED)
    assert document.project.counts()[SampleState.SKIPPED] == 3
    assert told == list(document.order[:3])
    assert document.sample is not None
    assert document.sample.state is SampleState.SKIPPED


def moved(document: Document, tmp_path: Path) -> Path:
    """The images lie in another folder now."""
    there = tmp_path / "archive" / "images"
    there.parent.mkdir()
    (tmp_path / "images").rename(there)
    return there


def test_images_that_were_moved_are_found_by_their_names(document: Document, tmp_path: Path) -> None:
    there = moved(document, tmp_path)
    document.goto(document.order[1])  # decoded before it was moved, or not: its file is what counts
    found = finish(find_moved(document.project.samples(), tmp_path / "archive"))
    assert len(found) == 4
    assert take_moved(document, found) == 4
    assert [sample.path for sample in document.project.samples()] == [there / f"{i}.png" for i in range(4)]
    assert document.problem is None
    document.undo()
    assert document.project.samples()[0].path == tmp_path / "images" / "0.png"


def test_of_several_with_one_name_the_one_in_folders_of_the_same_name_is_meant(
    document: Document, tmp_path: Path
) -> None:
    there = moved(document, tmp_path)
    other = tmp_path / "archive" / "thumbnails"
    other.mkdir()
    for i in range(4):
        Image.fromarray(np.zeros((2, 2), np.uint8)).save(other / f"{i}.png")
    found = finish(find_moved(document.project.samples(), tmp_path / "archive"))
    assert set(found.values()) == {there / f"{i}.png" for i in range(4)}


def test_where_a_name_does_not_tell_nothing_is_guessed(document: Document, tmp_path: Path) -> None:
    moved(document, tmp_path).rename(tmp_path / "archive" / "a")
    (tmp_path / "archive" / "b").mkdir()
    Image.fromarray(np.zeros((2, 2), np.uint8)).save(tmp_path / "archive" / "b" / "0.png")
    found = finish(find_moved(document.project.samples(), tmp_path / "archive"))
    assert tmp_path / "images" / "0.png" not in found
    assert len(found) == 3


def test_images_that_are_where_they_were_are_not_looked_for(document: Document, tmp_path: Path) -> None:
    assert finish(find_moved(document.project.samples(), tmp_path)) == {}
    assert take_moved(document, {}) == 0
    assert not document.history.can_undo


def test_the_folder_of_a_series_is_found_where_it_was_moved(tmp_path: Path) -> None:
    for z in (0, 10):
        write(tmp_path / "ct", z)
    with Project.create(tmp_path / "p", LabelSet.named(["a"]), [tmp_path / "ct"]) as project:
        samples = project.samples()
    assert finish(find_moved(samples, tmp_path)) == {}, "it is not missing"
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "ct").rename(tmp_path / "elsewhere" / "ct")
    assert finish(find_moved(samples, tmp_path)) == {tmp_path / "ct": tmp_path / "elsewhere" / "ct"}
