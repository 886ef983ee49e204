"""Small labelled samples on disk."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from segstudio.core.classes import LabelSet
from segstudio.io.masks import write_mask
from segstudio.io.project.stored import StoredSample

MakeSample = Callable[..., StoredSample]


@pytest.fixture
def classes() -> LabelSet:
    return LabelSet.named(["background", "cell", "树", "road"])


@pytest.fixture
def make_sample(tmp_path: Path) -> MakeSample:
    """``make_sample(name, ids, segments={}, image=None)``: a sample whose image is grey noise unless given."""
    numbers = iter(range(1, 1_000_000))

    def make(
        name: str, ids: np.ndarray, segments: Mapping[int, int] | None = None, image: Path | None = None, frame: int = 0
    ) -> StoredSample:
        number = next(numbers)
        path = image or tmp_path / "source" / name
        if image is None:
            path.parent.mkdir(parents=True, exist_ok=True)
            noise = np.random.default_rng(number).integers(0, 256, ids.shape, dtype=np.uint8)
            Image.fromarray(noise).save(path)
        labels = tmp_path / "labels" / str(number) / "labels.png"
        labels.parent.mkdir(parents=True)
        write_mask(labels, np.asarray(ids), durable=False)
        return StoredSample(number, path.name, path, frame, labels, dict(segments or {}))

    return make


def awkward_ids() -> tuple[np.ndarray, dict[int, int]]:
    """A ring around an island, touching instances, one-pixel objects, a 16-bit id, unlabelled and untold pixels."""
    ids = np.zeros((40, 56), np.uint16)
    ids[2:20, 2:20] = 256
    ids[5:17, 5:17] = 0
    ids[9:12, 9:12] = 257
    ids[22:30, 4:14] = 300
    ids[22:30, 14:24] = 65535
    ids[33, 3] = 400
    ids[35, 50] = 3
    ids[36, 51] = 3
    ids[10:30, 30:45] = 2
    ids[15:20, 34:38] = 0
    ids[:, 47] = 255
    ids[38:, :] = 1
    return ids, {256: 1, 257: 1, 300: 1, 65535: 2, 400: 2}


@pytest.fixture
def awkward() -> tuple[np.ndarray, dict[int, int]]:
    return awkward_ids()
