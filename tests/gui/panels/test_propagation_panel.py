"""The propagation panel: a person picks a method, turns its knobs with keys, resets, and answers what tuning offers."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from segstudio.app.propagation_choices import SCRIBBLE_CHOICES
from segstudio.app.tuning import TuningState
from segstudio.gui.panels.propagation import PropagationPanel
from tests.gui.kit import Easel, easel

__all__ = ["easel"]  # a fixture


@pytest.fixture
def panel(easel: Easel, qtbot: QtBot) -> PropagationPanel:
    easel.bench.settings.propagation = {}
    easel.open(classes=2)
    made = PropagationPanel(easel.bench, easel.canvas)
    qtbot.addWidget(made)
    made.resize(320, 600)
    made.show()
    qtbot.waitExposed(made)
    return made


def test_keys_pick_a_method_and_turn_its_knobs(panel: PropagationPanel, easel: Easel) -> None:
    propagation = easel.bench.propagation
    assert [row.knob for row in panel.knobs] == list(SCRIBBLE_CHOICES["auto"].knobs)
    colour = next(row for row in panel.knobs if row.knob.name == "emphasis.colour")
    QTest.keyClick(colour.slider, Qt.Key.Key_Home)
    assert propagation.value(colour.knob) == 0.0
    assert colour.value.text() == "0.00"
    panel.scribbles.setFocus()
    QTest.keyClick(panel.scribbles, Qt.Key.Key_Down)
    QTest.keyClick(panel.scribbles, Qt.Key.Key_Down)
    assert propagation.method == "random_walker"
    assert [row.knob.name for row in panel.knobs] == ["beta"]
    assert panel.scribbles_pick.text() == SCRIBBLE_CHOICES["random_walker"].pick
    QTest.mouseClick(panel.reset, Qt.MouseButton.LeftButton)
    assert propagation.method == "auto"
    assert all(propagation.value(row.knob) == row.knob.default for row in panel.knobs)


def test_the_last_result_is_named_until_another_image_comes(panel: PropagationPanel, easel: Easel) -> None:
    easel.bench.propagation.finished.emit("geodesic", 0.874)
    assert panel.result.text() == "Last result: Geodesic distance, 87% sure"
    assert easel.bench.document is not None
    easel.bench.document.sample_changed.emit()
    assert not panel.result.isVisible()


def test_doubt_is_the_canvas_layer(panel: PropagationPanel, easel: Easel) -> None:
    QTest.keyClick(panel.doubt, Qt.Key.Key_Space)
    assert panel.doubt.isChecked()
    assert easel.canvas.layer_visible("confidence")
    easel.canvas.set_layer_visible("confidence", False)
    assert not panel.doubt.isChecked()


def test_an_offer_shows_its_gain_and_goes_away_when_refused(panel: PropagationPanel, easel: Easel) -> None:
    tuning, box = easel.bench.tuning, panel.tuning
    assert not box.adopt.isVisible()
    assert not box.start_button.isEnabled()  # nothing is accepted yet
    tuning.offer = SimpleNamespace(samples=6, before=0.712, after=0.743, gain=0.031)  # type: ignore[assignment]
    tuning.state = TuningState.OFFERED
    tuning.changed.emit()
    assert "6 accepted images" in box.state.text()
    assert "71.2% before, 74.3% tuned" in box.state.text()
    box.refuse.click()
    assert tuning.offer is None
    assert not box.adopt.isVisible()


def test_it_is_said_that_other_images_count_unless_their_weight_is_zero(panel: PropagationPanel, easel: Easel) -> None:
    others = easel.bench.others
    assert not panel.others.isVisible()
    others.experience, others.images = SimpleNamespace(), 12  # type: ignore[assignment]
    others.changed.emit()
    assert panel.others.isVisible()
    assert "12 other images" in panel.others.text()
    row = next(row for row in panel.knobs if row.knob.name == "emphasis.others")
    QTest.keyClick(row.slider, Qt.Key.Key_Home)
    assert not panel.others.isVisible()
    QTest.mouseClick(panel.reset, Qt.MouseButton.LeftButton)
    assert panel.others.isVisible()
    easel.bench.propagation.method = "geodesic"
    assert not panel.others.isVisible()
