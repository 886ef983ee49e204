"""Rows for the channels of an image that are no colours: which are seen, in which colour, and which one is adjusted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from PySide6.QtCore import QSize, Signal
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QButtonGroup, QColorDialog, QGridLayout, QRadioButton, QToolButton, QWidget

from segstudio.gui import icons
from segstudio.gui.canvas.image_layer import ChannelLook
from segstudio.gui.fields import describe
from segstudio.gui.i18n import Translated

_SWATCH = 14


class ChannelRows(Translated, QWidget):
    """An eye, a colour and a choice for each channel; the chosen one is what the contrast below belongs to."""

    changed = Signal(int, object)
    """A channel is to be shown as this :class:`ChannelLook`."""
    chosen = Signal(int)
    """The contrast of this channel is to be adjusted."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._looks: list[ChannelLook] = []
        self.eyes: list[QToolButton] = []
        self.swatches: list[QToolButton] = []
        self.choices: list[QRadioButton] = []
        self._group = QButtonGroup(self)
        self._group.idClicked.connect(self.chosen)
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setVerticalSpacing(0)
        self._grid.setColumnStretch(2, 1)

    @property
    def index(self) -> int:
        """The chosen channel."""
        return max(0, self._group.checkedId())

    def show_channels(self, looks: Sequence[ChannelLook]) -> None:
        """Show these; hidden where there are none."""
        self.setVisible(bool(looks))
        if len(looks) != len(self._looks):
            self._rebuild(len(looks))
        self._looks = list(looks)
        for index, look in enumerate(self._looks):
            self.eyes[index].setChecked(look.visible)
            name, role = ("eye", "icon") if look.visible else ("eye_off", "muted")
            self.eyes[index].setIcon(icons.icon(name, role))
            self.swatches[index].setIcon(icons.swatch(QColor(*look.color)))

    def retranslate(self) -> None:
        for index, (eye, swatch, choice) in enumerate(zip(self.eyes, self.swatches, self.choices, strict=True)):
            title = self.tr("Channel {0}").format(index + 1)
            choice.setText(title)
            describe(choice, title, self.tr("Adjust the contrast of this channel"))
            describe(eye, self.tr("Show {layer}").format(layer=title))
            describe(swatch, self.tr("Colour of {0}").format(title))

    def _rebuild(self, count: int) -> None:
        for widget in (*self.eyes, *self.swatches, *self.choices):
            self._grid.removeWidget(widget)
            widget.deleteLater()
        self.eyes, self.swatches, self.choices = [], [], []
        for index in range(count):
            eye, swatch, choice = QToolButton(self), QToolButton(self), QRadioButton(self)
            eye.setCheckable(True)
            for button in (eye, swatch):
                button.setAutoRaise(True)
            swatch.setIconSize(QSize(_SWATCH, _SWATCH))
            eye.clicked.connect(lambda checked, index=index: self._show(index, checked))
            swatch.clicked.connect(lambda _, index=index: self._ask_color(index))
            self._group.addButton(choice, index)
            for column, widget in enumerate((eye, swatch, choice)):
                self._grid.addWidget(widget, index, column)
            self.eyes.append(eye)
            self.swatches.append(swatch)
            self.choices.append(choice)
        if self.choices:
            self.choices[0].setChecked(True)
        self.retranslate()

    def _show(self, index: int, visible: bool) -> None:
        self.changed.emit(index, replace(self._looks[index], visible=visible))

    def _ask_color(self, index: int) -> None:
        color = QColorDialog.getColor(QColor(*self._looks[index].color), self)
        if color.isValid():
            self.set_color(index, color)

    def set_color(self, index: int, color: QColor) -> None:
        """Show a channel in *color*."""
        self.changed.emit(index, replace(self._looks[index], color=(color.red(), color.green(), color.blue())))
