"""Training on a project some of whose images are not where they were."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from segstudio.app.training_set import LeftOut, present
from segstudio.app.workflows import train_project
from segstudio.core.classes import LabelSet
from segstudio.core.errors import TrainingError
from segstudio.core.labels import Provenance
from segstudio.io.project import Project
from tests.cli.conftest import Run

CLASSES = LabelSet.named(["background", "square"])


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Four labelled images."""
    paths = [tmp_path / f"{number}.png" for number in range(4)]
    ids = np.zeros((64, 64), np.uint16)
    ids[20:44, 20:44] = 1
    for number, path in enumerate(paths):
        Image.fromarray((60 + 100 * ids + number).astype(np.uint8)).save(path)
    with Project.create(tmp_path / "p", CLASSES, paths) as made:
        for sample_id in made.sample_ids():
            made.write_labels(sample_id, ids, np.full(ids.shape, Provenance.HUMAN, np.uint8), CLASSES)
    return tmp_path / "p.segstudio"


def test_what_is_missing_is_told_by_its_files_once_for_all_frames(project: Path, tmp_path: Path) -> None:
    with Project.open(project) as opened:
        samples = opened.stored()
        assert present(samples) == (samples, LeftOut(()))
        (tmp_path / "2.png").unlink()
        kept, missing = present(samples)
        assert [sample.name for sample in kept] == ["0.png", "1.png", "3.png"]
        assert missing.paths == (tmp_path / "2.png",)
        assert str(missing) == "left out, for the files are missing: 2.png"
        (tmp_path / "0.png").unlink()
        assert len(present(samples)[0]) == 2
        (tmp_path / "1.png").unlink()
        with pytest.raises(TrainingError, match=r"0\.png: the image is missing, as those of 3 of 4 labelled images"):
            present(samples)


def test_many_are_not_all_told_in_one_sentence() -> None:
    missing = LeftOut(tuple(Path(f"{number}.png") for number in range(8)))
    assert str(missing).endswith("0.png, 1.png, 2.png, 3.png, 4.png and 3 more")


def test_a_training_tells_of_them_before_it_begins(project: Path, tmp_path: Path) -> None:
    (tmp_path / "1.png").unlink()
    work = train_project(project, {}, tmp_path / "run")
    assert next(work).detail == LeftOut((tmp_path / "1.png",))
    work.close()
    (tmp_path / "0.png").unlink()
    (tmp_path / "2.png").unlink()
    with pytest.raises(TrainingError, match="3 of 4"):
        next(train_project(project, {}, tmp_path / "run"))


@pytest.mark.slow
def test_the_others_are_learned(segstudio: Run, project: Path, tmp_path: Path) -> None:
    (tmp_path / "1.png").rename(tmp_path / "elsewhere.png")
    options = ("--epochs", 1, "--crop", 64, "--batch", 1, "--json")
    status, printed, said = segstudio("train", project, "-o", tmp_path / "run", *options)
    assert status == 0, said
    assert json.loads(printed)["left_out"] == [str(tmp_path / "1.png")]
    assert said.count("1.png: the image is missing; it is left out") == 1
    for name in ("0.png", "2.png"):
        (tmp_path / name).unlink()
    status, _, said = segstudio("train", project, "-o", tmp_path / "other", *options)
    assert status == 2
    assert "the image is missing, as those of 3 of 4 labelled images are" in said.splitlines()[-1]
    assert not (tmp_path / "other" / "best.safetensors").exists()
