"""COCO panoptic by the format's own definition, and what an import tells of a damaged one."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image

from segstudio.core.classes import LabelSet
from segstudio.core.progress import finish
from segstudio.io.exporters import EXPORTERS
from segstudio.io.importers import IMPORTERS
from segstudio.io.project.stored import StoredSample

MakeSample = Callable[..., StoredSample]


def test_ids_are_red_and_256_green_and_65536_blue(make_sample: MakeSample, classes: LabelSet, tmp_path: Path) -> None:
    ids = np.zeros((20, 40), np.uint16)
    ids[:10] = (np.arange(400) + 256).reshape(10, 40)
    ids[15:17] = 2
    ids[19] = 255
    sample = make_sample("a.png", ids, dict.fromkeys(range(256, 656), 1))
    finish(EXPORTERS["coco_panoptic"]([sample], classes, tmp_path / "out"))
    told = json.loads((tmp_path / "out" / "panoptic.json").read_text("utf-8"))
    assert {c["name"]: (c["id"], c["isthing"]) for c in told["categories"]} == {
        "background": (1, 0),
        "cell": (2, 1),
        "树": (3, 0),
        "road": (4, 0),
    }
    (annotation,) = told["annotations"]
    with Image.open(tmp_path / "out" / "panoptic" / annotation["file_name"]) as image:
        pixels = np.asarray(image).astype(int)
    numbers = pixels[..., 0] + 256 * pixels[..., 1] + 65536 * pixels[..., 2]
    rows = {row["id"]: row for row in annotation["segments_info"]}
    assert set(rows) == set(np.unique(numbers).tolist()) - {0}
    assert len(rows) == 402
    assert (numbers[19] == 0).all()
    for number, row in rows.items():
        y, x = np.nonzero(numbers == number)
        assert row["area"] == y.size
        assert row["bbox"] == [x.min(), y.min(), np.ptp(x) + 1, np.ptp(y) + 1]


def test_segments_that_do_not_fit_are_told_with_their_line(
    make_sample: MakeSample, classes: LabelSet, tmp_path: Path
) -> None:
    ids = np.zeros((4, 6), np.uint16)
    ids[1:3, 1:3], ids[1:3, 4:6] = 256, 257
    finish(EXPORTERS["coco_panoptic"]([make_sample("a.png", ids, {256: 1, 257: 1})], classes, tmp_path / "out"))
    file = tmp_path / "out" / "panoptic.json"
    told = json.loads(file.read_text("utf-8"))
    first, second, _ = told["annotations"][0]["segments_info"]
    first["category_id"], second["id"] = 70, 99
    file.write_text(json.dumps(told, indent=1), "utf-8")
    data = finish(IMPORTERS["coco_panoptic"].read(tmp_path / "out", classes))
    assert [p.reason for p in data.problems] == [
        "there is no category with the id 70",
        "the segment 99 has no pixels",
        "its PNG holds segments that are not told: 1, 2",
    ]
    assert all(p.line and p.line > 10 for p in data.problems)
    labels = data.samples[0].load()  # type: ignore[misc]
    assert set(np.unique(labels.ids).tolist()) <= {0, 255}
