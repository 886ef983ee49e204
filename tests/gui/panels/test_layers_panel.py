"""Layers and contrast."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import tifffile
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from segstudio.core.classes import LabelSet
from segstudio.gui import MainWindow
from segstudio.gui.panels.layers import LAYERS, LayersPanel
from segstudio.io.project import Project


@pytest.fixture
def panel(window: MainWindow) -> LayersPanel:
    window.show_panel("layers")
    panel = window.panel("layers")
    assert isinstance(panel, LayersPanel)
    return panel


@pytest.mark.parametrize("name", LAYERS)
def test_the_eye_hides_and_the_slider_fades_a_layer(name: str, panel: LayersPanel, window: MainWindow) -> None:
    row = panel.rows[name]
    before = window.canvas.layer_visible(name)
    row.eye.click()
    assert window.canvas.layer_visible(name) is not before
    row.opacity.setValue(30)
    assert window.canvas.layer_opacity(name) == pytest.approx(0.3)
    assert row.value.text() == "30 %"


def test_the_panel_follows_the_keys(panel: LayersPanel, window: MainWindow) -> None:
    window.trigger("view.labels")
    assert not panel.rows["labels"].eye.isChecked()
    window.trigger("view.labels")
    assert panel.rows["labels"].eye.isChecked()
    window.trigger("view.outline")
    assert panel.outline.isChecked()
    panel.outline.click()
    assert not window.canvas.outline


def brightness(window: MainWindow) -> float:
    picture = window.canvas.grab().toImage()
    middle = window.canvas.rect().center()
    return float(
        np.mean([picture.pixelColor(middle + QPoint(dx, dy)).lightness() for dx in (-9, 0, 9) for dy in (-9, 0, 9)])
    )


@pytest.fixture
def deep(tmp_path: Path) -> Path:
    """A project of one 12-bit image in 16 bits."""
    values = np.linspace(200, 3800, 64 * 64).reshape(64, 64).astype(np.uint16)
    tifffile.imwrite(tmp_path / "deep.tif", values)
    Project.create(tmp_path / "deep", LabelSet.named(["background", "thing"]), [tmp_path / "deep.tif"]).close()
    return tmp_path / "deep.segstudio"


def test_contrast_is_shown_in_the_image_s_own_values_and_changes_no_pixel(
    panel: LayersPanel, window: MainWindow, deep: Path
) -> None:
    """cvat#6640, labelme#371: 16-bit images need a window and a level."""
    window.trigger("project.open", path=deep)
    document = window.document
    assert document.image is not None
    before = document.image.array.copy()
    assert panel.range.minimum == 200
    assert panel.range.maximum == 3800
    assert 150 < panel.low.value() < 260
    automatic = brightness(window)
    assert 60 < automatic < 200, "never near black"
    panel.high.setValue(1000)
    assert panel.range.high == 1000
    assert brightness(window) > automatic + 30
    panel.auto.click()
    assert brightness(window) == pytest.approx(automatic, abs=2)
    assert (document.image.array == before).all()


def test_the_ends_are_dragged_in_the_histogram(panel: LayersPanel, window: MainWindow) -> None:
    histogram = panel.range
    histogram.resize(214, 56)
    y = 28
    QTest.mousePress(histogram, Qt.MouseButton.LeftButton, pos=QPoint(207, y))
    QTest.mouseMove(histogram, QPoint(107, y))
    QTest.mouseRelease(histogram, Qt.MouseButton.LeftButton, pos=QPoint(107, y))
    assert panel.high.value() == pytest.approx(128, abs=3)
    assert panel.low.value() == 0
    QTest.mousePress(histogram, Qt.MouseButton.LeftButton, pos=QPoint(50, y))
    QTest.mouseMove(histogram, QPoint(70, y))
    QTest.mouseRelease(histogram, Qt.MouseButton.LeftButton, pos=QPoint(70, y))
    width = panel.high.value() - panel.low.value()
    assert width == pytest.approx(128, abs=3), "between the ends both move"
    assert panel.low.value() == pytest.approx(25, abs=3)


def test_the_range_moves_by_keys(panel: LayersPanel, qtbot: QtBot) -> None:
    with qtbot.waitSignal(panel.range.changed):
        QTest.keyClick(panel.range, Qt.Key.Key_Right)
    assert panel.range.low == pytest.approx(2.55)
    with qtbot.waitSignal(panel.range.changed):
        QTest.keyClick(panel.range, Qt.Key.Key_Left, Qt.KeyboardModifier.ShiftModifier)
    assert panel.range.low == pytest.approx(2.55)
    assert panel.range.high == pytest.approx(255)
