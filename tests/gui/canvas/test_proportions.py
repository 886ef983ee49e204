"""Pixels that are not square: shown as the patient or the page is, and what is under the pointer is what is painted."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import nibabel
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image as PillowImage
from PySide6.QtCore import QPoint
from pytestqt.qtbot import QtBot

from segstudio.core.annotation import Polygon
from segstudio.gui.panels.scores import overlays
from tests.gui.kit import SHIFT, Easel, picture

ROWS, COLUMNS = 40, 160


@pytest.fixture
def flat(tmp_path: Path) -> Path:
    """A slice of 80 mm x 80 mm whose rows lie 2 mm apart and whose columns 0.5 mm."""
    values = np.zeros((COLUMNS, ROWS, 1), np.int16)
    values[::2, ::2] = values[1::2, 1::2] = 1000  # a chessboard
    nibabel.save(nibabel.Nifti1Image(values, np.diag([-0.5, -2.0, 5.0, 1.0])), tmp_path / "flat.nii")
    return tmp_path / "flat.nii"


def centres(easel: Easel) -> NDArray[np.float64]:
    """Where the middle of every pixel is in the widget, ``(H, W, 2)`` of x and y."""
    height, width = easel.ids.shape
    corner, step_x, step_y = (easel.canvas.to_widget(y, x) for y, x in ((0.5, 0.5), (0.5, 1.5), (1.5, 0.5)))
    y, x = np.mgrid[:height, :width]
    across, down = step_x.x() - corner.x(), step_y.y() - corner.y()
    return np.stack([corner.x() + x * across, corner.y() + y * down], axis=-1)


def test_a_slice_is_shown_as_wide_and_high_as_it_is_in_millimetres(easel: Easel, flat: Path) -> None:
    easel.open(flat)
    start, end = easel.canvas.to_widget(0, 0), easel.canvas.to_widget(ROWS, COLUMNS)
    assert end.x() - start.x() == pytest.approx(end.y() - start.y())
    easel.canvas.zoom_actual()
    assert easel.canvas.to_widget(0, 1).x() - easel.canvas.to_widget(0, 0).x() == pytest.approx(1)
    assert easel.canvas.to_widget(1, 0).y() - easel.canvas.to_widget(0, 0).y() == pytest.approx(4)


def test_every_pixel_shows_its_value_where_it_lies(easel: Easel, flat: Path) -> None:
    easel.open(flat)
    easel.zoom_to(6, 20, 80)
    assert easel.document.image is not None
    array = easel.document.image.array
    for y, x in ((20, 80), (20, 81), (21, 80), (17, 60), (23, 99)):
        for dy, dx in ((0.2, 0.2), (0.8, 0.8)):
            assert easel.color_at(y + dy, x + dx)[0] == (255 if array[y, x] else 0), (y, x)


def test_the_brush_paints_exactly_what_lies_under_its_circle(easel: Easel, flat: Path) -> None:
    easel.open(flat)
    easel.zoom_to(5, 20, 80)
    easel.canvas.brush_size = 24
    easel.click(20.3, 80.4)
    at = easel.at(20.3, 80.4)
    away = np.hypot(*np.moveaxis(centres(easel) - (at.x(), at.y()), -1, 0))
    np.testing.assert_array_equal(easel.painted(), away <= 24 * easel.canvas.zoom / 2)
    rows, columns = np.flatnonzero(easel.painted().any(axis=1)), np.flatnonzero(easel.painted().any(axis=0))
    assert (rows.size, columns.size) == (6, 24)  # 12 mm each way


def test_a_stroke_has_painted_all_that_the_pointer_went_over(easel: Easel, flat: Path) -> None:
    easel.open(flat)
    easel.zoom_to(5, 20, 80)
    easel.canvas.brush_size = 1
    path = [(12.5, 40.5), (28.5, 60.5), (14.2, 118.7)]
    easel.drag(*path)
    for (y0, x0), (y1, x1) in pairwise(path):
        for share in np.linspace(0, 1, 6):
            place = easel.canvas.to_image(easel.at(y0 + (y1 - y0) * share, x0 + (x1 - x0) * share))
            assert easel.painted()[int(place[0]), int(place[1])]


def test_square_pixels_are_a_choice_that_changes_how_it_looks_alone(easel: Easel, flat: Path) -> None:
    easel.open(flat)
    easel.click(20.5, 80.5)
    before, data = easel.ids.copy(), easel.document.image.array.copy()  # type: ignore[union-attr]
    easel.canvas.square_pixels = True
    start, end = easel.canvas.to_widget(0, 0), easel.canvas.to_widget(ROWS, COLUMNS)
    assert (end.x() - start.x()) / (end.y() - start.y()) == pytest.approx(COLUMNS / ROWS)
    np.testing.assert_array_equal(easel.ids, before)
    np.testing.assert_array_equal(easel.document.image.array, data)  # type: ignore[union-attr]
    easel.canvas.choose_class(2)
    easel.canvas.brush_size = 9
    easel.click(20.5, 80.5)
    painted = easel.painted(2)
    assert painted.any(axis=0).sum() == painted.any(axis=1).sum() == 9
    assert easel.bench.settings.square_pixels


def test_turning_square_pixels_on_leaves_the_middle_where_it_is(easel: Easel, flat: Path) -> None:
    easel.open(flat)
    easel.zoom_to(8, 22, 70)
    zoom = easel.canvas.zoom
    easel.canvas.square_pixels = True
    assert easel.canvas.to_image(QPoint(300, 240)) == pytest.approx((22, 70), abs=0.2)
    assert easel.canvas.zoom == pytest.approx(zoom)
    easel.canvas.square_pixels = False
    assert easel.canvas.pixel_shape == pytest.approx((4, 1))


def test_the_wheel_zooms_at_the_pointer_whatever_the_proportions(easel: Easel, flat: Path) -> None:
    easel.open(flat)
    at = easel.at(30, 90)
    before = easel.canvas.to_image(at)
    easel.wheel(at, 3)
    assert easel.canvas.to_image(at) == pytest.approx(before)


def test_a_corner_is_hit_by_its_distance_on_the_screen(easel: Easel, flat: Path) -> None:
    easel.open(flat)
    easel.zoom_to(2, 20, 80)  # a row is 8 widget pixels, a column 2
    easel.canvas.set_tool("polygon")
    for place in ((10.5, 40.5), (10.5, 100.5), (30.5, 70.5)):
        easel.click(*place)
    easel.click(12.5, 40.5)  # 16 widget pixels below the first corner: another corner, not the end
    assert easel.canvas.working
    easel.click(10.5, 43)  # 5 widget pixels beside it
    assert not easel.canvas.working
    (polygon,) = easel.document.annotation.polygons
    assert isinstance(polygon, Polygon)
    assert len(polygon.exterior) == 4


def test_shift_draws_in_diagonals_of_the_screen(easel: Easel, flat: Path) -> None:
    easel.open(flat)
    easel.zoom_to(3, 20, 80)
    easel.canvas.set_tool("polygon")
    easel.click(10, 40)
    easel.click(20.4, 81, keys=SHIFT)
    assert easel.hand.rubber is not None
    (y0, x0), (y1, x1) = easel.hand.rubber.points[:2]
    assert 4 * (y1 - y0) == pytest.approx(x1 - x0)


def test_outlines_lie_where_their_pixels_are_shown(easel: Easel, flat: Path) -> None:
    easel.open(flat)
    easel.zoom_to(4, 20, 80)
    easel.canvas.set_tool("box")
    easel.drag((12, 60), (28, 100))
    (box,) = easel.document.annotation.boxes
    assert (box.y0, box.x0, box.y1, box.x1) == (12, 60, 28, 100)
    easel.canvas.set_tool("brush")
    edge = easel.color_at(28, 75)
    assert max(edge) - min(edge) > 40  # a coloured line on a grey image
    inside = easel.color_at(24.5, 75.5)
    assert max(inside) == min(inside)


def test_the_same_view_is_kept_for_slices_of_the_same_proportions_alone(
    easel: Easel, flat: Path, tmp_path: Path
) -> None:
    PillowImage.fromarray(picture(ROWS, COLUMNS)).save(tmp_path / "square.png")
    easel.open(flat, tmp_path / "square.png")
    easel.zoom_to(8, 20, 80)
    easel.bench.next()
    assert easel.canvas.pixel_shape == (1, 1)
    left, right = easel.canvas.to_widget(0, 0).x(), easel.canvas.to_widget(0, COLUMNS).x()
    assert left >= 0
    assert right <= easel.canvas.width()


def test_the_act_is_there_and_is_remembered(easel: Easel, flat: Path) -> None:
    easel.bench.settings.square_pixels = True
    easel.open(flat)
    assert easel.canvas.pixel_shape == (1, 1)


def test_pictures_of_training_rounds_have_the_proportions_of_their_image(qtbot: QtBot) -> None:
    image, labels = np.zeros((40, 160), np.uint8), np.zeros((40, 160), np.uint16)
    (plain,) = overlays(image, (labels,), np.zeros((256, 3), np.uint8))
    (true,) = overlays(image, (labels,), np.zeros((256, 3), np.uint8), (4.0, 1.0))
    assert (plain.height(), plain.width()) == (40, 160)
    assert (true.height(), true.width()) == (40, 40)
