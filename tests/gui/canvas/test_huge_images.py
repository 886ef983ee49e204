"""An image that stays in its file: it opens, shows, zooms and is painted without being loaded."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import tifffile

from segstudio.core.errors import ImageError
from segstudio.core.geometry import Region
from segstudio.io import images
from segstudio.io.images import open_image, read, sampled
from tests.gui.kit import Easel, easel

__all__ = ["easel"]


@pytest.fixture
def large(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A tiled file that counts as too large to be held."""
    y, x = np.mgrid[:700, :900]
    tifffile.imwrite(
        tmp_path / "large.tif", ((y + 2 * x) % 60000).astype(np.uint16), tile=(128, 128), compression="zlib"
    )
    monkeypatch.setattr(images, "_LAZY_FROM", 1000)
    return tmp_path / "large.tif"


def test_parts_levels_and_pixels_are_those_of_the_file(large: Path) -> None:
    image, whole = open_image(large), read(large).array
    assert image.lazy
    assert (image.shape, image.array.dtype, image.array.nbytes) == (whole.shape, whole.dtype, whole.nbytes)
    np.testing.assert_array_equal(image.array[100:333, 50:777], whole[100:333, 50:777])
    assert image.array[699, 899] == whole[699, 899]
    np.testing.assert_array_equal(image.whole(), whole)
    part = images.read_region(large, 0, Region(3, 4, 40, 50), 2)
    np.testing.assert_array_equal(image.array.read(Region(3, 4, 40, 50), 2), part)  # type: ignore[attr-defined]
    with pytest.raises(IndexError, match="level"):
        image.array[::2, ::2]


def test_the_range_that_is_shown_comes_from_a_few_squares(large: Path) -> None:
    image = open_image(large)
    low, high = images.display_range(image)
    assert 0 <= low < 100
    assert 2000 < high <= 2500
    assert sampled(image, 10_000).size < 100_000


def test_it_is_shown_zoomed_and_painted_like_any_other(easel: Easel, large: Path) -> None:
    easel.open(large)
    assert easel.document.image is not None
    assert easel.document.image.lazy
    easel.wait(lambda: not easel.bench.jobs.busy)
    dark, bright = easel.color_at(30, 30)[0], easel.color_at(660, 860)[0]
    assert bright > dark + 150
    easel.zoom_to(2.0, 350, 450)
    assert abs(easel.color_at(350, 450)[0] - 128) < 30
    easel.drag((350, 430), (350, 470))
    assert easel.painted()[350, 450]
    easel.canvas.zoom_fit()
    assert len(set(easel.color_at(350, 450))) > 1  # the stroke's colour on the grey image


def test_coarse_levels_come_by_and_by_and_are_then_what_the_file_has(easel: Easel, large: Path) -> None:
    easel.open(large)
    easel.wait(lambda: not easel.bench.jobs.busy)
    easel.zoom_to(1 / 16, 350, 450)
    assert easel.color_at(690, 890)[0] > easel.color_at(350, 450)[0] > easel.color_at(10, 10)[0] + 50


def test_what_needs_all_pixels_says_so_where_memory_cannot_hold_them(
    large: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("segstudio.io.limits._physical_memory", lambda: 1000)
    with pytest.raises(ImageError, match="more than this computer's"):
        open_image(large).whole()


SCRIPT = """
import os, resource, sys
from pathlib import Path
os.environ["QT_QPA_PLATFORM"] = "offscreen"
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from segstudio.gui import create_window
from segstudio.io.project import Project
from segstudio.core.classes import LabelSet

window = create_window()
window.resize(1200, 800)
window.show()
QTest.qWait(50)
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
Project.create(sys.argv[2], LabelSet.named(["background", "thing"]), [sys.argv[1]]).close()
window.open_project(sys.argv[2] + ".segstudio")
assert window.document.image.lazy
while window.jobs.busy:
    QTest.qWait(20)
canvas = window.canvas
canvas.grab()
for place in ((500, 500), (15000, 15000), (29000, 29000)):
    canvas.zoom_actual()
    canvas.center_on(*place)
    canvas.grab()
    at = canvas.to_widget(*place).toPoint()
    QTest.mousePress(canvas, Qt.MouseButton.LeftButton, pos=at)
    QTest.mouseMove(canvas, at + QPoint(40, 10))
    QTest.mouseRelease(canvas, Qt.MouseButton.LeftButton, pos=at + QPoint(40, 10))
    assert window.document.labels.class_of(int(window.document.labels.ids[place[0], place[1]])) == 1
window.document.save()
window.trigger("edit.undo")
assert window.document.labels.class_of(int(window.document.labels.ids[29000, 29000])) == 255
window.document.save()
window.document.goto(window.document.sample.id)
assert window.document.labels.class_of(int(window.document.labels.ids[15000, 15000])) == 1
print("MiB", (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024)
window.close()
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="peak memory is counted in kibibytes on Linux")
def test_thirty_thousand_pixels_squared_open_and_are_painted_in_less_memory_than_they_have_bytes(
    tmp_path: Path,
) -> None:
    side = 30_000
    tiles = (np.full((1024, 1024), 40 + i % 150, np.uint8) for i in range((-(-side // 1024)) ** 2))
    tifffile.imwrite(
        tmp_path / "huge.tif", tiles, shape=(side, side), dtype=np.uint8, tile=(1024, 1024), compression="zlib",
        photometric="minisblack",
    )  # fmt: skip
    script = tmp_path / "open.py"
    script.write_text(SCRIPT)
    done = subprocess.run(
        [sys.executable, script, tmp_path / "huge.tif", tmp_path / "p"],
        capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    grown = int(done.stdout.split()[-1])
    assert grown < 900
