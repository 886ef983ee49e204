"""A dialog that is open while the language changes."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from segstudio.gui import MainWindow, i18n
from segstudio.gui.dialogs.base import Button
from segstudio.gui.dialogs.cleanup import CleanupDialog


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
