"""The usual ranges of values that an image is looked at in: those that its file tells, or those of Hounsfield units."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PySide6.QtWidgets import QMenu

from segstudio.gui.i18n import QT_TRANSLATE_NOOP, tr
from segstudio.io.images import CT_WINDOWS, Image, Window

WINDOWS: dict[str, str] = {
    "soft tissue": QT_TRANSLATE_NOOP("Tables", "Soft tissue"),
    "lung": QT_TRANSLATE_NOOP("Tables", "Lung"),
    "bone": QT_TRANSLATE_NOOP("Tables", "Bone"),
    "brain": QT_TRANSLATE_NOOP("Tables", "Brain"),
    "liver": QT_TRANSLATE_NOOP("Tables", "Liver"),
}
"""What people call the usual windows of Hounsfield units."""
_AIR = -500
"""Signed values that reach below this are Hounsfield units, where a file does not tell: nothing else is so dark."""
_EVERY = 4
"""Of that many rows and columns one is looked at for the lowest value."""


def windows_of(image: Image, lowest: float | None = None) -> tuple[Window, ...]:
    """The presets of *image*, none where there are none; *lowest*: its lowest value, where that is known."""
    if image.windows or image.channels > 1 or image.array.dtype.kind not in "if":
        return image.windows
    if lowest is None:
        lowest = float(image.array[::_EVERY, ::_EVERY].min())
    return CT_WINDOWS if lowest < _AIR else ()


def offer(menu: QMenu, windows: tuple[Window, ...], choose: Callable[[float, float, bytes | None], object]) -> None:
    """Let *menu* offer *windows* and nothing else; *choose* is told the values shown black and white, and the curve."""
    menu.clear()
    for window in windows:
        title = tr(WINDOWS.get(window.name, window.name)) or f"{window.low:g} … {window.high:g}"
        menu.addAction(title, partial(choose, window.low, window.high, window.curve))
