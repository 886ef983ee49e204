"""`segstudio sizes` as a data team scripts it."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import nibabel
import numpy as np
import pytest

from segstudio.__main__ import main
from segstudio.core.classes import LabelSet
from segstudio.io.project import Project


def test_every_volume_tells_its_classes_in_millilitres(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    classes = LabelSet.named(["background", "organ"])
    for name, value in (("a", 40), ("b", 60)):
        data = np.full((10, 8, 5), value, np.int16)
        nibabel.save(nibabel.Nifti1Image(data, np.diag([2.0, 2.0, 10.0, 1.0])), tmp_path / f"{name}.nii")
    with Project.create(tmp_path / "p", classes) as project:
        for name in "ab":
            ids = np.full((8, 10), 255, np.uint16)
            ids[:5, :5] = 1
            for sample in project.add_samples([(tmp_path / f"{name}.nii", frame) for frame in range(5)])[:2]:
                project.write_labels(sample, ids, np.ones(ids.shape, np.uint8), classes)

    def run(*arguments: str) -> str:
        monkeypatch.setattr(sys, "argv", ["segstudio", "sizes", str(tmp_path / "p.segstudio"), *arguments])
        assert main() == 0
        return capsys.readouterr().out

    rows = json.loads(run("--json"))
    assert [(Path(r["image"]).name, r["class"], r["pixels"], r["slices"], r["mm3"], r["mean"]) for r in rows] == [
        ("a.nii", "organ", 50, 2, 2000.0, 40.0),
        ("b.nii", "organ", 50, 2, 2000.0, 60.0),
    ]
    assert run("--match", "b.nii").strip().endswith("organ: 50 pixels on 2 slices, 2 ml, mean 60 ± 0")
