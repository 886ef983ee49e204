"""Which classes of a project are locked, so that nothing changes their pixels, and which are hidden: kept with it."""

from __future__ import annotations

from collections.abc import Iterable

from segstudio.io.project.project import Project

_LOCKED, _HIDDEN = "locked_classes", "hidden_classes"


def locked_classes(project: Project) -> frozenset[int]:
    """The classes of *project* that are locked: what writes into any of its images by computation passes over them."""
    return _known(project, _LOCKED)


def hidden_classes(project: Project) -> frozenset[int]:
    """The classes of *project* that are not shown."""
    return _known(project, _HIDDEN)


def set_locked_classes(project: Project, classes: Iterable[int]) -> None:
    """Lock these classes and no others."""
    project.set_setting(_LOCKED, sorted(classes))


def set_hidden_classes(project: Project, classes: Iterable[int]) -> None:
    """Hide these classes and no others."""
    project.set_setting(_HIDDEN, sorted(classes))


def _known(project: Project, name: str) -> frozenset[int]:
    return frozenset(project.setting(name, ())) & frozenset(project.classes)
