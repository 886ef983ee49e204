"""Large masks and maps written in strips read back as what was written."""

from __future__ import annotations

import tracemalloc
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from PIL import Image

from segstudio.core.errors import StorageError
from segstudio.io.masks import mask_palette, read_mask, write_mask
from segstudio.io.streamed import scratch_array, write_map, write_mask_rows


@pytest.mark.parametrize("shape", [(1, 1), (300, 517), (256, 256), (1000, 3)])
@pytest.mark.parametrize("palette", [None, {1: (10, 20, 30)}])
def test_a_streamed_mask_is_the_mask_that_others_read(tmp_path: Path, shape: tuple[int, int], palette: Any) -> None:
    labels = np.random.default_rng(0).integers(0, 256, shape).astype(np.uint16)
    write_mask_rows(tmp_path / "rows.png", labels, palette)
    write_mask(tmp_path / "whole.png", labels, palette)
    np.testing.assert_array_equal(read_mask(tmp_path / "rows.png"), labels)
    with Image.open(tmp_path / "rows.png") as image:
        assert image.mode == ("L" if palette is None else "P")
        np.testing.assert_array_equal(np.asarray(image), labels)
    rows, whole = mask_palette(tmp_path / "rows.png"), mask_palette(tmp_path / "whole.png")
    assert (rows is None) == (whole is None)
    if rows is not None and whole is not None:
        np.testing.assert_array_equal(rows, whole)


@pytest.mark.parametrize("shape", [(1, 1), (300, 517), (256, 512)])
@pytest.mark.parametrize("dtype", [np.float32, np.uint8])
def test_a_map_reads_back_as_it_was(tmp_path: Path, shape: tuple[int, int], dtype: Any) -> None:
    values = (np.random.default_rng(0).random(shape) * 200).astype(dtype)
    write_map(tmp_path / "map.tif", values)
    found = tifffile.imread(tmp_path / "map.tif")
    assert found.dtype == dtype
    np.testing.assert_array_equal(found.reshape(shape), values)


def test_memory_does_not_grow_with_the_mask(tmp_path: Path) -> None:
    with scratch_array(tmp_path, (6000, 5000), np.uint8) as labels:
        labels[100:200] = 7
        tracemalloc.start()
        write_mask_rows(tmp_path / "large.png", labels)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert peak < 8 << 20, "30 MB were written"
    assert [p.name for p in tmp_path.iterdir()] == ["large.png"], "the scratch file is gone"
    assert (read_mask(tmp_path / "large.png")[100:200] == 7).all()


def test_a_folder_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="no such file or folder"), scratch_array(tmp_path / "no", (2, 2), np.uint8):
        pass
