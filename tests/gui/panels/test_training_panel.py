"""The curves and scores of a training run."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QColor
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from segstudio.app.training_set import hold
from segstudio.core.labels import Provenance
from segstudio.gui import MainWindow
from segstudio.gui.panels.scores import ConfusionView, IouBars, PreviewView
from segstudio.gui.panels.training import TrainingPanel, duration
from segstudio.learning.records import Preview, RunRecorder, TrainingMetrics
from tests.gui.conftest import disc_truth

NAMES = ("background", "disc")


def step(number: int, *, validated: bool = False, note: str = "") -> TrainingMetrics:
    """The metrics after step *number* of 100, with a loss of 1 / number."""
    return TrainingMetrics(
        epoch=1 + number // 10,
        epochs=10,
        step=number,
        loss=1 / number,
        lr=1e-3,
        images_per_second=12.5,
        memory_bytes=3 << 29,
        elapsed_seconds=float(number),
        eta_seconds=float(100 - number),
        miou=0.5 if number >= 10 else None,
        iou=(0.75, 0.25) if number >= 10 else (),
        class_names=NAMES if number >= 10 else (),
        best_miou=0.6 if number >= 10 else None,
        confusion=np.array([[90, 10], [50, 50]]) if number >= 10 else None,
        validated=validated,
        note=note,
        device="CPU, 2 threads",
    )


@pytest.fixture
def panel(window: MainWindow, qtbot: QtBot) -> Iterator[TrainingPanel]:
    window.show_panel("training")
    panel = window.panel("training")
    assert isinstance(panel, TrainingPanel)
    qtbot.waitUntil(lambda: panel.curves is not None, timeout=20_000)
    yield panel
    window.workbench.training.metrics.clear()


def learn(window: MainWindow, steps: range) -> None:
    for number in steps:
        metrics = step(number, validated=number % 10 == 0)
        window.workbench.training.metrics.append(metrics)
        window.workbench.training.progressed.emit(metrics)


def test_the_plotting_library_is_loaded_while_the_window_goes_on(window: MainWindow, qtbot: QtBot) -> None:
    window.show_panel("training")
    panel = window.panel("training")
    assert isinstance(panel, TrainingPanel)
    assert panel.summary.text() == "No training has run yet. Train (T) starts one."
    qtbot.waitUntil(lambda: panel.curves is not None, timeout=20_000)


def test_loss_and_miou_are_drawn_as_they_come(panel: TrainingPanel, window: MainWindow, qtbot: QtBot) -> None:
    learn(window, range(1, 41))
    assert panel.curves is not None
    qtbot.waitUntil(lambda: "loss" in panel.curves.names("loss"))
    steps, loss = panel.curves.values("loss", "loss")
    assert (steps == np.arange(1, 41)).all()
    assert loss == pytest.approx(1 / np.arange(1, 41))
    at, miou = panel.curves.values("score", "mIoU")
    assert at.tolist() == [10, 20, 30, 40]
    assert miou.tolist() == [0.5] * 4
    assert set(panel.curves.names("score")) == {"mIoU", *NAMES}
    assert panel.curves.values("score", "disc")[1].tolist() == [0.25] * 4
    learn(window, range(41, 51))
    qtbot.waitUntil(lambda: panel.curves.values("loss", "loss")[0].size == 50)


def test_numbers_people_ask_for_are_said(panel: TrainingPanel, window: MainWindow, qtbot: QtBot) -> None:
    learn(window, range(1, 41))
    qtbot.waitUntil(lambda: "epoch 5 of 10" in panel.summary.text())
    for words in ("loss 0.025", "mIoU 0.500 (best 0.600)", "12.5 images/s", "1.5 GB", "CPU, 2 threads"):
        assert words in panel.summary.text()
    assert "disc 0.25" in panel.bars.accessibleDescription()


def test_what_the_trainer_did_by_itself_is_said(panel: TrainingPanel, window: MainWindow, qtbot: QtBot) -> None:
    metrics = step(1, note="out of memory: batch 8 -> 4")
    window.workbench.training.metrics.append(metrics)
    window.workbench.training.progressed.emit(metrics)
    assert panel.note.isVisible()
    assert panel.note.text() == "out of memory: batch 8 -> 4"


def test_earlier_runs_are_compared(panel: TrainingPanel, window: MainWindow, qtbot: QtBot) -> None:
    project = window.document.project
    run = project.new_run("unet", {"network": "unet", "loss": "ce+dice"})
    recorder = RunRecorder(run.folder, NAMES)
    for number in range(1, 31):
        recorder.add(step(number, validated=number % 10 == 0))
    recorder.close()
    project.finish_run(run.id, "done", {"miou": 0.5})
    panel.refresh()
    row = panel.runs.list.topLevelItem(0)
    assert row is not None
    assert [row.text(i) for i in range(1, 5)] == ["unet", "ce+dice", "0.500", "finished"]
    learn(window, range(1, 11))
    panel.draw()
    row.setCheckState(0, Qt.CheckState.Checked)
    assert panel.curves is not None
    assert set(panel.curves.names("loss")) == {"loss", "run 1"}
    assert panel.curves.values("score", "run 1")[0].tolist() == [10, 20, 30]
    row.setCheckState(0, Qt.CheckState.Unchecked)
    assert panel.curves.names("loss") == ["loss"]


def test_what_compared_runs_were_trained_with_stands_side_by_side(panel: TrainingPanel, window: MainWindow) -> None:
    project = window.document.project
    for loss in ("ce+dice", "focal"):
        run = project.new_run("unet", {"network": "unet", "loss": loss, "epochs": 3})
        RunRecorder(run.folder, NAMES).close()
        project.finish_run(run.id, "done", {})
    panel.refresh()
    assert panel.runs.table.isHidden()
    for place in range(2):
        row = panel.runs.list.topLevelItem(place)
        assert row is not None
        row.setCheckState(0, Qt.CheckState.Checked)
    (shown,) = [panel.runs.table.topLevelItem(i) for i in range(panel.runs.table.topLevelItemCount())]
    assert [shown.text(i) for i in range(3)] == ["loss", "focal", "ce+dice"]


def test_a_run_that_is_not_finished_is_offered_to_go_on(panel: TrainingPanel, window: MainWindow) -> None:
    assert panel.resume.isHidden()
    project = window.document.project
    run = project.new_run("unet", {"network": "unet"})
    hold(project.stored(), project.classes, run.folder)
    (run.folder / "state.pt").write_bytes(b"of the trainer")
    project.finish_run(run.id, "paused", {})
    window.workbench.training._look_for_unfinished()
    panel.refresh()
    assert panel.resume.isVisible()
    assert panel.summary.text() == "Run 1 (unet) is not finished. Resume goes on where it ended."
    assert panel.pause.isHidden()
    window._refresh_actions()
    assert window.action("model.resume").isEnabled()


def test_curves_of_long_runs_are_thinned_by_means(panel: TrainingPanel) -> None:
    from segstudio.gui.panels.curves import MAX_POINTS, thinned

    steps = np.arange(10 * MAX_POINTS, dtype=float)
    values = np.where(steps % 2 == 0, 1.0, 3.0)
    values[7] = np.nan
    x, y = thinned((steps, values))
    assert x.size <= MAX_POINTS
    assert y[1:-1] == pytest.approx(2.0, abs=0.4)
    assert np.isfinite(y).all()


def test_stop_is_there_only_while_there_is_something_to_stop(panel: TrainingPanel) -> None:
    assert not panel.stop.isEnabled()


def test_bars_are_as_long_as_their_scores(qtbot: QtBot) -> None:
    bars = IouBars()
    qtbot.addWidget(bars)
    red, blue = QColor(200, 0, 0), QColor(0, 0, 200)
    bars.resize(400, 60)
    bars.show_scores(["aa", "aa"], [0.8, 0.4], [red, blue])
    picture = bars.grab().toImage()

    def length(color: QColor) -> int:
        rows = range(picture.height())
        return max(sum(picture.pixelColor(x, y) == color for x in range(picture.width())) for y in rows)

    assert length(red) == pytest.approx(2 * length(blue), rel=0.05)


def test_the_confusion_is_told_in_words(qtbot: QtBot) -> None:
    view = ConfusionView()
    qtbot.addWidget(view)
    view.resize(220, 220)
    view.show_matrix(np.array([[90, 10], [50, 50]]), NAMES)
    grid = view._grid()
    lower_left = QPoint(grid.left() + 5, grid.bottom() - 5)
    assert view.describe_cell(lower_left) == "50.0% of disc is predicted as background"
    assert view.describe_cell(QPoint(0, 0)) == ""
    view.grab()


def test_the_validation_image_shows_labels_beside_prediction(qtbot: QtBot) -> None:
    view = PreviewView()
    qtbot.addWidget(view)
    view.resize(400, 220)
    image = np.full((50, 50), 1000, np.uint16)
    image[0, 0] = 0
    target = np.full((50, 50), 255, np.uint16)
    prediction = np.zeros((50, 50), np.uint16)
    palette = np.zeros((256, 3), np.uint8)
    palette[0] = (255, 0, 0)
    preview = Preview("x", image, target, prediction)
    view.show_preview(preview.image, preview.target, preview.prediction, palette)
    picture = view.grab().toImage()
    image_alone, left, right = (picture.pixelColor(x, 80) for x in (60, 190, 320))
    assert image_alone == left, "unlabelled: the image alone"
    assert left.red() == left.green()
    assert right.red() > right.green() + 80


@pytest.mark.parametrize(("seconds", "text"), [(9.4, "9 s"), (309, "5:09"), (3909, "1:05:09")])
def test_durations(seconds: float, text: str) -> None:
    assert duration(seconds) == text


@pytest.mark.slow
def test_pause_resume_and_a_child_that_dies_leave_the_window_as_it_was(
    panel: TrainingPanel, window: MainWindow, qtbot: QtBot
) -> None:
    training, document = window.workbench.training, window.document
    with document.edit("Brush"):
        document.labels.write(document.labels.region, disc_truth(0), source=Provenance.HUMAN)
    tiny = {"network_options": {"width": 8, "depth": 2, "batch_norm": True}, "epochs": 50, "crop": 64, "batch": 2}
    window.trigger("model.train", **tiny, threads=1, device="cpu", validation_fraction=0.0)
    qtbot.waitUntil(lambda: len(training.metrics) >= 5, timeout=120_000)
    QTest.mouseClick(panel.pause, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: not training.running, timeout=60_000)
    assert panel.resume.isVisible()
    assert panel.runs.list.topLevelItem(0).text(4) == "paused"
    steps = len(training.metrics)
    assert window.action("model.resume").isEnabled()

    QTest.mouseClick(panel.resume, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: len(training.metrics) >= steps + 5, timeout=120_000)
    assert [m.step for m in training.metrics] == list(range(1, len(training.metrics) + 1)), "one curve"
    process = training.child()._process
    assert process is not None
    process.kill()  # as the system does when memory runs out
    qtbot.waitUntil(lambda: not training.running, timeout=60_000)
    assert "memory ran out" in panel.note.text()
    assert "Resume goes on" in panel.note.text()
    assert "memory ran out" in window.notice.text
    assert panel.runs.list.topLevelItem(0).text(4) == "failed"
    assert (document.labels.classes() == disc_truth(0)).all()
    QTest.mouseClick(panel.resume, Qt.MouseButton.LeftButton)
    count = len(training.metrics)
    qtbot.waitUntil(lambda: len(training.metrics) >= count + 2, timeout=120_000)
    assert panel.note.isHidden()
    window.trigger("model.stop")
    qtbot.waitUntil(lambda: not window.jobs.busy, timeout=60_000)
