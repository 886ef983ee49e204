"""Boxes that no mask fills: formats that know boxes take them out and bring them back."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from pycocotools.coco import COCO
from torchvision.datasets import VOCDetection, VOCSegmentation

from segstudio.app.workflows import export_project
from segstudio.core.annotation import Annotation, Box
from segstudio.core.classes import LabelSet
from segstudio.core.errors import OptionError
from segstudio.core.progress import finish
from segstudio.io.exporters import EXPORTERS
from segstudio.io.importers import IMPORTERS
from segstudio.io.importers.base import ImportedDataset
from segstudio.io.project import Project
from segstudio.io.project.stored import StoredSample

MakeSample = Callable[..., StoredSample]
SOURCES = {"coco": "annotations/instances_default.json"}
KNOW_BOXES = ["coco", "voc", "yolo", "labelme", "cvat", "datumaro", "supervisely", "xanylabeling"]
BOXES = (Box(1, 2, 3, 9, 8), Box(2, 0, 0, 24, 16), Box(1, 23, 15, 24, 16))
"""A common one, the whole image, and its last pixel."""


@pytest.fixture
def boxed(make_sample: MakeSample) -> Callable[..., StoredSample]:
    """``boxed(name, *boxes)``: 24x16 pixels without any label."""

    def make(name: str, *boxes: Box) -> StoredSample:
        sample = make_sample(name, np.full((16, 24), 255, np.uint16))
        sample.labels_file.unlink()
        return replace(sample, annotation=Annotation(boxes))

    return make


def back(name: str, samples: list[StoredSample], classes: LabelSet, folder: Path) -> ImportedDataset:
    report = finish(EXPORTERS[name](samples, classes, folder / name))
    assert report.problems == ()
    return finish(IMPORTERS[name].read(folder / name / SOURCES.get(name, "."), classes))


def test_the_table_tells_which_formats_know_boxes() -> None:
    assert {name for name, entry in EXPORTERS.items() if entry.boxes} >= set(KNOW_BOXES)
    assert not EXPORTERS["masks"].boxes


@pytest.mark.parametrize("name", [n for n, entry in EXPORTERS.items() if entry.boxes])
def test_boxes_alone_come_back(
    name: str, boxed: Callable[..., StoredSample], classes: LabelSet, tmp_path: Path
) -> None:
    data = back(name, [boxed("一.jpg", *BOXES), boxed("other.jpg", Box(3, 4, 4, 6, 7))], classes, tmp_path)
    assert data.problems == ()
    assert data.classes == classes
    found = {sample.path.stem: sample for sample in data.samples}
    assert set(found["一"].annotation.boxes) == set(BOXES)
    assert found["other"].annotation.boxes == (Box(3, 4, 4, 6, 7),)
    assert all(sample.load is None for sample in data.samples)


@pytest.mark.parametrize("name", sorted({n for n, e in EXPORTERS.items() if e.boxes} - {"yolo"}))
def test_a_box_that_a_mask_fills_is_told_once_and_others_stand_beside_the_masks(
    name: str, make_sample: MakeSample, classes: LabelSet, tmp_path: Path
) -> None:
    ids = np.zeros((16, 24), np.uint16)
    ids[3:8, 2:9] = 256
    filled, bare, background = Box(1, 2, 3, 9, 8), Box(2, 2, 3, 9, 8), Box(0, 0, 0, 5, 5)
    sample = replace(make_sample("a.jpg", ids, {256: 1}), annotation=Annotation((filled, bare, background)))
    data = back(name, [sample], classes, tmp_path)
    (found,) = data.samples
    assert found.annotation.boxes == (bare,)
    assert found.load is not None
    assert list(found.load().segments.values()) == [1]


def test_what_is_wrong_with_the_boxes_of_an_image_that_has_a_mask_is_told(
    make_sample: MakeSample, classes: LabelSet, tmp_path: Path
) -> None:
    sample = make_sample("a.jpg", np.ones((16, 24), np.uint16))
    finish(EXPORTERS["voc"]([sample], classes, tmp_path / "out"))
    path = tmp_path / "out" / "VOCdevkit" / "VOC2012" / "Annotations" / "a.xml"
    corners = "<xmin>{}</xmin><ymin>1</ymin><xmax>{}</xmax><ymax>9</ymax>"
    rows = [("树", 1, 9), ("moon", 1, 9), ("moon", 3, 9), ("road", 90, 99), ("road", "nan", 9), ("cell", 1, 9)]
    text = path.read_text("utf-8")
    for name, left, right in rows:
        row = f"<object><name>{name}</name><bndbox>{corners.format(left, right)}</bndbox></object>\n"
        text = text.replace("</annotation>", row + "</annotation>")
    path.write_text(text, "utf-8")
    line = next(number for number, each in enumerate(text.splitlines(), start=1) if "moon" in each)
    data = finish(IMPORTERS["voc"].read(tmp_path / "out", classes))
    assert [str(p).removeprefix(f"{path}:") for p in data.problems] == [
        f"{line}: the project has no class called 'moon'",
        f"{line + 2}: an object has no box inside the image",
        f"{line + 3}: an object has no box inside the image",
    ]
    (found,) = data.samples
    assert found.annotation.boxes == (Box(2, 0, 0, 9, 9),)
    assert found.load is not None
    path.write_text(text[:200], "utf-8")
    data = finish(IMPORTERS["voc"].read(tmp_path / "out", classes))
    assert len(data.samples) == 1
    assert "truncated" in data.problems[0].reason


def test_coco_tells_a_box_by_its_corner_size_and_area(
    boxed: Callable[..., StoredSample], classes: LabelSet, tmp_path: Path
) -> None:
    finish(EXPORTERS["coco"]([boxed("a.jpg", BOXES[0])], classes, tmp_path / "out"))
    coco = COCO(str(tmp_path / "out" / "annotations" / "instances_default.json"))
    (annotation,) = coco.loadAnns(coco.getAnnIds())
    assert annotation["bbox"] == [2, 3, 7, 5]
    assert annotation["area"] == 35
    assert annotation["segmentation"] == []
    assert coco.loadCats([annotation["category_id"]])[0]["name"] == "cell"


def test_voc_lists_images_of_boxes_for_detection_and_not_for_segmentation(
    boxed: Callable[..., StoredSample], make_sample: MakeSample, classes: LabelSet, tmp_path: Path
) -> None:
    samples = [boxed("boxes.jpg", BOXES[0]), make_sample("masks.jpg", np.ones((16, 24), np.uint16))]
    finish(EXPORTERS["voc"](samples, classes, tmp_path / "out", val=0.0))
    detection = VOCDetection(str(tmp_path / "out"), year="2012", image_set="train")
    assert len(detection) == 2
    _, told = next(row for row in detection if row[1]["annotation"]["filename"] == "boxes.jpg")
    assert told["annotation"]["segmented"] == "0"
    (thing,) = told["annotation"]["object"]
    assert thing["name"] == "cell"
    assert thing["bndbox"] == {"xmin": "3", "ymin": "4", "xmax": "9", "ymax": "8"}  # from 1, both ends included
    segmentation = VOCSegmentation(str(tmp_path / "out"), year="2012", image_set="train")
    assert [Path(path).stem for path in segmentation.images] == ["masks"]


def test_among_polygons_of_yolo_bare_boxes_are_left_out_and_counted_but_not_among_boxes(
    boxed: Callable[..., StoredSample], make_sample: MakeSample, classes: LabelSet, tmp_path: Path
) -> None:
    samples = [boxed("boxes.jpg", *BOXES), make_sample("masks.jpg", np.ones((16, 24), np.uint16))]
    report = finish(EXPORTERS["yolo"](samples, classes, tmp_path / "polygons", val=0.0))
    labels = tmp_path / "polygons" / "labels" / "train"
    assert (labels / "boxes.txt").read_text() == ""
    assert "3 times: a box without pixels left out" in str(report)
    report = finish(EXPORTERS["yolo"](samples, classes, tmp_path / "boxes", val=0.0, task="detect"))
    lines = (tmp_path / "boxes" / "labels" / "train" / "boxes.txt").read_text().splitlines()
    assert lines[0] == "0 0.229167 0.34375 0.291667 0.3125"  # centre (5.5, 5.5) and size 7x5 of 24x16
    assert report.objects == 4


@pytest.fixture
def project(tmp_path: Path, classes: LabelSet) -> Path:
    """Two images, of which one has a box and neither a pixel."""
    paths = [tmp_path / f"{n}.png" for n in "ab"]
    for path in paths:
        Image.new("L", (24, 16)).save(path)
    with Project.create(tmp_path / "work", classes, paths) as made:
        first = next(iter(made.sample_ids()))
        made.save_annotation(first, Annotation(BOXES[:1]), {}, {1})
        return made.folder


def test_a_project_of_boxes_is_exported_to_formats_of_boxes_only(project: Path, tmp_path: Path) -> None:
    report = finish(export_project(project, "coco", tmp_path / "coco"))
    assert (report.samples, report.objects) == (1, 1)
    document = json.loads((tmp_path / "coco" / "annotations" / "instances_default.json").read_text())
    assert [image["file_name"] for image in document["images"]] == ["a.png"]
    with pytest.raises(OptionError, match="has boxes but no labelled image; choose a format that holds boxes"):
        finish(export_project(project, "masks", tmp_path / "masks"))
    assert not (tmp_path / "masks").exists()


@pytest.mark.filterwarnings("ignore")  # what another program warns about is its own to mend
@pytest.mark.parametrize(
    ("name", "kind", "place"),
    [
        ("coco", "coco_instances", "."),
        ("voc", "voc_detection", "VOCdevkit/VOC2012"),
        ("cvat", "cvat", "."),
        ("datumaro", "datumaro", "."),
    ],
)
def test_datumaro_reads_the_boxes(
    name: str, kind: str, place: str, boxed: Callable[..., StoredSample], tmp_path: Path
) -> None:
    dm = pytest.importorskip("datumaro")
    classes = LabelSet.named(["background", "cell", "tree", "road"])
    finish(EXPORTERS[name]([boxed("a.jpg", *BOXES)], classes, tmp_path / name))
    data = dm.Dataset.import_from(str(tmp_path / name / place), kind)
    called = [label.name for label in data.categories()[dm.AnnotationType.label].items]
    found = [each for item in data for each in item.annotations if each.type == dm.AnnotationType.bbox]
    corners = {(called[each.label], *(round(n) for n in each.points)) for each in found}
    first = 1 if name == "voc" else 0  # its numbers as they are: the first pixel is 1, the last is included
    assert corners == {(classes[b.class_id].name, b.x0 + first, b.y0 + first, b.x1, b.y1) for b in BOXES}
    sets = {item.subset for item in data}  # VOC lists an image in train and in trainval
    assert len(found) == len(BOXES) * len(sets)
