"""Looking for images: what a folder holds, and which files are one stack."""

from __future__ import annotations

from pathlib import Path
from typing import cast

import nibabel
import numpy as np
import pydicom
import pytest
import tifffile
from PIL import Image
from pydicom.dataset import FileDataset, FileMetaDataset
from pydicom.uid import (
    BasicTextSRStorage,
    CTImageStorage,
    ExplicitVRLittleEndian,
    RTStructureSetStorage,
    generate_uid,
)

from segstudio.app import finding
from segstudio.app.finding import find_images
from segstudio.core.progress import Progress, finish
from segstudio.io.images.dicom_stacks import Slice, arranged


def write_slice(path: Path, series: str, z: float) -> Path:
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID = CTImageStorage, generate_uid()
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    ds = FileDataset("", {}, file_meta=meta, preamble=b"\0" * 128)
    ds.SOPClassUID, ds.SOPInstanceUID = meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID
    ds.SeriesInstanceUID, ds.Modality, ds.PixelSpacing = series, "CT", [1.0, 1.0]
    ds.ImagePositionPatient, ds.ImageOrientationPatient = [0.0, 0.0, z], [1, 0, 0, 0, 1, 0]
    ds.Rows, ds.Columns, ds.SamplesPerPixel, ds.PhotometricInterpretation = 4, 4, 1, "MONOCHROME2"
    ds.BitsAllocated, ds.BitsStored, ds.HighBit, ds.PixelRepresentation = 16, 16, 15, 1
    ds.PixelData = np.zeros((4, 4), np.int16).tobytes()
    pydicom.dcmwrite(path, ds, enforce_file_format=True)
    return path


def test_the_files_of_a_series_are_the_slices_of_one_stack(tmp_path: Path) -> None:
    uid = generate_uid()
    for z in range(3):
        write_slice(tmp_path / f"IM{z}", uid, z)  # scanners write names without an ending
    found = finish(find_images([tmp_path]))
    assert found.frames == [(tmp_path, 0), (tmp_path, 1), (tmp_path, 2)]
    assert found.problems == []


def test_several_series_in_a_folder_are_several_stacks(tmp_path: Path) -> None:
    for number, uid in enumerate((generate_uid(), generate_uid())):
        for z in range(2 + number):
            write_slice(tmp_path / f"{number}-{z}.dcm", uid, z)
    tifffile.imwrite(tmp_path / "photo.tif", np.zeros((3, 3), np.uint8))
    found = finish(find_images([tmp_path]))
    stacks = {path for path, _ in found.frames}
    assert len(stacks) == 3
    assert sorted(sum(1 for p, _ in found.frames if p == path) for path in stacks) == [1, 2, 3]
    assert found.problems == []


def test_a_part_of_a_series_that_is_picked_by_hand_is_single_images(tmp_path: Path) -> None:
    uid = generate_uid()
    files = [write_slice(tmp_path / f"{z}.dcm", uid, z) for z in range(4)]
    assert finish(find_images(files[:2])).frames == [(files[0], 0), (files[1], 0)]
    assert finish(find_images(files)).frames == [(tmp_path, z) for z in range(4)]


def pictures(folder: Path, *names: str) -> list[Path]:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(np.zeros((2, 2), np.uint8)).save(folder / name)
    return [folder / name for name in names]


def test_folders_are_searched_in_order_and_what_is_hidden_is_passed_over(tmp_path: Path) -> None:
    wanted = pictures(tmp_path, "a/1.png", "a/b/2.png", "a.png", "b.png")
    pictures(tmp_path, ".hidden/x.png", "mine.segstudio/labels/1.png", "a/.3.png")
    (tmp_path / "notes.txt").write_text("nothing to see")
    assert [path for path, _ in finish(find_images([tmp_path])).frames] == wanted
    (tmp_path / "loop").symlink_to(tmp_path, target_is_directory=True)
    assert len(finish(find_images([tmp_path])).frames) == len(wanted)


def test_numbered_files_come_as_people_count(tmp_path: Path) -> None:
    wanted = pictures(tmp_path, "run 2/img2.png", "run 2/img10.png", "run 10/img1.png", "x9.png", "x10.png")
    assert [path for path, _ in finish(find_images([tmp_path])).frames] == wanted


def test_slices_without_a_place_or_number_are_a_stack_in_the_order_of_their_names(tmp_path: Path) -> None:
    slices = [Slice(tmp_path / f"im{number}.dcm", 0, None) for number in (10, 9, 1, 2)]
    assert [each.path.name for each in arranged(slices).slices] == ["im1.dcm", "im2.dcm", "im9.dcm", "im10.dcm"]


def test_what_is_found_is_told_before_the_search_ends_each_image_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pictures(tmp_path, *(f"{i:02}.png" for i in range(20)))
    (tmp_path / "07.png").write_bytes(b"no picture")
    monkeypatch.setattr(finding, "_NEWS", 0.0)
    news: list[Progress] = []
    found = finish(find_images([tmp_path]), news.append)
    told = [frame for progress in news for frame in cast("list[finding.Frame]", progress.detail)]
    assert told == found.frames
    assert len(told) == 19
    first = next(i for i, progress in enumerate(news) if progress.detail)
    assert first < len(news) / 2
    assert [problem.path.name for problem in found.problems] == ["07.png"]


def test_compressed_volumes_in_a_folder_are_found_slice_by_slice(tmp_path: Path) -> None:
    for name in ("heart.nii.gz", "liver.NII.GZ", "brain.nii"):
        nibabel.save(nibabel.Nifti1Image(np.zeros((4, 5, 3), np.int16), np.eye(4)), tmp_path / name.lower())
    (tmp_path / "liver.nii.gz").rename(tmp_path / "liver.NII.GZ")
    (tmp_path / "notes.txt.gz").write_bytes(b"\x1f\x8bno image")
    found = finish(find_images([tmp_path]))
    names = ["brain.nii", "heart.nii.gz", "liver.NII.GZ"]
    assert found.frames == [(tmp_path / name, frame) for name in names for frame in range(3)]
    assert found.problems == []


def test_header_and_voxels_of_a_pair_are_one_image(tmp_path: Path) -> None:
    nibabel.save(nibabel.Nifti1Pair(np.zeros((4, 5, 3), np.int16), np.eye(4)), tmp_path / "scan.img")
    assert finish(find_images([tmp_path])).frames == [(tmp_path / "scan.hdr", frame) for frame in range(3)]
    alone = finish(find_images([tmp_path / "scan.img"]))
    assert alone.frames == [(tmp_path / "scan.img", frame) for frame in range(3)]


def test_reports_and_structure_sets_beside_a_series_are_passed_over_and_told_where_they_are_named(
    tmp_path: Path,
) -> None:
    uid = generate_uid()
    for z in range(2):
        write_slice(tmp_path / f"IM{z}", uid, z)
    for name, kind in (("RS.dcm", RTStructureSetStorage), ("SR", BasicTextSRStorage)):
        report = pydicom.dcmread(tmp_path / "IM0")
        del report.Rows, report.Columns, report.PixelData
        report.SOPClassUID = report.file_meta.MediaStorageSOPClassUID = kind
        report.SeriesInstanceUID = generate_uid()
        pydicom.dcmwrite(tmp_path / name, report, enforce_file_format=True)
    found = finish(find_images([tmp_path]))
    assert found.frames == [(tmp_path, 0), (tmp_path, 1)]
    assert found.problems == []
    named = finish(find_images([tmp_path / "RS.dcm"]))
    assert "holds no image (RT Structure Set Storage)" in str(named.problems[0])


def test_the_directory_of_a_disc_stands_for_its_images(tmp_path: Path) -> None:
    uid = generate_uid()
    (tmp_path / "DICOM" / "ST0").mkdir(parents=True)
    for z in range(3):
        write_slice(tmp_path / "DICOM" / "ST0" / f"IM{z}", uid, z)
    (tmp_path / "DICOMDIR").write_bytes(b"\0" * 128 + b"DICM")
    found = finish(find_images([tmp_path / "DICOMDIR"]))
    assert found.frames == [(tmp_path / "DICOM" / "ST0", z) for z in range(3)]
    assert found.problems == []
