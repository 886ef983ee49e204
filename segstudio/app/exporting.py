"""Writing the project as a data set in one of the field's formats."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from psygnal import Signal

from segstudio.core.progress import Work

if TYPE_CHECKING:
    from segstudio.app.workbench import Workbench


class Exporting:
    """Runs an exporter over the open project in a thread."""

    finished = Signal(object)
    """The exporter's ``ExportReport``."""

    def __init__(self, workbench: Workbench) -> None:
        self._workbench = workbench

    def start(self, format_name: str, target: str | Path, **options: Any) -> None:
        """Write every labelled sample to the folder *target*."""
        bench = self._workbench
        document = bench.document
        if document is None or not bench.save():
            return
        folder = document.project.folder

        def work() -> Work[Any]:
            from segstudio.app.workflows import export_project  # its formats' libraries load late

            return (yield from export_project(folder, format_name, Path(target), **options))

        bench.jobs.submit(
            f"Export {format_name}",
            work,
            self.finished.emit,
            lane="disk",
            failed=lambda error: bench.report(error, "export"),
        )
