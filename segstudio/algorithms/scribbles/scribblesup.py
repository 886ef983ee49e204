"""ScribbleSup (Lin et al., CVPR 2016, section 3.1): scribbles spread over superpixels by a multi-label graph cut.

    E(y) = sum_i U_scr(y_i) + sum_i U_net(y_i) + sum_(i, j) w_ij [y_i != y_j]
    w_ij = exp(-|hc_i - hc_j|^2 / dc^2 - |ht_i - ht_j|^2 / dt^2)

*hc* is the histogram of colour (25 bins a channel), *ht* that of the horizontal and vertical gradient (10 bins each).
The paper's widths, 5 and 10, leave weights of almost one on histograms that sum to one; histograms of unit length with
widths 1.2 and 1.0 tell superpixels apart, and are the default. So are SLIC superpixels in place of the
paper's (Felzenszwalb's): they are smaller and even, and so keep thin things.
"""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from segstudio.algorithms.graph_cut import Problem
from segstudio.algorithms.scribbles.strokes import Strokes
from segstudio.algorithms.superpixels import Superpixels
from segstudio.core.errors import OptionError

Constants = Literal["unit", "paper"]
_WIDTHS: dict[str, tuple[float, float]] = {"unit": (1.2, 1.0), "paper": (5.0, 10.0)}
_LEAST = 1e-5  # probabilities are read as at least this, so that no network forbids a label for good


def pairwise(
    pieces: Superpixels,
    *,
    constants: Constants = "unit",
    colour_width: float | None = None,
    texture_width: float | None = None,
) -> NDArray[np.float64]:
    """The weight ``(E,)`` in (0, 1] of every pair of superpixels: the exponential above, times their contact."""
    if constants not in _WIDTHS:
        raise OptionError(f"constants are 'unit' or 'paper', not {constants!r}")
    dc = _WIDTHS[constants][0] if colour_width is None else colour_width
    dt = _WIDTHS[constants][1] if texture_width is None else texture_width
    if dc <= 0 or dt <= 0:
        raise OptionError("the widths of colour and texture are positive")
    total = np.zeros(len(pieces.edges))
    for histogram, width in ((pieces.colour_histograms, dc), (pieces.gradient_histograms, dt)):
        h = normalised(histogram, constants)
        difference = h[pieces.edges[:, 0]] - h[pieces.edges[:, 1]]
        total += np.einsum("ij,ij->i", difference, difference) / width**2
    return np.exp(-total) * pieces.contact


def fine_count(height: int, width: int) -> int:
    """Superpixels that follow thin things: 80 pixels each in a small picture, no more than 10,000 in a large one."""
    return max(1, min(height * width // 80, 10_000))


def normalised(histogram: NDArray[np.float32], constants: Constants) -> NDArray[np.float32]:
    """Rows of unit length (``"unit"``) or of sum one (``"paper"``)."""
    if constants == "paper":
        size = histogram.sum(axis=1, keepdims=True)
    else:
        size = np.sqrt(np.einsum("ij,ij->i", histogram, histogram))[:, None]
    scaled: NDArray[np.float32] = histogram / np.maximum(size, 1e-12)
    return scaled


def votes(pieces: Superpixels, strokes: Strokes) -> NDArray[np.int64]:
    """``(count, L)`` stroke pixels of every class in every superpixel."""
    drawn = strokes.drawn
    flat = pieces.labels[drawn].astype(np.int64) * strokes.count + strokes.index[drawn]
    return np.bincount(flat, minlength=pieces.count * strokes.count).reshape(pieces.count, strokes.count)


def scribble_unary(counts: NDArray[np.int64]) -> NDArray[np.float64]:
    """U_scr ``(count, L)``: 0 for the class most drawn in a superpixel, infinity for the others; log L if undrawn."""
    L = counts.shape[1]
    unary = np.full(counts.shape, np.log(max(L, 2)))
    marked = np.flatnonzero(counts.sum(axis=1))
    unary[marked] = np.inf
    unary[marked, counts[marked].argmax(axis=1)] = 0
    return unary


def network_unary(pieces: Superpixels, probabilities: NDArray[np.float32]) -> NDArray[np.float64]:
    """U_net ``(count, L)``: the mean of ``-log P`` over each superpixel; *probabilities* ``(L, H, W)``."""
    labels = pieces.labels.ravel()
    columns = [np.bincount(labels, -np.log(np.maximum(row, _LEAST)).ravel(), pieces.count) for row in probabilities]
    mean: NDArray[np.float64] = np.stack(columns, axis=1) / pieces.sizes[:, None]
    return mean


def propagate(
    image: NDArray[Any],
    strokes: Strokes,
    probabilities: NDArray[np.float32] | None = None,
    *,
    constants: Constants = "unit",
    colour_width: float | None = None,
    texture_width: float | None = None,
    superpixels: str = "slic",
    n_segments: int | None = None,
    network_weight: float = 1.0,
) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
    """Labels ``(H, W)`` int32 (places in ``strokes.classes``) and confidence ``(H, W)``."""
    wished = fine_count(*image.shape[:2]) if n_segments is None else n_segments
    pieces = Superpixels.of(image, method=superpixels, n_segments=wished)
    weights = pairwise(pieces, constants=constants, colour_width=colour_width, texture_width=texture_width)
    unary = scribble_unary(votes(pieces, strokes))
    if probabilities is not None:
        unary = unary + network_weight * network_unary(pieces, probabilities)
    problem = Problem(pieces.count, pieces.edges, weights)
    labels = problem.solve(unary)
    certainty = conditional(problem, problem.capped(unary), labels)
    return labels[pieces.labels], certainty[pieces.labels]


def conditional(problem: Problem, unary: NDArray[np.float64], labels: NDArray[np.int32]) -> NDArray[np.float32]:
    """How sure a cut is of every node, ``(N,)`` in (0, 1]: P(y_i | the labels of its neighbours) under exp(-E)."""
    cost = unary.copy()
    edges, weights = problem.graph.edges, problem.weights
    for here, there in ((0, 1), (1, 0)):
        # every label but the neighbour's pays the edge: pay it in full, then give it back for that one
        np.add.at(cost, (edges[:, here], labels[edges[:, there]]), -weights)
    cost -= cost.min(axis=1, keepdims=True)
    share = np.exp(-cost)
    own = np.take_along_axis(share, labels[:, None].astype(np.intp), axis=1)[:, 0]
    certainty: NDArray[np.float32] = (own / share.sum(axis=1)).astype(np.float32)
    return certainty
