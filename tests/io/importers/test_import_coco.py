"""COCO documents: those that segstudio and pycocotools write come back, and every fault is told with its line."""

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
from PIL import Image
from pycocotools import mask as coco_mask
from pycocotools.coco import COCO

from segstudio.core.annotation import Box
from segstudio.core.classes import LabelSet
from segstudio.core.errors import FormatError
from segstudio.core.progress import finish
from segstudio.io.exporters import EXPORTERS
from segstudio.io.importers import IMPORTERS
from segstudio.io.importers.base import ImportedDataset
from segstudio.io.project.stored import StoredSample
from segstudio.io.segments import segments

MakeSample = Callable[..., StoredSample]

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept a copy:DeprecationWarning")


def read(source: Path, classes: LabelSet | None = None, **options: Any) -> ImportedDataset:
    return finish(IMPORTERS["coco"].read(source, classes, **options))


@pytest.fixture
def document(tmp_path: Path) -> dict[str, Any]:
    """One image of 20x10 pixels with one square."""
    (tmp_path / "images").mkdir()
    Image.new("L", (20, 10)).save(tmp_path / "images" / "a.png")
    return {
        "images": [{"id": 1, "file_name": "a.png", "width": 20, "height": 10}],
        "categories": [{"id": 1, "name": "cell"}],
        "annotations": [square(1)],
    }


def square(number: int, **other: Any) -> dict[str, Any]:
    ring = [2, 2, 8, 2, 8, 6, 2, 6]
    return {"id": number, "image_id": 1, "category_id": 1, "segmentation": [ring], "iscrowd": 0, **other}


def saved(folder: Path, document: object) -> Path:
    path = folder / "instances.json"
    path.write_text(json.dumps(document, indent=1), "utf-8")
    return path


def whole(ids: np.ndarray, table: dict[int, int]) -> set[tuple[int, bytes]]:
    """Every object by its class and pixels."""
    found = set()
    for segment in segments(ids, table, skip={0}):
        mask = np.zeros(ids.shape, bool)
        mask[segment.region.slices] = segment.mask
        found.add((segment.class_id, mask.tobytes()))
    return found


@pytest.mark.parametrize("segmentation", ["rle", "polygon"])
def test_what_segstudio_exports_comes_back(
    make_sample: MakeSample,
    awkward: tuple[np.ndarray, dict[int, int]],
    classes: LabelSet,
    tmp_path: Path,
    segmentation: str,
) -> None:
    ids, table = awkward
    samples = [make_sample("一.png", ids, table), make_sample("empty.png", np.zeros((5, 6), np.uint16))]
    finish(EXPORTERS["coco"](samples, classes, tmp_path / "out", segmentation=segmentation))
    data = read(tmp_path / "out" / "annotations" / "instances_default.json")
    assert data.problems == ()
    assert data.classes == classes
    assert [s.path.name for s in data.samples] == ["一.png", "empty.png"]
    assert data.samples[1].load is None
    assert data.samples[0].load is not None
    labels = data.samples[0].load()
    if segmentation == "rle":
        assert whole(labels.ids, dict(labels.segments)) == whole(ids, table)
        expected = np.where(ids == 255, 0, samples[0].labels())  # COCO knows no unlabelled pixels
        np.testing.assert_array_equal(np.vectorize(lambda i: labels.segments.get(i, i))(labels.ids), expected)
    else:
        assert len(labels.segments) == len(whole(ids, table))


def test_every_encoding_of_pycocotools_is_read_as_it_decodes_it(document: dict[str, Any], tmp_path: Path) -> None:
    shape = (10, 20)
    blob = np.zeros(shape, np.uint8)
    blob[3:8, 11:17] = 1
    blob[5, 13] = 0
    compressed = coco_mask.encode(np.asfortranarray(blob))
    flat = blob.T.ravel()
    runs = np.diff([0, *np.flatnonzero(np.diff(flat, prepend=0)), flat.size]).tolist()
    document["annotations"] = [
        square(1, segmentation=[[0.3, 0.7, 5.2, 1.1, 3.9, 8.8], [6.5, 6.5, 9.5, 6.5, 8.0, 9.4]]),
        square(2, segmentation={"size": [10, 20], "counts": compressed["counts"].decode()}),
        square(3, segmentation={"size": [10, 20], "counts": runs}, iscrowd=1, category_id=2),
    ]
    document["categories"].append({"id": 2, "name": "crowd"})
    document["annotations"][2]["segmentation"]["counts"] = [100, 10, 90]
    path = saved(tmp_path, document)
    data = read(path)
    assert data.problems == ()
    labels = data.samples[0].load()  # type: ignore[misc]
    coco = COCO(str(path))
    first, second = (coco.annToMask(coco.anns[i]).astype(bool) for i in (1, 2))
    third = coco.annToMask(coco.anns[3]).astype(bool)
    by_class = {i: labels.ids == i for i in labels.segments}
    assert any(np.array_equal(m, first) for m in by_class.values())
    assert any(np.array_equal(m, second) for m in by_class.values())
    np.testing.assert_array_equal(labels.ids == 2, third & ~first & ~second)  # a crowd is no instance


@given(seed=st.integers(0, 2**32 - 1))
@settings(max_examples=30, deadline=None)
def test_hand_drawn_polygons_cover_what_pycocotools_covers(tmp_path_factory: pytest.TempPathFactory, seed: int) -> None:
    rng = np.random.default_rng(seed)
    folder = tmp_path_factory.mktemp("poly")
    (folder / "images").mkdir()
    Image.new("L", (60, 50)).save(folder / "images" / "a.png")
    angles = np.sort(rng.uniform(0, 2 * np.pi, 12))
    radii = rng.uniform(6, 20, 12)
    ring = np.stack([30 + radii * np.cos(angles), 25 + radii * np.sin(angles)], axis=1).round(2)
    document = {
        "images": [{"id": 1, "file_name": "a.png", "width": 60, "height": 50}],
        "categories": [{"id": 7, "name": "cell"}],
        "annotations": [square(1, category_id=7, segmentation=[ring.ravel().tolist()])],
    }
    path = saved(folder, document)
    data = read(path)
    theirs = coco_mask.decode(coco_mask.merge(coco_mask.frPyObjects([ring.ravel().tolist()], 50, 60)))
    np.testing.assert_array_equal(data.samples[0].load().ids == 256, theirs.astype(bool))  # type: ignore[misc]


def test_classes_are_found_in_the_project_by_name(document: dict[str, Any], classes: LabelSet, tmp_path: Path) -> None:
    document["categories"] = [{"id": 90, "name": "road"}]
    document["annotations"][0]["category_id"] = 90
    data = read(saved(tmp_path, document), classes)
    assert data.classes == classes
    assert data.samples[0].load().segments == {256: 3}  # type: ignore[misc]


def test_an_unknown_class_is_a_problem_unless_it_may_be_added(
    document: dict[str, Any], classes: LabelSet, tmp_path: Path
) -> None:
    document["categories"].append({"id": 9, "name": "bus", "color": [1, 2, 3]})
    document["annotations"].append(square(2, category_id=9))
    path = saved(tmp_path, document)
    data = read(path, classes)
    line = path.read_text().splitlines().index('   "id": 9,')  # the brace before, counted from 1
    assert [str(p) for p in data.problems] == [f"{path}:{line}: the project has no class called 'bus'"]
    assert len(data.samples[0].load().segments) == 1  # type: ignore[misc]
    data = read(path, classes, add_classes=True)
    assert data.problems == ()
    assert data.classes.find("bus").color == (1, 2, 3)
    assert data.classes.find("bus").id == 9


def test_boxes_without_outline_stay_boxes(document: dict[str, Any], tmp_path: Path) -> None:
    document["annotations"] = [square(1, segmentation=[], bbox=[1.2, 2, 5, 3.9])]
    data = read(saved(tmp_path, document))
    assert data.samples[0].load is None
    assert data.samples[0].annotation.boxes == (Box(1, 1, 2, 6, 6),)


def change(**changes: Any) -> Callable[[dict[str, Any]], None]:
    return lambda document: document["annotations"][0].update(changes)


def image(**changes: Any) -> Callable[[dict[str, Any]], None]:
    return lambda document: document["images"][0].update(changes)


@pytest.mark.parametrize(
    ("spoil", "reason", "left"),
    [
        (change(category_id=5), "no category with the id 5", 0),
        (change(image_id=5), "no image with the id 5", 0),
        (change(category_id={}), "no category with the id", 0),
        (image(file_name="gone.png"), "the image 'gone.png' is missing", None),
        (image(file_name="../../etc/passwd"), "leads out of the data set", None),
        (image(file_name="/etc/passwd"), "leads out of the data set", None),
        (image(file_name="C:\\windows\\a.dll"), "leads out of the data set", None),
        (image(file_name=""), "has no name", None),
        (image(width=30), "should have 30x10 pixels, but the file is 20x10", None),
        (image(id=None), "needs an id and a file_name", None),
        (lambda d: d["images"].append(d["images"][0]), "image id 1 is used twice", 1),
        (lambda d: d["categories"].append(d["categories"][0]), "category id 1 is used twice", 1),
        (lambda d: d["annotations"].append(d["annotations"][0]), "annotation id 1 is used twice", 1),
        (lambda d: d["categories"].append({"id": 3}), "needs an id and a name", 1),
        (lambda d: d["annotations"].append("nonsense"), "an annotation is an object", 1),
        (change(segmentation=[[2, 2, 50, 2, 50, 6, 2, 6]]), "reaches outside", 1),
        (change(segmentation=[[52, 2, 50, 2, 50, 6, 52, 6]]), "lies outside", 0),
        (change(segmentation=[[2, 2, 8, 6, 8, 2, 2, 6]]), "crosses itself", 1),
        (change(segmentation=[[2, 2, 8, 6]]), "fewer than three points", 0),
        (change(segmentation=[[2, 2, "8", None]]), "list of numbers", 0),
        (change(segmentation="RLE"), "list of polygons or a run-length code", 0),
        (change(segmentation={"size": [10, 21], "counts": "a"}), "for an image of another size", 0),
        (change(segmentation={"size": [10, 20], "counts": "5"}), "do not add up", 0),
        (change(segmentation={"size": [10, 20], "counts": 7}), "", 0),
        (change(segmentation=[], bbox=[50, 50, 5, 5]), "neither a segmentation nor a box", 0),
        (change(segmentation=[], bbox=["a", 5, 5, 5]), "neither a segmentation nor a box", 0),
    ],
)
def test_every_fault_is_told_with_its_line_and_the_rest_is_there(
    document: dict[str, Any], tmp_path: Path, spoil: Callable[[dict[str, Any]], None], reason: str, left: int | None
) -> None:
    spoil(document)
    path = saved(tmp_path, document)
    data = read(path)
    first = data.problems[0]
    assert reason in first.reason
    assert first.path == path
    line = path.read_text("utf-8").splitlines()[(first.line or 0) - 1]
    assert line.strip().startswith(("{", '"'))
    if left is None:
        assert data.samples == []
    else:
        (sample,) = data.samples
        assert (len(sample.load().segments) if sample.load else 0) == left


def test_a_truncated_document_is_told_and_what_came_before_is_there(document: dict[str, Any], tmp_path: Path) -> None:
    document["annotations"] = [square(n) for n in range(1, 50)]
    path = saved(tmp_path, document)
    data = path.read_bytes()
    path.write_bytes(data[: len(data) * 3 // 4])
    read_data = read(path)
    (problem,) = read_data.problems
    assert "truncated" in problem.reason
    assert read_data.samples[0].load is not None
    path.write_bytes(data[:30])
    with pytest.raises(FormatError, match="truncated"):
        read(path)


@pytest.mark.parametrize("content", [b"", b"[]", b"{}", b"not json", b'{"images": 5}', b"\x89PNG"])
def test_what_is_no_coco_document_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "d.json").write_bytes(content)
    with pytest.raises(FormatError):
        read(tmp_path / "d.json")
    with pytest.raises(FormatError, match="choose the JSON file"):
        read(tmp_path)
    with pytest.raises(FormatError, match="no such file"):
        read(tmp_path / "gone.json")


def test_a_name_that_leads_out_is_found_inside_where_it_is_there(document: dict[str, Any], tmp_path: Path) -> None:
    document["images"][0]["file_name"] = "../elsewhere/a.png"
    assert read(saved(tmp_path, document)).samples[0].path == tmp_path / "images" / "a.png"


def test_a_long_document_shows_progress(document: dict[str, Any], tmp_path: Path) -> None:
    document["annotations"] = [square(n) for n in range(1, 500)]
    seen: list[float] = []
    finish(IMPORTERS["coco"].read(saved(tmp_path, document)), lambda p: seen.append(p.fraction or 0))
    assert len(seen) > 50
    assert max(seen) <= 1


def test_large_polygons_of_thin_shapes_stay_exact(document: dict[str, Any], tmp_path: Path) -> None:
    """Holes cut in by slits, as segstudio exports them."""
    ring = np.zeros((10, 20), np.uint8)
    cv2.rectangle(ring, (2, 2), (12, 8), 1, 2)
    out, hole = [1, 1, 14, 1, 14, 10, 1, 10], [4, 4, 4, 7, 11, 7, 11, 4]
    document["annotations"] = [square(1, segmentation=[[*out[:2], *hole, *hole[:2], *out]])]
    data = read(saved(tmp_path, document))
    assert data.problems == ()
    mask = data.samples[0].load().ids == 256  # type: ignore[misc]
    assert not mask[5, 6]
    assert mask[2, 6]
