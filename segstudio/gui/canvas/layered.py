"""The layers of the sample at hand: which are shown and how, and how they follow the document."""

from __future__ import annotations

from functools import partial

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import QWidget

from segstudio.app.class_marks import ClassMarks
from segstudio.app.document import Document
from segstudio.app.workbench import Workbench
from segstudio.core.classes import LabelSet
from segstudio.core.geometry import Region
from segstudio.core.labels import LabelMap
from segstudio.core.progress import Progress
from segstudio.gui import theme
from segstudio.gui.canvas.ahead import Drawn, Seen, draw
from segstudio.gui.canvas.contrast import Contrasts
from segstudio.gui.canvas.driver import ToolDriver
from segstudio.gui.canvas.image_layer import ChannelLook
from segstudio.gui.canvas.navigation import Navigation
from segstudio.gui.canvas.scene import LAYERS, Look, Scene, seen
from segstudio.gui.canvas.selection import Selection
from segstudio.gui.canvas.superpixel_layer import SuperpixelPainter
from segstudio.gui.canvas.view import SQUARE, fitting
from segstudio.gui.levels import level_for
from segstudio.gui.tools import Hand
from segstudio.gui.tools.cells import SuperpixelSquares
from segstudio.gui.tools.hit import Shape
from segstudio.io.images import Image

_SEED_OPACITY = 0.3
"""Upon the labels' own: a human's pixels stand out, and the image still shows through."""
_QUIET_MS = 400
"""After a view was chosen last, before the next images are made ready for it."""
_REACH = 8
"""Widget pixels within which a handle counts as hit."""


class LayeredView(Navigation):
    """Holds the scene of the sample at hand, and the hand that tools work with. :meth:`_follow` begins."""

    layers_changed = Signal()
    contrast_changed = Signal(float, float)

    def __init__(self, workbench: Workbench, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._workbench = workbench
        self._document: Document | None = None
        self._scene: Scene | None = None
        self._look = Look()
        self._look.opacity |= {"labels": workbench.settings.label_opacity, "seeds": _SEED_OPACITY, "confidence": 0.8}
        self._look.opacity["errors"] = 0.7
        self._look.names, self._look.crosshair = workbench.settings.shape_names, workbench.settings.crosshair
        self._driver = ToolDriver(workbench, self._tool_shows)
        self._squares: SuperpixelSquares | None = None
        self._extent = (1, 1, 1.0)
        """Width and height of this widget, and how many pixels of the screen one of it has: for threads."""
        self._previewing = False
        self._contrasts = Contrasts(workbench)
        self._shapes: tuple[Shape, ...] = ()
        """Those that there were when the annotation changed last."""
        self._selection = Selection()
        self.marks = ClassMarks(workbench)
        """Which classes are locked and which hidden."""
        self.marks.changed.connect(self._take_marks)
        theme.on_change().changed.connect(self._dress)
        workbench.ahead.draw = self._draw_ahead
        self._ahead_for: object = None
        """For which view the pictures of the next images are made."""
        self._viewed = QTimer(self, singleShot=True, interval=_QUIET_MS)
        self._viewed.timeout.connect(self._redraw_ahead)
        workbench.document_changed.connect(self._follow)
        workbench.live.changed.connect(self._take_live)
        workbench.stacks.contrast.found.connect(self._follow_stack)

    # ---- what is shown

    @property
    def outline(self) -> bool:
        """Whether labels are shown as outlines."""
        return self._look.outline

    @outline.setter
    def outline(self, outline: bool) -> None:
        if outline != self._look.outline:
            self._look.outline = outline
            if self._scene is not None:
                self._scene.set_outline(outline)
            self.layers_changed.emit()

    @property
    def names(self) -> bool:
        """Whether each shape tells the name of its class."""
        return self._look.names

    @names.setter
    def names(self, names: bool) -> None:
        self._look.names = self._workbench.settings.shape_names = names
        self.update()

    @property
    def box_instances(self) -> bool:
        """Whether every box that is drawn is the box of an instance of its own."""
        return self._workbench.settings.box_instances

    @box_instances.setter
    def box_instances(self, each: bool) -> None:
        self._workbench.settings.box_instances = each
        if self._driver.hand is not None:
            self._driver.hand.box_instances = each

    @property
    def crosshair(self) -> bool:
        """Whether lines through the pointer go from edge to edge."""
        return self._look.crosshair

    @crosshair.setter
    def crosshair(self, crosshair: bool) -> None:
        self._look.crosshair = self._workbench.settings.crosshair = crosshair
        self.update()

    @property
    def square_pixels(self) -> bool:
        """Whether pixels are shown square, whatever the file tells of their proportions."""
        return self._workbench.settings.square_pixels

    @square_pixels.setter
    def square_pixels(self, square: bool) -> None:
        self._workbench.settings.square_pixels = square
        image = self._document.image if self._document is not None else None
        if image is not None:
            self._reshape(self._proportions(image))

    def _proportions(self, image: Image) -> tuple[float, float]:
        return SQUARE if self.square_pixels else image.proportions

    def layer_visible(self, name: str) -> bool:
        return self._look.visible[name]

    def set_layer_visible(self, name: str, visible: bool) -> None:
        """Show or hide a layer of :data:`LAYERS`."""
        if self._look.visible[name] != visible:
            self._look.visible[name] = visible
            self._take_prediction()
            self._show_superpixels()
            self._spoil()
            self.layers_changed.emit()

    def layer_opacity(self, name: str) -> float:
        return self._look.opacity[name]

    def set_layer_opacity(self, name: str, opacity: float) -> None:
        """How much a layer covers, 0..1."""
        if self._look.opacity[name] != opacity:
            self._look.opacity[name] = opacity
            if name == "labels":
                self._workbench.settings.label_opacity = opacity
            self._spoil()
            self.layers_changed.emit()

    def set_overlays_hidden(self, hidden: bool) -> None:
        """Hold back everything above the image, as long as someone wants to see it bare."""
        if hidden != self._look.hidden:
            self._look.hidden = hidden
            self._spoil()

    def contrast(self) -> tuple[float, float]:
        """The image values shown as black and white."""
        return self._scene.contrast if self._scene is not None else (0.0, 255.0)

    @property
    def curve(self) -> bytes:
        """What lies between black and white, where that is no straight line: a look-up table of the file."""
        return self._scene.curve if self._scene is not None else b""

    def set_contrast(self, low: float, high: float, curve: bytes | None = None) -> None:
        """Show *low* as black and *high* as white; the image itself does not change. What lies between stays as it is
        unless a *curve* is given (``b""``: a straight line)."""
        curve = self.curve if curve is None else curve
        if self._scene is not None and (low, high, curve) != (*self.contrast(), self.curve):
            self._scene.set_contrast(low, high, curve)
            self._contrasts.keep(self._scene)
            self._tell_contrast()

    def reset_contrast(self) -> None:
        """Show the image as it is shown by itself, or as its stack."""
        if self._scene is not None and self._contrasts.reset(self._scene):
            self._tell_contrast()

    @property
    def slice_contrast(self) -> bool:
        """Whether every slice of a stack is shown in its own range of values, not in that of the whole."""
        return self._workbench.settings.slice_contrast

    @slice_contrast.setter
    def slice_contrast(self, each: bool) -> None:
        self._workbench.settings.slice_contrast = each
        self.reset_contrast()

    def _follow_stack(self) -> None:
        if self._scene is not None and self._contrasts.follow(self._scene):
            self._tell_contrast()

    def _tell_contrast(self) -> None:
        self._viewed.start()  # the next slices are made ready with it
        self.contrast_changed.emit(*self.contrast())

    @property
    def channels(self) -> tuple[ChannelLook, ...]:
        """How channels that are no colours are shown; none where the image has no such channels."""
        return self._scene.channels if self._scene is not None else ()

    def set_channel(self, index: int, look: ChannelLook) -> None:
        """Show one channel differently; the image itself does not change."""
        if self._scene is not None:
            self._scene.set_channel(index, look)
            self._contrasts.keep(self._scene)
            self._tell_contrast()

    @property
    def tile_bytes(self) -> int:
        """Bytes of the pictures of the image and its layers that are kept."""
        return self._scene.nbytes if self._scene is not None else 0

    def set_preview(self, labels: NDArray[np.uint16] | None) -> None:
        """Show *labels* instead of the document's, or the document's again. Tools rest meanwhile."""
        self.settle()
        self._previewing = labels is not None
        if self._scene is not None:
            self._scene.set_preview(labels)

    def cancel(self) -> None:
        """Give up what the tool is in the middle of; the document is as before."""
        self._driver.cancel()

    def settle(self) -> None:
        """Bring what the tool is in the middle of to its end, as a release or Enter would."""
        self._driver.settle()

    # ---- following the document

    def _follow(self) -> None:
        document = self._workbench.document
        if document is not None and document is not self._document:
            self._listen(document)
        self._document = document
        self._take_sample()

    def _listen(self, document: Document) -> None:
        """Hear of what changes in another document."""
        document.leaving.connect(self.settle)
        document.sample_changed.connect(self._take_sample)
        document.annotation_changed.connect(self._annotation_changed)
        document.classes_changed.connect(self._recolor)
        document.confidence_changed.connect(self._take_confidence)
        document.prediction_changed.connect(self._take_prediction)

    def _take_sample(self) -> None:
        self.cancel()
        document = self._document
        if self._scene is not None:
            self._scene.let_go()
        self._scene, self._squares, self._previewing = None, None, False
        self._driver.hand = None
        if document is None or document.image is None:
            self._shape = None
        else:
            self._build(document, document.image.shape)
        self._spoil()
        self.layers_changed.emit()

    def _build(self, document: Document, shape: tuple[int, int]) -> None:
        if document.image is None:
            return
        drawn = self._workbench.ahead.picture(document.sample.id) if document.sample is not None else None
        drawn = drawn if isinstance(drawn, Drawn) else None
        scene = Scene(document.image, document.labels, document.classes, self._look, self._spoil, drawn)
        self._scene = scene
        self._contrasts.begin(scene, document.image)
        squares = self._squares = SuperpixelSquares(shape, scene.shown, self._workbench.jobs, self._squares_known)
        compute = self._driver.compute
        hand = Hand(
            document,
            self._workbench.settings.brush_size,
            scene.shown,
            compute,
            self.set_contrast,
            self.contrast,
            self.reset_contrast,
            squares,
        )
        hand.hidden, hand.box_instances = self.marks.hidden, self.box_instances
        self._driver.hand = hand
        self._prepare(scene)
        self._shapes, self._selection = _shapes_of(document), Selection()
        self._take_confidence()
        self._take_prediction()
        self._show_superpixels()
        pixel = self._proportions(document.image)
        keep = self._keeps_view(shape, pixel)
        self._shape, self._pixel = shape, pixel
        if keep:
            self._view_told()
        else:
            self.zoom_fit()

    def _draw_ahead(self, image: Image, labels: LabelMap | None) -> Drawn:
        """What *image* will be shown with. A thread calls this: it asks nothing of Qt."""
        width, height, ratio = self._extent
        pixel, view = self._proportions(image), self._view
        if not self._keeps_view(image.shape, pixel):
            view = fitting(image.shape, width, height, pixel)
        region, level = seen(view.on_device(ratio), 0, 0, round(width * ratio), round(height * ratio))
        document, look = self._document, self._look
        classes = document.classes if document is not None else LabelSet()
        shown = frozenset(name for name in LAYERS if look.shows(name))
        looked_at = Seen(region, level, classes, look.hidden_classes, look.outline, shown)
        return draw(image, labels, looked_at, partial(self._contrasts.dress, image))

    def _redraw_ahead(self) -> None:
        """A person has chosen another view, or another contrast: the next images will be looked at in it."""
        kept = self._workbench.settings.keep_view and not self._fitted
        view = (self._view if kept else None), self._extent, self.square_pixels, self._contrasts.expected
        if view != self._ahead_for:
            self._ahead_for = view
            self._workbench.ahead.redraw()

    def _keeps_view(self, shape: tuple[int, int], pixel: tuple[float, float]) -> bool:
        """Whether an image like this is shown where the one before it was."""
        alike = (shape, pixel) == (self._shape, self._pixel)
        return self._workbench.settings.keep_view and alike and not self._fitted

    def _prepare(self, scene: Scene) -> None:
        """Have the coarse levels of a very large image made in the background; they show as they come."""
        work = scene.prepare()

        def show(progress: Progress) -> None:
            if isinstance(progress.detail, Region):
                scene.changed("image", progress.detail)

        if work is not None:
            self._workbench.jobs.submit(
                "Read the overview",
                lambda: work,
                lambda _: None,
                lane="overview",
                key="overview",
                progressed=show,
            )

    def _annotation_changed(self) -> None:
        document, hand = self._document, self._driver.hand
        shapes = _shapes_of(document) if document is not None else ()
        if hand is not None and not hand.lifted:
            hand.picks = self._selection.followed(hand.picks, self._shapes, shapes)
        self._shapes = shapes
        self._picks_changed()
        self.update()

    def _tool_shows(self) -> None:
        """The tool shows something else."""
        self._picks_changed()
        self.update()

    def _picks_changed(self) -> None:
        """Other shapes may be selected now."""

    def _recolor(self) -> None:
        if self._document is not None and self._scene is not None:
            self._scene.recolor(self._document.classes)
        self.update()

    def _take_marks(self) -> None:
        if self._look.hidden_classes != self.marks.hidden:
            self._look.hidden_classes = self.marks.hidden
            if self._driver.hand is not None:
                self._driver.hand.hidden = self.marks.hidden
            self._recolor()

    def _take_confidence(self) -> None:
        if self._document is not None and self._scene is not None:
            self._scene.set_confidence(self._document.confidence)

    def _take_live(self, region: Region | None) -> None:
        """Show what the stroke that is being drawn would spread to, or the document's labels again."""
        if self._scene is None or self._previewing:
            return
        labels = self._workbench.live.labels
        if region is None:
            self._scene.set_preview(labels)
        elif labels is not None:
            self._scene.changed("labels", region)

    def _take_prediction(self) -> None:
        if self._document is not None and self._scene is not None:
            shown = self._look.visible["errors"]  # reading it takes time that others need not pay
            self._scene.set_prediction(self._document.prediction() if shown else None)

    def _show_superpixels(self) -> None:
        if self._scene is not None and self._squares is not None:
            in_hand = self._driver.tool.name == "superpixel"
            self._look.needed = frozenset({"superpixels"}) if in_hand else frozenset()
            wanted = in_hand or self._look.visible["superpixels"]
            self._scene.add("superpixels", SuperpixelPainter(self._squares) if wanted else None)

    def _squares_known(self, square: Region) -> None:
        if self._scene is not None:
            self._scene.changed("superpixels", square)
        self._driver.wake()

    def _view_told(self) -> None:
        self._extent = self.width(), self.height(), self.devicePixelRatioF()
        self._viewed.start()
        hand = self._driver.hand
        if hand is not None:
            hand.zoom, hand.reach, hand.pixel = self._view.zoom, _REACH / self._view.zoom, self._view.pixel
            hand.level = level_for(self._view.detail * self.devicePixelRatioF())

    def _spoil(self, region: Region | None = None) -> None:
        """*region* of the image, or all, looks different now."""
        part = self._screen.spoil(region)
        if part is None:
            self.update()
        else:
            self.update(part)

    def _dress(self) -> None:
        self._screen.dress()
        self.update()


def _shapes_of(document: Document) -> tuple[Shape, ...]:
    return (*document.annotation.boxes, *document.annotation.polygons)
