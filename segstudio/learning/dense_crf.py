"""The fully connected CRF of :mod:`segstudio.algorithms.dense_crf` in torch, for graphics cards.

The lattice is built once, on the CPU; splatting, blurring and slicing are then additions and look-ups of rows, on any
device and in any float type.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from segstudio.algorithms.dense_crf import LEAST, checked_probabilities, kernel_features
from segstudio.algorithms.permutohedral import Lattice
from segstudio.core.errors import OptionError

_NOTHING = 1e-20


class LatticeFilter:
    """The Gaussian filter of the points *features* ``(N, d)``, in standard deviations, on *device*."""

    def __init__(self, features: NDArray[np.float32], device: torch.device | str = "cpu") -> None:
        with ThreadPoolExecutor(1) as pool:
            lattice = Lattice.build(features, pool, 1)
        self._corners = torch.from_numpy(lattice.corners).to(device).long().T.contiguous()
        self._weights = torch.from_numpy(lattice.weights).to(device).T.contiguous()
        self._neighbours = torch.from_numpy(lattice.neighbours).to(device).long()

    def __call__(self, values: Tensor) -> Tensor:
        """The Gaussian-weighted sums of *values* ``(N, C)`` around each point, up to one common factor."""
        weights = self._weights.to(values.dtype)
        table = values.new_zeros(self._neighbours.shape[1], values.shape[1])
        for corner, weight in zip(self._corners, weights, strict=True):
            table.index_add_(0, corner, values * weight[:, None])
        table[0] = 0  # the corner that stands for those that are not there
        for axis in self._neighbours:
            table = table + (table[axis[:, 0]] + table[axis[:, 1]]) / 2
            table[0] = 0
        out = torch.zeros_like(values)
        for corner, weight in zip(self._corners, weights, strict=True):
            out += table[corner] * weight[:, None]
        return out


class DenseCRF:
    """The part of the CRF that depends on the image alone; arguments as for :func:`mean_field`."""

    def __init__(
        self,
        image: NDArray[Any],
        *,
        gaussian: tuple[float, float] = (3, 3),
        bilateral: tuple[float, float, float] = (10, 80, 13),
        spacing: Sequence[float] | None = None,
        device: torch.device | str = "cpu",
    ) -> None:
        self.device = torch.device(device)
        self.shape, features = kernel_features(image, gaussian=gaussian, bilateral=bilateral, spacing=spacing)
        self._terms = [
            self._term(weight, points)
            for weight, points in zip((gaussian[0], bilateral[0]), features, strict=True)
            if weight
        ]

    def _term(self, weight: float, points: NDArray[np.float32]) -> tuple[LatticeFilter, Tensor]:
        """A filter, and what each pixel is multiplied by before and after it."""
        kernel = LatticeFilter(points, self.device)
        sums = kernel(torch.ones(len(points), 1, device=self.device))
        return kernel, (weight / (sums + _NOTHING)).sqrt()

    @torch.no_grad()
    def infer(self, probabilities: NDArray[Any], *, iterations: int = 10) -> NDArray[np.float32]:
        """Marginals ``(K, ...)`` of *probabilities* ``(K, ...)``, where ``...`` is the shape of the image."""
        if iterations < 0:
            raise OptionError(f"the number of iterations is zero or more, not {iterations}")
        values = torch.from_numpy(checked_probabilities(probabilities, self.shape)).to(self.device)
        labels = len(values)
        unary = values.clamp(LEAST, 1).log().T
        q = unary.softmax(1)
        for _ in range(iterations):
            messages = torch.zeros_like(unary)
            for kernel, scale in self._terms:
                messages += scale * kernel(scale * q)
            q = (unary + messages).softmax(1)
        return np.ascontiguousarray(q.T.cpu().numpy()).reshape(labels, *self.shape)


def mean_field(
    image: NDArray[Any],
    probabilities: NDArray[Any],
    *,
    iterations: int = 10,
    gaussian: tuple[float, float] = (3, 3),
    bilateral: tuple[float, float, float] = (10, 80, 13),
    spacing: Sequence[float] | None = None,
    device: torch.device | str = "cpu",
) -> NDArray[np.float32]:
    """Marginals ``(K, H, W)`` as of :func:`segstudio.algorithms.dense_crf.mean_field`, computed on *device*.

    Arguments, result and errors are the same; results agree to about 1e-4.
    """
    model = DenseCRF(image, gaussian=gaussian, bilateral=bilateral, spacing=spacing, device=device)
    return model.infer(probabilities, iterations=iterations)
