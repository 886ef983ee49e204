"""Changes of the class list that touch what is drawn with it, in every image of the project."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import TYPE_CHECKING

from segstudio.app.document import Document
from segstudio.app.jobs import Job, JobState
from segstudio.core.classes import LabelSet
from segstudio.core.errors import OptionError
from segstudio.core.labels import UNLABELLED
from segstudio.core.progress import finish
from segstudio.io.project import ClassUse
from segstudio.io.project.class_step import ClassStep, Reassignment

if TYPE_CHECKING:
    from segstudio.app.workbench import Workbench

REMOVE, REPLACE = "Remove class", "Replace classes"
AT_ONCE = 0.3
"""Seconds that a change may take before it becomes a job."""


def use_of(document: Document, class_id: int) -> ClassUse:
    """How many images show a class, the one at hand as it is now."""
    document.save()
    return document.project.class_use(class_id)


def removal(document: Document, class_id: int, into: int = UNLABELLED) -> Reassignment:
    """A class goes; its pixels and shapes become *into* (255: none).

    Raises :class:`OptionError` for the last class, and for classes that are not there.
    """
    if len(document.classes) == 1:
        raise OptionError("a project has at least one class")
    return Reassignment({class_id: into}, document.classes, document.classes.without(class_id))


def replacement(document: Document, classes: LabelSet) -> Reassignment:
    """Another class list. Ids keep their pixels; a class whose id the new list lacks becomes the new list's class of
    its name, and where there is none its pixels become unlabelled."""
    by_name = {label.name: label.id for label in classes.values()}
    gone = [label for label in document.classes.values() if label.id not in classes]
    return Reassignment({c.id: by_name.get(c.name, UNLABELLED) for c in gone}, document.classes, classes)


def orphaned(document: Document, plan: Reassignment) -> Mapping[int, ClassUse]:
    """The classes that some image shows and nothing takes the place of, with how many images show them."""
    found = {c: use_of(document, c) for c, into in plan.targets.items() if into == UNLABELLED}
    return {class_id: use for class_id, use in found.items() if use.images}


def remove_class(document: Document, class_id: int, into: int = UNLABELLED) -> None:
    """Remove a class from the whole project as one step of undo, and wait for it; see :func:`removal`."""
    _finish(document, REMOVE, removal(document, class_id, into))


def use_classes(document: Document, classes: LabelSet) -> None:
    """Replace the class list as one step of undo, and wait for it; see :func:`replacement`."""
    _finish(document, REPLACE, replacement(document, classes))


def change_classes(bench: Workbench, name: str, plan: Reassignment) -> Job | None:
    """Make a change of the class list: at once where it is quick, else as a job, which is returned.

    While the job looks through the images one may go on; what is drawn meanwhile is taken along.
    """
    document = bench.document
    if document is None:
        return None
    if not plan.targets:
        _relist(document, name, plan)
        return None
    document.save()
    step = ClassStep.begin(document.project, plan)
    work = step.stage()
    end = time.monotonic() + AT_ONCE
    try:
        while time.monotonic() < end:
            next(work)
    except StopIteration:
        document.wide.take_step(name, step)
        return None

    def done(_: object) -> None:
        if document is bench.document:
            document.when_free(lambda: _take(bench, document, name, step))

    def ended(other: Job) -> None:
        if other is job:
            bench.jobs.ended.disconnect(ended)
            if other.state is JobState.STOPPED:
                step.drop()
            document.wide.sweep()

    job = bench.jobs.submit(
        name, lambda: work, done, lane="classes", key="classes", failed=lambda error: bench.report(error, name.lower())
    )
    bench.jobs.ended.connect(ended)
    return job


def _take(bench: Workbench, document: Document, name: str, step: ClassStep) -> None:
    with bench.reporting(name.lower()):
        document.wide.take_step(name, step)


def _finish(document: Document, name: str, plan: Reassignment) -> None:
    if not plan.targets:
        _relist(document, name, plan)
        return
    document.save()
    step = ClassStep.begin(document.project, plan)
    finish(step.stage())
    document.wide.take_step(name, step)


def _relist(document: Document, name: str, plan: Reassignment) -> None:
    """No class goes: names, colours and order are facts of an ordinary edit."""
    if plan.after != plan.before:
        with document.edit(name):
            document.set_classes(plan.after)
