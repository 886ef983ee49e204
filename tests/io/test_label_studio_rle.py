"""Label Studio's run-length code: by hand, there and back, and as Label Studio's own tools read and write it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from segstudio.core.geometry import Region
from segstudio.io.label_studio_rle import decode, encode

MASKS = hnp.arrays(np.bool_, st.tuples(st.integers(1, 40), st.integers(1, 60)))


def box(mask: np.ndarray) -> Region:
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    return Region(int(rows[0]), int(columns[0]), int(rows[-1]) + 1, int(columns[-1]) + 1)


def coded(mask: np.ndarray) -> list[int]:
    region = box(mask)
    return encode(mask[region.slices], region, mask.shape)


def whole(found: tuple[Region, np.ndarray], shape: tuple[int, ...]) -> np.ndarray:
    mask = np.zeros(shape, bool)
    mask[found[0].slices] = found[1]
    return mask


def bits(*fields: tuple[int, int]) -> list[int]:
    text = "".join(f"{value:0{width}b}" for value, width in fields)
    text += "0" * (-len(text) % 8)
    return [int(text[i : i + 8], 2) for i in range(0, len(text), 8)]


HEAD = ((7, 5), (2, 4), (3, 4), (7, 4), (15, 4))


def test_one_pixel_by_hand() -> None:
    """The second of three pixels: 4 bytes of 0, 4 of 255, 4 of 0; lengths up to 8 take 3 bits."""
    run = ((1, 1), (0, 2), (3, 3))
    expected = bits((12, 32), *HEAD, *run, (0, 8), *run, (255, 8), *run, (0, 8))
    assert coded(np.array([[False, True, False]])) == expected
    region, mask = decode(expected, (1, 3))
    assert region == Region(0, 1, 1, 2)
    assert mask.tolist() == [[True]]


def test_values_one_by_one_and_runs_across_pixels_tell_the_mask_by_alpha() -> None:
    """Bytes 9 9 9 0 | 7 7 7 5 | 1 0 0 0: only the second pixel shows."""
    values = [9, 9, 9, 0, 7, 7, 7, 5, 1]
    code = bits(
        (12, 32), *HEAD, (0, 1), (1, 2), (8, 4), *((v, 8) for v in values), (1, 1), (0, 2), (2, 3), (0, 8)
    )  # fmt: skip
    assert decode(code, (1, 3))[0] == Region(0, 1, 1, 2)


@given(MASKS)
@settings(deadline=None)
def test_every_mask_comes_back(mask: np.ndarray) -> None:
    if mask.any():
        np.testing.assert_array_equal(whole(decode(coded(mask), mask.shape), mask.shape), mask)


def test_runs_longer_than_a_length_can_tell_and_masks_that_fill_the_image() -> None:
    mask = np.zeros((300, 400), bool)
    mask[-1, -1] = True
    np.testing.assert_array_equal(whole(decode(coded(mask), mask.shape), mask.shape), mask)
    code = coded(~np.zeros((300, 400), bool))
    assert len(code) == 34  # 53 bits of a head and eight runs of 27 bits, each of 65536 bytes or less
    assert decode(code, (300, 400))[1].all()


@given(MASKS, st.data())
@settings(deadline=None)
def test_what_is_damaged_is_refused_and_never_read_beyond(mask: np.ndarray, data: Any) -> None:
    mask[0, 0] = True
    code = coded(mask)
    cut = data.draw(st.integers(0, len(code) - 1))
    with pytest.raises(ValueError, match="run-length"):
        decode(code[:cut], mask.shape)
    place, value = data.draw(st.integers(0, len(code) - 1)), data.draw(st.integers(0, 255))
    try:
        region, _ = decode([*code[:place], value, *code[place + 1 :]], mask.shape)
    except ValueError:
        return
    assert Region.of(mask.shape).contains(region)


@pytest.mark.parametrize("code", [[], [1, 2, 3], [300] * 20, ["a"], [0] * 40, [1.5] * 12])
def test_what_is_no_code_is_refused(code: Any) -> None:
    with pytest.raises(ValueError, match="run-length"):
        decode(code, (2, 2))


@pytest.mark.filterwarnings("ignore")  # what another program warns about is its own to mend
@given(MASKS)
@settings(deadline=None)
def test_label_studios_own_tools_read_and_write_the_same(mask: np.ndarray) -> None:
    brush = pytest.importorskip("label_studio_sdk.converter.brush", exc_type=ImportError)
    mask[0, 0] = True
    theirs = brush.decode_rle(coded(mask)).reshape(*mask.shape, 4)
    np.testing.assert_array_equal(theirs[..., 3], mask * 255)
    region, found = decode(brush.mask2rle(mask.astype(np.uint8) * 255), mask.shape)
    np.testing.assert_array_equal(whole((region, found), mask.shape), mask)
