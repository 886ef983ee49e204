"""Matrices by tiles: they read like arrays, and copies are worth what they were when they were made."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from segstudio.core import labels as labels_module
from segstudio.core.geometry import Region
from segstudio.core.labels import LabelMap, Provenance
from segstudio.core.tiled import SIDE, TiledArray

SHAPE = SIDE + 300, 2 * SIDE + 70


@settings(max_examples=25, deadline=None)
@given(st.data())
def test_whatever_is_written_reads_like_an_array(data: st.DataObject) -> None:
    tiled, plain = TiledArray(SHAPE, np.uint16, 255), np.full(SHAPE, 255, np.uint16)
    corner = st.tuples(st.integers(0, SHAPE[0] - 1), st.integers(0, SHAPE[1] - 1))
    for value in range(data.draw(st.integers(0, 4))):
        (y0, x0), (y1, x1) = sorted(data.draw(st.lists(corner, min_size=2, max_size=2)))
        region = Region(y0, min(x0, x1), y1 + 1, max(x0, x1) + 1)
        where = np.random.default_rng(value).random(region.shape) < 0.5 if data.draw(st.booleans()) else None
        tiled.put(region, value, where)
        np.copyto(plain[region.slices], value, where=True if where is None else where)
    step_y, step_x = data.draw(st.integers(1, 40)), data.draw(st.integers(1, 40))
    y, x = data.draw(corner)
    window = slice(y, SHAPE[0] + 9, step_y), slice(x, None, step_x)
    np.testing.assert_array_equal(tiled[window], plain[window])
    mesh = np.ix_(np.minimum(np.arange(y, y + 90, 7), SHAPE[0] - 1), np.array([x]))
    np.testing.assert_array_equal(tiled[mesh], plain[mesh])
    assert tiled[y, x] == plain[y, x]
    np.testing.assert_array_equal(np.asarray(tiled), plain)
    assert set(np.unique(plain)) <= tiled.values()


def test_a_copy_keeps_what_it_was_and_costs_nothing() -> None:
    first = TiledArray(SHAPE, np.uint8, 0)
    first.put(Region(5, 5, 9, 9), 7)
    second = first.copy()
    first.put(Region(6, 6, 7, 7), 1)
    second.put(Region(8, 8, 9, 9), 2)
    assert (first[6, 6], second[6, 6]) == (1, 7)
    assert (first[8, 8], second[8, 8]) == (7, 2)
    assert first.nbytes == SIDE * SIDE


def test_blank_tiles_take_no_memory() -> None:
    tiled = TiledArray((100_000, 100_000), np.uint16, 255)
    tiled.put(Region(99_990, 99_990, 100_000, 100_000), 3)
    assert tiled.nbytes < 2 * SIDE * SIDE
    assert int((tiled[::100, ::100] != 255).sum()) == 0
    assert tiled[99_999, 99_999] == 3


def test_operators_and_methods_of_arrays_work() -> None:
    tiled = TiledArray((4, 5), np.uint16, 255)
    tiled.put(Region(1, 1, 2, 2), 3)
    assert int((tiled == 3).sum()) == 1
    assert int((np.full((4, 5), 3) == tiled).sum()) == 1
    assert tiled.max() == 255
    assert np.where(tiled == 3, 1, 0).sum() == 1


def test_a_large_label_map_behaves_as_a_small_one(monkeypatch: pytest.MonkeyPatch) -> None:
    def painted() -> LabelMap:
        labels = LabelMap((90, 80))
        labels.write(Region(10, 10, 60, 60), 1, source=Provenance.HUMAN)
        labels.write(Region(0, 0, 90, 80), 2, np.eye(90, 80, dtype=bool), source=Provenance.MODEL)
        labels.write(Region(20, 20, 30, 30), 255, source=Provenance.HUMAN)
        labels.restore([(Region(0, 0, 2, 2), np.full((2, 2), 4, np.uint16), np.full((2, 2), 1, np.uint8))])
        return labels

    plain = painted()
    monkeypatch.setattr(labels_module, "TILED_FROM", 100)
    tiled = painted()
    assert isinstance(tiled.ids, TiledArray)
    np.testing.assert_array_equal(np.asarray(tiled.ids), plain.ids)
    np.testing.assert_array_equal(np.asarray(tiled.provenance), plain.provenance)
    np.testing.assert_array_equal(tiled.classes(), plain.classes())
    np.testing.assert_array_equal(tiled.seeds(), plain.seeds())
