"""A way back from work that changes many samples of a project at once."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from segstudio.core.classes import LabelClass, LabelSet, parse_color
from segstudio.core.errors import ProjectError, storage_errors
from segstudio.io.atomic import write_text
from segstudio.io.project.project import Project

FOLDER = "restore"
_LIST, _CLASSES, _COMPLETE = "samples.jsonl", "classes.json", "complete"


@dataclass(frozen=True, slots=True)
class Restored:
    """What came of going back."""

    restored: int
    """Samples that are as they were before (new ones are gone)."""
    kept: int
    """Samples that were worked on since and stay as they are."""


class RestorePoint:
    """Samples of a project as they were before a change of many; one at a time, in the project's own folder.

    Label files are linked, not copied: they are always replaced whole, so the link keeps the old content at no cost.
    The list is written line by line, so that a hundred thousand samples need no memory.
    """

    def __init__(self, project: Project) -> None:
        self._project = project
        self._folder = project.folder / FOLDER

    @classmethod
    def begin(cls, project: Project) -> RestorePoint:
        """Forget the last one and begin anew; what a killed process left half changed is put back first."""
        point = cls(project)
        if point._folder.is_dir() and not point.complete:
            point.restore(force=True)
        with storage_errors(point._folder):
            shutil.rmtree(point._folder, ignore_errors=True)
            point._folder.mkdir(parents=True)
            write_text(point._folder / _CLASSES, json.dumps(project.classes.to_json()))
            (point._folder / _LIST).touch()
        return point

    @property
    def complete(self) -> bool:
        """Whether there is a change that ended and can be taken back."""
        return (self._folder / _COMPLETE).is_file()

    def keep(self, sample_id: int) -> None:
        """Remember a sample that is about to be changed."""
        labels = self._project.sample_folder(sample_id)
        kept = self._folder / labels.name
        with storage_errors(kept):
            for file in labels.glob("*.png") if labels.is_dir() else ():
                kept.mkdir(exist_ok=True)
                _link(file, kept / file.name)
        self._note({"sample": sample_id, "rows": self._project.sample_rows(sample_id)})

    def added(self, sample_id: int) -> None:
        """Remember that a sample is new: going back takes it out again."""
        self._note({"sample": sample_id, "rows": None})

    def changed(self, sample_id: int) -> None:
        """Note what the sample looks like after the change, to tell whether anyone works on it later."""
        self._note({"sample": sample_id, "mark": self._mark(sample_id)})

    def end(self) -> None:
        """The change is complete."""
        write_text(self._folder / _COMPLETE, "", durable=False)

    def restore(self, *, force: bool = False) -> Restored:
        """Put everything back as it was, but for samples that were worked on since (those too with *force*).

        Raises :class:`~segstudio.core.errors.ProjectError` where there is nothing to go back to.
        """
        if not (self._folder / _LIST).is_file():
            raise ProjectError(self._project.folder, "there is no import to take back")
        marks = {} if force else {e["sample"]: e["mark"] for e in self._entries() if "mark" in e}
        restored = kept = 0
        for entry in self._entries():
            sample_id = entry["sample"]
            if "rows" not in entry:
                continue
            if sample_id in marks and marks[sample_id] != self._mark(sample_id):
                kept += 1
                continue
            self._put_back(sample_id, entry["rows"])
            restored += 1
        if not kept:
            self._project.set_classes(self._classes())
        shutil.rmtree(self._folder, ignore_errors=True)
        return Restored(restored, kept)

    def _put_back(self, sample_id: int, rows: dict[str, list[list[Any]]] | None) -> None:
        labels = self._project.sample_folder(sample_id)
        with storage_errors(labels):
            for file in labels.glob("*.png") if labels.is_dir() else ():
                file.unlink()
            kept = self._folder / labels.name
            for file in kept.glob("*.png") if kept.is_dir() else ():
                labels.mkdir(parents=True, exist_ok=True)
                _link(file, labels / file.name)
        if rows is None:
            self._project.remove_samples([sample_id])
        else:
            self._project.restore_rows(sample_id, rows)

    def _mark(self, sample_id: int) -> list[Any]:
        rows = json.dumps(self._project.sample_rows(sample_id), sort_keys=True)
        file = self._project.labels_file(sample_id)
        stat = file.stat() if file.is_file() else None
        known = [stat.st_mtime_ns, stat.st_size] if stat is not None else [0, 0]
        return [hashlib.sha256(rows.encode()).hexdigest(), *known]

    def _classes(self) -> LabelSet:
        content = json.loads((self._folder / _CLASSES).read_text("utf-8"))
        return LabelSet(LabelClass(c["id"], c["name"], parse_color(c["color"])) for c in content["classes"])

    def _entries(self) -> Iterator[dict[str, Any]]:
        with storage_errors(self._folder), open(self._folder / _LIST, encoding="utf-8") as file:
            for line in file:
                try:
                    yield json.loads(line)
                except ValueError:  # the last line of a process that was killed; its sample was not touched yet
                    return

    def _note(self, entry: dict[str, Any]) -> None:
        with storage_errors(self._folder), open(self._folder / _LIST, "a", encoding="utf-8") as file:
            file.write(json.dumps(entry) + "\n")


def _link(source: Path, target: Path) -> None:
    try:
        os.link(source, target)
    except OSError:  # a file system without links
        shutil.copy2(source, target)
