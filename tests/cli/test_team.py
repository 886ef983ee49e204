"""Several processes of one command speak with one voice."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

from segstudio.cli.output import answer, run
from segstudio.core.progress import Progress, Work


def work() -> Work[int]:
    yield Progress(0.5, "half")
    return 7


@pytest.mark.parametrize("place", [{}, {"LOCAL_RANK": "0", "NODE_RANK": "0"}, {"RANK": "0"}])
def test_the_first_member_speaks(
    place: dict[str, str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, value in place.items():
        monkeypatch.setenv(name, value)
    assert run(work(), "working") == 7
    answer(7, lambda: ["seven"])
    out, err = capsys.readouterr()
    assert out == "seven\n"
    assert "half" in err


@pytest.mark.parametrize("place", [{"LOCAL_RANK": "1", "NODE_RANK": "0"}, {"RANK": "3"}, {"NODE_RANK": "1"}])
def test_the_others_work_and_are_silent(
    place: dict[str, str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, value in place.items():
        monkeypatch.setenv(name, value)
    assert run(work(), "working") == 7
    answer(7, lambda: ["seven"])
    assert capsys.readouterr() == ("", "")


@pytest.mark.slow
def test_two_devices_train_by_one_command(tmp_path: Path) -> None:
    for folder in ("images", "masks"):
        (tmp_path / folder).mkdir()
    for seed in range(4):
        labels = np.zeros((48, 48), np.uint8)
        labels[:, 12 + 6 * seed :] = 1
        noise = np.random.default_rng(seed).normal(0, 10, labels.shape)
        cv2.imwrite(str(tmp_path / "images" / f"{seed}.png"), (labels * 120 + 40 + noise).astype(np.uint8))
        cv2.imwrite(str(tmp_path / "masks" / f"{seed}.png"), labels)
    done = subprocess.run(
        [
            sys.executable, "-m", "segstudio", "train", "--images", "images", "--masks", "masks", "--out", "run",
            "--epochs", "2", "--crop", "48", "--device", "cpu", "--devices", "2", "--json",
        ],
        cwd=tmp_path, env=os.environ | {"OMP_NUM_THREADS": "1"}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["epochs"] == 2
    assert (tmp_path / told["checkpoint"]).exists()
