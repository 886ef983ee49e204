"""The measurements of the device run on any machine, so that they run on the day there is a graphics card."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "bench" / "devices.py"


@pytest.mark.slow
def test_every_way_of_computing_is_measured() -> None:
    done = subprocess.run(
        [
            sys.executable,
            SCRIPT,
            "--names",
            "segformer:mit_b0",
            "--sizes",
            "32",
            "--device",
            "cpu",
            "--seconds",
            "0.05",
        ],
        capture_output=True,
        text=True,
        timeout=300,
        check=True,
    )
    rows = json.loads(done.stdout)["rows"]
    bare, trainer = rows[:-1], rows[-1]["trainer"]
    assert {row["channels_last"] for row in bare} == {False, True}
    assert all(row[way]["images_per_second"] > 0 for row in bare for way in ("train", "predict"))
    assert trainer["images_per_second"] > 0
