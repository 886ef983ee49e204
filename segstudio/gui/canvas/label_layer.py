"""Labels on the screen: segment ids through a table of colours, filled or as outlines."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from segstudio.core.classes import LabelSet, voc_color
from segstudio.core.geometry import Region
from segstudio.core.labels import FIRST_INSTANCE, MAX_SEGMENT, UNLABELLED, LabelMap, Provenance
from segstudio.gui.canvas.tiles import Pixels
from segstudio.gui.levels import from_level

Ids = NDArray[np.uint16]
Window = tuple[slice, slice] | tuple[NDArray[np.intp], ...]
Source = Callable[[Window], Ids]
"""Gives the ids of a window of the image (with steps), or of rows and columns."""


_OFTEN = 8
"""Where more than every eighth pixel is a mix, they are mixed all at once."""
_FAR = 16
"""Rows between those that are looked at first."""


class LabelPainter:
    """Renders the ids that *source* gives. 255 is transparent."""

    def __init__(self, source: Source, shape: tuple[int, int], colors: NDArray[np.uint32]) -> None:
        self._source = source
        self._shape = shape
        self.colors = colors
        self.outline = False

    def render(self, region: Region, level: int) -> Pixels:
        """The region's pixels. On coarser levels each is a mix of four of those that it covers, so that a thin stroke
        still shows."""
        if self.outline:
            return self._outlined(region, level)
        ids = self._source(region.slices) if level == 0 else self._samples(region, level, 2)
        if _uniform(ids):
            return np.full(region.shape, self.colors[ids[0, 0]], np.uint32)
        return self._colored(ids) if level == 0 else self._blended(ids)

    def _colored(self, ids: Ids) -> Pixels:
        result: Pixels = np.take(self.colors, ids, mode="wrap")
        return result

    def _blended(self, ids: Ids) -> Pixels:
        """The colours of *ids* ``(2h, 2w)``, mixed two by two. Nearly everywhere four alike meet: those are looked up
        once."""
        rows = np.ascontiguousarray(ids)
        pairs = rows.view(np.uint32)
        mixed = pairs[::2] != pairs[1::2]
        mixed |= pairs[::2] >> 16 != pairs[::2] & 0xFFFF
        places = np.flatnonzero(mixed)
        if places.size > mixed.size // _OFTEN:
            return _halved(self._colored(rows), mixed.shape)
        result = self._colored(rows[::2, ::2])
        y, x = np.divmod(places, mixed.shape[1])
        four = np.stack([pairs[2 * y, x], pairs[2 * y + 1, x]]).view(np.uint16)
        if places.size:
            result[y, x] = _halved(self._colored(four), (1, places.size))[0]
        return result

    def _samples(self, region: Region, level: int, per_side: int) -> Ids:
        """Ids at even distances, *per_side* squared for every pixel of the level; the image's edge where it ends."""
        step = (1 << level) // per_side
        y, x = from_level(region, level).slices
        rows = slice(y.start + step // 2, y.stop, step)
        columns = slice(x.start + step // 2, x.stop, step)
        if rows.stop <= self._shape[0] and columns.stop <= self._shape[1]:
            return self._source((rows, columns))
        return self._source(np.ix_(_upto(rows, self._shape[0]), _upto(columns, self._shape[1])))

    def _outlined(self, region: Region, level: int) -> Pixels:
        """Only the pixels that have a neighbour of another id."""
        wide = Region(max(0, region.y0 - 1), max(0, region.x0 - 1), region.y1 + 1, region.x1 + 1)
        ids = self._samples(wide, level, 1)
        edge = np.zeros(ids.shape, bool)
        vertical, horizontal = ids[1:] != ids[:-1], ids[:, 1:] != ids[:, :-1]
        edge[1:] |= vertical
        edge[:-1] |= vertical
        edge[:, 1:] |= horizontal
        edge[:, :-1] |= horizontal
        y, x = region.y0 - wide.y0, region.x0 - wide.x0
        inside = slice(y, y + region.height), slice(x, x + region.width)
        result: Pixels = np.where(edge[inside], self._colored(ids[inside]), np.uint32(0))
        return result


def _uniform(ids: Ids) -> bool:
    """Whether all *ids* are one: most squares of most images are."""
    if not ids.size or ids.strides == (0, 0):
        return bool(ids.size)
    first = ids[0, 0]
    return bool((ids[:: len(ids)] == first).all() and (ids[::_FAR] == first).all() and (ids == first).all())


def _upto(places: slice, end: int) -> NDArray[np.intp]:
    return np.minimum(np.arange(places.start, places.stop, places.step), end - 1)


def label_source(labels: LabelMap) -> Source:
    """All ids of a label map. The last window is remembered: layers of one tile ask for the same one after another."""
    window: Window = ()
    revision = -1
    ids: Ids = np.empty((0, 0), np.uint16)

    def all_ids(asked: Window) -> Ids:
        nonlocal window, revision, ids
        if isinstance(asked[0], np.ndarray):  # only at the image's edges
            return labels.ids[asked]
        if labels.revision != revision or asked != window:
            found = labels.ids[asked]
            # what is spread over memory is read once
            ids = found if labels.blank else np.ascontiguousarray(found)
            window, revision = asked, labels.revision
        return ids

    return all_ids


def seed_source(labels: LabelMap, all_ids: Source) -> Source:
    """The human's ids of a label map alone; *all_ids* gives those of everyone."""
    human = np.uint8(Provenance.HUMAN)
    blank = np.uint16(UNLABELLED)

    def seeds(window: Window) -> Ids:
        painted = labels.provenance[window] == human
        # most squares of an image have no strokes: they cost neither time nor memory
        return np.where(painted, all_ids(window), blank) if painted.any() else np.broadcast_to(blank, painted.shape)

    return seeds


def instance_source(labels: LabelMap, all_ids: Source) -> Source:
    """The instances of a label map alone; *all_ids* gives the ids of all pixels."""
    blank = np.uint16(UNLABELLED)

    def instances(window: Window) -> Ids:
        ids = all_ids(window)
        return np.where(ids >= FIRST_INSTANCE, ids, blank) if labels.segments else np.broadcast_to(blank, ids.shape)

    return instances


def color_table(classes: LabelSet, labels: LabelMap, hidden: frozenset[int] = frozenset()) -> NDArray[np.uint32]:
    """``(65536,)`` opaque colours by segment id: the classes' own, instances in shades that differ; 255 and the classes
    that are *hidden* transparent."""
    palette = classes.palette().astype(np.uint32)
    table = np.zeros(MAX_SEGMENT + 1, np.uint32)
    table[:FIRST_INSTANCE] = 0xFF000000 | palette[:, 0] << 16 | palette[:, 1] << 8 | palette[:, 2]
    table[[UNLABELLED, *hidden]] = 0
    add_instances(table, labels, hidden)
    return table


def add_instances(table: NDArray[np.uint32], labels: LabelMap, hidden: frozenset[int] = frozenset()) -> None:
    """Enter the colours of the label map's instances into *table*, but for those of *hidden* classes."""
    for segment, class_id in labels.segments.items():
        if class_id in hidden:
            table[segment] = 0
            continue
        red, green, blue = voc_color(1 + segment % 254)
        table[segment] = 0xFF000000 | red << 16 | green << 8 | blue


class ConfidencePainter:
    """Renders doubt: clear where the labels are sure, darker magenta the less sure they are."""

    def __init__(self, confidence: NDArray[np.float32]) -> None:
        self._confidence = confidence
        doubt = 1 - np.arange(256) / 255
        alpha = np.rint(255 * doubt**0.75).astype(np.uint32)
        red, green, blue = (np.rint(alpha * share).astype(np.uint32) for share in (0.85, 0.1, 0.75))
        self._table = alpha << 24 | red << 16 | green << 8 | blue

    def render(self, region: Region, level: int) -> Pixels:
        """The region's doubt, premultiplied."""
        y, x = from_level(region, level).slices
        step = 1 << level
        window = slice(y.start, y.stop, step), slice(x.start, x.stop, step)
        part = np.rint(255 * np.clip(self._confidence[window], 0, 1)).astype(np.uint8)
        result: Pixels = self._table[part].astype(np.uint32)
        return result


def _halved(pixels: Pixels, shape: tuple[int, int]) -> Pixels:
    """*pixels* of twice *shape*, mixed two by two."""
    import cv2  # 0.1 s that the start of the window need not pay

    channels = np.ascontiguousarray(pixels).view(np.uint8).reshape(*pixels.shape, 4)
    half: Pixels = cv2.resize(channels, shape[::-1], interpolation=cv2.INTER_AREA).view("<u4")[..., 0]
    return half
