"""Prediction against labels, pixel by pixel."""

from __future__ import annotations

import numpy as np

from segstudio.core.labels import LabelMap, Provenance
from segstudio.gui.canvas.error_layer import CONFUSED, EXTRA, MISSED, RIGHT, UNKNOWN, ErrorPainter, errors


def test_what_every_pixel_is() -> None:
    truth = np.array([0, 0, 1, 1, 1, 1, 255, 1])
    said = np.array([0, 1, 0, 1, 2, 255, 1, 0])
    known = np.array([True] * 7 + [False])
    expected = [RIGHT, EXTRA, MISSED, RIGHT, CONFUSED, MISSED, UNKNOWN, UNKNOWN]
    assert errors(truth, said, known).tolist() == expected


def test_labels_of_a_network_are_no_truth() -> None:
    labels = LabelMap((4, 4))
    labels.write(labels.region, 1, source=Provenance.MODEL)
    painter = ErrorPainter(labels, np.zeros((4, 4), np.uint8))
    assert not painter.render(labels.region, 0).any()
    labels.write(labels.region, 1, source=Provenance.HUMAN)
    assert painter.render(labels.region, 0).all()
