"""What holds for every dialog: Escape closes it, Return does what it is for, Tab goes through it from top to bottom."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from segstudio.app.sizes import ClassSize, Sizes
from segstudio.gui import MainWindow
from segstudio.gui.dialogs.about import AboutDialog
from segstudio.gui.dialogs.class_map import ClassMapDialog
from segstudio.gui.dialogs.class_palette import ClassPalette
from segstudio.gui.dialogs.cleanup import CleanupDialog
from segstudio.gui.dialogs.command_palette import CommandPalette
from segstudio.gui.dialogs.export import ExportDialog
from segstudio.gui.dialogs.import_labels import ImportDialog
from segstudio.gui.dialogs.models import ModelsDialog
from segstudio.gui.dialogs.new_project import NewProjectDialog
from segstudio.gui.dialogs.predict import PredictDialog
from segstudio.gui.dialogs.preferences import PreferencesDialog
from segstudio.gui.dialogs.remove_class import RemoveClassDialog
from segstudio.gui.dialogs.replace_classes import ReplaceClassesDialog
from segstudio.gui.dialogs.shortcuts import ShortcutsDialog
from segstudio.gui.dialogs.sizes import SizesDialog
from segstudio.gui.dialogs.train import TrainDialog
from segstudio.io.project import ClassUse

_SIZES = Sizes(Path("scan.nii.gz"), range(3), 2, {1: ClassSize(9, 2, 0.1, 12.0, 3.0, 1.0, 9.0, 9)})
DIALOGS: dict[str, Callable[[MainWindow], QDialog]] = {
    "about": AboutDialog,
    "class map": lambda w: ClassMapDialog(w.workbench, Path("net.onnx"), {"classes": ["ground", "disc"]}, w),
    "cleanup": lambda w: CleanupDialog(w.workbench, w.canvas, w),
    "export": lambda w: ExportDialog(w.workbench, w),
    "import": lambda w: ImportDialog(w.workbench, w),
    "keys": lambda w: ShortcutsDialog(w.acts, {}, w.set_shortcuts, w),
    "models": lambda w: ModelsDialog(w.workbench, w),
    "new project": lambda w: NewProjectDialog(w.workbench, w),
    "predict": lambda w: PredictDialog(w.workbench, [], w.trigger, w),
    "preferences": lambda w: PreferencesDialog(w.workbench, w),
    "remove class": lambda w: RemoveClassDialog(w.document, 1, ClassUse(2, 2, boxes=1), w),
    "replace classes": lambda w: ReplaceClassesDialog(w.document, {1: ClassUse(1, 1)}, w),
    "sizes": lambda w: SizesDialog(_SIZES, w.document.classes, w),
    "train": lambda w: TrainDialog(w.workbench, w),
}
POPUPS: dict[str, Callable[[MainWindow], QDialog]] = {
    "acts": lambda w: CommandPalette([w.action(name) for name in w.acts], w),
    "classes": lambda w: ClassPalette(w.document.classes, w.canvas.choose_class, w),
}


@pytest.fixture
def shown(window: MainWindow, qtbot: QtBot) -> Callable[[str], QDialog]:
    """``shown(name)``: that dialog, on the screen, with the keyboard."""

    def show(name: str) -> QDialog:
        dialog = (DIALOGS | POPUPS)[name](window)
        qtbot.addWidget(dialog)
        dialog.show()
        dialog.activateWindow()
        qtbot.waitExposed(dialog)
        qtbot.waitUntil(lambda: dialog.isActiveWindow() and dialog.focusWidget() is not None)
        return dialog

    return show


def main_button(dialog: QDialog) -> QPushButton:
    """What the dialog is for: OK by whatever name, or Close where there is nothing else."""
    (box,) = dialog.findChildren(QDialogButtonBox)
    kinds = QDialogButtonBox.StandardButton
    button = box.button(kinds.Ok) or box.button(kinds.Close)
    assert button is not None
    return button


def test_escape_closes(shown: Callable[[str], QDialog]) -> None:
    for name in (*DIALOGS, *POPUPS):
        dialog = shown(name)
        QTest.keyClick(focused(dialog), Qt.Key.Key_Escape)
        assert not dialog.isVisible(), name


def test_return_presses_the_button_that_the_dialog_is_for(shown: Callable[[str], QDialog]) -> None:
    for name in DIALOGS:
        dialog = shown(name)
        default = [button for button in dialog.findChildren(QPushButton) if button.isDefault()]
        assert default == [main_button(dialog)], f"{name}, with the keyboard in {said(focused(dialog))}"
        dialog.close()


def test_tab_goes_from_top_to_bottom(shown: Callable[[str], QDialog]) -> None:
    for name in DIALOGS:
        dialog = shown(name)
        check_order(dialog, tabbed(dialog), name)
        dialog.close()


def check_order(dialog: QDialog, way: list[QWidget], name: str) -> None:
    start = next((place for place in range(len(way)) if in_buttons(way[place - 1]) and not in_buttons(way[place])), 0)
    way = way[start:] + way[:start]  # from the first after the buttons
    for one, other in pairwise(way):
        assert bottom(other, dialog) > top(one, dialog), f"{name}: {said(one)}, then {said(other)}"
    assert [in_buttons(widget) for widget in way] == sorted(map(in_buttons, way)), f"{name}: the buttons come last"


def tabbed(dialog: QDialog) -> list[QWidget]:
    """The widgets that Tab comes to, until it is back where it began."""
    way = [focused(dialog)]
    while len(way) < 100:
        QTest.keyClick(way[-1], Qt.Key.Key_Tab)
        if focused(dialog) in way:
            return way
        way.append(focused(dialog))
    raise AssertionError("Tab does not come back")


def in_buttons(widget: QWidget) -> bool:
    return isinstance(widget.parent(), QDialogButtonBox)


def focused(dialog: QDialog) -> QWidget:
    """Where the keyboard is at first."""
    widget = dialog.focusWidget()
    assert widget is not None
    return widget


def top(widget: QWidget, dialog: QDialog) -> int:
    return widget.mapTo(dialog, QPoint(0, 0)).y()


def bottom(widget: QWidget, dialog: QDialog) -> int:
    return top(widget, dialog) + widget.height()


def said(widget: QWidget) -> str:
    return f"{type(widget).__name__} {widget.accessibleName()!r}"
