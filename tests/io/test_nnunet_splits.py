"""The parts of an nnU-Net data set: written for its cross-validation, and taken in part by part."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import nibabel
import numpy as np
import pytest

from segstudio.core.classes import LabelSet
from segstudio.core.errors import FormatError
from segstudio.core.progress import finish
from segstudio.io import images
from segstudio.io.exporters import EXPORTERS
from segstudio.io.importers import IMPORTERS
from segstudio.io.importers.base import ImportedDataset
from segstudio.io.project.stored import StoredSample

MakeSample = Callable[..., StoredSample]
ROOT = "Dataset001_segstudio"


@pytest.fixture
def samples(make_sample: MakeSample) -> list[StoredSample]:
    """Two slices of each of five patients."""
    ids = np.array([[0, 1], [2, 255]], np.uint16)
    return [make_sample(f"patient{p}_{n}.png", ids) for p in range(5) for n in range(2)]


@pytest.fixture
def exported(samples: list[StoredSample], classes: LabelSet, tmp_path: Path) -> Path:
    finish(EXPORTERS["nnunet"](samples, classes, tmp_path / "out", folds=3, group=r"patient(\d+)"))
    return tmp_path / "out"


def splits_of(folder: Path) -> Path:
    return folder / "nnUNet_preprocessed" / ROOT / "splits_final.json"


def imported(folder: Path, classes: LabelSet, **options: object) -> ImportedDataset:
    return finish(IMPORTERS["nnunet"].read(folder, classes, **options))


def names(data: ImportedDataset) -> list[str]:
    return sorted(sample.path.stem.removesuffix("_0000") for sample in data.samples)


def test_patients_stay_in_one_fold_and_every_case_is_validated_on_once(
    exported: Path, samples: list[StoredSample]
) -> None:
    told = json.loads(splits_of(exported).read_text())
    assert [set(fold) for fold in told] == [{"train", "val"}] * 3
    stems = sorted(sample.path.stem for sample in samples)
    assert sorted(name for fold in told for name in fold["val"]) == stems
    for fold in told:
        assert sorted([*fold["train"], *fold["val"]]) == stems
        patients = [{name.split("_")[0] for name in fold[part]} for part in ("train", "val")]
        assert not patients[0] & patients[1]
    assert {p.stem for p in (exported / ROOT / "labelsTr").iterdir()} == set(stems)


def test_slices_of_a_volume_are_one_case(make_sample: MakeSample, classes: LabelSet, tmp_path: Path) -> None:
    made = []
    for number in range(3):
        scan = tmp_path / f"scan{number}.nii.gz"
        nibabel.save(nibabel.Nifti1Image(np.zeros((4, 5, 2), np.int16), np.eye(4)), scan)
        shape = images.probe(scan).shape
        made += [make_sample("s", np.ones(shape, np.uint16), image=scan, frame=frame) for frame in (0, 1)]
    finish(EXPORTERS["nnunet"](made, classes, tmp_path / "out"))
    told = json.loads(splits_of(tmp_path / "out").read_text())
    assert sorted(fold["val"] for fold in told) == [["scan0"], ["scan1"], ["scan2"]]
    finish(EXPORTERS["nnunet"](made, classes, tmp_path / "without", folds=0))
    assert not (tmp_path / "without" / "nnUNet_preprocessed").exists()


def test_one_part_of_a_fold_comes_in(exported: Path, classes: LabelSet) -> None:
    told = json.loads(splits_of(exported).read_text())
    assert names(imported(exported, classes)) == sorted(told[0]["train"] + told[0]["val"])
    for fold in range(3):
        for part in ("train", "val"):
            data = imported(exported, classes, part=part, fold=fold)
            assert data.problems == ()
            assert names(data) == sorted(told[fold][part])
    with pytest.raises(FormatError, match="no fold 3; it has 3"):
        imported(exported, classes, part="val", fold=3)


def test_the_parts_are_found_beside_the_description_too(exported: Path, classes: LabelSet) -> None:
    splits_of(exported).rename(exported / ROOT / "splits_final.json")
    assert len(imported(exported / ROOT, classes, part="train").samples) < 10
    (exported / ROOT / "splits_final.json").unlink()
    assert len(imported(exported, classes).samples) == 10
    with pytest.raises(FormatError, match=r"no splits_final\.json"):
        imported(exported, classes, part="train")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("[{", "no JSON, or it is damaged"),
        ("{}", "no list of folds"),
        ('[{"train": ["a"]}]', "no list of folds"),
        ('[{"train": ["patient0_0", "gone"], "val": []}]', "fold 0 has cases without a label file: gone"),
        ('[{"train": ["patient0_0"], "val": ["patient0_0"]}]', "fold 0 has cases in both parts: patient0_0"),
    ],
)
def test_damaged_parts_are_told_and_the_cases_are_there(
    exported: Path, classes: LabelSet, text: str, reason: str
) -> None:
    splits_of(exported).write_text(text)
    data = imported(exported, classes)
    assert len(data.problems) == 1
    assert reason in data.problems[0].reason
    assert data.problems[0].path == splits_of(exported)
    assert len(data.samples) == 10
