"""The fully connected CRF with Gaussian edge potentials (Krähenbühl and Koltun, NIPS 2011).

Every pixel exchanges messages with every other, weighed by a Gaussian of their distance (smoothness) and one of their
distance and difference in colour (appearance). Labels are Potts-compatible. Mean-field inference repeats

    Q <- softmax(log P + sum over kernels m of w_m D_m K_m D_m Q),    D_m = diag(K_m 1)^(-1/2)

(their algorithm 1, with the symmetric normalisation), each ``K_m`` a Gaussian filter on the permutohedral lattice.
A pixel's own label counts in its messages, as in the authors' program.
"""

from __future__ import annotations

import math
import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

from segstudio.algorithms.lanes import affine, float_of_bits, gather, lanes_for, padded, row_max, row_sum, scatter
from segstudio.algorithms.options import check_numbers, lies_in
from segstudio.algorithms.permutohedral import Floats, Lattice, blur
from segstudio.algorithms.pictures import checked, colour_channels, unit_range
from segstudio.algorithms.strips import in_strips, together
from segstudio.core.errors import AnnotationError, OptionError

LEAST = 1e-5
"""Probabilities are kept above this, so that no label is out of the question."""
_TILE = 128
"""Pixels worked on at once: their rows stay in the fastest cache."""
_TAKEN = 1 << 13
"""Pixels whose logarithms are taken at once."""
_MOST_ITERATIONS = 1000
_FEW = 20_000
"""Pixels below which a second thread costs more than it brings."""
_FARTHEST = 1e6
"""Standard deviations across an image beyond which float32 no longer tells neighbours apart."""
_LARGEST = 1e9
"""Weights and sizes beyond, or below its inverse, are mistakes and would overflow float32."""
_NEVER = np.float32(-1e30)


def mean_field(
    image: NDArray[Any],
    probabilities: NDArray[Any],
    *,
    iterations: int = 10,
    gaussian: tuple[float, float] = (3, 3),
    bilateral: tuple[float, float, float] = (10, 80, 13),
    spacing: Sequence[float] | None = None,
    workers: int | None = None,
) -> Floats:
    """Marginals ``(K, H, W)`` float32 of the CRF over *image* with the unary potentials ``-log(probabilities)``.

    *image*: ``(H, W)`` or ``(H, W, C)``, any integer or float dtype, finite. *probabilities*: ``(K, H, W)``, not
    negative, finite; clipped to [1e-5, 1], they need not sum to 1. *gaussian*: the weight of the smoothness kernel and
    its standard deviation in pixels. *bilateral*: the weight of the appearance kernel and its standard deviations in
    pixels and in each colour channel. Colours are measured on a scale of 0 to 255 whatever the depth: 8-bit pixels
    count as they are; of other dtypes the outer permilles of the picture become 0 and 255. A weight of 0 leaves a
    kernel out.

    With *spacing*, the size of a pixel along each axis, *image* is ``(H, W[, C])`` or a volume ``(D, H, W[, C])``,
    *probabilities* has the matching shape ``(K, ...)``, and distances are measured in the unit of *spacing*.

    *workers* is the number of threads (default: one for each core this process may use); it changes no more than
    rounding. Where the picture stays and probabilities change, keep a :class:`DenseCRF`.

    :returns: the marginals, each pixel's summing to 1, never NaN.
    :raises AnnotationError: the image or the probabilities cannot be used or do not fit each other.
    :raises OptionError: an option is out of range.
    """
    model = DenseCRF(image, gaussian=gaussian, bilateral=bilateral, spacing=spacing, workers=workers)
    return model.infer(probabilities, iterations=iterations)


class DenseCRF:
    """The part of the CRF that depends on the image alone, for many inferences; arguments as for :func:`mean_field`."""

    def __init__(
        self,
        image: NDArray[Any],
        *,
        gaussian: tuple[float, float] = (3, 3),
        bilateral: tuple[float, float, float] = (10, 80, 13),
        spacing: Sequence[float] | None = None,
        workers: int | None = None,
    ) -> None:
        self.shape, features = kernel_features(image, gaussian=gaussian, bilateral=bilateral, spacing=spacing)
        count = math.prod(self.shape)
        self._workers = 1 if count < _FEW else workers or _cores()
        with ThreadPoolExecutor(self._workers) as pool:
            self._terms = [
                _Term.build(weight, points, self._workers, pool) if weight else _Term.absent()
                for weight, points in zip((gaussian[0], bilateral[0]), features, strict=True)
            ]
            self._bias = np.zeros(count, np.float32)
            for term in self._terms:
                self._bias += term.filtered_one(count, self._workers, pool)

    def infer(self, probabilities: NDArray[Any], *, iterations: int = 10) -> Floats:
        """Marginals ``(K, ...)`` of *probabilities* ``(K, ...)``, where ``...`` is the shape of the image."""
        check_numbers(self.infer, {"iterations": iterations})
        if not 0 <= iterations <= _MOST_ITERATIONS:
            raise OptionError(f"the number of iterations is from 0 to {_MOST_ITERATIONS}, not {iterations}")
        values = checked_probabilities(probabilities, self.shape)
        labels, count = values.shape
        if labels == 1:
            return np.ones((1, *self.shape), np.float32)
        lanes = lanes_for(labels - 1)
        stride = padded(labels, lanes)
        unary = np.full((count, stride), _NEVER, np.float32)
        result = np.empty((labels, count), np.float32)
        with ThreadPoolExecutor(self._workers) as pool:
            in_strips(pool, self._workers, count, _take_logarithms, values, unary)
            self._iterate(pool, lanes, stride, unary, result, int(iterations))
        return result.reshape(labels, *self.shape)

    def _iterate(
        self,
        pool: ThreadPoolExecutor,
        lanes: tuple[int, ...],
        stride: int,
        unary: Floats,
        result: Floats,
        iterations: int,
    ) -> None:
        labels, count = result.shape
        columns = padded(labels - 1, lanes)
        tables = [term.tables(columns, self._workers) for term in self._terms]
        messages = [np.zeros(columns, np.float32) for _ in self._terms]
        cuts = [count * i // self._workers for i in range(self._workers + 1)]
        for step in range(iterations + 1):
            jobs = []
            for worker, (start, stop) in enumerate(pairwise(cuts)):
                terms = [
                    (term.corners, term.weights, message, table.scattered[worker])
                    for term, message, table in zip(self._terms, messages, tables, strict=True)
                ]
                jobs.append(
                    partial(
                        _update,
                        start,
                        stop,
                        lanes,
                        labels,
                        columns,
                        unary.ravel(),
                        stride,
                        self._bias,
                        *terms[0],
                        *terms[1],
                        result,
                        step > 0,
                        step == iterations,
                    )
                )
            together(pool, jobs)
            if step < iterations:
                messages = [
                    term.blurred(table, lanes, pool, self._workers)
                    for term, table in zip(self._terms, tables, strict=True)
                ]


def kernel_features(
    image: NDArray[Any],
    *,
    gaussian: tuple[float, float],
    bilateral: tuple[float, float, float],
    spacing: Sequence[float] | None = None,
) -> tuple[tuple[int, ...], tuple[Floats, Floats]]:
    """The shape of *image* without its channels, and what the smoothness and the appearance kernel compare.

    Features are ``(N, d)`` in standard deviations; arguments and errors as for :func:`mean_field`.
    """
    _check_kernel("gaussian", gaussian, 2)
    _check_kernel("bilateral", bilateral, 3)
    shape, colours = _points(image, spacing)
    places = _places(shape, spacing)
    appearance = np.hstack([_scaled(places, bilateral[1]), _scaled(colours, bilateral[2])])
    return shape, (_scaled(places, gaussian[1]), appearance)


def checked_probabilities(probabilities: NDArray[Any], shape: tuple[int, ...]) -> Floats:
    """*probabilities* ``(K, ...)`` for an image of *shape* as ``(K, N)`` float32; :class:`AnnotationError` if unfit."""
    values = np.asarray(probabilities)
    if values.ndim != 1 + len(shape) or values.shape[1:] != shape or values.shape[0] < 1:
        raise AnnotationError(f"probabilities are (K, {', '.join(map(str, shape))}) for this image, not {values.shape}")
    if values.dtype.kind not in "uifb":
        raise AnnotationError(f"probabilities are numbers, not {values.dtype}")
    values = values.astype(np.float32, copy=False)
    if not np.isfinite(values).all() or values.min() < 0:
        raise AnnotationError("probabilities are finite and not negative")
    return values.reshape(values.shape[0], -1)


class _Term:
    """One kernel: its lattice with the weight and the normalisation multiplied into the barycentric weights."""

    def __init__(self, corners: NDArray[np.int32], weights: Floats, neighbours: NDArray[np.int32]) -> None:
        self.corners, self.weights, self._neighbours = corners.ravel(), weights.ravel(), neighbours

    @classmethod
    def build(cls, weight: float, features: Floats, workers: int, pool: ThreadPoolExecutor) -> _Term:
        lattice = Lattice.build(features, pool, workers)
        sums = lattice.filter(np.ones((features.shape[0], 1), np.float32), pool, workers)
        normalised: Floats = lattice.weights * np.sqrt(np.float32(weight) / (sums + np.float32(1e-20)))
        return cls(lattice.corners, normalised, lattice.neighbours)

    @classmethod
    def absent(cls) -> _Term:
        return cls(np.zeros(0, np.int32), np.zeros(0, np.float32), np.zeros((0, 1, 2), np.int32))

    def filtered_one(self, count: int, workers: int, pool: ThreadPoolExecutor) -> Floats:
        """What the messages of all labels add up to in each pixel."""
        around = self.corners.size // count
        if around == 0:
            return np.zeros(count, np.float32)
        shape = (count, around)
        lattice = Lattice(self.corners.reshape(shape), self.weights.reshape(shape), self._neighbours)
        sums = lattice.filter(np.ones((count, 1), np.float32), pool, workers)
        return sums[:, 0].copy()

    def tables(self, columns: int, workers: int) -> _Tables:
        size = self._neighbours.shape[1] * columns
        return _Tables([np.zeros(size, np.float32) for _ in range(workers)], np.zeros((2, size), np.float32))

    def blurred(self, tables: _Tables, lanes: tuple[int, ...], pool: ThreadPoolExecutor, workers: int) -> Floats:
        """The messages of all that was scattered into *tables*, which are empty again afterwards."""
        rows = self._neighbours.shape[1]
        columns = tables.spare.shape[1] // rows
        table: Floats = tables.spare[0]
        other: Floats = tables.spare[1]
        in_strips(pool, 1 if table.size < _FEW else workers, table.size, _collect, table, *tables.scattered)
        for axis in self._neighbours:
            if workers > 1 and table.size > _FEW:
                in_strips(pool, workers, rows, blur, lanes, columns, axis, table, other)
            else:
                blur(0, rows, lanes, columns, axis, table, other)
            table, other = other, table
        return table


@dataclass(frozen=True)
class _Tables:
    """Flat tables of corners of one kernel: one for each worker to scatter into, and two to blur to and fro."""

    scattered: list[Floats]
    spare: Floats


def _take_logarithms(start: int, stop: int, values: Floats, unary: Floats) -> None:
    """``log`` of the probabilities *values* ``(K, N)`` into the first columns of *unary* ``(N, K or more)``."""
    for tile in range(start, stop, _TAKEN):
        own = slice(tile, min(stop, tile + _TAKEN))
        unary[own, : len(values)] = np.log(np.clip(values[:, own], LEAST, 1)).T


def _collect(start: int, stop: int, total: Floats, *scattered: Floats) -> None:
    """The sum of what was *scattered*, which is empty again afterwards, into *total*."""
    np.copyto(total[start:stop], scattered[0][start:stop])
    for more in scattered[1:]:
        total[start:stop] += more[start:stop]
    for table in scattered:
        table[start:stop] = 0


def _cores() -> int:
    """How many cores this process may use; not every system tells, and then as many as there are."""
    allowed = getattr(os, "sched_getaffinity", None)
    return len(allowed(0)) if allowed is not None else os.cpu_count() or 1


def _check_kernel(name: str, values: Sequence[float], size: int) -> None:
    if (
        len(values) != size
        or not lies_in(values[0], 0, _LARGEST)
        or not all(lies_in(value, 1 / _LARGEST, _LARGEST) for value in values[1:])
    ):
        raise OptionError(
            f"{name} is a weight of zero or more and {size - 1} standard deviation{'s' * (size > 2)} above zero, "
            f"not {tuple(values)}"
        )


def _points(image: NDArray[Any], spacing: Sequence[float] | None) -> tuple[tuple[int, ...], Floats]:
    """The shape of the image without its channels, and the colour of each pixel, ``(N, C)`` on a scale of 0 to 255."""
    picture = np.asarray(image)
    if spacing is None:
        shape = picture.shape[:2]
    else:
        shape = picture.shape[: len(spacing)]
        if len(shape) < len(spacing) or not 2 <= len(spacing) <= 3 or picture.ndim > len(spacing) + 1:
            raise AnnotationError(f"an image of shape {picture.shape} does not have the spacing {tuple(spacing)}")
        if not all(lies_in(size, 1 / _LARGEST, _LARGEST) for size in spacing):
            raise OptionError(f"the spacing of pixels is above zero along each axis, not {tuple(spacing)}")
        if len(shape) == 3:  # slices below each other make one picture
            picture = picture.reshape(shape[0] * shape[1], *picture.shape[2:])
    unit = colour_channels(unit_range(checked(picture)))
    return shape, unit.reshape(-1, unit.shape[2]) * np.float32(255)


def _places(shape: tuple[int, ...], spacing: Sequence[float] | None) -> Floats:
    axes = [np.arange(size, dtype=np.float32) for size in shape]
    if spacing is not None:
        axes = [axis * np.float32(step) for axis, step in zip(axes, spacing, strict=True)]
    # the lattice treats its dimensions differently; x before y is the order of the authors' program
    return np.stack(np.meshgrid(*axes, indexing="ij")[::-1], axis=-1).reshape(-1, len(shape))


def _scaled(values: Floats, deviation: float) -> Floats:
    scaled = values / np.float32(deviation)
    if not np.abs(scaled).max(initial=0) < _FARTHEST:
        raise OptionError(f"a standard deviation of {deviation} is too small for this image")
    return scaled


@numba.njit(cache=True, nogil=True)
def _update(  # type: ignore[no-untyped-def]
    start, stop, lanes, labels, columns, unary, stride, bias,
    corners_a, weights_a, message_a, table_a, corners_b, weights_b, message_b, table_b,
    result, receive, last,
):  # fmt: skip
    """One step for the pixels of a strip: receive messages, normalise, and send, or at the *last* write the result."""
    count, width = result.shape[1], len(lanes)
    around_a, around_b = corners_a.size // count, corners_b.size // count
    rows = np.empty(_TILE * stride, np.float32)
    for tile in range(start, stop, _TILE):
        size = min(_TILE, stop - tile)
        rows[:] = 0
        if receive:
            for i in range(size):
                p = tile + i
                for c in range(0, columns, width):
                    at = i * stride + c
                    gather(lanes, rows, at, corners_a, weights_a, p * around_a, around_a, message_a, columns, c)
                    gather(lanes, rows, at, corners_b, weights_b, p * around_b, around_b, message_b, columns, c)
                if columns < labels:  # the messages of all labels have a known sum: the last needs no column
                    rows[i * stride + columns] = bias[p] - row_sum(lanes, rows, i * stride, columns)
        own = unary[tile * stride : (tile + size) * stride]
        for i in range(size * stride):
            rows[i] += own[i]
        _normalise(rows, size, lanes, stride)
        for i in range(size):
            p = tile + i
            if last:
                for c in range(labels):
                    result[c, p] = rows[i * stride + c]
            else:
                for c in range(0, columns, width):
                    at = i * stride + c
                    scatter(lanes, rows, at, corners_a, weights_a, p * around_a, around_a, table_a, columns, c)
                    scatter(lanes, rows, at, corners_b, weights_b, p * around_b, around_b, table_b, columns, c)


@numba.njit(cache=True, nogil=True)
def _normalise(rows, size, lanes, stride):  # type: ignore[no-untyped-def]
    """Softmax of each row of a tile in place."""
    for i in range(size):
        most: float = row_max(lanes, rows, i * stride, stride)
        affine(lanes, rows, i * stride, stride, np.float32(1), -most)
    _exponential(rows, size * stride)
    for i in range(size):
        share = np.float32(1) / row_sum(lanes, rows, i * stride, stride)
        affine(lanes, rows, i * stride, stride, share, np.float32(0))


@numba.njit(cache=True, nogil=True, fastmath={"contract"})
def _exponential(values, size):  # type: ignore[no-untyped-def]
    """e to the power of *values* <= 0 in place, to 2e-7; a loop that compilers vectorise.

    2^t = 2^n 2^f with n whole and f in [-1/2, 1/2], the latter by its Taylor series, the former by exponent bits.
    """
    for i in range(size):
        t = max(values[i] * np.float32(1.4426950408889634), np.float32(-126))
        n = np.floor(t + np.float32(0.5))
        f = t - n
        series = np.float32(1.5403530e-4)
        series = series * f + np.float32(1.3333558e-3)
        series = series * f + np.float32(9.6181291e-3)
        series = series * f + np.float32(5.5504109e-2)
        series = series * f + np.float32(2.4022651e-1)
        series = series * f + np.float32(6.9314718e-1)
        series = series * f + np.float32(1)
        values[i] = series * float_of_bits((np.int32(n) + np.int32(127)) << np.int32(23))


def warm_up() -> None:
    """Compile, or load from the cache on disk, what :func:`mean_field` needs for any number of labels."""
    image = np.zeros((8, 8), np.uint8)
    for labels in (2, 4, 9):
        mean_field(image, np.ones((labels, 8, 8), np.float32), iterations=1)
