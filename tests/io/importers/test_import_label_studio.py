"""Label Studio's exports: every kind of region, both layouts, and what is wrong with them."""

from __future__ import annotations

import base64
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from segstudio.core.annotation import Box
from segstudio.core.classes import LabelSet
from segstudio.core.errors import FormatError
from segstudio.core.geometry import Region
from segstudio.core.progress import finish
from segstudio.io.exporters import EXPORTERS
from segstudio.io.importers import IMPORTERS
from segstudio.io.importers.base import ImportedDataset
from segstudio.io.importers.signs import detect
from segstudio.io.label_studio_rle import encode
from segstudio.io.project.stored import StoredSample

MakeSample = Callable[..., StoredSample]
SIZE = {"original_width": 20, "original_height": 10, "image_rotation": 0}
UPLOADED = "/data/upload/3/0a1b2c3d-a.png"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "images").mkdir()
    Image.new("L", (20, 10)).save(tmp_path / "images" / "a.png")
    return tmp_path


def result(kind: str, value: dict[str, Any], label: str = "cell", **other: Any) -> dict[str, Any]:
    return {"type": kind, "from_name": "tag", "to_name": "img", **SIZE, "value": {**value, kind: [label]}, **other}


def task(*results: dict[str, Any], image: str = UPLOADED, **other: Any) -> dict[str, Any]:
    return {"id": 7, "data": {"image": image}, "annotations": [{"result": list(results), **other}], "predictions": []}


def read(folder: Path, *tasks: object, classes: LabelSet | None = None, **options: Any) -> ImportedDataset:
    path = folder / "project-3-at-2026.json"
    path.write_text(json.dumps(tasks, indent=1), "utf-8")
    assert detect(folder) in ("label_studio", None)
    return finish(IMPORTERS["label_studio"].read(folder, classes, **options))


def shown(data: ImportedDataset) -> np.ndarray:
    assert data.problems == ()
    (sample,) = data.samples
    assert sample.path.name == "a.png"
    assert sample.load is not None
    return sample.load().ids >= 256


BLOCK = np.zeros((10, 20), bool)
BLOCK[2:6, 4:14] = True


def brush() -> dict[str, Any]:
    return {"format": "rle", "rle": encode(BLOCK[2:6, 4:14], Region(2, 4, 6, 14), BLOCK.shape)}


def bitmask() -> dict[str, Any]:
    pixels, file = np.zeros((10, 20, 4), np.uint8), io.BytesIO()
    pixels[BLOCK] = (0, 0, 0, 255)
    Image.fromarray(pixels).save(file, "PNG")
    return {"imageDataURL": "data:image/png;base64," + base64.b64encode(file.getvalue()).decode()}


CORNERS = [[20, 20], [70, 20], [70, 60], [20, 60]]


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("brushlabels", brush()),
        ("bitmasklabels", bitmask()),
        ("polygonlabels", {"points": CORNERS, "closed": True}),
        # a block 4 wide and 10 high whose first corner (14, 2) it turns about, by a quarter clockwise
        ("rectanglelabels", {"x": 70, "y": 20, "width": 20, "height": 100, "rotation": 90}),
    ],
)
def test_each_kind_of_region_shows_its_pixels_in_both_layouts(kind: str, value: dict[str, Any], folder: Path) -> None:
    np.testing.assert_array_equal(shown(read(folder, task(result(kind, value)))), BLOCK)
    minimal = {
        "id": 7,
        "image": UPLOADED,
        "annotator": 1,
        "annotation_id": 3,
        "tag": [{**value, kind: ["cell"], **SIZE}],
    }
    np.testing.assert_array_equal(shown(read(folder, minimal)), BLOCK)


def test_an_ellipse_is_turned_about_its_centre(folder: Path) -> None:
    value = {"x": 50, "y": 50, "radiusX": 10, "radiusY": 40, "rotation": 90}
    inside = shown(read(folder, task(result("ellipselabels", value))))
    y, x = np.mgrid[:10, :20] + 0.5
    exact = ((x - 10) / 4) ** 2 + ((y - 5) / 2) ** 2 <= 1  # radii 2 and 4 pixels, swapped by the quarter
    assert (inside & exact).sum() / (inside | exact).sum() > 0.9


def test_a_rectangle_is_a_box_and_a_choice_a_tag(folder: Path) -> None:
    place = {"x": 10, "y": 20, "width": 35, "height": 50, "rotation": 0}
    choice = {"type": "choices", "from_name": "c", "to_name": "img", "value": {"choices": ["indoors"]}, "id": "z"}
    data = read(folder, task(result("rectanglelabels", place), choice))
    assert data.problems == ()
    (sample,) = data.samples
    assert sample.load is None
    assert sample.annotation.boxes == (Box(data.classes.find("cell").id, 2, 2, 9, 7),)
    assert [t.class_id for t in sample.annotation.tags] == [data.classes.find("indoors").id]


def test_a_shape_and_its_label_in_two_results_are_one_region(folder: Path) -> None:
    place = {"points": CORNERS, "closed": True}
    apart: list[dict[str, Any]] = [
        {"id": "r", "type": "polygon", **SIZE, "value": place},
        {"id": "r", "type": "labels", **SIZE, "value": {**place, "labels": ["cell"]}},
        {"type": "relation", "from_id": "r", "to_id": "r"},
    ]
    data = read(folder, task(*apart))
    np.testing.assert_array_equal(shown(data), BLOCK)
    assert len(data.samples[0].load().segments) == 1  # type: ignore[misc]


@pytest.mark.parametrize(
    "address",
    [
        "/data/upload/3/0a1b2c3d-a.png",
        "upload/0a1b2c3d-a.png",
        "/data/local-files/?d=images/a.png",
        "/data/local-files/?d=other%20disk/pictures/a.png",
        "s3://bucket/set/a.png",
        "https://example.org/set/a.png?signature=1",
        "C:\\pictures\\a.png",
        "a.png",
    ],
)
def test_images_are_found_by_every_way_in_which_tasks_name_them(address: str, folder: Path) -> None:
    data = read(folder, task(result("brushlabels", brush()), image=address))
    np.testing.assert_array_equal(shown(data), BLOCK)


def test_the_ground_truth_counts_else_the_newest_and_that_others_were_passed_over_is_told(folder: Path) -> None:
    def made(label: str, when: str, **other: Any) -> dict[str, Any]:
        return {"result": [result("brushlabels", brush(), label)], "updated_at": when, **other}

    both = [made("new", "2026-02-01T00:00:00Z"), made("old", "2026-01-01T00:00:00Z")]
    gone = made("gone", "2026-09-01T00:00:00Z", was_cancelled=True)
    truth = made("truth", "2025-01-01T00:00:00Z", ground_truth=True)
    for several, label in (([*both, gone], "new"), ([*both, truth], "truth")):
        data = read(folder, {"data": {"image": "a.png"}, "annotations": several})
        assert [p.reason.partition(";")[0] for p in data.problems] == ["tasks with several annotations: 1"]
        assert {c.name for c in data.classes.values()} == {"background", label}


def test_predictions_are_taken_only_when_asked_for(folder: Path) -> None:
    guessed = {
        "data": {"image": "a.png"},
        "annotations": [],
        "predictions": [{"result": [result("brushlabels", brush())]}],
    }
    assert read(folder, guessed).samples[0].load is None
    np.testing.assert_array_equal(shown(read(folder, guessed, predictions=True)), BLOCK)


def test_shares_of_tasks_that_do_not_tell_the_size_are_of_the_image(folder: Path) -> None:
    old = {"type": "polygonlabels", "value": {"points": CORNERS, "polygonlabels": ["cell"]}}
    data = read(folder, {"data": {"image": "a.png"}, "completions": [{"result": [old]}]})
    np.testing.assert_array_equal(shown(data), BLOCK)


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (result("brushlabels", {"format": "rle", "rle": [1, 2, 3]}), "a brush mask: its run-length code is damaged"),
        (result("brushlabels", {"rle": "xyz"}), "a brush mask: its run-length code is damaged"),
        (result("bitmasklabels", {"imageDataURL": "data:image/png;base64,AAAA"}), "a bitmask is damaged"),
        (result("bitmasklabels", {"imageDataURL": "http://x/y.png"}), "a bitmask is no embedded PNG"),
        (result("polygonlabels", {"points": [[1, 2, 3]]}), "the points of a polygon are no pairs of numbers"),
        (result("polygonlabels", {"points": [[150, 150], [190, 150], [190, 190]]}), "the polygon lies outside"),
        (result("ellipselabels", {"x": 1, "y": 2, "radiusX": 3}), "an ellipse lacks a number"),
        (result("rectanglelabels", {"x": 1, "y": None, "width": 3, "height": 4}), "a rectangle lacks a number"),
        (result("keypointlabels", {"x": 1, "y": 2, "width": 3}), "a region labelled 'cell' encloses nothing"),
        ({"type": "polygon", **SIZE, "value": {"points": CORNERS}}, "a region has no label"),
        (result("brushlabels", brush(), image_rotation=90), "a region was drawn while the image was turned"),
    ],
)
def test_what_is_wrong_with_a_region_is_told_with_its_line_and_the_others_come_in(
    row: dict[str, Any], reason: str, folder: Path
) -> None:
    data = read(folder, task(row, result("brushlabels", brush())))
    (problem,) = data.problems
    assert problem.reason.startswith(reason)
    assert problem.line == 2
    assert len(data.samples) == 1
    assert data.samples[0].load is not None
    np.testing.assert_array_equal(data.samples[0].load().ids >= 256, BLOCK)


def test_what_is_no_task_and_files_without_tasks(folder: Path) -> None:
    good = task(result("brushlabels", brush()))
    data = read(folder, good, {"name": "x"}, 5, {"id": 1, "data": {"text": "hello"}})
    assert [p.reason for p in data.problems] == ["this is no task of Label Studio"] * 2 + ["the task has no image"]
    nothing: list[object] = [[], [{"images": 1}], {"images": [], "annotations": []}]
    for content in nothing:
        path = folder / "project-3-at-2026.json"
        path.write_text(json.dumps(content), "utf-8")
        with pytest.raises(FormatError, match="holds no tasks of Label Studio"):
            finish(IMPORTERS["label_studio"].read(path))


def test_a_document_of_one_task_and_names_of_colours_in_the_interface(folder: Path) -> None:
    (folder / "1.json").write_text(json.dumps(task(result("brushlabels", brush()))), "utf-8")
    (folder / "config.xml").write_text(
        '<View><BrushLabels name="tag" toName="img"><Label value="sky" background="blue"/>'
        '<Label value="cell" background="#ff8000"/></BrushLabels></View>'
    )
    data = finish(IMPORTERS["label_studio"].read(folder))
    np.testing.assert_array_equal(shown(data), BLOCK)
    assert [c.name for c in data.classes.values()] == ["background", "sky", "cell"]
    assert data.classes.find("cell").color == (255, 128, 0)


def test_polygons_with_holes_and_several_pieces_come_back(
    make_sample: MakeSample, awkward: tuple[np.ndarray, dict[int, int]], classes: LabelSet, tmp_path: Path
) -> None:
    ids, table = awkward
    finish(EXPORTERS["label_studio"]([make_sample("a.jpg", ids, table)], classes, tmp_path / "out", shapes="polygon"))
    data = finish(IMPORTERS["label_studio"].read(tmp_path / "out", classes))
    assert data.problems == ()
    labels = data.samples[0].load()  # type: ignore[misc]
    back = np.vectorize(lambda i: labels.segments.get(i, i))(labels.ids)
    wanted = np.vectorize(lambda i: table.get(i, 0 if i == 255 else i))(ids)
    np.testing.assert_array_equal(back, wanted)
