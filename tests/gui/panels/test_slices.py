"""A stack in the window: slider, keys, wheel, and labels carried from slice to slice."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import nibabel
import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from segstudio.core.classes import LabelSet
from segstudio.core.geometry import Region
from segstudio.core.labels import UNLABELLED, Provenance
from segstudio.gui import MainWindow
from segstudio.io.project import Project


def volume(path: Path, slices: int = 6) -> Path:
    """Axial slices 2 mm apart, the first at z = 10 mm; a disc that grows."""
    x, y, z = np.mgrid[:80, :60, :slices]
    data = np.where((x - 40) ** 2 + (y - 30) ** 2 < (10 + z) ** 2, 900, 100).astype(np.int16)
    affine = np.diag([1.0, 1.0, 2.0, 1.0])
    affine[2, 3] = 10
    nibabel.save(nibabel.Nifti1Image(data, affine), path)
    return path


@pytest.fixture
def stacked(make_window: Callable[[Path | None], MainWindow], tmp_path: Path) -> MainWindow:
    file = volume(tmp_path / "heart.nii.gz")
    classes = LabelSet.named(["background", "disc"])
    with Project.create(tmp_path / "p", classes) as project:
        project.add_samples([(file, frame) for frame in (0, 1, 2, 4)])
    return make_window(tmp_path / "p.segstudio")


def frame(window: MainWindow) -> int:
    assert window.document.sample is not None
    return window.document.sample.frame


def turn_wheel(window: MainWindow, by: int) -> None:
    at = QPointF(window.canvas.rect().center())
    event = QWheelEvent(
        at, window.canvas.mapToGlobal(at), QPoint(), QPoint(0, 120 * by), Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.ShiftModifier, Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(window.canvas, event)


def test_the_bar_shows_for_stacks_only(window: MainWindow, stacked: MainWindow) -> None:
    assert not window.stage.slices.isVisible()
    assert stacked.stage.slices.isVisible()
    assert stacked.stage.slices.place.text() == "1 / 6 · 10.0 mm"


def test_keys_wheel_and_slider_turn_the_slices(stacked: MainWindow) -> None:
    bar = stacked.stage.slices
    stacked.canvas.setFocus()
    QTest.keyClick(stacked.canvas, Qt.Key.Key_PageDown)
    assert frame(stacked) == 1
    assert bar.slider.value() == 1
    turn_wheel(stacked, -1)
    assert (frame(stacked), bar.place.text()) == (2, "3 / 6 · 14.0 mm")
    turn_wheel(stacked, 1)
    assert frame(stacked) == 1
    QTest.keyClick(stacked.canvas, Qt.Key.Key_PageUp)
    assert frame(stacked) == 0
    assert not bar.previous.isEnabled()
    bar.slider.setValue(5)  # the project has 4, not 5
    assert (frame(stacked), bar.slider.value()) == (4, 4)
    assert not bar.next.isEnabled()
    QTest.mouseClick(bar.previous, Qt.MouseButton.LeftButton)
    assert frame(stacked) == 2


def test_slices_that_are_missing_are_added_by_a_click(stacked: MainWindow) -> None:
    bar = stacked.stage.slices
    assert bar.add.isVisible()
    QTest.mouseClick(bar.add, Qt.MouseButton.LeftButton)
    assert not bar.add.isVisible()
    assert sorted(stacked.document.project.frames_of(stacked.document.sample.path)) == list(range(6))
    bar.slider.setValue(3)
    assert frame(stacked) == 3


def test_a_painted_slice_is_copied_on_and_taken_back(stacked: MainWindow) -> None:
    canvas = stacked.canvas
    QTest.mousePress(canvas, Qt.MouseButton.LeftButton, pos=canvas.to_widget(30, 40).toPoint())
    QTest.mouseMove(canvas, canvas.to_widget(34, 46).toPoint())
    QTest.mouseRelease(canvas, Qt.MouseButton.LeftButton, pos=canvas.to_widget(34, 46).toPoint())
    painted = stacked.document.labels.ids.copy()
    assert (painted == 1).any()
    QTest.keyClick(canvas, Qt.Key.Key_PageDown, Qt.KeyboardModifier.ControlModifier)
    assert frame(stacked) == 1
    np.testing.assert_array_equal(stacked.document.labels.ids, painted)
    stacked.trigger("edit.undo")
    assert not (stacked.document.labels.ids == 1).any()


def test_a_slice_has_one_number_wherever_it_is_named(stacked: MainWindow) -> None:
    stacked.trigger("slice.next")
    stacked.trigger("slice.next")
    assert stacked.document.sample is not None
    assert stacked.stage.slices.place.text().startswith("3 / 6")
    assert stacked.document.sample.name == "heart.nii.gz [3]"
    assert stacked.windowTitle().startswith("heart.nii.gz [3]")


def test_strokes_on_two_slices_label_those_between_by_one_key_and_undo_takes_all_back(
    stacked: MainWindow, qtbot: QtBot
) -> None:
    document, bar = stacked.document, stacked.stage.slices
    for place in (0, 4):
        bar.slider.setValue(place)
        with document.edit("Brush"):
            document.labels.write(Region(26, 36, 34, 44), 1, source=Provenance.HUMAN)
            document.labels.write(Region(2, 4, 5, 76), 0, source=Provenance.HUMAN)
    bar.slider.setValue(2)
    assert stacked.action("propagate.volume").isEnabled()
    assert bar.through.isEnabled()
    told: list[str] = []
    stacked.workbench.propagation.finished.connect(lambda method, _: told.append(method))
    stacked.canvas.setFocus()
    QTest.keyClick(stacked.canvas, Qt.Key.Key_P, Qt.KeyboardModifier.AltModifier | Qt.KeyboardModifier.ShiftModifier)
    qtbot.waitUntil(lambda: bool(told), timeout=60_000)
    assert frame(stacked) == 2
    y, x = np.mgrid[: document.labels.shape[0], : document.labels.shape[1]]
    truth = (y - document.labels.shape[0] / 2) ** 2 + (x - document.labels.shape[1] / 2) ** 2 < 12**2
    found = document.labels.ids == 1
    assert (found & truth).sum() / (found | truth).sum() > 0.8
    stacked.trigger("edit.undo")
    assert document.labels.blank or (document.labels.ids == UNLABELLED).all()
    bar.slider.setValue(0)
    assert (document.labels.provenance != Provenance.PROPAGATED).all()


def test_a_contrast_chosen_by_hand_holds_for_the_whole_file(stacked: MainWindow) -> None:
    """Window and level stay while a person goes through a scan; the automatic contrast is each slice's own again."""
    canvas = stacked.canvas
    first = canvas.contrast()
    stacked.trigger("tool.contrast")
    middle = canvas.rect().center()
    QTest.mousePress(canvas, Qt.MouseButton.LeftButton, pos=middle)
    QTest.mouseMove(canvas, middle + QPoint(60, 40))
    QTest.mouseRelease(canvas, Qt.MouseButton.LeftButton, pos=middle + QPoint(60, 40))
    chosen = canvas.contrast()
    assert chosen != first
    stacked.workbench.stacks.go(2)
    assert canvas.contrast() == chosen
    QTest.mouseDClick(canvas, Qt.MouseButton.LeftButton, pos=middle)  # back to the automatic one
    assert canvas.contrast() != chosen
    stacked.workbench.stacks.go(0)
    assert canvas.contrast() == first
