"""Small labelled samples on disk."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from pydicom.dataset import FileDataset, FileMetaDataset
from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian, generate_uid

from segstudio.core.classes import LabelSet
from segstudio.io.masks import write_mask
from segstudio.io.project.stored import StoredSample

MakeSample = Callable[..., StoredSample]


@pytest.fixture
def classes() -> LabelSet:
    return LabelSet.named(["background", "cell", "树", "road"])


def dicom_slice(pixels: np.ndarray, **tags: Any) -> FileDataset:
    """A slice of a CT as scanners write it, *pixels* ``(H, W)`` of unsigned integers; *tags* go before."""
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = CTImageStorage
    meta.MediaStorageSOPInstanceUID = generate_uid()
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    header = FileDataset("", {}, file_meta=meta, preamble=b"\0" * 128)
    bits = 8 * pixels.dtype.itemsize
    known = {
        "SpecificCharacterSet": "GB18030",
        "SOPClassUID": CTImageStorage,
        "SOPInstanceUID": meta.MediaStorageSOPInstanceUID,
        "StudyInstanceUID": generate_uid(),
        "SeriesInstanceUID": generate_uid(),
        "FrameOfReferenceUID": generate_uid(),
        "PatientName": "王^小",
        "PatientID": "7",
        "PatientBirthDate": "",
        "PatientSex": "",
        "AccessionNumber": "",
        "ReferringPhysicianName": "",
        "StudyID": "1",
        "StudyDate": "20200102",
        "StudyTime": "",
        "Modality": "CT",
        "InstanceNumber": 1,
        "ImagePositionPatient": [-10, 20, 30],
        "ImageOrientationPatient": [1, 0, 0, 0, 1, 0],
        "PixelSpacing": [0.5, 0.75],
        "SliceThickness": 3,
        "Rows": pixels.shape[0],
        "Columns": pixels.shape[1],
        "SamplesPerPixel": 1,
        "PhotometricInterpretation": "MONOCHROME2",
        "PixelRepresentation": 0,
        "BitsAllocated": bits,
        "BitsStored": bits,
        "HighBit": bits - 1,
        "PixelData": pixels.tobytes(),
    }
    for name, value in (known | tags).items():
        setattr(header, name, value)
    return header


@pytest.fixture
def make_slice() -> Callable[..., FileDataset]:
    """:func:`dicom_slice`."""
    return dicom_slice


@pytest.fixture
def make_sample(tmp_path: Path) -> MakeSample:
    """``make_sample(name, ids, segments={}, image=None)``: a sample whose image is grey noise unless given.

    Where the name ends in ``.dcm``, it is a DICOM image, the only one of its series.
    """
    numbers = iter(range(1, 1_000_000))

    def make(
        name: str, ids: np.ndarray, segments: Mapping[int, int] | None = None, image: Path | None = None, frame: int = 0
    ) -> StoredSample:
        number = next(numbers)
        path = image or tmp_path / "source" / name
        if image is None:
            path.parent.mkdir(parents=True, exist_ok=True)
            noise = np.random.default_rng(number).integers(0, 256, ids.shape, dtype=np.uint8)
            if path.suffix == ".dcm":
                dicom_slice(noise).save_as(path, enforce_file_format=True)
            else:
                Image.fromarray(noise).save(path)
        labels = tmp_path / "labels" / str(number) / "labels.png"
        labels.parent.mkdir(parents=True)
        write_mask(labels, np.asarray(ids), durable=False)
        return StoredSample(number, path.name, path, frame, labels, dict(segments or {}))

    return make


def awkward_ids() -> tuple[np.ndarray, dict[int, int]]:
    """A ring around an island, touching instances, one-pixel objects, a 16-bit id, unlabelled and untold pixels."""
    ids = np.zeros((40, 56), np.uint16)
    ids[2:20, 2:20] = 256
    ids[5:17, 5:17] = 0
    ids[9:12, 9:12] = 257
    ids[22:30, 4:14] = 300
    ids[22:30, 14:24] = 65535
    ids[33, 3] = 400
    ids[35, 50] = 3
    ids[36, 51] = 3
    ids[10:30, 30:45] = 2
    ids[15:20, 34:38] = 0
    ids[:, 47] = 255
    ids[38:, :] = 1
    return ids, {256: 1, 257: 1, 300: 1, 65535: 2, 400: 2}


@pytest.fixture
def awkward() -> tuple[np.ndarray, dict[int, int]]:
    return awkward_ids()
