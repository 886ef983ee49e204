"""Choosing images of a project, the same way for every command; and the project itself, as a command uses it."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from segstudio.app.attended import attended
from segstudio.cli.output import warn
from segstudio.core.annotation import SampleState
from segstudio.io.project import Project, SampleQuery
from segstudio.io.project.project import DATABASE, SUFFIX

States = Annotated[
    list[SampleState] | None, typer.Option("--state", help="Only images in this state; repeatable for any of several.")
]
ClassName = Annotated[
    str | None, typer.Option("--class", help="Only images that show this class: pixels, a box or a polygon.")
]
Match = Annotated[str | None, typer.Option(help="Only images with this in their path or note.")]


Images = Annotated[list[Path], typer.Argument(help="Images, or folders of them; - reads their paths from stdin.")]


def named(images: list[Path]) -> list[Path]:
    """*images*, with the lines of stdin in the place of ``-``."""
    lines = (path for each in images for path in ([each] if str(each) != "-" else _lines()))
    return list(lines)


def _lines() -> list[Path]:
    return [Path(line.rstrip("\r\n")) for line in sys.stdin if line.strip()]


def query(project: Project, states: list[SampleState] | None, class_name: str | None, match: str | None) -> SampleQuery:
    """The images that were asked for. Raises :class:`~segstudio.core.errors.OptionError` for an unknown class."""
    class_id = project.classes.find(class_name).id if class_name is not None else None
    return SampleQuery(match or "", frozenset(states or ()), class_id)


def is_project(path: Path) -> bool:
    """Whether *path* is a project and no image."""
    return path.suffix == SUFFIX or (path / DATABASE).is_file()


@contextmanager
def using(folder: Path, *, changing: bool) -> Iterator[Project]:
    """The project in *folder*; what an import that was cut off had changed is put back, and that is said."""
    told = f"{folder}: the last import was cut off and is put back: the images are as they were before it"
    with attended(folder, changing=changing, put_back=lambda _: warn(told)) as project:
        yield project
