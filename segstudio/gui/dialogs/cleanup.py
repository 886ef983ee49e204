"""Cleaning the mask, seen on the canvas before it is done."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QCheckBox, QGridLayout, QLabel, QSlider, QWidget

from segstudio.app.cleanup import CleanupOptions, EdgeOptions
from segstudio.app.document import Document
from segstudio.app.workbench import Workbench
from segstudio.gui.dialogs.base import Button, Dialog, muted
from segstudio.gui.fields import Slider, describe, whole_number
from segstudio.gui.i18n import plain

if TYPE_CHECKING:
    from numpy import uint16
    from numpy.typing import NDArray

    from segstudio.gui.canvas import Canvas

_PAUSE_MS = 60
STEPS = {"open": 25, "close": 25, "smooth": 25, "min_area": 5000, "max_hole": 5000}
"""The steps in the order in which people think of them, each with its largest value (pixels)."""
AREAS = ("min_area", "max_hole")
"""The steps whose value is an area; those of the others are radii."""
NOTHING = CleanupOptions(open=0, close=0, min_area=0, max_hole=0, smooth=0)
EDGE_RANGES = {"weight": (0, 30, ""), "reach": (2, 150, " px"), "contrast": (1, 80, ""), "trust": (50, 99, " %")}
"""What the CRF can be told: lowest and highest value, and the unit."""


def open_cleanup(workbench: Workbench, canvas: Canvas, parent: QWidget | None = None) -> CleanupDialog:
    """Show the clean-up beside the canvas, which stays usable; it closes itself."""
    dialog = CleanupDialog(workbench, canvas, parent)
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    dialog.show()
    return dialog


class CleanupDialog(Dialog):
    """Sliders for each step; the canvas shows what they would do. OK makes it one undo step, Cancel leaves the mask."""

    def __init__(self, workbench: Workbench, canvas: Canvas, parent: QWidget | None = None) -> None:
        super().__init__(parent, Button.Ok | Button.Cancel | Button.Reset)
        self.workbench = workbench
        self.canvas = canvas
        self.setModal(False)
        self._document: Document | None = workbench.document
        self.lead = muted()
        self.names = {name: QLabel() for name in STEPS}
        self.sliders = {name: Slider() for name in STEPS}
        self.numbers = {name: whole_number(0, most, " px²" if name in AREAS else " px") for name, most in STEPS.items()}
        self.edges_lead = muted()
        self.edge_names = {name: QLabel() for name in EDGE_RANGES}
        self.edge_sliders = {name: Slider(low, high) for name, (low, high, _) in EDGE_RANGES.items()}
        self.edge_numbers = {name: whole_number(*limits) for name, limits in EDGE_RANGES.items()}
        self.live = QCheckBox()
        self.live.setChecked(True)
        self._left = False
        """The dialog is over: a preview that comes later finds no widget."""
        self._pause = QTimer(self)
        self._pause.setSingleShot(True)
        self._pause.setInterval(_PAUSE_MS)
        self._pause.timeout.connect(self._preview)
        self._arrange()
        self._set(workbench.cleanup.options, workbench.cleanup.edges)
        self.live.toggled.connect(self._changed)
        self.buttons.button(Button.Reset).clicked.connect(lambda: self._set(NOTHING, EdgeOptions()))
        self.finished.connect(self._leave)
        if self._document is not None:
            self._document.sample_changed.connect(self._restart)
            self._document.history.changed.connect(self._changed)
        workbench.document_changed.connect(self._give_up)
        self.start()
        self._changed()

    def _arrange(self) -> None:
        self.content.addWidget(self.lead)
        grid = QGridLayout()
        grid.setHorizontalSpacing(10)
        grid.setColumnStretch(1, 1)
        grid.setColumnMinimumWidth(1, 160)
        for row, (name, most) in enumerate(STEPS.items()):
            slider, number = self.sliders[name], self.numbers[name]
            slider.setRange(0, _place(most, most))
            slider.valueChanged.connect(lambda place, number=number, most=most: number.setValue(_value(place, most)))
            number.valueChanged.connect(lambda value, slider=slider, most=most: self._moved(slider, value, most))
            self.names[name].setBuddy(number)
            for column, widget in enumerate((self.names[name], slider, number)):
                grid.addWidget(widget, row, column)
        grid.addWidget(self.edges_lead, grid.rowCount(), 0, 1, 3)
        self._add_edges(grid)
        self.content.addLayout(grid)
        self.content.addWidget(self.live)

    def _add_edges(self, grid: QGridLayout) -> None:
        for row, (name, slider) in enumerate(self.edge_sliders.items(), start=grid.rowCount()):
            number = self.edge_numbers[name]
            slider.valueChanged.connect(number.setValue)
            number.valueChanged.connect(slider.setValue)
            number.valueChanged.connect(self._changed)
            self.edge_names[name].setBuddy(number)
            for column, widget in enumerate((self.edge_names[name], slider, number)):
                grid.addWidget(widget, row, column)

    def retranslate(self) -> None:
        self.setWindowTitle(self.tr("Clean up"))
        self.lead.setText(self.tr("What you drew yourself stays as it is. 0 leaves a step out."))
        texts = {
            "open": (self.tr("&Opening"), self.tr("Radius: removes spikes and thin bridges")),
            "close": (self.tr("&Closing"), self.tr("Radius: fills gaps and notches")),
            "smooth": (self.tr("&Smoothing"), self.tr("Radius: rounds ragged outlines")),
            "min_area": (self.tr("S&pecks smaller than"), self.tr("Pieces with fewer pixels disappear")),
            "max_hole": (self.tr("&Holes up to"), self.tr("Holes with at most so many pixels are filled")),
        }
        for name, (title, tip) in texts.items():
            self.names[name].setText(title)
            self.names[name].setToolTip(tip)
            describe(self.sliders[name], plain(title), tip)
            describe(self.numbers[name], plain(title), tip)
        self.edges_lead.setText(
            self.tr(
                "Follow the edges of the image by a dense CRF first. It can make a mask worse: look before you apply."
            )
        )
        edge_texts = {
            "weight": (
                self.tr("&Edges"),
                self.tr("How strongly pixels alike in place and colour hold together; 0 is off"),
            ),
            "reach": (self.tr("&Reach"), self.tr("How far apart pixels may be to hold together")),
            "contrast": (
                self.tr("Co&ntrast"),
                self.tr("How different in colour pixels may be to hold together, of 255"),
            ),
            "trust": (self.tr("&Trust"), self.tr("How far the labels are believed as they are")),
        }
        for name, (title, tip) in edge_texts.items():
            self.edge_names[name].setText(title)
            self.edge_names[name].setToolTip(tip)
            describe(self.edge_sliders[name], plain(title), tip)
            describe(self.edge_numbers[name], plain(title), tip)
        self.edge_numbers["weight"].setSpecialValueText(self.tr("off"))
        self.edge_numbers["contrast"].setSuffix(self.tr(" levels"))
        self.live.setText(self.tr("Show the result on the image"))
        self.buttons.button(Button.Reset).setText(self.tr("All to 0"))
        self.name_ok(self.tr("Apply"))

    def options(self) -> CleanupOptions:
        """What the sliders say about morphology."""
        return CleanupOptions(**{name: number.value() for name, number in self.numbers.items()})

    def edges(self) -> EdgeOptions:
        """What they say about the CRF."""
        return EdgeOptions(**{name: number.value() for name, number in self.edge_numbers.items()})

    def accept(self) -> None:
        options, edges = self.options(), self.edges()
        super().accept()
        if not options.idle or edges.weight:
            self.workbench.cleanup.apply(options, edges)

    def _set(self, options: CleanupOptions, edges: EdgeOptions) -> None:
        for name, number in self.numbers.items():
            number.setValue(getattr(options, name))
        for name, number in self.edge_numbers.items():
            number.setValue(getattr(edges, name))

    def _moved(self, slider: QSlider, value: int, most: int) -> None:
        slider.blockSignals(True)
        slider.setValue(_place(value, most))
        slider.blockSignals(False)
        self._changed()

    def _changed(self, *_: object) -> None:
        self._pause.start()

    def _preview(self) -> None:
        options, edges = self.options(), self.edges()
        if not self.live.isChecked() or (options.idle and not edges.weight):
            self.canvas.set_preview(None)
            return
        sample = self._sample_id()
        self.workbench.cleanup.preview(options, lambda cleaned: self._show(sample, cleaned), edges)

    def _show(self, sample: int | None, cleaned: NDArray[uint16]) -> None:
        if not self._left and self.isVisible() and self.live.isChecked() and sample == self._sample_id():
            self.canvas.set_preview(cleaned)

    def _sample_id(self) -> int | None:
        document = self.workbench.document
        return document.sample.id if document is not None and document.sample is not None else None

    def _restart(self) -> None:
        self.canvas.set_preview(None)
        self._changed()

    def _give_up(self) -> None:
        self.reject()

    def _leave(self) -> None:
        self._left = True
        self._pause.stop()
        self.workbench.document_changed.disconnect(self._give_up, missing_ok=True)
        if self._document is not None:
            self._document.sample_changed.disconnect(self._restart, missing_ok=True)
            self._document.history.changed.disconnect(self._changed, missing_ok=True)
        self.canvas.set_preview(None)


def _value(place: int, most: int) -> int:
    """Radii step by one; areas grow faster the further the slider goes."""
    return place if most <= 100 else round(most * (place / 100) ** 3)


def _place(value: int, most: int) -> int:
    return value if most <= 100 else round(100 * (value / most) ** (1 / 3))
