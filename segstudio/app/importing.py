"""Bringing a data set of others into a project: all that is wrong with it is told first, and it can be taken back."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from psygnal import Signal

from segstudio.core.annotation import Box, SampleState
from segstudio.core.errors import AnnotationError, FileError, OptionError, StoppedError, StorageError
from segstudio.core.labels import UNLABELLED, LabelMap, Provenance
from segstudio.core.progress import Progress, Work, finish, scaled
from segstudio.io.importers import IMPORTERS
from segstudio.io.problems import Problem
from segstudio.io.project import Project
from segstudio.io.project.restore import Restored, RestorePoint, recover

if TYPE_CHECKING:
    from segstudio.app.jobs import Job
    from segstudio.app.workbench import Workbench
    from segstudio.io.importers.base import ImportedDataset, ImportedLabels, ImportedSample


@dataclass(frozen=True)
class ImportResult:
    """What came of an import."""

    samples: int
    """How many images have labels of the data set now."""
    problems: tuple[Problem, ...]
    """Everything that is wrong with the data set, each with its file."""


class Importing:
    """Looks through data sets of others and brings them into the open project, in a thread."""

    finished = Signal(object)
    """The :class:`ImportResult`."""
    taken_back = Signal(object)
    """The :class:`~segstudio.io.project.restore.Restored` after the last import was taken back."""
    put_back = Signal(object)
    """The :class:`~segstudio.io.project.restore.Restored` of an import that was cut off, put back on opening."""

    def __init__(self, workbench: Workbench) -> None:
        self._workbench = workbench

    @property
    def can_take_back(self) -> bool:
        document = self._workbench.document
        return document is not None and RestorePoint(document.project).complete

    def look(
        self,
        format_name: str,
        source: Path,
        done: Callable[[ImportedDataset], None],
        failed: Callable[[BaseException], None],
        progressed: Callable[[Progress], None],
        **options: Any,
    ) -> Job | None:
        """Look through the data set at *source* without changing anything; *done* gets what was found."""
        document = self._workbench.document
        if document is None:
            return None
        classes, known = document.classes, beside_project(document.project, format_name, source, options)

        def work() -> Work[ImportedDataset]:
            return (yield from IMPORTERS[format_name].read(source, classes, **known))

        return self._workbench.jobs.submit(
            f"Look through {source.name}", work, done, lane="disk", failed=failed, progressed=progressed
        )

    def start(
        self,
        dataset: ImportedDataset,
        done: Callable[[ImportResult], None] = lambda _: None,
        failed: Callable[[BaseException], None] | None = None,
        progressed: Callable[[Progress], None] | None = None,
    ) -> Job | None:
        """Bring *dataset* into the project. Where it is stopped or fails, the project is as it was."""
        bench = self._workbench
        document = bench.document
        if document is None or not bench.save():
            return None
        folder = document.project.folder

        def work() -> Work[ImportResult]:
            with Project.open(folder) as project:
                return (yield from enter(project, dataset, document.saves.alone))

        def entered(result: ImportResult) -> None:
            if bench.document is document:
                document.reload()
            done(result)
            self.finished.emit(result)

        def refused(error: BaseException) -> None:
            bench.report(error, "import")
            if failed is not None:
                failed(error)

        return bench.jobs.submit(
            f"Import {dataset.format}", work, entered, lane="disk", failed=refused, progressed=progressed
        )

    def take_back(self) -> None:
        """Put the project back to before the last import, but for images that were worked on since.

        Nothing else happens to the project meanwhile: a stroke that is being drawn is ended and saved first, so its
        image counts as worked on, and the next one is drawn on what is there then. There is no way to stop half way.
        """
        bench = self._workbench
        document = bench.document
        if document is None:
            return
        document.leaving.emit()
        if not bench.save():
            return
        found: list[Restored] = []

        def collected() -> Work[None]:
            found.append((yield from restoring(document.project)))

        def work() -> Work[None]:
            going = collected()
            try:
                for progress in going:  # noqa: UP028  # which would close it: there is no way back from half way
                    yield progress
            finally:
                for _ in going:
                    pass

        with bench.reporting("take back"):
            with suppress(StoppedError):
                document.wide.go(work)
            for restored in found:
                document.reload()
                self.taken_back.emit(restored)


def beside_project(project: Project, format_name: str, source: Path, options: Mapping[str, Any]) -> dict[str, Any]:
    """*options*, and where to look for images that the data set does not bring along: among the project's own.

    So masks that another tool made of a project's images come in by their names, and DICOM segmentations by the images
    that they refer to.
    """
    if options.get("images"):
        return dict(options)
    if format_name not in ("dicom_seg", "masks"):
        return dict(options)
    known = tuple(dict.fromkeys(sample.path for sample in project.samples()))
    folders = {path.parent for path in known}
    beside = any((folder / "images").is_dir() for folder in (source, source.parent))
    if format_name == "masks" and not beside and len(folders) == 1:
        return dict(options) | {"images": folders.pop()}
    return dict(options) | {"known": known}


def import_into(
    folder: Path, format_name: str, source: Path, *, keep_going: bool = False, **options: Any
) -> Work[ImportResult]:
    """Import the data set at *source* into the project in *folder*; human pixels there are spared.

    Where something is wrong with the data set the project stays as it is, unless *keep_going*: then the rest is
    imported. *options* are those of the format.
    """
    with Project.open(folder) as project:
        known = beside_project(project, format_name, source, options)
        work = IMPORTERS[format_name].read(source, project.classes, **known)
        dataset = yield from scaled(work, 0.0, 0.2)
        if dataset.problems and not keep_going:
            return ImportResult(0, dataset.problems)
        return (yield from scaled(enter(project, dataset), 0.2, 1.0))


def take_back(folder: Path) -> Restored:
    """Put the project in *folder* back to before its last import, but for images that were worked on since.

    Raises :class:`~segstudio.core.errors.ProjectError` where there is none.
    """
    with Project.open(folder) as project:
        return finish(restoring(project))


def restoring(project: Project) -> Work[Restored]:
    """As :func:`take_back`, image by image, in a project that is open."""
    put_back = recover(project)
    return put_back if put_back is not None else (yield from RestorePoint(project).restoring())


def enter(
    project: Project,
    dataset: ImportedDataset,
    alone: Callable[[int], AbstractContextManager[None]] = lambda _: nullcontext(),
) -> Work[ImportResult]:
    """Enter what was found into *project*. Stopped half way, or where the disk refuses, the project is as it was.

    Where others have the project open, each sample that they have is changed *alone*, given its id.
    """
    if dataset.format == "project" and project.folder.resolve() in (
        dataset.source.resolve(),
        dataset.source.parent.resolve(),
    ):
        raise OptionError(f"{dataset.source}: a project cannot be imported into itself")
    problems = list(dataset.problems)
    point = RestorePoint.begin(project)
    imported: list[int] = []
    try:
        if dataset.classes != project.classes:
            project.set_classes(dataset.classes)
        for place, sample in enumerate(dataset.samples):
            yield Progress(place / max(1, len(dataset.samples)), f"importing {sample.path.name}")
            try:
                labels = sample.load() if sample.load is not None else None
                there = project.find_sample(sample.path, sample.frame)
                with alone(there) if there is not None else nullcontext():
                    known = _enter(project, point, sample, labels)
            except StorageError:
                raise
            except FileError as error:
                problems.append(Problem(error.path, error.reason))
            except AnnotationError as error:
                problems.append(Problem(sample.path, str(error)))
            else:
                imported.append(known)
        yield Progress(1.0, "waiting for the disk")
        project.settle(imported)
    except BaseException:
        point.restore()
        raise
    point.end()
    return ImportResult(len(imported), tuple(problems))


def _enter(project: Project, point: RestorePoint, sample: ImportedSample, labels: ImportedLabels | None) -> int:
    """Enter one sample; its id. Where it had labels, they are replaced by what is on the disk for certain."""
    sample_id = project.find_sample(sample.path, sample.frame)
    if sample_id is None:
        point.adding(sample.path, sample.frame)
        (sample_id,) = project.add_samples([(sample.path, sample.frame)])
        point.added(sample_id)
    else:
        point.keep(sample_id)
    before, new = project.annotation(sample_id), sample.annotation
    known = project.load_labels(sample_id, sample.shape, project.segments(sample_id))
    had_labels = not known.blank
    numbers = _write(known, labels) if labels is not None else {}
    framed = [
        Box(known.segments[numbers[segment]], box.x0, box.y0, box.x1, box.y1, numbers[segment])
        for segment, box in (labels.boxes.items() if labels is not None else ())
    ]
    annotation = replace(
        before,
        boxes=_together(before.boxes, [*_renumbered(new.boxes, numbers, known), *framed]),
        polygons=tuple(dict.fromkeys((*before.polygons, *new.polygons))),
        tags=tuple({tag.class_id: tag for tag in (*before.tags, *new.tags)}.values()),
        note=before.note or new.note,
    )
    shown = {known.class_of(int(i)) for i in np.unique(known.ids)} & set(project.classes)
    project.save_annotation(sample_id, annotation, known.segments, shown)
    if not known.blank:
        project.write_labels(sample_id, known.ids, known.provenance, project.classes, durable=had_labels)
    begun = SampleState.IN_PROGRESS if shown or annotation.boxes or annotation.polygons else SampleState.TODO
    if project.sample(sample_id).state is SampleState.TODO:  # else it would be predicted over as if untouched
        project.set_state(sample_id, sample.state or begun)
    point.changed(sample_id)
    return sample_id


def _together(known: Sequence[Box], new: Sequence[Box]) -> tuple[Box, ...]:
    """The boxes that are there and those that come. One that comes again takes the place of the one that was there:
    its instance has another number now."""
    coming = {box.as_tuple() for box in new if box.instance is not None}
    kept = [box for box in known if box.as_tuple() not in coming]
    there = {box.as_tuple() for box in kept}
    return (*kept, *(box for box in dict.fromkeys(new) if box.instance is not None or box.as_tuple() not in there))


def _renumbered(boxes: Sequence[Box], numbers: dict[int, int], known: LabelMap) -> list[Box]:
    """*boxes* with the numbers that their instances have here; one without pixels gets one now."""
    found = []
    for box in boxes:
        if box.instance is not None and box.instance not in numbers:
            numbers[box.instance] = known.new_segment(box.class_id)
        found.append(box if box.instance is None else replace(box, instance=numbers[box.instance]))
    return found


def _write(known: LabelMap, labels: ImportedLabels) -> dict[int, int]:
    """Write imported labels, each instance under a number that is free in the map; these numbers by those there."""
    numbers = np.arange(65536, dtype=np.uint16)
    found = {segment: known.new_segment(class_id) for segment, class_id in labels.segments.items()}
    for segment, number in found.items():
        numbers[segment] = number
    ids, told = numbers[labels.ids], labels.ids != UNLABELLED
    if labels.provenance is None:
        known.write(known.region, ids, told, source=Provenance.IMPORTED)
        return found
    theirs = told & (known.provenance != Provenance.HUMAN)  # a person here goes before a person there
    for value in np.unique(labels.provenance[theirs]).tolist():
        source = Provenance(value) if value in (*Provenance,) and value else Provenance.IMPORTED
        known.write(known.region, ids, theirs & (labels.provenance == value), source=source)
    return found
