"""All layers in one picture: what lies over what, how much it covers, and what is made anew."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from segstudio.core.geometry import Region
from segstudio.gui.canvas.composite import CompositePainter, Sheet
from segstudio.gui.canvas.image_layer import ImagePainter
from segstudio.gui.canvas.tiles import SIDE, TileCache
from tests.gui.kit import Easel


class Plain:
    """Renders one colour, and counts the pixels that it was asked for."""

    def __init__(self, color: int) -> None:
        self.color = color
        self.asked = 0

    def render(self, region: Region, level: int) -> NDArray[np.uint32]:
        self.asked += region.area
        return np.full(region.shape, self.color, np.uint32)


def sheet(painter: Plain, shape: tuple[int, int], opacity: float = 1.0, *, opaque: bool = False) -> Sheet:
    return Sheet(TileCache(shape, painter, opaque=opaque), opacity)


def test_the_upper_layer_covers_as_much_as_its_opacity_says() -> None:
    shape = 40, 30
    grey, red = sheet(Plain(0xFF646464), shape, opaque=True), sheet(Plain(0xFFFF0000), shape, 0.5)
    pixels = CompositePainter([grey, red], opaque=True).render(Region(0, 0, 40, 30), 0)
    channels = pixels.view(np.uint8).reshape(40, 30, 4)[..., :3].astype(int)
    # half of (100, 100, 100) and half of (255, 0, 0), as blue, green, red
    assert np.abs(channels - (50, 50, 178)).max() <= 1


def test_where_no_layer_is_opaque_the_background_shows_through() -> None:
    half = sheet(Plain(0x80800000), (8, 8))
    pixels = CompositePainter([half], opaque=False).render(Region(2, 2, 5, 6), 0)
    assert pixels.shape == (3, 4)
    assert (pixels == 0x80800000).all()


def test_a_part_across_several_tiles_of_a_coarse_level_is_whole() -> None:
    shape = 4 * SIDE, 5 * SIDE
    painter = CompositePainter([sheet(Plain(0xFF010203), shape, opaque=True)], opaque=True)
    pixels = painter.render(Region(SIDE - 9, SIDE - 7, SIDE + 30, SIDE + 11), 1)
    assert (pixels == 0xFF010203).all()


def test_zooming_to_and_fro_renders_no_layer_again(easel: Easel, monkeypatch: pytest.MonkeyPatch) -> None:
    def look(*zooms: float) -> None:
        for zoom in zooms:
            easel.zoom_to(zoom, 600, 750)
            easel.grabbed()
            while easel.canvas._screen.unfinished:
                easel.grabbed()

    easel.open(np.random.default_rng(0).integers(0, 255, (1200, 1500), np.uint8))
    look(0.2, 0.45, 1.0)
    asked: list[Region] = []
    plain = ImagePainter.render

    def render(self: ImagePainter, region: Region, level: int) -> NDArray[np.uint32]:
        asked.append(region)
        return plain(self, region, level)

    monkeypatch.setattr(ImagePainter, "render", render)
    look(0.45, 0.2, 0.3, 1.0)
    assert not asked
