"""Boxes filled without a look at the picture: as rectangles, and as the ellipses inside them."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from segstudio.algorithms.boxes.scene import Floats, Scene, compose

_ELLIPSE_SOFTNESS = 0.15
"""Over what part of its radius the soft ellipse falls from likely to unlikely."""


def rectangles(scene: Scene, probabilities: Floats | None = None) -> tuple[NDArray[Any], Floats]:
    """Bbox-Rect (Papandreou et al. 2015): every pixel of a box is its object; confidence falls off as the ellipse."""
    del probabilities
    return compose(scene, [np.maximum(ellipse(box.shape), np.float32(0.501)) for box in scene.boxes])


def ellipses(scene: Scene, probabilities: Floats | None = None) -> tuple[NDArray[Any], Floats]:
    """The ellipse that touches the four sides of each box."""
    del probabilities
    return compose(scene, [ellipse(box.shape) for box in scene.boxes])


def ellipse(shape: tuple[int, int], softness: float = _ELLIPSE_SOFTNESS) -> Floats:
    """``(h, w)``: how likely a pixel of a box of *shape* is its object; above a half inside the inscribed ellipse."""
    height, width = shape
    y = (np.arange(height, dtype=np.float32)[:, None] + 0.5) * (2 / height) - 1
    x = (np.arange(width, dtype=np.float32)[None, :] + 0.5) * (2 / width) - 1
    radius = np.sqrt(y * y + x * x)
    likely: Floats = 1 / (1 + np.exp((radius - 1) / np.float32(softness)))
    return likely
