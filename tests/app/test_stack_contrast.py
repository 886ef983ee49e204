"""One range of values for a whole stack."""

from __future__ import annotations

from pathlib import Path

import nibabel
import numpy as np
import pytest
import tifffile

from segstudio.app.stack_contrast import is_in_stack, shown_as_stack, shown_by_itself
from segstudio.core.progress import finish
from segstudio.io.images import Window, display_range, read
from tests.io.images.test_dicom import dataset, save

rng = np.random.default_rng(5)


def brighter_and_brighter(folder: Path, slices: int = 40) -> Path:
    """Slice k holds values around 100 k."""
    values = rng.normal(0, 20, (30, 20, slices)) + 100 * np.arange(slices)
    nibabel.save(nibabel.Nifti1Image(values.astype(np.float32), np.eye(4)), folder / "v.nii")
    return folder / "v.nii"


def test_the_range_is_that_of_values_from_all_over_the_volume(tmp_path: Path) -> None:
    path = brighter_and_brighter(tmp_path)
    shown = finish(shown_as_stack(read(path, 7)))
    assert shown.window.low == pytest.approx(0, abs=80)
    assert shown.window.high == pytest.approx(3900, abs=80)
    assert finish(shown_as_stack(read(path, 30))) == shown, "whichever slice one begins with"
    by_itself = shown_by_itself(read(path, 7)).window
    assert (by_itself.low, by_itself.high) == display_range(read(path, 7))
    assert by_itself.high < 800


def test_time_points_are_stacks_of_their_own(tmp_path: Path) -> None:
    values = np.zeros((8, 8, 5, 2), np.int16)
    values[..., 0] = rng.integers(0, 100, (8, 8, 5))
    values[..., 1] = rng.integers(1000, 2000, (8, 8, 5))
    nibabel.save(nibabel.Nifti1Image(values, np.eye(4)), tmp_path / "t.nii")
    assert finish(shown_as_stack(read(tmp_path / "t.nii", 2))).window.high < 100
    assert finish(shown_as_stack(read(tmp_path / "t.nii", 7))).window.low >= 1000


def test_channels_have_a_range_each(tmp_path: Path) -> None:
    planes = np.zeros((6, 2, 16, 16), np.uint16)
    planes[:, 0] = np.arange(6)[:, None, None] * 10
    planes[:, 1] = 5000 + np.arange(6)[:, None, None] * 10
    tifffile.imwrite(tmp_path / "z.ome.tif", planes, metadata={"axes": "ZCYX"}, photometric="minisblack")
    shown = finish(shown_as_stack(read(tmp_path / "z.ome.tif", 3)))
    assert [(w.low, w.high) for w in shown.channels] == [(0, 50), (5000, 5050)]


def mr_series(folder: Path, centres: list[float], **tags: object) -> Path:
    folder.mkdir()
    for number, centre in enumerate(centres):
        pixels = rng.integers(0, 500 * (number + 1), (12, 10), dtype=np.uint16)
        place = {"ImagePositionPatient": [0, 0, 3.0 * number], "ImageOrientationPatient": [1, 0, 0, 0, 1, 0]}
        window = {"WindowCenter": centre, "WindowWidth": 201} if centre else {}
        save(folder / f"{number}.dcm", dataset(pixels, Modality="MR", PixelSpacing=[1, 1], **place, **window, **tags))
    return folder


def test_the_window_of_the_file_is_kept_where_it_is_the_same_for_all_slices(tmp_path: Path) -> None:
    path = mr_series(tmp_path / "same", [400.0] * 4)
    assert finish(shown_as_stack(read(path, 2))).window == Window(299.5, 499.5)


def test_windows_that_a_scanner_guessed_slice_by_slice_give_way_to_one_for_all(tmp_path: Path) -> None:
    path = mr_series(tmp_path / "guessed", [100.0, 300.0, 500.0, 700.0])
    shown = finish(shown_as_stack(read(path, 1)))
    assert shown.window.low == pytest.approx(0, abs=40)
    assert shown.window.high == pytest.approx(2000, abs=150)


def test_hounsfield_units_without_a_window_are_shown_as_soft_tissue(tmp_path: Path) -> None:
    path = mr_series(tmp_path / "ct", [0.0] * 3)
    for file in path.iterdir():
        file.write_bytes(file.read_bytes().replace(b"MR", b"CT"))
    assert (finish(shown_as_stack(read(path, 1))).window.name) == "soft tissue"


def test_pictures_and_films_and_8_bit_pages_have_their_own_brightness(tmp_path: Path) -> None:
    tifffile.imwrite(tmp_path / "deep.tif", np.zeros((9, 9), np.uint16))
    tifffile.imwrite(tmp_path / "pages.tif", np.zeros((3, 9, 9), np.uint8), photometric="minisblack")
    tifffile.imwrite(tmp_path / "stack.tif", np.zeros((3, 9, 9), np.uint16), photometric="minisblack")
    assert not is_in_stack(read(tmp_path / "deep.tif"))
    assert not is_in_stack(read(tmp_path / "pages.tif"))
    assert is_in_stack(read(tmp_path / "stack.tif"))
