"""The running program: the open document, the queue of jobs, and a person's acts on them. No screen needed."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from types import TracebackType

from psygnal import Signal

from segstudio.app.ahead import PAINTED_FIRST, Ahead
from segstudio.app.cleanup import Cleanup
from segstudio.app.document import Document
from segstudio.app.exporting import Exporting
from segstudio.app.history import Edit, Step
from segstudio.app.image_cache import ImageCache
from segstudio.app.importing import Importing
from segstudio.app.jobs import Job, JobQueue, Post
from segstudio.app.live import LivePreview
from segstudio.app.others import Others
from segstudio.app.prediction import Prediction
from segstudio.app.propagation import SPREAD, Propagation
from segstudio.app.resuming import remember_place, resume
from segstudio.app.rounds import Rounds
from segstudio.app.settings import Settings, load_settings, save_settings
from segstudio.app.stacks import Stacks
from segstudio.app.teach import Teach
from segstudio.app.thumbnails import Thumbnails
from segstudio.app.training import Training
from segstudio.app.tuning import Tuning
from segstudio.core.annotation import Sample, SampleState
from segstudio.core.classes import LabelSet
from segstudio.core.errors import SegStudioError, StoppedError
from segstudio.core.progress import Progress, Work
from segstudio.io.project import Project

log = logging.getLogger(__name__)

_RETRY = 30
"""Seconds after which a refused save is tried again: the disk will not be free again in a moment."""
_SURE_OF = ("Propagate", "Predict", "Pre-label")
"""How the names of edits begin that come with a confidence."""
STROKES = frozenset({"Brush", "Erase", "Polygon", "Lasso", "Fill", "Wand", "Livewire", "Superpixels"})
"""Edits that a hand makes: what live propagation answers to."""


class Workbench:
    """What a window shows and asks: it holds the document, the jobs and the settings, and has a part for each kind of
    act: :attr:`propagation`, :attr:`training`, :attr:`teach`, :attr:`prediction`, :attr:`cleanup`, :attr:`exporting`,
    :attr:`importing`, :attr:`stacks`, :attr:`rounds`.

    Everything here is called in the main thread. *post* hands a function to that thread (see :class:`JobQueue`).
    """

    document_changed = Signal()
    """Another project is open, or none."""
    message = Signal(str)
    """Something worth a line in the status bar happened."""
    underway = Signal(object)
    """How far a change of many samples has come, a :class:`Progress`; ``None`` when it has ended."""
    failed = Signal(Exception, str)
    """An act failed: why, and what was tried."""

    def __init__(self, post: Post, settings: Settings | None = None) -> None:
        self.settings = settings or load_settings()
        self.jobs = JobQueue(post)
        self.document: Document | None = None
        self.propagation = Propagation(self)
        self.training = Training(self)
        self.rounds = Rounds(self)
        self.prediction = Prediction(self)
        self.cleanup = Cleanup(self)
        self.exporting = Exporting(self)
        self.importing = Importing(self)
        self.stacks = Stacks(self)
        self.thumbnails = Thumbnails(self)
        self.teach = Teach(self)
        self.live = LivePreview(self)
        self.tuning = Tuning(self)
        self.others = Others(self)
        self.ahead = Ahead(self)
        self._cache = ImageCache(self.settings.image_cache_mb << 20)
        self._saving: Job | None = None
        self._changed_at = self._retry_at = 0.0
        self.jobs.ended.connect(self._save_ended)

    # ---- projects

    def open_project(self, path: str | Path) -> bool:
        """Open a project and take up the sample where it was left (see :func:`resume`); whether it could be opened.

        What was open is saved and closed first; when the new one cannot be opened, the old one stays. One that is open
        in another window is not opened.
        """
        with self.reporting(f"open {Path(path).name}"):
            self._take(Project.open(path))
            return True
        return False

    def new_project(self, path: str | Path, classes: LabelSet, frames: Iterable[tuple[str | Path, int]]) -> bool:
        """Make a project of these classes and images and open it; whether that went well."""
        with self.reporting(f"create {Path(path).name}"):
            project = Project.create(path, classes)
            project.add_samples(frames)
            self._take(project)
            return True
        return False

    def close_project(self) -> None:
        """Save and close what is open. What the disk refuses to save is told; the journal keeps it."""
        if self.document is None:
            return
        self.jobs.stop_all()
        document, self.document = self.document, None
        remember_place(document)
        with self.reporting("save"):
            document.close()
        self._saving = None
        self.document_changed.emit()

    def shut_down(self) -> None:
        """Save everything and end every thread and child process."""
        self.close_project()
        self.jobs.shut_down()
        self.training.shut_down()
        self.prediction.shut_down()
        save_settings(self.settings)

    def _take(self, project: Project) -> None:
        if self.document is not None and _is_same(project.folder, self.document.project.folder):
            self.close_project()  # a project is open once
        try:
            document = Document(project, cache=self._cache, history_limit=self.settings.history_mb << 20)
        except BaseException:
            project.close()
            raise
        self.close_project()
        self.document = document
        document.wide.tidy = lambda work: self.jobs.submit("Tidy up", work, lane="disk", quiet=True)
        document.wide.sweep()  # of a session that was killed
        document.save_later = self._save_later
        document.wide.underway.connect(self._pass_on)
        document.refused = lambda error: self.failed.emit(error, "note the edit")
        document.history.committed.connect(self._touched)
        document.history.finished.connect(self._answer)
        self.live.attach(document)
        self.tuning.attach(document)
        self.others.attach(document)
        self.ahead.attach(document)
        document.replaced.connect(self._tell_replaced)
        resume(document)
        self.settings.remember_project(project.folder)
        self.document_changed.emit()
        if document.put_back is not None:
            self.importing.put_back.emit(document.put_back)

    # ---- acts on the document

    def goto(self, sample_id: int) -> None:
        if self.document is not None:
            with self.reporting("open the sample"):
                self.document.goto(sample_id)

    def next(self) -> None:
        self._step(1)

    def previous(self) -> None:
        self._step(-1)

    def next_unlabelled(self) -> None:
        """Go to the next sample, in the order of the list, that nobody has begun."""
        document = self.document
        if document is None:
            return
        with self.reporting("open the sample"):
            found = document.next_in_state(SampleState.TODO)
            if found is None:
                self.message.emit("Every image of the list is begun or done.")
            else:
                document.goto(found)

    def _step(self, by: int) -> None:
        if self.document is None:
            return
        with self.reporting("open the sample"):
            if self.teach.on and (self.teach.next() if by > 0 else self.teach.previous()):
                return
            if not self.document.step(by):
                self._say_end(by)

    def _say_end(self, by: int) -> None:
        """There is no image further on; where the list shows some only, there are others."""
        document = self.document
        if document is not None and len(document.order) < len(document.project.sample_ids()):
            self.message.emit(
                "This is the last image that the list shows."
                if by > 0
                else "This is the first image that the list shows."
            )
        else:
            self.message.emit("This is the last image." if by > 0 else "This is the first image.")

    @property
    def busy(self) -> bool:
        """Whether a change of many samples is in the middle of its way: acts have to wait."""
        return self.document is not None and self.document.wide.changing

    def stop_change(self) -> None:
        """Give up the change of many samples that is in the middle of its way."""
        if self.document is not None and self.busy:
            self.document.wide.stop()

    def _pass_on(self, progress: Progress | None) -> None:
        """Nothing that threads bring comes in between while many samples are changed."""
        if progress is None:
            self.jobs.release()
        else:
            self.jobs.hold()
        self.underway.emit(progress)

    def undo(self) -> None:
        if self.document is not None:
            with self.reporting("undo"):
                step = self.document.undo()
                if step is not None and step.name.startswith(_SURE_OF):
                    self.document.set_confidence(None)  # of labels that are not there any more
                self._follow(step)

    def redo(self) -> None:
        if self.document is not None:
            with self.reporting("redo"):
                self._follow(self.document.redo())

    def save(self) -> bool:
        """Write everything now; whether that went well."""
        with self.reporting("save"):
            if self.document is not None:
                self.document.save()
            return True
        return False

    def reporting(self, act: str) -> _Reporting:
        """A block whose errors are shown instead of raised: a person's mistakes and the disk's refusals; bugs raise."""
        return _Reporting(self, act)

    def report(self, error: BaseException, act: str) -> None:
        """Tell that *act* failed, where the error came from a job."""
        self.failed.emit(error, act)

    # ---- what happens by itself

    def tick(self) -> None:
        """Called every second or so: saves in the background when the last edit is old enough."""
        if self.busy:
            return
        self.teach.tick()
        document = self.document
        if document is None or not document.dirty or time.monotonic() < self._retry_at:
            return
        old = time.monotonic() - self._changed_at >= self.settings.autosave_seconds
        if document.unsaved and old and not document.history.recording:
            document.take_snapshot()
        if document.saves:
            self._save_later()

    def _save_later(self) -> None:
        """Write what waits to be saved, in the background; where that is under way, it goes on until nothing waits."""
        document = self.document
        if document is None or self._saving is not None:
            return

        def write() -> Work[None]:
            yield Progress(None, "saving")
            time.sleep(PAINTED_FIRST)
            document.saves.write()

        def written(_: None) -> None:
            if self.document is document and self._saved(document.enter_saved):
                self._saving = submit(settle, settled)

        def settle() -> Work[None]:
            yield Progress(None, "saving")
            document.saves.settle()

        def settled(_: None) -> None:
            if self.document is document and self._saved(document.cut_saved):
                self._saving = None
                if not document.saves.written:  # of a sample that was left meanwhile
                    self._save_later()
                self.ahead.begin()  # what was saved can be read ahead from now on

        def submit(work: Callable[[], Work[None]], done: Callable[[None], None]) -> Job:
            return self.jobs.submit("Save", work, done, lane="save", failed=failed, quiet=True)

        def failed(error: BaseException) -> None:
            self._retry_at = time.monotonic() + _RETRY
            if self.document is document:
                self._saved(document.enter_saved)  # what was not refused
            self.report(error, "save")

        self._saving = submit(write, written)

    def _saved(self, step: Callable[[], None]) -> bool:
        """Do a step of saving that is the main thread's; whether the disk let it."""
        with self.reporting("save"):
            step()
            return True
        self._retry_at = time.monotonic() + _RETRY
        return False

    def _save_ended(self, job: Job) -> None:
        if job is self._saving:  # stopped or failed: the next tick tries again
            self._saving = None

    def _answer(self, edit: Edit) -> None:
        """After a stroke, spread it where a person asked for that; not after what is computed."""
        if self.settings.live_propagation and edit.name in STROKES:
            self.propagation.scribbles(live=True)
        elif edit.name != SPREAD:  # it tells the preview itself, and how sure it is
            self._follow(edit)

    def _follow(self, step: Step | None) -> None:
        """Let the preview go on from what another step than a stroke has left."""
        if isinstance(step, Edit) and step.before and step.name not in STROKES:
            self.live.reread()

    def _touched(self, *_: object) -> None:
        self._changed_at = time.monotonic()

    def _tell_replaced(self, sample: Sample) -> None:
        self.thumbnails.forget(sample)
        self.message.emit("The file of this image was changed since it was opened: it is shown as it is now.")


def _is_same(one: Path, other: Path) -> bool:
    try:
        return os.path.samefile(one, other)
    except OSError:  # the folder of the open project is gone, or its drive
        return False


class _Reporting:
    """Swallows what a user can cause, once it is told."""

    def __init__(self, workbench: Workbench, act: str) -> None:
        self._workbench = workbench
        self._act = act

    def __enter__(self) -> None:
        pass

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        if isinstance(error, StoppedError):
            self._workbench.message.emit(str(error))
            return True
        if isinstance(error, SegStudioError):
            self._workbench.failed.emit(error, self._act)
            return True
        return False
