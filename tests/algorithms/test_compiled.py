"""Compiled kernels of an installed program: kept where the user may write, never those of another version."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import segstudio
from segstudio.algorithms import compiled

PACKAGE = Path(segstudio.__file__).parent


@pytest.fixture
def installed(tmp_path: Path) -> Path:
    """A package folder as a wheel leaves it."""
    package = tmp_path / "site-packages" / "segstudio"
    (package / "resources").mkdir(parents=True)
    (package / "algorithms").mkdir()
    (package / "algorithms" / "kernel.py").write_text("one = 1\n")
    return package


@pytest.fixture(autouse=True)
def environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(compiled.VARIABLE, raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(compiled, "user_cache_path", lambda name: tmp_path / "cache" / name)
    monkeypatch.delitem(sys.modules, "numba", raising=False)  # the settings of this process stay as they are


def kept(package: Path, version: str = "1.0") -> Path:
    os.environ.pop(compiled.VARIABLE, None)
    compiled.keep(package, version)
    return Path(os.environ[compiled.VARIABLE])


def test_each_state_of_the_sources_has_a_folder_of_its_own(installed: Path, tmp_path: Path) -> None:
    first = kept(installed)
    assert first.is_relative_to(tmp_path / "cache" / "segstudio")
    assert kept(installed) == first
    assert kept(installed, "1.1") != first
    (installed / "algorithms" / "kernel.py").write_text("one = 1.0\n")
    assert kept(installed) != first


def test_what_a_person_has_set_stays(installed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(compiled.VARIABLE, "/elsewhere")
    compiled.keep(installed, "1.0")
    assert os.environ[compiled.VARIABLE] == "/elsewhere"


def test_a_checkout_keeps_them_beside_the_source(installed: Path) -> None:
    (installed / "resources").rmdir()
    compiled.keep(installed, "1.0")
    assert compiled.VARIABLE not in os.environ


def test_where_the_cache_cannot_be_written_a_private_folder_serves(
    installed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "cache").write_text("no folder")
    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr(compiled.tempfile, "tempdir", str(tmp_path / "temporary"))
    folder = kept(installed)
    assert folder.is_relative_to(tmp_path / "temporary")
    assert folder.parent.stat().st_mode & 0o077 == 0
    assert kept(installed) == folder
    folder.parent.chmod(0o777)  # now others could put code into it
    assert kept(installed).parent != folder.parent


def test_an_installed_program_compiles_into_the_users_cache(tmp_path: Path) -> None:
    site = tmp_path / "site-packages"
    shutil.copytree(PACKAGE, site / "segstudio", ignore=shutil.ignore_patterns("__pycache__", "resources"))
    (site / "segstudio" / "resources").mkdir(exist_ok=True)
    program = (
        "import numpy as np, segstudio\n"
        "from segstudio.algorithms import max_flow\n"
        "graph = max_flow.build(2, np.array([[0, 1]]))\n"
        "print(segstudio.__file__, max_flow._arcs.stats.cache_path, sep='\\n')\n"
    )
    run = subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, "PYTHONPATH": str(site), "PYTHONDONTWRITEBYTECODE": "1"},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    package, cache = run.stdout.split()
    assert Path(package).is_relative_to(site)
    assert Path(cache).is_relative_to(tmp_path / "cache")
    assert list(Path(cache).glob("max_flow._arcs*.nbc"))
    assert not list(site.rglob("*.nb?"))  # nothing was written, or tried to be, beside the sources
