"""What is repainted: as much as looks different, and the same as if all were painted anew."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QTimer
from PySide6.QtGui import QImage

from segstudio.core.annotation import Polygon
from segstudio.core.geometry import Region
from segstudio.core.labels import Provenance
from segstudio.gui.canvas.label_layer import LabelPainter
from tests.gui.kit import MIDDLE, Easel, picture


def pixels(image: QImage) -> np.ndarray:
    image = image.convertToFormat(QImage.Format.Format_RGB32)
    rows = np.frombuffer(image.constBits(), np.uint32).reshape(image.height(), image.bytesPerLine() // 4)
    return rows[:, : image.width()].copy()


def assert_looks_equal(found: np.ndarray, expected: np.ndarray, zoom: float) -> None:
    """Exactly; zoomed out within the rounding of Qt's blending, which depends on where it begins a row."""
    channels = [image.view(np.uint8).reshape(*image.shape, 4).astype(int) for image in (found, expected)]
    assert np.abs(channels[0] - channels[1]).max() <= (0 if zoom >= 1 else 4)


def fresh(easel: Easel) -> np.ndarray:
    """As it looks when everything is made and painted anew."""
    for name in ("labels", "seeds", "image"):
        easel.canvas._scene.clear(name)  # type: ignore[union-attr]  # nothing public forgets tiles alone
    return pixels(easel.grabbed())


@pytest.mark.parametrize("zoom", [0.13, 0.4, 0.77, 1, 1.6, 3.7, 20])
@pytest.mark.parametrize("outline", [False, True])
def test_painting_bit_by_bit_looks_as_painting_at_once(easel: Easel, zoom: float, outline: bool) -> None:
    noise = np.random.default_rng(0).integers(0, 255, (1200, 1500, 3), dtype=np.uint8)
    easel.open(noise)
    easel.canvas.outline = outline
    easel.zoom_to(zoom, 600, 750)
    easel.canvas.brush_size = max(2, round(20 / zoom))
    easel.grabbed()
    step = 60 / zoom
    easel.drag((600, 750), (600 + step, 750 + 2 * step), (600 - step, 750 + step))
    easel.canvas.cancel()
    easel.move(600 - 2 * step, 750)
    assert_looks_equal(pixels(easel.grabbed()), fresh(easel), zoom)
    easel.bench.undo()
    assert_looks_equal(pixels(easel.grabbed()), fresh(easel), zoom)


@pytest.mark.parametrize("zoom", [0.4, 1.25, 6.1])
def test_moving_the_image_looks_as_painting_it_there(easel: Easel, zoom: float) -> None:
    easel.open(np.random.default_rng(0).integers(0, 255, (900, 1100), dtype=np.uint8))
    easel.drag((300, 300), (500, 700))
    easel.zoom_to(zoom, 450, 550)
    easel.grabbed()
    start = easel.canvas.to_image(QPoint(300, 200))
    easel.press(*start, MIDDLE)
    for by in ((7, 3), (-40, 25), (-41, 60)):
        easel.move(start[0] + by[1] / zoom, start[1] + by[0] / zoom)
        easel.grabbed()
    easel.release(*start, MIDDLE)
    assert_looks_equal(pixels(easel.grabbed()), fresh(easel), zoom)


def test_a_brush_event_renders_its_rectangle_only(easel: Easel, monkeypatch: pytest.MonkeyPatch) -> None:
    rendered = []
    plain = LabelPainter.render
    monkeypatch.setattr(LabelPainter, "render", lambda self, r, n: (rendered.append((r, n)), plain(self, r, n))[1])
    easel.open(np.zeros((3000, 4000), np.uint8))
    easel.canvas.brush_size = 40
    easel.press(1500, 2000)
    easel.grabbed()
    rendered.clear()
    easel.move(1520, 2020)
    easel.grabbed()
    easel.release(1520, 2020)
    assert rendered
    assert all((region.height << level) <= 120 and (region.width << level) <= 120 for region, level in rendered)


def test_pixels_are_squares_when_zoomed_in_and_blend_when_zoomed_out(easel: Easel) -> None:
    board = (np.indices((64, 64)).sum(axis=0) % 2 * 255).astype(np.uint8)
    easel.open(board)
    easel.zoom_to(16, 32, 32)
    easel.canvas.leaveEvent(None)  # type: ignore[arg-type]  # takes the brush's outline away
    for y, x in ((30, 30), (30, 31), (31, 30)):
        for inset in (0.1, 0.5, 0.9):
            assert easel.color_at(y + inset, x + inset)[0] == board[y, x]
    easel.zoom_to(0.25, 32, 32)
    assert 100 < easel.color_at(32, 32)[0] < 155, "black and white make grey"


def test_layers_can_be_hidden_and_made_fainter(easel: Easel) -> None:
    easel.open(np.full((96, 120), 100, np.uint8))
    with easel.document.edit("Labels"):
        easel.document.labels.write(Region(0, 0, 96, 120), 1, source=Provenance.MODEL)
    red = easel.document.classes[1].color[0]
    easel.canvas.set_layer_opacity("labels", 1.0)
    assert easel.color_at(48, 60)[0] == red
    easel.canvas.set_layer_opacity("labels", 0.25)
    assert easel.color_at(48, 60)[0] == pytest.approx(100 + 0.25 * (red - 100), abs=2)
    easel.canvas.set_layer_visible("labels", False)
    assert easel.color_at(48, 60) == (100, 100, 100)
    easel.canvas.set_layer_visible("image", False)
    assert easel.color_at(48, 60) != (100, 100, 100)


def test_contrast_changes_what_is_seen_and_not_the_data(easel: Easel) -> None:
    data = np.full((96, 120), 1000, np.uint16)
    data[:, 60:] = 3000
    easel.open(data)
    easel.canvas.set_contrast(0, 4000)
    assert easel.color_at(48, 30)[0] == pytest.approx(64, abs=1)
    assert easel.color_at(48, 90)[0] == pytest.approx(191, abs=1)
    assert easel.canvas.contrast() == (0, 4000)
    assert easel.document.image is not None
    np.testing.assert_array_equal(easel.document.image.array, data)


def test_a_preview_is_shown_instead_of_the_labels_and_nothing_can_be_painted_meanwhile(easel: Easel) -> None:
    easel.open(np.zeros((96, 120), np.uint8))
    easel.canvas.set_layer_opacity("labels", 1.0)
    preview = np.full((96, 120), 2, np.uint16)
    easel.canvas.set_preview(preview)
    assert easel.color_at(20, 20) == easel.document.classes[2].color
    easel.drag((30, 30), (60, 60))
    assert easel.untouched
    easel.canvas.set_preview(None)
    assert easel.color_at(20, 20) == (0, 0, 0)
    easel.drag((30, 30), (60, 60))
    assert easel.painted().any()


def test_an_image_that_cannot_be_read_says_why(easel: Easel, tmp_path: Path) -> None:
    broken = tmp_path / "broken.png"
    broken.write_bytes(b"\x89PNG\r\n\x1a\n no image")
    easel.open(broken, picture())
    easel.document.goto(easel.document.order[0])
    assert easel.document.problem is not None
    assert len(np.unique(pixels(easel.grabbed()))) > 5, "a text is painted, not a blank canvas"
    easel.drag((5, 5), (20, 20))
    easel.document.goto(easel.document.order[1])
    assert easel.color_at(48, 60) == (200, 150, 60)


def test_without_a_project_the_canvas_says_so(easel: Easel) -> None:
    easel.canvas.show()
    assert len(np.unique(pixels(easel.grabbed()))) > 5


def test_shapes_that_did_not_change_are_not_painted_again(easel: Easel, monkeypatch: pytest.MonkeyPatch) -> None:
    from segstudio.gui.canvas import shapes

    easel.open()
    ring = ((10.0, 10.0), (10.0, 40.0), (40.0, 40.0))
    with easel.document.edit("Polygons"):
        polygons = tuple(Polygon(1, tuple((y + i, x + i) for y, x in ring)) for i in range(40))
        easel.document.set_annotation(type(easel.document.annotation)(polygons=polygons))
    easel.grabbed()
    drawn = []
    plain = shapes._outline
    monkeypatch.setattr(shapes, "_outline", lambda *a, **k: (drawn.append(1), plain(*a, **k)))
    easel.move(60, 60)
    easel.grabbed()
    assert not drawn
    easel.canvas.zoom_in()
    easel.grabbed()
    assert len(drawn) == 40


def test_memory_for_tiles_is_bounded_however_far_one_travels(easel: Easel) -> None:
    easel.open(np.zeros((9000, 9000), np.uint8))
    for zoom in (0.05, 0.1, 0.3, 1.0):
        easel.zoom_to(zoom, 4500, 4500)
        for y in range(500, 9000, 1500):
            easel.canvas.center_on(y, y)
            easel.grabbed()
    assert easel.canvas.tile_bytes <= 3 * (96 << 20) + (1 << 20)


_HIDPI = """
import sys
from pathlib import Path
sys.path.insert(0, {root!r})
import numpy as np, tifffile
from PySide6.QtWidgets import QApplication
from PySide6.QtTest import QTest
app = QApplication([])
from segstudio.app.workbench import Workbench
from segstudio.core.classes import LabelSet
from segstudio.gui.canvas import Canvas
from PySide6.QtCore import QPointF, Qt
folder = Path({folder!r})
board = (np.indices((64, 64)).sum(axis=0) % 2 * 255).astype(np.uint8)
tifffile.imwrite(folder / "board.tif", board)
bench = Workbench(lambda f: f())
canvas = Canvas(bench)
canvas.resize(400, 300)
bench.new_project(folder / "p", LabelSet.named(["a", "b"]), [(folder / "board.tif", 0)])
canvas.show()
canvas.zoom_actual()
canvas.center_on(32, 32)
shot = canvas.grab().toImage()
assert shot.devicePixelRatio() == 2, shot.devicePixelRatio()
assert (shot.width(), shot.height()) == (800, 600)
for y, x in ((20, 20), (20, 21), (33, 40)):
    at = canvas.to_widget(y + 0.5, x + 0.5)
    assert shot.pixelColor(int(at.x() * 2), int(at.y() * 2)).red() == board[y, x], (y, x)
canvas.brush_size = 1
QTest.mouseClick(canvas, Qt.LeftButton, Qt.NoModifier, canvas.to_widget(40.5, 20.5).toPoint())
painted = np.argwhere(bench.document.labels.ids == 1).tolist()
assert painted in ([[40, 20]], [[41, 21]], [[40, 21]], [[41, 20]]), painted  # half a pixel of the widget is none
after = canvas.grab().toImage()
at = canvas.to_widget(painted[0][0] + 0.5, painted[0][1] + 0.5)
x, y = int(at.x() * 2), int(at.y() * 2)
assert after.pixelColor(x, y) != shot.pixelColor(x, y)
bench.shut_down()
"""


def test_on_a_screen_of_twice_the_pixels_all_of_them_are_used_and_hit(tmp_path: Path) -> None:
    root = str(Path(__file__).parents[3])
    environment = os.environ | {"QT_SCALE_FACTOR": "2", "QT_QPA_PLATFORM": "offscreen"}
    script = _HIDPI.format(root=root, folder=str(tmp_path))
    done = subprocess.run([sys.executable, "-c", script], env=environment, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("steps", [3, -3])
def test_after_a_zoom_the_picture_comes_by_and_by_and_is_then_right(
    easel: Easel, monkeypatch: pytest.MonkeyPatch, steps: int
) -> None:
    monkeypatch.setattr("segstudio.gui.canvas.picture._SECONDS", 0.0)  # one block, then look at the clock
    easel.open(np.random.default_rng(0).integers(0, 255, (900, 1100), dtype=np.uint8))
    easel.canvas.zoom_actual()
    easel.drag((300, 300), (500, 700))
    easel.canvas.grab()
    monkeypatch.setattr(QTimer, "start", lambda *_: None)
    easel.wheel(QPoint(300, 240), steps)
    first = pixels(easel.grabbed())
    assert easel.canvas._screen.unfinished
    assert len(np.unique(first[:40])) > 20, "what is not painted yet shows the old picture"
    grabs = 0
    while easel.canvas._screen.unfinished:
        last = pixels(easel.grabbed())
        grabs += 1
    assert grabs >= 3
    assert_looks_equal(last, fresh(easel), 1.25**steps)


def test_a_zoom_that_is_painted_in_time_shows_nothing_of_the_old_picture(
    easel: Easel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("segstudio.gui.canvas.picture._SECONDS", 60.0)
    easel.open(np.random.default_rng(0).integers(0, 255, (900, 1100), dtype=np.uint8))
    easel.drag((300, 300), (500, 700))
    easel.canvas.grab()
    for steps in (3, -5, 2):
        easel.wheel(QPoint(300, 240), steps)
        shown = pixels(easel.grabbed())
        assert not easel.canvas._screen.unfinished
        assert_looks_equal(shown, fresh(easel), easel.canvas.zoom)


def test_an_instance_is_outlined_until_it_is_taken_back(easel: Easel) -> None:
    easel.open(np.full((90, 110), 40, np.uint8))
    easel.canvas.set_layer_visible("labels", False)
    easel.canvas.set_layer_visible("seeds", False)
    before = pixels(easel.grabbed())
    document = easel.document
    with document.edit("New instance"):
        segment = document.labels.new_segment(1)
        document.labels.write(Region(20, 20, 60, 60), segment, source=Provenance.HUMAN)
    assert easel.color_at(20.5, 40) != easel.color_at(40, 40), "the outline, and the image inside of it"
    assert easel.color_at(40, 40) == easel.color_at(5, 5)
    easel.bench.undo()
    np.testing.assert_array_equal(pixels(easel.grabbed()), before)
