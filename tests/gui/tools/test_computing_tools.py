"""Tools that look at the image: superpixels, livewire, GrabCut, wand, fill, contrast."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import Qt

from segstudio.app import instances
from segstudio.core.errors import AnnotationError
from segstudio.core.geometry import Region
from segstudio.core.labels import UNLABELLED, Provenance
from segstudio.gui.tools.flood import connected
from tests.gui.kit import RIGHT, Easel, picture

DISC = picture()[..., 0] == 200


def iou(found: np.ndarray, truth: np.ndarray) -> float:
    return float((found & truth).sum() / (found | truth).sum())


def test_a_superpixel_is_painted_whole_and_does_not_cross_the_edge(easel: Easel) -> None:
    easel.open()
    easel.canvas.set_tool("superpixel")
    easel.drag((48, 60), (50, 62))
    easel.wait(lambda: not easel.canvas.working)
    painted = easel.painted()
    assert painted[48, 60]
    assert painted.sum() > 40
    assert painted[~DISC].sum() <= 0.1 * painted.sum()
    assert (easel.document.labels.provenance[painted] == Provenance.HUMAN).all()
    easel.drag((48, 60), (50, 62), button=RIGHT)
    assert (easel.ids == UNLABELLED).all()


def test_a_superpixel_stroke_over_several_squares_is_one_edit(easel: Easel) -> None:
    easel.open(np.zeros((600, 1100), np.uint8))
    easel.canvas.set_tool("superpixel")
    easel.drag((300, 480), (300, 540))
    easel.wait(lambda: not easel.canvas.working)
    assert easel.painted()[300, 485]
    assert easel.painted()[300, 535]
    easel.bench.undo()
    assert (easel.ids == UNLABELLED).all()
    assert not easel.document.history.can_undo


def test_livewire_follows_the_edge_between_clicks(easel: Easel) -> None:
    easel.open()
    easel.zoom_to(4, 48, 60)
    easel.canvas.set_tool("livewire")
    for angle in (0.1, 1.7, 3.2, 4.8):
        easel.click(48 + 24.5 * np.sin(angle), 60 + 24.5 * np.cos(angle))
        easel.wait(lambda: easel.canvas.working)
    easel.key(Qt.Key.Key_Return)
    easel.wait(lambda: not easel.canvas.working)
    assert iou(easel.painted(), DISC) > 0.9, "four clicks alone would make a square of 64 %"
    easel.bench.undo()
    assert (easel.ids == UNLABELLED).all()


def test_backspace_takes_livewire_clicks_back_to_nothing(easel: Easel) -> None:
    easel.open()
    easel.canvas.set_tool("livewire")
    easel.click(30, 30)
    easel.click(30, 60)
    easel.key(Qt.Key.Key_Backspace)
    easel.key(Qt.Key.Key_Backspace)
    easel.wait(lambda: not easel.canvas.working)
    assert easel.untouched


def test_grabcut_cuts_the_object_out_of_its_box(easel: Easel) -> None:
    noise = np.random.default_rng(0).normal(0, 6, (96, 120, 1))
    easel.open(np.clip(picture() + noise, 0, 255).astype(np.uint8))
    easel.canvas.set_tool("grabcut")
    easel.drag((18, 30), (78, 90))
    easel.wait(lambda: not easel.canvas.working)
    assert not easel.failures
    assert iou(easel.painted(), DISC) > 0.95
    assert (easel.document.labels.provenance[easel.painted()] == Provenance.PROPAGATED).all()


def test_grabcut_never_covers_what_a_human_painted(easel: Easel) -> None:
    easel.open()
    with easel.document.edit("Human"):
        easel.document.labels.write(Region(44, 56, 52, 64), 2, source=Provenance.HUMAN)
    easel.canvas.set_tool("grabcut")
    easel.drag((18, 30), (78, 90))
    easel.wait(lambda: not easel.canvas.working)
    assert (easel.ids[44:52, 56:64] == 2).all()
    assert easel.painted().any()


def test_escape_gives_a_computation_up_and_its_result_is_dropped(easel: Easel) -> None:
    easel.open()
    easel.canvas.set_tool("grabcut")
    easel.drag((18, 30), (78, 90))
    assert easel.canvas.working
    easel.key(Qt.Key.Key_Escape)
    assert not easel.canvas.working
    easel.wait(lambda: not easel.bench.jobs.busy)
    assert easel.untouched


def test_a_computation_that_fails_says_so_and_frees_the_tool(easel: Easel, monkeypatch: pytest.MonkeyPatch) -> None:
    from segstudio.algorithms import boxes

    def fails(*_: object, **__: object) -> None:
        raise AnnotationError("there is nothing to cut out")

    monkeypatch.setattr(boxes, "pseudo_labelling", fails)
    easel.open()
    easel.canvas.set_tool("grabcut")
    easel.drag((18, 30), (78, 90))
    easel.wait(lambda: not easel.canvas.working)
    assert [str(error) for error in easel.failures] == ["there is nothing to cut out"]
    assert easel.untouched


def test_stopping_all_background_work_frees_the_tool(easel: Easel) -> None:
    easel.open()
    easel.canvas.set_tool("grabcut")
    easel.drag((18, 30), (78, 90))
    easel.bench.jobs.stop_all()
    easel.wait(lambda: not easel.canvas.working)
    assert easel.untouched


def test_the_wand_shows_what_it_would_mark_and_marks_it_at_the_release(easel: Easel) -> None:
    easel.open()
    easel.canvas.set_tool("wand")
    easel.press(48, 60)
    assert easel.hand.ghost is not None
    assert easel.hand.ghost.mask.sum() == DISC.sum()
    assert (easel.ids == UNLABELLED).all()
    easel.release(48, 60)
    np.testing.assert_array_equal(easel.painted(), DISC)
    assert easel.hand.ghost is None


def test_the_wand_goes_by_what_is_seen_of_a_deep_image(easel: Easel) -> None:
    deep = np.where(DISC, 1400, 1000).astype(np.uint16)
    deep[0, 0] = 65535
    easel.open(deep)
    easel.canvas.set_contrast(900, 1500)
    easel.canvas.set_tool("wand")
    easel.click(48, 60)
    np.testing.assert_array_equal(easel.painted(), DISC)


def test_the_fill_stops_at_other_labels(easel: Easel) -> None:
    easel.open()
    with easel.document.edit("Wall"):
        easel.document.labels.write(Region(0, 50, 96, 52), 2, source=Provenance.MODEL)
    easel.canvas.set_tool("fill")
    easel.click(40, 20)
    assert easel.painted()[:, :50].all()
    assert (easel.ids[:, 50:52] == 2).all()
    assert (easel.ids[:, 52:] == UNLABELLED).all()


@pytest.mark.parametrize("seed", range(4))
def test_a_flood_in_growing_windows_is_the_flood_of_the_whole(seed: int) -> None:
    from scipy import ndimage

    values = (np.random.default_rng(seed).random((1500, 1700)) < 0.62).astype(np.uint8)
    y, x = np.argwhere(values)[len(np.argwhere(values)) // 2]
    pieces, _ = ndimage.label(values)
    region, mask = connected(lambda r: values[r.slices], (int(y), int(x)), values.shape)
    whole = np.zeros(values.shape, bool)
    whole[region.slices] = mask
    np.testing.assert_array_equal(whole, pieces == pieces[y, x])


def test_a_small_area_of_a_large_image_is_sought_nearby() -> None:
    asked = []

    def values(region: Region) -> np.ndarray:
        asked.append(region)
        y, x = np.mgrid[region.y0 : region.y1, region.x0 : region.x1]
        return ((y - 9000) ** 2 + (x - 9000) ** 2 < 400).astype(np.uint8)

    _, mask = connected(values, (9000, 9000), (20_000, 20_000))
    assert len(asked) == 1
    assert asked[0].height <= 1024
    assert mask.sum() == pytest.approx(np.pi * 400, rel=0.02)


def test_contrast_is_dragged_and_set_back_by_a_double_click_without_touching_data(easel: Easel) -> None:
    data = np.random.default_rng(0).integers(0, 4096, (96, 120)).astype(np.uint16)
    easel.open(data)
    before = easel.canvas.contrast()
    easel.canvas.set_tool("contrast")
    easel.drag((48, 40), (48, 80))
    low, high = easel.canvas.contrast()
    assert high - low < before[1] - before[0]
    assert (low + high) / 2 == pytest.approx(sum(before) / 2, rel=0.05)
    easel.drag((48, 60), (28, 60))
    assert sum(easel.canvas.contrast()) < low + high, "up is brighter"
    easel.double_click(48, 60)
    assert easel.canvas.contrast() == before
    assert easel.untouched
    assert easel.document.image is not None
    np.testing.assert_array_equal(easel.document.image.array, data)


@pytest.mark.parametrize(
    ("tool", "drawn"),
    [
        ("brush", [(48, 50), (48, 60)]),
        ("lasso", [(30, 40), (30, 80), (60, 80), (60, 40)]),
        ("wand", [(48, 60), (48, 60)]),
        ("fill", [(48, 60), (48, 60)]),
        ("superpixel", [(48, 60), (50, 62)]),
        ("grabcut", [(18, 30), (78, 90)]),
    ],
)
def test_every_tool_draws_on_the_active_instance(easel: Easel, tool: str, drawn: list[tuple[float, float]]) -> None:
    easel.open()
    number = instances.new(easel.document)
    easel.canvas.set_tool(tool)
    easel.drag(*drawn)
    easel.wait(lambda: not easel.canvas.working)
    easel.wait(lambda: (easel.ids != UNLABELLED).any())
    assert set(np.unique(easel.ids)) <= {UNLABELLED, number}


def test_livewire_draws_on_the_active_instance(easel: Easel) -> None:
    easel.open()
    easel.zoom_to(4, 48, 60)
    number = instances.new(easel.document)
    easel.canvas.set_tool("livewire")
    for angle in (0.1, 2.2, 4.3):
        easel.click(48 + 24.5 * np.sin(angle), 60 + 24.5 * np.cos(angle))
        easel.wait(lambda: easel.canvas.working)
    easel.key(Qt.Key.Key_Return)
    easel.wait(lambda: not easel.canvas.working)
    assert set(np.unique(easel.ids)) == {UNLABELLED, number}


def test_what_a_tool_would_paint_is_shown_in_the_colour_of_the_instance(easel: Easel) -> None:
    easel.open()
    before = easel.color_at(48, 60)
    easel.canvas.set_tool("wand")
    seen = []
    for make in (lambda: None, lambda: instances.new(easel.document)):
        make()
        easel.press(48, 60)
        easel.move(48, 61)
        seen.append(easel.color_at(44, 56))
        easel.key(Qt.Key.Key_Escape)
        easel.release(48, 61)
    assert seen[0] != before
    assert seen[1] == seen[0], "as of its class"
