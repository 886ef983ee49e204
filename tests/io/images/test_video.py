"""Video: each number gives its own frame, in any order, upright."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from segstudio.core.errors import ImageError
from segstudio.io.images import probe, read

FRAMES = 60


def write_video(
    path: Path, codec: str, pixel_format: str = "yuv420p", *, rotation: int = 0, frames: int = FRAMES
) -> None:
    """Frame n is grey level 4 n, its left half darker; long groups of pictures with frames that refer forwards."""
    with av.open(str(path), "w", options={"movflags": "faststart"} if path.suffix == ".mp4" else {}) as container:
        stream = container.add_stream(codec, rate=Fraction(25))
        stream.width, stream.height, stream.pix_fmt = 64, 48, pixel_format
        stream.codec_context.options = {"g": "25", "bf": "2"} if codec == "libx264" else {}
        if rotation:
            stream.set_display_rotation(rotation)
        for number in range(frames):
            pixels = np.full((48, 64, 3), 4 * number, np.uint8)
            pixels[:, :32] //= 2
            for packet in stream.encode(av.VideoFrame.from_ndarray(pixels, "rgb24")):
                container.mux(packet)
        for packet in stream.encode():
            container.mux(packet)


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("video") / "影片.mp4"
    write_video(path, "libx264")
    return path


@pytest.mark.parametrize("order", [range(FRAMES), reversed(range(FRAMES)), [30, 3, 59, 31, 32, 0, 58]])
def test_any_order_gives_the_frame_of_the_number(film: Path, order: object) -> None:
    for number in order:  # type: ignore[attr-defined]
        image = read(film, number)
        assert (image.frame, image.frames, image.array.shape) == (number, FRAMES, (48, 64, 3))
        assert abs(int(image.array[24, 48, 1]) - 4 * number) <= 3


def test_the_header_tells_size_and_frames(film: Path) -> None:
    info = probe(film)
    assert (info.kind, info.shape, info.frames, info.channels) == ("video", (48, 64), FRAMES, 3)


@pytest.mark.parametrize(
    ("name", "codec", "pixel_format"),
    [("a.avi", "mpeg4", "yuv420p"), ("b.mkv", "libx264", "yuv444p"), ("c.webm", "libvpx-vp9", "yuv420p")],
)
def test_other_containers_count_right_too(tmp_path: Path, name: str, codec: str, pixel_format: str) -> None:
    write_video(tmp_path / name, codec, pixel_format, frames=20)
    assert probe(tmp_path / name).frames == 20
    for number in (19, 4, 11):
        assert abs(int(read(tmp_path / name, number).array[24, 48, 1]) - 4 * number) <= 4


def test_12_bit_grey_keeps_its_bits(tmp_path: Path) -> None:
    pixels = np.random.default_rng(0).integers(0, 4096, (48, 64), dtype=np.uint16)
    with av.open(str(tmp_path / "g.mkv"), "w") as container:
        stream = container.add_stream("ffv1", rate=25)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "gray16le"
        for packet in [*stream.encode(av.VideoFrame.from_ndarray(pixels, "gray16le")), *stream.encode()]:
            container.mux(packet)
    np.testing.assert_array_equal(read(tmp_path / "g.mkv").array, pixels, strict=True)


def test_a_phone_held_upright_shows_an_upright_film(tmp_path: Path) -> None:
    """FFmpeg's rotation counts counterclockwise: by 90, what was at the left comes to the bottom."""
    write_video(tmp_path / "r.mp4", "libx264", rotation=90, frames=20)
    image = read(tmp_path / "r.mp4", 19)
    assert probe(tmp_path / "r.mp4").shape == image.shape == (64, 48)
    assert image.array[-8:, 24, 1].mean() < image.array[:8, 24, 1].mean()


@pytest.mark.parametrize("kept", [0.005, 0.4, 0.9])
def test_a_truncated_film_is_never_opened_silently(tmp_path: Path, film: Path, kept: float) -> None:
    data = film.read_bytes()
    (tmp_path / "cut.mp4").write_bytes(data[: int(len(data) * kept)])
    with pytest.raises(ImageError, match="truncated"):
        read(tmp_path / "cut.mp4")


def test_sound_alone_is_no_image(tmp_path: Path) -> None:
    with av.open(str(tmp_path / "s.mp4"), "w") as container:
        stream = container.add_stream("aac", rate=44100)
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), "fltp", "mono")
        frame.sample_rate = 44100
        for packet in [*stream.encode(frame), *stream.encode()]:
            container.mux(packet)
    with pytest.raises(ImageError, match="holds no video"):
        read(tmp_path / "s.mp4")
    with pytest.raises(ImageError):
        (tmp_path / "n.mp4").write_bytes(b"no film at all") and read(tmp_path / "n.mp4")


def test_a_frame_past_the_end_is_refused(film: Path) -> None:
    with pytest.raises(ImageError, match=f"no frame {FRAMES}; it has {FRAMES}"):
        read(film, FRAMES)
