"""A picture as the cues see it: fine superpixels of a working size, their descriptors and the costs between neighbours.

Nothing here depends on strokes, so a scene is made once per picture and serves every stroke that follows.
"""

from __future__ import annotations

from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from segstudio.algorithms import max_flow, pictures
from segstudio.algorithms.scribbles.strokes import Strokes
from segstudio.algorithms.scribbles.working import shrunk_index
from segstudio.algorithms.slic import shrunk
from segstudio.algorithms.superpixel_kernels import border_means
from segstudio.algorithms.superpixels import Superpixels

Floats = NDArray[np.float32]

WORKING_PIXELS = 400_000  # a larger picture is shrunk to this before cues are computed
PIXELS_PER_PIECE = 40
MOST_PIECES = 7_000
_NOISY = 8.0  # of 255; above fur and leaves: from here on a picture is calmed before anything is read from it
_CALMING = 1.0  # working pixels
_BLURS = (2.0, 6.0)  # pixels; the neighbourhoods in which colour and contrast are looked at


class Scene:
    """*image* ``(H, W, C)`` checked. *factor* is how many pixels of it one working pixel stands for, along a side.

    A picture that is not one of a volume's slices, *alone*, is looked at through a narrow Gaussian where it is noisy,
    and from its own black to its own white where they are near each other.
    """

    sampling: tuple[float, ...] = (1.0, 1.0)
    """The distance of neighbouring working pixels along each axis."""

    def __init__(self, image: NDArray[Any], *, most_pieces: int = MOST_PIECES, alone: bool = True) -> None:
        self.shape = (image.shape[0], image.shape[1])
        area = image.shape[0] * image.shape[1]
        self.factor = float(max(1.0, np.sqrt(area / WORKING_PIXELS)))
        self.working = image if self.factor == 1 else shrunk(image, self.factor)
        self._faint = alone and pictures.faint(self.working)
        self.working = self._stretched(self.working)
        if alone and pictures.noise(self.working) > _NOISY:
            self.working = pictures.blurred(self.working, _CALMING)
        pixels = self.working.shape[0] * self.working.shape[1]
        wished = max(2, min(most_pieces, pixels // PIXELS_PER_PIECE))
        self.pieces = Superpixels.of(self.working, n_segments=wished)
        self.count = self.pieces.count

    def _stretched(self, image: NDArray[Any]) -> NDArray[Any]:
        """*image* in a type that is read from its own black to its own white, where it is faint."""
        return image.astype(np.uint16) if self._faint else image

    def seen(self, image: NDArray[Any]) -> NDArray[Any]:
        """The picture *image* of full size as its pieces were seen."""
        return self.working if self.factor == 1 else self._stretched(image)

    def index(self, strokes: Strokes) -> NDArray[np.int32]:
        """The index of *strokes* at the working size."""
        if self.factor == 1:
            return strokes.index
        return shrunk_index(strokes, (self.pieces.labels.shape[0], self.pieces.labels.shape[1]))

    @cached_property
    def lab(self) -> Floats:
        """``(h, w, C)`` the working picture as :func:`pictures.perceptual`."""
        return pictures.perceptual(self.working)

    @cached_property
    def graph(self) -> max_flow.Graph:
        return max_flow.build(self.count, self.pieces.edges)

    def mean(self, field: NDArray[Any]) -> Floats:
        """The mean ``(N,)`` or ``(N, C)`` of a working ``(h, w)`` or ``(h, w, C)`` over each piece."""
        labels = self.pieces.labels.ravel()
        sizes = self.pieces.sizes
        columns = field.reshape(len(labels), -1)
        means = np.stack(
            [np.bincount(labels, columns[:, k], self.count) / sizes for k in range(columns.shape[1])], axis=1
        )
        return (means[:, 0] if field.ndim == 2 else means).astype(np.float32)

    @cached_property
    def colour(self) -> Floats:
        """``(N, C)`` mean colour."""
        return self.mean(self.lab)

    @cached_property
    def surroundings(self) -> list[Floats]:
        """Per blur ``(N, C + 1)``: mean colour of the neighbourhood, and the contrast inside it."""
        found = []
        for sigma in _BLURS:
            blurred = pictures.blurred(self.lab, sigma)
            square = pictures.blurred(self.lab * self.lab, sigma)
            contrast = np.sqrt(np.maximum(square - blurred * blurred, 0).sum(axis=2))
            found.append(np.column_stack([self.mean(blurred), self.mean(contrast)]))
        return found

    @cached_property
    def texture(self) -> Floats:
        """``(N, 20)`` square roots of the gradient histograms, averaged over each piece and its neighbours."""
        return np.sqrt(self.smooth(self.pieces.gradient_histograms, 1))

    @cached_property
    def palette(self) -> Floats:
        """``(N, 25 C)`` square roots of the colour histograms, averaged over each piece and its neighbours."""
        return np.sqrt(self.smooth(self.pieces.colour_histograms, 1))

    @cached_property
    def _averaging(self) -> sparse.csr_matrix:
        edges, borders = self.pieces.edges, self.pieces.borders
        n = np.arange(self.count)
        matrix = sparse.csr_matrix(
            (
                np.concatenate([borders, borders, np.bincount(edges.ravel(), np.repeat(borders, 2), self.count) + 1]),
                (np.concatenate([edges[:, 0], edges[:, 1], n]), np.concatenate([edges[:, 1], edges[:, 0], n])),
            ),
            shape=(self.count, self.count),
        )
        scale = sparse.diags(1 / np.asarray(matrix.sum(axis=1)).ravel())
        return sparse.csr_matrix(scale @ matrix, dtype=np.float32)

    def smooth(self, values: Floats, times: int) -> Floats:
        """*values* ``(N, ...)`` averaged *times* with those of the neighbours, a neighbour by the shared border."""
        for _ in range(times):
            values = np.asarray(self._averaging @ values, np.float32)
        return values

    @cached_property
    def step(self) -> Floats:
        """``(E,)`` colour difference of neighbours."""
        a, b = self.pieces.edges.T
        return np.asarray(np.linalg.norm(self.colour[a] - self.colour[b], axis=1), np.float32)

    @cached_property
    def ridge(self) -> Floats:
        """``(E,)`` mean colour gradient along the common border, in colour units per pixel."""
        smooth = pictures.blurred(self.lab, 1.0)
        dy, dx = np.gradient(smooth, axis=(0, 1)) if min(smooth.shape[:2]) > 1 else (np.zeros_like(smooth),) * 2
        gradient = np.sqrt((dy * dy + dx * dx).sum(axis=2)).astype(np.float32)
        return border_means(self.pieces.labels, gradient, self.pieces.edges)

    @cached_property
    def texture_step(self) -> Floats:
        """``(E,)`` Hellinger distance of the smoothed gradient and colour histograms of neighbours."""
        a, b = self.pieces.edges.T
        palette = np.linalg.norm(self.palette[a] - self.palette[b], axis=1)
        texture = np.linalg.norm(self.texture[a] - self.texture[b], axis=1)
        return np.asarray(palette + texture, np.float32)

    @cached_property
    def length(self) -> Floats:
        """``(E,)`` distance of the centres of neighbours, in mean diameters of a piece."""
        a, b = self.pieces.edges.T
        unit = np.sqrt(float(self.pieces.sizes.mean()))
        return np.asarray(
            np.linalg.norm(self.pieces.centroids[a] - self.pieces.centroids[b], axis=1) / unit, np.float32
        )
