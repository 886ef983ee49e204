"""Fixtures and settings for all tests."""

from __future__ import annotations

import os
from pathlib import Path

import hypothesis
import pytest

hypothesis.settings.register_profile("segstudio", deadline=None)  # how fast it is, is measured under bench/
hypothesis.settings.load_profile("segstudio")
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ.setdefault("OMP_WAIT_POLICY", "passive")
os.environ |= {"LC_ALL": "C.UTF-8", "LANGUAGE": "en"}  # the window follows the system's language; tests read English


@pytest.fixture(autouse=True)
def private_settings(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """No test reads or writes the settings of the person who runs it."""
    monkeypatch.setenv("SEGSTUDIO_CONFIG", str(tmp_path_factory.mktemp("config")))
    monkeypatch.setenv("SEGSTUDIO_THUMBNAILS", str(tmp_path_factory.mktemp("thumbnails")))


@pytest.fixture(scope="session")
def real_data() -> Path:
    """A folder of real data sets beside the checkout; tests that want it skip without it."""
    folder = Path(os.environ.get("SEGSTUDIO_DATA", Path(__file__).parents[2] / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip("no real data sets beside the checkout (set SEGSTUDIO_DATA)")
    return folder
