"""All boxes of a picture judged together: who hides whom, which colours are whose, and where the edges are.

Boxes that overlap form a group. In a group each object is an ellipse to begin with, hidden where another stands in
front of it. Then every object and the ground learn what colours they have, each pixel is shared out by place and
colour, and so on in turns (expectation maximisation, Dempster, Laird and Rubin 1977; the places stay). A fully
connected CRF draws the shares to the edges of the picture.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from segstudio.algorithms import pictures
from segstudio.algorithms.boxes.scene import BACKGROUND, Floats, Scene
from segstudio.algorithms.boxes.shapes import ellipse
from segstudio.algorithms.dense_crf import mean_field
from segstudio.core.errors import OptionError
from segstudio.core.geometry import Region
from segstudio.core.progress import Progress, Work

_MARGIN = 0.2
"""How much of its surroundings a group looks at, as a part of its longest box."""
_INSIDE, _COVERS = 0.85, 0.15
"""A box lies on another's object where so much of it is inside, and so much of the other is covered."""
_OPEN = 0.25
"""How far an object is taken to go on beyond the end of the image, as a part of its box."""
_LEAST = 1e-6
_HARDEST = 0.01
_WIDER = 2.5
"""How much softer ellipses are beside a network."""
_DOUBT = 0.01
"""The least that a network's probability counts as."""
_FLOOR = 0.02
"""The part of its colours that may be any."""
_TURNS = 4
_BINS, _BINS_OF_MANY = {1: 24}, 10
"""Colours told apart a channel, by the number of channels,"""
_BLUR = {1: 1.5}
"""and how many of them flow into each other."""
_TILE, _SEAM = 1536, 96
"""Pixels that the CRF sees at once, and how far it looks beyond them."""


@dataclass(frozen=True, eq=False)
class Group:
    """Boxes that overlap, the largest first, and the part of the picture they look at."""

    around: Region
    boxes: tuple[Region, ...]
    """In the image."""
    classes: tuple[int, ...]

    @property
    def inner(self) -> list[tuple[slice, slice]]:
        """Where the boxes lie in the crop."""
        return [box.shifted(-self.around.y0, -self.around.x0).slices for box in self.boxes]

    @property
    def side(self) -> float:
        """The side of a square as large as its boxes on the average, in pixels."""
        return math.sqrt(sum(box.area for box in self.boxes) / len(self.boxes))


@dataclass(frozen=True, eq=False)
class Palette:
    """The colours of a crop in a table of ``bins ** channels``."""

    number: NDArray[np.intp]
    """``(H, W)``: the place of each pixel's colour in the table."""
    bins: int
    channels: int

    @classmethod
    def of(cls, crop: NDArray[Any]) -> Palette:
        """From ``(H, W, C)``. Grey needs one channel; of more than three the principal three are kept."""
        unit = pictures.colour_channels(pictures.unit_range(crop))
        if unit.shape[2] == 3 and np.abs(unit - unit.mean(axis=2, keepdims=True)).max() < 0.5 / 255:
            unit = unit[:, :, :1]
        smooth = cv2.GaussianBlur(_at_most_three(pictures.lab(unit)), (0, 0), 1).reshape(*unit.shape[:2], -1)
        low, high = np.percentile(smooth, 1, axis=(0, 1)), np.percentile(smooth, 99, axis=(0, 1))
        channels = smooth.shape[2]
        bins = _BINS.get(channels, _BINS_OF_MANY)
        values = np.rint(np.clip((smooth - low) / np.maximum(high - low, 1), 0, 1) * (bins - 1)).astype(np.intp)
        return cls(np.ravel_multi_index(tuple(np.moveaxis(values, 2, 0)), (bins,) * channels), bins, channels)

    def density(self, part: NDArray[np.intp], share: Floats) -> Floats:
        """How much of the *share* of the pixels *part* has each colour, a little smoothed; sums to about 1."""
        counts = np.bincount(part.ravel(), share.ravel(), self.bins**self.channels)
        smooth = ndimage.gaussian_filter(counts.reshape((self.bins,) * self.channels), _BLUR.get(self.channels, 0.8))
        floor = _FLOOR / self.bins ** min(self.channels, 2)
        density: Floats = (smooth / max(smooth.sum(), _LEAST) + floor).astype(np.float32)
        return density.ravel()


def _at_most_three(values: Floats) -> Floats:
    """``(H, W, C)`` as it is, or its three principal components."""
    if values.shape[2] <= 3:
        return values
    rows = values.reshape(-1, values.shape[2])
    rows = rows - rows.mean(axis=0)
    _, axes = np.linalg.eigh(rows.T @ rows)
    return np.asarray((rows @ axes[:, -3:]).reshape(*values.shape[:2], 3), np.float32)


def together(
    scene: Scene,
    probabilities: Floats | None = None,
    *,
    softness: float = 0.12,
    colours: float = 0.6,
    weight: float = 12,
    reach: float = 0.15,
    contrast: float = 8,
) -> Work[tuple[NDArray[Any], Floats]]:
    """Labels and confidence of all boxes, as work that can be stopped between two groups of them.

    *softness* is the part of its radius over which an ellipse falls from likely to unlikely, *colours* the say of the
    colours beside the place, *weight* that of the CRF; *reach* times the side of a box is the standard deviation of its
    kernel in pixels, *contrast* that in colour (0..255 a channel). A network's *probabilities* ``(K, H, W)`` are
    multiplied with those of the place, which then is less sure.
    """
    if softness < _HARDEST or colours < 0:
        raise OptionError(f"filling boxes needs a softness of {_HARDEST} or more and colours of 0 or more")
    if probabilities is not None:
        softness *= _WIDER
    labels = np.full(scene.shape, BACKGROUND, np.int64)
    confidence = np.ones(scene.shape, np.float32)
    found = list(groups(scene))
    for number, group in enumerate(found):
        yield Progress(number / len(found), "filling boxes")
        lies = on_another(group)
        places = _places(group, in_front(group, lies), scene.shape, softness)
        places = _with_network(group, places, probabilities)
        shares = _shared_out(group, Palette.of(scene.image[group.around.slices]), places, colours)
        kinds, chances = _by_class(group, shares)
        # colours bleed where objects lie on each other: a short reach is all that helps
        kernel = (8.0, 0.03, 20.0) if lies.any() else (weight, reach, contrast)
        chances = _drawn_to_edges(scene.image[group.around.slices], chances, group.side, kernel)
        best = chances.argmax(axis=0)
        here, sure = labels[group.around.slices], confidence[group.around.slices]
        owned = best > 0
        here[owned] = kinds[best[owned]]
        ground = here == BACKGROUND
        sure[owned] = chances.max(axis=0)[owned]
        sure[ground] = np.minimum(sure, chances[0])[ground]
    return labels, confidence


def groups(scene: Scene) -> Iterator[Group]:
    """The groups of overlapping boxes."""
    corners = np.array([(box.y0, box.x0, box.y1, box.x1) for box in scene.boxes], np.int64).reshape(-1, 4)
    pending = np.arange(len(corners))
    whole = Region.of(scene.shape)
    while len(pending):
        members: list[int] = []
        queue, pending = [int(pending[0])], pending[1:]
        while queue:
            members.append(queue.pop())
            y0, x0, y1, x1 = corners[members[-1]]
            others = corners[pending]
            met = (others[:, 0] < y1) & (others[:, 2] > y0) & (others[:, 1] < x1) & (others[:, 3] > x0)
            queue += pending[met].tolist()
            pending = pending[~met]
        members.sort()
        boxes = tuple(scene.boxes[k] for k in members)
        margin = max(2, round(_MARGIN * max(max(box.shape) for box in boxes)))
        hull = Region(
            min(b.y0 for b in boxes), min(b.x0 for b in boxes), max(b.y1 for b in boxes), max(b.x1 for b in boxes)
        )
        yield Group(hull.grown(margin) & whole, boxes, tuple(scene.classes[k] for k in members))


def on_another(group: Group) -> NDArray[np.bool_]:
    """``(N, N)``: whether object *j* lies on object *k* of another class, as a heart's chamber in its wall."""
    found = np.zeros((len(group.boxes), len(group.boxes)), np.bool_)
    for k, box in enumerate(group.boxes):
        for j in range(k + 1, len(group.boxes)):  # never larger
            other = group.boxes[j]
            common = box & other
            found[k, j] = (
                group.classes[k] != group.classes[j]
                and not common.empty
                and common.area >= _INSIDE * other.area
                and other.area >= _COVERS * box.area
            )
    return found


def in_front(group: Group, lies: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """``(N, N)``: whether object *j* hides object *k* where both could be.

    What lies on an object hides it. Objects that belong together so hide the others, which are bent around them; and
    among the rest the small ones hide the large.
    """
    joined: NDArray[np.bool_] = np.logical_or.reduce([lies.any(axis=0), lies.any(axis=1)])
    front = np.zeros_like(lies)
    for k in range(len(group.boxes)):
        for j in range(len(group.boxes)):
            if lies[k, j] or lies[j, k] or j == k:
                front[k, j] = lies[k, j]
            elif joined[j] != joined[k]:
                front[k, j] = joined[j]
            else:
                front[k, j] = j > k
    return front


def _places(group: Group, front: NDArray[np.bool_], image: tuple[int, int], softness: float) -> list[Floats]:
    """How likely each pixel of a box shows its object, ``(h, w)``, and last the ground ``(H, W)``, by place alone."""
    whole = [_ellipse(box, image, softness) for box in group.boxes]
    seen = []
    for k, box in enumerate(group.boxes):
        chance = whole[k].copy()
        for j in np.flatnonzero(front[k]):
            common = box & group.boxes[j]
            if not common.empty:
                behind = chance[common.shifted(-box.y0, -box.x0).slices]
                behind *= 1 - whole[j][common.shifted(-group.boxes[j].y0, -group.boxes[j].x0).slices]
        seen.append(chance)
    ground = np.ones(group.around.shape, np.float32)
    for where, chance in zip(group.inner, seen, strict=True):
        ground[where] *= 1 - chance
    return [*seen, ground]


def _with_network(group: Group, places: Sequence[Floats], probabilities: Floats | None) -> list[Floats]:
    """The chances by place and by what a network says of the classes."""
    if probabilities is None:
        return list(places)
    regions, classes = [*group.boxes, group.around], [*group.classes, BACKGROUND]
    return [
        chance * np.maximum(probabilities[(label, *region.slices)], np.float32(_DOUBT))
        for chance, region, label in zip(places, regions, classes, strict=True)
    ]


def _ellipse(box: Region, image: tuple[int, int], softness: float) -> Floats:
    """The ellipse in *box*; where the image cuts it off, the part of a larger one."""
    height, width = box.shape
    top, left = (round(_OPEN * height) if box.y0 <= 0 else 0), (round(_OPEN * width) if box.x0 <= 0 else 0)
    bottom = round(_OPEN * height) if box.y1 >= image[0] else 0
    right = round(_OPEN * width) if box.x1 >= image[1] else 0
    return ellipse((height + top + bottom, width + left + right), softness)[top : top + height, left : left + width]


def _shared_out(group: Group, palette: Palette, places: Sequence[Floats], say: float) -> list[Floats]:
    """Each object's share of the pixels of its box, ``(h, w)``, and last the ground's of the crop ``(H, W)``.

    *places* are the chances by place alone, in the same order.
    """
    parts = [palette.number[where] for where in group.inner] + [palette.number]
    shares = _normalised(places, group.inner)
    for _ in range(_TURNS if say else 0):
        beliefs = [
            (chance + np.float32(_LEAST)) * palette.density(part, share)[part] ** np.float32(say)
            for chance, part, share in zip(places, parts, shares, strict=True)
        ]
        shares = _normalised(beliefs, group.inner)
    return shares


def _normalised(beliefs: Sequence[Floats], inner: Sequence[tuple[slice, slice]]) -> list[Floats]:
    """Beliefs whose sum at every pixel is 1."""
    total = beliefs[-1].copy()
    for where, belief in zip(inner, beliefs, strict=False):
        total[where] += belief
    everywhere = slice(None), slice(None)
    return [belief / total[where] for where, belief in zip([*inner, everywhere], beliefs, strict=True)]


def _by_class(group: Group, shares: Sequence[Floats]) -> tuple[NDArray[np.int64], Floats]:
    """The classes of the group, background first, and their shares ``(K, H, W)``."""
    kinds = np.array([BACKGROUND, *sorted(set(group.classes) - {BACKGROUND})], np.int64)
    chances = np.zeros((len(kinds), *group.around.shape), np.float32)
    chances[0] = shares[-1]
    for where, label, share in zip(group.inner, group.classes, shares, strict=False):
        chances[(int(np.flatnonzero(kinds == label)[0]), *where)] += share
    return kinds, chances


def _drawn_to_edges(crop: NDArray[Any], chances: Floats, side: float, kernel: tuple[float, float, float]) -> Floats:
    """The shares ``(K, H, W)`` after the CRF, in tiles where the crop is large."""
    weight, reach, contrast = kernel
    bilateral = weight, max(1.0, reach * side), contrast
    whole = Region.of((crop.shape[0], crop.shape[1]))
    out = np.empty_like(chances)
    for y in range(0, whole.height, _TILE):
        for x in range(0, whole.width, _TILE):
            core = Region(y, x, y + _TILE, x + _TILE) & whole
            seen = core.grown(_SEAM) & whole
            drawn = mean_field(
                crop[seen.slices], chances[(slice(None), *seen.slices)], iterations=5, bilateral=bilateral
            )
            out[(slice(None), *core.slices)] = drawn[(slice(None), *core.shifted(-seen.y0, -seen.x0).slices)]
    return out
