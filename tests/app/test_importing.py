"""Imports that go through, are stopped, fail half way, and are taken back."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from segstudio.app import importing
from segstudio.core.annotation import Annotation, Box, SampleState
from segstudio.core.classes import LabelSet
from segstudio.core.errors import ProjectError, StorageError
from segstudio.core.labels import Provenance
from segstudio.core.progress import finish
from segstudio.io.masks import write_mask
from segstudio.io.project import Project
from segstudio.io.project.project import SampleQuery
from segstudio.io.project.restore import RestorePoint

CLASSES = LabelSet.named(["background", "cell"])


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    """One image with a human's label, one box and a state; two more images are in the data set only."""
    data = tmp_path / "data"
    for folder in ("images", "masks"):
        (data / folder).mkdir(parents=True)
    for name in ("a", "b", "c"):
        Image.new("L", (8, 6)).save(data / "images" / f"{name}.png")
        write_mask(data / "masks" / f"{name}.png", np.ones((6, 8), np.uint16))
    made = Project.create(tmp_path / "p", CLASSES)
    (first,) = made.add_samples([(tmp_path / "data" / "images" / "a.png", 0)])
    ids = np.full((6, 8), 255, np.uint16)
    ids[0] = 0
    provenance = np.where(ids == 255, 0, Provenance.HUMAN).astype(np.uint8)
    made.write_labels(first, ids, provenance, CLASSES)
    made.save_annotation(first, Annotation((Box(1, 0, 0, 2, 2),), note="mine"), {}, [0])
    made.set_state(first, SampleState.DONE)
    with made:
        yield made


def state(project: Project) -> dict[str, object]:
    """Everything that people see of a project."""
    files = {p.relative_to(project.folder): p.read_bytes() for p in (project.folder / "samples").rglob("*.png")}
    rows = [(s, project.sample_rows(s.id)) for s in project.samples()]
    return {"files": files, "rows": rows, "classes": project.classes}


def test_an_import_spares_the_human_and_is_found_by_class(project: Project, tmp_path: Path) -> None:
    result = finish(importing.import_into(project.folder, "masks", tmp_path / "data"))
    assert (result.samples, result.problems) == (3, ())
    first, *others = project.stored()
    assert first.ids()[0].tolist() == [0] * 8
    assert (first.ids()[1:] == 1).all()
    assert set(np.unique(first.provenance()).tolist()) == {Provenance.HUMAN, Provenance.IMPORTED}
    assert all((s.ids() == 1).all() for s in others)
    assert len(project.sample_ids(SampleQuery(class_id=1))) == 3
    assert project.annotation(first.id).note == "mine"


def test_bare_masks_find_the_images_of_the_project_by_their_names(project: Project, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    write_mask(tmp_path / "elsewhere" / "a.png", np.ones((6, 8), np.uint16))
    result = finish(importing.import_into(project.folder, "masks", tmp_path / "elsewhere"))
    assert (result.samples, result.problems) == (1, ())
    (sample,) = project.stored()
    assert (sample.ids()[1:] == 1).all()


def test_taking_an_import_back_leaves_the_project_as_it_was(project: Project, tmp_path: Path) -> None:
    before = state(project)
    (tmp_path / "data" / "classes.json").write_text('{"classes": [{"id": 1, "name": "new", "color": "#010203"}]}')
    finish(importing.import_into(project.folder, "masks", tmp_path / "data", add_classes=True))
    project.reread()
    assert project.classes.find("new").color == (1, 2, 3)
    assert state(project) != before
    restored = importing.take_back(project.folder)
    assert (restored.restored, restored.kept) == (3, 0)
    project.reread()
    assert state(project) == before
    with pytest.raises(ProjectError, match="no import to take back"):
        importing.take_back(project.folder)


def test_what_was_worked_on_since_stays(project: Project, tmp_path: Path) -> None:
    finish(importing.import_into(project.folder, "masks", tmp_path / "data"))
    second = project.sample_ids()[1]
    project.save_annotation(second, Annotation((Box(1, 1, 1, 3, 3),)), {}, [1])
    restored = importing.take_back(project.folder)
    assert (restored.restored, restored.kept) == (2, 1)
    assert project.sample_ids() == [1, second]
    assert project.annotation(second).boxes == (Box(1, 1, 1, 3, 3),)
    assert (project.stored([second])[0].ids() == 1).all()


def test_stopping_half_way_leaves_the_project_as_it_was(project: Project, tmp_path: Path) -> None:
    before = state(project)
    work = importing.import_into(project.folder, "masks", tmp_path / "data")
    for progress in work:
        if "importing c" in progress.message:
            break
    assert state(project) != before
    work.close()
    assert state(project) == before


def test_a_disk_that_refuses_half_way_leaves_the_project_as_it_was(
    project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = state(project)
    write, calls = Project.write_labels, []

    def full(self: Project, *arguments: object, durable: bool = True) -> None:
        calls.append(arguments)
        if len(calls) == 3:
            raise StorageError(self.folder, "the disk is full")
        write(self, *arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(Project, "write_labels", full)
    with pytest.raises(StorageError, match="full"):
        finish(importing.import_into(project.folder, "masks", tmp_path / "data"))
    assert state(project) == before


@pytest.mark.skipif(not hasattr(os, "sync"), reason="this system writes out file by file only")
def test_an_import_waits_for_the_disk_once_before_it_counts_as_done(
    project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = []

    def sync() -> None:
        there = [project.labels_file(i).is_file() for i in project.sample_ids()]
        seen.append((there, RestorePoint(project).complete))

    monkeypatch.setattr(os, "sync", sync)
    finish(importing.import_into(project.folder, "masks", tmp_path / "data"))
    assert seen == [([True] * 3, False)]
    assert RestorePoint(project).complete


def test_what_a_killed_process_left_half_done_is_put_back_by_the_next(project: Project, tmp_path: Path) -> None:
    before = state(project)
    point = RestorePoint.begin(project)
    point.keep(1)
    project.save_annotation(1, Annotation(), {}, [])
    project.write_labels(1, np.zeros((6, 8), np.uint16), np.ones((6, 8), np.uint8), CLASSES)
    (added,) = project.add_samples([(tmp_path / "data" / "images" / "b.png", 0)])
    point.added(added)
    with (project.folder / "restore" / "samples.jsonl").open("a") as file:
        file.write('{"sample": 3, "ro')
    RestorePoint.begin(project).end()
    assert state(project) == before


def test_a_damaged_label_map_in_the_project_is_told_and_stays(project: Project, tmp_path: Path) -> None:
    file = project.labels_file(1)
    file.write_bytes(file.read_bytes()[:30])
    result = finish(importing.import_into(project.folder, "masks", tmp_path / "data", keep_going=True))
    assert result.samples == 2
    assert [p.path for p in result.problems] == [file]
    assert len(file.read_bytes()) == 30
