"""Pixels that are not square: what the files of each kind tell of their proportions."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import nibabel
import numpy as np
import pytest
import tifffile

from segstudio.io.images import open_image, probe, read
from segstudio.io.images.base import proportions_of
from tests.io.images.test_dicom import dataset, save

PIXELS = np.arange(12 * 16, dtype=np.uint16).reshape(12, 16)


@pytest.mark.parametrize(
    ("aspect", "pixel"),
    [
        (None, (1, 1)),
        (2.0, (2, 1)),
        (0.25, (1, 4)),
        (1.0004, (1, 1)),  # a rounding of what was written
        (1e6, (1, 1)),  # nonsense
        (float("nan"), (1, 1)),
        (0.0, (1, 1)),
    ],
)
def test_the_shorter_side_is_one(aspect: float | None, pixel: tuple[float, float]) -> None:
    assert proportions_of(aspect) == pixel


def test_the_spacing_of_a_slice_gives_them(tmp_path: Path) -> None:
    """Pixel Spacing tells the distance of rows first (PS3.3, 10.7.1.3)."""
    assert read(save(tmp_path / "mr.dcm", dataset(PIXELS, PixelSpacing=[1.5, 0.5]))).proportions == (3, 1)


def test_dicom_tells_an_aspect_where_there_is_no_spacing(tmp_path: Path) -> None:
    path = save(tmp_path / "us.dcm", dataset(PIXELS, PixelAspectRatio=[6, 5], Modality="US"))
    assert read(path).proportions == (1.2, 1.0)
    assert read(path).spacing is None
    assert probe(path).aspect == 1.2


def test_nifti_gives_them_by_its_zooms(tmp_path: Path) -> None:
    volume = nibabel.Nifti1Image(np.zeros((8, 6, 4), np.uint8), np.diag([0.5, 1.25, 6.0, 1.0]))
    nibabel.save(volume, tmp_path / "v.nii")
    assert read(tmp_path / "v.nii").proportions == (2.5, 1.0)


@pytest.mark.parametrize("unit", ["NONE", "INCH"])
def test_a_facsimile_is_as_high_as_its_page(tmp_path: Path, unit: str) -> None:
    """204 by 98 dots on an inch: each of them is about twice as high as wide."""
    tifffile.imwrite(tmp_path / "fax.tif", PIXELS, resolution=(204, 98), resolutionunit=unit)
    image = read(tmp_path / "fax.tif")
    assert image.proportions == pytest.approx((204 / 98, 1))
    assert image.spacing is None


def test_a_resolution_that_is_the_same_both_ways_tells_nothing(tmp_path: Path) -> None:
    tifffile.imwrite(tmp_path / "scan.tif", PIXELS, resolution=(300, 300), resolutionunit="INCH")
    assert read(tmp_path / "scan.tif").proportions == (1, 1)
    assert probe(tmp_path / "scan.tif").aspect is None


def test_a_page_that_is_turned_upright_turns_its_pixels_with_it(tmp_path: Path) -> None:
    turned = [(274, "H", 1, 6, True)]
    tifffile.imwrite(tmp_path / "fax.tif", PIXELS, resolution=(200, 100), resolutionunit="NONE", extratags=turned)
    assert read(tmp_path / "fax.tif").proportions == (1, 2)
    tifffile.imwrite(tmp_path / "cm.tif", PIXELS, resolution=(200, 100), resolutionunit="CENTIMETER", extratags=turned)
    image = read(tmp_path / "cm.tif")
    assert image.spacing == pytest.approx((0.05, 0.1))
    assert image.proportions == (1, 2)


def test_pixels_that_stay_in_their_file_have_them_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tifffile.imwrite(
        tmp_path / "line.tif", np.zeros((64, 64), np.uint8), tile=(16, 16), resolution=(2, 1), resolutionunit="NONE"
    )
    monkeypatch.setattr("segstudio.io.images._LAZY_FROM", 1000)
    image = open_image(tmp_path / "line.tif")
    assert image.lazy
    assert image.proportions == (2, 1)


@pytest.mark.parametrize(("rotation", "pixel"), [(0, (1, 16 / 11)), (90, (16 / 11, 1))])
def test_a_film_of_wide_television_says_how_wide_its_pixels_are(
    tmp_path: Path, rotation: int, pixel: tuple[float, float]
) -> None:
    with av.open(str(tmp_path / "film.mp4"), "w") as container:
        stream = container.add_stream("libx264", rate=Fraction(25))
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        stream.codec_context.sample_aspect_ratio = Fraction(16, 11)
        if rotation:
            stream.set_display_rotation(rotation)
        for packet in (*stream.encode(av.VideoFrame.from_ndarray(np.zeros((48, 64, 3), np.uint8), "rgb24")),
                       *stream.encode()):  # fmt: skip
            container.mux(packet)
    image = read(tmp_path / "film.mp4")
    assert image.proportions == pytest.approx(pixel)
    assert probe(tmp_path / "film.mp4").aspect == image.aspect
