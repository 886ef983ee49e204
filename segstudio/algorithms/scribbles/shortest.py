"""Geodesic segmentation (Bai and Sapiro, ICCV 2007): a pixel takes the class of the stroke with the cheapest path."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from segstudio.algorithms import geodesic, pictures
from segstudio.algorithms.scribbles.strokes import Strokes
from segstudio.algorithms.scribbles.working import chosen, shrink
from segstudio.core.errors import OptionError

Floats = NDArray[np.float32]

_WORKING_PIXELS = 1_000_000
_MOST_ROUNDS = 100


def propagate(
    image: NDArray[Any],
    strokes: Strokes,
    probabilities: Floats | None = None,
    *,
    spatial: float = 0.3,
    rounds: int = 2,
) -> tuple[NDArray[np.int32], Floats]:
    """Labels ``(H, W)`` int32 (places in ``strokes.classes``) and confidence ``(H, W)``.

    A step of one pixel costs *spatial* where the colour stays, more where it changes (black to white is 100). *rounds*
    pairs of raster scans. The confidence compares the inverse distances to all classes. A picture above a megapixel is
    solved shrunk.
    """
    del probabilities
    if spatial < 0 or not 1 <= rounds <= _MOST_ROUNDS:
        raise OptionError(f"geodesic distances need a spatial cost of 0 or more and 1 to {_MOST_ROUNDS} rounds")
    small, index = shrink(image, strokes, _WORKING_PIXELS)
    feature = np.ascontiguousarray(pictures.perceptual(small))
    inverse = np.stack(
        [1 / (geodesic.on_grid(feature, index == k, float(spatial), int(rounds)) + 1e-3) for k in range(strokes.count)]
    )
    return chosen(inverse / inverse.sum(axis=0), (image.shape[0], image.shape[1]))
