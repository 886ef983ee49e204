"""The options of the tool in hand, and what the canvas and propagation do beside it."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QLabel, QMenu, QPushButton, QWidget

from segstudio.app.document import Document
from segstudio.app.workbench import Workbench
from segstudio.gui import icons, theme
from segstudio.gui.fields import Slider, describe, whole_number
from segstudio.gui.i18n import plain, tr
from segstudio.gui.panels.base import Link, Panel, scrolling_column
from segstudio.gui.panels.windows import offer, windows_of
from segstudio.gui.tools import TOOLS
from segstudio.io.images import Window

if TYPE_CHECKING:
    from segstudio.gui.canvas import Canvas

MAX_BRUSH = 500
_SLIDER_STEPS = 200


class BrushSize(QWidget):
    """A slider with even ratios (small brushes need fine steps) and the number beside it."""

    def __init__(self, canvas: Canvas) -> None:
        super().__init__()
        self._canvas = canvas
        self.slider = Slider(0, _SLIDER_STEPS)
        self.number = whole_number(1, MAX_BRUSH, " px")
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.slider, 1)
        layout.addWidget(self.number)
        self.setFocusProxy(self.slider)
        self.slider.valueChanged.connect(lambda place: self._set(_size(place)))
        self.number.valueChanged.connect(self._set)
        canvas.brush_size_changed.connect(self._show)
        self._show(canvas.brush_size)

    def _set(self, size: int) -> None:
        self._canvas.brush_size = size

    def _show(self, size: int) -> None:
        for widget, value in ((self.slider, _place(size)), (self.number, size)):
            widget.blockSignals(True)
            widget.setValue(value)
            widget.blockSignals(False)


def _size(place: int) -> int:
    return max(1, round(math.pow(MAX_BRUSH, place / _SLIDER_STEPS)))


def _place(size: int) -> int:
    return round(_SLIDER_STEPS * math.log(max(1, size)) / math.log(MAX_BRUSH))


class ToolOptionsPanel(Panel):
    """Size of the brush; what happens after a stroke; whether zoom is kept between images."""

    def __init__(self, workbench: Workbench, canvas: Canvas) -> None:
        super().__init__(workbench)
        self.canvas = canvas
        self.icon, self.title, self.hint = QLabel(), QLabel(), QLabel()
        self.title.setProperty("role", "heading")
        self.hint.setProperty("role", "muted")
        self.hint.setWordWrap(True)
        self.brush = BrushSize(canvas)
        self.brush_label = QLabel()
        self.brush_label.setBuddy(self.brush)
        self.live = QCheckBox()
        self.live.setChecked(workbench.settings.live_propagation)
        self.live.toggled.connect(self._set_live)
        self.keep_view = QCheckBox()
        self.keep_view.setChecked(workbench.settings.keep_view)
        self.keep_view.toggled.connect(self._set_keep_view)
        self.pen_pressure = QCheckBox()
        self.pen_pressure.setChecked(workbench.settings.pen_pressure)
        self.pen_pressure.toggled.connect(self._set_pen_pressure)
        self.presets, self.auto = QPushButton(), QPushButton()
        self.presets.setMenu(QMenu(self))
        self.presets.menu().aboutToShow.connect(self._offer_presets)
        self.auto.clicked.connect(canvas.reset_contrast)
        self._arrange()
        canvas.tool_changed.connect(self._show_tool)
        theme.on_change().changed.connect(self._show_tool)
        self.start()

    def _arrange(self) -> None:
        layout = scrolling_column(self)
        head = QHBoxLayout()
        head.addWidget(self.icon)
        head.addWidget(self.title, 1)
        layout.addLayout(head)
        layout.addWidget(self.hint)
        row = QHBoxLayout()
        row.addWidget(self.brush_label)
        row.addWidget(self.brush, 1)
        layout.addLayout(row)
        contrast = QHBoxLayout()
        contrast.addWidget(self.presets)
        contrast.addWidget(self.auto)
        contrast.addStretch()
        layout.addLayout(contrast)
        layout.addWidget(self.pen_pressure)
        layout.addWidget(self.live)
        layout.addWidget(self.keep_view)
        layout.addStretch()

    def retranslate(self) -> None:
        self.brush_label.setText(self.tr("Size"))
        describe(self.brush.slider, self.tr("Brush size"), self.tr("Brush size in pixels of the image ([ and ])"))
        describe(self.brush.number, self.tr("Brush size"), self.tr("Brush size in pixels of the image ([ and ])"))
        self.pen_pressure.setText(self.tr("Pen pressure"))
        describe(
            self.pen_pressure,
            self.pen_pressure.text(),
            self.tr("A pen that is pressed less draws and erases thinner strokes, where the tablet tells"),
        )
        self.live.setText(self.tr("Propagate after every stroke"))
        describe(self.live, self.live.text())
        self.keep_view.setText(self.tr("Keep zoom between images"))
        describe(
            self.keep_view, self.keep_view.text(), self.tr("Keep zoom and place when the next image has the same size")
        )
        self.presets.setText(self.tr("Presets"))
        describe(self.presets, self.tr("Contrast presets"))
        self.auto.setText(self.tr("Auto"))
        describe(self.auto, self.tr("Automatic contrast"), self.tr("Show the image's own range of values"))
        self._show_tool()

    def _set_live(self, on: bool) -> None:
        self.workbench.settings.live_propagation = on
        self.workbench.live.begin()

    def _set_pen_pressure(self, on: bool) -> None:
        self.workbench.settings.pen_pressure = on

    def _set_keep_view(self, on: bool) -> None:
        self.workbench.settings.keep_view = on

    def _show_tool(self, *_: object) -> None:
        tool = TOOLS[self.canvas.tool]
        self.icon.setPixmap(icons.pixmap(tool.icon, 18, ratio=self.devicePixelRatioF()))
        self.title.setText(plain(tr(tool.title, "Acts")))
        self.hint.setText(tr(tool.hint))
        self.brush.setEnabled(tool.sized)
        self.brush_label.setEnabled(tool.sized)
        self.pen_pressure.setEnabled(tool.sized)
        self._show_contrast()

    # ---- contrast

    def links(self, document: Document) -> list[Link]:
        return [(document.sample_changed, self._show_contrast)]

    def refresh(self) -> None:
        self._show_contrast()

    def _show_contrast(self) -> None:
        """What the contrast is set by stands in the place of the brush while its tool is in hand."""
        in_hand = self.canvas.tool == "contrast"
        for widget in (self.brush_label, self.brush, self.pen_pressure):
            widget.setVisible(not in_hand)
        self.auto.setVisible(in_hand)
        self.presets.setVisible(in_hand and bool(self._windows()))

    def _windows(self) -> tuple[Window, ...]:
        image = self.document.image if self.document is not None else None
        return windows_of(image) if image is not None and not self.canvas.channels else ()

    def _offer_presets(self) -> None:
        offer(self.presets.menu(), self._windows(), self.canvas.set_contrast)
