"""Small pictures of the samples, made in the background and kept in the user's cache folder."""

from __future__ import annotations

import hashlib
import logging
import os
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PIL import Image as PillowImage
from psygnal import Signal

from segstudio.app.settings import cache_folder
from segstudio.core.annotation import Sample
from segstudio.core.errors import ImageError, StorageError
from segstudio.core.geometry import Region
from segstudio.core.progress import Progress, Work
from segstudio.io import images
from segstudio.io.atomic import replacing
from segstudio.io.images import Image, LazyPixels, Window, display_window, level_shape, windowed

if TYPE_CHECKING:
    from segstudio.app.workbench import Workbench

log = logging.getLogger(__name__)

SIDE = 64
"""Pixels of the longer side."""
_MADE = "proportions, curves, stacks"
"""What is new in how pictures are made: those that were kept before are made anew."""
_KEPT = 2000
_WAITING = 64
"""What was asked for longer ago than this many others has scrolled out of sight."""

Picture = NDArray[np.uint8]
"""``(h, w, 3)``."""


class Thumbnails:
    """Gives the pictures that are there at once, and has the others made: those asked for last come first."""

    made = Signal(int)
    """The picture of a sample is there now."""

    def __init__(self, workbench: Workbench) -> None:
        self._workbench = workbench
        self._pictures: OrderedDict[tuple[str, int], Picture | None] = OrderedDict()
        self._wanted: OrderedDict[tuple[str, int], Sample] = OrderedDict()
        self._working = False
        self._making: tuple[str, int] | None = None
        """Of which image one is being made that is wanted."""

    def get(self, sample: Sample) -> Picture | None:
        """The picture of *sample*; ``None`` where it is not made yet (then it will be) or cannot be made."""
        key = str(sample.path), sample.frame
        if key in self._pictures:
            self._pictures.move_to_end(key)
            return self._pictures[key]
        if key == self._making:
            return None
        self._wanted[key] = sample
        self._wanted.move_to_end(key)
        while len(self._wanted) > _WAITING:
            self._wanted.popitem(last=False)
        self._work()
        return None

    def forget(self, sample: Sample) -> None:
        """Have the picture of *sample* made anew: its file is another."""
        key = str(sample.path), sample.frame
        if key == self._making:
            self._making = None  # what comes is of the file as it was
        if self._pictures.pop(key, None) is not None:
            self.made.emit(sample.id)

    def _work(self) -> None:
        if self._working or not self._wanted:
            return
        self._working = True
        key, sample = self._wanted.popitem()
        self._making = key
        folder = _folder()
        document = self._workbench.document
        # the image at hand is in memory: decoding it once more would take as long as showing it did
        image = document.cache.get(sample) if document is not None else None
        contrast = self._workbench.stacks.contrast.window_of

        def work() -> Work[Picture | None]:
            yield Progress(None, sample.name)
            return thumbnail(sample, folder, image, contrast)

        def done(picture: Picture | None) -> None:
            self._working = False
            if self._making == key:
                self._pictures[key], self._making = picture, None
            while len(self._pictures) > _KEPT:
                self._pictures.popitem(last=False)
            self.made.emit(sample.id)
            self._work()

        def failed(error: BaseException) -> None:
            log.info("no thumbnail of %s: %s", sample.name, error)
            done(None)

        self._workbench.jobs.submit("Thumbnails", work, done, lane="thumbnails", failed=failed, quiet=True)


def thumbnail(
    sample: Sample, folder: Path, image: Image | None = None, contrast: Callable[[Image], Window] = display_window
) -> Picture | None:
    """A small picture of *sample*, from *folder* where it was made before the image changed, else of *image* (``None``:
    it is read from its file) in its *contrast*; ``None`` where the image cannot be read, or is so large that reading it
    for this would take long. Any thread may."""
    kept = folder / _name(sample)
    try:
        with PillowImage.open(kept) as made:
            return np.asarray(made.convert("RGB"))
    except (OSError, ValueError):
        pass  # not made yet, or damaged
    try:
        image = image if image is not None else images.open_image(sample.path, sample.frame)
        picture = rendered(image, contrast(image)) if not image.lazy or has_levels(image) else None
    except ImageError as error:
        log.info("no thumbnail: %s", error)
        return None
    if picture is not None:
        try:
            kept.parent.mkdir(parents=True, exist_ok=True)
            with replacing(kept, durable=False) as file:
                PillowImage.fromarray(picture).save(file, "JPEG", quality=85)
        except (OSError, StorageError) as error:
            log.info("a thumbnail is not kept: %s", error)
    return picture


def has_levels(image: Image) -> bool:
    """Whether the file of an image that stays there has smaller versions of it."""
    array: object = image.array
    return isinstance(array, LazyPixels) and array.pyramid


def rendered(image: Image, window: Window) -> Picture:
    """*image* in small, the range of *window* from black to white."""
    import cv2  # 0.1 s that the start of the window need not pay

    array: object = image.array
    if isinstance(array, LazyPixels):
        level = max(0, (max(image.shape) // SIDE).bit_length() - 1)
        pixels = array.fetch(Region.of(level_shape(image.shape, level)), level)
    else:
        step = max(1, max(image.shape) // (8 * SIDE))
        pixels = image.array[::step, ::step]
    pixels = pixels[..., None] if pixels.ndim == 2 else pixels
    pixels = pixels[..., :3] if pixels.shape[2] > 2 else pixels[..., :1]
    shown = windowed(pixels, window, inverted=image.inverted)
    high, wide = (side * part for side, part in zip(image.shape, image.proportions, strict=True))
    scale = SIDE / max(high, wide)
    size = max(1, round(wide * scale)), max(1, round(high * scale))
    small = cv2.resize(shown, size, interpolation=cv2.INTER_AREA)
    small = small[..., None] if small.ndim == 2 else small
    return np.ascontiguousarray(np.broadcast_to(small, (*small.shape[:2], 3)))


def _name(sample: Sample) -> Path:
    try:
        status = sample.path.stat()
        changed = f"{status.st_mtime_ns}/{status.st_size}"
    except OSError:
        changed = "-"  # a series of a folder
    digest = hashlib.sha256(f"{sample.path}/{sample.frame}/{changed}/{SIDE}/{_MADE}".encode()).hexdigest()
    return Path(digest[:2]) / f"{digest[2:34]}.jpg"


def _folder() -> Path:
    return Path(os.environ.get("SEGSTUDIO_THUMBNAILS") or cache_folder() / "thumbnails")
