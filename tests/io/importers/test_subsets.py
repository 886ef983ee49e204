"""Data sets in parts whose images have the same names: each image gets its own labels."""

from __future__ import annotations

import base64
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image

from segstudio.core.classes import LabelSet
from segstudio.core.progress import finish
from segstudio.io.importers import IMPORTERS
from segstudio.io.importers.base import ImportedDataset
from segstudio.io.importers.signs import detect
from segstudio.io.masks import write_mask

SIZE = (12, 8)
PARTS = {"train": 1, "val": 2}
"""The parts of a data set, and the class that fills the image ``a.png`` of each."""
CLASSES = LabelSet.named(["background", "cell", "tree"])
FRAME = [[0, 0], [12, 0], [12, 8], [0, 8]]
FLAT = [0, 0, 12, 0, 12, 8, 0, 8]


def photo(path: Path, value: int) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("L", SIZE, 50 * value).save(path)
    return path


def mask(path: Path, value: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    write_mask(path, np.full(SIZE[::-1], value, np.uint16))


def document(path: Path, content: object) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content))


def name(value: int) -> str:
    return CLASSES[value].name


def masks(home: Path) -> None:
    document(home / "classes.json", CLASSES.to_json())
    for part, value in PARTS.items():
        photo(home / "images" / part / "a.png", value)
        mask(home / "masks" / part / "a.png", value)


def masks_in_parts(home: Path) -> None:
    document(home / "classes.json", CLASSES.to_json())
    for part, value in PARTS.items():
        photo(home / part / "images" / "a.png", value)
        mask(home / part / "masks" / "a.png", value)


def coco_document(value: int) -> dict[str, Any]:
    return {
        "images": [{"id": 1, "file_name": "a.png", "width": 12, "height": 8}],
        "annotations": [{"id": 1, "image_id": 1, "category_id": value, "segmentation": [FLAT], "iscrowd": 0}],
        "categories": [{"id": v, "name": name(v)} for v in PARTS.values()],
    }


def coco(home: Path, images: str = "") -> None:
    for part, value in PARTS.items():
        photo(home / images / part / "a.png", value)
        document(home / "annotations" / f"instances_{part}.json", coco_document(value))
        document(home / "annotations" / f"captions_{part}.json", {"images": [], "annotations": [], "categories": []})


def coco_in_images(home: Path) -> None:
    coco(home, "images")


def coco_beside(home: Path) -> None:
    for part, value in PARTS.items():
        photo(home / part / "a.png", value)
        document(home / part / "_annotations.coco.json", coco_document(value))


def voc(home: Path) -> None:
    for (_, value), year in zip(PARTS.items(), ("VOC2007", "VOC2012"), strict=True):
        photo(home / year / "JPEGImages" / "a.png", value)
        mask(home / year / "SegmentationClass" / "a.png", value)
        (home / year / "labelmap.txt").write_text(
            "".join(f"{c.name}:{','.join(map(str, c.color))}::\n" for c in CLASSES.values())
        )


def ade20k(home: Path) -> None:
    for part, value in PARTS.items():
        folder = {"train": "training", "val": "validation"}[part]
        photo(home / "images" / folder / "a.png", value)
        mask(home / "annotations" / folder / "a.png", value + 1)


def yolo(home: Path, images: Path | None = None) -> None:
    (home / "labels").mkdir(parents=True)
    (home / "data.yaml").write_text("train: images/train\nval: images/val\nnames: [background, cell, tree]\n")
    for part, value in PARTS.items():
        photo((images or home / "images") / part / "a.png", value)
        (home / "labels" / part).mkdir()
        (home / "labels" / part / "a.txt").write_text(f"{value} 0 0 1 0 1 1 0 1\n")


def labelme(home: Path) -> None:
    for part, value in PARTS.items():
        photo(home / part / "a.png", value)
        document(home / part / "a.json", labelme_document(value))


def labelme_document(value: int, data: str | None = None) -> dict[str, Any]:
    shape = {"label": name(value), "points": FRAME, "shape_type": "polygon"}
    return {"shapes": [shape], "imagePath": "a.png", "imageData": data, "imageHeight": 8, "imageWidth": 12}


def isat(home: Path) -> None:
    for part, value in PARTS.items():
        photo(home / part / "a.png", value)
        info = {"description": "ISAT", "name": "a.png", "width": 12, "height": 8}
        row = {"category": name(value), "group": 1, "segmentation": FRAME, "layer": 1}
        document(home / part / "a.json", {"info": info, "objects": [row]})


def cvat(home: Path) -> None:
    rows = []
    for number, (part, value) in enumerate(PARTS.items()):
        photo(home / "images" / part / "a.png", value)
        points = ";".join(f"{x},{y}" for x, y in FRAME)
        shape = f'<polygon label="{name(value)}" points="{points}"></polygon>'
        rows.append(f'<image id="{number}" name="a.png" subset="{part}" width="12" height="8">{shape}</image>')
    (home / "annotations.xml").write_text(f"<annotations>{''.join(rows)}</annotations>")


def datumaro(home: Path) -> None:
    for part, value in PARTS.items():
        photo(home / "images" / part / "a.png", value)
        shape = {"type": "polygon", "label_id": value, "points": FLAT, "id": 1, "group": 1}
        item = {"id": "a", "image": {"path": "a.png", "size": [8, 12]}, "annotations": [shape]}
        categories = {"label": {"labels": [{"name": c.name} for c in CLASSES.values()]}}
        document(home / "annotations" / f"{part}.json", {"infos": {}, "categories": categories, "items": [item]})


def supervisely(home: Path, images: Path | None = None) -> None:
    for part, value in PARTS.items():
        photo(images / part / "a.png" if images else home / part / "img" / "a.png", value)
        points = {"exterior": FRAME, "interior": []}
        row = {"classTitle": name(value), "geometryType": "polygon", "points": points}
        document(home / part / "ann" / "a.png.json", {"size": {"height": 8, "width": 12}, "objects": [row]})
    classes = [{"title": c.name, "color": c.hex} for c in CLASSES.values()]
    document(home / "meta.json", {"classes": classes, "tags": [], "projectType": "images"})


def label_studio(home: Path) -> None:
    tasks = []
    for part, value in PARTS.items():
        photo(home / part / "a.png", value)
        points = [[100 * x / 12, 100 * y / 8] for x, y in FRAME]
        shape = {"points": points, "polygonlabels": [name(value)]}
        region = {"id": "x", "type": "polygonlabels", "original_width": 12, "original_height": 8, "value": shape}
        address = f"/data/local-files/?d={part}/a.png"
        tasks.append({"id": value, "data": {"image": address}, "annotations": [{"id": value, "result": [region]}]})
    document(home / "tasks.json", tasks)


def huggingface(home: Path) -> None:
    for part, value in PARTS.items():
        photo(home / part / "a.png", value)
        mask(home / part / "m" / "a.png", value)
        (home / part / "metadata.jsonl").write_text('{"file_name": "a.png", "label_file_name": "m/a.png"}\n')


LAYOUTS = [
    masks, masks_in_parts, coco, coco_in_images, coco_beside, voc, ade20k, yolo, labelme, isat, cvat, datumaro,
    supervisely, label_studio, huggingface,
]  # fmt: skip


def shown(data: ImportedDataset) -> dict[int, int]:
    """By the grey of each image, the classes that its labels show."""
    found = {}
    for sample in data.samples:
        assert sample.load is not None
        labels = sample.load()
        (value,) = np.unique([labels.segments.get(i, i) for i in np.unique(labels.ids).tolist()])
        with Image.open(sample.path) as image:
            found[int(np.asarray(image)[0, 0]) // 50] = int(value)
    return found


@pytest.mark.parametrize("make", LAYOUTS, ids=lambda make: make.__name__)
def test_images_of_one_name_in_two_parts_get_their_own_labels(make: Callable[[Path], None], tmp_path: Path) -> None:
    make(tmp_path)
    format_name = next((name for name in ("coco", "masks") if make.__name__.startswith(name)), make.__name__)
    assert detect(tmp_path) == format_name
    data = finish(IMPORTERS[format_name].read(tmp_path, CLASSES))
    assert data.problems == ()
    assert shown(data) == {1: 1, 2: 2}


@pytest.mark.parametrize("make", [yolo, supervisely], ids=lambda make: make.__name__)
def test_images_elsewhere_are_told_apart_by_their_folders(make: Callable[[Path, Path], None], tmp_path: Path) -> None:
    make(tmp_path / "labels", tmp_path / "photos")
    data = finish(IMPORTERS[make.__name__].read(tmp_path / "labels", CLASSES, images=tmp_path / "photos"))
    assert data.problems == ()
    assert shown(data) == {1: 1, 2: 2}


def test_one_document_of_a_coco_data_set_takes_the_images_of_its_part(tmp_path: Path) -> None:
    coco(tmp_path)
    data = finish(IMPORTERS["coco"].read(tmp_path / "annotations" / "instances_val.json", CLASSES))
    assert (data.problems, shown(data)) == ((), {2: 2})


def test_an_image_that_two_documents_describe_is_told_with_its_line(tmp_path: Path) -> None:
    photo(tmp_path / "images" / "a.png", 1)
    for part in PARTS:
        document(tmp_path / f"instances_{part}.json", coco_document(1))
    data = finish(IMPORTERS["coco"].read(tmp_path, CLASSES))
    assert [str(p) for p in data.problems] == [
        f"{tmp_path / 'instances_val.json'}:1: the image 'a.png' is described twice"
    ]


def test_panoptic_masks_take_the_images_of_their_part(tmp_path: Path) -> None:
    for part, value in PARTS.items():
        photo(tmp_path / part / "a.png", value)
        path = tmp_path / "annotations" / f"panoptic_{part}" / "a.png"
        path.parent.mkdir(parents=True)
        Image.new("RGB", SIZE, (7, 0, 0)).save(path)
        content = {
            "images": [{"id": 1, "file_name": "a.png"}],
            "annotations": [
                {"image_id": 1, "file_name": "a.png", "segments_info": [{"id": 7, "category_id": value + 1}]}
            ],
            "categories": [{"id": c.id + 1, "name": c.name} for c in CLASSES.values()],
        }
        document(tmp_path / "annotations" / f"panoptic_{part}.json", content)
    for value, part in enumerate(PARTS, start=1):
        data = finish(IMPORTERS["coco_panoptic"].read(tmp_path / "annotations" / f"panoptic_{part}.json", CLASSES))
        assert (data.problems, shown(data)) == ((), {value: value})


def test_two_masks_of_one_image_are_told(tmp_path: Path) -> None:
    photo(tmp_path / "images" / "a.png", 1)
    for part, value in PARTS.items():
        mask(tmp_path / "masks" / part / "a.png", value)
    data = finish(IMPORTERS["masks"].read(tmp_path, CLASSES))
    assert len(data.samples) == 1
    assert [str(p) for p in data.problems] == [f"{tmp_path / 'masks/val/a.png'}: the image 'a.png' is described twice"]


def test_a_part_that_is_no_plain_name_leads_nowhere(tmp_path: Path) -> None:
    cvat(tmp_path)
    photo(tmp_path.parent / "secret" / "a.png", 3)
    path = tmp_path / "annotations.xml"
    path.write_text(path.read_text().replace('subset="val"', 'subset="../../secret"'))
    data = finish(IMPORTERS["cvat"].read(tmp_path, CLASSES))
    assert set(shown(data)) == {1}
    assert "two images are called 'a.png'" in data.problems[0].reason


def test_images_embedded_under_one_name_become_files_of_their_own(tmp_path: Path) -> None:
    for part, value in PARTS.items():
        data = photo(tmp_path / "away.png", value).read_bytes()
        document(tmp_path / "labels" / part / "a.json", labelme_document(value, base64.b64encode(data).decode()))
    (tmp_path / "away.png").unlink()
    for _ in range(2):  # the second time they are there
        found = finish(IMPORTERS["labelme"].read(tmp_path / "labels", CLASSES, extract=tmp_path / "photos"))
        assert found.problems == ()
        assert shown(found) == {1: 1, 2: 2}
        assert {p.name for p in (tmp_path / "photos").iterdir()} == {"a.png", "val-a-a.png"}


@pytest.mark.parametrize("named", ["a.png", None])
def test_images_in_parquet_files_of_three_splits_become_files_of_their_own(named: str | None, tmp_path: Path) -> None:
    for part, value in {"train": 1, "validation": 2, "test": 0}.items():
        folder = tmp_path / "data" / part
        folder.mkdir(parents=True)
        cells = []
        for pixels in (np.full(SIZE[::-1], 50 * value, np.uint8), np.full(SIZE[::-1], value, np.uint8)):
            file = io.BytesIO()
            Image.fromarray(pixels).save(file, "PNG")
            cells.append({"bytes": file.getvalue(), "path": named})
        pq.write_table(pa.table({"image": [cells[0]], "label": [cells[1]]}), folder / "0000.parquet")
    data = finish(IMPORTERS["huggingface"].read(tmp_path / "data", CLASSES, extract=tmp_path / "photos"))
    assert data.problems == ()
    assert shown(data) == {0: 0, 1: 1, 2: 2}
