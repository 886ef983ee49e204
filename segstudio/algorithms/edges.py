"""Bringing the borders of a finished label map to the edges of its image, by a fully connected CRF on the labels."""

from __future__ import annotations

import math
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from segstudio.algorithms import dense_crf, pictures
from segstudio.core.errors import AnnotationError, OptionError
from segstudio.core.labels import UNLABELLED

_LARGEST = 1_500_000
"""Images of more pixels are solved shrunk to about so many: at full size ten megapixels take a quarter of a minute."""


def follow(
    image: NDArray[Any],
    labels: NDArray[np.integer],
    *,
    weight: float = 5.0,
    reach: float = 30.0,
    contrast: float = 13.0,
    trust: float = 0.8,
    iterations: int = 5,
) -> NDArray[np.uint16]:
    """*labels* ``(H, W)`` with borders moved to edges of *image* ``(H, W)`` or ``(H, W, C)``; 255 stays 255.

    Each label is believed with probability *trust* (between 1/2 and 1), the rest goes evenly to the other labels of the
    map. *weight* >= 0 is that of the appearance kernel (0 changes nothing), *reach* > 0 its standard deviation in
    pixels and *contrast* > 0 in colours of 0 to 255 (Kraehenbuehl and Koltun, NIPS 2011, equation 3); pixels alike in
    both hold together. Unlabelled pixels take part, but stay unlabelled.

    Raises :class:`OptionError` for options out of range, :class:`AnnotationError` where the sizes differ.
    """
    if not (weight >= 0 and reach > 0 and contrast > 0 and 0.5 <= trust < 1):
        raise OptionError(
            "edges need a weight of 0 or more, a reach and contrast above 0, and a trust from 0.5 to below 1"
        )
    picture = pictures.checked(image)
    given = np.asarray(labels, np.uint16)
    if given.shape != picture.shape[:2]:
        raise AnnotationError(f"the labels are {given.shape} and the image is {picture.shape[:2]}; they must agree")
    known = np.unique(given[given != UNLABELLED])
    if len(known) < 2 or weight == 0:
        return given.copy()
    step = max(1, math.ceil(math.sqrt(given.size / _LARGEST)))
    small, seen = _shrunk(picture, step), given[step // 2 :: step, step // 2 :: step]
    rest = (1 - trust) / (len(known) - 1)
    belief = np.where(seen[None] == known[:, None, None], np.float32(trust), np.float32(rest))
    belief[:, seen == UNLABELLED] = 1 / len(known)
    marginals = dense_crf.mean_field(
        small[: seen.shape[0], : seen.shape[1]],
        belief,
        iterations=iterations,
        gaussian=(1.0, 1.0),
        bilateral=(weight, max(1.0, reach / step), contrast),
    )
    return np.where(given == UNLABELLED, np.uint16(UNLABELLED), known[_enlarged(marginals, given.shape)])


def _shrunk(picture: NDArray[Any], step: int) -> NDArray[Any]:
    """*picture* of a *step*-th of the size, at the pixels in the middle of the blocks."""
    return picture[step // 2 :: step, step // 2 :: step]


def _enlarged(marginals: NDArray[np.float32], shape: tuple[int, ...]) -> NDArray[np.intp]:
    """The likeliest label of each pixel of *shape*, between the pixels that were solved by interpolation."""
    if marginals.shape[1:] == shape:
        return np.asarray(marginals.argmax(0))
    best = np.full(shape, -1.0, np.float32)
    place = np.zeros(shape, np.intp)
    for index, one in enumerate(marginals):  # one label at a time: all at once would take K times the image
        full = cv2.resize(one, (shape[1], shape[0]), interpolation=cv2.INTER_LINEAR)
        better = full > best
        best[better], place[better] = full[better], index
    return place
