"""What a training run learns from, held still beside the run while people go on labelling.

A run that is paused, or whose program was killed, goes on exactly only on the same labels. Label maps are always
replaced by new files, never written into, so a hard link holds a map as it was and costs nothing until it changes.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from segstudio.core.annotation import Annotation, Box, ImageTag
from segstudio.core.classes import LabelClass, LabelSet, parse_color
from segstudio.core.errors import TrainingError, disk_reason, storage_errors
from segstudio.io import images
from segstudio.io.atomic import write_text
from segstudio.io.project import StoredSample

_NAMED = 5
"""Of the files that are missing so many are told by name."""
FOLDER, LIST = "learned-from", "samples.json"
_MAPS = ("labels.png", "provenance.png", "confidence.png")


@dataclass(frozen=True, slots=True)
class LeftOut:
    """The detail of a progress: images that a training goes without, for their files are missing."""

    paths: tuple[Path, ...]

    def __str__(self) -> str:
        named = ", ".join(path.name for path in self.paths[:_NAMED])
        more = f" and {len(self.paths) - _NAMED} more" if len(self.paths) > _NAMED else ""
        return f"left out, for the files are missing: {named}{more}"


def present(samples: Sequence[StoredSample]) -> tuple[list[StoredSample], LeftOut]:
    """Those of *samples* whose image files are there, and the files that are missing.

    Raises :class:`TrainingError` where fewer than half of the samples are left: then a folder was moved, or a disk is
    not connected, and what is left would be learned as if it were all.
    """
    there = {path: images.is_there(path) for path in dict.fromkeys(sample.path for sample in samples)}
    kept, missing = [s for s in samples if there[s.path]], LeftOut(tuple(p for p, found in there.items() if not found))
    if 2 * len(kept) < len(samples):
        raise TrainingError(
            f"{missing.paths[0]}: the image is missing, as those of {len(samples) - len(kept)} of {len(samples)} "
            "labelled images are; find them in the window (File > Find moved images) or bring them back"
        )
    return kept, missing


def hold(samples: Sequence[StoredSample], classes: LabelSet, run: Path) -> list[StoredSample]:
    """Keep the label maps of *samples* in the folder of a *run*; the samples with those maps.

    Raises :class:`~segstudio.core.errors.StorageError` where the disk refuses.
    """
    release(run)
    held = [_held(sample, run / FOLDER / f"{sample.id:06d}") for sample in samples]
    rows = [
        {
            "id": sample.id,
            "name": sample.name,
            "path": os.fspath(sample.path),
            "frame": sample.frame,
            "segments": {str(segment): class_id for segment, class_id in sample.segments.items()},
            "boxes": [box.as_tuple() for box in sample.annotation.boxes],
            "tags": [(tag.class_id, tag.present) for tag in sample.annotation.tags],
        }
        for sample in held
    ]
    write_text(run / LIST, json.dumps({"classes": classes.to_json()["classes"], "samples": rows}), durable=False)
    return held


def held(run: Path) -> tuple[list[StoredSample], LabelSet]:
    """What :func:`hold` kept in the folder of a *run*.

    Raises :class:`TrainingError` where it is not there any more, or damaged.
    """
    try:
        content = json.loads((run / LIST).read_text(encoding="utf-8"))
        classes = LabelSet(
            LabelClass(int(c["id"]), str(c["name"]), parse_color(c["color"])) for c in content["classes"]
        )
        samples = [
            StoredSample(
                int(row["id"]),
                str(row["name"]),
                Path(row["path"]),
                int(row["frame"]),
                run / FOLDER / f"{int(row['id']):06d}" / _MAPS[0],
                {int(segment): int(class_id) for segment, class_id in row["segments"].items()},
                Annotation(
                    tuple(Box(*map(int, box)) for box in row["boxes"]),
                    tags=tuple(ImageTag(int(class_id), bool(present)) for class_id, present in row["tags"]),
                ),
            )
            for row in content["samples"]
        ]
    except OSError as error:
        raise TrainingError(f"{run}: what the run learned from is not there any more ({disk_reason(error)})") from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise TrainingError(f"{run}: the list of what the run learned from is damaged") from error
    return samples, classes


def is_held(run: Path) -> bool:
    """Whether the folder of a *run* holds what it learned from."""
    return (run / LIST).is_file()


def release(run: Path) -> None:
    """Let go of what is held for a *run* that has ended for good."""
    with storage_errors(run):
        shutil.rmtree(run / FOLDER, ignore_errors=True)
        with contextlib.suppress(FileNotFoundError):
            (run / LIST).unlink()


def _held(sample: StoredSample, folder: Path) -> StoredSample:
    with storage_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
        for name in _MAPS:
            source = sample.labels_file.with_name(name)
            if not source.is_file():
                continue
            try:
                os.link(source, folder / name)
            except OSError:  # a file system without hard links
                shutil.copyfile(source, folder / name)
    return replace(sample, labels_file=folder / sample.labels_file.name)
