"""Volumes: planes across the slices lie as radiologists look at them."""

from __future__ import annotations

from pathlib import Path

import nibabel
import numpy as np
import pytest
import tifffile

from segstudio.app.volumes import Volume, load_volume
from segstudio.core.progress import finish
from segstudio.io import images

RAS = np.mgrid[:7, :8, :9]
"""How far right, front and up each voxel lies."""


def written(folder: Path, codes: str) -> Path:
    """A volume whose value tells the place ``100 * R + 10 * A + S``, stored in the order of *codes*."""
    data = (100 * RAS[0] + 10 * RAS[1] + RAS[2]).astype(np.int16)
    image = nibabel.Nifti1Image(data, np.diag([1.0, 2.0, 3.0, 1.0]))
    turn = nibabel.orientations.ornt_transform(
        nibabel.orientations.axcodes2ornt("RAS"), nibabel.orientations.axcodes2ornt(codes)
    )
    path = folder / f"{codes}.nii"
    nibabel.save(image.as_reoriented(turn), path)
    return path


def loaded(path: Path, at: int = 0) -> Volume:
    image = images.read(path, at)
    return finish(load_volume([], image, range(image.frames)))


@pytest.mark.parametrize("codes", ["RAS", "LPS", "LAS", "SAR", "PIR", "ASL"])
def test_every_storage_order_shows_the_same_three_planes(tmp_path: Path, codes: str) -> None:
    volume = loaded(written(tmp_path, codes))
    cuts = {cut.name: cut for cut in volume.cuts()}
    assert set(cuts) == {"axial", "coronal", "sagittal"}
    corner = {}
    for name, cut in cuts.items():
        plane, _ = volume.plane(cut, 0)
        right, front, up = plane // 100, plane // 10 % 10, plane % 10
        corner[name] = plane.shape
        if name == "axial":  # front is up, the patient's left is right
            assert (np.diff(front, axis=0) == -1).all()
            assert (np.diff(right, axis=1) == -1).all()
            assert cut.marks == ("R", "A", "L", "P")
        elif name == "coronal":  # head is up, the patient's left is right
            assert (np.diff(up, axis=0) == -1).all()
            assert (np.diff(right, axis=1) == -1).all()
            assert cut.marks == ("R", "S", "L", "I")
        else:  # head is up, the back is right
            assert (np.diff(up, axis=0) == -1).all()
            assert (np.diff(front, axis=1) == -1).all()
            assert cut.marks == ("A", "S", "P", "I")
    assert corner == {"axial": (8, 7), "coronal": (9, 7), "sagittal": (9, 8)}
    assert volume.size(cuts["coronal"]) == pytest.approx((27.0, 7.0))
    assert volume.size(cuts["sagittal"]) == pytest.approx((27.0, 16.0))


def test_time_points_are_not_mixed_into_one_volume(tmp_path: Path) -> None:
    data = np.arange(2 * 3 * 4 * 5).reshape(2, 3, 4, 5).astype(np.int16)
    nibabel.save(nibabel.Nifti1Image(data, np.eye(4)), tmp_path / "t.nii")
    volume = loaded(tmp_path / "t.nii", at=4 + 1)
    assert volume.frames == (4, 5, 6, 7)
    assert sorted(volume.voxels.ravel()) == sorted(data[..., 1].ravel())


def test_pages_without_places_are_cut_as_they_are_stored(tmp_path: Path) -> None:
    pages = np.arange(4 * 5 * 6, dtype=np.uint8).reshape(4, 5, 6)
    tifffile.imwrite(tmp_path / "s.tif", pages, photometric="minisblack")
    volume = loaded(tmp_path / "s.tif")
    frame, row, column = volume.cuts()
    np.testing.assert_array_equal(volume.plane(frame, 2)[0], pages[2])
    np.testing.assert_array_equal(volume.plane(row, 3)[0], pages[:, 3])
    np.testing.assert_array_equal(volume.plane(column, 1)[0], pages[:, :, 1])
    assert frame.marks is None


def test_pages_of_different_sizes_are_no_one_volume(tmp_path: Path) -> None:
    with tifffile.TiffWriter(tmp_path / "mixed.tif") as writer:
        for shape in ((20, 30), (20, 30), (10, 12)):
            writer.write(np.zeros(shape, np.uint8), photometric="minisblack")
    assert loaded(tmp_path / "mixed.tif").frames == (0, 1)


def test_the_volume_is_that_of_the_time_point_at_hand(tmp_path: Path) -> None:
    pages = np.zeros((2, 3, 4, 5), np.uint16)
    pages[1] = 7
    sizes = {"PhysicalSizeX": 0.2, "PhysicalSizeY": 0.3, "PhysicalSizeZ": 1.5}
    tifffile.imwrite(tmp_path / "tz.ome.tif", pages, metadata={"axes": "TZYX", **sizes})
    volume = loaded(tmp_path / "tz.ome.tif", at=4)
    assert (volume.frames, volume.spacing) == ((3, 4, 5), pytest.approx((1.5e-3, 0.3e-3, 0.2e-3)))
    assert (volume.voxels == 7).all()  # of the time point at hand alone


def test_a_stack_beyond_the_limit_keeps_every_second_pixel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pages = np.random.default_rng(0).integers(0, 255, (4, 40, 60), dtype=np.uint8)
    tifffile.imwrite(tmp_path / "s.tif", pages, photometric="minisblack")
    monkeypatch.setattr("segstudio.app.volumes._LIMIT", 4 * 40 * 60 // 4)
    volume = loaded(tmp_path / "s.tif")
    np.testing.assert_array_equal(volume.voxels, pages[:, ::2, ::2])
    assert volume.spacing == (1.0, 2.0, 2.0)
