"""Where the patient's right and left are, at the edges of the canvas."""

from __future__ import annotations

from pathlib import Path

import nibabel
import numpy as np
import pytest
from nibabel.orientations import apply_orientation, axcodes2ornt, inv_ornt_aff, io_orientation, ornt_transform

from segstudio.gui.canvas.directions import letters
from segstudio.io import images
from segstudio.io.images import Image
from tests.gui.kit import Easel


@pytest.mark.parametrize(
    ("affine", "told"),
    [
        (np.array([[0, -1, 0, 0], [-1, 0, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]]), ("R", "A", "L", "P")),  # as usual
        (np.array([[0, 1, 0, 0], [1, 0, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]]), ("L", "P", "R", "A")),  # lying prone
        (np.array([[0, 0, 1, 0], [0, -1, 0, 0], [-1, 0, 0, 0], [0, 0, 0, 1]]), ("A", "S", "P", "I")),  # sagittal
    ],
)
def test_letters_follow_the_axes(affine: np.ndarray, told: tuple[str, ...]) -> None:
    image = Image(np.zeros((4, 5), np.uint8), Path("x"), affine=affine.astype(float))
    assert letters(image) == told


@pytest.mark.parametrize("codes", ["RAS", "LPS", "LAS"])
def test_a_scan_shows_its_letters_however_it_is_stored(easel: Easel, tmp_path: Path, codes: str) -> None:
    turn = ornt_transform(io_orientation(np.eye(4)), axcodes2ornt(codes))
    values = np.zeros((40, 50, 3), np.int16)
    affine = inv_ornt_aff(turn, values.shape)
    nibabel.save(nibabel.Nifti1Image(apply_orientation(values, turn), affine), tmp_path / "v.nii")
    assert letters(images.read(tmp_path / "v.nii")) == ("R", "A", "L", "P")
    easel.open(tmp_path / "v.nii")
    shown = easel.grabbed()
    yellow = [
        (x, y)
        for x in range(24)
        for y in range(shown.height())
        if shown.pixelColor(x, y).red() > 200 and shown.pixelColor(x, y).blue() < 120
    ]
    assert yellow, "a letter stands at the left edge"
