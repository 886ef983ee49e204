"""What the strokes of other images say of the pieces of one: the looks and places of the classes all over a set.

The strokes of one image show a class where somebody drew it; those of a hundred show how it looks in any light and
where in a picture it lies. Pieces under strokes and masks are described without a word on the image's own strokes
(:func:`described`), and a :mod:`forest` learns to tell their classes apart. For an image whose own strokes took no part
its word is one more cue of ``auto``, heard as far as it is right on those very strokes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from segstudio.algorithms import pictures
from segstudio.algorithms.scribbles import cues, forest
from segstudio.algorithms.scribbles.forest import Forest
from segstudio.algorithms.scribbles.scene import Scene
from segstudio.algorithms.scribbles.strokes import Strokes, read
from segstudio.core.progress import Work

Floats = NDArray[np.float32]

MOST_ROWS = 12_000
"""More pieces than these are thinned out before anything is learned from them."""
PIECES_OF_A_CLASS = 96
"""Pieces of one class that an image may bring: a mask must not outweigh a hundred strokes."""
FEWEST_IMAGES = 2
"""Images with strokes of two classes from which on there is something to learn."""
_BLURS = (1.5, 3.0, 6.0, 12.0, 24.0)  # working pixels
_FROM_HERE_ON = 3.0  # blurs from which on the four sides are looked at, twice the blur away
_SIDES = ((-1, 0), (1, 0), (0, -1), (0, 1))
_MANY = 8  # images whose word counts half as much as that of any number of them
_UNSURE = 0.02  # added to every class, so that no count of trees says never


@dataclass(frozen=True)
class Lesson:
    """The marked pieces of one image: *rows* ``(n, F)`` as :func:`described`, *classes* ``(n,)`` their class ids."""

    rows: Floats
    classes: NDArray[np.int64]


@dataclass(frozen=True)
class Experience:
    """A forest over *classes*, ascending class ids, that was learned from *images*."""

    forest: Forest
    classes: NDArray[np.int64]
    features: int
    images: int

    @property
    def weight(self) -> float:
        """How much it may count, 0 to 1: a few images show by far not all that a class can look like."""
        return self.images / (self.images + _MANY)

    def share(self, scene: Scene, strokes: Strokes) -> Floats | None:
        """What the other images say of the pieces of *scene*: ``(N, L)`` over the drawn classes, each row summing to 1.

        A drawn class that no other image shows gets its even part. ``None`` where fewer than two are known, and for
        images of other channels.
        """
        known = np.flatnonzero(np.isin(strokes.classes, self.classes))
        rows = described(scene)
        if len(known) < 2 or rows.shape[1] != self.features:
            return None
        places = np.searchsorted(self.classes, strokes.classes[known])
        told = self.forest.probabilities(rows)[:, places] + np.float32(_UNSURE)
        out = np.full((scene.count, strokes.count), 1 / strokes.count, np.float32)
        out[:, known] = told / told.sum(axis=1, keepdims=True) * np.float32(len(known) / strokes.count)
        return out


def lesson(image: NDArray[Any], seeds: NDArray[Any], *, scene: Scene | None = None) -> Lesson | None:
    """What *image* teaches by the strokes, or the mask, *seeds* ``(H, W)``: class ids, 255 where nothing is known.

    ``None`` where fewer than two classes are drawn. Raises :class:`AnnotationError` where the two do not fit together.
    """
    picture = pictures.checked(image)
    if (np.asarray(seeds) == seeds.flat[0]).all():
        return None
    strokes = read(seeds, picture.shape)
    if strokes.count < 2:
        return None
    scene = scene or Scene(picture)
    sources = cues.mark(scene, strokes).sources
    chosen = np.concatenate([_spread(np.flatnonzero(sources == k)) for k in range(strokes.count)])
    return Lesson(described(scene)[chosen], strokes.classes[sources[chosen]])


def _spread(pieces: NDArray[np.intp]) -> NDArray[np.intp]:
    """At most so many of *pieces*, from all over the image."""
    places = np.linspace(0, len(pieces) - 1, min(len(pieces), PIECES_OF_A_CLASS))
    return pieces[np.rint(places).astype(np.intp)]


def learn(lessons: Sequence[Lesson | None], *, seed: int = 0) -> Work[Experience | None]:
    """One experience of many *lessons*; ``None`` where too few images teach anything.

    Images of the most frequent number of channels are learned from. Bounded by :data:`MOST_ROWS`, and the same for the
    same *seed*.
    """
    useful = [one for one in lessons if one is not None]
    if useful:
        widths = [one.rows.shape[1] for one in useful]
        usual = max(set(widths), key=lambda width: (widths.count(width), -width))
        useful = [one for one in useful if one.rows.shape[1] == usual]
    if len(useful) < FEWEST_IMAGES:
        return None
    rows = np.concatenate([one.rows for one in useful])
    ids = np.concatenate([one.classes for one in useful])
    if len(rows) > MOST_ROWS:
        kept = np.sort(np.random.default_rng(seed).choice(len(rows), MOST_ROWS, replace=False))
        rows, ids = rows[kept], ids[kept]
    classes, owner = np.unique(ids, return_inverse=True)
    grown = yield from forest.grow(rows, owner.astype(np.int32), len(classes), seed=seed)
    return Experience(grown, classes, rows.shape[1], len(useful))


def described(scene: Scene) -> Floats:
    """``(N, F)``: colour, its rank and contrast, texture, the neighbourhood on all sides at several sizes, the place.

    Colours come as they are and against the image's own mean and spread, so that light and exposure matter less.
    """
    lab = scene.lab
    flat = lab.reshape(-1, lab.shape[2])
    mean, spread = flat.mean(axis=0), flat.std(axis=0) + np.float32(1e-3)
    even = np.ascontiguousarray((lab - mean) / spread, np.float32)
    columns = [scene.colour, (scene.colour - mean) / spread, _ranks(scene)]
    for sigma in _BLURS:
        blurred = np.atleast_3d(np.asarray(cv2.GaussianBlur(even, (0, 0), sigma), np.float32))
        square = np.atleast_3d(cv2.GaussianBlur(even * even, (0, 0), sigma))
        contrast = np.sqrt(np.maximum(square - blurred * blurred, 0).sum(axis=2))
        columns += [scene.mean(blurred), scene.mean(contrast)]
        if sigma >= _FROM_HERE_ON:
            columns.append(_sides(scene, blurred[:, :, 0], round(2 * sigma)))
    size = np.array(lab.shape[:2])
    columns += [scene.texture, scene.pieces.centroids / size]
    return np.column_stack(columns).astype(np.float32)


def _ranks(scene: Scene) -> Floats:
    """``(N,)`` the share of the image's pixels that are darker, which no change of exposure moves."""
    light = scene.lab[:, :, 0]
    values, place, count = np.unique(light, return_inverse=True, return_counts=True)
    darker = (np.cumsum(count) - count).astype(np.float32) / np.float32(light.size)
    return scene.mean(darker[place].reshape(light.shape)) if len(values) > 1 else np.zeros(scene.count, np.float32)


def _sides(scene: Scene, light: Floats, step: int) -> Floats:
    """``(N, 4)`` *light* above, below, left and right of the pieces, *step* pixels away."""
    h, w = light.shape
    around = np.pad(light, step, mode="edge")
    moved = [around[step * (1 + y) : step * (1 + y) + h, step * (1 + x) : step * (1 + x) + w] for y, x in _SIDES]
    return np.column_stack([scene.mean(part) for part in moved])
