"""Which network predicts: the newest of the project or one of others, and what its classes become."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from psygnal import Signal

from segstudio.app.jobs import Job
from segstudio.app.predict_files import models_folder
from segstudio.app.worker import Worker
from segstudio.core.classes import LabelSet
from segstudio.core.progress import Progress, Work
from segstudio.io.project import Project
from segstudio.learning.class_mapping import ClassMapping, suggest
from segstudio.learning.model_description import ModelDescription, classes_from, parse_description
from segstudio.learning.predict_config import Using
from segstudio.learning.pretrained import Pretrained, fetch

if TYPE_CHECKING:
    from segstudio.app.workbench import Workbench

Facts = Mapping[str, Any]
"""What ``model_facts`` of the network's side tells."""


class Models:
    """The network at hand. What a person chose is kept in the project."""

    changed = Signal()
    """Another network is at hand, or something else is known of it."""

    def __init__(self, workbench: Workbench, worker: Worker) -> None:
        self._workbench = workbench
        self._worker = worker
        self._facts: dict[Path, Facts] = {}

    # ---- which

    def current(self) -> Path | None:
        """The network that predicts: the chosen one while its file is there, else the newest of the project."""
        stored = self._stored("model")
        if stored and Path(str(stored["path"])).is_file():
            return Path(str(stored["path"]))
        run = self._workbench.training.newest_checkpoint()
        return run.checkpoint if run is not None else None

    def is_own(self, model: Path) -> bool:
        """Whether *model* was trained in the open project, so that its class ids are the project's."""
        project = self._project()
        return project is not None and project.folder.resolve() in model.resolve().parents

    def choose(self, model: Path | None, description: ModelDescription | None = None) -> None:
        """Predict with *model* from now on (``None``: the newest of the project), told *description* of it."""
        project = self._project()
        if project is None:
            return
        told = description.to_json() if description is not None else {}
        project.set_setting("model", {"path": str(model), "description": told} if model is not None else None)
        self._facts.clear()
        self.changed.emit()

    def description(self, model: Path) -> ModelDescription | None:
        """What a person told of *model*; ``None`` where nothing was told. :class:`FormatError` for a damaged entry."""
        stored = self._stored("model")
        if not stored or str(stored["path"]) != str(model) or not stored.get("description"):
            return None
        return parse_description(dict(stored["description"]), model)

    # ---- what is known

    def facts(self, model: Path) -> Facts | None:
        """What is known of *model* by now."""
        return self._facts.get(model)

    def know(self, model: Path, facts: Facts) -> None:
        """Keep what was found out of *model*."""
        self._facts[model] = facts
        self.changed.emit()

    def look(self, model: Path, using: Using) -> Work[Facts]:
        """Open *model* in the other process and learn what it is; for a job's thread."""
        known = self._facts.get(model)
        if known is None:
            known = yield from self._worker.run("segstudio.learning.predicting:model_facts", model, using)
            self._facts[model] = known
        return known

    def forget(self) -> None:
        """Look at models anew: another project is open."""
        self._facts.clear()
        self.changed.emit()

    # ---- classes

    def mapping(self, model: Path, facts: Facts, classes: LabelSet, stored: Mapping[str, Any]) -> ClassMapping:
        """What the classes of *model* become: those of a network of the project stay, others go by what a person chose
        (*stored*, from :meth:`stored_mappings`), or by name."""
        if self.is_own(model):
            return ClassMapping.same(classes)
        theirs = classes_from(list(facts["classes"]))
        kept = stored.get(model.name)
        return ClassMapping.from_json(kept, theirs, classes) if kept is not None else suggest(theirs, classes)

    def stored_mappings(self) -> Mapping[str, Any]:
        """By the names of models' files, what a person chose for their classes."""
        return self._stored("class_mappings") or {}

    def set_mapping(self, model: Path, mapping: ClassMapping, theirs: LabelSet) -> None:
        """Keep what a person chose in the project."""
        project = self._project()
        if project is not None:
            entry = {model.name: mapping.to_json(theirs, project.classes)}
            project.set_setting("class_mappings", {**self.stored_mappings(), **entry})
            self.changed.emit()

    # ---- published weights

    def downloaded(self, entry: Pretrained) -> Path | None:
        """Where the weights of *entry* are, if they are here."""
        path = entry.path(models_folder())
        return path if path.is_file() else None

    def download(
        self,
        entry: Pretrained,
        done: Callable[[Path], None],
        failed: Callable[[BaseException], None],
        progressed: Callable[[Progress], None],
    ) -> Job:
        """Fetch the weights of *entry* in the background; what has come stays when it is stopped."""

        def work() -> Work[Path]:
            yield Progress(None, f"downloading {entry.title}")
            return (yield from fetch(entry, models_folder()))

        return self._workbench.jobs.submit(
            f"Download {entry.title}",
            work,
            done,
            lane="download",
            key=f"download {entry.name}",
            failed=failed,
            progressed=progressed,
        )

    def _project(self) -> Project | None:
        document = self._workbench.document
        return document.project if document is not None else None

    def _stored(self, name: str) -> dict[str, Any] | None:
        project = self._project()
        value = project.setting(name) if project is not None else None
        return value if isinstance(value, dict) else None
