"""A pseudo-label data set as torchvision and pycocotools read it, and what its card tells."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from pycocotools.coco import COCO
from torchvision.datasets import VOCSegmentation

from segstudio.core.classes import LabelSet
from segstudio.core.errors import OptionError
from segstudio.core.labels import Provenance
from segstudio.core.progress import finish
from segstudio.io.exporters import EXPORTERS
from segstudio.io.masks import read_mask, write_mask
from segstudio.io.project.predictions import write_prediction
from segstudio.io.project.stored import StoredSample

MakeSample = Callable[..., StoredSample]
export = EXPORTERS["pseudo_labels"]

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept a copy:DeprecationWarning")


@pytest.fixture
def samples(make_sample: MakeSample) -> list[StoredSample]:
    """Ten images; the left half a human's class 0, the right half a network's class 1, sure of its upper half only."""
    made = []
    for number in range(10):
        ids = np.zeros((8, 10), np.uint16)
        ids[:, 5:] = 1
        sample = make_sample(f"patient{number // 2}_{number}.png", ids)
        provenance = np.where(ids == 1, Provenance.MODEL, Provenance.HUMAN).astype(np.uint8)
        write_mask(sample.labels_file.with_name("provenance.png"), provenance)
        confidence = np.full((8, 10), 0.9)
        confidence[4:] = 0.4
        write_prediction(sample.labels_file.parent, ids, confidence)
        made.append(sample)
    return made


def test_torchvision_and_pycocotools_read_the_same_split(
    samples: list[StoredSample], classes: LabelSet, tmp_path: Path
) -> None:
    options = {"val": 0.2, "test": 0.2, "group": r"patient(\d+)", "confidence": 0.5, "yolo": True, "nnunet": True}
    report = finish(export(samples, classes, tmp_path / "out", **options))
    assert (report.samples, report.problems, report.notes) == (10, (), ())
    told = json.loads((tmp_path / "out" / "splits.json").read_text())
    assert {k: len(v) for k, v in told.items()} == {"train": 6, "val": 2, "test": 2}
    assert all(len({name.split("_")[0] for name in v}) == len(v) / 2 for v in told.values()), "patients stay together"
    wanted = np.zeros((8, 10), np.uint16)
    wanted[:4, 5:], wanted[4:, 5:] = 1, 255
    for part, names in told.items():
        listed = tmp_path / "out/voc/VOCdevkit/VOC2012/ImageSets/Segmentation" / f"{part}.txt"
        assert sorted(listed.read_text().split()) == sorted(names)
        if part != "test":  # torchvision takes no test set of 2012
            data = VOCSegmentation(str(tmp_path / "out" / "voc"), year="2012", image_set=part)
            assert sorted(Path(p).stem for p in data.masks) == sorted(names)
            for _, mask in data:
                np.testing.assert_array_equal(np.asarray(mask), wanted)
        coco = COCO(str(tmp_path / "out" / "coco" / part / "annotations" / "instances_default.json"))
        assert sorted(Path(i["file_name"]).stem for i in coco.imgs.values()) == sorted(names)
        for annotation in coco.anns.values():
            np.testing.assert_array_equal(coco.annToMask(annotation), wanted == 1)
        labels = tmp_path / "out" / "yolo" / "labels" / part
        assert sorted(p.stem for p in labels.iterdir()) == sorted(names)
    cases = tmp_path / "out" / "nnunet" / "Dataset001_segstudio" / "labelsTr"
    assert sorted(p.stem for p in cases.iterdir()) == sorted(told["train"] + told["val"])
    parted = tmp_path / "out" / "nnunet" / "nnUNet_preprocessed" / "Dataset001_segstudio" / "splits_final.json"
    (fold,) = json.loads(parted.read_text())
    assert {part: sorted(names) for part, names in fold.items()} == {p: sorted(told[p]) for p in ("train", "val")}


def test_provenance_and_the_card(samples: list[StoredSample], classes: LabelSet, tmp_path: Path) -> None:
    finish(export(samples, classes, tmp_path / "out", confidence=0.5, coco=False))
    said = read_mask(tmp_path / "out" / "provenance" / "patient0_0.png")
    assert (said[:, :5] == Provenance.HUMAN).all()
    assert (said[:4, 5:] == Provenance.MODEL).all()
    assert (said[4:, 5:] == Provenance.NONE).all()
    with Image.open(tmp_path / "out" / "provenance" / "patient0_0.png") as image:
        assert image.mode == "P"
    card = (tmp_path / "out" / "README.md").read_text("utf-8")
    assert "10 (8 train, 2 val, 0 test)" in card
    assert "| 0 | background | #000000 | 320 | 80 | 0 |" in card
    assert "| 255 | unlabelled |  | 160 | 40 | 0 |" in card
    assert "| human | 1 | 50.00 % |" in card
    assert "| model | 3 | 25.00 % |" in card
    assert not (tmp_path / "out" / "coco").exists()


def test_only_people_are_trusted_where_that_is_asked_for(
    samples: list[StoredSample], classes: LabelSet, tmp_path: Path
) -> None:
    finish(export(samples, classes, tmp_path / "out", trust="human", coco=False))
    masks = tmp_path / "out" / "voc" / "VOCdevkit" / "VOC2012" / "SegmentationClass"
    for path in masks.iterdir():
        assert (read_mask(path)[:, :5] == 0).all()
        assert (read_mask(path)[:, 5:] == 255).all()


def test_no_layout_is_no_data_set(samples: list[StoredSample], classes: LabelSet, tmp_path: Path) -> None:
    with pytest.raises(OptionError, match="choose a layout"):
        finish(export(samples, classes, tmp_path / "out", voc=False, coco=False))
