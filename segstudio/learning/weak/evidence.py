"""What people have said of an image: trusted pixels, boxes and tags. Loads no torch."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segstudio.algorithms.tags import Presence
from segstudio.core.annotation import Box, ImageTag
from segstudio.core.errors import TrainingError
from segstudio.core.labels import UNLABELLED, Provenance
from segstudio.learning.data import TrainingSample

BoxTuple = tuple[int, int, int, int, int]

COMPLETE = 0.9
"""The share of trusted pixels from which labels count as a whole mask; the rest may be a border or a void class."""
_TRUSTED = (Provenance.HUMAN, Provenance.IMPORTED)


@dataclass(frozen=True, eq=False)
class Evidence:
    """What is known of one image for certain."""

    name: str
    labels: NDArray[np.uint16]
    """``(H, W)`` class ids of what a person drew or brought along, 255 elsewhere; nothing that a machine made."""
    boxes: tuple[BoxTuple, ...] = ()
    """``(class, x0, y0, x1, y1)``; where there is one, all objects of its class have one."""
    tags: tuple[ImageTag, ...] | None = None
    """``None``: no tag was given. Otherwise the classes that are named are there or not; others stay open."""

    @classmethod
    def of(cls, sample: TrainingSample) -> Evidence:
        """Read from a sample what people have said of it.

        A sample that keeps provenance (``provenance()``) is trusted where a person drew or imported; any other where it
        has labels. ``boxes()`` and ``tags()`` are asked for where a sample has them; tags may be plain class ids, all
        that the image shows.
        """
        labels = np.asarray(sample.labels())
        source = _asked(sample, "provenance")
        trusted = labels if source is None else np.where(np.isin(source, _TRUSTED), labels, UNLABELLED)
        boxes = tuple(_box(box) for box in _asked(sample, "boxes") or ())
        given = _asked(sample, "tags")
        return cls(sample.name, trusted.astype(np.uint16), boxes, None if given is None else _tags(given))

    @cached_property
    def drawn(self) -> tuple[int, ...]:
        """The classes of the trusted pixels."""
        return tuple(int(k) for k in np.unique(self.labels) if k != UNLABELLED)

    @cached_property
    def complete(self) -> bool:
        """Whether the trusted pixels are a whole mask."""
        return float((self.labels != UNLABELLED).mean()) >= COMPLETE

    @property
    def silent(self) -> bool:
        """Whether nothing is known at all."""
        return not self.drawn and not self.boxes and self.tags is None

    def shown(self) -> frozenset[int]:
        """All classes that are known to be in the image."""
        tagged = {tag.class_id for tag in self.tags or () if tag.present}
        return frozenset(tagged | {box[0] for box in self.boxes} | set(self.drawn))

    def presence(self, ids: Collection[int]) -> Presence:
        """What is known of the classes *ids* of a project, as places among them; the first is the background.

        Tags that only say what is there speak of all classes; one that says what is not leaves others open.

        Raises :class:`TrainingError` for a class that is none of *ids*, and one that is tagged absent and yet drawn.
        """
        place = {class_id: row for row, class_id in enumerate(ids)}
        shown = self.shown()
        denied = {tag.class_id for tag in self.tags or () if not tag.present}
        unknown = sorted((shown | denied) - set(place))
        if unknown:
            raise TrainingError(f"{self.name}: there is no class {unknown[0]}; there are {sorted(place)}")
        both = sorted(shown & denied)
        if both:
            raise TrainingError(f"{self.name}: class {both[0]} is tagged as absent, but it is drawn, boxed or tagged")
        rows = [place[k] for k in shown]
        if denied:
            return Presence.read({**{place[k]: False for k in denied}, **dict.fromkeys(rows, True)}, len(place))
        return Presence.read(rows, len(place))

    def rectangles(self, shape: tuple[int, int]) -> NDArray[np.uint16]:
        """Bbox-Rect's map ``(H, W)``: the class of the smallest box at each pixel, 0 outside; all 255 without boxes."""
        if not self.boxes:
            return np.full(shape, UNLABELLED, np.uint16)
        filled = np.zeros(shape, np.uint16)
        for class_id, x0, y0, x1, y1 in sorted(self.boxes, key=lambda b: -(b[3] - b[1]) * (b[4] - b[2])):
            filled[max(0, y0) : max(0, y1), max(0, x0) : max(0, x1)] = class_id
        return filled


def _asked(sample: TrainingSample, what: str) -> Any:
    """What a sample may say beside its labels; ``None`` where it cannot."""
    ask = getattr(sample, what, None)
    return ask() if callable(ask) else None


def _box(box: Any) -> BoxTuple:
    class_id, x0, y0, x1, y1 = box.as_tuple() if isinstance(box, Box) else box
    return int(class_id), int(x0), int(y0), int(x1), int(y1)


def _tags(given: Any) -> tuple[ImageTag, ...]:
    return tuple(tag if isinstance(tag, ImageTag) else ImageTag(int(tag)) for tag in given)
