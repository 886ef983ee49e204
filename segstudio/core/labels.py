"""The label map: segment ids with their provenance, and the one door through which every pixel changes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import IntEnum
from typing import ClassVar, TypeVar, cast

import numpy as np
from numpy.typing import ArrayLike, NDArray
from psygnal import Signal

from segstudio.core.errors import AnnotationError
from segstudio.core.geometry import Region, joined
from segstudio.core.tiled import TiledArray

S = TypeVar("S", bound=np.generic)
_Ids = NDArray[np.uint16]
_Marks = NDArray[np.uint8]

UNLABELLED = 255
"""No label: the ignore index of Pascal VOC and of every loss here."""
FIRST_INSTANCE = 256
"""Segment ids from here on are instances; their class stands in the segment table."""
MAX_SEGMENT = 65535
TILED_FROM = 1 << 24
"""Pixels from which on a map is kept in tiles: blank ones cost nothing, and a copy shares what is not written to.
Copying fewer takes a few milliseconds, which nobody feels when a snapshot is taken while people paint."""
_TOLD_TOGETHER = 1024
"""Side of the squares whose regions listeners are told of as one."""


class Provenance(IntEnum):
    """Who said what a pixel is."""

    NONE = 0
    HUMAN = 1
    PROPAGATED = 2
    MODEL = 3
    IMPORTED = 4


class LabelMap:
    """Segment ids ``(H, W)`` uint16 and provenance ``(H, W)`` uint8 of one sample.

    Ids 0..254 are classes, 255 is unlabelled, 256 and up are instances whose class :attr:`segments` tells. Pixels
    change through :meth:`write` alone (and :meth:`restore`, which takes a change back). Both tell listeners before
    (*writing*) and after (*written*) which region changes; history, journal and canvas listen.

    A human's pixel is changed by a human only: a write from any other source passes over it.

    Nothing is allocated before the first write, so an untouched map of a very large image costs no memory; from
    :data:`TILED_FROM` pixels on only the tiles that are written to do (:class:`~segstudio.core.tiled.TiledArray`).
    """

    writing: ClassVar[Signal] = Signal(Region)
    written: ClassVar[Signal] = Signal(Region)

    def __init__(self, shape: tuple[int, int], segments: Mapping[int, int] | None = None) -> None:
        """A blank map of *shape*; instances may be known of which there are no pixels."""
        self._shape = (int(shape[0]), int(shape[1]))
        self._ids: NDArray[np.uint16] | None = None
        self._provenance: NDArray[np.uint8] | None = None
        self._segments: dict[int, int] = dict(segments or {})
        self.locked: frozenset[int] = frozenset()
        """Classes whose pixels every :meth:`write` passes over, whoever writes."""
        self.revision = 0
        """Counts the changes; a result computed from an older revision can be told by it."""

    @classmethod
    def from_arrays(
        cls, ids: ArrayLike, provenance: ArrayLike | None = None, segments: Mapping[int, int] | None = None
    ) -> LabelMap:
        """A map that holds copies of *ids* and *provenance* (none given: imported where labelled)."""
        if isinstance(ids, TiledArray) and isinstance(provenance, TiledArray):
            tiled = cls(ids.shape)
            tiled._ids, tiled._provenance = cast("_Ids", ids.copy()), cast("_Marks", provenance.copy())
            tiled._segments = dict(segments or {})
            return tiled
        array = np.asarray(ids)
        if array.ndim != 2 or array.dtype.kind not in "ui":
            raise AnnotationError(f"a label map is an (H, W) array of integers, not {array.dtype} {array.shape}")
        if array.size and (int(array.min()) < 0 or int(array.max()) > MAX_SEGMENT):
            raise AnnotationError(f"segment ids lie in 0..{MAX_SEGMENT}")
        labels = cls((array.shape[0], array.shape[1]))
        labels._ids = array.astype(np.uint16)
        if provenance is None:
            labels._provenance = np.where(labels._ids == UNLABELLED, Provenance.NONE, Provenance.IMPORTED).astype(
                np.uint8
            )
        else:
            labels._provenance = np.array(provenance, np.uint8)
            if labels._provenance.shape != labels._shape:
                raise AnnotationError(
                    f"provenance of size {labels._provenance.shape} does not fit labels of size {labels._shape}"
                )
        labels._segments = dict(segments or {})
        return labels

    @property
    def shape(self) -> tuple[int, int]:
        return self._shape

    @property
    def region(self) -> Region:
        return Region.of(self._shape)

    @property
    def ids(self) -> NDArray[np.uint16]:
        """Segment ids ``(H, W)``, read-only; a view that follows later writes only once something was written."""
        return _read_only(self._ids, self._shape, np.uint16(UNLABELLED))

    @property
    def provenance(self) -> NDArray[np.uint8]:
        """:class:`Provenance` values ``(H, W)``, read-only."""
        return _read_only(self._provenance, self._shape, np.uint8(Provenance.NONE))

    @property
    def segments(self) -> Mapping[int, int]:
        """Class id of every instance id."""
        return self._segments

    @property
    def blank(self) -> bool:
        """Whether nothing was ever written (a cheap test: a map that was erased again is not blank)."""
        return self._ids is None

    def write(
        self, region: Region, value: ArrayLike, where: NDArray[np.bool_] | None = None, *, source: Provenance
    ) -> Region:
        """Set the pixels of *region* to *value* (one id, or an array of the region's shape), only *where* it is true.

        *where* has the region's shape. What lies outside the map is cut off. Pixels of a human are passed over unless
        *source* is human, those of :attr:`locked` classes always. Pixels set to 255 lose their provenance. Returns the
        region that may have changed (empty where nothing did). Raises :class:`AnnotationError` for values that are no
        segment ids.
        """
        values = np.asarray(value)
        _check_values(values, region)
        inside = region & self.region
        if inside.empty:
            return Region(0, 0, 0, 0)
        window = inside.shifted(-region.y0, -region.x0).slices
        values = values[window] if values.ndim else values
        mask = where[window] if where is not None else None
        if source is not Provenance.HUMAN and self._provenance is not None:
            open_to_all = self._provenance[inside.slices] != Provenance.HUMAN
            mask = open_to_all if mask is None else mask & open_to_all
        if self.locked and self._ids is not None:
            unlocked = ~self._locked_segments()[self._ids[inside.slices]]
            mask = unlocked if mask is None else mask & unlocked
        if mask is not None and not mask.any():
            return Region(0, 0, 0, 0)
        self.writing.emit(inside)
        ids, provenance = self._arrays()
        _put(ids, inside, values, mask)
        _put(provenance, inside, np.where(values == UNLABELLED, np.uint8(Provenance.NONE), np.uint8(source)), mask)
        self.revision += 1
        self.written.emit(inside)
        return inside

    def renumber(self, region: Region, ids: NDArray[np.uint16], where: NDArray[np.bool_]) -> None:
        """Give the pixels of *where* (of the region's shape) the ids in *ids* of other instances.

        What they are stays said by whom it was said: telling objects apart, or taking them together, is no statement
        about their class.
        """
        _check_values(ids, region)
        if not where.any():
            return
        self.writing.emit(region)
        own, _ = self._arrays()
        _put(own, region, ids, where)
        self.revision += 1
        self.written.emit(region)

    def restore(self, parts: Sequence[tuple[Region, _Ids, _Marks]]) -> None:
        """Put the pixels of some regions (ids and provenance of each) back as they were, human or not: for undo, redo
        and the journal only.

        Listeners are told of neighbouring regions together: what a long stroke touched are hundreds.
        """
        told = joined((region for region, _, _ in parts), _TOLD_TOGETHER)
        for region in told:
            self.writing.emit(region)
        own_ids, own_provenance = self._arrays()
        for region, ids, provenance in parts:
            _put(own_ids, region, ids, None)
            _put(own_provenance, region, provenance, None)
        self.revision += 1
        for region in told:
            self.written.emit(region)

    def new_segment(self, class_id: int) -> int:
        """A new instance id of class *class_id*; :class:`AnnotationError` when all are used."""
        segment = max(self._segments, default=FIRST_INSTANCE - 1) + 1
        if segment > MAX_SEGMENT:
            raise AnnotationError("this image holds as many instances as a label map can tell apart")
        self._segments[segment] = class_id
        return segment

    def set_segments(self, segments: Mapping[int, int]) -> None:
        """Replace the segment table and repaint."""
        self._segments = dict(segments)
        self.revision += 1
        self.written.emit(self.region)

    def class_of(self, segment: int) -> int:
        """The class id of a segment id; 255 for unlabelled pixels and for instances that the table does not know."""
        return segment if segment < FIRST_INSTANCE else self._segments.get(segment, UNLABELLED)

    def class_table(self) -> NDArray[np.uint8]:
        """``(65536,)``: class id by segment id."""
        table = np.full(MAX_SEGMENT + 1, UNLABELLED, np.uint8)
        table[:FIRST_INSTANCE] = np.arange(FIRST_INSTANCE)
        for segment, class_id in self._segments.items():
            table[segment] = class_id
        return table

    def classes(self, region: Region | None = None) -> NDArray[np.uint8]:
        """A copy of *region* (all) as class ids ``(H, W)`` uint8, 255 unlabelled."""
        window = self.ids[(region or self.region).slices]
        if not self._segments:
            return np.where(window < FIRST_INSTANCE, window, UNLABELLED).astype(np.uint8)
        return self.class_table()[window]

    def seeds(self) -> NDArray[np.uint16]:
        """A copy of the human's pixels ``(H, W)``, 255 elsewhere: what propagation starts from."""
        if self._ids is None or self._provenance is None:
            return np.full(self._shape, UNLABELLED, np.uint16)
        return np.where(self._provenance == Provenance.HUMAN, self._ids, np.uint16(UNLABELLED))

    def _locked_segments(self) -> NDArray[np.bool_]:
        """``(65536,)``: whether pixels of a segment id are locked."""
        table = np.zeros(MAX_SEGMENT + 1, bool)
        table[list(self.locked)] = True
        table[[segment for segment, class_id in self._segments.items() if class_id in self.locked]] = True
        return table

    def _arrays(self) -> tuple[NDArray[np.uint16], NDArray[np.uint8]]:
        if self._ids is None or self._provenance is None:
            if self._shape[0] * self._shape[1] >= TILED_FROM:  # what is asked of an array, they answer
                self._ids = cast("_Ids", TiledArray(self._shape, np.uint16, UNLABELLED))
                self._provenance = cast("_Marks", TiledArray(self._shape, np.uint8, Provenance.NONE))
            else:
                self._ids = np.full(self._shape, UNLABELLED, np.uint16)
                self._provenance = np.zeros(self._shape, np.uint8)
        return self._ids, self._provenance


def _check_values(values: NDArray[np.generic], region: Region) -> None:
    if values.dtype.kind not in "ui":
        raise AnnotationError(f"segment ids are integers, not {values.dtype}")
    if values.ndim and values.shape != region.shape:
        raise AnnotationError(f"labels of size {values.shape} do not fit a region of size {region.shape}")
    if values.dtype not in (np.uint8, np.uint16) and values.size:
        low, high = int(values.min()), int(values.max())
        if low < 0 or high > MAX_SEGMENT:
            raise AnnotationError(f"segment ids lie in 0..{MAX_SEGMENT}, not {low}..{high}")


def _put(array: NDArray[S], region: Region, values: NDArray[np.generic], where: NDArray[np.bool_] | None) -> None:
    target: object = array
    if isinstance(target, TiledArray):
        target.put(region, values, where)
    else:
        np.copyto(array[region.slices], values, where=True if where is None else where, casting="unsafe")


def _read_only(array: NDArray[S] | None, shape: tuple[int, int], blank: S) -> NDArray[S]:
    held: object = array
    if isinstance(held, TiledArray):
        return array  # type: ignore[return-value]  # gives copies of its pixels, never views
    view: NDArray[S] = np.broadcast_to(blank, shape) if array is None else array.view()
    view.flags.writeable = False
    return view
