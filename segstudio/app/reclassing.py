"""Changes of a project's classes from outside of the window, in every image."""

from __future__ import annotations

from collections.abc import Iterable

from segstudio.core.classes import parse_color
from segstudio.core.errors import OptionError
from segstudio.core.labels import UNLABELLED
from segstudio.core.progress import Progress, Work
from segstudio.io.project import Project
from segstudio.io.project.class_step import ClassStep, Reassignment


def reclass(
    project: Project,
    *,
    add: Iterable[str] = (),
    rename: Iterable[str] = (),
    merge: Iterable[str] = (),
    remove: Iterable[str] = (),
) -> Work[None]:
    """Add (``NAME`` or ``NAME#rrggbb``), rename (``OLD=NEW``), merge (``CLASS=INTO``) and remove (``NAME``) classes.

    Pixels, instances, boxes, polygons and tags of a merged class become those of the other, whoever drew them; those of
    a removed one become unlabelled or go. Changes nothing where anything is wrong: raises
    :class:`~segstudio.core.errors.OptionError` for classes that are not there or that several of these are asked of.
    """
    yield Progress(None, "looking at the classes")
    before = after = project.classes
    for text in add:
        name, sign, color = text.partition("#")
        after = after.added(name.strip(), parse_color(color) if sign else None)
    for text in rename:
        old, new = _pair(text, "OLD=NEW")
        after = after.changed(before.find(old).id, name=new)
    targets: dict[int, int] = {}
    pairs = [_pair(text, "CLASS=INTO") for text in merge]
    for name, into in [*pairs, *((name, None) for name in remove)]:
        class_id = before.find(name).id
        if class_id in targets:
            raise OptionError(f"the class {name!r} is to go twice")
        targets[class_id] = UNLABELLED if into is None else after.find(into).id
    for class_id, target in targets.items():
        if target in targets:
            raise OptionError(f"the class {before[class_id].name!r} is to become one that goes itself")
        after = after.without(class_id)
    if not after:
        raise OptionError("a project has at least one class")
    if not targets:
        project.set_classes(after)
        return
    step = ClassStep.begin(project, Reassignment(targets, before, after))
    yield from step.stage()
    yield from step.commit()
    project.reread()


def _pair(text: str, form: str) -> tuple[str, str]:
    one, sign, other = text.partition("=")
    if not (sign and one.strip() and other.strip()):
        raise OptionError(f"{text!r} is not of the form {form}")
    return one.strip(), other.strip()
