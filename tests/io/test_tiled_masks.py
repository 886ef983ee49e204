"""Masks by bands: others read what is written, and what others wrote is read."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from segstudio.core.errors import MaskError
from segstudio.core.geometry import Region
from segstudio.core.tiled import SIDE, TiledArray
from segstudio.io.masks import read_mask
from segstudio.io.tiled_masks import read_tiled_mask, write_tiled_mask

SHAPE = 3 * SIDE + 17, SIDE + 45
PALETTE = {0: (0, 0, 0), 1: (200, 10, 10)}


def painted(*, instance: bool = False) -> TiledArray:
    labels = TiledArray(SHAPE, np.uint16, 255)
    labels.put(Region(SIDE - 5, 10, SIDE + 30, SIDE + 20), 1)
    labels.put(Region(SHAPE[0] - 2, SHAPE[1] - 2, *SHAPE), 300 if instance else 0)
    return labels


@pytest.mark.parametrize("instance", [False, True], ids=["8 bit", "16 bit"])
def test_other_programs_read_what_is_written_and_so_do_we(tmp_path: Path, instance: bool) -> None:
    labels = painted(instance=instance)
    write_tiled_mask(tmp_path / "m.png", labels, PALETTE)
    with Image.open(tmp_path / "m.png") as image:
        assert image.mode == ("I;16" if instance else "P")
        np.testing.assert_array_equal(np.asarray(image), np.asarray(labels))
        if not instance:
            assert image.getpalette("RGB")[3:6] == [200, 10, 10]
    np.testing.assert_array_equal(read_mask(tmp_path / "m.png"), np.asarray(labels))
    back = read_tiled_mask(tmp_path / "m.png", SHAPE, np.uint16, 255)
    np.testing.assert_array_equal(np.asarray(back), np.asarray(labels))
    assert back.nbytes < 2 * labels.nbytes


def test_a_mask_with_filters_of_another_program_is_read(tmp_path: Path) -> None:
    y, x = np.mgrid[:300, :200]
    Image.fromarray(((x + y) % 7).astype(np.uint8)).save(tmp_path / "m.png")
    back = read_tiled_mask(tmp_path / "m.png", (300, 200), np.uint16, 255)
    np.testing.assert_array_equal(np.asarray(back), (x + y) % 7)


@pytest.mark.parametrize("damage", ["short", "flipped", "size"])
def test_damage_is_noticed(tmp_path: Path, damage: str) -> None:
    write_tiled_mask(tmp_path / "m.png", painted(), PALETTE)
    data = bytearray((tmp_path / "m.png").read_bytes())
    if damage == "flipped":
        data[len(data) // 2] ^= 64
    (tmp_path / "m.png").write_bytes(data[: len(data) // 2] if damage == "short" else data)
    with pytest.raises(MaskError):
        read_tiled_mask(tmp_path / "m.png", (5, 5) if damage == "size" else SHAPE, np.uint16, 255)
