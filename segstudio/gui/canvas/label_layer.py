"""Labels on the screen: segment ids through a table of colours, filled or as outlines."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from segstudio.core.classes import LabelSet, voc_color
from segstudio.core.geometry import Region
from segstudio.core.labels import FIRST_INSTANCE, MAX_SEGMENT, UNLABELLED, LabelMap, Provenance
from segstudio.gui.canvas.tiles import Pixels

Ids = NDArray[np.uint16]


class LabelPainter:
    """Renders ids that *source* gives for a window of the image. 255 is transparent."""

    def __init__(self, source: Callable[[tuple[slice, slice]], Ids], colors: NDArray[np.uint32]) -> None:
        self._source = source
        self.colors = colors
        self.outline = False

    def render(self, region: Region, level: int) -> Pixels:
        """The region's pixels: each shows the id in the middle of its block."""
        if self.outline:
            return self._outlined(region, level)
        result: Pixels = self.colors[self._ids(region, level)]
        return result

    def _ids(self, region: Region, level: int) -> Ids:
        step = 1 << level
        window = slice(region.y0 * step, region.y1 * step), slice(region.x0 * step, region.x1 * step)
        found = self._source(window)
        if level:
            found = found[:: 1 << level, :: 1 << level]
        return found

    def _outlined(self, region: Region, level: int) -> Pixels:
        """Only the pixels that have a neighbour of another id."""
        wide = Region(max(0, region.y0 - 1), max(0, region.x0 - 1), region.y1 + 1, region.x1 + 1)
        ids = self._ids(wide, level)
        edge = np.zeros(ids.shape, bool)
        vertical, horizontal = ids[1:] != ids[:-1], ids[:, 1:] != ids[:, :-1]
        edge[1:] |= vertical
        edge[:-1] |= vertical
        edge[:, 1:] |= horizontal
        edge[:, :-1] |= horizontal
        y, x = region.y0 - wide.y0, region.x0 - wide.x0
        inside = slice(y, y + region.height), slice(x, x + region.width)
        result: Pixels = np.where(edge[inside], self.colors[ids[inside]], np.uint32(0))
        return result


def label_source(labels: LabelMap) -> Callable[[tuple[slice, slice]], Ids]:
    """All ids of a label map."""
    return lambda window: labels.ids[window]


def seed_source(labels: LabelMap) -> Callable[[tuple[slice, slice]], Ids]:
    """The human's ids of a label map alone."""
    human = np.uint8(Provenance.HUMAN)
    blank = np.uint16(UNLABELLED)
    return lambda window: np.where(labels.provenance[window] == human, labels.ids[window], blank)


def color_table(classes: LabelSet, labels: LabelMap) -> NDArray[np.uint32]:
    """``(65536,)`` opaque colours by segment id: the classes' own, instances in shades that differ; 255 transparent."""
    palette = classes.palette().astype(np.uint32)
    table = np.zeros(MAX_SEGMENT + 1, np.uint32)
    table[:FIRST_INSTANCE] = 0xFF000000 | palette[:, 0] << 16 | palette[:, 1] << 8 | palette[:, 2]
    table[UNLABELLED] = 0
    for segment in labels.segments:
        red, green, blue = voc_color(1 + segment % 254)
        table[segment] = 0xFF000000 | red << 16 | green << 8 | blue
    return table


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
        step = 1 << level
        window = slice(region.y0 * step, region.y1 * step, step), slice(region.x0 * step, region.x1 * step, step)
        part = np.rint(255 * np.clip(self._confidence[window], 0, 1)).astype(np.uint8)
        result: Pixels = self._table[part].astype(np.uint32)
        return result
