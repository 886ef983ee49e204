"""Exports as the programs read them that they are for. Those that are not installed are skipped."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable, Iterable, Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from segstudio.core.classes import LabelSet
from segstudio.core.progress import finish
from segstudio.io.exporters import EXPORTERS
from segstudio.io.importers import IMPORTERS
from segstudio.io.project.stored import StoredSample
from segstudio.io.segments import segments

MakeSample = Callable[..., StoredSample]
Objects = list[tuple[str, np.ndarray]]

pytestmark = pytest.mark.filterwarnings("ignore")  # what other programs warn about is theirs to mend


@pytest.fixture
def samples(make_sample: MakeSample, awkward: tuple[np.ndarray, dict[int, int]]) -> list[StoredSample]:
    """Awkward labels, round objects of some size that touch, and nothing; each image in colour."""
    y, x = np.mgrid[:120, :160]
    round_ids, table = np.zeros((120, 160), np.uint16), {}
    for number, (cy, cx, r) in enumerate([(30, 30, 20), (60, 45, 18), (70, 110, 30), (20, 120, 12), (100, 25, 15)]):
        round_ids[(y - cy) ** 2 + (x - cx) ** 2 <= r * r] = 256 + number
        table[256 + number] = 1 + number % 3
    round_ids[(y - 70) ** 2 + (x - 110) ** 2 <= 12 * 12] = 0
    made = [
        make_sample("awkward.jpg", *awkward),
        make_sample("round.jpg", round_ids, table),
        make_sample("empty.jpg", np.zeros((20, 30), np.uint16)),
    ]
    for sample in made:
        with Image.open(sample.path) as image:
            colour = image.convert("RGB")
        colour.save(sample.path)
    return made


@pytest.fixture
def classes() -> LabelSet:
    """Latin names: some readers know no others."""
    return LabelSet.named(["background", "cell", "tree", "road"])


def exported(name: str, samples: list[StoredSample], classes: LabelSet, folder: Path, **options: Any) -> Path:
    finish(EXPORTERS[name](samples, classes, folder / name, **options))
    return folder / name


def expected(sample: StoredSample, classes: LabelSet) -> Objects:
    found = []
    for segment in segments(sample.ids(), sample.segments, skip={0}):
        mask = np.zeros(sample.ids().shape, bool)
        mask[segment.region.slices] = segment.mask
        found.append((classes[segment.class_id].name, mask))
    return found


def agree(wanted: Objects, found: Iterable[tuple[str, np.ndarray]], *, least: float = 1.0, smallest: int = 1) -> None:
    """Every wanted object of *smallest* pixels or more is found with an overlap of at *least* so much."""
    found = list(found)
    for name, mask in wanted:
        overlaps = [(mask & m.astype(bool)).sum() / (mask | m.astype(bool)).sum() for n, m in found if n == name]
        if mask.sum() >= smallest:
            assert max(overlaps, default=0) >= least, f"{name} of {mask.sum()} pixels"
    assert len(found) == len(wanted)


def by_stem(samples: list[StoredSample], stem: str) -> StoredSample:
    return next(s for s in samples if s.path.stem == Path(stem).stem)


def datumaro_objects(folder: Path, kind: str) -> Iterator[tuple[str, list[Any], list[str]]]:
    dm = pytest.importorskip("datumaro")
    data = dm.Dataset.import_from(str(folder), kind)
    names = [item.name for item in data.categories()[dm.AnnotationType.label].items]
    for item in data:
        yield item.id, list(item.annotations), names


def datumaro_masks(annotations: list[Any], names: list[str], shape: tuple[int, ...]) -> Objects:
    """Masks as they are; polygons filled as datumaro fills them."""
    dm = pytest.importorskip("datumaro")
    tools = pytest.importorskip("datumaro.util.mask_tools")
    groups: dict[tuple[int, int], np.ndarray] = {}
    for number, each in enumerate(annotations):
        if each.type == dm.AnnotationType.mask:
            mask = np.asarray(each.image).astype(bool)
        elif each.type == dm.AnnotationType.polygon:
            mask = tools.rles_to_mask([tools.mask_utils.frPyObjects([each.points], *shape)[0]], *shape).astype(bool)
        else:
            continue
        key = (each.label, each.group or -number)
        groups[key] = groups[key] | mask if key in groups else mask
    return [(names[label], mask) for (label, _), mask in groups.items() if names[label] != "ignored"]


def test_torchvision_and_datumaro_read_voc(samples: list[StoredSample], classes: LabelSet, tmp_path: Path) -> None:
    from torchvision.datasets import VOCSegmentation

    folder = exported("voc", samples, classes, tmp_path, val=0.34)
    seen = {}
    for part in ("train", "val"):
        data = VOCSegmentation(str(folder), year="2012", image_set=part)
        for path, (image, mask) in zip(data.images, data, strict=True):
            sample = by_stem(samples, path)
            np.testing.assert_array_equal(np.asarray(mask), sample.labels())
            assert image.size == mask.size
            seen[sample.id] = part
    assert set(seen.values()) == {"train", "val"}
    assert len(seen) == 3
    for stem, found, names in datumaro_objects(folder / "VOCdevkit" / "VOC2012", "voc_segmentation"):
        sample = by_stem(samples, stem)
        agree(expected(sample, classes), datumaro_masks(found, names, sample.ids().shape))


def test_ultralytics_reads_yolo(samples: list[StoredSample], classes: LabelSet, tmp_path: Path) -> None:
    utils = pytest.importorskip("ultralytics.data.utils")
    folder = exported("yolo", samples, classes, tmp_path, val=0.0)
    description = utils.check_det_dataset(str(folder / "data.yaml"), autodownload=False)
    assert description["names"] == {0: "cell", 1: "tree", 2: "road"}
    for sample in samples:
        image, labels = (
            folder / d / "train" / f"{sample.path.stem}.{e}" for d, e in (("images", "jpg"), ("labels", "txt"))
        )
        _, rows, _, polygons, *_, corrupt, message = utils.verify_image_label(
            (str(image), str(labels), "", False, 3, 0, 0, False)
        )
        assert (corrupt, message) == (0, "")
        height, width = sample.ids().shape
        found = [
            (description["names"][int(row[0])], utils.polygon2mask((height, width), [(p * (width, height)).ravel()]))
            for row, p in zip(rows, polygons, strict=True)
        ]
        agree(expected(sample, classes), found, least=0.98)


def test_supervision_reads_yolo_and_coco(samples: list[StoredSample], classes: LabelSet, tmp_path: Path) -> None:
    sv = pytest.importorskip("supervision")
    yolo = exported("yolo", samples, classes, tmp_path, val=0.0)
    coco = exported("coco", samples, classes, tmp_path)
    from_yolo = sv.DetectionDataset.from_yolo(
        str(yolo / "images" / "train"), str(yolo / "labels" / "train"), str(yolo / "data.yaml"), force_masks=True
    )
    annotations = str(coco / "annotations" / "instances_default.json")
    from_coco = sv.DetectionDataset.from_coco(str(coco / "images"), annotations, force_masks=True)
    for data, least in ((from_yolo, 0.85), (from_coco, 1.0)):
        assert list(data.classes) == ["cell", "tree", "road"]
        seen = set()
        for path, image, found in data:
            sample = by_stem(samples, path)
            assert image.shape[:2] == sample.ids().shape
            names = [data.classes[number] for number in found.class_id]
            # it fills polygons on whole pixels and with their outline, which small objects grow by
            pairs = list(zip(names, found.mask if len(found) else [], strict=True))
            agree(expected(sample, classes), pairs, least=least, smallest=1 if least == 1 else 200)
            seen.add(sample.path.stem)
        assert seen == {"awkward", "round", "empty"}


def test_supervision_reads_the_boxes_of_voc(samples: list[StoredSample], classes: LabelSet, tmp_path: Path) -> None:
    sv = pytest.importorskip("supervision")
    root = exported("voc", samples, classes, tmp_path, val=0.0) / "VOCdevkit" / "VOC2012"
    data = sv.DetectionDataset.from_pascal_voc(str(root / "JPEGImages"), str(root / "Annotations"))
    for path, _, found in data:
        rows = sorted((data.classes[c], *box) for c, box in zip(found.class_id, found.xyxy.tolist(), strict=True))
        wanted = []
        for name, mask in expected(by_stem(samples, path), classes):
            (y0, x0), (y1, x1) = np.argwhere(mask).min(axis=0), np.argwhere(mask).max(axis=0)
            wanted.append((name, x0, y0, x1 + 1, y1 + 1))
        assert rows == sorted(wanted)


_LABELME = """
import base64, json, sys
import numpy as np
from labelme import LabelFile, utils
from labelme.utils import shape_to_mask
asked = json.load(sys.stdin)
def mask_of(one, shape):
    if one["shape_type"] != "mask":
        return shape_to_mask(tuple(shape), one["points"], shape_type=one["shape_type"])
    mask = np.zeros(shape, bool)
    (x0, y0), (x1, y1) = np.asarray(one["points"]).astype(int)
    mask[y0:y1 + 1, x0:x1 + 1] = one["mask"]
    return mask
for path, shape in asked["read"]:
    for one in LabelFile(path).shapes:
        pixels = np.flatnonzero(mask_of(one, shape)).tolist()
        print(json.dumps([path, one["label"], one["group_id"], pixels]))
for path, image, shape, shapes in asked["write"]:
    for one in shapes:
        drawn = np.array(one["mask"], bool) if one["shape_type"] == "mask" else None
        pixels = np.flatnonzero(mask_of({**one, "mask": drawn}, shape)).tolist()
        print(json.dumps([path, one["label"], one["group_id"], pixels]))
        one["mask"] = utils.img_arr_to_b64(drawn.astype(np.uint8)) if drawn is not None else None
    LabelFile().save(path, shapes, image, *shape, image_data=None, flags={})
"""
Row = tuple[str, str, int | None, list[int]]


def labelme(read: list[Any], write: list[Any]) -> list[Row]:
    """Shapes as labelme fills them, of files that it reads and of those that it writes.

    It has an interpreter of its own, since its Qt and ours do not go together, nor do its licence and ours.
    """
    interpreter = os.environ.get("SEGSTUDIO_LABELME_PYTHON")
    if not interpreter:
        pytest.skip("SEGSTUDIO_LABELME_PYTHON names no interpreter that has labelme")
    out = subprocess.run(
        [interpreter, "-c", _LABELME],
        input=json.dumps({"read": read, "write": write}),
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
        env=os.environ | {"QT_QPA_PLATFORM": "offscreen"},
    )
    return [tuple(json.loads(line)) for line in out.stdout.splitlines() if line.startswith("[")]


def filled(rows: list[Row], stem: str, shape: tuple[int, ...]) -> Objects:
    """The objects of one file: shapes of one group are one."""
    groups: dict[Any, tuple[str, np.ndarray]] = {}
    for number, (path, label, group, pixels) in enumerate(rows):
        if Path(path).stem == stem:
            mask = np.zeros(shape, bool)
            mask.flat[pixels] = True
            key = (label, group if group is not None else f"alone {number}")
            groups[key] = label, groups.get(key, (label, np.zeros(shape, bool)))[1] | mask
    return list(groups.values())


def test_labelme_reads_our_files(samples: list[StoredSample], classes: LabelSet, tmp_path: Path) -> None:
    folder = exported("labelme", samples, classes, tmp_path)
    rows = labelme([[str(folder / f"{s.path.stem}.json"), s.ids().shape] for s in samples], [])
    for sample in samples:
        agree(expected(sample, classes), filled(rows, sample.path.stem, sample.ids().shape))


def test_what_labelme_saves_comes_in(classes: LabelSet, tmp_path: Path) -> None:
    """Polygons, a group of two, a circle, a turned rectangle and a mask, with a class in Chinese."""
    ring = np.ones((12, 15), int)
    ring[3:9, 4:11] = 0
    shapes = [
        *({"label": "cell", "points": [[x, 5], [x + 30, 8], [x + 14, 40]], "group_id": 7} for x in (5, 90)),
        {"label": "tree", "points": [[60.5, 70.5], [82.5, 70.5]], "shape_type": "circle"},
        {"label": "road", "points": [[10, 60], [30, 50], [40, 70], [20, 80]], "shape_type": "oriented_rectangle"},
        {"label": "树", "points": [[100, 80], [114, 91]], "shape_type": "mask", "mask": ring.tolist()},
    ]
    whole = [{"group_id": None, "shape_type": "polygon", "flags": {}, "mask": None, **shape} for shape in shapes]
    Image.new("L", (160, 120)).save(tmp_path / "图.png")
    rows = labelme([], [[str(tmp_path / "图.json"), "图.png", [120, 160], whole]])
    data = finish(IMPORTERS["labelme"].read(tmp_path, classes, add_classes=True))
    assert data.problems == ()
    (sample,) = data.samples
    assert sample.load is not None
    labels = sample.load()
    found = []
    for segment in segments(labels.ids, labels.segments, skip={0}):
        mask = np.zeros(labels.ids.shape, bool)
        mask[segment.region.slices] = segment.mask
        found.append((data.classes[segment.class_id].name, mask))
    # labelme's outline belongs to what it encloses, all around
    agree(filled(rows, "图", (120, 160)), found, least=0.9)
    (drawn,) = [mask for name, mask in found if name == "树"]
    np.testing.assert_array_equal(drawn[80:92, 100:115], ring == 1)


@pytest.mark.parametrize(("name", "kind"), [("cvat", "cvat"), ("datumaro", "datumaro"), ("coco", "coco_instances")])
def test_datumaro_reads_masks_to_the_pixel(
    samples: list[StoredSample], classes: LabelSet, tmp_path: Path, name: str, kind: str
) -> None:
    pytest.importorskip("datumaro")
    if name == "cvat" and int(version("datumaro").split(".")[0]) < 1:
        pytest.skip("datumaro reads masks of CVAT since version 1")
    folder = exported(name, samples, classes, tmp_path)
    seen = set()
    for stem, found, names in datumaro_objects(folder, kind):
        sample = by_stem(samples, stem)
        agree(expected(sample, classes), datumaro_masks(found, names, sample.ids().shape))
        seen.add(sample.path.stem)
    assert {"awkward", "round"} <= seen


def test_the_supervisely_sdk_reads_its_project(samples: list[StoredSample], classes: LabelSet, tmp_path: Path) -> None:
    sly = pytest.importorskip("supervisely")
    folder = exported("supervisely", samples, classes, tmp_path)
    meta = sly.ProjectMeta.from_json(json.loads((folder / "meta.json").read_text("utf-8")))
    assert [c.name for c in meta.obj_classes] == ["cell", "tree", "road"]
    assert [tuple(c.color) for c in meta.obj_classes] == [classes[i].color for i in (1, 2, 3)]
    for sample in samples:
        content = json.loads((folder / "dataset" / "ann" / f"{sample.path.name}.json").read_text("utf-8"))
        annotation = sly.Annotation.from_json(content, meta)
        found = []
        for label in annotation.labels:
            mask = np.zeros(sample.ids().shape, bool)
            origin = label.geometry.origin
            data = label.geometry.data
            mask[origin.row : origin.row + data.shape[0], origin.col : origin.col + data.shape[1]] = data
            found.append((label.obj_class.name, mask))
        agree(expected(sample, classes), found)


def test_isat_reads_its_annotations(samples: list[StoredSample], classes: LabelSet, tmp_path: Path) -> None:
    isat = pytest.importorskip("ISAT.annotation")
    folder = exported("isat", samples, classes, tmp_path)
    for sample in samples:
        read = isat.Annotation(
            str(folder / "images" / sample.path.name), str(folder / "labels" / f"{sample.path.stem}.json")
        )
        read.load_annotation()
        assert (read.height, read.width) == sample.ids().shape
        categories = {o.category for o in read.objects} - {"__background__"}
        assert categories == {name for name, _ in expected(sample, classes)}


@pytest.mark.parametrize("shapes", ["brush", "polygon"])
def test_label_studio_takes_its_tasks(
    samples: list[StoredSample], classes: LabelSet, tmp_path: Path, shapes: str
) -> None:
    brush = pytest.importorskip("label_studio_sdk.converter.brush", exc_type=ImportError)
    if tuple(map(int, version("label_studio_sdk").split(".")[:2])) < (2, 1):
        pytest.skip("the validator of version 2.0 refuses brush strokes")
    interfaces = pytest.importorskip("label_studio_sdk.label_interface", exc_type=ImportError)
    folder = exported("label_studio", samples, classes, tmp_path, shapes=shapes)
    interface = interfaces.LabelInterface((folder / "labels.xml").read_text("utf-8"))
    tasks = json.loads((folder / "tasks.json").read_text("utf-8"))
    assert len(tasks) == len(samples)
    for task in tasks:
        assert interface.validate_annotation(task["annotations"][0])
        sample = by_stem(samples, task["data"]["image"])
        results = task["annotations"][0]["result"]
        names = [each["value"][each["type"]][0] for each in results]
        if shapes == "polygon":
            assert names == [name for name, _ in expected(sample, classes)]
            continue
        masks = [brush.decode_rle(each["value"]["rle"]).reshape(*sample.ids().shape, 4)[..., 3] for each in results]
        agree(expected(sample, classes), zip(names, masks, strict=True))
