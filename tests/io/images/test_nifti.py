"""NIfTI volumes: every slice upright however it is stored, and its place in the patient exact."""

from __future__ import annotations

from itertools import permutations, product
from pathlib import Path

import nibabel
import numpy as np
import pytest
from nibabel.orientations import axcodes2ornt, inv_ornt_aff, io_orientation, ornt_transform

from segstudio.core.errors import ImageError, NoImageError
from segstudio.io.images import probe, read
from segstudio.io.images.nifti import grid

rng = np.random.default_rng(2)
ALL_CODES = ["".join(signs) for axes in permutations(("RL", "AP", "SI")) for signs in product(*axes)]


def volume_in(codes: str, zooms: tuple[float, float, float] = (0.5, 0.75, 3.0)) -> nibabel.Nifti1Image:
    """A volume whose stored axes lead to *codes*; a voxel's value tells where in the patient it lies."""
    sizes = dict(zip("RAS", (5, 6, 7), strict=True))
    right, anterior, superior = np.meshgrid(*(np.arange(n) for n in sizes.values()), indexing="ij")
    canonical = (right + 10 * anterior + 100 * superior).astype(np.int16)
    affine = np.diag([*zooms, 1.0])
    affine[:3, 3] = (-10, 20, 30)
    transform = ornt_transform(io_orientation(affine), axcodes2ornt(codes))
    stored = nibabel.orientations.apply_orientation(canonical, transform)
    return nibabel.Nifti1Image(stored, affine @ inv_ornt_aff(transform, canonical.shape))


@pytest.mark.parametrize("codes", ALL_CODES)
def test_every_storage_order_shows_upright_slices_at_their_true_place(tmp_path: Path, codes: str) -> None:
    path = tmp_path / "v.nii.gz"
    image = volume_in(codes, zooms=(0.9, 1.0, 1.2))  # no side is that of thick slices
    nibabel.save(image, path)
    frame = 2
    shown = read(path, frame)
    towards = {"S": "PL", "I": "PL", "A": "IL", "P": "IL", "R": "IP", "L": "IP"}[codes[2]]
    assert shown.orientation is not None
    assert shown.orientation[:2] == towards
    assert shown.orientation[2] == codes[2]
    inverse = np.linalg.inv(image.affine)
    for y, x in ((0, 0), (1, 3), (3, 2)):
        voxel = inverse @ shown.affine @ (y, x, frame, 1)
        i, j, k = (round(float(v)) for v in voxel[:3])
        assert shown.array[y, x] == image.dataobj[i, j, k]


@pytest.mark.parametrize("codes", ALL_CODES)
def test_thick_slices_are_shown_as_they_were_scanned_however_they_are_stored(tmp_path: Path, codes: str) -> None:
    nibabel.save(volume_in(codes), tmp_path / "v.nii.gz")  # 3 mm from slice to slice
    shown = read(tmp_path / "v.nii.gz", 2)
    assert shown.orientation is not None
    assert shown.orientation[:2] == "PL"
    assert shown.spacing == pytest.approx((0.75, 0.5, 3.0))
    affine, values = shown.affine, shown.array
    for y, x in ((0, 0), (1, 3), (3, 2)):
        right, anterior, superior = (affine @ (y, x, 2, 1))[:3] - (-10, 20, 30)
        assert values[y, x] == round(right / 0.5 + 10 * anterior / 0.75 + 100 * superior / 3)


@pytest.mark.parametrize("codes", ALL_CODES[::5])
def test_labels_go_back_into_the_stored_grid(tmp_path: Path, codes: str) -> None:
    nibabel.save(volume_in(codes), tmp_path / "v.nii")
    layout = grid(tmp_path / "v.nii")
    back = np.empty(layout.shape, np.int16)
    for frame in range(layout.frames):
        back[layout.index(frame)] = layout.stored(read(tmp_path / "v.nii", frame).array)
    np.testing.assert_array_equal(back, np.asarray(nibabel.load(tmp_path / "v.nii").dataobj))


def test_spacing_and_origin_of_an_axial_volume(tmp_path: Path) -> None:
    nibabel.save(volume_in("RAS"), tmp_path / "v.nii")
    image = read(tmp_path / "v.nii", 4)
    assert image.spacing == pytest.approx((0.75, 0.5, 3.0))  # along rows (to posterior), columns (to left), slices
    assert probe(tmp_path / "v.nii").spacing == image.spacing
    # row 0 is the most anterior, column 0 the rightmost, slice 4 lies 4 * 3 mm up
    assert image.origin == pytest.approx((-10 + 4 * 0.5, 20 + 5 * 0.75, 30 + 4 * 3.0))


def test_time_points_are_frames_one_volume_after_the_other(tmp_path: Path) -> None:
    data = rng.integers(0, 99, (4, 5, 3, 2), dtype=np.int16)
    nibabel.save(nibabel.Nifti1Image(data, np.diag([-1.0, -1, 1, 1])), tmp_path / "t.nii.gz")
    assert probe(tmp_path / "t.nii.gz").frames == 6
    for frame, (time, z) in enumerate(product(range(2), range(3))):
        image = read(tmp_path / "t.nii.gz", frame)
        np.testing.assert_array_equal(image.array, data[:, :, z, time].T)
        assert image.origin == pytest.approx((0, 0, z))


@pytest.mark.parametrize("suffix", [".nii", ".nii.gz", ".hdr"])
@pytest.mark.parametrize("dtype", [np.uint8, np.int16, np.uint16, np.float32, np.float64])
def test_values_keep_their_type_in_every_container(tmp_path: Path, suffix: str, dtype: type) -> None:
    data = (rng.random((4, 5, 3)) * 200).astype(dtype)
    kind = nibabel.Nifti1Pair if suffix == ".hdr" else nibabel.Nifti1Image
    nibabel.save(kind(data, np.diag([-1.0, -1, 1, 1])), tmp_path / f"图{suffix}")
    image = read(tmp_path / f"图{suffix}", 1)
    np.testing.assert_array_equal(image.array, data[:, :, 1].T, strict=True)
    assert probe(tmp_path / f"图{suffix}").dtype == np.dtype(dtype)


def test_nifti_2_and_big_endian_and_flat_images_open(tmp_path: Path) -> None:
    data = rng.integers(0, 99, (4, 5), dtype=np.int16)
    nibabel.save(nibabel.Nifti2Image(data, np.diag([-1.0, -1, 1, 1])), tmp_path / "2.nii")
    big = nibabel.Nifti1Image(data, np.diag([-1.0, -1, 1, 1]), nibabel.Nifti1Header(endianness=">"))
    nibabel.save(big, tmp_path / "big.nii")
    for name in ("2.nii", "big.nii"):
        image = read(tmp_path / name)
        np.testing.assert_array_equal(image.array, data.T)
        assert image.array.dtype.isnative
        assert image.frames == 1


def test_a_single_coronal_slice_is_one_frame(tmp_path: Path) -> None:
    data = rng.integers(0, 99, (6, 1, 7), dtype=np.int16)
    nibabel.save(nibabel.Nifti1Image(data, np.eye(4)), tmp_path / "c.nii")
    image = read(tmp_path / "c.nii")
    assert (image.frames, image.shape) == (1, (7, 6))
    np.testing.assert_array_equal(image.array, data[:, 0].T[::-1, ::-1])  # head up, patient's left at the right


def test_scaled_values_are_the_real_ones(tmp_path: Path) -> None:
    data = rng.integers(0, 99, (4, 5, 2), dtype=np.int16)
    image = nibabel.Nifti1Image(data, np.diag([-1.0, -1, 1, 1]))
    image.header.set_slope_inter(0.5, -10)
    nibabel.save(image, tmp_path / "s.nii")
    np.testing.assert_allclose(
        read(tmp_path / "s.nii", 1).array, np.asarray(nibabel.load(tmp_path / "s.nii").dataobj)[:, :, 1].T
    )


def test_colour_voxels_are_colour(tmp_path: Path) -> None:
    kind = np.dtype([("R", "u1"), ("G", "u1"), ("B", "u1")])
    pixels = rng.integers(0, 256, (4, 5, 2, 3), dtype=np.uint8)
    nibabel.save(nibabel.Nifti1Image(pixels.copy().view(kind)[..., 0], np.diag([-1.0, -1, 1, 1])), tmp_path / "c.nii")
    image = read(tmp_path / "c.nii", 1)
    assert image.photometric == "rgb"
    np.testing.assert_array_equal(image.array, pixels[:, :, 1].swapaxes(0, 1))


def test_micrometres_become_millimetres(tmp_path: Path) -> None:
    image = nibabel.Nifti1Image(np.zeros((3, 3, 2), np.uint8), np.diag([250.0, 500.0, 1000.0, 1.0]))
    image.header.set_xyzt_units("micron")
    nibabel.save(image, tmp_path / "m.nii")
    assert read(tmp_path / "m.nii").spacing == pytest.approx((0.5, 0.25, 1.0))


@pytest.mark.parametrize("suffix", [".nii", ".nii.gz"])
@pytest.mark.parametrize("kept", [0.01, 0.5, 0.95])
def test_a_truncated_volume_is_never_opened_silently(tmp_path: Path, suffix: str, kept: float) -> None:
    path = tmp_path / f"t{suffix}"
    nibabel.save(nibabel.Nifti1Image(rng.integers(0, 9999, (30, 30, 9), dtype=np.int16), np.eye(4)), path)
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * kept)])
    with pytest.raises(ImageError, match=r"truncated|corrupt"):
        read(path, 8)


def test_complex_voxels_and_frames_that_are_not_there_are_refused(tmp_path: Path) -> None:
    nibabel.save(nibabel.Nifti1Image(np.zeros((3, 3, 2), np.complex64), np.eye(4)), tmp_path / "c.nii")
    with pytest.raises(ImageError, match="complex"):
        read(tmp_path / "c.nii")
    nibabel.save(nibabel.Nifti1Image(np.zeros((3, 3, 2), np.uint8), np.eye(4)), tmp_path / "n.nii")
    with pytest.raises(ImageError, match="no frame 2; it has 2"):
        read(tmp_path / "n.nii", 2)


def test_a_place_that_is_no_number_is_not_told_or_taken_from_the_qform(tmp_path: Path) -> None:
    """Some programs leave NaN in the header; a distance in NaN millimetres would be of use to nobody."""
    values = np.arange(24, dtype=np.int16).reshape(2, 3, 4)
    image = nibabel.Nifti1Image(values, np.diag([0.5, 0.75, 3.0, 1.0]))
    image.set_sform(np.diag([0.5, 0.75, 3.0, 1.0]), 1)
    image.set_qform(np.diag([0.5, 0.75, 3.0, 1.0]), 1)
    nibabel.save(image, tmp_path / "s.nii")
    data = bytearray((tmp_path / "s.nii").read_bytes())
    data[280:292] = np.full(3, np.nan, np.float32).tobytes()  # srow_x
    (tmp_path / "s.nii").write_bytes(data)
    assert read(tmp_path / "s.nii").spacing == pytest.approx((0.75, 0.5, 3.0))
    data[256:268] = np.full(3, np.nan, np.float32).tobytes()  # quatern_b, c, d
    (tmp_path / "n.nii").write_bytes(data)
    image = read(tmp_path / "n.nii", 1)
    assert (image.spacing, image.affine, image.position) == (None, None, None)
    assert image.frames == 4
    assert sorted(image.array.ravel().tolist()) == sorted(values[..., 1].ravel().tolist())


def test_values_on_a_surface_are_no_image(tmp_path: Path) -> None:
    places = nibabel.cifti2.BrainModelAxis.from_mask(np.ones(5, bool), name="cortex_left")
    scalars = nibabel.cifti2.ScalarAxis(["thickness"])
    surface = nibabel.Cifti2Image(np.zeros((1, 5), np.float32), header=(scalars, places))
    nibabel.save(surface, tmp_path / "thickness.dscalar.nii")
    with pytest.raises(NoImageError, match="values of places on a surface"):
        read(tmp_path / "thickness.dscalar.nii")
