"""Which objects a label map holds."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from skimage.measure import label

from segstudio.core.classes import LabelClass
from segstudio.io.segments import is_background, segments


def test_instances_stay_whole_and_class_regions_fall_apart() -> None:
    ids = np.array([[256, 0, 256], [0, 0, 0], [1, 0, 1], [0, 1, 0]], np.uint16)
    found = [(s.class_id, s.instance, s.area) for s in segments(ids, {256: 2}, skip={0})]
    assert found == [(1, None, 3), (2, 256, 2)]  # diagonal neighbours are one region


def test_unlabelled_and_unknown_ids_are_no_objects() -> None:
    ids = np.array([[255, 300, 255]], np.uint16)
    assert list(segments(ids, {})) == []


@given(
    ids=hnp.arrays(
        np.uint16,
        hnp.array_shapes(min_dims=2, max_dims=2, max_side=12),
        elements=st.sampled_from([0, 1, 2, 255, 256, 257, 9000]),
    ),
    skip=st.sets(st.sampled_from([0, 1, 2])),
)
@settings(max_examples=100, deadline=None)
def test_objects_cover_exactly_the_pixels_of_their_class(ids: np.ndarray, skip: set[int]) -> None:
    table = {256: 1, 257: 2}
    covered = np.zeros(ids.shape, int)
    counts: dict[int, int] = {}
    for segment in segments(ids, table, skip=skip):
        covered[segment.region.slices] += segment.mask
        own = ids[segment.region.slices][segment.mask]
        assert set(own.tolist()) == {segment.class_id if segment.instance is None else segment.instance}
        assert segment.mask.any(axis=0)[[0, -1]].all()
        assert segment.mask.any(axis=1)[[0, -1]].all()
        if segment.instance is None:
            counts[segment.class_id] = counts.get(segment.class_id, 0) + 1
    classes = np.select([ids < 255, ids == 256, ids == 257], [ids.astype(int), 1, 2], 255)
    np.testing.assert_array_equal(covered == 1, (classes != 255) & ~np.isin(classes, list(skip)))
    assert covered.max(initial=0) <= 1
    for class_id, count in counts.items():
        assert count == label(ids == class_id, connectivity=2).max()


def test_only_a_class_0_that_is_called_so_is_the_background() -> None:
    assert is_background(LabelClass(0, "Background", (0, 0, 0)))
    assert is_background(LabelClass(0, "__background__", (0, 0, 0)))  # as labelme and torchvision write it
    assert is_background(LabelClass(0, "Hintergrund", (0, 0, 0)))
    assert not is_background(LabelClass(0, "Sky", (0, 0, 0)))
    assert not is_background(LabelClass(3, "background", (0, 0, 0)))
