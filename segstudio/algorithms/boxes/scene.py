"""Boxes as every method reads them, and what the methods find in them put together."""

from __future__ import annotations

import math
import numbers
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segstudio.core.errors import AnnotationError
from segstudio.core.geometry import Region

Floats = NDArray[np.float32]
UNLABELLED = 255
BACKGROUND = 0


@dataclass(frozen=True)
class Scene:
    """A picture and the boxes on it."""

    image: NDArray[Any]
    """``(H, W, C)``, finite, in its own dtype."""
    boxes: tuple[Region, ...]
    """Clipped to the image, none empty, the largest first."""
    classes: tuple[int, ...]
    """The class of each box."""
    clipped: tuple[bool, ...]
    """Whether a part of the box lay beyond the image."""

    @property
    def shape(self) -> tuple[int, int]:
        return self.image.shape[0], self.image.shape[1]


def read(image: NDArray[Any], boxes: Iterable[Sequence[Any]]) -> Scene:
    """The scene of a checked *image* and *boxes* ``(class, x0, y0, x1, y1)``.

    Raises :class:`AnnotationError` for a class that is no id, a box of zero size and one outside the image.
    """
    whole = Region.of(image.shape)
    found = []
    for number, box in enumerate(boxes, start=1):
        label, region = _read_box(number, box)
        inside = region & whole
        if inside.empty:
            raise AnnotationError(
                f"box {number} {_corners(region)} lies outside the image of {whole.width} x {whole.height} pixels"
            )
        found.append((inside, label, inside != region))
    found.sort(key=lambda entry: -entry[0].height * entry[0].width)
    return Scene(
        image,
        tuple(region for region, _, _ in found),
        tuple(label for _, label, _ in found),
        tuple(cut for _, _, cut in found),
    )


def _read_box(number: int, box: Sequence[Any]) -> tuple[int, Region]:
    values = tuple(box) if isinstance(box, Iterable) and not isinstance(box, str | bytes) else ()
    if len(values) != 5:
        raise AnnotationError(f"box {number} is (class, x0, y0, x1, y1), not {box!r}")
    label, *corners = values
    if isinstance(label, bool) or not isinstance(label, int | np.integer):
        raise AnnotationError(f"the class of box {number} is a whole number, not {label!r}")
    if not 0 <= label <= 65535 or label == UNLABELLED:
        raise AnnotationError(f"the class of box {number} is an id in 0..65535 other than 255, not {label}")
    if not all(isinstance(v, numbers.Real) and math.isfinite(v) for v in corners):
        raise AnnotationError(f"the corners of box {number} are pixels, not {tuple(corners)}")
    x0, y0, x1, y1 = (round(float(v)) for v in corners)
    region = Region(y0, x0, y1, x1)
    if region.empty:
        raise AnnotationError(f"box {number} {_corners(region)} has no size: x1 and y1 lie beyond x0 and y0")
    return int(label), region


def _corners(region: Region) -> str:
    return str((region.x0, region.y0, region.x1, region.y1))


def compose(scene: Scene, foregrounds: Sequence[Floats]) -> tuple[NDArray[np.int64], Floats]:
    """Class ids and confidence ``(H, W)`` from the foreground probability in each box, ``(h, w)`` in [0, 1].

    A pixel belongs to the smallest box in which it is more likely object than not, else to the background. Its
    confidence is that box's probability, or for background that no box holds it.
    """
    labels = np.full(scene.shape, BACKGROUND, np.int64)
    confidence = np.ones(scene.shape, np.float32)
    for region, label, foreground in zip(scene.boxes, scene.classes, foregrounds, strict=True):
        inside = foreground > 0.5
        here, sure = labels[region.slices], confidence[region.slices]
        here[inside] = label
        ground = here == BACKGROUND
        sure[inside] = foreground[inside]
        sure[ground] = np.minimum(sure, 1 - foreground)[ground]
    return labels, confidence
