"""Mask files keep every id, and a file that is no mask is refused with its reason."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path

import cv2
import numpy as np
import pytest
import tifffile
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from PIL import Image

from segstudio.core.errors import MaskError, StorageError
from segstudio.io.masks import mask_size, read_mask, write_mask

labels_of_any_kind = st.sampled_from([np.uint8, np.uint16]).flatmap(
    lambda dtype: hnp.arrays(dtype, hnp.array_shapes(min_dims=2, max_dims=2, max_side=9))
)


@given(labels=labels_of_any_kind, coloured=st.booleans())
@settings(max_examples=60, deadline=None)
def test_every_id_comes_back(tmp_path_factory: pytest.TempPathFactory, labels: np.ndarray, coloured: bool) -> None:
    path = tmp_path_factory.mktemp("masks") / "mask.png"
    write_mask(path, labels, {1: (255, 0, 0)} if coloured else None, durable=False)
    back = read_mask(path, labels.shape)
    assert back.dtype == np.uint16
    np.testing.assert_array_equal(back, labels)
    assert mask_size(path) == labels.shape


def test_a_palette_mask_has_the_class_colours_in_other_programs(tmp_path: Path) -> None:
    labels = np.array([[0, 1], [2, 255]], np.uint16)
    write_mask(tmp_path / "m.png", labels, {0: (0, 0, 0), 1: (128, 0, 0), 2: (0, 128, 0), 255: (224, 224, 192)})
    with Image.open(tmp_path / "m.png") as image:
        assert image.mode == "P"
        np.testing.assert_array_equal(np.asarray(image), labels)
        assert image.convert("RGB").getpixel((1, 1)) == (224, 224, 192)
    bgr = cv2.imread(str(tmp_path / "m.png"))
    assert tuple(bgr[0, 1]) == (0, 0, 128)


def test_instance_ids_are_written_in_16_bits_that_opencv_reads(tmp_path: Path) -> None:
    labels = np.array([[0, 255, 256, 65535]], np.uint16)
    write_mask(tmp_path / "m.png", labels, {0: (0, 0, 0)})
    read = cv2.imread(str(tmp_path / "m.png"), cv2.IMREAD_UNCHANGED)
    assert read.dtype == np.uint16
    np.testing.assert_array_equal(read, labels)


@pytest.mark.parametrize("bits", [1, 2, 4])
def test_ids_in_few_bits_are_not_stretched(tmp_path: Path, bits: int) -> None:
    """Decoders stretch 2-bit grey 0..3 to 0..255; as ids they stay 0..3."""
    ids = np.arange(2**bits, dtype=np.uint8)[None]
    (tmp_path / "m.png").write_bytes(_few_bit_png(ids, bits))
    np.testing.assert_array_equal(read_mask(tmp_path / "m.png"), ids)


def _few_bit_png(ids: np.ndarray, bits: int) -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    flat = "".join(f"{int(i):0{bits}b}" for i in ids[0])
    row = int(flat.ljust(-len(flat) % 8 + len(flat), "0"), 2).to_bytes((len(flat) + 7) // 8, "big")
    header = struct.pack(">IIBBBBB", ids.shape[1], 1, bits, 0, 0, 0, 0)
    body = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\0" + row)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


def test_a_tiff_of_ids_is_a_mask_too(tmp_path: Path) -> None:
    labels = np.array([[0, 300], [255, 7]], np.uint16)
    tifffile.imwrite(tmp_path / "m.tif", labels)
    np.testing.assert_array_equal(read_mask(tmp_path / "m.tif"), labels)


def test_the_wrong_size_is_told_with_both_sizes(tmp_path: Path) -> None:
    write_mask(tmp_path / "m.png", np.zeros((4, 6), np.uint8))
    with pytest.raises(MaskError) as caught:
        read_mask(tmp_path / "m.png", (4, 7))
    assert caught.value.reason == "the mask is 6x4 pixels but its image is 7x4"


def _colour(path: Path) -> None:
    Image.new("RGB", (3, 3)).save(path, "PNG")


def _two_pages(path: Path) -> None:
    tifffile.imwrite(path, np.zeros((2, 20, 20), np.uint8), photometric="minisblack")


def _jpeg(path: Path) -> None:
    Image.new("L", (8, 8)).save(path, "JPEG")


def _negative(path: Path) -> None:
    tifffile.imwrite(path, np.full((3, 3), -1, np.int32))


def _fractions(path: Path) -> None:
    tifffile.imwrite(path, np.full((3, 3), 0.5, np.float32))


def _cut(path: Path) -> None:
    rng = np.random.default_rng(0)
    write_mask(path, rng.integers(0, 20, (64, 64)))
    path.write_bytes(path.read_bytes()[:-400])


def _flipped_bit(path: Path) -> None:
    rng = np.random.default_rng(0)
    write_mask(path, rng.integers(0, 20, (64, 64)))
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 0x10
    path.write_bytes(data)


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (_colour, "has 3 channels"),
        (_two_pages, "has 2 pages"),
        (_jpeg, "not an image of a kind"),
        (_negative, "ids from -1 to -1"),
        (_fractions, "fractions"),
        (_cut, "truncated"),
        (_flipped_bit, "corrupt"),
        (lambda path: path.write_bytes(b""), "0 bytes"),
        (lambda path: path.write_bytes(b"not an image"), "not an image"),
        (lambda path: path.mkdir(), "a folder"),
        (lambda path: None, "no such file"),
    ],
)
def test_what_is_no_mask_is_refused_with_its_reason(tmp_path: Path, make: object, reason: str) -> None:
    path = tmp_path / "标签.png"
    make(path)  # type: ignore[operator]
    with pytest.raises(MaskError, match=reason) as caught:
        read_mask(path)
    assert caught.value.path == path


def test_an_array_that_is_no_mask_is_a_programmers_mistake(tmp_path: Path) -> None:
    for wrong in (np.zeros((2, 2, 3), int), np.zeros((0, 4), int), np.full((2, 2), 70000), np.full((2, 2), -1)):
        with pytest.raises(ValueError):
            write_mask(tmp_path / "m.png", wrong)
    assert list(tmp_path.iterdir()) == []


def test_a_failed_write_keeps_the_mask_that_was_there(tmp_path: Path) -> None:
    write_mask(tmp_path / "m.png", np.ones((2, 2), int))
    with pytest.raises(ValueError):
        write_mask(tmp_path / "m.png", np.full((2, 2), -1))
    assert read_mask(tmp_path / "m.png").sum() == 4
    with pytest.raises(StorageError):
        write_mask(tmp_path / "nowhere" / "m.png", np.ones((2, 2), int))
