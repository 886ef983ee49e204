"""A dialog that is open while the language changes."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from segstudio.app.sizes import ClassSize, Sizes
from segstudio.core.resources import resource
from segstudio.gui import MainWindow, i18n
from segstudio.gui.dialogs.base import Button
from segstudio.gui.dialogs.cleanup import CleanupDialog
from segstudio.gui.dialogs.sizes import SizesDialog


@pytest.fixture(autouse=True)
def english_again(qapp: QApplication) -> Iterator[None]:
    yield
    i18n.apply(qapp, "en")


def test_its_buttons_still_say_what_they_do(window: MainWindow, qtbot: QtBot, qapp: QApplication) -> None:
    dialog = CleanupDialog(window.workbench, window.canvas, window)
    qtbot.addWidget(dialog)
    dialog.show()
    apply, zero = dialog.buttons.button(Button.Ok), dialog.buttons.button(Button.Reset)
    assert (apply.text(), zero.text()) == ("Apply", "All to 0")
    i18n.apply(qapp, "zh_CN")
    qtbot.waitUntil(lambda: (apply.text(), zero.text()) == ("应用", "全部归零"))
    i18n.apply(qapp, "en")
    qtbot.waitUntil(lambda: (apply.text(), zero.text()) == ("Apply", "All to 0"))


def test_sizes_speak_the_language_of_the_window(window: MainWindow, qtbot: QtBot, qapp: QApplication) -> None:
    i18n.apply(qapp, "zh_CN")
    found = Sizes(Path("scan.nii.gz"), range(3), 2, {1: ClassSize(9, 2, 0.1, 12.0, 3.0, 1.0, 9.0, 9)})
    dialog = SizesDialog(found, window.document.classes, window)
    qtbot.addWidget(dialog)
    headings = [dialog.table.horizontalHeaderItem(column).text() for column in range(dialog.table.columnCount())]
    said = [dialog.windowTitle(), dialog.copy.text(), *headings]
    assert not [text for text in said if text.isascii()]


def test_every_translation_belongs_to_a_widget_or_a_table() -> None:
    for file in resource("translations").glob("*.ts"):
        names = [context.findtext("name") for context in ET.parse(file).getroot().iter("context")]
        assert all(names), "a text without a context is never found again"
