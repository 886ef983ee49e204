"""Cityscapes' ids, and what torchvision reads of an export."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
from torchvision.datasets import Cityscapes

from segstudio.core.classes import LabelSet
from segstudio.core.progress import finish
from segstudio.io.class_files import load_classes
from segstudio.io.exporters import EXPORTERS
from segstudio.io.importers import IMPORTERS
from segstudio.io.masks import read_mask
from segstudio.io.project.stored import StoredSample

MakeSample = Callable[..., StoredSample]


def test_torchvision_reads_labels_instances_and_polygons(make_sample: MakeSample, tmp_path: Path) -> None:
    streets = load_classes("cityscapes")
    road, car = streets.find("road").id, streets.find("car").id
    ids = np.full((8, 12), road, np.uint16)
    ids[0] = 255
    ids[2:5, 2:5], ids[2:5, 5:8] = 256, 300
    samples = [make_sample(f"{n}.png", ids, {256: car, 300: car}) for n in ("a", "b", "c", "d", "e")]
    finish(EXPORTERS["cityscapes"](samples, streets, tmp_path / "out"))
    theirs = {c.name: c for c in Cityscapes.classes}
    seen = 0
    for part in ("train", "val"):
        data = Cityscapes(
            str(tmp_path / "out"), split=part, mode="fine", target_type=["semantic", "instance", "polygon"]
        )
        for image, (semantic, instance, polygon) in data:
            labels, objects = np.asarray(semantic), np.asarray(instance)
            assert image.size == (12, 8)
            assert (labels[0] == theirs["unlabeled"].id).all()
            assert (labels[5:] == theirs["road"].id).all()
            assert (labels[2:5, 2:8] == theirs["car"].id).all()
            assert (objects[2:5, 2:5] == 26000).all()
            assert (objects[2:5, 5:8] == 26001).all()
            assert (objects[5:] == theirs["road"].id).all()
            assert sorted(o["label"] for o in polygon["objects"]) == ["car", "car", "road"]
            seen += 1
    assert seen == 5
    train = read_mask(next((tmp_path / "out" / "gtFine").rglob("*labelTrainIds.png")))
    assert (train[0] == 255).all()
    assert (train[5:] == theirs["road"].train_id).all()
    assert (train[2:5, 2:8] == theirs["car"].train_id).all()


def test_classes_of_ones_own_get_free_ids_which_the_list_tells(
    make_sample: MakeSample, classes: LabelSet, tmp_path: Path
) -> None:
    ids = np.array([[0, 1, 2, 3, 255]], np.uint16)
    finish(EXPORTERS["cityscapes"]([make_sample("a.png", ids)], classes, tmp_path / "out"))
    told = json.loads((tmp_path / "out" / "labels.json").read_text("utf-8"))["labels"]
    assert {t["name"]: (t["id"], t["trainId"]) for t in told} == {
        "background": (34, 19),
        "cell": (35, 20),
        "树": (36, 21),
        "road": (7, 0),
    }
    written = read_mask(next((tmp_path / "out").rglob("*labelIds.png")))
    assert written.tolist() == [[34, 35, 36, 7, 0]]


def test_what_is_void_is_unlabelled_and_strange_values_are_told(
    make_sample: MakeSample, classes: LabelSet, tmp_path: Path
) -> None:
    from segstudio.io.masks import write_mask

    finish(EXPORTERS["cityscapes"]([make_sample("a.png", np.full((2, 3), 3, np.uint16))], classes, tmp_path / "out"))
    for path in (tmp_path / "out" / "gtFine").rglob("*instanceIds.png"):
        write_mask(path, np.array([[1, 2, 3], [7, 99, 7]], np.uint16))
    data = finish(IMPORTERS["cityscapes"].read(tmp_path / "out", classes))
    assert [p.reason for p in data.problems] == ["it holds values that are no class: 99"]
    assert data.samples[0].load().ids.tolist() == [[255, 255, 255], [3, 255, 3]]  # type: ignore[misc]
