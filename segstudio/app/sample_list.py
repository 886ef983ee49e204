"""What is done to samples of the list: taking them out of the project, and finding images that were moved. Both are
steps of undo."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from segstudio.app.document import Document
from segstudio.app.history import WideEdit
from segstudio.core.annotation import Sample
from segstudio.core.progress import Progress, Work
from segstudio.io import images


def remove_samples(document: Document, ids: Sequence[int]) -> None:
    """Take samples out of the project, as one step of undo. Image files and label files stay where they are.

    No edit may be open. Where the sample at hand is among them the next one that stays is taken up.
    """
    project = document.project
    document.leaving.emit()  # what is half entered belongs to the sample
    document.save()
    gone = project.samples(list(ids))
    if not gone:
        return
    here = document.sample.id if document.sample is not None else None
    rows = {sample.id: project.sample_rows(sample.id) for sample in gone}

    def take_out() -> None:
        _stand_aside(document, {sample.id for sample in gone})
        document.wide.go(lambda: project.remove_samples(rows))

    def put_back() -> None:
        document.wide.go(lambda: project.put_samples_back(gone, rows))
        document.order = project.sample_ids()
        document.samples_changed.emit()
        if document.sample is None or here in rows:
            document.goto(here if here in rows else gone[0].id)

    take_out()
    document.history.remember(WideEdit("Remove images", put_back, take_out, lambda: None, 512 * len(gone)))


def _stand_aside(document: Document, gone: set[int]) -> None:
    """Leave the samples that are about to go: the next one that stays is taken up, else one before."""
    order = list(document.order)
    here = document.sample.id if document.sample is not None else None
    document.order = [sample_id for sample_id in order if sample_id not in gone]
    if here not in gone:
        return
    place = order.index(here) if here in order else len(order)
    stay = [i for i in order[place:] if i not in gone] or [i for i in reversed(order[:place]) if i not in gone]
    stay = stay or [i for i in document.project.sample_ids() if i not in gone]
    if stay:
        document.goto(stay[0])
    else:
        document.leave()


def find_moved(samples: Sequence[Sample], folder: Path) -> Work[dict[Path, Path]]:
    """Where in *folder*, and the folders in it, the image files lie that are missing: new path by old.

    Files are known by their names; of several with one name the one whose folders are called most like the old one's,
    and none where that is no answer. Result of work that reads no more than the names of files.
    """
    missing = [path for path in dict.fromkeys(sample.path for sample in samples) if not images.is_there(path)]
    wanted = {path.name for path in missing}
    there: dict[str, list[Path]] = {}
    if wanted:
        for parent, folders, names in os.walk(folder):
            yield Progress(None, f"looking in {parent}")
            folders[:] = [name for name in folders if not name.endswith(".segstudio")]
            for name in wanted.intersection([*names, *folders]):  # a folder may be a series
                there.setdefault(name, []).append(Path(parent, name))
    found = {path: _most_alike(path, there.get(path.name, [])) for path in missing}
    yield Progress(1.0, "")
    return {old: new for old, new in found.items() if new is not None}


def _most_alike(path: Path, candidates: Sequence[Path]) -> Path | None:
    """Of *candidates* the one that ends like *path*; ``None`` where there is none, or where several do."""
    if not candidates:
        return None
    alike = [_common_end(path, candidate) for candidate in candidates]
    of_those = [candidate for candidate, count in zip(candidates, alike, strict=True) if count == max(alike)]
    return of_those[0] if len(of_those) == 1 else None


def _common_end(one: Path, other: Path) -> int:
    """How many parts at their end two paths have in common."""
    pairs = zip(reversed(one.parts), reversed(other.parts), strict=False)
    return next((count for count, (a, b) in enumerate(pairs) if a != b), min(len(one.parts), len(other.parts)))


def take_moved(document: Document, moved: Mapping[Path, Path]) -> int:
    """Take images from where :func:`find_moved` found them, as one step of undo; how many samples they are."""
    before = {sample.id: sample.path for sample in document.project.samples() if sample.path in moved}
    if not before:
        return 0
    after = {sample_id: moved[path] for sample_id, path in before.items()}

    def use(paths: Mapping[int, Path]) -> None:
        document.wide.go(lambda: document.project.set_paths(paths))
        if document.sample is not None and document.sample.id in paths:
            document.goto(document.sample.id)

    use(after)
    edit = WideEdit("Find moved images", lambda: use(before), lambda: use(after), lambda: None, 512 * len(before))
    document.history.remember(edit)
    return len(before)
