"""Where on the disk something lies."""

from __future__ import annotations

from pathlib import Path


def is_inside(path: Path, folder: Path) -> bool:
    """Whether *path*, which need not exist, is *folder* or lies in it."""
    return path.resolve().is_relative_to(folder.resolve())
