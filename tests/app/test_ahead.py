"""What is made ready of the images before and after the one at hand."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from segstudio.app.document import Document
from segstudio.core.classes import LabelSet
from segstudio.core.geometry import Region
from segstudio.core.labels import LabelMap, Provenance
from segstudio.io import images
from segstudio.io.project import Project
from tests.app.conftest import Bench

CLASSES = LabelSet.named(["a", "b", "c"])
SHAPE = (20, 30)


@pytest.fixture
def document(bench: Bench, tmp_path: Path) -> Document:
    """Five images; the second one is labelled with class 1 on its upper half and an instance below."""
    files = [tmp_path / f"{i}.png" for i in range(5)]
    for file in files:
        Image.fromarray(np.zeros(SHAPE, np.uint8)).save(file)
    project = Project.create(tmp_path / "p", CLASSES)
    ids = project.add_samples([(file, 0) for file in files])
    write(project, ids[1], 1, {256: 2})
    project.close()
    bench.open_project(tmp_path / "p.segstudio")
    assert bench.document is not None
    bench.goto(ids[0])
    return bench.document


def write(project: Project, sample_id: int, class_id: int, segments: Mapping[int, int]) -> None:
    ids = np.full(SHAPE, class_id, np.uint16)
    ids[10:] = 256
    project.write_labels(sample_id, ids, np.full(SHAPE, Provenance.IMPORTED, np.uint8), CLASSES)
    annotation = project.annotation(sample_id)
    project.save_annotation(sample_id, annotation, segments, frozenset({class_id, *segments.values()}))


class Reads:
    """The samples whose label files the main thread read itself."""

    def __init__(self, document: Document, monkeypatch: pytest.MonkeyPatch) -> None:
        self.of: list[int] = []
        load = document.project.load_labels

        def counted(sample_id: int, shape: tuple[int, int], segments: Mapping[int, int]) -> LabelMap:
            self.of.append(sample_id)
            return load(sample_id, shape, segments)

        monkeypatch.setattr(document.project, "load_labels", counted)


@pytest.fixture
def reads(document: Document, monkeypatch: pytest.MonkeyPatch) -> Reads:
    return Reads(document, monkeypatch)


def settle(bench: Bench) -> None:
    document = bench.document
    bench.work_until(lambda: not bench.jobs.busy and not (document is not None and document.dirty))


def test_the_labels_of_the_next_image_are_read_before_a_person_goes_there(
    bench: Bench, document: Document, reads: Reads
) -> None:
    settle(bench)
    bench.next()
    assert reads.of == []
    assert (document.labels.ids[:10] == 1).all()
    assert (document.labels.ids[10:] == 256).all()
    assert document.labels.segments == {256: 2}
    assert (document.labels.provenance == Provenance.IMPORTED).all()


def test_labels_that_were_written_meanwhile_are_read_anew(bench: Bench, document: Document, reads: Reads) -> None:
    settle(bench)
    write(document.project, document.order[1], 2, {256: 2})
    bench.next()
    assert reads.of == [document.order[1]]
    assert (document.labels.ids[:10] == 2).all()


def test_instances_that_are_of_another_class_by_now_are_so_at_once(bench: Bench, document: Document) -> None:
    settle(bench)
    project, sample_id = document.project, document.order[1]
    project.save_annotation(sample_id, project.annotation(sample_id), {256: 0}, None)
    bench.next()
    assert document.labels.segments == {256: 0}


def test_what_was_drawn_is_there_when_one_comes_back(bench: Bench, document: Document, reads: Reads) -> None:
    """Before it was saved, and after; what was read ahead of it is older."""
    settle(bench)
    bench.next()
    with document.edit("Brush"):
        document.labels.write(Region(0, 0, 5, 5), 2, source=Provenance.HUMAN)
    bench.next()
    bench.previous()
    assert (document.labels.ids[:5, :5] == 2).all()
    bench.next()
    settle(bench)
    bench.previous()
    assert (document.labels.ids[:5, :5] == 2).all()
    assert document.order[1] not in reads.of, "it was read ahead again once it was saved"


def test_labels_are_given_to_one_who_may_paint_on_them_only(bench: Bench, document: Document) -> None:
    settle(bench)
    bench.next()
    first = document.labels
    bench.goto(document.order[1])
    assert document.labels is not first


def test_damaged_labels_are_told_when_one_goes_there(bench: Bench, document: Document) -> None:
    document.project.labels_file(document.order[1]).write_bytes(b"no mask")
    bench.goto(document.order[2])
    bench.goto(document.order[0])
    settle(bench)
    assert document.problem is None
    bench.next()
    assert document.problem is not None


def test_what_is_ready_belongs_to_the_open_project(bench: Bench, document: Document, tmp_path: Path) -> None:
    settle(bench)
    other = Project.create(tmp_path / "q", CLASSES)
    other.add_samples([(tmp_path / f"{i}.png", 0) for i in range(5)])
    other.close()
    bench.open_project(tmp_path / "q.segstudio")
    bench.next()
    assert bench.document is not None
    assert bench.document.labels.blank


def test_the_way_a_person_walks_is_made_ready_first(bench: Bench, document: Document) -> None:
    bench.goto(document.order[2])
    bench.next()
    assert [sample.id for sample in document.neighbours()] == [document.order[4], document.order[2]]
    bench.previous()
    assert [sample.id for sample in document.neighbours()] == [document.order[i] for i in (1, 0, 3)]


def test_a_picture_is_made_of_image_and_labels_and_given_once(bench: Bench, document: Document) -> None:
    bench.ahead.draw = lambda image, labels: (image, labels)
    bench.goto(document.order[4])  # lets go of what was made ready before
    bench.goto(document.order[2])
    settle(bench)
    bench.previous()
    assert bench.ahead.picture(document.order[1]) == (document.image, document.labels)
    assert bench.ahead.picture(document.order[1]) is None


def test_an_image_that_is_just_being_decoded_is_not_decoded_twice(
    bench: Bench, document: Document, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who goes there in the middle of it waits for the rest."""
    decoded: list[str] = []
    begun, go_on = threading.Event(), threading.Event()
    open_image = images.open_image

    def slowly(path: Path, frame: int = 0) -> images.Image:
        decoded.append(path.name)
        if threading.current_thread() is not threading.main_thread():
            begun.set()
            go_on.wait(30)
        return open_image(path, frame)

    settle(bench)
    monkeypatch.setattr(images, "open_image", slowly)
    bench.goto(document.order[3])
    assert begun.wait(30)
    begun.clear()
    assert decoded == ["3.png", "4.png"]
    threading.Timer(0.1, go_on.set).start()
    bench.next()
    assert document.image is not None
    assert document.image.path.name == "4.png"
    assert decoded == ["3.png", "4.png"]


def test_an_image_that_cannot_be_decoded_ahead_is_told_when_one_goes_there(
    bench: Bench, document: Document, tmp_path: Path
) -> None:
    (tmp_path / "3.png").write_bytes(b"no image")
    bench.goto(document.order[2])
    settle(bench)
    bench.next()
    assert document.problem is not None
    Image.fromarray(np.zeros(SHAPE, np.uint8)).save(tmp_path / "3.png")
    bench.previous()
    bench.next()
    assert document.problem is None
