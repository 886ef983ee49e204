"""What lies over the image: visibility and opacity of each layer, outlines, and the range of values shown."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QCheckBox,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QMenu,
    QPushButton,
    QToolButton,
)

from segstudio.app.document import Document
from segstudio.app.workbench import Workbench
from segstudio.gui import icons
from segstudio.gui.fields import Slider, decimal_number, describe, tool_button
from segstudio.gui.i18n import QT_TRANSLATE_NOOP, tr
from segstudio.gui.panels.base import Link, Panel, scrolling_column
from segstudio.gui.panels.histogram import RangePicker
from segstudio.io.images import Image, display_range

if TYPE_CHECKING:
    from segstudio.gui.canvas import Canvas

LAYERS: dict[str, str] = {
    "image": QT_TRANSLATE_NOOP("Tables", "Image"),
    "labels": QT_TRANSLATE_NOOP("Tables", "Labels"),
    "seeds": QT_TRANSLATE_NOOP("Tables", "Scribbles"),
    "shapes": QT_TRANSLATE_NOOP("Tables", "Boxes and polygons"),
    "confidence": QT_TRANSLATE_NOOP("Tables", "Confidence"),
}
"""The canvas's layers, by the names it knows, from the bottom up."""


class LayerRow:
    """An eye, a name and an opacity for one layer."""

    def __init__(self, name: str, canvas: Canvas, panel: Panel) -> None:
        self.name = name
        self._canvas = canvas
        self.eye = QToolButton(panel)
        self.eye.setCheckable(True)
        self.eye.setAutoRaise(True)
        self.eye.setProperty("role", "eye")
        self.label = QLabel(panel)
        self.opacity = Slider()
        self.value = QLabel(panel)
        self.value.setProperty("role", "muted")
        self.value.setMinimumWidth(self.value.fontMetrics().horizontalAdvance("100 %"))
        self.value.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.follow()
        self.eye.toggled.connect(self._show)
        self.opacity.valueChanged.connect(self._fade)

    def follow(self) -> None:
        """Show what the canvas shows."""
        for widget in (self.eye, self.opacity):
            widget.blockSignals(True)
        self.eye.setChecked(self._canvas.layer_visible(self.name))
        self.opacity.setValue(round(100 * self._canvas.layer_opacity(self.name)))
        for widget in (self.eye, self.opacity):
            widget.blockSignals(False)
        self._label()

    def retranslate(self, show: str, opacity: str) -> None:
        title = tr(LAYERS[self.name])
        self.label.setText(title)
        describe(self.eye, show.format(layer=title))
        describe(self.opacity, opacity.format(layer=title))

    def _show(self, visible: bool) -> None:
        self._canvas.set_layer_visible(self.name, visible)
        self._label()

    def _fade(self, percent: int) -> None:
        self._canvas.set_layer_opacity(self.name, percent / 100)
        self._label()

    def _label(self) -> None:
        visible = self.eye.isChecked()
        self.eye.setIcon(icons.icon("eye" if visible else "eye_off", "icon" if visible else "muted"))
        self.opacity.setEnabled(visible)
        self.value.setText(f"{self.opacity.value()} %")


class LayersPanel(Panel):
    """Eye and opacity of every layer, outline mode, contrast."""

    def __init__(self, workbench: Workbench, canvas: Canvas) -> None:
        super().__init__(workbench)
        self.canvas = canvas
        self.rows = {name: LayerRow(name, canvas, self) for name in LAYERS}
        self.outline = QCheckBox()
        self.contrast = QLabel()
        self.contrast.setProperty("role", "heading")
        self.range = RangePicker()
        self.low, self.high = (decimal_number(-1e9, 1e9) for _ in range(2))
        for box in (self.low, self.high):
            box.setMaximumWidth(110)
        self.auto = QPushButton()
        self.presets = tool_button("contrast", lambda: None, self)
        self.presets.setMenu(QMenu(self))
        self.presets.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self._arrange()
        self.outline.toggled.connect(self._set_outline)
        self.range.changed.connect(self._set_contrast)
        self.low.valueChanged.connect(lambda _: self._set_contrast(self.low.value(), self.high.value()))
        self.high.valueChanged.connect(lambda _: self._set_contrast(self.low.value(), self.high.value()))
        self.auto.clicked.connect(self._automatic)
        canvas.layers_changed.connect(self._follow_canvas)
        self.start()

    def _arrange(self) -> None:
        layout = scrolling_column(self)
        grid = QGridLayout()
        grid.setVerticalSpacing(2)
        grid.setColumnStretch(2, 1)
        for place, row in enumerate(self.rows.values()):
            for column, widget in enumerate((row.eye, row.label, row.opacity, row.value)):
                grid.addWidget(widget, place, column)
        layout.addLayout(grid)
        layout.addWidget(self.outline)
        layout.addSpacing(6)
        head = QHBoxLayout()
        head.addWidget(self.contrast, 1)
        head.addWidget(self.presets)
        head.addWidget(self.auto)
        layout.addLayout(head)
        layout.addWidget(self.range)
        ends = QHBoxLayout()
        ends.addWidget(self.low)
        ends.addStretch()
        ends.addWidget(self.high)
        layout.addLayout(ends)
        layout.addStretch()

    def retranslate(self) -> None:
        for row in self.rows.values():
            row.retranslate(self.tr("Show {layer}"), self.tr("Opacity of {layer}"))
        self.outline.setText(self.tr("Outlines only"))
        describe(self.outline, self.tr("Outlines only"), self.tr("Draw labels as outlines (O)"))
        self.contrast.setText(self.tr("Contrast"))
        self.auto.setText(self.tr("Auto"))
        describe(self.auto, self.tr("Automatic contrast"), self.tr("Show the image's own range of values"))
        describe(self.presets, self.tr("Contrast presets"))
        describe(self.low, self.tr("Value shown black"))
        describe(self.high, self.tr("Value shown white"))
        describe(self.range, self.tr("Range of values shown"), self.tr("Drag the ends, or between them to move both"))

    def links(self, document: Document) -> list[Link]:
        return [(document.sample_changed, self._take_image)]

    def refresh(self) -> None:
        self._take_image()

    def _set_outline(self, on: bool) -> None:
        self.canvas.outline = on

    def _follow_canvas(self) -> None:
        for row in self.rows.values():
            row.follow()
        self.outline.blockSignals(True)
        self.outline.setChecked(self.canvas.outline)
        self.outline.blockSignals(False)

    # ---- contrast

    def _image(self) -> Image | None:
        return self.document.image if self.document is not None else None

    def _take_image(self) -> None:
        image = self._image()
        for widget in (self.range, self.low, self.high, self.auto, self.presets):
            widget.setEnabled(image is not None)
        if image is None:
            return
        self.range.set_image(image)
        whole = image.array.dtype.kind in "ui"
        for box in (self.low, self.high):
            box.setDecimals(0 if whole else 3)
            box.setSingleStep(1 if whole else (self.range.maximum - self.range.minimum) / 100)
        menu = self.presets.menu()
        menu.clear()
        for window in image.windows:
            title = window.name or f"{window.low:g} … {window.high:g}"
            menu.addAction(title, partial(self._set_contrast, window.low, window.high))
        self.presets.setVisible(bool(image.windows))
        self._show_range(*display_range(image))

    def _automatic(self) -> None:
        image = self._image()
        if image is not None:
            self._set_contrast(*display_range(image))

    def _set_contrast(self, low: float, high: float) -> None:
        if high <= low:
            return
        self._show_range(low, high)
        self.canvas.set_contrast(low, high)

    def _show_range(self, low: float, high: float) -> None:
        self.range.set_range(low, high)
        for box, value in ((self.low, low), (self.high, high)):
            box.blockSignals(True)
            box.setValue(value)
            box.blockSignals(False)
