"""Targets of weakly supervised training by expectation maximisation, and Bbox-Seg (Papandreou et al., ICCV 2015).

The E-step guesses the labels of an image from what a network says of it and what a person has said: classes that the
image shows, or boxes. The M-step, a step of training on the guess, is not here.

*EM-Fixed* (section 3.2) adds a constant to the scores of the classes that are there, more to foreground than to
background, so that networks do not fall back to background alone. *EM-Adapt* adds what makes each of them cover a given
share of the image. *Bbox-EM-Fixed* (section 3.3) adds inside the class's boxes only. Classes that are not there never
win; the published program sets their scores below the present ones in EM-Adapt, and here all do.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segstudio.algorithms.boxes.scene import BACKGROUND, Floats, Scene
from segstudio.algorithms.dense_crf import mean_field
from segstudio.core.errors import AnnotationError, OptionError
from segstudio.core.geometry import Region
from segstudio.core.labels import UNLABELLED

Labels = NDArray[np.intp]

_LEAST = 1e-5
_SMALLEST_AREA, _SMALLEST_SIDE = 121, 10
"""Boxes below this have no centre that can be told from their border."""
_CENTRE = 0.25
"""Boxes are worn down until their centre is less than this share of them."""


def em_fixed(
    scores: NDArray[Any], present: Collection[int], *, foreground: float = 5.0, background: float = 3.0
) -> Labels:
    """Labels ``(H, W)`` from a network's *scores* ``(K, H, W)`` (logits, or log-probabilities: a shift is no matter).

    *present*: rows of the classes that the image shows; row 0, the background, is always among them. *foreground* and
    *background* are the constants added; the defaults are the paper's.

    Raises :class:`AnnotationError` for scores that are not finite or classes that have no row.
    """
    values, rows = _present(scores, present)
    lift = np.where(rows == BACKGROUND, background, foreground)
    return np.asarray(rows[(values[rows] + lift[:, None, None]).argmax(0)])


def em_adapt(
    scores: NDArray[Any], present: Collection[int], *, foreground: float = 0.2, background: float = 0.4
) -> Labels:
    """As :func:`em_fixed`, each class raised until it is the best on a given share of the pixels, the background first.

    A class raised later may take pixels from one raised before it, so that shares are met in part.
    """
    for name, share in (("foreground", foreground), ("background", background)):
        if not 0 <= share <= 1:
            raise OptionError(f"the share of the {name} lies in 0..1, not {share}")
    values, rows = _present(scores, present)
    kept = values[rows].astype(np.float64)
    for place, row in enumerate(rows):
        share = background if row == BACKGROUND else foreground
        behind = kept.max(0) - kept[place]
        # so many pixels become its own: it is raised by what the least clear of them lacks
        wanted = round(share * behind.size)
        if wanted and (lift := np.partition(behind, wanted - 1, axis=None)[wanted - 1]) > 0:
            kept[place] += lift * (1 + 1e-9) + 1e-9
    return np.asarray(rows[kept.argmax(0)])


def bbox_em_fixed(
    scores: NDArray[Any], rectangles: NDArray[np.integer], *, foreground: float = 2.0, background: float = 1.0
) -> Labels:
    """Labels ``(H, W)`` from *scores* ``(K, H, W)`` inside boxes.

    *rectangles* ``(H, W)`` is Bbox-Rect's map: the class (a row of *scores*) of the smallest box at each pixel, 0
    outside all boxes, 255 where nothing is known. A pixel in a box is its class or background, whichever has the higher
    score with the constants added; outside it is background; where nothing is known it stays 255.

    Raises :class:`AnnotationError` for scores that are not finite or a box's class without a row.
    """
    inside = np.asarray(rectangles)
    known = inside != UNLABELLED
    values, _ = _present(scores, np.unique(inside[known]))
    if inside.shape != values.shape[1:]:
        raise AnnotationError(f"boxes on {inside.shape} pixels do not fit scores of {values.shape[1:]}")
    own = np.where(known, inside, BACKGROUND).astype(np.intp)
    boxed = np.take_along_axis(values, own[None], 0)[0]
    foreground_wins = (own != BACKGROUND) & (boxed + foreground > values[BACKGROUND] + background)
    labels = np.where(foreground_wins, own, BACKGROUND)
    return np.where(known, labels, UNLABELLED)


def _present(scores: NDArray[Any], present: Collection[int] | NDArray[Any]) -> tuple[NDArray[Any], Labels]:
    values = np.asarray(scores)
    if values.ndim != 3 or values.dtype.kind != "f" or not np.isfinite(values).all():
        raise AnnotationError("scores are finite numbers of shape (K, H, W)")
    rows = np.union1d([BACKGROUND], np.array([int(k) for k in present], np.intp)).astype(np.intp)
    if rows[0] < 0 or rows[-1] >= len(values):
        bad = rows[0] if rows[0] < 0 else rows[-1]
        raise AnnotationError(f"class {bad} has no row in scores of {len(values)} classes")
    return values, rows


def boxed_by_network(
    scene: Scene, probabilities: Floats | None = None, *, foreground: float = 2.0, background: float = 1.0
) -> tuple[NDArray[Any], Floats]:
    """Bbox-EM-Fixed's E-step as a way to fill boxes: needs a network's *probabilities* ``(K, H, W)``.

    Confidence is the chosen label's share against its rival, with the constants added.
    """
    assert probabilities is not None
    rectangles = np.zeros(scene.shape, np.intp)
    for region, label in zip(scene.boxes, scene.classes, strict=True):
        rectangles[region.slices] = label
    scores = np.log(np.maximum(probabilities, _LEAST))
    labels = bbox_em_fixed(scores, rectangles, foreground=foreground, background=background)
    lead = np.take_along_axis(scores, rectangles[None], 0)[0] + foreground - scores[BACKGROUND] - background
    sure = np.where(rectangles == BACKGROUND, 1.0, 1 / (1 + np.exp(-np.abs(lead))))
    return labels.astype(np.int64), sure.astype(np.float32)


def segmented(
    scene: Scene,
    probabilities: Floats | None = None,
    *,
    centre: float = 0.75,
    bilateral: tuple[float, float, float] = (45, 37, 3),
    gaussian: tuple[float, float] = (15, 3),
    iterations: int = 10,
) -> tuple[NDArray[Any], Floats]:
    """Bbox-Seg: one CRF over the picture whose unary says background outside boxes, and object at their centres.

    The centre is the box worn down to a quarter; there a pixel is object with probability *centre* (1 is the hard
    constraint), in the rest of the box with 1/2; where boxes overlap the mean counts. Defaults are those of the
    published program. Beyond its boxes a class is nowhere.
    """
    del probabilities
    if not 0.5 <= centre <= 1:
        raise OptionError(f"centre is a probability between 0.5 and 1, not {centre}")
    classes = np.unique(np.array([c for c in scene.classes if c != BACKGROUND], np.int64))
    unary = np.zeros((1 + len(classes), *scene.shape), np.float32)
    boxes_at = np.zeros(scene.shape, np.float32)
    allowed = np.zeros(unary.shape, np.bool_)
    allowed[0] = True
    for region, label in zip(scene.boxes, scene.classes, strict=True):
        row = 0 if label == BACKGROUND else 1 + int(np.searchsorted(classes, label))
        likely = np.full(region.shape, 0.5, np.float32)
        likely[worn_down(region.shape).slices] = centre
        unary[row][region.slices] += likely
        unary[0][region.slices] += 1 - likely
        boxes_at[region.slices] += 1
        allowed[row][region.slices] = True
    unary = np.where(
        boxes_at > 0, unary / np.maximum(boxes_at, 1), allowed * (np.arange(len(unary)) == 0)[:, None, None]
    )
    if not len(classes):
        return np.full(scene.shape, BACKGROUND, np.int64), np.ones(scene.shape, np.float32)
    found = mean_field(scene.image, unary, iterations=iterations, bilateral=bilateral, gaussian=gaussian)
    marginals = np.where(allowed, found, 0)
    marginals /= np.maximum(marginals.sum(0), 1e-12)
    best = marginals.argmax(0)
    confidence = np.take_along_axis(marginals, best[None], 0)[0]
    return np.append(BACKGROUND, classes)[best], confidence.astype(np.float32)


def worn_down(shape: tuple[int, int]) -> Region:
    """The centre of a box of *shape*: a pixel off every side until less than a quarter is left; small boxes whole."""
    height, width = shape
    if height * width < _SMALLEST_AREA or min(shape) < _SMALLEST_SIDE:
        return Region(0, 0, height, width)
    rim = 0
    while (height - 2 * rim) * (width - 2 * rim) >= _CENTRE * height * width and min(shape) - 2 * (rim + 1) > 0:
        rim += 1
    return Region(rim, rim, height - rim, width - rim)
