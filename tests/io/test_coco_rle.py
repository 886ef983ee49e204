"""Run-length codes are pycocotools' own, both ways."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from pycocotools import mask as coco_mask

from segstudio.core.geometry import Region
from segstudio.io.coco_rle import decode, encode

masks = hnp.arrays(np.bool_, hnp.array_shapes(min_dims=2, max_dims=2, max_side=9))
margins = st.tuples(*[st.integers(0, 4)] * 4)


def framed(mask: np.ndarray, margin: tuple[int, int, int, int]) -> tuple[np.ndarray, Region]:
    top, left, below, right = margin
    whole = np.pad(mask, ((top, below), (left, right)))
    return whole, Region(top, left, top + mask.shape[0], left + mask.shape[1])


@given(mask=masks.filter(np.any), margin=margins)
@settings(max_examples=200, deadline=None)
def test_codes_are_those_of_pycocotools(mask: np.ndarray, margin: tuple[int, int, int, int]) -> None:
    whole, region = framed(mask, margin)
    theirs = coco_mask.encode(np.asfortranarray(whole.astype(np.uint8)))
    assert encode(mask, region, whole.shape) == {"size": theirs["size"], "counts": theirs["counts"].decode()}


@given(mask=masks, margin=margins, compressed=st.booleans())
@settings(max_examples=200, deadline=None)
def test_codes_of_pycocotools_come_back(mask: np.ndarray, margin: tuple[int, int, int, int], compressed: bool) -> None:
    whole, _ = framed(mask, margin)
    counts: str | list[int] = coco_mask.encode(np.asfortranarray(whole.astype(np.uint8)))["counts"].decode()
    if not compressed:
        flat = whole.T.ravel().astype(int)
        changes = np.flatnonzero(np.diff(flat, prepend=0))
        counts = np.diff([0, *changes, flat.size]).tolist()
    region, inside = decode(counts, whole.shape)
    back = np.zeros_like(whole)
    back[region.slices] = inside
    np.testing.assert_array_equal(back, whole)
    assert not inside.size or (inside[[0, -1]].any(axis=1).all() and inside[:, [0, -1]].any(axis=0).all())


def test_long_runs_on_a_large_image() -> None:
    """Runs of many digits: a slide of 30,000 x 30,000 pixels."""
    region = Region(20_000, 25_000, 20_003, 25_002)
    code = encode(np.ones(region.shape, bool), region, (30_000, 30_000))
    assert decode(code["counts"], (30_000, 30_000))[0] == region


@pytest.mark.parametrize("counts", ["", "µ", "~", "o", "5", [5], [4, -1, 6], [1, 2, 3]])
def test_codes_that_are_damaged_are_told(counts: object) -> None:
    with pytest.raises(ValueError):
        decode(counts, (3, 3))  # type: ignore[arg-type]


@given(st.text(alphabet=[chr(c) for c in range(48, 112)], max_size=30))
@settings(max_examples=200, deadline=None)
def test_random_codes_are_decoded_or_refused(counts: str) -> None:
    try:
        region, mask = decode(counts, (5, 7))
    except ValueError:
        return
    assert region.shape == mask.shape
