"""The bar below the canvas of a stack: which slice is seen, and the ways to the next."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QRectF
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QWidget

from segstudio.app.document import Document
from segstudio.app.stacks import Stack
from segstudio.app.workbench import Workbench
from segstudio.gui import theme
from segstudio.gui.fields import Slider, describe, tool_button
from segstudio.gui.panels.base import Link, Panel
from segstudio.io.images import Image

_MARK = 3
_SMALL = 0.1
"""Millimetres from slice to slice below which places are told in micrometres."""


class SliceSlider(Slider):
    """A slider over all frames of a file; those that the project has not are struck out below it."""

    def __init__(self) -> None:
        super().__init__()
        self._missing: list[tuple[int, int]] = []

    def show_stack(self, stack: Stack) -> None:
        """Take up the frames and where the one at hand stands, without telling."""
        self.blockSignals(True)
        self.setRange(0, stack.frames - 1)
        self.setPageStep(max(1, stack.frames // 10))
        self.setValue(stack.frame)
        self.blockSignals(False)
        self._missing = _runs(stack.missing)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if not self._missing:
            return
        painter = QPainter(self)
        wide = self.width() / (self.maximum() + 1)
        for first, last in self._missing:
            bar = QRectF(first * wide, self.height() - _MARK, (last + 1 - first) * wide, _MARK)
            painter.fillRect(bar, theme.color("border_strong"))


class SliceBar(Panel):
    """Slider, place and acts of the stack at hand; hidden where the image is no stack. *trigger* runs an act."""

    def __init__(self, workbench: Workbench, trigger: Callable[[str], None], parent: QWidget | None = None) -> None:
        super().__init__(workbench, parent)
        self.setObjectName("slices")
        self.previous = tool_button("slice_up", lambda: trigger("slice.previous"), self)
        self.next = tool_button("slice_down", lambda: trigger("slice.next"), self)
        self.slider = SliceSlider()
        self.slider.valueChanged.connect(self._go)
        self.place = QLabel(self)
        self.copy = tool_button("copy_down", lambda: trigger("slice.copy_to_next"), self)
        self.propagate = tool_button("propagate_down", lambda: trigger("slice.propagate_to_next"), self)
        self.between = tool_button("interpolate", lambda: trigger("slice.interpolate"), self)
        self.through = tool_button("propagate_volume", lambda: trigger("propagate.volume"), self)
        self.add = tool_button("plus", lambda: trigger("slice.add_all"), self)
        row = QHBoxLayout(self)
        row.setContentsMargins(10, 2, 10, 2)
        row.addWidget(self.previous)
        row.addWidget(self.next)
        row.addWidget(self.slider, 1)
        row.addWidget(self.place)
        for button in (self.add, self.copy, self.propagate, self.between, self.through):
            row.addWidget(button)
        self.start()

    def retranslate(self) -> None:
        describe(self.previous, self.tr("Previous slice"), self.tr("Previous slice (PgUp, Shift+wheel)"))
        describe(self.next, self.tr("Next slice"), self.tr("Next slice (PgDown, Shift+wheel)"))
        describe(self.slider, self.tr("Slice"), self.tr("Drag to another slice of this file"))
        describe(
            self.copy,
            self.tr("Copy labels to the next slice"),
            self.tr("Copy these labels to the next slice; what you painted there stays"),
        )
        describe(
            self.propagate,
            self.tr("Propagate labels to the next slice"),
            self.tr("Spread the inside of these labels over the next slice, along its own borders"),
        )
        describe(
            self.between,
            self.tr("Interpolate between labelled slices"),
            self.tr("Outline a class on some slices: those between them are filled from both sides"),
        )
        describe(
            self.through,
            self.tr("Propagate through the volume"),
            self.tr("Label all slices by your strokes on any of them; draw two classes or more"),
        )
        describe(
            self.add,
            self.tr("Add all slices"),
            self.tr("Some slices of this file are not in the project (the line below the slider): add them"),
        )
        self.refresh()

    def links(self, document: Document) -> list[Link]:
        return [(document.sample_changed, self.refresh), (document.samples_changed, self.refresh)]

    def refresh(self) -> None:
        stack = self.workbench.stacks.current
        self.setVisible(stack is not None)
        if stack is None or self.document is None or self.document.image is None:
            return
        self.slider.show_stack(stack)
        self.place.setText(self._place(self.document.image))
        longest = f"{stack.frames} / " + self.place.text().partition("/")[2] + "00"
        self.place.setMinimumWidth(self.place.fontMetrics().horizontalAdvance(longest))  # the slider does not jump
        self.add.setVisible(bool(stack.missing))
        self.through.setEnabled(len(stack.samples) > 1)
        self.between.setEnabled(len(stack.samples) > 2)
        self.previous.setEnabled(stack.beside(-1) is not None)
        for button in (self.next, self.copy, self.propagate):
            button.setEnabled(stack.beside(1) is not None)

    def _place(self, image: Image) -> str:
        text = f"{image.frame + 1} / {image.frames}"
        if image.volume is not None and 1 < len(image.volume) < image.frames:
            inside, each = image.frame - image.volume.start + 1, len(image.volume)
            number, of = image.volume.start // each + 1, -(-image.frames // each)
            text = self.tr("{0} / {1} in volume {2} of {3}").format(inside, each, number, of)
        if image.time is not None:
            minutes, seconds = divmod(image.time, 60)
            return f"{text} · {int(minutes)}:{seconds:05.2f}"
        if image.position is None:
            return text
        small = image.spacing is not None and max(image.spacing) < _SMALL
        return f"{text} · {1000 * image.position:.2f} µm" if small else f"{text} · {image.position:.1f} mm"

    def _go(self, frame: int) -> None:
        self.workbench.stacks.go(frame)
        stack = self.workbench.stacks.current
        if stack is not None:  # where the project does not have the frame, the slider goes to the nearest
            self.slider.show_stack(stack)


def _runs(frames: list[int]) -> list[tuple[int, int]]:
    """First and last of every unbroken run."""
    runs: list[tuple[int, int]] = []
    for frame in frames:
        if runs and runs[-1][1] == frame - 1:
            runs[-1] = runs[-1][0], frame
        else:
            runs.append((frame, frame))
    return runs
