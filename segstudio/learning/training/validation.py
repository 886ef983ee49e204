"""Measuring a network on samples that it does not learn from."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from segstudio.algorithms import metrics
from segstudio.core.labels import UNLABELLED
from segstudio.core.progress import Progress, Work, scaled
from segstudio.learning.data import SampleStore
from segstudio.learning.familiarity import SMALLEST_SIDE, Familiarity, feature_layer, features_at
from segstudio.learning.inference import Predictor, analyse, labels_of
from segstudio.learning.records import Preview
from segstudio.learning.uncertainty import Calibration

PREVIEW_SIDE = 512
"""Previews are thinned to this many pixels a side."""
MEASURED_PIXELS = 40_000
"""Of an image, on which strangeness is measured."""
FAMILIAR_SAMPLES, FAMILIAR_PLACES, FAMILIAR_SIDE = 12, 2000, 640
"""So many samples of the training, and so many pixels of each, of its middle of such a side, tell what is familiar."""


@dataclass(frozen=True, eq=False)
class Validation:
    """What was measured."""

    miou: float
    """nan where no pixel is labelled."""
    iou: tuple[float, ...]
    confusion: NDArray[np.int64]
    """``(K, K)``, rows true, columns predicted."""
    preview: Preview
    calibration: Calibration
    """How strange the pixels seem to the network, which are all of a kind that it learned."""
    seconds: float
    """Without the time between two steps, which is others'."""


def validate(
    ready: Predictor,
    store: SampleStore,
    indices: Sequence[int],
    fraction: float,
    learned: Sequence[int] = (),
    *,
    side: int | None = None,
) -> Work[Validation]:
    """Measure *ready* on the samples at *indices* of *store*, at the *fraction* of a larger work; what features are
    familiar on those at *learned*. Of larger images than *side* a square of that side is measured."""
    # images come in many sizes; for each of them a card would try out anew how it computes fastest
    tries_out = torch.backends.cudnn.benchmark
    torch.backends.cudnn.benchmark = False
    try:
        familiarity, seconds = yield from _familiar(ready, store, learned, fraction)
        ready = replace(ready, calibration=Calibration({}, {}, familiarity))
        found = yield from _measured(ready, store, indices, fraction, side)
        calibration = replace(found.calibration, familiarity=familiarity)
        return replace(found, calibration=calibration, seconds=found.seconds + seconds)
    finally:
        torch.backends.cudnn.benchmark = tries_out


def _measured(
    ready: Predictor, store: SampleStore, indices: Sequence[int], fraction: float, side: int | None
) -> Work[Validation]:
    begun, spent = time.monotonic(), 0.0
    matrix = np.zeros((ready.num_classes, ready.num_classes), np.int64)
    preview: Preview | None = None
    strange: list[tuple[dict[str, NDArray[np.float32]], NDArray[np.uint16]]] = []
    for number, index in enumerate(indices):
        sample = store[index]
        place = _labelled_square(sample.target, side)
        image, target = sample.image[place], sample.target[place]
        found = yield from scaled(analyse(ready, image), fraction, fraction)
        channels = labels_of(found.probabilities)
        known = _known(target)
        values = {name: of_all.ravel()[known] for name, of_all in found.strangeness.items()}
        strange.append((values, channels.ravel()[known]))
        matrix += metrics.confusion(channels, target, ready.num_classes)
        if preview is None:
            preview = _preview(ready, store.samples[index].name, image, target, channels)
        spent += time.monotonic() - begun
        yield Progress(fraction, f"validating {number + 1} of {len(indices)}")
        begun = time.monotonic()
    assert preview is not None
    scores = metrics.scores(matrix)
    iou = tuple(float(v) for v in scores.iou)
    calibration = Calibration.of(strange, max(2, ready.num_classes), MEASURED_PIXELS)
    return Validation(scores.miou, iou, matrix, preview, calibration, spent + time.monotonic() - begun)


def _familiar(
    ready: Predictor, store: SampleStore, learned: Sequence[int], fraction: float
) -> Work[tuple[Familiarity | None, float]]:
    """The features of some labelled pixels of some of the *learned* samples, and the seconds that it took; what a mask
    leaves out is not known."""
    begun, spent = time.monotonic(), 0.0
    layer = feature_layer(ready.network)
    if layer is None or not learned:
        return None, 0.0
    found = []
    for index in learned[:: math.ceil(len(learned) / FAMILIAR_SAMPLES)]:
        sample = store[index]
        middle = tuple(
            slice(max(0, length - FAMILIAR_SIDE) // 2, (length + FAMILIAR_SIDE) // 2) for length in sample.target.shape
        )
        pixels, target = sample.image[middle], sample.target[middle]
        array = ready.normalisation.for_image(sample.image).apply(pixels)
        x = torch.from_numpy(array).permute(2, 0, 1).unsqueeze(0).to(ready.device)
        if min(pixels.shape[:2]) >= SMALLEST_SIDE:
            places = _known(target)
            places = places[:: max(1, len(places) // FAMILIAR_PLACES)]
            found.append(features_at(ready.network, layer, x, places))
        spent += time.monotonic() - begun
        yield Progress(fraction, "measuring what is familiar")
        begun = time.monotonic()
    familiarity = Familiarity.of(layer, np.concatenate(found)) if found else None
    return familiarity, spent + time.monotonic() - begun


def _known(target: NDArray[np.uint8]) -> NDArray[np.intp]:
    """The places in the flat *target* of some labelled pixels, for what a mask leaves out may be of no class at all.

    Where little is labelled, of any pixels: strokes keep to what is plain.
    """
    step = max(1, target.size // MEASURED_PIXELS)
    labelled = target.ravel()[::step] != UNLABELLED
    if labelled.mean() <= 0.5:
        labelled[:] = True
    return np.flatnonzero(labelled) * step


def _labelled_square(target: NDArray[np.uint8], side: int | None) -> tuple[slice, slice]:
    """The square of *side* about the middle of what is labelled of *target*, inside it; all of it where it is small."""
    if side is None or max(target.shape) <= side:
        return slice(None), slice(None)
    labelled = target != UNLABELLED
    slices = []
    for axis, length in enumerate(target.shape):
        counts = np.cumsum(labelled.sum(axis=1 - axis))
        middle = int(np.searchsorted(counts, counts[-1] / 2))
        first = min(max(0, middle - side // 2), max(0, length - side))
        slices.append(slice(first, first + side))
    return slices[0], slices[1]


def _preview(
    ready: Predictor, name: str, image: NDArray[Any], target: NDArray[np.uint8], channels: NDArray[np.uint16]
) -> Preview:
    classes = ready.labels
    ids = np.append(np.array(list(classes), np.uint16), np.zeros(256 - len(classes), np.uint16))
    ids[UNLABELLED] = UNLABELLED
    step = max(1, math.ceil(max(channels.shape) / PREVIEW_SIDE))
    thin = (slice(None, None, step), slice(None, None, step))
    return Preview(name, image[thin].copy(), ids[target[thin]], ids[channels[thin]])
