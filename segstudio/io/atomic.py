"""Replacing a file whole or not at all, so that neither a crash nor a full disk costs the file that was there."""

from __future__ import annotations

import contextlib
import os
import secrets
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from segstudio.core.errors import storage_errors

TEMPORARY_PREFIX = ".segstudio-"
TEMPORARY_SUFFIX = ".tmp"


@contextmanager
def replacing(path: str | Path, *, durable: bool = True) -> Iterator[BinaryIO]:
    """A new file to write (and seek) in; it takes the place of *path* when the block ends without an exception.

    Until then, and for ever if the block raises, *path* stays as it was. *durable* waits until the bytes are on the
    disk before the file is replaced: needed for what a person made, dear for files that can be made again. A symbolic
    link stays one, its target is replaced; permissions of an existing file are kept.

    Raises :class:`~segstudio.core.errors.StorageError` naming *path* where the disk refuses.
    """
    with storage_errors(path):
        target = Path(os.path.realpath(path))
        temporary = target.with_name(f"{TEMPORARY_PREFIX}{secrets.token_hex(6)}{TEMPORARY_SUFFIX}")
        try:
            with open(temporary, "xb") as file:
                _keep_permissions(target, temporary)
                yield file
                file.flush()
                if durable:
                    os.fsync(file.fileno())
            os.replace(temporary, target)
        except BaseException:
            with contextlib.suppress(OSError):
                temporary.unlink()
            raise
        if durable:
            _sync_folder(target.parent)


def write_bytes(path: str | Path, data: bytes, *, durable: bool = True) -> None:
    """Replace the file at *path* by *data*; see :func:`replacing`."""
    with replacing(path, durable=durable) as file:
        file.write(data)


def write_text(path: str | Path, text: str, *, durable: bool = True) -> None:
    """Replace the file at *path* by *text* in UTF-8; see :func:`replacing`."""
    write_bytes(path, text.encode("utf-8"), durable=durable)


def settle(files: Iterable[Path]) -> None:
    """Wait until *files*, which were written without waiting each, are on the disk.

    Where the system can write out all that it holds back, that is done once, however many files there are.
    """
    if hasattr(os, "sync"):
        os.sync()
        return
    for path in files:
        with storage_errors(path), open(path, "r+b") as file:
            os.fsync(file.fileno())


def remove_leftovers(folder: str | Path) -> None:
    """Delete the temporary files that a killed process left in *folder*. Nobody else may be writing there."""
    for leftover in Path(folder).glob(f"{TEMPORARY_PREFIX}*{TEMPORARY_SUFFIX}"):
        with contextlib.suppress(OSError):
            leftover.unlink()


def _keep_permissions(target: Path, temporary: Path) -> None:
    with contextlib.suppress(OSError):
        os.chmod(temporary, target.stat().st_mode & 0o7777)


def _sync_folder(folder: Path) -> None:
    """Make the replacement itself outlive a power cut, where folders can be opened (not on Windows)."""
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
