"""Small widgets made the same way everywhere, and how they are described to people and screen readers."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtWidgets import QDoubleSpinBox, QSpinBox, QToolButton, QWidget

from segstudio.gui import icons

_INSET = 5
"""Style sheets cannot move the text of a number away from its frame."""


def describe(widget: QWidget, name: str, tip: str = "") -> None:
    """Say what *widget* is: to screen readers *name*, to the pointer *tip* (or the name)."""
    widget.setAccessibleName(name)
    widget.setToolTip(tip or name)


def tool_button(icon: str, clicked: Callable[[], object], parent: QWidget | None = None) -> QToolButton:
    """A flat button with an icon; its name and tip come by :func:`describe`."""
    button = QToolButton(parent)
    button.setIcon(icons.icon(icon))
    button.setAutoRaise(True)
    button.clicked.connect(lambda: clicked())
    return button


def whole_number(low: int, high: int, suffix: str = "") -> QSpinBox:
    """A field for a whole number that tells its value when it is finished, not at every digit."""
    box = QSpinBox()
    box.setRange(low, high)
    box.setSuffix(suffix)
    box.setKeyboardTracking(False)
    box.lineEdit().setTextMargins(_INSET, 0, 0, 0)
    return box


def decimal_number(low: float, high: float, decimals: int = 2, suffix: str = "") -> QDoubleSpinBox:
    """A field for a number with *decimals* digits behind the point."""
    box = QDoubleSpinBox()
    box.setDecimals(decimals)
    box.setRange(low, high)
    box.setSuffix(suffix)
    box.setKeyboardTracking(False)
    box.lineEdit().setTextMargins(_INSET, 0, 0, 0)
    return box
