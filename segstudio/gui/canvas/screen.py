"""Puts it all on the screen: the picture of the pixels, the shapes, and what the tool shows, one above the other."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRect, QSize
from PySide6.QtGui import QColor, QPainter

from segstudio.app.document import Document
from segstudio.core.geometry import Region
from segstudio.gui import theme
from segstudio.gui.canvas import overlay
from segstudio.gui.canvas.picture import Picture
from segstudio.gui.canvas.scene import Look, Scene, merged
from segstudio.gui.canvas.shapes import PickedLayer, ShapeLayer, class_color, draw_names, draw_selected
from segstudio.gui.canvas.view import View
from segstudio.gui.levels import at_level, from_level, level_for
from segstudio.gui.tools import Hand

_FEW = 4
"""Changed regions that are repainted one by one; of more the whole widget is."""


class Screen:
    """Paints a widget of a size, at a ratio of the screen's pixels to the widget's, as a view shows the image."""

    def __init__(self) -> None:
        self.view = View()
        self.size = QSize(1, 1)
        self.ratio = 1.0
        self._changed: list[Region] = []
        self._picture = Picture(theme.color("canvas"), by_and_by=True)
        self._shapes, self._picked = ShapeLayer(), PickedLayer()

    @property
    def unfinished(self) -> bool:
        """Whether the layers of pixels are to be painted on: after a zoom they come by and by."""
        return self._picture.unfinished

    def spoil(self, region: Region | None = None) -> QRect | None:
        """*region* of the image (or all) looks different now; the part of the widget to repaint (``None``: all)."""
        if region is None:
            self._picture.spoil()
            return None
        self._changed.append(region)
        return overlay.region_area(self._shown_by(region), self.view, 3) if len(self._changed) <= _FEW else None

    def dress(self) -> None:
        """Take up the theme's colours."""
        self._picture.background = QColor(theme.color("canvas"))
        self._picture.spoil()

    def paint_scene(self, painter: QPainter, scene: Scene) -> None:
        """The layers of pixels."""
        changed, self._changed = merged(self._changed), []
        device = self.view.on_device(self.ratio)
        for region in changed:
            self._picture.spoil(overlay.region_area(self._shown_by(region), device, 2))
        painter.drawPixmap(0, 0, self._picture.updated(scene.paint, self.view, self.size, self.ratio, scene.make))

    def paint_shapes(self, painter: QPainter, document: Document, look: Look, hand: Hand) -> None:
        """Boxes and polygons, the selected ones on top."""
        annotation = document.annotation
        if not look.shows("shapes") or not (annotation.boxes or annotation.polygons):
            return
        painter.setOpacity(look.opacity["shapes"])
        apart = hand.lifted or hand.picks
        still = self._shapes.still(
            annotation, document.classes, apart, self.view, self.size, self.ratio, look.hidden_classes
        )
        painter.drawPixmap(0, 0, still)
        if hand.selected is not None:
            color = class_color(document.classes, hand.selected.class_id)
            draw_selected(painter, hand.selected, color, self.view)
        elif hand.picks:
            picked = self._picked.still(hand.picks, document.classes, self.view, self.size, self.ratio)
            painter.drawPixmap(0, 0, picked)
        if look.names:
            draw_names(painter, annotation, document.classes, self.view, self.size, look.hidden_classes)
        painter.setOpacity(1.0)

    def paint_frame(self, painter: QPainter, region: Region) -> None:
        """A broken line around *region*: what of the pixels is picked."""
        overlay.draw_frame(painter, region, self.view)

    def paint_crosshair(self, painter: QPainter, at: QPointF) -> None:
        """A thin line through the pointer from edge to edge, each way."""
        overlay.draw_crosshair(painter, at, self.size)

    def paint_tool(self, painter: QPainter, document: Document, hand: Hand) -> None:
        """What the tool would change, and its lines."""
        if hand.ghost is not None:
            class_id = document.labels.class_of(hand.ghost.segment)
            overlay.draw_ghost(painter, hand.ghost, class_color(document.classes, class_id), self.view)
        if hand.rubber is not None:
            overlay.draw_rubber(painter, hand.rubber, self.view, self.size)

    def paint_brush(self, painter: QPainter, at: QPointF, size: float, color: QColor | None) -> None:
        """The brush's outline, *size* image pixels across (along their shorter side): round on the screen."""
        overlay.draw_brush(painter, at, self._radius(size), color)

    def brush_area(self, at: QPointF, size: float) -> QRect:
        """The part of the widget that the brush's outline covers."""
        return overlay.brush_area(at, self._radius(size))

    def _radius(self, size: float) -> float:
        return max(1.0, size * self.view.zoom / 2)

    def _shown_by(self, region: Region) -> Region:
        """The pixels of the image that look different where *region* changed: those of its level, and outlines."""
        level = level_for(self.view.detail * self.ratio)
        return from_level(at_level(region, level).grown(1), level)
