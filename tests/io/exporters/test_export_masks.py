"""Index masks as other programs read them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from segstudio.core.classes import LabelSet, voc_color
from segstudio.core.progress import finish
from segstudio.io.exporters import EXPORTERS
from segstudio.io.project.stored import StoredSample

MakeSample = Callable[..., StoredSample]


def test_pixels_are_class_ids_in_the_windows_colours(
    make_sample: MakeSample, awkward: tuple[np.ndarray, dict[int, int]], classes: LabelSet, tmp_path: Path
) -> None:
    sample = make_sample("a.png", *awkward)
    finish(EXPORTERS["masks"]([sample], classes, tmp_path / "out"))
    with Image.open(tmp_path / "out" / "masks" / "a.png") as mask:
        assert mask.mode == "P"
        np.testing.assert_array_equal(np.asarray(mask), sample.labels())
        colours = np.asarray(mask.convert("RGB"))
    for class_id, label in classes.items():
        assert (colours[sample.labels() == class_id] == label.color).all()
    assert (colours[sample.labels() == 255] == voc_color(255)).all()
    assert json.loads((tmp_path / "out" / "classes.json").read_text("utf-8")) == classes.to_json()


def test_instances_lie_beside_in_16_bits(
    make_sample: MakeSample, awkward: tuple[np.ndarray, dict[int, int]], classes: LabelSet, tmp_path: Path
) -> None:
    plain = make_sample("plain.png", np.ones((5, 5), np.uint16))
    finish(EXPORTERS["masks"]([make_sample("a.png", *awkward), plain], classes, tmp_path / "out"))
    read = cv2.imread(str(tmp_path / "out" / "instances" / "a.png"), cv2.IMREAD_UNCHANGED)
    np.testing.assert_array_equal(read, awkward[0], strict=True)
    assert json.loads((tmp_path / "out" / "instances" / "a.json").read_text()) == {
        str(k): v for k, v in awkward[1].items()
    }
    assert not (tmp_path / "out" / "instances" / "plain.png").exists()


def test_grey_and_coloured_masks(
    make_sample: MakeSample, awkward: tuple[np.ndarray, dict[int, int]], classes: LabelSet, tmp_path: Path
) -> None:
    sample = make_sample("a.png", *awkward)
    for style in ("grey", "colour"):
        finish(EXPORTERS["masks"]([sample], classes, tmp_path / style, style=style))
    grey = cv2.imread(str(tmp_path / "grey" / "masks" / "a.png"), cv2.IMREAD_UNCHANGED)
    np.testing.assert_array_equal(grey, sample.labels().astype(np.uint8), strict=True)
    bgr = cv2.imread(str(tmp_path / "colour" / "masks" / "a.png"))
    np.testing.assert_array_equal(bgr[..., ::-1], classes.palette()[sample.labels()])
