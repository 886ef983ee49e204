"""The range of values that a whole stack is shown in, so that its brightness is the same on every slice."""

from __future__ import annotations

import logging
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from psygnal import Signal

from segstudio.app.image_cache import Stamp, stamp
from segstudio.app.jobs import Job
from segstudio.core.errors import ImageError
from segstudio.core.progress import Progress, Work, finish
from segstudio.io import images
from segstudio.io.images import Image, Window, display_window, own_window, range_of, sampled

if TYPE_CHECKING:
    from segstudio.app.workbench import Workbench

log = logging.getLogger(__name__)

_SLICES = 16
"""Of a volume that are looked at."""
_PIXELS = 60_000
"""Of each."""
_KEPT = 64

_Key = tuple[Path, int, int, Stamp]


@dataclass(frozen=True, slots=True)
class Shown:
    """How an image is shown by itself."""

    window: Window
    channels: tuple[Window, ...] = ()
    """Of each channel, where channels are no colours."""


def shown_by_itself(image: Image) -> Shown:
    """How *image* is shown where nothing else is known of its stack."""
    return Shown(display_window(image), tuple(display_window(image, i) for i in range(_channels(image))))


def shown_as_stack(at_hand: Image) -> Work[Shown]:
    """How every slice of the volume of *at_hand* is shown: in the range between the 0.1 and 99.9 percentile of the
    finite values of slices from all over it; in the window that the file tells where it is the same for all of them.

    Slices of other dtypes or channels than *at_hand* are left out. Raises as :func:`segstudio.io.images.read` does.
    """
    frames = _spread(at_hand.volume if at_hand.volume is not None else range(at_hand.frames))
    values, windows = [], []
    for number, frame in enumerate(frames):
        yield Progress(number / len(frames), f"slice {number + 1} of {len(frames)}")
        image = at_hand if frame == at_hand.frame else images.open_image(at_hand.path, frame)
        if (image.array.dtype, image.channels) != (at_hand.array.dtype, at_hand.channels):
            continue
        windows.append(own_window(image))
        pixels = sampled(image, _PIXELS)
        values.append(pixels.reshape(-1, at_hand.channels))
    first = windows[0] if at_hand.photometric == "grey" else None
    if first is not None and all(window == first for window in windows):
        return Shown(first)
    if first is None and at_hand.windows and at_hand.photometric == "grey":  # the usual one of Hounsfield units
        return Shown(display_window(at_hand))
    together = np.concatenate(values)
    each = tuple(Window(*range_of(together[:, i])) for i in range(_channels(at_hand)))
    return Shown(Window(*range_of(together)), each)


def _channels(image: Image) -> int:
    """How many channels are shown each by itself."""
    return image.channels if image.photometric == "multichannel" and image.channels > 1 else 0


def _spread(frames: Sequence[int]) -> list[int]:
    places = np.linspace(0, len(frames) - 1, min(_SLICES, len(frames)))
    return [frames[int(place)] for place in places.round()]


class StackContrast:
    """Knows how stacks are shown as a whole, once that was found out in the background."""

    found = Signal()
    """Of the stack that was asked for last it is known now."""

    def __init__(self, workbench: Workbench) -> None:
        self._workbench = workbench
        self._known: OrderedDict[_Key, Shown] = OrderedDict()
        self._asked: tuple[_Key, Job] | None = None

    def known(self, image: Image) -> Shown | None:
        """How the stack of *image* is shown; ``None`` where that is not known yet, or *image* is of no stack."""
        return self._known.get(_key(image)) if is_in_stack(image) else None

    def window_of(self, image: Image) -> Window:
        """What *image* is shown in: as its stack, which is looked through where that was not done before, else (and
        where a slice cannot be read) by itself. Takes time; any thread may."""
        if not is_in_stack(image):
            return display_window(image)
        try:
            shown = self.known(image) or finish(shown_as_stack(image))
        except ImageError:
            return display_window(image)
        self._keep(_key(image), shown)
        return shown.window

    def find(self, image: Image) -> None:
        """Find out how the stack of *image* is shown, unless it is known, on its way, or *image* is of no stack."""
        if not is_in_stack(image):
            return
        key = _key(image)
        if key in self._known or (self._asked is not None and self._asked[0] == key):
            return

        def take(shown: Shown) -> None:
            self._keep(key, shown)
            self._end(key)
            self.found.emit()

        def failed(error: BaseException) -> None:
            log.info("no contrast for the whole of %s: %s", image.path, error)  # going to the slice will say so
            self._end(key)

        jobs = self._workbench.jobs
        job = jobs.submit(
            "Contrast", lambda: shown_as_stack(image), take, lane="contrast", key="contrast", failed=failed, quiet=True
        )
        self._asked = key, job

    def _keep(self, key: _Key, shown: Shown) -> None:
        self._known[key] = shown
        while len(self._known) > _KEPT:
            self._known.popitem(last=False)

    def _end(self, key: _Key) -> None:
        if self._asked is not None and self._asked[0] == key:
            self._asked = None


def is_in_stack(image: Image) -> bool:
    """Whether *image* is a slice among others of values that have no brightness of their own."""
    others = len(image.volume) if image.volume is not None else image.frames
    return others > 1 and image.time is None and (image.array.dtype != np.uint8 or own_window(image) is not None)


def _key(image: Image) -> _Key:
    volume = image.volume if image.volume is not None else range(image.frames)
    return image.path, volume.start, volume.stop, stamp(image.path)
