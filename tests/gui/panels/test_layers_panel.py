"""Layers and contrast."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import tifffile
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QColor
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from segstudio.core.classes import LabelSet
from segstudio.core.geometry import Region
from segstudio.core.labels import Provenance
from segstudio.gui import MainWindow
from segstudio.gui.panels.histogram import BINS, RangePicker
from segstudio.gui.panels.layers import LAYERS, LayersPanel
from segstudio.io.images import Image, read
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


def project_of(tmp_path: Path, array: np.ndarray, **options: object) -> Path:
    tifffile.imwrite(tmp_path / "image.tif", array, **options)
    Project.create(tmp_path / "one", LabelSet.named(["background", "disc"]), [tmp_path / "image.tif"]).close()
    return tmp_path / "one.segstudio"


def color_at(window: MainWindow, y: float, x: float) -> tuple[int, int, int]:
    color = window.canvas.grab().toImage().pixelColor(window.canvas.to_widget(y, x).toPoint())
    return color.red(), color.green(), color.blue()


def layers_of(window: MainWindow) -> LayersPanel:
    window.show_panel("layers")
    panel = window.panel("layers")
    assert isinstance(panel, LayersPanel)
    return panel


def test_every_channel_has_its_own_range_colour_and_eye(make_window, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    """A weak channel beside a strong one is not black."""
    image = np.zeros((5, 60, 80), np.uint16)
    image[0, :, :40] = 60_000
    image[1, :, 40:] = 200
    image[1, 0] = np.arange(80)
    window = make_window(
        project_of(tmp_path, image, photometric="minisblack", planarconfig="separate", metadata={"axes": "CYX"})
    )
    panel = layers_of(window)
    assert len(panel.channels.choices) == 5
    assert [eye.isChecked() for eye in panel.channels.eyes] == [True, True, True, False, False]
    assert color_at(window, 30, 20)[0] > 230
    assert color_at(window, 30, 60)[1] > 200
    panel.channels.eyes[1].click()
    assert color_at(window, 30, 60)[1] < 20
    panel.channels.eyes[1].click()
    panel.channels.set_color(1, QColor(255, 255, 0))
    red, green, blue = color_at(window, 30, 60)
    assert min(red, green) > 200
    assert blue < 20
    panel.channels.choices[1].click()
    assert (panel.low.value(), panel.high.value()) == (panel.range.low, panel.range.high)
    assert panel.high.value() <= 200
    panel.high.setValue(400)
    assert abs(color_at(window, 30, 60)[1] - 128) < 12
    assert window.canvas.channels[0].high == 60_000
    assert window.document.image is not None
    np.testing.assert_array_equal(np.moveaxis(window.document.image.array, -1, 0), image)  # the data stays


def test_windows_of_ct_are_offered_where_values_are_hounsfield_units(make_window, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    image = np.linspace(-1000, 1500, 60 * 80).reshape(60, 80).astype(np.int16)
    window = make_window(project_of(tmp_path, image, photometric="minisblack"))
    panel = layers_of(window)
    actions = {action.text(): action for action in panel.presets.menu().actions()}
    actions["Lung"].trigger()
    assert window.canvas.contrast() == (-1350, 150)
    assert (panel.low.value(), panel.high.value()) == (-1350, 150)


def test_the_panel_follows_contrast_that_is_dragged(deep: Path, make_window) -> None:  # type: ignore[no-untyped-def]
    window = make_window(deep)
    panel = layers_of(window)
    window.canvas.set_contrast(100, 900)
    assert (panel.low.value(), panel.high.value(), panel.range.low) == (100, 900, 100)


def test_prediction_errors_are_shown_in_colour(panel: LayersPanel, window: MainWindow) -> None:
    document = window.document
    with document.edit("Brush"):
        document.labels.write(document.labels.region, 0, source=Provenance.HUMAN)
        document.labels.write(Region(20, 20, 60, 60), 1, source=Provenance.HUMAN)
    prediction = np.zeros(document.labels.shape, np.uint8)
    prediction[20:60, 40:80] = 1
    before = color_at(window, 40, 30), color_at(window, 40, 70), color_at(window, 90, 110)
    document.write_result("Predict", document.sample.id, prediction, Provenance.MODEL)  # type: ignore[union-attr]
    assert panel.legend.isHidden()
    panel.rows["errors"].eye.click()
    assert panel.legend.isVisible()
    assert panel.legend.window() is window, "and not as a window of its own, which would take the keyboard"
    missed, extra = color_at(window, 40, 30), color_at(window, 40, 70)
    assert missed[0] > missed[2] + 80
    assert extra[2] > extra[0] + 80
    panel.rows["errors"].eye.click()
    assert (color_at(window, 40, 30), color_at(window, 40, 70), color_at(window, 90, 110)) == before


def test_superpixels_show_without_their_tool_when_asked_for(
    panel: LayersPanel, window: MainWindow, qtbot: QtBot
) -> None:
    window.canvas.zoom_actual()
    before = window.canvas.grab().toImage()
    panel.rows["superpixels"].eye.click()
    window.canvas.grab()
    qtbot.waitUntil(lambda: not window.jobs.busy, timeout=30_000)
    assert window.canvas.grab().toImage() != before


@pytest.mark.parametrize("kind", [np.uint8, np.uint16])
def test_the_histogram_tells_how_many_pixels_have_values_in_each_range(qtbot: QtBot, kind: type[np.generic]) -> None:
    values = np.random.default_rng(0).integers(3, 250, (100, 100)).astype(kind)
    picker = RangePicker()
    qtbot.addWidget(picker)
    picker.set_image(Image(values, Path("values.tif")))
    counts, _ = np.histogram(values, BINS, (picker.minimum, picker.maximum))
    if kind is np.uint8:
        assert (picker.minimum, picker.maximum) == (0, 255)
        counts = np.array([np.isin(values, (2 * i, 2 * i + 1)).sum() for i in range(BINS)])
    np.testing.assert_allclose(picker._heights, np.sqrt(counts / counts.max()))


def test_a_range_outside_of_the_image_s_values_can_be_taken_where_it_is(qtbot: QtBot, tmp_path: Path) -> None:
    """A dark slice is shown in the range of its stack: pressing on the end of that range moves nothing."""
    tifffile.imwrite(tmp_path / "dark.tif", np.linspace(0, 500, 2500).astype(np.uint16).reshape(50, 50))
    picker = RangePicker()
    qtbot.addWidget(picker)
    picker.resize(200, 56)
    picker.show()
    picker.set_image(read(tmp_path / "dark.tif"))
    picker.set_range(0, 4000)
    assert (picker.minimum, picker.maximum) == (0, 4000)
    heights = picker._heights
    assert heights[: BINS // 8].min() > 0.5
    assert heights[BINS // 4 :].max() == 0
    QTest.mousePress(picker, Qt.MouseButton.LeftButton, pos=QPoint(200 - 7, 28))
    QTest.mouseRelease(picker, Qt.MouseButton.LeftButton, pos=QPoint(200 - 7, 28))
    assert picker.high == pytest.approx(4000)
    picker.set_range(0, 1e9)  # what nothing could be seen in is not made room for
    assert picker.maximum == 4000


def test_the_contrast_tool_has_the_presets_at_hand(make_window, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    image = np.linspace(-1000, 1500, 60 * 80).reshape(60, 80).astype(np.int16)
    window = make_window(project_of(tmp_path, image, photometric="minisblack"))
    panel = window.panel("tool_options")
    assert panel.brush.isVisible()
    assert not panel.presets.isVisible()
    before = window.canvas.contrast()
    window.trigger("tool.contrast")
    assert panel.presets.isVisible()
    assert not panel.brush.isVisible(), "there is no brush in hand"
    panel.presets.menu().aboutToShow.emit()
    {action.text(): action for action in panel.presets.menu().actions()}["Lung"].trigger()
    assert window.canvas.contrast() == (-1350, 150)
    QTest.mouseClick(panel.auto, Qt.MouseButton.LeftButton)
    assert window.canvas.contrast() == before
