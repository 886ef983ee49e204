"""Volumes of labels: on the grid of their image, whoever reads them."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import nibabel
import nrrd
import numpy as np
import pytest
import tifffile
from nibabel.orientations import apply_orientation, axcodes2ornt, inv_ornt_aff, io_orientation, ornt_transform
from pydicom.dataset import FileDataset, FileMetaDataset
from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian, generate_uid

from segstudio.core.classes import LabelSet
from segstudio.core.errors import OptionError
from segstudio.core.progress import finish
from segstudio.io import images
from segstudio.io.exporters import EXPORTERS
from segstudio.io.importers import IMPORTERS
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


@pytest.fixture
def make_series(tmp_path: Path) -> Callable[..., Path]:
    """Folders of CT slices at given places; the n-th shows the value n."""

    def make(name: str, places: Sequence[tuple[float, float, float]], **tags: Any) -> Path:
        (tmp_path / name).mkdir()
        uid = generate_uid()
        for number, place in enumerate(places):
            ds = FileDataset("", {}, file_meta=FileMetaDataset(), preamble=b"\0" * 128)
            ds.file_meta.MediaStorageSOPClassUID = ds.SOPClassUID = CTImageStorage
            ds.file_meta.MediaStorageSOPInstanceUID = ds.SOPInstanceUID = generate_uid()
            ds.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
            ds.SeriesInstanceUID, ds.StudyInstanceUID, ds.Modality, ds.InstanceNumber = uid, uid, "CT", number
            ds.PixelSpacing, ds.SliceThickness = [0.8, 0.7], 3.0
            ds.ImagePositionPatient, ds.ImageOrientationPatient = list(place), [1, 0, 0, 0, 1, 0]
            ds.Rows, ds.Columns, ds.SamplesPerPixel, ds.PhotometricInterpretation = 4, 5, 1, "MONOCHROME2"
            ds.BitsAllocated, ds.BitsStored, ds.HighBit, ds.PixelRepresentation = 16, 16, 15, 1
            ds.PixelData = np.full((4, 5), number, np.int16).tobytes()
            for tag, value in tags.items():
                setattr(ds, tag, value)
            ds.save_as(tmp_path / name / f"{number}.dcm", enforce_file_format=True)
        return tmp_path / name

    return make


def numbered(path: Path, make_sample: MakeSample) -> list[StoredSample]:
    """Every frame labelled throughout, with classes 1, 2, 3 in turn."""
    info = images.probe(path)
    return [
        make_sample(path.name, np.full(info.shape, 1 + frame % 3, np.uint16), image=path, frame=frame)
        for frame in range(info.frames)
    ]


def at_place(file: Path, place: tuple[float, float, float]) -> int:
    """The value of a written volume at a point (LPS, millimetres)."""
    volume = nibabel.load(file)
    index = np.linalg.inv(volume.affine) @ (-place[0], -place[1], place[2], 1)
    assert np.abs(index - np.rint(index)).max() < 1e-3
    return int(volume.dataobj[tuple(np.rint(index[:3]).astype(int))])


def test_slices_behind_a_gap_keep_their_place(
    make_series: Callable[..., Path], make_sample: MakeSample, classes: LabelSet, tmp_path: Path
) -> None:
    places = [(-40.0, -30.0, z) for z in (100.0, 103.0, 106.0, 115.0, 118.0)]
    samples = numbered(make_series("ct", places), make_sample)
    report = finish(EXPORTERS["nifti"](samples, classes, tmp_path / "out"))
    assert report.notes == ("1 time: slices that the series lacks are written empty",)
    file = tmp_path / "out" / "labels" / "ct.nii.gz"
    assert nibabel.load(file).shape == (5, 4, 7)
    assert [at_place(file, place) for place in places] == [1, 2, 3, 1, 2]
    assert [at_place(file, (-40.0, -30.0, z)) for z in (109.0, 112.0)] == [255, 255]
    assert [at_place(tmp_path / "out" / "images" / "ct.nii.gz", place) for place in places] == [0, 1, 2, 3, 4]
    found = finish(IMPORTERS["nifti"].read(tmp_path / "out", classes, images=tmp_path))  # back to the series
    assert found.problems == ()
    assert [s.frame for s in found.samples] == [0, 1, 2, 3, 4]
    assert [int(s.load().ids[0, 0]) for s in found.samples if s.load] == [1, 2, 3, 1, 2]


def test_slices_at_any_distance_are_said_to_be_off(
    make_series: Callable[..., Path], make_sample: MakeSample, classes: LabelSet, tmp_path: Path
) -> None:
    samples = numbered(make_series("ct", [(0.0, 0.0, z) for z in (0.0, 1.0, 2.0, 3.0, 4.7)]), make_sample)
    report = finish(EXPORTERS["nrrd"](samples, classes, tmp_path / "out"))
    assert len(report.notes) == 1
    assert "ct is off by up to 0.53 mm" in report.notes[0]  # at 3.0, of steps of 4.7 / 4


def test_phases_are_volumes_of_their_own(
    make_series: Callable[..., Path], make_sample: MakeSample, classes: LabelSet, tmp_path: Path
) -> None:
    places = [(0.0, 0.0, z) for z in (0.0, 3.0, 6.0)]
    samples = numbered(make_series("dce", [*places, *places]), make_sample)
    finish(EXPORTERS["nnunet"](samples, classes, tmp_path / "out"))
    folder = tmp_path / "out" / "Dataset001_segstudio"
    assert json.loads((folder / "dataset.json").read_text())["numTraining"] == 2
    for phase in range(2):
        scan = folder / "imagesTr" / f"dce_{phase + 1:04d}_0000.nii.gz"
        assert [at_place(scan, place) for place in places] == [3 * phase, 3 * phase + 1, 3 * phase + 2]


def test_a_tilted_gantry_is_told_where_a_reader_would_refuse_it(
    make_series: Callable[..., Path], make_sample: MakeSample, classes: LabelSet, tmp_path: Path
) -> None:
    samples = numbered(make_series("head", [(0.0, 0.5 * z, 3.0 * z) for z in range(4)]), make_sample)
    nifti = finish(EXPORTERS["nifti"](samples, classes, tmp_path / "nifti"))
    assert "tilted gantry" in nifti.notes[0]
    nnunet = finish(EXPORTERS["nnunet"](samples, classes, tmp_path / "nnunet"))
    assert "tilted gantry" in nnunet.notes[0]
    affine = nibabel.load(next((tmp_path / "nnunet").rglob("labelsTr/*"))).affine[:3, :3]
    np.testing.assert_allclose(affine.T @ affine, np.diag([0.7, 0.8, 3.0]) ** 2, atol=1e-6)  # at right angles


def test_time_points_go_out_and_come_back(make_sample: MakeSample, classes: LabelSet, tmp_path: Path) -> None:
    (tmp_path / "scans").mkdir()
    scan = tmp_path / "scans" / "cine.nii.gz"
    values = np.arange(5 * 4 * 3 * 2, dtype=np.int16).reshape(5, 4, 3, 2)
    nibabel.save(nibabel.Nifti1Image(values, np.diag([0.7, 0.8, 3.0, 1.0])), scan)
    samples = [s for s in numbered(scan, make_sample) if s.frame in (1, 4, 5)]
    finish(EXPORTERS["nifti"](samples, classes, tmp_path / "out"))
    written = np.asarray(nibabel.load(tmp_path / "out" / "labels" / "cine.nii.gz").dataobj)
    assert written.shape == values.shape
    assert [int(written[0, 0, z, t]) for t in range(2) for z in range(3)] == [255, 2, 255, 255, 2, 3]
    found = finish(IMPORTERS["nifti"].read(tmp_path / "out", classes, images=tmp_path / "scans"))
    assert found.problems == ()
    assert [(s.frame, int(s.load().ids[0, 0])) for s in found.samples if s.load] == [(1, 2), (4, 2), (5, 3)]
    still = tmp_path / "still" / "cine.nii.gz"
    still.parent.mkdir()
    nibabel.save(nibabel.Nifti1Image(written[..., 0], np.diag([0.7, 0.8, 3.0, 1.0])), still)
    one = finish(IMPORTERS["nifti"].read(still, classes, images=tmp_path / "scans"))
    assert [s.frame for s in one.samples] == [1]
    assert "taken for the first" in str(one.problems[0])


def test_time_points_in_files_of_their_own_find_their_image_again(
    make_sample: MakeSample, classes: LabelSet, tmp_path: Path
) -> None:
    (tmp_path / "scans").mkdir()
    scan = tmp_path / "scans" / "cine.v2.nii.gz"
    values = np.arange(5 * 4 * 3 * 3, dtype=np.int16).reshape(5, 4, 3, 3)
    nibabel.save(nibabel.Nifti1Image(values, np.diag([0.7, 0.8, 3.0, 1.0])), scan)
    samples = [s for s in numbered(scan, make_sample) if s.frame in (1, 4, 8)]
    finish(EXPORTERS["nrrd"](samples, classes, tmp_path / "out"))
    files = sorted(path.name for path in (tmp_path / "out").glob("*.nrrd"))
    assert files == [f"cine.v2_{number:04}.seg.nrrd" for number in (1, 2, 3)]
    found = finish(IMPORTERS["nrrd"].read(tmp_path / "out", classes, images=tmp_path / "scans"))
    assert found.problems == ()
    back = {(s.path, s.frame): s.load().ids for s in found.samples if s.load}
    assert {key: ids.tolist() for key, ids in back.items()} == {(s.path, s.frame): s.ids().tolist() for s in samples}
    by_project = finish(IMPORTERS["nrrd"].read(tmp_path / "out", classes, known=(scan,)))
    assert [sample.frame for sample in by_project.samples] == [1, 4, 8]
    one = finish(IMPORTERS["nrrd"].read(tmp_path / "out" / files[1], classes, images=tmp_path / "scans"))
    assert [sample.frame for sample in one.samples] == [4]


@pytest.mark.parametrize("format_name", ["nrrd", "nifti"])
def test_phases_of_a_series_find_it_again(
    make_series: Callable[..., Path], make_sample: MakeSample, classes: LabelSet, tmp_path: Path, format_name: str
) -> None:
    places = [(0.0, 0.0, z) for z in (0.0, 3.0, 6.0)]
    series = make_series("dce", [*places, *places])
    samples = [s for s in numbered(series, make_sample) if s.frame in (2, 3, 5)]
    finish(EXPORTERS[format_name](samples, classes, tmp_path / "out", images="none"))
    found = finish(IMPORTERS[format_name].read(tmp_path / "out", classes, known=(series,)))
    assert found.problems == ()
    back = {sample.frame: sample.load().ids.tolist() for sample in found.samples if sample.load}
    assert back == {sample.frame: sample.ids().tolist() for sample in samples}


def test_a_number_behind_a_name_is_a_time_point_only_where_there_is_one(
    make_sample: MakeSample, classes: LabelSet, tmp_path: Path
) -> None:
    (tmp_path / "scans").mkdir()
    for name in ("cine", "cine_0001"):  # an image may be called like a time point of another
        values = np.arange(5 * 4 * 2 * 2, dtype=np.int16).reshape(5, 4, 2, 2)
        nibabel.save(nibabel.Nifti1Image(values, np.eye(4)), tmp_path / "scans" / f"{name}.nii")
    for name in ("cine_0001", "cine_0002", "cine_0003", "cine_0000"):
        nrrd.write(str(tmp_path / f"{name}.nrrd"), np.ones((5, 4, 2), np.uint8))
    found = finish(IMPORTERS["nrrd"].read(tmp_path, classes, images=tmp_path / "scans"))
    assert [(s.path.name, s.frame) for s in found.samples] == [
        ("cine_0001.nii", 0), ("cine_0001.nii", 1), ("cine.nii", 2), ("cine.nii", 3)
    ]  # fmt: skip
    missing = [problem.path.name for problem in found.problems if problem.reason == "its image is missing"]
    assert missing == ["cine_0000.nrrd", "cine_0003.nrrd"]


def test_nothing_of_the_patient_goes_from_an_image_into_its_labels(
    make_sample: MakeSample, classes: LabelSet, tmp_path: Path
) -> None:
    image = nibabel.Nifti1Image(np.zeros((4, 5, 2), np.int16), np.diag([0.7, 0.8, 3.0, 1.0]))
    image.header["descrip"], image.header["aux_file"], image.header["db_name"] = b"DOE^JANE", b"DOE^JANE", b"DOE^JANE"
    image.header.extensions.append(nibabel.nifti1.Nifti1Extension("comment", b"DOE^JANE 123"))
    nibabel.save(image, tmp_path / "scan.nii")
    finish(EXPORTERS["nifti"](numbered(tmp_path / "scan.nii", make_sample), classes, tmp_path / "out", images="none"))
    (file,) = (tmp_path / "out" / "labels").iterdir()
    assert b"DOE" not in gzip.decompress(file.read_bytes())
    np.testing.assert_allclose(nibabel.load(file).affine, image.affine)


def test_nnunet_gets_every_channel(make_sample: MakeSample, classes: LabelSet, tmp_path: Path) -> None:
    cells = np.arange(3 * 2 * 6 * 7, dtype=np.uint16).reshape(3, 2, 6, 7)
    sizes = {"PhysicalSizeX": 0.2, "PhysicalSizeY": 0.2, "PhysicalSizeZ": 1.0}
    tifffile.imwrite(tmp_path / "cells.ome.tif", cells, metadata={"axes": "ZCYX", **sizes})
    samples = numbered(tmp_path / "cells.ome.tif", make_sample)
    finish(EXPORTERS["nnunet"](samples, classes, tmp_path / "out"))
    folder = tmp_path / "out" / "Dataset001_segstudio"
    assert json.loads((folder / "dataset.json").read_text())["channel_names"] == {"0": "channel 1", "1": "channel 2"}
    for channel in range(2):
        written = np.asarray(nibabel.load(folder / "imagesTr" / f"cells_{channel:04d}.nii.gz").dataobj)
        np.testing.assert_array_equal(written.T, cells[:, channel])
