"""The random walker on pixels (Grady, PAMI 2006), started from its answer on superpixels."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from segstudio.algorithms import pictures, random_walk
from segstudio.algorithms.scribbles import scribblesup
from segstudio.algorithms.scribbles.strokes import Strokes
from segstudio.algorithms.scribbles.working import chosen, shrink
from segstudio.algorithms.superpixels import Superpixels
from segstudio.core.errors import OptionError

Floats = NDArray[np.float32]

_WORKING_PIXELS = 400_000
_MOST_STEPS = 10_000


def propagate(
    image: NDArray[Any],
    strokes: Strokes,
    probabilities: Floats | None = None,
    *,
    beta: float = 130.0,
    tolerance: float = 1e-3,
    steps: int = 400,
) -> tuple[NDArray[np.int32], Floats]:
    """Labels ``(H, W)`` int32 (places in ``strokes.classes``) and the winner's probability ``(H, W)``.

    *beta* > 0 says how much contrast holds a walk back; *tolerance* is in probability; at most *steps* of conjugate
    gradients are taken for each class. A picture above 0.4 megapixels is solved shrunk.
    """
    del probabilities
    if beta <= 0 or tolerance <= 0 or not 1 <= steps <= _MOST_STEPS:
        raise OptionError(f"the random walker needs beta and tolerance above 0 and 1 to {_MOST_STEPS} steps")
    small, index = shrink(image, strokes, _WORKING_PIXELS)
    feature = np.ascontiguousarray(pictures.colour_channels(pictures.unit_range(small)))
    start = _on_superpixels(small, Strokes(strokes.classes, index), beta)
    share = random_walk.on_grid(feature, index, strokes.count, start, beta=beta, tolerance=tolerance, most=int(steps))
    return chosen(share, (image.shape[0], image.shape[1]))


def _on_superpixels(image: NDArray[Any], strokes: Strokes, beta: float) -> Floats:
    """A first guess ``(L, h, w)``."""
    pieces = Superpixels.of(image, n_segments=max(2, image.shape[0] * image.shape[1] // 60))
    a, b = pieces.edges.T
    scale = beta / (10 * max(float(pieces.unit_means.std()), 1e-6) * np.sqrt(pieces.unit_means.shape[1]))
    contrast = ((pieces.unit_means[a] - pieces.unit_means[b]) ** 2).sum(axis=1)
    weights = (pieces.borders * (np.exp(-scale * contrast) + 1e-6)).astype(np.float64)
    counts = scribblesup.votes(pieces, strokes)
    sources = np.where(counts.sum(axis=1) > 0, counts.argmax(axis=1), -1).astype(np.int32)
    share = random_walk.on_graph(pieces.count, pieces.edges, weights, sources, strokes.count)
    return np.ascontiguousarray(share[pieces.labels].transpose(2, 0, 1))
