"""Light, dark and system themes: a table of colours, the palette and one style sheet made from it.

A theme is a JSON file in ``resources/themes``; the style sheet ``window.qss`` there names its colours. Our own widgets
take colours from :func:`current` when they paint, so that another theme needs no restart.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, fields
from functools import cache
from pathlib import Path
from string import Template
from typing import Literal

from PySide6.QtCore import QObject, Qt, QTemporaryDir, Signal
from PySide6.QtGui import QColor, QGuiApplication, QPalette
from PySide6.QtWidgets import QApplication

from segstudio.core.resources import resource

ThemeName = Literal["system", "light", "dark"]


@dataclass(frozen=True, slots=True)
class Theme:
    """The colours of one theme, each ``"#rrggbb"``."""

    name: str
    dark: bool
    window: str
    base: str
    """Behind lists and text fields."""
    alternate: str
    raised: str
    """Buttons, menus, tool tips."""
    hover: str
    pressed: str
    border: str
    border_strong: str
    text: str
    muted: str
    """Text of the second rank."""
    disabled: str
    icon: str
    accent: str
    accent_text: str
    """On the accent colour."""
    selection: str
    good: str
    warning: str
    bad: str
    canvas: str
    """Around the image."""


class _Appearance(QObject):
    """Tells when the theme has changed, and remembers what the person chose."""

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.chosen: ThemeName = "system"
        self.theme: Theme | None = None
        self.styled = False
        """Whether the application wears the style that themes colour."""
        self.folder = QTemporaryDir()
        hints = QGuiApplication.styleHints()
        # later: Qt tells of it in the middle of giving all windows the system's own colours
        hints.colorSchemeChanged.connect(self._follow, Qt.ConnectionType.QueuedConnection)

    def _follow(self) -> None:
        app = QApplication.instance()
        if self.chosen == "system" and isinstance(app, QApplication):
            _wear(app, load(effective("system")))


@cache
def _appearance() -> _Appearance:
    return _Appearance()


@cache
def load(name: str) -> Theme:
    """The theme called *name*: ``"light"`` or ``"dark"``."""
    colours = json.loads(resource("themes", f"{name}.json").read_text(encoding="utf-8"))
    return Theme(name=name, **colours)


def effective(name: ThemeName) -> Literal["light", "dark"]:
    """What *name* comes to: the system's own choice where it is ``"system"``."""
    if name != "system":
        return name
    return "dark" if QGuiApplication.styleHints().colorScheme() is Qt.ColorScheme.Dark else "light"


def current() -> Theme:
    """The theme that is worn now."""
    return _appearance().theme or load(effective("system"))


def color(role: str) -> QColor:
    """A colour of the current theme by its field's name: ``color("accent")``."""
    return QColor(getattr(current(), role))


def on_change() -> _Appearance:
    """Its signal *changed* tells widgets that paint for themselves to take up the new colours."""
    return _appearance()


def apply(app: QApplication, name: ThemeName) -> None:
    """Wear the theme *name*, at once."""
    appearance = _appearance()
    appearance.chosen = name
    schemes = {"system": Qt.ColorScheme.Unknown, "light": Qt.ColorScheme.Light, "dark": Qt.ColorScheme.Dark}
    app.styleHints().setColorScheme(schemes[name])  # the frames and dialogs that the system draws
    _wear(app, load(effective(name)))


def _wear(app: QApplication, theme: Theme) -> None:
    appearance = _appearance()
    if appearance.theme is theme:
        return
    appearance.theme = theme
    if not appearance.styled:
        # once: another style deletes the one that all widgets paint with, and what Python knows of that stays behind.
        # Asking for the style's name does not tell: under a style sheet it has none
        app.setStyle("Fusion")
        appearance.styled = True
    app.setPalette(palette(theme))
    app.setStyleSheet(style_sheet(theme))
    appearance.changed.emit()


def palette(theme: Theme) -> QPalette:
    """The palette of *theme*."""
    roles = QPalette.ColorRole
    colours = {
        roles.Window: theme.window,
        roles.WindowText: theme.text,
        roles.Base: theme.base,
        roles.AlternateBase: theme.alternate,
        roles.Text: theme.text,
        roles.Button: theme.raised,
        roles.ButtonText: theme.text,
        roles.BrightText: theme.bad,
        roles.ToolTipBase: theme.raised,
        roles.ToolTipText: theme.text,
        roles.PlaceholderText: theme.muted,
        roles.Highlight: theme.accent,
        roles.HighlightedText: theme.accent_text,
        roles.Link: theme.accent,
        roles.LinkVisited: theme.accent,
        roles.Light: theme.raised,
        roles.Midlight: theme.hover,
        roles.Mid: theme.border,
        roles.Dark: theme.border_strong,
        roles.Shadow: theme.canvas,
        roles.Accent: theme.accent,
    }
    made = QPalette()
    for role, value in colours.items():
        made.setColor(role, QColor(value))
    for role in (roles.WindowText, roles.Text, roles.ButtonText, roles.HighlightedText):
        made.setColor(QPalette.ColorGroup.Disabled, role, QColor(theme.disabled))
    made.setColor(QPalette.ColorGroup.Disabled, roles.Highlight, QColor(theme.pressed))
    return made


def style_sheet(theme: Theme) -> str:
    """The style sheet with the colours of *theme* in it."""
    sheet = Template(resource("themes", "window.qss").read_text(encoding="utf-8"))
    colours = {f.name: getattr(theme, f.name) for f in fields(theme)}
    return sheet.substitute(colours, icons=_drawings(theme).as_posix())


def _drawings(theme: Theme) -> Path:
    """A folder with arrows and the check mark in the theme's colours: a style sheet takes files only."""
    folder = Path(_appearance().folder.path()) / theme.name
    if not folder.is_dir():
        folder.mkdir()
        for name, colour in (("up", theme.muted), ("down", theme.muted), ("check", theme.accent_text)):
            drawing = resource("icons", f"{name}.svg").read_text(encoding="utf-8")
            drawing = drawing.replace("currentColor", colour).replace('stroke-width="1.6"', 'stroke-width="3"')
            (folder / f"{name}.svg").write_text(drawing, encoding="utf-8")
    return folder
