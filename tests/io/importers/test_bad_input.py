"""What every importer makes of damaged data sets: all that is wrong is told, and the rest can be had."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from segstudio.core.classes import LabelSet
from segstudio.core.errors import SegStudioError
from segstudio.core.progress import finish
from segstudio.io.exporters import EXPORTERS
from segstudio.io.importers import IMPORTERS
from segstudio.io.importers.base import ImportedDataset
from segstudio.io.importers.signs import detect
from segstudio.io.project.stored import StoredSample

MakeSample = Callable[..., StoredSample]
BOTH_WAYS = sorted(set(EXPORTERS) & set(IMPORTERS))
SOURCES = {"coco": "annotations/instances_default.json"}
TEXTS = {".json", ".xml", ".txt", ".yaml"}
ELSEWHERE = ("nrrd", "dicom_seg")
"""Formats that find the images where they were."""
NAMED_IN_TEXT = ["coco", "coco_panoptic", "cvat", "datumaro", "labelme", "isat", "xanylabeling", "label_studio"]
"""Formats whose documents name the images."""


@pytest.fixture
def exported(make_sample: MakeSample, classes: LabelSet, tmp_path: Path) -> Callable[[str], Path]:
    """Three images, ``one`` to ``three``, each with two objects."""

    def make(name: str) -> Path:
        ids = np.zeros((24, 32), np.uint16)
        ids[2:9, 3:12], ids[12:20, 15:30] = 256, 2
        ending = "dcm" if name == "dicom_seg" else "jpg"
        samples = [make_sample(f"{n}.{ending}", ids, {256: 1}) for n in ("one", "two", "three")]
        finish(EXPORTERS[name](samples, classes, tmp_path / name))
        return tmp_path / name

    return make


def read(name: str, folder: Path, classes: LabelSet, sources: Path) -> ImportedDataset:
    elsewhere = {"images": sources} if name in ELSEWHERE else {}
    data = finish(IMPORTERS[name].read(folder / SOURCES.get(name, "."), classes, **elsewhere))
    for sample in data.samples:
        if sample.load is not None:
            assert sample.load().ids.shape == sample.shape
    return data


def image_of(folder: Path, stem: str) -> Path:
    """The image called *stem*, wherever the format puts it."""
    places = ("images", "JPEGImages", "leftImg8bit", "imagesTr", "img", "source")
    found = [p for p in folder.rglob(f"{stem}*") if p.suffix in (".jpg", ".png", ".gz", ".dcm")]
    return next((p for p in found if any(part in places for part in p.parts)), found[0])


@pytest.mark.parametrize("name", BOTH_WAYS)
def test_the_format_is_told_from_the_files(name: str, exported: Callable[[str], Path]) -> None:
    folder = exported(name)
    assert detect(folder) == name
    if name in SOURCES:
        assert detect(folder / SOURCES[name]) == name


@pytest.mark.parametrize("name", BOTH_WAYS)
def test_an_image_that_is_missing_is_told_and_the_others_are_there(
    name: str, exported: Callable[[str], Path], classes: LabelSet, tmp_path: Path
) -> None:
    folder = exported(name)
    image_of(tmp_path / "source" if name in ELSEWHERE else folder, "two").unlink()
    data = read(name, folder, classes, tmp_path / "source")
    assert any("missing" in p.reason for p in data.problems)
    assert len(data.samples) == 2


@pytest.mark.parametrize("name", BOTH_WAYS)
def test_an_image_of_another_size_or_that_is_none_is_told(
    name: str, exported: Callable[[str], Path], classes: LabelSet, tmp_path: Path
) -> None:
    folder = exported(name)
    if name in ("nifti", *ELSEWHERE):
        image_of(tmp_path / "source" if name in ELSEWHERE else folder, "two").write_bytes(b"no image")
    elif name == "yolo":  # shares of an image of any size
        image_of(folder, "two").write_bytes(b"no image")
    else:
        path = image_of(folder, "two")
        Image.new("L", (31, 24)).save(path)
    data = read(name, folder, classes, tmp_path / "source")
    assert len(data.problems) >= 1
    assert "two" in str(data.problems[0])
    assert len(data.samples) == 2


@pytest.mark.parametrize("name", BOTH_WAYS)
def test_files_cut_short_are_told_with_their_line_and_never_end_in_a_traceback(
    name: str, exported: Callable[[str], Path], classes: LabelSet, tmp_path: Path
) -> None:
    folder = exported(name)
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path.name != "segstudio.json":
            whole = path.read_bytes()
            path.write_bytes(whole[: len(whole) // 2])
            try:
                data = read(name, folder, classes, tmp_path / "source")
            except SegStudioError as error:
                told = [str(error)]
            else:
                told = [str(problem) for problem in data.problems]
            assert not any("\n" in text for text in told)
            if path.suffix == ".json" and name not in (
                "masks",
                "nifti",
                "nrrd",
                "dicom_seg",
                "cityscapes",
                "huggingface",
            ):
                assert any("line" in text or path.name in text for text in told)
            path.write_bytes(whole)
    assert read(name, folder, classes, tmp_path / "source").problems == ()


OBJECTS_IN = {
    "coco": ("*.json", "annotations"),
    "labelme": ("one.json", "shapes"),
    "xanylabeling": ("one.json", "shapes"),
    "isat": ("one.json", "objects"),
    "supervisely": ("one*.json", "objects"),
}
"""Where the objects of the first image stand."""


@pytest.mark.parametrize("name", OBJECTS_IN)
def test_every_object_that_is_wrong_is_told_with_its_line(
    name: str, exported: Callable[[str], Path], classes: LabelSet, tmp_path: Path
) -> None:
    """Two objects are spoiled, each on lines of its own: neither hides the other."""
    folder = exported(name)
    pattern, key = OBJECTS_IN[name]
    path = next(p for p in sorted(folder.rglob(pattern)) if p.name != "segstudio.json" and f'"{key}"' in p.read_text())
    content = json.loads(path.read_text("utf-8"))
    for row, (field, value) in zip(content[key], SPOILED[name], strict=False):
        row[field] = value
    text = json.dumps(content, indent=1, ensure_ascii=False)
    path.write_text(text, "utf-8")
    opening = text.splitlines().index(f' "{key}": [') + 2  # the first object's brace, counted from 1
    second = opening + len(json.dumps(content[key][0], indent=1, ensure_ascii=False).splitlines())
    told = [p for p in read(name, folder, classes, tmp_path / "source").problems if p.path == path]
    assert [p.line for p in told] == [opening, second]


SPOILED: dict[str, list[tuple[str, object]]] = {
    "coco": [("segmentation", [[1, 2]]), ("category_id", 99)],
    "labelme": [("shape_type", "line"), ("label", "moon")],
    "xanylabeling": [("shape_type", "line"), ("label", "moon")],
    "isat": [("segmentation", "none"), ("category", "moon")],
    "supervisely": [("geometryType", "cuboid"), ("classTitle", "moon")],
}


@pytest.mark.parametrize("name", NAMED_IN_TEXT)
@pytest.mark.parametrize("way_out", ["../../secret.jpg", "/etc/secret.jpg", "..\\\\..\\\\secret.jpg"])
def test_names_that_lead_out_of_the_data_set_are_not_followed(
    name: str, way_out: str, exported: Callable[[str], Path], classes: LabelSet, tmp_path: Path
) -> None:
    folder = exported(name)
    Image.new("L", (32, 24)).save(tmp_path / "secret.jpg")
    for path in folder.rglob("*"):
        if path.suffix in (".json", ".xml") and path.name != "segstudio.json":
            text = path.read_text("utf-8")
            path.write_text(text.replace("two.jpg", way_out), "utf-8")
    image_of(folder, "two").unlink()
    data = read(name, folder, classes, tmp_path / "source")
    assert not any("secret" in sample.path.name for sample in data.samples)
    assert data.problems


@pytest.mark.parametrize("name", ["cvat", "voc"])
def test_xml_that_expands_without_end_is_refused(
    name: str, exported: Callable[[str], Path], classes: LabelSet, tmp_path: Path
) -> None:
    folder = exported(name)
    bomb = '<!DOCTYPE b [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]>'
    if name == "voc":  # its boxes are read where there is no mask
        for kind in ("SegmentationClass", "SegmentationObject"):
            (folder / "VOCdevkit" / "VOC2012" / kind / "two.png").unlink()
    path = next(p for p in folder.rglob("*.xml") if p.stem in ("two", "annotations"))
    text = path.read_text("utf-8")
    head, _, rest = text.partition("?>") if text.startswith("<?xml") else ("", "", text)
    path.write_text((f"{head}?>" if head else "") + bomb + rest, "utf-8")
    try:
        told = [p.reason for p in read(name, folder, classes, tmp_path / "source").problems]
    except SegStudioError as error:
        told = [str(error)]
    assert any("refused for safety" in text for text in told)
