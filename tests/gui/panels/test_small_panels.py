"""Tool options, review, first steps; and what holds for every panel of the table."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractSlider,
    QAbstractSpinBox,
    QComboBox,
    QLineEdit,
    QPushButton,
    QWidget,
)
from pytestqt.qtbot import QtBot

from segstudio.core.annotation import SampleState
from segstudio.gui import MainWindow, icons
from segstudio.gui.panels import PANELS
from segstudio.gui.panels.empty_state import EmptyState
from segstudio.gui.panels.tool_options import ToolOptionsPanel


@pytest.mark.parametrize("name", PANELS)
def test_every_control_of_a_panel_is_named_and_explained(name: str, window: MainWindow) -> None:
    panel = window.panel(name)
    assert panel.objectName() == f"panel.{name}"
    assert PANELS[name].icon in icons.names()
    kinds = (QAbstractButton, QAbstractSlider, QComboBox, QAbstractSpinBox)
    for control in panel.findChildren(QWidget):
        inner = control.objectName().startswith(("qt_", "Scroll")) or isinstance(
            control.parent(), QLineEdit | QAbstractSpinBox
        )
        if isinstance(control, kinds) and not inner and control.focusPolicy() != Qt.FocusPolicy.NoFocus:
            if control.metaObject().className() == "QScrollBar":
                continue
            assert control.accessibleName(), control
            assert control.toolTip(), control


@pytest.mark.parametrize("name", PANELS)
def test_a_panel_is_empty_without_a_project_and_comes_back_with_one(
    name: str, window: MainWindow, project_folder: Path
) -> None:
    panel = window.panel(name)
    assert panel.isEnabled()
    window.trigger("project.close")
    assert not panel.isEnabled()
    window.trigger("project.open", path=project_folder)
    assert panel.isEnabled()


@pytest.fixture
def options(window: MainWindow) -> ToolOptionsPanel:
    panel = window.panel("tool_options")
    assert isinstance(panel, ToolOptionsPanel)
    return panel


def test_the_brush_is_sized_by_slider_number_and_keys(options: ToolOptionsPanel, window: MainWindow) -> None:
    options.brush.number.setValue(40)
    assert window.canvas.brush_size == 40
    QTest.keyClick(window.canvas, Qt.Key.Key_BracketRight)
    assert window.canvas.brush_size > 40
    assert options.brush.number.value() == window.canvas.brush_size
    options.brush.slider.setValue(0)
    assert window.canvas.brush_size == 1
    options.brush.slider.setValue(options.brush.slider.maximum())
    assert window.canvas.brush_size == 500


def test_the_tool_in_hand_says_how_it_is_used(options: ToolOptionsPanel, window: MainWindow) -> None:
    window.trigger("tool.box")
    assert options.title.text() == "Box"
    assert "Drag" in options.hint.text()
    assert not options.brush.isEnabled(), "a box has no size of its brush"
    window.trigger("tool.eraser")
    assert options.brush.isEnabled()


def test_what_is_ticked_is_remembered(options: ToolOptionsPanel, window: MainWindow) -> None:
    for box, name in (
        (options.live, "live_propagation"),
        (options.keep_view, "keep_view"),
        (options.pen_pressure, "pen_pressure"),
    ):
        before = getattr(window.workbench.settings, name)
        box.click()
        assert getattr(window.workbench.settings, name) is not before


def test_review_judges_and_goes_on_to_the_next_that_waits(window: MainWindow) -> None:
    project = window.document.project
    for sample in (1, 3):
        project.set_state(sample, SampleState.DONE)
    window.document.goto(1)
    window.trigger("view.review")
    bar = window.stage.review
    assert "done" in bar.state.text()
    QTest.mouseClick(bar.accept, Qt.MouseButton.LeftButton)
    assert project.sample(1).state is SampleState.REVIEWED
    assert window.document.sample is not None
    assert window.document.sample.id == 3, "2 is not done, so it does not wait for a review"
    QTest.mouseClick(bar.reject, Qt.MouseButton.LeftButton)
    assert project.sample(3).state is SampleState.IN_PROGRESS
    assert "in progress" in bar.state.text()
    assert "No image is left" in window.status.currentMessage()


def test_keys_judge_as_the_buttons_do_in_review_mode_and_stay_at_the_image_out_of_it(window: MainWindow) -> None:
    project = window.document.project
    for sample in (1, 3):
        project.set_state(sample, SampleState.DONE)
    window.document.goto(1)
    window.trigger("view.review")
    window.trigger("sample.accept")
    assert window.document.sample is not None
    assert window.document.sample.id == 3
    QTest.mouseClick(window.stage.review.leave, Qt.MouseButton.LeftButton)
    assert window.stage.review.isHidden()
    project.set_state(1, SampleState.DONE)
    window.trigger("sample.accept")
    assert window.document.sample.id == 3


def test_a_reviewer_says_why_and_the_keyboard_stays_with_the_image(window: MainWindow) -> None:
    window.activateWindow()
    window.document.project.set_state(2, SampleState.DONE)
    window.document.goto(2)
    window.trigger("view.review")
    bar = window.stage.review
    QTest.keyClicks(bar.note, "the mirror is missing")
    window.canvas.setFocus()
    QTest.mouseClick(bar.reject, Qt.MouseButton.LeftButton)
    assert window.canvas.hasFocus()
    assert window.document.annotation.note == "the mirror is missing"
    window.document.goto(1)
    assert bar.note.text() == ""
    window.document.goto(2)
    assert bar.note.text() == "the mirror is missing"
    assert window.panel("tags").note.toPlainText() == "the mirror is missing"  # type: ignore[attr-defined]
    window.trigger("edit.undo")
    assert bar.note.text() == ""


def test_the_first_steps_are_taught_until_there_is_an_image(window: MainWindow, project_folder: Path) -> None:
    steps = window.findChild(EmptyState)
    assert steps is not None
    assert not steps.isVisible()
    window.trigger("project.close")
    assert steps.isVisible()
    words = " ".join(step.text.text() for step in steps._steps)
    for word in ("Add images", "Pick a class", "Scribble", "Propagate", "Train"):
        assert word in words
    again = next(b for b in steps.findChildren(QPushButton) if b.accessibleName() == "Open discs")
    QTest.mouseClick(again, Qt.MouseButton.LeftButton)
    assert window.document.project.name == "discs"
    assert not steps.isVisible()


def test_the_first_steps_lead_to_new_and_open(window: MainWindow, qtbot: QtBot) -> None:
    wanted: list[str] = []
    window.trigger("project.close")
    steps = EmptyState(window.workbench, wanted.append)
    qtbot.addWidget(steps)
    for button in (steps.new, steps.open):
        QTest.mouseClick(button, Qt.MouseButton.LeftButton)
    assert wanted == ["project.new", "project.open"]


def test_review_mode_is_a_bar_that_comes_and_goes(window: MainWindow) -> None:
    bar = window.stage.review
    assert not bar.isVisible()
    window.trigger("view.review")
    assert bar.isVisible()
    assert window.action("view.review").isChecked()
    window.trigger("view.review")
    assert not bar.isVisible()
    assert not window.action("view.review").isChecked()
