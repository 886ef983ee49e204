"""Cleaning of label maps: opening, closing, smoothing, specks and holes, for every segment at once."""

from __future__ import annotations

import math
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from segstudio.core.errors import AnnotationError, OptionError
from segstudio.core.geometry import Region

Ids = TypeVar("Ids", bound=np.integer[Any])
Mask = NDArray[np.bool_]

UNLABELLED = 255

_ROUNDING = 1e-3
"""Distances come as float32 square roots of whole numbers; two different ones lie further apart than this."""


def clean(
    labels: NDArray[Ids],
    *,
    open: float = 0,  # noqa: A002  # the field's name for it
    close: float = 0,
    min_area: int = 0,
    max_hole: int = 0,
    smooth: float = 0,
    classes: Collection[int] | None = None,
    background: int | None = 0,
) -> NDArray[Ids]:
    """Clean a label map of class and instance ids; returns a new one of the same dtype.

    *Segments* are the ids in *labels*. 255 (unlabelled) and *background* are the *ground* the other segments lie on;
    ``background=None`` says that no class is background, so that 0 is a class like the others. The steps run in this
    order, each on the result of the one before, each off at 0:

    1. *open* (radius in pixels): a pixel of a segment that no disc of this radius inside the segment covers leaves it
       and takes the label of the nearest pixel of another segment. The image's border is no edge: a segment that
       reaches it is taken to go on.
    2. *close* (radius in pixels): ground that no disc of this radius reaches without touching the segment joins the
       segment. Where two segments would take a pixel, the one with the lower id does. Labelled pixels are never taken.
    3. *smooth* (radius in pixels): each pixel takes the label most frequent in the disc around it; of equals its own,
       else the lowest.
    4. *min_area* (pixels): an 8-connected piece of a segment with fewer pixels takes the label most frequent along its
       outline, which may be unlabelled (of equals the lowest); pieces of ground are none. A cluster of such
       pieces is filled from its outside inwards; a map of nothing but small pieces stays as it is.
    5. *max_hole* (pixels): a 4-connected piece of ground with at most so many pixels that lies inside one single
       segment and does not touch the image's border joins that segment.

    *classes* restricts what may change: the ids (instance ids too) that are cleaned. A changed pixel has left or joined
    one of them, and pixels of ids that are neither listed nor ground never change. By default every segment but the
    ground is cleaned. Listing the background cleans it like a class.

    :param labels: ``(H, W)`` integers: class ids 0..254, 255 unlabelled, instance ids from 256.
    :raises AnnotationError: *labels* is not a two-dimensional integer map.
    :raises OptionError: a radius or an area is negative or not finite.
    """
    result = _checked_map(labels).copy()
    _check_sizes(open=open, close=close, smooth=smooth, min_area=min_area, max_hole=max_hole)
    if result.size == 0:
        return result
    chosen = _Chosen.of(classes, background)
    if open > 0:
        _open(result, open, chosen)
    if close > 0:
        _close(result, close, chosen)
    if smooth > 0:
        _smooth(result, smooth, chosen)
    if min_area > 1:
        _remove_specks(result, min_area, chosen)
    if max_hole > 0:
        _fill_holes(result, max_hole, chosen)
    return result


@dataclass(frozen=True)
class _Chosen:
    """Which segments are ground and which are cleaned."""

    ground: frozenset[int]
    listed: frozenset[int] | None

    @classmethod
    def of(cls, classes: Collection[int] | None, background: int | None) -> _Chosen:
        ground = {UNLABELLED} if background is None else {UNLABELLED, background}
        if classes is None:
            return cls(frozenset(ground), None)
        listed = frozenset(int(c) for c in classes) - {UNLABELLED}
        return cls(frozenset(ground - listed), listed)

    def cleans(self, segment: int) -> bool:
        return segment not in self.ground if self.listed is None else segment in self.listed

    def ground_of(self, labels: NDArray[Any]) -> Mask:
        mask = np.zeros(labels.shape, np.bool_)
        for segment in self.ground:
            mask |= labels == segment
        return mask


def _checked_map(labels: NDArray[Ids]) -> NDArray[Ids]:
    array = np.asarray(labels)
    if array.ndim != 2 or array.dtype.kind not in "iu":
        raise AnnotationError(
            f"a label map has two dimensions and whole numbers, not shape {array.shape} of {array.dtype}"
        )
    if array.dtype.kind == "i" and array.size and array.min() < 0:
        raise AnnotationError(f"a label map holds no negative ids, but this one holds {array.min()}")
    return array


def _check_sizes(**sizes: float) -> None:
    for name, value in sizes.items():
        if not (math.isfinite(value) and value >= 0):
            raise OptionError(f"{name} is a size in pixels, zero or more, not {value}")


def _segments(labels: NDArray[Any]) -> list[tuple[int, Region]]:
    """Each id in *labels* with its bounding box, by ascending id."""
    if labels.dtype.itemsize <= 2:
        ids = np.flatnonzero(np.bincount(labels.ravel()))
        dense = np.zeros(int(ids[-1]) + 1, np.int32)
        dense[ids] = np.arange(1, ids.size + 1)
        index = dense[labels]
    else:
        ids, inverse = np.unique(labels, return_inverse=True)
        index = inverse.reshape(labels.shape).astype(np.int32) + 1
    boxes = ndimage.find_objects(index)
    return [
        (int(segment), Region(rows.start, columns.start, rows.stop, columns.stop))
        for segment, (rows, columns) in zip(ids, boxes, strict=True)
    ]


def _distance_to(sites: Mask) -> NDArray[np.float32]:
    """Distance of each pixel to the nearest pixel of *sites*, in pixels; infinite where there is none."""
    if not sites.any():
        return np.full(sites.shape, np.inf, np.float32)
    away = (~sites).view(np.uint8)
    return np.asarray(cv2.distanceTransform(away, cv2.DIST_L2, cv2.DIST_MASK_PRECISE), np.float32)


def opened(mask: Mask, radius: float) -> Mask:
    """The union of the discs of *radius* inside *mask*; what lies beyond the array counts as inside."""
    centres = _distance_to(~mask) > radius + _ROUNDING
    return _distance_to(centres) <= radius + _ROUNDING


def closed(mask: Mask, radius: float) -> Mask:
    """What no disc of *radius* outside *mask* reaches; what lies beyond the array counts as outside."""
    margin = math.ceil(radius) + 1
    padded = np.pad(mask, margin)
    outside = _distance_to(padded) > radius + _ROUNDING
    reached = _distance_to(outside) <= radius + _ROUNDING
    return ~reached[margin:-margin, margin:-margin]


def disc(radius: float) -> Mask:
    """The pixels whose centre lies within *radius* of the middle one's."""
    reach = math.floor(radius)
    y, x = np.ogrid[-reach : reach + 1, -reach : reach + 1]
    inside: Mask = y * y + x * x <= radius * radius
    return inside


def _open(labels: NDArray[Any], radius: float, chosen: _Chosen) -> None:
    whole = Region.of(labels.shape)
    void = np.zeros(labels.shape, np.bool_)
    losses: list[tuple[int, Region]] = []
    for segment, box in _segments(labels):
        if chosen.cleans(segment):
            crop = (box.grown(1) & whole).slices
            mask = labels[crop] == segment
            lost = mask & ~opened(mask, radius)
            if lost.any():
                void[crop] |= lost
                losses.append((segment, box))
    before = labels.copy()
    for segment, box in losses:
        crop = (box.grown(1) & whole).slices
        mask = before[crop] == segment
        sites = ~(mask | void[crop])
        if sites.any():
            lost = mask & void[crop]
            labels[crop][lost] = _nearest(before[crop], sites, lost)


def _nearest(labels: NDArray[Ids], sites: Mask, wanted: Mask) -> NDArray[Ids]:
    """The label of the nearest site, for each *wanted* pixel in row order."""
    away = (~sites).view(np.uint8)
    _, index = cv2.distanceTransformWithLabels(away, cv2.DIST_L2, cv2.DIST_MASK_5, labelType=cv2.DIST_LABEL_PIXEL)
    table: NDArray[Ids] = np.zeros(int(index.max()) + 1, labels.dtype)
    table[index[sites]] = labels[sites]
    nearest: NDArray[Ids] = table[np.asarray(index)[wanted]]
    return nearest


def _close(labels: NDArray[Any], radius: float, chosen: _Chosen) -> None:
    before = labels.copy()
    free = chosen.ground_of(labels)
    for segment, box in _segments(before):
        if chosen.cleans(segment):
            crop = box.slices  # a closing stays inside the convex hull
            joined = closed(before[crop] == segment, radius) & free[crop]
            labels[crop][joined] = segment
            free[crop] &= ~joined


def _smooth(labels: NDArray[Any], radius: float, chosen: _Chosen) -> None:
    kernel = disc(radius).astype(np.float32)
    reach = kernel.shape[0] // 2
    whole = Region.of(labels.shape)
    found = _segments(labels)
    before = labels.copy()
    most = np.zeros(labels.shape, np.float32)
    for segment, box in found:  # a pixel's own label wins ties, so its count comes first
        crop = box.slices
        mask = before[crop] == segment
        most[crop][mask] = _votes(mask, kernel)[mask]
    for segment, box in found:
        crop = (box.grown(reach) & whole).slices
        mask = before[crop] == segment
        votes = _votes(mask, kernel)
        wins = (votes > most[crop]) & ~mask & _may_become(before[crop], segment, chosen)
        labels[crop][wins] = segment
        most[crop][wins] = votes[wins]


def _votes(mask: Mask, kernel: NDArray[np.float32]) -> NDArray[np.float32]:
    counts = cv2.filter2D(mask.astype(np.float32), cv2.CV_32F, kernel, borderType=cv2.BORDER_CONSTANT)
    votes: NDArray[np.float32] = np.rint(counts)  # large kernels are applied by Fourier transform
    return votes


def _may_become(labels: NDArray[Any], segment: int, chosen: _Chosen) -> Mask:
    """Where a pixel may take *segment*: those of cleaned segments, and the ground if *segment* is cleaned."""
    ground = chosen.ground_of(labels)
    allowed = ~ground if chosen.listed is None else np.isin(labels, list(chosen.listed))
    return allowed | ground if chosen.cleans(segment) else allowed


def _remove_specks(labels: NDArray[Any], min_area: int, chosen: _Chosen) -> None:
    index = np.zeros(labels.shape, np.int32)
    count = 0
    for segment, box in _segments(labels):
        if chosen.cleans(segment):
            crop = box.slices
            mask = (labels[crop] == segment).view(np.uint8)
            pieces, components, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=8)
            small = np.flatnonzero(stats[1:, cv2.CC_STAT_AREA] < min_area) + 1
            number = np.zeros(pieces, np.int32)
            number[small] = np.arange(count + 1, count + 1 + small.size)
            count += small.size
            index[crop] += number[components]
    if count:
        _dissolve(labels, index, count)


def _dissolve(labels: NDArray[Any], index: NDArray[np.int32], count: int) -> None:
    """Give each speck the label most frequent along its outline, from the outside of a cluster inwards.

    *index* numbers the pixels of specks 1..*count*, 0 elsewhere; it is used up.
    """
    while count:
        pixels = np.flatnonzero(index)
        inner, outer = _outline(pixels, labels.shape)
        decided = index.flat[outer] == 0
        inner, outer = inner[decided], outer[decided]
        pairs, votes = np.unique(
            np.stack([index.flat[inner].astype(np.int64), labels.flat[outer].astype(np.int64)]),
            axis=1,
            return_counts=True,
        )
        if not votes.size:
            return
        order = np.lexsort((pairs[1], -votes, pairs[0]))
        pieces, first = np.unique(pairs[0][order], return_index=True)
        table = np.full(int(index.max()) + 1, -1, np.int64)
        table[pieces] = pairs[1][order][first]
        new = table[index.flat[pixels]]
        done = new >= 0
        labels.flat[pixels[done]] = new[done]
        index.flat[pixels[done]] = 0
        count -= pieces.size


def _outline(pixels: NDArray[np.int64], shape: tuple[int, int]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The pairs (pixel, 4-neighbour inside the array) of flat indices, for all *pixels*."""
    y, x = np.divmod(pixels, shape[1])
    inner, outer = [], []
    for valid, step in ((y > 0, -shape[1]), (y < shape[0] - 1, shape[1]), (x > 0, -1), (x < shape[1] - 1, 1)):
        inner.append(pixels[valid])
        outer.append(pixels[valid] + step)
    return np.concatenate(inner), np.concatenate(outer)


def _fill_holes(labels: NDArray[Any], max_hole: int, chosen: _Chosen) -> None:
    height, width = labels.shape
    ground = chosen.ground_of(labels)
    count, pieces, stats, _ = cv2.connectedComponentsWithStats(ground.view(np.uint8), connectivity=4)
    left, top = stats[:, cv2.CC_STAT_LEFT], stats[:, cv2.CC_STAT_TOP]
    right, bottom = left + stats[:, cv2.CC_STAT_WIDTH], top + stats[:, cv2.CC_STAT_HEIGHT]
    inside = (left > 0) & (top > 0) & (right < width) & (bottom < height)
    small = inside & (stats[:, cv2.CC_STAT_AREA] <= max_hole)
    small[0] = False
    pixels = np.flatnonzero(small[pieces])
    inner, outer = _outline(pixels, labels.shape)
    around = ~ground.flat[outer]
    hole, label = np.asarray(pieces, np.intp).flat[inner[around]], labels.flat[outer[around]].astype(np.int64)
    lowest = np.full(count, np.iinfo(np.int64).max)
    highest = np.full(count, -1)
    np.minimum.at(lowest, hole, label)
    np.maximum.at(highest, hole, label)
    one = [k for k in np.flatnonzero(small) if lowest[k] == highest[k] and chosen.cleans(int(lowest[k]))]
    fills = np.full(count, -1, np.int64)
    fills[one] = lowest[one]
    new = fills[pieces.flat[pixels]]
    labels.flat[pixels[new >= 0]] = new[new >= 0]
