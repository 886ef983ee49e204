"""The project's SQLite file: its tables, their versions, and its refusals in words for people."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from segstudio.core.classes import LabelSet
from segstudio.core.errors import ProjectError, StorageError
from segstudio.core.natural import natural_key

MIGRATIONS: tuple[str, ...] = (
    """
    CREATE TABLE classes (
        id INTEGER PRIMARY KEY CHECK (id BETWEEN 0 AND 254),
        name TEXT NOT NULL UNIQUE,
        color TEXT NOT NULL,
        position INTEGER NOT NULL
    );
    CREATE TABLE samples (
        id INTEGER PRIMARY KEY AUTOINCREMENT, -- a removed sample's number is not given again
        path TEXT NOT NULL,                   -- with slashes; relative to the project's folder where that is possible
        frame INTEGER NOT NULL DEFAULT 0,
        state TEXT NOT NULL DEFAULT 'todo',
        uncertainty REAL,
        note TEXT NOT NULL DEFAULT '',
        UNIQUE (path, frame)
    );
    CREATE TABLE shapes (
        sample INTEGER NOT NULL REFERENCES samples ON DELETE CASCADE,
        position INTEGER NOT NULL,
        kind TEXT NOT NULL CHECK (kind IN ('box', 'polygon')),
        class INTEGER NOT NULL,
        geometry TEXT NOT NULL,               -- JSON: box [x0, y0, x1, y1]; polygon [[[y, x], ...], hole, ...]
        PRIMARY KEY (sample, kind, position)
    ) WITHOUT ROWID;
    CREATE TABLE tags (
        sample INTEGER NOT NULL REFERENCES samples ON DELETE CASCADE,
        class INTEGER NOT NULL,
        present INTEGER NOT NULL,
        PRIMARY KEY (sample, class)
    ) WITHOUT ROWID;
    CREATE TABLE segments (
        sample INTEGER NOT NULL REFERENCES samples ON DELETE CASCADE,
        id INTEGER NOT NULL,
        class INTEGER NOT NULL,
        PRIMARY KEY (sample, id)
    ) WITHOUT ROWID;
    CREATE TABLE contents (                   -- which classes a label map shows, to filter the list by
        sample INTEGER NOT NULL REFERENCES samples ON DELETE CASCADE,
        class INTEGER NOT NULL,
        PRIMARY KEY (sample, class)
    ) WITHOUT ROWID;
    CREATE TABLE runs (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        name TEXT NOT NULL,
        created TEXT NOT NULL,                -- ISO 8601, UTC
        state TEXT NOT NULL,
        folder TEXT NOT NULL,                 -- relative to the project's folder
        config TEXT NOT NULL,                 -- JSON
        result TEXT NOT NULL DEFAULT '{}'     -- JSON
    );
    CREATE TABLE settings (
        name TEXT PRIMARY KEY,
        value TEXT NOT NULL                   -- JSON
    ) WITHOUT ROWID;
    CREATE INDEX samples_by_state ON samples (state);
    """,
    """
    ALTER TABLE shapes ADD COLUMN instance INTEGER; -- of a box: the row of segments whose box it is
    """,
)
"""The statements that lead from each version to the next; ``user_version`` counts those that were run."""


def connect(path: Path, *, create: bool) -> sqlite3.Connection:
    """Open the database at *path*, brought up to the newest version.

    Raises :class:`ProjectError` for a file that is no project database or was written by a newer segstudio, and
    :class:`StorageError` where the disk refuses.
    """
    with database_errors(path):
        mode = "rwc" if create else "rw"
        connection = sqlite3.connect(
            f"{path.resolve().as_uri()}?mode={mode}", uri=True, isolation_level=None, timeout=10
        )
        try:
            version = _known_version(connection, path, create=create)  # before anything is written to a file not ours
            connection.create_function("natural_key", 1, natural_key, deterministic=True)
            connection.execute("PRAGMA foreign_keys = ON")
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = NORMAL")
            _migrate(connection, version)
        except BaseException:
            connection.close()
            raise
    return connection


def _known_version(connection: sqlite3.Connection, path: Path, *, create: bool) -> int:
    version = int(connection.execute("PRAGMA user_version").fetchone()[0])
    if version > len(MIGRATIONS):
        raise ProjectError(
            path.parent,
            f"the project was made by a newer segstudio (format {version}, this one knows up to {len(MIGRATIONS)}); "
            "update segstudio to open it",
        )
    if version == 0 and not create:
        raise ProjectError(path.parent, "this is not a segstudio project (its database has no format version)")
    return version


def _migrate(connection: sqlite3.Connection, version: int) -> None:
    for number, statements in enumerate(MIGRATIONS[version:], start=version + 1):
        # executescript commits what is open first, so the transaction is part of the script
        connection.executescript(f"BEGIN IMMEDIATE; {statements} PRAGMA user_version = {number}; COMMIT;")


@contextmanager
def transaction(connection: sqlite3.Connection, path: Path) -> Iterator[sqlite3.Connection]:
    """All statements inside, or none."""
    with database_errors(path):
        connection.execute("BEGIN IMMEDIATE")
        try:
            yield connection
        except BaseException:
            connection.rollback()
            raise
        connection.commit()


def write_classes(db: sqlite3.Connection, classes: LabelSet) -> None:
    """Replace the class list, inside a :func:`transaction`."""
    db.execute("DELETE FROM classes")
    rows = [(c.id, c.name, c.hex, position) for position, c in enumerate(classes.values())]
    db.executemany("INSERT INTO classes (id, name, color, position) VALUES (?, ?, ?, ?)", rows)


_REASONS = {
    "SQLITE_FULL": "the disk is full",
    "SQLITE_READONLY": "the folder or the file is read-only",
    "SQLITE_READONLY_DBMOVED": "the project's folder was moved or deleted while it was open",
    "SQLITE_CANTOPEN": "the file cannot be opened (missing, or permission denied)",
    "SQLITE_BUSY": "another program is writing to this project; try again",
    "SQLITE_IOERR": "the disk reported an error",
}


@contextmanager
def database_errors(path: Path) -> Iterator[None]:
    """Turn SQLite's refusals into ours, naming *path*."""
    try:
        yield
    except sqlite3.OperationalError as error:
        code = getattr(error, "sqlite_errorname", "") or ""
        known = _REASONS.get(code) or _REASONS.get("_".join(code.split("_")[:2]))
        if known is None:
            raise ProjectError(path, f"the project's database cannot be used ({error})") from error
        raise StorageError(path, known) from error
    except sqlite3.DatabaseError as error:
        if isinstance(error, sqlite3.IntegrityError | sqlite3.ProgrammingError):
            raise
        raise ProjectError(path, f"the project's database is damaged ({error})") from error
