"""What the workbench does by itself."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from segstudio.core.classes import LabelSet
from segstudio.io.project import Project
from tests.app.conftest import Bench


def test_what_was_decoded_ahead_is_kept_though_a_person_went_on_meanwhile(bench: Bench, tmp_path: Path) -> None:
    files = [tmp_path / f"{i}.png" for i in range(6)]
    for file in files:
        Image.fromarray(np.zeros((20, 30), np.uint8)).save(file)
    bench.new_project(tmp_path / "p", LabelSet.named(["a"]), [(file, 0) for file in files])
    document = bench.document
    assert document is not None
    bench.goto(document.order[3])
    around = document.project.samples([document.order[2], document.order[4]])
    bench.goto(document.order[0])  # stops what decodes around the fourth
    bench.goto(document.order[3])
    bench.work_until(lambda: all(document.cache.get(sample) is not None for sample in around))
    bench.next()
    assert document.image is document.cache.get(around[1])


def test_another_project_is_opened_though_the_folder_of_the_open_one_is_gone(bench: Bench, tmp_path: Path) -> None:
    for name in ("p", "q"):
        Project.create(tmp_path / name, LabelSet.named(["a"])).close()
    assert bench.open_project(tmp_path / "p.segstudio")
    shutil.rmtree(tmp_path / "p.segstudio")
    assert bench.open_project(tmp_path / "q.segstudio")
    assert bench.document is not None
    assert bench.document.project.name == "q"


def test_an_image_that_was_replaced_on_the_disk_is_told_and_gets_another_small_picture(
    bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SEGSTUDIO_THUMBNAILS", str(tmp_path / "thumbnails"))
    files = [tmp_path / f"{i}.png" for i in range(2)]
    for file in files:
        Image.fromarray(np.zeros((20, 30), np.uint8)).save(file)
    bench.new_project(tmp_path / "p", LabelSet.named(["a"]), [(file, 0) for file in files])
    assert bench.document is not None
    sample = bench.document.project.sample(bench.document.order[0])
    bench.work_until(lambda: bench.thumbnails.get(sample) is not None)
    told: list[str] = []
    bench.message.connect(told.append)
    bench.next()
    half = np.zeros((20, 30), np.uint8)
    half[10:] = 255
    Image.fromarray(half).save(files[0])
    bench.previous()
    assert told == ["The file of this image was changed since it was opened: it is shown as it is now."]

    def lower_half() -> bool:
        picture = bench.thumbnails.get(sample)
        return picture is not None and int(picture[-1, 0, 0]) > 200

    bench.work_until(lower_half, 10)
