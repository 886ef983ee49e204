"""A project as a command uses it: mended first where a program was killed, and alone where it is changed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from segstudio.app.document import Document
from segstudio.app.journal import Journal
from segstudio.core.errors import ProjectError
from segstudio.io.project import Project
from segstudio.io.project.restore import Restored


@contextmanager
def attended(
    folder: Path, *, changing: bool, put_back: Callable[[Restored], object] = lambda _: None
) -> Iterator[Project]:
    """The project in *folder*, with all edits in it that a killed window had only written down.

    *put_back* hears of an import that was cut off. A project that is open in a window can be looked at as it was saved
    last; who is *changing* it is refused with :class:`~segstudio.core.errors.ProjectError`, for the window would write
    over what was changed.
    """
    project = Project.open(folder)
    if not _free(project):
        with project:
            if changing:
                raise ProjectError(folder, "it is open in a window, or another command is changing it")
            yield project
        return
    try:
        document = Document(project)
    except BaseException:
        project.close()
        raise
    try:
        if document.put_back is not None:
            put_back(document.put_back)
        yield project
    finally:
        document.close()


def _free(project: Project) -> bool:
    """Whether no window has the project open."""
    journal = Journal(project.folder / "journal" / "edits.log")
    try:
        return journal.hold()
    finally:
        journal.close()
