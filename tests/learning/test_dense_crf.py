"""The CRF in torch says what the compiled one says."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from segstudio.algorithms import dense_crf as compiled
from segstudio.core.errors import AnnotationError, OptionError
from segstudio.learning import dense_crf


def scene(shape: tuple[int, ...], labels: int, channels: int = 3, seed: int = 0) -> tuple[Any, Any]:
    rng = np.random.default_rng(seed)
    steps = np.indices(shape).sum(0) // 9 % 3
    image = np.clip(60 * steps[..., None] + rng.normal(40, 12, (*shape, channels)), 0, 255).astype(np.uint8)
    probabilities = rng.dirichlet(np.ones(labels), shape)
    return image, np.moveaxis(probabilities, -1, 0)


@pytest.mark.parametrize(("shape", "labels", "channels"), [((40, 52), 2, 1), ((33, 47), 5, 3), ((30, 30), 21, 3)])
def test_it_agrees_with_the_compiled_one(shape: tuple[int, int], labels: int, channels: int) -> None:
    image, probabilities = scene(shape, labels, channels)
    expected = compiled.mean_field(image, probabilities)
    found = dense_crf.mean_field(image, probabilities)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, expected, atol=1e-3)
    assert (found.argmax(0) == expected.argmax(0)).mean() > 0.999


def test_volumes_with_spacing_agree_too() -> None:
    image, probabilities = scene((5, 20, 22), 3, 1)
    options: dict[str, Any] = {"spacing": (4.0, 1.0, 1.0), "bilateral": (5, 20, 10), "iterations": 4}
    expected = compiled.mean_field(image[..., 0], probabilities, **options)
    np.testing.assert_allclose(dense_crf.mean_field(image[..., 0], probabilities, **options), expected, atol=1e-3)


def test_a_kernel_of_weight_zero_and_no_iteration_leave_it_out() -> None:
    image, probabilities = scene((20, 20), 3)
    options: dict[str, Any] = {"gaussian": (0, 3)}
    np.testing.assert_allclose(
        dense_crf.mean_field(image, probabilities, **options),
        compiled.mean_field(image, probabilities, **options),
        atol=1e-3,
    )
    none = dense_crf.mean_field(image, probabilities, iterations=0)
    np.testing.assert_allclose(none, probabilities, atol=1e-4)


def test_bad_input_is_refused_as_by_the_compiled_one() -> None:
    image, probabilities = scene((20, 20), 3)
    with pytest.raises(AnnotationError, match="probabilities are"):
        dense_crf.mean_field(image, probabilities[:, :10])
    with pytest.raises(AnnotationError, match="finite"):
        dense_crf.mean_field(image, np.full((2, 20, 20), np.nan))
    with pytest.raises(OptionError, match="iterations"):
        dense_crf.mean_field(image, probabilities, iterations=-1)


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
def test_a_graphics_card_agrees() -> None:
    image, probabilities = scene((60, 70), 6)
    expected = compiled.mean_field(image, probabilities)
    np.testing.assert_allclose(dense_crf.mean_field(image, probabilities, device="cuda"), expected, atol=1e-3)
