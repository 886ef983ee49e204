"""How well a segmentation agrees with the truth: counts over a data set, boundaries, and distances of surfaces.

Scores are ratios in [0, 1]. What cannot be judged, because the class is neither predicted nor there, is ``nan`` and is
left out of every mean.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from segstudio.core.errors import AnnotationError
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
    numerator, denominator = np.asarray(part, np.float64), np.asarray(whole, np.float64)
    return np.asarray(np.divide(numerator, denominator, out=np.full_like(denominator, np.nan), where=denominator != 0))
