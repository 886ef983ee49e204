"""Sizes that are known by hand."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import nibabel
import numpy as np
import pytest
import tifffile

from segstudio.app.sizes import in_words, of_stack, sizes
from segstudio.core.classes import LabelSet
from segstudio.core.errors import MaskError
from segstudio.core.progress import finish
from segstudio.io.project import Project, StoredSample


@pytest.fixture
def labelled(tmp_path: Path) -> Callable[..., list[StoredSample]]:
    def make(image: Path, planes: dict[int, np.ndarray]) -> list[StoredSample]:
        classes = LabelSet.named(["background", "organ"])
        with Project.create(tmp_path / "p", classes) as project:
            for sample_id, plane in zip(
                project.add_samples([(image, f) for f in planes]), planes.values(), strict=True
            ):
                project.write_labels(sample_id, plane.astype(np.uint16), np.ones(plane.shape, np.uint8), classes)
            return project.stored()

    return make


def test_a_block_of_voxels_has_its_millilitres_and_values(
    labelled: Callable[..., list[StoredSample]], tmp_path: Path
) -> None:
    data = np.zeros((8, 6, 4), np.int16)
    data[2:6, 1:4, 1:3] = 100
    data[2, 1, 1] = 124
    turn = np.array([[0.8, -0.6, 0], [0.6, 0.8, 0], [0, 0, 1.0]])  # oblique: the size is the same
    affine = np.eye(4)
    affine[:3, :3] = turn @ np.diag([0.5, 2.0, 5.0])
    nibabel.save(nibabel.Nifti1Image(data, affine), tmp_path / "v.nii.gz")
    plane = np.full((6, 8), 255)
    plane[2:5, 2:6] = 1  # 12 pixels, upright or not
    (found,) = finish(sizes(labelled(tmp_path / "v.nii.gz", {1: plane, 2: plane})))
    organ = found.classes[1]
    assert (found.slices, organ.slices, organ.pixels) == (2, 2, 24)
    assert organ.measure == pytest.approx(24 * 0.5 * 2 * 5)
    assert in_words(organ.measure, solid=found.solid) == "0.12 ml"


def test_values_are_the_images_own(labelled: Callable[..., list[StoredSample]], tmp_path: Path) -> None:
    image = np.array([[10, 20], [30, 4000]], np.uint16)
    tifffile.imwrite(tmp_path / "a.tif", image)
    (found,) = finish(sizes(labelled(tmp_path / "a.tif", {0: np.array([[1, 1], [1, 0]])})))
    organ = found.classes[1]
    assert (organ.mean, organ.lowest, organ.highest, organ.measure) == (20, 10, 30, None)
    assert organ.deviation == pytest.approx(np.std([10, 20, 30]))
    assert list(found.classes) == [0, 1]
    assert not found.solid


def test_under_a_microscope_sizes_are_in_micrometres(
    labelled: Callable[..., list[StoredSample]], tmp_path: Path
) -> None:
    told = {"axes": "TZYX", "PhysicalSizeX": 0.5, "PhysicalSizeY": 0.5, "PhysicalSizeZ": 2.0}
    tifffile.imwrite(tmp_path / "c.ome.tif", np.zeros((2, 3, 4, 4), np.uint8), photometric="minisblack", metadata=told)
    plane = np.ones((4, 4))
    stored = labelled(tmp_path / "c.ome.tif", dict.fromkeys(range(6), plane))
    first, second = finish(sizes(stored))
    assert (first.frames, second.frames) == (range(3), range(3, 6))  # time points are not added up
    size = first.classes[1].measure
    assert size is not None
    assert in_words(size, solid=True) == f"{3 * 16 * 0.5 * 0.5 * 2:.4g} µm³"
    assert [s.frame for s in of_stack(stored, tmp_path / "c.ome.tif", 4)] == [3, 4, 5]


def test_labels_of_another_size_than_their_image_are_told(
    labelled: Callable[..., list[StoredSample]], tmp_path: Path
) -> None:
    tifffile.imwrite(tmp_path / "a.tif", np.zeros((8, 10), np.uint8))
    stored = labelled(tmp_path / "a.tif", {0: np.ones((4, 5))})
    with pytest.raises(MaskError, match=r"labels\.png: it is not of the size 10x8 of its image"):
        finish(sizes(stored))
