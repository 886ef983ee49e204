"""Boxes and the instances that they are the boxes of: a mask that comes of such a box is that instance."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from segstudio.app.document import Document
from segstudio.core.annotation import Box, with_known_instances
from segstudio.core.geometry import Region


def into_instances(
    labels: NDArray[np.integer], boxes: Sequence[Box], segments: Mapping[int, int]
) -> NDArray[np.uint16]:
    """Class ids *labels* ``(H, W)`` with the instances of *boxes* that *segments* (class id by instance id) knows.

    A pixel of a box's class inside it is that box's; where boxes of one class overlap, that of the one in whose midst
    it lies the most. Pixels of boxes without an instance, and outside of all, stay of their class alone.
    """
    found = np.asarray(labels).astype(np.uint16)
    known = with_known_instances(boxes, segments)
    if not any(box.instance is not None for box in known):
        return found
    whole = Region.of((found.shape[0], found.shape[1]))
    nearest = np.full(found.shape, np.inf, np.float32)
    result = found.copy()
    for box in known:
        place = (box.region & whole).slices
        distance = _from_the_middle(box)[(box.region & whole).shifted(-box.y0, -box.x0).slices]
        own = (found[place] == box.class_id) & (distance < nearest[place])
        nearest[place][own] = distance[own]
        result[place][own] = box.class_id if box.instance is None else box.instance
    return result


def _from_the_middle(box: Box) -> NDArray[np.float32]:
    """Of every pixel inside: 0 in the middle, 1 at the edges."""
    y, x = (np.abs((np.arange(n) + 0.5) * 2 / n - 1).astype(np.float32) for n in box.region.shape)
    return np.maximum(y[:, None], x[None, :])


def for_new_box(document: Document, *, each: bool) -> int | None:
    """The instance of which a box that is drawn now is the box; ``None`` where boxes are of no instances.

    That is the active one, if it has no box yet. Else, where an instance is active or *each* box is to be one, it is a
    new one of the active class, on which is drawn from then on. Inside an :meth:`Document.edit`.
    """
    active = document.active_instance
    if active is None and not each:
        return None
    if active is not None and all(box.instance != active for box in document.annotation.boxes):
        return active
    segment = document.labels.new_segment(document.active_class)
    document.set_active_instance(segment)
    return segment


def follow_merge(boxes: Sequence[Box], segments: Sequence[int]) -> tuple[Box, ...]:
    """*boxes* after the instances *segments* became the first of them: their boxes are one, around them all."""
    own = [box for box in boxes if box.instance in segments]
    if len(own) < 2 and all(box.instance == segments[0] for box in own):
        return tuple(boxes)
    around = around_all(own, segments[0])
    return tuple(around if box is own[0] else box for box in boxes if box is own[0] or box not in own)


def around_all(boxes: Sequence[Box], instance: int | None) -> Box:
    """The smallest box around *boxes*, of the class of the first."""
    x0, y0 = min(box.x0 for box in boxes), min(box.y0 for box in boxes)
    x1, y1 = max(box.x1 for box in boxes), max(box.y1 for box in boxes)
    return replace(boxes[0], x0=x0, y0=y0, x1=x1, y1=y1, instance=instance)
