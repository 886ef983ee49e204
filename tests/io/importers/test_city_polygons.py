"""Cityscapes without masks: polygons painted as its own tools paint them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from segstudio.core.progress import finish
from segstudio.io.class_files import load_classes
from segstudio.io.exporters import EXPORTERS
from segstudio.io.importers import IMPORTERS
from segstudio.io.importers.base import ImportedDataset
from segstudio.io.importers.signs import detect
from segstudio.io.project.stored import StoredSample

STREETS = load_classes("cityscapes")
WHOLE = [[0, 0], [11, 0], [11, 7], [0, 7]]


def city(folder: Path, *objects: dict[str, Any], **other: Any) -> Path:
    """``a`` of 12x8 pixels with *objects*."""
    photo = folder / "leftImg8bit" / "train" / "aachen" / "a_leftImg8bit.png"
    told = folder / "gtFine" / "train" / "aachen" / "a_gtFine_polygons.json"
    for path in (photo, told):
        path.parent.mkdir(parents=True)
    Image.new("RGB", (12, 8)).save(photo)
    told.write_text(json.dumps({"imgHeight": 8, "imgWidth": 12, "objects": objects, **other}), "utf-8")
    return folder


def thing(label: str, polygon: object, **other: Any) -> dict[str, Any]:
    return {"label": label, "polygon": polygon, **other}


def read(folder: Path) -> ImportedDataset:
    assert detect(folder) == "cityscapes"
    return finish(IMPORTERS["cityscapes"].read(folder, STREETS))


def test_later_objects_hide_earlier_ones_and_lines_belong_to_them(tmp_path: Path) -> None:
    square, over = [[1, 1], [5, 1], [5, 4], [1, 4]], [[4, 2], [8, 2], [8, 5], [4, 5]]
    data = read(
        city(
            tmp_path,
            thing("road", WHOLE),
            thing("car", square),
            thing("car", over),
            thing("persongroup", [[10, 0], [11, 0], [11, 3], [10, 3]]),
            thing("license plate", square),
            thing("ego vehicle", [[0, 7], [11, 7], [11, 7], [0, 7]]),
            thing("sky", WHOLE, deleted=1),
        )
    )
    assert data.problems == ()
    labels = data.samples[0].load()  # type: ignore[misc]
    road, car, person = (STREETS.find(name).id for name in ("road", "car", "person"))
    expected = np.full((8, 12), road)
    expected[1:5, 1:6], expected[2:6, 4:9], expected[0:4, 10:12], expected[7] = 256, 257, person, 255
    np.testing.assert_array_equal(labels.ids, expected)
    assert labels.segments == {256: car, 257: car}


def test_masks_come_before_polygons_where_an_image_has_both(
    make_sample: Callable[..., StoredSample], tmp_path: Path
) -> None:
    road, car = STREETS.find("road").id, STREETS.find("car").id
    ids = np.full((8, 12), road, np.uint16)
    ids[2:6, 3:7] = 256
    samples = [make_sample(f"{name}.png", ids, {256: car}) for name in "ab"]
    finish(EXPORTERS["cityscapes"](samples, STREETS, tmp_path / "out", val=0.0))
    for kind in ("instanceIds", "labelIds"):
        next((tmp_path / "out").rglob(f"a_gtFine_{kind}.png")).unlink()
    data = read(tmp_path / "out")
    assert data.problems == ()
    painted, stored = (sample.load() for sample in data.samples)  # type: ignore[misc]
    np.testing.assert_array_equal(stored.ids, ids)
    assert painted.segments == stored.segments
    ours = np.zeros(ids.shape, bool)
    ours[2:7, 3:8] = True  # outlines along the edges of pixels, painted with their line
    np.testing.assert_array_equal(painted.ids == 256, ours)


@pytest.mark.parametrize(
    ("objects", "told"),
    [
        ([thing("spaceship", WHOLE)], "object 1: 'spaceship' is no label of the data set"),
        ([thing("road", WHOLE), thing("car", [[1, 1], [2, 2]])], "object 2: the polygon has fewer than three points"),
        ([thing("car", [[20, 20], [30, 20], [30, 30]])], "object 1: the polygon lies outside of the image"),
        ([thing("car", "nonsense")], "object 1: a polygon is a list of numbers"),
        ([{"polygon": WHOLE}], "object 1: it has no label"),
    ],
)
def test_what_is_wrong_with_an_object_is_told_and_the_others_are_painted(
    objects: list[dict[str, Any]], told: str, tmp_path: Path
) -> None:
    data = read(city(tmp_path, *objects))
    (problem,) = data.problems
    assert problem.path.name == "a_gtFine_polygons.json"
    assert problem.reason.startswith(told)
    assert len(data.samples) == 1
    assert data.samples[0].load is not None
    assert data.samples[0].load().ids.shape == (8, 12)


def test_polygons_for_another_size_or_cut_short_leave_the_image_out(tmp_path: Path) -> None:
    data = read(city(tmp_path / "size", thing("road", WHOLE), imgWidth=99))
    assert [p.reason for p in data.problems] == ["it is for 99x8 pixels, but the image is 12x8"]
    assert data.samples == []
    folder = city(tmp_path / "cut", thing("road", WHOLE))
    path = next(folder.rglob("*_polygons.json"))
    path.write_text(path.read_text()[:40])
    data = read(folder)
    assert "truncated" in data.problems[0].reason
    assert data.samples == []
