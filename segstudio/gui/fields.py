"""Small widgets made the same way everywhere, and how they are described to people and screen readers."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QDoubleSpinBox, QLabel, QSlider, QSpinBox, QToolButton, QWidget

from segstudio.gui import icons

_INSET = 5
"""Style sheets cannot move the text of a number away from its frame."""


def describe(widget: QWidget, name: str, tip: str = "") -> None:
    """Say what *widget* is: to screen readers *name*, to the pointer *tip* (or the name)."""
    widget.setAccessibleName(name)
    widget.setToolTip(tip or name)


def typed_path(text: str) -> Path:
    """The path that a person typed, with their home in the place of ``~``. It may be half typed: a home that nobody has
    stays as it is."""
    return Path(os.path.expanduser(text.strip()))


def align(labels: Iterable[QLabel]) -> None:
    """Give the names of fields that stand one below the other one width, though they are in several forms."""
    names = list(labels)
    for name in names:
        name.setMinimumWidth(0)
    width = max((name.sizeHint().width() for name in names), default=0)
    for name in names:
        name.setMinimumWidth(width)
        name.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)


def tool_button(icon: str, clicked: Callable[[], object], parent: QWidget | None = None) -> QToolButton:
    """A flat button with an icon; its name and tip come by :func:`describe`."""
    button = QToolButton(parent)
    button.setIcon(icons.icon(icon))
    button.setAutoRaise(True)
    button.clicked.connect(lambda: clicked())
    return button


ARROWS = (Qt.Key.Key_Left, Qt.Key.Key_Right, Qt.Key.Key_Up, Qt.Key.Key_Down)


def wants_key(event: QEvent, keys: Sequence[Qt.Key]) -> bool:
    """Whether *event* asks if one of *keys* belongs to the widget at hand rather than to an act; then it is accepted.

    The arrow keys change the image everywhere but in widgets that move by them.
    """
    if event.type() is QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent) and event.key() in keys:
        event.accept()
        return True
    return False


class Slider(QSlider):
    """A horizontal slider that keeps the arrow keys to itself."""

    def __init__(self, low: int = 0, high: int = 100) -> None:
        super().__init__(Qt.Orientation.Horizontal)
        self.setRange(low, high)

    def event(self, event: QEvent) -> bool:
        return wants_key(event, ARROWS) or super().event(event)


def whole_number(low: int, high: int, suffix: str = "") -> QSpinBox:
    """A field for a whole number that tells its value when it is finished, not at every digit."""
    box = QSpinBox()
    box.setRange(low, high)
    box.setSuffix(suffix)
    box.setKeyboardTracking(False)
    box.lineEdit().setTextMargins(_INSET, 0, 0, 0)
    box.lineEdit().setAcceptDrops(False)  # files that are dropped here belong to the window
    return box


class DecimalField(QDoubleSpinBox):
    """Shows 0.2 and not 0.20000, however many digits one may type."""

    def textFromValue(self, value: float) -> str:
        text, point = super().textFromValue(value), self.locale().decimalPoint()
        return text.rstrip("0").removesuffix(point) if point in text else text


def decimal_number(low: float, high: float, decimals: int = 2, suffix: str = "") -> QDoubleSpinBox:
    """A field for a number with up to *decimals* digits behind the point."""
    box = DecimalField()
    box.setDecimals(decimals)
    box.setRange(low, high)
    box.setSuffix(suffix)
    box.setKeyboardTracking(False)
    box.lineEdit().setTextMargins(_INSET, 0, 0, 0)
    box.lineEdit().setAcceptDrops(False)  # files that are dropped here belong to the window
    return box
