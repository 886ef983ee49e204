"""The open project as people work on it: the sample at hand, its edits, and their way to the disk."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from psygnal import Signal

from segstudio.app import walk
from segstudio.app.contents import without_classes
from segstudio.app.history import Facts, History, Patch, Step, WideEdit
from segstudio.app.image_cache import ImageCache, Stamp, stamp
from segstudio.app.journal import Journal
from segstudio.app.marking import NAMES
from segstudio.app.recovery import recover
from segstudio.app.saving import Saves, Snapshot
from segstudio.app.wide_changes import WideChanges
from segstudio.core.annotation import Annotation, Sample, SampleState
from segstudio.core.classes import LabelSet
from segstudio.core.errors import FileError, ProjectError, SegStudioError, StorageError
from segstudio.core.labels import UNLABELLED, LabelMap, Provenance
from segstudio.io import images
from segstudio.io.images import Image
from segstudio.io.project import Project, SampleQuery
from segstudio.io.project.class_marks import locked_classes, set_locked_classes
from segstudio.io.project.class_step import forget_steps
from segstudio.io.project.predictions import read_prediction

_MOST_WAITING = 4
"""Samples that may wait to be saved while one goes on; they are held in memory."""


class Document:
    """One open project and the sample at hand.

    Everything here happens in the main thread. Work in other threads gets copies and brings its result back through
    :meth:`write_result`. Every finished edit goes into the journal at once; :meth:`save` brings it into the project's
    own files, or :attr:`saves` with the help of another thread (see :attr:`save_later`).
    """

    leaving = Signal()
    """The sample at hand is about to be left: whoever is in the middle of an edit ends it now."""
    sample_changed = Signal()
    """Another sample is at hand (or none): image, labels and annotation are new."""
    replaced = Signal(Sample)
    """The file of the sample that has just been taken up is another than when its image was decoded before."""
    annotation_changed = Signal()
    confidence_changed = Signal()
    prediction_changed = Signal()
    classes_changed = Signal()
    active_class_changed = Signal(int)
    active_instance_changed = Signal()
    dirty_changed = Signal(bool)
    sample_updated = Signal(int)
    """State, uncertainty or contents of a sample in the list changed."""
    samples_changed = Signal()
    """Samples were added or removed, or many of them show other classes than before."""

    def __init__(self, project: Project, *, cache: ImageCache | None = None, history_limit: int = 512 << 20) -> None:
        self.journal = Journal(project.folder / "journal" / "edits.log")
        if not self.journal.hold():  # its edits are not those of a program that was killed
            raise ProjectError(project.folder, "the project is open in another window; close it there first")
        try:
            self.put_back = recover(project, self.journal)
            """What became of an import that was cut off when the project was open last; ``None`` where there was none.
            """
        except BaseException:
            self.journal.close()
            raise
        self.project = project
        self.saves = Saves(project, self.journal)
        self.save_later: Callable[[], object] | None = None
        """Has what waits in :attr:`saves` written, soon; ``None``: leaving a sample saves it and waits for that."""
        self.ready_image: Callable[[Sample], tuple[Image, Stamp] | None] = lambda _: None
        """Gives the image of a sample where somebody is just decoding it, and when its file was changed last."""
        self.ready_labels: Callable[[int, tuple[int, int], Mapping[int, int]], LabelMap | None] = lambda *_: None
        """Gives the label map of a sample as its files say, where somebody has read them already."""
        self.refused: Callable[[SegStudioError], object] = _raise
        """Tells that an edit, which stands, could not be written down in the journal."""
        self.cache = cache or ImageCache()
        self.order: Sequence[int] = project.sample_ids()
        """The samples in the order in which next and previous walk through them."""
        self._heading = 1
        """Which way a person walked last, 1 or -1."""
        self.sample: Sample | None = None
        self.image: Image | None = None
        self.problem: FileError | None = None
        """Why the sample at hand cannot be shown, where it cannot."""
        self.labels = LabelMap((0, 0))
        self.annotation = Annotation()
        self.confidence: NDArray[np.float32] | None = None
        """How sure the last computed labels of the sample at hand are, where something was computed."""
        self._prediction: tuple[int, NDArray[np.integer]] | None = None
        self.classes: LabelSet = project.classes
        self._ever: set[int] = set()
        self.locked = locked_classes(project)
        """Classes whose pixels nobody changes: no person in the image at hand, no computation in any image."""
        self.active_class = next((i for i in self.classes if i != 0), next(iter(self.classes), 0))
        self.active_instance: int | None = None
        """The instance that is painted on; ``None``: pixels get the active class alone."""
        self.history = History(self._facts, self._set_facts, history_limit, began=self.begin)
        self.history.committed.connect(self._note)
        self.history.closed.connect(self._write_waiting)
        self._waiting: list[Callable[[], object]] = []
        self._unsaved = False
        """Whether the sample at hand was edited since its last snapshot."""
        self.wide = WideChanges(self)
        """Changes of many samples."""

    # ---- moving through the samples

    def goto(self, sample_id: int) -> None:
        """Leave the sample at hand, whose edits are saved, and take up another.

        An image or label map that cannot be read does not raise: the sample is at hand without an image, and
        :attr:`problem` says why, so that a person can see the reason and go on to the next.
        """
        self.leaving.emit()
        sample = self.project.sample(sample_id)
        self._save_on_leaving()
        self.sample, self.problem, self.image, self.confidence = sample, None, None, None
        self.annotation, self.labels = Annotation(), LabelMap((0, 0))  # what was there belongs to its snapshot now
        try:
            self.annotation = self._saved_annotation(sample_id)
            image = self._image_of(sample)
            self.labels = self._saved_labels(sample_id, image.shape)
            self.image = image
        except FileError as error:
            self.problem = error
        self.labels.locked = self.locked
        self.history.attach(sample_id, self.labels)
        self.set_active_instance(None)
        self.sample_changed.emit()
        if self.cache.pop_changed(sample) and self.problem is None:
            self.replaced.emit(sample)

    def _image_of(self, sample: Sample) -> Image:
        image = self.cache.get(sample)
        if image is None:
            then = stamp(sample.path)
            found = self.ready_image(sample)
            fresh = found is not None and found[1] == then
            image = found[0] if found is not None and fresh else images.open_image(sample.path, sample.frame)
            self.cache.put(sample, image, then)
        return image

    def _saved_annotation(self, sample_id: int) -> Annotation:
        waiting = self.saves.of(sample_id)
        return self.project.annotation(sample_id) if waiting is None else waiting.facts.annotation

    def _saved_labels(self, sample_id: int, shape: tuple[int, int]) -> LabelMap:
        waiting = self.saves.of(sample_id)
        if waiting is not None and waiting.ids is not None and waiting.ids.shape != shape:  # another image by now
            self.save()
            waiting = None
        if waiting is None:
            segments = self.project.segments(sample_id)
            ready = self.ready_labels(sample_id, shape, segments)
            return self.project.load_labels(sample_id, shape, segments) if ready is None else ready
        if waiting.ids is None:
            return LabelMap(shape, waiting.facts.segments)
        return LabelMap.from_arrays(waiting.ids, waiting.provenance, waiting.facts.segments)

    def step(self, by: int) -> bool:
        """Go to the sample *by* places further in the order; whether there is one."""
        there = walk.beyond(self.order, self._here, by)
        if there is None:
            return False
        self._heading = 1 if by > 0 else -1
        self.goto(there)
        return True

    def neighbours(self) -> list[Sample]:
        """The samples near the one at hand, those first that a person is on the way to: what to make ready ahead."""
        return self.project.samples(walk.near(self.order, self._here, self._heading))

    def goto_first(self) -> None:
        """Take up the first sample that is to be done (or the first of all)."""
        todo = self.project.sample_ids(SampleQuery(states=frozenset({SampleState.TODO})))
        first = todo or self.order
        if first:
            self.goto(first[0])

    def next_in_state(self, state: SampleState) -> int | None:
        """The first sample after the one at hand (and then from the start) that is in *state*."""
        wanted = frozenset(self.project.sample_ids(SampleQuery(states=frozenset({state}))))
        return walk.first_of(self.order, self._here, wanted)

    @property
    def _here(self) -> int | None:
        return self.sample.id if self.sample is not None else None

    def add_images(self, frames: Sequence[tuple[str | Path, int]]) -> list[int]:
        """Add images to the project; their ids."""
        added = self.project.add_samples(frames)
        self.order = self.project.sample_ids()
        self.samples_changed.emit()
        return added

    def reload(self) -> None:
        """Take up anew what was changed in the project's files by others; what could be undone is forgotten.

        There must be nothing to save: call :meth:`save` before the others begin.
        """
        self.history.clear()
        self.project.reread()
        self.classes = self.project.classes
        if self.active_class not in self.classes:
            self.active_class = next(iter(self.classes), 0)
        self.order = self.project.sample_ids()
        self.classes_changed.emit()
        self.samples_changed.emit()
        here = self.sample.id if self.sample is not None else None
        if here in self.order:
            self.goto(here)
        elif self.order:
            self.goto_first()
        elif here is not None:
            self.leave()

    def leave(self) -> None:
        """No sample is at hand any more; what was is saved by whoever asks."""
        self.leaving.emit()
        self.sample, self.problem, self.image, self.confidence = None, None, None, None
        self.annotation, self.labels = Annotation(), LabelMap((0, 0))
        self.history.attach(0, self.labels)
        self.sample_changed.emit()

    # ---- edits

    @contextmanager
    def edit(self, name: str) -> Iterator[None]:
        """Everything that changes inside is one step of undo; see :meth:`History.edit`."""
        with self.history.edit(name):
            yield

    def set_annotation(self, annotation: Annotation) -> None:
        """Replace boxes, polygons, tags and note (inside an :meth:`edit`)."""
        self.annotation = annotation
        self.annotation_changed.emit()

    def set_classes(self, classes: LabelSet) -> None:
        """Replace the class list (inside an :meth:`edit`); it is in the project at once."""
        self.project.set_classes(classes)
        self.show_classes(classes)

    def show_classes(self, classes: LabelSet) -> None:
        """Go on with *classes*, which the project has already."""
        self._ever.update(self.classes)
        self.classes = classes
        if self.active_class not in classes:
            self.set_active_class(next(iter(classes), 0))
        self.classes_changed.emit()

    def when_free(self, act: Callable[[], object]) -> None:
        """Do *act* now, or in the middle of a stroke once that has ended."""
        if self.history.recording:
            self._waiting.append(act)
        else:
            act()

    def lock(self, classes: frozenset[int]) -> None:
        """Lock these classes and no others, from now on and when the project is opened again."""
        self.locked = self.labels.locked = classes
        set_locked_classes(self.project, classes)

    def set_active_class(self, class_id: int) -> None:
        """Draw with this class, and with none of its instances."""
        if class_id in self.classes:
            self.set_active_instance(None)
            if class_id != self.active_class:
                self.active_class = class_id
                self.active_class_changed.emit(class_id)

    def set_active_instance(self, segment: int | None) -> None:
        """Draw on this instance, and with its class; ``None``: with the active class alone."""
        if segment is not None and segment not in self.labels.segments:
            segment = None
        if segment is not None:
            self.set_active_class(self.labels.segments[segment])
        if segment != self.active_instance:
            self.active_instance = segment
            self.active_instance_changed.emit()

    @property
    def drawn_id(self) -> int:
        """The segment id that a stroke writes: the active instance's, else the active class's."""
        instance = self.active_instance
        return self.active_class if instance is None else instance

    def set_state(self, state: SampleState) -> None:
        """Say how far the sample at hand has come: one step of undo, or a part of the edit that is open."""
        if self.sample is not None and self.sample.state is not state:
            with self.edit(NAMES[state]):
                self._mark(state)

    def _mark(self, state: SampleState) -> None:
        if self.sample is not None and self.sample.state is not state:
            self.project.set_state(self.sample.id, state)
            self.sample = self.project.sample(self.sample.id)
            self.sample_updated.emit(self.sample.id)

    def begin(self) -> None:
        """The sample at hand is in progress where it was to do: a part of the edit that is just ending; after it,
        whatever is taken back."""
        if self.sample is not None and self.sample.state is SampleState.TODO:
            try:
                self._mark(SampleState.IN_PROGRESS)
            except StorageError as error:
                self.refused(error)

    def undo(self) -> Step | None:
        """Take the last edit back, going to its sample first; the edit, or ``None`` where there is none.

        One of many samples is taken back in all of them, wherever one is.
        """
        return self.history.undo() if self._is_ready(self.history.next_undo) else None

    def redo(self) -> Step | None:
        """Do the last undone edit again, going to its sample first."""
        return self.history.redo() if self._is_ready(self.history.next_redo) else None

    def _is_ready(self, edit: Step | None) -> bool:
        if edit is None or self.history.recording:
            return False
        return isinstance(edit, WideEdit) or self._at(edit.sample_id) or edit.marks_only

    def write_result(
        self,
        name: str,
        sample_id: int,
        labels: NDArray[np.integer],
        source: Provenance,
        *,
        changed_only: bool = False,
    ) -> bool:
        """Write a computed label map ``(H, W)`` into the sample at hand as one edit, never over human pixels.

        Where *labels* is 255 the pixels stay as they are. With *changed_only* the pixels that differ are written, 255
        among them, and the others keep their provenance. A result for another sample or of another size is stale: it is
        dropped, and the answer is ``False``. In the middle of a stroke it waits for the stroke to end.
        """
        if self.sample is None or self.sample.id != sample_id or labels.shape != self.labels.shape:
            return False
        if self.history.recording:  # in the middle of a stroke: it would become a part of it
            self._waiting.append(lambda: self.write_result(name, sample_id, labels, source, changed_only=changed_only))
            return True
        labels = self.of_known_classes(labels)
        if source is Provenance.MODEL:
            self.show_prediction(sample_id, labels)
        where = labels != self.labels.ids if changed_only else labels != UNLABELLED
        with self.edit(name):
            self.labels.write(self.labels.region, labels, where, source=source)
        return True

    def of_known_classes(self, labels: NDArray[np.integer]) -> NDArray[np.integer]:
        """*labels* ``(H, W)`` that were computed some time ago: 255 where their class was removed since."""
        return without_classes(labels, self._ever - set(self.classes))

    def _write_waiting(self) -> None:
        waiting, self._waiting = self._waiting, []
        for write in waiting:
            write()

    def show_prediction(self, sample_id: int, labels: NDArray[np.integer]) -> None:
        """Remember *labels* ``(H, W)``, class ids, as what a network says of a sample; nothing is written."""
        self._prediction = sample_id, labels
        self.prediction_changed.emit()

    def prediction(self) -> NDArray[np.integer] | None:
        """What a network said of the sample at hand, ``(H, W)`` class ids, 255 = nothing: the last one written here,
        else the one that is kept beside the labels; ``None`` where there is none."""
        if self.sample is None or self.image is None:
            return None
        if self._prediction is not None and self._prediction[0] == self.sample.id:
            return self._prediction[1]
        kept = read_prediction(self.project.sample_folder(self.sample.id), self.image.shape, self.classes)
        return kept.labels if kept is not None else None

    def set_confidence(self, confidence: NDArray[np.float32] | None) -> None:
        """Show how sure the last computed labels are: ``(H, W)`` in [0, 1], or nothing."""
        self.confidence = confidence
        self.confidence_changed.emit()

    def _at(self, sample_id: int) -> bool:
        if self.sample is None or self.sample.id != sample_id:
            self.goto(sample_id)
        return self.problem is None

    def _facts(self) -> Facts:
        state = self.sample.state if self.sample is not None else None
        return Facts(self.annotation, self._segments(), self.classes, state)

    def _segments(self) -> dict[int, int]:
        """Class id by instance id; as they are kept where the labels cannot be shown."""
        if self.problem is None or self.sample is None:
            return dict(self.labels.segments)
        waiting = self.saves.of(self.sample.id)
        return self.project.segments(self.sample.id) if waiting is None else dict(waiting.facts.segments)

    def _set_facts(self, facts: Facts) -> None:
        if facts.classes != self.classes:
            self.set_classes(facts.classes)
        if facts.segments != self.labels.segments:
            self.labels.set_segments(facts.segments)
            self.set_active_instance(self.active_instance)
        if facts.annotation != self.annotation:
            self.set_annotation(facts.annotation)
        if facts.state is not None:
            self._mark(facts.state)

    def _note(self, sample_id: int, patches: tuple[Patch, ...], facts: Facts) -> None:
        was_dirty, self._unsaved = self.dirty, True
        try:
            self.journal.append(sample_id, patches, facts)
        except StorageError as error:
            self.refused(error)
        if not was_dirty:
            self.dirty_changed.emit(True)

    # ---- the way to the disk

    @property
    def dirty(self) -> bool:
        """Whether there are edits that only the journal holds for certain."""
        return self._unsaved or len(self.saves) > 0

    @property
    def unsaved(self) -> bool:
        """Whether the sample at hand was edited since its last snapshot."""
        return self._unsaved

    def save(self) -> None:
        """Write everything into the project's files now, and wait for it."""
        self.take_snapshot()
        try:
            self.saves.write()
        finally:
            self.enter_saved()
            self.saves.settle()
            self.cut_saved()

    def take_snapshot(self) -> None:
        """Have a copy of the sample at hand wait to be written, where it was edited.

        Not in the middle of a stroke, which may be given up yet: what is finished is in the journal.
        """
        if self._unsaved and not self.history.recording:
            blank = self.labels.blank
            ids = None if blank else self.labels.ids.copy()
            self._hand_over(ids, None if blank else self.labels.provenance.copy())

    def enter_saved(self) -> None:
        """Tell the database of what is written."""
        for sample_id in self.saves.enter():
            self.sample_updated.emit(sample_id)

    def cut_saved(self) -> None:
        """Cut the journal where what it holds is in the files."""
        was_dirty = self.dirty
        self.saves.cut()
        if was_dirty and not self.dirty:
            self.dirty_changed.emit(False)

    def _save_on_leaving(self) -> None:
        """The sample at hand is not painted on any more: what it holds is its own snapshot, and nothing is copied."""
        if self.save_later is None or len(self.saves) >= _MOST_WAITING:
            self.save()
        elif self._unsaved:
            blank = self.labels.blank
            self._hand_over(None if blank else self.labels.ids, None if blank else self.labels.provenance)
            self.save_later()

    def _hand_over(self, ids: NDArray[np.uint16] | None, provenance: NDArray[np.uint8] | None) -> None:
        if self.sample is None:
            raise RuntimeError("no sample is open")
        self.saves.add(Snapshot(self.sample.id, ids, provenance, self._facts()))
        self._unsaved = False

    def close(self) -> None:
        """Save and let go of the project. What the disk refuses to save raises; the journal keeps it."""
        try:
            self.leaving.emit()
            self.save()
            forget_steps(self.project)
            self.wide.sweep()
        finally:
            self.journal.close()
            self.project.close()


def _raise(error: SegStudioError) -> None:
    raise error
