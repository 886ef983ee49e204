"""Superpixels: over-segmentations of a picture, and what is known of each piece, computed once per picture."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from skimage import segmentation

from segstudio.algorithms import pictures, slic
from segstudio.algorithms.options import check_numbers
from segstudio.algorithms.strips import in_strips
from segstudio.algorithms.superpixel_kernels import adjacency, histograms, runs
from segstudio.core.errors import OptionError
from segstudio.core.registry import Registry

COLOUR_BINS = 25
GRADIENT_BINS = 10
_GRADIENT_TOP = 0.5  # the step between neighbours, black to white being 1, from which the last bin counts
_WORKERS = 2
_MOST_ITERATIONS = 100


@dataclass(frozen=True)
class Method:
    """A way to cut a picture into superpixels: *segment* takes ``(H, W, C)``, finite, and the wished number."""

    name: str
    title: str
    paper: str
    segment: Callable[..., NDArray[np.int32]]


def _slic(image: NDArray[Any], n_segments: int, *, compactness: float = 10.0, iterations: int = 5) -> NDArray[np.int32]:
    if compactness < 0 or not 1 <= iterations <= _MOST_ITERATIONS:
        raise OptionError(f"SLIC needs a compactness of 0 or more and 1 to {_MOST_ITERATIONS} iterations")
    return slic.slic(image, n_segments=n_segments, compactness=compactness, iterations=int(iterations))


def _felzenszwalb(
    image: NDArray[Any], n_segments: int, *, scale: float = 100.0, sigma: float = 0.8, min_size: int = 20
) -> NDArray[np.int32]:
    del n_segments  # this method has no such wish: *scale* decides
    if scale < 0 or sigma < 0 or min_size < 1:
        raise OptionError("felzenszwalb needs scale and sigma of 0 or more and a min_size of at least 1")
    unit = pictures.colour_channels(pictures.unit_range(image))
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Got image with third dimension")  # channels are what is meant
        labels = segmentation.felzenszwalb(unit, scale=scale, sigma=sigma, min_size=int(min_size), channel_axis=2)
    return np.asarray(labels, np.int32)


def _watershed(image: NDArray[Any], n_segments: int, *, compactness: float = 0.0) -> NDArray[np.int32]:
    unit = pictures.colour_channels(pictures.unit_range(image))
    gradient = sum(
        np.hypot(cv2.Sobel(unit[:, :, k], cv2.CV_32F, 1, 0), cv2.Sobel(unit[:, :, k], cv2.CV_32F, 0, 1))
        for k in range(unit.shape[2])
    )
    cut = segmentation.watershed(gradient, markers=n_segments, compactness=compactness)  # type: ignore[no-untyped-call]
    return np.asarray(cut - 1, np.int32)


METHODS: Registry[Method] = Registry(
    "superpixel method",
    [
        Method("slic", "SLIC", "Achanta et al., SLIC Superpixels, PAMI 2012", _slic),
        Method(
            "felzenszwalb",
            "Felzenszwalb",
            "Felzenszwalb and Huttenlocher, Efficient Graph-Based Image Segmentation, IJCV 2004",
            _felzenszwalb,
        ),
        Method("watershed", "Watershed", "Neubert and Protzel, Compact Watershed, ICPR 2014", _watershed),
    ],
)


def default_count(height: int, width: int) -> int:
    """How many superpixels a picture is cut into unless told: 800 at 0.19 megapixels, 7,500 at 12."""
    area = height * width
    return int(np.clip(round(800 * (area / 190_000) ** 0.54), 1, max(1, area // 12)))


def segment(
    image: NDArray[Any], *, method: str = "slic", n_segments: int | None = None, **options: float
) -> NDArray[np.int32]:
    """Cut *image* into superpixels: labels ``(H, W)`` int32, numbered from 0 without gaps.

    *image* is ``(H, W)`` or ``(H, W, C)`` of any integer or float dtype; deep pictures are read between their outer
    permilles, alpha is ignored. *method* is a name of :data:`METHODS`; *n_segments* is the wished number (about 240
    pixels each in a small picture and 1,600 in one of 12 megapixels by default; ``felzenszwalb`` has *scale* instead).
    Options: ``slic`` compactness, iterations; ``felzenszwalb`` scale, sigma, min_size; ``watershed`` compactness.

    Raises :class:`AnnotationError` for a picture that is empty or not finite, :class:`OptionError` for an unknown
    method or option.
    """
    picture = pictures.checked(image)
    check_numbers(segment, {"n_segments": n_segments})
    if n_segments is not None and n_segments < 1:
        raise OptionError(f"n_segments is a number of superpixels, at least 1, not {n_segments}")
    wished = default_count(*picture.shape[:2]) if n_segments is None else min(int(n_segments), picture[:, :, 0].size)
    entry = METHODS[method]
    unknown = set(options) - set(_options(entry.segment))
    if unknown:
        known = ", ".join(_options(entry.segment)) or "no options"
        raise OptionError(f"the superpixel method {method!r} has no option {sorted(unknown)[0]!r}; it has {known}")
    check_numbers(entry.segment, options)
    return entry.segment(picture, wished, **options)


def _options(function: Callable[..., Any]) -> tuple[str, ...]:
    return tuple(getattr(function, "__kwdefaults__", None) or ())


class Superpixels:
    """One over-segmentation of one picture, with its features; each is computed when first asked for and kept.

    *labels*: ``(H, W)`` int32, ``0 <= label < count``. All arrays are read-only by agreement: they are shared.
    """

    def __init__(self, image: NDArray[Any], labels: NDArray[np.int32]) -> None:
        self.image = pictures.checked(image)
        if labels.shape != self.image.shape[:2]:
            raise ValueError(f"superpixels of shape {labels.shape} for a picture of shape {self.image.shape[:2]}")
        self.labels = np.ascontiguousarray(labels, np.int32)
        self.count = int(labels.max()) + 1

    @classmethod
    def of(cls, image: NDArray[Any], *, method: str = "slic", **options: Any) -> Superpixels:
        """Cut *image* and wrap the pieces; arguments as for :func:`segment`."""
        return cls(image, segment(image, method=method, **options))

    @cached_property
    def runs(self) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
        """``(count + 1,)`` starts and ``(R, 2)`` spans: piece i has the pixels of ``spans[starts[i]:starts[i + 1]]``.

        A span is the first flat pixel number and the length of a stretch of one row; they go from top to bottom.
        """
        return runs(self.labels, self.count)

    @property
    def sizes(self) -> NDArray[np.int64]:
        """``(count,)`` pixels of each piece."""
        return self._statistics[0]

    @property
    def centroids(self) -> NDArray[np.float32]:
        """``(count, 2)`` mean (y, x) of each piece."""
        return self._statistics[1]

    @property
    def unit_means(self) -> NDArray[np.float32]:
        """``(count, C)`` mean of the colour channels on 0..1."""
        return self._statistics[2]

    @property
    def colour_histograms(self) -> NDArray[np.float32]:
        """``(count, 25 C)``: 25 bins per colour channel, each channel's bins summing to 1."""
        return self._statistics[3]

    @property
    def gradient_histograms(self) -> NDArray[np.float32]:
        """``(count, 20)``: 10 bins of the horizontal, then of the vertical step in grey, each ten summing to 1.

        The bins are even in the square root of the step: most steps are small and would share one linear bin.
        """
        return self._statistics[4]

    @cached_property
    def means(self) -> NDArray[np.float32]:
        """``(count, C)`` mean colour of each piece, as :func:`pictures.lab`."""
        return pictures.lab(self.unit_means[:, None, :])[:, 0]

    @cached_property
    def _adjacency(self) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
        return adjacency(self.labels)

    @property
    def edges(self) -> NDArray[np.int32]:
        """``(E, 2)`` pairs i < j of pieces that share a side of a pixel, in ascending order."""
        return self._adjacency[0]

    @property
    def borders(self) -> NDArray[np.float32]:
        """``(E,)`` length of the border of each pair, in sides of pixels."""
        return self._adjacency[1]

    @property
    def contact(self) -> float | NDArray[np.float64]:
        """How far different labels of a pair cost, in [0, 1], one number or ``(E,)``: pieces side by side in full."""
        return 1.0

    @cached_property
    def _statistics(
        self,
    ) -> tuple[NDArray[np.int64], NDArray[np.float32], NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]:
        picture = self.image[:, :, :3] if self.image.shape[2] == 4 else self.image
        C = picture.shape[2]
        low, high = pictures.value_range(self.image)
        luma = np.array([0.299, 0.587, 0.114] if C == 3 else [1 / C] * C, np.float32)
        settings = (np.float32(low), np.float32(1 / (high - low)), luma, COLOUR_BINS, GRADIENT_BINS, _GRADIENT_TOP)
        with ThreadPoolExecutor(_WORKERS) as pool:
            parts = in_strips(
                pool, _WORKERS, self.labels.shape[0], histograms, picture, self.labels, self.count, *settings
            )
        colour, gradient, sums = (np.add.reduce([part[i] for part in parts]) for i in range(3))
        sizes = sums[:, 0]
        inverse = 1 / np.maximum(sizes, 1)[:, None]
        return (
            sizes.astype(np.int64),
            (sums[:, 1:3] * inverse).astype(np.float32),
            (sums[:, 3:] * inverse).astype(np.float32),
            (colour * inverse).astype(np.float32),
            (gradient * inverse).astype(np.float32),
        )
