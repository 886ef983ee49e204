"""The images that were decoded last, kept for when they are gone back to."""

from __future__ import annotations

from collections import OrderedDict

from segstudio.core.annotation import Sample
from segstudio.io.images import Image


class ImageCache:
    """The images that were decoded last, up to *limit* bytes; fed ahead of time by whoever knows what comes next."""

    def __init__(self, limit: int = 1 << 30) -> None:
        self._limit = limit
        self._images: OrderedDict[tuple[str, int], Image] = OrderedDict()

    def get(self, sample: Sample) -> Image | None:
        key = str(sample.path), sample.frame
        if key in self._images:
            self._images.move_to_end(key)
        return self._images.get(key)

    def put(self, sample: Sample, image: Image) -> None:
        self._images[str(sample.path), sample.frame] = image
        self._images.move_to_end((str(sample.path), sample.frame))
        while len(self._images) > 1 and sum(map(_held_bytes, self._images.values())) > self._limit:
            self._images.popitem(last=False)


def _held_bytes(image: Image) -> int:
    return 0 if image.lazy else image.array.nbytes  # what stays in its file holds little, and limits that itself
