"""The open document: moving, editing, saving, and coming back after a crash."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from segstudio.app.contents import contents
from segstudio.app.document import Document
from segstudio.app.history import Facts
from segstudio.app.journal import Journal
from segstudio.core import labels as labels_module
from segstudio.core.annotation import Annotation, Box, SampleState
from segstudio.core.classes import LabelSet
from segstudio.core.geometry import Region
from segstudio.core.labels import UNLABELLED, Provenance
from segstudio.core.tiled import TiledArray
from segstudio.io.project import Project
from segstudio.io.project.predictions import write_prediction

CLASSES = LabelSet.named(["background", "cat", "dog"])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    paths = []
    for i in range(3):
        paths.append(tmp_path / f"{i}.png")
        Image.fromarray(np.full((40, 50, 3), 40 * i, np.uint8)).save(paths[-1])
    Project.create(tmp_path / "p", CLASSES, paths).close()
    return tmp_path / "p.segstudio"


@pytest.fixture
def document(folder: Path) -> Iterator[Document]:
    document = Document(Project.open(folder))
    document.goto_first()
    yield document
    document.close()


SQUARE = Region(5, 5, 20, 20)


def paint(document: Document, value: int, region: Region = SQUARE) -> None:
    with document.edit("Brush"):
        document.labels.write(region, value, source=Provenance.HUMAN)


def test_next_saves_and_previous_brings_the_labels_back(document: Document) -> None:
    paint(document, 1)
    assert document.dirty
    assert document.step(1)
    assert document.labels.blank
    assert document.step(-1)
    assert (document.labels.ids[5:20, 5:20] == 1).all()
    assert not document.step(-1), "there is nothing before the first"


def test_the_first_edit_puts_a_sample_in_progress(document: Document) -> None:
    assert document.sample is not None
    assert document.sample.state is SampleState.TODO
    paint(document, 1)
    assert document.project.sample(document.sample.id).state is SampleState.IN_PROGRESS


def test_undo_goes_back_to_the_sample_of_the_edit(document: Document) -> None:
    assert document.sample is not None
    first = document.sample.id
    paint(document, 1)
    document.step(1)
    paint(document, 2)
    document.undo()
    assert document.sample.id != first
    document.undo()
    assert document.sample.id == first
    assert (document.labels.ids == UNLABELLED).all()
    document.redo()
    assert (document.labels.ids[5:20, 5:20] == 1).all()


def test_undo_is_a_change_that_is_saved(document: Document, folder: Path) -> None:
    assert document.sample is not None
    sample = document.sample.id
    paint(document, 1)
    document.save()
    document.undo()
    assert document.dirty
    document.save()
    with Project.open(folder) as project:
        assert (project.load_labels(sample, (40, 50), {}).ids == UNLABELLED).all()


def test_a_computed_result_spares_the_human_and_is_one_step(document: Document) -> None:
    assert document.sample is not None
    paint(document, 1)
    everywhere = np.full((40, 50), 2, np.uint8)
    assert document.write_result("Propagate scribbles", document.sample.id, everywhere, Provenance.PROPAGATED)
    assert (document.labels.ids[5:20, 5:20] == 1).all()
    assert (document.labels.ids == 2).sum() == 40 * 50 - 15 * 15
    document.undo()
    assert (document.labels.ids == UNLABELLED).sum() == 40 * 50 - 15 * 15


def test_a_result_for_another_sample_is_dropped(document: Document) -> None:
    assert document.sample is not None
    stale = document.sample.id
    document.step(1)
    assert not document.write_result("Predict", stale, np.full((40, 50), 2, np.uint8), Provenance.MODEL)
    assert document.labels.blank


def test_an_image_that_cannot_be_read_says_why_and_lets_one_go_on(folder: Path) -> None:
    (folder.parent / "1.png").write_bytes(b"\x89PNG\r\n\x1a\nbroken")
    document = Document(Project.open(folder))
    document.goto_first()
    document.step(1)
    assert document.problem is not None
    assert "1.png" in str(document.problem)
    assert document.step(1)
    assert document.problem is None
    document.close()


def test_an_image_whose_file_was_changed_is_read_again_and_that_is_told_once(document: Document, folder: Path) -> None:
    told: list[str] = []
    document.replaced.connect(lambda sample: told.append(sample.name))
    document.step(1)
    document.step(-1)
    assert not told
    first = document.image
    assert first is not None
    document.step(1)
    Image.fromarray(np.full((40, 50, 3), 77, np.uint8)).save(folder.parent / "0.png")
    document.step(-1)
    assert document.image is not None
    assert (document.image.array == 77).all()
    assert told == ["0.png"]
    document.step(1)
    document.step(-1)
    assert told == ["0.png"]
    assert document.cache.get(document.project.sample(document.order[0])) is document.image


def test_an_image_whose_file_is_gone_is_not_shown_from_memory(document: Document, folder: Path) -> None:
    paint(document, 1)
    document.step(1)
    held = (folder.parent / "0.png").read_bytes()
    (folder.parent / "0.png").unlink()
    document.step(-1)
    assert document.image is None
    assert document.problem is not None
    assert "0.png: no such file or folder" in str(document.problem)
    document.step(1)
    (folder.parent / "0.png").write_bytes(held)
    document.step(-1)
    assert document.problem is None
    assert document.labels.ids[6, 6] == 1, "the labels were kept"


def test_an_image_of_another_size_than_its_labels_says_so(document: Document, folder: Path) -> None:
    paint(document, 1)
    document.step(1)
    Image.fromarray(np.zeros((20, 30, 3), np.uint8)).save(folder.parent / "0.png")
    document.step(-1)
    assert document.image is None
    assert "30x20" in str(document.problem)


def test_class_edits_are_undone(document: Document) -> None:
    with document.edit("Rename class"):
        document.set_classes(document.classes.changed(1, name="lion"))
    assert document.project.classes[1].name == "lion"
    document.undo()
    assert document.classes[1].name == "cat"
    assert document.project.classes[1].name == "cat"


def test_after_a_crash_everything_finished_is_there(folder: Path) -> None:
    document = Document(Project.open(folder))
    document.goto_first()
    assert document.sample is not None
    sample = document.sample.id
    paint(document, 1)
    with document.edit("Box"):
        document.set_annotation(replace(document.annotation, boxes=(Box(2, 1, 1, 9, 9),)))
    paint(document, 2, Region(0, 0, 3, 3))
    document.undo()
    with document.edit("Rename class"):
        document.set_classes(document.classes.changed(2, name="wolf"))
    ids, provenance = document.labels.ids.copy(), document.labels.provenance.copy()
    # a crash: nothing is saved, nothing is closed in order; half a record is at the journal's end
    document.journal.close()  # the file handle alone; its records stay
    document.project.close()
    journal = folder / "journal" / "edits.log"
    whole = journal.read_bytes()
    journal.write_bytes(whole + whole[:40])

    again = Document(Project.open(folder))
    again.goto(sample)
    np.testing.assert_array_equal(again.labels.ids, ids)
    np.testing.assert_array_equal(again.labels.provenance, provenance)
    assert again.annotation.boxes == (Box(2, 1, 1, 9, 9),)
    assert again.classes[2].name == "wolf"
    assert not list(again.journal.entries())
    again.close()


def test_a_journal_that_cannot_be_placed_is_kept(folder: Path) -> None:
    document = Document(Project.open(folder))
    document.goto_first()
    paint(document, 1)
    document.journal.close()  # the file handle alone; its records stay
    document.project.close()
    (folder.parent / "0.png").unlink()
    Document(Project.open(folder)).close()
    kept = list((folder / "journal").glob("*.kept*"))
    assert len(kept) == 1
    assert len(list(Journal(kept[0]).entries())) == 1


def test_every_finished_edit_is_on_the_disk_at_once(document: Document) -> None:
    for i in range(3):
        paint(document, i, Region(i, i, i + 5, i + 5))
        assert len(list(Journal(document.journal.path).entries())) == i + 1
    document.save()
    assert not document.journal.path.exists()


def test_saving_beside_later_edits_keeps_them_in_the_journal(document: Document) -> None:
    paint(document, 1)
    document.take_snapshot()
    paint(document, 2, Region(30, 30, 35, 35))
    document.saves.write()
    document.enter_saved()
    document.saves.settle()
    document.cut_saved()
    assert document.dirty
    (left,) = document.journal.entries()
    assert left.patches[0].region == Region(30, 30, 35, 35), "what the snapshot holds is cut"


def test_a_result_that_comes_in_the_middle_of_a_stroke_waits_for_its_end(document: Document) -> None:
    assert document.sample is not None
    everywhere = np.full((40, 50), 2, np.uint8)
    with document.edit("Brush"):
        document.labels.write(SQUARE, 1, source=Provenance.HUMAN)
        assert document.write_result("Predict", document.sample.id, everywhere, Provenance.MODEL)
        assert document.undo() is None, "there is nothing to undo in the middle of a stroke"
        assert not (document.labels.ids == 2).any()
    assert (document.labels.ids[5:20, 5:20] == 1).all()
    assert (document.labels.ids == 2).sum() == 40 * 50 - 15 * 15
    assert [document.history.undo().name for _ in range(2)] == ["Predict", "Brush"]


def test_what_a_network_said_is_remembered_for_its_sample_or_read_from_beside_the_labels(document: Document) -> None:
    assert document.sample is not None
    said = np.full((40, 50), 1, np.uint16)
    assert document.prediction() is None
    document.write_result("Predict", document.sample.id, said, Provenance.MODEL)
    np.testing.assert_array_equal(document.prediction(), said)
    other = document.order[1]
    write_prediction(document.project.sample_folder(other), said * 2, np.ones((40, 50), np.float32))
    document.goto(other)
    np.testing.assert_array_equal(document.prediction(), said * 2)


def test_a_snapshot_of_a_large_map_copies_no_pixel_and_stays_as_it_was(
    document: Document, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(labels_module, "TILED_FROM", 100)
    paint(document, 1)
    document.take_snapshot()
    assert document.sample is not None
    snapshot = document.saves.of(document.sample.id)
    assert snapshot is not None
    held: object = document.labels.ids
    copied: object = snapshot.ids
    assert isinstance(held, TiledArray)
    assert isinstance(copied, TiledArray)
    assert copied._tiles[0, 0] is held._tiles[0, 0]
    paint(document, 0)
    assert (copied[6, 6], held[6, 6]) == (1, 0)
    document.saves.write()
    assert document.project.load_labels(document.sample.id, (40, 50), {}).ids[6, 6] == 1
    assert document.unsaved, "the second stroke came after the snapshot"


def test_the_classes_of_a_map_are_those_of_all_its_rows() -> None:
    facts = Facts(Annotation(), {300: 2}, CLASSES)
    ids = np.full((3, 1 << 18), UNLABELLED, np.uint16)
    assert contents(ids, facts) == frozenset()
    ids[0, 5], ids[2, -1] = 1, 300
    assert contents(ids, facts) == {1, 2}
    assert contents(ids[:0], facts) == frozenset()
