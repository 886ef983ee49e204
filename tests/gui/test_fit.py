"""Nothing that is written is cut off, in no language; and a small screen has room for the work."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator
from itertools import product
from pathlib import Path

import pytest
from PySide6.QtCore import QSize
from PySide6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QComboBox,
    QLabel,
    QLineEdit,
    QScrollArea,
    QStyle,
    QStyleOptionComboBox,
    QTabBar,
    QToolBar,
    QWidget,
)
from pytestqt.qtbot import QtBot

from segstudio.gui import MainWindow, dialogs, i18n, theme
from segstudio.gui.dialogs.base import Dialog
from segstudio.gui.dialogs.command_palette import CommandPalette
from segstudio.gui.panels import PANELS
from tests.gui import test_access
from tests.gui.test_access import DIALOGS, described

LANGUAGES: tuple[i18n.Language, ...] = ("en", "zh_CN")
THEMES: tuple[theme.ThemeName, ...] = ("light", "dark")
NARROWEST = {"left": 230, "right": 300, "bottom": 700}
"""Pixels that a panel gets in a window 1280 pixels wide."""


def cut_off(root: QWidget) -> list[str]:
    """What is shown in *root* in less room than its text takes."""
    shown = [w for w in (root, *root.findChildren(QWidget)) if w.isVisible()]
    return [f"{described(w)}: {text!r}" for w in shown for text in _cut_in(w)]


def _cut_in(widget: QWidget) -> Iterator[str]:
    if isinstance(widget, QLabel) and widget.text():
        needed = widget.heightForWidth(widget.width()) if widget.wordWrap() else widget.sizeHint().height()
        wide = widget.wordWrap() or widget.width() >= widget.sizeHint().width()
        if not wide or widget.height() < needed:
            yield widget.text()
    elif isinstance(widget, QAbstractButton) and widget.text() and not isinstance(widget.parent(), QToolBar):
        if widget.width() < widget.minimumSizeHint().width() or widget.height() < widget.minimumSizeHint().height():
            yield widget.text()
    elif isinstance(widget, QComboBox):
        option = QStyleOptionComboBox()
        widget.initStyleOption(option)
        part = QStyle.SubControl.SC_ComboBoxEditField
        room = widget.style().subControlRect(QStyle.ComplexControl.CC_ComboBox, option, part, widget).width()
        icon = widget.iconSize().width() + 4 if not widget.itemIcon(widget.currentIndex()).isNull() else 0
        if widget.fontMetrics().horizontalAdvance(widget.currentText()) + icon > room:
            yield widget.currentText()
    elif isinstance(widget, QTabBar):
        yield from _cut_tabs(widget)
    elif isinstance(widget, QLineEdit):
        placeholder = widget.placeholderText()
        yield from [placeholder] if widget.fontMetrics().horizontalAdvance(placeholder) > widget.width() else []


def _cut_tabs(bar: QTabBar) -> Iterator[str]:
    for place in range(bar.count()):
        if bar.isTabVisible(place) and not bar.rect().contains(bar.tabRect(place)):
            yield bar.tabText(place)


@pytest.fixture(params=list(product(THEMES, LANGUAGES)), ids="-".join)
def dressed(request: pytest.FixtureRequest, window: MainWindow, qapp: QApplication) -> Iterator[MainWindow]:
    """The window in each theme and language."""
    name, language = request.param
    theme.apply(qapp, name)
    i18n.apply(qapp, language)
    yield window
    theme.apply(qapp, "light")
    i18n.apply(qapp, "en")


def test_nothing_that_is_written_is_cut_off(dressed: MainWindow, qtbot: QtBot) -> None:
    dressed.resize(1280, 720)
    QApplication.processEvents()
    found = {"window": cut_off(dressed)}
    for name, make in DIALOGS.items():
        dialog = make(dressed)
        found[f"dialog {name}"] = shown_cut_off(dialog, qtbot)
    for name, entry in PANELS.items():
        panel = entry.build(dressed.workbench, dressed.canvas)
        panel.resize(NARROWEST[entry.area], 700)
        found[f"panel {name}"] = shown_cut_off(panel, qtbot)
    assert {place: texts for place, texts in found.items() if texts} == {}


def shown_cut_off(widget: QWidget, qtbot: QtBot) -> list[str]:
    qtbot.addWidget(widget)
    widget.show()
    qtbot.waitExposed(widget)
    found = cut_off(widget)
    widget.close()
    return found


def test_every_dialog_is_looked_at() -> None:
    for module in pkgutil.iter_modules(dialogs.__path__):
        importlib.import_module(f"{dialogs.__name__}.{module.name}")
    known = {kind.__name__ for kind in (*Dialog.__subclasses__(), CommandPalette)}
    for table in (Path(test_access.__file__), Path(__file__).parents[2] / "scripts" / "screenshots.py"):
        words = table.read_text(encoding="utf-8")
        assert [name for name in known if f"{name}(" not in words and f": {name}," not in words] == [], table


def test_a_small_screen_shows_classes_tool_and_images_at_once(window: MainWindow, qtbot: QtBot) -> None:
    window.resize(1280, 720)
    qtbot.waitUntil(lambda: window.size() == QSize(1280, 720))
    QApplication.processEvents()
    tool = window.panel("tool_options")
    (scroll,) = tool.findChildren(QScrollArea)
    assert not scroll.verticalScrollBar().isVisible(), "every option of the tool is in sight"
    assert window.panel("classes").height() >= 150
    assert window.panel("samples").height() >= 400
    assert window.canvas.width() >= 640, "most of the window is the image's"
