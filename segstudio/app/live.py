"""What a stroke would spread to, shown while it is drawn: computed in a thread from the pixels drawn so far."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from psygnal import Signal

from segstudio.app.jobs import Job
from segstudio.core.geometry import Region
from segstudio.core.labels import UNLABELLED, LabelMap, Provenance
from segstudio.core.progress import Progress, Work

if TYPE_CHECKING:
    from segstudio.algorithms.scribbles import Propagation, Session
    from segstudio.app.document import Document
    from segstudio.app.workbench import Workbench

log = logging.getLogger(__name__)

Drawn = tuple[int, NDArray[np.intp], NDArray[np.intp]]
"""A class id, 255 to erase, and the pixels (y, x) that it was drawn on."""

LARGEST = 40_000_000
"""Images of more pixels have no preview: their superpixels would take longer than the stroke."""
_LANE = "preview"
_BELIEF = "what the preview goes on from"
_ASSUMED = 0.9
"""How probable a label is taken to be of which only the class is known."""
_NOWHERE = Region(0, 0, 0, 0)
_SMALL = 1 << 20
"""Changes of more pixels than this are no stroke; the strokes are then read anew."""


class LivePreview:
    """Follows the strokes of the sample at hand, where a person asked for live propagation.

    Superpixels and their features are computed in the background once the sample is shown. While a stroke is drawn,
    its pixels go to a :class:`~segstudio.algorithms.scribbles.Session` in a thread of its own, and :attr:`labels`
    follows; the document is not touched. On the mouse's path only the pixels under the brush are looked at.
    """

    changed = Signal(object)
    """:attr:`labels` is another in this :class:`Region`; ``None``: it has come or gone."""

    def __init__(self, workbench: Workbench) -> None:
        self._workbench = workbench
        self.labels: NDArray[np.uint16] | None = None
        """``(H, W)`` class ids that the strokes would spread to; none while nothing is drawn or there is one class."""
        self._document: Document | None = None
        self._followed: LabelMap | None = None
        self._session: Session | None = None
        self._scratch: NDArray[np.uint16] | None = None
        self._seen: NDArray[np.uint8] | None = None
        """The strokes as the session knows them, or will."""
        self._pending: deque[Drawn] = deque()
        self._job: Job | None = None
        self._owed = _NOWHERE
        """Where the session has labels that :attr:`_scratch` was not told of; the preview's thread keeps it."""
        self._unread = False
        """Whether the strokes have changed in ways that were not followed."""
        workbench.jobs.ended.connect(self._ended)

    @property
    def wanted(self) -> bool:
        document = self._workbench.document
        return (
            self._workbench.settings.live_propagation
            and document is not None
            and document.image is not None
            and document.labels.shape[0] * document.labels.shape[1] <= LARGEST
        )

    def attach(self, document: Document) -> None:
        """Follow an open project."""
        self._document = document
        document.sample_changed.connect(self.begin)
        document.history.closed.connect(self._settle)
        document.history.changed.connect(self._edited)

    def begin(self) -> None:
        """Prepare for the sample at hand, or let go of the last one where nothing is wanted."""
        self._let_go()
        document = self._document
        if document is None or not self.wanted or document.image is None:
            return
        image, labels = document.image, document.labels
        self._followed = labels
        labels.written.connect(self._written)
        seeds = self._seen = _seeds(labels)
        spread = _spread(labels)

        def prepare() -> Work[Session]:
            from segstudio.algorithms.scribbles import Session  # loads numba, which start-up need not pay

            yield Progress(None, "looking at the image")
            session = Session(image.whole())
            session.prepare()
            yield Progress(None, "looking at the strokes")
            session.replace(seeds)
            yield Progress(None, "comparing")
            shown = spread()
            if shown is not None:
                session.believe(shown, _ASSUMED)
            return session

        self._job = self._workbench.jobs.submit(
            "Prepare the preview", prepare, self._prepared, lane=_LANE, key=_LANE, failed=_leave, quiet=True
        )

    def scene(self) -> Any:
        """What the default propagation needs of the image at hand, where it is known already; else ``None``."""
        session = self._session
        return None if session is None else session.__dict__.get("scene")

    def believe(self, found: Propagation) -> None:
        """Build the next previews on the result *found* of the whole propagation."""
        self._go_on(lambda session: session.believe(found.labels, found.confidence))

    def reread(self) -> None:
        """Build the next previews on the labels at hand: neither a stroke nor :meth:`believe` has told of a change."""
        if self._followed is None:
            return
        spread = _spread(self._followed)

        def look(session: Session) -> None:
            shown = spread()
            if shown is None:
                session.forget()
            else:
                session.believe(shown, _ASSUMED)

        self._go_on(look)

    def _go_on(self, look: Callable[[Session], None]) -> None:
        """Let the session *look* in its thread at what was spread, and show it from then on."""
        session = self._session
        if session is None:
            return

        def work() -> Work[None]:
            yield Progress(None, "comparing")
            session.scene  # noqa: B018  # computed once, for the next propagations
            look(session)
            yield self._told(session, Region.of(session.labels.shape))

        self._workbench.jobs.submit(
            "Prepare the preview",
            work,
            lane=_LANE,
            key=_BELIEF,
            failed=_leave,
            progressed=self._show,
            quiet=True,
        )

    def _start_again(self, session: Session, labels: LabelMap) -> None:
        """Let the session know the strokes as they are now, and nothing else."""
        self._pending.clear()
        seeds = self._seen = _seeds(labels)

        def work() -> Work[None]:
            yield Progress(None, "looking at the strokes")
            self._owed |= session.replace(seeds)

        self._workbench.jobs.submit("Prepare the preview", work, lane=_LANE, failed=_leave, quiet=True)

    def end(self) -> None:
        """Show the document's labels again."""
        if self.labels is not None:
            self.labels = None
            self.changed.emit(None)

    # ---- following the strokes

    def _let_go(self) -> None:
        if self._followed is not None:
            self._followed.written.disconnect(self._written)
        if self._job is not None:
            self._workbench.jobs.stop(self._job)
        self._followed = self._session = self._scratch = self._seen = self._job = None
        self._pending.clear()
        self._unread = False
        self.end()

    def _prepared(self, session: Session) -> None:
        self._session = session
        self._scratch, self._owed = session.labels.copy(), _NOWHERE

    def _written(self, region: Region) -> None:
        labels, seen = self._followed, self._seen
        if labels is None or seen is None:
            return
        if region.area > _SMALL:
            self._unread = True
            return
        now = _seeds(labels, region)
        old = seen[region.slices]
        different = now != old
        if not different.any():
            return
        for value in np.unique(now[different]):
            y, x = np.nonzero(different & (now == value))
            self._pending.append((int(value), y + region.y0, x + region.x0))
        old[different] = now[different]
        self._feed()

    def _edited(self) -> None:
        """After an edit, undo or redo: read the strokes again where they were changed by more than a stroke."""
        session, labels = self._session, self._followed
        if self._unread and session is not None and labels is not None:
            self._unread = False
            self._start_again(session, labels)

    def _settle(self) -> None:
        """A stroke that was given up leaves no preview; after one that was kept the whole propagation answers."""
        document = self._document
        if document is None or not (document.history.recording or self._workbench.propagation.running):
            self.end()

    # ---- the thread

    def _feed(self) -> None:
        session = self._session
        if session is None or self._job is not None or not self._pending:
            return
        pending = self._pending

        def work() -> Work[None]:
            while pending:
                yield self._told(session, _take(session, pending))

        self._job = self._workbench.jobs.submit(
            "Preview the stroke", work, lane=_LANE, failed=_leave, progressed=self._show, quiet=True
        )

    def _told(self, session: Session, region: Region) -> Progress:
        """For :meth:`_show`: what *session* has changed in *region* and before; nothing while there is one class."""
        self._owed |= region
        region = self._owed
        if region.empty or len(session.classes) < 2:
            return Progress(None, "spreading")
        self._owed = _NOWHERE
        return Progress(None, "spreading", (region, session.labels[region.slices].copy()))

    def _ended(self, job: Job) -> None:
        if job is self._job:
            self._job = None
            self._feed()
        self._settle()

    def _show(self, progress: Progress) -> None:
        document, scratch = self._document, self._scratch
        if not isinstance(progress.detail, tuple) or scratch is None or document is None:
            return
        region, part = progress.detail
        if part.shape == scratch.shape:
            scratch = self._scratch = part
            self.labels = None if self.labels is None else part
        else:
            scratch[region.slices] = part
        if self.labels is not None:
            self.changed.emit(region)
        elif document.history.recording:  # once the stroke is over, its result is on the way
            self.labels = scratch
            self.changed.emit(None)


def _leave(error: BaseException) -> None:
    """Without a preview a person can work as well; the whole propagation says what is wrong."""
    log.info("no preview: %s", error)


def _seeds(labels: LabelMap, region: Region | None = None) -> NDArray[np.uint8]:
    """A copy of the human's pixels of *region* (all) as class ids, 255 elsewhere."""
    window = (region or labels.region).slices
    human = labels.provenance[window] == Provenance.HUMAN
    return np.where(human, labels.classes(region), np.uint8(UNLABELLED))


def _spread(labels: LabelMap) -> Callable[[], NDArray[np.uint8] | None]:
    """What reads the labels as class ids, 255 where there is none, or ``None`` where no machine has made any.

    It may be called in another thread, for all of a large image takes longer than a frame; a stroke that is drawn
    meanwhile is told to the session by itself.
    """
    ids, provenance, table = labels.ids, labels.provenance, labels.class_table()

    def read() -> NDArray[np.uint8] | None:
        machine = (provenance != Provenance.HUMAN) & (ids != UNLABELLED)
        return table[ids] if machine.any() else None

    return read


def _take(session: Session, pending: deque[Drawn]) -> Region:
    """Hand the oldest pixels, and those of the same class right after them, to the session."""
    value, y, x = pending.popleft()
    while pending and pending[0][0] == value:
        _, more_y, more_x = pending.popleft()
        y, x = np.concatenate([y, more_y]), np.concatenate([x, more_x])
    return session.erase(y, x) if value == UNLABELLED else session.preview(value, y, x)
