"""A data set of one format written in another."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from segstudio.app.importing import enter
from segstudio.app.workflows import export_project, exportable, nothing_to_export
from segstudio.core.errors import OptionError
from segstudio.core.progress import Work, scaled
from segstudio.io.importers import IMPORTERS
from segstudio.io.problems import Problem
from segstudio.io.project import Project

if TYPE_CHECKING:
    from segstudio.io.exporters.base import ExportReport


@dataclass(frozen=True)
class Recoded:
    """What came of it."""

    problems: tuple[Problem, ...]
    """What is wrong with the data set that was read."""
    report: ExportReport | None
    """``None`` where nothing was written, for there were problems."""


def recode(
    source: Path,
    target: Path,
    *,
    read_as: str,
    write_as: str,
    keep_going: bool = False,
    reading: Mapping[str, Any],
    writing: Mapping[str, Any],
) -> Work[Recoded]:
    """Write the data set at *source* into the folder *target* in another format, through a project that goes away.

    Where something is wrong with it nothing is written, unless *keep_going*: then the rest is. *reading* and *writing*
    are the options of the formats. Raises :class:`~segstudio.core.errors.OptionError` where *source* has no labels that
    the format can hold.
    """
    from segstudio.io.exporters import EXPORTERS  # loads late, as each format's library does
    from segstudio.io.importers.base import with_background

    exporter = EXPORTERS[write_as]
    dataset = with_background((yield from scaled(IMPORTERS[read_as].read(source, None, **reading), 0.0, 0.2)))
    if dataset.problems and not keep_going:
        return Recoded(dataset.problems, None)
    with TemporaryDirectory(prefix="segstudio-") as folder:
        with Project.create(Path(folder) / "data", dataset.classes) as project:
            result = yield from scaled(enter(project, dataset), 0.2, 0.6)
            home = project.folder
            if not exportable(project, exporter.boxes):
                raise OptionError(nothing_to_export(project, str(source)))
        report = yield from scaled(export_project(home, write_as, target, **writing), 0.6, 1.0)
    return Recoded(result.problems, report)
