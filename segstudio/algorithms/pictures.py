"""Pictures of any depth and number of channels as the float features that every algorithm here compares."""

from __future__ import annotations

from typing import Any, TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray

from segstudio.core.errors import AnnotationError

Number = TypeVar("Number", bound=np.generic)

_LUMA = np.array([0.299, 0.587, 0.114], np.float32)
_DIFFERENCE = np.array([[1, -2, 1], [-2, 4, -2], [1, -2, 1]], np.float32)
_MEDIAN_OF_NORMAL = 0.6745  # the median of the magnitude of what has a standard deviation of one
_BLURRED_AS_THEY_ARE = (np.uint8, np.uint16, np.int16, np.float32, np.float64)
_FAINT = 128
_AT_ONCE = 64  # channels; OpenCV takes 128 at most
_PERCENTILES = (0.1, 99.9)
_SAMPLED = 1 << 18  # values that the range of a deep picture is read from
_LEAST, _MOST = 1e-30, 1e30  # the largest magnitude of a picture that float32 can be reckoned with


def checked(image: NDArray[Any]) -> NDArray[Any]:
    """*image* as ``(H, W, C)`` of integers, float32 or float64 in the machine's order of bytes; false and true as 0
    and 255.

    Raises :class:`AnnotationError` unless it is ``(H, W)`` or ``(H, W, C)`` of numbers, not empty, every pixel finite.
    """
    image = np.asarray(image)
    if image.ndim not in (2, 3) or 0 in image.shape:
        raise AnnotationError(f"an image has the shape (H, W) or (H, W, C) and at least one pixel, not {image.shape}")
    if image.dtype == np.bool_:
        image = image * np.uint8(255)
    if image.dtype.kind not in "uif":
        raise AnnotationError(f"an image holds integers or floats, not {image.dtype}")
    if image.dtype.kind == "f":
        image = _reckonable(image)
    if not image.dtype.isnative:
        image = image.astype(image.dtype.newbyteorder("="))
    return image if image.ndim == 3 else image[:, :, None]


def _reckonable(image: NDArray[Any]) -> NDArray[Any]:
    """Floats *image* as float32 or float64 of a magnitude that float32 can hold with room to spare.

    Only differences within a picture count, so that a factor common to all values is no matter.
    """
    low, high = float(image.min()), float(image.max())
    if not (np.isfinite(low) and np.isfinite(high)):
        bad = int(image.size - np.isfinite(image).sum())
        raise AnnotationError(f"the image has {bad} values that are NaN or infinite; replace them first")
    if image.dtype.itemsize not in (4, 8):
        image = image.astype(np.float32 if image.dtype.itemsize < 4 else np.float64)
    peak = max(abs(low), abs(high))
    if peak == 0 or _LEAST <= peak <= _MOST:
        return image
    return (image.astype(np.float64) / peak).astype(np.float32)


def value_range(image: NDArray[Any]) -> tuple[float, float]:
    """The values that count as black and white: 0 and 255 for 8-bit pixels, else the outer permilles of the picture.

    A 12-bit picture in 16 bits, or a float picture in physical units, so uses the same span as an 8-bit one. White
    lies above black even in a picture of one value. Alpha does not count.
    """
    return (0.0, 255.0) if image.dtype == np.uint8 else _outer(image)


def _outer(image: NDArray[Any]) -> tuple[float, float]:
    """The outer permilles of a picture."""
    colours = colour_channels(image) if image.ndim == 3 else image
    channels = colours.shape[2] if colours.ndim == 3 else 1
    step = max(1, colours.size // _SAMPLED)  # of whole pixels: steps through values could meet one channel alone
    sampled = colours.reshape(-1, channels)[::step]
    low, high = (float(v) for v in np.percentile(sampled.astype(np.float64), _PERCENTILES))
    if not high > low:
        low, high = float(colours.min()), float(colours.max())
    return (low, high) if np.isfinite(high - low) and high > low else (low, low + 1.0)


def faint(image: NDArray[Any]) -> bool:
    """Whether an 8-bit picture spans less than half of what it could."""
    low, high = _outer(image) if image.dtype == np.uint8 else (0, _FAINT)
    return high - low < _FAINT


def unit_range(image: NDArray[Any]) -> NDArray[np.float32]:
    """``(H, W, C)`` float32 in [0, 1], from black to white of :func:`value_range`."""
    image = checked(image)
    if image.dtype == np.uint8:
        return image.astype(np.float32) * np.float32(1 / 255)
    low, high = value_range(image)
    return np.clip((image.astype(np.float64) - low) / (high - low), 0, 1).astype(np.float32)


def colour_channels(unit: NDArray[Number]) -> NDArray[Number]:
    """The channels of ``(H, W, C)`` that carry colour: three of an RGB or RGBA picture, else all.

    Alpha is dropped: it says where a picture is shown, not what is in it.
    """
    return unit[:, :, :3] if unit.shape[2] in (3, 4) else unit


def perceptual(image: NDArray[Any]) -> NDArray[np.float32]:
    """:func:`lab` of any picture."""
    return lab(unit_range(image))


def lab(unit: NDArray[np.float32]) -> NDArray[np.float32]:
    """``(H, W, C)`` float32 in which Euclidean distance is contrast: CIE Lab of RGB(A), lightness 0..100 of the rest.

    With C channels of no known colour each spans ``100 / sqrt(C)``, so that black to white is 100 for any C.
    """
    unit = colour_channels(unit)
    if unit.shape[2] == 3:
        return np.asarray(cv2.cvtColor(np.ascontiguousarray(unit), cv2.COLOR_RGB2Lab), np.float32)
    return unit * np.float32(100 / np.sqrt(unit.shape[2]))


def blurred(field: NDArray[Any], sigma: float) -> NDArray[Any]:
    """``(H, W, C)`` under a Gaussian of *sigma* pixels; integers that OpenCV does not blur become float32."""
    plain = field if field.dtype in _BLURRED_AS_THEY_ARE else field.astype(np.float32)
    parts = [
        cv2.GaussianBlur(plain[:, :, first : first + _AT_ONCE], (0, 0), sigma).reshape(*field.shape[:2], -1)
        for first in range(0, field.shape[2], _AT_ONCE)
    ]
    return parts[0] if len(parts) == 1 else np.concatenate(parts, axis=2)


def noise(image: NDArray[Any]) -> float:
    """The standard deviation of the noise of ``(H, W, C)``, black to white being 255; the mean over the channels.

    It is read from the difference of two Laplacians, which surfaces and straight edges leave at zero (Immerkaer, Fast
    Noise Variance Estimation, CVIU 1996), by the median, so that corners and texture count for little.
    """
    if min(image.shape[:2]) < len(_DIFFERENCE):
        return 0.0
    unit = colour_channels(unit_range(image))
    left = [cv2.filter2D(np.ascontiguousarray(unit[:, :, k]), -1, _DIFFERENCE) for k in range(unit.shape[2])]
    typical = [float(np.median(np.abs(one[1:-1, 1:-1]))) for one in left]
    return 255 * float(np.mean(typical)) / (_MEDIAN_OF_NORMAL * float(np.linalg.norm(_DIFFERENCE)))


def grey(unit: NDArray[np.float32]) -> NDArray[np.float32]:
    """``(H, W)`` float32 in [0, 1]: luma of RGB, the mean of anything else."""
    unit = colour_channels(unit)
    if unit.shape[2] == 1:
        return np.ascontiguousarray(unit[:, :, 0])
    if unit.shape[2] == 3:
        return np.ascontiguousarray(unit @ _LUMA)
    return np.asarray(unit.mean(axis=2), np.float32)
