"""How well a segmentation agrees with the truth: counts over a data set, boundaries, and distances of surfaces.

Scores are ratios in [0, 1]. What cannot be judged, because the class is neither predicted nor there, is ``nan`` and is
left out of every mean.

The functions on boundaries and surfaces take two masks of one shape (what is not 0 is foreground) and return a float;
with *num_classes* they take maps of class ids, leave pixels of *ignore_index* in the target out, and return one value a
class, ``(K,)``, nan for a class absent from both.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import ndimage

from segstudio.core.errors import AnnotationError, OptionError
from segstudio.core.labels import UNLABELLED

Floats = NDArray[np.float64]


def confusion(
    prediction: ArrayLike,
    target: ArrayLike,
    num_classes: int,
    ignore_index: int = UNLABELLED,
    *,
    unlabelled_as: int | None = None,
) -> NDArray[np.int64]:
    """Count pixels by true class (rows) and predicted class (columns): ``(K, K)`` int64. Add those of more images.

    *prediction* and *target* are integer arrays of one shape. Pixels whose target is *ignore_index* do not count. Where
    the target is a class the prediction must be one too; *unlabelled_as* is the class that stands in where it is
    *ignore_index*. Raises :class:`AnnotationError` for arrays of different shapes and ids outside ``0..K-1``.
    """
    predicted, true = np.asarray(prediction), np.asarray(target)
    if predicted.shape != true.shape:
        raise AnnotationError(f"the prediction is of shape {predicted.shape} and the target of {true.shape}")
    valid = true != ignore_index
    predicted, true = predicted[valid].astype(np.int64), true[valid].astype(np.int64)
    if unlabelled_as is not None:
        predicted[predicted == ignore_index] = unlabelled_as
    for what, ids in (("prediction", predicted), ("target", true)):
        wrong = (ids < 0) | (ids >= num_classes)
        if wrong.any():
            raise AnnotationError(f"the {what} holds {ids[wrong][0]}, which is none of the {num_classes} classes")
    counts = np.bincount(true * num_classes + predicted, minlength=num_classes**2)
    return counts.reshape(num_classes, num_classes).astype(np.int64)


@dataclass(frozen=True, eq=False)
class Scores:
    """What a confusion matrix tells, per class ``(K,)`` and as means over the classes that are not ``nan``."""

    tp: NDArray[np.int64]
    fp: NDArray[np.int64]
    fn: NDArray[np.int64]
    tn: NDArray[np.int64]

    @property
    def iou(self) -> Floats:
        """TP / (TP + FP + FN); nan for a class absent from both."""
        return _ratio(self.tp, self.tp + self.fp + self.fn)

    @property
    def dice(self) -> Floats:
        """2 TP / (2 TP + FP + FN), which is F1; nan for a class absent from both."""
        return _ratio(2 * self.tp, 2 * self.tp + self.fp + self.fn)

    @property
    def recall(self) -> Floats:
        """TP / (TP + FN): the true positive rate, the class accuracy; nan for a class absent from the target."""
        return _ratio(self.tp, self.tp + self.fn)

    @property
    def precision(self) -> Floats:
        """TP / (TP + FP); nan for a class that is never predicted."""
        return _ratio(self.tp, self.tp + self.fp)

    @property
    def specificity(self) -> Floats:
        """TN / (TN + FP), the true negative rate."""
        return _ratio(self.tn, self.tn + self.fp)

    @property
    def fpr(self) -> Floats:
        """FP / (FP + TN), the false positive rate."""
        return _ratio(self.fp, self.fp + self.tn)

    @property
    def fnr(self) -> Floats:
        """FN / (FN + TP), the false negative rate."""
        return _ratio(self.fn, self.fn + self.tp)

    @property
    def class_accuracy(self) -> Floats:
        """The share of each class's pixels that are found: its recall."""
        return self.recall

    @property
    def miou(self) -> float:
        """The mean of :attr:`iou`."""
        return nanmean(self.iou)

    @property
    def mean_dice(self) -> float:
        """The mean of :attr:`dice`."""
        return nanmean(self.dice)

    @property
    def mean_accuracy(self) -> float:
        """The mean of :attr:`class_accuracy`."""
        return nanmean(self.recall)

    @property
    def pixel_accuracy(self) -> float:
        """The share of all pixels that are right."""
        return float(_ratio(self.tp.sum(), (self.tp + self.fn).sum()))

    @property
    def fwiou(self) -> float:
        """IoU weighted by how often each class is in the target."""
        frequency = _ratio(self.tp + self.fn, (self.tp + self.fn).sum())
        return math.nan if np.isnan(frequency).all() else float(np.nansum(frequency * self.iou))


def scores(matrix: ArrayLike) -> Scores:
    """The scores of a confusion matrix ``(K, K)`` as :func:`confusion` counts it, rows true, columns predicted."""
    counts = np.asarray(matrix, np.int64)
    if counts.ndim != 2 or counts.shape[0] != counts.shape[1]:
        raise AnnotationError(f"a confusion matrix is square, not of shape {counts.shape}")
    tp = np.diag(counts)
    fp, fn = counts.sum(0) - tp, counts.sum(1) - tp
    return Scores(tp, fp, fn, counts.sum() - tp - fp - fn)


def nanmean(values: ArrayLike) -> float:
    """The mean of what is not nan; nan where nothing is left."""
    array = np.asarray(values, np.float64)
    known = array[~np.isnan(array)]
    return float(known.mean()) if known.size else math.nan


def _ratio(part: ArrayLike, whole: ArrayLike) -> Floats:
    """*part* / *whole*, nan where the whole is 0."""
    numerator, denominator = np.broadcast_arrays(np.asarray(part, np.float64), np.asarray(whole, np.float64))
    ratio = np.divide(numerator, denominator, out=np.full(denominator.shape, np.nan), where=denominator != 0)
    return np.asarray(ratio, np.float64)


Binary = Callable[[NDArray[np.bool_], NDArray[np.bool_]], float]


def boundary_iou(
    prediction: ArrayLike,
    target: ArrayLike,
    *,
    width: float = 0.02,
    num_classes: int | None = None,
    ignore_index: int = UNLABELLED,
) -> float | Floats:
    """IoU of the inner bands along both boundaries (Cheng et al., Boundary IoU, CVPR 2021, equation 2).

    *width* is the band's width as a share of the image diagonal, rounded to pixels, at least 1. Two empty masks: nan.
    """

    def of(predicted: NDArray[np.bool_], true: NDArray[np.bool_]) -> float:
        pixels = max(1, round(width * math.hypot(*predicted.shape)))
        bands = _inner_band(predicted, pixels), _inner_band(true, pixels)
        return float(_ratio((bands[0] & bands[1]).sum(), (bands[0] | bands[1]).sum()))

    return _per_class(of, prediction, target, num_classes, ignore_index)


def boundary_f1(
    prediction: ArrayLike,
    target: ArrayLike,
    *,
    tolerance: float = 0.008,
    num_classes: int | None = None,
    ignore_index: int = UNLABELLED,
) -> float | Floats:
    """F1 of the boundary pixels that lie within *tolerance* of the other boundary (Perazzi et al., DAVIS, CVPR 2016).

    *tolerance* is in pixels from 1 on; below, a share of the image diagonal, rounded up to pixels. Images ``(H, W)``
    only. Two masks without a boundary agree: 1. One of them without: 0.
    """

    def of(predicted: NDArray[np.bool_], true: NDArray[np.bool_]) -> float:
        if predicted.ndim != 2:
            raise AnnotationError(f"the boundary F1 is one of images (H, W), not of shape {predicted.shape}")
        reach = tolerance if tolerance >= 1 else math.ceil(tolerance * math.hypot(*predicted.shape))
        edges = _contour(predicted), _contour(true)
        if not (edges[0].any() and edges[1].any()):
            return float(edges[0].any() == edges[1].any())
        precision = _share_within(edges[0], edges[1], reach)
        recall = _share_within(edges[1], edges[0], reach)
        return 2 * precision * recall / (precision + recall) if precision + recall else 0.0

    return _per_class(of, prediction, target, num_classes, ignore_index)


def hausdorff(
    prediction: ArrayLike,
    target: ArrayLike,
    *,
    spacing: float | Sequence[float] | None = None,
    num_classes: int | None = None,
    ignore_index: int = UNLABELLED,
) -> float | Floats:
    """The largest distance from a point of one surface to the other, in pixels, or in the unit of *spacing*.

    A surface is the foreground pixels that have background, or the border of the array, as a direct neighbour. Arrays
    of any dimension; *spacing* is the size of a pixel, one value or one an axis. Two empty masks: nan, for there is
    nothing to measure; one empty mask: infinite.
    """
    return hausdorff_percentile(
        prediction, target, 100, spacing=spacing, num_classes=num_classes, ignore_index=ignore_index
    )


def hd95(
    prediction: ArrayLike,
    target: ArrayLike,
    *,
    spacing: float | Sequence[float] | None = None,
    num_classes: int | None = None,
    ignore_index: int = UNLABELLED,
) -> float | Floats:
    """:func:`hausdorff` at the 95th percentile of each direction's distances, the larger of the two."""
    return hausdorff_percentile(
        prediction, target, 95, spacing=spacing, num_classes=num_classes, ignore_index=ignore_index
    )


def hausdorff_percentile(
    prediction: ArrayLike,
    target: ArrayLike,
    percentile: float,
    *,
    spacing: float | Sequence[float] | None = None,
    num_classes: int | None = None,
    ignore_index: int = UNLABELLED,
) -> float | Floats:
    """The larger of the two directions' *percentile* (0..100, interpolated linearly) of distances between surfaces."""

    def of(predicted: NDArray[np.bool_], true: NDArray[np.bool_]) -> float:
        there, back = _surface_distances(predicted, true, spacing)
        return _judged(there, back, lambda: max(np.percentile(there, percentile), np.percentile(back, percentile)))

    return _per_class(of, prediction, target, num_classes, ignore_index)


def surface_distance(
    prediction: ArrayLike,
    target: ArrayLike,
    *,
    spacing: float | Sequence[float] | None = None,
    num_classes: int | None = None,
    ignore_index: int = UNLABELLED,
) -> float | Floats:
    """The mean distance of the surfaces, over the points of both (average symmetric surface distance).

    *spacing* and empty masks as in :func:`hausdorff`.
    """

    def of(predicted: NDArray[np.bool_], true: NDArray[np.bool_]) -> float:
        there, back = _surface_distances(predicted, true, spacing)
        return _judged(there, back, lambda: np.concatenate([there, back]).mean())

    return _per_class(of, prediction, target, num_classes, ignore_index)


def _judged(there: Floats, back: Floats, measure: Callable[[], float]) -> float:
    """*measure*, unless a surface is empty."""
    if there.size and back.size:
        return float(measure())
    return math.nan if there.size == back.size else math.inf


def _per_class(
    of: Binary, prediction: ArrayLike, target: ArrayLike, num_classes: int | None, ignore_index: int
) -> float | Floats:
    predicted, true = np.asarray(prediction), np.asarray(target)
    if predicted.shape != true.shape:
        raise AnnotationError(f"the prediction is of shape {predicted.shape} and the target of {true.shape}")
    if num_classes is None:
        return of(predicted != 0, true != 0)
    valid = true != ignore_index
    values = np.full(num_classes, np.nan)
    for k in range(num_classes):
        masks = (predicted == k) & valid, true == k
        if masks[0].any() or masks[1].any():
            values[k] = of(*masks)
    return values


def _inner_band(mask: NDArray[np.bool_], pixels: int) -> NDArray[np.bool_]:
    """The foreground within *pixels* steps (diagonal ones too) of background or of the array's border."""
    core = mask.astype(np.uint8)
    for axis in range(mask.ndim):
        core = ndimage.minimum_filter1d(core, 2 * pixels + 1, axis, mode="constant", cval=0)
    return np.asarray(mask & (core == 0))


def _contour(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Pixels that differ from the one to their right, below, or right below."""
    edges = np.zeros_like(mask)
    edges[:, :-1] |= mask[:, :-1] != mask[:, 1:]
    edges[:-1] |= mask[:-1] != mask[1:]
    edges[:-1, :-1] |= mask[:-1, :-1] != mask[1:, 1:]
    return edges


def _share_within(points: NDArray[np.bool_], others: NDArray[np.bool_], reach: float) -> float:
    """The share of *points* that lie no farther than *reach* from one of *others*."""
    return float((ndimage.distance_transform_edt(~others)[points] <= reach).mean())


def _surface_distances(
    predicted: NDArray[np.bool_], true: NDArray[np.bool_], spacing: float | Sequence[float] | None
) -> tuple[Floats, Floats]:
    """From each point of the predicted surface to the true one, and back; empty where a mask is."""
    step = np.broadcast_to(np.asarray(1.0 if spacing is None else spacing, np.float64), (predicted.ndim,))
    if not (step > 0).all():
        raise OptionError(f"the spacing of pixels must be above 0, not {spacing}")
    either = predicted | true
    if not either.any():
        return np.empty(0), np.empty(0)
    # nothing outside of both masks matters, and most of a volume is outside
    box = ndimage.find_objects(either.astype(np.uint8))[0]
    surfaces = [_surface(mask[box]) for mask in (predicted, true)]
    return _distances(surfaces[0], surfaces[1], step), _distances(surfaces[1], surfaces[0], step)


def _surface(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    return np.asarray(mask & ~ndimage.binary_erosion(mask))


def _distances(points: NDArray[np.bool_], others: NDArray[np.bool_], step: Floats) -> Floats:
    """From each of *points* to the nearest of *others*; infinite where there is none."""
    if not others.any():
        return np.full(int(points.sum()), np.inf)
    return np.asarray(ndimage.distance_transform_edt(~others, sampling=step)[points], np.float64)
