"""Photographs and pictures: the pixels that other programs see, upright, and no damaged file taken for whole."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import cv2
import imagecodecs
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image as PillowImage
from PIL import ImageCms, ImageOps

from segstudio.core.errors import ImageError
from segstudio.core.geometry import Region
from segstudio.io.images import display_range, probe, read, read_region

rng = np.random.default_rng(5)
_y, _x = np.mgrid[:48, :64]
PHOTO = np.stack([_x * 3, _y * 4, (_x + _y) * 2], axis=-1).astype(np.uint8)
NOISE = rng.integers(0, 256, (40, 56, 3), dtype=np.uint8)


def picture(pixels: np.ndarray = PHOTO, mode: str | None = None) -> PillowImage.Image:
    image = PillowImage.fromarray(pixels)
    return image.convert(mode) if mode else image


def as_bytes(image: PillowImage.Image, kind: str, **options: Any) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "BMP", "WEBP", "GIF", "TGA", "PPM", "JPEG2000"])
@pytest.mark.parametrize("mode", ["RGB", "L"])
def test_pixels_are_those_that_pillow_sees(tmp_path: Path, kind: str, mode: str) -> None:
    path = tmp_path / "图片.bin"
    path.write_bytes(as_bytes(picture(mode=mode), kind))
    with PillowImage.open(path) as other:
        seen = np.asarray(other.convert("RGB" if other.mode == "P" else other.mode))
    image = read(path)
    np.testing.assert_array_equal(image.array, seen, strict=True)
    info = probe(path)
    assert (info.shape, info.channels, info.dtype) == (image.shape, image.channels, image.array.dtype)
    assert image.photometric == ("grey" if image.channels == 1 else "rgb")


@pytest.mark.parametrize("channels", [1, 3, 4])
def test_16_bit_png_keeps_its_16_bits(tmp_path: Path, channels: int) -> None:
    """labelme answers 16-bit PNG with an error, X-AnyLabeling shows it near black."""
    pixels = rng.integers(0, 4096, (20, 30, channels), dtype=np.uint16)
    path = tmp_path / "12bit.png"
    cv2.imwrite(str(path), pixels[..., [2, 1, 0, 3][:channels]] if channels > 1 else pixels)
    image = read(path)
    np.testing.assert_array_equal(image.array, pixels[..., :3].squeeze(), strict=True)
    assert probe(path).dtype == np.uint16
    low, high = display_range(image)
    assert 0 <= low < 60
    assert 4000 < high < 4096


@pytest.mark.parametrize(
    ("mode", "options"),
    [
        ("1", {}),
        ("P", {}),
        ("P", {"bits": 4}),
        ("P", {"transparency": 0}),
        ("LA", {}),
        ("RGBA", {}),
        ("L", {"transparency": 8}),
    ],
)
def test_png_of_every_kind_is_grey_or_colour_with_alpha_apart(
    tmp_path: Path, mode: str, options: dict[str, Any]
) -> None:
    source = picture(np.dstack([NOISE, NOISE[..., :1]]), None) if mode in ("LA", "RGBA") else picture(NOISE)
    source = source.quantize(16) if mode == "P" else source.convert(mode)
    (tmp_path / "i.png").write_bytes(as_bytes(source, "PNG", **options))
    with PillowImage.open(tmp_path / "i.png") as other:
        rgba = np.asarray(other.convert("RGBA"))
    image = read(tmp_path / "i.png")
    assert image.channels == probe(tmp_path / "i.png").channels
    colour = image.array if image.channels == 3 else np.repeat(image.array[..., None], 3, axis=2)
    np.testing.assert_array_equal(colour, rgba[..., :3])
    np.testing.assert_array_equal(np.full(image.shape, 255) if image.alpha is None else image.alpha, rgba[..., 3])


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_exif_rotation_is_applied_in_memory_and_the_file_stays(tmp_path: Path, orientation: int, kind: str) -> None:
    exif = PillowImage.Exif()
    exif[0x0112] = orientation
    path = tmp_path / "phone.img"
    path.write_bytes(as_bytes(picture(), kind, exif=exif.tobytes()))
    before = path.read_bytes()
    with PillowImage.open(path) as other:
        seen = np.asarray(ImageOps.exif_transpose(other))
    np.testing.assert_array_equal(read(path).array, seen)
    assert probe(path).shape == seen.shape[:2]
    assert path.read_bytes() == before


def test_an_exif_block_behind_the_pixels_of_a_png_counts(tmp_path: Path) -> None:
    exif = PillowImage.Exif()
    exif[0x0112] = 6
    data = as_bytes(picture(), "PNG", exif=exif.tobytes())
    at = data.index(b"eXIf") - 4
    length = 12 + int.from_bytes(data[at : at + 4], "big")
    moved = data[:at] + data[at + length : -12] + data[at : at + length] + data[-12:]
    (tmp_path / "i.png").write_bytes(moved)
    np.testing.assert_array_equal(read(tmp_path / "i.png").array, np.rot90(PHOTO, -1))


def test_damaged_exif_costs_the_rotation_only(tmp_path: Path) -> None:
    (tmp_path / "i.jpg").write_bytes(as_bytes(picture(), "JPEG", exif=b"Exif\0\0MM\0*\xff\xff"))
    assert read(tmp_path / "i.jpg").shape == (48, 64)


def test_cmyk_without_a_profile_is_colour_as_everyone_computes_it(tmp_path: Path) -> None:
    """labelme refuses CMYK, napari shows four channels."""
    path = tmp_path / "print.jpg"
    path.write_bytes(as_bytes(picture(mode="CMYK"), "JPEG", quality=95))
    assert probe(path).channels == 3
    assert np.abs(read(path).array.astype(int) - PHOTO).mean() < 4


def test_a_colour_profile_of_cmyk_is_used_and_a_broken_one_does_not_hurt(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    used = []
    monkeypatch.setattr(ImageCms, "profileToProfile", lambda image, *a, **k: used.append(a) or image.convert("RGB"))
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    (tmp_path / "p.jpg").write_bytes(as_bytes(picture(mode="CMYK"), "JPEG", icc_profile=srgb))
    (tmp_path / "b.jpg").write_bytes(as_bytes(picture(mode="CMYK"), "JPEG", icc_profile=b"no profile"))
    assert read(tmp_path / "p.jpg").channels == read(tmp_path / "b.jpg").channels == 3
    assert len(used) == 1


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG"])
def test_animations_are_frames(tmp_path: Path, kind: str) -> None:
    frames = [picture(np.full((8, 9, 3), v, np.uint8)) for v in (10, 120, 250)]
    (tmp_path / "a.img").write_bytes(
        as_bytes(
            frames[0], kind, save_all=True, append_images=frames[1:], **({"lossless": True} if kind == "WEBP" else {})
        )
    )
    assert probe(tmp_path / "a.img").frames == 3
    assert [int(read(tmp_path / "a.img", i).array[4, 4, 0]) for i in range(3)] == [10, 120, 250]


def test_a_photograph_with_a_preview_behind_it_is_one_image(tmp_path: Path) -> None:
    (tmp_path / "i.mpo").write_bytes(as_bytes(picture(), "MPO", save_all=True, append_images=[picture(NOISE)]))
    assert probe(tmp_path / "i.mpo").frames == 1
    assert read(tmp_path / "i.mpo").shape == (48, 64)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "progressive", "BMP", "WEBP", "GIF", "JPEG2000"])
@given(kept=st.floats(0.02, 0.97))
@settings(max_examples=12, deadline=None)
def test_a_truncated_file_is_never_opened_silently(
    tmp_path_factory: pytest.TempPathFactory, kind: str, kept: float
) -> None:
    """labelme and X-AnyLabeling open a truncated JPEG without a word."""
    options = {"progressive": True} if kind == "progressive" else {}
    data = as_bytes(picture(NOISE), "JPEG" if kind == "progressive" else kind, **options)
    path = tmp_path_factory.getbasetemp() / f"cut-{kind}.img"
    path.write_bytes(data[: max(1, int(len(data) * kept))])
    with pytest.raises(ImageError) as caught:
        read(path)
    assert caught.value.path == path
    assert "\n" not in str(caught.value)


def test_a_jpeg_without_its_end_marker_is_truncated_and_one_with_trailing_bytes_is_not(tmp_path: Path) -> None:
    data = as_bytes(picture(), "JPEG")
    (tmp_path / "cut.jpg").write_bytes(data[:-2])
    (tmp_path / "zeros.jpg").write_bytes(data[: len(data) // 2] + bytes(len(data) // 2))
    (tmp_path / "long.jpg").write_bytes(data + b"maker's notes" * 9)
    for name in ("cut.jpg", "zeros.jpg"):
        with pytest.raises(ImageError, match="truncated"):
            read(tmp_path / name)
    assert read(tmp_path / "long.jpg").shape == (48, 64)


@pytest.mark.parametrize(
    "kind", [{}, {"progressive": True}, {"optimize": True}], ids=["plain", "progressive", "optimised"]
)
@pytest.mark.parametrize("damage", ["zeros", "cut out"])
def test_a_jpeg_with_a_hole_in_its_middle_is_never_opened_silently(
    tmp_path: Path, kind: dict[str, bool], damage: str
) -> None:
    pixels = np.random.default_rng(0).integers(0, 255, (40, 50, 3), dtype=np.uint8).repeat(6, 0).repeat(6, 1)
    path = tmp_path / "hole.jpg"
    PillowImage.fromarray(pixels).save(path, quality=90, **kind)
    read(path)
    data, middle = path.read_bytes(), path.stat().st_size // 2
    path.write_bytes(data[:middle] + (bytes(2048) if damage == "zeros" else b"") + data[middle + 2048 :])
    with pytest.raises(ImageError, match="corrupt"):
        read(path)


def test_a_few_bytes_that_a_camera_leaves_before_the_end_do_no_harm(tmp_path: Path) -> None:
    path = tmp_path / "camera.jpg"
    PillowImage.fromarray(np.full((32, 32), 90, np.uint8)).save(path, progressive=True)
    whole = read(path).array
    data = path.read_bytes()
    path.write_bytes(data[:-2] + b"\x12\x34" + data[-2:])
    np.testing.assert_array_equal(read(path).array, whole)


def test_an_end_marker_inside_a_thumbnail_is_not_the_images(tmp_path: Path) -> None:
    exif = PillowImage.Exif()
    exif[0x010E] = as_bytes(picture(NOISE[:8, :8]), "JPEG").decode("latin-1")
    data = as_bytes(picture(), "JPEG", exif=exif.tobytes())
    (tmp_path / "cut.jpg").write_bytes(data[:-100])
    with pytest.raises(ImageError, match="truncated"):
        read(tmp_path / "cut.jpg")


def test_one_wrong_bit_in_a_png_is_noticed(tmp_path: Path) -> None:
    data = bytearray(as_bytes(picture(NOISE), "PNG", compress_level=0))
    data[len(data) // 2] ^= 1
    (tmp_path / "i.png").write_bytes(data)
    with pytest.raises(ImageError, match="corrupt"):
        read(tmp_path / "i.png")


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "empty"),
        (b"GIF89a", "corrupt|not an image"),
        (b"once upon a time", "not an image"),
        (b"\x89PNG\r\n\x1a\n", "corrupt|truncated|not an image"),
    ],
)
def test_what_is_no_image_says_so(tmp_path: Path, content: bytes, reason: str) -> None:
    path = tmp_path / "holiday.png"
    path.write_bytes(content)
    for act in (read, probe):
        with pytest.raises(ImageError, match=reason):
            act(path)


def test_missing_files_and_folders_without_images_say_so(tmp_path: Path) -> None:
    with pytest.raises(ImageError, match="no such file"):
        read(tmp_path / "gone.png")
    with pytest.raises(ImageError, match="folder"):
        read(tmp_path)


def test_an_image_larger_than_memory_is_too_large_and_not_invalid(tmp_path: Path) -> None:
    pixel = as_bytes(picture(NOISE[:1, :1]), "PNG")
    header = pixel[12:16] + (200_000).to_bytes(4, "big") * 2 + pixel[24:29]
    crc = imagecodecs.zlibng_crc32(header).to_bytes(4, "big")
    (tmp_path / "huge.png").write_bytes(pixel[:12] + header + crc + pixel[33:])
    with pytest.raises(ImageError, match="200000x200000 pixels are too many"):
        read(tmp_path / "huge.png")


def test_regions_and_levels_of_a_photograph(tmp_path: Path) -> None:
    (tmp_path / "i.png").write_bytes(as_bytes(picture(), "PNG"))
    np.testing.assert_array_equal(read_region(tmp_path / "i.png", 0, Region(3, 5, 20, 30)), PHOTO[3:20, 5:30])
    half = read_region(tmp_path / "i.png", 0, Region(0, 0, 24, 32), level=1)
    expected = PHOTO.reshape(24, 2, 32, 2, 3).mean((1, 3))
    assert np.abs(half - expected).max() <= 0.5
