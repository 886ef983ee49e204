"""What there is to see of one sample: a cache of tiles for each layer of pixels, kept up with the document."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRect
from PySide6.QtGui import QPainter

from segstudio.core.classes import LabelSet
from segstudio.core.geometry import Region, joined
from segstudio.core.labels import LabelMap
from segstudio.core.progress import Work
from segstudio.gui.canvas.ahead import Drawn, image_painter, label_painters
from segstudio.gui.canvas.composite import CompositePainter, Sheet
from segstudio.gui.canvas.error_layer import ErrorPainter
from segstudio.gui.canvas.image_layer import ChannelLook, Shown
from segstudio.gui.canvas.label_layer import (
    ConfidencePainter,
    Window,
    add_instances,
    color_table,
    label_source,
)
from segstudio.gui.canvas.tiles import Painter, TileCache
from segstudio.gui.canvas.view import View
from segstudio.gui.levels import from_level, level_for
from segstudio.io.images import Image

LAYERS = ("image", "labels", "instances", "seeds", "superpixels", "confidence", "errors", "shapes")
"""From the bottom up."""
_HIDDEN = ("superpixels", "confidence", "errors")
"""Not shown until a person asks for them."""
_ID_LAYERS = ("labels", "seeds")
_LAYER_BYTES = 48 << 20
"""Kept of one layer: as long as nothing changes only all layers together are painted."""
_FEW = 4
_SQUARE = 4096
_NEAREST_FROM = 1.0
"""Beyond this many screen pixels per image pixel they are shown as squares."""


@dataclass
class Look:
    """What of the layers a person wants to see."""

    visible: dict[str, bool] = field(
        default_factory=lambda: dict.fromkeys(LAYERS, True) | dict.fromkeys(_HIDDEN, False)
    )
    opacity: dict[str, float] = field(default_factory=lambda: dict.fromkeys(LAYERS, 1.0))
    outline: bool = False
    hidden: bool = False
    """Whether everything above the image is held back for a moment."""
    hidden_classes: frozenset[int] = frozenset()
    """Classes whose pixels and shapes are not shown."""
    names: bool = False
    """Whether each shape tells the name of its class."""
    crosshair: bool = False
    """Whether lines through the pointer go from edge to edge."""
    needed: frozenset[str] = frozenset()
    """Layers that the tool in hand cannot do without."""

    def shows(self, name: str) -> bool:
        """Whether the layer is to be painted."""
        wanted = self.visible[name] or name in self.needed
        return wanted and self.opacity[name] > 0 and not (self.hidden and name != "image")


class Scene:
    """The layers of pixels of one sample. *spoiled* is told which region (or ``None``: all) looks different now."""

    def __init__(
        self,
        image: Image,
        labels: LabelMap,
        classes: LabelSet,
        look: Look,
        spoiled: Callable[[Region | None], None],
        drawn: Drawn | None = None,
    ) -> None:
        """*drawn* is what was made of *image* before."""
        self.shape = image.shape
        self._labels = labels
        self._look = look
        self._spoiled = spoiled
        drawn = drawn if drawn is not None and drawn.image is image else None
        self._image = image_painter(image) if drawn is None else drawn.painter
        self._caches = {"image": TileCache(image.shape, self._image, opaque=True, limit=_LAYER_BYTES)}
        self._composed: TileCache | None = None
        self._composed_of: tuple[tuple[str, float], ...] = ()
        self._preview: NDArray[np.uint16] | None = None
        self._changed: list[Region] = []
        self._segments = len(labels.segments)
        self._any_instance = bool(labels.segments)
        """Whether there was one ever: without, their layer need not be looked after."""
        self._colors = color_table(classes, labels, look.hidden_classes)
        self._shown_labels = label_source(labels)
        self._painters = label_painters(self._ids, labels, self._shown_labels, self._colors, look.outline)
        for name, painter in self._painters.items():
            self.add(name, painter)
        if drawn is not None:
            self._take_drawn(drawn)
        labels.written.connect(self._written)

    def _take_drawn(self, drawn: Drawn) -> None:
        self._caches["image"].take(drawn.tiles.get("image", {}))
        for name in self._painters:
            self._caches[name].take(drawn.of(name, self._labels, self._colors, self._look.outline))

    def let_go(self) -> None:
        """Forget all layers: nobody looks at them any more. They hold this, and this them, which would keep the memory
        of an image or two until all memory is looked through."""
        self._labels.written.disconnect(self._written)
        self._caches.clear()
        self._painters.clear()
        self._composed = None

    # ---- what is shown

    def add(self, name: str, painter: Painter | None) -> None:
        """Show what *painter* renders as the layer *name*, or nothing."""
        self._caches.pop(name, None)
        self._composed = None
        if painter is not None:
            self._caches[name] = TileCache(self.shape, painter, opaque=False, limit=_LAYER_BYTES)
        self._spoiled(None)

    def set_confidence(self, confidence: NDArray[np.float32] | None) -> None:
        """Show how sure the labels are, ``(H, W)`` in [0, 1], or nothing."""
        fits = confidence is not None and confidence.shape == self.shape
        self.add("confidence", ConfidencePainter(confidence) if confidence is not None and fits else None)

    def set_prediction(self, prediction: NDArray[np.integer] | None) -> None:
        """Show where *prediction* ``(H, W)`` differs from the labels, or nothing."""
        fits = prediction is not None and prediction.shape == self.shape
        self.add("errors", ErrorPainter(self._labels, prediction) if prediction is not None and fits else None)

    def set_preview(self, labels: NDArray[np.uint16] | None) -> None:
        """Show *labels* instead of the document's, or the document's again."""
        self._preview = labels
        self.clear("labels")

    def set_outline(self, outline: bool) -> None:
        """Show labels as outlines, or filled."""
        for name in _ID_LAYERS:
            self._painters[name].outline = outline
            self.clear(name)

    def recolor(self, classes: LabelSet) -> None:
        """Take up the classes' colours."""
        self._colors = color_table(classes, self._labels, self._look.hidden_classes)
        for name, painter in self._painters.items():
            painter.colors = self._colors
            self.clear(name)

    def clear(self, name: str) -> None:
        """Make a layer anew."""
        if name in self._caches:
            self._caches[name].clear()
            self._composed = None
            self._spoiled(None)

    def changed(self, name: str, region: Region) -> None:
        """A layer looks different in *region*."""
        if name in self._caches:
            self._caches[name].changed(region)
            if self._composed is not None:
                self._composed.changed(region)
            self._spoiled(region)

    @property
    def contrast(self) -> tuple[float, float]:
        """The image values shown as black and white."""
        return self._image.low, self._image.high

    @property
    def curve(self) -> bytes:
        """What lies between black and white, where that is no straight line."""
        return self._image.curve

    def set_contrast(self, low: float, high: float, curve: bytes = b"") -> None:
        """Show *low* as black and *high* as white, in all channels, or as the ends of *curve*."""
        self._image.set_window(low, high, curve)
        self._image.channels = tuple(replace(look, low=low, high=high) for look in self._image.channels)
        self.clear("image")

    @property
    def channels(self) -> tuple[ChannelLook, ...]:
        """How channels that are no colours are shown; none where there are no such channels."""
        return self._image.channels

    def set_channel(self, index: int, look: ChannelLook) -> None:
        """Show one channel differently."""
        channels = list(self._image.channels)
        channels[index] = look
        self._image.channels = tuple(channels)
        self.clear("image")

    def prepare(self) -> Work[None] | None:
        """Work that makes the coarse levels of a very large image: see :meth:`ImagePainter.prepare`."""
        return self._image.prepare()

    def shown(self, region: Region, level: int) -> Shown:
        """The image as it looks, in the pixels of *level*: ``(h, w)`` or ``(h, w, 3)`` bytes."""
        return self._image.shown(region, level)

    @property
    def nbytes(self) -> int:
        """Bytes of all tiles that are kept."""
        composed = self._composed.nbytes if self._composed is not None else 0
        return composed + sum(cache.nbytes for cache in self._caches.values())

    def _ids(self, window: Window) -> NDArray[np.uint16]:
        return self._shown_labels(window) if self._preview is None else self._preview[window]

    def _written(self, region: Region) -> None:
        if len(self._labels.segments) != self._segments:
            self._segments = len(self._labels.segments)
            self._any_instance = True
            add_instances(
                self._colors, self._labels, self._look.hidden_classes
            )  # their pixels are in the region that was written
        self._changed.append(region)
        self._spoiled(region)

    def _take_changes(self) -> None:
        changed, self._changed = merged(self._changed), []
        for region in changed:
            for name in (*_ID_LAYERS, "instances", "errors"):
                if name in self._caches and (self._any_instance or name != "instances"):
                    self._caches[name].changed(region, 1)
            if self._composed is not None:
                self._composed.changed(region, 1)

    # ---- painting

    def make(self, view: View, dirty: QRect, end: float) -> bool:
        """Make the tiles for painting *dirty*, until this thread has worked up to *end* (``time.thread_time``), one at
        least; whether they are all there."""
        self._take_changes()
        region, level = seen(view, dirty.left(), dirty.top(), dirty.right(), dirty.bottom())
        return self._all_layers().make(region, level, end)

    def paint(self, painter: QPainter, view: View, dirty: QRect) -> None:
        """Paint all layers of pixels as *view* shows them in *dirty*, both in the pixels of the screen."""
        self._take_changes()
        left, top, right, bottom = view.widget_edges(Region.of(self.shape))
        painter.setClipRect(dirty.intersected(QRect(left, top, right - left, bottom - top)))
        _paint_tiles(painter, self._all_layers(), view, dirty)

    def _all_layers(self) -> TileCache:
        """What a person wants to see of all layers, as one."""
        shown = tuple((name, self._opacity(name)) for name in LAYERS if self._shows(name))
        if shown == (("image", 1.0),):
            return self._caches["image"]
        if self._composed is None or shown != self._composed_of:
            opaque = ("image", 1.0) in shown
            sheets = [Sheet(self._caches[name], opacity) for name, opacity in shown]
            self._composed = TileCache(self.shape, CompositePainter(sheets, opaque=opaque), opaque=opaque)
            self._composed_of = shown
        return self._composed

    def _shows(self, name: str) -> bool:
        if name == "instances" and not self._any_instance:
            return False
        if name in _ID_LAYERS and self._labels.blank and self._preview is None:
            return False  # an image that nobody has begun is shown as fast as it can be
        return name in self._caches and self._look.shows(name)

    def _opacity(self, name: str) -> float:
        # an outline that lets the image through is no outline
        outlined = name in _ID_LAYERS and self._look.outline
        return 1.0 if outlined else self._look.opacity[name]


def merged(regions: list[Region]) -> list[Region]:
    """Few regions that hold all of *regions*: those that lie in one square of the image are joined."""
    return regions if len(regions) <= _FEW else joined(regions, _SQUARE)


def seen(view: View, left: int, top: int, right: int, bottom: int) -> tuple[Region, int]:
    """The part of an image that is read for the pixels of the screen up to *right* and *bottom*, and the level."""
    return view.shown(left - 1, top - 1, right + 2, bottom + 2), level_for(view.detail)


def _paint_tiles(painter: QPainter, cache: TileCache, view: View, dirty: QRect) -> None:
    region, level = seen(view, dirty.left(), dirty.top(), dirty.right(), dirty.bottom())
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, view.zoom < _NEAREST_FROM)
    for tile in cache.visible(region, level):
        if not tile.clear:
            left, top, right, bottom = view.widget_edges(from_level(tile.region, level))
            painter.drawImage(QRect(left, top, right - left, bottom - top), tile.image)
