"""Borders of a label map follow the edges of the image, and nothing else changes."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from segstudio.algorithms import edges
from segstudio.core.errors import AnnotationError, OptionError

SIDE = 60


def scene(scale: int = 1) -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
    """A bright square on a dark ground, and where it is."""
    side = SIDE * scale
    square = np.zeros((side, side), bool)
    square[15 * scale : 45 * scale, 15 * scale : 45 * scale] = True
    return np.where(square[..., None], (220, 180, 90), (30, 40, 80)).astype(np.uint8), square


def test_a_border_drawn_too_wide_comes_back_to_the_edge() -> None:
    image, square = scene()
    rough = np.zeros((SIDE, SIDE), np.uint16)
    rough[12:47, 17:49] = 300  # instances are labels like any other
    found = edges.follow(image, rough)
    assert ((found == 300) == square).mean() > 0.99
    assert ((rough == 300) == square).mean() < 0.95
    assert found.dtype == np.uint16


def test_unlabelled_pixels_stay_so_and_weight_zero_changes_nothing() -> None:
    image, square = scene()
    rough = np.where(square, 1, 0).astype(np.uint8)
    rough[:, :20] = 255
    found = edges.follow(image, rough)
    assert np.array_equal(found == 255, rough == 255)
    assert np.array_equal(edges.follow(image, rough, weight=0), rough)
    alone = np.full((SIDE, SIDE), 7, np.uint8)
    assert np.array_equal(edges.follow(image, alone), alone)


def test_a_large_image_is_solved_shrunk_with_the_border_in_the_same_place(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(edges, "_LARGEST", SIDE * SIDE)
    image, square = scene(3)
    rough = np.zeros(square.shape, np.uint16)
    rough[36:141, 51:147] = 1
    found = edges.follow(image, rough)
    assert ((found == 1) == square).mean() > 0.985


def test_what_cannot_be_is_said() -> None:
    image, square = scene()
    with pytest.raises(OptionError, match="a trust from"):
        edges.follow(image, square.astype(np.uint8), trust=1.0)
    with pytest.raises(AnnotationError, match="must agree"):
        edges.follow(image, np.zeros((4, 4), np.uint8))
