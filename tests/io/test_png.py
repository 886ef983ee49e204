"""PNG files of ids, read again by others."""

from __future__ import annotations

import io

import cv2
import numpy as np
import pytest
from PIL import Image

from segstudio.io import png


@pytest.mark.parametrize("at_once", [1 << 24, 100])
@pytest.mark.parametrize("kind", [np.uint8, np.uint16])
@pytest.mark.parametrize("shape", [(1, 1), (37, 53), (64, 1)])
def test_others_read_the_pixels_that_were_written(
    monkeypatch: pytest.MonkeyPatch, shape: tuple[int, int], kind: type[np.uint8 | np.uint16], at_once: int
) -> None:
    monkeypatch.setattr(png, "_AT_ONCE", at_once)
    pixels = np.random.default_rng(0).integers(0, np.iinfo(kind).max + 1, shape).astype(kind)
    file = io.BytesIO()
    png.write_png(file, pixels)
    np.testing.assert_array_equal(np.asarray(Image.open(io.BytesIO(file.getvalue()))), pixels)
    read = cv2.imdecode(np.frombuffer(file.getvalue(), np.uint8), cv2.IMREAD_UNCHANGED)
    np.testing.assert_array_equal(read, pixels)


def test_a_palette_gives_ids_their_colours_and_pixels_are_given_as_any_view() -> None:
    palette = bytes(range(256)) * 3
    pixels = np.arange(48, dtype=np.uint8).reshape(6, 8)[::-1, ::2]
    file = io.BytesIO()
    png.write_png(file, pixels, palette)
    with Image.open(io.BytesIO(file.getvalue())) as image:
        assert image.mode == "P"
        np.testing.assert_array_equal(np.asarray(image), pixels)
        colours = np.frombuffer(palette, np.uint8).reshape(256, 3)
        np.testing.assert_array_equal(np.asarray(image.convert("RGB")), colours[pixels])
