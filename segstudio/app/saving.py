"""The way of edits into the project's files: snapshots that are taken in one thread and written by any."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from segstudio.app.contents import contents
from segstudio.app.history import Facts
from segstudio.app.journal import Journal
from segstudio.core.errors import SegStudioError
from segstudio.io.project import Project

_PATIENCE, _MOMENT = 10.0, 0.02
"""Seconds: how long others wait for what is on its way (a full disk may hold it up for good), and how often they look.
"""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A sample as it was at one moment. Nobody writes into its arrays."""

    sample_id: int
    ids: NDArray[np.uint16] | None
    """``None``, like *provenance*, where nothing was ever painted, or the image cannot be read."""
    provenance: NDArray[np.uint8] | None
    facts: Facts


@dataclass(eq=False)
class _Pending:
    snapshot: Snapshot
    page: int
    """The first page of the journal that holds edits of it."""
    shown: frozenset[int] | None = None
    """The classes that it shows, once its label files are written."""
    entered: bool = False
    """Whether the database knows the rest of it."""
    settled: bool = False
    """Whether that outlives a power cut too."""


class Saves:
    """Snapshots on their way into the project's files, the oldest first, one for each sample.

    Each goes through three steps: :meth:`write` makes the label files and may be called in any thread, :meth:`enter`
    tells the database in the project's own, :meth:`settle` waits in any thread until that is on the disk. Then
    :meth:`cut` removes what the journal held of it. Every step can be done twice; what the disk refuses stays where it
    is and is tried again the next time, while the others go on. The journal is only ever cut at its old end.
    """

    def __init__(self, project: Project, journal: Journal) -> None:
        self._project, self._journal = project, journal
        self._pending: list[_Pending] = []
        self._page = 0
        self._writing = threading.Lock()

    def __len__(self) -> int:
        return len(self._pending)

    @property
    def written(self) -> bool:
        """Whether all label files are written."""
        return all(pending.shown is not None for pending in self._pending)

    def of(self, sample_id: int) -> Snapshot | None:
        """What is to be saved of a sample: newer than its files."""
        return next((p.snapshot for p in self._pending if p.snapshot.sample_id == sample_id), None)

    def add(self, snapshot: Snapshot) -> None:
        """Take on a snapshot. It holds everything that was done to its sample; an older one is forgotten."""
        page = self._page
        self._page = self._journal.turn_page() + 1
        older = next((p for p in self._pending if p.snapshot.sample_id == snapshot.sample_id), None)
        if older is not None and snapshot.ids is None:  # its image cannot be read any more: what was painted stays
            snapshot = replace(snapshot, ids=older.snapshot.ids, provenance=older.snapshot.provenance)
        others = [p for p in self._pending if p is not older]
        self._pending = [*others, _Pending(snapshot, page if older is None else older.page)]

    @contextmanager
    def alone(self, sample_id: int) -> Iterator[None]:
        """In another thread: nothing of the sample is on its way into the files, and nothing gets there, while its
        files and rows are read, changed and written. What a person does meanwhile comes after, whole."""
        until = time.monotonic() + _PATIENCE
        self._writing.acquire()
        try:
            while self.of(sample_id) is not None and time.monotonic() < until:
                self._writing.release()
                time.sleep(_MOMENT)
                self._writing.acquire()
            yield
        finally:
            self._writing.release()

    def write(self) -> None:
        """Write the label files that are not written. Raises the first refusal of the disk once all were tried."""
        tried: set[_Pending] = set()
        refused: SegStudioError | None = None
        while True:
            with self._writing:  # chosen inside: what became old while another thread wrote is not written over it
                chosen = next((p for p in self._pending if p.shown is None and p not in tried), None)
                if chosen is None:
                    break
                tried.add(chosen)
                try:
                    chosen.shown = self._write(chosen.snapshot)
                except SegStudioError as error:
                    refused = refused or error
        if refused is not None:
            raise refused

    def enter(self) -> list[int]:
        """Tell the database of what is written; the ids of those samples."""
        entered = []
        for pending in self._pending:
            if pending.shown is not None and not pending.entered:
                snapshot = pending.snapshot
                facts = snapshot.facts
                shown = pending.shown if snapshot.ids is not None else None
                if self._project.samples([snapshot.sample_id]):  # an import may have been taken back meanwhile
                    with self._writing:
                        self._project.save_annotation(snapshot.sample_id, facts.annotation, facts.segments, shown)
                    entered.append(snapshot.sample_id)
                pending.entered = True
        return entered

    def settle(self) -> None:
        """Wait until what was entered is on the disk."""
        entered = [p for p in self._pending if p.entered]
        if entered:
            self._project.settle_rows()
        for pending in entered:
            pending.settled = True

    def cut(self) -> None:
        """Forget what is settled, and what the journal holds of it as far as nothing older waits."""
        self._pending = [p for p in self._pending if not p.settled]
        self._journal.cut(min((p.page for p in self._pending), default=self._page))
        if not self._pending:
            self._page = min(self._page, self._journal.page)  # edits of the one at hand may be on it

    def _write(self, snapshot: Snapshot) -> frozenset[int]:
        if snapshot.ids is None or snapshot.provenance is None:
            return frozenset()
        self._project.write_labels(snapshot.sample_id, snapshot.ids, snapshot.provenance, snapshot.facts.classes)
        return contents(snapshot.ids, snapshot.facts)
