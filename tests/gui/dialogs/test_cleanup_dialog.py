"""Cleaning a mask, seen before it is done."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QDialogButtonBox
from pytestqt.qtbot import QtBot

from segstudio.core.labels import Provenance
from segstudio.gui import MainWindow
from segstudio.gui.dialogs.cleanup import STEPS, CleanupDialog

Button = QDialogButtonBox.StandardButton


@pytest.fixture
def mask(window: MainWindow) -> np.ndarray:
    """A square with a speck beside it, as a network would leave them."""
    document = window.document
    ids = np.zeros(document.labels.shape, np.uint16)
    ids[20:60, 20:60] = 1
    ids[5:7, 5:7] = 1
    with document.edit("Predict"):
        document.labels.write(document.labels.region, ids, source=Provenance.MODEL)
    return ids


@pytest.fixture
def previews(window: MainWindow, monkeypatch: pytest.MonkeyPatch) -> list[np.ndarray | None]:
    """What the canvas was given to show."""
    shown: list[np.ndarray | None] = []
    show: Callable[[np.ndarray | None], None] = window.canvas.set_preview
    monkeypatch.setattr(window.canvas, "set_preview", lambda labels: (shown.append(labels), show(labels)))
    return shown


@pytest.fixture
def dialog(window: MainWindow, mask: np.ndarray, previews: list[np.ndarray | None], qtbot: QtBot) -> CleanupDialog:
    window.trigger("cleanup.open")
    dialog = window.findChild(CleanupDialog)
    assert dialog is not None
    qtbot.waitUntil(lambda: bool(previews) and previews[-1] is not None)
    return dialog


def press(dialog: CleanupDialog, button: Button) -> None:
    QTest.mouseClick(dialog.buttons.button(button), Qt.MouseButton.LeftButton)


def test_the_result_is_seen_before_anything_changes(
    dialog: CleanupDialog, window: MainWindow, mask: np.ndarray, previews: list[np.ndarray | None]
) -> None:
    assert previews[-1] is not None
    assert (previews[-1][5:7, 5:7] == 0).all(), "the speck is gone in the preview"
    assert (window.document.labels.ids == mask).all(), "and still there in the mask"
    assert not dialog.isModal(), "the canvas can be looked at meanwhile"


def test_cancel_leaves_the_mask_alone(
    dialog: CleanupDialog, window: MainWindow, mask: np.ndarray, previews: list[np.ndarray | None]
) -> None:
    press(dialog, Button.Cancel)
    assert previews[-1] is None
    assert (window.document.labels.ids == mask).all()
    assert window.document.history.next_undo is not None
    assert window.document.history.next_undo.name == "Predict"


def test_apply_is_one_step_of_undo(
    dialog: CleanupDialog, window: MainWindow, mask: np.ndarray, previews: list[np.ndarray | None], qtbot: QtBot
) -> None:
    for name in STEPS:
        dialog.numbers[name].setValue(0)
    dialog.numbers["min_area"].setValue(10)
    press(dialog, Button.Ok)
    qtbot.waitUntil(lambda: not window.jobs.busy)
    ids = window.document.labels.ids
    assert (ids[5:7, 5:7] == 0).all()
    assert (ids[20:60, 20:60] == 1).all()
    assert previews[-1] is None
    window.trigger("edit.undo")
    assert (window.document.labels.ids == mask).all()


def test_a_person_s_strokes_survive_cleaning(window: MainWindow, mask: np.ndarray, qtbot: QtBot) -> None:
    from segstudio.core.geometry import Region

    document = window.document
    with document.edit("Brush"):
        document.labels.write(Region(5, 5, 7, 7), 1, source=Provenance.HUMAN)
    window.trigger("cleanup.open")
    dialog = window.findChild(CleanupDialog)
    assert dialog is not None
    press(dialog, Button.Ok)
    qtbot.waitUntil(lambda: not window.jobs.busy)
    assert (document.labels.ids[5:7, 5:7] == 1).all()


def test_all_to_nothing_shows_the_mask_itself(
    dialog: CleanupDialog, window: MainWindow, previews: list[np.ndarray | None], qtbot: QtBot
) -> None:
    press(dialog, Button.Reset)
    assert dialog.options().idle
    qtbot.waitUntil(lambda: previews[-1] is None)
    before = window.document.history.next_undo
    press(dialog, Button.Ok)
    assert window.document.history.next_undo is before, "nothing to do is no step of undo"


def test_the_preview_can_be_switched_off(
    dialog: CleanupDialog, previews: list[np.ndarray | None], qtbot: QtBot
) -> None:
    dialog.live.click()
    qtbot.waitUntil(lambda: previews[-1] is None)
    dialog.live.click()
    qtbot.waitUntil(lambda: previews[-1] is not None)


def test_the_preview_follows_to_another_image_and_closing_takes_it_away(
    dialog: CleanupDialog, window: MainWindow, previews: list[np.ndarray | None], qtbot: QtBot
) -> None:
    window.trigger("sample.next")
    assert previews[-1] is None, "what belongs to another image is not shown"
    qtbot.waitUntil(lambda: previews[-1] is not None)
    window.trigger("project.close")
    assert previews[-1] is None
    assert not dialog.isVisible()


def test_sliders_and_numbers_agree(dialog: CleanupDialog) -> None:
    for name, most in STEPS.items():
        dialog.sliders[name].setValue(dialog.sliders[name].maximum())
        assert dialog.numbers[name].value() == most
        dialog.numbers[name].setValue(0)
        assert dialog.sliders[name].value() == 0


def test_the_crf_is_off_at_first_and_brings_borders_to_edges_when_asked(
    dialog: CleanupDialog, window: MainWindow, previews: list[np.ndarray | None], qtbot: QtBot
) -> None:
    assert dialog.edges().weight == 0
    press(dialog, Button.Reset)
    qtbot.waitUntil(lambda: previews[-1] is None)  # nothing is asked for
    dialog.edge_sliders["weight"].setFocus()
    QTest.keyClick(dialog.edge_sliders["weight"], Qt.Key.Key_End)
    assert dialog.edge_numbers["weight"].value() == 30
    qtbot.waitUntil(lambda: previews[-1] is not None, timeout=240_000)  # kernels compile on a new machine
    before = window.document.labels.ids.copy()
    press(dialog, Button.Ok)
    qtbot.waitUntil(lambda: not window.jobs.busy, timeout=240_000)
    assert window.workbench.cleanup.edges.weight == 30
    assert window.document.history.next_undo is not None
    window.trigger("edit.undo")
    assert (window.document.labels.ids == before).all()


def test_a_preview_that_comes_after_escape_finds_nobody_and_is_no_error(
    dialog: CleanupDialog, window: MainWindow, mask: np.ndarray, previews: list[np.ndarray | None], qtbot: QtBot
) -> None:
    dialog.numbers["min_area"].setValue(9)
    qtbot.waitUntil(lambda: window.jobs.busy)
    QTest.keyClick(dialog, Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: window.findChild(CleanupDialog) is None)
    qtbot.waitUntil(lambda: not window.jobs.busy)
    assert previews[-1] is None
    assert (window.document.labels.ids == mask).all()
