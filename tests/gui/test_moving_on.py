"""From one image, class and field to the next without the mouse."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QColor
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QInputDialog
from pytestqt.qtbot import QtBot

from segstudio.app import instances
from segstudio.core.annotation import Box, SampleState
from segstudio.core.classes import LabelSet
from segstudio.gui import MainWindow
from segstudio.gui.canvas.shapes import around
from segstudio.gui.dialogs.class_palette import ClassPalette
from segstudio.gui.dialogs.shortcuts import ShortcutsDialog
from segstudio.gui.panels.samples import SamplesPanel
from segstudio.io.project import Project
from tests.gui.conftest import Hand

KEY = Qt.Key
SHIFT = Qt.KeyboardModifier.ShiftModifier
LEFT, NONE = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier


def name(window: MainWindow) -> str:
    assert window.document.sample is not None
    return window.document.sample.name


def samples(window: MainWindow) -> SamplesPanel:
    panel = window.panel("samples")
    assert isinstance(panel, SamplesPanel)
    return panel


def test_done_and_on_to_the_next_is_one_key(hand: Hand) -> None:
    window = hand.window
    first = window.document.sample
    assert first is not None
    hand.key(KEY.Key_D, SHIFT)
    assert name(window) == "disc-1.png"
    assert window.document.project.sample(first.id).state is SampleState.DONE


def test_skipping_an_image_goes_on_to_the_next(window: MainWindow) -> None:
    window.trigger("sample.skip")
    assert name(window) == "disc-1.png"
    assert window.document.project.sample(1).state is SampleState.SKIPPED


def test_accepting_goes_on_without_teach_mode_too(hand: Hand) -> None:
    window = hand.window
    first = window.document.sample
    assert first is not None
    assert not window.workbench.teach.on
    hand.key(KEY.Key_Return, SHIFT)
    assert name(window) == "disc-1.png"
    assert window.document.project.sample(first.id).state is SampleState.REVIEWED


def test_an_image_is_reached_by_its_number_and_the_ends_by_keys(
    window: MainWindow, monkeypatch: pytest.MonkeyPatch
) -> None:
    window.trigger("sample.last")
    assert name(window) == "disc-2.png"
    window.trigger("sample.first")
    assert name(window) == "disc-0.png"
    monkeypatch.setattr(QInputDialog, "getInt", lambda *_: (2, True))
    window.trigger("sample.number")
    assert name(window) == "disc-1.png"
    monkeypatch.setattr(QInputDialog, "getInt", lambda *_: (3, False))
    window.trigger("sample.number")
    assert name(window) == "disc-1.png"
    window.trigger("sample.number", number=99)
    assert name(window) == "disc-2.png"


def test_enter_in_the_search_gives_the_keyboard_back_to_the_image(window: MainWindow, qtbot: QtBot) -> None:
    window.activateWindow()
    panel = samples(window)
    panel.search.setFocus()
    QTest.keyClicks(panel.search, "disc-2")
    QTest.keyClick(panel.search, KEY.Key_Return)
    assert name(window) == "disc-2.png"
    qtbot.waitUntil(window.canvas.hasFocus)


def test_escape_in_a_field_gives_the_keyboard_back_to_the_image(window: MainWindow, qtbot: QtBot) -> None:
    window.activateWindow()
    note = window.panel("tags").note  # type: ignore[attr-defined]  # the panel of tags has a note
    for field in (samples(window).search, samples(window).view, note):
        window.show_panel("tags")
        field.setFocus()
        QTest.keyClick(field, KEY.Key_Escape)
        qtbot.waitUntil(window.canvas.hasFocus)


def test_a_search_without_a_match_keeps_the_keyboard(window: MainWindow) -> None:
    window.activateWindow()
    panel = samples(window)
    panel.search.setFocus()
    QTest.keyClicks(panel.search, "nothing")
    QTest.keyClick(panel.search, KEY.Key_Return)
    assert QApplication.focusWidget() is panel.search


def test_the_list_tells_which_image_is_at_hand(window: MainWindow, qtbot: QtBot) -> None:
    window.trigger("sample.next")
    qtbot.waitUntil(lambda: samples(window).count.text() == "no. 2 · 0 of 3 done")


@pytest.fixture
def many_classes(make_window: Callable[[Path | None], MainWindow], tmp_path: Path, project_folder: Path) -> MainWindow:
    with Project.create(
        tmp_path / "many", LabelSet.named([f"kind {i}" for i in range(14)] + ["traffic light"])
    ) as made:
        made.add_samples([(tmp_path / "disc-0.png", 0)])
    return make_window(tmp_path / "many.segstudio")


def test_a_class_beyond_the_digits_is_found_by_its_name(many_classes: MainWindow) -> None:
    window = many_classes
    QTest.keyClick(window.canvas, KEY.Key_0)
    assert window.document.active_class == 9
    QTest.keyClick(window.canvas, KEY.Key_Y)
    (palette,) = window.findChildren(ClassPalette)
    QTest.keyClicks(palette.field, "light")
    QTest.keyClick(palette.field, KEY.Key_Return)
    assert window.document.active_class == 14


def test_a_class_found_by_name_is_given_to_the_selected_shape(many_classes: MainWindow) -> None:
    window, hand = many_classes, Hand(many_classes)
    window.trigger("tool.box")
    hand.drag((20, 30), (50, 80))
    window.trigger("tool.select")
    window.trigger("class.find")
    (palette,) = window.findChildren(ClassPalette)
    QTest.keyClicks(palette.field, "kind 12")
    QTest.keyClick(palette.field, KEY.Key_Return)
    (box,) = window.document.annotation.boxes
    assert isinstance(box, Box)
    assert box.class_id == 12


def test_a_click_on_a_class_gives_it_to_the_selected_shape(many_classes: MainWindow) -> None:
    window, hand = many_classes, Hand(many_classes)
    window.trigger("tool.box")
    hand.drag((20, 30), (50, 80))
    window.trigger("tool.select")
    view = window.panel("classes").view  # type: ignore[attr-defined]  # the panel of classes has a list
    row = view.visualRect(view.model().index(2, 0))
    QTest.mouseClick(view.viewport(), LEFT, NONE, QPoint(row.left() + 60, row.center().y()))
    assert window.document.annotation.boxes[0].class_id == 2


def test_digits_without_a_class_can_do_nothing(window: MainWindow) -> None:
    assert window.action("class.2").isEnabled()
    assert not window.action("class.3").isEnabled()


def test_outlines_of_dark_classes_are_set_off_by_light_and_others_by_dark() -> None:
    assert around(QColor(64, 0, 128)).lightness() > 200
    assert around(QColor(200, 160, 60)).lightness() < 50


def test_undo_in_another_image_says_in_which(hand: Hand) -> None:
    window = hand.window
    hand.drag((20, 20), (20, 60))
    window.trigger("edit.undo")
    window.trigger("edit.redo")
    assert window.status.currentMessage() == ""
    hand.key(KEY.Key_D)
    hand.key(KEY.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert name(window) == "disc-0.png"
    assert window.status.currentMessage() == "That was in disc-0.png."


def test_the_list_of_keys_is_searched_by_typing_at_once(window: MainWindow, qtbot: QtBot) -> None:
    dialog = ShortcutsDialog(window.acts, {}, window.set_shortcuts, window)
    qtbot.addWidget(dialog)
    dialog.show()
    qtbot.waitUntil(dialog.search.hasFocus)


def test_a_click_on_a_class_gives_it_to_the_picked_instance_with_the_arrow_alone(many_classes: MainWindow) -> None:
    window, hand = many_classes, Hand(many_classes)
    document = window.document
    segment = instances.new(document)
    hand.drag((40, 40), (40, 60))
    view = window.panel("classes").view  # type: ignore[attr-defined]  # the panel of classes has a list

    def click(place: int) -> None:
        row = view.visualRect(view.model().index(place, 0))
        QTest.mouseClick(view.viewport(), LEFT, NONE, QPoint(row.left() + 60, row.center().y()))

    click(2)
    assert document.labels.segments == {segment: 1}
    window.trigger("tool.select")
    hand.click(40, 50)
    assert document.active_instance == segment
    click(3)
    assert document.labels.segments == {segment: 3}
    assert document.active_instance == segment
    assert document.active_class == 3


def test_going_on_with_shift_or_ctrl_held_leaves_one_image_selected(window: MainWindow, hand: Hand) -> None:
    panel = window.panel("samples")
    assert isinstance(panel, SamplesPanel)
    for key, held in ((KEY.Key_D, SHIFT), (KEY.Key_D, SHIFT | Qt.KeyboardModifier.ControlModifier)):
        hand.key(key, held)
        assert window.document.sample is not None
        assert panel.selected() == [window.document.sample.id], "not those that were left behind as well"
    first, last = (panel.view.visualRect(panel.model.index(row)).center() for row in (0, 2))
    QTest.mouseClick(panel.view.viewport(), LEFT, NONE, first)
    QTest.mouseClick(panel.view.viewport(), LEFT, SHIFT, last)
    assert panel.selected() == window.document.order, "those that a person selects in the list stay"
