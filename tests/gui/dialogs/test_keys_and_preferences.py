"""Keys, the palette of acts, preferences, about."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QDialogButtonBox
from pytestqt.qtbot import QtBot

import segstudio
from segstudio.app.settings import config_folder
from segstudio.gui import MainWindow, i18n, theme
from segstudio.gui.dialogs.about import AboutDialog
from segstudio.gui.dialogs.command_palette import CommandPalette, match
from segstudio.gui.dialogs.preferences import PreferencesDialog
from segstudio.gui.dialogs.shortcuts import ShortcutsDialog

Button = QDialogButtonBox.StandardButton


@pytest.fixture(autouse=True)
def as_before(qapp: QApplication) -> Iterator[None]:
    yield
    theme.apply(qapp, "light")
    i18n.apply(qapp, "en")


@pytest.fixture
def keys(window: MainWindow, qtbot: QtBot) -> ShortcutsDialog:
    dialog = ShortcutsDialog(window.acts, window.workbench.settings.shortcuts, window.set_shortcuts, window)
    qtbot.addWidget(dialog)
    dialog.show()
    return dialog


def choose(keys: ShortcutsDialog, act: str) -> None:
    keys.tree.setCurrentItem(keys._items[act])


def shown_keys(keys: ShortcutsDialog, act: str) -> str:
    return keys._items[act].text(1)


def test_the_cheat_sheet_lists_every_act_and_is_searched_by_name_and_key(
    keys: ShortcutsDialog, window: MainWindow
) -> None:
    assert set(keys._items) == set(window.acts)
    assert shown_keys(keys, "edit.redo") == "Ctrl+Y,  Ctrl+Shift+Z"
    QTest.keyClicks(keys.search, "propagate")
    visible = {name for name, item in keys._items.items() if not item.isHidden()}
    assert visible == {"propagate.scribbles", "propagate.boxes", "propagate.volume", "slice.propagate_to_next"}
    keys.search.setText("ctrl+k")
    assert [name for name, item in keys._items.items() if not item.isHidden()] == ["help.palette"]


def test_a_new_key_does_the_act_and_is_remembered(keys: ShortcutsDialog, window: MainWindow, qtbot: QtBot) -> None:
    choose(keys, "sample.next")
    keys.edit.setKeySequence(QKeySequence("Ctrl+J"))
    QTest.mouseClick(keys.add, Qt.MouseButton.LeftButton)
    QTest.mouseClick(keys.buttons.button(Button.Ok), Qt.MouseButton.LeftButton)
    assert window.workbench.settings.shortcuts == {"sample.next": ["D", "Right", "Ctrl+J"]}
    assert "Ctrl+J" in window.action("sample.next").toolTip()
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    window.canvas.setFocus()
    QTest.keyClick(window.canvas, Qt.Key.Key_J, Qt.KeyboardModifier.ControlModifier)
    assert window.document.sample is not None
    assert window.document.sample.id == 2


def test_one_key_never_means_two_things(keys: ShortcutsDialog, window: MainWindow) -> None:
    choose(keys, "sample.next")
    keys.edit.setKeySequence(QKeySequence("P"))
    assert keys.problem.isVisible()
    assert "Propagate scribbles" in keys.problem.text()
    QTest.mouseClick(keys.add, Qt.MouseButton.LeftButton)
    assert shown_keys(keys, "propagate.scribbles") == ""
    assert "P" in shown_keys(keys, "sample.next")
    QTest.mouseClick(keys.buttons.button(Button.RestoreDefaults), Qt.MouseButton.LeftButton)
    assert shown_keys(keys, "propagate.scribbles") == "P"
    assert keys.shortcuts() == {}


def test_keys_are_cleared_and_given_back(keys: ShortcutsDialog) -> None:
    choose(keys, "model.train")
    QTest.mouseClick(keys.clear, Qt.MouseButton.LeftButton)
    assert keys.shortcuts() == {"model.train": []}
    QTest.mouseClick(keys.default, Qt.MouseButton.LeftButton)
    assert keys.shortcuts() == {}


def test_cancel_changes_no_key(keys: ShortcutsDialog, window: MainWindow) -> None:
    choose(keys, "model.train")
    QTest.mouseClick(keys.clear, Qt.MouseButton.LeftButton)
    QTest.mouseClick(keys.buttons.button(Button.Cancel), Qt.MouseButton.LeftButton)
    assert window.workbench.settings.shortcuts == {}
    assert window.action("model.train").shortcut().toString() == "T"


@pytest.mark.parametrize(
    ("typed", "text", "rank"),
    [
        ("zoom", "Zoom in", 0),
        ("in", "Zoom in", 1),
        ("oom", "Zoom in", 2),
        ("image next", "Next image", 3),
        ("nxim", "Next image", 4),
        ("xyz", "Next image", 9),
        ("", "Next image", 0),
        ("导出", "导出数据集", 0),
    ],
)
def test_how_well_words_match(typed: str, text: str, rank: int) -> None:
    assert match(typed, text) == rank


@pytest.fixture
def palette(window: MainWindow, qtbot: QtBot) -> CommandPalette:
    palette = CommandPalette([window.action(name) for name in window.acts], window)
    qtbot.addWidget(palette)
    palette.show()
    return palette


def test_the_palette_does_what_was_typed(palette: CommandPalette, window: MainWindow) -> None:
    QTest.keyClicks(palette.field, "next im")
    assert palette.list.item(0).text() == "Next image"
    QTest.keyClick(palette.field, Qt.Key.Key_Return)
    assert not palette.isVisible()
    assert window.document.sample is not None
    assert window.document.sample.id == 2


def test_the_palette_is_walked_by_arrows_and_left_by_escape(palette: CommandPalette, window: MainWindow) -> None:
    QTest.keyClick(palette.field, Qt.Key.Key_Down)
    QTest.keyClick(palette.field, Qt.Key.Key_Down)
    QTest.keyClick(palette.field, Qt.Key.Key_Up)
    assert palette.list.currentRow() == 1
    QTest.keyClick(palette.field, Qt.Key.Key_Escape)
    assert not palette.isVisible()
    assert window.document.sample is not None
    assert window.document.sample.id == 1


def test_the_palette_offers_only_what_can_be_done(palette: CommandPalette) -> None:
    texts = {palette.list.item(row).text() for row in range(palette.list.count())}
    assert "Next image" in texts
    assert "Undo" not in texts, "there is nothing to undo"
    assert "Stop training" not in texts


@pytest.fixture
def preferences(window: MainWindow, qtbot: QtBot) -> PreferencesDialog:
    dialog = PreferencesDialog(window.workbench, window)
    qtbot.addWidget(dialog)
    dialog.show()
    return dialog


def pick(box: object, data: str) -> None:
    place = box.findData(data)  # type: ignore[attr-defined]
    box.setCurrentIndex(place)  # type: ignore[attr-defined]
    box.activated.emit(place)  # type: ignore[attr-defined]


def test_theme_and_language_are_seen_at_once_and_taken_back(
    preferences: PreferencesDialog, window: MainWindow, qapp: QApplication
) -> None:
    pick(preferences.theme, "dark")
    assert theme.current().dark
    pick(preferences.language, "zh_CN")
    qapp.processEvents()
    assert preferences.windowTitle() == "首选项"
    QTest.mouseClick(preferences.buttons.button(Button.Cancel), Qt.MouseButton.LeftButton)
    qapp.processEvents()
    assert theme.current().name == theme.effective("system")
    assert window.action("edit.undo").text() == "&Undo"
    assert window.workbench.settings.theme == "system"


def test_preferences_are_on_disk_with_ok(preferences: PreferencesDialog, window: MainWindow) -> None:
    pick(preferences.theme, "dark")
    preferences.autosave.setValue(12.5)
    preferences.cache.setValue(2048)
    preferences.threads.setValue(3)
    QTest.mouseClick(preferences.buttons.button(Button.Ok), Qt.MouseButton.LeftButton)
    saved = json.loads((config_folder() / "settings.json").read_text())
    assert saved["theme"] == "dark"
    assert saved["autosave_seconds"] == 12.5
    assert saved["image_cache_mb"] == 2048
    assert saved["training_threads"] == 3
    assert window.workbench.settings.autosave_seconds == 12.5


def test_about_says_which_version_this_is(window: MainWindow, qtbot: QtBot) -> None:
    dialog = AboutDialog(window)
    qtbot.addWidget(dialog)
    assert segstudio.__version__ in dialog.versions.text()
    assert "Apache" in dialog.licence.text()
