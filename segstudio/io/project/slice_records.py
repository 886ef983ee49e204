"""Labels stay with their slices when files join or leave the folder of a DICOM series.

A sample knows its slice by its number in the series, and the numbers change with the files. So a project notes which
slices a series had, by their SOP instance UIDs; when the folder changes, its samples follow their slices.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

from segstudio.core.errors import ImageError
from segstudio.io.images.base import series_of

if TYPE_CHECKING:
    from segstudio.io.project.project import Project

_SETTING = "slices"


def remember_slices(project: Project, path: Path) -> bool:
    """Note the slices of the DICOM series at *path*, where that was not done. False where they are others by now.

    Other images need no note: they are one file. Raises :class:`~segstudio.core.errors.ImageError`.
    """
    folder = _folder(path)
    if folder is None:
        return True
    records: dict[str, Any] = project.setting(_SETTING, {})
    name = str(path)
    slices = _slices(path)
    if name in records or slices is None:
        return slices is None or records.get(name, {}).get("slices") == slices
    records[name] = {"changed": folder.stat().st_mtime_ns, "slices": slices}
    project.set_setting(_SETTING, records)
    return True


def follow_slices(project: Project) -> list[Path]:
    """Give the samples of every series whose folder has changed the numbers that their slices have now.

    Samples whose slice is gone keep their labels under a number that no slice has. Returns the series whose samples
    moved; what cannot be read is left for when it is opened.
    """
    records: dict[str, Any] = project.setting(_SETTING, {})
    moved, noted = [], False
    for name, record in records.items():
        path = Path(name)
        try:
            folder = _folder(path)
            changed = folder.stat().st_mtime_ns if folder is not None else record["changed"]
            now = _slices(path) if changed != record["changed"] else None
        except (OSError, ImageError):
            continue
        if now is None:
            continue
        before, noted = record["slices"], True
        if before != now:
            places = {uid: number for number, uid in enumerate(now)}
            gone = len(now) + len(before)
            project.move_frames(path, {old: places.get(uid, gone + old) for old, uid in enumerate(before)})
            moved.append(path)
        records[name] = {"changed": changed, "slices": now}
    if noted:
        project.set_setting(_SETTING, records)
    return moved


def _folder(path: Path) -> Path | None:
    """The folder whose files are the slices; ``None`` for a file."""
    one = series_of(path)
    return one[0] if one is not None else path if path.is_dir() else None


def _slices(path: Path) -> list[str] | None:
    """A short mark of each slice, in their order; ``None`` where the files do not tell one from the other."""
    from segstudio.io.images.dicom import slices_of  # loads pydicom, which other projects need not pay

    slices = slices_of(path)
    marks = [hashlib.sha256(f"{each.uid} {each.index}".encode()).hexdigest()[:16] for each in slices]
    return marks if all(each.uid for each in slices) and len(set(marks)) == len(marks) else None
