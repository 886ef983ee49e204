"""TIFF in all its kinds: every page, every bit, and only the tiles that are asked for."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image as PillowImage

from segstudio.core.errors import ImageError
from segstudio.core.geometry import Region
from segstudio.io.images import level_shape, probe, read, read_region

rng = np.random.default_rng(3)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.int16, np.uint32, np.float16, np.float32, np.float64])
@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize(
    "layout",
    [{}, {"tile": (16, 32)}, {"compression": "zlib"}, {"rowsperstrip": 7, "compression": "lzw"}, {"bigtiff": True}],
    ids=["plain", "tiled", "deflate", "lzw strips", "bigtiff"],
)
def test_values_stay_as_they_are(tmp_path: Path, dtype: type, order: str, layout: dict[str, Any]) -> None:
    pixels = (rng.random((37, 50)) * 200).astype(dtype)
    tifffile.imwrite(tmp_path / "i.tif", pixels, byteorder=order, **layout)
    image = read(tmp_path / "i.tif")
    assert image.array.dtype == np.dtype(dtype)
    assert image.array.dtype.isnative
    np.testing.assert_array_equal(image.array, pixels)
    info = probe(tmp_path / "i.tif")
    assert (info.shape, info.channels, info.dtype, info.frames) == ((37, 50), 1, np.dtype(dtype), 1)


def test_a_stack_is_not_flattened_to_its_first_page(tmp_path: Path) -> None:
    """labelme shows a 5x300x400 stack as a 300x5 picture, X-AnyLabeling its first page only."""
    pages = rng.integers(0, 65536, (5, 30, 40), dtype=np.uint16)
    tifffile.imwrite(tmp_path / "s.tif", pages, photometric="minisblack")
    assert probe(tmp_path / "s.tif").frames == 5
    for index in range(5):
        image = read(tmp_path / "s.tif", index)
        assert (image.frame, image.frames) == (index, 5)
        np.testing.assert_array_equal(image.array, pages[index])
    with pytest.raises(ImageError, match=r"there is no frame 5; it has 5"):
        read(tmp_path / "s.tif", 5)


def test_pages_of_different_sizes_are_frames_too(tmp_path: Path) -> None:
    with tifffile.TiffWriter(tmp_path / "s.tif") as writer:
        for size in (10, 20, 30):
            writer.write(np.full((size, size), size, np.uint8), contiguous=False)
    assert probe(tmp_path / "s.tif", 2).shape == (30, 30)
    assert [read(tmp_path / "s.tif", i).array.shape[0] for i in range(3)] == [10, 20, 30]


def test_an_imagej_stack_without_page_headers_has_all_its_planes_and_its_spacing(tmp_path: Path) -> None:
    pixels = rng.integers(0, 4000, (2, 3, 2, 20, 30), dtype=np.uint16)  # TZCYX
    tifffile.imwrite(
        tmp_path / "j.tif",
        pixels,
        imagej=True,
        resolution=(4.0, 2.0),
        metadata={"axes": "TZCYX", "unit": "um", "spacing": 3.0},
    )
    info = probe(tmp_path / "j.tif")
    assert (info.frames, info.channels) == (6, 2)
    assert info.spacing == pytest.approx((0.5e-3, 0.25e-3, 3e-3))
    image = read(tmp_path / "j.tif", 4)  # time 1, depth 1
    assert image.photometric == "multichannel"
    np.testing.assert_array_equal(image.array, np.moveaxis(pixels[1, 1], 0, -1))


def test_ome_channels_are_channels_and_its_micrometres_are_kept(tmp_path: Path) -> None:
    pixels = rng.integers(0, 4000, (4, 3, 20, 30), dtype=np.uint16)
    tifffile.imwrite(
        tmp_path / "o.ome.tif",
        pixels,
        metadata={"axes": "ZCYX", "PhysicalSizeX": 0.5, "PhysicalSizeY": 0.25, "PhysicalSizeZ": 2.0},
        photometric="minisblack",
    )
    image = read(tmp_path / "o.ome.tif", 2)
    assert (image.frames, image.photometric) == (4, "multichannel")
    assert image.spacing == pytest.approx((0.25e-3, 0.5e-3, 2e-3))
    np.testing.assert_array_equal(image.array, np.moveaxis(pixels[2], 0, -1))


def test_planar_and_interleaved_colour_read_alike(tmp_path: Path) -> None:
    pixels = rng.integers(0, 256, (24, 36, 3), dtype=np.uint8)
    tifffile.imwrite(tmp_path / "i.tif", pixels, photometric="rgb", tile=(16, 16))
    tifffile.imwrite(
        tmp_path / "p.tif", np.moveaxis(pixels, -1, 0), photometric="rgb", planarconfig="separate", tile=(16, 16)
    )
    for name in ("i.tif", "p.tif"):
        image = read(tmp_path / name)
        assert image.photometric == "rgb"
        np.testing.assert_array_equal(image.array, pixels)
        np.testing.assert_array_equal(
            read_region(tmp_path / name, 0, Region(5, 7, 20, 30)), pixels[5:20, 7:30], strict=True
        )


def test_alpha_is_kept_apart(tmp_path: Path) -> None:
    pixels = rng.integers(0, 255, (8, 9, 4), dtype=np.uint8)
    tifffile.imwrite(tmp_path / "a.tif", pixels, photometric="rgb", extrasamples=["unassalpha"])
    image = read(tmp_path / "a.tif")
    np.testing.assert_array_equal(image.array, pixels[..., :3])
    np.testing.assert_array_equal(image.alpha, pixels[..., 3])


def test_a_satellite_image_keeps_its_infrared_band(tmp_path: Path) -> None:
    pixels = rng.integers(0, 4000, (8, 9, 4), dtype=np.uint16)
    tifffile.imwrite(tmp_path / "s.tif", pixels, photometric="rgb", extrasamples=["unspecified"])
    image = read(tmp_path / "s.tif")
    assert (image.channels, image.photometric, image.alpha) == (4, "multichannel", None)


def test_white_is_zero_is_told_and_not_changed(tmp_path: Path) -> None:
    pixels = np.arange(12, dtype=np.uint8).reshape(3, 4)
    tifffile.imwrite(tmp_path / "w.tif", pixels, photometric="miniswhite")
    image = read(tmp_path / "w.tif")
    assert image.inverted
    np.testing.assert_array_equal(image.array, pixels)


def test_a_palette_becomes_its_colours(tmp_path: Path) -> None:
    table = rng.integers(0, 65536, (3, 256), dtype=np.uint16)
    indices = rng.integers(0, 256, (6, 7), dtype=np.uint8)
    tifffile.imwrite(tmp_path / "p.tif", indices, photometric="palette", colormap=table)
    image = read(tmp_path / "p.tif")
    np.testing.assert_array_equal(image.array, (table >> 8).T[indices])
    assert probe(tmp_path / "p.tif").channels == 3


def test_two_level_and_cmyk_files_of_pillow_match_pillow(tmp_path: Path) -> None:
    photo = PillowImage.fromarray(rng.integers(0, 256, (20, 24, 3), dtype=np.uint8))
    photo.convert("1").save(tmp_path / "1.tif", compression="group4")
    np.testing.assert_array_equal(read(tmp_path / "1.tif").array, np.asarray(photo.convert("1")) * np.uint8(255))
    photo.convert("CMYK").save(tmp_path / "c.tif")
    np.testing.assert_array_equal(read(tmp_path / "c.tif").array, np.asarray(photo.convert("CMYK").convert("RGB")))


@pytest.mark.parametrize("writer", ["pillow", "tifffile"])
def test_jpeg_compression_comes_out_in_colour(tmp_path: Path, writer: str) -> None:
    y, x = np.mgrid[:64, :80]
    pixels = np.stack([x * 3, y * 3, x + y], axis=-1).astype(np.uint8)
    if writer == "pillow":
        PillowImage.fromarray(pixels).save(tmp_path / "j.tif", compression="jpeg", quality=95)
    else:
        tifffile.imwrite(tmp_path / "j.tif", pixels, photometric="rgb", tile=(32, 32), compression="jpeg")
    assert np.abs(read(tmp_path / "j.tif").array.astype(int) - pixels).mean() < 3


@pytest.mark.parametrize("orientation", range(1, 9))
def test_the_orientation_tag_is_applied(tmp_path: Path, orientation: int) -> None:
    upright = np.arange(6, dtype=np.uint8).reshape(2, 3)
    stored = _stored(upright, orientation)
    tifffile.imwrite(tmp_path / "o.tif", stored, extratags=[(274, "H", 1, orientation, True)])
    np.testing.assert_array_equal(read(tmp_path / "o.tif").array, upright)
    assert probe(tmp_path / "o.tif").shape == (2, 3)
    np.testing.assert_array_equal(read_region(tmp_path / "o.tif", 0, Region(1, 1, 2, 3)), upright[1:2, 1:3])


def _stored(upright: np.ndarray, orientation: int) -> np.ndarray:
    """How a camera held that way stores *upright*: row 0 and column 0 are where the tag's definition says."""
    return {
        1: upright,
        2: upright[:, ::-1],
        3: upright[::-1, ::-1],
        4: upright[::-1],
        5: upright.T,
        6: np.rot90(upright, 1),
        7: upright[::-1, ::-1].T,
        8: np.rot90(upright, -1),
    }[orientation]


@given(
    y=st.tuples(st.integers(-5, 60), st.integers(1, 60)),
    x=st.tuples(st.integers(-5, 80), st.integers(1, 80)),
    tiled=st.booleans(),
    squeezed=st.booleans(),
)
@settings(max_examples=40, deadline=None)
def test_a_region_is_what_the_whole_has_there(
    tmp_path_factory: pytest.TempPathFactory, y: tuple[int, int], x: tuple[int, int], tiled: bool, squeezed: bool
) -> None:
    pixels = np.random.default_rng(1).integers(0, 65536, (61, 83), dtype=np.uint16)
    path = tmp_path_factory.getbasetemp() / f"region-{tiled}-{squeezed}.tif"
    if not path.exists():
        layout = {"tile": (16, 32)} if tiled else {"rowsperstrip": 10}
        tifffile.imwrite(path, pixels, compression="zlib" if squeezed else None, **layout)
    region = Region(y[0], x[0], y[0] + y[1], x[0] + x[1])
    inside = region & Region.of(pixels.shape)
    if inside.empty:
        with pytest.raises(ImageError, match="lies outside"):
            read_region(path, 0, region)
    else:
        np.testing.assert_array_equal(read_region(path, 0, region), pixels[inside.slices])


def test_a_level_without_a_stored_one_is_the_mean_of_what_it_covers(tmp_path: Path) -> None:
    pixels = rng.integers(0, 256, (64, 96), dtype=np.uint8).astype(np.float32)
    tifffile.imwrite(tmp_path / "t.tif", pixels, tile=(16, 16), compression="zlib")
    overview = read_region(tmp_path / "t.tif", 0, Region(0, 0, 16, 24), level=2)
    np.testing.assert_allclose(overview, pixels.reshape(16, 4, 24, 4).mean((1, 3)), rtol=1e-6)


def test_odd_sizes_round_up_at_every_level(tmp_path: Path) -> None:
    pixels = np.full((33, 21), 7, np.uint8)
    tifffile.imwrite(tmp_path / "t.tif", pixels, tile=(16, 16))
    for level in range(7):
        shape = level_shape(pixels.shape, level)
        part = read_region(tmp_path / "t.tif", 0, Region(0, 0, 1000, 1000), level)
        np.testing.assert_array_equal(part, np.full(shape, 7, np.uint8))


def test_stored_pyramid_levels_are_used(tmp_path: Path) -> None:
    """The stored levels hold other values than the mean would, so that it shows which was read."""
    with tifffile.TiffWriter(tmp_path / "p.tif") as writer:
        options = {"tile": (16, 16), "compression": "zlib"}
        writer.write(np.zeros((65, 97), np.uint8), subifds=2, **options)
        writer.write(np.full((33, 49), 50, np.uint8), subfiletype=1, **options)
        writer.write(np.full((17, 25), 100, np.uint8), subfiletype=1, **options)
    path = tmp_path / "p.tif"
    assert probe(path).frames == 1
    assert [int(read_region(path, 0, Region(0, 0, 5, 5), level)[0, 0]) for level in range(4)] == [0, 50, 100, 100]


def test_overviews_of_a_map_are_levels_and_not_frames(tmp_path: Path) -> None:
    """Geographic TIFFs keep their overviews as pages behind the image."""
    with tifffile.TiffWriter(tmp_path / "g.tif") as writer:
        writer.write(np.zeros((64, 64), np.uint8), tile=(16, 16), metadata=None)
        writer.write(np.full((32, 32), 50, np.uint8), tile=(16, 16), subfiletype=1, metadata=None)
    assert probe(tmp_path / "g.tif").frames == 1
    assert read_region(tmp_path / "g.tif", 0, Region(0, 0, 2, 2), level=1).tolist() == [[50, 50], [50, 50]]


@pytest.mark.parametrize("layout", [{}, {"tile": (16, 16)}, {"compression": "zlib"}], ids=["plain", "tiled", "deflate"])
@pytest.mark.parametrize("kept", [0.2, 0.7, 0.98])
def test_a_truncated_file_is_never_opened_silently(tmp_path: Path, layout: dict[str, Any], kept: float) -> None:
    path = tmp_path / "t.tif"
    tifffile.imwrite(path, rng.integers(0, 256, (3, 60, 60), dtype=np.uint8), photometric="minisblack", **layout)
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * kept)])
    with pytest.raises(ImageError, match="truncated") as caught:
        read(path, 2)
    assert caught.value.path == path


def test_a_page_chain_that_bites_its_tail_ends(tmp_path: Path) -> None:
    path = tmp_path / "t.tif"
    tifffile.imwrite(path, np.zeros((2, 2), np.uint8), metadata=None)
    data = bytearray(path.read_bytes())
    first = int.from_bytes(data[4:8], "little")
    link = first + 2 + int.from_bytes(data[first : first + 2], "little") * 12
    data[link : link + 4] = data[4:8]
    path.write_bytes(data)
    with pytest.raises(ImageError, match="lead back"):
        probe(path)


def test_nonsense_behind_a_tiff_header_is_told(tmp_path: Path) -> None:
    (tmp_path / "t.tif").write_bytes(b"II*\0\x08\0\0\0" + bytes(100))
    with pytest.raises(ImageError):
        read(tmp_path / "t.tif")


def test_a_file_that_was_replaced_is_read_anew(tmp_path: Path) -> None:
    path = tmp_path / "t.tif"
    tifffile.imwrite(path, np.zeros((4, 4), np.uint8))
    assert read(path).array.shape == (4, 4)
    tifffile.imwrite(path, np.ones((5, 6), np.uint8))
    assert read(path).array.shape == (5, 6)


def test_a_gigapixel_file_opens_and_shows_a_corner_without_its_tiles(tmp_path: Path) -> None:
    """30,000 x 30,000 pixels, sparse: only the touched tiles cost anything."""
    path = tmp_path / "大图.tif"

    def tiles() -> Any:
        yield np.full((256, 256), 9, np.uint8)
        for _ in range(118 * 118 - 1):
            yield None

    tifffile.imwrite(path, tiles(), shape=(30000, 30000), dtype=np.uint8, tile=(256, 256), compression="zlib")
    info = probe(path)
    assert (info.shape, info.lazy) == ((30000, 30000), True)
    corner = read_region(path, 0, Region(250, 250, 260, 260))
    assert corner[0, 0] == 9
    assert corner[-1, -1] == 0
    assert read_region(path, 0, Region(0, 0, 4, 4), level=6).shape == (4, 4)


def test_every_time_point_is_a_volume_and_depth_begins_anew(tmp_path: Path) -> None:
    planes = np.arange(2 * 3, dtype=np.uint16).reshape(2, 3, 1, 1) + np.zeros((2, 3, 8, 9), np.uint16)
    sizes = {"PhysicalSizeX": 0.2, "PhysicalSizeY": 0.2, "PhysicalSizeZ": 1.5}
    tifffile.imwrite(tmp_path / "tz.ome.tif", planes, metadata={"axes": "TZYX", **sizes})
    images = [read(tmp_path / "tz.ome.tif", frame) for frame in range(6)]
    assert [image.volume for image in images] == [range(3)] * 3 + [range(3, 6)] * 3
    assert [image.position for image in images] == pytest.approx([0, 1.5e-3, 3e-3] * 2)
    tifffile.imwrite(tmp_path / "z.ome.tif", planes[0], metadata={"axes": "ZYX", **sizes})
    assert probe(tmp_path / "z.ome.tif").volume == range(3)


def test_every_image_of_a_file_has_its_own_spacing(tmp_path: Path) -> None:
    with tifffile.TiffWriter(tmp_path / "two.ome.tif") as file:
        file.write(np.zeros((2, 8, 9), np.uint8), metadata={"axes": "ZYX", "PhysicalSizeX": 0.2, "PhysicalSizeY": 0.2})
        file.write(np.zeros((6, 7), np.uint8), metadata={"axes": "YX", "PhysicalSizeX": 0.8, "PhysicalSizeY": 0.8})
    infos = [probe(tmp_path / "two.ome.tif", frame) for frame in range(3)]
    assert [info.spacing for info in infos] == [pytest.approx((s, s)) for s in (0.2e-3, 0.2e-3, 0.8e-3)]
    assert [info.volume for info in infos] == [range(2), range(2), range(2, 3)]


def test_pages_written_one_by_one_are_one_volume_while_their_size_stays(tmp_path: Path) -> None:
    with tifffile.TiffWriter(tmp_path / "pages.tif") as file:
        for height in (8, 8, 5):
            file.write(np.zeros((height, 9), np.uint8))
    assert [probe(tmp_path / "pages.tif", frame).volume for frame in range(3)] == [range(2), range(2), range(2, 3)]
