"""After very many acts of any kind, undo leads back to the start, redo to the end, and reopening finds the same.

``pytest -m slow tests/e2e/test_soak.py`` does ten thousand acts.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from segstudio.app.document import Document
from segstudio.io.project import Project
from tests.e2e.person import Person, everything, make_project


def soak(folder: Path, seed: int, acts: int) -> None:
    project = make_project(folder)
    document = Document(Project.open(project))
    document.goto_first()
    start = everything(document)
    person = Person(document, seed)
    for _ in range(acts):
        person.act()
    end = everything(document)
    undone = 0
    while document.undo() is not None:
        undone += 1
    assert everything(document) == start
    for _ in range(undone):
        assert document.redo() is not None
    assert everything(document) == end
    document.close()
    again = Document(Project.open(project))
    again.goto_first()
    assert everything(again) == end
    again.close()


@pytest.mark.parametrize("seed", range(3))
def test_a_hundred_acts(tmp_path: Path, seed: int) -> None:
    soak(tmp_path, seed, 120)


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("seed", [11, 12])
def test_ten_thousand_acts(tmp_path: Path, seed: int) -> None:
    soak(tmp_path, seed, 5000)
