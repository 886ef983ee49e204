"""GrabCut in each box (Rother, Kolmogorov and Blake, SIGGRAPH 2004), in OpenCV's implementation."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from segstudio.algorithms.boxes.scene import Floats, Scene, compose
from segstudio.algorithms.pictures import colour_channels, unit_range
from segstudio.core.errors import OptionError

_SURE = 0.9
_FEWEST = 10
"""Pixels of background that OpenCV's five colour clusters need."""


def cut_out(scene: Scene, probabilities: Floats | None = None, *, iterations: int = 5) -> tuple[NDArray[Any], Floats]:
    """Labels and confidence; a box that covers the whole picture is its object."""
    del probabilities
    if iterations < 1:
        raise OptionError(f"GrabCut needs at least one iteration, not {iterations}")
    picture = _three_channels(scene.image)
    found = []
    for box in scene.boxes:
        mask = np.full(scene.shape, cv2.GC_BGD, np.uint8)
        mask[box.slices] = cv2.GC_PR_FGD
        inside = np.ones(box.shape, np.bool_)
        if box.height * box.width >= _FEWEST and mask.size - box.height * box.width >= _FEWEST:
            cv2.setRNGSeed(0)  # its k-means draws at random; the same boxes shall give the same mask
            models = np.zeros((1, 65)), np.zeros((1, 65))
            cv2.grabCut(picture, mask, (0, 0, 1, 1), *models, int(iterations), cv2.GC_INIT_WITH_MASK)
            inside = mask[box.slices] == cv2.GC_PR_FGD
        found.append(np.where(inside, np.float32(_SURE), np.float32(1 - _SURE)))
    return compose(scene, found)


def _three_channels(image: NDArray[Any]) -> NDArray[np.uint8]:
    unit = colour_channels(unit_range(image))
    eight = np.round(unit * 255).astype(np.uint8)
    return np.ascontiguousarray(eight[:, :, :3] if eight.shape[2] >= 3 else np.repeat(eight[:, :, :1], 3, axis=2))
