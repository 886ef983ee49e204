"""ADE20K: the challenge's folders and the full data set in both of its versions, made by hand."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from segstudio.core.classes import LabelSet
from segstudio.core.errors import FormatError
from segstudio.core.progress import finish
from segstudio.io.exporters import EXPORTERS
from segstudio.io.importers import IMPORTERS
from segstudio.io.importers.base import ImportedDataset, ImportedLabels
from segstudio.io.importers.signs import detect
from segstudio.io.project.stored import StoredSample

MakeSample = Callable[..., StoredSample]
INFO = """Idx	Ratio	Train	Val	Name
1	0.15	11664	1172	wall
2 	0.02	1906	199	bed\x20
3	0.01	5075	526	person, soul
"""


def read(folder: Path, classes: LabelSet | None = None, **options: Any) -> ImportedDataset:
    assert detect(folder) == "ade20k"
    return finish(IMPORTERS["ade20k"].read(folder, classes, **options))


def labels_of(data: ImportedDataset, place: int = 0) -> ImportedLabels:
    load = data.samples[place].load
    assert load is not None
    return load()


def challenge(folder: Path, info: str | None = INFO, **masks: np.ndarray) -> Path:
    """A mask and its image for each name, in the training set."""
    for kind in ("images", "annotations"):
        (folder / kind / "training").mkdir(parents=True)
    for name, mask in masks.items():
        Image.fromarray(mask.astype(np.uint8)).save(folder / "annotations" / "training" / f"{name}.png")
        Image.new("RGB", mask.shape[::-1]).save(folder / "images" / "training" / f"{name}.jpg")
    if info is not None:
        (folder / "objectInfo150.txt").write_text(info, "utf-8")
    return folder


MASK = np.array([[0, 1, 2, 3, 255]])


def test_numbers_are_of_the_list_and_0_and_255_are_unlabelled(tmp_path: Path) -> None:
    data = read(challenge(tmp_path, a=MASK))
    assert data.problems == ()
    assert {c.id: c.name for c in data.classes.values()} == {0: "wall", 1: "bed", 2: "person, soul"}
    assert labels_of(data).ids.tolist() == [[255, 0, 1, 2, 255]]


def test_a_project_may_call_a_class_by_any_of_its_names(tmp_path: Path) -> None:
    classes = LabelSet.named(["bed", "person", "wall"])
    data = read(challenge(tmp_path, a=MASK), classes)
    assert data.problems == ()
    assert labels_of(data).ids.tolist() == [[255, 2, 0, 1, 255]]


@pytest.mark.parametrize(("zero", "expected"), [(True, [[255, 0, 1, 2, 255]]), (False, [[0, 1, 2, 255, 255]])])
def test_without_a_list_numbers_are_places_in_the_project(
    zero: bool, expected: list[list[int]], tmp_path: Path
) -> None:
    folder = challenge(tmp_path, None, a=MASK)
    classes = LabelSet.named(["wall", "bed", "person"])
    data = read(folder, classes, zero_unlabelled=zero)
    assert labels_of(data).ids.tolist() == expected
    assert [p.reason for p in data.problems] == ([] if zero else ["it holds values that are no class: 3"])
    assert {c.name for c in read(folder).classes.values()} == {"class 1", "class 2", "class 3"}


def test_images_of_one_name_in_two_sets_are_told_apart(tmp_path: Path) -> None:
    folder = challenge(tmp_path, a=np.array([[1, 1]]))
    for kind, ending in (("images", "jpg"), ("annotations", "png")):
        (folder / kind / "validation").mkdir()
        Image.new("L", (3, 3), 2).save(folder / kind / "validation" / f"a.{ending}")
    data = read(folder)
    assert data.problems == ()
    assert sorted(s.shape for s in data.samples) == [(1, 2), (3, 3)]


@pytest.mark.parametrize(
    ("info", "reason"),
    [
        ("nothing\tof\tIdx\n1\t2\t3\n", "line 1: its columns are not called Idx and Name"),
        ("Idx\tName\n1\twall\nx\tbed\n", "line 3: it lacks a number or a name"),
        ("Idx\tName\n1\n", "line 2: it lacks a number or a name"),
    ],
)
def test_a_damaged_list_is_told_with_its_line(info: str, reason: str, tmp_path: Path) -> None:
    with pytest.raises(FormatError, match=reason):
        read(challenge(tmp_path, info, a=MASK))


def test_values_that_are_no_class_and_objects_of_another_size_are_told(tmp_path: Path) -> None:
    folder = challenge(tmp_path, a=np.array([[1, 77]]), b=np.array([[1, 1]]))
    beside = folder / "annotations_instance" / "training" / "b.png"
    beside.parent.mkdir(parents=True)
    Image.new("RGB", (5, 5)).save(beside)
    data = read(folder)
    assert [p.reason for p in data.problems] == [
        "it holds values that are no class: 77",
        "the mask is 5x5 pixels but its image is 2x1",
    ]
    assert labels_of(data).ids.tolist() == [[0, 255]]


def test_an_export_lists_shares_and_images_and_counts_objects(
    make_sample: MakeSample, classes: LabelSet, tmp_path: Path
) -> None:
    ids = np.zeros((4, 5), np.uint16)
    ids[0], ids[1, :2], ids[1, 3:] = 255, 256, 300
    finish(EXPORTERS["ade20k"]([make_sample("a.jpg", ids, {256: 1, 300: 1})], classes, tmp_path / "out", val=0.0))
    out = tmp_path / "out"
    with Image.open(out / "annotations" / "training" / "a.png") as image:
        assert image.mode == "L"
        np.testing.assert_array_equal(np.asarray(image)[:2], [[0] * 5, [2, 2, 1, 2, 2]])
    with Image.open(out / "annotations_instance" / "training" / "a.png") as image:
        np.testing.assert_array_equal(np.asarray(image)[1, :, 0], [2, 2, 0, 2, 2])
        np.testing.assert_array_equal(np.asarray(image)[1, :, 1], [1, 1, 0, 2, 2])
    lines = (out / "objectInfo4.txt").read_text("utf-8").splitlines()
    assert lines[1:3] == ["1\t0.5500\t1\t0\tbackground", "2\t0.2000\t1\t0\tcell"]
    assert (out / "sceneCategories.txt").read_text() == "a misc\n"


# --- the full data set


WALL, PERSON = 1831, 2978
"""Numbers as the full data set has them, beyond what one channel can tell."""


def coded(numbers: list[list[int]], objects: list[list[int]]) -> np.ndarray:
    """Red is the hundreds-and-up part in tens, green the rest, blue the object."""
    classes, blue = np.array(numbers), np.array(objects)
    return np.stack([classes // 256 * 10, classes % 256, blue], axis=-1).astype(np.uint8)


def full(folder: Path, name: str, colours: np.ndarray) -> Path:
    place = folder / "training" / "b" / "bedroom"
    place.mkdir(parents=True, exist_ok=True)
    Image.fromarray(colours).save(place / f"{name}_seg.png")
    Image.new("RGB", colours.shape[1::-1]).save(place / f"{name}.jpg")
    return place


COLOURS = coded([[0, WALL, WALL, PERSON, PERSON]], [[0, 40, 40, 90, 200]])


def check_full(data: ImportedDataset) -> None:
    assert labels_of(data).ids.tolist() == [[255, 256, 256, 257, 258]]
    wall, person = data.classes.find("wall").id, data.classes.find("person, individual").id
    assert labels_of(data).segments == {256: wall, 257: person, 258: person}


def test_the_version_of_2020_tells_names_by_number(tmp_path: Path) -> None:
    place = full(tmp_path, "x", COLOURS)
    rows = [
        {"id": 0, "name": "wall", "name_ndx": WALL, "parts": {"part_level": 0}},
        {"id": 1, "name": "person, individual", "name_ndx": PERSON, "parts": {"part_level": 0}},
        {"id": 2, "name": "hand", "name_ndx": 1213, "parts": {"part_level": 1}},
    ]
    text = json.dumps({"annotation": {"filename": "x.jpg", "scene": ["café"], "object": rows}}, ensure_ascii=False)
    (place / "x.json").write_bytes(text.encode("latin-1"))
    data = read(tmp_path)
    assert data.problems == ()
    check_full(data)


def test_the_version_of_2017_tells_names_by_object_and_masks_of_parts_are_left_out_and_told(tmp_path: Path) -> None:
    place = full(tmp_path, "x", COLOURS)
    lines = [
        '001 # 0 # 0 # wall # wall # ""',
        '002 # 0 # 1 # person, individual # man # "standing"',
        '003 # 0 # 0 # person, individual # woman # ""',
        '002 # 1 # 0 # hand # left hand # ""',
    ]
    (place / "x_atr.txt").write_text("\n".join(lines) + "\n", "utf-8")
    Image.fromarray(COLOURS).save(place / "x_parts_1.png")
    data = read(tmp_path)
    assert [p.reason.partition(":")[0] for p in data.problems] == ["1 masks of parts are left out"]
    check_full(data)


def test_numbers_without_a_name_are_told_and_stay_unlabelled(tmp_path: Path) -> None:
    place = full(tmp_path, "x", COLOURS)
    (place / "x_atr.txt").write_text("001 # 0 # 0 # wall # wall\n")
    data = read(tmp_path)
    assert [(p.path.name, p.reason) for p in data.problems] == [
        ("x_seg.png", f"no file tells the name of its class {PERSON}")
    ]
    assert labels_of(data).ids.tolist() == [[255, 256, 256, 255, 255]]


def test_a_name_that_only_a_later_image_tells_holds_for_the_earlier_too(tmp_path: Path) -> None:
    full(tmp_path, "a", COLOURS)
    place = full(tmp_path, "b", COLOURS)
    (place / "b_atr.txt").write_text(
        "".join(f"00{n} # 0 # 0 # {name} #\n" for n, name in enumerate(["wall", *["person, individual"] * 2], start=1))
    )
    data = read(tmp_path)
    assert data.problems == ()
    assert len(data.samples) == 2
    check_full(data)


@pytest.mark.parametrize(
    ("name", "text", "reason"),
    [
        ("x.json", '{"annotation": {"object": [', "line 1: this is not JSON"),
        ("x.json", '{"annotation": {"object": [{"name": "wall"}]}}', "it lists no objects"),
        ("x.json", "[" * 100_000, "it lists no objects"),
        ("x_atr.txt", "001 # 0 # 0 # wall #\nwall\n", "line 2: it lacks the number"),
    ],
)
def test_damaged_lists_of_objects_are_told(name: str, text: str, reason: str, tmp_path: Path) -> None:
    place = full(tmp_path, "x", COLOURS)
    (place / name).write_text(text)
    data = read(tmp_path)
    assert data.problems[0].path.name == name
    assert data.problems[0].reason.startswith(reason)


def test_masks_that_are_no_colours_and_images_that_are_missing(tmp_path: Path) -> None:
    place = full(tmp_path, "x", COLOURS)
    full(tmp_path, "y", COLOURS)
    Image.new("L", (5, 1)).save(place / "x_seg.png")
    (place / "y.jpg").unlink()
    data = read(tmp_path)
    assert data.samples == []
    assert [p.reason for p in data.problems] == [
        "the mask has one channel where class and object are written in colours",
        "its image is missing",
    ]


def test_more_classes_than_a_label_map_holds_are_told_one_by_one(tmp_path: Path) -> None:
    numbers = list(range(1, 261))
    place = full(tmp_path, "x", coded([numbers], [[1] * 260]))
    rows = [{"name": f"thing {n}", "name_ndx": n, "parts": {"part_level": 0}} for n in numbers]
    (place / "x.json").write_text(json.dumps({"annotation": {"object": rows}}))
    data = read(tmp_path)
    assert len(data.classes) == 255
    assert len(data.problems) == 5
    assert data.problems[0].reason.startswith("the class 'thing 256' is left out: there are 255 classes already")


@pytest.mark.filterwarnings("ignore")  # what another program warns about is its own to mend
def test_datumaro_sees_the_same_objects_of_the_same_classes(tmp_path: Path) -> None:
    dm = pytest.importorskip("datumaro")
    y, x = np.mgrid[:12, :16]
    numbers, blues = np.zeros((12, 16), int), np.zeros((12, 16), int)
    for number, blue, inside in ((WALL, 17, y < 5), (PERSON, 88, (y > 6) & (x < 6)), (PERSON, 203, (y > 6) & (x > 9))):
        numbers[inside], blues[inside] = number, blue
    place = full(tmp_path / "set", "x", coded(numbers.tolist(), blues.tolist()))
    names = ["wall", "person", "person"]
    lines = [f'{n:03d} # 0 # 0 # {name} # {name} # ""' for n, name in enumerate(names, start=1)]
    (place / "x_atr.txt").write_text("\n".join(lines) + "\n", "utf-8")
    data = read(tmp_path / "set")
    labels = labels_of(data)
    ours = {(data.classes[c].name, (labels.ids == i).tobytes()) for i, c in labels.segments.items()}
    theirs = dm.Dataset.import_from(str(tmp_path / "set"), "ade20k2017")
    called = [label.name for label in theirs.categories()[dm.AnnotationType.label].items]
    (item,) = theirs
    seen = {(called[each.label], np.asarray(each.image, bool).tobytes()) for each in item.annotations}
    assert seen == ours
    assert len(ours) == 3
