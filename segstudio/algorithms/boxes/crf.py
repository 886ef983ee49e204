"""An ellipse in each box, sharpened by a fully connected CRF whose reach follows the size of the box."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segstudio.algorithms.boxes.scene import Floats, Scene, compose
from segstudio.algorithms.boxes.shapes import ellipse
from segstudio.algorithms.dense_crf import mean_field
from segstudio.core.geometry import Region
from segstudio.core.progress import Progress, Work

_OUTSIDE = 1e-5
_MARGIN = 0.2
"""How much of the surroundings a box looks at, as a part of its longer side."""


def sharpened(
    scene: Scene,
    probabilities: Floats | None = None,
    *,
    weight: float = 8,
    reach: float = 0.15,
    contrast: float = 10,
    iterations: int = 5,
) -> Work[tuple[NDArray[Any], Floats]]:
    """Labels and confidence from the ellipse prior and a CRF of two labels around each box; stops between two boxes.

    *reach* times the square root of the box's area is the standard deviation of the bilateral kernel in pixels,
    *contrast* that in colour (0..255 a channel).
    """
    del probabilities
    whole = Region.of(scene.shape)
    found = []
    for number, box in enumerate(scene.boxes):
        yield Progress(number / len(scene.boxes), "filling boxes")
        around = box.grown(max(2, round(_MARGIN * max(box.shape)))) & whole
        inner = box.shifted(-around.y0, -around.x0).slices
        prior = np.full(around.shape, _OUTSIDE, np.float32)
        prior[inner] = ellipse(box.shape)
        kernel = (weight, reach * math.sqrt(box.height * box.width), contrast)
        crop = scene.image[around.slices]
        result = mean_field(crop, np.stack([1 - prior, prior]), iterations=iterations, bilateral=kernel)
        found.append(result[1][inner])
    return compose(scene, found)
