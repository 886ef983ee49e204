"""From pieces to pixels: labels at the full size of a picture, decided again beside the borders."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

from segstudio.algorithms import pictures
from segstudio.algorithms.scribbles.scene import Scene
from segstudio.algorithms.strips import in_strips

Floats = NDArray[np.float32]
Ints = NDArray[np.int32]

_COLOUR_WIDTH = 12.0  # units of black to white = 100
_PLACE_WIDTH = 0.75  # diameters of a piece
_WORKERS = 2


def to_pixels(
    scene: Scene, image: NDArray[Any], labels: Ints, share: Floats, sure: Floats
) -> tuple[NDArray[np.int32], Floats]:
    """Labels ``(H, W)`` and confidence ``(H, W)`` of *image* from those of pieces.

    A pixel whose piece and all neighbours agree takes their label. Any other asks its piece and the neighbours: each
    votes with its own probabilities, as far as it is near and of the pixel's colour.
    """
    H, W = image.shape[:2]
    image = scene.seen(image)
    pieces, graph = scene.pieces, scene.graph
    low, high = pictures.value_range(image)
    picture = image[:, :, :3] if image.shape[2] == 4 else image
    width = np.sqrt(float(pieces.sizes.mean()))
    settings = (
        picture,
        np.float32(low),
        np.float32(1 / (high - low)),
        pieces.labels,
        pieces.unit_means,
        pieces.centroids,
        graph.start,
        graph.head,
        labels,
        np.ascontiguousarray(share),
        sure,
        np.float32(0.5 / (_COLOUR_WIDTH / 100) ** 2 / picture.shape[2]),
        np.float32(0.5 / (_PLACE_WIDTH * width) ** 2),
    )
    out = np.zeros((H, W), np.int32)
    certainty = np.zeros((H, W), np.float32)
    with ThreadPoolExecutor(_WORKERS) as pool:
        in_strips(pool, _WORKERS, H, _decide, *settings, out, certainty)
    return out, certainty


@numba.njit(cache=True, nogil=True)
def _settled(start: Ints, head: Ints, labels: Ints) -> NDArray[np.bool_]:
    """Which pieces have the label of all their neighbours."""
    settled = np.ones(len(labels), np.bool_)
    for i in range(len(labels)):
        for k in range(start[i], start[i + 1]):
            if labels[head[k]] != labels[i]:
                settled[i] = False
                break
    return settled


@numba.njit(cache=True, nogil=True)
def _decide(
    y0: int,
    y1: int,
    image: NDArray[Any],
    low: np.float32,
    scale: np.float32,
    pieces: Ints,
    means: Floats,
    centroids: Floats,
    start: Ints,
    head: Ints,
    labels: Ints,
    share: Floats,
    sure: Floats,
    by_colour: np.float32,
    by_place: np.float32,
    out: Ints,
    certainty: Floats,
) -> None:
    H, W, C = image.shape
    h, w = pieces.shape
    L = share.shape[1]
    votes = np.zeros(L, np.float64)
    settled = _settled(start, head, labels)
    for y in range(y0, y1):
        yy = y * h // H
        place_y = (y + 0.5) * h / H - 0.5
        for x in range(W):
            i = pieces[yy, x * w // W]
            if settled[i]:
                out[y, x] = labels[i]
                certainty[y, x] = sure[i]
                continue
            place_x = (x + 0.5) * w / W - 0.5
            votes[:] = 0
            total = 0.0
            for k in range(start[i] - 1, start[i + 1]):
                j = i if k < start[i] else head[k]
                d = np.float32(0)
                for c in range(C):
                    difference = (np.float32(image[y, x, c]) - low) * scale - means[j, c]
                    d += difference * difference
                dy = centroids[j, 0] - place_y
                dx = centroids[j, 1] - place_x
                weight = np.exp(-by_colour * d - by_place * (dy * dy + dx * dx)) + 1e-12
                total += weight
                for m in range(L):
                    votes[m] += weight * (0.5 * share[j, m] + (0.5 if labels[j] == m else 0.0))
            best = 0
            for m in range(L):
                if votes[m] > votes[best]:
                    best = m
            out[y, x] = best
            certainty[y, x] = votes[best] / total
