"""Lengths as a person reads them."""

from __future__ import annotations

import pytest

from segstudio.gui.tools.base import Pointer
from segstudio.gui.tools.measure import length


@pytest.mark.parametrize(
    ("spacing", "told"),
    [
        (None, "5.0 px"),
        ((2.0, 1.0), "7.21 mm (5.0 px)"),  # rows 2 mm apart: hypot(3 * 2, 4 * 1)
        ((0.02, 0.02, 5.0), "0.10 mm (5.0 px)"),
        ((0.00025, 0.00025), "1.25 µm (5.0 px)"),  # not 0.00 mm
    ],
)
def test_a_length_is_told_in_the_unit_that_fits_the_image(spacing: tuple[float, ...] | None, told: str) -> None:
    assert length(Pointer(10.0, 20.0), Pointer(13.0, 24.0), spacing) == told
