"""What a prediction does for a propagation."""

from __future__ import annotations

import numpy as np

from segstudio.app.pre_labels import anchored
from segstudio.io.project.predictions import StoredPrediction


def test_the_surest_pixels_of_other_classes_hold_their_ground() -> None:
    labels = np.array([[0, 0, 0, 1, 1, 2]], np.uint16)
    confidence = np.array([[0.5, 0.6, 0.99, 0.9, 0.7, 0.8]], np.float32)
    seeds = np.full((1, 6), 255, np.uint8)
    seeds[0, 4] = 1
    out = anchored(seeds, StoredPrediction(labels, confidence))
    assert out.tolist() == [[255, 255, 0, 255, 1, 2]]
    assert seeds[0, 2] == 255
