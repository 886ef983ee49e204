"""A program that is killed at any moment loses nothing but the stroke in progress.

``pytest -m slow tests/e2e/test_kill.py`` kills fifty times.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from segstudio.app.document import Document
from segstudio.io.project import Project
from tests.e2e.person import Person, everything, make_project

ACTS = 60
WORKER = """
import sys
from pathlib import Path
from segstudio.app.document import Document
from segstudio.io.project import Project
from tests.e2e.person import Person

document = Document(Project.open(Path(sys.argv[1])))
document.goto_first()
person = Person(document, int(sys.argv[2]))
print("ready", flush=True)
for number in range(int(sys.argv[3])):
    person.act()
    if number % 17 == 16:
        document.save()  # as the window does every few seconds
    print(number, flush=True)
"""
BESIDE = """
import queue
import sys
from tests.e2e.person import Person
from segstudio.app.settings import Settings
from segstudio.app.workbench import Workbench

posted = queue.SimpleQueue()
bench = Workbench(posted.put, Settings())
assert bench.open_project(sys.argv[1])
person = Person(bench.document, int(sys.argv[2]))
print("ready", flush=True)
for number in range(int(sys.argv[3])):
    person.act()
    for _ in range(number % 4):  # the event loop's turn: none, some or all that threads have told
        if not posted.empty():
            posted.get()()
    if number % 5 == 0:
        bench._changed_at = 0.0  # long ago
        bench.tick()
    print(number, flush=True)
"""
"""The same with threads that save and decode, as in the window."""


def states(folder: Path, seed: int) -> list[tuple[str, ...]]:
    """What there is after no act, after the first, and so on: the same person, whom nobody kills."""
    found = []
    document = Document(Project.open(folder))
    document.goto_first()
    person = Person(document, seed)
    for number in range(ACTS + 1):
        here = document.sample.id if document.sample is not None else 0
        active = document.active_class, document.active_instance
        found.append(everything(document))
        document.goto(here)
        document.set_active_class(active[0])
        document.set_active_instance(active[1])
        if number < ACTS:
            person.act()
    document.close()
    return found


def kill_after(project: Path, seed: int, acts: int, worker: str) -> int:
    """Let a child process work on *project* and kill it once it told of *acts*; the last act that it told of."""
    child = subprocess.Popen(
        [sys.executable, "-c", worker, str(project), str(seed), str(ACTS)],
        stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[2],
        env=os.environ | {"SEGSTUDIO_CONFIG": str(project.parent / "config")},
    )  # fmt: skip
    assert child.stdout is not None
    assert child.stdout.readline() == "ready\n"
    finished = -1
    while finished < acts:
        finished = int(child.stdout.readline())
    child.send_signal(signal.SIGKILL)
    rest = child.stdout.read().split()
    child.wait()
    child.stdout.close()
    return int(rest[-1]) if rest else finished


def check(tmp_path: Path, seed: int, moments: list[int], worker: str = WORKER) -> None:
    original = make_project(tmp_path)
    shutil.copytree(original, tmp_path / "watched" / original.name)
    shutil.copytree(original, tmp_path / "killed" / original.name)
    for number in range(3):
        for name in ("watched", "killed"):
            shutil.copy(tmp_path / f"{number}.tif", tmp_path / name)
    expected = states(tmp_path / "watched" / original.name, seed)
    for moment in moments:
        folder = tmp_path / f"killed {moment}"
        shutil.copytree(tmp_path / "killed", folder)
        finished = kill_after(folder / original.name, seed, moment, worker)
        with_journal = Document(Project.open(folder / original.name))
        with_journal.goto_first()
        found = everything(with_journal)
        with_journal.close()
        # the act that was under way may have been finished and only not been told of
        assert found in expected[finished + 1 : finished + 3], f"killed after act {finished}"


@pytest.mark.parametrize("worker", [WORKER, BESIDE], ids=["alone", "beside"])
def test_killed_three_times(tmp_path: Path, worker: str) -> None:
    check(tmp_path, 5, [4, 23, 51], worker)


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("worker", [WORKER, BESIDE], ids=["alone", "beside"])
@pytest.mark.parametrize("seed", range(5))
def test_killed_fifty_times(tmp_path: Path, seed: int, worker: str) -> None:
    moments = sorted(np.random.default_rng(seed).choice(ACTS - 4, 10, replace=False).tolist())
    check(tmp_path, 100 + seed, moments, worker)
