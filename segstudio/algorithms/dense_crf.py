"""The fully connected CRF with Gaussian edge potentials (Krähenbühl and Koltun, NIPS 2011).

Mean-field inference with Potts compatibility: every pixel exchanges messages with every other, weighed by a Gaussian
of their distance and one of their distance and difference in colour, filtered on the permutohedral lattice.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segstudio.algorithms.permutohedral import Floats, Lattice
from segstudio.algorithms.pictures import checked, colour_channels, unit_range
from segstudio.core.errors import AnnotationError, OptionError

_LEAST = 1e-5
"""Probabilities are kept above this, so that no label is out of the question."""


def mean_field(
    image: NDArray[Any],
    probabilities: NDArray[Any],
    *,
    iterations: int = 10,
    gaussian: tuple[float, float] = (3, 3),
    bilateral: tuple[float, float, float] = (10, 80, 13),
    spacing: Sequence[float] | None = None,
) -> Floats:
    model = DenseCRF(image, gaussian=gaussian, bilateral=bilateral, spacing=spacing)
    return model.infer(probabilities, iterations=iterations)


class DenseCRF:
    def __init__(self, image, *, gaussian=(3, 3), bilateral=(10, 80, 13), spacing=None) -> None:
        self._shape = image.shape[:2] if spacing is None else image.shape[: len(spacing)]
        unit = colour_channels(unit_range(image)) * np.float32(255)
        grid = np.stack(np.meshgrid(*[np.arange(n) for n in self._shape], indexing="ij"), -1).astype(np.float32)
        grid = grid.reshape(-1, len(self._shape))
        colours = unit.reshape(grid.shape[0], -1)
        self._terms = []
        if gaussian[0]:
            self._terms.append(self._term(gaussian[0], grid / np.float32(gaussian[1])))
        if bilateral[0]:
            features = np.concatenate([grid / bilateral[1], colours / bilateral[2]], axis=1)
            self._terms.append(self._term(bilateral[0], features.astype(np.float32)))

    @staticmethod
    def _term(weight, features):
        lattice = Lattice.build(features)
        norm = 1 / np.sqrt(lattice.filter(np.ones((features.shape[0], 1), np.float32)) + 1e-20)
        return weight, lattice, norm

    def infer(self, probabilities, *, iterations: int = 10):
        labels = probabilities.shape[0]
        unary = np.log(np.clip(probabilities.reshape(labels, -1).T.astype(np.float32), _LEAST, 1))
        Q = _softmax(unary)
        for _ in range(iterations):
            total = unary.copy()
            for weight, lattice, norm in self._terms:
                total += np.float32(weight) * norm * lattice.filter(Q * norm)
            Q = _softmax(total)
        return np.ascontiguousarray(Q.T).reshape(probabilities.shape)


def _softmax(x):
    e = np.exp(x - x.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)
