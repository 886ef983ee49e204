"""Volumes of labels: on the grid of their image, whoever reads them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import nibabel
import nrrd
import numpy as np
import pytest
from nibabel.orientations import apply_orientation, axcodes2ornt, inv_ornt_aff, io_orientation, ornt_transform

from segstudio.core.classes import LabelSet
from segstudio.core.errors import OptionError
from segstudio.core.progress import finish
from segstudio.io import images
from segstudio.io.exporters import EXPORTERS
from segstudio.io.project.stored import StoredSample

MakeSample = Callable[..., StoredSample]


@pytest.fixture(params=["RAS", "LPS", "PIR", "SAL"])
def scan(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A volume that is stored in one of several orders; a voxel's value tells where in the patient it lies."""
    right, anterior, superior = np.meshgrid(*(np.arange(n) for n in (5, 6, 7)), indexing="ij")
    canonical = (right + 10 * anterior + 100 * superior).astype(np.int16)
    affine = np.diag([0.5, 0.75, 3.0, 1.0])
    affine[:3, 3] = (-10, 20, 30)
    transform = ornt_transform(io_orientation(affine), axcodes2ornt(request.param))
    image = nibabel.Nifti1Image(apply_orientation(canonical, transform), affine @ inv_ornt_aff(transform, (5, 6, 7)))
    nibabel.save(image, tmp_path / "scan.nii.gz")
    return tmp_path / "scan.nii.gz"


def labelled(scan: Path, make_sample: MakeSample, frames: list[int]) -> list[StoredSample]:
    """Class 1 where the scan's value is even, else 2."""
    made = []
    for frame in frames:
        shown = images.read(scan, frame).array
        made.append(make_sample("scan", np.where(shown % 2 == 0, 1, 2).astype(np.uint16), image=scan, frame=frame))
    return made


def test_nifti_labels_lie_on_the_stored_grid_of_their_image(
    scan: Path, make_sample: MakeSample, classes: LabelSet, tmp_path: Path
) -> None:
    count = images.probe(scan).frames
    samples = labelled(scan, make_sample, list(range(count - 1)))
    finish(EXPORTERS["nifti"](samples, classes, tmp_path / "out"))
    source, labels = nibabel.load(scan), nibabel.load(tmp_path / "out" / "labels" / "scan.nii.gz")
    values, stored = np.asarray(labels.dataobj), np.asarray(source.dataobj)
    assert (labels.shape, values.dtype) == (source.shape, np.uint8)
    np.testing.assert_allclose(labels.affine, source.affine)
    told = values != 255
    assert 0 < told.sum() < told.size  # the last slice has no label
    np.testing.assert_array_equal(values[told], np.where(stored[told] % 2 == 0, 1, 2))
    assert (tmp_path / "out" / "images" / "scan.nii.gz").read_bytes() == scan.read_bytes()


def test_nrrd_has_the_same_place_in_the_patient_and_slicers_names(
    scan: Path, make_sample: MakeSample, classes: LabelSet, tmp_path: Path
) -> None:
    samples = labelled(scan, make_sample, list(range(images.probe(scan).frames)))
    finish(EXPORTERS["nrrd"](samples, classes, tmp_path / "out"))
    values, header = nrrd.read(str(tmp_path / "out" / "scan.seg.nrrd"))
    source = nibabel.load(scan)
    to_lps = np.eye(4)
    to_lps[:3, :3], to_lps[:3, 3] = header["space directions"].T, header["space origin"]
    to_voxel = np.linalg.inv(source.affine) @ np.diag([-1.0, -1, 1, 1]) @ to_lps
    for index in ((0, 0, 0), (2, 3, 1), (4, 1, 4)):
        voxel = tuple(round(float(v)) for v in (to_voxel @ (*index, 1))[:3])
        assert values[index] == (1 if int(source.dataobj[voxel]) % 2 == 0 else 2)
    assert (header["Segment0_Name"], header["Segment0_LabelValue"]) == ("cell", "1")


def test_nnunet_gets_consecutive_numbers_and_an_ignored_one(
    scan: Path, make_sample: MakeSample, tmp_path: Path
) -> None:
    classes = LabelSet.named(["background", "cell", "tree"]).without(1).added("late").added("more")
    samples = labelled(scan, make_sample, [0, 1])
    finish(EXPORTERS["nnunet"](samples, classes, tmp_path / "out", number=7, name="heart"))
    folder = tmp_path / "out" / "Dataset007_heart"
    told = json.loads((folder / "dataset.json").read_text())
    assert told["labels"] == {"background": 0, "tree": 1, "late": 2, "more": 3, "ignore": 4}
    assert (told["numTraining"], told["file_ending"], told["channel_names"]) == (1, ".nii.gz", {"0": "image"})
    labels = nibabel.load(folder / "labelsTr" / "scan.nii.gz")
    pixels = nibabel.load(folder / "imagesTr" / "scan_0000.nii.gz")
    assert labels.shape == pixels.shape
    np.testing.assert_allclose(labels.affine, pixels.affine)
    assert set(np.unique(np.asarray(labels.dataobj)).tolist()) == {1, 4}  # class 1 is none any more, so it is ignored


def test_nnunet_takes_plain_images_as_png(make_sample: MakeSample, classes: LabelSet, tmp_path: Path) -> None:
    samples = [make_sample("a.jpg", np.array([[0, 1], [3, 255]], np.uint16))]
    finish(EXPORTERS["nnunet"](samples, classes, tmp_path / "out"))
    folder = tmp_path / "out" / "Dataset001_segstudio"
    assert images.read(folder / "labelsTr" / "a.png").array.tolist() == [[0, 1], [3, 4]]
    assert images.read(folder / "imagesTr" / "a_0000.png").shape == (2, 2)
    with pytest.raises(OptionError, match="copy them"):
        finish(EXPORTERS["nnunet"](samples, classes, tmp_path / "no", images="none"))


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of its own bindings
def test_simpleitk_finds_spacing_origin_and_direction_of_the_source(
    scan: Path, make_sample: MakeSample, classes: LabelSet, tmp_path: Path
) -> None:
    sitk = pytest.importorskip("SimpleITK")
    samples = labelled(scan, make_sample, list(range(images.probe(scan).frames)))
    finish(EXPORTERS["nifti"](samples, classes, tmp_path / "nifti"))
    finish(EXPORTERS["nrrd"](samples, classes, tmp_path / "nrrd"))
    source = sitk.ReadImage(str(scan))
    labels = sitk.ReadImage(str(tmp_path / "nifti" / "labels" / "scan.nii.gz"))
    for tell in ("GetSpacing", "GetOrigin", "GetDirection"):
        np.testing.assert_allclose(getattr(labels, tell)(), getattr(source, tell)(), atol=1e-5)
    np.testing.assert_array_equal(
        sitk.GetArrayFromImage(labels), np.where(sitk.GetArrayFromImage(source) % 2 == 0, 1, 2)
    )
    segmentation = sitk.ReadImage(str(tmp_path / "nrrd" / "scan.seg.nrrd"))
    on_its_grid = sitk.Resample(segmentation, source, sitk.Transform(), sitk.sitkNearestNeighbor, 0)
    np.testing.assert_array_equal(sitk.GetArrayFromImage(on_its_grid), sitk.GetArrayFromImage(labels))


def test_photographs_become_flat_volumes(make_sample: MakeSample, classes: LabelSet, tmp_path: Path) -> None:
    ids = np.array([[0, 1, 2], [3, 255, 1]], np.uint16)
    finish(EXPORTERS["nifti"]([make_sample("a.png", ids)], classes, tmp_path / "out", unlabelled=0))
    values = np.asarray(nibabel.load(tmp_path / "out" / "labels" / "a.nii.gz").dataobj)
    np.testing.assert_array_equal(values[..., 0].T, [[0, 1, 2], [3, 0, 1]])
