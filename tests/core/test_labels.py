"""The one door for pixels."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from segstudio.core.errors import AnnotationError
from segstudio.core.geometry import Region, joined, tiles
from segstudio.core.labels import UNLABELLED, LabelMap, Provenance


def test_a_new_map_is_unlabelled_and_costs_nothing() -> None:
    labels = LabelMap((100_000, 100_000))  # 10 gigapixels: would need 30 GB if it were allocated
    assert labels.blank
    assert labels.ids[99_999, 99_999] == UNLABELLED
    assert labels.provenance[0, 0] == Provenance.NONE


def test_a_write_changes_the_region_alone_and_says_who() -> None:
    labels = LabelMap((6, 8))
    labels.write(Region(1, 2, 3, 5), 7, source=Provenance.MODEL)
    expected = np.full((6, 8), UNLABELLED)
    expected[1:3, 2:5] = 7
    np.testing.assert_array_equal(labels.ids, expected)
    np.testing.assert_array_equal(labels.provenance, np.where(expected == 7, Provenance.MODEL, Provenance.NONE))


def test_a_human_pixel_is_changed_by_a_human_only() -> None:
    labels = LabelMap((2, 3))
    labels.write(Region(0, 0, 1, 2), 1, source=Provenance.HUMAN)
    for source in (Provenance.PROPAGATED, Provenance.MODEL, Provenance.IMPORTED, Provenance.NONE):
        labels.write(labels.region, 9, source=source)
        assert labels.ids[0, :2].tolist() == [1, 1]
    labels.write(Region(0, 0, 1, 1), 4, source=Provenance.HUMAN)
    assert labels.ids[0].tolist() == [4, 1, 9]


def test_erasing_takes_the_provenance_away_so_that_a_network_may_fill_the_hole() -> None:
    labels = LabelMap((1, 2))
    labels.write(labels.region, 3, source=Provenance.HUMAN)
    labels.write(Region(0, 0, 1, 1), UNLABELLED, source=Provenance.HUMAN)
    labels.write(labels.region, 5, source=Provenance.MODEL)
    assert labels.ids.tolist() == [[5, 3]]


def test_what_lies_outside_is_cut_off() -> None:
    labels = LabelMap((4, 4))
    values = np.arange(36, dtype=np.uint8).reshape(6, 6)
    touched = labels.write(Region(-1, -1, 5, 5), values, source=Provenance.IMPORTED)
    assert touched == Region(0, 0, 4, 4)
    np.testing.assert_array_equal(labels.ids, values[1:5, 1:5])
    assert labels.write(Region(9, 9, 12, 12), 1, source=Provenance.HUMAN).empty


def test_listeners_hear_before_and_after() -> None:
    labels = LabelMap((4, 4))
    heard: list[tuple[str, int]] = []
    labels.writing.connect(lambda region: heard.append(("writing", int(labels.ids[0, 0]))))
    labels.written.connect(lambda region: heard.append(("written", int(labels.ids[0, 0]))))
    labels.write(labels.region, 2, source=Provenance.HUMAN)
    assert heard == [("writing", UNLABELLED), ("written", 2)]


def test_nobody_writes_behind_the_door() -> None:
    labels = LabelMap((4, 4))
    labels.write(labels.region, 1, source=Provenance.HUMAN)
    with pytest.raises(ValueError, match="read-only"):
        labels.ids[0, 0] = 3
    with pytest.raises(ValueError, match="read-only"):
        labels.provenance[0, 0] = 3


@pytest.mark.parametrize("value", [1.5, np.array([[1.0]]), -1, 70_000])
def test_values_that_are_no_ids_are_refused(value: object) -> None:
    with pytest.raises(AnnotationError):
        LabelMap((1, 1)).write(Region(0, 0, 1, 1), value, source=Provenance.HUMAN)


def test_instances_have_the_class_of_their_segment() -> None:
    labels = LabelMap((1, 3))
    first, second = labels.new_segment(4), labels.new_segment(9)
    labels.write(Region(0, 0, 1, 1), first, source=Provenance.HUMAN)
    labels.write(Region(0, 1, 1, 2), second, source=Provenance.HUMAN)
    assert first != second
    assert min(first, second) >= 256
    assert labels.classes().tolist() == [[4, 9, UNLABELLED]]


def test_seeds_are_the_humans_pixels() -> None:
    labels = LabelMap((1, 3))
    labels.write(Region(0, 0, 1, 1), 1, source=Provenance.HUMAN)
    labels.write(labels.region, 2, source=Provenance.PROPAGATED)
    assert labels.seeds().tolist() == [[1, UNLABELLED, UNLABELLED]]


boxes = st.builds(
    lambda y, x, h, w: Region(y, x, y + h, x + w), *(st.integers(-10, 40),) * 2, *(st.integers(0, 30),) * 2
)


@given(boxes, boxes)
def test_intersection_and_union_of_regions_agree_with_masks(a: Region, b: Region) -> None:
    def mask(region: Region) -> np.ndarray:
        canvas = np.zeros((100, 100), bool)
        canvas[region.shifted(20, 20).slices] = True
        return canvas

    assert mask(a & b).tolist() == (mask(a) & mask(b)).tolist()
    assert (mask(a | b) | mask(a) | mask(b)).sum() == mask(a | b).sum()


@given(boxes, st.integers(1, 17))
def test_tiles_cover_a_region_once(region: Region, size: int) -> None:
    found = list(tiles(region, size))
    assert sum((tile & region).height * (tile & region).width for tile in found) == region.height * region.width
    assert all(tile.y0 % size == 0 and tile.x0 % size == 0 for tile in found)


@given(st.lists(boxes, max_size=12), st.integers(1, 9))
def test_joined_regions_hold_all_and_never_reach_across_what_began_elsewhere(found: list[Region], size: int) -> None:
    together = joined(found, size)
    assert all(any(one.contains(region) for one in together) for region in found)
    assert len({(one.y0 // size, one.x0 // size) for one in together}) == len(together)
    assert sum(one.area for one in joined(found[:1], size)) == sum(region.area for region in found[:1])


def test_what_is_put_back_is_told_by_neighbourhoods() -> None:
    labels = LabelMap((3000, 3000))
    labels.write(Region(0, 0, 3000, 3000), 1, source=Provenance.HUMAN)
    heard: list[Region] = []
    labels.written.connect(heard.append)
    near = [Region(y, x, y + 20, x + 20) for y in range(0, 200, 50) for x in range(0, 200, 50)]
    far = Region(2500, 2500, 2510, 2510)
    parts = [
        (region, np.full(region.shape, 2, np.uint16), np.full(region.shape, 3, np.uint8)) for region in (*near, far)
    ]
    labels.restore(parts)
    assert heard == [Region(0, 0, 170, 170), far]
    assert int((labels.ids == 2).sum()) == 16 * 400 + 100
    assert int((labels.provenance == 3).sum()) == 16 * 400 + 100
