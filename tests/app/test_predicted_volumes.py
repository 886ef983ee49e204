"""Masks of slices become volumes on the grid of their image."""

from __future__ import annotations

from pathlib import Path

import nibabel
import numpy as np
from PIL import Image

from segstudio.app.finding import Frame
from segstudio.app.predicted_volumes import write_volumes
from segstudio.core.classes import LabelSet
from segstudio.core.progress import finish
from segstudio.io import images
from segstudio.io.masks import write_mask


def test_the_masks_of_slices_lie_on_the_voxels_that_they_are_of(tmp_path: Path) -> None:
    data = np.arange(4 * 5 * 3, dtype=np.int16).reshape(4, 5, 3)
    scan = tmp_path / "scan.nii.gz"
    nibabel.save(nibabel.Nifti1Image(data, np.diag([-0.7, 0.8, 3.0, 1.0])), scan)
    Image.fromarray(np.zeros((5, 4), np.uint8)).save(tmp_path / "photo.png")
    frames: list[Frame] = [(scan, 0), (scan, 1), (scan, 2), (tmp_path / "photo.png", 0)]
    masks = [tmp_path / f"{number}.png" for number in range(4)]
    for (path, frame), mask in zip(frames[:2], masks, strict=False):  # the last slice could not be predicted
        write_mask(mask, (images.read(path, frame).array % 2).astype(np.uint16))
    written = finish(write_volumes(frames, masks, LabelSet.named(["even", "odd"]), tmp_path / "volumes"))
    assert written == [str(tmp_path / "volumes" / "labels" / "scan.nii.gz")]
    labels = nibabel.load(written[0])
    np.testing.assert_allclose(labels.affine, nibabel.load(scan).affine)
    values = np.asarray(labels.dataobj)
    np.testing.assert_array_equal(values[..., :2], data[..., :2] % 2)
    assert (values[..., 2] == 255).all()
    again = finish(write_volumes(frames, masks, LabelSet.named(["even", "odd"]), tmp_path / "volumes"))
    assert again == written


def test_photographs_are_no_volumes(tmp_path: Path) -> None:
    Image.fromarray(np.zeros((5, 4), np.uint8)).save(tmp_path / "photo.png")
    write_mask(tmp_path / "mask.png", np.zeros((5, 4), np.uint16))
    photo: list[Frame] = [(tmp_path / "photo.png", 0)]
    assert finish(write_volumes(photo, [tmp_path / "mask.png"], LabelSet.named(["a"]), tmp_path / "volumes")) == []
    assert not (tmp_path / "volumes").exists()
