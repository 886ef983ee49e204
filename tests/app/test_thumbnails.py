"""Small pictures: made once, kept, made anew when the image changes."""

from __future__ import annotations

import os
import time
from pathlib import Path

import numpy as np
import pytest
import tifffile
from PIL import Image

from segstudio.app.thumbnails import SIDE, thumbnail
from segstudio.app.workbench import Workbench
from segstudio.core.annotation import Sample
from segstudio.core.classes import LabelSet
from segstudio.core.errors import ImageError
from segstudio.io.images import read


def test_a_picture_keeps_its_proportions_and_shows_deep_values_in_their_own_range(tmp_path: Path) -> None:
    image = np.zeros((100, 400), np.uint16)
    image[:, 200:] = 300  # nearly black of 65535
    tifffile.imwrite(tmp_path / "deep.tif", image, photometric="minisblack")
    picture = thumbnail(Sample(1, tmp_path / "deep.tif"), tmp_path / "kept")
    assert picture is not None
    assert picture.shape == (SIDE // 4, SIDE, 3)
    assert picture[8, 8].max() < 10
    assert picture[8, SIDE - 8].min() > 245


def test_it_is_kept_and_made_anew_when_the_file_changes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file, kept = tmp_path / "a.png", tmp_path / "kept"
    Image.new("RGB", (90, 60), (200, 0, 0)).save(file)
    first = thumbnail(Sample(1, file), kept)
    assert first is not None
    assert len(list(kept.rglob("*.jpg"))) == 1
    with monkeypatch.context() as patch:
        patch.setattr("segstudio.app.thumbnails.rendered", lambda *_: None)
        again = thumbnail(Sample(1, file), kept)
    assert again is not None
    assert np.abs(again.astype(int) - first).max() < 12
    Image.new("RGB", (90, 60), (0, 0, 200)).save(file)
    os.utime(file, (1, 1))
    new = thumbnail(Sample(1, file), kept)
    assert new is not None
    assert new[5, 5, 2] > 150


def test_what_cannot_be_read_has_no_picture(tmp_path: Path) -> None:
    (tmp_path / "broken.png").write_bytes(b"no image")
    assert thumbnail(Sample(1, tmp_path / "broken.png"), tmp_path / "kept") is None
    assert thumbnail(Sample(1, tmp_path / "gone.png"), tmp_path / "kept") is None


def test_those_asked_for_last_are_made_and_told(tmp_path: Path) -> None:
    for i in range(5):
        Image.new("L", (20, 20), 40 * i).save(tmp_path / f"{i}.png")
    bench = Workbench(lambda call: call())
    bench.new_project(tmp_path / "p", LabelSet.named(["background"]), [(tmp_path / f"{i}.png", 0) for i in range(5)])
    assert bench.document is not None
    samples = bench.document.project.samples()
    told: list[int] = []
    bench.thumbnails.made.connect(told.append)
    assert [bench.thumbnails.get(sample) for sample in samples] == [None] * 5
    end = time.monotonic() + 20
    while len(told) < 5 and time.monotonic() < end:
        time.sleep(0.01)
    assert sorted(told) == [sample.id for sample in samples]
    assert all(bench.thumbnails.get(sample) is not None for sample in samples)
    bench.shut_down()


def test_the_image_at_hand_is_not_decoded_once_more(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Image.new("L", (20, 20), 40).save(tmp_path / "a.png")
    bench = Workbench(lambda call: call())
    bench.new_project(tmp_path / "p", LabelSet.named(["background"]), [(tmp_path / "a.png", 0)])
    assert bench.document is not None
    assert bench.document.sample is not None
    told: list[int] = []
    bench.thumbnails.made.connect(told.append)
    monkeypatch.setattr("segstudio.app.thumbnails.images.open_image", None)
    bench.thumbnails.get(bench.document.sample)
    end = time.monotonic() + 20
    while not told and time.monotonic() < end:
        time.sleep(0.01)
    assert bench.thumbnails.get(bench.document.sample) is not None
    bench.shut_down()


def test_a_picture_is_as_wide_and_high_as_the_image_is_in_millimetres(tmp_path: Path) -> None:
    image = np.zeros((50, 100), np.uint8)
    tifffile.imwrite(tmp_path / "line.tif", image, resolution=(4, 1), resolutionunit="NONE")  # pixels 4 times as high
    picture = thumbnail(Sample(1, tmp_path / "line.tif"), tmp_path / "kept")
    assert picture is not None
    assert picture.shape == (SIDE, SIDE // 2, 3)


def test_slices_of_one_stack_are_as_bright_as_they_are_beside_each_other(tmp_path: Path) -> None:
    dark, bright = np.zeros((40, 40), np.uint16), np.zeros((40, 40), np.uint16)
    dark[10:30, 10:30], bright[10:30, 10:30] = 1000, 4000
    tifffile.imwrite(tmp_path / "stack.tif", np.stack([dark, bright]), photometric="minisblack")
    bench = Workbench(lambda act: act())
    contrast = bench.stacks.contrast.window_of
    pictures = [thumbnail(Sample(1, tmp_path / "stack.tif", i), tmp_path / "kept", contrast=contrast) for i in (0, 1)]
    bench.shut_down()
    assert [picture[32, 32, 0] // 10 for picture in pictures if picture is not None] == [6, 25]


def test_a_slice_beside_a_broken_one_has_its_picture(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tifffile.imwrite(tmp_path / "stack.tif", np.full((2, 40, 40), 700, np.uint16), photometric="minisblack")

    def broken(path: Path, frame: int) -> None:
        raise ImageError(path, "the file is truncated: it ends before the image does")

    bench = Workbench(lambda act: act())
    whole = read(tmp_path / "stack.tif", 0)
    monkeypatch.setattr("segstudio.io.images.open_image", broken)
    picture = thumbnail(Sample(1, tmp_path / "stack.tif"), tmp_path / "kept", whole, bench.stacks.contrast.window_of)
    bench.shut_down()
    assert picture is not None
