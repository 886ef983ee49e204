"""The format of a data set is told from its files without walking through a whole disk."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from segstudio.io.importers import signs
from segstudio.io.importers.signs import detect

LABELME = '{"version": "5.5.0", "shapes": [], "imagePath": "a.png"}'


def test_a_document_far_below_is_found(tmp_path: Path) -> None:
    place = tmp_path / "city" / "day 1" / "front"
    place.mkdir(parents=True)
    (place / "a.json").write_text(LABELME)
    assert detect(tmp_path) == "labelme"


def test_nearer_folders_are_looked_at_first_and_only_so_many(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(40):
        (tmp_path / f"{number:02}" / "deep").mkdir(parents=True)
    (tmp_path / "39" / "a.json").write_text(LABELME)
    monkeypatch.setattr(signs, "_FOLDERS", 41)
    assert detect(tmp_path) == "labelme", "it lies in one of the 41 nearest folders"
    (tmp_path / "39" / "a.json").rename(tmp_path / "00" / "deep" / "a.json")
    assert detect(tmp_path) is None


def test_links_in_a_circle_come_to_an_end(tmp_path: Path) -> None:
    (tmp_path / "inner").mkdir()
    (tmp_path / "inner" / "back").symlink_to(tmp_path)
    assert detect(tmp_path) is None


def test_a_folder_that_vanishes_meanwhile_is_no_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a").mkdir()

    def gone(path: Path) -> object:
        if Path(path) == tmp_path / "a":
            raise FileNotFoundError(path)
        return scandir(path)

    scandir = os.scandir
    monkeypatch.setattr(os, "scandir", gone)
    assert detect(tmp_path) is None
