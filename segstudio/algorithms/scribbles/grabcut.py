"""GrabCut (Rother, Kolmogorov and Blake, SIGGRAPH 2004), one class against the rest where there are several.

OpenCV's implementation, begun with every pixel probably of the class of its nearest stroke.
"""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from segstudio.algorithms import pictures
from segstudio.algorithms.scribbles.strokes import Strokes
from segstudio.algorithms.scribbles.working import chosen, shrink
from segstudio.core.errors import OptionError

Floats = NDArray[np.float32]

_WORKING_PIXELS = 400_000
_MOST_ITERATIONS = 100


def propagate(
    image: NDArray[Any],
    strokes: Strokes,
    probabilities: Floats | None = None,
    *,
    iterations: int = 3,
) -> tuple[NDArray[np.int32], Floats]:
    """Labels ``(H, W)`` int32 (places in ``strokes.classes``) and confidence ``(H, W)``.

    With more than two classes each is cut from the rest; a pixel that several cuts claim, or none, goes to the claimant
    (or class) of the nearest stroke. The confidence is 0.9 where exactly one class claims a pixel, 0.5 elsewhere. A
    picture above 0.4 megapixels is solved shrunk.
    """
    del probabilities
    if not 1 <= iterations <= _MOST_ITERATIONS:
        raise OptionError(f"GrabCut takes 1 to {_MOST_ITERATIONS} iterations, not {iterations}")
    small, index = shrink(image, strokes, _WORKING_PIXELS)
    colour = _three_channels(small)
    away = np.stack([ndimage.distance_transform_edt(index != k) for k in range(strokes.count)])
    nearness = (1 / (1 + away)).astype(np.float32)
    rivals = range(1, 2) if strokes.count == 2 else range(strokes.count)
    claims = np.stack([_claim(colour, index, away, k, int(iterations)) for k in rivals])
    if strokes.count == 2:
        claims = np.concatenate([~claims, claims])
    number = claims.sum(axis=0)
    share = np.where(claims | (number == 0), nearness, 0)
    share = share / share.sum(axis=0)
    share = np.where(number == 1, np.where(claims, 0.9, 0.1 / max(strokes.count - 1, 1)), 0.5 * share)
    return chosen(share.astype(np.float32), (image.shape[0], image.shape[1]))


def _three_channels(image: NDArray[Any]) -> NDArray[np.uint8]:
    """8-bit picture of three channels: grey repeated, the first three of many."""
    unit = pictures.colour_channels(pictures.unit_range(image))
    eight = np.round(unit * 255).astype(np.uint8)
    return np.ascontiguousarray(eight[:, :, :3] if eight.shape[2] >= 3 else np.repeat(eight[:, :, :1], 3, axis=2))


def _claim(
    colour: NDArray[np.uint8], index: NDArray[np.int32], away: NDArray[Any], k: int, iterations: int
) -> NDArray[np.bool_]:
    """The pixels that GrabCut gives to class *k* against all others."""
    rest = np.delete(away, k, axis=0).min(axis=0)
    mask = np.where(away[k] < rest, cv2.GC_PR_FGD, cv2.GC_PR_BGD).astype(np.uint8)
    mask[index >= 0] = cv2.GC_BGD
    mask[index == k] = cv2.GC_FGD
    cv2.setRNGSeed(0)  # its k-means draws at random; the same strokes shall give the same mask
    cv2.grabCut(colour, mask, (0, 0, 1, 1), np.zeros((1, 65)), np.zeros((1, 65)), iterations, cv2.GC_INIT_WITH_MASK)
    claimed: NDArray[np.bool_] = (mask == cv2.GC_FGD) | (mask == cv2.GC_PR_FGD)
    return claimed
