"""Images whose name occurs in several folders: the right one is found, or both are named."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from segstudio.core.classes import LabelSet
from segstudio.core.progress import finish
from segstudio.io.class_files import load_classes
from segstudio.io.importers import IMPORTERS
from segstudio.io.importers.base import ImageFinder, ImportedDataset
from segstudio.io.masks import write_mask

SIZE = (12, 8)


def photo(path: Path, size: tuple[int, int] = SIZE) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", size).save(path)
    return path


def mask(path: Path, value: int = 0) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    write_mask(path, np.full(SIZE[::-1], value, np.uint16))
    return path


def read(name: str, source: Path, classes: LabelSet) -> ImportedDataset:
    return finish(IMPORTERS[name].read(source, classes))


@pytest.mark.parametrize("folder", ["a_photos", "photos"])
def test_masks_find_images_of_their_names_in_whatever_folder(tmp_path: Path, folder: str) -> None:
    mask(tmp_path / "masks" / "x.png")
    image = photo(tmp_path / folder / "x.png")
    data = read("masks", tmp_path, LabelSet.named(["background"]))
    assert (data.problems, [s.path for s in data.samples]) == ((), [image])


def test_a_mask_with_images_of_its_name_in_two_folders_names_both(tmp_path: Path) -> None:
    file = mask(tmp_path / "masks" / "x.png")
    one, other = (photo(tmp_path / "images" / folder / "x.png") for folder in ("night", "rain"))
    data = read("masks", tmp_path, LabelSet.named(["background"]))
    assert list(data.samples) == []
    assert [(p.path, p.reason) for p in data.problems] == [(file, f"two images have its name: {one} and {other}")]


def test_an_image_in_the_same_folder_goes_before_one_further_down(tmp_path: Path) -> None:
    mask(tmp_path / "masks" / "x.png")
    photo(tmp_path / "images" / "a_small" / "x.jpg", (6, 4))
    image = photo(tmp_path / "images" / "x.png")
    data = read("masks", tmp_path, LabelSet.named(["background"]))
    assert (data.problems, [s.path for s in data.samples]) == ((), [image])


def test_pascal_voc_finds_images_beside_masks_of_the_same_name(tmp_path: Path) -> None:
    mask(tmp_path / "SegmentationClass" / "x.png")
    mask(tmp_path / "SegmentationObject" / "x.png")
    image = photo(tmp_path / "pictures" / "x.png")
    data = read("voc", tmp_path, load_classes("voc"))
    assert (data.problems, [s.path for s in data.samples]) == ((), [image])


def test_boxes_of_pascal_voc_with_images_of_one_name_in_two_folders_name_both(tmp_path: Path) -> None:
    told = tmp_path / "Annotations" / "x.xml"
    told.parent.mkdir()
    told.write_text("<annotation><filename>x.png</filename></annotation>")
    one, other = (photo(tmp_path / "JPEGImages" / folder / "x.png") for folder in ("night", "rain"))
    data = read("voc", tmp_path, load_classes("voc"))
    assert [(p.path, p.reason) for p in data.problems] == [(told, f"two images have its name: {one} and {other}")]


def test_cityscapes_keeps_images_of_one_name_in_two_cities_apart(tmp_path: Path) -> None:
    for city, value in (("aachen", 7), ("bremen", 8)):
        mask(tmp_path / "gtFine" / "train" / city / "x_gtFine_labelIds.png", value)
        photo(tmp_path / "leftImg8bit" / "train" / city / "x_leftImg8bit.png")
    classes = load_classes("cityscapes")
    data = read("cityscapes", tmp_path, classes)
    assert data.problems == ()
    shown = {s.path.parent.name: classes[int(s.load().ids[0, 0])].name for s in data.samples if s.load is not None}
    assert shown == {"aachen": "road", "bremen": "sidewalk"}


def test_a_name_with_folders_is_found_by_those_wherever_the_data_set_was_moved(tmp_path: Path) -> None:
    wanted = photo(tmp_path / "moved" / "val" / "1.png")
    photo(tmp_path / "moved" / "train" / "1.png")
    finder = ImageFinder([tmp_path])
    assert finder.find("C:\\data\\val\\1.png") == (wanted, "")
    assert finder.find("elsewhere/val/1.png") == (wanted, "")


def test_a_bare_name_that_two_folders_have_names_both_but_the_first_folder_counts(tmp_path: Path) -> None:
    one, other = photo(tmp_path / "a" / "1.png"), photo(tmp_path / "b" / "1.png")
    assert ImageFinder([tmp_path]).find("1.png") == (None, f"two images are called '1.png': {one} and {other}")
    deep = photo(tmp_path / "b" / "c" / "2.png")
    assert ImageFinder([tmp_path / "b", tmp_path]).find("2.png") == (deep, "")
