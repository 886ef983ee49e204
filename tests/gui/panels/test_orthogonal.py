"""The planes across a volume, as a person uses them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import nibabel
import numpy as np
import pytest
import tifffile
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from segstudio.core.classes import LabelSet
from segstudio.core.geometry import Region
from segstudio.core.labels import Provenance
from segstudio.gui import MainWindow
from segstudio.io.project import Project


@pytest.fixture
def opened(make_window: Callable[[Path | None], MainWindow], tmp_path: Path, qtbot: QtBot) -> MainWindow:
    data = np.zeros((60, 50, 20), np.int16)
    data[20:40, 10:30, 5:15] = 500
    nibabel.save(nibabel.Nifti1Image(data, np.diag([1.0, 1.0, 3.0, 1.0])), tmp_path / "v.nii.gz")
    with Project.create(tmp_path / "p", LabelSet.named(["background", "organ"])) as project:
        project.add_samples([(tmp_path / "v.nii.gz", frame) for frame in range(20)])
    window = make_window(tmp_path / "p.segstudio")
    window.workbench.stacks.go(7)
    window.trigger("view.orthogonal")
    qtbot.waitUntil(lambda: window.stage.orthogonal.volume is not None, timeout=20_000)
    QTest.qWait(50)
    return window


def test_three_planes_of_the_volume_are_shown_with_the_slice_at_hand(opened: MainWindow) -> None:
    planes = opened.stage.orthogonal.planes
    assert [plane.cut.name for plane in planes if plane.cut] == ["axial", "coronal", "sagittal"]
    assert all(plane.isVisible() for plane in planes)
    volume = opened.stage.orthogonal.volume
    assert volume is not None
    assert volume.voxels.shape == (20, 50, 60)
    assert opened.action("view.orthogonal").isChecked()


def test_a_click_in_a_plane_moves_the_slice(opened: MainWindow) -> None:
    coronal = opened.stage.orthogonal.planes[1]
    for frame in (2, 15):
        QTest.mouseClick(coronal, Qt.MouseButton.LeftButton, pos=coronal.place_of([frame, 25, 30]).toPoint())
        assert opened.document.sample is not None
        assert opened.document.sample.frame == frame
    assert opened.stage.slices.slider.value() == 15


def test_what_is_painted_shows_in_the_planes_and_undo_takes_it_away(opened: MainWindow) -> None:
    coronal = opened.stage.orthogonal.planes[1]
    place = coronal.place_of([7, 25, 30]).toPoint()

    def reddish() -> bool:
        # a slice is 3 mm thick: beside the cross-hair the same voxel still shows
        color = coronal.grab().toImage().pixelColor(place.x() + 4, place.y() + 2)
        return color.red() > color.blue() + 20

    assert not reddish()
    document = opened.document
    with document.edit("Brush"):
        document.labels.write(Region(0, 0, 50, 60), 1, source=Provenance.HUMAN)
    assert reddish()
    document.undo()
    assert not reddish()


def test_a_flat_image_has_no_planes_and_says_so(window: MainWindow) -> None:
    window.trigger("view.orthogonal")
    assert window.stage.orthogonal.isVisible()
    assert window.stage.orthogonal.volume is None
    assert "no volume" in window.stage.orthogonal.note.text()
    window.trigger("view.orthogonal")
    assert not window.stage.orthogonal.isVisible()


def test_slices_that_were_labelled_in_their_files_show_in_the_planes(opened: MainWindow, qtbot: QtBot) -> None:
    """Interpolation writes into many slices at once, undo takes them back."""
    volume = opened.stage.orthogonal.volume
    assert volume is not None
    for frame in (4, 10):
        opened.workbench.stacks.go(frame)
        with opened.document.edit("Brush"):
            opened.document.labels.write(Region(20, 20, 40, 40), 1, source=Provenance.HUMAN)
    QTest.mouseClick(opened.stage.slices.between, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: bool((volume.labels[4:11, 30, 30] == 1).all()), timeout=20_000)
    assert (volume.labels[[3, 11], 30, 30] == 255).all()
    opened.trigger("edit.undo")
    qtbot.waitUntil(lambda: bool((volume.labels[5:10, 30, 30] == 255).all()), timeout=20_000)
    assert (volume.labels[[4, 10], 30, 30] == 1).all()


def test_planes_of_an_image_with_three_channels_are_painted(
    make_window: Callable[[Path | None], MainWindow], tmp_path: Path, qtbot: QtBot
) -> None:
    cells = np.zeros((4, 3, 30, 40), np.uint16)
    cells[:, 0, 10:20], cells[:, 1, 22:28] = 900, 60  # each channel is shown in its own range
    told = {"axes": "ZCYX", "PhysicalSizeX": 0.2, "PhysicalSizeY": 0.2, "PhysicalSizeZ": 1.0}
    tifffile.imwrite(tmp_path / "c.ome.tif", cells, photometric="minisblack", metadata=told)
    with Project.create(tmp_path / "p", LabelSet.named(["background", "cell"])) as project:
        project.add_samples([(tmp_path / "c.ome.tif", frame) for frame in range(4)])
    window = make_window(tmp_path / "p.segstudio")
    with window.document.edit("Brush"):
        window.document.labels.write(Region(12, 0, 16, 40), 1, source=Provenance.HUMAN)
    window.trigger("view.orthogonal")
    orthogonal = window.stage.orthogonal
    qtbot.waitUntil(lambda: orthogonal.volume is not None, timeout=20_000)
    plane = orthogonal.planes[0]
    shown = plane.grab().toImage()
    inside, second = (plane.place_of([0, y, 20]).toPoint() for y in (18, 25))
    assert shown.pixelColor(inside).getRgb()[:3] == (255, 0, 0)
    assert shown.pixelColor(second).getRgb()[:3] == (0, 255, 0)
    labelled = shown.pixelColor(plane.place_of([0, 14, 20]).toPoint())
    assert labelled != shown.pixelColor(inside)


def test_a_class_that_is_hidden_is_hidden_in_the_planes_too(opened: MainWindow) -> None:
    document, coronal = opened.document, opened.stage.orthogonal.planes[1]
    with document.edit("Brush"):
        document.labels.write(Region(0, 0, 50, 60), 1, source=Provenance.HUMAN)
    document.set_active_class(1)
    place = coronal.place_of([7, 25, 30]).toPoint()

    def reddish() -> bool:
        color = coronal.grab().toImage().pixelColor(place.x() + 4, place.y() + 2)
        return color.red() > color.blue() + 20

    assert reddish()
    QTest.keyClick(opened.canvas, Qt.Key.Key_H, Qt.KeyboardModifier.ShiftModifier)
    assert not reddish()
    QTest.keyClick(opened.canvas, Qt.Key.Key_H, Qt.KeyboardModifier.ShiftModifier)
    assert reddish()
