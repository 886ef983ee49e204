"""The project: classes, samples, vector annotations and runs in the database, label maps as PNG beside it."""

from __future__ import annotations

import contextlib
import json
import os
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from segstudio.core.annotation import Annotation, ImageTag, Sample, SampleState
from segstudio.core.classes import LabelClass, LabelSet, parse_color
from segstudio.core.errors import MaskError, ProjectError, storage_errors
from segstudio.core.labels import UNLABELLED, LabelMap
from segstudio.io.atomic import settle
from segstudio.io.project.database import connect, database_errors, transaction, write_classes
from segstudio.io.project.label_files import LABELS, read_label_files, write_label_files
from segstudio.io.project.query import SampleQuery, selection
from segstudio.io.project.shape_rows import SHAPES_OF, put_rows, shape_rows, shapes
from segstudio.io.project.slice_records import follow_slices
from segstudio.io.project.stored import StoredSample

SUFFIX = ".segstudio"
DATABASE = "project.db"
CHECKPOINT = "best.safetensors"
SAMPLE_TABLES = ("shapes", "tags", "segments", "contents")
"""The tables that tell of samples, by their column ``sample``."""


@dataclass(frozen=True, slots=True)
class ClassUse:
    """How many samples say something with a class: any of them, and each kind of them."""

    images: int
    pixels: int = 0
    instances: int = 0
    boxes: int = 0
    polygons: int = 0
    tags: int = 0


@dataclass(frozen=True, slots=True)
class Run:
    """One training run that the project remembers."""

    id: int
    name: str
    created: datetime
    state: str
    folder: Path
    config: Mapping[str, Any] = field(default_factory=dict)
    result: Mapping[str, Any] = field(default_factory=dict)

    @property
    def checkpoint(self) -> Path:
        """Where its best network is, once there is one."""
        return self.folder / CHECKPOINT


class Project:
    """An open project folder. Use it from one thread; the label files may be read and written from any.

    Layout::

        NAME.segstudio/
            project.db                     classes, samples, boxes, polygons, tags, states, runs
            samples/000012/labels.png      segment ids, 255 unlabelled
            samples/000012/provenance.png  who said so: 0 nobody, 1 human, 2 propagated, 3 model, 4 imported
            samples/000012/seeds.png       the human's pixels alone: what `segstudio propagate --scribbles` takes
            runs/0003-unet/                checkpoints and records of one training run
            journal/                       edits that are not in the PNGs yet, and what undo of many samples needs

    Source images stay where they are and are never written to.
    """

    def __init__(self, folder: Path, connection: sqlite3.Connection) -> None:
        self.folder = folder
        self._database = folder / DATABASE
        self._connection = connection
        self._stored_folders: dict[str, Path] = {}
        self._classes = self._read_classes()

    @classmethod
    def create(cls, path: str | Path, classes: LabelSet, images: Iterable[str | Path] = ()) -> Project:
        """Make a new project at *path* (``.segstudio`` is added) and open it.

        Raises :class:`ProjectError` where the folder holds a project already or is not empty.
        """
        folder = Path(path)
        if folder.suffix != SUFFIX:
            folder = folder.with_name(folder.name + SUFFIX)
        with storage_errors(folder):
            if folder.is_dir() and any(folder.iterdir()):
                what = "a project already" if (folder / DATABASE).exists() else "files that are not a project's"
                raise ProjectError(folder, f"the folder holds {what}; choose another name")
            folder.mkdir(parents=True, exist_ok=True)
        project = cls(folder, connect(folder / DATABASE, create=True))
        project.set_classes(classes)
        project.add_samples((image, 0) for image in images)
        return project

    @classmethod
    def open(cls, path: str | Path) -> Project:
        """Open the project at *path* (the folder, or its ``project.db``).

        Raises :class:`ProjectError` for a folder that is no project or was written by a newer segstudio.
        """
        folder = Path(path)
        if folder.name == DATABASE:
            folder = folder.parent
        with storage_errors(folder):
            if not folder.exists():
                raise ProjectError(folder, "there is no such project")
            if not (folder / DATABASE).is_file():
                raise ProjectError(folder, f"this is not a segstudio project (it has no {DATABASE})")
        project = cls(folder, connect(folder / DATABASE, create=False))
        follow_slices(project)
        return project

    def close(self) -> None:
        with database_errors(self._database):
            self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def name(self) -> str:
        return self.folder.stem

    # ---- classes

    @property
    def classes(self) -> LabelSet:
        return self._classes

    def set_classes(self, classes: LabelSet) -> None:
        """Replace the class list. Label maps keep their ids."""
        with transaction(self._connection, self._database) as db:
            write_classes(db, classes)
        self._classes = classes

    def class_use(self, class_id: int) -> ClassUse:
        """How many samples say something with a class, as far as it is saved."""
        tables = {
            "pixels": "SELECT sample FROM contents WHERE class = ?",
            "instances": "SELECT sample FROM segments WHERE class = ?",
            "boxes": "SELECT sample FROM shapes WHERE class = ? AND kind = 'box'",
            "polygons": "SELECT sample FROM shapes WHERE class = ? AND kind = 'polygon'",
            "tags": "SELECT sample FROM tags WHERE class = ?",
        }
        union = " UNION ".join(tables.values())
        images = self._query(f"SELECT count(*) FROM ({union})", [class_id] * len(tables))[0][0]
        counts = {
            name: self._query(f"SELECT count(DISTINCT sample) FROM ({select})", (class_id,))[0][0]
            for name, select in tables.items()
        }
        return ClassUse(images, **counts)

    def reread(self) -> None:
        """Take up what another connection changed: everything but the classes is asked for when it is needed."""
        self._classes = self._read_classes()

    def _read_classes(self) -> LabelSet:
        rows = self._query("SELECT id, name, color FROM classes ORDER BY position")
        return LabelSet(LabelClass(class_id, name, parse_color(color)) for class_id, name, color in rows)

    # ---- samples

    def add_samples(self, frames: Iterable[tuple[str | Path, int]]) -> list[int]:
        """Add ``(image file, frame)`` pairs; those that are in the project already are left as they are.

        Returns the ids of the new samples. The files are not opened.
        """
        rows = [(self._stored(path), frame) for path, frame in frames]
        with transaction(self._connection, self._database) as db:
            last = db.execute("SELECT coalesce(max(id), 0) FROM samples").fetchone()[0]
            db.executemany("INSERT OR IGNORE INTO samples (path, frame) VALUES (?, ?)", rows)
            return [row[0] for row in db.execute("SELECT id FROM samples WHERE id > ? ORDER BY id", (last,))]

    def find_sample(self, path: str | Path, frame: int = 0) -> int | None:
        """The id of the sample of an image file's *frame*; ``None`` where the project has none."""
        rows = self._query("SELECT id FROM samples WHERE path = ? AND frame = ?", (self._stored(path), frame))
        return rows[0][0] if rows else None

    def frames_of(self, path: str | Path) -> dict[int, int]:
        """Sample ids by frame, in the order of the frames, of what the project has of one image file."""
        return dict(self._query("SELECT frame, id FROM samples WHERE path = ? ORDER BY frame", (self._stored(path),)))

    def remove_samples(self, ids: Iterable[int]) -> None:
        """Take samples out of the project. Their label files stay in the folder, so that nothing drawn is destroyed."""
        with transaction(self._connection, self._database) as db:
            db.executemany("DELETE FROM samples WHERE id = ?", [(i,) for i in ids])

    def put_samples_back(self, samples: Iterable[Sample], rows: Mapping[int, Mapping[str, Sequence[Any]]]) -> None:
        """Enter samples that were removed again, with what :meth:`sample_rows` told of each.

        Raises :class:`ProjectError` where an image was added again meanwhile.
        """
        returned = list(samples)
        for sample in returned:
            if self.find_sample(sample.path, sample.frame) is not None:
                raise ProjectError(self.folder, f"{sample.name} was added again meanwhile: remove it first")
        entries = [(sample.id, self._stored(sample.path), sample.frame) for sample in returned]
        with transaction(self._connection, self._database) as db:
            db.executemany("INSERT INTO samples (id, path, frame) VALUES (?, ?, ?)", entries)
        for sample in returned:
            self.restore_rows(sample.id, rows[sample.id])

    def set_paths(self, paths: Mapping[int, Path]) -> None:
        """Say where the image files of samples are now.

        Raises :class:`ProjectError` where another sample of the project is of the same file.
        """
        rows = [(self._stored(path), sample_id) for sample_id, path in paths.items()]
        try:
            with transaction(self._connection, self._database) as db:
                db.executemany("UPDATE samples SET path = ? WHERE id = ?", rows)
        except sqlite3.IntegrityError as error:
            raise ProjectError(self.folder, "images that were found are in the project already") from error

    def sample_ids(self, query: SampleQuery | None = None) -> list[int]:
        """The ids of the samples that *query* shows, in its order."""
        where, values, order = selection(query or SampleQuery())
        return [row[0] for row in self._query(f"SELECT id FROM samples{where} ORDER BY {order}", values)]

    def sample(self, sample_id: int) -> Sample:
        """One sample; ``KeyError`` where the project has none of this id."""
        found = self.samples([sample_id])
        if not found:
            raise KeyError(sample_id)
        return found[0]

    def samples(self, ids: Sequence[int] | None = None) -> list[Sample]:
        """The samples of *ids* in that order (all, by id); ids that are not there are left out."""
        columns = "SELECT id, path, frame, state, uncertainty FROM samples"
        if ids is None:
            return [self._sample(row) for row in self._query(f"{columns} ORDER BY id")]
        found: dict[int, Sample] = {}
        for start in range(0, len(ids), 500):  # SQLite takes a limited number of values
            part = list(ids[start : start + 500])
            marks = ",".join("?" * len(part))
            found.update((row[0], self._sample(row)) for row in self._query(f"{columns} WHERE id IN ({marks})", part))
        return [found[i] for i in ids if i in found]

    def move_frames(self, path: str | Path, frames: Mapping[int, int]) -> None:
        """Give the samples of an image file other frames: *frames* tells the new by the old. Labels go with them."""
        stored = self._stored(path)
        with transaction(self._connection, self._database) as db:
            db.execute("UPDATE samples SET frame = -1 - frame WHERE path = ?", (stored,))  # so that none meet
            moves = [(new, stored, -1 - old) for old, new in frames.items()]
            db.executemany("UPDATE samples SET frame = ? WHERE path = ? AND frame = ?", moves)
            db.execute("UPDATE samples SET frame = -1 - frame WHERE path = ? AND frame < 0", (stored,))

    def set_state(self, sample_id: int, state: SampleState) -> None:
        self.set_states({sample_id: state})

    def set_states(self, states: Mapping[int, SampleState]) -> None:
        """Say how far samples have come, all or none."""
        with transaction(self._connection, self._database) as db:
            rows = [(state.value, sample_id) for sample_id, state in states.items()]
            db.executemany("UPDATE samples SET state = ? WHERE id = ?", rows)

    def set_uncertainty(self, sample_id: int, uncertainty: float | None) -> None:
        self._execute("UPDATE samples SET uncertainty = ? WHERE id = ?", (uncertainty, sample_id))

    def counts(self) -> dict[SampleState, int]:
        """How many samples are in each state."""
        found = dict(self._query("SELECT state, COUNT(*) FROM samples GROUP BY state"))
        return {state: int(found.get(state.value, 0)) for state in SampleState}

    def _sample(self, row: tuple[Any, ...]) -> Sample:
        sample_id, path, frame, state, uncertainty = row
        return Sample(sample_id, self._resolved(path), frame, SampleState(state), uncertainty)

    def _stored(self, path: str | Path) -> str:
        folder, name = os.path.split(os.path.abspath(path))
        if folder not in self._stored_folders:  # a data set has many images in few folders
            self._stored_folders[folder] = self._stored_folder(folder)
        return (self._stored_folders[folder] / name).as_posix()

    def _stored_folder(self, folder: str) -> Path:
        try:
            relative = Path(os.path.relpath(folder, os.path.abspath(self.folder)))
        except ValueError:  # another drive on Windows
            return Path(folder)
        # far-away images by their full path: moving the project alone must not lose them
        return relative if relative.parts.count("..") <= 2 else Path(folder)

    def _resolved(self, stored: str) -> Path:
        path = Path(PurePosixPath(stored))
        return path if path.is_absolute() else Path(os.path.normpath(self.folder / path))

    # ---- annotations

    def annotation(self, sample_id: int) -> Annotation:
        """The boxes, polygons, tags and note of a sample."""
        rows = self._query(SHAPES_OF, (sample_id,))
        boxes, polygons = shapes(rows, self.segments(sample_id) if any(row[3] for row in rows) else {})
        tags = self._query("SELECT class, present FROM tags WHERE sample = ? ORDER BY class", (sample_id,))
        note = self._query("SELECT note FROM samples WHERE id = ?", (sample_id,))
        return Annotation(
            boxes,
            polygons,
            tuple(ImageTag(class_id, bool(present)) for class_id, present in tags),
            note[0][0] if note else "",
        )

    def save_annotation(
        self, sample_id: int, annotation: Annotation, segments: Mapping[int, int], contents: Iterable[int] | None
    ) -> None:
        """Replace a sample's vector annotations, its table of instances and the list of *contents* (classes shown).

        Without *contents* the list stays as it is.
        """
        with transaction(self._connection, self._database) as db:
            for table in SAMPLE_TABLES:
                if table != "contents" or contents is not None:
                    db.execute(f"DELETE FROM {table} WHERE sample = ?", (sample_id,))
            db.executemany("INSERT INTO shapes VALUES (?, ?, ?, ?, ?, ?)", shape_rows(sample_id, annotation))
            tags = {t.class_id: t.present for t in annotation.tags}
            db.executemany("INSERT INTO tags VALUES (?, ?, ?)", [(sample_id, c, int(p)) for c, p in tags.items()])
            db.executemany("INSERT INTO segments VALUES (?, ?, ?)", [(sample_id, i, c) for i, c in segments.items()])
            db.executemany("INSERT INTO contents VALUES (?, ?)", [(sample_id, c) for c in set(contents or ())])
            db.execute("UPDATE samples SET note = ? WHERE id = ?", (annotation.note, sample_id))

    def sample_rows(self, sample_id: int) -> dict[str, list[list[Any]]]:
        """All that the database knows of a sample, by table, to be put back by :meth:`restore_rows`."""
        rows = {
            table: [list(row) for row in self._query(f"SELECT * FROM {table} WHERE sample = ?", (sample_id,))]
            for table in SAMPLE_TABLES
        }
        facts = "SELECT state, uncertainty, note FROM samples WHERE id = ?"
        return {"samples": [list(row) for row in self._query(facts, (sample_id,))], **rows}

    def restore_rows(self, sample_id: int, rows: Mapping[str, Sequence[Sequence[Any]]]) -> None:
        """Put back what :meth:`sample_rows` told."""
        with transaction(self._connection, self._database) as db:
            for table in SAMPLE_TABLES:
                db.execute(f"DELETE FROM {table} WHERE sample = ?", (sample_id,))
                put_rows(db, table, rows[table])
            for facts in rows["samples"]:
                statement = "UPDATE samples SET state = ?, uncertainty = ?, note = ? WHERE id = ?"
                db.execute(statement, (*facts, sample_id))

    # ---- label maps

    def sample_folder(self, sample_id: int) -> Path:
        return self.folder / "samples" / f"{sample_id:06d}"

    def labels_file(self, sample_id: int) -> Path:
        return self.sample_folder(sample_id) / LABELS

    def has_labels(self, sample_id: int) -> bool:
        return self.labels_file(sample_id).is_file()

    def stored(self, ids: Iterable[int] | None = None) -> list[StoredSample]:
        """The samples of *ids* (all) by their files, for other threads and processes."""
        samples = self.samples(None if ids is None else list(ids))
        # of a few among many instances one by one
        segments: dict[int, dict[int, int]] = {} if ids is None else {s.id: self.segments(s.id) for s in samples}
        if ids is None:
            for sample_id, segment, class_id in self._query("SELECT sample, id, class FROM segments"):
                segments.setdefault(sample_id, {})[segment] = class_id
        said = self.annotated() | {row[0] for row in self._query("SELECT id FROM samples WHERE note != ''")}
        return [
            StoredSample(
                s.id,
                s.name,
                s.path,
                s.frame,
                self.labels_file(s.id),
                segments.get(s.id, {}),
                self.annotation(s.id) if s.id in said else Annotation(),
            )
            for s in samples
        ]

    def annotated(self) -> frozenset[int]:
        """The samples that have boxes, polygons or tags."""
        return frozenset(row[0] for row in self._query("SELECT sample FROM shapes UNION SELECT sample FROM tags"))

    def boxed(self) -> frozenset[int]:
        """The samples that have boxes."""
        return frozenset(row[0] for row in self._query("SELECT DISTINCT sample FROM shapes WHERE kind = 'box'"))

    def segments(self, sample_id: int) -> dict[int, int]:
        """Class id by instance id."""
        return dict(self._query("SELECT id, class FROM segments WHERE sample = ?", (sample_id,)))

    def load_labels(self, sample_id: int, shape: tuple[int, int], segments: Mapping[int, int]) -> LabelMap:
        """The label map of a sample whose image has *shape*; blank where none was saved.

        Raises :class:`MaskError` where the saved map has another size or is damaged.
        """
        return read_label_files(self.sample_folder(sample_id), shape, segments)

    def write_labels(
        self,
        sample_id: int,
        ids: NDArray[np.uint16],
        provenance: NDArray[np.uint8],
        classes: LabelSet,
        *,
        durable: bool = True,
    ) -> None:
        """Replace the three PNGs of a sample, each whole or not at all.

        Who changes many samples does so without *durable*, and waits for the disk once, by :meth:`settle`.
        """
        write_label_files(self.sample_folder(sample_id), ids, provenance, classes, durable=durable)

    def settle(self, sample_ids: Sequence[int]) -> None:
        """Wait until the label files of *sample_ids* are on the disk and outlive a power cut."""
        settle(file for sample_id in sample_ids for file in sorted(self.sample_folder(sample_id).glob("*.png")))

    def settle_rows(self) -> None:
        """Wait until what the database was told outlives a power cut. Any thread may."""
        log = self._database.with_name(f"{DATABASE}-wal")  # SQLite's own, which it waits for only now and then
        with storage_errors(log), contextlib.suppress(FileNotFoundError), open(log, "r+b") as file:
            os.fsync(file.fileno())

    def check_labels(self, sample_id: int, ids: NDArray[np.uint16], segments: Mapping[int, int]) -> None:
        """Raise :class:`MaskError` where *ids* holds a class that the project does not have."""
        present = {int(i) for i in np.unique(ids)} - {UNLABELLED}
        classes = {segments.get(i, -1) if i > UNLABELLED else i for i in present}
        unknown = sorted(classes - set(self._classes))
        if unknown:
            raise MaskError(
                self.labels_file(sample_id), f"it holds class {unknown[0]}, which the project does not have"
            )

    # ---- runs and settings

    def new_run(self, name: str, config: Mapping[str, Any]) -> Run:
        """Enter a training run and make its folder."""
        created = datetime.now(UTC).replace(microsecond=0)
        with transaction(self._connection, self._database) as db:
            cursor = db.execute(
                "INSERT INTO runs (name, created, state, folder, config) VALUES (?, ?, 'running', '', ?)",
                (name, created.isoformat(), json.dumps(config)),
            )
            run_id = int(cursor.lastrowid or 0)
            folder = f"runs/{run_id:04d}-{name}"
            db.execute("UPDATE runs SET folder = ? WHERE id = ?", (folder, run_id))
        with storage_errors(self.folder / folder):
            (self.folder / folder).mkdir(parents=True, exist_ok=True)
        return Run(run_id, name, created, "running", self.folder / folder, config)

    def finish_run(self, run_id: int, state: str, result: Mapping[str, Any]) -> None:
        """Enter how a run ended: ``"done"``, ``"stopped"`` or ``"failed"``, with its *result* (JSON values)."""
        self._execute("UPDATE runs SET state = ?, result = ? WHERE id = ?", (state, json.dumps(result), run_id))

    def runs(self) -> list[Run]:
        """All runs, the newest first."""
        rows = self._query("SELECT id, name, created, state, folder, config, result FROM runs ORDER BY id DESC")
        return [
            Run(i, name, datetime.fromisoformat(created), state, self.folder / folder, json.loads(c), json.loads(r))
            for i, name, created, state, folder, c, r in rows
        ]

    def setting(self, name: str, default: Any = None) -> Any:
        """A value that the project remembers (anything JSON can say)."""
        rows = self._query("SELECT value FROM settings WHERE name = ?", (name,))
        return json.loads(rows[0][0]) if rows else default

    def set_setting(self, name: str, value: Any) -> None:
        self._execute("INSERT OR REPLACE INTO settings VALUES (?, ?)", (name, json.dumps(value)))

    # ---- the database

    @contextmanager
    def beside(self, path: Path, name: str) -> Iterator[sqlite3.Connection]:
        """All statements inside, or none, with the database at *path* (made where there is none) attached as *name*:
        for work that keeps rows of this project aside."""
        with database_errors(path):
            self._connection.execute(f"ATTACH ? AS {name}", (str(path),))
            try:
                with transaction(self._connection, self._database) as db:
                    yield db
            finally:
                self._connection.execute(f"DETACH {name}")

    def _query(self, statement: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        with database_errors(self._database):
            return self._connection.execute(statement, values).fetchall()

    def _execute(self, statement: str, values: Sequence[Any]) -> None:
        with database_errors(self._database):
            self._connection.execute(statement, values)
