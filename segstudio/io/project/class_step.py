"""Giving what a project says of some classes to others, or to none: one step over all its samples, there and back.

A step is a folder beside the crash journal::

    journal/steps/0007/
        plan.json             which class goes where, the class list before and after
        state                 staging, applying, applied, undoing or undone
        rows.db               what the database said of the samples that show those classes
        before/000012/*.png   links to the label files as they were
        after/000012/*.png    the label files as they become

Label files are replaced and never written into, so a link keeps the old ones at no cost, and going there or back is
moving links. Nothing of the project changes while a step is staged. From *applying* (*undoing*) on it is gone through
to the end, by :func:`recover` where the process was killed: every part of it can be done twice. The class list changes
after the files on the way there and before them on the way back, so no mask ever holds a class that nobody knows.
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np

from segstudio.core.classes import LabelClass, LabelSet, parse_color
from segstudio.core.errors import OptionError, SegStudioError, storage_errors
from segstudio.core.labels import UNLABELLED, LabelMap, Provenance
from segstudio.core.progress import Progress, Work, finish, scaled
from segstudio.core.tiled import TiledArray
from segstudio.io.atomic import TEMPORARY_PREFIX, TEMPORARY_SUFFIX, write_text
from segstudio.io.masks import mask_size
from segstudio.io.project.database import database_errors, write_classes
from segstudio.io.project.label_files import LABELS, NAMES, read_label_files, write_label_files
from segstudio.io.project.project import SAMPLE_TABLES, Project

FOLDER, GONE = Path("journal", "steps"), Path("journal", "gone")
State = Literal["staging", "applying", "applied", "undoing", "undone"]
_PLAN, _STATE, _ROWS = "plan.json", "state", "rows.db"
_LOOKED = 0.3
"""The share of committing that looks for what changed meanwhile."""


@dataclass(frozen=True, slots=True)
class Reassignment:
    """Which classes go, what becomes of what was said with them, and the class list without them."""

    targets: Mapping[int, int]
    """For every class that goes the one that takes what it had; 255: pixels become unlabelled, shapes and tags go."""
    before: LabelSet
    after: LabelSet

    def __post_init__(self) -> None:
        for gone, into in self.targets.items():
            if gone not in self.before:
                raise OptionError(f"there is no class {gone}; there are {self.before.describe()}")
            if into != UNLABELLED and into not in self.after:
                raise OptionError(f"there is no class {into}; there are {self.after.describe()}")
        if not self.after:
            raise OptionError("a project has at least one class")


class ClassStep:
    """One reassignment of a project. All but :meth:`stage` belongs to the project's thread."""

    def __init__(self, project: Project, folder: Path, plan: Reassignment) -> None:
        self._project, self._folder, self._plan = project, folder, plan

    @classmethod
    def begin(cls, project: Project, plan: Reassignment) -> ClassStep:
        """Note which samples show the classes that go. Everything that was said must be in the project's files."""
        parent = project.folder / FOLDER
        with storage_errors(parent):
            parent.mkdir(parents=True, exist_ok=True)
            number = 1 + max((int(f.name) for f in parent.iterdir() if f.name.isdecimal()), default=0)
            folder = parent / f"{number:04d}"
            folder.mkdir()
        step = cls(project, folder, plan)
        write_text(folder / _PLAN, json.dumps(_plan_to_json(plan)), durable=False)
        step._set_state("staging")
        step._record()
        return step

    def stage(self) -> Work[None]:
        """Make the new label files; nothing of the project changes yet. Any thread may, one at a time.

        Stopped, or after an error (a mask that cannot be read, a full disk), nothing is left of the step.
        """
        try:
            with self._rows() as rows:
                ids = [row[0] for row in rows.execute("SELECT id FROM touched ORDER BY id")]
                for place, sample_id in enumerate(ids):
                    self._stage_sample(sample_id, _segments(rows, sample_id))
                    yield Progress((place + 1) / len(ids), f"image {place + 1} of {len(ids)}")
        except BaseException:
            self.drop()
            raise

    def commit(self) -> Work[None]:
        """Make the step; what was changed in the project since it was staged is taken along.

        Who stops this in the middle goes through :meth:`give_up`. Who stops :meth:`take_back` or :meth:`do_again` goes
        through the other one to its end: every part of them can be done twice.

        Raises :class:`~segstudio.core.errors.OptionError` where the class list is another one by now. Where the disk
        refuses in the middle everything is put back. In both cases nothing is left of the step.
        """
        try:
            if self._project.classes != self._plan.before:
                raise OptionError("the classes were changed in the meantime; nothing was removed")
            self._record()
            with self._rows() as rows:
                ids = [row[0] for row in rows.execute("SELECT id FROM touched")]
                for place, sample_id in enumerate(ids):
                    if not self._is_fresh(sample_id):
                        self._stage_sample(sample_id, _segments(rows, sample_id))
                    yield Progress(_LOOKED * (place + 1) / len(ids))
        except SegStudioError:
            self.drop()
            raise
        try:
            yield from scaled(self.do_again(), _LOOKED, 1.0)
        except SegStudioError:
            finish(self.take_back())
            self.drop()
            raise

    def give_up(self) -> Work[None]:
        """After :meth:`commit` was stopped: everything is as it was, and nothing is left of the step."""
        if (self._folder / _STATE).read_text("utf-8") != "staging":
            yield from self.take_back()
        self.drop()

    def do_again(self) -> Work[None]:
        """Files first, then rows and classes together."""
        self._set_state("applying")
        yield from self._place("after")
        with self._project.beside(self._folder / _ROWS, "step") as db:
            for gone, into in self._plan.targets.items():
                _reassign_rows(db, gone, into)
            write_classes(db, self._plan.after)
        self._project.reread()
        self._set_state("applied")

    def take_back(self) -> Work[None]:
        """Rows and classes together, then the files."""
        self._set_state("undoing")
        with self._project.beside(self._folder / _ROWS, "step") as db:
            for table in SAMPLE_TABLES:
                db.execute(f"DELETE FROM main.{table} WHERE sample IN (SELECT id FROM step.touched)")
                there = "sample IN (SELECT id FROM main.samples)"  # images may have been taken out since
                kept = ",".join(name for _, name, *_ in db.execute(f"PRAGMA step.table_info({table})"))
                db.execute(f"INSERT INTO main.{table} ({kept}) SELECT {kept} FROM step.{table} WHERE {there}")
            write_classes(db, self._plan.before)
        self._project.reread()
        yield from self._place("before")
        self._set_state("undone")

    def drop(self) -> None:
        """Forget the step: it is not taken back or done again any more. :func:`sweep` removes its files."""
        put_aside(self._project, self._folder)

    # ---- label files

    def _stage_sample(self, sample_id: int, segments: Mapping[int, int]) -> None:
        live = self._project.sample_folder(sample_id)
        before, after = self._folder / "before" / live.name, self._folder / "after" / live.name
        for folder in (before, after):
            shutil.rmtree(folder, ignore_errors=True)
        with storage_errors(before):
            before.mkdir(parents=True)
            for name in NAMES:
                if (live / name).is_file():
                    _link(live / name, before / name)
        if not (before / LABELS).is_file():
            return
        labels = read_label_files(before, mask_size(before / LABELS), segments)
        if reassign(labels, self._plan.targets):
            write_label_files(after, labels.ids, labels.provenance, self._plan.after)

    def _is_fresh(self, sample_id: int) -> bool:
        """Whether the label files are those that were staged."""
        live = self._project.sample_folder(sample_id)
        before = self._folder / "before" / live.name
        return before.is_dir() and _same(live / LABELS, before / LABELS)  # all files of a sample are replaced together

    def _place(self, which: Literal["before", "after"]) -> Work[None]:
        changed = self._folder / "after"
        names = sorted(os.listdir(changed)) if changed.is_dir() else []
        for place, name in enumerate(names):
            _place(self._folder / which / name, self._project.folder / "samples" / name)
            yield Progress((place + 1) / len(names))

    # ---- rows and state

    @contextmanager
    def _rows(self) -> Iterator[sqlite3.Connection]:
        file = self._folder / _ROWS
        with database_errors(file), closing(sqlite3.connect(file, check_same_thread=False)) as rows:
            yield rows

    def _record(self) -> None:
        """Keep the rows of the samples that show a class that goes, as they are now."""
        with storage_errors(self._folder):
            (self._folder / _ROWS).unlink(missing_ok=True)
        gone = ",".join(str(int(class_id)) for class_id in self._plan.targets)
        shown = " UNION ".join(f"SELECT sample FROM main.{table} WHERE class IN ({gone})" for table in SAMPLE_TABLES)
        with self._project.beside(self._folder / _ROWS, "step") as db:
            db.execute("CREATE TABLE step.touched (id INTEGER PRIMARY KEY, said INTEGER NOT NULL)")
            db.execute(f"INSERT INTO step.touched SELECT sample, 1 FROM ({shown})")
            unsaid = db.execute("SELECT id FROM samples WHERE id NOT IN (SELECT sample FROM contents)").fetchall()
            db.executemany("INSERT OR IGNORE INTO step.touched VALUES (?, 0)", self._with_labels(unsaid))
            for table in SAMPLE_TABLES:
                of_them = "WHERE sample IN (SELECT id FROM step.touched)"
                db.execute(f"CREATE TABLE step.{table} AS SELECT * FROM main.{table} {of_them}")
            db.execute("CREATE INDEX step.segments_by_sample ON segments (sample)")

    def _with_labels(self, rows: Iterable[tuple[int]]) -> Iterator[tuple[int]]:
        """Those that have labels all the same, though nobody listed their classes: their pixels must be looked at."""
        folders = self._project.folder / "samples"
        there = set(os.listdir(folders)) if folders.is_dir() else set()
        for (sample_id,) in rows:
            if self._project.sample_folder(sample_id).name in there and self._project.has_labels(sample_id):
                yield (sample_id,)

    def _set_state(self, state: State) -> None:
        write_text(self._folder / _STATE, state)


def recover(project: Project) -> None:
    """Bring the step that a killed process was in the middle of to its end, and forget all others."""
    parent = project.folder / FOLDER
    for folder in sorted(parent.iterdir()) if parent.is_dir() else ():
        with storage_errors(folder):
            state = (folder / _STATE).read_text("utf-8") if (folder / _STATE).is_file() else ""
            if state in ("applying", "undoing"):
                step = ClassStep(project, folder, _plan_from_json(json.loads((folder / _PLAN).read_text("utf-8"))))
                finish(step.do_again() if state == "applying" else step.take_back())
    forget_steps(project)


def forget_steps(project: Project) -> None:
    """Let go of every step: a project that is closed has nothing to take back."""
    put_aside(project, project.folder / FOLDER)


def sweep(folder: Path) -> Work[None]:
    """Remove the files of the steps that were let go of in the project *folder*. Any thread may; stopped, the rest is
    for the next time."""
    parent = folder / GONE
    for path, folders, _ in os.walk(parent, topdown=False) if parent.is_dir() else ():
        for name in folders:
            shutil.rmtree(Path(path, name), ignore_errors=True)
            yield Progress(None, "tidying up")
    shutil.rmtree(parent, ignore_errors=True)


def put_aside(project: Project, folder: Path) -> Path | None:
    """Out of the way at once: removing what ten thousand images were takes its time. Where it is now, if it was."""
    gone = project.folder / GONE / f"{folder.name}-{secrets.token_hex(6)}"
    with storage_errors(folder):
        if not folder.is_dir():
            return None
        gone.parent.mkdir(parents=True, exist_ok=True)
        folder.replace(gone)
    return gone


def reassign(labels: LabelMap, targets: Mapping[int, int]) -> bool:
    """Give the pixels of the classes in *targets* to the ones that take them; whether there were any.

    Who said so stays (255 was said by nobody). An instance of a class that goes to another keeps its number: its row in
    the table of instances goes there.
    """
    table = np.arange(1 << 16, dtype=np.uint16)
    for gone, into in targets.items():
        table[gone] = into
        if into == UNLABELLED:
            table[[segment for segment, owner in labels.segments.items() if owner == gone]] = UNLABELLED
    ids: object = labels.ids
    changed = False
    for region in list(ids.written()) if isinstance(ids, TiledArray) else [labels.region]:
        old, marks = labels.ids[region.slices], labels.provenance[region.slices].copy()
        new = table[old]
        different = new != old
        for source in np.unique(marks[different]):
            changed = True
            labels.write(region, new, different & (marks == source), source=Provenance(int(source)))
    return changed


def _reassign_rows(db: sqlite3.Connection, gone: int, into: int) -> None:
    if into == UNLABELLED:
        for table in SAMPLE_TABLES:
            db.execute(f"DELETE FROM main.{table} WHERE class = ?", (gone,))
        return
    for table in ("shapes", "segments"):
        db.execute(f"UPDATE main.{table} SET class = ? WHERE class = ?", (into, gone))
    db.execute("INSERT OR IGNORE INTO main.contents SELECT sample, ? FROM main.contents WHERE class = ?", (into, gone))
    _merge_tags(db, gone, into)
    db.execute("DELETE FROM main.contents WHERE class = ?", (gone,))


def _merge_tags(db: sqlite3.Connection, gone: int, into: int) -> None:
    """One class of two is present where one of them is, and absent only where both are."""
    present = "SELECT sample, ?, 1 FROM main.tags WHERE class = ? AND present"
    db.execute(f"INSERT OR REPLACE INTO main.tags {present}", (into, gone))
    db.execute(
        "DELETE FROM main.tags WHERE class = ? AND NOT present AND sample IN (SELECT id FROM step.touched WHERE said) "
        "AND sample NOT IN (SELECT sample FROM main.tags WHERE class = ? AND NOT present)",
        (into, gone),
    )
    db.execute("DELETE FROM main.tags WHERE class = ?", (gone,))


def _segments(rows: sqlite3.Connection, sample_id: int) -> dict[int, int]:
    return dict(rows.execute("SELECT id, class FROM segments WHERE sample = ?", (sample_id,)))


def _place(source: Path, live: Path) -> None:
    """Make the label files in *live* those in *source*, each whole or not at all."""
    with storage_errors(live):
        live.mkdir(parents=True, exist_ok=True)
        wanted = os.listdir(source)
        for name in NAMES:
            target = live / name
            if name not in wanted:
                target.unlink(missing_ok=True)
            elif not _same(source / name, target):  # renaming a link to its own file would leave both
                temporary = live / f"{TEMPORARY_PREFIX}{name}{TEMPORARY_SUFFIX}"
                _link(source / name, temporary)
                os.replace(temporary, target)


def _same(first: Path, second: Path) -> bool:
    """Whether two names are links to one file (or a copy of it, where there are no links), or both are missing."""
    one, other = _stat(first), _stat(second)
    if one is None or other is None:
        return one is other
    return os.path.samestat(one, other) or (
        one.st_nlink == other.st_nlink == 1 and (one.st_mtime_ns, one.st_size) == (other.st_mtime_ns, other.st_size)
    )


def _stat(path: Path) -> os.stat_result | None:
    try:
        return os.stat(path)
    except FileNotFoundError:
        return None


def _link(source: Path, target: Path) -> None:
    try:
        os.link(source, target)
    except FileExistsError:  # of a process that was killed
        target.unlink()
        _link(source, target)
    except OSError:  # a file system without links
        shutil.copy2(source, target)


def _plan_to_json(plan: Reassignment) -> dict[str, Any]:
    return {
        "targets": list(plan.targets.items()),
        "before": plan.before.to_json()["classes"],
        "after": plan.after.to_json()["classes"],
    }


def _plan_from_json(data: dict[str, Any]) -> Reassignment:
    before, after = (
        LabelSet(LabelClass(c["id"], c["name"], parse_color(c["color"])) for c in data[key])
        for key in ("before", "after")
    )
    return Reassignment(dict(data["targets"]), before, after)
