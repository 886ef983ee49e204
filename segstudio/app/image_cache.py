"""The images that were decoded last, kept for when they are gone back to."""

from __future__ import annotations

from collections import OrderedDict
from pathlib import Path

from segstudio.core.annotation import Sample
from segstudio.io.images import Image

Stamp = tuple[int, int] | None
"""When a file was changed last, in nanoseconds, and its bytes; ``None`` where there is no such file."""


class ImageCache:
    """The images that were decoded last, up to *limit* bytes; fed ahead of time by whoever knows what comes next.

    An image whose file was changed, or is gone, since it was decoded is not given any more.
    """

    def __init__(self, limit: int = 1 << 30) -> None:
        self._limit = limit
        self._images: OrderedDict[tuple[str, int], tuple[Image, Stamp]] = OrderedDict()
        self._changed: set[tuple[str, int]] = set()

    def get(self, sample: Sample) -> Image | None:
        key = str(sample.path), sample.frame
        kept = self._images.get(key)
        if kept is None:
            return None
        image, then = kept
        if stamp(sample.path) != then:
            del self._images[key]
            self._changed.add(key)
            return None
        self._images.move_to_end(key)
        return image

    def put(self, sample: Sample, image: Image, then: Stamp) -> None:
        """Keep *image*, which was decoded when its file's :func:`stamp` was *then*."""
        self._images[str(sample.path), sample.frame] = image, then
        self._images.move_to_end((str(sample.path), sample.frame))
        while len(self._images) > 1 and sum(_held_bytes(kept) for kept, _ in self._images.values()) > self._limit:
            self._images.popitem(last=False)

    def pop_changed(self, sample: Sample) -> bool:
        """Whether the file of *sample* is another than the one that was decoded before: told once."""
        key = str(sample.path), sample.frame
        told = key in self._changed
        self._changed.discard(key)
        return told


def stamp(path: Path) -> Stamp:
    """What tells one state of the file at *path* from another, without reading it."""
    try:
        status = path.stat()
    except OSError:  # gone, out of reach, or a series in a folder of DICOM files
        return None
    return status.st_mtime_ns, status.st_size


def _held_bytes(image: Image) -> int:
    return 0 if image.lazy else image.array.nbytes  # what stays in its file holds little, and limits that itself
