"""Themes: readable, complete, worn at once."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import shiboken6
from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QColor, QIcon, QImage
from PySide6.QtWidgets import QApplication, QLabel, QToolButton
from pytestqt.qtbot import QtBot

from segstudio.core.errors import OptionError
from segstudio.gui import icons, theme


@pytest.fixture(autouse=True)
def light_again(qapp: QApplication) -> Iterator[None]:
    yield
    theme.apply(qapp, "light")


def luminance(color: str) -> float:
    """Relative luminance as WCAG 2.1 defines it."""
    channels = [QColor(color).redF(), QColor(color).greenF(), QColor(color).blueF()]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    bright, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (bright + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("name", ["light", "dark"])
def test_text_can_be_read_on_everything_it_stands_on(name: str) -> None:
    worn = theme.load(name)
    for ground in (worn.window, worn.base, worn.alternate, worn.raised, worn.hover, worn.selection):
        assert contrast(worn.text, ground) >= 7, "WCAG AAA"
    for ground in (worn.window, worn.base, worn.raised):
        for role in (worn.muted, worn.good, worn.warning, worn.bad, worn.icon):
            assert contrast(role, ground) >= 4.5, "WCAG AA"
    assert contrast(worn.accent_text, worn.accent) >= 4.5
    assert contrast(worn.border_strong, worn.base) >= 3, "the outline of a field (WCAG 1.4.11)"


@pytest.mark.parametrize("name", ["light", "dark"])
def test_the_style_sheet_has_no_colour_left_open(name: str) -> None:
    sheet = theme.style_sheet(theme.load(name))
    assert "$" not in sheet
    assert theme.load(name).accent in sheet


def test_another_theme_is_worn_without_restart(qapp: QApplication, qtbot: QtBot) -> None:
    label = QLabel("words")
    qtbot.addWidget(label)
    theme.apply(qapp, "light")
    label.show()
    bright = label.grab().toImage().pixelColor(0, 0).lightness()
    with qtbot.waitSignal(theme.on_change().changed):
        theme.apply(qapp, "dark")
    assert label.grab().toImage().pixelColor(0, 0).lightness() < bright - 100
    assert theme.color("text").lightness() > 200


def ink(picture: QImage) -> QColor:
    """The colour of the most opaque pixel."""
    places = [(x, y) for x in range(picture.width()) for y in range(picture.height())]
    x, y = max(places, key=lambda place: picture.pixelColor(*place).alpha())
    return picture.pixelColor(x, y)


def test_icons_take_the_colour_of_the_theme_by_themselves(qapp: QApplication, qtbot: QtBot) -> None:
    button = QToolButton()
    qtbot.addWidget(button)
    button.setIcon(icons.icon("brush"))
    for name in ("light", "dark"):
        theme.apply(qapp, name)  # type: ignore[arg-type]
        drawn = ink(button.icon().pixmap(48, 48).toImage())
        assert drawn.rgb() == theme.color("icon").rgb()


def test_a_disabled_icon_is_paler(qapp: QApplication) -> None:
    from PySide6.QtGui import QIcon

    theme.apply(qapp, "light")
    pale = ink(icons.icon("train").pixmap(48, 48, QIcon.Mode.Disabled).toImage())
    assert pale.rgb() == theme.color("disabled").rgb()


@pytest.mark.parametrize("name", icons.names())
def test_every_icon_draws_something_within_its_square(name: str, qapp: QApplication) -> None:
    picture = icons.icon(name).pixmap(96, 96).toImage()
    width, height = picture.width(), picture.height()
    shown = [(x, y) for x in range(width) for y in range(height) if picture.pixelColor(x, y).alpha() > 60]
    assert len(shown) > 100
    edge = [p for p in shown if p[0] in (0, width - 1) or p[1] in (0, height - 1)]
    assert not edge, "it is cut off"


def test_previous_and_next_are_not_drawn_as_undo_and_redo(qapp: QApplication) -> None:
    pictures = {name: icons.icon(name).pixmap(48, 48).toImage() for name in ("previous", "next", "undo", "redo")}
    for step in ("previous", "next"):
        for turn in ("undo", "redo"):
            same = sum(
                abs(pictures[step].pixelColor(x, y).alpha() - pictures[turn].pixelColor(x, y).alpha()) < 64
                for x in range(48)
                for y in range(48)
                if pictures[step].pixelColor(x, y).alpha() > 128
            )
            drawn = sum(pictures[step].pixelColor(x, y).alpha() > 128 for x in range(48) for y in range(48))
            assert same < 0.5 * drawn


def test_an_unknown_icon_is_named() -> None:
    with pytest.raises(OptionError, match="nonsense"):
        icons.icon("nonsense")


@pytest.mark.parametrize("picture", [icons.icon("brush"), icons.swatch(QColor("#d55e00"))], ids=["drawing", "swatch"])
def test_icons_are_drawn_at_the_resolution_of_the_screen(qapp: QApplication, picture: QIcon) -> None:
    drawn = picture.pixmap(QSize(16, 16), 2.0).toImage()
    assert (drawn.width(), drawn.height()) == (32, 32)
    blown_up = picture.pixmap(QSize(16, 16), 1.0).toImage().scaled(32, 32)
    blown_up.setDevicePixelRatio(drawn.devicePixelRatio())
    assert drawn != blown_up, "it is drawn anew, not enlarged"


def test_a_black_swatch_shows_on_a_dark_ground(qapp: QApplication) -> None:
    theme.apply(qapp, "dark")
    drawn = icons.swatch(QColor("#000000")).pixmap(QSize(14, 14)).toImage()
    rim = max((drawn.pixelColor(x, 7) for x in range(14)), key=QColor.lightness)
    assert contrast(rim.name(), theme.current().base) >= 3


def test_the_style_that_widgets_paint_with_is_never_taken_from_them(qapp: QApplication, qtbot: QtBot) -> None:
    """A style that is replaced is deleted while widgets and Python know of it: a program that goes on may crash."""
    label = QLabel("words")
    qtbot.addWidget(label)
    label.show()
    theme.apply(qapp, "light")
    pointer = shiboken6.getCppPointer(qapp.style())
    for number in range(20):
        theme.apply(qapp, ("dark", "light")[number % 2])  # type: ignore[arg-type]
        qapp.processEvents()
        assert shiboken6.getCppPointer(qapp.style()) == pointer


def test_the_system_is_followed_once_it_has_told_everybody(
    qapp: QApplication, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    theme.apply(qapp, "system")
    other = "dark" if theme.current().name == "light" else "light"
    monkeypatch.setattr(theme, "effective", lambda _: other)
    qapp.styleHints().colorSchemeChanged.emit(Qt.ColorScheme.Unknown)
    assert theme.current().name != other, "Qt is in the middle of telling all windows"
    qtbot.waitUntil(lambda: theme.current().name == other)
