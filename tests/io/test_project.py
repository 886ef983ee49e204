"""Projects on disk."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from segstudio.core.annotation import Annotation, Box, ImageTag, Polygon, SampleState
from segstudio.core.classes import LabelSet
from segstudio.core.errors import FormatError, MaskError, OptionError, ProjectError, SegStudioError, StorageError
from segstudio.core.geometry import Region
from segstudio.core.labels import UNLABELLED, LabelMap, Provenance
from segstudio.io.class_files import load_classes, presets, save_classes
from segstudio.io.project import Project, SampleOrder, SampleQuery

CLASSES = LabelSet.named(["background", "cat", "dog"])


@pytest.fixture
def image(tmp_path: Path) -> Path:
    path = tmp_path / "图像 ä.png"
    Image.fromarray(np.zeros((20, 30, 3), np.uint8)).save(path)
    return path


def labelled(shape: tuple[int, int] = (20, 30)) -> LabelMap:
    labels = LabelMap(shape)
    labels.write(Region(0, 0, 5, 5), 1, source=Provenance.HUMAN)
    labels.write(labels.region, 2, source=Provenance.MODEL)
    return labels


def test_everything_is_there_again_after_reopening(tmp_path: Path, image: Path) -> None:
    with Project.create(tmp_path / "work", CLASSES, [image]) as project:
        (sample_id,) = project.sample_ids()
        labels = labelled()
        segment = labels.new_segment(2)
        labels.write(Region(10, 10, 12, 12), segment, source=Provenance.HUMAN)
        project.write_labels(sample_id, labels.ids, labels.provenance, project.classes)
        annotation = Annotation(
            boxes=(Box(1, 2, 3, 4, 5), Box(2, 0, 0, 9, 9)),
            polygons=(Polygon(1, ((0.5, 1.0), (2.0, 3.0), (4.0, 0.0)), (((1.0, 1.0), (1.5, 1.0), (1.0, 1.5)),)),),
            tags=(ImageTag(1), ImageTag(2, present=False)),
            note="look again",
        )
        project.save_annotation(sample_id, annotation, labels.segments, {1, 2})
        project.set_state(sample_id, SampleState.DONE)
        folder = project.folder
    assert folder.name == "work.segstudio"
    with Project.open(folder) as again:
        assert again.classes == CLASSES
        sample = again.sample(sample_id)
        assert sample.path == image
        assert sample.state is SampleState.DONE
        assert again.annotation(sample_id) == annotation
        loaded = again.load_labels(sample_id, (20, 30), again.segments(sample_id))
        np.testing.assert_array_equal(loaded.ids, labels.ids)
        np.testing.assert_array_equal(loaded.provenance, labels.provenance)
        assert dict(loaded.segments) == {segment: 2}


def test_label_files_are_plain_pngs_for_anyone(tmp_path: Path, image: Path) -> None:
    with Project.create(tmp_path / "p", CLASSES, [image]) as project:
        labels = labelled()
        project.write_labels(1, labels.ids, labels.provenance, project.classes)
        folder = project.sample_folder(1)
    with Image.open(folder / "labels.png") as png:
        assert png.mode == "P"
        assert png.getpalette()[3:6] == [128, 0, 0]
        np.testing.assert_array_equal(np.asarray(png), labels.ids)
    seeds = np.asarray(Image.open(folder / "seeds.png"))
    assert (seeds[:5, :5] == 1).all()
    assert (seeds[5:] == UNLABELLED).all()


def test_a_moved_project_finds_images_beside_it(tmp_path: Path) -> None:
    home = tmp_path / "a"
    home.mkdir()
    Image.fromarray(np.zeros((4, 4), np.uint8)).save(home / "x.png")
    Project.create(home / "p", CLASSES, [home / "x.png"]).close()
    home.rename(tmp_path / "b")
    with Project.open(tmp_path / "b" / "p.segstudio") as project:
        assert project.sample(1).path == tmp_path / "b" / "x.png"


def test_samples_are_found_by_text_state_class_and_uncertainty(tmp_path: Path) -> None:
    with Project.create(tmp_path / "p", CLASSES, [tmp_path / f"{n}.png" for n in ("Cat", "dog", "bird")]) as project:
        cat, dog, bird = project.sample_ids()
        project.set_state(dog, SampleState.DONE)
        project.save_annotation(bird, Annotation(), {}, {2})
        project.set_uncertainty(cat, 0.2)
        project.set_uncertainty(bird, 0.9)
        assert project.sample_ids(SampleQuery(text="cAT.")) == [cat]
        assert project.sample_ids(SampleQuery(text="%")) == [], "a search text is text, not a pattern"
        assert project.sample_ids(SampleQuery(states=frozenset({SampleState.DONE}))) == [dog]
        assert project.sample_ids(SampleQuery(class_id=2)) == [bird]
        assert project.sample_ids(SampleQuery(order=SampleOrder.UNCERTAINTY)) == [bird, cat, dog]
        assert project.sample_ids(SampleQuery(order=SampleOrder.NAME)) == [bird, cat, dog]
        assert project.sample_ids(SampleQuery(order=SampleOrder.STATE)) == [cat, bird, dog]
        assert project.sample_ids(SampleQuery(order=SampleOrder.ADDED)) == [cat, dog, bird]
        assert project.counts()[SampleState.TODO] == 2


def test_samples_are_found_by_their_notes_and_by_the_classes_of_their_shapes(tmp_path: Path) -> None:
    with Project.create(tmp_path / "p", CLASSES, [tmp_path / f"{n}.png" for n in ("cat", "dog", "bird")]) as project:
        cat, dog, bird = project.sample_ids()
        project.save_annotation(cat, Annotation(note="the Mirror is missing"), {}, {})
        project.save_annotation(dog, Annotation(boxes=(Box(2, 0, 0, 3, 3),)), {}, {})
        project.save_annotation(bird, Annotation(polygons=(Polygon(2, ((0, 0), (0, 3), (3, 3))),)), {}, {1})
        assert project.sample_ids(SampleQuery(text="mirror")) == [cat]
        assert project.sample_ids(SampleQuery(class_id=2)) == [dog, bird]
        assert project.sample_ids(SampleQuery(class_id=1)) == [bird]


def test_an_image_is_in_a_project_once_and_ids_are_not_given_again(tmp_path: Path) -> None:
    with Project.create(tmp_path / "p", CLASSES, [tmp_path / "a.png"]) as project:
        (second,) = project.add_samples([(tmp_path / "a.png", 0), (tmp_path / "a.png", 1)])
        assert [s.frame for s in project.samples()] == [0, 1]
        project.remove_samples([second])
        assert project.add_samples([(tmp_path / "b.png", 0)]) > [second]


def test_a_hundred_thousand_samples(tmp_path: Path) -> None:
    with Project.create(tmp_path / "p", CLASSES) as project:
        project.add_samples((tmp_path / f"{i:06d}.png", 0) for i in range(100_000))
        ids = project.sample_ids()
        assert len(ids) == 100_000
        assert project.samples(ids[70_000:70_002])[1].path.name == "070001.png"


def test_runs_are_remembered(tmp_path: Path) -> None:
    with Project.create(tmp_path / "p", CLASSES) as project:
        run = project.new_run("unet", {"epochs": 3})
        assert run.folder.is_dir()
        project.finish_run(run.id, "done", {"miou": 0.5})
        (found,) = project.runs()
        assert (found.state, found.config, found.result) == ("done", {"epochs": 3}, {"miou": 0.5})


def test_a_newer_project_is_left_alone(tmp_path: Path) -> None:
    Project.create(tmp_path / "p", CLASSES).close()
    database = tmp_path / "p.segstudio" / "project.db"
    with sqlite3.connect(database) as connection:
        connection.execute("PRAGMA user_version = 99")
    connection.close()
    before = database.read_bytes()
    with pytest.raises(ProjectError, match="newer segstudio"):
        Project.open(tmp_path / "p.segstudio")
    assert database.read_bytes() == before


@pytest.mark.parametrize("content", [b"", b"this is no database at all, only text" * 40])
def test_what_is_no_project_is_said_so(tmp_path: Path, content: bytes) -> None:
    folder = tmp_path / "p.segstudio"
    with pytest.raises(ProjectError, match="no such project"):
        Project.open(folder)
    folder.mkdir()
    with pytest.raises(ProjectError, match="not a segstudio project"):
        Project.open(folder)
    (folder / "project.db").write_bytes(content)
    with pytest.raises(ProjectError) as caught:
        Project.open(folder)
    assert str(folder) in str(caught.value)
    assert (folder / "project.db").read_bytes() == content


def test_a_project_is_not_made_over_another(tmp_path: Path) -> None:
    Project.create(tmp_path / "p", CLASSES).close()
    with pytest.raises(ProjectError, match="a project already"):
        Project.create(tmp_path / "p", CLASSES)


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write anywhere")
def test_a_read_only_folder_is_named(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    try:
        with pytest.raises(StorageError, match="permission denied"):
            Project.create(tmp_path / "p", CLASSES)
    finally:
        tmp_path.chmod(0o700)


def test_a_label_map_of_another_size_is_refused_and_kept(tmp_path: Path, image: Path) -> None:
    with Project.create(tmp_path / "p", CLASSES, [image]) as project:
        labels = labelled((9, 9))
        project.write_labels(1, labels.ids, labels.provenance, project.classes)
        with pytest.raises(MaskError, match="9x9"):
            project.load_labels(1, (20, 30), {})
        assert project.labels_file(1).is_file()


def test_presets_and_class_files(tmp_path: Path) -> None:
    for name in presets():
        assert len(load_classes(name)) >= 2
    assert load_classes("cityscapes")[13].name == "car"
    assert [c.name for c in load_classes("road, car").values()] == ["road", "car"]
    save_classes(tmp_path / "classes.json", load_classes("camvid"))
    assert load_classes(tmp_path / "classes.json") == load_classes("camvid")


@pytest.mark.parametrize(
    "text", ["", "{}", '{"classes": [{"id": 300, "name": "x"}]}', '{"classes": [{"name": "x"}]}', "[1, 2]", "nonsense"]
)
def test_class_files_that_are_none_are_named(tmp_path: Path, text: str) -> None:
    path = tmp_path / "classes.json"
    path.write_text(text)
    with pytest.raises(FormatError) as caught:
        load_classes(path)
    assert str(path) in str(caught.value)


def test_an_unknown_preset_suggests_the_nearest() -> None:
    with pytest.raises(OptionError, match="did you mean 'cityscapes'"):
        load_classes("cityscape")
    with pytest.raises(SegStudioError):
        load_classes("/no/such/file.json")
