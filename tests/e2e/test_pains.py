"""The twenty-five pains of people who label with other tools, each told by a story in which it does not happen.

Here are those of lost work and of lost time; the others stand in ``test_pains_of_hand_and_eye.py``.
"""

from __future__ import annotations

import errno
import gc
import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import tifffile
from PIL import Image
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from segstudio.app.class_edits import use_classes
from segstudio.app.document import Document
from segstudio.app.workflows import export_project
from segstudio.core.annotation import SampleState
from segstudio.core.classes import LabelSet
from segstudio.core.errors import ProjectError
from segstudio.core.labels import UNLABELLED, Provenance
from segstudio.core.progress import finish
from segstudio.gui import MainWindow
from segstudio.gui.canvas.screen import Screen
from segstudio.io import images
from segstudio.io.project import Project
from tests.gui.conftest import CLASSES, Hand, hand, make_window, project_folder, window
from tests.gui.kit import CTRL, Easel, easel, picture

__all__ = ["easel", "hand", "make_window", "project_folder", "window"]

MakeWindow = Callable[[Path | None], MainWindow]


def said(document: Document) -> tuple[bytes, bytes, object]:
    """Pixels, who said so, and shapes of the image at hand."""
    return document.labels.ids.tobytes(), document.labels.provenance.tobytes(), document.annotation


@contextmanager
def reopened(folder: Path) -> Iterator[Document]:
    """The project as the next session finds it, at its first image."""
    document = Document(Project.open(folder))
    document.goto(document.order[0])
    yield document
    document.close()


LABELLING = """
import sys
from segstudio.app.document import Document
from segstudio.core.geometry import Region
from segstudio.core.labels import Provenance
from segstudio.io.project import Project

document = Document(Project.open(sys.argv[1]))
document.goto_first()
for row in (10, 30, 50):
    with document.edit("Brush"):
        document.labels.write(Region(row, 5, row + 8, 90), 1, source=Provenance.HUMAN)
with document.edit("Brush"):
    document.labels.write(Region(70, 5, 78, 90), 1, source=Provenance.HUMAN)
    print("in the middle of a stroke", flush=True)
    sys.stdin.read()
"""


def test_pain_01_a_crash_loses_the_session(project_folder: Path) -> None:
    """1. Crash loses the session: killed before anything was saved, every finished stroke is there again."""
    child = subprocess.Popen(
        [sys.executable, "-c", LABELLING, str(project_folder)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=os.environ,
    )  # fmt: skip
    assert child.stdin is not None
    assert child.stdout is not None
    assert child.stdout.readline() == "in the middle of a stroke\n"
    child.send_signal(signal.SIGKILL)
    child.wait()
    child.stdin.close()
    child.stdout.close()
    with Project.open(project_folder) as project:
        assert not project.has_labels(1), "nothing had been saved"
    with reopened(project_folder) as document:
        painted = document.labels.ids == 1
        assert painted.sum() == 3 * 8 * 85
        assert not painted[70:78].any(), "the stroke in progress is all that is lost"
        assert (document.labels.provenance[painted] == Provenance.HUMAN).all()


def test_pain_02_a_failed_save_truncates_the_good_file(easel: Easel, monkeypatch: pytest.MonkeyPatch) -> None:
    """2. Failed save truncates the good file or is marked clean: a full disk costs neither file nor mark."""
    easel.open()
    easel.drag((20, 20), (20, 90))
    easel.bench.save()
    assert easel.document.sample is not None
    file = easel.document.project.labels_file(easel.document.sample.id)
    good = file.read_bytes()
    easel.drag((70, 20), (70, 90))

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as disk:
        disk.setattr(os, "replace", full)
        easel.bench.save()
    assert "the disk is full" in str(easel.failures[-1])
    assert easel.document.dirty, "what is not saved is not marked as saved"
    assert file.read_bytes() == good
    assert sorted(p.suffix for p in file.parent.iterdir()) == [".png"] * 3, "nothing half written lies about"
    easel.bench.save()
    assert not easel.document.dirty
    assert file.read_bytes() != good


def test_pain_03_the_container_is_corrupt_or_labels_are_gone_on_reopen(easel: Easel, tmp_path: Path) -> None:
    """3. Project container corrupt or labels gone on reopen: labels are plain PNGs beside the database."""
    easel.open()
    easel.drag((20, 20), (20, 90))
    drawn, folder = easel.ids.copy(), easel.document.project.folder
    for _ in range(3):
        easel.bench.close_project()
        assert easel.bench.open_project(folder)
        assert (easel.ids == drawn).all()
    easel.bench.close_project()

    database = folder / "project.db"
    database.write_bytes(b"\0" * 100 + database.read_bytes()[100:2000])
    with pytest.raises(ProjectError, match="the project's database is damaged"):
        Project.open(folder)
    with Image.open(folder / "samples" / "000001" / "labels.png") as labels:
        assert (np.asarray(labels) == drawn).all(), "anyone's reader has the work of ten days still"


def test_pain_04_undo_is_not_written_by_autosave(window: MainWindow, hand: Hand, qtbot: QtBot) -> None:
    """4. Undo not written by autosave: taking a stroke back is a change like the stroke, and saved by itself."""
    window.workbench.settings.autosave_seconds = 0.5
    document = window.document
    assert document.sample is not None
    file = document.project.labels_file(document.sample.id)

    def saved() -> bool:
        window.workbench.tick()  # what its timer does every second
        return not document.dirty

    hand.drag((40, 40), (40, 80))
    qtbot.waitUntil(saved)
    with Image.open(file) as labels:
        assert (np.asarray(labels) == 1).any()
    hand.key(Qt.Key.Key_Z, CTRL)
    assert document.dirty
    qtbot.waitUntil(saved)
    with Image.open(file) as labels:
        assert (np.asarray(labels) == UNLABELLED).all()


def test_pain_05_no_redo_and_ten_steps(window: MainWindow, hand: Hand) -> None:
    """5. No redo, 10 steps, label edits not undone: twenty strokes, a box and class edits go back and forth."""
    document = window.document
    start = *said(document), document.classes
    for row in range(4, 92, 4):
        hand.drag((row, 10), (row, 30))
    window.trigger("tool.box")
    hand.drag((20, 50), (60, 100))
    with document.edit("Rename class"):
        document.set_classes(document.classes.changed(1, name="moon").added("sun"))
    end = *said(document), document.classes
    for _ in range(24):
        hand.key(Qt.Key.Key_Z, CTRL)
    assert (*said(document), document.classes) == start
    assert not document.history.can_undo
    for _ in range(24):
        hand.key(Qt.Key.Key_Y, CTRL)
    assert (*said(document), document.classes) == end


def test_pain_06_labels_vanish_after_hiding_or_the_label_manager(window: MainWindow, hand: Hand) -> None:
    """6. Labels vanished after hide/label-manager use: hiding is of the view, and class edits leave pixels alone."""
    hand.drag((40, 40), (40, 80))
    at, before = hand.at(40, 60), said(window.document)
    seen = window.canvas.grab().toImage().pixelColor(at)
    hand.key(Qt.Key.Key_H, CTRL)
    assert window.canvas.grab().toImage().pixelColor(at) != seen
    hand.key(Qt.Key.Key_D)
    with window.document.edit("Reorder classes"):
        window.document.set_classes(window.document.classes.moved(1, 0).changed(1, name="moon"))
    hand.key(Qt.Key.Key_A)
    assert said(window.document) == before
    hand.key(Qt.Key.Key_H, CTRL)
    assert window.canvas.grab().toImage().pixelColor(at) == seen


def test_pain_07_a_crash_on_next_just_after_save_or_zoom(window: MainWindow, hand: Hand) -> None:
    """7. Crash on "next" just after save or zoom: any of them at once, even in a stroke, and nothing is lost."""
    names = []
    for _ in range(3):
        hand.press(30, 30)
        hand.move(30, 60)
        hand.key(Qt.Key.Key_S, CTRL)
        window.trigger("view.zoom_in")
        hand.key(Qt.Key.Key_D)
        window.trigger("view.zoom_fit")
        hand.release(30, 60)
        hand.key(Qt.Key.Key_A)
        assert window.document.sample is not None
        assert window.document.labels.ids[30, 45] == 1
        names.append(window.document.sample.name)
        hand.key(Qt.Key.Key_D)
    assert names == ["disc-0.png", "disc-1.png", "disc-1.png"], "the last image has no next"
    assert not window.notice.text or "last image" in window.notice.text


def test_pain_08_a_changed_class_list_breaks_old_labels(easel: Easel, tmp_path: Path) -> None:
    """8. Changed class list breaks old labels: an id means the same class for ever, and no mask outlives its class."""
    easel.open(classes=4)
    easel.document.set_active_class(2)
    easel.drag((40, 40), (40, 80))
    drawn, document = easel.ids.copy(), easel.document
    with document.edit("Classes"):
        classes = document.classes.moved(2, 0).changed(2, name="vessel").added("dust").without(1)
        document.set_classes(classes)
    use_classes(document, LabelSet.named(["cat", "dog"]))
    assert (easel.ids == UNLABELLED).all(), "pixels of a class that goes are unlabelled, never of no class"
    document.undo()
    assert (easel.ids == drawn).all()
    folder = document.project.folder
    easel.bench.close_project()
    with reopened(folder) as again:
        assert (again.labels.ids == drawn).all()
        assert again.classes[2].name == "vessel"
        assert list(again.classes) == [2, 0, 3, 4], "a new class takes no old number, the order is the person's"
    finish(export_project(folder, "masks", tmp_path / "out"))
    with Image.open(tmp_path / "out" / "masks" / "image-0.png") as mask:
        assert (np.asarray(mask) == drawn).all()


def test_pain_09_a_half_done_image_cannot_be_resumed(
    window: MainWindow, hand: Hand, make_window: MakeWindow, project_folder: Path, qtbot: QtBot
) -> None:
    """9. Cannot resume a half-done image: strokes, boxes and their makers are there, and one goes on where one was."""
    hand.drag((40, 40), (40, 80))
    window.trigger("tool.box")
    hand.drag((20, 20), (50, 50))
    before = said(window.document)
    window.close()
    again = make_window(project_folder)
    again.activateWindow()
    qtbot.waitUntil(again.isActiveWindow)
    document = again.document
    assert document.project.counts()[SampleState.IN_PROGRESS] == 1
    document.goto(document.order[0])
    assert said(document) == before
    again.trigger("tool.box")
    Hand(again).click(45, 45)
    Hand(again).key(Qt.Key.Key_Delete)
    assert document.annotation.boxes == ()
    again.trigger("tool.brush")
    Hand(again).drag((60, 40), (60, 80))
    assert (document.labels.ids[60, 45:75] == document.labels.ids[40, 45:75]).all()


def test_pain_10_folders_of_ten_thousand_images_hang(
    tmp_path: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, make_window: MakeWindow
) -> None:
    """10. 10k+ image folders hang: opening and stepping reads the images at hand, never the folder."""
    Image.fromarray(picture()).save(tmp_path / "00000.png")
    with Project.create(tmp_path / "many", CLASSES) as project:
        project.add_samples((tmp_path / f"{i:05}.png", 0) for i in range(20_000))
    decoded, told = [], []
    open_image, ask = images.open_image, Project.samples
    monkeypatch.setattr(images, "open_image", lambda *a: (decoded.append(a), open_image(*a))[1])
    monkeypatch.setattr(Project, "samples", lambda *a: (found := ask(*a), told.append(len(found)))[0])
    window = make_window(tmp_path / "many.segstudio")
    window.panel("samples").grab()
    window.trigger("sample.next")
    qtbot.waitUntil(lambda: not window.jobs.busy)
    assert len(window.document.order) == 20_000
    assert 0 < len(set(decoded)) <= 6, "the image at hand and its neighbours"
    assert 0 < sum(told) < 2000, "rows are asked for as they come into sight"


def test_pain_11_batch_inference_draws_the_window_for_every_image(
    easel: Easel, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot
) -> None:
    """11. Batch inference slow because UI is drawn per image: forty results are forty files, and no repaint."""
    easel.open(*[picture()] * 41)
    qtbot.waitUntil(lambda: not easel.bench.jobs.busy)  # the next images are decoded ahead, whatever comes
    painted, decoded = [], []
    paint, open_image = Screen.paint_scene, images.open_image
    monkeypatch.setattr(Screen, "paint_scene", lambda *a: (painted.append(1), paint(*a))[1])
    monkeypatch.setattr(images, "open_image", lambda *a: (decoded.append(a), open_image(*a))[1])
    labels = np.where(picture()[..., 0] > 100, 1, 0).astype(np.uint16)
    result = SimpleNamespace(labels=labels, maps={}, uncertainty=0.25)
    document = easel.document
    for sample in document.project.stored(document.order[1:]):
        easel.bench.prediction._keep(document, sample, result)
        QApplication.processEvents()
    assert not decoded
    assert len(painted) <= 2, "what was left to paint after opening"
    painted.clear()
    assert (easel.ids == UNLABELLED).all(), "the image at hand is left alone"
    assert {s.uncertainty for s in document.project.samples()} == {None, 0.25}
    document.goto(document.order[40])
    QApplication.processEvents()
    assert painted, "only what is looked at is drawn"
    assert decoded
    assert (easel.ids == labels).all()
    assert (document.labels.provenance == Provenance.MODEL).all()


def test_pain_12_memory_grows_with_every_image(easel: Easel) -> None:
    """12. Memory grows per image: after thirty images as much is held as after three."""
    gc.collect()
    of_others = sum(type(thing).__name__ == "Image" for thing in gc.get_objects())  # left by earlier tests
    easel.open(*[np.zeros((300, 400, 3), np.uint8)] * 30)
    easel.document.cache._limit = 3 * 300 * 400 * 3  # the settings start at 64 MB, which small images never fill

    def held() -> Counter[str]:
        easel.wait(lambda: not easel.bench.jobs.busy)
        gc.collect()
        kinds = Counter(type(thing).__name__ for thing in gc.get_objects())
        return Counter({name: kinds[name] for name in ("LabelMap", "Scene", "Hand", "Image", "SuperpixelSquares")})

    for _ in range(3):
        easel.bench.next()
        easel.grabbed()
    after_three = held()
    for _ in range(26):
        easel.bench.next()
        easel.grabbed()
    after_thirty = held()
    assert easel.document.sample is not None
    assert easel.document.sample.name == "image-29.tif"
    assert all(after_thirty[name] <= after_three[name] + 1 for name in after_thirty), (after_three, after_thirty)
    assert 0 < after_thirty["Image"] <= of_others + 6
    assert after_thirty["LabelMap"]


def test_pain_13_big_images_are_slow_or_fail(easel: Easel, tmp_path: Path) -> None:
    """13. Big images slow or fail: a hundred megapixels open without a question, and are painted where one looks."""
    file = tmp_path / "large.tif"
    pixels = tifffile.memmap(file, shape=(10_000, 10_000), dtype=np.uint8, photometric="minisblack")
    pixels[9000:9100, 9000:9100] = 200
    pixels.flush()
    del pixels
    easel.open(file)
    assert easel.document.problem is None
    assert easel.document.labels.shape == (10_000, 10_000)
    easel.zoom_to(4.0, 9050, 9050)
    easel.drag((9050, 9030), (9050, 9070))
    assert easel.ids[9050, 9050] == 1
    easel.canvas.set_layer_visible("labels", False)
    assert easel.color_at(9020, 9050)[0] == pytest.approx(200, abs=2)
