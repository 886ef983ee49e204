"""Rounds of filling and learning in the window: compared side by side, and their labels used."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from segstudio.core.labels import UNLABELLED, Provenance
from segstudio.gui import MainWindow
from segstudio.gui.panels.training import TrainingPanel
from segstudio.io.masks import write_mask
from segstudio.learning.weak.round_records import Kept, Round, label_files, stem_of, write_kept
from tests.gui.conftest import Hand, disc_truth


@pytest.fixture
def panel(window: MainWindow) -> TrainingPanel:
    window.show_panel("training")
    panel = window.panel("training")
    assert isinstance(panel, TrainingPanel)
    return panel


def two_rounds(folder: Path) -> Kept:
    """Records of a finished run: the discs grow from round to round, and at last are right."""
    rounds = [Round(0, 0.8, None, None, 0.51, 0.42, 9.0, "round-0/labels")]
    rounds.append(Round(1, 0.9, 0.125, None, 0.73, 0.64, 9.0, "round-1/labels"))
    kept = Kept(rounds, Round(2, 0.95, 0.01, None, None, None, 2.0, "labels"))
    for place, one in enumerate(kept.shown):
        labels = folder / str(one.labels)
        labels.mkdir(parents=True)
        for seed in range(3):
            ids = disc_truth(seed).astype(np.uint16) if place == 2 else np.full((96, 120), place, np.uint16)
            write_mask(label_files(labels, stem_of(seed + 1))[0], ids)
    write_kept(folder, kept)
    return kept


def texts(panel: TrainingPanel, column: int) -> list[str]:
    table = panel.rounds.table
    items = [table.item(row, column) for row in range(1, table.rowCount())]
    return [item.text() for item in items if item is not None]


def test_rounds_stand_side_by_side_and_the_chosen_labels_are_used(
    panel: TrainingPanel, window: MainWindow, qtbot: QtBot
) -> None:
    tab = panel.tabs.indexOf(panel.rounds)
    assert not panel.tabs.isTabVisible(tab), "no run has learned in rounds"
    document = window.document
    run = document.project.new_run("unet", {"supervision": "scribblesup"})
    two_rounds(run.folder)
    document.project.finish_run(run.id, "done", {"miou": 0.73})
    panel.refresh()
    assert panel.tabs.isTabVisible(tab)
    panel.tabs.setCurrentIndex(tab)
    assert texts(panel, 0) == ["80.0%", "–", "0.510", "0.420"]
    assert texts(panel, 1) == ["90.0%", "12.5%", "0.730", "0.640"]
    assert texts(panel, 2) == ["95.0%", "1.0%", "–", "–"]
    first = panel.rounds.table.item(0, 0)
    assert first is not None
    qtbot.waitUntil(lambda: not first.icon().isNull())

    # a stroke of a person first, where the machine says otherwise
    with document.edit("Brush"):
        document.labels.write(document.labels.region, 0, disc_truth(0) == 1, source=Provenance.HUMAN)
    QTest.mouseClick(panel.rounds.take, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: not window.jobs.busy)
    assert panel.rounds.hint.text() == "The labels of 3 images are taken over."
    assert not document.labels.classes().any(), "the person's word stays, the rest is ground"
    window.workbench.goto(2)
    assert (document.labels.classes() == disc_truth(1)).all()
    assert (document.labels.provenance == Provenance.PROPAGATED).all()
    window.trigger("edit.undo")
    window.trigger("edit.undo")
    window.trigger("edit.undo")
    assert document.sample is not None
    assert document.sample.id == 1
    assert (document.labels.classes()[disc_truth(0) == 0] == UNLABELLED).all()
    assert (document.labels.classes()[disc_truth(0) == 1] == 0).all()

    # another round may be chosen
    panel.rounds.table.setCurrentCell(1, 1)
    QTest.mouseClick(panel.rounds.take, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: not window.jobs.busy)
    assert (document.labels.classes()[disc_truth(0) == 0] == 1).all()


def stroke(window: MainWindow, hand: Hand, key: Qt.Key, *points: tuple[float, float]) -> None:
    hand.key(key)
    hand.drag(*points)


@pytest.mark.slow
def test_a_person_draws_strokes_trains_in_rounds_and_uses_the_last_labels(
    panel: TrainingPanel, window: MainWindow, hand: Hand, qtbot: QtBot
) -> None:
    document = window.document
    window.trigger("tool.brush")
    for sample_id in (1, 2, 3):
        window.workbench.goto(sample_id)
        middle = 60 + 3 * (sample_id - 1)
        stroke(window, hand, Qt.Key.Key_1, (10, 10), (10, 105))
        stroke(window, hand, Qt.Key.Key_2, (48, middle - 8), (48, middle + 8))
    drawn = document.labels.ids.copy()
    assert {0, 1} <= set(np.unique(drawn).tolist())
    tiny = {"network_options": {"width": 8, "depth": 2, "batch_norm": True}, "epochs": 4, "crop": 96, "batch": 2}
    window.trigger("model.train", **tiny, supervision="scribblesup", rounds=2, threads=1, device="cpu")
    training = window.workbench.training
    qtbot.waitUntil(lambda: panel.rounds.table.columnCount() == 1, timeout=120_000)
    assert training.running, "the first round is shown while the second one runs"
    assert not panel.rounds.take.isEnabled()
    qtbot.waitUntil(lambda: not training.running, timeout=120_000)
    assert panel.rounds.table.columnCount() == 3
    assert len(panel.metrics) == panel.metrics[-1].step
    panel.tabs.setCurrentWidget(panel.rounds)
    QTest.mouseClick(panel.rounds.take, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: not window.jobs.busy, timeout=60_000)
    for seed in range(3):
        window.workbench.goto(seed + 1)
        assert (document.labels.classes() == disc_truth(seed)).mean() > 0.97
    assert (document.labels.ids[drawn != UNLABELLED] == drawn[drawn != UNLABELLED]).all()
    window.trigger("edit.undo")
    assert (document.labels.ids == drawn).all()


@pytest.mark.slow
def test_rounds_that_are_stopped_leave_the_finished_ones_to_use(
    panel: TrainingPanel, window: MainWindow, qtbot: QtBot
) -> None:
    document = window.document
    for seed in range(2):
        window.workbench.goto(seed + 1)
        ids = np.full((96, 120), UNLABELLED, np.uint16)
        ids[10, 10:110], ids[48, 55:65] = 0, 1
        with document.edit("Brush"):
            document.labels.write(document.labels.region, ids, ids != UNLABELLED, source=Provenance.HUMAN)
    tiny = {"network_options": {"width": 8, "depth": 2, "batch_norm": True}, "crop": 96, "batch": 2, "threads": 1}
    window.trigger("model.train", **tiny, supervision="scribblesup", rounds=2, epochs=10, device="cpu")
    qtbot.waitUntil(lambda: panel.rounds.table.columnCount() == 1, timeout=120_000)
    QTest.mouseClick(panel.stop, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: not window.workbench.training.running, timeout=60_000)
    assert panel.runs.list.topLevelItem(0).text(4) == "stopped"
    assert panel.rounds.take.isEnabled()
    QTest.mouseClick(panel.rounds.take, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: not window.jobs.busy, timeout=60_000)
    assert (document.labels.ids != UNLABELLED).all()
    assert (document.labels.provenance[10, 10:110] == Provenance.HUMAN).all()
