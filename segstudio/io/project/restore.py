"""A way back from work that changes many samples of a project at once."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from segstudio.core.classes import LabelClass, LabelSet, parse_color
from segstudio.core.errors import ProjectError, storage_errors
from segstudio.core.progress import Progress, Work, finish
from segstudio.io.atomic import write_text
from segstudio.io.project.class_step import put_aside
from segstudio.io.project.lock import take_lock
from segstudio.io.project.project import Project

FOLDER = "restore"
_LIST, _CLASSES, _COMPLETE, _KEPT = "samples.jsonl", "classes.json", "complete", "kept.json"
_LOCK = Path("journal", "import.lock")


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
    The list is written line by line, so that a hundred thousand samples need no memory. Who changes or puts back holds
    a lock that the system opens when the process ends, however it does: so an unfinished change whose lock is open
    belongs to a process that was killed.
    """

    def __init__(self, project: Project) -> None:
        self._project = project
        self._folder = project.folder / FOLDER
        self._seen: set[int] = set()
        self._lock: sqlite3.Connection | None = None

    @classmethod
    def begin(cls, project: Project) -> RestorePoint:
        """Forget the last one and begin anew; what a killed process left half changed is put back first.

        Raises :class:`~segstudio.core.errors.ProjectError` while another process is in the middle of a change.
        """
        recover(project)
        point = cls(project)
        point._take_lock()
        try:
            point._forget()
            with storage_errors(point._folder):
                point._folder.mkdir(parents=True)
                write_text(point._folder / _CLASSES, json.dumps(project.classes.to_json()))
                (point._folder / _LIST).touch()
        except BaseException:
            point._open_lock()
            raise
        return point

    @property
    def complete(self) -> bool:
        """Whether there is a change that ended and can be taken back."""
        return (self._folder / _COMPLETE).is_file()

    @property
    def unfinished(self) -> bool:
        """Whether a change has begun and not ended, or going back has."""
        return self._folder.is_dir() and (not self.complete or (self._folder / _KEPT).is_file())

    def keep(self, sample_id: int) -> None:
        """Remember a sample that is about to be changed, as it was the first time."""
        if sample_id in self._seen:
            self._note({"sample": sample_id, "mark": None})  # in the middle of a change again
            return
        self._seen.add(sample_id)
        labels = self._project.sample_folder(sample_id)
        kept = self._folder / labels.name
        with storage_errors(kept):
            for file in labels.glob("*.png") if labels.is_dir() else ():
                kept.mkdir(exist_ok=True)
                _link(file, kept / file.name)
        self._note({"sample": sample_id, "rows": self._project.sample_rows(sample_id)})

    def adding(self, path: Path, frame: int) -> None:
        """Remember that the project is about to get a sample of an image file that it does not have."""
        self._note({"adding": [str(path), frame]})

    def added(self, sample_id: int) -> None:
        """Remember that a sample is new: going back takes it out again."""
        self._seen.add(sample_id)
        self._note({"sample": sample_id, "rows": None})

    def changed(self, sample_id: int) -> None:
        """Note what the sample looks like after the change, to tell whether anyone works on it later."""
        self._note({"sample": sample_id, "mark": self._mark(sample_id)})

    def end(self) -> None:
        """The change is complete."""
        write_text(self._folder / _COMPLETE, "")  # for certain: what people do from now on must not be put back
        self._open_lock()

    def restore(self) -> Restored:
        """Put everything back at once: see :meth:`restoring`."""
        return finish(self.restoring())

    def restoring(self) -> Work[Restored]:
        """Put everything back as it was, but for samples that were worked on since.

        Who is stopped half way, or killed, leaves it to :func:`recover`. Raises
        :class:`~segstudio.core.errors.ProjectError` where there is nothing to go back to.
        """
        self._take_lock()
        try:
            return (yield from self._restore())
        finally:
            self._open_lock()

    def _restore(self) -> Work[Restored]:
        if not (self._folder / _LIST).is_file():
            raise ProjectError(self._project.folder, "there is no import to take back")
        kept = self._worked_on()
        restored, entries = 0, list(self._entries())
        for place, entry in enumerate(entries):
            yield Progress(place / len(entries), "taking the import back")
            if "adding" in entry and not self.complete:  # it may have come in without its number being noted
                path, frame = entry["adding"]
                found = self._project.find_sample(path, frame)
                self._project.remove_samples([] if found is None or found in kept else [found])
            if "rows" in entry and entry["sample"] not in kept:
                self._put_back(entry["sample"], entry["rows"])
                restored += 1
        if not kept:
            self._project.set_classes(self._classes())
        self._forget()
        return Restored(restored, len(kept))

    def _worked_on(self) -> set[int]:
        """The samples that changed since; written down, as those that are put back look changed too."""
        file = self._folder / _KEPT
        if file.is_file():
            return set(json.loads(file.read_text("utf-8")))
        marks = {e["sample"]: e["mark"] for e in self._entries() if "mark" in e}
        kept = {sample_id for sample_id, mark in marks.items() if mark and mark != self._mark(sample_id)}
        write_text(file, json.dumps(sorted(kept)))
        return kept

    def _forget(self) -> None:
        """In one move: a change that ended must not look like an unfinished one while its files are removed."""
        with storage_errors(self._folder):
            gone = put_aside(self._project, self._folder)
            if gone is not None:
                shutil.rmtree(gone, ignore_errors=True)

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
        elif self._project.samples([sample_id]):  # a person may have taken it out
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

    def _take_lock(self) -> None:
        if self._lock is None and not self._try_lock():
            raise ProjectError(self._project.folder, "another import into this project is under way; try again later")

    def _try_lock(self) -> bool:
        """Whether nobody else is in the middle of a change; from then on nobody else can be."""
        self._lock = take_lock(self._project.folder / _LOCK)
        return self._lock is not None

    def _open_lock(self) -> None:
        if self._lock is not None:
            self._lock.close()
            self._lock = None


def recover(project: Project) -> Restored | None:
    """Put back the change that a killed process was in the middle of, or end going back to before one.

    ``None`` where there is nothing to do: there was no change, it ended, or its process goes on with it.
    """
    point = RestorePoint(project)
    if not point.unfinished or not point._try_lock():
        return None
    try:
        if not RestorePoint(project).unfinished:  # another process was quicker
            return None
        if not (point._folder / _LIST).is_file():  # nothing was changed yet
            point._forget()
            return None
        return finish(point._restore())
    finally:
        point._open_lock()


def _link(source: Path, target: Path) -> None:
    try:
        os.link(source, target)
    except OSError:  # a file system without links
        shutil.copy2(source, target)
