"""Where compiled kernels are kept between runs, so that a first stroke need not wait for the compiler.

Numba writes beside the source where it may, and asks only whether the source of a kernel itself has changed. For an
installed program that is not enough: its folder may be read-only, and a newer version may change a kernel that others
have built in. So each installed state of the sources has a folder of its own in the user's cache. In a checkout
numba's own way stays: a change then compiles one file and not all.
"""

from __future__ import annotations

import hashlib
import os
import sys
import tempfile
from pathlib import Path

from platformdirs import user_cache_path

VARIABLE = "NUMBA_CACHE_DIR"
"""Who sets it has decided; child processes inherit it."""


def keep(package: Path, version: str) -> None:
    """Tell numba where to keep the kernels of the *package* folder, before they are loaded."""
    installed = (package / "resources").is_dir()
    if os.environ.get(VARIABLE) or not installed:
        return
    folder = _writable(user_cache_path("segstudio") / "compiled" / f"{version}-{_state(package / 'algorithms')}")
    os.environ[VARIABLE] = str(folder)
    numba = sys.modules.get("numba")
    if numba is not None:  # it has read its settings already
        numba.config.CACHE_DIR = str(folder)


def _state(folder: Path) -> str:
    """Another text for other sources: their names, sizes and times."""
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*.py")):
        stat = path.stat()
        digest.update(f"{path.relative_to(folder)} {stat.st_size} {stat.st_mtime_ns}\n".encode())
    return digest.hexdigest()[:12]


def _writable(folder: Path) -> Path:
    """*folder*, made where it is missing; where it cannot be written, a private one among temporary files."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=folder).close()
    except OSError:
        return _private(Path(tempfile.gettempdir()) / f"segstudio-{getattr(os, 'getuid', int)()}") / folder.name
    return folder


def _private(folder: Path) -> Path:
    """*folder*, if it is this user's alone (what lies in it is run as code), else a new one."""
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        stat = folder.lstat()
    except OSError:
        return Path(tempfile.mkdtemp(prefix="segstudio-"))
    mine = not hasattr(os, "getuid") or (stat.st_uid == os.getuid() and stat.st_mode & 0o077 == 0)
    return (
        folder if mine and folder.is_dir() and not folder.is_symlink() else Path(tempfile.mkdtemp(prefix="segstudio-"))
    )
