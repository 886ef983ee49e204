"""What lies over the image: visibility and opacity of each layer, outlines, and the range of values shown."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QMenu,
    QPushButton,
    QToolButton,
)

from segstudio.app.document import Document
from segstudio.app.stack_contrast import is_in_stack
from segstudio.app.workbench import Workbench
from segstudio.gui import icons
from segstudio.gui.canvas.error_layer import ERRORS
from segstudio.gui.fields import Slider, decimal_number, describe, tool_button
from segstudio.gui.i18n import QT_TRANSLATE_NOOP, tr
from segstudio.gui.panels.base import Link, Panel, scrolling_column
from segstudio.gui.panels.channels import ChannelRows
from segstudio.gui.panels.histogram import RangePicker
from segstudio.gui.panels.windows import offer, windows_of
from segstudio.io.images import Image
from segstudio.learning.predict_config import MAPS

if TYPE_CHECKING:
    from segstudio.gui.canvas import Canvas

LAYERS: dict[str, str] = {
    "image": QT_TRANSLATE_NOOP("Tables", "Image"),
    "labels": QT_TRANSLATE_NOOP("Tables", "Labels"),
    "instances": QT_TRANSLATE_NOOP("Tables", "Instances"),
    "seeds": QT_TRANSLATE_NOOP("Tables", "Scribbles"),
    "superpixels": QT_TRANSLATE_NOOP("Tables", "Superpixels"),
    "shapes": QT_TRANSLATE_NOOP("Tables", "Boxes and polygons"),
    "confidence": QT_TRANSLATE_NOOP("Tables", "Confidence"),
    "errors": QT_TRANSLATE_NOOP("Tables", "Prediction errors"),
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
        self.map_label, self.map = QLabel(), QComboBox()
        self.map_label.setBuddy(self.map)
        # a long title must not make the panel wider than the window has room for
        self.map.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.map.setMinimumContentsLength(8)
        for entry in MAPS.values():
            self.map.addItem("", entry.name)
        self.legend = QLabel()
        self.legend.setTextFormat(Qt.TextFormat.RichText)
        self.legend.setProperty("role", "muted")
        self.legend.setWordWrap(True)
        self.legend.hide()
        self.outline = QCheckBox()
        self.contrast = QLabel()
        self.contrast.setProperty("role", "heading")
        self.channels = ChannelRows()
        self.range = RangePicker()
        self.low, self.high = (decimal_number(-1e9, 1e9) for _ in range(2))
        for box in (self.low, self.high):
            box.setMaximumWidth(110)
        self.auto = QPushButton()
        self.by_slice = QCheckBox()
        self.presets = tool_button("contrast", lambda: None, self)
        self.presets.setMenu(QMenu(self))
        self.presets.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self._arrange()
        self.map.activated.connect(self._show_map)
        workbench.prediction.maps_changed.connect(self._follow_maps)
        self.outline.toggled.connect(self._set_outline)
        self.range.changed.connect(self._set_contrast)
        self.low.valueChanged.connect(lambda _: self._set_contrast(self.low.value(), self.high.value()))
        self.high.valueChanged.connect(lambda _: self._set_contrast(self.low.value(), self.high.value()))
        self.auto.clicked.connect(canvas.reset_contrast)
        self.by_slice.toggled.connect(self._set_by_slice)
        self.channels.changed.connect(canvas.set_channel)
        self.channels.chosen.connect(self._follow_contrast)
        canvas.layers_changed.connect(self._follow_canvas)
        canvas.contrast_changed.connect(self._follow_contrast)
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
        layout.addWidget(self.legend)
        doubt = QHBoxLayout()
        doubt.addWidget(self.map_label)
        doubt.addWidget(self.map, 1)
        layout.addLayout(doubt)
        layout.addWidget(self.outline)
        layout.addSpacing(6)
        head = QHBoxLayout()
        head.addWidget(self.contrast, 1)
        head.addWidget(self.presets)
        head.addWidget(self.auto)
        layout.addLayout(head)
        layout.addWidget(self.channels)
        layout.addWidget(self.range)
        ends = QHBoxLayout()
        ends.addWidget(self.low)
        ends.addStretch()
        ends.addWidget(self.high)
        layout.addLayout(ends)
        layout.addWidget(self.by_slice)
        layout.addStretch()

    def retranslate(self) -> None:
        for row in self.rows.values():
            row.retranslate(self.tr("Show {layer}"), self.tr("Opacity of {layer}"))
        self.map_label.setText(self.tr("Doubt shown"))
        describe(self.map, self.tr("Doubt shown"), self.tr("Which map of a prediction the layer Confidence shows"))
        for place, entry in enumerate(MAPS.values()):
            self.map.setItemText(place, tr(entry.title))
            self.map.setItemData(place, tr(entry.tip), Qt.ItemDataRole.ToolTipRole)
        self.channels.retranslate()
        self.legend.setText("&nbsp; ".join(_marked(tr(text), color) for text, color, _ in ERRORS))
        self.outline.setText(self.tr("Outlines only"))
        describe(self.outline, self.tr("Outlines only"), self.tr("Draw labels as outlines (O)"))
        self.contrast.setText(self.tr("Contrast"))
        self.auto.setText(self.tr("Auto"))
        describe(self.auto, self.tr("Automatic contrast"), self.tr("Show the image's own range of values"))
        describe(self.presets, self.tr("Contrast presets"))
        self.by_slice.setText(self.tr("Each slice by itself"))
        tip = self.tr("Show every slice in its own range of values, not in the range of the whole stack")
        describe(self.by_slice, self.tr("Each slice by itself"), tip)
        describe(self.low, self.tr("Value shown black"))
        describe(self.high, self.tr("Value shown white"))
        describe(self.range, self.tr("Range of values shown"), self.tr("Drag the ends, or between them to move both"))

    def links(self, document: Document) -> list[Link]:
        return [(document.sample_changed, self._take_image)]

    def refresh(self) -> None:
        self._take_image()
        self._follow_maps()

    def _show_map(self) -> None:
        self.workbench.prediction.show_map(self.map.currentData())
        self.canvas.set_layer_visible("confidence", True)

    def _follow_maps(self) -> None:
        prediction = self.workbench.prediction
        self.map.setEnabled(len(prediction.maps) > 1)
        self.map.setCurrentIndex(self.map.findData(prediction.shown_map))

    def _set_outline(self, on: bool) -> None:
        self.canvas.outline = on

    def _follow_canvas(self) -> None:
        for row in self.rows.values():
            row.follow()
        self.outline.blockSignals(True)
        self.outline.setChecked(self.canvas.outline)
        self.outline.blockSignals(False)
        self.legend.setVisible(self.canvas.layer_visible("errors"))

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
        self.channels.show_channels(self.canvas.channels)
        whole = image.array.dtype.kind in "ui"
        for box in (self.low, self.high):
            box.setDecimals(0 if whole else 3)
            box.setSingleStep(1 if whole else (self.range.maximum - self.range.minimum) / 100)
        self.by_slice.setVisible(is_in_stack(image))
        self.by_slice.setChecked(self.canvas.slice_contrast)
        windows = windows_of(image, self.range.minimum)
        offer(self.presets.menu(), windows, self._set_contrast)
        self.presets.setVisible(bool(windows))
        self._follow_contrast()

    def _set_by_slice(self, each: bool) -> None:
        if each != self.canvas.slice_contrast:
            self.canvas.slice_contrast = each

    def _follow_contrast(self, *_: object) -> None:
        """Show the range that the canvas shows, of the chosen channel where there are several."""
        channels = self.canvas.channels
        self.channels.show_channels(channels)
        if channels:
            look = channels[min(self.channels.index, len(channels) - 1)]
            self._show_range(look.low, look.high)
        else:
            self._show_range(*self.canvas.contrast())

    def _set_contrast(self, low: float, high: float, curve: bytes | None = None) -> None:
        if high <= low:
            return
        self._show_range(low, high)
        channels = self.canvas.channels
        if channels:
            index = self.channels.index
            self.canvas.set_channel(index, replace(channels[index], low=low, high=high))
        else:
            self.canvas.set_contrast(low, high, curve)

    def _show_range(self, low: float, high: float) -> None:
        self.range.set_range(low, high)
        for box, value in ((self.low, low), (self.high, high)):
            box.blockSignals(True)
            box.setValue(value)
            box.blockSignals(False)


def _marked(text: str, color: tuple[int, int, int]) -> str:
    red, green, blue = color
    return f'<span style="color: rgb({red},{green},{blue})">■</span> {text}'
