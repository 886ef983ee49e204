"""Video: single frames by number, exact also between key frames, turned upright."""

from __future__ import annotations

import bisect
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray

from segstudio.core.errors import ImageError, disk_reason
from segstudio.core.geometry import Region
from segstudio.io.images.base import Image, ImageInfo, check_frame, photometric_of
from segstudio.io.images.levels import reduced_region
from segstudio.io.limits import check_size

_TRUNCATED = "the file is truncated: it ends before the video does"


def probe(path: Path, frame: int) -> ImageInfo:
    player = _player(path)
    check_frame(path, frame, len(player.times))
    shape = player.first.shape
    channels = 1 if player.first.ndim == 2 else shape[2]
    return ImageInfo(
        path, "video", shape[0], shape[1], channels, player.first.dtype, len(player.times), aspect=player.aspect
    )


def read(path: Path, frame: int) -> Image:
    player = _player(path)
    check_frame(path, frame, len(player.times))
    with _errors(path):
        pixels = player.frame(frame)
    time, meaning = player.seconds(frame), photometric_of(pixels)
    return Image(pixels, path, frame, len(player.times), meaning, time=time, aspect=player.aspect)


def read_region(path: Path, frame: int, region: Region, level: int) -> NDArray[np.generic]:
    array = read(path, frame).array
    return reduced_region(lambda part: array[part.slices], (array.shape[0], array.shape[1]), region, level)


class _Player:
    """An open video that knows when each frame is shown, and goes on from where it was: the next frame costs one."""

    def __init__(self, path: Path, size: int) -> None:
        self._path = path
        self._container: Any = av.open(str(path))
        self._lock = threading.Lock()
        if not self._container.streams.video:
            raise ImageError(path, "the file holds no video")
        self._stream = self._container.streams.video[0]
        self._stream.thread_type = "AUTO"
        _check_whole(path, self._stream, size)
        check_size(path, self._stream.codec_context.height, self._stream.codec_context.width, 3)
        self.times, self._keys = _times(path, self._container, self._stream)
        self._decoded: Iterator[Any] = iter(())
        self._last: int | None = None
        self._lying = False
        """Whether frames are turned by a quarter to be upright."""
        self.first = self.frame(0)

    def frame(self, number: int) -> NDArray[np.generic]:
        with self._lock:
            shown = self._at(self.times[number])
            self._lying = round(shown.rotation / 90) % 2 == 1
            return _pixels(shown)

    @property
    def aspect(self) -> float | None:
        """The height of a pixel by its width, where the video tells it."""
        told = self._stream.sample_aspect_ratio
        return None if not told else float(told if self._lying else 1 / told)

    def seconds(self, number: int) -> float:
        """When a frame is shown, counted from the first."""
        return float((self.times[number] - self.times[0]) * (self._stream.time_base or 0))

    def _at(self, time: int) -> Any:
        if self._last is None or not self._last < time or self._key_before(time) > self._last:
            self._container.seek(time, stream=self._stream, backward=True)
            self._decoded = self._container.decode(self._stream)
        for frame in self._decoded:
            if frame.pts is not None and frame.pts >= time:
                self._last = frame.pts
                return frame
        self._last = None
        raise ImageError(self._path, _TRUNCATED)

    def _key_before(self, time: int) -> int:
        place = bisect.bisect_right(self._keys, time)
        return self._keys[place - 1] if place else self._keys[0]


def _check_whole(path: Path, stream: Any, size: int) -> None:
    """Raise where the file's own table of contents tells of frames past its end."""
    entries = stream.index_entries
    if entries is not None and any(entry.pos + entry.size > size for entry in entries):
        raise ImageError(path, _TRUNCATED)


def _times(path: Path, container: Any, stream: Any) -> tuple[list[int], list[int]]:
    """When frames are shown and which of them are key frames, in units of the stream, from the packets alone."""
    times, keys = [], []
    for packet in container.demux(stream):
        time = packet.pts if packet.pts is not None else packet.dts
        if packet.size == 0 or time is None or packet.is_discard:
            continue
        if packet.is_corrupt:
            raise ImageError(path, _TRUNCATED)
        times.append(time)
        if packet.is_keyframe:
            keys.append(time)
    if not times:
        raise ImageError(path, "the video has no frames")
    return sorted(set(times)), sorted(keys) or [min(times)]


def _pixels(frame: Any) -> NDArray[np.generic]:
    grey = frame.format.name.startswith("gray")
    deep = any(component.bits > 8 for component in frame.format.components)
    pixels = frame.to_ndarray(format=("gray16le" if deep else "gray") if grey else "rgb24")
    return np.ascontiguousarray(np.rot90(pixels, round(frame.rotation / 90) % 4))


def _player(path: Path) -> _Player:
    try:
        status = path.stat()
    except OSError as error:
        raise ImageError(path, disk_reason(error)) from error
    with _errors(path):
        return _opened(path, status.st_mtime_ns, status.st_size)


@lru_cache(maxsize=2)
def _opened(path: Path, changed: int, size: int) -> _Player:
    return _Player(path, size)


@contextmanager
def _errors(path: Path) -> Iterator[None]:
    """What PyAV raises about a file, as the reason for the user."""
    try:
        yield
    except MemoryError as error:
        raise ImageError(path, "there is not enough memory to open it") from error
    except av.error.EOFError as error:
        raise ImageError(path, _TRUNCATED) from error
    except av.error.InvalidDataError as error:
        raise ImageError(path, "this is not a video that can be played, or it is corrupt or truncated") from error
    except av.error.FFmpegError as error:
        raise ImageError(path, f"the video cannot be played ({error.strerror})") from error
    except OSError as error:
        raise ImageError(path, disk_reason(error)) from error
