"""Saving beside the person who goes on: what is where at every moment, and that nothing is lost in between."""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from segstudio.app.document import Document
from segstudio.app.image_cache import ImageCache
from segstudio.app.journal import Journal
from segstudio.app.machine_edits import write_anywhere
from segstudio.core.annotation import Box
from segstudio.core.classes import LabelSet
from segstudio.core.errors import ProjectError, StorageError
from segstudio.core.geometry import Region
from segstudio.core.labels import UNLABELLED, Provenance
from segstudio.io.importers.base import ImportedDataset
from segstudio.io.project import Project
from segstudio.io.project import project as project_module
from tests.app.conftest import Bench
from tests.e2e.person import everything

CLASSES = LabelSet.named(["background", "cat", "dog"])
TOP, BOTTOM = Region(0, 0, 4, 10), Region(5, 0, 8, 10)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    paths = []
    for i in range(6):
        paths.append(tmp_path / f"{i}.png")
        Image.fromarray(np.full((8, 10), 40 * i, np.uint8)).save(paths[-1])
    Project.create(tmp_path / "p", CLASSES, paths).close()
    return tmp_path / "p.segstudio"


@pytest.fixture
def document(folder: Path) -> Iterator[Document]:
    """One whose saves wait for someone to write them."""
    document = Document(Project.open(folder))
    document.save_later = lambda: None
    document.goto_first()
    yield document
    document.close()


def paint(document: Document, value: int, region: Region = TOP) -> None:
    with document.edit("Brush"):
        document.labels.write(region, value, source=Provenance.HUMAN)


def box(document: Document) -> None:
    with document.edit("Box"):
        document.set_annotation(replace(document.annotation, boxes=(Box(2, 1, 1, 5, 5),)))


def records(document: Document) -> list[int]:
    return [entry.sample_id for entry in document.journal.entries()]


def after_a_crash(document: Document, place: Path) -> tuple[str, ...]:
    """What a program finds that opens the project as it lies on the disk now."""
    shutil.copytree(document.project.folder, place / "p.segstudio")
    for image in document.project.folder.parent.glob("*.png"):
        shutil.copy(image, place)
    again = Document(Project.open(place / "p.segstudio"))
    again.goto_first()
    found = everything(again)
    again.close()
    return found


def test_going_on_does_not_wait_and_going_back_shows_what_was_drawn(document: Document) -> None:
    paint(document, 1)
    box(document)
    first = document.order[0]
    document.step(1)
    assert document.labels.blank
    assert not document.project.has_labels(first)
    assert document.dirty
    document.step(-1)
    assert (document.labels.ids[:4] == 1).all()
    assert document.annotation.boxes == (Box(2, 1, 1, 5, 5),)
    paint(document, 2, BOTTOM)
    document.step(1)
    document.save()
    assert not document.dirty
    ids = document.project.load_labels(first, (8, 10), {}).ids
    assert (ids[:4] == 1).all()
    assert (ids[5:] == 2).all()
    assert not records(document)


def test_what_is_drawn_after_going_back_does_not_change_the_snapshot(document: Document) -> None:
    paint(document, 1)
    document.step(1)
    document.step(-1)
    paint(document, 2)
    document.saves.write()
    assert (document.project.load_labels(document.order[0], (8, 10), {}).ids[:4] == 1).all()
    document.save()
    assert (document.project.load_labels(document.order[0], (8, 10), {}).ids[:4] == 2).all()


def test_a_program_that_ends_between_any_two_steps_of_saving_loses_nothing(document: Document, tmp_path: Path) -> None:
    paint(document, 1)
    document.step(1)
    paint(document, 2)
    box(document)
    document.step(1)
    with document.edit("Add class"):
        document.set_classes(document.classes.added("bird"))
    paint(document, 3)
    document.step(-2)
    paint(document, UNLABELLED, Region(0, 0, 2, 10))
    document.undo()
    paint(document, 2, BOTTOM)
    document.step(1)
    paint(document, 1, BOTTOM)
    expected = after_a_crash(document, tmp_path / "before")
    steps = (document.saves.write, document.enter_saved, document.saves.settle, document.cut_saved)
    for number, step in enumerate(steps):
        step()
        assert after_a_crash(document, tmp_path / str(number)) == expected, step.__name__
    assert records(document) == [document.order[1]], "what is in the files is cut, the stroke since is not"
    document.save()
    assert everything(document) == expected


def test_what_the_disk_refuses_stays_and_the_others_are_saved(
    document: Document, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = document.order[:2]
    paint(document, 1)
    document.step(1)
    paint(document, 2)
    document.step(1)
    write = project_module.write_label_files

    def refuse_the_first(folder: Path, *args: object, **options: object) -> None:
        if folder == document.project.sample_folder(first):
            raise StorageError(folder, "permission denied")
        write(folder, *args, **options)  # type: ignore[arg-type]

    with monkeypatch.context() as disk:
        disk.setattr(project_module, "write_label_files", refuse_the_first)
        with pytest.raises(StorageError, match="permission denied"):
            document.save()
        assert document.dirty
        assert document.project.has_labels(second)
        assert len(document.saves) == 1
        document.goto(first)
        assert (document.labels.ids[:4] == 1).all(), "it is shown from memory"
        assert set(records(document)) == {first, second}, "the journal is cut at its old end only"
        with pytest.raises(StorageError):
            write_anywhere(document, "Predict", second, np.ones((8, 10), np.uint16), Provenance.MODEL)
        expected = after_a_crash(document, tmp_path / "crash")
    document.save()
    assert not document.dirty
    assert not records(document)
    assert everything(document) == expected


def test_no_more_than_a_few_samples_wait_in_memory(document: Document) -> None:
    for value in (0, 1, 2, 0):
        paint(document, value)
        document.step(1)
    assert len(document.saves) == 4
    paint(document, 1)
    document.step(1)
    assert not document.saves, "the fifth waited for all of them"


def test_a_machine_writes_over_nothing_that_waits(document: Document) -> None:
    paint(document, 1)
    first = document.order[0]
    document.step(1)
    write_anywhere(document, "Predict", first, np.full((8, 10), 2, np.uint16), Provenance.MODEL)
    assert not document.saves
    document.goto(first)
    assert (document.labels.ids[:4] == 1).all()
    assert (document.labels.ids[4:] == 2).all()


def test_half_a_record_on_a_full_disk_hides_none_that_follow(
    document: Document, monkeypatch: pytest.MonkeyPatch
) -> None:
    refused: list[BaseException] = []
    document.refused = refused.append
    paint(document, 1)

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as disk:
        disk.setattr(os, "fsync", full)
        paint(document, 2)
    assert "the disk is full" in str(refused[0])
    paint(document, 1, BOTTOM)
    assert [entry.patches[0].region for entry in document.journal.entries()] == [TOP, BOTTOM]
    assert document.dirty
    document.save()
    assert not records(document)


def test_a_save_that_ends_between_a_full_disk_and_the_next_stroke_cuts_nothing_that_is_not_saved(
    document: Document, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    def refuse(folder: Path, *_: object, **__: object) -> None:
        raise StorageError(folder, "the disk is full")

    document.refused = lambda _: None
    paint(document, 1)
    with monkeypatch.context() as disk:
        disk.setattr(os, "fsync", full)
        paint(document, 2, BOTTOM)
    document.cut_saved()
    with monkeypatch.context() as disk:
        disk.setattr(project_module, "write_label_files", refuse)
        with pytest.raises(StorageError):
            document.save()
    assert [entry.patches[0].region for entry in document.journal.entries()] == [TOP]


def test_a_note_on_an_image_that_is_gone_leaves_its_instances_and_pixels(document: Document) -> None:
    """Of a network drive that is away both the images and the files of labels are out of reach."""
    first = document.order[0]
    with document.edit("Brush"):
        segment = document.labels.new_segment(1)
        document.labels.write(TOP, segment, source=Provenance.HUMAN)
    image = document.project.sample(first).path
    away = image.rename(image.with_name("away.png"))
    for saved_before in (False, True):
        document.step(1)
        document.cache = ImageCache()
        document.goto(first)
        assert document.problem is not None
        with document.edit("Note"):
            document.set_annotation(replace(document.annotation, note=f"gone {saved_before}"))
        document.save()
        assert document.project.segments(first) == {segment: 1}
        assert document.project.class_use(1).pixels == 1
    away.rename(image)
    document.goto(first)
    assert (document.labels.ids[:4] == segment).all()
    assert document.annotation.note == "gone True"


def test_edits_of_an_image_that_was_taken_out_meanwhile_hold_nothing_up(document: Document) -> None:
    """As when an import is taken back while its image is painted on."""
    first, second = document.order[:2]
    document.save()
    paint(document, 1)
    with Project.open(document.project.folder) as other:
        other.remove_samples([first])
    document.reload()
    paint(document, 2)
    document.save()
    assert not document.dirty
    assert not records(document)
    assert document.project.has_labels(second)


@pytest.mark.parametrize("act", ["export", "import", "take back"])
def test_what_needs_the_files_does_not_begin_where_the_disk_refuses_to_save(
    bench: Bench, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, act: str
) -> None:
    def refuse(folder: Path, *_: object, **__: object) -> None:
        raise StorageError(folder, "the disk is full")

    assert bench.open_project(folder)
    document = bench.document
    assert document is not None
    paint(document, 1)
    begin: dict[str, Callable[[], object]] = {
        "export": lambda: bench.exporting.start("masks", tmp_path / "out"),
        "import": lambda: bench.importing.start(ImportedDataset("masks", tmp_path, CLASSES, (), ())),
        "take back": bench.importing.take_back,
    }
    with monkeypatch.context() as disk:
        disk.setattr(project_module, "write_label_files", refuse)
        begin[act]()
    assert ["the disk is full" in str(failure) for failure in bench.failures] == [True]
    assert document.dirty


def test_pages_are_read_in_the_order_in_which_they_were_written(document: Document) -> None:
    for i in range(12):
        paint(document, i // 8, Region(i % 8, 0, i % 8 + 1, 3))
        document.journal.turn_page()
    assert [e.patches[0].region.y0 for e in Journal(document.journal.path).entries()] == [i % 8 for i in range(12)]


def test_a_project_is_open_in_one_window_at_a_time(document: Document, bench: Bench) -> None:
    paint(document, 1)
    folder = document.project.folder
    with pytest.raises(ProjectError, match="open in another window"):
        Document(Project.open(folder))
    assert not bench.open_project(folder)
    assert "open in another window" in str(bench.failures[-1])
    assert records(document), "its journal is untouched"


def test_opening_the_open_project_again_is_no_second_one(folder: Path, bench: Bench) -> None:
    assert bench.open_project(folder)
    assert bench.document is not None
    paint(bench.document, 1)
    assert bench.open_project(folder)
    assert (bench.document.project.load_labels(bench.document.order[0], (8, 10), {}).ids[:4] == 1).all()
    assert not bench.failures


def test_the_workbench_saves_in_the_background_until_nothing_waits(folder: Path, bench: Bench) -> None:
    bench.open_project(folder)
    document = bench.document
    assert document is not None
    for value in (0, 1, 2):
        paint(document, value)
        document.step(1)
    assert document.dirty
    bench.work_until(lambda: not document.dirty)
    assert [document.project.has_labels(i) for i in document.order[:4]] == [True] * 3 + [False]
    assert not records(document)


def test_closing_waits_for_what_is_to_be_saved(folder: Path, bench: Bench) -> None:
    bench.open_project(folder)
    document = bench.document
    assert document is not None
    for value in (0, 1):
        paint(document, value)
        document.step(1)
    paint(document, 2)
    bench.close_project()
    with Project.open(folder) as project:
        assert [int(project.load_labels(i, (8, 10), {}).ids[0, 0]) for i in (1, 2, 3)] == [0, 1, 2]
    assert not list((folder / "journal").glob("edits.log*"))


def test_a_refusal_in_the_background_is_told_and_tried_again(
    folder: Path, bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.open_project(folder)
    document = bench.document
    assert document is not None
    paint(document, 1)

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as disk:
        disk.setattr(os, "replace", full)
        document.step(1)
        bench.work_until(lambda: bench.failures)
    assert "the disk is full" in str(bench.failures[0])
    assert document.dirty
    assert records(document) == [document.order[0]]
    assert len(bench.failures) == 1
    bench._retry_at = 0.0  # half a minute later
    bench.work_until(lambda: not document.dirty)
    assert document.project.has_labels(document.order[0])


def test_half_a_stroke_is_not_saved(document: Document) -> None:
    """A machine's result for another image has everything saved that waits, and the person draws meanwhile."""
    paint(document, 1)
    with suppress(InterruptedError), document.edit("Brush"):
        document.labels.write(BOTTOM, 2, source=Provenance.HUMAN)
        document.save()
        raise InterruptedError  # Escape
    assert document.dirty
    document.save()
    ids = document.project.load_labels(document.order[0], (8, 10), {}).ids
    assert (ids[:4] == 1).all()
    assert (ids[5:] == UNLABELLED).all()
