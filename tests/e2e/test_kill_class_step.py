"""A program that is killed while a class is removed from many images leaves all of them as before, or all as after.

A child process is killed at every rename, link, removal and opening of a file that the act does, one after the other.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
KILLER = """
import json, os, shutil, signal, sys
from pathlib import Path
import numpy as np
from segstudio.app.class_edits import remove_class
from segstudio.app.document import Document
from segstudio.core.annotation import Annotation, Box
from segstudio.core.geometry import Region
from segstudio.core.labels import UNLABELLED, Provenance
from segstudio.io.project import Project
from tests.e2e.person import everything, make_project

folder, act, into = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])

def fresh():
    shutil.rmtree(folder / "work", ignore_errors=True)
    shutil.copytree(folder / "made", folder / "work")
    document = Document(Project.open(folder / "work" / "p.segstudio"))
    document.goto_first()
    if act != "do":
        remove_class(document, 1, into)
    if act == "redo":
        document.undo()
    return document

def do(document):
    if act == "do":
        remove_class(document, 1, into)
    elif act == "undo":
        document.undo()
    else:
        document.redo()

def prepare():
    (folder / "made").mkdir()
    document = Document(Project.open(make_project(folder / "made")))
    for number, sample_id in enumerate(document.order):
        document.goto(sample_id)
        with document.edit("Brush"):
            document.labels.write(Region(0, 0, 9 + number, 9), 1, source=Provenance.HUMAN)
            document.labels.write(Region(20, 0, 30, 9), 2, source=Provenance.MODEL)
            segment = document.labels.new_segment(1)
            document.labels.write(Region(40, 0, 44, 9), segment, source=Provenance.HUMAN)
            document.set_annotation(Annotation(boxes=(Box(1, 0, 0, 4, 4), Box(2, 0, 0, 9, 9))))
    document.close()

def unknown(project):
    found = []
    for sample in project.stored():
        ids = set(np.unique(sample.ids()).tolist()) - {UNLABELLED}
        found += [i for i in ids if sample.segments.get(i, i) not in project.classes]
    return found

events, last = 0, None
WATCHED = {"os.rename", "os.link", "os.remove", "os.mkdir", "os.rmdir", "open"}

def watch(event, args):
    global events
    if last is None or event not in WATCHED or "made" in str(args[0]):
        return
    events += 1
    if events == last:
        os.kill(os.getpid(), signal.SIGKILL)

sys.addaudithook(watch)
prepare()
document = fresh()
before = everything(document)
do(document)
after = everything(document)
document.close()
assert before != after

kills, outcomes = 0, []
while True:
    kills += 1
    document = fresh()
    child = os.fork()
    if not child:
        document.wide.tidy = lambda work: None
        events, last = 0, kills
        do(document)
        os._exit(0)
    killed = os.WIFSIGNALED(os.waitpid(child, 0)[1])
    document.journal.close()
    document.project.close()
    with Project.open(folder / "work" / "p.segstudio") as project:
        assert not unknown(project), f"kill {kills}: a mask holds {unknown(project)}"
    again = Document(Project.open(folder / "work" / "p.segstudio"))
    again.goto_first()
    found = everything(again)
    assert found in (before, after), f"kill {kills}: neither before nor after"
    outcomes.append("before" if found == before else "after")
    again.close()
    assert not (folder / "work" / "p.segstudio" / "journal" / "steps").exists()
    if not killed:
        break
print(json.dumps(outcomes))
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
@pytest.mark.parametrize(
    ("act", "into"),
    [
        ("do", 255),
        pytest.param("do", 2, marks=pytest.mark.slow),
        pytest.param("undo", 255, marks=pytest.mark.slow),
        pytest.param("undo", 2, marks=pytest.mark.slow),
        pytest.param("redo", 255, marks=pytest.mark.slow),
    ],
)
def test_killed_at_every_file(tmp_path: Path, act: str, into: int) -> None:
    result = subprocess.run(
        [sys.executable, "-c", KILLER, str(tmp_path), act, str(into)],
        capture_output=True, text=True, cwd=ROOT, check=False, timeout=300,
    )  # fmt: skip
    assert result.returncode == 0, result.stderr[-2000:]
    outcomes = json.loads(result.stdout)
    assert len(outcomes) > 10, "it was killed at many moments"
    turn = outcomes.index("after")
    assert 0 < turn < len(outcomes) - 1
    assert set(outcomes[turn:]) == {"after"}, "there is one moment from which on it is done"
