"""The contrast of stacks and of look-up tables, as a person sees it on the canvas and in its panel."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import nibabel
import numpy as np
import pytest
import tifffile
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from segstudio.core.classes import LabelSet
from segstudio.gui.panels.layers import LayersPanel
from tests.gui.canvas.test_ahead import Renders, rest
from tests.gui.kit import Easel
from tests.io.images.test_dicom import dataset, save

SLICES = 6


def open_stack(easel: Easel, path: Path, frames: int = SLICES) -> None:
    project = path.parent / "stack"
    assert easel.bench.new_project(project, LabelSet.named(["a", "b"]), [(path, i) for i in range(frames)])
    easel.canvas.show()


@pytest.fixture
def scan(tmp_path: Path) -> Path:
    """Every slice shows the same grey square on black, and slice 3 a bright spot besides."""
    values = np.zeros((40, 40, SLICES), np.int16)
    values[10:30, 10:30] = 500
    values[18:22, 18:22, 3] = 5000
    nibabel.save(nibabel.Nifti1Image(values, np.diag([-1.0, -1.0, 5.0, 1.0])), tmp_path / "scan.nii")
    return tmp_path / "scan.nii"


def found(easel: Easel) -> None:
    """Wait until the stack's contrast is found."""
    image = easel.document.image
    assert image is not None
    easel.wait(lambda: easel.bench.stacks.contrast.known(image) is not None)


def test_brightness_is_the_same_on_every_slice(easel: Easel, scan: Path) -> None:
    open_stack(easel, scan)
    found(easel)
    seen = []
    for frame in range(SLICES):
        easel.bench.stacks.go(frame)
        seen.append((easel.color_at(12.5, 12.5), easel.canvas.contrast()))
    assert len(set(seen)) == 1
    assert seen[0][0][0] < 60  # of 5000, not of its own 500


def test_each_slice_by_itself_is_a_choice_that_is_remembered(easel: Easel, scan: Path) -> None:
    open_stack(easel, scan)
    found(easel)
    easel.canvas.slice_contrast = True
    assert easel.canvas.contrast() == (0, 500)
    assert easel.color_at(12.5, 12.5) == (255, 255, 255)
    easel.bench.stacks.go(3)
    assert easel.canvas.contrast() == (0, 5000)
    assert easel.bench.settings.slice_contrast
    easel.bench.stacks.go(0)
    easel.canvas.slice_contrast = False
    assert easel.canvas.contrast()[1] > 4000


def test_what_a_person_chose_before_the_stack_was_looked_through_stays(easel: Easel, scan: Path) -> None:
    open_stack(easel, scan)
    easel.canvas.set_contrast(100, 300)
    found(easel)
    assert easel.canvas.contrast() == (100, 300)
    easel.bench.stacks.go(4)
    assert easel.canvas.contrast() == (100, 300)
    easel.canvas.reset_contrast()
    assert easel.canvas.contrast()[1] > 4000
    easel.bench.stacks.go(1)
    assert easel.canvas.contrast()[1] > 4000


def test_the_panel_offers_it_for_stacks_and_auto_sets_it_back(easel: Easel, qtbot: QtBot, scan: Path) -> None:
    panel = LayersPanel(easel.bench, easel.canvas)
    qtbot.addWidget(panel)
    easel.open()
    assert not panel.by_slice.isVisibleTo(panel)
    open_stack(easel, scan)
    found(easel)
    assert panel.by_slice.isVisibleTo(panel)
    assert panel.high.value() > 4000
    panel.by_slice.click()
    assert panel.high.value() == 500
    panel.by_slice.click()
    panel.high.setValue(900)
    assert easel.canvas.contrast()[1] == 900
    panel.auto.click()
    assert easel.canvas.contrast()[1] > 4000


def test_colours_of_channels_stay_when_their_ranges_are_set_back(easel: Easel, tmp_path: Path) -> None:
    planes = np.zeros((3, 2, 16, 16), np.uint16)
    planes[:, 0] = np.arange(3)[:, None, None] * 10
    planes[:, 1] = 5000 + np.arange(3)[:, None, None] * 10
    tifffile.imwrite(tmp_path / "z.ome.tif", planes, metadata={"axes": "ZCYX"}, photometric="minisblack")
    open_stack(easel, tmp_path / "z.ome.tif", 3)
    found(easel)
    look = easel.canvas.channels[0]
    assert (look.low, look.high) == (0, 20)
    easel.canvas.set_channel(0, replace(look, low=3, high=4, color=(9, 8, 7)))
    easel.canvas.set_channel(1, replace(easel.canvas.channels[1], visible=False))
    easel.bench.next()
    assert easel.canvas.channels[0] == replace(look, low=3, high=4, color=(9, 8, 7))
    easel.canvas.reset_contrast()
    assert easel.canvas.channels[0] == replace(look, color=(9, 8, 7))
    rest(easel)
    easel.bench.next()
    assert easel.canvas.channels[0] == replace(look, color=(9, 8, 7))
    assert not easel.canvas.channels[1].visible


@pytest.fixture
def chest(tmp_path: Path) -> Path:
    """Values 0..4095 from left to right, with two look-up tables over all of them and a window."""
    tables = Sequence()
    for name, entries in (("NORMAL", np.arange(4096) // 4), ("HARDER", np.where(np.arange(4096) < 2048, 100, 923))):
        item = Dataset()
        item.add_new("LUTDescriptor", "US", [4096, 0, 10])
        item.LUTExplanation = name
        item.add_new("LUTData", "US", entries.tolist())
        tables.append(item)
    pixels = np.tile(np.arange(0, 4096, 32, dtype=np.uint16), (64, 1))
    ds = dataset(pixels, Modality="DX", WindowCenter=2048, WindowWidth=513)
    ds.VOILUTSequence = tables
    return save(tmp_path / "chest.dcm", ds)


def test_tables_of_the_file_are_presets_by_their_names(easel: Easel, qtbot: QtBot, chest: Path) -> None:
    easel.open(chest)
    panel = LayersPanel(easel.bench, easel.canvas)
    qtbot.addWidget(panel)
    before = easel.document.image.array.copy()  # type: ignore[union-attr]
    acts = panel.presets.menu().actions()
    assert [act.text() for act in acts] == ["NORMAL", "HARDER", "1791.5 … 2303.5"]
    assert easel.color_at(32.5, 32.5)[0] == pytest.approx(1024 / 4 / 1023 * 255, abs=1)
    acts[1].trigger()
    assert easel.color_at(32.5, 32.5)[0] == round(100 / 1023 * 255)
    assert easel.color_at(32.5, 96.5)[0] == round(923 / 1023 * 255)
    acts[2].trigger()
    assert (easel.color_at(32.5, 32.5)[0], easel.color_at(32.5, 96.5)[0]) == (0, 255)
    panel.auto.click()
    assert easel.color_at(32.5, 32.5)[0] == pytest.approx(1024 / 4 / 1023 * 255, abs=1)
    np.testing.assert_array_equal(easel.document.image.array, before)  # type: ignore[union-attr]


def test_the_contrast_tool_stretches_a_table_without_a_jump(easel: Easel, chest: Path) -> None:
    easel.open(chest)
    easel.canvas.set_contrast(0, 4095, easel.document.image.windows[1].curve)  # type: ignore[union-attr]
    easel.canvas.set_tool("contrast")
    easel.press(32.5, 64.5)
    easel.move(32.5, 65.5)
    assert easel.color_at(32.5, 16.5)[0] == round(100 / 1023 * 255)
    easel.release(32.5, 65.5)
    easel.double_click(32.5, 64.5)
    QApplication.processEvents()
    assert easel.canvas.contrast() == (0, 4095)
    assert easel.color_at(32.5, 96.5)[0] == pytest.approx(3072 / 4 / 1023 * 255, abs=1)  # the first of the file again


def test_the_next_slice_is_made_ready_in_the_contrast_that_it_will_have(
    easel: Easel, scan: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_stack(easel, scan)
    found(easel)
    for choose in (lambda: None, lambda: easel.canvas.set_contrast(-50, 700)):
        choose()
        rest(easel)
        renders = Renders(monkeypatch)
        easel.bench.next()
        easel.grabbed()
        assert renders.own == []
        expected = easel.color_at(12.5, 12.5)
        easel.canvas._scene.clear("image")  # type: ignore[union-attr]
        assert easel.color_at(12.5, 12.5) == expected
    easel.canvas.reset_contrast()
    assert easel.canvas.contrast()[1] > 4000
