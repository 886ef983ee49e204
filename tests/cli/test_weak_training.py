"""``segstudio train`` on strokes, boxes and tags in folders and in a project."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from segstudio.__main__ import main
from segstudio.core.annotation import Annotation, Box, ImageTag
from segstudio.core.classes import LabelSet
from segstudio.io.masks import read_mask, write_mask
from segstudio.io.project import Project
from segstudio.learning.weak.round_records import read_rounds


@pytest.fixture
def segstudio(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., Any]:
    def run(*arguments: object) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["segstudio", *map(str, arguments)])
        status = main()
        printed, said = capsys.readouterr()
        return status, printed, said

    return run


def truth() -> Any:
    mask = np.zeros((64, 64), np.uint8)
    mask[20:44, 20:44] = 1
    return mask


@pytest.fixture
def data(tmp_path: Path) -> Path:
    for name in ("images", "strokes", "boxes"):
        (tmp_path / name).mkdir()
    for i in range(3):
        pixels = np.random.default_rng(i).normal(60, 8, (64, 64)) + 100 * truth()
        Image.fromarray(pixels.astype(np.uint8)).save(tmp_path / "images" / f"{i}.png")
        strokes = np.full((64, 64), 255, np.uint8)
        strokes[30:33, 25:40], strokes[5:8, 5:60] = 1, 0
        write_mask(tmp_path / "strokes" / f"{i}.png", strokes)
        (tmp_path / "boxes" / f"{i}.json").write_text('[{"class": 1, "box": [20, 20, 44, 44]}]')
    (tmp_path / "tags.json").write_text('{"0": [1], "1": [1], "2": [1]}')
    return tmp_path


LENGTH = ("--epochs", 2, "--crop", 64, "--batch", 4, "--json")


def test_rounds_on_strokes_leave_masks_and_a_network(segstudio: Any, data: Path) -> None:
    status, printed, said = segstudio(
        "train", "--images", data / "images", "--masks", data / "strokes", "-o", data / "run",
        "--supervision", "scribblesup", "--rounds", 2, *LENGTH,
    )  # fmt: skip
    assert status == 0, said
    assert Path(json.loads(printed)["checkpoint"]).is_file()
    assert len(read_rounds(data / "run")) == 2
    masks = [p for p in (data / "run" / "labels").glob("*.png") if "confidence" not in p.name]
    assert len(masks) == 3
    assert all((read_mask(mask) == truth()).mean() > 0.95 for mask in masks)


def test_boxes_and_tags_need_no_mask(segstudio: Any, data: Path) -> None:
    status, _, _ = segstudio(
        "train", "--images", data / "images", "--boxes", data / "boxes", "-o", data / "boxed",
        "--supervision", "em_fixed", *LENGTH,
    )  # fmt: skip
    assert status == 0
    status, printed, _ = segstudio(
        "train", "--images", data / "images", "--tags", data / "tags.json", "-o", data / "tagged",
        "--supervision", "ccnn", "--start", data / "boxed" / "best.safetensors", *LENGTH,
    )  # fmt: skip
    assert status == 0
    assert json.loads(printed)["miou"] is None


def test_a_project_teaches_by_its_boxes_and_tags(segstudio: Any, data: Path) -> None:
    files = sorted((data / "images").iterdir())
    with Project.create(data / "p.segstudio", LabelSet.named(["background", "square"])) as project:
        project.add_samples((file, 0) for file in files)
        ids = project.sample_ids()
        project.save_annotation(ids[0], Annotation((Box(1, 20, 20, 44, 44),)), {}, ())
        project.save_annotation(ids[1], Annotation(tags=(ImageTag(1),)), {}, ())
        stored = project.stored()
        assert stored[0].boxes() == (Box(1, 20, 20, 44, 44),)
        assert stored[0].tags() is None
        assert stored[1].tags() == (ImageTag(1),)
        assert (stored[1].labels() == 255).all()
        assert not stored[1].provenance().any()
    status, _, said = segstudio("train", data / "p.segstudio", "-o", data / "run", *LENGTH)
    assert status == 2
    assert "no labelled sample" in said
    status, _, _ = segstudio("train", data / "p.segstudio", "-o", data / "run", "--supervision", "em_fixed", *LENGTH)
    assert status == 0
    record = json.loads((data / "run" / "run.json").read_text())
    assert record["learned from"] == ["0.png", "1.png"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--supervision", "emfixed"), "there is no supervision called 'emfixed'; did you mean 'em_fixed'?"),
        (("--supervision", "pseudo", "--rounds", "99"), "training option rounds"),
        (("--supervision", "pseudo", "--full-share", "3"), "training option full_share"),
        (("--boxes", "{t}/images"), "no image in"),
        (("--tags", "{t}/strokes/0.png"), "not a JSON file"),
        ((), "--images needs --masks"),
    ],
)
def test_bad_input_is_one_line(segstudio: Any, data: Path, arguments: tuple[str, ...], message: str) -> None:
    masks = () if not arguments or arguments[0] in ("--boxes", "--tags") else ("--masks", data / "strokes")
    given = [a.format(t=data) for a in arguments]
    status, printed, said = segstudio("train", "--images", data / "images", *masks, "-o", data / "run", *given)
    assert status == 2
    assert printed == ""
    assert message in said
    assert "Traceback" not in said
