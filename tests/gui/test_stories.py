"""What a person does in the window, from the first stroke to the exported data set."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image
from pycocotools.coco import COCO
from PySide6.QtCore import QElapsedTimer, Qt, QTimer
from pytestqt.qtbot import QtBot

from segstudio.core.errors import OptionError
from segstudio.core.labels import UNLABELLED, Provenance
from segstudio.gui import MainWindow
from segstudio.io.project import Project
from tests.gui.conftest import Hand, disc_truth

WAIT = 240_000
"""Milliseconds. Long: the first propagation on a new machine compiles its kernels."""


def scribble(hand: Hand) -> None:
    """A stroke in the disc and one around it."""
    hand.key(Qt.Key.Key_2)
    hand.drag((40, 55), (55, 68))
    hand.key(Qt.Key.Key_1)
    hand.drag((8, 10), (8, 110))
    hand.drag((88, 10), (88, 110))


def propagated(window: MainWindow, qtbot: QtBot) -> np.ndarray:
    window.trigger("propagate.scribbles")
    qtbot.waitUntil(lambda: not window.jobs.busy, timeout=WAIT)
    return window.document.labels.classes()


def iou(labels: np.ndarray, truth: np.ndarray) -> float:
    return float(((labels == 1) & (truth == 1)).sum() / ((labels == 1) | (truth == 1)).sum())


def test_scribble_propagate_undo_redo_save_reopen(
    window: MainWindow,
    hand: Hand,
    qtbot: QtBot,
    make_window: Callable[[Path | None], MainWindow],
    project_folder: Path,
) -> None:
    scribble(hand)
    strokes = window.document.labels.ids.copy()
    human = window.document.labels.provenance == Provenance.HUMAN
    assert human.any()

    labels = propagated(window, qtbot)
    assert iou(labels, disc_truth(0)) > 0.9
    assert (window.document.labels.ids[human] == strokes[human]).all(), "a human stroke is never overwritten"

    hand.key(Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert (window.document.labels.ids == strokes).all()
    hand.key(Qt.Key.Key_Y, Qt.KeyboardModifier.ControlModifier)
    assert (window.document.labels.classes() == labels).all()

    window.close()
    again = make_window(project_folder)
    again.document.goto(1)
    assert (again.document.labels.classes() == labels).all()
    assert (again.document.labels.provenance[human] == Provenance.HUMAN).all()


def test_escape_takes_the_stroke_in_progress_back(window: MainWindow, hand: Hand) -> None:
    hand.press(20, 20)
    hand.move(40, 40)
    assert (window.document.labels.ids != UNLABELLED).any()
    hand.key(Qt.Key.Key_Escape)
    assert (window.document.labels.ids == UNLABELLED).all()
    hand.move(60, 60)
    hand.release(60, 60)
    assert (window.document.labels.ids == UNLABELLED).all()
    assert not window.document.history.can_undo


def test_boxes_become_masks(window: MainWindow, hand: Hand, qtbot: QtBot) -> None:
    window.trigger("tool.box")
    hand.key(Qt.Key.Key_2)
    hand.drag((22, 34), (74, 86))
    (box,) = window.document.annotation.boxes
    assert box.class_id == 1
    assert abs(box.x0 - 34) <= 1
    assert abs(box.y1 - 74) <= 1
    window.trigger("propagate.boxes")
    qtbot.waitUntil(lambda: not window.jobs.busy, timeout=WAIT)
    assert iou(window.document.labels.classes(), disc_truth(0)) > 0.85
    hand.key(Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    hand.key(Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert window.document.annotation.boxes == ()


def test_a_box_is_selected_moved_resized_and_deleted(window: MainWindow, hand: Hand) -> None:
    window.trigger("tool.box")
    hand.drag((20, 20), (50, 50))
    before = window.document.annotation.boxes[0]
    hand.drag((35, 30), (45, 40))
    moved = window.document.annotation.boxes[0]
    assert (moved.y0 - before.y0, moved.x0 - before.x0) == (10, 10)
    hand.drag((moved.y1, moved.x1), (moved.y1 + 8, moved.x1 + 6))
    grown = window.document.annotation.boxes[0]
    assert (grown.y1 - moved.y1, grown.x1 - moved.x1) == (8, 6)
    hand.key(Qt.Key.Key_Delete)
    assert window.document.annotation.boxes == ()
    window.trigger("edit.undo")
    assert window.document.annotation.boxes == (grown,)


def test_keys_walk_through_the_images(window: MainWindow, hand: Hand) -> None:
    seen = []
    for key in (Qt.Key.Key_D, Qt.Key.Key_D, Qt.Key.Key_D, Qt.Key.Key_A):
        hand.key(key)
        assert window.document.sample is not None
        seen.append(window.document.sample.path.name)
    assert seen == ["disc-1.png", "disc-2.png", "disc-2.png", "disc-1.png"]


def test_clean_up_is_shown_then_cancelled_or_applied(window: MainWindow, hand: Hand, qtbot: QtBot) -> None:
    scribble(hand)
    propagated(window, qtbot)
    document = window.document
    with document.edit("Specks"):
        for y, x in ((5, 40), (15, 100), (80, 20)):
            document.labels.write(document.labels.region, 1, _dot(document.labels.shape, y, x), source=Provenance.MODEL)
    speckled = document.labels.ids.copy()
    window.trigger("cleanup.apply")
    qtbot.waitUntil(lambda: not window.jobs.busy, timeout=WAIT)
    cleaned = document.labels.ids
    assert cleaned[5, 40] == cleaned[15, 100] == cleaned[80, 20] == 0
    window.trigger("edit.undo")
    assert (document.labels.ids == speckled).all()


def _dot(shape: tuple[int, int], y: int, x: int) -> np.ndarray:
    mask = np.zeros(shape, bool)
    mask[y : y + 2, x : x + 2] = True
    return mask


@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")  # pycocotools under NumPy 2
def test_export_writes_what_others_read(window: MainWindow, hand: Hand, qtbot: QtBot, tmp_path: Path) -> None:
    scribble(hand)
    labels = propagated(window, qtbot)
    for name in ("masks", "coco"):
        window.trigger("export.dataset", format=name, target=tmp_path / name)
        qtbot.waitUntil(lambda: not window.jobs.busy, timeout=WAIT)
        assert str(tmp_path / name) in window.notice.text, "it says what was written where"
    mask = cv2.imread(str(tmp_path / "masks" / "masks" / "disc-0.png"), cv2.IMREAD_UNCHANGED)
    with Image.open(tmp_path / "masks" / "masks" / "disc-0.png") as index:
        np.testing.assert_array_equal(np.asarray(index), labels)
    assert mask[48, 60].tolist() == [0, 0, 128], "a reader of colours sees the window's colour (blue, green, red)"
    (file,) = (p for p in (tmp_path / "coco").rglob("*.json") if p.name != "segstudio.json")
    coco = COCO(file)
    (annotation,) = coco.loadAnns(coco.getAnnIds(catIds=coco.getCatIds(["disc"])))
    assert iou(coco.annToMask(annotation), labels == 1) > 0.98


def test_train_while_the_window_answers_then_stop_and_predict(window: MainWindow, hand: Hand, qtbot: QtBot) -> None:
    scribble(hand)
    propagated(window, qtbot)
    longest = _heartbeat(window)
    window.trigger(
        "model.train", network="unet", network_options={"width": 8, "batch_norm": True}, minutes=10, crop=64, batch=2,
        validation_fraction=0.0, lr=3e-3,
    )  # fmt: skip
    assert window.workbench.training.running
    assert not window.action("model.train").isEnabled()
    qtbot.waitUntil(lambda: len(window.workbench.training.metrics) >= 20, timeout=WAIT)
    longest.clear()
    hand.key(Qt.Key.Key_D)
    hand.key(Qt.Key.Key_2)
    hand.drag((40, 55), (55, 68))
    assert (window.document.labels.ids == 1).any(), "labelling goes on during training"
    qtbot.wait(1500)
    assert sorted(longest)[int(0.99 * len(longest))] < 200, "the window stutters while training runs"
    window.trigger("model.stop")
    qtbot.waitUntil(lambda: not window.workbench.training.running, timeout=WAIT)
    (run,) = window.document.project.runs()
    assert run.state == "stopped"
    assert run.checkpoint.is_file(), "what was learned stays"

    human = window.document.labels.provenance == Provenance.HUMAN
    window.trigger("model.predict")
    qtbot.waitUntil(lambda: not window.jobs.busy, timeout=WAIT)
    assert (window.document.labels.ids[human] == 1).all()
    assert (window.document.labels.provenance == Provenance.MODEL).any()
    window.trigger("edit.undo")
    assert not (window.document.labels.provenance == Provenance.MODEL).any()


def _heartbeat(window: MainWindow) -> list[int]:
    """Milliseconds between the ticks of a 10 ms timer of the window's event loop."""
    gaps: list[int] = []
    clock = QElapsedTimer()
    clock.start()
    timer = QTimer(window)
    timer.timeout.connect(lambda: gaps.append(clock.restart()))
    timer.start(10)
    return gaps


@pytest.mark.parametrize("act", ["propagate.scribbles", "propagate.boxes", "model.train", "model.predict"])
def test_what_cannot_be_done_yet_says_why(window: MainWindow, act: str) -> None:
    window.trigger(act)
    assert len(window.notice.text) > 20
    assert "\n" not in window.notice.text
    assert [job.title for job in window.jobs.jobs if not job.quiet] == []


def test_an_unknown_act_is_a_mistake_of_the_script(window: MainWindow) -> None:
    with pytest.raises(OptionError, match="no act"):
        window.trigger("model.trian")


def test_a_broken_image_shows_its_reason_instead_of_a_blank_canvas(
    make_window: Callable[[Path | None], MainWindow], project_folder: Path
) -> None:
    (project_folder.parent / "disc-1.png").write_bytes(b"")
    window = make_window(project_folder)
    window.trigger("sample.next")
    assert window.document.problem is not None
    assert "disc-1.png" in str(window.document.problem)
    blank = window.canvas.grab().toImage()
    rows = range(blank.height() // 3, 2 * blank.height() // 3)
    colors = {blank.pixelColor(x, y).name() for x in range(0, blank.width(), 2) for y in rows}
    assert len(colors) > 2, "the reason is written on the canvas"
    window.trigger("sample.next")
    assert window.document.image is not None


def test_a_folder_that_is_no_project_leaves_the_open_one_open(window: MainWindow, tmp_path: Path) -> None:
    document = window.document
    window.trigger("project.open", path=tmp_path)
    assert window.document is document
    assert "not a segstudio project" in window.notice.text


def test_a_new_project_from_images(
    make_window: Callable[[Path | None], MainWindow], qtbot: QtBot, project_folder: Path, tmp_path: Path
) -> None:
    window = make_window(None)
    assert window.workbench.document is None
    (tmp_path / "broken.png").write_bytes(b"nothing of an image")
    images = [project_folder.parent / "disc-0.png", tmp_path / "broken.png"]
    window.trigger("project.new", path=tmp_path / "fresh", classes="binary", images=images)
    qtbot.waitUntil(lambda: window.workbench.document is not None and not window.jobs.busy, timeout=WAIT)
    assert window.document.sample is not None
    assert "broken.png" in window.notice.text
    window.close()
    with Project.open(tmp_path / "fresh.segstudio") as project:
        assert [s.path.name for s in project.samples()] == ["disc-0.png"]


def test_status_bar_tells_position_value_class_and_zoom(window: MainWindow, hand: Hand) -> None:
    hand.drag((40, 55), (41, 56))
    hand.move(40.5, 55.5)
    value = window.document.image.array[40, 55]
    assert window.status.position.text() == "x 55  y 40"
    assert window.status.value.text() == ", ".join(str(v) for v in value)
    assert window.status.label_class.text() == "disc"
    assert "%" in window.status.zoom.text()


def test_live_propagation_follows_a_stroke(window: MainWindow, hand: Hand, qtbot: QtBot) -> None:
    scribble(hand)
    window.workbench.settings.live_propagation = True
    hand.key(Qt.Key.Key_2)
    hand.drag((50, 60), (52, 64))
    qtbot.waitUntil(lambda: not window.jobs.busy, timeout=WAIT)
    assert (window.document.labels.provenance == Provenance.PROPAGATED).any()
