"""Label maps of volumes come back to the frames that they were drawn on, in whatever order their axes are stored."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import nibabel
import nrrd
import numpy as np
import pytest
from nibabel.orientations import apply_orientation, axcodes2ornt, inv_ornt_aff, io_orientation, ornt_transform

from segstudio.core.classes import LabelSet
from segstudio.core.progress import finish
from segstudio.io import images
from segstudio.io.exporters import EXPORTERS
from segstudio.io.importers import IMPORTERS
from segstudio.io.importers.base import ImportedDataset
from segstudio.io.importers.signs import detect
from segstudio.io.project.stored import StoredSample

MakeSample = Callable[..., StoredSample]


def reoriented(image: Any, codes: str) -> Any:
    """*image* stored in another order of axes: the same voxels at the same places in the patient."""
    turn = ornt_transform(io_orientation(image.affine), axcodes2ornt(codes))
    affine = image.affine @ inv_ornt_aff(turn, image.shape)
    return nibabel.Nifti1Image(apply_orientation(np.asarray(image.dataobj), turn), affine)


@pytest.fixture(params=["RAS", "LPS", "PIR"])
def scan(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    affine = np.diag([0.5, 0.75, 3.0, 1.0])
    affine[:3, 3] = (-10, 20, 30)
    values = np.random.default_rng(1).integers(0, 900, (5, 6, 7)).astype(np.int16)
    path = tmp_path / "scans" / "scan.nii.gz"
    path.parent.mkdir()
    nibabel.save(reoriented(nibabel.Nifti1Image(values, affine), request.param), path)
    return path


@pytest.fixture
def samples(scan: Path, make_sample: MakeSample) -> list[StoredSample]:
    """Labels on all frames but the last, with unlabelled pixels; the first frame's corner is class 3."""
    made = []
    for frame in range(images.probe(scan).frames - 1):
        shown = images.read(scan, frame).array
        ids = np.where(shown % 2 == 0, 1, 2).astype(np.uint16)
        ids[0, 0] = 255
        ids[-1, -1] = 3 if frame == 0 else 1
        made.append(make_sample("scan", ids, image=scan, frame=frame))
    return made


def check(data: ImportedDataset, samples: list[StoredSample]) -> None:
    assert data.problems == ()
    assert [s.frame for s in data.samples] == [s.frame for s in samples]
    for found, sample in zip(data.samples, samples, strict=True):
        assert found.load is not None
        np.testing.assert_array_equal(found.load().ids, sample.ids())


@pytest.mark.parametrize("name", ["nifti", "nrrd", "nnunet"])
def test_what_was_exported_comes_back(
    name: str, samples: list[StoredSample], scan: Path, classes: LabelSet, tmp_path: Path
) -> None:
    finish(EXPORTERS[name](samples, classes, tmp_path / "out"))
    assert detect(tmp_path / "out") == name
    options = {"images": scan.parent} if name == "nrrd" else {}
    data = finish(IMPORTERS[name].read(tmp_path / "out", classes, **options))
    assert data.classes == classes
    if name == "nnunet":  # its images are written upright, so its frames are its own
        assert data.problems == ()
        counts = [np.unique(s.ids(), return_counts=True) for s in samples]
        back = [np.unique(s.load().ids, return_counts=True) for s in data.samples]  # type: ignore[misc]
        total = {v: sum(int(c[list(u).index(v)]) for u, c in counts if v in u) for v in (1, 2, 3)}
        assert {v: sum(int(c[list(u).index(v)]) for u, c in back if v in u) for v in (1, 2, 3)} == total
    else:
        check(data, samples)


def test_labels_in_another_order_of_axes_lie_on_the_right_pixels(
    samples: list[StoredSample], scan: Path, classes: LabelSet, tmp_path: Path
) -> None:
    finish(EXPORTERS["nifti"](samples, classes, tmp_path / "out", images="none"))
    file = tmp_path / "out" / "labels" / "scan.nii.gz"
    turned = reoriented(nibabel.load(file), "ASL")
    nibabel.save(turned, file)
    check(finish(IMPORTERS["nifti"].read(tmp_path / "out", classes, images=scan.parent)), samples)


def test_volumes_that_do_not_fit_are_told_each(
    samples: list[StoredSample], scan: Path, classes: LabelSet, tmp_path: Path
) -> None:
    finish(EXPORTERS["nifti"](samples, classes, tmp_path / "out"))
    folder = tmp_path / "out" / "labels"
    good = nibabel.load(folder / "scan.nii.gz")
    values = np.asarray(good.dataobj)
    for name in ("cut", "moved", "small", "strange", "half"):
        (tmp_path / "out" / "images" / f"{name}.nii.gz").write_bytes(scan.read_bytes())
    nibabel.save(nibabel.Nifti1Image(values, good.affine), folder / "lonely.nii.gz")
    (folder / "cut.nii.gz").write_bytes((folder / "scan.nii.gz").read_bytes()[:60])
    shifted = good.affine.copy()
    shifted[:3, 3] += 0.4 * np.abs(good.affine[:3, :3]).max(axis=1) + 100
    nibabel.save(nibabel.Nifti1Image(values, shifted), folder / "moved.nii.gz")
    nibabel.save(nibabel.Nifti1Image(values[:-1], good.affine), folder / "small.nii.gz")
    nibabel.save(nibabel.Nifti1Image(np.where(values == 1, 77, values), good.affine), folder / "strange.nii.gz")
    nibabel.save(nibabel.Nifti1Image(values + np.float32(0.5), good.affine), folder / "half.nii.gz")
    data = finish(IMPORTERS["nifti"].read(tmp_path / "out", classes))
    told = {p.path.name.split(".")[0]: p.reason for p in data.problems}
    assert set(told) == {"cut", "moved", "small", "strange", "half", "lonely"}
    assert "77" in told["strange"]
    assert told["lonely"] == "its image is missing"
    assert "fractions" in told["half"]
    assert {s.path.name for s in data.samples} >= {"scan.nii.gz"}


def test_segments_that_slicer_named_become_classes(tmp_path: Path, scan: Path) -> None:
    import nrrd

    shape = nibabel.load(scan).shape
    to_lps = np.diag([-1.0, -1, 1, 1]) @ nibabel.load(scan).affine
    header = {
        "space": "left-posterior-superior",
        "space directions": to_lps[:3, :3].T,
        "space origin": to_lps[:3, 3],
        "Segment0_Name": "liver",
        "Segment0_LabelValue": "4",
        "Segment0_Color": "1 0 0.2",
    }
    values = np.zeros(shape, np.uint8)
    values[2, 3, 4] = 4
    nrrd.write(str(tmp_path / "scan.seg.nrrd"), values, header)
    data = finish(IMPORTERS["nrrd"].read(tmp_path / "scan.seg.nrrd", images=scan.parent))
    assert data.problems == ()
    assert data.classes.find("liver").color == (255, 0, 51)
    assert sum(int((s.load().ids == 4).sum()) for s in data.samples) == 1  # type: ignore[misc]


def test_a_volume_of_a_part_labels_that_part(scan: Path, classes: LabelSet, tmp_path: Path) -> None:
    """3D Slicer cuts what it saves to what is labelled."""
    source = nibabel.load(scan)
    labels = np.full(source.shape, 1, np.uint8)
    part = source.slicer[1:4, 1:4, 1:4]
    nibabel.save(nibabel.Nifti1Image(labels[1:4, 1:4, 1:4], part.affine), tmp_path / "scan.nii.gz")
    found = finish(IMPORTERS["nifti"].read(tmp_path / "scan.nii.gz", classes, images=scan.parent))
    assert "covers a part of its image only" in str(found.problems[0])
    assert sum(int((s.load().ids == 1).sum()) for s in found.samples if s.load) == 27
    for each in found.samples:
        shown = images.read(scan, each.frame)
        assert each.load is not None
        for row, column in np.argwhere(each.load().ids == 1):
            assert shown.affine is not None
            voxel = np.linalg.inv(source.affine) @ shown.affine @ (row, column, each.frame, 1)
            assert ((np.rint(voxel[:3]) >= 1) & (np.rint(voxel[:3]) < 4)).all()


def test_a_volume_of_other_voxels_is_refused_with_both_sizes(scan: Path, classes: LabelSet, tmp_path: Path) -> None:
    nibabel.save(nibabel.Nifti1Image(np.ones((9, 9, 9), np.uint8), np.eye(4)), tmp_path / "scan.nii.gz")
    found = finish(IMPORTERS["nifti"].read(tmp_path / "scan.nii.gz", classes, images=scan.parent))
    assert found.samples == []
    assert "voxels of 1 x 1 x 1 mm, the image's 0.5 x 0.75 x 3 mm" in str(found.problems[0])


def test_label_maps_find_their_image_in_the_project_by_the_names_that_programs_give(
    scan: Path, classes: LabelSet, tmp_path: Path
) -> None:
    source = nibabel.load(scan)
    for name in ("scan_seg.nii.gz", "scan-label.nii.gz", "scan.nii.gz"):
        labels = tmp_path / name.split(".")[0] / name
        labels.parent.mkdir()
        nibabel.save(nibabel.Nifti1Image(np.ones(source.shape, np.uint8), source.affine), labels)
        found = finish(IMPORTERS["nifti"].read(labels, classes, known=(scan,)))
        assert found.problems == ()
        assert {sample.path for sample in found.samples} == {scan}
    other = tmp_path / "other" / scan.name
    other.parent.mkdir()
    nibabel.save(source, other)
    twice = finish(IMPORTERS["nifti"].read(labels, classes, known=(scan, other)))
    assert [problem.reason for problem in twice.problems] == ["its image is missing"]


def test_a_segmentation_is_known_among_the_slices_that_it_is_of(tmp_path: Path) -> None:
    for number in range(30):
        (tmp_path / f"{number:02}.dcm").write_bytes(b"\0" * 128 + b"DICM" + b"1.2.840.10008.5.1.4.1.1.2\0\2\0\3\0")
    assert detect(tmp_path) is None
    (tmp_path / "zz.dcm").write_bytes(b"\0" * 128 + b"DICM" + b"1.2.840.10008.5.1.4.1.1.66.4\2\0\3\0")
    assert detect(tmp_path) == "dicom_seg"


def write_segments(path: Path, source: Any, values: np.ndarray, segments: list[tuple[str, int, int]]) -> Path:
    """A .seg.nrrd as 3D Slicer writes it; of 4 axes where segments overlap, the first of layers."""
    to_lps = np.diag([-1.0, -1, 1, 1]) @ source.affine
    directions = to_lps[:3, :3].T.tolist()
    header: dict[str, Any] = {"space": "left-posterior-superior", "space origin": to_lps[:3, 3], "encoding": "gzip"}
    layered = values.ndim == 4
    header["kinds"] = [*(["list"] if layered else []), "domain", "domain", "domain"]
    header["space directions"] = np.array([*([[np.nan] * 3] if layered else []), *directions])
    for number, (name, value, layer) in enumerate(segments):
        told = {"ID": f"Segment_{number + 1}", "Name": name, "LabelValue": value, "Layer": layer}
        header |= {f"Segment{number}_{key}": str(each) for key, each in told.items()}
    path.parent.mkdir(parents=True, exist_ok=True)
    nrrd.write(str(path), values, header)
    return path


def test_every_segmentation_file_numbers_its_segments_by_itself(scan: Path, classes: LabelSet, tmp_path: Path) -> None:
    """3D Slicer counts from 1 in each file: the same value is a cell here and a road there."""
    source = nibabel.load(scan)
    other = scan.parent / "other.nii.gz"
    nibabel.save(source, other)
    ones = np.ones(source.shape, np.uint8)
    write_segments(tmp_path / "labels" / "other.seg.nrrd", source, ones, [("road", 1, 0)])
    write_segments(tmp_path / "labels" / "scan.seg.nrrd", source, ones, [("cell", 1, 0), ("road", 2, 0)])
    found = finish(IMPORTERS["nrrd"].read(tmp_path / "labels", classes, known=(scan, other)))
    assert found.problems == ()
    told = {s.path.name: set(np.unique(s.load().ids).tolist()) for s in found.samples if s.load}
    assert told == {"other.nii.gz": {3}, "scan.nii.gz": {1}}


def test_segments_that_overlap_come_from_their_layers(scan: Path, classes: LabelSet, tmp_path: Path) -> None:
    source = nibabel.load(scan)
    layers = np.zeros((2, *source.shape), np.uint8)
    layers[0, :3], layers[1, 2:] = 1, 1
    segments = [("cell", 1, 0), ("road", 1, 1)]
    file = write_segments(tmp_path / "scan.seg.nrrd", source, layers, segments)
    found = finish(IMPORTERS["nrrd"].read(file, classes, known=(scan,)))
    size = int(np.prod(source.shape[1:]))
    assert [p.reason for p in found.problems] == [f"its segments share {size} voxels; the latter is taken there"]
    counts = np.sum([[(s.load().ids == c).sum() for c in (1, 3)] for s in found.samples if s.load], axis=0)
    assert counts.tolist() == [2 * size, (source.shape[0] - 2) * size]
