"""What the images before and after the one at hand need, made ready in a thread, so that going on is quick."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from segstudio.app.image_cache import Stamp, stamp
from segstudio.core.annotation import Sample
from segstudio.core.errors import ImageError, MaskError
from segstudio.core.labels import LabelMap
from segstudio.core.progress import Progress, Work
from segstudio.io import images
from segstudio.io.images import Image
from segstudio.io.project.label_files import LABELS, PROVENANCE, read_label_files

if TYPE_CHECKING:
    from segstudio.app.document import Document
    from segstudio.app.workbench import Workbench

log = logging.getLogger(__name__)

PAINTED_FIRST = 0.02
"""Seconds that this and saving wait: the image at hand is painted first; threads share one interpreter."""
_LARGEST = 64_000_000
"""Pixels of an image beyond which its labels are not read ahead: three such maps would take hundreds of megabytes."""

FileStamp = tuple[int, int, int] | None
"""Which file it is, when it was changed last in nanoseconds, and its bytes; ``None`` where there is none."""

Draw = Callable[[Image, LabelMap | None], object]
"""Makes of an image and its labels (``None``: not known yet) what they are shown with at once. Any thread calls it."""


@dataclass(slots=True)
class _Ready:
    image: Image
    labels: LabelMap | None
    """As its files say; ``None`` where they were not read."""
    stamps: tuple[FileStamp, ...]
    picture: object | None
    given: bool = False


@dataclass(frozen=True, slots=True)
class _Wanted:
    sample: Sample
    image: Image | None
    """``None``: to be decoded."""
    folder: Path | None
    """Where the label files lie; ``None``: what they say is old."""
    segments: Mapping[int, int]
    ready: _Ready | None
    """What there is already, but for the picture."""


class Ahead:
    """Decodes the images before and after the one at hand, reads their labels and has :attr:`draw` make their picture.

    What was made ready is given once, and only if it is still so: the label files are looked at again.
    """

    def __init__(self, workbench: Workbench) -> None:
        self._workbench = workbench
        self.draw: Draw | None = None
        self._document: Document | None = None
        self._ready: dict[int, _Ready] = {}
        self._decoded: dict[int, Future[tuple[Image, Stamp]]] = {}
        """What the thread decodes, or has decoded without having told yet."""

    def attach(self, document: Document) -> None:
        """Follow an open project."""
        self._document = document
        self._ready, self._decoded = {}, {}
        document.ready_labels = self.labels
        document.ready_image = self.image
        document.sample_changed.connect(self.begin)

    def begin(self) -> None:
        """Make ready what is not, and let go of what is far away by now."""
        document = self._document
        if document is None or document is not self._workbench.document:
            return
        near = document.neighbours()
        here = document.sample.id if document.sample is not None else None
        kept = {sample.id for sample in near}
        self._decoded = {i: decoded for i, decoded in list(self._decoded.items()) if i in kept}
        self._ready = {i: ready for i, ready in self._ready.items() if i == here or (i in kept and not ready.given)}
        wanted = [self._wanted(document, sample) for sample in near if not self._is_ready(document, sample)]
        if not wanted:
            return

        def keep(progress: Progress) -> None:
            if document is self._document and progress.detail is not None:
                self._keep(document, *progress.detail)  # type: ignore[misc]  # as _make tells it

        self._workbench.jobs.submit(
            "Decode ahead",
            lambda: _make(wanted, self.draw, self._decoded),
            lane="decode",
            key="decode",
            progressed=keep,
            quiet=True,
        )

    def redraw(self) -> None:
        """Have the pictures made anew: they would be looked at in another way by now."""
        for ready in self._ready.values():
            if not ready.given:
                ready.picture = None
        self.begin()

    def image(self, sample: Sample) -> tuple[Image, Stamp] | None:
        """The image of a sample where it is just being decoded: who needs it now waits for the rest of that only.

        Raises as decoding does.
        """
        decoded = self._decoded.pop(sample.id, None)
        return decoded.result() if decoded is not None else None

    def labels(self, sample_id: int, shape: tuple[int, int], segments: Mapping[int, int]) -> LabelMap | None:
        """The label map of a sample as its files say, where it is known: the caller's own from now on."""
        ready, document = self._ready.get(sample_id), self._document
        if ready is None or document is None:
            return None
        labels, given, ready.given = ready.labels, ready.given, True
        if labels is None or given or labels.shape != shape or labels.segments != segments:
            return None
        return labels if self._are_true(document, sample_id, ready) else None

    def picture(self, sample_id: int) -> object | None:
        """What :attr:`draw` made of a sample; given once."""
        ready = self._ready.pop(sample_id, None)
        return ready.picture if ready is not None else None

    def _is_ready(self, document: Document, sample: Sample) -> bool:
        ready = self._ready.get(sample.id)
        if ready is None or document.cache.get(sample) is not ready.image:
            return False
        drawn = ready.picture is not None or self.draw is None
        newer = document.saves.of(sample.id) is not None
        return drawn and (newer or _large(ready.image) or self._are_true(document, sample.id, ready))

    def _wanted(self, document: Document, sample: Sample) -> _Wanted:
        newer = document.saves.of(sample.id) is not None
        folder = None if newer else document.project.sample_folder(sample.id)
        image, ready = document.cache.get(sample), self._ready.get(sample.id)
        if ready is not None and (newer or ready.image is not image or not self._are_true(document, sample.id, ready)):
            ready = None
        return _Wanted(sample, image, folder, document.project.segments(sample.id), ready)

    def _are_true(self, document: Document, sample_id: int, ready: _Ready) -> bool:
        """Whether there are labels, and the files still say so."""
        return ready.labels is not None and _stamps(document.project.sample_folder(sample_id)) == ready.stamps

    def _keep(self, document: Document, wanted: _Wanted, then: Stamp, image: Image, ready: _Ready | None) -> None:
        sample = wanted.sample
        if ready is None:
            document.cache.put(sample, image, then)
            self._decoded.pop(sample.id, None)
            return
        if wanted.ready is not None and (self._ready.get(sample.id) is not wanted.ready or wanted.ready.given):
            return  # its labels are somebody's own by now
        newer = document.saves.of(sample.id) is not None and ready.labels is not None
        if not newer and document.cache.get(sample) is image:  # where memory is short, one image is all there is
            self._ready[sample.id] = ready


def _make(wanted: Sequence[_Wanted], draw: Draw | None, decoded: dict[int, Future[tuple[Image, Stamp]]]) -> Work[None]:
    yield Progress(None, "decoding ahead")
    time.sleep(PAINTED_FIRST)
    for one in wanted:
        yield Progress(None, "decoding ahead")
        sample, image, then = one.sample, one.image, stamp(one.sample.path)
        if image is None:
            image = _decoded(sample, then, decoded)
            if image is None:
                continue
            yield Progress(None, "decoded ahead", (one, then, image, None))
        labels, stamps = _labels(one, image)
        yield Progress(None, "decoding ahead")
        picture = draw(image, labels) if draw is not None else None
        yield Progress(None, "drawn ahead", (one, then, image, _Ready(image, labels, stamps, picture)))


def _decoded(sample: Sample, then: Stamp, decoded: dict[int, Future[tuple[Image, Stamp]]]) -> Image | None:
    """The image of *sample*, which whoever cannot wait finds in *decoded*; ``None`` where it cannot be read."""
    future: Future[tuple[Image, Stamp]] = Future()
    decoded[sample.id] = future
    try:
        image = images.open_image(sample.path, sample.frame)
    except BaseException as error:
        decoded.pop(sample.id, None)
        future.set_exception(error)
        if not isinstance(error, ImageError):
            raise
        log.info("not decoded ahead: %s", error)  # said when a person goes there
        return None
    future.set_result((image, then))
    return image


def _labels(wanted: _Wanted, image: Image) -> tuple[LabelMap | None, tuple[FileStamp, ...]]:
    if wanted.ready is not None:
        return wanted.ready.labels, wanted.ready.stamps
    folder = wanted.folder
    if folder is None or _large(image):
        return None, ()
    stamps = _stamps(folder)
    try:
        return read_label_files(folder, image.shape, wanted.segments), stamps
    except (MaskError, OSError) as error:
        log.info("not read ahead: %s", error)  # likewise
        return None, ()


def _large(image: Image) -> bool:
    return image.shape[0] * image.shape[1] > _LARGEST


def _stamps(folder: Path) -> tuple[FileStamp, ...]:
    return _stamp(folder / LABELS), _stamp(folder / PROVENANCE)


def _stamp(path: Path) -> FileStamp:
    try:
        status = path.stat()
    except OSError:  # nothing was ever saved of it
        return None
    return status.st_ino, status.st_mtime_ns, status.st_size
