"""Images as people have them, through every format that goes both ways: turned by EXIF, in long and foreign paths."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageOps

from segstudio.core.classes import LabelSet
from segstudio.core.progress import finish
from segstudio.io import images
from segstudio.io.exporters import EXPORTERS
from segstudio.io.importers import IMPORTERS
from segstudio.io.importers.base import ImportedDataset
from segstudio.io.project.stored import StoredSample

MakeSample = Callable[..., StoredSample]
BOTH_WAYS = sorted(set(EXPORTERS) & set(IMPORTERS))
ONLY_DICOM = ("dicom_seg",)
BRING_NO_IMAGES = ("nrrd", *ONLY_DICOM)
SOURCES = {"coco": "annotations/instances_default.json"}
ORIENTATION = 0x0112
DEEP = Path(*(f"{'很深的文件夹' * 10} {level}" for level in range(4)))
"""A path of some 800 bytes, of parts that are each as long as some file systems take."""
NAMES = [
    "一 二 三.jpg",
    unicodedata.normalize("NFD", "Ünïcödé Straße.jpg"),
    "Снимок №5 (копия).jpg",
    "صورة.jpg",
    "😀 {0} %s & 'a' #1;.jpg",
    "x" * 240 + ".jpg",
    "图" * 80 + ".jpg",
]


def turned_photograph(path: Path, orientation: int) -> np.ndarray:
    """A JPEG of four colours that its EXIF tag turns; its pixels as people see them, ``(H, W, 3)``."""
    stored = np.zeros((32, 48, 3), np.uint8)
    stored[:16, :24], stored[:16, 24:], stored[16:, :24] = (200, 30, 30), (30, 200, 30), (30, 30, 200)
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(stored).save(path, "JPEG", quality=98, subsampling=0, exif=exif.tobytes())
    with Image.open(path) as image:
        return np.asarray(ImageOps.exif_transpose(image))


def back(name: str, samples: list[StoredSample], classes: LabelSet, folder: Path, **options: Any) -> ImportedDataset:
    report = finish(EXPORTERS[name](samples, classes, folder, **options))
    assert (report.problems, report.samples) == ((), len(samples))
    away = name in BRING_NO_IMAGES or options.get("images") == "none"
    elsewhere = {"images": samples[0].path.parent} if away else {}
    data = finish(IMPORTERS[name].read(folder / SOURCES.get(name, "."), classes, **elsewhere))
    assert data.problems == ()
    assert len(data.samples) == len(samples)
    return data


def class_ids(data: ImportedDataset, place: int = 0) -> np.ndarray:
    labels = data.samples[place].load()  # type: ignore[misc]
    table = np.arange(65536)
    for segment, class_id in labels.segments.items():
        table[segment] = class_id
    return table[labels.ids]


@pytest.mark.parametrize(("orientation", "brought"), [(6, "copy"), (7, "link"), (3, "none")])
@pytest.mark.parametrize("name", [n for n in BOTH_WAYS if n not in ONLY_DICOM])
def test_photographs_that_exif_turns_go_out_and_come_in_as_they_were_labelled(
    name: str, orientation: int, brought: str, make_sample: MakeSample, classes: LabelSet, tmp_path: Path
) -> None:
    if brought == "none" and name in ("nnunet", "huggingface"):
        pytest.skip("it holds its images")
    upright = turned_photograph(tmp_path / "source" / "photo.jpg", orientation)
    ids = np.zeros(upright.shape[:2], np.uint16)
    ids[upright[..., 0] > 100], ids[upright[..., 2] > 100] = 1, 2
    sample = make_sample("photo.jpg", ids, image=tmp_path / "source" / "photo.jpg")
    data = back(name, [sample], classes, tmp_path / "out", images=brought)
    (found,) = data.samples
    assert found.shape == ids.shape
    np.testing.assert_array_equal(class_ids(data), ids)
    shown = images.read(found.path, found.frame).array
    expected = upright if shown.ndim == 3 else upright[..., 0]
    if name == "nnunet":
        expected = upright
    assert np.abs(shown.astype(int) - expected).max() < 20
    if brought != "none" and found.path.suffix in (".jpg", ".png") and name not in BRING_NO_IMAGES:
        with Image.open(found.path) as plain:  # as programs see it that know of no EXIF
            assert plain.getexif().get(ORIENTATION, 1) == 1
            np.testing.assert_array_equal(np.asarray(plain), shown)


@pytest.mark.parametrize("name", BOTH_WAYS)
def test_long_and_foreign_paths_are_no_trouble(
    name: str, make_sample: MakeSample, classes: LabelSet, tmp_path: Path
) -> None:
    """Images deep down, with names of all scripts, into a folder as deep; each with labels of its own."""
    home = tmp_path / "source" / DEEP
    home.mkdir(parents=True)
    assert len(str(home).encode()) > 700
    samples = []
    for number, text in enumerate(NAMES):
        image = home / (Path(text).stem + ".dcm" if name in ONLY_DICOM else text)
        made = make_sample(f"{number}{image.suffix}", labels(number))
        made.path.rename(image)
        samples.append(make_sample(text, labels(number), image=image))
    data = back(name, samples, classes, tmp_path / "out" / DEEP)
    found = {class_ids(data, place).tobytes() for place in range(len(samples))}
    assert found == {labels(number).astype(int).tobytes() for number in range(len(NAMES))}


def labels(number: int) -> np.ndarray:
    """A square of class 1, elsewhere for each number."""
    ids = np.zeros((16, 24), np.uint16)
    ids[4:12, 2 * number : 2 * number + 9] = 1
    return ids


@pytest.mark.parametrize("name", BOTH_WAYS)
def test_long_names_that_several_folders_share_stay_apart(
    name: str, make_sample: MakeSample, classes: LabelSet, tmp_path: Path
) -> None:
    long = "图" * 60 + (".dcm" if name in ONLY_DICOM else ".jpg")
    samples = []
    for number in range(2):
        made = make_sample(f"{number}{Path(long).suffix}", labels(number))
        image = tmp_path / "source" / ("夹" * 60 + str(number)) / long
        image.parent.mkdir()
        made.path.rename(image)
        samples.append(make_sample(long, labels(number), image=image))
    report = finish(EXPORTERS[name](samples, classes, tmp_path / "out"))
    assert (report.problems, report.samples) == ((), 2)
    longest = max(len(path.name.encode()) for path in (tmp_path / "out").rglob("*"))
    assert longest <= 230  # of 255, so that other programs can add endings of their own
