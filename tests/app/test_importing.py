"""Imports that go through, are stopped, fail half way, and are taken back."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from segstudio.app import importing
from segstudio.cli.main import main
from segstudio.core.annotation import Annotation, Box, SampleState
from segstudio.core.classes import LabelSet
from segstudio.core.errors import ProjectError, StorageError
from segstudio.core.geometry import Region
from segstudio.core.labels import Provenance
from segstudio.core.progress import finish
from segstudio.io.masks import write_mask
from segstudio.io.project import Project, SampleQuery
from segstudio.io.project.restore import Restored, RestorePoint, recover
from tests.app.conftest import Bench

killing = pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="this system has no such signal")
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


def test_images_that_came_with_labels_are_begun_and_others_are_still_to_do(project: Project, tmp_path: Path) -> None:
    for file in sorted((tmp_path / "data").rglob("*.png")):
        if "masks" in file.parts and file.name == "b.png":
            write_mask(file, np.full((6, 8), 255, np.uint16))
    finish(importing.import_into(project.folder, "masks", tmp_path / "data"))
    states = {sample.path.name: sample.state for sample in project.samples()}
    assert states.pop("a.png") is SampleState.DONE, "what a person said stays"
    assert states.pop("b.png") is SampleState.TODO
    assert set(states.values()) == {SampleState.IN_PROGRESS}, "nobody predicts over them as if they were untouched"


def test_bare_masks_find_the_images_of_the_project_by_their_names(project: Project, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    write_mask(tmp_path / "elsewhere" / "a.png", np.ones((6, 8), np.uint16))
    result = finish(importing.import_into(project.folder, "masks", tmp_path / "elsewhere"))
    assert (result.samples, result.problems) == (1, ())
    (sample,) = project.stored()
    assert (sample.ids()[1:] == 1).all()


def test_bare_masks_find_them_beside_a_folder_of_other_images_too(project: Project, tmp_path: Path) -> None:
    for folder in ("elsewhere/masks", "elsewhere/images"):
        (tmp_path / folder).mkdir(parents=True)
    Image.new("L", (8, 6)).save(tmp_path / "elsewhere" / "images" / "other.png")
    write_mask(tmp_path / "elsewhere" / "masks" / "a.png", np.ones((6, 8), np.uint16))
    result = finish(importing.import_into(project.folder, "masks", tmp_path / "elsewhere" / "masks"))
    assert (result.samples, result.problems) == (1, ())
    assert len(project.sample_ids()) == 1


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


KILLED = """
import os, signal, sys
from pathlib import Path
from segstudio.app import importing
from segstudio.io.project.restore import Restored, RestorePoint, recover
from tests.app.conftest import Bench

last, where = int(sys.argv[3]), sys.argv[4]

def counted(method):
    def call(self, *arguments):
        method(self, *arguments)
        call.times += 1
        if call.times == last:
            os.kill(os.getpid(), signal.SIGKILL)
    call.times = 0
    return call

setattr(RestorePoint, where, counted(getattr(RestorePoint, where)))
for _ in importing.import_into(Path(sys.argv[1]), "masks", Path(sys.argv[2]), add_classes=True):
    pass
"""


def killed(project: Project, data: Path, number: int, where: str) -> None:
    """An import in a process of its own that is killed when it noted the *number*-th sample at *where*."""
    command = [sys.executable, "-c", KILLED, str(project.folder), str(data), str(number), where]
    assert subprocess.run(command, timeout=60, check=False).returncode == -signal.SIGKILL
    project.reread()


def thirty(data: Path) -> None:
    """A data set of 30 images and a new class."""
    for number in range(27):
        Image.new("L", (8, 6)).save(data / "images" / f"n{number:02}.png")
        write_mask(data / "masks" / f"n{number:02}.png", np.full((6, 8), 2, np.uint16))
    classes = [{"id": 1, "name": "cell", "color": "#010203"}, {"id": 2, "name": "new", "color": "#040506"}]
    (data / "classes.json").write_text(json.dumps({"classes": classes}))


@killing
@pytest.mark.parametrize(("number", "where"), [(15, "changed"), (15, "adding"), (1, "keep")])
def test_opening_a_project_puts_back_an_import_whose_process_was_killed(
    bench: Bench, project: Project, tmp_path: Path, number: int, where: str
) -> None:
    thirty(tmp_path / "data")
    before = state(project)
    told: list[Restored] = []
    bench.importing.put_back.connect(told.append)
    killed(project, tmp_path / "data", number, where)
    assert state(project) != before
    assert bench.open_project(project.folder)
    project.reread()
    assert state(project) == before
    assert [restored.kept for restored in told] == [0]
    assert not bench.importing.can_take_back
    assert bench.open_project(project.folder)
    assert len(told) == 1


@killing
def test_what_a_window_saved_after_the_kill_stays(bench: Bench, project: Project, tmp_path: Path) -> None:
    thirty(tmp_path / "data")
    killed(project, tmp_path / "data", 15, "changed")
    worked_on, other = 1, 3
    labels = project.load_labels(worked_on, (6, 8), {})
    labels.write(Region(5, 0, 6, 8), 0, source=Provenance.HUMAN)
    project.write_labels(worked_on, labels.ids, labels.provenance, project.classes)
    told: list[Restored] = []
    bench.importing.put_back.connect(told.append)
    assert bench.open_project(project.folder)
    assert [(restored.kept, restored.restored) for restored in told] == [(1, 14)]
    assert bench.document is not None
    assert (bench.document.labels.ids[5] == 0).all()
    assert bench.document.order == [worked_on], f"{other} came with the import"


@killing
def test_an_image_that_came_in_just_before_the_kill_goes_out_again(project: Project, tmp_path: Path) -> None:
    before = state(project)
    killed(project, tmp_path / "data", 1, "adding")
    project.add_samples([(tmp_path / "data" / "images" / "b.png", 0)])  # as far as the import had come
    assert recover(project) is not None
    project.reread()
    assert state(project) == before


@killing
def test_a_command_puts_the_cut_off_import_back_and_says_so(
    project: Project, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    thirty(tmp_path / "data")
    before = state(project)
    killed(project, tmp_path / "data", 20, "changed")
    assert main(["export", str(project.folder), str(tmp_path / "out"), "--format", "masks"], lambda _: 0) == 0
    told = "the last import was cut off and is put back: the images are as they were before it"
    assert told in capsys.readouterr().err
    project.reread()
    assert state(project) == before
    assert main(["export", str(project.folder), str(tmp_path / "again"), "--format", "masks"], lambda _: 0) == 0
    assert told not in capsys.readouterr().err


@killing
def test_taking_back_an_import_that_was_killed_puts_all_of_it_back(project: Project, tmp_path: Path) -> None:
    before = state(project)
    killed(project, tmp_path / "data", 2, "changed")
    assert importing.take_back(project.folder).restored == 2
    project.reread()
    assert state(project) == before


@killing
def test_the_next_import_puts_back_what_the_last_line_tells_half(project: Project, tmp_path: Path) -> None:
    before = state(project)
    killed(project, tmp_path / "data", 2, "changed")
    with (project.folder / "restore" / "samples.jsonl").open("a") as file:
        file.write('{"sample": 3, "ro')
    RestorePoint.begin(project).end()
    project.reread()
    assert state(project) == before


def test_a_finished_import_stays_on_opening(bench: Bench, project: Project, tmp_path: Path) -> None:
    told: list[object] = []
    bench.importing.put_back.connect(told.append)
    finish(importing.import_into(project.folder, "masks", tmp_path / "data"))
    imported = state(project)
    assert bench.open_project(project.folder)
    assert state(project) == imported
    assert told == []
    assert bench.importing.can_take_back


def test_an_import_that_goes_on_is_left_alone(project: Project, tmp_path: Path) -> None:
    work = importing.import_into(project.folder, "masks", tmp_path / "data")
    for progress in work:
        if "importing c" in progress.message:
            break
    half = state(project)
    assert recover(project) is None
    assert state(project) == half
    with pytest.raises(ProjectError, match="another import into this project is under way"):
        finish(importing.import_into(project.folder, "masks", tmp_path / "data"))
    assert finish(work).samples == 3


def test_taking_back_goes_to_its_end_on_the_next_opening(
    project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = state(project)
    finish(importing.import_into(project.folder, "masks", tmp_path / "data"))
    put_back, calls = Project.restore_rows, []

    def once(self: Project, *arguments: object) -> None:
        put_back(self, *arguments)  # type: ignore[arg-type]
        calls.append(arguments)
        raise StorageError(self.folder, "the disk reported an error")

    with monkeypatch.context() as patch:
        patch.setattr(Project, "restore_rows", once)
        with pytest.raises(StorageError):
            importing.take_back(project.folder)
    assert recover(project) == Restored(3, 0)
    assert state(project) == before


def test_an_image_that_is_entered_twice_goes_back_to_what_it_was_first(project: Project) -> None:
    before = state(project)
    point = RestorePoint.begin(project)
    for label in (0, 1):
        point.keep(1)
        project.write_labels(1, np.full((6, 8), label, np.uint16), np.ones((6, 8), np.uint8), CLASSES)
        project.save_annotation(1, Annotation(), {}, [label])
        point.changed(1)
    point.end()
    assert importing.take_back(project.folder).restored == 1
    assert state(project) == before


def test_a_damaged_label_map_in_the_project_is_told_and_stays(project: Project, tmp_path: Path) -> None:
    file = project.labels_file(1)
    file.write_bytes(file.read_bytes()[:30])
    result = finish(importing.import_into(project.folder, "masks", tmp_path / "data", keep_going=True))
    assert result.samples == 2
    assert [p.path for p in result.problems] == [file]
    assert len(file.read_bytes()) == 30
