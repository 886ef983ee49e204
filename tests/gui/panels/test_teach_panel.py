"""The panel of Teach mode, and Teach mode as a person meets it."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from segstudio.app.teach import Phase
from segstudio.app.teach_rounds import Round
from segstudio.core.annotation import SampleState
from segstudio.core.labels import UNLABELLED, Provenance
from segstudio.gui import MainWindow
from segstudio.gui.panels.teach import RoundsPlot, TeachPanel
from segstudio.learning.active import STRATEGIES
from tests.gui.conftest import Hand, disc_truth

CTRL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier
TINY = {
    "network_options": {"width": 8, "depth": 2, "batch_norm": True},
    "crop": 64, "batch": 4, "lr": 1e-2, "threads": 1, "device": "cpu", "amp": "off",
}  # fmt: skip
WAIT = 120_000


@pytest.fixture
def panel(window: MainWindow) -> Iterator[TeachPanel]:
    window.show_panel("teach")
    panel = window.panel("teach")
    assert isinstance(panel, TeachPanel)
    yield panel
    window.workbench.teach.stop()


def test_off_says_what_it_would_do(panel: TeachPanel) -> None:
    assert panel.state.text().startswith("Off.")
    assert not panel.switch.isChecked()
    assert panel.recipe.text() == "U-Net · ce+dice · 1 min a round"


def test_the_switch_and_the_act_are_one(panel: TeachPanel, window: MainWindow, hand: Hand) -> None:
    QTest.mouseClick(panel.switch, Qt.MouseButton.LeftButton)
    assert window.workbench.teach.on
    panel.refresh()
    assert panel.switch.text() == "Stop teaching"
    assert window.action("teach.toggle").isChecked()
    assert panel.state.text() == "Waiting: 0 of 2 images accepted. Label one and accept it."
    hand.key(Qt.Key.Key_T, CTRL | SHIFT)
    assert not window.workbench.teach.on
    assert not window.action("teach.toggle").isChecked()


def test_every_order_gives_its_reason(panel: TeachPanel, window: MainWindow) -> None:
    for place, (name, way) in enumerate(STRATEGIES.items()):
        panel.order.setCurrentIndex(place)
        panel.order.activated.emit(place)
        panel.refresh()
        assert window.workbench.teach.strategy == name
        assert panel.why.text() == way.pick


def test_the_state_is_said_in_words(panel: TeachPanel, window: MainWindow) -> None:
    teach = window.workbench.teach
    window.document.project.set_uncertainty(3, 0.61)
    teach.start()
    teach.rounds = [Round(1, 4, 0.5), Round(2, 6)]
    teach.scores, teach.pre_labelled = {3: 0.8}, 14
    teach._set(Phase.TRAINING)
    assert panel.sentence() == (
        "Training on 6 accepted images, round 2; 14 images pre-labelled; next: disc-2.png, uncertainty 0.61."
    )
    teach._set(Phase.READY)
    assert panel.sentence().startswith("Round 2 is done")
    assert "without pre-labels" not in panel.sentence()
    teach.rounds = [Round(1, 4, 0.1, agreed=(0.1, 0.0, 0.2))]
    assert panel.sentence().endswith("images open without pre-labels until these are worth correcting.")
    teach.rounds = []
    assert window.document.sample is not None
    teach._pre_labels.held_back = window.document.sample.id
    assert panel.sentence().endswith("no pre-label here: the network is too unsure of this image.")
    teach._pre_labels.held_back = None
    assert "unsure" not in panel.sentence()


def test_rounds_are_drawn_as_high_as_their_numbers(qtbot: QtBot) -> None:
    plot = RoundsPlot()
    qtbot.addWidget(plot)
    plot.resize(260, 140)
    plot.grab()
    plot.show_rounds([Round(1, 2, 0.2, (0.5,)), Round(2, 3, 0.8, (0.25, 0.25)), Round(3, 4)])
    assert plot.accessibleDescription() == "1: 0.20, 50.0%, 2: 0.80, 25.0%, 3: –, –"
    picture = plot.grab().toImage()
    from segstudio.gui import theme

    bar = theme.color("warning")

    def height(x: int) -> int:
        return sum(picture.pixelColor(x, y) == bar for y in range(30, picture.height()))

    columns = [height(x) for x in range(picture.width())]
    half = picture.width() // 3
    assert max(columns[:half]) == pytest.approx(2 * max(columns[half : 2 * half]), abs=3)


def paint(window: MainWindow, seed: int) -> None:
    """All of the image at hand, by a human."""
    document = window.document
    with document.edit("Brush"):
        document.labels.write(document.labels.region, disc_truth(seed), source=Provenance.HUMAN)


@pytest.mark.slow
def test_teach_accept_two_correct_the_third_which_comes_pre_labelled(
    window: MainWindow, hand: Hand, qtbot: QtBot
) -> None:
    bench = window.workbench
    bench.settings.training, bench.settings.teach_minutes = dict(TINY), 0.1
    hand.key(Qt.Key.Key_T, CTRL | SHIFT)
    assert bench.teach.phase is Phase.WAITING
    for seed in range(2):
        paint(window, seed)
        hand.key(Qt.Key.Key_Return, SHIFT)
    document = window.document
    assert document.sample is not None
    assert document.sample.name == "disc-2.png"
    qtbot.waitUntil(lambda: bench.teach.phase is Phase.TRAINING, timeout=WAIT)
    qtbot.waitUntil(lambda: bench.teach.phase is Phase.READY, timeout=WAIT)

    labels = document.labels
    assert (labels.provenance == Provenance.MODEL).any(), "it comes pre-labelled"
    hand.key(Qt.Key.Key_2)
    hand.drag((10, 12), (10, 30))
    human = labels.provenance == Provenance.HUMAN
    assert human.any()
    assert (labels.ids[human] == 1).all()
    assert (labels.provenance == Provenance.MODEL).any()
    hand.key(Qt.Key.Key_Return, SHIFT)
    assert document.project.sample(3).state is SampleState.REVIEWED
    qtbot.waitUntil(lambda: bench.teach.rounds[-1].images == 3, timeout=WAIT)
    (corrected,) = [share for one in bench.teach.rounds for share in one.corrected]
    assert corrected > 0

    hand.key(Qt.Key.Key_T, CTRL | SHIFT)
    qtbot.waitUntil(lambda: not window.jobs.busy, timeout=WAIT)
    assert not bench.training.running
    assert (document.labels.ids[human] == 1).all()
    assert (document.labels.provenance[human] == Provenance.HUMAN).all()

    with document.edit("Clear"):
        document.labels.write(document.labels.region, UNLABELLED, ~human, source=Provenance.HUMAN)
    window.trigger("model.predict")
    qtbot.waitUntil(lambda: not window.jobs.busy, timeout=WAIT)
    assert (document.labels.ids != UNLABELLED).all(), "the network that was taught predicts"
    assert np.array_equal(document.labels.provenance == Provenance.HUMAN, human)
