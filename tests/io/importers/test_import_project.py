"""Projects of several people taken together in one."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from segstudio.app import importing
from segstudio.core.annotation import Annotation, Box, ImageTag, Polygon, SampleState
from segstudio.core.classes import LabelClass, LabelSet
from segstudio.core.errors import OptionError
from segstudio.core.labels import Provenance
from segstudio.core.progress import finish
from segstudio.io.importers.signs import detect
from segstudio.io.project import Project
from tests.io.test_slice_records import write

OURS = LabelSet.named(["background", "cell", "tree"])
THEIRS = LabelSet(
    [LabelClass(0, "tree", (1, 2, 3)), LabelClass(7, "cell", (4, 5, 6)), LabelClass(9, "unused", (7, 8, 9))]
)


@pytest.fixture
def photos(tmp_path: Path) -> list[Path]:
    found = [tmp_path / "photos" / f"{name}.png" for name in "ab"]
    found[0].parent.mkdir()
    for path in found:
        Image.new("L", (8, 6)).save(path)
    return found


@pytest.fixture
def theirs(tmp_path: Path, photos: list[Path]) -> Path:
    """Both images; in the first a cell that a person drew, one told apart, and a tree that a network said."""
    ids = np.full((6, 8), 255, np.uint16)
    ids[0], ids[1], ids[2] = 7, 300, 0
    provenance = np.zeros((6, 8), np.uint8)
    provenance[0], provenance[1], provenance[2] = Provenance.HUMAN, Provenance.PROPAGATED, Provenance.MODEL
    ring = ((0.0, 0.0), (3.0, 0.0), (3.0, 3.0))
    said = Annotation((Box(7, 1, 1, 3, 3),), (Polygon(0, ring),), (ImageTag(7),), "look again")
    with Project.create(tmp_path / "theirs", THEIRS, photos) as project:
        first, _ = project.sample_ids()
        project.write_labels(first, ids, provenance, THEIRS)
        project.save_annotation(first, said, {300: 7}, {0, 7})
        project.set_state(first, SampleState.DONE)
    return tmp_path / "theirs.segstudio"


@pytest.fixture
def ours(tmp_path: Path, photos: list[Path]) -> Path:
    """The first image, in which a person here drew background over its left half."""
    ids = np.full((6, 8), 255, np.uint16)
    ids[:, :4] = 0
    with Project.create(tmp_path / "ours", OURS, photos[:1]) as project:
        project.write_labels(1, ids, np.where(ids == 255, 0, Provenance.HUMAN).astype(np.uint8), OURS)
        project.save_annotation(1, Annotation(), {}, {0})
    return tmp_path / "ours.segstudio"


def test_what_two_people_labelled_comes_together_with_who_said_it(ours: Path, theirs: Path) -> None:
    assert detect(theirs) == "project"
    result = finish(importing.import_into(ours, "project", theirs))
    assert (result.samples, result.problems) == (2, ())
    with Project.open(ours) as project:
        first, second = project.stored()
        ids, provenance = first.ids(), first.provenance()
        assert (ids[:, :4] == 0).all(), "a person here goes before a person there"
        assert (ids[0, 4:] == 1).all()
        assert [first.segments[int(i)] for i in np.unique(ids[1, 4:])] == [1]
        assert (ids[2, 4:] == 2).all()
        assert (ids[3:, 4:] == 255).all()
        assert provenance[:3, 5].tolist() == [Provenance.HUMAN, Provenance.PROPAGATED, Provenance.MODEL]
        assert first.annotation.boxes == (Box(1, 1, 1, 3, 3),)
        assert [p.class_id for p in first.annotation.polygons] == [2]
        assert first.annotation.tags == (ImageTag(1),)
        assert project.annotation(first.id).note == "look again"
        assert [s.state for s in project.samples()] == [SampleState.DONE, SampleState.TODO]
        assert project.classes == OURS, "a class that nothing shows is not missed"
        assert not second.labels_file.exists()
    assert importing.take_back(ours).restored == 2
    with Project.open(ours) as project:
        assert [s.state for s in project.samples()] == [SampleState.TODO]


def test_a_project_does_not_go_into_itself(ours: Path) -> None:
    for source in (ours, ours / "project.db"):
        with pytest.raises(OptionError, match="into itself"):
            finish(importing.import_into(ours, "project", source))


def test_a_class_that_is_missing_here_is_told_or_added(ours: Path, theirs: Path) -> None:
    with Project.open(ours) as project:
        project.set_classes(OURS.without(2))
    result = finish(importing.import_into(ours, "project", theirs))
    assert [str(p) for p in result.problems] == [f"{theirs}: the project has no class called 'tree'"]
    result = finish(importing.import_into(ours, "project", theirs, add_classes=True))
    assert result.problems == ()
    with Project.open(ours) as project:
        assert project.classes.find("tree").color == (1, 2, 3)


def test_images_that_were_moved_are_found_in_a_folder_and_missing_ones_are_told(
    ours: Path, theirs: Path, photos: list[Path], tmp_path: Path
) -> None:
    (tmp_path / "moved").mkdir()
    photos[1].rename(tmp_path / "moved" / "b.png")
    result = finish(importing.import_into(ours, "project", theirs))
    assert [str(p) for p in result.problems] == [f"{photos[1]}: the image is missing"]
    (tmp_path / "moved" / "a.png").write_bytes(photos[0].read_bytes())
    result = finish(importing.import_into(ours, "project", theirs, images=tmp_path / "moved"))
    assert (result.samples, result.problems) == (2, ())


def test_notes_come_along_though_nothing_else_was_said(ours: Path, theirs: Path) -> None:
    with Project.open(theirs) as project:
        for sample in project.sample_ids():
            project.save_annotation(sample, Annotation(note=f"look at {sample}"), project.segments(sample), ())
        noted = len(project.sample_ids())
    finish(importing.import_into(ours, "project", theirs))
    with Project.open(ours) as project:
        notes = [project.annotation(sample).note for sample in project.sample_ids()]
    assert sum("look at" in note for note in notes) == noted


def test_series_come_along(ours: Path, tmp_path: Path) -> None:
    for z in (0, 10):
        write(tmp_path / "ct", z)
    with Project.create(tmp_path / "scans", OURS, [tmp_path / "ct"]) as project:
        project.write_labels(1, np.ones((4, 4), np.uint16), np.ones((4, 4), np.uint8), OURS)
        scans = project.folder
    result = finish(importing.import_into(ours, "project", scans))
    assert (result.samples, result.problems) == (1, ())
