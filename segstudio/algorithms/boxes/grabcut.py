"""GrabCut in each box (Rother, Kolmogorov and Blake, SIGGRAPH 2004), in OpenCV's implementation."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from segstudio.algorithms.boxes.scene import Floats, Scene, compose
from segstudio.algorithms.pictures import colour_channels, unit_range
from segstudio.core.errors import OptionError
from segstudio.core.geometry import Region
from segstudio.core.progress import Progress, Work

SURE = 0.9
"""The confidence in a result that comes without one."""
_MOST_ITERATIONS = 100
_FEWEST = 10
"""Pixels of background that OpenCV's five colour clusters need."""


def cut_out(
    scene: Scene, probabilities: Floats | None = None, *, iterations: int = 5
) -> Work[tuple[NDArray[Any], Floats]]:
    """Labels and confidence; a box that covers the whole picture is its object. Stops between two boxes."""
    del probabilities
    if not 1 <= iterations <= _MOST_ITERATIONS:
        raise OptionError(f"GrabCut takes 1 to {_MOST_ITERATIONS} iterations, not {iterations}")
    picture = _three_channels(scene.image)
    found = []
    for number, box in enumerate(scene.boxes):
        yield Progress(number / len(scene.boxes), "filling boxes")
        found.append(_inside(picture, box, iterations))
    return compose(scene, [np.where(inside, np.float32(SURE), np.float32(1 - SURE)) for inside in found])


def inside(image: NDArray[Any], box: Region, iterations: int = 5) -> NDArray[np.bool_]:
    """``(h, w)``: the pixels of *box* that GrabCut takes for the object in *image* ``(H, W, C)``."""
    return _inside(_three_channels(image), box, iterations)


def _inside(picture: NDArray[np.uint8], box: Region, iterations: int) -> NDArray[np.bool_]:
    mask = np.full(picture.shape[:2], cv2.GC_BGD, np.uint8)
    mask[box.slices] = cv2.GC_PR_FGD
    if box.area < _FEWEST or mask.size - box.area < _FEWEST:
        return np.ones(box.shape, np.bool_)
    cv2.setRNGSeed(0)  # its k-means draws at random; the same boxes shall give the same mask
    models = np.zeros((1, 65)), np.zeros((1, 65))
    cv2.grabCut(picture, mask, (0, 0, 1, 1), *models, int(iterations), cv2.GC_INIT_WITH_MASK)
    return np.asarray(mask[box.slices] == cv2.GC_PR_FGD)


def _three_channels(image: NDArray[Any]) -> NDArray[np.uint8]:
    unit = colour_channels(unit_range(image))
    eight = np.round(unit * 255).astype(np.uint8)
    return np.ascontiguousarray(eight[:, :, :3] if eight.shape[2] >= 3 else np.repeat(eight[:, :, :1], 3, axis=2))
