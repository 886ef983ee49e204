"""Tiles: made when seen, repaired where something changed, bounded in bytes."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from segstudio.core.geometry import Region
from segstudio.gui.canvas.tiles import SIDE, TileCache
from segstudio.gui.levels import from_level, level_for


class Numbers:
    """Renders an array, whose coarser levels take the first pixel of each square; remembers what it was asked for."""

    def __init__(self, shape: tuple[int, int]) -> None:
        self.array = np.zeros(shape, np.uint32)
        self.asked: list[tuple[Region, int]] = []

    def render(self, region: Region, level: int) -> NDArray[np.uint32]:
        self.asked.append((region, level))
        step = 1 << level
        y, x = from_level(region, level).slices
        return self.array[y.start : y.stop : step, x.start : x.stop : step].copy()


def assembled(cache: TileCache, shape: tuple[int, int], level: int) -> NDArray[np.uint32]:
    step = 1 << level
    whole = np.zeros((-(-shape[0] // step), -(-shape[1] // step)), np.uint32)
    for tile in cache.visible(Region.of(shape), level):
        whole[tile.region.slices] = tile.pixels
    return whole


@pytest.mark.parametrize("level", [0, 1, 3])
def test_all_tiles_together_are_the_layer(level: int) -> None:
    shape = 1300, 1101
    painter = Numbers(shape)
    painter.array[:] = np.arange(shape[0] * shape[1], dtype=np.uint32).reshape(shape)
    np.testing.assert_array_equal(
        assembled(TileCache(shape, painter, opaque=True), shape, level), painter.array[:: 1 << level, :: 1 << level]
    )


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_after_any_changes_repaired_tiles_equal_new_ones(data: st.DataObject) -> None:
    shape = data.draw(st.sampled_from([(700, 1100), (513, 512), (40, 1500)]))
    painter = Numbers(shape)
    cache = TileCache(shape, painter, opaque=True)
    for value in range(1, 6):
        level = data.draw(st.integers(0, 2))
        assembled(cache, shape, level)
        y, x = data.draw(st.integers(0, shape[0] - 1)), data.draw(st.integers(0, shape[1] - 1))
        region = Region(y, x, y + data.draw(st.integers(1, 300)), x + data.draw(st.integers(1, 300)))
        painter.array[region.slices] = value
        cache.changed(region)
    for level in range(3):
        fresh = assembled(TileCache(shape, Numbers(shape), opaque=True), shape, level)
        assert fresh.shape == assembled(cache, shape, level).shape
        np.testing.assert_array_equal(assembled(cache, shape, level), painter.array[:: 1 << level, :: 1 << level])


def test_a_small_change_costs_its_rectangle_not_the_layer() -> None:
    shape = 4000, 6000
    painter = Numbers(shape)
    cache = TileCache(shape, painter, opaque=True)
    for level in (0, 2):
        list(cache.visible(Region.of(shape), level))
    painter.asked.clear()
    cache.changed(Region(1000, 1000, 1020, 1030))
    assert not painter.asked, "nothing is made before it is seen"
    list(cache.visible(Region.of(shape), 2))
    assert painter.asked == [(Region(250, 250, 255, 258), 2)]


def test_what_changes_out_of_sight_is_made_when_it_comes_into_sight() -> None:
    shape = 2000, 2000
    painter = Numbers(shape)
    cache = TileCache(shape, painter, opaque=True)
    list(cache.visible(Region.of(shape), 0))
    painter.array[1500:1510, 1500:1510] = 9
    cache.changed(Region(1500, 1500, 1510, 1510))
    painter.asked.clear()
    list(cache.visible(Region(0, 0, 100, 100), 0))
    assert not painter.asked
    (tile,) = cache.visible(Region(1505, 1505, 1506, 1506), 0)
    assert tile.pixels[1505 - tile.region.y0, 1505 - tile.region.x0] == 9


def test_bytes_stay_below_the_limit_and_what_was_seen_last_is_kept() -> None:
    shape = 10_000, 10_000
    tile_bytes = 4 * SIDE * SIDE
    painter = Numbers((1, 1))
    painter.render = lambda region, _: np.zeros(region.shape, np.uint32)  # type: ignore[method-assign]
    cache = TileCache(shape, painter, opaque=True, limit=6 * tile_bytes)
    for x in range(0, 9000, SIDE):
        list(cache.visible(Region(0, x, 10, x + 10), 0))
        assert cache.nbytes <= 6 * tile_bytes
    painter.render = None  # type: ignore[assignment, method-assign]  # making another tile would fail
    list(cache.visible(Region(0, x, 10, x + 10), 0))


def test_a_tile_knows_whether_there_is_anything_to_paint() -> None:
    painter = Numbers((100, 100))
    cache = TileCache((100, 100), painter, opaque=False)
    (tile,) = cache.visible(Region(0, 0, 100, 100), 0)
    assert tile.clear
    painter.array[5, 5] = 1
    cache.changed(Region(5, 5, 6, 6))
    (tile,) = cache.visible(Region(0, 0, 100, 100), 0)
    assert not tile.clear


@pytest.mark.parametrize(("zoom", "level"), [(8, 0), (1, 0), (0.51, 0), (0.5, 1), (0.26, 1), (0.25, 2), (0.01, 6)])
def test_the_level_has_a_pixel_for_every_one_on_the_screen(zoom: float, level: int) -> None:
    assert level_for(zoom) == level
