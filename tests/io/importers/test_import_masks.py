"""Folders of masks: ids and colours, classes by name, objects, and everything that does not fit."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from PIL import Image

from segstudio.core.classes import LabelSet
from segstudio.core.errors import FormatError
from segstudio.core.progress import finish
from segstudio.io.exporters import EXPORTERS
from segstudio.io.importers import IMPORTERS
from segstudio.io.importers.base import ImportedDataset, ImportedLabels
from segstudio.io.masks import write_mask
from segstudio.io.project.stored import StoredSample

MakeSample = Callable[..., StoredSample]


def read(source: Path, classes: LabelSet | None = None, **options: Any) -> ImportedDataset:
    return finish(IMPORTERS["masks"].read(source, classes, **options))


def labels_of(data: ImportedDataset, number: int = 0) -> ImportedLabels:
    load = data.samples[number].load
    assert load is not None
    return load()


def folder_with(tmp_path: Path, **masks: np.ndarray) -> Path:
    for kind in ("images", "masks"):
        (tmp_path / kind).mkdir(parents=True)
    for name, ids in masks.items():
        write_mask(tmp_path / "masks" / f"{name}.png", ids)
        Image.new("L", ids.shape[::-1]).save(tmp_path / "images" / f"{name}.jpg")
    return tmp_path


@pytest.mark.parametrize("style", ["palette", "grey", "colour"])
def test_what_segstudio_exports_comes_back_to_the_pixel(
    make_sample: MakeSample,
    awkward: tuple[np.ndarray, dict[int, int]],
    classes: LabelSet,
    tmp_path: Path,
    style: str,
) -> None:
    ids, table = awkward
    samples = [make_sample("一.png", ids, table), make_sample("b.png", np.full((4, 5), 2, np.uint16))]
    finish(EXPORTERS["masks"](samples, classes, tmp_path / "out", style=style))
    data = read(tmp_path / "out")
    assert (data.problems, data.classes) == ((), classes)
    by_name = {s.path.name: i for i, s in enumerate(data.samples)}
    labels = labels_of(data, by_name["一.png"])
    np.testing.assert_array_equal(labels.ids, ids)
    assert labels.segments == table
    np.testing.assert_array_equal(labels_of(data, by_name["b.png"]).ids, np.full((4, 5), 2))


@given(
    ids=hnp.arrays(
        np.uint16,
        hnp.array_shapes(min_dims=2, max_dims=2, max_side=8),
        elements=st.sampled_from([0, 1, 2, 3, 255, 256, 999, 65535]),
    )
)
@settings(max_examples=30, deadline=None)
def test_random_label_maps_come_back(tmp_path_factory: pytest.TempPathFactory, ids: np.ndarray) -> None:
    folder = tmp_path_factory.mktemp("maps")
    Image.new("L", ids.shape[::-1]).save(folder / "a.png")
    write_mask(folder / "labels.png", ids)
    table = {int(i): 2 for i in np.unique(ids) if i > 255}
    sample = StoredSample(1, "a.png", folder / "a.png", 0, folder / "labels.png", table)
    classes = LabelSet.named(["background", "a", "b", "c"])
    finish(EXPORTERS["masks"]([sample], classes, folder / "out"))
    labels = labels_of(read(folder / "out"))
    np.testing.assert_array_equal(labels.ids, ids)
    assert labels.segments == table


def test_classes_go_by_name_and_not_by_number(tmp_path: Path, classes: LabelSet) -> None:
    folder = folder_with(tmp_path, a=np.array([[0, 1, 2, 255]], np.uint16))
    others = LabelSet.named(["background", "road", "cell"])
    (folder / "classes.json").write_text(json.dumps(others.to_json()))
    data = read(folder, classes)
    assert data.problems == ()
    assert labels_of(data).ids.tolist() == [[0, 3, 1, 255]]


def test_without_a_list_of_classes_ids_are_the_projects_or_become_classes(tmp_path: Path, classes: LabelSet) -> None:
    folder = folder_with(tmp_path, a=np.array([[0, 3, 9]], np.uint16))
    data = read(folder, classes)
    assert [p.reason for p in data.problems] == ["it holds values that are no class: 9"]
    assert labels_of(data).ids.tolist() == [[0, 3, 255]]
    data = read(folder)
    assert data.problems == ()
    assert {c.id: c.name for c in data.classes.values()} == {0: "class 0", 3: "class 3", 9: "class 9"}


def test_a_class_that_the_project_lacks_is_told_once_or_added(tmp_path: Path, classes: LabelSet) -> None:
    folder = folder_with(tmp_path, a=np.array([[4, 1]], np.uint16))
    more = classes.added("bus", (9, 8, 7))
    (folder / "classes.json").write_text(json.dumps(more.to_json()))
    data = read(folder, classes)
    assert "no class called 'bus'" in data.problems[0].reason
    assert labels_of(data).ids.tolist() == [[255, 1]]
    data = read(folder, classes, add_classes=True)
    assert (data.problems, data.classes) == ((), more)
    assert labels_of(data).ids.tolist() == [[4, 1]]


def test_another_value_can_mean_unlabelled(tmp_path: Path, classes: LabelSet) -> None:
    folder = folder_with(tmp_path, a=np.array([[0, 11, 2]], np.uint16))
    data = read(folder, classes, unlabelled=11)
    assert data.problems == ()
    assert labels_of(data).ids.tolist() == [[0, 255, 2]]


def test_masks_of_objects_become_instances(tmp_path: Path, classes: LabelSet) -> None:
    folder = folder_with(tmp_path, a=np.array([[0, 1, 7, 40000]], np.uint16))
    data = read(folder, classes, instances_of="cell")
    labels = labels_of(data)
    assert labels.ids.tolist() == [[0, 256, 257, 258]]
    assert labels.segments == {256: 1, 257: 1, 258: 1}
    data = read(folder)
    assert "are these instances?" in data.problems[0].reason
    assert "no class called 'bus'" in read(folder, classes, instances_of="bus").problems[0].reason


def test_masks_in_colours_of_other_tools(tmp_path: Path, classes: LabelSet) -> None:
    folder = folder_with(tmp_path, a=np.zeros((2, 2), np.uint16))
    colours = np.array([[classes[1].color, classes[3].color], [classes[0].color, (1, 1, 1)]], np.uint8)
    Image.fromarray(colours).save(folder / "masks" / "a.png")
    data = read(folder, classes)
    assert [p.reason for p in data.problems] == ["it holds colours that no class has"]
    assert labels_of(data).ids.tolist() == [[1, 3], [0, 255]]
    fresh = read(folder)
    assert fresh.problems == ()
    assert len(fresh.classes) == 4


def test_a_photograph_is_no_mask(tmp_path: Path) -> None:
    folder = folder_with(tmp_path, a=np.zeros((64, 64), np.uint16))
    photo = np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8)
    Image.fromarray(photo).save(folder / "masks" / "a.png")
    assert "more than 1000 colours" in read(folder).problems[0].reason


def test_everything_that_does_not_fit_is_listed_and_the_rest_is_there(tmp_path: Path, classes: LabelSet) -> None:
    one = np.ones((4, 6), np.uint16)
    folder = folder_with(tmp_path, cut=one, good=one, lonely=one, small=one)
    (folder / "images" / "lonely.jpg").unlink()
    write_mask(folder / "masks" / "small.png", one[:2])
    cut = folder / "masks" / "cut.png"
    cut.write_bytes(cut.read_bytes()[:50])
    data = read(folder, classes)
    assert [(p.path.name, p.reason) for p in data.problems] == [
        ("cut.png", "the file is truncated: it ends before the image does"),
        ("lonely.png", "its image is missing"),
        ("small.png", "the mask is 6x2 pixels but its image is 6x4"),
    ]
    assert [s.path.name for s in data.samples] == ["good.jpg"]


def test_damaged_tables_of_instances_are_told(
    make_sample: MakeSample, awkward: tuple[np.ndarray, dict[int, int]], classes: LabelSet, tmp_path: Path
) -> None:
    finish(EXPORTERS["masks"]([make_sample("a.png", *awkward)], classes, tmp_path / "out"))
    (tmp_path / "out" / "instances" / "a.json").write_text("[1, 2]")
    assert "no table from instance ids" in read(tmp_path / "out").problems[0].reason


def test_masks_that_opencv_wrote_beside_images_elsewhere(tmp_path: Path, classes: LabelSet) -> None:
    (tmp_path / "labels").mkdir()
    (tmp_path / "photos" / "day1").mkdir(parents=True)
    cv2.imwrite(str(tmp_path / "labels" / "x.png"), np.full((3, 3), 2, np.uint8))
    cv2.imwrite(str(tmp_path / "photos" / "day1" / "x.jpg"), np.zeros((3, 3, 3), np.uint8))
    data = read(tmp_path / "labels", classes, images=tmp_path / "photos")
    assert (data.problems, data.samples[0].path) == ((), tmp_path / "photos" / "day1" / "x.jpg")


def test_a_folder_without_masks_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FormatError, match="holds no masks"):
        read(tmp_path)
    with pytest.raises(FormatError, match="no such file"):
        read(tmp_path / "gone")
    (tmp_path / "f").write_text("")
    with pytest.raises(FormatError, match="this is a file"):
        read(tmp_path / "f")
