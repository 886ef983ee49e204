"""Single cues against values worked out in another way."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import ndimage

from segstudio.algorithms.scribbles import cues
from segstudio.core.progress import finish


def test_the_nearest_stroke_of_a_volume_is_that_of_scipy() -> None:
    rng = np.random.default_rng(3)
    drawn = rng.random((7, 21, 30)) < 0.004
    parts = np.asarray(ndimage.label(drawn, np.ones((3, 3, 3)))[0], np.int32)
    here = np.stack([rng.integers(size, size=400) for size in parts.shape])
    distance, owner = finish(cues._nearest_part(parts, here, (2.5, 1.0, 1.0)))
    everywhere = ndimage.distance_transform_edt(~drawn, sampling=(2.5, 1.0, 1.0))
    assert distance == pytest.approx(everywhere[tuple(here)])
    for place, away, part in zip(here.T, distance, owner, strict=True):
        own = np.argwhere(parts == part)
        assert np.linalg.norm((own - place) * (2.5, 1, 1), axis=1).min() == pytest.approx(away)


def test_the_nearest_stroke_of_a_picture() -> None:
    parts = np.zeros((4, 6), np.int32)
    parts[0, 0], parts[3, 5] = 1, 2
    distance, owner = finish(cues._nearest_part(parts, np.array([[0, 3, 0], [3, 2, 5]]), (1.0, 1.0)))
    assert distance == pytest.approx([3, 3, 3])
    assert owner.tolist() == [1, 2, 2]
