"""What the project's other images say: their strokes and accepted masks, learned from in the background."""

from __future__ import annotations

import heapq
import logging
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from psygnal import Signal

from segstudio.app.image_cache import stamp
from segstudio.app.jobs import Job
from segstudio.app.propagation_choices import OTHERS
from segstudio.core.annotation import SampleState
from segstudio.core.errors import AnnotationError, ImageError, MaskError
from segstudio.core.labels import UNLABELLED, Provenance
from segstudio.core.progress import Progress, Work, scaled
from segstudio.io.project import Project, SampleQuery, StoredSample
from segstudio.io.project.label_files import PROVENANCE

if TYPE_CHECKING:
    from segstudio.algorithms.scribbles import Experience, Lesson
    from segstudio.app.document import Document
    from segstudio.app.workbench import Workbench

log = logging.getLogger(__name__)

MOST = 48
"""More images than these add little, and an image has to be read before it teaches."""
PAUSE = 0.4
"""Seconds that an image is looked at before anything is learned for it: people leaf through images."""
_LANE = "others"
_ACCEPTED = frozenset({SampleState.REVIEWED, SampleState.DONE})
_BEGUN = _ACCEPTED | {SampleState.IN_PROGRESS}

_Stamp = tuple[object, ...]


@dataclass(frozen=True)
class _Taught:
    """What an image taught when its files were as *stamp* says."""

    stamp: _Stamp
    lesson: Lesson | None


class _Asked(NamedTuple):
    """An image to learn from, and whether all of its labels were accepted."""

    sample: StoredSample
    accepted: bool


class Others:
    """Learns for the sample at hand from the other images of the project; :attr:`experience` is ready or it is not.

    Each image is read once and again only when it was drawn on; which ones are read does not change as the project
    grows, so that going on to the next image costs no more than comparing what is known.
    """

    changed = Signal()
    """:attr:`experience` has come or gone, or is on its way."""

    def __init__(self, workbench: Workbench) -> None:
        self._workbench = workbench
        self.experience: Experience | None = None
        """What the other images say; ``None`` where they say nothing, nobody listens or it is not known yet."""
        self.images = 0
        """How many images :attr:`experience` was learned from."""
        self._taught: dict[int, _Taught] = {}
        self._document: Document | None = None
        self._for: int | None = None
        self._job: Job | None = None
        self._learning = False
        workbench.propagation.changed.connect(self._chosen)
        workbench.jobs.ended.connect(self._ended)

    @property
    def running(self) -> bool:
        """Whether something is being learned."""
        return self._job is not None and self._learning

    @property
    def wanted(self) -> bool:
        """Whether the method at hand listens to other images."""
        propagation = self._workbench.propagation
        return propagation.method == "auto" and propagation.value(OTHERS) > 0

    def attach(self, document: Document) -> None:
        """Follow an open project, and forget what another one taught."""
        self._document, self._taught, self._for = document, {}, None
        self.experience, self.images = None, 0
        document.sample_changed.connect(self.begin)

    def begin(self) -> None:
        """Learn for the sample at hand; what was learned for another one may be its own strokes."""
        document = self._document
        if self._job is not None:
            self._workbench.jobs.stop(self._job)
        self.experience, self.images, self._job, self._for, self._learning = None, 0, None, None, False
        if document is not None and document.sample is not None and self._worthwhile(document):
            self._for = document.sample.id
            self._job = self._workbench.jobs.submit(
                "Wait for the other images", _pause, self._ask, lane=_LANE, key=_LANE, quiet=True
            )
        self.changed.emit()

    def _worthwhile(self, document: Document) -> bool:
        """Whether somebody listens and there may be something to hear."""
        if not self.wanted or document is not self._workbench.document or document.image is None:
            return False
        counts = document.project.counts()
        return sum(counts.get(state, 0) for state in _BEGUN) > 1

    def _ask(self, _: None) -> None:
        """Learn from what the project holds by now, if a person is still at the image."""
        document, sample_id = self._document, self._for
        if document is None or document is not self._workbench.document or sample_id is None:
            return
        asked = _asked(document.project, sample_id)
        if len(asked) > 1:
            self._submit(asked, sample_id)
            self.changed.emit()

    def _submit(self, asked: list[_Asked], sample_id: int) -> None:
        known, document = dict(self._taught), self._document
        self._learning = True

        def work() -> Work[tuple[Experience | None, int]]:
            taught = yield from scaled(_read(asked, known), 0.0, 0.7)
            from segstudio.algorithms import scribbles  # loads numba, which start-up need not pay

            useful = [lesson for lesson in taught if lesson is not None]
            return (yield from scaled(scribbles.learn(useful), 0.7, 1.0)), len(useful)

        def keep(progress: Progress) -> None:
            if document is self._document and isinstance(progress.detail, dict):
                self._taught |= progress.detail

        def done(found: tuple[Experience | None, int]) -> None:
            if document is self._document and self._for == sample_id:
                self.experience, self.images = found if found[0] is not None else (None, 0)

        self._job = self._workbench.jobs.submit(
            "Learn from the other images",
            work,
            done,
            lane=_LANE,
            key=_LANE,
            failed=_leave,
            progressed=keep,
            quiet=True,
        )

    def _chosen(self) -> None:
        """Another method or weight: begin where something is missing."""
        if self.wanted and self.experience is None and self._job is None:
            self.begin()

    def _ended(self, job: Job) -> None:
        if job is self._job:
            self._job = None
            self.changed.emit()


def heard_by_each(project: Project, ids: Sequence[int]) -> Work[dict[int, Experience | None]]:
    """What the other images say for each sample of *ids*: never anything that its own strokes have taught.

    The images that teach are dealt into folds, so that this takes as many forests at most.
    """
    from segstudio.learning.weak.lessons import folds  # loads numba

    asked = _asked(project)
    taught = yield from scaled(_read(asked, {}), 0.0, 0.6)
    listening = set(ids)
    strangers = listening - {one.sample.id for one in asked}  # who teaches nothing may hear anybody
    heard: dict[int, Experience | None] = {}
    for fold in folds(taught):
        own = (listening & {asked[place].sample.id for place in fold.members}) | (strangers - heard.keys())
        if own:
            share = 0.6 + 0.4 * len(heard) / len(listening), 0.6 + 0.4 * (len(heard) + len(own)) / len(listening)
            heard |= dict.fromkeys(own, (yield from scaled(fold.learning(0), *share)))
    return heard


def _leave(error: BaseException) -> None:
    """Strokes spread without the other images as well."""
    log.info("nothing was learned from the other images: %s", error)


def _pause() -> Work[None]:
    yield Progress(None, "waiting")
    time.sleep(PAUSE)


def _asked(project: Project, but: int | None = None) -> list[_Asked]:
    """The images to learn from, without *but*: the same ones as far as they are there, in no order of theirs."""
    begun = (i for i in project.sample_ids(SampleQuery(states=_BEGUN)) if i != but)
    chosen = project.samples(heapq.nsmallest(MOST, begun, key=_shuffled))
    return [
        _Asked(
            StoredSample(s.id, s.name, s.path, s.frame, project.labels_file(s.id), project.segments(s.id)),
            s.state in _ACCEPTED,
        )
        for s in chosen
    ]


def _shuffled(sample_id: int) -> int:
    """A place for a sample that stays the same whatever others there are (Knuth's multiplicative hash)."""
    return sample_id * 2654435761 % (1 << 32)


def _read(asked: Sequence[_Asked], known: Mapping[int, _Taught]) -> Work[list[Lesson | None]]:
    """What each sample teaches; each newly read one goes into the progress's detail, so that it is read once."""
    found = []
    for number, (sample, accepted) in enumerate(asked):
        files = sample.labels_file, sample.labels_file.with_name(PROVENANCE)
        then = accepted, *map(stamp, files)
        taught = known.get(sample.id)
        if taught is None or taught.stamp != then:
            taught = _Taught(then, _lesson(sample, whole=accepted))
            yield Progress(number / len(asked), sample.name, {sample.id: taught})
        found.append(taught.lesson)
    return found


def _lesson(sample: StoredSample, *, whole: bool) -> Lesson | None:
    """What a sample teaches: all labels of an accepted one, else what people drew and brought along."""
    from segstudio.algorithms import scribbles  # loads numba, which start-up need not pay

    try:
        labels = sample.labels()
        if not whole:
            ours = np.isin(sample.provenance(), (Provenance.HUMAN, Provenance.IMPORTED))
            labels = np.where(ours, labels, np.uint16(UNLABELLED))
        return None if (labels == UNLABELLED).all() else scribbles.lesson(sample.image(), labels)
    except (AnnotationError, ImageError, MaskError):
        return None  # what is wrong is said when a person goes there
