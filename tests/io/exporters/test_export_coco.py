"""COCO as pycocotools and torchvision read it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pycocotools import mask as coco_mask
from pycocotools.coco import COCO
from torchvision.datasets import CocoDetection

from segstudio.algorithms.raster import outlines
from segstudio.core.classes import LabelSet
from segstudio.core.geometry import Region
from segstudio.core.progress import finish
from segstudio.io.exporters import EXPORTERS
from segstudio.io.exporters.coco import Options, polygons
from segstudio.io.project.stored import StoredSample
from segstudio.io.segments import Segment, segments

MakeSample = Callable[..., StoredSample]

# pycocotools' decoder is older than NumPy 2
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept a copy:DeprecationWarning")


def read(folder: Path) -> COCO:
    return COCO(str(folder / "annotations" / "instances_default.json"))


@pytest.mark.parametrize("segmentation", ["rle", "polygon"])
def test_pycocotools_finds_every_object_with_its_pixels(
    make_sample: MakeSample,
    awkward: tuple[np.ndarray, dict[int, int]],
    classes: LabelSet,
    tmp_path: Path,
    segmentation: str,
) -> None:
    ids, table = awkward
    samples = [make_sample("空.png", np.zeros((7, 9), np.uint16)), make_sample("a.png", ids, table)]
    report = finish(EXPORTERS["coco"](samples, classes, tmp_path / "out", segmentation=segmentation))
    coco = read(tmp_path / "out")
    assert {c["id"]: c["name"] for c in coco.loadCats(coco.getCatIds())} == {1: "cell", 2: "树", 3: "road"}
    assert [(i["file_name"], i["width"], i["height"]) for i in coco.loadImgs(coco.getImgIds())] == [
        ("空.png", 9, 7),
        ("a.png", 56, 40),
    ]
    assert coco.getAnnIds(imgIds=[1]) == []
    annotations = coco.loadAnns(coco.getAnnIds(imgIds=[2]))
    expected = list(segments(ids, table, skip={0}))
    assert len(annotations) == len(expected) == report.objects
    for annotation, segment in zip(annotations, expected, strict=True):
        whole = np.zeros(ids.shape, bool)
        whole[segment.region.slices] = segment.mask
        decoded = coco.annToMask(annotation).astype(bool)
        assert annotation["category_id"] == segment.class_id
        assert annotation["area"] == whole.sum()
        assert annotation["bbox"] == coco_mask.toBbox(coco.annToRLE(annotation)).tolist()
        if segmentation == "rle":
            np.testing.assert_array_equal(decoded, whole)
        else:
            assert (decoded & whole).sum() / (decoded | whole).sum() >= 0.98
    assert 0 not in [a["id"] for a in annotations]


def test_torchvision_loads_the_images_with_their_objects(
    make_sample: MakeSample, awkward: tuple[np.ndarray, dict[int, int]], classes: LabelSet, tmp_path: Path
) -> None:
    finish(EXPORTERS["coco"]([make_sample("a.png", *awkward)], classes, tmp_path / "out"))
    data = CocoDetection(
        str(tmp_path / "out" / "images"), str(tmp_path / "out" / "annotations" / "instances_default.json")
    )
    image, objects = data[0]
    assert image.size == (56, 40)
    assert {o["category_id"] for o in objects} == {1, 2, 3}


def test_a_class_0_that_is_no_background_has_objects_under_its_own_id(make_sample: MakeSample, tmp_path: Path) -> None:
    streets = LabelSet.named(["Sky", "Building"])
    finish(EXPORTERS["coco"]([make_sample("a.png", np.zeros((4, 4), np.uint16))], streets, tmp_path / "out"))
    coco = read(tmp_path / "out")
    assert coco.getCatIds() == [0, 1]
    assert [a["category_id"] for a in coco.loadAnns(coco.getAnnIds())] == [0]


def test_colours_and_a_document_that_is_plain_json(make_sample: MakeSample, classes: LabelSet, tmp_path: Path) -> None:
    samples = [make_sample(f"{i}.png", np.ones((3, 3), np.uint16)) for i in range(3)]
    finish(EXPORTERS["coco"](samples, classes, tmp_path / "out"))
    document = json.loads((tmp_path / "out" / "annotations" / "instances_default.json").read_text("utf-8"))
    assert [tuple(c["color"]) for c in document["categories"]] == [classes[i].color for i in (1, 2, 3)]
    assert len(document["images"]) == len(document["annotations"]) == 3


@given(seed=st.integers(0, 2**32 - 1), smooth=st.floats(1.5, 5))
@settings(max_examples=60, deadline=None)
def test_polygons_with_holes_keep_their_pixels(seed: int, smooth: float) -> None:
    noise = cv2.GaussianBlur(np.random.default_rng(seed).normal(size=(48, 64)), (0, 0), smooth)
    mask = noise > np.quantile(noise, 0.4)
    segment = Segment(1, None, Region.of(mask.shape), mask)
    rings = polygons(segment, Options())
    assert len(rings) == len(outlines(mask))
    decoded = coco_mask.decode(coco_mask.merge(coco_mask.frPyObjects(rings, *mask.shape))).astype(bool)
    assert (decoded & mask).sum() / (decoded | mask).sum() >= 0.98
