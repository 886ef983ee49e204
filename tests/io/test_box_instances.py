"""Boxes of instances: kept with their masks in projects, old and new, and in the formats that know both."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from pycocotools.coco import COCO

from segstudio.app.history import Facts
from segstudio.app.importing import enter
from segstudio.app.journal import facts_from_json, facts_to_json
from segstudio.core.annotation import Annotation, Box, with_known_instances
from segstudio.core.classes import LabelSet
from segstudio.core.errors import AnnotationError
from segstudio.core.geometry import Region
from segstudio.core.progress import finish
from segstudio.io.exporters import EXPORTERS
from segstudio.io.importers import IMPORTERS
from segstudio.io.project import Project
from segstudio.io.project.database import MIGRATIONS
from segstudio.io.project.stored import StoredSample

MakeSample = Callable[..., StoredSample]
KEEP_PAIRS = ["coco", "voc", "labelme", "xanylabeling", "cvat", "datumaro"]
SOURCES = {"coco": "annotations/instances_default.json"}
WIDE = Box(1, 1, 2, 12, 10, 256)
"""More than what is seen of the object, of which a part is hidden."""


@pytest.fixture
def paired(make_sample: MakeSample) -> StoredSample:
    """Two objects of class 1: one with a wide box, one without a box, and the box of one without pixels."""
    ids = np.zeros((16, 24), np.uint16)
    ids[3:8, 2:9] = 256
    ids[10:14, 15:20] = 257
    sample = make_sample("a.jpg", ids, {256: 1, 257: 1, 258: 1})
    return replace(sample, annotation=Annotation((WIDE, Box(1, 3, 3, 8, 8, 258))))


@pytest.mark.parametrize("name", KEEP_PAIRS)
def test_a_box_and_the_mask_that_it_is_around_stay_one_object(
    name: str, paired: StoredSample, classes: LabelSet, tmp_path: Path
) -> None:
    report = finish(EXPORTERS[name]([paired], classes, tmp_path / "out"))
    assert report.objects == 3, "two with pixels, one that is a box alone"
    data = finish(IMPORTERS[name].read(tmp_path / "out" / SOURCES.get(name, "."), classes))
    assert data.problems == ()
    (found,) = data.samples
    assert found.load is not None
    labels = found.load()
    assert len(labels.segments) == 2
    boxed = int(labels.ids[5, 5])
    assert dict(labels.boxes) == {boxed: WIDE.region}
    if name != "voc":  # where the box alone lies upon pixels of its class, VOC cannot tell that they are not its own
        assert found.annotation.boxes == (Box(1, 3, 3, 8, 8),)


def test_coco_and_yolo_write_the_box_that_was_drawn(paired: StoredSample, classes: LabelSet, tmp_path: Path) -> None:
    finish(EXPORTERS["coco"]([paired], classes, tmp_path / "coco"))
    coco = COCO(str(tmp_path / "coco" / SOURCES["coco"]))
    rows = coco.loadAnns(coco.getAnnIds())
    assert sorted(row["bbox"] for row in rows) == [[1, 2, 11, 8], [3, 3, 5, 5], [15, 10, 5, 4]]
    assert next(row["area"] for row in rows if row["bbox"][0] == 1) == 35, "pixels"
    finish(EXPORTERS["yolo"]([paired], classes, tmp_path / "yolo", task="detect"))
    (file,) = (tmp_path / "yolo" / "labels").rglob("*.txt")
    boxes = [[float(n) for n in line.split()[1:]] for line in file.read_text().splitlines()]
    assert [pytest.approx(6.5 / 24, rel=1e-5), 6 / 16, pytest.approx(11 / 24, rel=1e-5), 8 / 16] in boxes


def test_an_import_gives_the_project_the_pair_once_however_often(tmp_path: Path, paired: StoredSample) -> None:
    classes = LabelSet.named(["background", "cell", "tree", "road"])
    finish(EXPORTERS["coco"]([paired], classes, tmp_path / "out"))
    with Project.create(tmp_path / "p", classes) as project:
        for _ in range(2):
            finish(enter(project, finish(IMPORTERS["coco"].read(tmp_path / "out" / SOURCES["coco"], classes))))
        (sample,) = project.samples()
        annotation, segments = project.annotation(sample.id), project.segments(sample.id)
        (wide,) = [box for box in annotation.boxes if box.instance is not None]
        assert replace(wide, instance=256) == WIDE
        assert segments[wide.instance] == 1
        assert project.stored()[0].ids()[5, 5] == wide.instance
        assert len(annotation.boxes) == 2
    with Project.create(tmp_path / "q", classes) as other:
        finish(enter(other, finish(IMPORTERS["project"].read(tmp_path / "p.segstudio", classes))))
        (sample,) = other.samples()
        (again,) = [box for box in other.annotation(sample.id).boxes if box.instance is not None]
        assert other.stored()[0].ids()[5, 5] == again.instance


# ---- the project's own file


def test_a_project_keeps_pairs_and_drops_them_with_their_instance(tmp_path: Path) -> None:
    Image.new("L", (24, 16)).save(tmp_path / "a.png")
    with Project.create(tmp_path / "p", LabelSet.named(["a", "b"]), [tmp_path / "a.png"]) as project:
        (sample,) = project.sample_ids()
        project.save_annotation(sample, Annotation((WIDE, Box(0, 0, 0, 2, 2))), {256: 1}, None)
        assert project.annotation(sample).boxes == (WIDE, Box(0, 0, 0, 2, 2))
        rows = project.sample_rows(sample)
        project.save_annotation(sample, Annotation((WIDE,)), {256: 0}, None)
        assert project.annotation(sample).boxes == (replace(WIDE, instance=None),), "no instance of its class"
        project.restore_rows(sample, rows)
        assert project.annotation(sample).boxes[0] == WIDE
        rows["shapes"] = [row[:5] for row in rows["shapes"]]  # kept by a version that knew no instances of boxes
        project.restore_rows(sample, rows)
        assert project.annotation(sample).boxes[0] == replace(WIDE, instance=None)


def test_a_project_of_the_first_format_opens_with_its_boxes(tmp_path: Path) -> None:
    folder = tmp_path / "old.segstudio"
    Project.create(tmp_path / "p", LabelSet.named(["a", "b"])).close()
    (tmp_path / "p.segstudio").rename(folder)
    for file in folder.glob("project.db*"):
        file.unlink()
    with sqlite3.connect(folder / "project.db") as old:
        old.executescript(MIGRATIONS[0])
        old.execute("PRAGMA user_version = 1")
        old.execute("INSERT INTO classes VALUES (0, 'a', '#000000', 0), (1, 'b', '#ff0000', 1)")
        old.execute("INSERT INTO samples (path) VALUES ('../a.png')")
        old.execute("INSERT INTO shapes VALUES (1, 0, 'box', 1, '[1, 2, 12, 10]')")
        old.execute("INSERT INTO shapes VALUES (1, 0, 'polygon', 1, '[[[0, 0], [0, 5], [5, 5]]]')")
    old.close()
    with Project.open(folder) as project:
        said = project.annotation(1)
        assert said.boxes == (replace(WIDE, instance=None),)
        assert said.polygons[0].exterior == ((0, 0), (0, 5), (5, 5))
        project.save_annotation(1, replace(said, boxes=(WIDE,)), {256: 1}, None)
        assert project.annotation(1).boxes == (WIDE,)


def test_the_journal_tells_of_pairs_and_understands_older_ones() -> None:
    facts = Facts(Annotation((WIDE, Box(0, 1, 1, 2, 2))), {256: 1}, LabelSet.named(["a", "b"]))
    told = facts_to_json(facts)
    assert facts_from_json(told) == facts
    told["boxes"] = [row[:5] for row in told["boxes"]]
    assert [box.instance for box in facts_from_json(told).annotation.boxes] == [None, None]


def test_a_box_knows_no_instance_of_another_class() -> None:
    assert with_known_instances([WIDE], {256: 1}) == (WIDE,)
    assert with_known_instances([WIDE], {256: 2})[0].instance is None
    assert WIDE.region == Region(2, 1, 10, 12)
    with pytest.raises(AnnotationError):
        Box(1, 5, 5, 5, 9, 256)
