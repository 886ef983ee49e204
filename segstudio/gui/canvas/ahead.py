"""The picture of an image that is not at hand yet, made without Qt, so that a thread can make it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from segstudio.core.classes import LabelSet
from segstudio.core.geometry import Region
from segstudio.core.labels import LabelMap
from segstudio.gui.canvas.image_layer import ImagePainter, channel_looks
from segstudio.gui.canvas.label_layer import (
    LabelPainter,
    Source,
    color_table,
    instance_source,
    label_source,
    seed_source,
)
from segstudio.gui.canvas.tiles import Pixels, cells
from segstudio.io.images import Image, display_window

Tiles = dict[tuple[int, Region], Pixels]
"""By level and place, both as a :class:`~segstudio.gui.canvas.tiles.TileCache` counts them."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What of an image is looked at, and how its labels look there."""

    region: Region
    """In the image's pixels; not cut to it."""
    level: int
    classes: LabelSet
    hidden: frozenset[int]
    """Classes that are not shown."""
    outline: bool
    layers: frozenset[str]
    """Those of labels that are shown."""


@dataclass(frozen=True, slots=True)
class Drawn:
    """What :func:`draw` made, for the scene of *image* and *labels*."""

    image: Image
    painter: ImagePainter
    labels: LabelMap | None
    colors: NDArray[np.uint32]
    """By segment id: those that the labels are shown in."""
    outline: bool
    tiles: dict[str, Tiles] = field(default_factory=dict)

    def of(self, name: str, labels: LabelMap, colors: NDArray[np.uint32], outline: bool) -> Tiles:
        """The tiles of a layer of *labels*, where they look as they are to look now."""
        as_wanted = labels is self.labels and (outline == self.outline or name == "instances")
        return self.tiles.get(name, {}) if as_wanted and np.array_equal(colors, self.colors) else {}


def image_painter(image: Image) -> ImagePainter:
    """Renders *image* as it is shown by itself."""
    window = display_window(image)
    painter = ImagePainter(image, window.low, window.high, window.curve)
    painter.channels = channel_looks(image)
    return painter


def label_painters(
    ids: Source, labels: LabelMap, known: Source, colors: NDArray[np.uint32], outline: bool
) -> dict[str, LabelPainter]:
    """What renders the layers of *labels*: *ids* gives those that are shown as labels, *known* the map's own."""
    painters = {
        "labels": LabelPainter(ids, labels.shape, colors),
        "seeds": LabelPainter(seed_source(labels, known), labels.shape, colors),
        "instances": LabelPainter(instance_source(labels, known), labels.shape, colors),
    }
    for name, painter in painters.items():
        painter.outline = outline or name == "instances"
    return painters


def draw(image: Image, labels: LabelMap | None, seen: Seen, dress: Callable[[ImagePainter], None]) -> Drawn:
    """Render what is *seen* of *image* and *labels*. Any thread may, as long as nobody writes into them.

    *dress* gives what renders the image the contrast that it is to have.
    """
    painter = image_painter(image)
    dress(painter)
    colors = color_table(seen.classes, labels if labels is not None else LabelMap((0, 0)), seen.hidden)
    drawn = Drawn(image, painter, labels, colors, seen.outline)
    if image.lazy:
        return drawn  # read as it is looked at; its file is open once
    painter.keep_coarse()
    wanted = list(cells(image.shape, seen.region, seen.level))
    drawn.tiles["image"] = {(seen.level, cell): painter.render(cell, seen.level) for cell in wanted}
    if labels is None or labels.blank:
        return drawn
    known = label_source(labels)
    for name, layer in label_painters(known, labels, known, colors, seen.outline).items():
        if name in seen.layers and (name != "instances" or labels.segments):
            drawn.tiles[name] = {(seen.level, cell): layer.render(cell, seen.level) for cell in wanted}
    return drawn
