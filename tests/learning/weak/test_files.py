"""Folders of images with masks, boxes and tags beside them become samples; files that are wrong are named."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from segstudio.app.workflows import read_boxes
from segstudio.core.errors import FormatError, TrainingError
from segstudio.io.masks import write_mask
from segstudio.learning.weak.evidence import Evidence
from segstudio.learning.weak.files import annotated_samples, read_tags


def folder(tmp_path: Path) -> Path:
    for name in ("images", "masks", "boxes"):
        (tmp_path / name).mkdir()
    for name in "abcd":
        Image.fromarray(np.zeros((8, 10), np.uint8)).save(tmp_path / "images" / f"{name}.png")
    write_mask(tmp_path / "masks" / "a.png", np.full((8, 10), 1, np.uint8))
    (tmp_path / "boxes" / "b.json").write_text('[{"class": 3, "box": [1, 2, 5, 6]}]')
    (tmp_path / "tags.json").write_text('{"c.png": [2], "b": [3, 4]}')
    return tmp_path


def test_every_image_of_which_something_is_said_is_a_sample(tmp_path: Path) -> None:
    root = folder(tmp_path)
    found = annotated_samples(root / "images", root / "masks", root / "boxes", root / "tags.json", read_boxes)
    assert [sample.name for sample in found] == ["a.png", "b.png", "c.png"]
    a, b, c = (Evidence.of(sample) for sample in found)
    assert a.complete
    assert b.boxes == ((3, 1, 2, 5, 6),)
    assert b.shown() == {3, 4}
    assert c.shown() == {2}
    assert c.labels.shape == (8, 10)
    assert not c.drawn
    assert [sample.shown() for sample in found] == [set(), {0, 3, 4}, {0, 2}]


@pytest.mark.parametrize("text", ["[1]", '{"a": 1}', '{"a": ["cat"]}', '{"a": [true]}', "{"])
def test_tags_of_another_form_are_refused_by_name(text: str, tmp_path: Path) -> None:
    (tmp_path / "tags.json").write_text(text)
    with pytest.raises(FormatError, match="tags"):
        read_tags(tmp_path / "tags.json")


def test_folders_that_are_not_there_or_do_not_match_are_named(tmp_path: Path) -> None:
    root = folder(tmp_path)
    with pytest.raises(TrainingError, match="none is not a folder"):
        annotated_samples(root / "images", root / "none", None, None, read_boxes)
    (root / "other.json").write_text(json.dumps({"z": [1]}))
    with pytest.raises(TrainingError, match="has an annotation"):
        annotated_samples(root / "images", None, None, root / "other.json", read_boxes)
