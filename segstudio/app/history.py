"""Undo and redo: what every edit changed, limited by bytes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray
from psygnal import Signal

from segstudio.core.annotation import Annotation, SampleState
from segstudio.core.classes import LabelSet
from segstudio.core.geometry import Region, tiles
from segstudio.core.labels import LabelMap

S = TypeVar("S", bound=np.generic)
TILE = 256
"""Pixels are remembered in squares of this side; an edit costs the squares that it touches."""


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything besides pixels that an edit can change: immutable, so remembering it is keeping it."""

    annotation: Annotation
    segments: Mapping[int, int]
    classes: LabelSet
    state: SampleState | None = None
    """How far the sample has come; ``None`` where that is not told."""


@dataclass(frozen=True, slots=True)
class Patch:
    """The pixels of a region at one time. Where they are all alike (what was blank before a stroke is) their arrays
    hold one value, broadcast."""

    region: Region
    ids: NDArray[np.uint16]
    provenance: NDArray[np.uint8]

    @property
    def pixels(self) -> tuple[Region, NDArray[np.uint16], NDArray[np.uint8]]:
        """What :meth:`LabelMap.restore` takes."""
        return self.region, self.ids, self.provenance

    @property
    def nbytes(self) -> int:
        return _held_bytes(self.ids) + _held_bytes(self.provenance)


@dataclass(frozen=True, slots=True)
class Edit:
    """One act of a person that undo takes back as a whole."""

    name: str
    sample_id: int
    before: tuple[Patch, ...]
    after: tuple[Patch, ...]
    facts_before: Facts
    facts_after: Facts

    @property
    def marks_only(self) -> bool:
        """Whether nothing but how far the sample has come was changed: that is with the project at once."""
        return not self.before and _said(self.facts_before) == _said(self.facts_after)

    @property
    def nbytes(self) -> int:
        return sum(patch.nbytes for patch in (*self.before, *self.after)) + 256

    @property
    def region(self) -> Region:
        """The smallest region that holds every changed pixel."""
        whole = Region(0, 0, 0, 0)
        for patch in self.before:
            whole = whole | patch.region
        return whole


@dataclass(frozen=True, slots=True)
class WideEdit:
    """One act that changed many samples. What it was before and after is with those who made it, on the disk where it
    may be the whole project (see docs/adr/0050)."""

    name: str
    take_back: Callable[[], None]
    do_again: Callable[[], None]
    drop: Callable[[], None]
    """Undo and redo are not asked for any more."""
    nbytes: int = 256
    """What is held in memory for it."""


Step = Edit | WideEdit
"""What undo takes back as a whole."""


@dataclass
class _Recording:
    name: str
    facts: Facts
    tiles: dict[tuple[int, int], Patch] = field(default_factory=dict)


class History:
    """The edits of an open project, in the order in which they were made, over all its samples.

    It listens to the label map: while an edit is open, the tiles that are about to change are copied once. *facts* and
    *set_facts* read and replace what is not pixels. The oldest edits are forgotten beyond *limit* bytes; the newest is
    always kept.
    """

    changed = Signal()
    """Something was done, undone, redone or forgotten."""
    committed = Signal(int, tuple, Facts)
    """Sample id, patches and facts as they are now: after an edit, and after undo and redo, but not where only the
    state of the sample is another. The journal listens."""

    closed = Signal()
    """The open edit ended, kept or rolled back: what had to wait for it may go on."""
    finished = Signal(Edit)
    """A new edit was made (not undone or redone)."""

    def __init__(
        self,
        facts: Callable[[], Facts],
        set_facts: Callable[[Facts], None],
        limit: int = 512 << 20,
        *,
        began: Callable[[], object] = lambda: None,
    ) -> None:
        """*began* is called when an edit has changed something besides the state: what it changes of the facts is a
        part of that edit."""
        self._began = began
        self._facts = facts
        self._set_facts = set_facts
        self._limit = limit
        self._labels: LabelMap | None = None
        self._sample_id = 0
        self._done: list[Step] = []
        self._undone: list[Step] = []
        self._recording: _Recording | None = None

    def attach(self, sample_id: int, labels: LabelMap) -> None:
        """Follow another label map. No edit may be open."""
        if self._recording is not None:
            raise RuntimeError("an edit is open")
        if self._labels is not None:
            self._labels.writing.disconnect(self._keep)
        self._sample_id, self._labels = sample_id, labels
        labels.writing.connect(self._keep)

    @property
    def can_undo(self) -> bool:
        return bool(self._done) and self._recording is None

    @property
    def can_redo(self) -> bool:
        return bool(self._undone) and self._recording is None

    @property
    def next_undo(self) -> Step | None:
        return self._done[-1] if self._done else None

    @property
    def next_redo(self) -> Step | None:
        return self._undone[-1] if self._undone else None

    @property
    def nbytes(self) -> int:
        return sum(edit.nbytes for edit in (*self._done, *self._undone))

    @property
    def recording(self) -> bool:
        """Whether an edit is open."""
        return self._recording is not None

    @contextmanager
    def edit(self, name: str) -> Iterator[None]:
        """Everything that changes inside is one edit. An exception (or a generator's ``close()``) rolls it back.

        Inside another edit it is a part of that one.
        """
        if self._recording is not None:
            yield
            return
        self._recording = _Recording(name, self._facts())
        try:
            yield
        except BaseException:
            self._roll_back()
            self.closed.emit()
            raise
        self._commit()
        self.closed.emit()

    def remember(self, edit: Step) -> None:
        """Enter an edit of samples that are not attached; it is in their files already."""
        self._done.append(edit)
        self._forget_undone()
        self._forget()
        self.changed.emit()

    def undo(self) -> Step:
        """Take the last edit back. The label map of its sample must be attached, and no edit open."""
        edit = self._done[-1]
        if isinstance(edit, WideEdit):
            edit.take_back()
        else:
            self._replay(edit, edit.before, edit.facts_before)
        self._done.pop()
        self._undone.append(edit)
        self.changed.emit()
        return edit

    def redo(self) -> Step:
        """Do the last edit that was undone again."""
        edit = self._undone[-1]
        if isinstance(edit, WideEdit):
            edit.do_again()
        else:
            self._replay(edit, edit.after, edit.facts_after)
        self._undone.pop()
        self._done.append(edit)
        self.changed.emit()
        return edit

    def clear(self) -> None:
        """Forget everything."""
        for edit in self._done:
            _let_go(edit)
        self._done.clear()
        self._forget_undone()
        self.changed.emit()

    def _keep(self, region: Region) -> None:
        if self._recording is None:
            return
        labels = self._open_labels()
        for tile in tiles(region, TILE):
            key = tile.y0, tile.x0
            if key not in self._recording.tiles:
                self._recording.tiles[key] = _patch(labels, tile & labels.region)

    def _commit(self) -> None:
        recording, self._recording = self._recording, None
        if recording is None:
            return
        labels = self._open_labels()
        pairs = [pair for old in recording.tiles.values() if (pair := _difference(old, labels)) is not None]
        facts = self._facts()
        if not pairs and facts == recording.facts:
            return
        if pairs or _said(facts) != _said(recording.facts):
            self._began()
            facts = self._facts()
        before = tuple(old for old, _ in pairs)
        after = tuple(new for _, new in pairs)
        edit = Edit(recording.name, self._sample_id, before, after, recording.facts, facts)
        self._done.append(edit)
        self._forget_undone()
        self._forget()
        if not edit.marks_only:
            self.committed.emit(self._sample_id, after, facts)
        self.changed.emit()
        self.finished.emit(edit)

    def _roll_back(self) -> None:
        recording, self._recording = self._recording, None
        if recording is None:
            return
        labels = self._open_labels()
        labels.restore([patch.pixels for patch in recording.tiles.values()])
        if self._facts() != recording.facts:
            self._set_facts(recording.facts)

    def _replay(self, edit: Edit, patches: tuple[Patch, ...], facts: Facts) -> None:
        if edit.sample_id != self._sample_id or self._recording is not None:
            raise RuntimeError("undo and redo need the edit's own sample, and no open edit")
        if patches:
            self._open_labels().restore([patch.pixels for patch in patches])
        now = self._facts()
        if edit.facts_before.state is edit.facts_after.state:  # somebody else may have said meanwhile what it is
            facts = replace(facts, state=now.state)
        if now != facts:
            self._set_facts(facts)
        if not edit.marks_only:
            self.committed.emit(edit.sample_id, patches, facts)

    def _forget(self) -> None:
        total = self.nbytes
        while total > self._limit and len(self._done) > 1:
            oldest = self._done.pop(0)
            total -= oldest.nbytes
            _let_go(oldest)

    def _forget_undone(self) -> None:
        for edit in self._undone:
            _let_go(edit)
        self._undone.clear()

    def _open_labels(self) -> LabelMap:
        if self._labels is None:
            raise RuntimeError("no label map is attached")
        return self._labels


def _said(facts: Facts) -> Facts:
    """*facts* but for how far the sample has come."""
    return replace(facts, state=None)


def _let_go(edit: Step) -> None:
    if isinstance(edit, WideEdit):
        edit.drop()


def _patch(labels: LabelMap, region: Region) -> Patch:
    return Patch(region, labels.ids[region.slices].copy(), labels.provenance[region.slices].copy())


def _difference(old: Patch, labels: LabelMap) -> tuple[Patch, Patch] | None:
    """What changed of a tile since *old*, before and after, cut to the rows and columns that changed."""
    ids = labels.ids[old.region.slices]
    provenance = labels.provenance[old.region.slices]
    different = (ids != old.ids) | (provenance != old.provenance)
    rows = np.flatnonzero(different.any(axis=1))
    if not rows.size:
        return None
    columns = np.flatnonzero(different.any(axis=0))
    part = Region(int(rows[0]), int(columns[0]), int(rows[-1]) + 1, int(columns[-1]) + 1)
    region = part.shifted(old.region.y0, old.region.x0)
    return (
        Patch(region, _kept(old.ids[part.slices]), _kept(old.provenance[part.slices])),
        Patch(region, _kept(ids[part.slices]), _kept(provenance[part.slices])),
    )


def _kept(pixels: NDArray[S]) -> NDArray[S]:
    first = pixels[0, 0]
    alike = (pixels[0] == first).all() and (pixels == first).all()
    return np.broadcast_to(first, pixels.shape) if alike else pixels.copy()


def is_uniform(pixels: NDArray[np.generic]) -> bool:
    """Whether an array of a :class:`Patch` holds one value for all its pixels."""
    return pixels.strides == (0, 0)


def _held_bytes(pixels: NDArray[np.generic]) -> int:
    return pixels.itemsize if is_uniform(pixels) else pixels.nbytes
