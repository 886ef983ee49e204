"""Training crops: one resampling for flip, scale, rotation and elastic deformation, then intensities.

Images stay in their own type until they are cropped, so that 12- and 16-bit values are resampled as they are. Every
random choice comes from the generator that is passed in: the same generator gives the same crop on any thread.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from segstudio.core.labels import UNLABELLED
from segstudio.learning.config import Augmentation
from segstudio.learning.data import Decoded, Normalisation

_REMAPPED = (np.uint8, np.uint16, np.int16, np.float32, np.float64)
"""Types that OpenCV resamples."""


class Crop(NamedTuple):
    """*image* ``(C, S, S)`` float32, normalised; *target* ``(S, S)`` uint8, 255 = none; *weights*, *objects* and
    *hints* ``(S, S)`` where the sample has them, objects 0 and hints 255 = none."""

    image: NDArray[np.float32]
    target: NDArray[np.uint8]
    weights: NDArray[np.float32] | None
    objects: NDArray[np.uint16] | None = None
    hints: NDArray[np.uint8] | None = None


def training_crop(
    sample: Decoded,
    size: int,
    normalisation: Normalisation,
    augmentation: Augmentation,
    rng: np.random.Generator,
    *,
    balanced: float = 0.5,
) -> Crop:
    """A random crop of *size* x *size* pixels. Beyond the image it is mirrored, and its labels are 255."""
    shape = (sample.target.shape[0], sample.target.shape[1])
    matrix = _placement(_centre(sample, size, balanced, rng), size, augmentation, rng)
    bend = _displacement(size, augmentation.elastic, rng) if augmentation.elastic > 0 else None
    image = _cut(sample.image, matrix, bend, size, shape, label=False)
    target = _cut(sample.target, matrix, bend, size, shape, label=True)
    weights = None if sample.weights is None else _cut(sample.weights, matrix, bend, size, shape, label=False)
    objects = None if sample.objects is None else _cut(sample.objects, matrix, bend, size, shape, label=True)
    hints = None if sample.hints is None else _cut(sample.hints, matrix, bend, size, shape, label=True)
    normalised = change_intensity(normalisation.for_image(sample.image).apply(image), augmentation, rng)
    if objects is not None:
        objects[target == UNLABELLED] = 0
    return Crop(np.ascontiguousarray(normalised.transpose(2, 0, 1)), target, weights, objects, hints)


def _centre(sample: Decoded, size: int, balanced: float, rng: np.random.Generator) -> tuple[float, float]:
    """``(y, x)``: near a labelled pixel of an evenly drawn class, or anywhere that the crop lies inside the image."""
    height, width = sample.target.shape
    if rng.random() < balanced and sample.landmarks:
        points = sample.landmarks[int(rng.integers(len(sample.landmarks)))]
        y, x = points[int(rng.integers(len(points)))] + rng.uniform(-size / 4, size / 4, 2)
        return _inside(y, height, size), _inside(x, width, size)
    y, x = (rng.uniform(0, max(0, side - size)) + min(side, size) / 2 for side in (height, width))
    return y, x


def _inside(centre: float, side: int, size: int) -> float:
    """*centre* moved so that the crop leaves the image as little as possible."""
    half = min(size, side) / 2
    return float(min(max(centre, half), side - half))


def _placement(
    centre: tuple[float, float], size: int, augmentation: Augmentation, rng: np.random.Generator
) -> NDArray[np.float64]:
    """The 2 x 3 matrix from pixels (x, y) of the crop to pixels (x, y) of the image."""
    zoom = math.exp(rng.uniform(-1, 1) * math.log(augmentation.scale))
    angle = math.radians(rng.uniform(-1, 1) * augmentation.rotate)
    mirror_x = -1.0 if augmentation.flip and rng.random() < 0.5 else 1.0
    mirror_y = -1.0 if augmentation.flip_vertical and rng.random() < 0.5 else 1.0
    cos, sin = math.cos(angle) / zoom, math.sin(angle) / zoom
    turn = np.array([[cos * mirror_x, -sin * mirror_y], [sin * mirror_x, cos * mirror_y]])
    # whole steps without rotation or zoom, so that pixels are moved and not mixed
    middle = (
        np.floor([centre[1], centre[0]]) - 0.5 * (size % 2 == 0)
        if zoom == 1 and angle == 0
        else np.array([centre[1] - 0.5, centre[0] - 0.5])
    )
    shift = middle - turn @ np.full(2, (size - 1) / 2)
    return np.concatenate([turn, shift[:, None]], 1)


def _displacement(size: int, deviation: float, rng: np.random.Generator) -> NDArray[np.float32]:
    """A smooth random field ``(S, S, 2)`` in pixels: a coarse grid of normal steps, interpolated."""
    coarse = rng.normal(0, deviation, (max(3, size // 64 + 2),) * 2 + (2,)).astype(np.float32)
    return np.asarray(cv2.resize(coarse, (size, size), interpolation=cv2.INTER_CUBIC), np.float32)


def _cut(
    array: NDArray[Any],
    matrix: NDArray[np.float64],
    bend: NDArray[np.float32] | None,
    size: int,
    shape: tuple[int, int],
    *,
    label: bool,
) -> NDArray[Any]:
    """*array* ``(H, W)`` or ``(H, W, C)`` resampled onto the crop."""
    window, matrix = _window(matrix, bend, size, shape)
    array = array[window]
    if array.dtype not in _REMAPPED:
        array = array.astype(np.float32)
    how = cv2.INTER_NEAREST if label else cv2.INTER_LINEAR
    border = cv2.BORDER_CONSTANT if label else cv2.BORDER_REFLECT_101

    def resample(part: NDArray[Any]) -> NDArray[Any]:
        part = np.ascontiguousarray(part)
        if bend is None:
            flags = how | cv2.WARP_INVERSE_MAP
            out = cv2.warpAffine(part, matrix, (size, size), flags=flags, borderMode=border, borderValue=UNLABELLED)
        else:
            x, y = _bent(matrix.astype(np.float32), bend)
            out = cv2.remap(part, x, y, how, borderMode=border, borderValue=UNLABELLED)
        return np.asarray(out)

    if array.ndim == 2:
        return resample(array)
    # OpenCV resamples four channels at most
    parts = [resample(array[..., c : c + 4]) for c in range(0, array.shape[2], 4)]
    return np.concatenate([part.reshape(size, size, -1) for part in parts], 2)


def _bent(m: NDArray[np.float32], bend: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Where in the image each pixel of the displaced crop comes from: x and y, each ``(S, S)``."""
    steps = np.arange(len(bend), dtype=np.float32)
    x, y = steps[None, :] + bend[..., 0], steps[:, None] + bend[..., 1]
    return m[0, 0] * x + m[0, 1] * y + m[0, 2], m[1, 0] * x + m[1, 1] * y + m[1, 2]


def _window(
    matrix: NDArray[np.float64], bend: NDArray[np.float32] | None, size: int, shape: tuple[int, int]
) -> tuple[tuple[slice, slice], NDArray[np.float64]]:
    """The part of the image that the crop can see, so that a huge image is not copied, and the matrix into it."""
    corners = np.array([[0, size - 1, 0, size - 1], [0, 0, size - 1, size - 1], [1, 1, 1, 1]])
    seen = matrix @ corners
    # mirroring needs as much beyond the border as the crop leaves the image
    reach = size + (0 if bend is None else int(np.abs(bend).max() * 2) + 1)
    low = np.maximum(np.floor(seen.min(1)).astype(int) - reach, 0)
    high = np.minimum(np.ceil(seen.max(1)).astype(int) + reach + 1, [shape[1], shape[0]])
    low = np.minimum(low, high - 1)
    moved = matrix.copy()
    moved[:, 2] -= low
    return (slice(low[1], high[1]), slice(low[0], high[0])), moved


def change_intensity(
    image: NDArray[np.float32], augmentation: Augmentation, rng: np.random.Generator
) -> NDArray[np.float32]:
    """Brightness, contrast, gamma, saturation and noise on a normalised image ``(H, W, C)``; it may be overwritten."""
    spread = rng.uniform(-1, 1, 5)
    if augmentation.saturation > 0 and image.shape[2] == 3:
        grey = image.mean(2, keepdims=True)
        image = grey + np.float32(1 + augmentation.saturation * spread[0]) * (image - grey)
    if augmentation.gamma > 0:
        # on the part of the curve between -2 and 2 deviations, taken as 0..1; what lies beyond is left alone
        unit = np.clip((image + np.float32(2)) / np.float32(4), 0, 1)
        image = image + np.float32(4) * (unit ** np.float32(math.exp(augmentation.gamma * spread[1])) - unit)
    if augmentation.contrast > 0 or augmentation.brightness > 0:
        image = image * np.float32(1 + augmentation.contrast * spread[2])
        image = image + np.float32(augmentation.brightness * spread[3])
    if augmentation.noise > 0:
        deviation = np.float32(augmentation.noise * abs(spread[4]))
        image = image + deviation * rng.standard_normal(image.shape, dtype=np.float32)
    return np.asarray(image, np.float32)
