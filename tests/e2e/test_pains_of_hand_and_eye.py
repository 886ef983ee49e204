"""The pains of people who label with other tools, from the fourteenth on: what they see, draw, export and press."""

from __future__ import annotations

import json
import os
from importlib.metadata import requires
from pathlib import Path

import cv2
import numpy as np
import pytest
import tifffile
from PIL import Image
from pycocotools.coco import COCO
from PySide6.QtCore import QPoint, Qt
from pytestqt.qtbot import QtBot

from segstudio.app.workflows import export_project
from segstudio.core.annotation import Annotation, Polygon
from segstudio.core.labels import UNLABELLED
from segstudio.core.progress import finish
from segstudio.gui import MainWindow
from segstudio.gui.canvas import shapes
from tests.e2e.test_pains import reopened
from tests.gui.conftest import Hand, hand, make_window, project_folder, window
from tests.gui.kit import CTRL, RIGHT, Easel, easel, picture
from tests.io.images.test_dicom import dataset, save

__all__ = ["easel", "hand", "make_window", "project_folder", "window"]


def test_pain_14_a_texture_limit_silently_downsamples(easel: Easel) -> None:
    """14. Texture limit silently downsamples: beyond 16,384 columns every pixel is still shown as it is."""
    stripes = np.tile(np.array([0, 255], np.uint8), (40, 12_000))
    easel.open(stripes)
    for x in (16_380, 20_001, 23_950):
        easel.zoom_to(16.0, 20, x)
        easel.canvas.leaveEvent(None)  # type: ignore[arg-type]  # takes the brush's outline away
        assert [easel.color_at(20.5, x + i + 0.5)[0] for i in range(4)] == stripes[20, x : x + 4].tolist()


@pytest.mark.parametrize("size", [10, 300])
def test_pain_15_the_brush_lags_more_the_larger_it_is(easel: Easel, monkeypatch: pytest.MonkeyPatch, size: int) -> None:
    """15. Brush lag, worse with size: a move costs the pixels under the brush; the map is never searched."""
    easel.open(np.zeros((3000, 4000), np.uint8))
    easel.canvas.brush_size = size
    written = []
    easel.document.labels.written.connect(written.append)
    easel.press(1500, 2000)
    with monkeypatch.context() as stroke:
        for name in ("unique", "bincount"):
            stroke.setattr(np, name, lambda *_, **__: pytest.fail("the whole map was searched during a stroke"))
        for step in range(1, 12):
            easel.move(1500, 2000 + 30 * step)
            easel.grabbed()
    easel.release(1500, 2330)
    reach = size + 30 + 2 / easel.canvas.zoom + 2  # a move ends on a pixel of the screen
    assert len(written) >= 11
    assert all(max(region.height, region.width) <= reach for region in written)


def test_pain_16_many_polygon_points_lag(easel: Easel, monkeypatch: pytest.MonkeyPatch) -> None:
    """16. Many polygon points lag: moving over 200 polygons of 100 points draws none of them anew."""
    easel.open(np.zeros((600, 800), np.uint8))
    turn = np.linspace(0, 2 * np.pi, 100, endpoint=False)
    rings = [
        tuple(zip((y + 12 * np.sin(turn)).tolist(), (x + 12 * np.cos(turn)).tolist(), strict=True))
        for y in range(30, 580, 55)
        for x in range(20, 780, 38)
    ]
    with easel.document.edit("Polygons"):
        easel.document.set_annotation(Annotation(polygons=tuple(Polygon(1, ring) for ring in rings[:200])))
    easel.grabbed()
    drawn = []
    outline = shapes._outline
    monkeypatch.setattr(shapes, "_outline", lambda *a, **k: (drawn.append(1), outline(*a, **k)))
    for x in range(100, 700, 60):
        easel.move(300, x)
        easel.grabbed()
    easel.drag((300, 100), (300, 140))
    easel.grabbed()
    assert len(easel.document.annotation.polygons) == 200
    assert not drawn
    easel.canvas.zoom_in()
    easel.grabbed()
    assert 0 < len(drawn) <= 200, "once for another view"


def test_pain_17_qt_clashes_with_the_plugins_of_opencv() -> None:
    """17. Qt "xcb" clash with cv2's plugins: only the OpenCV without a window of its own is asked for and loaded."""
    wanted = [line for line in requires("segstudio") or () if line.startswith("opencv")]
    assert wanted
    assert all(line.startswith("opencv-python-headless") for line in wanted)
    assert not list(Path(cv2.__file__).parent.glob("qt*")), "no Qt comes with it"
    assert "cv2" not in os.environ.get("QT_QPA_PLATFORM_PLUGIN_PATH", "")


@pytest.mark.parametrize("orientation", [3, 6])
def test_pain_18_exif_rotation_against_exported_labels(easel: Easel, tmp_path: Path, orientation: int) -> None:
    """18. EXIF rotation vs exported labels: what is painted where one sees it lies there in the exported pair too."""
    exif = Image.Exif()
    exif[0x0112] = orientation
    stored = np.zeros((60, 100, 3), np.uint8)
    stored[5:20, 5:20] = (250, 40, 40)
    Image.fromarray(stored).save(tmp_path / "photo.jpg", exif=exif, quality=95)
    before = (tmp_path / "photo.jpg").read_bytes()
    easel.open(tmp_path / "photo.jpg")
    assert easel.document.image is not None
    seen = easel.document.image.array
    assert seen.shape[:2] == ((100, 60) if orientation == 6 else (60, 100))
    y, x = (float(v.mean()) for v in np.nonzero(seen[..., 0] > 150))
    easel.canvas.brush_size = 6
    easel.click(y, x)
    drawn, folder = easel.ids.copy(), easel.document.project.folder
    easel.bench.save()
    finish(export_project(folder, "masks", tmp_path / "out"))
    (picture_file,) = (tmp_path / "out" / "images").iterdir()
    with Image.open(picture_file) as exported, Image.open(tmp_path / "out" / "masks" / "photo.png") as mask:
        assert 0x0112 not in exported.getexif()
        assert exported.size == mask.size
        np.testing.assert_array_equal(np.asarray(mask), drawn)
        assert (np.asarray(exported)[np.asarray(mask) == 1][:, 0] > 150).all()
    assert (tmp_path / "photo.jpg").read_bytes() == before, "the photograph is never written to"


def test_pain_19_non_ascii_paths_and_other_drives(
    easel: Easel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """19. Non-ASCII paths, cross-drive: any name works from image to export, and an image on another drive is found."""
    far = tmp_path / "D 盘" / "données é" / "рентген"
    far.mkdir(parents=True)
    file = far / "картинка 図 ü.png"
    Image.fromarray(picture()).save(file)

    def another_drive(*_: object) -> str:
        raise ValueError("path is on mount 'D:', start on mount 'C:'")

    with monkeypatch.context() as windows:
        windows.setattr(os.path, "relpath", another_drive)
        easel.open(file)
    easel.drag((40, 40), (40, 80))
    drawn, folder = easel.ids.copy(), easel.document.project.folder
    easel.bench.close_project()
    with reopened(folder) as document:
        assert document.sample is not None
        assert document.sample.path == file
        assert (document.labels.ids == drawn).all()
    finish(export_project(folder, "masks", tmp_path / "выход 出"))
    with Image.open(tmp_path / "выход 出" / "masks" / "картинка 図 ü.png") as mask:
        assert (np.asarray(mask) == drawn).all()


def test_pain_20_deep_images_and_window_level(easel: Easel, tmp_path: Path) -> None:
    """20. 16-bit / DICOM / window-level: 12 bits in 16 are seen, HU are told, and contrast changes no data."""
    deep = np.where(np.indices((96, 120))[1] < 60, 300, 3900).astype(np.uint16)
    tifffile.imwrite(tmp_path / "deep.tif", deep, photometric="minisblack")
    stored = np.where(deep > 1000, 1064, 1000).astype(np.uint16)
    slice_file = save(tmp_path / "ct.dcm", dataset(stored, RescaleSlope=1, RescaleIntercept=-1024))
    easel.open(tmp_path / "deep.tif", slice_file)
    easel.canvas.leaveEvent(None)  # type: ignore[arg-type]
    assert easel.color_at(48, 90)[0] - easel.color_at(48, 30)[0] > 200, "never near black"
    before = easel.color_at(48, 90)
    easel.canvas.set_tool("contrast")
    easel.drag((48, 60), (10, 20))
    easel.canvas.leaveEvent(None)  # type: ignore[arg-type]
    assert easel.canvas.contrast != (300, 3900)
    assert easel.document.image is not None
    np.testing.assert_array_equal(easel.document.image.array, deep)
    easel.canvas.set_contrast(0, 20_000)
    assert easel.color_at(48, 90) != before
    easel.bench.next()
    assert easel.document.image is not None
    assert sorted(np.unique(easel.document.image.array)) == [-24, 40], "Hounsfield units"
    easel.canvas.set_contrast(-160, 240)
    assert easel.color_at(48, 90)[0] == pytest.approx(255 * (40 + 160) / 400, abs=2)
    np.testing.assert_array_equal(tifffile.imread(tmp_path / "deep.tif"), deep)


@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")  # pycocotools under NumPy 2
def test_pain_21_polygons_with_holes_and_run_lengths(easel: Easel, tmp_path: Path) -> None:
    """21. Polygons with holes; RLE: a hole is drawn with the right button, and stays one in every export."""
    easel.open(np.zeros((96, 120), np.uint8))
    easel.canvas.set_tool("polygon")
    for corner in ((20, 20), (20, 100), (80, 100), (80, 20)):
        easel.click(*corner)
    easel.key(Qt.Key.Key_Return)
    for corner in ((35, 40), (35, 80), (65, 80), (65, 40)):
        easel.click(*corner, RIGHT)
    easel.key(Qt.Key.Key_Return)
    (polygon,) = easel.document.annotation.polygons
    assert len(polygon.holes) == 1
    drawn, folder = easel.painted().copy(), easel.document.project.folder
    assert drawn[25, 60]
    assert not drawn[50, 60]
    easel.bench.save()
    for segmentation in ("rle", "polygon"):
        finish(export_project(folder, "coco", tmp_path / segmentation, segmentation=segmentation))
        coco = COCO(tmp_path / segmentation / "annotations" / "instances_default.json")
        (annotation,) = coco.loadAnns(coco.getAnnIds())
        mask = coco.annToMask(annotation).astype(bool)
        assert not mask[40:60, 45:75].any()
        assert (mask != drawn).sum() == 0 if segmentation == "rle" else (mask != drawn).mean() < 0.02
    easel.bench.close_project()
    with reopened(folder) as document:
        assert document.annotation.polygons == (polygon,)


def test_pain_22_brush_eraser_superpixels_and_a_visible_size(easel: Easel) -> None:
    """22. Brush, eraser, superpixels; visible brush size: and the cursor is as large as what it paints."""
    easel.open(np.full((96, 120), 90, np.uint8), picture())
    easel.zoom_to(4, 48, 60)
    easel.canvas.brush_size = 30
    easel.move(48, 60)
    row, image = easel.at(48, 60).y(), easel.grabbed()
    ring = [x for x in range(100, 500) if abs(image.pixelColor(x, row).red() - 90) > 40 and abs(x - 300) > 20]
    easel.click(48, 60)
    columns = np.flatnonzero(easel.painted()[48])
    assert columns[-1] - columns[0] + 1 == pytest.approx(30, abs=1)
    assert (max(ring) - min(ring)) / 4 == pytest.approx(30, abs=1.5)
    easel.canvas.set_tool("eraser")
    easel.click(48, 60)
    assert (easel.ids == UNLABELLED).all()
    easel.bench.next()
    easel.canvas.set_tool("superpixel")
    easel.drag((48, 60), (50, 62))
    easel.wait(lambda: not easel.canvas.working)
    assert easel.painted()[48, 60]
    assert easel.painted()[picture()[..., 0] < 100].sum() <= 0.1 * easel.painted().sum(), "it ends at the disc's edge"


@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
def test_pain_23_class_numbers_differ_between_exported_masks(easel: Easel, tmp_path: Path) -> None:
    """23. Class index differs between exported masks: a class has its number in every image, seen there or not."""
    easel.open(*[picture()] * 3, classes=4)
    for class_id in (3, 1, 2):
        easel.document.set_active_class(class_id)
        easel.drag((40, 40), (40, 80))
        easel.bench.next()
    easel.bench.save()
    folder = easel.document.project.folder
    for name in ("masks", "coco"):
        finish(export_project(folder, name, tmp_path / name))
    for number, class_id in enumerate((3, 1, 2)):
        with Image.open(tmp_path / "masks" / "masks" / f"image-{number}.png") as mask:
            assert np.unique(mask).tolist() == [class_id, UNLABELLED]
    coco = COCO(tmp_path / "coco" / "annotations" / "instances_default.json")
    assert [a["category_id"] for a in sorted(coco.loadAnns(coco.getAnnIds()), key=lambda a: a["image_id"])] == [3, 1, 2]
    assert {c["id"]: c["name"] for c in coco.loadCats(coco.getCatIds())}[3] == "class 3"


def test_pain_24_image_bytes_inside_json(easel: Easel, tmp_path: Path) -> None:
    """24. Image bytes inside JSON: neither the project nor an export to JSON holds a picture twice."""
    noise = np.random.default_rng(0).integers(0, 256, (700, 900, 3), dtype=np.uint8)
    Image.fromarray(noise).save(tmp_path / "noise.png")
    size = (tmp_path / "noise.png").stat().st_size
    easel.open(tmp_path / "noise.png")
    easel.drag((200, 200), (200, 500))
    easel.bench.save()
    folder = easel.document.project.folder
    easel.bench.close_project()
    kept = sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
    assert kept < size / 10
    finish(export_project(folder, "labelme", tmp_path / "out"))
    (document,) = (file for file in (tmp_path / "out").rglob("*.json") if file.name == "noise.json")
    assert document.stat().st_size < 100_000
    assert json.loads(document.read_text())["imageData"] is None


def test_pain_25_keys_kept_views_and_crisp_pixels(window: MainWindow, hand: Hand, qtbot: QtBot) -> None:
    """25. Class/mode hotkeys, remapping; keep zoom and pan; unsmoothed zoom: all of it, by keys alone."""
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    for key, class_id in ((Qt.Key.Key_1, 0), (Qt.Key.Key_2, 1)):
        hand.key(key)
        assert window.document.active_class == class_id
    for key, tool in ((Qt.Key.Key_G, "polygon"), (Qt.Key.Key_R, "box"), (Qt.Key.Key_B, "brush")):
        hand.key(key)
        assert window.canvas.tool == tool
    window.set_shortcuts({"tool.polygon": ["Y"], "class.2": ["0"]})
    hand.key(Qt.Key.Key_1)
    hand.key(Qt.Key.Key_Y)
    hand.key(Qt.Key.Key_0)
    assert (window.canvas.tool, window.document.active_class) == ("polygon", 1)
    hand.key(Qt.Key.Key_G)
    assert window.canvas.tool == "polygon"

    for _ in range(12):
        hand.key(Qt.Key.Key_Plus, CTRL)
    window.canvas.center_on(30, 40)
    view = window.canvas.zoom, window.canvas.to_image(QPoint(0, 0))
    assert view[0] > 8
    hand.key(Qt.Key.Key_D)
    assert (window.canvas.zoom, window.canvas.to_image(QPoint(0, 0))) == view
    window.canvas.leaveEvent(None)  # type: ignore[arg-type]
    assert window.document.image is not None
    seen = window.canvas.grab().toImage()
    for y, x in ((30, 40), (30, 41), (31, 40)):
        for inset in (0.2, 0.5, 0.8):
            color = seen.pixelColor(hand.at(y + inset, x + inset))
            assert [color.red(), color.green(), color.blue()] == window.document.image.array[y, x].tolist()
