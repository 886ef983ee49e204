"""A change of many images that a person stops: all of it is taken back, wherever it was."""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
import pytest

from segstudio.app import aside, machine_edits
from segstudio.app.class_edits import removal, remove_class
from segstudio.app.document import Document
from segstudio.app.machine_edits import write_together
from segstudio.core.errors import StoppedError
from segstudio.core.geometry import Region
from segstudio.core.labels import UNLABELLED, Provenance
from segstudio.core.progress import Progress, finish
from segstudio.io.project import Project
from segstudio.io.project.class_step import ClassStep
from tests.app.conftest import Bench
from tests.app.test_class_edits import CLASSES, document, fill, paint
from tests.e2e.person import everything

__all__ = ["document"]
SHAPE = 8, 10
Act = Callable[[Document], object]


def undo(document: Document) -> None:
    document.undo()


def redo(document: Document) -> None:
    document.redo()


def through(document: Document) -> None:
    """Computed labels for every image, one of which a person has drawn on."""
    labels = {i: np.full(SHAPE, 2 - place % 2, np.uint8) for place, i in enumerate(document.order)}
    write_together(document, "Propagate", labels, Provenance.PROPAGATED, erase={document.order[1]: labels_there(1)})


def labels_there(row: int) -> np.ndarray:
    there = np.zeros(SHAPE, bool)
    there[row] = True
    return there


def removed(document: Document) -> None:
    remove_class(document, 1, 2)


def stopped_at(document: Document, act: Act, place: int) -> bool:
    """Do *act* and stop it at its news number *place*; whether it came so far."""
    told = 0

    def stop(progress: Progress | None) -> None:
        nonlocal told
        if progress is not None:
            told += 1
            if told == place + 2:  # the first tells that it begins
                document.wide.stop()

    document.wide.underway.connect(stop)
    try:
        act(document)
    except StoppedError:
        return True
    finally:
        document.wide.underway.disconnect(stop)
    return False


@pytest.mark.parametrize("aside_from", [1 << 20, 0])
@pytest.mark.parametrize("change", [removed, through])
@pytest.mark.parametrize("act", [undo, redo, None])
def test_a_change_that_is_stopped_leaves_everything_as_it_was(
    document: Document, change: Act, act: Act | None, aside_from: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At every one of its steps; then it is done after all, and undone and done again."""
    monkeypatch.setattr(machine_edits, "_ASIDE_FROM", aside_from)
    monkeypatch.setattr(aside, "_TURN", 0.002)
    write = Project.write_labels
    monkeypatch.setattr(Project, "write_labels", lambda *a, **k: (time.sleep(0.01), write(*a, **k)))
    fill(document)
    for sample_id in document.order:
        document.goto(sample_id)
        paint(document, 1, Region(7, 0, 8, 10), Provenance.MODEL)
    untouched = everything(document)
    if act is not None:
        change(document)
    changed = everything(document)
    if act is redo:
        document.undo()
    before, steps = everything(document), (document.history.next_undo, document.history.next_redo)
    for place in range(100):
        if not stopped_at(document, act or change, place):
            break
        assert everything(document) == before
        assert (document.history.next_undo, document.history.next_redo) == steps
        assert not document.wide.changing
    assert place > 2, "it was stopped at every step"
    after = everything(document)
    assert after != before
    if act is None:
        changed = after
    if act is undo:
        document.redo()
    assert everything(document) == changed
    document.undo()
    assert everything(document) == untouched


@pytest.mark.parametrize("act", [undo, redo])
def test_the_project_is_whole_when_it_is_opened_after_a_stop(document: Document, act: Act) -> None:
    fill(document)
    removed(document)
    if act is redo:
        document.undo()
    assert stopped_at(document, act, 0)
    before = everything(document)
    folder = document.project.folder
    document.close()
    again = Document(Project.open(folder))
    again.goto_first()
    assert everything(again) == before
    again.close()


@pytest.mark.parametrize("place", [0, 1, 2, 3])
def test_what_was_drawn_since_a_step_was_staged_outlives_a_stop(document: Document, place: int) -> None:
    """While it looks for what changed meanwhile, before anything is changed."""
    fill(document)
    step = ClassStep.begin(document.project, removal(document, 1))
    finish(step.stage())
    with document.edit("Brush"):
        document.labels.write(Region(6, 0, 8, 10), 1, source=Provenance.HUMAN)
    document.save()
    before = everything(document)
    assert stopped_at(document, lambda document: document.wide.take_step("Remove class", step), place)
    assert everything(document) == before
    assert not list((document.project.folder / "journal" / "steps").iterdir())


def test_a_person_is_told_that_it_was_stopped(bench: Bench, document: Document) -> None:
    folder = document.project.folder
    document.close()
    bench.open_project(folder)
    assert bench.document is not None
    write_together(
        bench.document, "Propagate", {i: np.ones(SHAPE, np.uint8) for i in bench.document.order}, Provenance.PROPAGATED
    )
    told: list[str] = []
    bench.message.connect(told.append)
    bench.underway.connect(lambda _: bench.stop_change())
    bench.undo()
    assert told == ["Stopped: every image is as it was before."]
    assert not bench.failures
    assert bench.document.history.can_undo
    assert (bench.document.labels.ids == 1).all()
    assert not bench.busy


def test_nothing_is_stopped_that_is_not_under_way(document: Document) -> None:
    fill(document)
    document.wide.stop()
    removed(document)
    assert 1 not in document.classes
    document.undo()
    assert document.classes == CLASSES
    assert (document.labels.ids[:2] == 1).all()
    assert (document.labels.ids[6:] == UNLABELLED).all()
