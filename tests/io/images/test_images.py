"""What holds for every reader, and what is asked of them together."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from segstudio.core.errors import ImageError
from segstudio.core.geometry import Region
from segstudio.io.images import READERS, Image, Window, display_range, extensions, probe, read, read_region
from segstudio.io.images.base import axis_codes

HEAVY = ("cv2", "imagecodecs", "tifffile", "pydicom", "nibabel", "av", "skimage", "scipy")


def shown(array: np.ndarray, **more: object) -> tuple[float, float]:
    return display_range(Image(array, Path("i"), **more))  # type: ignore[arg-type]


def test_importing_the_package_loads_no_library() -> None:
    code = f"import sys, segstudio.io.images; print([m for m in {HEAVY!r} if m in sys.modules])"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert out.stdout.strip() == "[]"


@pytest.mark.parametrize("name", READERS)
def test_every_reader_does_what_the_package_asks_of_it(name: str, tmp_path: Path) -> None:
    entry = READERS[name]
    reader = entry.reader()
    assert entry.title
    assert entry.extensions
    assert all(ending.startswith(".") and ending == ending.lower() for ending in entry.extensions)
    broken = tmp_path / f"broken{entry.extensions[0]}"
    broken.write_bytes(b"\x00\x01\x02 this is not what the name says")
    for act in (
        lambda: reader.read(broken, 0),
        lambda: reader.probe(broken, 0),
        lambda: reader.read_region(broken, 0, Region(0, 0, 1, 1), 0),
    ):
        with pytest.raises(ImageError) as caught:
            act()
        assert caught.value.path == broken
        assert "\n" not in caught.value.reason


@pytest.mark.parametrize("ending", extensions())
@pytest.mark.parametrize("content", [b"", b"\x00", b"no image at all " * 64, b"II*\0", b"\xff\xd8\xff", b"BM", b"GIF8"])
def test_rubbish_by_any_name_is_refused_with_one_sentence(tmp_path: Path, ending: str, content: bytes) -> None:
    path = tmp_path / f"错误{ending}"
    path.write_bytes(content)
    for act in (read, probe):
        with pytest.raises(ImageError) as caught:
            act(path)
        assert "\n" not in str(caught.value)
        assert caught.value.path == path


@given(
    content=st.binary(min_size=1, max_size=300), head=st.sampled_from([b"", b"II*\0", b"MM\0*", b"\x89PNG\r\n\x1a\n"])
)
@settings(max_examples=150, deadline=None)
def test_random_bytes_never_end_in_a_traceback(
    tmp_path_factory: pytest.TempPathFactory, content: bytes, head: bytes
) -> None:
    path = tmp_path_factory.getbasetemp() / "random.bin"
    path.write_bytes(head + content)
    with pytest.raises(ImageError):
        read(path)


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read_says_so(tmp_path: Path) -> None:
    (tmp_path / "i.png").write_bytes(b"secret")
    (tmp_path / "i.png").chmod(0)
    with pytest.raises(ImageError, match="permission denied"):
        read(tmp_path / "i.png")


def test_a_region_outside_of_the_image_is_refused(tmp_path: Path) -> None:
    (tmp_path / "i.pgm").write_bytes(b"P5 4 3 255 " + bytes(range(12)))
    assert read_region(tmp_path / "i.pgm", 0, Region(-5, 2, 2, 99)).tolist() == [[2, 3], [6, 7]]
    with pytest.raises(ImageError, match="lies outside"):
        read_region(tmp_path / "i.pgm", 0, Region(3, 0, 9, 9))


def test_8_bit_is_shown_as_it_is() -> None:
    assert shown(np.array([[3, 4]], np.uint8)) == (0, 255)


def test_one_hot_pixel_does_not_darken_a_16_bit_image() -> None:
    """X-AnyLabeling shows 12-bit values in 16-bit files at grey 2 to 14 of 255."""
    pixels = np.random.default_rng(0).integers(100, 4000, (400, 400)).astype(np.uint16)
    pixels[0, 0] = 65535
    low, high = shown(pixels)
    assert 100 <= low < 120
    assert 3900 < high < 4100


def test_a_flat_image_and_one_that_is_all_nan_have_a_range() -> None:
    assert shown(np.full((4, 4), 7.0, np.float32)) == (7, 8)
    assert shown(np.full((4, 4), np.nan, np.float32)) == (0, 1)


def test_infinities_do_not_count() -> None:
    low, high = shown(np.array([[np.inf, -np.inf, 0.25, 0.5]], np.float32))
    assert 0.25 <= low < high <= 0.5


def test_a_few_bright_pixels_on_black_are_seen() -> None:
    pixels = np.zeros((200, 200), np.uint16)
    pixels[5, :3] = 900
    assert shown(pixels) == (0, 900)


def test_the_files_window_is_used_and_a_channel_has_its_own_range() -> None:
    pixels = np.stack([np.full((9, 9), 1.0), np.linspace(0, 50, 81).reshape(9, 9)], axis=-1)
    image = Image(pixels, Path("i"), windows=(Window(-5, 5, "own"),), photometric="multichannel")
    assert display_range(image) == (-5, 5)
    low, high = display_range(image, channel=1)
    assert 0 <= low < 1
    assert 49 < high <= 50


@given(
    hnp.arrays(
        st.sampled_from([np.uint16, np.int16, np.int32, np.float32]),
        hnp.array_shapes(min_dims=2, max_dims=3, max_side=6),
    )
)
@settings(max_examples=100, deadline=None)
def test_the_range_is_always_one(pixels: np.ndarray) -> None:
    low, high = shown(pixels)
    assert np.isfinite(low)
    assert np.isfinite(high)
    assert low < high


def test_axis_codes_name_the_nearest_directions() -> None:
    assert axis_codes(np.diag([-1.0, -2.0, 3.0, 1.0])) == "LPS"
    tilted = np.eye(4)
    tilted[:3, :3] = [[0, 0.2, 0.9], [-0.9, 0.1, 0], [0.1, -0.9, 0.2]]
    assert axis_codes(tilted) == "PIR"
