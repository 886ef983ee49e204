"""An import, and taking it back, while someone paints: no stroke is overwritten, and none is lost."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from segstudio.app import importing
from segstudio.app.document import Document
from segstudio.app.workbench import Workbench
from segstudio.core.annotation import Annotation, Box
from segstudio.core.classes import LabelSet
from segstudio.core.geometry import Region
from segstudio.core.labels import UNLABELLED, Provenance
from segstudio.core.progress import finish
from segstudio.io.importers import IMPORTERS
from segstudio.io.masks import write_mask
from segstudio.io.project import Project
from segstudio.io.project.restore import Restored

STROKE = Region(2, 2, 6, 12)
CLASSES = LabelSet.named(["a", "b", "c"])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A project of three images, and a data set of masks that fills each with class 2."""
    files = []
    for name in "xyz":
        files.append(tmp_path / f"{name}.png")
        Image.fromarray(np.full((20, 30), 90, np.uint8)).save(files[-1])
        (tmp_path / "data").mkdir(exist_ok=True)
        write_mask(tmp_path / "data" / f"{name}.png", np.full((20, 30), 2, np.uint16), {})
    with Project.create(tmp_path / "p", CLASSES, files) as project:
        return project.folder


@pytest.fixture
def document(folder: Path) -> Iterator[Document]:
    opened = Document(Project.open(folder))
    opened.goto_first()
    yield opened
    opened.close()


def paint(document: Document) -> None:
    with document.edit("Brush"):
        document.labels.write(STROKE, 1, source=Provenance.HUMAN)


def stroke_is_there(document: Document) -> bool:
    return bool((document.labels.ids[STROKE.slices] == 1).all())


def steps(document: Document, folder: Path) -> Iterator[str]:
    """The import as another thread does it, image by image."""
    with Project.open(folder) as project:
        source = folder.parent / "data"
        found = finish(IMPORTERS["masks"].read(source, project.classes, images=folder.parent))
        for progress in importing.enter(project, found, document.saves.alone):
            yield progress.message


@pytest.mark.parametrize("saved", [True, False], ids=["saved", "not saved"])
@pytest.mark.parametrize("late", [True, False], ids=["after its import", "before its import"])
def test_a_stroke_during_an_import_is_kept(document: Document, folder: Path, saved: bool, late: bool) -> None:
    going = steps(document, folder)
    for _ in range(2 if late else 1):
        next(going)
    paint(document)
    if saved or not late:
        document.save()
    for _ in going:
        pass
    document.reload()
    assert stroke_is_there(document)
    for sample_id in document.order[1:]:
        document.goto(sample_id)
        assert (document.labels.ids == 2).all()
    document.goto(document.order[0])
    assert stroke_is_there(document)


def test_what_is_on_its_way_to_the_disk_is_there_before_the_import_reads_it(document: Document, folder: Path) -> None:
    paint(document)
    document.take_snapshot()
    assert len(document.saves) == 1
    done = threading.Event()

    def bring() -> None:
        for _ in steps(document, folder):
            pass
        done.set()

    thread = threading.Thread(target=bring)
    thread.start()
    time.sleep(0.3)
    assert not done.is_set(), "it waits for the stroke"
    document.save()
    thread.join(30)
    assert done.is_set()
    document.reload()
    assert stroke_is_there(document)
    assert (document.labels.ids[10:] == 2).all(), "and writes around it"


def bench_on(folder: Path) -> Workbench:
    bench = Workbench(lambda act: act())
    assert bench.open_project(folder)
    return bench


def test_an_import_that_is_taken_back_leaves_an_image_that_is_being_painted_on(folder: Path) -> None:
    bench = bench_on(folder)
    document = bench.document
    assert document is not None
    told: list[Restored] = []
    bench.importing.taken_back.connect(told.append)
    for _ in steps(document, folder):
        pass
    document.reload()
    document.goto(document.order[0])
    assert (document.labels.ids == 2).all()
    paint(document)
    assert document.dirty, "nothing but memory and journal know of the stroke"
    bench.importing.take_back()
    assert told == [Restored(2, 1)]
    assert stroke_is_there(document)
    assert (document.labels.ids[10:] == 2).all(), "its image was worked on: it stays as it is"
    document.goto(document.order[1])
    assert (document.labels.ids == UNLABELLED).all()
    document.goto(document.order[0])
    assert stroke_is_there(document)
    bench.shut_down()
    with Project.open(folder) as project:
        (kept, *_) = project.stored()
        assert (kept.ids()[STROKE.slices] == 1).all()


def test_the_image_at_hand_shows_what_it_was_when_nobody_painted_on_it(folder: Path) -> None:
    bench = bench_on(folder)
    document = bench.document
    assert document is not None
    document.goto(document.order[0])
    with document.edit("Box"):
        document.set_annotation(Annotation(boxes=(Box(1, 1, 1, 5, 5),)))
    document.save()
    for _ in steps(document, folder):
        pass
    document.reload()
    assert (document.labels.ids == 2).all()
    bench.importing.take_back()
    assert (document.labels.ids == UNLABELLED).all()
    assert document.annotation.boxes == (Box(1, 1, 1, 5, 5),)
    assert not bench.importing.can_take_back
    bench.shut_down()


def test_stop_comes_too_late_for_an_import_that_is_being_taken_back(folder: Path) -> None:
    bench = bench_on(folder)
    document = bench.document
    assert document is not None
    for _ in steps(document, folder):
        pass
    document.reload()
    document.wide.underway.connect(lambda progress: bench.stop_change() if progress is not None else None)
    failures: list[BaseException] = []
    bench.failed.connect(lambda error, _: failures.append(error))
    bench.importing.take_back()
    assert not failures
    for sample_id in document.order:
        document.goto(sample_id)
        assert (document.labels.ids == UNLABELLED).all()
    assert not bench.importing.can_take_back
    bench.shut_down()
