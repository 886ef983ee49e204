"""Locks that the system opens when their process ends, however it does."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from segstudio.core.errors import storage_errors
from segstudio.io.project.database import database_errors


def take_lock(file: Path) -> sqlite3.Connection | None:
    """Hold the lock *file* until the connection is closed; ``None`` where someone holds it, in whatever process.

    SQLite's locks are those of the system, on all systems alike; nothing is ever written. Raises
    :class:`~segstudio.core.errors.StorageError` where the file cannot be made.
    """
    with storage_errors(file):
        file.parent.mkdir(parents=True, exist_ok=True)
    with database_errors(file):
        connection = sqlite3.connect(file, timeout=0, isolation_level=None, check_same_thread=False)
        try:
            connection.execute("BEGIN EXCLUSIVE")
        except sqlite3.OperationalError as error:
            connection.close()
            if error.sqlite_errorname == "SQLITE_BUSY":
                return None
            raise
    return connection
