"""Files that join or leave the folder of a series after it was labelled."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
from pydicom.dataset import FileDataset, FileMetaDataset
from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian, generate_uid

from segstudio.core.classes import LabelSet
from segstudio.core.errors import ImageError
from segstudio.io import images
from segstudio.io.project import Project
from segstudio.io.project.slice_records import remember_slices

SERIES = generate_uid()
CLASSES = LabelSet.named(["background", "organ", "other"])


def write(folder: Path, z: int) -> Path:
    """A slice that shows its own height."""
    folder.mkdir(exist_ok=True)
    ds = FileDataset("", {}, file_meta=FileMetaDataset(), preamble=b"\0" * 128)
    ds.file_meta.MediaStorageSOPClassUID = ds.SOPClassUID = CTImageStorage
    ds.file_meta.MediaStorageSOPInstanceUID = ds.SOPInstanceUID = generate_uid()
    ds.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    ds.SeriesInstanceUID, ds.Modality, ds.PixelSpacing = SERIES, "CT", [1.0, 1.0]
    ds.ImagePositionPatient, ds.ImageOrientationPatient = [0.0, 0.0, float(z)], [1, 0, 0, 0, 1, 0]
    ds.Rows, ds.Columns, ds.SamplesPerPixel, ds.PhotometricInterpretation = 4, 4, 1, "MONOCHROME2"
    ds.BitsAllocated, ds.BitsStored, ds.HighBit, ds.PixelRepresentation = 16, 16, 15, 1
    ds.PixelData = np.full((4, 4), z, np.int16).tobytes()
    ds.save_as(folder / f"{z}.dcm", enforce_file_format=True)
    later = folder.stat().st_mtime_ns + 1_000_000_000  # the clock of a file system may be coarse
    os.utime(folder, ns=(later, later))
    return folder / f"{z}.dcm"


@pytest.fixture
def labelled(tmp_path: Path) -> Path:
    """A project on slices at 0, 10, 20, 30; the labels tell the height divided by ten, a pixel each."""
    for z in (0, 10, 20, 30):
        write(tmp_path / "ct", z)
    with Project.create(tmp_path / "p", CLASSES) as project:
        for frame, sample in enumerate(project.add_samples([(tmp_path / "ct", frame) for frame in range(4)])):
            ids = np.full((4, 4), 255, np.uint16)
            ids.ravel()[: frame + 1] = 1
            project.write_labels(sample, ids, np.ones((4, 4), np.uint8), CLASSES)
        assert remember_slices(project, tmp_path / "ct")
    return tmp_path / "p.segstudio"


def heights(folder: Path) -> dict[int, int]:
    """By the number of labelled pixels, the height that the image of that sample shows."""
    with Project.open(folder) as project:
        return {
            int((sample.ids() == 1).sum()): int(images.read(sample.path, sample.frame).array[0, 0])
            for sample in project.stored()
        }


def test_labels_stay_with_their_slices_when_others_join_the_series(labelled: Path, tmp_path: Path) -> None:
    assert heights(labelled) == {1: 0, 2: 10, 3: 20, 4: 30}
    write(tmp_path / "ct", 15)
    write(tmp_path / "ct", -10)
    assert heights(labelled) == {1: 0, 2: 10, 3: 20, 4: 30}
    with Project.open(labelled) as project:
        assert sorted(project.frames_of(tmp_path / "ct")) == [1, 2, 4, 5]


def test_a_slice_that_is_gone_takes_its_labels_out_of_the_way(labelled: Path, tmp_path: Path) -> None:
    (tmp_path / "ct" / "10.dcm").unlink()
    with Project.open(labelled) as project:
        first, gone, third, fourth = project.samples()
        assert (first.frame, third.frame, fourth.frame) == (0, 1, 2)
        with pytest.raises(ImageError, match="there is no frame"):
            images.read(gone.path, gone.frame)
        assert project.has_labels(gone.id)


def test_a_folder_that_was_only_touched_or_is_away_changes_nothing(labelled: Path, tmp_path: Path) -> None:
    os.utime(tmp_path / "ct")
    assert heights(labelled) == {1: 0, 2: 10, 3: 20, 4: 30}
    (tmp_path / "ct").rename(tmp_path / "away")
    with Project.open(labelled) as project:
        assert [sample.frame for sample in project.samples()] == [0, 1, 2, 3]


def test_slices_that_change_while_a_project_is_open_are_told(labelled: Path, tmp_path: Path) -> None:
    with Project.open(labelled) as project:
        assert remember_slices(project, tmp_path / "ct")
        write(tmp_path / "ct", 5)
        assert not remember_slices(project, tmp_path / "ct")


def test_slices_that_go_one_after_the_other_never_meet_and_come_back(labelled: Path, tmp_path: Path) -> None:
    folder, aside = tmp_path / "ct", tmp_path / "aside"
    aside.mkdir()

    def move(z: int, source: Path, target: Path) -> None:
        (source / f"{z}.dcm").rename(target / f"{z}.dcm")
        later = folder.stat().st_mtime_ns + 1_000_000_000
        os.utime(folder, ns=(later, later))

    move(20, folder, aside)
    Project.open(labelled).close()
    move(10, folder, aside)
    for z in range(40, 120, 10):
        write(folder, z)
    with Project.open(labelled) as project:
        frames = [sample.frame for sample in project.samples()]
        assert (frames[0], frames[3]) == (0, 1)
        assert min(frames[1:3]) > 1000, "however many slices there are, none has the number of one that is gone"
    for z in (10, 20):
        move(z, aside, folder)
    assert heights(labelled) == {1: 0, 2: 10, 3: 20, 4: 30}


@pytest.mark.parametrize(("joined", "moved"), [(40, [0, 1, 2, 3]), (15, [0, 1, 3, 4])])
def test_a_slice_that_was_added_before_the_others_followed_keeps_its_number_where_that_is_free(
    labelled: Path, tmp_path: Path, joined: int, moved: list[int]
) -> None:
    with Project.open(labelled) as project:
        write(tmp_path / "ct", joined)
        (added,) = project.add_samples([(tmp_path / "ct", 4)])
    with Project.open(labelled) as project:
        assert [project.sample(i).frame for i in range(1, 5)] == moved
        assert (project.sample(added).frame == 4) == (4 not in moved)
