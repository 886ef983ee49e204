"""Labels stay with their slices when files join or leave the folder of a DICOM series.

A sample knows its slice by its number in the series, and the numbers change with the files. So a project notes which
slices a series had, by their SOP instance UIDs; when the folder changes, its samples follow their slices.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

from segstudio.core.errors import ImageError
from segstudio.io.images.base import series_of

if TYPE_CHECKING:
    from segstudio.io.project.project import Project

_SETTING = "slices"
_NOWHERE = 1_000_000
"""Numbers from here on are of slices that are gone: no series has so many."""


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

    Samples whose slice is gone keep their labels under a number that no slice has, and go back to it when it is there
    again. Returns the series whose samples moved; what cannot be read is left for when it is opened.
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
        known, noted = _known(record), True
        moves = _moves(project.frames_of(path), known, now)
        if record["slices"] != now:
            project.move_frames(path, moves)
            moved.append(path)
        gone = {new: known[old] for old, new in moves.items() if new >= _NOWHERE and old in known}
        records[name] = {"changed": changed, "slices": now, "gone": gone}
    if noted:
        project.set_setting(_SETTING, records)
    return moved


def _known(record: Mapping[str, Any]) -> dict[int, str]:
    """The mark of each slice by its number, of those that are gone too."""
    return dict(enumerate(record["slices"])) | {int(number): mark for number, mark in record.get("gone", {}).items()}


def _moves(frames: Iterable[int], known: Mapping[int, str], now: Sequence[str]) -> dict[int, int]:
    """The number that each of *frames* gets, of which *known* tells the slice, in a series of the slices *now*.

    Those of unknown slices, as of files that were added to the project when they had just joined the folder, keep
    theirs where that is free.
    """
    frames = list(frames)
    places = {mark: number for number, mark in enumerate(now)}
    moves = {old: places[known[old]] for old in frames if known.get(old) in places}
    taken, nowhere = set(moves.values()), count(max(_NOWHERE, 1 + max(frames, default=0)))
    for old in frames:
        if old not in moves:
            stays = old >= _NOWHERE or (old not in known and old not in taken)
            moves[old] = old if stays else next(nowhere)
    return moves


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
